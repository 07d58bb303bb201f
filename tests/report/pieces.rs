//! Pieces of reports, each with what a test of the report forms needs.

use std::collections::BTreeMap;
use std::time::Duration;

use sockscope_engine::base::random::Random;
use sockscope_engine::metrics::Histogram;
use sockscope_engine::report::{
    CheckReport, Failure, FailureKind, Metric, Millis, StepReport, TargetReport, ThresholdReport, Verdict,
};

pub fn timing(count: u64, p50: f64) -> Metric {
    let times = |factor: f64| Some((p50 * factor * 1e3).round() / 1e3);
    Metric {
        unit: "us".to_owned(),
        count,
        rate: None,
        min: times(0.5),
        mean: times(1.1),
        p50: Some(p50),
        p90: times(2.0),
        p95: times(2.5),
        p99: times(6.0),
        p999: times(9.0),
        max: times(10.0),
        stddev: times(0.8),
        histogram: None,
    }
}

/// As a run would have it: most around 800 µs, a few far away.
pub fn round_trips() -> Metric {
    let mut random = Random::with_seed(3);
    let mut histogram = Histogram::new();
    for i in 0..302u64 {
        let spread: u64 = (0..6).map(|_| random.next_u64() % 200).sum();
        let far = if i % 75 == 40 { 5000 + i * 7 } else { 0 };
        histogram.record(Duration::from_micros(250 + spread + far));
    }
    Metric::from(&histogram)
}

pub fn counter(count: u64, rate: f64) -> Metric {
    Metric {
        unit: "count".to_owned(),
        count,
        rate: Some(rate),
        min: None,
        mean: None,
        p50: None,
        p90: None,
        p95: None,
        p99: None,
        p999: None,
        max: None,
        stddev: None,
        histogram: None,
    }
}

pub fn threshold(expr: &str, value: &str, verdict: Verdict) -> ThresholdReport {
    ThresholdReport { expr: expr.to_owned(), value: value.to_owned(), verdict, message: None }
}

pub fn step(path: &str, title: &str, verdict: Verdict, took: f64) -> StepReport {
    StepReport {
        path: path.to_owned(),
        file: None,
        used_at: Vec::new(),
        line: 12,
        title: title.to_owned(),
        note: None,
        verdict,
        duration_ms: Millis(took),
        on: vec!["alice".to_owned()],
        runs: u64::from(verdict != Verdict::Skipped),
        failed_runs: u64::from(!matches!(verdict, Verdict::Pass | Verdict::Skipped)),
        failed_clients: 0,
        forgiven: None,
        failure: None,
        unmet: None,
        standing: None,
        around: Vec::new(),
    }
}

pub fn target(url: &str, from: &str) -> TargetReport {
    TargetReport { url: url.to_owned(), from: from.to_owned(), via: None }
}

pub fn check(name: &str, verdict: Verdict, steps: Vec<StepReport>) -> CheckReport {
    CheckReport {
        name: name.to_owned(),
        about: None,
        tags: Vec::new(),
        verdict,
        reasons: Vec::new(),
        offset_ms: Millis(0.0),
        duration_ms: Millis(steps.iter().map(|step| step.duration_ms.0).fold(0.0, |sum, took| sum + took)),
        metrics: BTreeMap::new(),
        thresholds: Vec::new(),
        steps,
        leftovers: Vec::new(),
        leftovers_omitted: 0,
        close_code: None,
        harness: None,
    }
}

pub fn failure(kind: FailureKind, message: &str) -> Failure {
    Failure {
        kind,
        message: message.to_owned(),
        client: None,
        round: None,
        expected: None,
        closest: None,
        diff: Vec::new(),
        browser: None,
        causes: Vec::new(),
        handshake: None,
    }
}
