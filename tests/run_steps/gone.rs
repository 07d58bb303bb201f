//! Servers that stop accepting connections while a run goes on.

use serde_json::{Value, json};
use sockscope_engine::report::Verdict;

use support::simulated::{Faults, Setting, run_text};

fn three_checks(first: &Value) -> String {
    let echo = json!([{"connect": "a"}, {"on": "a", "send": "x", "expect": {"echo": true}}]);
    json!({
        "sockscope": 1, "suite": "s", "clients": {"a": {"url": "ws://sim/ws/echo"}},
        "checks": [{"check": "one", "steps": first}, {"check": "two", "steps": echo}, {"check": "three", "steps": echo}]
    })
    .to_string()
}

#[test]
fn checks_after_a_server_has_gone_are_not_judged() {
    let steps = json!([{"connect": "a"}, {"on": "a", "send": {"$chars": {"size": "64KiB"}}}]);
    let faults = Faults { refuses_after: Some(1), ..Faults::default() };
    let report = run_text(&three_checks(&steps), &Setting { faults, ..Setting::default() }).report;
    let verdicts: Vec<_> = report.checks.iter().map(|check| check.verdict).collect();
    assert_eq!(verdicts, [Verdict::Pass, Verdict::Inconclusive, Verdict::Inconclusive], "{report:#?}");
    let told = "The server stopped accepting connections after \"one\" (a 64\u{2009}KiB message).";
    assert_eq!(report.reasons, [told]);
    for check in &report.checks[1..] {
        assert!(check.reasons[0].starts_with("not judged: the server stopped"), "{:?}", check.reasons);
    }
    assert_eq!(report.totals.failed, 0);
}

#[test]
fn the_last_check_alone_fails_where_nothing_else_says_that_the_server_is_gone() {
    let text: Value = serde_json::from_str(&three_checks(&json!([{"connect": "a"}]))).expect("JSON");
    let mut text = text;
    text["checks"].as_array_mut().expect("checks").truncate(2);
    let faults = Faults { refuses_after: Some(1), ..Faults::default() };
    let report = run_text(&text.to_string(), &Setting { faults, ..Setting::default() }).report;
    assert_eq!(report.checks[1].verdict, Verdict::Fail);
    assert_eq!(report.server_stopped, None);
}
