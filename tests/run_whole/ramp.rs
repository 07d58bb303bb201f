//! Ramps: clients that come and go, rounds and sessions on the clock, waits from distributions.

use serde_json::{Value, json};
use sockscope_engine::report::{Report, Verdict};
use std::time::Duration;
use support::simulated::{Faults, Setting, run_in, run_text, world};

/// A check with one ramp on a group of this size.
fn suite(count: u64, before: &Value, ramp: &Value, steps: &Value) -> String {
    let mut all = before.as_array().cloned().unwrap_or_default();
    all.push(json!({"on": "crowd", "ramp": ramp, "steps": steps}));
    json!({
        "sockscope": 1, "suite": "load",
        "clients": {"crowd": {"url": "ws://sim/ws/echo", "count": count, "each": [{"user": "ann"}, {"user": "bob"}, {"user": "cy"}]}},
        "checks": [{"check": "c", "steps": all}]
    })
    .to_string()
}

fn echo() -> Value {
    json!([{"send": "{{client}} {{i}}", "expect": {"echo": true}}])
}

fn report(text: &str, setting: &Setting) -> Report {
    let outcome = run_text(text, setting);
    assert_eq!(outcome.open, 0, "every socket is closed in the end");
    outcome.report
}

#[track_caller]
fn passing(text: &str) -> Report {
    let report = report(text, &Setting::default());
    assert_eq!(report.verdict, Verdict::Pass, "{:?} {:?}", report.checks[0].reasons, report.checks[0].steps);
    report
}

#[test]
fn a_rate_grows_in_a_straight_line_and_is_dealt_over_the_clients() {
    let ramp = json!({"stages": [{"for": "2s", "rate": "10/s"}, {"for": "1s"}]});
    let report = passing(&suite(4, &json!([{"connect": "crowd"}]), &ramp, &echo()));
    // Half of 2 s at 10/s, and then 1 s of it.
    assert_eq!((report.totals.sent, report.totals.matched, report.metrics["opened"].count), (20, 20, 4));
    assert_eq!(report.metrics["rtt.intended"].count, 20);
    let by_second: Vec<u64> = report.seconds.iter().map(|second| second.sent).collect();
    assert_eq!(by_second.iter().sum::<u64>(), 20);
    assert!(by_second[0] < by_second[1] && by_second[1] < by_second[2], "{by_second:?}");
}

#[test]
fn what_begins_on_the_clock_does_not_wait_for_answers() {
    let slow = Setting {
        faults: Faults { delay: Duration::from_secs(1), ..Faults::default() },
        ..Setting::default()
    };
    let ramp = json!({"stages": [{"for": "0s", "rate": 20}, {"for": "1s"}]});
    let report = report(&suite(2, &json!([{"connect": "crowd"}]), &ramp, &echo()), &slow);
    assert_eq!((report.verdict, report.totals.sent, report.totals.matched), (Verdict::Pass, 20, 20));
    assert!(report.duration_ms.0 < 2_200.0, "{:?}", report.duration_ms);
}

#[test]
fn each_session_opens_a_connection_and_closes_it() {
    let ramp = json!({"stages": [{"for": "0s", "sessions": "20/s"}, {"for": "1s"}]});
    let report =
        passing(&suite(5, &json!([]), &ramp, &json!([{"send": "{{user}}", "expect": {"echo": true}}])));
    assert_eq!((report.metrics["opened"].count, report.totals.matched), (20, 20));
    assert_eq!(report.metrics["session"].count, 20);
    assert_eq!(report.metrics["open.intended"].count, 20);
    assert_eq!((report.metrics["close"].count, report.metrics["unstarted"].count), (20, 0));
    assert!(report.checks[0].reasons.is_empty(), "{:?}", report.checks[0].reasons);
}

