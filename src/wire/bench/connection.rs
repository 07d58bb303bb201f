//! What the page knows of a connection.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ConnectionId;
use crate::engine::bench::pairing::Found;
use crate::engine::explain::{Explanation, Warning};
use crate::engine::{Instant, LatencySummary};

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
    /// It was lost, and the next handshake waits for its turn.
    Waiting,
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

/// When a lost connection is opened again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// When.
    pub at: Instant,
    /// How many handshakes it has tried since it was lost, with that one.
    pub attempt: u32,
}

/// A value that comes back in replies, found by looking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The path in the message.
    pub sent: String,
    /// The path in the reply.
    pub received: String,
    /// Replies that have it.
    pub replies: u64,
}

impl From<Found> for Offer {
    fn from(found: Found) -> Self {
        Self { sent: found.sent, received: found.received, replies: found.replies }
    }
}

/// How the heartbeat is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beats {
    /// Sent.
    pub sent: u64,
    /// Answered in time.
    pub answered: u64,
    /// Not answered in time.
    pub missed: u64,
}

/// What is known of an address before it is connected to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typed {
    /// With every placeholder filled in.
    pub url: String,
    /// What keeps it from being tried.
    pub wrong: Option<String>,
    /// What is likely to go wrong.
    pub warnings: Vec<Warning>,
}

/// Everything the page shows of one connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionState {
    /// Which.
    pub id: ConnectionId,
    /// What people call it.
    pub name: String,
    /// Where to, the last time.
    pub url: String,
    /// Where to, the next time.
    pub typed: Typed,
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
    /// Round trips that were measured while the tab was hidden or the worker was late.
    pub tainted: u64,
    /// Messages to which no reply was recognised: those that have waited for more than a second, and those given up.
    pub unanswered: u64,
    /// Those among them that were given up: their connection has ended, or too many waited.
    pub given_up: u64,
    /// What replies might be recognised by, where nothing was set up; none when nothing was found.
    pub offer: Option<Offer>,
    /// How it ended the last time.
    pub closed: Option<CloseSeen>,
    /// Why it ended the last time, when that was no ordinary end. It stays while the connection tries again.
    pub why: Option<Explanation>,
    /// The companion is being asked why.
    pub asks_why: bool,
    /// When it is opened again.
    pub retry: Option<Retry>,
    /// How the heartbeat is doing; none when there is none.
    pub beats: Option<Beats>,
    /// What went wrong last, in words.
    pub trouble: Option<String>,
    /// The companion opened it for the page: what it tells of itself, in words. Round trips are those by relay then.
    pub relay: Option<String>,
}
