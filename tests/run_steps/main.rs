//! Every step, matcher and invariant can hold and can fail, and says in words how it failed.
//!
//! Runs suites against the simulated practice server; the messages that stand here are what a tester reads.
#![cfg(not(target_arch = "wasm32"))]

mod connecting;
mod ends;
mod explained;
mod flow;
mod framing;
mod gone;
mod http;
mod invariants;
mod matchers;
mod messages;
mod reuse;
mod rows;
mod standing;
mod trying;
mod until;
mod whole;

use serde_json::{Value, json};
use sockscope_engine::report::{Failure, Verdict};
use support::simulated::{Faults, Outcome, Setting, run_text, suite};

/// What a run of these steps is: `pass`, or each failure as `path kind: message`.
fn told(outcome: &Outcome) -> Vec<String> {
    let report = &outcome.report;
    let mut told: Vec<String> = report.reasons.clone();
    for check in &report.checks {
        told.extend(check.reasons.iter().cloned());
        for step in &check.steps {
            if let Some(failure) = &step.failure {
                let kind = serde_json::to_value(failure.kind).expect("a kind has a name");
                told.push(format!(
                    "{} {}: {}",
                    step.path,
                    kind.as_str().unwrap_or_default(),
                    failure.message
                ));
            }
        }
        told.extend(check.thresholds.iter().filter(|one| one.verdict != Verdict::Pass).map(|one| {
            let message = one.message.clone().unwrap_or_default();
            format!("threshold {}: {message}", one.expr)
        }));
    }
    let suite = report.thresholds.iter().filter(|one| one.verdict != Verdict::Pass);
    told.extend(
        suite.map(|one| format!("threshold {}: {}", one.expr, one.message.clone().unwrap_or_default())),
    );
    told.iter().map(|text| plain(text)).collect()
}

/// With plain spaces, where the words have thin ones before a unit.
fn plain(text: &str) -> String {
    text.replace('\u{2009}', " ")
}

#[track_caller]
fn outcome(path: &str, steps: &Value, faults: Faults) -> Outcome {
    let outcome =
        run_text(&suite(path, steps).to_string(), &Setting { faults, seed: 42, ..Setting::default() });
    assert_eq!(outcome.open, 0, "every socket is closed in the end");
    outcome
}

#[track_caller]
fn holds(path: &str, steps: Value) {
    let outcome = outcome(path, &steps, Faults::default());
    assert_eq!((told(&outcome), outcome.report.verdict), (Vec::<String>::new(), Verdict::Pass));
}

#[track_caller]
fn fails(path: &str, faults: Faults, steps: Value, message: &str) -> Failure {
    let outcome = outcome(path, &steps, faults);
    assert_eq!((told(&outcome), outcome.report.verdict), (vec![message.to_owned()], Verdict::Fail));
    let mut steps = outcome.report.checks.into_iter().flat_map(|check| check.steps);
    steps.find_map(|step| step.failure).expect("a failure")
}

#[track_caller]
fn is_broken(path: &str, steps: Value, message: &str) {
    let outcome = outcome(path, &steps, Faults::default());
    assert_eq!((told(&outcome), outcome.report.verdict), (vec![message.to_owned()], Verdict::Error));
}

fn open() -> Value {
    json!({"connect": "a"})
}

#[track_caller]
fn matches(send: Value, expect: Value) {
    holds("/ws", json!([open(), {"on": "a", "send": send, "expect": expect}]));
}

/// A message that comes back as it is, against an expectation that it does not meet.
#[track_caller]
fn misses(send: Value, expect: Value, message: &str) -> Failure {
    let steps = json!([open(), {"on": "a", "send": send, "expect": expect}]);
    fails("/ws/echo", Faults::default(), steps, &format!("steps[1] timeout: {message}"))
}

#[track_caller]
fn invariant(rule: Value, texts: &[&str], expected: &[&str]) {
    let sends: Vec<_> =
        texts.iter().map(|text| json!({"on": "a", "send": text, "expect": {"echo": true}})).collect();
    let mut steps = vec![open()];
    steps.extend(sends);
    let mut suite = suite("/ws/echo", &steps.into());
    suite["invariants"] = json!([rule]);
    let outcome = run_text(&suite.to_string(), &Setting::default());
    assert_eq!(told(&outcome), expected);
    assert_eq!(outcome.report.verdict, if expected.is_empty() { Verdict::Pass } else { Verdict::Fail });
}
