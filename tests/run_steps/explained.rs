//! What is said of a failure: what came in its place, in what it differs, for how many it failed.

use std::time::Duration;

use sockscope_engine::report::{
    CheckReport, ReportFormat, StepReport, Unmet, explain_check, explain_checks, explain_missing, read_json,
};

use super::*;

fn check_of(suite: &Value, faults: Faults) -> CheckReport {
    let outcome = run_text(&suite.to_string(), &Setting { faults, seed: 42, ..Setting::default() });
    outcome.report.checks.into_iter().next().expect("a check")
}

fn step<'a>(check: &'a CheckReport, path: &str) -> &'a StepReport {
    check.steps.iter().find(|step| step.path == path).unwrap_or_else(|| panic!("no step {path}"))
}

/// A crowd of five that sends thirty messages each; the server answers all of them with errors.
fn load() -> Value {
    json!({
        "sockscope": 1, "suite": "load", "clients": {"crowd": {"url": "ws://sim/ws/echo", "count": 5}},
        "checks": [{"check": "load", "thresholds": {"success": ">= 99%", "rtt.p95": "< 50ms"}, "steps": [
            {"connect": "crowd"},
            {"on": "crowd", "repeat": {"times": 30},
             "send": {"type": "error", "code": "UNAUTHENTICATED", "request_id": "{{seq}}"},
             "expect": {"subset": {"type": "response"}, "within": "100ms"}}]}]
    })
}

