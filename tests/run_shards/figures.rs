//! Figures of all shards: counters, percentiles, rates, and the thresholds that are judged on them.

use super::*;

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

#[test]
fn a_rate_is_over_the_time_of_the_longest_shard() {
    let report = merged(shards_of(&crowd(4, "/ws/echo", &echoes()), 4));
    let over: Duration = report.duration_ms.into();
    let figures = Metrics::from_report(&report.metrics, over).expect("our own figures");
    assert_eq!((figures.counters.sent, figures.to_report()), (4, report.metrics));
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
fn a_secret_in_a_threshold_keeps_it_from_being_judged() {
    let suite = with(crowd(4, "/ws/echo", &echoes()), "vars", json!({"most": "1234567"}));
    let suite = with(suite, "secrets", json!(["most"]));
    let suite = with_thresholds(suite, json!({"opened": "< {{most}}"}));
    let report = merged(shards_of(&suite, 2));
    assert_eq!((report.verdict, report.checks[0].thresholds[0].verdict), (Verdict::Error, Verdict::Error));
    assert!(report.checks[0].thresholds[0].message.as_ref().is_some_and(|words| words.contains("secret")));
}
