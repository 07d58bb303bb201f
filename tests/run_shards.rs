//! Runs that are split among shards and merged again: together they are one run, and what none of them can say alone is said
//! of all of them.
#![cfg(not(target_arch = "wasm32"))]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use sockscope_engine::Payload;
use sockscope_engine::base::random::Random;
use sockscope_engine::metrics::Metrics;
use sockscope_engine::report::{CheckReport, Environment, Report, StepReport, ThresholdReport, Verdict};
use sockscope_engine::run::{MergeError, Options, Plan, Shard, Stop, merge, run};
use sockscope_engine::sim::{Act, Server, Sim};
use sockscope_engine::suite::Suite;
use support::simulated::{BEGAN, Faults, world};

const SEED: u64 = 42;

fn shard(index: u32, of: u32) -> Shard {
    Shard::new(index, of).expect("an index below the number")
}

/// All shards at once, against the same server.
#[track_caller]
fn all_of(sim: &Sim, suite: &Value, of: u32, option: impl Fn(u32, &mut Options)) -> Vec<Report> {
    let suite = Rc::new(Suite::parse(&suite.to_string()).unwrap_or_else(|problems| {
        panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }));
    let runs = (0..of).map(|index| {
        let mut options =
            Options { seed: SEED, origin_millis: BEGAN, shard: shard(index, of), ..Options::default() };
        option(index, &mut options);
        let plan = Plan::new(suite.clone(), options, BEGAN).unwrap_or_else(|errors| panic!("{errors:?}"));
        run(plan, sim.clone(), Stop::default(), Box::new(|_| {}))
    });
    let reports = sim.run(join_all(runs)).expect("every wait has a bound");
    sim.settle();
    assert_eq!(sim.open_connections(), 0, "every socket is closed in the end");
    reports
}

#[track_caller]
fn shards_of(suite: &Value, of: u32) -> Vec<Report> {
    all_of(&world(SEED, Faults::default()), suite, of, |_, _| {})
}

fn merged(shards: Vec<Report>) -> Report {
    merge(&shards.into_iter().map(Some).collect::<Vec<_>>()).expect("shards of one run")
}

/// A suite with one check on a group of this size.
fn crowd(count: u64, path: &str, steps: &Value) -> Value {
    json!({
        "sockscope": 1, "suite": "crowd",
        "clients": {"crowd": {"url": format!("ws://sim{path}"), "count": count}},
        "checks": [{"check": "crowd", "steps": steps}]
    })
}

fn with(mut suite: Value, key: &str, value: Value) -> Value {
    suite[key] = value;
    suite
}

fn with_thresholds(suite: Value, thresholds: Value) -> Value {
    let mut suite = suite;
    suite["checks"][0]["thresholds"] = thresholds;
    suite
}

fn echoes() -> Value {
    json!([{"connect": "crowd"}, {"on": "crowd", "send": {"n": "{{index}}"}, "expect": {"echo": true}}])
}

fn counts(metrics: &BTreeMap<String, sockscope_engine::report::Metric>) -> BTreeMap<&str, u64> {
    metrics.iter().map(|(name, metric)| (name.as_str(), metric.count)).collect()
}

fn step<'a>(check: &'a CheckReport, path: &str) -> &'a StepReport {
    check.steps.iter().find(|step| step.path == path).expect("a step of this path")
}

fn lines(report: &[ThresholdReport]) -> Vec<(&str, &str, Verdict)> {
    report.iter().map(|one| (one.expr.as_str(), one.value.as_str(), one.verdict)).collect()
}

