//! What the worker tells its page.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ConnectionId;
use crate::engine::echo::EchoOutcome;
use crate::engine::{FrameKind, Instant, LatencySummary};

/// An update.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Update {
    /// The worker runs. The first update, and the answer to a message that it cannot read.
    Ready(Ready),
    /// What has changed since the last one.
    News(Box<News>),
}

/// What the worker found out about its surroundings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    /// The smallest step of the clock that stamps every frame.
    pub clock_step: Duration,
    /// Whether the page is cross-origin isolated, which is what makes the clock fine.
    pub isolated: bool,
    /// When the worker's clock began, in milliseconds since 1970.
    pub clock_began: f64,
    /// How many sockets this browser opens at once.
    pub most_sockets: u16,
}

/// What has changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct News {
    /// The connections that changed.
    pub lines: Vec<LineState>,
    /// The counts.
    pub totals: Totals,
    /// The rows asked for, when they changed.
    pub rows: Option<Rows>,
    /// How the running check is doing.
    pub echo: Option<EchoNews>,
    /// How the worker itself is doing.
    pub pulse: Pulse,
}

/// Where a connection is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// The handshake is under way.
    Connecting,
    /// Messages may go both ways.
    Open,
    /// We asked to close; the server has not answered.
    Closing,
    /// It has ended.
    #[default]
    Closed,
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseSeen {
    /// The close code.
    pub code: u16,
    /// The reason, possibly empty.
    pub reason: String,
    /// Whether the closing handshake was completed.
    pub clean: bool,
    /// Whether it had been open before.
    pub was_open: bool,
    /// We took the handshake back before it was done, after this time.
    pub cancelled_after: Option<Duration>,
}

/// Everything the page shows of one connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineState {
    /// Which.
    pub id: ConnectionId,
    /// What people call it.
    pub name: String,
    /// Where to.
    pub url: String,
    /// Where it is in its life.
    pub phase: Phase,
    /// Since when.
    pub since: Instant,
    /// How long the handshake took.
    pub opened_after: Option<Duration>,
    /// The subprotocol the server chose; empty when none.
    pub protocol: String,
    /// The extensions agreed on; empty when none.
    pub extensions: String,
    /// Messages sent.
    pub sent: u64,
    /// Messages that came in.
    pub received: u64,
    /// Bytes accepted and not yet handed to the network.
    pub buffered: u64,
    /// The round trips.
    pub latency: Option<LatencySummary>,
    /// How it ended the last time.
    pub closed: Option<CloseSeen>,
    /// What went wrong last, in words.
    pub trouble: Option<String>,
}

/// Counts over everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Frames ever logged.
    pub frames: u64,
    /// When the very first frame was logged.
    pub began: Option<Instant>,
    /// Frames that the budget pushed out.
    pub dropped: u64,
    /// Bytes the log holds.
    pub held_bytes: u64,
    /// Bytes the log may hold.
    pub budget: u64,
    /// Sockets that exist, also those that are still closing.
    pub sockets: u16,
}

/// A frame as a line of the timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its place among all frames.
    pub number: u64,
    /// When.
    pub at: Instant,
    /// On which connection.
    pub connection: ConnectionId,
    /// What.
    pub kind: FrameKind,
    /// Bytes of content.
    pub size: u64,
    /// The beginning of the content.
    pub preview: String,
    /// For a reply: how long its question had been out.
    pub round_trip: Option<Duration>,
}

/// A piece of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    /// The number of the first one.
    pub first: u64,
    /// The lines, without a gap.
    pub rows: Vec<Row>,
}

/// How a check is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EchoNews {
    /// So many rounds are done.
    Running {
        /// Finished rounds.
        done: u32,
        /// All rounds.
        rounds: u32,
    },
    /// It was stopped.
    Stopped,
    /// It came to its end.
    Done(Box<EchoOutcome>),
}

/// How the worker is doing: a harness that lags must not blame the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pulse {
    /// How late the worker's own timer came, at worst, in the last second; none in the first one.
    pub loop_lag: Option<Duration>,
}
