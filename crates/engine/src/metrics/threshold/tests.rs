use std::time::Duration;

use serde_json::json;

use super::*;
use crate::base::random::Random;
use crate::metrics::{Counters, Success};

/// What most tests are about: 1000 round trips, 1 of 1000 lost, ten seconds.
fn measured() -> Metrics {
    let mut metrics = Metrics { over: Duration::from_secs(10), ..Metrics::default() };
    for micros in 1..=1000 {
        metrics.record("rtt", Duration::from_micros(micros));
        metrics.record("rtt.intended", Duration::from_micros(2 * micros));
    }
    metrics.record("open.queued", Duration::from_nanos(9_999_999));
    metrics.timing("fanout");
    metrics.counters = Counters {
        sent: 1000,
        received: 1013,
        bytes_sent: 65_536,
        bytes_received: 15_728_640,
        expected: 1000,
        matched: 999,
        missing: 1,
        ..Counters::default()
    };
    metrics
}

fn parsed(key: &str, value: impl Into<Value>) -> Threshold {
    let value = value.into();
    Threshold::parse(key, &value).unwrap_or_else(|mistakes| panic!("{key}: {value}: {}", mistakes[0]))
}

#[track_caller]
fn check(key: &str, value: &str, shown: &str, verdict: Verdict) {
    let outcome = parsed(key, value).evaluate(&measured());
    assert_eq!((outcome.value.as_str(), outcome.verdict), (shown, verdict), "{outcome:?}");
    assert_eq!(outcome.message.is_none(), verdict == Verdict::Pass);
}

#[track_caller]
fn passes(key: &str, value: &str, shown: &str) {
    check(key, value, shown, Verdict::Pass);
}

#[track_caller]
fn fails(key: &str, value: &str, shown: &str) {
    check(key, value, shown, Verdict::Fail);
}

#[track_caller]
fn check_errs(key: &str, value: Value, messages: &[&str]) -> Vec<ThresholdError> {
    let mistakes = Threshold::parse(key, &value).expect_err("a mistake");
    assert_eq!(mistakes.iter().map(ToString::to_string).collect::<Vec<_>>(), messages);
    assert!(mistakes.iter().all(|mistake| mistake.key == key));
    mistakes
}

/// A mistake before the comparison.
#[track_caller]
fn check_key(key: &str, message: &str) {
    let mistakes = check_errs(key, json!("< 10ms"), &[message]);
    assert_eq!((mistakes[0].part, mistakes[0].at), (Part::Key, 0));
}

/// A mistake in the comparison, and where it begins.
#[track_caller]
fn check_value(key: &str, value: impl Into<Value>, at: usize, message: &str) {
    let mistakes = check_errs(key, value.into(), &[message]);
    assert_eq!((mistakes[0].part, mistakes[0].at), (Part::Value, at));
}

#[test]
fn the_thresholds_of_the_contract_hold_or_not() {
    passes("rtt.p95", "< 10ms", "950us");
    fails("missing", "== 0", "1");
    passes("success", ">= 99.9%", "99.9%");
    passes("received.rate", "> 100/s", "101.3/s");
}

#[test]
fn ok_every_figure_of_a_timing() {
    for (stat, shown) in [
        ("min", "1us"),
        ("mean", "501us"),
        ("p50", "500us"),
        ("p90", "900us"),
        ("p95", "950us"),
        ("p99", "990us"),
        ("p999", "999us"),
        ("max", "1ms"),
        ("stddev", "289us"),
    ] {
        passes(&format!("rtt.{stat}"), "< 2ms", shown);
        fails(&format!("rtt.{stat}"), "> 2ms", shown);
    }
    passes("rtt.count", "== 1000", "1000");
}

