//! Rounds, thresholds and crowds.

use serde_json::{Value, json};
use sockscope_engine::report::Verdict;
use std::time::Duration;
use support::simulated::{Faults, Setting, run_in, run_text, world};

#[test]
fn open_rounds_begin_on_the_clock_and_a_stall_cannot_hide() {
    let text = |schedule: &str| {
        json!({
            "sockscope": 1, "suite": "load", "clients": {"a": {"url": "ws://sim/ws/echo"}},
            "checks": [{"check": "c", "steps": [
                {"connect": "a"},
                {"on": "a", "repeat": {"for": "1s", "every": "10ms", "schedule": schedule},
                 "send": "n{{i}}", "expect": {"echo": true}}
            ]}]
        })
        .to_string()
    };
    let run = |schedule: &str| {
        let sim = world(1, Faults::default());
        // The harness stands still for 100 ms: what was to go out meanwhile goes out late.
        sim.block(Duration::from_micros(503_500), Duration::from_millis(100));
        run_in(sim, &text(schedule), &Setting::default()).report
    };
    let open = run("open");
    assert_eq!((open.verdict, open.totals.sent), (Verdict::Pass, 100));
    assert_eq!(open.metrics["rtt"].max, Some(100_500.0), "the one that was under way");
    let intended = &open.metrics["rtt.intended"];
    assert_eq!(intended.count, 100);
    // Ten messages wait for 90, 80, … 0 ms before they go out, and the tail says so.
    assert_eq!((intended.p50, open.metrics["rtt"].p95), (Some(1000.0), Some(1000.0)));
    assert!(intended.p95.unwrap() > 40_000.0, "{intended:?}");
    let closed = run("closed");
    assert!(closed.totals.sent < 100 && !closed.metrics.contains_key("rtt.intended"));
}

#[test]
fn a_threshold_on_missing_bears_with_what_does_not_come() {
    let text = |thresholds: Value| {
        json!({
            "sockscope": 1, "suite": "load", "clients": {"a": {"url": "ws://sim/ws/echo"}},
            "checks": [{"check": "c", "steps": [
                {"connect": "a"},
                {"on": "a", "repeat": {"times": 100, "every": "1ms", "schedule": "open"},
                 "send": "n{{i}}", "expect": {"echo": true, "within": "20ms"}}
            ], "thresholds": thresholds}]
        })
        .to_string()
    };
    let drops = Setting { faults: Faults { drops: Some(7), ..Faults::default() }, ..Setting::default() };
    let report = run_text(&text(json!({"success": ">= 99%", "missing": "<= 1"})), &drops).report;
    assert_eq!((report.verdict, report.totals.sent, report.totals.success), (Verdict::Pass, 100, 99.0));
    let report = run_text(&text(json!({"success": "> 99%"})), &drops).report;
    assert_eq!((report.verdict, report.totals.sent), (Verdict::Fail, 100));
    let report = run_text(&text(json!({})), &drops).report;
    assert_eq!(report.verdict, Verdict::Fail);
    assert!(report.totals.sent < 100, "without such a threshold the first one ends it");
}

#[test]
fn a_round_that_never_waits_leaves_room_for_others() {
    let text = json!({
        "sockscope": 1, "suite": "flood", "clients": {"a": {"url": "ws://sim/ws/silent"}},
        "checks": [{"check": "c", "timeout": "1s", "steps": [
            {"connect": "a"}, {"on": "a", "repeat": {"for": "10s"}, "send": "x"}
        ]}]
    });
    let outcome = run_text(&text.to_string(), &Setting::default());
    assert_eq!((outcome.report.verdict, outcome.open), (Verdict::Fail, 0));
    assert!(outcome.report.totals.sent > 100_000);
}

#[test]
fn a_crowd_that_never_waits_takes_one_breath_together() {
    let text = |count: u64| {
        json!({
            "sockscope": 1, "suite": "flood", "clients": {"crowd": {"url": "ws://sim/ws/silent", "count": count}},
            "checks": [{"check": "c", "steps": [
                {"connect": "crowd"}, {"on": "crowd", "repeat": {"for": "20ms"}, "send": "x"}
            ]}]
        })
        .to_string()
    };
    let sent = |count| run_text(&text(count), &Setting::default()).report.totals.sent;
    let (alone, together) = (sent(1), sent(40));
    assert!(alone > 10_000 && together < alone * 2, "{alone} {together}");
}

#[test]
fn seconds_are_kept_for_drawing() {
    let text = json!({
        "sockscope": 1, "suite": "load", "clients": {"a": {"url": "ws://sim/ws/echo"}},
        "checks": [{"check": "c", "steps": [
            {"connect": "a"},
            {"on": "a", "repeat": {"for": "3s", "every": "100ms"}, "send": "x", "expect": {"echo": true}}
        ]}]
    });
    let report = run_text(&text.to_string(), &Setting::default()).report;
    let sent: Vec<_> = report.seconds.iter().map(|second| second.sent).collect();
    assert_eq!(sent, [10, 10, 10]);
    assert!(
        report.seconds.iter().all(|second| second.rtt_p50 == Some(1000.0) && second.rtt_p99 == Some(1000.0))
    );
}
