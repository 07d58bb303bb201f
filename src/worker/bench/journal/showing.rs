//! Showing a session while it is read.
//!
//! Owns how far its frames are counted, and when the page has a look. It refuses to read: who reads lends what is read so far. One
//! rule: the state of the worker has the frames whenever something else than the reading runs.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::ready;
use std::rc::Rc;
use std::time::Duration;

use super::super::record::Record;
use super::super::worker::BenchWorker;
use super::reading::Former;
use super::tell;
use crate::engine::base::world::LocalFuture;
use crate::engine::report::{Connection, Origin};
use crate::engine::session::asked::Asked;
use crate::engine::session::journal::Opening;
use crate::engine::session::read::Onlooker;
use crate::engine::session::{AsRead, Session};
use crate::engine::{FrameLog, Instant, World};
use crate::wire::bench::{ConnectionId, ReadingSeen, SessionsUpdate};

/// It is read for this long between two looks.
const EVERY: Duration = Duration::from_millis(60);

/// What of a session stands in the state of the worker.
#[derive(Default)]
pub(super) struct Counted {
    /// Frames before this one.
    next: u64,
    /// As many answers that know their questions.
    pairs: usize,
    names: BTreeMap<ConnectionId, String>,
    /// As many handshakes that have given their names.
    named: usize,
}

impl Counted {
    /// Counts what is new.
    pub fn count(&mut self, record: &mut Record, log: &FrameLog, pairs: &[(u64, u64)]) {
        let mut last = None;
        for frame in log.from(self.next) {
            if last != Some(frame.connection) {
                last = Some(frame.connection);
                let id = ConnectionId(frame.connection);
                self.names.entry(id).or_insert_with(|| match id.is_of_check() {
                    true => "a check".to_owned(),
                    false => format!("connection {}", id.0),
                });
            }
            let bytes = frame.bytes.len() as u64;
            record.messages += u64::from(frame.kind.is_message());
            record.bytes.0 += if frame.kind.is_sent() { bytes } else { 0 };
            record.bytes.1 += if frame.kind.is_received() { bytes } else { 0 };
            if let Some(took) = frame.round_trip {
                record.measured(frame.at, took, frame.is_tainted);
            }
        }
        self.next = log.total();
        for (answer, question) in pairs.get(self.pairs..).unwrap_or_default() {
            record.pairs.answered(*question, *answer);
        }
        self.pairs = pairs.len();
    }

    /// Takes the names of these handshakes; says whether one is new.
    fn name(&mut self, connections: &[Connection]) -> bool {
        let new = connections.get(self.named..).unwrap_or_default();
        self.named = connections.len();
        for connection in new {
            self.names.insert(ConnectionId(connection.id), connection.name.clone());
        }
        !new.is_empty()
    }

    /// What its connections are called.
    pub fn names(mut self, connections: &[Connection]) -> Vec<(ConnectionId, String)> {
        self.named = 0;
        self.name(connections);
        self.names.into_iter().collect()
    }
}

/// A session that is read and shown meanwhile. A clone is the same.
pub(super) struct Showing<W: World>(Rc<Inner<W>>);

struct Inner<W: World> {
    worker: BenchWorker<W>,
    /// What the page knows of it.
    seen: RefCell<ReadingSeen>,
    counted: RefCell<Counted>,
    asked: RefCell<Asked>,
    /// Before this moment there is no further look.
    next: Cell<Instant>,
}

impl<W: World> Clone for Showing<W> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<W: World> Showing<W> {
    pub fn new(worker: &BenchWorker<W>, seen: ReadingSeen) -> Self {
        Self(Rc::new(Inner {
            worker: worker.clone(),
            seen: RefCell::new(seen),
            counted: RefCell::default(),
            asked: RefCell::default(),
            next: Cell::new(Instant::ORIGIN),
        }))
    }

    /// Tells the page what has changed of what it knows.
    pub fn tell(&self, change: impl FnOnce(&mut ReadingSeen)) {
        let mut seen = self.0.seen.borrow_mut();
        change(&mut seen);
        tell(&self.0.worker, &SessionsUpdate::Reading(Box::new(seen.clone())));
    }

    pub fn is_due(&self) -> bool {
        self.0.worker.now() >= self.0.next.get()
    }

    /// Lends the page what is read of a kept session.
    pub async fn look_at(&self, opening: &mut Opening) {
        let origin = Origin::from_micros(opening.about().origin_us);
        let nothing = FrameLog::with_budget(0);
        let mut log = std::mem::replace(opening.log(), nothing);
        self.show(&mut log, origin, opening.handshakes(), opening.pairs()).await;
        *opening.log() = log;
    }

    /// Lends the page the frames until it has asked and heard what it wants.
    pub async fn show(
        &self,
        log: &mut FrameLog,
        origin: Origin,
        connections: &[Connection],
        pairs: &[(u64, u64)],
    ) {
        let worker = &self.0.worker;
        let is_named = self.0.counted.borrow_mut().name(connections);
        if is_named {
            worker.state(|s| s.record.take_handshakes(connections.to_vec()));
        }
        worker.change_list(|s| {
            // Times of day count from it.
            s.former = Some(Former { origin, notes: Vec::new(), as_read: AsRead::default() });
            self.0.counted.borrow_mut().count(&mut s.record, log, pairs);
            std::mem::swap(&mut s.record.log, log);
        });
        self.tell(|seen| {
            seen.frames = worker.state(|s| s.record.log.len());
            seen.clock_began = origin.micros(Instant::ORIGIN) as f64 / 1e3;
            if is_named {
                seen.names =
                    self.0.counted.borrow().names.iter().map(|(id, name)| (*id, name.clone())).collect();
            }
        });
        worker.flush();
        worker.world().breathe().await;
        worker.state(|s| std::mem::swap(&mut s.record.log, log));
        self.0.next.set(worker.now() + EVERY);
    }

    /// What the page knows, and what of the frames stands in the state of the worker.
    pub fn end(self) -> (ReadingSeen, Counted, Asked) {
        let inner = self.0;
        (inner.seen.take(), inner.counted.take(), inner.asked.take())
    }
}

impl<W: World> Onlooker for Showing<W> {
    fn look(&self, mut session: Session) -> LocalFuture<Session> {
        if !self.is_due() {
            return Box::pin(ready(session));
        }
        let showing = self.clone();
        Box::pin(async move {
            let pairs = {
                let mut asked = showing.0.asked.borrow_mut();
                asked.look(&session.log);
                std::mem::take(&mut asked.pairs)
            };
            let connections = session.connections().to_vec();
            showing.show(&mut session.log, session.origin, &connections, &pairs).await;
            showing.0.asked.borrow_mut().pairs = pairs;
            session
        })
    }
}