#[test]
fn ok_every_operator() {
    for (operator, below, same, above) in [
        ("<", true, false, false),
        ("<=", true, true, false),
        (">", false, false, true),
        (">=", false, true, true),
        ("==", false, true, false),
        ("!=", true, false, true),
    ] {
        for (count, expected) in [(4, below), (5, same), (6, above)] {
            let counters = Counters { late: count, ..Counters::default() };
            let outcome =
                parsed("late", format!("{operator} 5")).evaluate(&Metrics { counters, ..Metrics::default() });
            assert_eq!(outcome.verdict == Verdict::Pass, expected, "{count} {operator} 5");
        }
    }
}

#[test]
fn ok_every_counter() {
    for name in Counters::NAMES {
        let mut metrics = Metrics { over: Duration::from_millis(500), ..Metrics::default() };
        *metrics.counters.get_mut(name).unwrap() = 7;
        for (key, bound) in
            [(name.to_owned(), "== 7"), (format!("{name}.count"), "7"), (format!("{name}.rate"), "== 14/s")]
        {
            let outcome = parsed(&key, bound).evaluate(&metrics);
            assert_eq!(outcome.verdict, Verdict::Pass, "{outcome:?}");
        }
    }
}

#[test]
fn names_of_metrics_may_have_dots() {
    passes("rtt.intended.p99", "<= 1980us", "1.98ms");
    passes("open.queued.max", "< 10ms", "9.999999ms");
    for (key, name) in
        [("a.b.c.p95", "a.b.c"), ("rtt.p95.max", "rtt.p95"), ("..p95", "."), ("größe.max", "größe")]
    {
        let Subject::Timing { name: found, .. } = parsed(key, "< 1s").subject().clone() else {
            panic!("{key}")
        };
        assert_eq!(found, name);
    }
}

#[test]
fn nothing_is_rounded_across_its_bound() {
    passes("open.queued.max", "< 10ms", "9.999999ms");
    fails("open.queued.max", ">= 10ms", "9.999999ms");
    passes("open.queued.max", "< 20ms", "10ms");
    fails("open.queued.max", "== 10ms", "9.999999ms");
    fails("success", "> 99.9%", "99.9%");
    fails("received.rate", "> 101.3/s", "101.3/s");
    passes("received.rate", "== 101.3/s", "101.3/s");
}

/// 1 lost of 1 000 001 is 99.9999 %, and of a milliard it is not 100 %.
#[test]
fn a_share_is_exact_and_never_all_unless_it_is() {
    for (matched, expected, bound, shown, holds) in [
        (999, 1000, ">= 99.9%", "99.9%", true),
        (9_989, 10_000, ">= 99.9%", "99.89%", false),
        (1_000_000, 1_000_001, ">= 99.9%", "99.9999%", true),
        (999_999_999, 1_000_000_000, ">= 99.9%", "99.9999999%", true),
        (1000, 1000, "== 100%", "100%", true),
        (2, 3, "> 66.6%", "66.7%", true),
        (2, 3, "> 66.7%", "66.67%", false),
        (0, 3, "== 0%", "0%", true),
        (1, 1_000_000, "> 0%", "0.0001%", true),
        (1, 3, "< 33.333333334%", "33.3%", true),
        (1, 3, "> 33.33%", "33.333%", true),
        (7, 1000, ">= 0.7%", "0.7%", true),
    ] {
        let counters = Counters { matched, expected, ..Counters::default() };
        let outcome = parsed("success", bound).evaluate(&Metrics { counters, ..Metrics::default() });
        let is_pass = outcome.verdict == Verdict::Pass;
        assert_eq!((outcome.value.as_str(), is_pass), (shown, holds), "{matched} of {expected} {bound}");
    }
}

#[test]
fn every_share_equals_itself() {
    for expected in [10, 100, 1000, 10_000, 100_000] {
        let mut random = Random::with_seed(expected);
        for _ in 0..200 {
            let matched = random.next_u64() % (expected + 1);
            let counters = Counters { matched, expected, ..Counters::default() };
            // The percentage by whole arithmetic: at most three decimals for these counts.
            let thousandths = matched * 100_000 / expected;
            let exact = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
            for (operator, holds) in [("==", true), (">=", true), ("<", false), ("!=", false)] {
                let outcome = parsed("success", format!("{operator} {exact}%"))
                    .evaluate(&Metrics { counters, ..Metrics::default() });
                assert_eq!(
                    outcome.verdict == Verdict::Pass,
                    holds,
                    "{matched}/{expected} {operator} {exact}%"
                );
            }
        }
    }
}