/// A suite of groups only, made of a seed: rounds of several kinds, groups that grow, members that act alone.
fn random_suite(seed: u64) -> (Value, Faults) {
    let mut random = Random::with_seed(seed.wrapping_mul(0x9e37_79b9));
    let mut below = |bound: u64| random.next_u64() % bound;
    let group = |count: u64, path: &str| json!({"url": format!("ws://sim{path}"), "count": count});
    let (first, second) = (1 + below(9), 1 + below(5));
    let mut steps = vec![match below(3) {
        0 => json!({"connect": "crowd"}),
        1 => json!({"connect": "crowd", "count": 1 + below(first), "pace": 1 + below(6)}),
        _ => json!({"connect": "*"}),
    }];
    for _ in 0..below(5) {
        let sends = json!({"n": "{{index}}", "noise": "{{random 100000 999999}}"});
        steps.push(match below(6) {
            0 => json!({"on": "crowd", "send": sends, "expect": {"echo": true, "metric": "answer"}}),
            1 => {
                json!({"on": "*", "repeat": {"times": 1 + below(4)}, "send": sends, "expect": {"echo": true}})
            }
            2 => {
                json!({"on": "crowd", "repeat": {"times": 1 + below(4), "every": "20ms", "schedule": "open"},
                        "send": {"n": "{{i}}"}, "expect": {"correlate": "$.n", "any": true}})
            }
            3 => json!({"on": "crowd[0]", "send": "alone", "expect": {"echo": true}}),
            4 => json!({"on": "crowd", "measure": "twice",
                        "steps": [{"send": "a", "expect": {"echo": true}}, {"send": "b"}]}),
            _ => json!({"all": [[{"on": "crowd", "send": "left"}], [{"on": "crowd", "send": "right"}]]}),
        });
    }
    // An unawaited message arrives before the end, however long the others take.
    steps.push(json!({"wait": "100ms"}));
    if below(2) == 1 {
        steps.push(json!({"on": "crowd", "close": {}}));
    }
    let number = || seed % 3;
    // A shard goes on when one of the others has failed, so a fault is to strike every member alike.
    let is_even = !steps.iter().any(|step| step["on"] == "crowd[0]" || step["on"] == "*");
    let faults = match below(4) {
        _ if !is_even => Faults::default(),
        0 => Faults { drops: Some(number()), ..Faults::default() },
        1 => Faults { repeats: Some(number()), ..Faults::default() },
        2 => Faults { closes: Some((number(), 4000)), ..Faults::default() },
        _ => Faults::default(),
    };
    let rung = json!([{"connect": "crowd"}, {"on": "crowd", "send": "x", "expect": {"echo": true}}, {"wait": "100ms"}]);
    let suite = json!({
        "sockscope": 1, "suite": "random", "defaults": {"within": "300ms"},
        "clients": {"crowd": group(first, "/ws/echo"), "others": group(second, "/ws/echo")},
        "checks": [
            {"check": "first", "steps": steps, "thresholds": {"opened": ">= 1", "open.count": ">= 1"}},
            {"check": "{{n}} of them", "each": {"n": [1, 2, 5]},
             "clients": {"crowd": {"count": "{{n}}"}}, "steps": rung, "thresholds": {"opened": "== {{n}}"}}
        ],
        "thresholds": {"missing": "== 0"}
    });
    (suite, faults)
}

#[test]
fn a_run_is_the_same_whole_and_in_shards() {
    let mut seen = BTreeMap::new();
    for seed in 0..300 {
        let (suite, faults) = random_suite(seed);
        let run = |of| all_of(&world(seed, faults.clone()), &suite, of, |_, _| {});
        let whole = run(1).remove(0);
        let of = 2 + (seed % 3) as u32;
        let shards = run(of);
        let sums = merged(shards.clone());
        let told = format!("seed {seed}: {suite:#}");
        assert_eq!(counts(&sums.metrics), counts(&whole.metrics), "{told}");
        assert_eq!(sums.totals, whole.totals, "{told}");
        assert_eq!(sums.verdict, whole.verdict, "{told}");
        *seen.entry(whole.verdict.name()).or_insert(0) += 1;
        for (one, other) in sums.checks.iter().zip(&whole.checks) {
            assert_eq!((&one.name, one.verdict), (&other.name, other.verdict), "{told}");
            assert_eq!(counts(&one.metrics), counts(&other.metrics), "{told}");
            // Every answer takes the same time there; only the queue of handshakes is shorter in a shard.
            // One of two equal answers is taken early or late.
            let exact: &[&str] = if faults.repeats.is_some() { &[] } else { &["rtt", "answer", "close"] };
            for name in exact {
                assert_eq!(one.metrics.get(*name), other.metrics.get(*name), "{name} of {told}");
            }
            // A shard without members goes on where the others have failed.
            let ran = |(_, step): &(&StepReport, &StepReport)| step.verdict != Verdict::Skipped;
            for (one, other) in one.steps.iter().zip(&other.steps).filter(ran) {
                let who = |step: &StepReport| step.on.iter().cloned().collect::<BTreeSet<_>>();
                let ended = |step: &StepReport| (step.path.clone(), who(step), step.verdict);
                assert_eq!(ended(one), ended(other), "{told}");
                assert_eq!(one.failure.is_some(), other.failure.is_some(), "{told}");
            }
            let verdicts =
                |check: &CheckReport| check.thresholds.iter().map(|one| one.verdict).collect::<Vec<_>>();
            assert_eq!(verdicts(one), verdicts(other), "{told}");
        }
        assert_eq!((sums.checks.len(), sums.shards.len()), (whole.checks.len(), of as usize), "{told}");
        let opened: u64 = sums.shards.iter().map(|shard| shard.opened).sum();
        assert_eq!(opened, whole.metrics["opened"].count, "{told}");
    }
    assert!(seen["pass"] > 50 && seen["fail"] > 30, "{seen:?}");
}

