//! What lies outside of the page and changes without it: a folder on the disk, and what the server's proxy records.
//!
//! All of it is encoded within a request or an update, since what reads it is downloaded later.

use serde::{Deserialize, Serialize};

use super::{ConnectionId, SavedMessage, Setup, Variable};
use crate::wire::checks::OwnSuite;

/// What the page asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum OutsideRequest {
    /// Work on a folder.
    Open(FolderPlace),
    /// Leave the folder. Its files and the set-up stay as they are.
    Leave,
    /// All own suites of the library.
    Suites(Vec<OwnSuite>),
    /// A suite that is new or has changed.
    Suite(OwnSuite),
    /// A suite that is gone.
    SuiteGone(String),
    /// The page has taken this from the disk, and may have changed it since.
    Took(Box<Taken>),
    /// What becomes of a file.
    Choose {
        /// The file.
        name: String,
        /// What is on the disk counts, and not what the page has.
        takes_disk: bool,
        /// What was shown of the other side: a choice is about that and nothing later.
        shown: Option<String>,
    },
    /// Show what a recording of the server has, now and as it goes on.
    Follow {
        /// The recording.
        name: String,
        /// The WebSocket address of the server.
        server: String,
    },
    /// Show no more of it. What has come stays.
    Unfollow(String),
}

/// Where a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FolderPlace {
    /// The server of this page has it.
    Server,
    /// A person has picked it in this browser.
    Picked,
}

/// What the worker says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum OutsideUpdate {
    /// The folder, when that has changed.
    Folder(Option<Box<FolderSeen>>),
    /// A change on the disk for the page to take.
    Take(Box<Taken>),
    /// Recordings that are followed, or were.
    Followed(Vec<FollowedSeen>),
}

/// The folder that the page works on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderSeen {
    /// What people call it.
    pub name: String,
    /// Pages begin with what is in it.
    pub is_seed: bool,
    /// In the order of their names.
    pub files: Vec<FileSeen>,
    /// Why it cannot be read or written now.
    pub trouble: Option<String>,
    /// What of it is not shown.
    pub cut: Option<String>,
}

/// A file of the folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSeen {
    /// Its name within the folder.
    pub name: String,
    /// How it stands.
    pub state: FileState,
    /// Of a conflict: what the page has; none when it has nothing.
    pub mine: Option<String>,
    /// Of a conflict: what is on the disk; none when nothing is.
    pub disk: Option<String>,
}

/// How a file stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileState {
    /// Both sides are the same, or are about to be.
    #[default]
    Same,
    /// Both have changed, and a person decides.
    Conflict,
    /// The page has it, and the folder does not.
    Apart,
    /// It is a suite, and the library has not been looked at in this visit.
    Unopened,
    /// It cannot be read or written, for this reason. It stays as it is.
    Wrong(String),
}

/// A change for the page: it is taken when the page still has what it had.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Taken {
    /// Connections.
    Connections {
        /// What the page has.
        from: Vec<Setup>,
        /// What it is to have.
        to: Vec<Setup>,
    },
    /// Saved messages.
    Messages {
        /// What the page has.
        from: Vec<SavedMessage>,
        /// What it is to have.
        to: Vec<SavedMessage>,
    },
    /// Variables.
    Variables {
        /// What the page has.
        from: Vec<Variable>,
        /// What it is to have.
        to: Vec<Variable>,
    },
    /// A suite.
    Suite {
        /// Which.
        id: String,
        /// What the page has; none when it has no such suite.
        from: Option<String>,
        /// What it is to have; none when the suite is gone.
        to: Option<String>,
        /// The file, by its path in the folder.
        file: String,
    },
}

/// A recording that is followed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowedSeen {
    /// Its name.
    pub name: String,
    /// Its connections: what each is called, and whether it is open.
    pub connections: Vec<(ConnectionId, String, bool)>,
    /// Frames that have come.
    pub frames: u64,
    /// Frames that the server dropped before they came.
    pub missed: u64,
    /// More may come.
    pub is_live: bool,
    /// Why it ended.
    pub ended: Option<String>,
}
