//! Which checks run, with which rows, tags, names and values, and how they open connections.

use crate::{echo_steps, idle, names, plan};
use serde_json::{Value, json};
use sockscope_engine::report::Verdict;
use sockscope_engine::run::Options;
use support::simulated::{Setting, run_text, suite};

#[test]
fn each_makes_a_check_of_every_row() {
    let mut text = suite("/ws", &idle());
    text["checks"][0]["each"] = json!({"n": [1, 2], "who": ["x", "y"]});
    let report = run_text(&text.to_string(), &Setting::default()).report;
    assert_eq!(
        names(&report),
        ["check (n=1, who=x)", "check (n=1, who=y)", "check (n=2, who=x)", "check (n=2, who=y)"]
    );
    text["checks"][0]["check"] = "with {{n}} of {{who}}".into();
    text["checks"][0]["each"] = json!([{"n": 3, "who": "z"}]);
    assert_eq!(names(&run_text(&text.to_string(), &Setting::default()).report), ["with 3 of z"]);
}

#[test]
fn the_ladder_has_as_many_members_as_its_rung() {
    let text = json!({
        "sockscope": 1, "suite": "ladder",
        "clients": {"crowd": {"url": "ws://sim/ws", "count": "{{n}}"}},
        "vars": {"n": 1},
        "checks": [{
            "check": "{{n}} connections", "each": {"n": [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144]},
            "steps": [
                {"connect": "crowd"},
                {"on": "crowd", "send": {"type": "message", "id": "{{client}}"},
                 "expect": {"subset": {"type": "response", "id": "{{client}}"}}},
                {"on": "crowd", "close": {}}
            ],
            "thresholds": {"missing": "== 0", "rtt.max": "<= 1ms", "open.max": "<= 3ms"}
        }]
    });
    let outcome = run_text(&text.to_string(), &Setting::default());
    assert_eq!((outcome.report.verdict, outcome.open), (Verdict::Pass, 0));
    let opened: Vec<_> = outcome.report.checks.iter().map(|check| check.metrics["opened"].count).collect();
    assert_eq!(opened, [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144]);
    assert_eq!(outcome.report.totals.sent, 375);
}

#[test]
fn opens_are_paced_and_the_queue_is_kept_apart() {
    let text = json!({
        "sockscope": 1, "suite": "s", "clients": {"crowd": {"url": "ws://sim/ws", "count": 18}},
        "checks": [{"check": "c", "steps": [{"connect": "crowd", "pace": 6}]}]
    });
    let report = run_text(&text.to_string(), &Setting::default()).report;
    // Three at a time of six: 3 ms for the handshake and 20 ms of peace after it.
    assert_eq!(report.metrics["open"].max, Some(3000.0));
    assert_eq!(
        (report.metrics["open.queued"].min, report.metrics["open.queued"].max),
        (Some(0.0), Some(46000.0))
    );
}

#[test]
fn one_gate_has_all_handshakes_of_a_run() {
    let with = |steps: Value| {
        json!({
            "sockscope": 1, "suite": "s", "defaults": {"connect_gap": "20ms"},
            "clients": {"crowd": {"url": "ws://sim/ws", "count": 12}, "other": {"url": "ws://sim/ws", "count": 12}},
            "checks": [{"check": "c", "steps": steps}]
        })
    };
    let run = |steps: Value| {
        let report = run_text(&with(steps).to_string(), &Setting::default()).report;
        assert_eq!(report.verdict, Verdict::Pass, "{:?}", report.checks[0]);
        report
    };
    // Four times six, each after 3 ms of handshake and 20 ms of peace.
    let report = run(json!([{"all": [{"connect": "crowd"}, {"connect": "other"}]}]));
    assert_eq!((report.metrics["opened"].count, report.metrics["open.queued"].max), (24, Some(69_000.0)));
    let report = run(json!([{"connect": "crowd"}, {"wait": "50ms"}, {"reconnect": "crowd"}]));
    assert_eq!((report.metrics["opened"].count, report.metrics["open.queued"].count), (24, 24));
    assert_eq!(report.checks[0].steps[2].duration_ms.0, 27.0, "1 ms of closing, then twice six");
}

#[test]
fn tags_and_names_choose() {
    let mut text = suite("/ws", &idle());
    text["checks"] = json!([
        {"check": "one", "tags": ["fast"], "steps": idle()},
        {"check": "two", "tags": ["slow"], "steps": idle()},
        {"check": "three", "tags": ["slow", "fast"], "each": {"n": [1, 2]}, "steps": idle()}
    ]);
    let with = |tags: &[&str], chosen: &[&str]| {
        let own = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
        let options = Options { tags: own(tags), names: own(chosen), ..Options::default() };
        plan(&text, options)
            .map(|plan| plan.checks().iter().map(|check| check.name.clone()).collect::<Vec<_>>())
    };
    assert_eq!(with(&["fast"], &[]).unwrap(), ["one", "three (n=1)", "three (n=2)"]);
    assert_eq!(with(&[], &["two", "three (n=2)"]).unwrap(), ["two", "three (n=2)"]);
    assert_eq!(with(&["fast"], &["three"]).unwrap(), ["three (n=1)", "three (n=2)"]);
    assert_eq!(
        with(&["slwo"], &[]).unwrap_err(),
        ["nothing to run: no check has the requested tags or name"]
    );
}

#[test]
fn an_override_and_the_environment_change_variables() {
    let mut text =
        suite("/ws", &json!([{"connect": "a"}, {"on": "a", "send": "{{room}}", "expect": {"text": "blue"}}]));
    text["vars"] = json!({"room": "{{env.ROOM ?? red}}"});
    let mut setting = Setting::default();
    assert_eq!(run_text(&text.to_string(), &setting).report.verdict, Verdict::Fail);
    setting.options.env = [("ROOM".to_owned(), "blue".to_owned())].into();
    assert_eq!(run_text(&text.to_string(), &setting).report.verdict, Verdict::Pass);
    setting.options.env = [("ROOM".to_owned(), "green".to_owned())].into();
    setting.options.overrides = vec![("room".to_owned(), "blue".to_owned())];
    assert_eq!(run_text(&text.to_string(), &setting).report.verdict, Verdict::Pass);
    let unknown = Options { overrides: vec![("rom".into(), "x".into())], ..Options::default() };
    assert_eq!(
        plan(&text, unknown).err().unwrap(),
        ["variable \"rom\": the suite has no such variable; did you mean \"room\"?"]
    );
}

#[test]
fn a_failed_check_does_not_end_the_suite_and_each_has_fresh_connections() {
    let mut text = suite("/ws", &idle());
    text["checks"] = json!([
        {"check": "bad", "steps": [{"connect": "a"}, {"on": "a", "send": "x", "expect": {"text": "y", "within": "1ms"}}]},
        {"check": "good", "steps": echo_steps()}
    ]);
    let report = run_text(&text.to_string(), &Setting::default()).report;
    let verdicts: Vec<_> = report.checks.iter().map(|check| check.verdict).collect();
    assert_eq!(verdicts, [Verdict::Fail, Verdict::Pass]);
    assert_eq!((report.totals.checks, report.totals.passed, report.totals.failed), (2, 1, 1));
    assert_eq!((report.totals.expected, report.totals.matched, report.totals.success), (2, 1, 50.0));
    assert_eq!(report.metrics["missing"].count, 1);
}