#[test]
fn merging_the_only_shard_changes_no_figure() {
    for seed in 0..50 {
        let (suite, faults) = random_suite(seed);
        let whole = all_of(&world(seed, faults), &suite, 1, |_, _| {}).remove(0);
        let mut same = merged(vec![whole.clone()]);
        assert_eq!((same.shards.len(), same.shards[0].verdict), (1, whole.verdict));
        same.shards.clear();
        // The order of starts is not a figure.
        let mut whole = whole;
        for step in
            [&mut same, &mut whole].into_iter().flat_map(|it| &mut it.checks).flat_map(|it| &mut it.steps)
        {
            step.on.sort();
        }
        let lines = |report: &Report| serde_json::to_string_pretty(report).expect("a report is JSON");
        let (same, whole) = (lines(&same), lines(&whole));
        let differs = same.lines().zip(whole.lines()).find(|(one, other)| one != other);
        assert_eq!((differs, same.len()), (None, whole.len()), "seed {seed}");
    }
}

#[track_caller]
fn check_threshold(key: &str, bound: &str, value: &str, expected: Verdict) {
    for place in ["check", "suite"] {
        let suite = crowd(4, "/ws/echo", &echoes());
        let bounds = json!({key: bound});
        let suite = match place {
            "check" => with_thresholds(suite, bounds),
            _ => with(suite, "thresholds", bounds),
        };
        let shards = shards_of(&suite, 2);
        for shard in &shards {
            assert_eq!((shard.verdict, shard.checks[0].verdict), (Verdict::Pass, Verdict::Pass), "{place}");
            let all = [&shard.thresholds[..], &shard.checks[0].thresholds].concat();
            assert_eq!(all[0].verdict, Verdict::Skipped, "{place}");
            assert!(all[0].message.as_ref().is_some_and(|words| words.contains("all shards")), "{place}");
        }
        let report = merged(shards);
        let all = [&report.thresholds[..], &report.checks[0].thresholds].concat();
        assert_eq!(lines(&all), [(format!("{key} {bound}").as_str(), value, expected)], "{place}");
        assert_eq!(report.verdict, expected, "{place}");
    }
}

#[test]
fn thresholds_are_judged_on_the_figures_of_all_shards() {
    // Each shard has two of the four.
    check_threshold("opened", "<= 3", "4", Verdict::Fail);
    check_threshold("opened", "== 4", "4", Verdict::Pass);
    check_threshold("rtt.count", "> 2", "4", Verdict::Pass);
    check_threshold("rtt.max", "< 2ms", "1ms", Verdict::Pass);
    check_threshold("success", ">= 99.9%", "100%", Verdict::Pass);
    check_threshold("missing", "== 1", "0", Verdict::Fail);
}

