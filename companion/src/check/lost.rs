//! The report of a run that has none of its own: its browser died, its page hung, or the user stopped it before it began.
//!
//! Owns what is still known of such a run: the checks that had ended, and what was under way.

use std::time::Duration;

use sockscope_engine::report::{CheckReport, Environment, FORMAT, Millis, Report, Totals, Verdict};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::assignment::{Assignment, CheckResult, Status};

/// A report of a run whose browser has told nothing: what had ended until then is in it.
pub fn lost_report(
    assignment: &Assignment<'_>,
    latest: &Status,
    words: &str,
    started: OffsetDateTime,
    took: Duration,
) -> Report {
    let during = latest.check.as_ref().map(|check| format!(" while {check:?} ran")).unwrap_or_default();
    let ended = match latest.checks {
        0 => String::new(),
        checks => format!("; {} of {checks} checks had ended", latest.done),
    };
    let mut checks: Vec<_> = latest.results.iter().map(lost_check).collect();
    if let Some(name) = &latest.check {
        let current =
            CheckResult { name: name.clone(), verdict: Verdict::Error, duration_ms: Millis::default() };
        checks.push(lost_check(&current));
    }
    let started = started.replace_millisecond(started.millisecond()).unwrap_or(started);
    let count = |verdict| checks.iter().filter(|it: &&CheckReport| it.verdict == verdict).count() as u64;
    Report {
        sockscope: env!("CARGO_PKG_VERSION").to_owned(),
        format: FORMAT,
        suite: assignment.label.clone(),
        about: assignment.suite.about.clone(),
        verdict: Verdict::Error,
        reasons: vec![format!("{words}{during}{ended}")],
        seed: assignment.seed,
        started: started.format(&Rfc3339).unwrap_or_default(),
        duration_ms: took.into(),
        environment: Environment::default(),
        vars: serde_json::Map::new(),
        targets: assignment.targets.to_vec(),
        totals: Totals {
            checks: checks.len() as u64,
            passed: count(Verdict::Pass),
            failed: count(Verdict::Fail),
            errors: count(Verdict::Error),
            inconclusive: count(Verdict::Inconclusive),
            skipped: count(Verdict::Skipped),
            success: 100.0,
            ..Totals::default()
        },
        metrics: Default::default(),
        thresholds: Vec::new(),
        checks,
        seconds: Vec::new(),
        server: None,
        server_stopped: None,
        capacity: None,
        shards: Vec::new(),
        part: None,
    }
}

pub fn lost_check(result: &CheckResult) -> CheckReport {
    CheckReport {
        name: result.name.clone(),
        about: None,
        tags: Vec::new(),
        verdict: result.verdict,
        reasons: vec!["its details went with the browser".to_owned()],
        offset_ms: Millis::default(),
        duration_ms: result.duration_ms,
        metrics: Default::default(),
        thresholds: Vec::new(),
        steps: Vec::new(),
        leftovers: Vec::new(),
        leftovers_omitted: 0,
        close_code: None,
        harness: None,
    }
}
