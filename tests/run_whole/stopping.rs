//! Runs that are stopped.

use crate::{echo_steps, idle};
use serde_json::{Value, json};
use sockscope_engine::World;
use sockscope_engine::report::Verdict;
use sockscope_engine::run::Stop;
use std::time::Duration;
use support::simulated::{Faults, Outcome, Setting, run_in, run_text, suite, world};

#[test]
fn stopping_closes_every_socket_and_still_reports() {
    let mut text = suite("/ws", &json!([{"connect": "*"}, {"wait": "1m"}]));
    text["teardown"] = json!([{"on": "a", "send": "bye", "expect": {"text": "bye"}}]);
    let (check, other) = (text["checks"][0].clone(), json!({"check": "other", "steps": idle()}));
    text["checks"] = json!([check, other]);
    let setting = Setting::default();
    let sim = world(1, Faults::default());
    let (stop, clock) = (setting.stop.clone(), sim.clone());
    sim.spawn(Box::pin(async move {
        clock.sleep(Duration::from_secs(5)).await;
        stop.stop();
    }));
    let outcome = run_in(sim, &text.to_string(), &setting);
    assert_eq!((outcome.report.verdict, outcome.open), (Verdict::Inconclusive, 0));
    assert_eq!(outcome.report.reasons, ["stopped before its end"]);
    let checks = &outcome.report.checks;
    assert_eq!(checks[0].steps[1].failure.as_ref().unwrap().message, "stopped while this step ran");
    assert_eq!(
        (checks[0].steps[1].verdict, checks[0].steps[2].verdict),
        (Verdict::Inconclusive, Verdict::Pass)
    );
    assert_eq!(checks[1].reasons, ["stopped before it began"]);
    assert!(outcome.report.duration_ms.0 < 6000.0);
}

/// A run that is stopped after this long.
#[track_caller]
fn stopped_after(text: &Value, faults: Faults, after: Duration) -> Outcome {
    let setting = Setting::default();
    let sim = world(1, faults);
    let (stop, clock) = (setting.stop.clone(), sim.clone());
    sim.spawn(Box::pin(async move {
        clock.sleep(after).await;
        stop.stop();
    }));
    run_in(sim, &text.to_string(), &setting)
}

#[test]
fn a_stop_during_teardown_leaves_it_five_seconds() {
    let mut text = suite("/ws", &json!([{"connect": "a"}]));
    text["teardown"] = json!([{"wait": "1m"}]);
    let outcome = stopped_after(&text, Faults::default(), Duration::from_secs(2));
    assert_eq!((outcome.report.verdict, outcome.open), (Verdict::Inconclusive, 0));
    assert_eq!(outcome.report.reasons, ["stopped before its end"]);
    assert!((7_000.0..7_100.0).contains(&outcome.report.duration_ms.0), "{:?}", outcome.report.duration_ms);
}

#[test]
fn after_a_stop_no_close_is_waited_for_long() {
    let mut text = suite("/ws", &json!([{"connect": "a"}, {"wait": "1m"}]));
    text["defaults"] = json!({"close_within": "1m"});
    let keeps = Faults { keeps_open: true, ..Faults::default() };
    let report = stopped_after(&text, keeps, Duration::from_secs(2)).report;
    assert!((7_000.0..7_100.0).contains(&report.duration_ms.0), "{:?}", report.duration_ms);
}

#[test]
fn stopping_before_the_start_runs_nothing() {
    let setting = Setting { stop: Stop::default(), ..Setting::default() };
    setting.stop.stop();
    let outcome = run_text(&suite("/ws", &echo_steps()).to_string(), &setting);
    assert_eq!((outcome.report.verdict, outcome.report.totals.sent), (Verdict::Inconclusive, 0));
}