#[test]
fn ok_rates_and_sizes() {
    passes("sent.rate", "== 100/s", "100/s");
    passes("missing.rate", "<= 0.1/s", "0.1/s");
    passes("bytes_sent", "== 64KiB", "64KiB");
    passes("bytes_sent", ">= 65536", "64KiB");
    passes("bytes_received.rate", "== 1.5MiB/s", "1.5MiB/s");
    passes("bytes_received.rate", "> 1000/s", "1.5MiB/s");
    fails("bytes_sent.rate", ">= 6.5KiB/s", "6.4KiB/s");
    fails("bytes_sent.rate", "< 6.4KiB/s", "6.4KiB/s");
    passes("errors.rate", "== 0/s", "0/s");
    let metrics = Metrics { over: Duration::from_secs(86_400), ..measured() };
    assert_eq!(parsed("missing.rate", "> 0/s").evaluate(&metrics).value, "0.00001/s");
}

#[test]
fn a_count_may_stand_alone() {
    for value in [json!(1), json!("1"), json!("== 1"), json!("==1"), json!("  ==  1  "), json!("== 1.0")] {
        let outcome = parsed("missing", value.clone()).evaluate(&measured());
        assert_eq!(outcome.verdict, Verdict::Pass, "{value}");
    }
    assert_eq!(parsed("missing", 0).to_string(), "missing == 0");
    assert_eq!(parsed("bytes_sent", 65_536).to_string(), "bytes_sent == 65536");
}

#[test]
fn a_line_of_the_report_says_it_all() {
    let line = |key, value: &str, metrics: &Metrics| {
        serde_json::to_string(&parsed(key, value).evaluate(metrics)).unwrap()
    };
    assert_eq!(
        line("rtt.p95", "<10ms", &measured()),
        r#"{"expr":"rtt.p95 < 10ms","value":"950us","verdict":"pass"}"#
    );
    assert_eq!(
        line("rtt.max", "< 1000us", &measured()),
        r#"{"expr":"rtt.max < 1000us","value":"1ms","verdict":"fail","message":"rtt.max is 1ms, wanted < 1000us"}"#
    );
    assert_eq!(
        line("fanout.p95", "< 1s", &measured()),
        r#"{"expr":"fanout.p95 < 1s","value":"no samples","verdict":"fail","message":"no sample of fanout was taken"}"#
    );
    let outcome = parsed("missing", "== 0").evaluate(&measured());
    assert_eq!(
        serde_json::from_str::<ThresholdReport>(&serde_json::to_string(&outcome).unwrap()).unwrap(),
        outcome
    );
}

#[test]
fn what_was_not_measured_fails_and_says_so() {
    let nothing = Metrics::default();
    for (key, value, message) in [
        ("rtt.p95", "< 10ms", "no sample of rtt was taken"),
        ("rtt.intended.max", "!= 1s", "no sample of rtt.intended was taken"),
        ("received.rate", ">= 0/s", "no time passed in which received could have a rate"),
        ("success", ">= 0%", "nothing was expected, so nothing could succeed"),
    ] {
        let outcome = parsed(key, value).evaluate(&nothing);
        assert_eq!(outcome.verdict, Verdict::Fail);
        assert_eq!(outcome.message.as_deref(), Some(message));
        assert!(!outcome.value.contains(|c: char| c.is_ascii_digit()), "{}", outcome.value);
    }
    // Counts are known: there were none.
    for (key, value) in [("rtt.count", "== 0"), ("received", "== 0"), ("bytes_sent", "< 1KiB")] {
        assert_eq!(parsed(key, value).evaluate(&nothing).verdict, Verdict::Pass);
    }
    assert_eq!(
        parsed("rtt.count", ">= 1").evaluate(&nothing).message.as_deref(),
        Some("rtt.count is 0, wanted >= 1")
    );
}

