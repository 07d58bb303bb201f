//! A replay: what the page asks of it and what it shows.

use serde::{Deserialize, Serialize};

use super::ConnectionId;

/// What is done with replays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ReplayRequest {
    /// Tell which connections a session has.
    Look(ReplayOf),
    /// Replay a session, unless a replay is under way.
    Start(Box<ReplayStart>),
    /// Stop, and close the connections of the replay.
    Stop,
}

/// The session that is replayed: a kept one by its name, or the present one.
pub type ReplayOf = Option<String>;

/// What is replayed, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplayStart {
    /// Of which session.
    pub of: ReplayOf,
    /// Which of its connections; all when empty.
    pub connections: Vec<ConnectionId>,
    /// The server. Without a path the paths of the session stay.
    pub to: String,
    /// How fast.
    pub pace: ReplayPace,
    /// Where the session was kept without a secret, the mask goes out when no variable has its name.
    pub sends_masks: bool,
}

/// How fast a session is replayed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum ReplayPace {
    /// As it was recorded.
    #[default]
    Original,
    /// N times as fast.
    Times(f64),
    /// Each message goes out when all before it have come.
    Answers,
}

/// What the worker says of replays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ReplayUpdate {
    /// Which connections a session has.
    Looked(Box<ReplayLooked>),
    /// How the replay is doing.
    Seen(Box<ReplaySeen>),
}

/// The connections of a session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReplayLooked {
    /// Of which.
    pub of: ReplayOf,
    /// Why they are not known, in words.
    pub failed: Option<String>,
    /// All of them that can be opened again.
    pub connections: Vec<ReplayConnection>,
}

/// A connection of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayConnection {
    /// Which.
    pub id: ConnectionId,
    /// What people call it.
    pub name: String,
    /// Its address.
    pub url: String,
}

/// Where a replay stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReplayPhase {
    /// The session is being read.
    #[default]
    Reading,
    /// It is under way.
    Running,
    /// All was done.
    Done,
    /// A person has stopped it.
    Stopped,
    /// It could not be done, for this reason.
    Failed(String),
}

/// How a replay is doing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReplaySeen {
    /// Which replay of this page it is, from 1.
    pub run: u64,
    /// Of which session.
    pub of: ReplayOf,
    /// Which of its connections; all when empty.
    pub of_connections: Vec<ConnectionId>,
    /// The server, as it was asked for.
    pub to: String,
    /// Where it stands.
    pub phase: ReplayPhase,
    /// What was opened, sent and closed, of how much.
    pub steps: (u64, u64),
    /// Messages that were sent, and that the session has.
    pub sent: (u64, u64),
    /// Messages that came, and that the session has.
    pub received: (u64, u64),
    /// Handshakes that were done, of those asked for.
    pub opened: (u64, u64),
    /// What was changed, left out or went wrong, in sentences.
    pub remarks: Vec<String>,
    /// Its connections in the present session, with what they are called in the session that is replayed.
    pub connections: Vec<(ConnectionId, String)>,
}
