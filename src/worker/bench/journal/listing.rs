//! Which sessions are kept, and how much room they take.

use std::collections::BTreeMap;

use super::super::worker::BenchWorker;
use super::writer::{first_of, segment_name};
use super::{HEAD, Journal};
use crate::engine::World;
use crate::engine::base::folders::OpenError;
use crate::engine::base::storage::StoreError;
use crate::engine::session::journal::{self, About, Opening, Source};
use crate::wire::bench::{JournalSetup, Keeping, Owned, SessionSeen};

/// The files of a session.
struct Files {
    head: u64,
    /// Those with frames: the first frame, and the bytes.
    segments: BTreeMap<u64, u64>,
}

impl Files {
    fn bytes(&self) -> u64 {
        self.head + self.segments.values().sum::<u64>()
    }
}

/// What files of these sizes hold.
pub(super) struct Known {
    head: u64,
    last: Option<(u64, u64)>,
    seen: SessionSeen,
}

/// What a person reads who wants to change the session of another tab.
const ELSEWHERE: &str = "another tab writes this session; close that tab first";

impl Journal {
    async fn files(&self, folder: &str) -> Result<Files, StoreError> {
        let mut files = Files { head: 0, segments: BTreeMap::new() };
        for (name, bytes) in self.folders.files(folder).await? {
            match first_of(&name) {
                Some(first) => drop(files.segments.insert(first, bytes)),
                None => files.head += bytes,
            }
        }
        Ok(files)
    }

    /// All sessions, the newest first.
    pub(super) async fn list<W: World>(&self, worker: &BenchWorker<W>) -> Vec<SessionSeen> {
        let mut folders = match self.folders.folders().await {
            Ok(folders) => folders,
            Err(error) => {
                self.keeping.replace(Keeping::Failed(error.to_string()));
                return Vec::new();
            }
        };
        folders.sort_unstable();
        let mut seen = Vec::new();
        for folder in folders.into_iter().rev() {
            match self.own(worker, &folder) {
                Some(own) => seen.push(own),
                None => seen.extend(self.other(&folder).await),
            }
        }
        self.known.borrow_mut().retain(|id, _| seen.iter().any(|it| it.id == *id));
        seen
    }

    /// The session of this tab.
    fn own<W: World>(&self, worker: &BenchWorker<W>, folder: &str) -> Option<SessionSeen> {
        let writer = self.writer.borrow();
        let writer = writer.as_ref().filter(|writer| writer.about.id == folder)?;
        let first = writer.segments.keys().next().copied().unwrap_or(self.next.get());
        let millis = |nanos: u64| worker.0.ready.clock_began + nanos as f64 / 1e6;
        Some(SessionSeen {
            id: folder.to_owned(),
            name: writer.about.name.clone(),
            owned: Owned::Now,
            began_ms: millis(writer.about.began_ns),
            ended_ms: millis(writer.last.as_nanos()),
            target: writer.target.clone(),
            frames: self.next.get() - first,
            removed: first,
            bytes: writer.bytes(),
            wrong: None,
        })
    }

    /// The session of another tab, or of one that has gone; none where nothing is kept yet.
    async fn other(&self, folder: &str) -> Option<SessionSeen> {
        let files = self.files(folder).await.ok()?;
        let is_elsewhere = self.is_elsewhere(folder).await;
        if files.head == 0 && !is_elsewhere {
            // An import that was broken off: its head is written last.
            let _ = self.folders.remove_folder(folder).await;
            return None;
        }
        let last = files.segments.last_key_value().map(|(first, bytes)| (*first, *bytes));
        let known = {
            let known = self.known.borrow();
            let known = known.get(folder).filter(|known| known.head == files.head && known.last == last);
            known.map(|known| known.seen.clone())
        };
        let mut seen = match known {
            Some(seen) => seen,
            None => {
                let seen = self.look(folder, &files).await?;
                let known = Known { head: files.head, last, seen: seen.clone() };
                self.known.borrow_mut().insert(folder.to_owned(), known);
                seen
            }
        };
        // The oldest files may go meanwhile.
        let first = files.segments.keys().next().copied().unwrap_or(seen.removed + seen.frames);
        seen.frames = (seen.removed + seen.frames).saturating_sub(first);
        seen.removed = first;
        seen.bytes = files.bytes();
        if is_elsewhere {
            seen.owned = Owned::Elsewhere;
        }
        Some(seen)
    }

    /// Whether another tab writes it.
    async fn is_elsewhere(&self, folder: &str) -> bool {
        matches!(self.folders.open(folder, HEAD).await, Err(OpenError::InUse))
    }

