//! What a replay under way has heard so far.
//!
//! Owns the new session and what has come of what is waited for. It refuses to know the script.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

use serde_json::Value;

use super::script::Awaited;
use super::values::json_of;
use crate::base::mask::Masker;
use crate::recorder::kinds;
use crate::recorder::lines::Content;
use crate::recording::told;
use crate::report::{Closed, Opened};
use crate::session::Session;
use crate::{Entry, Event, FrameKind, Instant, Pairing, Payload, World};

/// How often it is looked whether this side itself is late.
const TICK: Duration = Duration::from_millis(5);
/// After a tick that is later, times do not count as evidence.
const LATE: Duration = Duration::from_millis(8);

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Connecting,
    Open,
    Ended,
}

pub(super) struct Line {
    pub phase: Phase,
    pub pairing: Pairing,
    pub asked: Instant,
}

pub(super) struct State {
    pub session: Session,
    /// What was masked in the recorded session is masked in this one.
    pub masker: Masker,
    pub lines: HashMap<u32, Line>,
    /// How many of each have come.
    pub came: HashMap<(u32, Awaited), usize>,
    /// The messages whose values are needed, once they have come.
    pub sources: HashMap<(u32, String, usize), Option<Value>>,
    pub waker: Option<Waker>,
    pub opened: usize,
    /// Messages: sent, received.
    pub messages: (u64, u64),
}

impl State {
    pub fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    pub fn push(
        &mut self,
        at: Instant,
        connection: u32,
        kind: FrameKind,
        payload: &Payload,
        took: Option<Duration>,
    ) {
        let bytes: &[u8] = &self.masker.mask_bytes(payload.as_bytes());
        self.session.push(Entry { at, connection, kind, bytes, round_trip: took, is_tainted: false });
    }

    pub fn heard(&mut self, at: Instant, id: u32, event: Event) {
        match event {
            Event::Opened { protocol, extensions } => {
                self.session.tell(at, id, FrameKind::Opened, &told::opened(&protocol, &extensions));
                if let Some(connection) = self.session.latest(id) {
                    connection.opened = Some(Opened { at, protocol, extensions });
                }
                self.opened += 1;
                self.enter(id, Phase::Open);
            }
            // Told beside what the log has a kind for.
            Event::Answered(_) | Event::Ponged(_) => return,
            Event::Received(payload) => self.received(at, id, &payload),
            Event::Failed => {
                let was_open = self.lines.get(&id).is_some_and(|line| line.phase == Phase::Open);
                let words = if was_open { "the connection broke" } else { "the handshake failed" };
                self.session.tell(at, id, FrameKind::Failed, words);
            }
            Event::Closed { code, reason, clean } => {
                self.session.tell(at, id, FrameKind::Closed, &told::closed(code, &reason));
                if let Some(connection) = self.session.latest(id) {
                    connection.closed = Some(Closed { at, code, reason, clean });
                }
                *self.came.entry((id, Awaited::End)).or_default() += 1;
                self.enter(id, Phase::Ended);
            }
        }
        self.wake();
    }

    /// Whether nothing more can come on a connection.
    pub fn is_over(&self, id: u32) -> bool {
        self.lines.get(&id).is_none_or(|line| line.phase == Phase::Ended)
    }

    pub fn enter(&mut self, id: u32, phase: Phase) {
        if let Some(line) = self.lines.get_mut(&id) {
            line.phase = phase;
        }
    }

    fn received(&mut self, at: Instant, id: u32, payload: &Payload) {
        let kind = if payload.is_text() { FrameKind::ReceivedText } else { FrameKind::ReceivedBinary };
        let took = self.lines.get_mut(&id).and_then(|line| line.pairing.received(at, payload));
        self.messages.1 += 1;
        self.push(at, id, kind, payload, took);
        let content = content(payload);
        let kind = kinds::kind_alone(&content);
        let count = self.came.entry((id, Awaited::Message(kind.clone()))).or_default();
        let source = (id, kind, *count);
        *count += 1;
        if let Some(waiting) = self.sources.get_mut(&source) {
            *waiting = json_of(&content);
        }
    }
}

fn content(payload: &Payload) -> Content {
    use base64::Engine as _;
    match payload {
        Payload::Text(text) => Content::of_text(text.clone()),
        Payload::Binary(bytes) => Content::Binary(base64::engine::general_purpose::STANDARD.encode(bytes)),
    }
}

/// Marks what came while this side itself was late: its times say nothing about the server.
pub(super) async fn taint<W: World>(world: W, state: Rc<RefCell<State>>) {
    let mut last = world.now();
    loop {
        world.sleep(TICK).await;
        let now = world.now();
        if now - last > TICK + LATE {
            let log = &mut state.borrow_mut().session.log;
            let since: Vec<u64> =
                log.before(log.total()).take_while(|it| it.at >= last).map(|it| it.number).collect();
            since.into_iter().for_each(|number| log.set_tainted(number));
        }
        last = now;
    }
}