#[test]
fn err_names_with_the_nearest() {
    check_key("mising", "\"mising\" is not a metric; did you mean \"missing\"?");
    check_key("Missing", "\"Missing\" is not a metric; did you mean \"missing\"?");
    check_key("sucess", "\"sucess\" is not a metric; did you mean \"success\"?");
    check_key("recieved.rate", "\"recieved.rate\" is not a metric; did you mean \"received.rate\"?");
    check_key("rtt.p59", "\"rtt.p59\" is not a metric; did you mean \"rtt.p95\"?");
    check_key("rtt.P95", "\"rtt.P95\" is not a metric; did you mean \"rtt.p95\"?");
    check_key("rtt.avg", "\"rtt.avg\" is not a metric; did you mean \"rtt.mean\"?");
    check_key("rtt.median", "\"rtt.median\" is not a metric; did you mean \"rtt.p50\"?");
    check_key("rtt.p99.9", "\"rtt.p99.9\" is not a metric; did you mean \"rtt.p999\"?");
    check_key(
        "rtt.intended.p(95)",
        "\"rtt.intended.p(95)\" is not a metric; did you mean \"rtt.intended.p95\"?",
    );
    check_key("rtt.maximum", "\"rtt.maximum\" is not a metric; did you mean \"rtt.max\"?");
    check_key(" rtt.p95", "\" rtt.p95\" is not a metric; did you mean \"rtt.p95\"?");
}

#[test]
fn err_a_timing_alone_lists_its_figures() {
    let figures = "count, min, mean, p50, p90, p95, p99, p999, max, stddev";
    for name in ["rtt", "open", "rtt.intended", "open.queued", "fanout", "login"] {
        let message =
            format!("{name:?} names no figure; write {name}.p95, or instead of p95 one of {figures}");
        check_key(name, &message);
    }
    check_key("rtt.", &format!("\"rtt\" names no figure; write rtt.p95, or instead of p95 one of {figures}"));
}

#[test]
fn err_names_that_have_no_figures() {
    let no_name =
        "the metric has no name; write a counter or a timing with a figure, such as missing or rtt.p95";
    for name in ["", "  ", ".p95"] {
        check_key(name, no_name);
    }
    check_key("sent.p95", "the counter sent has no \"p95\"; write sent or sent.rate");
    check_key("errors.total", "the counter errors has no \"total\"; write errors or errors.rate");
    check_key("success.rate", "success is one value and has no \"rate\"; write success");
}

#[test]
fn err_comparisons() {
    check_value("rtt.p95", "10ms", 0, "\"10ms\" does not say how to compare; write \"< 10ms\"");
    check_value("success", "99.9%", 0, "\"99.9%\" does not say how to compare; write \">= 99.9%\"");
    check_value("received.rate", " 100/s", 1, "\"100/s\" does not say how to compare; write \"> 100/s\"");
    check_value("rtt.p95", 10, 0, "\"10\" does not say how to compare; write \"< 10ms\"");
    check_value("missing", "none", 0, "\"none\" does not say how to compare; write \"== 0\"");
    check_value("rtt.p95", "", 0, "the threshold is empty; write \"< 10ms\"");
    check_value("rtt.p95", " < ", 1, "< is followed by nothing; write \"< 10ms\"");
    check_value("rtt.p95", true, 0, "a threshold is a text such as \"< 10ms\", not a boolean");
    check_value("missing", Value::Null, 0, "a threshold is a text such as \"== 0\", not null");
    check_value("missing", json!([1]), 0, "a threshold is a text such as \"== 0\", not a list");
    check_value("missing", json!({}), 0, "a threshold is a text such as \"== 0\", not an object");
}

