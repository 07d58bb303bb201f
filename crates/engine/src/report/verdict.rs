//! How something ended and how long it took, as the report JSON has it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Everything held.
    Pass,
    /// The server did not do what was wanted.
    Fail,
    /// The script or the environment is broken.
    Error,
    /// The harness, not the server, was the limit.
    Inconclusive,
    /// A step that did not run, or did not hold where it need not. A threshold of one of several shards, which is judged on
    /// the figures of all. A check that is not applicable, as one of its steps says. A suite is never skipped.
    Skipped,
}

impl Verdict {
    /// The graver of two, for a whole that is made of parts: an error outweighs a failure, that outweighs what is
    /// inconclusive, and anything outweighs a pass.
    pub fn and(self, other: Self) -> Self {
        let weight = |verdict| match verdict {
            Self::Skipped => 0,
            Self::Pass => 1,
            Self::Inconclusive => 2,
            Self::Fail => 3,
            Self::Error => 4,
        };
        if weight(other) > weight(self) { other } else { self }
    }

    /// As the report JSON spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Error => "error",
            Self::Inconclusive => "inconclusive",
            Self::Skipped => "skipped",
        }
    }
}

/// A duration in milliseconds with three decimals, which is all that a browser's clock can tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub f64);

impl From<Duration> for Millis {
    fn from(duration: Duration) -> Self {
        Self((duration.as_nanos() as f64 / 1e3).round() / 1e3)
    }
}

impl From<Millis> for Duration {
    fn from(millis: Millis) -> Self {
        Self::from_nanos((millis.0.max(0.0) * 1e6).round() as u64)
    }
}
