//! Runs that are split among shards and merged again: together they are one run, and what none of them can say alone is said
//! of all of them.
#![cfg(not(target_arch = "wasm32"))]

mod figures;
mod members;
mod ramps;

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

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
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
fn an_invariant_that_one_shard_has_seen_is_not_idle() {
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