#[test]
fn err_operators_of_other_languages() {
    for (written, meant) in [
        ("=", "=="),
        ("===", "=="),
        ("!", "!="),
        ("=<", "<="),
        ("=>", ">="),
        ("<>", "!="),
        ("≤", "<="),
        ("≥", ">="),
        ("≠", "!="),
    ] {
        let message = format!("{written:?} is not an operator; did you mean {meant}?");
        check_value("missing", format!(" {written} 0"), 1, &message);
    }
}

#[test]
fn err_units_that_do_not_fit() {
    check_value("rtt.p95", "< 10", 2, "rtt.p95 is a duration: write 10ms, not 10");
    check_value("rtt.p95", "<10%", 1, "rtt.p95 is a duration: write 10ms, not 10%");
    check_value("rtt.p95", "< 10/s", 2, "rtt.p95 is a duration: write 10ms, not 10/s");
    check_value("rtt.p95", "< 64KiB", 2, "rtt.p95 is a duration: write 64ms, not 64KiB");
    check_value("missing", "== 0ms", 3, "missing is a count: write 0, not 0ms");
    check_value("missing", "< 1%", 2, "missing is a count: write 1, not 1%");
    check_value("rtt.count", "> 10ms", 2, "rtt.count is a count: write 10, not 10ms");
    check_value("sent", "> 1KiB", 2, "sent is a count: write 1, not 1KiB");
    check_value("bytes_sent", "> 1s", 2, "bytes_sent is a number of bytes: write 1, not 1s");
    check_value("success", ">= 99.9", 3, "success is a percentage: write 99.9%, not 99.9");
    check_value("success", ">= 0.999", 3, "success is a percentage: write 99.9%, not 0.999");
    check_value("success", ">= 1", 3, "success is a percentage: write 100%, not 1");
    check_value("success", ">= 999", 3, "success is a percentage: write 99.9%, not 999");
    check_value("received.rate", "> 100", 2, "received.rate is a rate: write 100/s, not 100");
    check_value("received.rate", "> 10KiB/s", 2, "received.rate is a rate: write 10/s, not 10KiB/s");
    check_value("bytes_sent.rate", "> 10KiB", 2, "bytes_sent.rate is a rate of bytes: write 10/s, not 10KiB");
}

#[test]
fn err_bounds_that_are_not_values() {
    check_value("rtt.p95", "< 10 ms", 2, "\"10 ms\" is not a duration; did you mean 10ms?");
    check_value("rtt.p95", "< 10msec", 2, "\"10msec\" is not a duration; did you mean 10ms?");
    check_value("rtt.p95", "< -1ms", 2, "\"-1ms\" is negative; a duration is zero or more");
    check_value(
        "rtt.p95",
        "< fast",
        2,
        "\"fast\" is not a duration; write a number with a unit, such as 200ms or 1.5s",
    );
    check_value("bytes_sent", "> 1MB", 2, "\"1MB\" is not a size; did you mean 1MiB?");
    check_value("bytes_sent.rate", "> 1MB/s", 2, "\"1MB\" is not a size; did you mean 1MiB?");
    check_value("missing", "== 1.5", 3, "missing is a count, but \"1.5\" is not one; write 0");
    check_value("missing", "== -1", 3, "missing is a count, but \"-1\" is not one; write 0");
    check_value("missing", "> 1 and < 5", 2, "missing is a count, but \"1 and < 5\" is not one; write 1");
    check_value("success", ">= 99,9%", 3, "success is a percentage, but \"99,9%\" is not one; write 99%");
    check_value("success", ">= 99.9 %", 3, "success is a percentage, but \"99.9 %\" is not one; write 99.9%");
    check_value("success", ">= 101%", 3, "success is at most 100%, so 101% cannot be compared with it");
    check_value(
        "received.rate",
        "> 100/min",
        2,
        "received.rate is a rate, but \"100/min\" is not one; write 100/s",
    );
    check_value(
        "received.rate",
        "> 100 /s",
        2,
        "received.rate is a rate, but \"100 /s\" is not one; write 100/s",
    );
}

