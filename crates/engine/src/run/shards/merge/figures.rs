//! The figures of several shards as one, and the thresholds on them.
//!
//! Owns what is added and what is judged again. A percentile is never made of percentiles.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::super::outcome::causes::Cause;
use super::super::super::outcome::judge::{self, Harness};
use super::united::{gravest, named};
use crate::metrics::{Metrics, Threshold};
use crate::report::{Environment, HarnessReport, Metric, Millis, ThresholdReport, Verdict};

/// What may excuse a threshold on the figures of all: the worst of each.
pub(super) fn harness(
    parts: impl Iterator<Item = Option<HarnessReport>>,
    was_hidden: bool,
    clock_step: Duration,
) -> Harness {
    let nothing = Harness { worst_lag: Duration::ZERO, has_burst: false, was_hidden, clock_step };
    parts.flatten().fold(nothing, |worst, one| Harness {
        worst_lag: worst.worst_lag.max(one.worst_lag_ms.into()),
        has_burst: worst.has_burst || one.burst,
        was_hidden: worst.was_hidden || one.hidden,
        clock_step,
    })
}

/// A report has been through other hands, so that nothing in it may be too large to add.
pub(super) fn sum(all: impl Iterator<Item = u64>) -> u64 {
    all.fold(0, u64::saturating_add)
}

pub(super) fn longest(all: impl Iterator<Item = Millis>) -> Millis {
    all.fold(Millis::default(), |longest, one| if one > longest { one } else { longest })
}

/// Counters and histograms of shards that ran at the same time; rates are over the longest of their times. What cannot be
/// read is said in words and left out.
pub(super) fn add_figures<'a>(
    parts: impl Iterator<Item = (usize, &'a BTreeMap<String, Metric>, Millis)>,
    unread: &mut Vec<String>,
) -> Metrics {
    let mut sum = Metrics::default();
    for (shard, metrics, lasting) in parts {
        match Metrics::from_report(metrics, lasting.into()) {
            Ok(figures) => sum.merge(&figures),
            Err(mistakes) => {
                let mut legible = metrics.clone();
                for mistake in mistakes {
                    legible.remove(&mistake.metric);
                    unread.push(format!("a figure of shard {shard} cannot be read: {mistake}"));
                }
                let figures = Metrics::from_report(&legible, lasting.into());
                sum.merge(&figures.unwrap_or_default());
            }
        }
    }
    sum
}

/// The thresholds that shards have put off, judged on the figures of all; and the lines that each shard has judged for
/// itself, of which the worst counts: what is required of a harness, and what is wrong with a threshold itself.
pub(super) fn judge_lines(
    parts: &[(usize, &[ThresholdReport])],
    metrics: &Metrics,
    environment: &Environment,
) -> (Vec<(ThresholdReport, Cause)>, Vec<ThresholdReport>) {
    let (mut judged, mut known) = (Vec::new(), Vec::new());
    let count = parts.iter().map(|(_, lines)| lines.len()).max().unwrap_or_default();
    for number in 0..count {
        let lines = parts.iter().filter_map(|(shard, lines)| Some((*shard, lines.get(number)?)));
        let Some((shard, worst)) = gravest(lines, |line| line.verdict) else { continue };
        match worst.verdict {
            Verdict::Skipped => judged.push(match Threshold::from_expr(&worst.expr) {
                Some(threshold) => judge::line(&threshold, metrics, environment),
                None => (illegible(worst), Cause::Other),
            }),
            _ => known.push(ThresholdReport {
                message: worst.message.as_ref().map(|message| named(shard, parts.len(), message)),
                ..worst.clone()
            }),
        }
    }
    (judged, known)
}

/// Nothing but asterisks in place of a secret keeps a threshold from being read back.
fn illegible(line: &ThresholdReport) -> ThresholdReport {
    let why = "it cannot be judged on the figures of all shards, as a secret is masked in it";
    ThresholdReport {
        value: "not judged".to_owned(),
        verdict: Verdict::Error,
        message: Some(why.to_owned()),
        ..line.clone()
    }
}
