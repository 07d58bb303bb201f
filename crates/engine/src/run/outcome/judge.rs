//! The final verdict on a check and on a run: thresholds, requirements, and whether the harness was the limit.
//!
//! Owns what makes a verdict inconclusive. Only a failure that time alone explains is excused. A pass is doubted only
//! where the clock could not have shown a failure.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::causes::{Cause, Failures};
use crate::base::words;
use crate::base::world::Opening;
use crate::metrics::{Counters, Histogram, Metrics, Reading, Stat, Subject, Threshold, is_relayed, relayed};
use crate::report::{
    CheckReport, EngineKind, Environment, Failure, HarnessReport, Metric, ThresholdReport, Totals, Verdict,
};
use crate::suite::{Bound, Field};

/// A loop that stood still this long explains a message that came late.
pub(crate) const LONG_LAG: Duration = Duration::from_millis(500);

/// The end of the note on an invariant that matched no message. With several shards it appears only if all say so.
pub(crate) const IDLE: &str = "matched no message, so it proves nothing";

type Early<'a> = &'a dyn Fn(&Field<Value>) -> Result<Value, Box<Failure>>;

/// Each threshold, judged, and what it is about if it fails.
pub(crate) fn thresholds(
    bounds: &[Bound],
    metrics: &Metrics,
    environment: &Environment,
    early: Early<'_>,
) -> Vec<(ThresholdReport, Cause)> {
    let judge = |bound: &Bound| match read(bound, early, Threshold::parse) {
        Ok(threshold) => line(&threshold, metrics, environment),
        Err(broken) => (broken, Cause::Other),
    };
    bounds.iter().map(judge).collect()
}

/// One threshold, judged, and what it is about if it fails.
pub(crate) fn line(
    threshold: &Threshold,
    metrics: &Metrics,
    environment: &Environment,
) -> (ThresholdReport, Cause) {
    let clock_step = clock_step(environment);
    let cause = cause(threshold, clock_step);
    let mut report = threshold.evaluate(metrics);
    if cause == Cause::TooFine && report.verdict == Verdict::Pass {
        // What is shorter than a step of the clock is measured as nothing at all.
        report.verdict = Verdict::Inconclusive;
        report.message = Some(too_fine(clock_step));
    }
    if let Some(why) = not_of_this_engine(threshold, metrics, environment.engine) {
        (report.verdict, report.message) = (Verdict::Skipped, Some(why));
    }
    (report, cause)
}

/// Why a latency is not measured here, where the other engine measures it: what goes by relay in a page goes by itself natively.
fn not_of_this_engine(threshold: &Threshold, metrics: &Metrics, engine: EngineKind) -> Option<String> {
    let Subject::Timing { name, .. } = threshold.subject() else { return None };
    let has_samples = |name: &str| metrics.timings.get(name).is_some_and(|timing| !timing.is_empty());
    if has_samples(name) {
        return None;
    }
    match engine {
        EngineKind::Native => is_relayed(name)
            .then(|| format!("{name} is of a page: the native engine opens each connection itself")),
        EngineKind::Browser => {
            let by_relay = relayed(name);
            has_samples(&by_relay)
                .then(|| format!("all samples went by relay, which is a quantity of its own: {by_relay}"))
        }
    }
}

/// The figures of a shard are a part of what a threshold is about: they are shown, and who merges judges. What is wrong with
/// the threshold itself is wrong in every shard.
pub(crate) fn put_off(threshold: &mut ThresholdReport) {
    if threshold.verdict != Verdict::Error {
        threshold.verdict = Verdict::Skipped;
        threshold.message = Some("judged on the figures of all shards together".to_owned());
    }
}

/// Of a check that is not applicable there is nothing to judge.
pub(crate) fn leave_out(threshold: &mut ThresholdReport) {
    threshold.verdict = Verdict::Skipped;
    threshold.message = Some("the check was skipped".to_owned());
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

/// Whether a bound of this name decides how many messages may be missing.
pub(crate) fn is_about_missing(metric: &str) -> bool {
    ["missing", "success"].contains(&metric)
}

/// Whether one of these does not hold that decides how many messages may be missing.
pub(crate) fn allows_less<'a>(mut thresholds: impl Iterator<Item = &'a ThresholdReport>) -> bool {
    let metric = |one: &ThresholdReport| one.expr.split_whitespace().next().is_some_and(is_about_missing);
    thresholds.any(|one| metric(one) && !matches!(one.verdict, Verdict::Pass | Verdict::Skipped))
}

