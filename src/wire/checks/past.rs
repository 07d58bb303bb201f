//! Runs of earlier visits, and what was kept from them.

use serde::{Deserialize, Serialize};

use super::forms::Forms;
use super::library::Card;
use crate::engine::report::{Millis, Verdict};
use crate::wire::bench::Unread;

/// A run of an earlier time, as it is listed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PastRun {
    /// Unique, growing.
    pub id: u64,
    /// The suite in the library, if it is still there.
    pub suite_id: String,
    /// The suite's name.
    pub suite: String,
    /// How it ended.
    pub verdict: Verdict,
    /// As ISO 8601 in UTC.
    pub started: String,
    /// How long it took.
    pub duration: Millis,
    /// Checks that passed.
    pub passed: u64,
    /// All checks.
    pub checks: u64,
    /// What it tested, in one line; empty in what earlier versions kept.
    #[serde(default)]
    pub target: String,
    /// What its random values came from.
    pub seed: u64,
    /// The median round trip in microseconds.
    pub rtt_p50: Option<f64>,
    /// What is kept of it, in bytes.
    pub bytes: u64,
}

/// What was kept from earlier visits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Restored {
    /// All suites.
    pub library: Vec<Card>,
    /// What was typed.
    pub forms: Forms,
    /// Earlier runs, the newest first.
    pub past: Vec<PastRun>,
    /// Why nothing can be kept.
    pub trouble: Option<String>,
    /// What was kept and could not be read, each with the place where it remains.
    pub unread: Vec<Unread>,
}
