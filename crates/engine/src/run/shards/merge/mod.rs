//! One report of several shards that ran the same suite at the same time.
//!
//! Owns what is added, what is compared again and what is kept of each shard. A percentile is never made of
//! percentiles: histograms are decoded, added, and queried again. Thresholds are judged here, by the code that judges
//! those of a run.

mod check;
mod figures;
mod united;

use super::super::outcome::causes::Failures;
use super::super::outcome::judge;
use crate::report::{
    CheckReport, Environment, GeneratorReport, Metric, Millis, Report, Second, ShardReport, TargetReport,
    Verdict,
};
use figures::{add_figures, harness, judge_lines, longest};
use united::{Part, distinct, reasons};

/// Why there is nothing to merge.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// Nothing came back.
    #[error("no shard gave a report")]
    Nothing,
    /// Reports that do not belong together.
    #[error("shard {shard} has another {what} than shard {first}, so they are not from the same run")]
    Unlike {
        /// The first one that has a report.
        first: usize,
        /// The one that differs.
        shard: usize,
        /// `suite` or `seed`.
        what: &'static str,
    },
}

/// Makes one report of those of all shards, each at its index; none stands for a shard that gave no report, which is an error
/// of the whole.
pub fn merge(shards: &[Option<Report>]) -> Result<Report, MergeError> {
    let parts: Vec<Part<'_, Report>> =
        shards.iter().enumerate().filter_map(|(shard, report)| Some((shard, report.as_ref()?))).collect();
    let Some(&(first, model)) = parts.first() else { return Err(MergeError::Nothing) };
    for &(shard, report) in &parts {
        let unlike = |what| MergeError::Unlike { first, shard, what };
        if report.suite != model.suite {
            return Err(unlike("suite"));
        }
        if report.seed != model.seed {
            return Err(unlike("seed"));
        }
    }
    let environment = environment(&parts);
    let clock_step = judge::clock_step(&environment);
    let mut unread = Vec::new();
    let checks: Vec<CheckReport> =
        check::rows(&parts).iter().map(|row| check::merge(row, &environment, &mut unread)).collect();
    let figures = parts.iter().map(|(shard, report)| (*shard, &report.metrics, report.duration_ms));
    let metrics = add_figures(figures, &mut unread);

    let all_checks = parts.iter().flat_map(|(_, report)| &report.checks);
    let harness = harness(all_checks.map(|check| check.harness), environment.hidden, clock_step);
    let of_all: Vec<_> = parts.iter().map(|(shard, report)| (*shard, report.thresholds.as_slice())).collect();
    let (lines, required) = judge_lines(&of_all, &metrics, &environment);
    let (of_thresholds, reason) = harness.settle(Verdict::Pass, Failures::default(), &lines);
    let mut verdict = checks.iter().fold(of_thresholds, |all, check| all.and(check.verdict));
    for line in &required {
        verdict = match line.verdict {
            Verdict::Inconclusive => judge::without_ground(verdict),
            other => verdict.and(other),
        };
    }
    let mut all_reasons: Vec<String> = lost(shards).collect();
    if !all_reasons.is_empty() || !unread.is_empty() {
        verdict = Verdict::Error;
    }
    all_reasons.append(&mut unread);
    all_reasons
        .extend(reasons(&parts.iter().map(|(shard, report)| (*shard, &report.reasons)).collect::<Vec<_>>()));
    all_reasons.extend(reason);
    Ok(Report {
        sockscope: model.sockscope.clone(),
        format: model.format,
        suite: model.suite.clone(),
        about: model.about.clone(),
        verdict,
        reasons: all_reasons,
        seed: model.seed,
        // Moments of this form are ordered as texts.
        started: parts.iter().map(|(_, report)| report.started.clone()).min().unwrap_or_default(),
        duration_ms: longest(parts.iter().map(|(_, report)| report.duration_ms)),
        environment,
        vars: model.vars.clone(),
        targets: targets(&parts),
        totals: judge::totals(&checks, &metrics.counters),
        metrics: metrics.to_report(),
        thresholds: lines.into_iter().map(|(line, _)| line).chain(required).collect(),
        checks,
        seconds: add_seconds(&parts),
        shards: (0..).zip(shards).map(|(index, report)| one_of_all(index, report.as_ref())).collect(),
        server: None,
        server_stopped: None,
        capacity: None,
        part: None,
    })
}