#[test]
fn both_halves_are_reported_at_once() {
    check_errs(
        "mising",
        json!("= 0"),
        &[
            "\"mising\" is not a metric; did you mean \"missing\"?",
            "\"=\" is not an operator; did you mean ==?",
        ],
    );
    let Value::Object(all) = json!({"rtt": "< 1s", "missing": "== 0", "sent": "> 1%", "rtt.p95": "<"}) else {
        panic!("an object");
    };
    let keys: Vec<_> =
        Threshold::parse_all(&all).unwrap_err().into_iter().map(|mistake| mistake.key).collect();
    assert_eq!(keys, ["rtt", "sent", "rtt.p95"]);
}

#[test]
fn all_of_an_object_are_read_in_order() {
    let Value::Object(all) = json!({"rtt.p95": "< 10ms", "missing": 0, "success": ">= 99.9%"}) else {
        panic!("an object");
    };
    let read: Vec<_> = Threshold::parse_all(&all).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(read, ["rtt.p95 < 10ms", "missing == 0", "success >= 99.9%"]);
}

#[test]
fn a_timing_that_no_step_measures_is_unreachable() {
    let reach = |key: &str, known: &[&str]| {
        parsed(key, "> 0s")
            .reach(known.iter().copied())
            .map_err(|mistake| (mistake.key.clone(), mistake.to_string()))
    };
    let err = |key: &str, message: &str| Err((key.to_owned(), message.to_owned()));
    let known = ["open", "rtt", "fanout"];
    assert_eq!(reach("fanout.p95", &known), Ok(()));
    assert_eq!(
        reach("fanuot.p95", &known),
        err("fanuot.p95", "no step takes a sample of \"fanuot\"; did you mean \"fanout\"?")
    );
    assert_eq!(
        reach("login.max", &known),
        err("login.max", "no step takes a sample of \"login\"; there is open, rtt, fanout")
    );
    assert_eq!(reach("rtt.max", &[]), err("rtt.max", "no step takes a sample of \"rtt\"; there is none"));
    for (key, value) in [("missing", "== 0"), ("sent.rate", "> 1/s"), ("success", "== 100%")] {
        assert_eq!(parsed(key, value).reach([]), Ok(()));
    }
}

#[test]
fn requirements_have_the_same_grammar() {
    let read = |key: &str, value: &str| Threshold::parse_requirement(key, &value.into());
    let step = read("timer_step", "<= 100us").unwrap();
    let given = |micros| move |_: &Subject| Some(Reading::Duration(Duration::from_micros(micros)));
    assert_eq!(step.evaluate_with(given(100)).verdict, Verdict::Pass);
    let outcome = step.evaluate_with(given(101));
    assert_eq!(outcome.message.as_deref(), Some("timer_step is 101us, wanted <= 100us"));
    assert_eq!(step.evaluate_with(|_| None).message.as_deref(), Some("timer_step was not measured"));
    assert_eq!(step.evaluate_with(|_| Some(Reading::Count(1))).verdict, Verdict::Fail);

    let mut harness = Metrics::default();
    harness.record("loop_lag", Duration::from_micros(400));
    let lag = read("loop_lag.p99", "< 5ms").unwrap();
    assert_eq!(lag.evaluate(&harness).value, "400us");
    assert_eq!(lag.evaluate(&Metrics::default()).message.as_deref(), Some("no sample of loop_lag was taken"));
}

#[test]
fn err_requirements() {
    for (key, message) in [
        ("timer_setp", "\"timer_setp\" is not a metric; did you mean \"timer_step\"?"),
        ("loop_leg", "\"loop_leg\" is not a metric; did you mean \"loop_lag.p99\"?"),
        ("looplag.max", "\"looplag.max\" is not a metric; did you mean \"loop_lag.max\"?"),
        ("loop_lag.p98", "\"loop_lag.p98\" is not a metric; did you mean \"loop_lag.p95\"?"),
        ("timer_step.p99", "timer_step is one value and has no \"p99\"; write timer_step"),
        ("rtt.p95", "the harness does not measure \"rtt.p95\"; write timer_step or loop_lag.p99"),
        ("missing", "the harness does not measure \"missing\"; write timer_step or loop_lag.p99"),
    ] {
        let mistakes = Threshold::parse_requirement(key, &json!("< 5ms")).unwrap_err();
        assert_eq!(mistakes[0].to_string(), message);
    }
    let mistakes = Threshold::parse_requirement("timer_step", &json!("< 5")).unwrap_err();
    assert_eq!(mistakes[0].to_string(), "timer_step is a duration: write 5ms, not 5");
}

