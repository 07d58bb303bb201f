//! What a search for the capacity of a server has found, and what each run of it showed.
//!
//! Owns the words. It refuses to search: [`crate::run::CapacitySearch`] does.

use serde::{Deserialize, Serialize};

use super::verdict::{Millis, Verdict};

/// What the process that made the load took of its machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GeneratorReport {
    /// In the busiest second, the share of its time in which the busiest thread ran or waited for a core, from 0 to 1.
    pub busy_peak: f64,
    /// The same over the whole run.
    pub busy_mean: f64,
    /// The most ports of this machine that connections held at once, those of ended connections included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports_used: Option<u64>,
    /// How many ports there are for one address of a server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<u64>,
}

impl GeneratorReport {
    /// The worse of two threads or runs in each respect.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        let most = |one: Option<u64>, other: Option<u64>| one.max(other);
        Self {
            busy_peak: self.busy_peak.max(other.busy_peak),
            busy_mean: self.busy_mean.max(other.busy_mean),
            ports_used: most(self.ports_used, other.ports_used),
            ports: most(self.ports, other.ports),
        }
    }
}

/// The highest load that held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CapacityReport {
    /// The variable of the suite that was raised.
    pub variable: String,
    /// The least value.
    pub from: u64,
    /// The highest value.
    pub to: u64,
    /// The highest value that held; none when not even the least did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<u64>,
    /// The least value that did not hold; none when the highest did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broke: Option<u64>,
    /// What broke first there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// `pass` where a value held and what broke is the server's, `fail` where none held, `inconclusive` where the
    /// generator was the limit, `error` where a run was broken.
    pub verdict: Verdict,
    /// All of it in a sentence.
    pub sentence: String,
    /// The runs, in the order in which they were made.
    pub trials: Vec<TrialReport>,
}

/// One run of a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialReport {
    /// The value of the variable.
    pub value: u64,
    /// Of the run.
    pub verdict: Verdict,
    /// What broke first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// Why the generator may be to blame for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<String>,
    /// How long it took.
    pub duration_ms: Millis,
    /// How late the event loop was, at its worst one of a hundred, in milliseconds.
    pub loop_lag_p99_ms: f64,
    /// What the generator took; none where a browser made the load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator: Option<GeneratorReport>,
}
