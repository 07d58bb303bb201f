//! Reading a kept session into the state of a worker, which shows it from then on and nothing else.

use std::time::Duration;

use super::super::list;
use super::super::masks;
use super::super::pins::Pins;
use super::super::worker::{BenchWorker, State};
use super::showing::{Counted, Showing};
use super::writer::{PinsWritten, first_of, segment_name};
use super::{HEAD, Journal, tell};
use crate::engine::base::folders::OpenError;
use crate::engine::base::mask::Masker;
use crate::engine::report::{Note, Origin};
use crate::engine::session::journal::{Opened, Opening};
use crate::engine::session::{AsRead, Session};
use crate::engine::{FrameLog, World};
use crate::wire::bench::{ConnectionId, Kept, Pin, ReadingSeen, Row, SessionsUpdate};

/// A session may take this many bytes of memory at most; its oldest frames are dropped and counted.
const MOST: u64 = 1 << 30;

/// The head of a session is free again after this long, when another tab has it open to say that a pin has changed.
const FREE_AFTER: Duration = Duration::from_millis(50);
/// It is tried again this many times.
const TRIES: u32 = 40;

/// What belongs to a session that is shown beside its frames.
pub(in super::super) struct Former {
    /// When its clock began.
    pub origin: Origin,
    /// What happened beside its connections.
    pub notes: Vec<Note>,
    /// What its file says about the frames.
    pub as_read: AsRead,
}

impl Former {
    pub fn of(session: &Session) -> Self {
        let as_read = session.as_read().clone();
        Self { origin: session.origin, notes: session.notes().to_vec(), as_read }
    }
}

/// A session that is about to be shown.
pub(super) struct TakenIn {
    pub session: Session,
    /// Answers with their questions, in the order of the answers.
    pub pairs: Vec<(u64, u64)>,
    pub pins: Pins,
    pub former: Former,
}

/// The kept session that is shown: where its pins are written.
pub(super) struct Hold {
    id: String,
    pins: PinsWritten,
    /// Its frames of this number and above have larger numbers in its files, by so much.
    shifts: Vec<(u64, u64)>,
}

impl Journal {
    /// What is pinned from now on is written to this session.
    pub(super) fn shows(&self, id: String, pins: PinsWritten, shifts: Vec<(u64, u64)>) {
        self.hold.replace(Some(Hold { id, pins, shifts }));
    }

    /// Writes the pins of the session that is shown, when they have changed.
    pub(super) async fn keep_pins<W: World>(&self, worker: &BenchWorker<W>) {
        if self.is_busy.replace(true) {
            return;
        }
        let kept = self.write_pins(worker).await;
        self.is_busy.set(false);
        if let Err(words) = kept {
            tell(
                worker,
                &SessionsUpdate::Failed(format!("what was pinned in this session is not kept: {words}")),
            );
        }
    }

    async fn write_pins<W: World>(&self, worker: &BenchWorker<W>) -> Result<(), String> {
        let (id, news, before) = {
            let mut hold = self.hold.borrow_mut();
            let Some(Hold { id, pins, shifts }) = hold.as_mut() else { return Ok(()) };
            let before = pins.clone();
            let mut news = Vec::new();
            let in_files = |number: u64| {
                let at = shifts.partition_point(|(from, _)| *from <= number);
                number + at.checked_sub(1).map_or(0, |at| shifts[at].1)
            };
            worker.state(|s| {
                let secrets = masks::values(&s.workspace, &s.derived);
                let masker = (!secrets.is_empty()).then(|| Masker::new(&secrets));
                pins.news(&mut news, &s.pins, masker.as_ref(), in_files);
            });
            (id.clone(), news, before)
        };
        if news.is_empty() {
            return Ok(());
        }
        let written = self.append_to_head(worker, &id, &news).await;
        if written.is_err()
            && let Some(hold) = self.hold.borrow_mut().as_mut()
        {
            // The next change tries it again.
            hold.pins = before;
        }
        written
    }

    /// Adds to the head of a session that no tab writes.
    async fn append_to_head<W: World>(
        &self,
        worker: &BenchWorker<W>,
        id: &str,
        bytes: &[u8],
    ) -> Result<(), String> {
        self.exists(id).await?;
        for _ in 0..TRIES {
            match self.folders.open(id, HEAD).await {
                Ok(mut head) => return head.append(bytes).map_err(|error| error.to_string()),
                // It is looked at by another tab, or by the list of this one.
                Err(OpenError::InUse) => worker.world().sleep(FREE_AFTER).await,
                Err(OpenError::Failed(error)) => return Err(error.to_string()),
            }
        }
        Err("another tab has it open".to_owned())
    }