#[test]
fn a_failed_load_run_says_what_came_instead() {
    let check = check_of(&load(), Faults::default());
    assert_eq!(check.verdict, Verdict::Fail);
    let step = step(&check, "steps[1].send");
    assert_eq!((step.verdict, step.failed_runs, step.failed_clients), (Verdict::Fail, 150, 5));
    let unmet = step.unmet.as_ref().expect("what is missing");
    assert_eq!((unmet.expected, unmet.met, unmet.borne), (150, 0, true));
    let [group] = &unmet.instead[..] else { panic!("{unmet:?}") };
    assert_eq!(
        (group.shape.as_str(), group.count),
        (r#"{"type":"error","code":"UNAUTHENTICATED","request_id":…}"#, 150)
    );
    assert_eq!(group.first.message, r#"{"type":"error","code":"UNAUTHENTICATED","request_id":1}"#);
    let failure = step.failure.as_ref().expect("the first miss");
    assert_eq!((failure.client.as_deref(), failure.round), (Some("crowd[0]"), Some(0)));
    assert!(failure.closest.is_some() && failure.expected.is_some());
    assert_eq!(check.steps[1].verdict, Verdict::Fail, "what stands around it, too");
    let text = explain_check(&check);
    let first = text.find("threshold success >= 99%, measured 0%").expect("the threshold");
    let then = text.find("150 came").or(text.find("0 of 150 met")).expect("what is missing");
    assert!(first < then, "{text}");
    assert!(
        text.contains(r#"came instead: {"type":"error","code":"UNAUTHENTICATED","request_id":…} ×150"#),
        "{text}"
    );
}

#[test]
fn the_duration_of_a_step_is_time_on_the_clock() {
    let check = check_of(&load(), Faults::default());
    let took = Duration::from(check.duration_ms);
    assert!(took < Duration::from_secs(4), "{took:?}");
    for step in &check.steps {
        assert!(
            Duration::from(step.duration_ms) <= took,
            "{}: {:?} of {took:?}",
            step.path,
            step.duration_ms
        );
    }
    assert!(Duration::from(step(&check, "steps[1].send").duration_ms) >= Duration::from_secs(3));
}

#[test]
fn what_a_threshold_allows_to_be_missing_is_reported_and_not_a_failure() {
    let mut suite = load();
    suite["checks"][0]["thresholds"] = json!({"missing": "<= 150"});
    let check = check_of(&suite, Faults::default());
    let step = step(&check, "steps[1].send");
    assert_eq!((check.verdict, step.verdict, &step.failure), (Verdict::Pass, Verdict::Skipped, &None));
    let first = step.unmet.as_ref().and_then(|unmet: &Unmet| unmet.first.as_ref()).expect("the first miss");
    assert!(
        first.message.starts_with(r#"JSON containing {"type":"response"} did not come"#),
        "{}",
        first.message
    );
}

#[test]
fn a_broken_threshold_of_the_suite_shows_its_first_miss_in_every_report() {
    let mut suite = load();
    suite["checks"][0]["thresholds"] = json!({"missing": "<= 150"});
    suite["thresholds"] = json!({"missing": "<= 10"});
    let report = run_text(&suite.to_string(), &Setting { seed: 42, ..Setting::default() }).report;
    assert_eq!((report.verdict, report.checks[0].verdict), (Verdict::Fail, Verdict::Pass));
    let told = explain_missing(&report.thresholds[0], &report.checks);
    let [("load", lines)] = &told[..] else { panic!("{told:?}") };
    assert!(lines.contains("0 of 150 met\n  came instead: {\"type\":\"error\""), "{lines}");
    let written = |form: ReportFormat| {
        let mut text = String::new();
        form.write(&report, &mut text).expect("memory");
        text.replace("&quot;", "\"").replace("&#34;", "\"")
    };
    for form in [ReportFormat::Html, ReportFormat::Junit, ReportFormat::JunitStrict] {
        let text = written(form);
        let at = text.find("missing &lt;= 10").expect("the threshold");
        let first = r#"JSON containing {"type":"response"} did not come"#;
        assert!(text[at..].contains(first), "{form:?} does not say what was missed:\n{text}");
    }
    let first = &read_json(&written(ReportFormat::Json)).expect("our own").checks[0].steps[2].unmet;
    assert!(first.as_ref().is_some_and(|unmet| unmet.first.is_some()), "{first:?}");
}

#[test]
fn the_note_of_a_repeat_with_its_send_is_the_title_of_the_step_that_fails() {
    let mut suite = load();
    suite["checks"][0]["steps"][1]["note"] = "each request has its response".into();
    let check = check_of(&suite, Faults::default());
    assert_eq!(step(&check, "steps[1].send").note.as_deref(), Some("each request has its response"));
    let text = explain_check(&check);
    assert!(text.contains("each request has its response (steps[1].send"), "{text}");
}

#[test]
fn a_title_has_its_values_also_when_its_message_is_cut_within_a_placeholder() {
    let suite = json!({
        "sockscope": 1, "suite": "titles", "vars": {"test_duration": "{{env.TEST_DURATION ?? 1}}"},
        "clients": {"a": {"url": "ws://sim/ws/echo"}},
        "checks": [{"check": "c", "steps": [{"connect": "a"},
            {"on": "a", "repeat": {"for": "{{test_duration}}", "every": "500ms"},
             "send": {"type": "message", "content": "so long that it ends", "id": "{{seq}}-{{i}}"}}]}]
    });
    let check = check_of(&suite, Faults::default());
    let title = &step(&check, "steps[1]").title;
    assert!(!title.contains("test_duration") && title.contains('…') && title.contains("{{"), "{title}");
}

#[test]
fn a_reply_that_fits_but_for_what_was_sent_is_the_closest() {
    let failure = fails(
        "/ws/echo",
        Faults::default(),
        json!([
            open(),
            {"on": "a", "mark": "asked", "send": {"type": "response", "id": 0}},
            {"on": "a", "send": {"type": "ask", "id": 1},
             "expect": {"subset": {"type": "response"}, "correlate": "$.id", "since": "asked", "within": "50ms"}}
        ]),
        "steps[2] timeout: JSON containing {\"type\":\"response\"} and $.id = 1 as sent did not come within 50 ms; 2 other \
         messages came",
    );
    assert_eq!(
        failure.expected.as_deref(),
        Some(r#"JSON containing {"type":"response"} and $.id = 1 as sent"#)
    );
    let closest = failure.closest.expect("a near miss");
    // The message that says that it answers, and is of another type, is nearer than one that answers something else.
    assert_eq!(closest.message, r#"{"type":"ask","id":1}"#);
    let failure = fails(
        "/ws/echo",
        Faults { drops: Some(1), ..Faults::default() },
        json!([
            open(),
            {"on": "a", "mark": "asked", "send": {"type": "response", "id": 0}},
            {"on": "a", "send": {"type": "ask", "id": 1},
             "expect": {"subset": {"type": "response"}, "correlate": "$.id", "since": "asked", "within": "50ms"}}
        ]),
        "steps[2] timeout: JSON containing {\"type\":\"response\"} and $.id = 1 as sent did not come within 50 ms; 1 other \
         message came",
    );
    let closest = failure.closest.expect("a near miss");
    assert_eq!((closest.message.as_str(), closest.taken), (r#"{"type":"response","id":0}"#, false));
    let diff = &failure.diff[0];
    assert_eq!((diff.path.as_str(), diff.wanted.as_str(), diff.got.as_str()), ("$.id", "1", "0"));
}

#[test]
fn what_an_expectation_took_itself_was_not_taken_by_another() {
    let failure = fails(
        "/ws/echo",
        Faults::default(),
        json!([open(), {"on": "a", "send": {"n": 5}, "expect": {"subset": {}, "check": {"path": "$.n", "eq": 6}}}]),
        "steps[1] mismatch: the selected message is not as expected: expected JSON where $.n is {\"eq\":6}",
    );
    assert!(!failure.closest.expect("the message").taken);
    let failure = fails(
        "/ws/echo",
        Faults::default(),
        json!([
            open(),
            {"on": "a", "mark": "said", "send": "x", "expect": {"text": "x"}},
            {"on": "a", "expect": {"text": "x", "since": "said", "within": "9ms"}}
        ]),
        "steps[2] timeout: text \"x\" did not come within 9 ms; no other message came; one that fits had been taken by \
         another expectation",
    );
    assert!(failure.closest.expect("the message").taken);
}

#[test]
fn bytes_are_named_and_differ_at_an_offset() {
    let failure = misses(
        json!({"$hex": "000102030405"}),
        json!({"bytes": {"hex": "000102ff0405"}, "within": "50ms"}),
        "binary of 6 B: 00 01 02 ff 04 05 did not come within 50 ms; 1 other message came",
    );
    let diff = &failure.diff[0];
    assert_eq!(
        (diff.path.as_str(), diff.wanted.as_str(), diff.got.as_str()),
        ("byte 3", "00 01 02 [ff] 04 05 (6 B)", "00 01 02 [03] 04 05 (6 B)")
    );
}

#[test]
fn of_too_many_messages_the_two_that_are_equal_are_shown() {
    let send = |n: u64| json!({"on": "a", "send": {"n": n}});
    let mut steps = vec![open(), json!({"mark": "start"})];
    steps.extend([0, 1, 2, 1, 3, 4].map(send));
    steps.push(json!({"on": "a", "expect": {"subset": {"n": {"$any": true}}, "times": 5, "since": "start", "within": "50ms"}}));
    let failure = fails(
        "/ws/echo",
        Faults::default(),
        steps.into(),
        "steps[8] unexpected: expected exactly 5 messages (JSON containing {\"n\":{\"$any\":true}}), received 6; numbers 2 and 4 \
         are equal and came at 4.00 ms and 4.00 ms",
    );
    assert_eq!(failure.closest.expect("the second one").message, r#"{"n":1}"#);
}

#[test]
fn a_list_says_which_of_its_messages_came() {
    fails(
        "/ws/echo",
        Faults::default(),
        json!([
            open(), {"mark": "start"}, {"on": "a", "send": "one"}, {"on": "a", "send": "two"}, {"on": "a", "send": "four"},
            {"on": "a", "expect": {"any_order": [{"text": "one"}, {"text": "two"}, {"text": "three"}, {"text": "four"}],
             "since": "start", "within": "50ms"}}
        ]),
        "steps[5] timeout: text \"three\" did not come within 50 ms (3 of 4 came: numbers 1, 2 and 4 of the list); no other \
         message came",
    );
}

#[test]
fn a_group_says_for_how_many_of_it_a_step_failed() {
    let mut suite = load();
    suite["checks"][0]["thresholds"] = json!({});
    suite["checks"][0]["steps"][1] = json!({"on": "crowd", "send": "x", "expect": {"text": "y", "within": "5ms"}, "note": "everyone is greeted"});
    let check = check_of(&suite, Faults::default());
    assert_eq!(step(&check, "steps[1]").failed_clients, 5);
    let text = explain_check(&check);
    assert!(text.contains("to 5 of 5 clients, first to crowd[0]"), "{text}");
    assert!(text.starts_with("everyone is greeted (steps[1], line 1)\n  crowd sends"), "{text}");
}

#[test]
fn a_setup_that_fails_is_reported_once() {
    let steps = json!([{"on": "a", "send": "x", "expect": {"text": "x"}}]);
    let mut suite = suite("/ws/refused", &steps);
    suite["setup"] = json!([{"connect": "a"}]);
    let check = suite["checks"][0].clone();
    suite["checks"] = (0..12)
        .map(|number| {
            let mut check = check.clone();
            check["check"] = format!("check {number}").into();
            check
        })
        .collect();
    let report = run_text(&suite.to_string(), &Setting::default()).report;
    let told = explain_checks(&report.checks);
    assert_eq!(told.len(), 1);
    assert!(told[0].1.ends_with("the same in 11 more checks\n"), "{}", told[0].1);
}

#[test]
fn round_trips_of_setup_and_teardown_are_apart_from_those_of_the_check() {
    let ping = json!({"on": "a", "send": {"type": "ping"}, "expect": {"subset": {"type": "pong"}}});
    let mut suite = suite("/ws", &json!([ping]));
    suite["setup"] = json!([open(), ping, ping]);
    suite["teardown"] = json!([ping]);
    suite["checks"][0]["thresholds"] =
        json!({"rtt.count": "== 1", "setup.rtt.count": "== 2", "teardown.rtt.count": "== 1"});
    let outcome = run_text(&suite.to_string(), &Setting::default());
    assert_eq!((told(&outcome), outcome.report.verdict), (Vec::new(), Verdict::Pass));
    assert_eq!(outcome.report.metrics["rtt"].count, 1);
}

#[test]
fn what_is_noted_of_a_failure_stands_after_its_cause() {
    let mut suite = suite(
        "/ws",
        &json!([open(), {"remark": "by the way"}, {"on": "a", "send": "x", "expect": {"text": "y", "within": "5ms"}}]),
    );
    suite["invariants"] = json!([{"on": "b", "unique": "$.id"}]);
    let text = explain_check(&check_of(&suite, Faults::default()));
    let (cause, note) =
        (text.find("timeout: ").expect("the cause"), text.find("by the way").expect("the remark"));
    assert!(cause < note && !text.contains("proves nothing"), "{text}");
    assert!(text.ends_with("1 message that no step selected\n"), "{text}");
}