/// Any text is a threshold or a mistake, and a threshold reads as it is written.
#[test]
fn no_text_makes_it_panic() {
    let mut random = Random::with_seed(31);
    let pieces = [
        "rtt", ".", "p95", "sent", "success", "rate", "<", ">=", "=", "10", "ms", "%", "/s", "KiB", " ", "ß",
        "≤", "-", "9e9", "{{",
    ];
    let mut text = |most: u64| -> String {
        (0..random.next_u64() % most)
            .map(|_| pieces[(random.next_u64() % pieces.len() as u64) as usize])
            .collect()
    };
    let mut read = 0;
    for _ in 0..100_000 {
        // Drawn whole now and then, as few random pieces make a metric.
        let known = ["rtt.p95", "sent", "success", "bytes_sent.rate", "received.rate"];
        let (key, value) = (text(4), text(6));
        let key = known.get(key.len()).map_or(key, |known| (*known).to_owned());
        if let Ok(threshold) = Threshold::parse(&key, &value.into()) {
            let written = threshold.to_string();
            let (key, value) = written.split_once(' ').expect("a comparison");
            assert_eq!(parsed(key, value), threshold);
            threshold.evaluate(&measured_once());
            read += 1;
        }
    }
    assert!(read > 50, "{read} of the texts are thresholds");
}

fn measured_once() -> Metrics {
    let mut metrics = Metrics { over: Duration::from_secs(1), ..Metrics::default() };
    metrics.record("rtt", Duration::from_millis(1));
    metrics
}

/// What is shown, read again as a bound, never contradicts the verdict.
#[test]
fn a_shown_value_stands_on_the_side_of_the_verdict() {
    let mut random = Random::with_seed(32);
    for _ in 0..20_000 {
        let nanos = random.next_u64() >> (10 + random.next_u64() % 54);
        let near = nanos.saturating_add(random.next_u64() % 2_000).saturating_sub(1_000);
        let reading = Reading::Duration(Duration::from_nanos(nanos));
        let bound = crate::base::unit::show_duration(Duration::from_nanos(near));
        let outcome = parsed("rtt.max", format!("< {bound}")).evaluate_with(|_| Some(reading));
        let shown = crate::base::unit::parse_duration(&outcome.value).unwrap();
        assert_eq!(shown < Duration::from_nanos(near), outcome.verdict == Verdict::Pass);
    }
}

#[test]
fn a_share_given_by_a_lookup_is_compared() {
    let success = Success { matched: 1, expected: 2 };
    let outcome = parsed("success", ">= 50%").evaluate_with(|_| Some(Reading::Success(success)));
    assert_eq!((outcome.value.as_str(), outcome.verdict), ("50%", Verdict::Pass));
}

#[test]
fn what_a_report_says_is_read_back() {
    let texts = [
        ("rtt.p95", "<10ms"),
        ("fan out.late.max", ">=  1.5s "),
        ("missing", "0"),
        ("success", ">= 99.9%"),
        ("bytes_sent.rate", "> 64KiB/s"),
    ];
    for (key, value) in texts {
        let threshold = Threshold::parse(key, &value.into()).expect("a threshold");
        assert_eq!(Threshold::from_expr(&threshold.to_string()), Some(threshold), "{key} {value}");
    }
    for text in ["", "rtt.p95", "rtt.p95 <", "rtt.p95 < ***", "a b c", "rtt.p95  < 10ms"] {
        assert_eq!(Threshold::from_expr(text), None, "{text}");
    }
}
