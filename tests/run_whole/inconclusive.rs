//! Runs in which the harness was the limit.

use crate::echo_steps;
use serde_json::{Value, json};
use sockscope_engine::World;
use sockscope_engine::report::{Environment, Verdict};
use sockscope_engine::run::Options;
use std::time::Duration;
use support::simulated::{Faults, Setting, run_in, run_text, suite, world};

#[test]
fn a_harness_that_stood_still_cannot_blame_the_server() {
    let slow = Faults { delay: Duration::from_millis(500), ..Faults::default() };
    let text = suite(
        "/ws/echo",
        &json!([{"connect": "a"}, {"on": "a", "send": "x", "expect": {"echo": true, "within": "50ms"}}]),
    );
    let setting = Setting { faults: slow, ..Setting::default() };
    assert_eq!(run_text(&text.to_string(), &setting).report.verdict, Verdict::Fail, "the server is slow");
    let sim = world(1, Faults { delay: Duration::from_millis(30), ..Faults::default() });
    sim.block(Duration::from_millis(10), Duration::from_millis(900));
    let report = run_in(sim, &text.to_string(), &Setting::default()).report;
    assert_eq!(report.verdict, Verdict::Inconclusive, "{:?}", report.checks[0].steps);
    assert!(
        report.checks[0].reasons[0].starts_with("the event loop stood still for 8"),
        "{:?}",
        report.checks[0].reasons
    );
}

#[test]
fn a_page_that_was_out_of_sight_cannot_blame_the_server_for_being_late() {
    let silent =
        json!([{"connect": "a"}, {"on": "a", "send": "x", "expect": {"echo": true, "within": "50ms"}}]);
    let with = |path: &str, hidden: bool| {
        let environment = Environment { hidden, ..Environment::default() };
        let setting =
            Setting { options: Options { environment, ..Options::default() }, ..Setting::default() };
        run_text(&suite(path, &silent).to_string(), &setting).report
    };
    assert_eq!(with("/ws/silent", false).verdict, Verdict::Fail);
    let hidden = with("/ws/silent", true);
    assert_eq!(hidden.verdict, Verdict::Inconclusive);
    assert!(
        hidden.checks[0].reasons[0].starts_with("the page was out of sight"),
        "{:?}",
        hidden.checks[0].reasons
    );
    assert_eq!(with("/ws/refused", true).verdict, Verdict::Fail, "a refusal has nothing to do with it");
    assert_eq!(with("/ws/echo", true).verdict, Verdict::Pass);
}

#[test]
fn a_page_that_was_out_of_sight_before_excuses_no_later_check() {
    let late = json!([{"connect": "a"}, {"on": "a", "send": "x", "expect": {"echo": true, "within": "2s"}}]);
    let mut text = suite("/ws/silent", &late);
    text["checks"] = json!([{"check": "one", "steps": late}, {"check": "two", "steps": late}]);
    let with = |hidden_from: u64, to: u64| {
        let setting = Setting::default();
        let sim = world(1, Faults::default());
        let (hidden, clock) = (setting.options.hidden.clone(), sim.clone());
        sim.spawn(Box::pin(async move {
            clock.sleep(Duration::from_millis(hidden_from)).await;
            hidden.set(true);
            clock.sleep(Duration::from_millis(to - hidden_from)).await;
            hidden.set(false);
        }));
        let report = run_in(sim, &text.to_string(), &setting).report;
        assert!(report.environment.hidden);
        report.checks.iter().map(|check| check.verdict).collect::<Vec<_>>()
    };
    assert_eq!(with(500, 1_000), [Verdict::Inconclusive, Verdict::Fail]);
    assert_eq!(with(3_000, 3_500), [Verdict::Fail, Verdict::Inconclusive]);
}