#[test]
fn a_percentile_is_that_of_all_samples() {
    // Two of twelve are slow, both in one shard of two: there they are 2 of 6, together they are 2 of 12.
    let sim = Sim::with_seed(1);
    sim.serve_by_address("ws://sim/", |url| Echo {
        wait: Duration::from_millis(if url.ends_with("=0") || url.ends_with("=2") { 50 } else { 1 }),
        ..Echo::default()
    });
    let suite = |bounds| {
        let suite = crowd(12, "/?i={{index}}", &echoes());
        with_thresholds(suite, bounds)
    };
    let shards = all_of(
        &sim,
        &suite(json!({"rtt.p90": "< 5ms", "rtt.p50": "< 5ms", "rtt.count": "== 12"})),
        2,
        |_, _| {},
    );
    let values =
        |report: &Report| report.checks[0].thresholds.iter().map(|one| one.value.clone()).collect::<Vec<_>>();
    assert_eq!(
        (values(&shards[0]), values(&shards[1])),
        (owned(&["50ms", "1ms", "6"]), owned(&["1ms", "1ms", "6"]))
    );
    let report = merged(shards);
    assert_eq!(values(&report), ["50ms", "1ms", "12"]);
    assert_eq!(report.metrics["rtt"].p50, Some(1000.0));
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn a_rate_is_over_the_time_of_the_longest_shard() {
    let report = merged(shards_of(&crowd(4, "/ws/echo", &echoes()), 4));
    let over: Duration = report.duration_ms.into();
    let figures = Metrics::from_report(&report.metrics, over).expect("our own figures");
    assert_eq!((figures.counters.sent, figures.to_report()), (4, report.metrics));
}

#[test]
fn a_member_that_fails_is_named_with_its_shard() {
    let steps = json!([
        {"connect": "crowd"},
        {"on": "crowd", "send": {"n": "{{index}}"}, "expect": {"subset": {"n": {"$ne": 5}}, "within": "100ms"}},
        {"on": "crowd", "close": {}}
    ]);
    let report = merged(shards_of(&crowd(9, "/ws/echo", &steps), 3));
    let check = &report.checks[0];
    assert_eq!((report.verdict, check.verdict, report.totals.failed), (Verdict::Fail, Verdict::Fail, 1));
    let failed = step(check, "steps[1]");
    let failure = failed.failure.as_ref().expect("it failed");
    assert!(failure.message.starts_with("shard 2: "), "{}", failure.message);
    assert_eq!((failure.client.as_deref(), failed.failed_runs, failed.runs), (Some("crowd[5]"), 1, 3));
    let closes = step(check, "steps[2]");
    assert_eq!((closes.verdict, closes.runs), (Verdict::Pass, 2), "it ran in the other two");
    let verdicts: Vec<_> = report.shards.iter().map(|shard| (shard.index, shard.verdict)).collect();
    assert_eq!(verdicts, [(0, Verdict::Pass), (1, Verdict::Pass), (2, Verdict::Fail)]);
}

/// In every shard of three the steps end without a mistake, and as they do in a run of its own.
#[track_caller]
fn check_slices(count: u64, steps: &Value, verdict: Verdict) {
    for of in 1..=3 {
        let report = merged(shards_of(&crowd(count, "/ws/echo", steps), of));
        let failures: Vec<_> =
            report.checks[0].steps.iter().filter_map(|step| step.failure.as_ref()).collect();
        assert_eq!(report.verdict, verdict, "{of} shards: {failures:#?}");
    }
}

#[test]
fn a_slice_without_members_is_no_mistake() {
    let pass = Verdict::Pass;
    let silence = json!({"for": "50ms"});
    check_slices(1, &echoes(), pass);
    check_slices(1, &json!([{"connect": "*"}, {"on": "*", "send": "x", "expect": {"echo": true}}]), pass);
    check_slices(4, &json!([{"connect": "crowd[3]"}, {"on": "crowd[3]", "silence": silence}]), pass);
    check_slices(4, &json!([{"connect": "crowd[3]"}, {"on": "crowd", "silence": silence}]), pass);
    check_slices(
        4,
        &json!([{"connect": "crowd[3]"}, {"on": "*", "silence": silence}, {"reconnect": "crowd[3]"}]),
        pass,
    );
    check_slices(8, &json!([{"connect": "crowd", "count": 1}, {"on": "crowd", "close": {}}]), pass);
    check_slices(
        1,
        &json!([{"set": {"all": 4, "one": 2}}, {"connect": "crowd", "count": "{{all}}"},
                {"on": ["crowd[{{one}}]", "crowd[0]"], "close": {}}]),
        pass,
    );
    check_slices(
        1,
        &json!([{"connect": "crowd"}, {"on": "crowd", "mark": "m", "send": "x"},
                            {"on": "crowd", "expect": {"text": "x", "since": "m"}}]),
        pass,
    );
    check_slices(
        1,
        &json!([{"connect": "crowd"}, {"on": "crowd", "measure": "m", "steps": [{"send": "x"}]},
                            {"on": "crowd", "repeat": {"times": 3}, "send": "x", "expect": {"echo": true}}]),
        pass,
    );
}

#[test]
fn a_mistake_is_one_in_every_shard() {
    let error = Verdict::Error;
    check_slices(4, &json!([{"on": "crowd", "send": "x"}]), error);
    check_slices(4, &json!([{"set": {"one": 4}}, {"connect": "crowd[{{one}}]"}]), error);
    check_slices(4, &json!([{"connect": "crowd"}, {"connect": "crowd"}]), error);
}

/// Echoes, and keeps what it hears.
#[derive(Default)]
struct Echo {
    wait: Duration,
    heard: Rc<RefCell<Vec<String>>>,
}

impl Server for Echo {
    fn on_message(&mut self, payload: Payload, _: u64) -> Vec<(Duration, Act)> {
        if let Payload::Text(text) = &payload {
            self.heard.borrow_mut().push(text.clone());
        }
        vec![(self.wait, Act::Send(payload))]
    }
}

#[test]
fn indices_are_those_of_the_group_and_only_values_of_the_suite_are_shared() {
    let sim = Sim::with_seed(1);
    let heard: Rc<RefCell<Vec<String>>> = Rc::default();
    let ear = heard.clone();
    sim.serve("ws://sim/", move || Echo { heard: ear.clone(), ..Echo::default() });
    let said = "{{client}} {{index}} {{room}} {{uuid}}";
    let steps = json!([{"connect": "crowd"}, {"on": "crowd", "send": said}]);
    let suite = with(crowd(7, "/", &steps), "vars", json!({"room": "r-{{uuid}}"}));
    let shards = all_of(&sim, &suite, 3, |_, _| {});
    assert!(shards.iter().all(|shard| shard.vars == shards[0].vars && shard.seed == SEED));
    let heard = heard.borrow();
    let mut words: Vec<Vec<&str>> = heard.iter().map(|text| text.split(' ').collect()).collect();
    words.sort();
    let expected: Vec<_> = (0..7).map(|i| (format!("crowd[{i}]"), i.to_string())).collect();
    assert_eq!(words.iter().map(|it| (it[0].to_owned(), it[1].to_owned())).collect::<Vec<_>>(), expected);
    assert!(words.iter().all(|it| it[2] == words[0][2]), "one room: {words:?}");
    let mut uuids: Vec<_> = words.iter().map(|it| it[3]).collect();
    uuids.sort_unstable();
    uuids.dedup();
    assert_eq!(uuids.len(), 7, "{words:?}");
}

#[test]
fn members_of_all_shards_meet_in_one_room() {
    let steps = json!([
        {"connect": "crowd"},
        {"on": "crowd", "send": {"type": "join", "room": "{{room}}"}, "expect": {"subset": {"type": "joined"}}},
        {"mark": "said", "wait": "1s"},
        {"on": "crowd", "send": {"type": "say", "room": "{{room}}", "text": "{{index}}"}},
        {"on": "crowd", "expect": {"subset": {"type": "said"}, "times": 5, "since": "said", "metric": "fanout"}}
    ]);
    let suite = with(crowd(5, "/ws/rooms?user={{client}}", &steps), "vars", json!({"room": "r-{{uuid}}"}));
    let report = merged(shards_of(&suite, 3));
    assert_eq!((report.verdict, report.metrics["fanout"].count), (Verdict::Pass, 25), "{:#?}", report.checks);
}

#[test]
fn a_check_without_a_group_runs_in_the_first_shard_alone() {
    let suite = json!({
        "sockscope": 1, "suite": "mixed", "vars": {"who": "crowd", "name": "same name"},
        "clients": {"a": {"url": "ws://sim/ws/echo"}, "crowd": {"url": "ws://sim/ws/echo", "count": 3}},
        "checks": [
            {"check": "same name", "steps": [{"connect": "a"}, {"send": "x", "on": "a"}]},
            {"check": "{{name}}", "steps": [{"connect": "crowd[1]"}]},
            {"check": "{{to}}", "each": {"to": ["a", "crowd"]}, "steps": [{"connect": "{{to}}"}]},
            {"check": "everybody", "steps": [{"connect": "*"}]},
            {"check": "within", "steps": [{"all": [[{"connect": "{{who}}"}], [{"wait": "1ms"}]]}]}
        ]
    });
    let shards = shards_of(&suite, 2);
    let names = |report: &Report| report.checks.iter().map(|check| check.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&shards[0]), ["same name", "same name", "a", "crowd", "everybody", "within"]);
    assert_eq!(names(&shards[1]), ["same name", "crowd", "everybody", "within"]);
    let opened =
        |report: &Report| report.checks.iter().map(|check| check.metrics["opened"].count).collect::<Vec<_>>();
    let report = merged(shards);
    assert_eq!((names(&report).len(), opened(&report)), (6, vec![1, 1, 1, 3, 5, 3]), "a is in both");
    assert_eq!((report.verdict, report.totals.checks), (Verdict::Pass, 6));
}