#[test]
fn sessions_for_which_no_client_is_free_are_counted() {
    let slow = Setting {
        faults: Faults { delay: Duration::from_millis(400), ..Faults::default() },
        ..Setting::default()
    };
    let ramp = json!({"stages": [{"for": "0s", "sessions": "20/s"}, {"for": "1s"}]});
    let text = suite(3, &json!([]), &ramp, &echo());
    let report = report(&text, &slow);
    let (opened, unstarted) = (report.metrics["opened"].count, report.metrics["unstarted"].count);
    assert_eq!((report.verdict, opened + unstarted), (Verdict::Pass, 20));
    assert!((6..=9).contains(&opened), "{opened}");
    let reasons = &report.checks[0].reasons;
    assert!(reasons.iter().any(|reason| reason.contains("were not started")), "{reasons:?}");
    let bound = text.replace("\"checks\":[{", "\"checks\":[{\"thresholds\":{\"unstarted\":\"== 0\"},");
    assert_eq!(self::report(&bound, &slow).verdict, Verdict::Fail);
}

#[test]
fn clients_come_and_go_and_run_one_round_after_the_other() {
    let ramp = json!({"stages": [{"for": "1s", "clients": 10}, {"for": "1s"}, {"for": "1s", "clients": 0}]});
    let steps = json!([{"send": "x", "expect": {"echo": true}}, {"wait": "99ms"}]);
    let report = passing(&suite(12, &json!([]), &ramp, &steps));
    assert_eq!(report.metrics["opened"].count, 10, "two of twelve never come");
    // The area below the curve is 20 client seconds, a round takes 101 ms.
    assert!((180..=210).contains(&report.totals.matched), "{}", report.totals.matched);
    assert!((3_000.0..3_200.0).contains(&report.duration_ms.0), "{:?}", report.duration_ms);
}

#[test]
fn clients_come_again_after_they_have_gone() {
    let ramp = json!({"stages": [
        {"for": "1s", "clients": 4}, {"for": "1s", "clients": 0}, {"for": "1s", "clients": 4}, {"for": "1s", "clients": 0}
    ]});
    let report = passing(&suite(
        4,
        &json!([]),
        &ramp,
        &json!([{"send": "x", "expect": {"echo": true}}, {"wait": "50ms"}]),
    ));
    // The first one touches zero between the two and stays for both.
    assert!((7..=8).contains(&report.metrics["opened"].count), "{}", report.metrics["opened"].count);
}

#[test]
fn clients_and_a_rate_go_together() {
    let ramp = json!({"stages": [{"for": "1s", "clients": 5, "rate": "50/s"}, {"for": "1s"}]});
    let report = passing(&suite(5, &json!([]), &ramp, &echo()));
    assert_eq!((report.totals.matched, report.metrics["opened"].count), (75, 5));
    assert_eq!(report.metrics["rtt.intended"].count, 75);
}

#[test]
fn a_client_that_leaves_still_has_its_rounds_when_the_harness_is_late() {
    let ramp = json!({"stages": [{"for": "0s", "clients": 5, "rate": "200/s"}, {"for": "1s"}, {"for": "1s", "clients": 0}]});
    let text = suite(5, &json!([]), &ramp, &echo());
    let sim = world(1, Faults::default());
    // What is due meanwhile begins late, and some of its clients are to leave meanwhile.
    sim.block(Duration::from_micros(1_400_500), Duration::from_millis(300));
    let report = run_in(sim, &text, &Setting::default()).report;
    assert_eq!(report.verdict, Verdict::Pass, "{:?}", report.checks[0].steps);
    assert_eq!((report.totals.matched, report.metrics["unstarted"].count), (400, 0));
}

#[test]
fn a_session_sees_nothing_of_the_one_before() {
    let greeting = Setting {
        faults: Faults { greets: Some("hello".to_owned()), ..Faults::default() },
        ..Setting::default()
    };
    // The first session leaves its greeting; the second one must find its own and no other.
    let steps = json!([
        {"set": {"k": "{{i}}"}},
        {"wait": "10ms"},
        {"if": {"var": "k", "eq": 1}, "expect": {"text": "hello", "times": 1, "within": "20ms"}},
    ]);
    let ramp = json!({"stages": [{"for": "0s", "sessions": "2/s"}, {"for": "1s"}]});
    let report = report(&suite(1, &json!([]), &ramp, &steps), &greeting);
    assert_eq!(report.verdict, Verdict::Pass, "{:?}", report.checks[0].steps);
    assert_eq!(report.metrics["opened"].count, 2);
}

