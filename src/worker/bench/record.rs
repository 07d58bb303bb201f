//! What has happened, over all connections: the log, the handshakes, the round trips.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::pairs::Pairs;
use crate::engine::metrics::Trend;
use crate::engine::recording::handshakes::Handshakes;
use crate::engine::report::Connection;
use crate::engine::{Endpoint, Entry, Frame, FrameKind, FrameLog, Instant, Latency};
use crate::wire::bench::ConnectionId;

/// The record of the bench.
pub(super) struct Record {
    pub log: FrameLog,
    pub handshakes: Handshakes,
    pub latency: Latency,
    pub trend: Trend,
    /// Round trips that prove nothing against the server.
    pub tainted: u64,
    /// Messages without an answer that no connection counts any more: it was removed, or its figures were reset.
    pub unanswered: u64,
    /// Messages ever sent and received.
    pub messages: u64,
    /// Their bytes: of those sent, and of those received.
    pub bytes: (u64, u64),
    /// Which of them answers which.
    pub pairs: Pairs,
    /// What checks did not expect, of the frames that were taken in; of a comparison what differs.
    pub wrong: BTreeSet<u64>,
    /// Of a comparison, beside which frame of the first session one of the second stands, where they differ. None of anything else.
    pub beside: Option<BTreeMap<u64, u64>>,
    pub taint: Taint,
    /// From when on a connection goes by relay, and from when no longer, in this order.
    relayed: Vec<(ConnectionId, Instant, bool)>,
}

impl Record {
    pub fn with_budget(budget: usize) -> Self {
        Self {
            log: FrameLog::with_budget(budget),
            handshakes: Handshakes::default(),
            latency: Latency::new(),
            trend: Trend::default(),
            tainted: 0,
            unanswered: 0,
            messages: 0,
            bytes: (0, 0),
            pairs: Pairs::default(),
            wrong: BTreeSet::new(),
            beside: None,
            taint: Taint::default(),
            relayed: Vec::new(),
        }
    }

    pub fn begin(&mut self, at: Instant, id: ConnectionId, name: &str, endpoint: &Endpoint) {
        self.handshakes.begin(&self.log, at, id.0, name, endpoint);
    }

    /// From this handshake on, which was just begun, a connection goes by relay, or no longer.
    pub fn goes_by_relay(&mut self, at: Instant, id: ConnectionId, by_relay: bool) {
        if by_relay {
            self.handshakes.goes_by_relay(id.0);
        }
        self.note_relay(at, id, by_relay);
    }

    fn note_relay(&mut self, at: Instant, id: ConnectionId, by_relay: bool) {
        let known = self.relayed.iter().rev().find(|(known, ..)| *known == id);
        if known.is_some_and(|(.., known)| *known) != by_relay {
            self.relayed.push((id, at, by_relay));
        }
    }

    /// What is shown has these handshakes.
    pub fn take_handshakes(&mut self, all: Vec<Connection>) {
        self.relayed.clear();
        all.iter().for_each(|it| self.note_relay(it.asked, ConnectionId(it.id), it.by_relay));
        self.handshakes = Handshakes::of(all);
    }

    /// Whether a message has gone by relay.
    pub fn is_by_relay(&self, frame: &Frame<'_>) -> bool {
        let is_message = frame.kind.is_sent() || frame.kind.is_received();
        let since =
            |(id, from, _): &&(ConnectionId, Instant, bool)| id.0 == frame.connection && *from <= frame.at;
        is_message && self.relayed.iter().rev().find(since).is_some_and(|(.., by_relay)| *by_relay)
    }

    pub fn measured(&mut self, at: Instant, took: Duration, is_tainted: bool) {
        self.latency.record(took);
        self.trend.record(at, took, is_tainted);
        self.tainted += u64::from(is_tainted);
    }

    /// Resets the figures.
    pub fn reset_figures(&mut self) {
        self.latency = Latency::new();
        self.trend = Trend::default();
        self.tainted = 0;
        self.unanswered = 0;
    }

    pub fn push(
        &mut self,
        at: Instant,
        connection: ConnectionId,
        kind: FrameKind,
        bytes: &[u8],
        round_trip: Option<Duration>,
    ) {
        let counted = match (kind.is_sent(), kind.is_received()) {
            (true, _) => Some(&mut self.bytes.0),
            (_, true) => Some(&mut self.bytes.1),
            _ => None,
        };
        counted.into_iter().for_each(|it| *it += bytes.len() as u64);
        let is_tainted = kind.is_received() && self.taint.is_tainted(at);
        self.log.push(Entry { at, connection: connection.0, kind, bytes, round_trip, is_tainted });
    }
}

/// A worker whose timers come later than this may also see messages late.
const LAG: Duration = Duration::from_millis(20);

/// Whether a moment is one in which the harness could not be trusted.
#[derive(Default)]
pub(super) struct Taint {
    pub is_hidden: bool,
    /// When the next beat of the worker's own timer is due; none before the first.
    due: Option<Instant>,
    /// A late beat makes what came until then doubtful.
    late_until: Option<Instant>,
}

impl Taint {
    /// A beat came, and the next one is due then.
    pub fn beat(&mut self, now: Instant, next: Instant) {
        if self.due.is_some_and(|due| now > due + LAG) {
            self.late_until = Some(now + LAG);
        }
        self.due = Some(next);
    }

    /// Whether a time measured at `at` is doubtful.
    pub fn is_tainted(&self, at: Instant) -> bool {
        self.is_hidden
            || self.late_until.is_some_and(|until| at <= until)
            || self.due.is_some_and(|due| at > due + LAG)
    }
}
