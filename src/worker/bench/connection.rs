//! One connection as the worker keeps it: its state, its socket, its open questions.

use std::rc::Rc;
use std::time::Duration;

use super::heartbeat::BeatWatch;
use super::record::Record;
use super::relayed::Relayed;
use crate::engine::base::{close, words};
use crate::engine::bench::pairing::PairBy;
use crate::engine::explain::Explanation;
use crate::engine::metrics::Trend;
use crate::engine::recording::told;
use crate::engine::{
    Asked, Closing, Endpoint, Event, Frame, FrameKind, Instant, Latency, LatencySummary, Pairing, Payload,
    Socket, Unanswered,
};
use crate::wire::bench::{CloseSeen, ConnectionId, ConnectionState, Phase, Retry, Setup, Typed};

/// A connection open this long counts as established; its next loss restarts the backoff.
const SETTLED: Duration = Duration::from_secs(5);

/// Frames in which replies are looked for again: reading them holds up what comes meanwhile.
const MOST_PAIRED_AGAIN: usize = 20_000;

/// Who has not answered in this time is called unanswered; what is on its way would make the figure flicker.
const UNANSWERED_AFTER: Duration = Duration::from_secs(1);

/// A connection, from its first handshake until it is forgotten.
pub(super) struct Connection<S> {
    pub state: ConnectionState,
    pub setup: Setup,
    pub socket: Option<Rc<S>>,
    /// What the socket was opened to.
    pub endpoint: Option<Endpoint>,
    pub changed: bool,
    /// The page never wants to hear of it again; it stays until the browser has let go of the socket.
    pub forgotten: bool,
    /// Which handshake it is in; a timer of an earlier one must not touch it.
    pub attempt: u32,
    /// Messages built for it, for `{{seq}}`.
    pub seq: u64,
    pub beat: BeatWatch,
    pub trend: Trend,
    pub latency: Latency,
    /// The server that the figures are of: its address as it was set up, and as it came out without its query.
    figures_of: Option<(String, String)>,
    /// When the handshake began.
    pub began: Instant,
    pub opened: Option<Instant>,
    pub last_sent: Option<Instant>,
    pub last_received: Option<Instant>,
    /// Bytes of the largest message sent since it was opened.
    pub largest_sent: u64,
    /// Messages sent and received when it was opened.
    counted: (u64, u64),
    /// The handshake was not answered in the time that the set-up gives it.
    pub is_overdue: bool,
    /// What the relay has told of it; none when the page opened it itself.
    pub relayed: Option<Box<Relayed>>,
    /// The guess about a failed handshake, by its attempt, until more is known.
    pub failed: Option<(u32, Explanation)>,
    /// We asked to close before it was open.
    cancelled: bool,
    /// A person wants it closed, so it does not come back.
    pub is_unwanted: bool,
    pairing: Pairing,
}

impl<S: Socket> Connection<S> {
    pub fn new(id: ConnectionId) -> Self {
        Self {
            state: ConnectionState {
                id,
                name: String::new(),
                url: String::new(),
                typed: Typed::default(),
                phase: Phase::Closed,
                since: Instant::ORIGIN,
                opened_after: None,
                protocol: String::new(),
                extensions: String::new(),
                sent: 0,
                received: 0,
                buffered: 0,
                latency: None,
                tainted: 0,
                unanswered: 0,
                given_up: 0,
                offer: None,
                closed: None,
                why: None,
                asks_why: false,
                retry: None,
                beats: None,
                trouble: None,
                relay: None,
            },
            setup: Setup::default(),
            socket: None,
            endpoint: None,
            changed: true,
            forgotten: false,
            attempt: 0,
            seq: 0,
            beat: BeatWatch::default(),
            trend: Trend::default(),
            latency: Latency::new(),
            figures_of: None,
            began: Instant::ORIGIN,
            opened: None,
            last_sent: None,
            last_received: None,
            largest_sent: 0,
            counted: (0, 0),
            is_overdue: false,
            relayed: None,
            failed: None,
            cancelled: false,
            is_unwanted: false,
            pairing: Pairing::default(),
        }
    }

    /// Whether the browser still counts a socket for it.
    pub fn has_socket(&self) -> bool {
        !matches!(self.state.phase, Phase::Closed | Phase::Waiting)
    }

    /// Whether the relay is being asked, and there is no socket yet.
    pub fn is_preparing(&self) -> bool {
        self.state.relay.is_some() && self.state.phase == Phase::Connecting
    }

