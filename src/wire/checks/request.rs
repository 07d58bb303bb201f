//! What the page asks its worker to do.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::question::Question;
use crate::engine::run::Shard;
use crate::engine::suite::Files;

/// What the page says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// A question; its answer carries the same id.
    Question {
        /// Of the question.
        id: u32,
        /// The question.
        question: Question,
    },
    /// Runs this, in place of what runs.
    Run(Box<RunRequest>),
    /// Stops what runs; reports come all the same.
    Stop,
    /// The page has drawn what it got, and would rather draw nothing for this long; an end of a run it takes at once.
    Seen(Duration),
    /// Whether the page is hidden.
    Hidden(bool),
}

/// What to run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRequest {
    /// By which the page knows it again.
    pub number: u64,
    /// One after the other.
    pub suites: Vec<SuiteRequest>,
    /// What `{{env.NAME}}` finds.
    pub env: BTreeMap<String, String>,
    /// Values that are masked although no suite calls them secret.
    pub secrets: Vec<String>,
    /// Only checks with one of these tags; all when empty.
    pub tags: Vec<String>,
    /// What random values come from; one is drawn when there is none.
    pub seed: Option<u64>,
    /// How often; a new seed each time when none is given.
    pub times: u32,
    /// Sockets of the same page that are not ours.
    pub sockets_elsewhere: u32,
    /// Which part of the groups runs here, when several browsers run the suites together.
    pub shard: Shard,
    /// When the first run begins, in milliseconds since 1970, so that all of them begin together; at once when it is not said.
    pub start_at: Option<u64>,
}

/// One suite of a run request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuiteRequest {
    /// In the library; empty when it comes from elsewhere.
    pub id: String,
    /// The document.
    pub text: String,
    /// The files that it names; when empty, the library has them.
    pub files: Files,
    /// Values of its variables.
    pub overrides: Vec<(String, String)>,
    /// Only checks of these names; all when empty.
    pub names: Vec<String>,
    /// Who gave a value, in words: by the name of a variable, and by `env.NAME`.
    pub told_by: BTreeMap<String, String>,
}
