//! Reading files that a person chose, showing the first session of them, and keeping all of them as imported ones.
//!
//! Owns the order: a session is shown as soon as it is read, and written to the private files while it is looked at. One rule: the
//! head of its folder is written last, so a folder whose import was broken off is known and removed.

use std::borrow::Cow;
use std::cell::Cell;
use std::io;
use std::time::Duration;

use super::super::list;
use super::super::masks;
use super::super::pins::Pins;
use super::super::worker::BenchWorker;
use super::reading::{Former, TakenIn};
use super::showing::Showing;
use super::writer::{PIECE, PinsWritten, SEGMENT, clean, segment_name};
use super::{HEAD, Journal, tell};
use crate::engine::base::mask::Masker;
use crate::engine::session::Session;
use crate::engine::session::asked::Asked;
use crate::engine::session::journal::{
    self, About, FrameRecord, Source, write_about, write_as_read, write_connection, write_frame, write_note,
    write_pin, write_segment,
};
use crate::engine::session::read::{Chosen, Opened, open_chosen_and_show};
use crate::engine::{Frame, FrameLog, Instant, World};
use crate::wire::bench::{JournalSetup, Kept, Owned, Pin, ReadingSeen, Row, SessionSeen, SessionsUpdate};

/// What is held of files at most. Their size never decides how much memory they take.
const MOST: usize = 512 << 20;
/// The page hears how far it has come after this many bytes.
const TOLD_EVERY: u64 = 4 << 20;
/// The set-up says whether sessions are kept; it comes with the request, and is waited for this many times.
const WAITS: u32 = 200;

/// A chosen file that says how far it is read.
struct Watched<'a> {
    file: Box<dyn Chosen>,
    read: &'a dyn Fn(u64),
}

impl Chosen for Watched<'_> {
    fn name(&self) -> &str {
        self.file.name()
    }

    fn size(&self) -> u64 {
        self.file.size()
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        let read = self.file.read_at(into, offset)?;
        (self.read)(read as u64);
        Ok(read)
    }
}

/// What is written of a session beside its frames.
struct Parts {
    seen: SessionSeen,
    head: Vec<u8>,
}

/// Whose frames are written: those that are shown, or those of a session beside it.
enum Of<'a> {
    Shown,
    Other(&'a Session, &'a [(u64, u64)]),
}

impl Journal {
    /// Reads the files that came with the request, and tells the page how far it has come.
    pub(super) async fn import<W: World>(&self, worker: &BenchWorker<W>) {
        let files = worker.state(|s| s.files.clone()).map(|files| files()).unwrap_or_default();
        let showing = Showing::new(worker, ReadingSeen::default());
        let opened = read(files, &showing).await;
        let (mut seen, counted, mut asked) = showing.end();
        let Opened { mut sessions, lost } = match opened {
            Ok(opened) => opened,
            Err(words) => {
                seen.failed = Some(words);
                tell(worker, &SessionsUpdate::Reading(Box::new(seen)));
                return worker.flush();
            }
        };
        // The first comes first in the list, which has the newest at its top.
        let now = worker.0.ready.clock_began.max(0.0) as u64 + worker.now().as_nanos() / 1_000_000;
        let ids = (0..sessions.len() as u64)
            .map(|nth| format!("{:013}-{:08x}", now.saturating_sub(nth), worker.world().random() as u32));
        let ids: Vec<String> = ids.collect();
        let masker = worker.state(|s| {
            let secrets = masks::values(&s.workspace, &s.derived);
            (!secrets.is_empty()).then(|| Masker::new(&secrets))
        });
        let rest = sessions.split_off(1);
        let first = sessions.remove(0);
        let parts = parts(&first, &ids[0], masker.as_ref());
        seen.is_done = true;
        seen.frames = first.log.len();
        seen.lost = lost;
        seen.others = rest.len() as u64;
        seen.clock_began = first.origin.micros(Instant::ORIGIN) as f64 / 1e3;
        seen.clock_step = Duration::from_micros(1);
        seen.of = Some(Box::new(parts.seen.clone()));
        asked.look(&first.log);
        let former = Former::of(&first);
        let pins = pins_of(&first);
        let written = PinsWritten::of(&pins);
        seen.names = worker.take_in(TakenIn { session: first, pairs: asked.pairs, pins, former }, counted);
        tell(worker, &SessionsUpdate::Reading(Box::new(seen.clone())));
        worker.flush();
        worker.world().breathe().await;

        self.is_busy.set(true);
        let mut kept = self.keep_import(worker, &parts, &Of::Shown, masker.as_ref()).await;
        if kept.is_ok() {
            self.shows(ids[0].clone(), written, Vec::new());
        }
        for (session, id) in rest.iter().zip(&ids[1..]) {
            if kept.is_err() {
                break;
            }
            let parts = self::parts(session, id, masker.as_ref());
            let pairs = Asked::of(&session.log);
            kept = self.keep_import(worker, &parts, &Of::Other(session, &pairs), masker.as_ref()).await;
        }
        self.is_busy.set(false);
        seen.id = ids[0].clone();
        seen.kept = kept.map_or_else(Kept::Not, |()| Kept::Yes);
        tell(worker, &SessionsUpdate::Reading(Box::new(seen)));
        // What was pinned meanwhile.
        self.keep_pins(worker).await;
    }