    /// Reads what its files say.
    async fn look(&self, folder: &str, files: &Files) -> Option<SessionSeen> {
        let mut seen = SessionSeen { id: folder.to_owned(), ..SessionSeen::default() };
        let opening = match self.folders.read(folder, HEAD).await {
            Ok(head) => Opening::new(&head, 0).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        let opened = match opening {
            Ok(opening) => opening.finish(),
            Err(words) => return Some(SessionSeen { wrong: Some(words), ..seen }),
        };
        let About { name, source, origin_us, began_ns, .. } = opened.about;
        let millis = |nanos: u64| origin_us as f64 / 1e3 + nanos as f64 / 1e6;
        seen.name = name;
        seen.owned = if source == Source::Imported { Owned::Imported } else { Owned::Earlier };
        (seen.began_ms, seen.ended_ms) = (millis(began_ns), millis(began_ns));
        seen.target = opened.session.connections().first().map(|it| it.url.clone()).unwrap_or_default();
        seen.removed = files.segments.keys().next().copied().unwrap_or(0);
        // The newest file may be the beginning of one, with no frame in it.
        for first in files.segments.keys().rev() {
            let bytes = self.folders.read(folder, &segment_name(*first)).await.ok()?;
            if let Ok(counted) = journal::count(&bytes).as_ref()
                && counted.end > counted.first
            {
                seen.frames = counted.end.saturating_sub(seen.removed);
                seen.ended_ms = millis(counted.last.as_nanos());
                break;
            }
        }
        Some(seen)
    }

    /// Removes the oldest files of the oldest sessions until this many bytes more have room.
    pub(super) async fn make_room<W: World>(&self, worker: &BenchWorker<W>, wanted: u64) {
        let budget = worker.state(|s| s.workspace.journal.budget).max(JournalSetup::LEAST);
        let Ok(mut folders) = self.folders.folders().await else { return };
        folders.sort_unstable();
        let own = self.writer.borrow().as_ref().map(|writer| writer.about.id.clone());
        let mut all = Vec::new();
        for folder in folders {
            if let Ok(files) = self.files(&folder).await {
                all.push((folder, files));
            }
        }
        let mut held: u64 = all.iter().map(|(_, files)| files.bytes()).sum();
        // The own session comes last, whatever its time.
        all.sort_by_key(|(folder, _)| Some(folder) == own.as_ref());
        for (folder, mut files) in all {
            if held + wanted <= budget {
                return;
            }
            let is_own = own.as_ref() == Some(&folder);
            if !is_own && self.is_elsewhere(&folder).await {
                continue;
            }
            while held + wanted > budget {
                let Some((first, bytes)) = files.segments.pop_first() else { break };
                if self.folders.remove_file(&folder, &segment_name(first)).await.is_err() {
                    break;
                }
                held -= bytes;
                if is_own && let Some(writer) = self.writer.borrow_mut().as_mut() {
                    writer.segments.remove(&first);
                }
            }
            if !is_own && files.segments.is_empty() && self.folders.remove_folder(&folder).await.is_ok() {
                held = held.saturating_sub(files.head);
            }
        }
    }

    pub(super) async fn rename(&self, id: &str, name: &str) -> Result<(), String> {
        let mut record = Vec::new();
        journal::write_name(&mut record, name);
        if let Some(writer) = self.writer.borrow_mut().as_mut().filter(|writer| writer.about.id == id) {
            name.clone_into(&mut writer.about.name);
            return writer.extend_head(&record);
        }
        self.known.borrow_mut().remove(id);
        self.exists(id).await?;
        let mut head = self.folders.open(id, HEAD).await.map_err(|error| match error {
            OpenError::InUse => ELSEWHERE.to_owned(),
            OpenError::Failed(error) => error.to_string(),
        })?;
        head.append(&record).map_err(|error| error.to_string())
    }

    pub(super) async fn exists(&self, id: &str) -> Result<(), String> {
        let folders = self.folders.folders().await.map_err(|error| error.to_string())?;
        if folders.iter().any(|folder| folder == id) {
            return Ok(());
        }
        Err("the session is gone; another tab may have deleted it".to_owned())
    }

    pub(super) async fn delete<W: World>(&self, worker: &BenchWorker<W>, id: &str) -> Result<(), String> {
        let is_own = self.writer.borrow().as_ref().is_some_and(|writer| writer.about.id == id);
        if is_own {
            self.stop(worker);
        } else if self.is_elsewhere(id).await {
            return Err(ELSEWHERE.to_owned());
        }
        self.folders.remove_folder(id).await.map_err(|error| error.to_string())
    }

    /// Removes all that no other tab writes. What comes next is a session of its own.
    pub(super) async fn delete_all<W: World>(&self, worker: &BenchWorker<W>) -> Result<(), String> {
        self.stop(worker);
        for folder in self.folders.folders().await.map_err(|error| error.to_string())? {
            if !self.is_elsewhere(&folder).await {
                self.folders.remove_folder(&folder).await.map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }
}
