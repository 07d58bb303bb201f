//! The last word on a check and on a run: thresholds, requirements, and whether the harness was the limit.
//!
//! Owns what makes a verdict inconclusive. The rule a reader would break: an excuse is only ever made for a failure that time
//! alone explains; a pass is doubted only where the clock could not have shown a failure.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::failure::took;
use super::ledger::{Cause, Failures};
use crate::engine::metrics::{Counters, Histogram, Metrics, Reading, Stat, Subject, Threshold};
use crate::engine::report::{Environment, Failure, Metric, ThresholdReport, Verdict};
use crate::engine::suite::{Bound, Field};

/// A loop that stood still this long explains a message that came late.
pub(super) const LONG_LAG: Duration = Duration::from_millis(500);

type Early<'a> = &'a dyn Fn(&Field<Value>) -> Result<Value, Box<Failure>>;

/// Each threshold, judged, and what it is about if it fails.
pub(super) fn thresholds(
    bounds: &[Bound],
    metrics: &Metrics,
    clock_step: Duration,
    early: Early<'_>,
) -> Vec<(ThresholdReport, Cause)> {
    let judge = |bound: &Bound| match read(bound, early, Threshold::parse) {
        Ok(threshold) => {
            let cause = cause(&threshold, clock_step);
            let mut report = threshold.evaluate(metrics);
            if cause == Cause::TooFine && report.verdict == Verdict::Pass {
                // What is shorter than a step of the clock is measured as nothing at all.
                report.verdict = Verdict::Inconclusive;
                report.message = Some(too_fine(clock_step));
            }
            (report, cause)
        }
        Err(broken) => (broken, Cause::Other),
    };
    bounds.iter().map(judge).collect()
}

/// What a loop that stood still makes worse: times, rates, and what did not come within its time.
fn cause(threshold: &Threshold, clock_step: Duration) -> Cause {
    match threshold.subject() {
        Subject::Timing { stat: Stat::Count, .. } => Cause::Late,
        Subject::Timing { .. }
            if threshold.duration().is_some_and(|bound| !bound.is_zero() && bound < clock_step) =>
        {
            Cause::TooFine
        }
        Subject::Timing { name, .. } if name == "open" || name.starts_with("open.") => Cause::LateOpen,
        Subject::Timing { .. } | Subject::Rate(_) | Subject::Success => Cause::Late,
        Subject::Counter("missing" | "matched" | "late") => Cause::Late,
        Subject::Counter(_) | Subject::TimerStep => Cause::Other,
    }
}

fn too_fine(clock_step: Duration) -> String {
    let step = took(clock_step);
    format!("the clock steps by {step}, which is coarser than a bound, so whether that holds is not known")
}

/// The step of the clock.
pub(super) fn clock_step(environment: &Environment) -> Duration {
    Duration::from_nanos((environment.timer_step_us * 1e3).round() as u64)
}

/// Each requirement, judged.
pub(super) fn requirements(
    bounds: &[Bound],
    environment: &Environment,
    lag: &Histogram,
    early: Early<'_>,
) -> Vec<ThresholdReport> {
    let step = clock_step(environment);
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
pub(super) struct Harness {
    /// The longest the event loop stood still.
    pub worst_lag: Duration,
    /// Whether more opens were pending at once than a browser lets through without delay.
    pub has_burst: bool,
    /// Whether the page was out of sight.
    pub was_hidden: bool,
    pub clock_step: Duration,
}

impl Harness {
    /// Why nobody knows how it ended, where a verdict is inconclusive by its thresholds.
    pub fn doubt(&self, failures: &Failures) -> Option<String> {
        (failures.too_fine > 0).then(|| too_fine(self.clock_step))
    }

    /// Why failures for want of time may be our own; none when nothing speaks for that, or when one has another cause.
    pub fn excuse(&self, failures: &Failures) -> Option<String> {
        let Failures { late_opens, late, too_fine, others } = *failures;
        if others > 0 {
            return None;
        }
        if late + late_opens > 0 && self.worst_lag >= LONG_LAG {
            let worst = took(self.worst_lag);
            return Some(format!(
                "the event loop stood still for {worst}, so what came late may be the harness's fault"
            ));
        }
        if late + late_opens > 0 && self.was_hidden {
            let reason = "the page was out of sight, where browsers slow everything down; keep it in view and run again";
            return Some(reason.to_owned());
        }
        if late_opens > 0 && late == 0 && self.has_burst {
            let pace = super::link::PACE;
            return Some(format!(
                "more than {pace} opens were pending at once, which browsers delay on purpose"
            ));
        }
        (too_fine > 0 && late + late_opens == 0).then(|| self::too_fine(self.clock_step))
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