    /// Writes a session to a folder of its own, or nothing.
    async fn keep_import<W: World>(
        &self,
        worker: &BenchWorker<W>,
        parts: &Parts,
        of: &Of<'_>,
        masker: Option<&Masker>,
    ) -> Result<(), String> {
        let setup = setup(worker).await;
        if setup.is_off {
            return Err("\u{201c}Keep frames as they come\u{201d} is off in the list of sessions".to_owned());
        }
        let bytes = of.with(worker, |log, _| log.held_bytes() as u64) + parts.head.len() as u64;
        let budget = setup.budget.max(JournalSetup::LEAST);
        if bytes > budget {
            return Err(
                "it is larger than the room for all sessions, which the list of sessions sets".to_owned()
            );
        }
        self.make_room(worker, bytes).await;
        let written = self.write_import(worker, parts, of, masker).await;
        if written.is_err() {
            let _ = self.folders.remove_folder(&parts.seen.id).await;
        }
        written
    }

    async fn write_import<W: World>(
        &self,
        worker: &BenchWorker<W>,
        parts: &Parts,
        of: &Of<'_>,
        masker: Option<&Masker>,
    ) -> Result<(), String> {
        let id = &parts.seen.id;
        let mut head = self.folders.open(id, HEAD).await.map_err(|error| error.to_string())?;
        let mut next = 0;
        while let Some(first) = of.with(worker, |log, _| log.from(next).next().map(|frame| frame.number)) {
            let file = self.folders.open(id, &segment_name(first)).await;
            let mut file = file.map_err(|error| error.to_string())?;
            let mut piece = Vec::with_capacity(PIECE + (PIECE >> 2));
            journal::begin(&mut piece);
            write_segment(&mut piece, first);
            let mut written = 0_u64;
            next = first;
            while written < SEGMENT {
                let before = next;
                next = of.with(worker, |log, question_of| {
                    for frame in log.from(next) {
                        if piece.len() >= PIECE {
                            break;
                        }
                        let bytes: &[u8] = &clean(masker, frame.bytes);
                        let question = frame.round_trip.and_then(|_| question_of(frame.number));
                        let record = FrameRecord { frame: Frame { bytes, ..frame }, question };
                        // A larger one than a record takes is not in any file of ours.
                        write_frame(&mut piece, record, first);
                        next = frame.number + 1;
                    }
                    next
                });
                file.append(&piece).map_err(|error| error.to_string())?;
                written += piece.len() as u64;
                piece.clear();
                worker.world().breathe().await;
                if next == before {
                    break;
                }
            }
        }
        head.append(&parts.head).map_err(|error| error.to_string())
    }
}