/// The addresses of all, each once: a shard that has no group of a check does not name its clients.
fn targets(parts: &[Part<'_, Report>]) -> Vec<TargetReport> {
    let mut all: Vec<TargetReport> = Vec::new();
    for target in parts.iter().flat_map(|(_, report)| &report.targets) {
        if !all.iter().any(|known| known.url == target.url) {
            all.push(target.clone());
        }
    }
    all
}

/// The shards that gave no report, in words.
fn lost(shards: &[Option<Report>]) -> impl Iterator<Item = String> {
    let lost = shards.iter().enumerate().filter(|(_, report)| report.is_none());
    lost.map(|(shard, _)| {
        format!("shard {shard} gave no report, so the figures do not cover all connections")
    })
}

/// The worst clock and lag; out of sight if any was.
fn environment(parts: &[Part<'_, Report>]) -> Environment {
    let all = || parts.iter().map(|(_, report)| &report.environment);
    let worst = |figure: fn(&Environment) -> f64| all().map(figure).fold(0.0, f64::max);
    Environment {
        engine: all().next().map(|one| one.engine).unwrap_or_default(),
        browser: distinct(all().map(|one| &one.browser)),
        origin: distinct(all().map(|one| &one.origin)),
        timer_step_us: worst(|one| one.timer_step_us),
        loop_lag_p99_ms: worst(|one| one.loop_lag_p99_ms),
        hidden: all().any(|one| one.hidden),
        generator: all().filter_map(|one| one.generator).reduce(GeneratorReport::worse),
    }
}

/// Second by second. Percentiles are kept where one shard alone has them: those of several cannot be added, and no number
/// beats a wrong one.
fn add_seconds(parts: &[Part<'_, Report>]) -> Vec<Second> {
    let count = parts.iter().map(|(_, report)| report.seconds.len()).max().unwrap_or_default();
    let add = |number: usize| {
        let mut sum = Second::default();
        let (mut measured, mut relayed) = (Vec::new(), Vec::new());
        for second in parts.iter().filter_map(|(_, report)| report.seconds.get(number)) {
            sum.sent = sum.sent.saturating_add(second.sent);
            sum.received = sum.received.saturating_add(second.received);
            measured.extend(second.rtt_p50.map(|_| second));
            relayed.extend(second.rtt_relay_p50.map(|_| second));
        }
        if let [only] = measured[..] {
            (sum.rtt_p50, sum.rtt_p95, sum.rtt_p99) = (only.rtt_p50, only.rtt_p95, only.rtt_p99);
        }
        if let [only] = relayed[..] {
            (sum.rtt_relay_p50, sum.rtt_relay_p95, sum.rtt_relay_p99) =
                (only.rtt_relay_p50, only.rtt_relay_p95, only.rtt_relay_p99);
        }
        sum
    };
    (0..count).map(add).collect()
}

/// What is kept of a shard beside the whole.
fn one_of_all(index: u32, report: Option<&Report>) -> ShardReport {
    let lost = ShardReport {
        index,
        verdict: Verdict::Error,
        reasons: vec!["it gave no report".to_owned()],
        browser: String::new(),
        started: String::new(),
        late_ms: None,
        duration_ms: Millis::default(),
        loop_lag_p99_ms: 0.0,
        hidden: false,
        opened: 0,
        sent: 0,
        received: 0,
        missing: 0,
        rtt: None,
    };
    let Some(report) = report else { return lost };
    let counters = judge::counters_of(&report.metrics);
    ShardReport {
        index,
        verdict: report.verdict,
        reasons: report.reasons.clone(),
        browser: report.environment.browser.clone(),
        started: report.started.clone(),
        late_ms: report.part.as_ref().map(|part| part.late_ms),
        duration_ms: report.duration_ms,
        loop_lag_p99_ms: report.environment.loop_lag_p99_ms,
        hidden: report.environment.hidden,
        opened: counters.opened,
        sent: counters.sent,
        received: counters.received,
        missing: counters.missing,
        rtt: report.metrics.get("rtt").map(|rtt| Metric { histogram: None, ..rtt.clone() }),
    }
}