#[test]
fn a_shard_with_nothing_to_run_merges() {
    let steps = json!([{"connect": "a"}, {"on": "a", "send": "x", "expect": {"echo": true}}]);
    let shards = shards_of(&support::simulated::suite("/ws/echo", &steps), 2);
    assert_eq!((shards[1].verdict, shards[1].checks.len()), (Verdict::Pass, 0));
    let report = merged(shards);
    assert_eq!((report.verdict, report.totals.checks, report.totals.sent), (Verdict::Pass, 1, 1));
    assert_eq!(report.shards[1].opened, 0);
}

#[test]
fn a_name_that_no_check_has_is_refused_in_every_shard() {
    let suite = Suite::parse(&crowd(3, "/ws/echo", &echoes()).to_string()).expect("a suite");
    let suite = Rc::new(suite);
    for index in 0..2 {
        let options = Options { names: vec!["none".into()], shard: shard(index, 2), ..Options::default() };
        let Err(errors) = Plan::new(suite.clone(), options, BEGAN) else { panic!("refused") };
        assert!(errors[0].to_string().contains("nothing to run"), "{errors:?}");
    }
}

#[test]
fn a_shard_that_gave_no_report_is_an_error_of_the_whole() {
    let mut shards: Vec<_> = shards_of(&crowd(4, "/ws/echo", &echoes()), 2).into_iter().map(Some).collect();
    shards[1] = None;
    let report = merge(&shards).expect("one is enough");
    assert_eq!((report.verdict, report.totals.sent), (Verdict::Error, 2));
    assert_eq!(report.reasons, ["shard 1 gave no report, so the figures do not cover all connections"]);
    assert_eq!((report.shards[1].index, report.shards[1].verdict), (1, Verdict::Error));
    assert_eq!(merge(&[None, None]), Err(MergeError::Nothing));
    assert_eq!(merge(&[]), Err(MergeError::Nothing));
}