#[test]
fn rows_are_dealt_over_sessions_in_turns() {
    let ramp = json!({"stages": [{"for": "0s", "sessions": "10/s"}, {"for": "600ms"}]});
    let steps = json!([
        {"send": {"user": "{{user}}", "i": "{{i}}"}, "expect": {"echo": true, "capture": {"last": "$.user"}}},
        {"assert": {"var": "last", "eq": "{{user}}"}},
    ]);
    let report = passing(&suite(3, &json!([]), &ramp, &steps));
    assert_eq!(report.totals.matched, 6);
    let sent = report.checks[0].steps.iter().find(|step| step.path == "steps[0].steps[0]").expect("the send");
    assert_eq!(sent.on, ["crowd[0]", "crowd[1]", "crowd[2]"]);
}

#[test]
fn a_failure_ends_the_ramp() {
    let refusing =
        Setting { faults: Faults { refuses_after: Some(3), ..Faults::default() }, ..Setting::default() };
    let ramp = json!({"stages": [{"for": "0s", "sessions": "10/s"}, {"for": "1m"}]});
    let report = report(&suite(2, &json!([]), &ramp, &echo()), &refusing);
    assert_eq!((report.verdict, report.metrics["opened"].count), (Verdict::Fail, 3));
    assert!(report.duration_ms.0 < 1_000.0, "{:?}", report.duration_ms);
    let failure = report.checks[0].steps[0].failure.as_ref().expect("the ramp says it");
    assert!(failure.client.is_some() && failure.message.contains("handshake"), "{failure:?}");
    let clients = json!({"stages": [{"for": "1s", "clients": 5}, {"for": "60m"}]});
    let report = self::report(&suite(5, &json!([]), &clients, &json!([{"wait": "10ms"}])), &refusing);
    assert_eq!(report.verdict, Verdict::Fail);
    assert!(report.duration_ms.0 < 5_000.0, "{:?}", report.duration_ms);
}

#[test]
fn the_same_seed_gives_the_same_waits_and_arrivals() {
    let ramp = json!({"stages": [{"for": "0s", "sessions": "30/s"}, {"for": "2s"}], "arrivals": "random"});
    let steps = json!([
        {"wait": {"lognormal": {"mean": "50ms", "deviation": "40ms"}}},
        {"wait": {"exponential": {"mean": "10ms"}}},
        {"wait": {"uniform": {"from": "1ms", "to": "3ms"}}},
        {"wait": {"normal": {"mean": "5ms", "deviation": "1ms"}}},
        {"send": "x", "expect": {"echo": true}},
    ]);
    let text = suite(20, &json!([]), &ramp, &steps);
    let with = |seed: u64| report(&text, &Setting { seed, ..Setting::default() });
    let (one, again, other) = (with(7), with(7), with(8));
    assert_eq!(one.metrics, again.metrics);
    assert_eq!(one.seconds, again.seconds);
    assert_ne!(one.metrics["session"], other.metrics["session"]);
    // 60 are expected; five deviations of a Poisson process are 39.
    let count = one.metrics["session"].count + one.metrics["unstarted"].count;
    assert!((21..=99).contains(&count), "{count}");
    assert_ne!(count, 60, "arrivals of this seed are not even");
}

#[test]
fn what_a_ramp_cannot_do_is_said() {
    let error = |count: u64, ramp: &Value, before: &Value| {
        let report = report(&suite(count, before, ramp, &echo()), &Setting::default());
        assert_eq!(report.verdict, Verdict::Error);
        let failures = report.checks[0].steps.iter().filter_map(|step| step.failure.as_ref());
        failures.map(|failure| failure.message.clone()).next().expect("a failure")
    };
    let many = json!({"stages": [{"for": "1s", "clients": 9}]});
    assert_eq!(error(3, &many, &json!([])), "the ramp takes 9 clients, and crowd has 3; raise its \"count\"");
    let none = json!({"stages": [{"for": "1s", "sessions": 0}]});
    assert_eq!(error(3, &none, &json!([])), "the ramp begins nothing, so nothing would be checked");
    let rate = json!({"stages": [{"for": "1s", "rate": 5}]});
    assert!(error(3, &rate, &json!([])).contains("connect them first"));
}
