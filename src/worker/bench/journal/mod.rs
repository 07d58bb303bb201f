//! The journal: what happens on the bench is kept while it happens, and survives the end of the browser.
//!
//! Owns when it is written and how much room it has. It refuses to be told of frames: it reads the log, a few times a second,
//! so a message costs nothing when it comes and the first download of the worker knows no journal. One rule: each tab writes
//! into a folder of its own, and holds its head open for as long as it lives, by which other tabs know that it does.

mod import;
mod listing;
mod reading;
mod showing;
mod writer;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use super::worker::BenchWorker;
use crate::engine::base::folders::Folders;
use crate::engine::base::world::LocalFuture;
use crate::engine::session::journal::{Opened, Opening};
use crate::engine::session::read::Chosen;
use crate::engine::{Instant, World};
use crate::wire;
use crate::wire::bench::{Keeping, SessionSeen, SessionsRequest, SessionsSeen, SessionsUpdate, Update};
use listing::Known;
use reading::Hold;
use writer::Writer;

pub(super) use reading::Former;

/// What has happened is written this often. It bounds what is missing when the browser is killed.
const EVERY: Duration = Duration::from_millis(250);
/// After this many rounds it is looked which sessions there are.
const LISTS_AT: [u32; 4] = [0, 2, 8, 20];
/// A disk that refused is asked again after this long.
const AGAIN: Duration = Duration::from_secs(5);

/// The file of a session with everything but its frames.
const HEAD: &str = "head";

/// The files that a person chose, as the page has given them.
pub type GivenFiles = Rc<dyn Fn() -> Vec<Box<dyn Chosen>>>;

/// The journal, for what the worker names before it is downloaded.
pub(super) trait Journaling<W: World> {
    /// Writes what is not written yet.
    fn write_now(self: Rc<Self>, worker: &BenchWorker<W>);
    /// Does what an encoded [`SessionsRequest`] says.
    fn perform(self: Rc<Self>, worker: &BenchWorker<W>, request: &[u8]);
    /// Reads a kept session, or the files that the page has given; this worker shows it from now on.
    fn show(self: Rc<Self>, worker: &BenchWorker<W>, id: Option<String>);
    /// Reads a kept session, or only what its head says.
    fn opened(
        self: Rc<Self>,
        worker: &BenchWorker<W>,
        id: String,
        with_frames: bool,
    ) -> LocalFuture<Result<Opened, String>>;
}

/// The journal of this tab.
struct Journal {
    folders: Rc<dyn Folders>,
    writer: RefCell<Option<Writer>>,
    keeping: RefCell<Keeping>,
    /// Frames before this one are written, or not wanted.
    next: Cell<u64>,
    /// The log had this many cleared frames when that was looked at last.
    cleared: Cell<u64>,
    /// Frames that could not be kept.
    unkept: Cell<u64>,
    /// Before this moment a disk that refused is not asked again.
    rests_until: Cell<Instant>,
    is_busy: Cell<bool>,
    /// The kept session that this worker shows.
    hold: RefCell<Option<Hold>>,
    /// What was told last.
    told: RefCell<Option<SessionsSeen>>,
    /// What the files of other sessions hold, by session: they do not change.
    known: RefCell<BTreeMap<String, Known>>,
}

impl<W: World> BenchWorker<W> {
    /// Reads what is imported from here.
    pub fn imports_from(&self, files: GivenFiles) {
        self.state(|s| s.files = Some(files));
    }

    /// Keeps what happens in these folders, from now on.
    pub fn keep_sessions_in(&self, folders: Rc<dyn Folders>) {
        let journal = Rc::new(Journal {
            folders,
            writer: RefCell::default(),
            keeping: RefCell::default(),
            next: Cell::default(),
            cleared: Cell::default(),
            unkept: Cell::default(),
            rests_until: Cell::default(),
            is_busy: Cell::default(),
            hold: RefCell::default(),
            told: RefCell::default(),
            known: RefCell::default(),
        });
        self.state(|s| s.journal = Some(journal.clone()));
        let worker = self.clone();
        (self.0.spawn)(Box::pin(async move {
            let mut rounds = 0_u32;
            loop {
                // A worker that shows an earlier session keeps nothing, and says nothing of others.
                if worker.state(|s| s.is_reader) {
                    return;
                }
                if worker.state(|s| s.is_arranged) {
                    journal.write(&worker).await;
                    if rounds == 0 {
                        journal.make_room(&worker, 0).await;
                    }
                    // A page that was just loaded again may still be about to let go of its files.
                    if LISTS_AT.contains(&rounds) {
                        journal.tell(&worker).await;
                    }
                    rounds = rounds.saturating_add(1);
                }
                worker.world().sleep(EVERY).await;
            }
        }));
    }
}