    /// Takes a changed set-up. A mistake in the pairing is logged.
    pub fn arrange(&mut self, record: &mut Record, setup: &Setup) {
        if self.setup == *setup {
            return;
        }
        if self.setup.pairing != setup.pairing {
            match Pairing::by(&setup.pairing) {
                Ok(pairing) => {
                    self.pairing = pairing;
                    // What a person names is in the messages that came before, too.
                    if matches!(setup.pairing, PairBy::Field { .. }) {
                        self.pair_again(record);
                    }
                }
                Err(error) => self.state.trouble = Some(format!("round trips are not measured: {error}")),
            }
        }
        self.beat.arrange(setup.heartbeat.as_ref());
        self.arrange_simply(setup);
    }

    /// The same of a set-up without a heartbeat whose round trips are measured as usual.
    pub fn arrange_simply(&mut self, setup: &Setup) {
        if self.setup == *setup {
            return;
        }
        self.state.beats = setup.heartbeat.is_some().then_some(self.beat.beats);
        self.state.name.clone_from(&setup.name);
        self.setup = setup.clone();
        self.changed = true;
    }

    /// Recognises replies among the frames that are held, counts its figures from them, and gives the rows their round trips.
    fn pair_again(&mut self, record: &mut Record) {
        (self.latency, self.trend, self.state.tainted) = (Latency::new(), Trend::default(), 0);
        let is_own = |frame: &Frame<'_>| frame.connection == self.state.id.0;
        let own = record.log.before(record.log.total()).filter(is_own).map(|frame| frame.number);
        let mut held: Vec<u64> = own.take(MOST_PAIRED_AGAIN).collect();
        held.reverse();
        let mut found = Vec::new();
        for frame in held.iter().filter_map(|number| record.log.get(*number)) {
            let payload = || match frame.kind.is_text() {
                true => Payload::Text(String::from_utf8_lossy(frame.bytes).into_owned()),
                false => Payload::Binary(frame.bytes.to_vec()),
            };
            if frame.kind.is_sent() {
                if let Some(asked) = self.pairing.asking(&payload()) {
                    self.pairing.asked_as(frame.at, asked, frame.number);
                }
            } else if frame.kind.is_received() && self.pairing.is_waiting() {
                let answered = self.pairing.heard(frame.at, &payload());
                found.extend(answered.map(|it| (it, frame.number, frame.at, frame.is_tainted)));
            } else if frame.kind == FrameKind::Closed {
                self.pairing.clear();
            }
        }
        for (answered, number, at, is_tainted) in &found {
            self.latency.record(answered.took);
            self.trend.record(*at, answered.took, *is_tainted);
            self.state.tainted += u64::from(*is_tainted);
            if record.pairs.question_of(*number).is_none() && self.state.relay.is_none() {
                record.measured(*at, answered.took, *is_tainted);
            }
        }
        let pairs: Vec<_> = found.iter().map(|(answered, number, ..)| (*number, answered.question)).collect();
        record.pairs.replace(&held, &pairs);
        held.iter().for_each(|number| record.log.set_round_trip(*number, None));
        for (answered, number, ..) in found {
            record.log.set_round_trip(number, Some(answered.took));
        }
    }

    fn enter(&mut self, phase: Phase, at: Instant) {
        self.state.phase = phase;
        self.state.since = at;
        self.changed = true;
    }

    /// A handshake starts.
    pub fn connecting(&mut self, record: &mut Record, at: Instant, endpoint: &Endpoint) {
        self.attempt += 1;
        self.began = at;
        self.is_overdue = false;
        self.state.asks_why = false;
        self.cancelled = false;
        self.is_unwanted = false;
        self.opened = None;
        (self.last_sent, self.last_received) = (None, None);
        self.largest_sent = 0;
        self.counted = (self.state.sent, self.state.received);
        self.state.url = endpoint.url().to_owned();
        self.begin_figures(record, endpoint);
        self.endpoint = Some(endpoint.clone());
        self.state.protocol.clear();
        self.state.extensions.clear();
        self.state.closed = None;
        self.state.trouble = None;
        self.state.opened_after = None;
        self.enter(Phase::Connecting, at);
        record.begin(at, self.state.id, &self.state.name, endpoint);
        record.goes_by_relay(at, self.state.id, self.state.relay.is_some());
        let mut content = told::connecting(endpoint.url(), endpoint.protocols());
        if self.state.relay.is_some() {
            content.push_str(told::BY_RELAY);
        }
        self.note(record, at, FrameKind::Connecting, &content);
    }

