//! How a job ended: the gravest of its runs.
//!
//! Owns the order of verdicts. It refuses to print them.

use sockscope_engine::report::{CheckReport, Verdict};

use super::assignment::Done;

/// How it all ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything held.
    Passed,
    /// A check or a threshold failed.
    Failed,
    /// A suite or what it was told is wrong.
    Invalid,
    /// The environment did not allow it.
    Environment,
    /// Something could not be judged.
    Inconclusive,
}

/// A failure that was seen outweighs what kept others from being seen: a job that is repeated for the environment's sake must
/// not repeat that away.
pub(super) fn of(done: &[Done], lost_a_file: bool, was_stopped: bool) -> Outcome {
    // Of a run that was lost its checks were seen, those that had ended.
    let seen_in = |Done { report, trouble, .. }: &Done| {
        let is_bad = |check: &CheckReport| match check.verdict {
            Verdict::Fail => true,
            // What was under way is an error as well; it has no steps.
            Verdict::Error => !check.steps.is_empty(),
            _ => false,
        };
        let is_broken = report.thresholds.iter().any(|threshold| threshold.verdict == Verdict::Fail);
        match trouble {
            None => report.verdict,
            Some(_) if is_broken || report.checks.iter().any(is_bad) => Verdict::Fail,
            Some(_) => Verdict::Pass,
        }
    };
    let seen = done.iter().fold(Verdict::Pass, |all, it| all.and(seen_in(it)));
    let lost = done.iter().any(|done| done.trouble.is_some());
    match seen {
        Verdict::Fail | Verdict::Error => Outcome::Failed,
        _ if lost || lost_a_file => Outcome::Environment,
        Verdict::Inconclusive => Outcome::Inconclusive,
        Verdict::Pass | Verdict::Skipped if was_stopped => Outcome::Inconclusive,
        Verdict::Pass | Verdict::Skipped => Outcome::Passed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sockscope_engine::report::{Millis, read_json};

    use super::super::assignment::CheckResult;
    use super::super::lost;

    fn done(verdict: &str, trouble: Option<&str>) -> Done {
        let text = format!(
            r#"{{ "sockscope": "0", "format": 1, "suite": "s", "verdict": "{verdict}", "seed": 1, "started": "", "duration_ms": 0,
                 "environment": {{ "browser": "", "origin": "", "timer_step_us": 5, "loop_lag_p99_ms": 0, "hidden": false }},
                 "totals": {{ "checks": 0, "passed": 0, "failed": 0, "errors": 0, "inconclusive": 0, "sent": 0, "received": 0,
                 "expected": 0, "matched": 0, "success": 100 }}, "metrics": {{}}, "thresholds": [], "checks": [] }}"#
        );
        let report = read_json(&text).expect("a report");
        Done { report, recordings: Vec::new(), trouble: trouble.map(str::to_owned), printed: Vec::new() }
    }

    #[track_caller]
    fn check(runs: &[(&str, Option<&str>)], wanted: Outcome) {
        let runs: Vec<_> = runs.iter().map(|(verdict, trouble)| done(verdict, *trouble)).collect();
        assert_eq!(of(&runs, false, false), wanted);
    }

    #[test]
    fn the_outcome_is_the_gravest_and_a_failure_is_never_hidden() {
        let died = ("error", Some("the browser has ended"));
        check(&[("pass", None), ("pass", None)], Outcome::Passed);
        check(&[("pass", None), ("inconclusive", None)], Outcome::Inconclusive);
        check(&[("inconclusive", None), ("fail", None)], Outcome::Failed);
        check(&[("pass", None), died], Outcome::Environment);
        check(&[("fail", None), died], Outcome::Failed);
        check(&[("error", None)], Outcome::Failed);
        let mut lost = done("error", Some("the browser has ended"));
        assert_eq!(of(std::slice::from_ref(&lost), false, false), Outcome::Environment);
        let failed = CheckResult { name: "c".to_owned(), verdict: Verdict::Fail, duration_ms: Millis(1.0) };
        lost.report.checks.push(lost::lost_check(&failed));
        assert_eq!(of(&[lost], false, false), Outcome::Failed);
        assert_eq!(of(&[done("pass", None)], true, false), Outcome::Environment);
        assert_eq!(of(&[done("pass", None)], false, true), Outcome::Inconclusive);
    }
}
