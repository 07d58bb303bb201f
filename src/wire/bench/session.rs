//! Kept sessions: what the page asks of them and what it shows.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ConnectionId;

/// Whether the frames of this bench are kept, and how much room all sessions have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct JournalSetup {
    /// Nothing is kept.
    pub is_off: bool,
    /// Bytes of all sessions together.
    pub budget: u64,
}

impl JournalSetup {
    /// Bytes of all sessions by default.
    pub const BUDGET: u64 = 256 << 20;
    /// The least that makes sense.
    pub const LEAST: u64 = 1 << 20;
}

impl Default for JournalSetup {
    fn default() -> Self {
        Self { is_off: false, budget: Self::BUDGET }
    }
}

/// What is done with kept sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionsRequest {
    /// Tell which there are.
    List,
    /// Call one something else; an empty name is none.
    Rename {
        /// Which.
        id: String,
        /// The name.
        name: String,
    },
    /// Remove one. Of the present one, what is kept so far.
    Delete {
        /// Which.
        id: String,
    },
    /// Remove all, except those of other tabs that are open.
    DeleteAll,
    /// Report everything once more that is reported when it changes: the page has looked at something else meanwhile.
    TellAll,
    /// This worker is about to end. It answers [`SessionsUpdate::Ended`] when all that it shows is kept.
    End,
}

/// What the worker says of kept sessions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SessionsUpdate {
    /// Which there are, when that has changed.
    Seen(Box<SessionsSeen>),
    /// What was asked did not work, in words.
    Failed(String),
    /// How far the session is read that this worker shows.
    Reading(Box<ReadingSeen>),
    /// All is kept, and this worker may be ended.
    Ended,
}

/// Whether a session that is shown is in the list, too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kept {
    /// It is being written.
    #[default]
    Pending,
    /// It is.
    Yes,
    /// It is not, for this reason.
    Not(String),
}

/// Whether frames are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Keeping {
    /// It is not known yet.
    #[default]
    Starting,
    /// They are.
    On,
    /// A person wants none to be kept.
    Off,
    /// They cannot be, for this reason.
    Failed(String),
}

/// All that is known of kept sessions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SessionsSeen {
    /// Whether the present one is kept.
    pub keeping: Keeping,
    /// The sessions, the newest first.
    pub sessions: Vec<SessionSeen>,
    /// Frames of the present session that could not be kept.
    pub unkept: u64,
}

/// Whose a session is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Owned {
    /// It is the present one of this tab.
    Now,
    /// It is the present one of another tab.
    Elsewhere,
    /// Its tab has gone.
    #[default]
    Earlier,
    /// It was read from a file.
    Imported,
}

/// A kept session as a line of a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SessionSeen {
    /// Which.
    pub id: String,
    /// What people call it; empty for its time.
    pub name: String,
    /// Whose it is.
    pub owned: Owned,
    /// When its first frame was logged, in milliseconds since 1970.
    pub began_ms: f64,
    /// When the last frame was logged that is kept, in the same.
    pub ended_ms: f64,
    /// The address that it connected to first; empty when it did not connect.
    pub target: String,
    /// Frames that are kept.
    pub frames: u64,
    /// Frames before them that the budget has removed.
    pub removed: u64,
    /// Bytes in the browser's storage.
    pub bytes: u64,
    /// Why it cannot be opened.
    pub wrong: Option<String>,
}

/// A session that is being read, or was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReadingSeen {
    /// Which.
    pub id: String,
    /// Frames that were read.
    pub frames: u64,
    /// All was read.
    pub is_done: bool,
    /// Why it cannot be read.
    pub failed: Option<String>,
    /// Frames between others that are damaged.
    pub lost_frames: u64,
    /// Bytes at the end that are not a whole frame.
    pub lost_bytes: u64,
    /// When its clock began, in milliseconds since 1970.
    pub clock_began: f64,
    /// The smallest step of its clock.
    pub clock_step: Duration,
    /// Its connections with their names.
    pub names: Vec<(ConnectionId, String)>,
    /// Of files: how many bytes of them are read, and how many they have.
    pub bytes: (u64, u64),
    /// Of files: what could not be kept of them, in sentences.
    pub lost: Vec<String>,
    /// Of files: how many sessions they have beside this one.
    pub others: u64,
    /// Of files: the session as the list has it, once it is read.
    pub of: Option<Box<SessionSeen>>,
    /// Whether it is in the list.
    pub kept: Kept,
}