impl<W: World> Journaling<W> for Journal {
    fn write_now(self: Rc<Self>, worker: &BenchWorker<W>) {
        let worker = worker.clone();
        (worker.0.spawn.clone())(Box::pin(async move { self.write(&worker).await }));
    }

    fn show(self: Rc<Self>, worker: &BenchWorker<W>, id: Option<String>) {
        let worker = worker.clone();
        (worker.0.spawn.clone())(Box::pin(async move {
            match id {
                Some(id) => self.read(&worker, &id).await,
                None => self.import(&worker).await,
            }
        }));
    }

    fn opened(
        self: Rc<Self>,
        worker: &BenchWorker<W>,
        id: String,
        with_frames: bool,
    ) -> LocalFuture<Result<Opened, String>> {
        let worker = worker.clone();
        Box::pin(async move {
            match with_frames {
                true => self.read_all(&worker, &id, None).await,
                false => self.read_head(&id, 0).await.map(Opening::finish),
            }
        })
    }

    fn perform(self: Rc<Self>, worker: &BenchWorker<W>, request: &[u8]) {
        // Both sides were built from one source.
        let Ok(request) = wire::decode(request) else { return };
        let worker = worker.clone();
        (worker.0.spawn.clone())(Box::pin(async move {
            let failed = match request {
                SessionsRequest::TellAll => return worker.tell_all(),
                SessionsRequest::End => return self.end(&worker).await,
                SessionsRequest::List => None,
                SessionsRequest::Rename { id, name } => self.rename(&id, &name).await.err(),
                SessionsRequest::Delete { id } => self.delete(&worker, &id).await.err(),
                SessionsRequest::DeleteAll => self.delete_all(&worker).await.err(),
            };
            if let Some(words) = failed {
                tell(&worker, &SessionsUpdate::Failed(words));
            }
            *self.told.borrow_mut() = None;
            self.tell(&worker).await;
        }));
    }
}

/// Tells the page something of kept sessions.
fn tell<W: World>(worker: &BenchWorker<W>, update: &SessionsUpdate) {
    worker.post(&Update::Sessions(wire::encode(update)));
}

impl<W: World> BenchWorker<W> {
    /// The next update says everything that other updates say only when it changes.
    fn tell_all(&self) {
        self.change_list(|s| {
            s.connections.values_mut().for_each(|connection| connection.changed = true);
            s.pins.changed = true;
            s.replies.changed = true;
            s.repeat_changed = true;
            s.plotted = Instant::ORIGIN;
            s.summaries.tell();
            s.list.redraw();
        });
        self.flush();
    }
}

impl Journal {
    /// Tells the page which sessions there are, when that has changed.
    async fn tell<W: World>(&self, worker: &BenchWorker<W>) {
        let sessions = self.list(worker).await;
        self.tell_these(worker, sessions);
    }

    /// Says whether frames are kept, when that has changed; the list is that of the last time.
    fn tell_keeping<W: World>(&self, worker: &BenchWorker<W>) {
        let sessions = self.told.borrow().as_ref().map(|told| told.sessions.clone());
        if let Some(sessions) = sessions {
            self.tell_these(worker, sessions);
        }
    }

    fn tell_these<W: World>(&self, worker: &BenchWorker<W>, sessions: Vec<SessionSeen>) {
        let keeping = self.keeping.borrow().clone();
        let seen = SessionsSeen { keeping, sessions, unkept: self.unkept.get() };
        if self.told.borrow().as_ref() != Some(&seen) {
            tell(worker, &SessionsUpdate::Seen(Box::new(seen.clone())));
            *self.told.borrow_mut() = Some(seen);
        }
    }

    fn keeps<W: World>(&self, worker: &BenchWorker<W>, keeping: Keeping) {
        if self.keeping.replace(keeping.clone()) != keeping {
            self.tell_keeping(worker);
        }
    }
}
