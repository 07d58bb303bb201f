//! Texts that are not thresholds, with what the error says, and thresholds in other forms.

use super::*;

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
    assert_eq!(outcome.message.as_deref(), Some("timer_step is 101us, expected <= 100us"));
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
