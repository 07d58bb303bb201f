//! What is told while a run goes on.
//!
//! Owns the one vocabulary behind the live page, the terminal and the driver. The rule a reader would break: nothing here is
//! told per message; messages come as counts and deltas, four times a second.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::metrics::{Counters, Delta};
use crate::report::{Failure, Millis, TargetReport, ThresholdReport, Verdict};

/// Something that happened in a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Progress {
    /// The run begins, with these checks.
    RunStarted {
        /// The suite's name.
        suite: String,
        /// What all random values come from.
        seed: u64,
        /// What will run, in this order.
        checks: Vec<PlannedCheck>,
        /// The addresses that are tested.
        targets: Vec<TargetReport>,
    },
    /// A check begins.
    CheckStarted {
        /// Which one of those planned.
        check: usize,
    },
    /// A step begins. Neither rounds of a repeat nor clients that do the same side by side are told one by one.
    StepStarted {
        /// Which check.
        check: usize,
        /// Which of its steps.
        step: usize,
    },
    /// A step has ended; one within a repeat is told when it fails for the first time and when the repeat ends. Told again, it
    /// replaces what was told before. When the check ends, every step has been told as the report has it, skipped ones too.
    StepEnded {
        /// Which check.
        check: usize,
        /// Which of its steps.
        step: usize,
        /// How.
        verdict: Verdict,
        /// How long at least one run of it was under way.
        duration: Millis,
        /// The first failure.
        failure: Option<Box<Failure>>,
    },
    /// What has happened since the last tick.
    Tick {
        /// Which check is running.
        check: usize,
        /// Since the start of the run.
        at: Millis,
        /// Of this check, so far.
        counters: Counters,
        /// What was measured since the last tick, by metric.
        samples: BTreeMap<String, Delta>,
        /// Connections that are open.
        open: u64,
    },
    /// A check has ended.
    CheckEnded {
        /// Which one.
        check: usize,
        /// How.
        verdict: Verdict,
        /// Why, where no step or threshold says it.
        reasons: Vec<String>,
        /// How long it took.
        duration: Millis,
        /// Its counters.
        counters: Counters,
        /// Its thresholds.
        thresholds: Vec<ThresholdReport>,
    },
    /// The run has ended; the report follows.
    RunEnded {
        /// How.
        verdict: Verdict,
    },
}

/// A check that will run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCheck {
    /// With the values of its row.
    pub name: String,
    /// For choosing.
    pub tags: Vec<String>,
    /// Its steps with those of setup and teardown, inner ones after the one they stand in.
    pub steps: Vec<PlannedStep>,
}

/// A step that will run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// Such as `steps[2].all[0][1]`.
    pub path: String,
    /// Where it stands in the text, from 1.
    pub line: u32,
    /// What it does.
    pub title: String,
    /// What its author says of it.
    pub note: Option<String>,
}
