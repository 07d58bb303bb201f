//! The last word on a check and on a run: thresholds, requirements, and whether the harness was the limit.
//!
//! Owns what makes a verdict inconclusive. The rule a reader would break: an excuse is only ever made for a failure, and only
//! for one that time alone explains.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::failure::took;
use super::ledger::{Cause, Failures};
use crate::engine::metrics::{Counters, Histogram, Metrics, Reading, Subject, Threshold};
use crate::engine::report::{Environment, Failure, Metric, ThresholdReport, Verdict};
use crate::engine::suite::{Bound, Field};

/// A loop that stood still this long explains a message that came late.
const LONG_LAG: Duration = Duration::from_millis(500);

type Early<'a> = &'a dyn Fn(&Field<Value>) -> Result<Value, Box<Failure>>;

/// Each threshold, judged, and what it is about if it fails.
pub(super) fn thresholds(
    bounds: &[Bound],
    metrics: &Metrics,
    early: Early<'_>,
) -> Vec<(ThresholdReport, Cause)> {
    let judge = |bound: &Bound| match read(bound, early, Threshold::parse) {
        Ok(threshold) => (threshold.evaluate(metrics), cause(threshold.subject())),
        Err(broken) => (broken, Cause::Other),
    };
    bounds.iter().map(judge).collect()
}

/// What a loop that stood still makes worse: times, rates, and what did not come within its time.
fn cause(subject: &Subject) -> Cause {
    match subject {
        Subject::Timing { name, .. } if name == "open" || name.starts_with("open.") => Cause::LateOpen,
        Subject::Timing { .. } | Subject::Rate(_) | Subject::Success => Cause::Late,
        Subject::Counter("missing" | "matched" | "late") => Cause::Late,
        Subject::Counter(_) | Subject::TimerStep => Cause::Other,
    }
}

/// Each requirement, judged.
pub(super) fn requirements(
    bounds: &[Bound],
    environment: &Environment,
    lag: &Histogram,
    early: Early<'_>,
) -> Vec<ThresholdReport> {
    let step = Duration::from_nanos((environment.timer_step_us * 1e3).round() as u64);
    let mut measured = Metrics::default();
    measured.timing("loop_lag").merge(lag);
    let look_up = |subject: &Subject| match subject {
        Subject::TimerStep => Some(Reading::Duration(step)),
        other => Reading::of(&measured, other),
    };
    let judge = |bound: &Bound| match read(bound, early, Threshold::parse_requirement) {
        Ok(threshold) => threshold.evaluate_with(look_up),
        Err(broken) => broken,
    };
    bounds.iter().map(judge).collect()
}

fn read<E: std::fmt::Display>(
    bound: &Bound,
    early: Early<'_>,
    parse: impl Fn(&str, &Value) -> Result<Threshold, Vec<E>>,
) -> Result<Threshold, ThresholdReport> {
    let broken = |why: String| ThresholdReport {
        expr: bound.metric.clone(),
        value: "not judged".to_owned(),
        verdict: Verdict::Error,
        message: Some(why),
    };
    let value = early(&bound.bound).map_err(|failure| broken(failure.message))?;
    parse(&bound.metric, &value)
        .map_err(|errors| broken(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))
}

/// What the harness did to a check.
pub(super) struct Lag {
    /// The longest the event loop stood still.
    pub worst: Duration,
    /// Whether more opens were pending at once than a browser lets through without delay.
    pub has_burst: bool,
}

impl Lag {
    /// Why failures for want of time may be our own; none when nothing speaks for that, or when one has another cause.
    pub fn excuse(&self, failures: &Failures) -> Option<String> {
        if failures.others > 0 || failures.late + failures.late_opens == 0 {
            return None;
        }
        if self.worst >= LONG_LAG {
            let worst = took(self.worst);
            return Some(format!(
                "the event loop stood still for {worst}, so what came late may be the harness's fault"
            ));
        }
        (self.has_burst && failures.late == 0).then(|| {
            let pace = super::link::PACE;
            format!("more than {pace} opens were pending at once, which browsers delay on purpose")
        })
    }
}

/// The counters of a report's metrics.
pub(super) fn counters_of(metrics: &BTreeMap<String, Metric>) -> Counters {
    let mut counters = Counters::default();
    for (name, metric) in metrics {
        if let Some(counter) = counters.get_mut(name) {
            *counter = metric.count;
        }
    }
    counters
}
