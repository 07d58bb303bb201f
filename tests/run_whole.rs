//! Runs as a whole: rows, stopping, what is inconclusive, progress, secrets, and that the same seed gives the same report.
#![cfg(not(target_arch = "wasm32"))]

mod simulated;

use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use simulated::{BEGAN, Faults, Outcome, Setting, run_in, run_text, suite, world};
use sockscope_engine::World;
use sockscope_engine::metrics::{Counters, Histogram};
use sockscope_engine::report::{Environment, Report, Verdict};
use sockscope_engine::run::{Options, Plan, Progress, Stop};
use sockscope_engine::suite::Suite;

fn echo_steps() -> Value {
    json!([{"connect": "a"}, {"on": "a", "send": "x", "expect": {"echo": true}}])
}

fn names(report: &Report) -> Vec<&str> {
    report.checks.iter().map(|check| check.name.as_str()).collect()
}

#[track_caller]
fn plan(text: &Value, options: Options) -> Result<Plan, Vec<String>> {
    let suite = Suite::parse(&text.to_string()).expect("a good suite");
    Plan::new(Rc::new(suite), options, BEGAN)
        .map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

/// A check that passes at once.
fn idle() -> Value {
    json!([{"wait": "1ms"}])
}

/// The code in the report of a check with these steps.
#[track_caller]
fn check_close_code(steps: &Value, expected: Option<u16>) {
    let report = run_text(&suite("/ws", steps).to_string(), &Setting::default()).report;
    assert_eq!(report.checks[0].close_code, expected, "{steps}");
}

#[test]
fn a_check_says_how_its_last_connection_ended() {
    check_close_code(&idle(), None);
    check_close_code(&json!([{"connect": "a"}]), Some(1000));
    check_close_code(&json!([{"connect": "a"}, {"on": "a", "close": {"code": 3001}}]), Some(3001));
    // An end that a step brought about says more than how the next connection was left.
    let again = json!([{"connect": "a"}, {"on": "a", "close": {"code": 3001}}, {"reconnect": "a"}]);
    check_close_code(&again, Some(3001));
}

// ------------------------------------------------------------------------------------------------ what runs

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

// ------------------------------------------------------------------------------------------------ load

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

// ------------------------------------------------------------------------------------------------ stopping

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

// ------------------------------------------------------------------------------------------------ inconclusive

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
        ["the clock steps by 100us, which is coarser than a bound, so whether that holds is not known"]
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

// ------------------------------------------------------------------------------------------------ what is reported

#[test]
fn progress_adds_up_to_the_report() {
    let text = json!({
        "sockscope": 1, "suite": "load", "clients": {"a": {"url": "ws://sim/ws/echo"}},
        "checks": [{"check": "c", "tags": ["t"], "steps": [
            {"connect": "a"},
            {"on": "a", "repeat": {"for": "2s", "every": "1ms"}, "send": "x", "expect": {"echo": true}}
        ]}]
    });
    let Outcome { report, told, .. } = run_text(&text.to_string(), &Setting::default());
    let mut rtt = Histogram::new();
    let mut last = Counters::default();
    let mut ticks = 0;
    for progress in &told {
        if let Progress::Tick { samples, counters, .. } = progress {
            ticks += 1;
            last = *counters;
            if let Some(delta) = samples.get("rtt") {
                rtt.add(delta);
            }
        }
    }
    assert_eq!(last.sent, report.totals.sent);
    assert_eq!(Some(rtt.to_base64()), report.metrics["rtt"].histogram);
    assert!((8..=10).contains(&ticks), "four a second: {ticks}");
    assert!(told.len() < 40, "rounds are not told one by one: {}", told.len());
    assert!(matches!(&told[0], Progress::RunStarted { checks, .. } if checks[0].steps.len() == 3));
    assert!(matches!(told.last(), Some(Progress::RunEnded { verdict: Verdict::Pass })));
}

#[test]
fn secrets_are_nowhere() {
    let mut text = suite(
        "/ws",
        &json!([
            {"connect": "a"},
            {"note": "with hunter2-and-more", "on": "a", "send": {"token": "{{token}}"}, "expect": {"subset": {"token": "no"}, "within": "5ms"}}
        ]),
    );
    text["vars"] = json!({"token": "hunter2-and-more"});
    text["secrets"] = json!(["token"]);
    let Outcome { report, told, .. } = run_text(&text.to_string(), &Setting::default());
    assert_eq!(report.verdict, Verdict::Fail);
    let all = format!("{}{told:?}", serde_json::to_string(&report).unwrap());
    assert!(!all.contains("hunter2"), "{all}");
    assert!(all.contains("***"));
}

/// All that leaves a run: its report and what was told meanwhile.
fn all_of(outcome: &Outcome) -> String {
    let told: Vec<_> = outcome.told.iter().map(|progress| format!("{progress:?}")).collect();
    format!("{}{}", serde_json::to_string(&outcome.report).expect("a report is JSON"), told.join("\n"))
}

#[test]
fn a_secret_that_becomes_known_while_it_runs_is_nowhere() {
    let steps = json!([
        {"connect": "a"},
        {"on": "a", "send": {"token": "captured-4711"}, "expect": {"any": true, "capture": {"token": "$.token"}}},
        {"http": {"method": "POST", "url": "http://sim/api/events", "json": {"type": "t"}},
         "expect": {"capture": {"event": "$.id"}}},
        {"set": {"made": "set-4711-{{row}}"}},
        {"on": "a", "send": {"a": "{{token}} {{made}} {{row}} {{event}}"}},
        {"on": "a", "send": "x", "expect": {"text": "{{token}} {{made}}", "within": "5ms"}}
    ]);
    let mut text = suite("/ws", &steps);
    text["vars"] = json!({"token": "none-yet", "made": "none-yet", "row": "none-yet", "event": "none-yet"});
    text["secrets"] = json!(["token", "made", "row", "event"]);
    text["checks"][0]["each"] = json!({"row": ["row-4711", "row-4712"]});
    let outcome = run_text(&text.to_string(), &Setting::default());
    assert_eq!(outcome.report.verdict, Verdict::Fail);
    // What is sent itself is a text of the suite and becomes known as a secret only when it comes back.
    let all = all_of(&outcome);
    for secret in ["set-4711", "row-4711", "row-4712", "\"e-1\"", " e-1"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
    let report = serde_json::to_string(&outcome.report).unwrap();
    assert!(!report.contains("captured-4711") && report.contains("***"), "{report}");
}

#[test]
fn no_part_of_a_secret_stands_at_a_cut() {
    let secret = "Qz7Kw9Jx4Vb2Hf8Gd3Mp6Tn5Rc1Ls0YqZw7Pk9Xj4Bv2";
    for before in [0, 100, 110, 120, 130, 140, 150, 156, 160, 250, 270, 280, 290, 297] {
        let padding = "x".repeat(before);
        let text = json!({
            "sockscope": 1, "suite": "s", "vars": {"token": secret}, "secrets": ["token"],
            "clients": {"a": {"url": "ws://sim/ws"}},
            "checks": [
                {"check": "near", "steps": [{"connect": "a"},
                    {"send": {"t": format!("{padding}{{{{token}}}}")}, "expect": {"subset": {"t": "y"}, "within": "5ms"}}]},
                {"check": "differs late", "steps": [{"connect": "a"},
                    {"send": {"t": format!("{padding}{{{{token}}}}{padding}")},
                     "expect": {"any": true, "check": {"subset": {"t": format!("{padding}{{{{token}}}}!{padding}")}}}}]},
                {"check": "left", "steps": [{"connect": "a"},
                    {"send": {"$text": format!("{padding}{{{{token}}}}{padding}")}},
                    {"send": {"$bytes": {"size": 10}}}, {"wait": "5ms"}]}
            ]
        });
        let outcome = run_text(&text.to_string(), &Setting::default());
        let all = all_of(&outcome);
        for part in secret.as_bytes().windows(4) {
            let part = std::str::from_utf8(part).unwrap();
            let at = all.find(part).map(|at| &all[at.saturating_sub(60)..]);
            assert_eq!(at.map(|text| text.chars().take(120).collect::<String>()), None, "{before} before it");
        }
    }
}

#[test]
fn leftovers_are_listed_with_their_client() {
    let steps = json!([{"connect": "*"}, {"on": "b", "send": "left"}, {"wait": "5ms"}]);
    let report = run_text(&suite("/ws", &steps).to_string(), &Setting::default()).report;
    let left = &report.checks[0].leftovers;
    assert_eq!((left.len(), left[0].client.as_str(), left[0].message.as_str()), (1, "b", "left"));
    assert_eq!((left[0].at_ms.0, left[0].bytes), (24.0, 4));
    assert_eq!(report.metrics["leftovers"].count, 1);
}

#[test]
fn duplicates_and_late_replies_are_counted() {
    let steps = json!([
        {"connect": "a"},
        {"on": "a", "repeat": {"times": 5, "every": "10ms"}, "send": "n{{i}}", "expect": {"echo": true}}
    ]);
    let repeats = Setting { faults: Faults { repeats: Some(2), ..Faults::default() }, ..Setting::default() };
    let report = run_text(&suite("/ws/echo", &steps).to_string(), &repeats).report;
    assert_eq!((report.verdict, report.metrics["duplicates"].count), (Verdict::Pass, 1));
    let late = json!([
        {"connect": "a"},
        {"on": "a", "send": "x", "expect": {"echo": true, "within": "5ms"}},
    ]);
    let mut text = suite("/ws/echo", &late);
    text["teardown"] = json!([{"wait": "100ms"}]);
    let slow = Setting {
        faults: Faults { delay: Duration::from_millis(50), ..Faults::default() },
        ..Setting::default()
    };
    let report = run_text(&text.to_string(), &slow).report;
    assert_eq!(
        (report.verdict, report.metrics["late"].count, report.metrics["missing"].count),
        (Verdict::Fail, 1, 1)
    );
}

#[test]
fn the_report_says_where_and_when() {
    let report =
        run_text(&suite("/ws/echo", &echo_steps()).to_string(), &Setting { seed: 7, ..Setting::default() })
            .report;
    assert_eq!((report.format, report.seed, report.suite.as_str()), (1, 7, "test"));
    assert_eq!(report.started, "2026-11-21T03:00:00.000Z");
    assert_eq!(report.metrics["rtt"].max, Some(1000.0));
    assert_eq!(report.metrics["open"].max, Some(3000.0));
    let steps: Vec<_> = report.checks[0].steps.iter().map(|step| (step.path.as_str(), step.line)).collect();
    assert_eq!(steps, [("steps[0]", 1), ("steps[1]", 1)]);
}

#[test]
fn rounds_that_take_no_time_come_to_an_end() {
    let instant = Faults { is_instant: true, ..Faults::default() };
    let steps = json!([{"connect": "a"}, {"on": "a", "repeat": {"for": "40ms"}, "send": "x", "expect": {"echo": true}}]);
    let text = suite("/ws/echo", &steps).to_string();
    let outcome = run_text(&text, &Setting { faults: instant, ..Setting::default() });
    assert_eq!((outcome.report.verdict, outcome.report.totals.sent > 10_000), (Verdict::Pass, true));
}

#[test]
fn giant_counts_are_refused_in_words() {
    let mut text = suite("/ws", &json!([{"connect": "crowd"}]));
    text["clients"] = json!({"crowd": {"url": "ws://sim/ws", "count": "{{n}}"}});
    text["vars"] = json!({"n": "{{env.N ?? 1}}"});
    let options = Options { env: [("N".to_owned(), "1000000000".to_owned())].into(), ..Options::default() };
    let report = run_text(&text.to_string(), &Setting { options, ..Setting::default() }).report;
    assert_eq!(report.checks[0].reasons, ["crowd would have 1000000000 members; 10000 is the most"]);
    let orders = json!([
        {"connect": "a"},
        {"on": "a", "expect": {"in_order": [{"any": true, "times": 5}, {"any": true, "times": u64::MAX}]}}
    ]);
    let report = run_text(&suite("/ws", &orders).to_string(), &Setting::default()).report;
    let failure = report.checks[0].steps[1].failure.as_ref().expect("a failure");
    assert_eq!(failure.message, "a list expects more than 1000 messages");
}

#[test]
fn a_stop_when_all_is_done_changes_nothing() {
    let setting = Setting::default();
    let sim = world(1, Faults::default());
    let (stop, clock) = (setting.stop.clone(), sim.clone());
    sim.spawn(Box::pin(async move {
        // The steps end after 4 ms, the close is answered after 5.
        clock.sleep(Duration::from_micros(4_500)).await;
        stop.stop();
    }));
    let report = run_in(sim, &suite("/ws/echo", &echo_steps()).to_string(), &setting).report;
    assert_eq!((report.verdict, report.reasons), (Verdict::Pass, Vec::new()));
}