#[test]
fn a_silence_at_whose_end_the_harness_stood_still_proves_nothing_if_something_came_then() {
    let with = |delay: u64, blocked: u64, step: Value| {
        let text = suite("/ws/echo", &json!([{"connect": "a"}, {"on": "a", "send": "x"}, step]));
        let delay = Duration::from_millis(delay);
        let sim = world(1, Faults { delay, ..Faults::default() });
        sim.block(Duration::from_millis(10), Duration::from_millis(blocked));
        run_in(sim, &text.to_string(), &Setting::default()).report
    };
    let silence = || json!({"on": "a", "silence": {"for": "50ms"}});
    let none = || json!({"on": "a", "expect": {"text": "x", "times": 0, "within": "50ms"}});
    for step in [silence, none] {
        let came = with(30, 900, step());
        assert_eq!(came.verdict, Verdict::Inconclusive, "{:?}", came.checks[0].steps);
        let failure = came.checks[0].steps[2].failure.clone().expect("it says why");
        assert!(failure.message.starts_with("whether this came in time is not known"), "{failure:?}");
        assert_eq!(with(5_000, 900, step()).verdict, Verdict::Pass, "nothing came, however late we looked");
        assert_eq!(with(100, 20, step()).verdict, Verdict::Pass, "it came after the time");
        assert_eq!(with(1, 900, step()).verdict, Verdict::Fail, "it came before the harness stood still");
    }
}

#[test]
fn a_bound_that_is_finer_than_the_clock_cannot_be_judged() {
    let with = |step: f64, at: &str, bound: &str| {
        let mut text = suite("/ws/echo", &echo_steps());
        match at {
            "check" => text["checks"][0]["thresholds"] = json!({"rtt.max": bound}),
            _ => text["thresholds"] = json!({"rtt.max": bound}),
        }
        let environment = Environment { timer_step_us: step, ..Environment::default() };
        let setting =
            Setting { options: Options { environment, ..Options::default() }, ..Setting::default() };
        run_text(&text.to_string(), &setting).report
    };
    for at in ["check", "suite"] {
        assert_eq!(with(5.0, at, "< 50us").verdict, Verdict::Fail);
        assert_eq!(with(100.0, at, "< 50us").verdict, Verdict::Inconclusive);
        assert_eq!(with(100.0, at, "< 500us").verdict, Verdict::Fail);
        // What is shorter than a step may be measured as nothing, so a pass proves as little.
        let passed = with(2_000.0, at, "< 1500us");
        assert_eq!(passed.verdict, Verdict::Inconclusive);
        assert_eq!(with(1_500.0, at, "< 1500us").verdict, Verdict::Pass);
        assert_eq!(with(2_000.0, at, ">= 0s").verdict, Verdict::Pass);
    }
    assert_eq!(
        with(100.0, "suite", "< 50us").reasons,
        [
            "the clock steps by 100\u{2009}µs, which is coarser than a bound, so whether that holds is not known"
        ]
    );
}

#[test]
fn a_requirement_that_is_not_met_makes_it_inconclusive() {
    let mut text = suite("/ws/echo", &echo_steps());
    text["require"] = json!({"timer_step": "<= 10us", "loop_lag.p99": "< 50ms"});
    let with = |step: f64| {
        let environment = Environment { timer_step_us: step, ..Environment::default() };
        let setting =
            Setting { options: Options { environment, ..Options::default() }, ..Setting::default() };
        run_text(&text.to_string(), &setting).report
    };
    assert_eq!(with(5.0).verdict, Verdict::Pass);
    let coarse = with(100.0);
    assert_eq!(coarse.verdict, Verdict::Inconclusive);
    assert_eq!(coarse.reasons, ["the suite requires timer_step <= 10us, and here it is 100us"]);
    let check = &coarse.checks[0];
    assert_eq!(check.verdict, Verdict::Inconclusive);
    assert_eq!(check.reasons, ["not run, since the suite requires timer_step <= 10us, and here it is 100us"]);
    assert_eq!(coarse.totals.sent, 0, "what could prove nothing is not begun");
}
