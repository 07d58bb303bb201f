//! One connection as the session keeps it: its state, its socket, its open questions.

use std::rc::Rc;
use std::time::Duration;

use crate::engine::{
    Endpoint, Entry, Event, FrameKind, FrameLog, Instant, Latency, Pairing, Payload, Socket, close,
};
use crate::wire::{CloseSeen, ConnectionId, LineState, Phase};

/// A connection, from its first handshake until it is forgotten.
pub(super) struct Line<S> {
    pub state: LineState,
    pub socket: Option<Rc<S>>,
    pub changed: bool,
    /// The page never wants to hear of it again; it stays until the browser has let go of the socket.
    pub forgotten: bool,
    /// Which handshake it is in; a timer of an earlier one must not touch it.
    pub attempt: u32,
    /// When the handshake began.
    began: Instant,
    /// We asked to close before it was open.
    cancelled: bool,
    pairing: Pairing,
    latency: Latency,
}

impl<S: Socket> Line<S> {
    pub fn new(id: ConnectionId) -> Self {
        Self {
            state: LineState {
                id,
                name: String::new(),
                url: String::new(),
                phase: Phase::Closed,
                since: Instant::ORIGIN,
                opened_after: None,
                protocol: String::new(),
                extensions: String::new(),
                sent: 0,
                received: 0,
                buffered: 0,
                latency: None,
                closed: None,
                trouble: None,
            },
            socket: None,
            changed: true,
            forgotten: false,
            attempt: 0,
            began: Instant::ORIGIN,
            cancelled: false,
            pairing: Pairing::default(),
            latency: Latency::new(),
        }
    }

    /// Whether the browser still counts a socket for it.
    pub fn has_socket(&self) -> bool {
        self.state.phase != Phase::Closed
    }

    fn enter(&mut self, phase: Phase, at: Instant) {
        self.state.phase = phase;
        self.state.since = at;
        self.changed = true;
    }

    /// A handshake starts.
    pub fn connecting(&mut self, log: &mut FrameLog, at: Instant, endpoint: &Endpoint) {
        self.attempt += 1;
        self.began = at;
        self.cancelled = false;
        self.state.url = endpoint.url().to_owned();
        self.state.protocol.clear();
        self.state.extensions.clear();
        self.state.closed = None;
        self.state.trouble = None;
        self.state.opened_after = None;
        self.enter(Phase::Connecting, at);
        let mut content = endpoint.url().to_owned();
        if !endpoint.protocols().is_empty() {
            content = format!("{content} offering {}", endpoint.protocols().join(", "));
        }
        self.note(log, at, FrameKind::Connecting, &content);
    }

    /// Something happened on the socket.
    pub fn heard(&mut self, log: &mut FrameLog, at: Instant, event: &Event) {
        self.changed = true;
        match event {
            Event::Opened { protocol, extensions } => {
                self.state.opened_after = Some(at - self.state.since);
                self.state.protocol.clone_from(protocol);
                self.state.extensions.clone_from(extensions);
                self.enter(Phase::Open, at);
                let parts: Vec<&str> = [protocol, extensions]
                    .into_iter()
                    .map(String::as_str)
                    .filter(|s| !s.is_empty())
                    .collect();
                let content = if parts.is_empty() {
                    "no subprotocol, no extensions".to_owned()
                } else {
                    parts.join(" · ")
                };
                self.note(log, at, FrameKind::Opened, &content);
            }
            Event::Received(payload) => {
                let round_trip = self.pairing.received(at, payload);
                if let Some(took) = round_trip {
                    self.latency.record(took);
                }
                self.state.received += 1;
                let kind =
                    if payload.is_text() { FrameKind::ReceivedText } else { FrameKind::ReceivedBinary };
                self.push(log, at, kind, payload.as_bytes(), round_trip);
            }
            // The browser calls our own cancelling a failure.
            Event::Failed if self.cancelled => {}
            Event::Failed => {
                let words = match self.state.phase {
                    Phase::Connecting => "the handshake failed; the browser does not say why",
                    _ => "the connection broke",
                };
                self.trouble(log, at, words);
            }
            Event::Closed { code, reason, clean } => {
                self.state.closed = Some(CloseSeen {
                    code: *code,
                    reason: reason.clone(),
                    clean: *clean,
                    was_open: self.state.opened_after.is_some(),
                    cancelled_after: self.cancelled.then(|| at - self.began),
                });
                self.ended(at);
                let content = match (self.cancelled, reason.as_str()) {
                    (true, _) => "cancelled before it was open".to_owned(),
                    (false, "") => format!("{code} {}", close::meaning(*code)),
                    (false, reason) => format!("{code} {}: {reason}", close::meaning(*code)),
                };
                self.note(log, at, FrameKind::Closed, &content);
            }
        }
    }

    /// A message was handed to the browser.
    pub fn sent(&mut self, log: &mut FrameLog, at: Instant, payload: &Payload) {
        self.pairing.sent(at, payload);
        self.state.sent += 1;
        self.changed = true;
        let kind = if payload.is_text() { FrameKind::SentText } else { FrameKind::SentBinary };
        self.push(log, at, kind, payload.as_bytes(), None);
    }

    /// A close was asked of the browser.
    pub fn closing(&mut self, log: &mut FrameLog, at: Instant, closing: &crate::engine::Closing) {
        self.cancelled = self.state.phase == Phase::Connecting;
        self.enter(Phase::Closing, at);
        let content = format!("{} {}", closing.code.get(), closing.reason.as_str());
        self.note(log, at, FrameKind::Closing, content.trim_end());
    }

    /// The socket is gone, or nobody waits for it any more.
    pub fn ended(&mut self, at: Instant) {
        self.socket = None;
        self.pairing.clear();
        self.enter(Phase::Closed, at);
    }

    /// Something went wrong that people should read.
    pub fn trouble(&mut self, log: &mut FrameLog, at: Instant, words: &str) {
        self.state.trouble = Some(words.to_owned());
        self.changed = true;
        self.note(log, at, FrameKind::Failed, words);
    }

    /// The state as the page should see it now.
    pub fn report(&mut self) -> LineState {
        self.changed = false;
        self.state.latency = self.latency.summary();
        self.state.clone()
    }

    /// Reads how much waits in the browser; says whether that has changed.
    pub fn look_at_buffer(&mut self) {
        let buffered = self.socket.as_ref().map_or(0, |socket| socket.buffered());
        self.changed |= buffered != self.state.buffered;
        self.state.buffered = buffered;
    }

    fn note(&self, log: &mut FrameLog, at: Instant, kind: FrameKind, content: &str) {
        self.push(log, at, kind, content.as_bytes(), None);
    }

    fn push(
        &self,
        log: &mut FrameLog,
        at: Instant,
        kind: FrameKind,
        bytes: &[u8],
        round_trip: Option<Duration>,
    ) {
        log.push(Entry { at, connection: self.state.id.0, kind, bytes, round_trip });
    }
}