impl Of<'_> {
    fn with<W: World, T>(
        &self,
        worker: &BenchWorker<W>,
        with: impl FnOnce(&FrameLog, &dyn Fn(u64) -> Option<u64>) -> T,
    ) -> T {
        match self {
            Self::Shown => {
                worker.state(|s| with(&s.record.log, &|answer| s.record.pairs.question_of(answer)))
            }
            Self::Other(session, pairs) => with(&session.log, &|answer| {
                let at = pairs.binary_search_by_key(&answer, |(answer, _)| *answer).ok()?;
                Some(pairs[at].1)
            }),
        }
    }
}

/// Reads the files, and shows how far that is.
async fn read<W: World>(files: Vec<Box<dyn Chosen>>, showing: &Showing<W>) -> Result<Opened, String> {
    let all: u64 = files.iter().map(|file| file.size()).sum();
    showing.tell(|seen| seen.bytes = (0, all));
    let (read, told) = (Cell::new(0_u64), Cell::new(0_u64));
    let note = |bytes| {
        read.set(read.get() + bytes);
        if read.get() >= told.get() + TOLD_EVERY {
            told.set(read.get());
            showing.tell(|seen| seen.bytes.0 = read.get().min(all));
        }
    };
    let watched: Vec<_> = files.into_iter().map(|file| Watched { file, read: &note }).collect();
    let watched: Vec<&dyn Chosen> = watched.iter().map(|file| file as &dyn Chosen).collect();
    open_chosen_and_show(&watched, MOST, Some(showing)).await.map_err(|error| error.to_string())
}

/// The set-up, once the page has sent it.
async fn setup<W: World>(worker: &BenchWorker<W>) -> JournalSetup {
    for _ in 0..WAITS {
        if worker.state(|s| s.is_arranged) {
            break;
        }
        worker.world().sleep(Duration::from_millis(10)).await;
    }
    worker.state(|s| s.workspace.journal)
}

/// What is written of a session beside its frames, and its line in the list.
fn parts(session: &Session, id: &str, masker: Option<&Masker>) -> Parts {
    let origin_us = session.origin.micros(Instant::ORIGIN);
    let began = session.log.began().unwrap_or_default();
    let last = session.log.total().checked_sub(1).and_then(|last| session.log.get(last));
    let last = last.map_or(began, |frame| frame.at);
    let mut head = Vec::new();
    journal::begin(&mut head);
    let about = About {
        id: id.to_owned(),
        name: session.name.clone(),
        source: Source::Imported,
        origin_us,
        clock_step_ns: 1000,
        began_ns: began.as_nanos(),
    };
    write_about(&mut head, &about);
    for connection in session.connections() {
        let connection = masker.map_or_else(|| connection.clone(), |masker| connection.masked(masker));
        write_connection(&mut head, &connection);
    }
    for note in session.notes() {
        write_note(&mut head, &masker.map_or_else(|| note.clone(), |masker| note.masked(masker)));
    }
    write_as_read(&mut head, session.as_read());
    for (number, remark) in session.pins() {
        let Some(frame) = session.log.get(*number) else { continue };
        let bytes: &[u8] = &clean(masker, frame.bytes);
        let remark = masker.map_or(Cow::Borrowed(remark.as_str()), |masker| masker.mask(remark));
        write_pin(&mut head, FrameRecord { frame: Frame { bytes, ..frame }, question: None }, &remark);
    }
    let millis = |at: Instant| session.origin.micros(at) as f64 / 1e3;
    let target = session.connections().first().map(|it| it.url.clone()).unwrap_or_default();
    let seen = SessionSeen {
        id: id.to_owned(),
        name: session.name.clone(),
        owned: Owned::Imported,
        began_ms: millis(began),
        ended_ms: millis(last),
        target,
        frames: session.log.len(),
        removed: session.log.dropped(),
        bytes: session.log.held_bytes() as u64,
        wrong: None,
    };
    Parts { seen, head }
}

fn pins_of(session: &Session) -> Pins {
    Pins::of(session.pins().iter().filter_map(|(number, note)| {
        let frame = session.log.get(*number)?;
        let row = Row { is_pinned: true, ..list::row(&frame) };
        Some((Pin { row, note: note.clone() }, frame.bytes.into()))
    }))
}
