//! Steps that may fail, limits that are found, checks that do not apply, values that stay, and what is said of all that.

use super::*;

/// A suite with several checks on one client.
fn checks(vars: Value, setup: Value, checks: Value) -> String {
    json!({"sockscope": 1, "suite": "trying", "vars": vars, "clients": {"a": {"url": "ws://sim/ws/echo"}},
        "setup": setup, "checks": checks})
    .to_string()
}

fn setting() -> Setting {
    Setting { seed: 42, ..Setting::default() }
}

/// The reasons of the only check, whose verdict is this one.
#[track_caller]
fn says(path: &str, steps: Value, verdict: Verdict, reasons: &[&str]) {
    let outcome = outcome(path, &steps, Faults::default());
    let check = &outcome.report.checks[0];
    let said: Vec<&str> = check.reasons.iter().map(String::as_str).collect();
    assert_eq!((check.verdict, &said[..]), (verdict, reasons), "{:?}", told(&outcome));
}

#[test]
fn what_is_tried_may_fail_and_then_something_else_happens() {
    let lost = json!({"on": "a", "send": "x", "expect": {"text": "y", "within": "5ms"}});
    says(
        "/ws/echo",
        json!([open(), {"try": [lost], "else": [{"remark": "no y"}]}]),
        Verdict::Pass,
        &["no y"],
    );
    says(
        "/ws/echo",
        json!([open(), {"try": [lost], "why": "why", "else": [{"remark": "because {{why}}"}]}]),
        Verdict::Pass,
        &["because text \"y\" did not come within 5\u{2009}ms; 1 other message came"],
    );
    says(
        "/ws/echo",
        json!([open(), {"try": [lost]}]),
        Verdict::Pass,
        &["a: text \"y\" did not come within 5\u{2009}ms; 1 other message came"],
    );
    says("/ws/echo", json!([open(), {"try": [lost], "why": "none"}]), Verdict::Pass, &[]);
    let held = json!({"on": "a", "send": "x", "expect": {"text": "x"}});
    says("/ws/echo", json!([open(), {"try": [held], "else": [{"remark": "no"}]}]), Verdict::Pass, &[]);
}

#[test]
fn what_did_not_hold_and_may_is_a_note_and_no_failure() {
    let steps =
        json!([open(), {"try": [{"on": "a", "expect": {"any": true, "within": "5ms"}}], "why": "none"}]);
    let report = outcome("/ws/echo", &steps, Faults::default()).report;
    let step = &report.checks[0].steps[2];
    assert_eq!(
        (step.path.as_str(), step.verdict, &step.failure),
        ("steps[1].try[0]", Verdict::Skipped, &None)
    );
    let note = "any message did not come within 5\u{2009}ms; no other message came";
    assert_eq!(step.forgiven.as_deref(), Some(note));
}

#[test]
fn what_happens_instead_may_fail_the_check() {
    let lost = json!({"on": "a", "expect": {"text": "y", "within": "5ms"}});
    fails(
        "/ws/echo",
        Faults::default(),
        json!([open(), {"try": [lost], "else": [lost]}]),
        "steps[1].else[0] timeout: text \"y\" did not come within 5 ms; no other message came",
    );
}

#[test]
fn a_mistake_of_the_script_is_never_forgiven() {
    let steps = json!([{"try": [{"on": "a", "send": "x"}], "else": [{"remark": "no"}]}]);
    let report = outcome("/ws/echo", &steps, Faults::default()).report;
    assert_eq!((report.verdict, report.checks[0].reasons.len()), (Verdict::Error, 0));
}

#[test]
fn a_check_that_does_not_apply_is_skipped_with_its_reason() {
    let steps = json!([open(), {"skip": "there is no {{why}}", "unless": false}, {"on": "a", "send": "x"}]);
    let text = checks(
        json!({"why": "token"}),
        json!([{"mark": "begin"}]),
        json!([
            {"check": "not here", "steps": steps, "thresholds": {"open.p95": "< 1s"}},
            {"check": "here", "steps": [open()]}
        ]),
    );
    let report = run_text(&text, &setting()).report;
    assert_eq!(report.verdict, Verdict::Pass);
    assert_eq!((report.totals.checks, report.totals.passed, report.totals.skipped), (2, 1, 1));
    let check = &report.checks[0];
    assert_eq!((check.verdict, check.reasons.join(", ").as_str()), (Verdict::Skipped, "there is no token"));
    assert_eq!(check.thresholds[0].verdict, Verdict::Skipped);
    assert_eq!(check.steps[3].verdict, Verdict::Skipped);
    assert_eq!(report.totals.sent, 0);
}

#[test]
fn a_failure_beside_a_skip_is_a_failure() {
    let steps = json!([open(), {"all": [
        {"skip": "never mind"},
        {"on": "a", "expect": {"any": true, "within": "5ms"}}
    ]}]);
    assert_eq!(outcome("/ws/echo", &steps, Faults::default()).report.verdict, Verdict::Fail);
}

#[test]
fn a_value_is_kept_for_the_checks_that_follow() {
    let text = checks(
        json!({"times": 0, "is_known": false}),
        json!([{"unless": "{{is_known}}", "keep": {"is_known": true, "times": 1}}]),
        json!([
            {"check": "one", "steps": [{"set": {"times": 7}}, {"remark": "{{times}}"}]},
            {"check": "two", "steps": [{"remark": "{{is_known}} {{times}}"}]}
        ]),
    );
    let report = run_text(&text, &setting()).report;
    let reasons: Vec<_> = report.checks.iter().map(|check| check.reasons.join(", ")).collect();
    assert_eq!(reasons, ["7", "true 1"]);
    assert_eq!(report.checks[1].steps[0].verdict, Verdict::Skipped);
}

#[test]
fn a_limit_is_found_by_halving() {
    let found = |from: u64, to: u64| {
        json!([open(), {"bisect": "size", "from": from, "to": to, "steps": [
            {"on": "a", "send": {"$chars": {"size": "{{size}}"}}, "expect": {"regex": "^a{0,37}$", "within": "5ms"}}
        ]}, {"remark": "{{size}}"}])
    };
    says("/ws/echo", found(1, 1000), Verdict::Pass, &["37"]);
    says("/ws/echo", found(1, 38), Verdict::Pass, &["37"]);
    says("/ws/echo", found(1, 37), Verdict::Pass, &["37"]);
    says("/ws/echo", found(38, 1000), Verdict::Pass, &["0"]);
}

#[test]
fn how_a_connection_began_and_ended_can_be_remembered() {
    says(
        "/ws/full",
        json!([
            {"connect": "a", "expect": {"extensions": "", "capture": {"chosen": "$.protocol", "took": "$.open_ms"}}},
            {"on": "a", "closed": {"code": ["1000-1003", "4000-4999"], "capture": {"code": "$.code", "words": "$.reason"}}},
            {"remark": "[{{a.chosen}}] {{a.code}} {{a.words}}"}
        ]),
        Verdict::Pass,
        &["[] 4029 too many connections"],
    );
    fails(
        "/ws/echo",
        Faults::default(),
        json!([{"connect": "a", "expect": {"extensions": {"contains": "deflate"}}}]),
        "steps[0] mismatch: expected the extension text containing \"deflate\", and the server chose no extension",
    );
}