    /// Figures of another server start from 0. Of an address with placeholders the query may differ with each handshake.
    fn begin_figures(&mut self, record: &mut Record, endpoint: &Endpoint) {
        let server = endpoint.url().split_once('?').map_or(endpoint.url(), |(server, _)| server);
        let of = (self.setup.url.trim().to_owned(), server.to_owned());
        if self.figures_of.as_ref().is_some_and(|old| *old != of) {
            self.reset_figures(record);
        }
        self.figures_of = Some(of);
    }

    /// Resets the figures; those of all connections stay.
    pub fn reset_figures(&mut self, record: &mut Record) {
        record.unanswered += self.state.unanswered;
        self.latency = Latency::new();
        self.trend = Trend::default();
        self.state.tainted = 0;
        self.pairing.reset();
        (self.state.unanswered, self.state.given_up) = (0, 0);
        self.changed = true;
    }

    /// Looks which messages have waited too long for their answer.
    pub fn look_at_questions(&mut self, now: Instant) {
        let since = Instant::from_nanos(now.as_nanos().saturating_sub(UNANSWERED_AFTER.as_nanos() as u64));
        let waiting = match now.since(Instant::ORIGIN) < UNANSWERED_AFTER {
            true => 0,
            false => self.pairing.waiting_since(since),
        };
        let given_up = self.pairing.lost();
        let seen = (given_up + waiting, given_up);
        self.changed |= seen != (self.state.unanswered, self.state.given_up);
        (self.state.unanswered, self.state.given_up) = seen;
    }

    /// Something happened on the socket.
    pub fn heard(&mut self, record: &mut Record, at: Instant, event: &Event) {
        self.changed = true;
        record.handshakes.heard(at, self.state.id.0, event);
        match event {
            Event::Opened { protocol, extensions } => {
                self.opened = Some(at);
                self.state.why = None;
                self.state.retry = self.state.retry.map(|retry| Retry { at, ..retry });
                self.state.opened_after = Some(at - self.state.since);
                self.state.protocol.clone_from(protocol);
                self.state.extensions.clone_from(extensions);
                self.enter(Phase::Open, at);
                let agreed = told::opened(protocol, extensions);
                let content = if agreed.is_empty() { "no subprotocol, no extensions" } else { &agreed };
                self.note(record, at, FrameKind::Opened, content);
            }
            Event::Received(payload) => self.received(record, at, payload),
            // The browser calls our own cancelling a failure.
            Event::Answered(_) | Event::Ponged(_) => {}
            Event::Failed if self.cancelled => {}
            // A failed handshake is explained when the companion has answered.
            Event::Failed if self.state.phase == Phase::Connecting && !self.state.id.is_of_check() => {}
            Event::Failed => {
                let words = match self.state.phase {
                    Phase::Connecting => "the handshake failed; the browser does not say why",
                    _ => "the connection broke",
                };
                self.trouble(record, at, words);
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
                self.note(record, at, FrameKind::Closed, &content);
            }
        }
    }

    fn received(&mut self, record: &mut Record, at: Instant, payload: &Payload) {
        let answered = self.pairing.heard(at, payload);
        let round_trip = answered.map(|answered| answered.took);
        if let Some(took) = round_trip {
            let is_tainted = record.taint.is_tainted(at);
            self.latency.record(took);
            self.trend.record(at, took, is_tainted);
            self.state.tainted += u64::from(is_tainted);
            // Of another quantity: the way of the page is not that of the relay.
            if self.state.relay.is_none() {
                record.measured(at, took, is_tainted);
            }
        }
        self.state.received += 1;
        self.last_received = Some(at);
        record.messages += 1;
        let kind = if payload.is_text() { FrameKind::ReceivedText } else { FrameKind::ReceivedBinary };
        if let Some(answered) = answered {
            record.pairs.answered(answered.question, record.log.total());
        }
        record.push(at, self.state.id, kind, payload.as_bytes(), round_trip);
    }

    /// The last of its messages without an answer.
    pub fn unanswered(&self, most: usize) -> Vec<Unanswered> {
        self.pairing.unanswered(most)
    }

    /// What the answer to a message will be recognised by.
    pub fn asking(&self, payload: &Payload) -> Option<Asked> {
        self.pairing.asking(payload)
    }