fn too_fine(clock_step: Duration) -> String {
    let step = words::bound(clock_step);
    format!("the clock steps by {step}, which is coarser than a bound, so whether that holds is not known")
}

/// The step of the clock.
pub(crate) fn clock_step(environment: &Environment) -> Duration {
    Duration::from_nanos((environment.timer_step_us * 1e3).round() as u64)
}

/// Each requirement, judged.
pub(crate) fn requirements(
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

/// A requirement that is not met, in words.
pub(crate) fn unmet(line: &ThresholdReport) -> String {
    format!("the suite requires {}, and here it is {}", line.expr, line.value)
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
pub(crate) struct Harness {
    /// The longest the event loop stood still.
    pub worst_lag: Duration,
    /// Whether more opens were pending at once than a browser lets through without delay.
    pub has_burst: bool,
    /// Whether the page was out of sight.
    pub was_hidden: bool,
    pub clock_step: Duration,
}

/// The verdict where the harness was not good enough to judge by, in either direction.
pub(crate) fn without_ground(verdict: Verdict) -> Verdict {
    if verdict == Verdict::Error { verdict } else { Verdict::Inconclusive }
}

impl Harness {
    /// As the report of a shard has it.
    pub fn to_report(&self) -> HarnessReport {
        HarnessReport { worst_lag_ms: self.worst_lag.into(), burst: self.has_burst, hidden: self.was_hidden }
    }

    /// The verdict on what its steps and then its thresholds say, and why, where the harness was the limit.
    pub fn settle(
        &self,
        of_steps: Verdict,
        mut failures: Failures,
        thresholds: &[(ThresholdReport, Cause)],
    ) -> (Verdict, Option<String>) {
        let mut verdict = of_steps;
        // A check that did not finish has failed already, whatever its figures are.
        let is_judged = of_steps == Verdict::Pass;
        let broken =
            thresholds.iter().filter(|(one, _)| !matches!(one.verdict, Verdict::Pass | Verdict::Skipped));
        for (threshold, cause) in broken.filter(|_| is_judged) {
            verdict = verdict.and(threshold.verdict);
            failures.add(*cause);
        }
        match (verdict, self.excuse(&failures)) {
            (Verdict::Fail, Some(reason)) => (Verdict::Inconclusive, Some(reason)),
            (Verdict::Inconclusive, _) if is_judged => (verdict, self.doubt(&failures)),
            _ => (verdict, None),
        }
    }

    /// Why the result is unknown, where a verdict is inconclusive by its thresholds.
    fn doubt(&self, failures: &Failures) -> Option<String> {
        (failures.too_fine > 0).then(|| too_fine(self.clock_step))
    }

    /// Why failures for lack of time may be our own; none when nothing speaks for that, or when one has another cause.
    fn excuse(&self, failures: &Failures) -> Option<String> {
        let Failures { late_opens, late, too_fine, others } = *failures;
        if others > 0 {
            return None;
        }
        if late + late_opens > 0 && self.worst_lag >= LONG_LAG {
            let worst = words::duration(self.worst_lag);
            return Some(format!(
                "the event loop stood still for {worst}, so what came late may be the harness's fault"
            ));
        }
        if late + late_opens > 0 && self.was_hidden {
            let reason = "the page was out of sight, where browsers slow everything down; keep it in view and run again";
            return Some(reason.to_owned());
        }
        if late_opens > 0 && late == 0 && self.has_burst {
            return Some(format!(
                "more than {} opens were pending at once, which browsers delay on purpose",
                Opening::OF_BROWSERS.at_once
            ));
        }
        (too_fine > 0 && late + late_opens == 0).then(|| self::too_fine(self.clock_step))
    }
}

/// Sums over all checks.
pub(crate) fn totals(checks: &[CheckReport], counters: &Counters) -> Totals {
    let count = |verdict| checks.iter().filter(|check| check.verdict == verdict).count() as u64;
    Totals {
        checks: checks.len() as u64,
        passed: count(Verdict::Pass),
        failed: count(Verdict::Fail),
        errors: count(Verdict::Error),
        inconclusive: count(Verdict::Inconclusive),
        skipped: count(Verdict::Skipped),
        sent: counters.sent,
        received: counters.received,
        expected: counters.expected,
        matched: counters.matched,
        success: counters.success().map_or(100.0, |success| success.percent()),
    }
}

/// The counters of a report's metrics.
pub(crate) fn counters_of(metrics: &BTreeMap<String, Metric>) -> Counters {
    let mut counters = Counters::default();
    for (name, metric) in metrics {
        if let Some(counter) = counters.get_mut(name) {
            *counter = metric.count;
        }
    }
    counters
}