    /// Says when all is written, so that the page can end this worker.
    pub(super) async fn end<W: World>(&self, worker: &BenchWorker<W>) {
        while self.is_busy.get() {
            worker.world().sleep(FREE_AFTER).await;
        }
        self.keep_pins(worker).await;
        tell(worker, &SessionsUpdate::Ended);
    }

    /// Reads a session and shows the page how far it has come.
    pub(super) async fn read<W: World>(&self, worker: &BenchWorker<W>, id: &str) {
        let showing = Showing::new(worker, ReadingSeen { id: id.to_owned(), ..ReadingSeen::default() });
        let opened = self.read_all(worker, id, Some(&showing)).await;
        let (mut seen, counted, _) = showing.end();
        match opened {
            Ok(opened) => {
                seen.frames = opened.session.log.len();
                (seen.lost_frames, seen.lost_bytes) = (opened.lost.frames, opened.lost.bytes);
                seen.is_done = true;
                seen.clock_began = opened.about.origin_us as f64 / 1e3;
                seen.clock_step = Duration::from_nanos(opened.about.clock_step_ns);
                let shifts = opened.shifts().to_vec();
                let taken = taken_in(opened);
                let written = PinsWritten::of(&taken.pins);
                seen.names = worker.take_in(taken, counted);
                self.shows(id.to_owned(), written, shifts);
            }
            Err(words) => seen.failed = Some(words),
        }
        seen.kept = Kept::Yes;
        tell(worker, &SessionsUpdate::Reading(Box::new(seen)));
        worker.flush();
        // What was pinned while it was read.
        self.keep_pins(worker).await;
    }

    pub(super) async fn read_head(&self, id: &str, budget: usize) -> Result<Opening, String> {
        let head = self.folders.read(id, HEAD).await.map_err(|error| error.to_string())?;
        Opening::new(&head, budget).map_err(|error| error.to_string())
    }

    /// Reads all of a session, and lets the page have a look between two files.
    pub(super) async fn read_all<W: World>(
        &self,
        worker: &BenchWorker<W>,
        id: &str,
        showing: Option<&Showing<W>>,
    ) -> Result<Opened, String> {
        let files = self.folders.files(id).await.map_err(|error| error.to_string())?;
        let bytes: u64 = files.iter().map(|(_, bytes)| bytes).sum();
        // A log needs less for a frame than a file, and some room to grow.
        let budget = (bytes + bytes / 4).min(MOST) as usize + FrameLog::LEAST_BUDGET * 4;
        let mut opening = self.read_head(id, budget).await?;
        let mut segments: Vec<u64> = files.iter().filter_map(|(name, _)| first_of(name)).collect();
        segments.sort_unstable();
        for first in segments {
            // The budget of another tab may remove it in this moment.
            if let Ok(bytes) = self.folders.read(id, &segment_name(first)).await {
                opening.segment(&bytes);
            }
            match showing {
                Some(showing) if showing.is_due() => showing.look_at(&mut opening).await,
                Some(_) => {}
                None => worker.world().breathe().await,
            }
        }
        Ok(opening.finish())
    }
}

fn taken_in(opened: Opened) -> TakenIn {
    let former = Former::of(&opened.session);
    let pins = Pins::of(opened.pinned.into_values().map(|pinned| {
        let frame = pinned.entry.frame();
        let row = Row { is_pinned: true, ..list::row(&frame) };
        (Pin { row, note: pinned.remark.clone() }, frame.bytes.into())
    }));
    TakenIn { session: opened.session, pairs: opened.pairs, pins, former }
}

impl<W: World> BenchWorker<W> {
    /// When the clock of what is shown began.
    pub(in super::super) fn origin(&self, s: &State<W>) -> Origin {
        let own = || Origin::from_millis(self.0.ready.clock_began);
        s.former.as_ref().map_or_else(own, |former| former.origin)
    }

    /// Shows a session in place of what is shown; some of it may be counted already. Says what its connections are called.
    pub(super) fn take_in(&self, taken: TakenIn, mut counted: Counted) -> Vec<(ConnectionId, String)> {
        let TakenIn { session, pairs, pins, former } = taken;
        let connections = session.connections().to_vec();
        self.change_list(|s| {
            counted.count(&mut s.record, &session.log, &pairs);
            s.record.take_handshakes(connections.clone());
            let pinned_meanwhile = std::mem::replace(&mut s.pins, pins);
            s.pins.join(pinned_meanwhile);
            s.former = Some(former);
            s.record.log = session.log;
            s.list.redraw();
        });
        counted.names(&connections)
    }
}
