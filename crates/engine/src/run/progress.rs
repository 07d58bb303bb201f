//! The events of a run in progress.
//!
//! Owns the one vocabulary behind the live page, the terminal and the driver. No event is sent per message: messages
//! come as counts and deltas, four times a second.

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
        /// The limits of the whole run, as a report has them in `expr`.
        limits: Vec<String>,
    },
    /// A check begins.
    CheckStarted {
        /// Which one of those planned.
        check: usize,
    },
    /// A step begins. Rounds of a repeat and clients that act side by side get no events of their own.
    StepStarted {
        /// Which check.
        check: usize,
        /// Which of its steps.
        step: usize,
    },
    /// A step has ended; one within a repeat is reported when it first fails and when the repeat ends. Reported again,
    /// it replaces what was reported before. When the check ends, every step has been reported as the report has it,
    /// skipped ones too.
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
        /// Clients that opened again after they had been open, in this run so far.
        reopened: u64,
        /// How late the event loop came since the last tick, at worst: what was measured meanwhile may be too long by this.
        late: Millis,
        /// The page was out of sight, where a browser slows it down.
        is_hidden: bool,
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

/// Hears what happens.
pub type Listener = Box<dyn FnMut(Progress)>;

/// A check that will run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCheck {
    /// With the values of its row.
    pub name: String,
    /// For choosing.
    pub tags: Vec<String>,
    /// Its steps with those of setup and teardown, inner ones after the one they are in.
    pub steps: Vec<PlannedStep>,
    /// Its limits, as a report has them in `expr`. One whose value cannot be known before the check runs is not here.
    pub limits: Vec<String>,
}

/// A step that will run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// Such as `steps[2].all[0][1]`.
    pub path: String,
    /// Where it is in the text, from 1.
    pub line: u32,
    /// What it does.
    pub title: String,
    /// What its author says of it.
    pub note: Option<String>,
}