#[test]
fn reports_of_different_runs_are_not_merged() {
    let one = shards_of(&crowd(4, "/ws/echo", &echoes()), 1).remove(0);
    let other = Report { seed: 1, ..one.clone() };
    let error = merge(&[None, Some(one.clone()), Some(other)]).expect_err("another seed");
    assert_eq!(error.to_string(), "shard 2 has another seed than shard 1, so they are not from the same run");
    let other = Report { suite: "other".to_owned(), ..one.clone() };
    let error = merge(&[Some(one), Some(other)]).expect_err("another suite");
    assert_eq!(error, MergeError::Unlike { first: 0, shard: 1, what: "suite" });
}

#[test]
fn figures_that_cannot_be_read_are_named_and_the_rest_is_merged() {
    let mut shards = shards_of(&crowd(4, "/ws/echo", &echoes()), 2);
    if let Some(rtt) = shards[1].metrics.get_mut("rtt") {
        rtt.histogram = None;
    }
    let report = merged(shards);
    assert_eq!((report.verdict, report.totals.sent, report.metrics["rtt"].count), (Verdict::Error, 4, 2));
    assert_eq!(report.reasons, ["a figure of shard 1 cannot be read: rtt: histogram is missing"]);
}

#[test]
fn the_worst_clock_and_lag_are_those_of_the_whole() {
    let environments = [
        Environment { browser: "Chrome 156".into(), timer_step_us: 5.0, ..Environment::default() },
        Environment { browser: "Firefox 160".into(), timer_step_us: 1000.0, ..Environment::default() },
        Environment {
            browser: "Chrome 156".into(),
            timer_step_us: 5.0,
            hidden: true,
            ..Environment::default()
        },
    ];
    let suite = with(crowd(4, "/ws/echo", &echoes()), "require", json!({"timer_step": "<= 100us"}));
    let sim = world(SEED, Faults::default());
    let shards = all_of(&sim, &suite, 3, |index, options| {
        options.environment = environments[index as usize].clone();
    });
    let verdicts: Vec<_> = shards.iter().map(|shard| shard.verdict).collect();
    assert_eq!(verdicts, [Verdict::Pass, Verdict::Inconclusive, Verdict::Pass], "each has its own clock");
    let report = merged(shards);
    let environment = &report.environment;
    assert_eq!((environment.browser.as_str(), environment.hidden), ("Chrome 156, Firefox 160", true));
    assert_eq!(environment.timer_step_us, 1000.0);
    assert_eq!(lines(&report.thresholds), [("timer_step <= 100us", "1ms", Verdict::Inconclusive)]);
    assert_eq!(report.verdict, Verdict::Inconclusive);
    assert_eq!(report.reasons, ["shard 1: the suite requires timer_step <= 100us, and here it is 1ms"]);
}