    /// A message was handed to the browser.
    pub fn sent(&mut self, record: &mut Record, at: Instant, payload: &Payload, asked: Option<Asked>) {
        if let Some(asked) = asked {
            self.pairing.asked_as(at, asked, record.log.total());
        }
        self.pairing.learn(payload);
        self.state.sent += 1;
        record.messages += 1;
        self.last_sent = Some(at);
        self.largest_sent = self.largest_sent.max(payload.as_bytes().len() as u64);
        self.changed = true;
        let kind = if payload.is_text() { FrameKind::SentText } else { FrameKind::SentBinary };
        record.push(at, self.state.id, kind, payload.as_bytes(), None);
    }

    /// Messages sent and received since it was opened.
    pub fn since_opened(&self) -> (u64, u64) {
        (self.state.sent - self.counted.0, self.state.received - self.counted.1)
    }

    /// A close was asked of the browser.
    pub fn closing(&mut self, record: &mut Record, at: Instant, closing: &Closing) {
        self.cancelled = self.state.phase == Phase::Connecting;
        self.enter(Phase::Closing, at);
        let content = format!("{} {}", closing.code.get(), closing.reason.as_str());
        self.note(record, at, FrameKind::Closing, content.trim_end());
    }

    /// The socket is gone, or is no longer waited for.
    pub fn ended(&mut self, at: Instant) {
        // A connection that held starts to count its losses again.
        if self.opened.is_some_and(|opened| at - opened >= SETTLED) {
            self.state.retry = None;
        }
        self.socket = None;
        self.pairing.clear();
        self.look_at_questions(at);
        self.beat.ended();
        self.enter(Phase::Closed, at);
    }

    /// The close code after which it is set up to stay closed; none when it ended with another one.
    pub fn stays_closed_after(&self) -> Option<u16> {
        let code = self.state.closed.as_ref()?.code;
        let backoff = self.setup.reconnect.as_ref().filter(|_| !self.is_unwanted && !self.forgotten)?;
        backoff.not_after.has(code).then_some(code)
    }

    /// How long to wait for the next handshake after a loss; none when it does not come back.
    pub fn comes_back_after(&self, random: u64) -> Option<Duration> {
        let backoff = self.setup.reconnect.as_ref().filter(|_| !self.is_unwanted && !self.forgotten)?;
        backoff.wait(self.lost(), random)
    }

    /// Handshakes since it was lost.
    fn lost(&self) -> u32 {
        self.state.retry.map_or(0, |retry| retry.attempt)
    }

    /// It comes back at that moment.
    pub fn wait_until(&mut self, record: &mut Record, now: Instant, at: Instant) {
        let attempt = self.lost() + 1;
        self.state.retry = Some(Retry { at, attempt });
        self.enter(Phase::Waiting, now);
        let words = format!("reconnecting in {}, attempt {attempt}", words::duration(at - now));
        self.note(record, now, FrameKind::Waiting, &words);
    }

    /// It does not come back.
    pub fn give_up(&mut self, record: &mut Record, at: Instant, words: &str) {
        self.state.retry = None;
        self.attempt += 1;
        self.trouble(record, at, words);
        self.enter(Phase::Closed, at);
    }

    /// Something went wrong that people should read.
    pub fn trouble(&mut self, record: &mut Record, at: Instant, words: &str) {
        self.state.trouble = Some(words.to_owned());
        self.changed = true;
        self.note(record, at, FrameKind::Failed, words);
    }

    /// The state as the page should see it now.
    pub fn report(&mut self) -> ConnectionState {
        self.changed = false;
        self.state.latency = self.summary();
        self.state.offer = self.pairing.found().map(Into::into);
        self.state.beats = self.setup.heartbeat.is_some().then_some(self.beat.beats);
        self.state.clone()
    }

    fn summary(&self) -> Option<LatencySummary> {
        self.latency.summary()
    }

    /// Reads how much waits in the browser; says whether that has changed.
    pub fn look_at_buffer(&mut self) {
        let buffered = self.socket.as_ref().map_or(0, |socket| socket.buffered());
        self.changed |= buffered != self.state.buffered;
        self.state.buffered = buffered;
    }

    pub fn note(&self, record: &mut Record, at: Instant, kind: FrameKind, content: &str) {
        record.push(at, self.state.id, kind, content.as_bytes(), None);
    }
}