#[test]
fn a_threshold_that_time_explains_is_excused_by_the_shard_that_was_hidden() {
    let suite = with_thresholds(crowd(4, "/ws/echo", &echoes()), json!({"rtt.max": "< 500us"}));
    let hidden = |hides| {
        let sim = world(SEED, Faults::default());
        merged(all_of(&sim, &suite, 2, |index, options| options.hidden.set(hides && index == 1)))
    };
    assert_eq!(hidden(false).verdict, Verdict::Fail);
    let report = hidden(true);
    assert_eq!(report.verdict, Verdict::Inconclusive);
    assert!(
        report.checks[0].reasons[0].starts_with("the page was out of sight"),
        "{:?}",
        report.checks[0].reasons
    );
    let others = with_thresholds(crowd(4, "/ws/echo", &echoes()), json!({"received": "== 0"}));
    let sim = world(SEED, Faults::default());
    let report = merged(all_of(&sim, &others, 2, |_, options| options.hidden.set(true)));
    assert_eq!(report.verdict, Verdict::Fail, "what time does not explain is not a fault of the harness");
}

#[test]
fn leftovers_are_united_and_bounded() {
    let steps = json!([
        {"connect": "crowd"},
        {"on": "crowd", "repeat": {"times": 30}, "send": "unread"},
        {"wait": "1s"}
    ]);
    let report = merged(shards_of(&crowd(6, "/ws/echo", &steps), 2));
    let check = &report.checks[0];
    assert_eq!((check.leftovers.len(), check.leftovers_omitted), (100, 80));
    assert!(check.leftovers.is_sorted_by_key(|one| one.at_ms.0.to_bits()), "in the order in which they came");
}

#[test]
fn seconds_are_added_and_their_percentiles_are_kept_of_one_shard_only() {
    let wait = json!([
        {"connect": "crowd"},
        {"on": "crowd", "send": "x", "expect": {"echo": true}},
        {"wait": "1500ms"},
        {"on": "crowd[0]", "send": "x", "expect": {"echo": true}}
    ]);
    let seconds = merged(shards_of(&crowd(4, "/ws/echo", &wait), 2)).seconds;
    let told: Vec<_> = seconds.iter().map(|second| (second.sent, second.received, second.rtt_p50)).collect();
    assert_eq!(told, [(4, 4, None), (1, 1, Some(1000.0))]);
}

#[test]
fn an_invariant_that_one_shard_has_seen_is_no_idle_one() {
    let suite = with(
        crowd(1, "/ws/echo", &echoes()),
        "invariants",
        json!([{"on": "crowd", "increasing": "$.n"}, {"on": "crowd", "unique": "$.other"}]),
    );
    let report = merged(shards_of(&suite, 2));
    assert_eq!(report.verdict, Verdict::Pass);
    let idle = "invariants[1] matched no message, so it proves nothing";
    assert_eq!(report.checks[0].reasons, [idle]);
}

#[test]
fn a_secret_in_a_threshold_keeps_it_from_being_judged() {
    let suite = with(crowd(4, "/ws/echo", &echoes()), "vars", json!({"most": "1234567"}));
    let suite = with(suite, "secrets", json!(["most"]));
    let suite = with_thresholds(suite, json!({"opened": "< {{most}}"}));
    let report = merged(shards_of(&suite, 2));
    assert_eq!((report.verdict, report.checks[0].thresholds[0].verdict), (Verdict::Error, Verdict::Error));
    assert!(report.checks[0].thresholds[0].message.as_ref().is_some_and(|words| words.contains("secret")));
}
