//! Sending and expecting.

use std::time::Duration;

use super::*;

#[test]
fn send_and_expect() {
    matches(json!({"type": "config", "config": {"a": 1}}), json!({"subset": {"type": "config_ack"}}));
    matches(
        json!({"type": "message", "id": 7}),
        json!({"correlate": "$.id", "subset": {"type": "response"}}),
    );
}

#[test]
fn a_reply_that_does_not_come_times_out_and_names_the_nearest() {
    let failure = misses(
        json!({"type": "left", "room": "red"}),
        json!({"subset": {"type": "joined", "room": "red"}}),
        r#"JSON containing {"type":"joined","room":"red"} did not come within 2 s; 1 other message came"#,
    );
    let closest = failure.closest.expect("a near miss");
    assert_eq!((closest.client.as_str(), closest.message.as_str()), ("a", r#"{"type":"left","room":"red"}"#));
    assert_eq!(closest.at_ms.0, 4.0);
    assert_eq!(failure.diff[0].path, "$.type");
    assert_eq!((failure.diff[0].wanted.as_str(), failure.diff[0].got.as_str()), (r#""joined""#, r#""left""#));
    assert_eq!(failure.expected.as_deref(), Some(r#"JSON containing {"type":"joined","room":"red"}"#));
    assert_eq!(failure.client.as_deref(), Some("a"));
}

#[test]
fn what_a_long_matcher_expects_is_cut_in_the_sentence_and_whole_beside_it() {
    let any: Vec<_> =
        (0..20).map(|at| json!({"path": format!("$.member{at}"), "matches": "error"})).collect();
    let steps = json!([open(), {"on": "a", "send": {"type": "pong"}, "expect": {"any_of": any}}]);
    let outcome = outcome("/ws/echo", &steps, Faults::default());
    let mut steps = outcome.report.checks.into_iter().flat_map(|check| check.steps);
    let failure = steps.find_map(|step| step.failure).expect("a failure");
    let whole = failure.expected.expect("what was expected");
    assert!(whole.contains("$.member19"), "{whole}");
    let message = plain(&failure.message);
    assert!(message.contains("… did not come within 2 s") && message.len() < 260, "{message}");
}

#[test]
fn silence_of_the_server_times_out() {
    fails(
        "/ws/silent",
        Faults::default(),
        json!([open(), {"on": "a", "send": "x", "expect": {"any": true, "within": "50ms"}}]),
        "steps[1] timeout: any message did not come within 50 ms; no other message came",
    );
}

#[test]
fn a_reply_on_the_last_moment_is_in_time_and_one_after_it_is_not() {
    let steps = json!([open(), {"on": "a", "send": "x", "expect": {"any": true, "within": "1ms"}}]);
    holds("/ws", steps.clone());
    let slow = Faults { delay: std::time::Duration::from_micros(1), ..Faults::default() };
    fails(
        "/ws",
        slow,
        steps,
        "steps[1] timeout: any message did not come within 1 ms; no other message came",
    );
}

#[test]
fn a_close_in_place_of_a_reply_fails_at_once() {
    let closes = Faults { closes: Some((0, 4001)), ..Faults::default() };
    fails(
        "/ws",
        closes,
        json!([open(), {"on": "a", "send": "x", "expect": {"any": true}}]),
        "steps[1] closed: any message did not come: the server closed with 4001 (the application's own code) \
         \"as told\"; no other message came",
    );
}

#[test]
fn a_send_on_a_closed_connection_says_how_it_ended() {
    let closes = Faults { closes: Some((0, 1011)), ..Faults::default() };
    fails(
        "/ws",
        closes,
        json!([open(), {"on": "a", "send": "x"}, {"wait": "5ms"}, {"on": "a", "send": "y"}]),
        "steps[3] closed: the message could not be sent: the server had closed with 1011 (internal server error) \
         \"as told\" at 4.00 ms",
    );
}

/// Browsers refuse to send from the moment when a close has come, and tell of it only later.
#[test]
fn a_send_between_a_close_and_its_event_says_how_the_connection_ended() {
    let closes =
        Faults { closes: Some((0, 1001)), is_closing_for: Duration::from_millis(200), ..Faults::default() };
    fails(
        "/ws",
        closes,
        json!([open(), {"on": "a", "send": "x"}, {"wait": "50ms"}, {"on": "a", "send": "y"}]),
        "steps[3] closed: the message could not be sent: the server had closed with 1001 (going away) \
         \"as told\" at 204 ms",
    );
}

#[test]
fn a_send_before_the_connection_is_a_mistake() {
    is_broken(
        "/ws",
        json!([{"on": "a", "send": "x"}]),
        "steps[0] script: a is not connected; connect it first",
    );
}

#[test]
fn check_judges_what_was_selected_and_fails_at_once() {
    let steps = |wanted: i64| {
        json!([
            open(),
            {"on": "a", "send": {"kind": "n", "n": 5},
             "expect": {"subset": {"kind": "n"}, "check": {"path": "$.n", "eq": wanted}, "within": "10s"}}
        ])
    };
    holds("/ws/echo", steps(5));
    let failure = fails(
        "/ws/echo",
        Faults::default(),
        steps(6),
        "steps[1] mismatch: the selected message is not as expected: expected JSON where $.n is {\"eq\":6}",
    );
    assert_eq!(failure.diff.len(), 1);
}

#[test]
fn capture_keeps_values_for_later() {
    holds(
        "/ws",
        json!([
            {"connect": "*"},
            {"on": "a", "send": {"sid": 10000000000000001_u64}, "expect": {"any": true, "capture": {"sid": "$.sid"}}},
            {"on": "a", "send": {"again": "{{sid}}"}, "expect": {"equals": {"again": 10000000000000001_u64}}},
            {"on": "b", "send": "{{a.sid}}", "expect": {"text": "10000000000000001"}}
        ]),
    );
    fails(
        "/ws",
        Faults::default(),
        json!([open(), {"on": "a", "send": {"x": 1}, "expect": {"any": true, "capture": {"sid": "$.sid"}}}]),
        "steps[1] mismatch: sid could not be captured from the selected message: nothing is there",
    );
}

#[test]
fn times_is_exact() {
    let twice = json!([
        open(),
        {"on": "a", "send": "x"},
        {"on": "a", "send": "x", "expect": {"text": "x", "times": 2, "since": "start", "within": "50ms"}}
    ]);
    let mut marked = twice.clone();
    marked[1]["mark"] = "start".into();
    holds("/ws", marked.clone());
    let repeats = Faults { repeats: Some(0), ..Faults::default() };
    fails(
        "/ws",
        repeats,
        marked.clone(),
        "steps[2] unexpected: expected exactly 2 messages (text \"x\"), received 3",
    );
    let drops = Faults { drops: Some(0), ..Faults::default() };
    fails(
        "/ws",
        drops,
        marked,
        "steps[2] timeout: text \"x\" did not come within 50 ms (1 of 2 came, the last at 4.00 ms); no other message came",
    );
}

#[test]
fn times_zero_wants_none() {
    let steps = |text: &str| json!([open(), {"on": "a", "send": text, "expect": {"text": "x", "times": 0, "within": "9ms"}}]);
    holds("/ws", steps("y"));
    fails(
        "/ws",
        Faults::default(),
        steps("x"),
        "steps[1] unexpected: expected no message, received 1: text \"x\"",
    );
}

#[test]
fn times_zero_on_a_connection_that_goes_proves_nothing() {
    let closes = Faults { closes: Some((0, 1001)), ..Faults::default() };
    fails(
        "/ws",
        closes,
        json!([open(), {"on": "a", "send": "x", "expect": {"text": "x", "times": 0, "within": "9ms"}}]),
        "steps[1] closed: that nothing comes could not be watched: the server had closed with 1001 (going away) \
         \"as told\" at 4.00 ms",
    );
}

#[test]
fn order_matters_in_order_and_not_in_any_order() {
    let steps = |how: &str| {
        json!([
            open(),
            {"on": "a", "send": "one", "mark": "start"},
            {"on": "a", "send": "two"},
            {"on": "a", "expect": {how: [{"text": "one"}, {"text": "two"}], "since": "start", "within": "50ms"}}
        ])
    };
    let swaps = || Faults { swaps: Some(0), ..Faults::default() };
    holds("/ws", steps("in_order"));
    holds("/ws", steps("any_order"));
    assert_eq!(told(&outcome("/ws", &steps("any_order"), swaps())), Vec::<String>::new());
    fails(
        "/ws",
        swaps(),
        steps("in_order"),
        "steps[3] timeout: text \"two\" did not come within 50 ms (1 of 2 came: number 1 of the list); 1 other message came; one that \
         fits came out of order",
    );
    let drops = Faults { drops: Some(1), ..Faults::default() };
    fails(
        "/ws",
        drops,
        steps("any_order"),
        "steps[3] timeout: text \"two\" did not come within 50 ms (1 of 2 came: number 1 of the list); no other message came",
    );
}

#[test]
fn a_list_that_expects_no_message_is_a_mistake() {
    for how in ["in_order", "any_order"] {
        let items = json!([{"text": "x", "times": "{{none}}"}, {"any": true, "times": "{{none}}"}]);
        let steps = json!([open(), {"set": {"none": 0}}, {"on": "a", "send": "x", "expect": {how: items, "within": "50ms"}}]);
        is_broken(
            "/ws",
            steps,
            "steps[2] script: no item of the list expects a message, so nothing would be checked",
        );
    }
}

#[test]
fn correlate_pairs_by_the_field() {
    let steps = json!([
        open(),
        {"on": "a", "repeat": {"times": 3, "every": "1us", "schedule": "open"},
         "send": {"type": "message", "id": "{{i}}"}, "expect": {"correlate": "$.id", "subset": {"type": "response"}}}
    ]);
    holds("/ws", steps.clone());
    let swaps = Faults { swaps: Some(0), ..Faults::default() };
    assert_eq!(told(&outcome("/ws", &steps, swaps)), Vec::<String>::new());
    let drops = Faults { drops: Some(1), ..Faults::default() };
    let failure = fails(
        "/ws",
        drops,
        steps,
        "steps[1].send timeout: JSON containing {\"type\":\"response\"} and $.id = 1 as sent did not come within 2 s; no other message \
         came",
    );
    assert_eq!(failure.round, Some(1));
}

#[test]
fn correlate_without_a_value_is_a_mistake() {
    is_broken(
        "/ws",
        json!([open(), {"on": "a", "send": {"x": 1}, "expect": {"any": true, "correlate": "$.id"}}]),
        "steps[1] script: correlate finds no value in the message that was sent",
    );
}

#[test]
fn what_came_before_the_last_send_has_no_time() {
    let with = |expect: Value| {
        let steps = json!([
            open(),
            {"on": "a", "send": "early"},
            {"wait": "5ms"},
            {"on": "a", "send": "later"},
            {"on": "a", "expect": expect}
        ]);
        outcome("/ws", &steps, Faults::default()).report.metrics.remove("heard")
    };
    assert_eq!(with(json!({"text": "early", "metric": "heard"})), None);
    assert_eq!(with(json!({"text": "later", "metric": "heard"})).map(|heard| heard.max), Some(Some(1000.0)));
}

// ------------------------------------------------------------------------------------------------ a network that is slow

const TOO_FAST: &str = "a sent faster than the network takes it, and waited at 64 MiB: see send.wait";

/// Twelve messages of 8 MiB, one after the other without waiting for anything, to a server that says nothing.
fn much() -> serde_json::Value {
    json!([open(), {"on": "a", "repeat": {"times": 12}, "send": {"$bytes": {"size": "8MiB"}}}])
}

#[test]
fn a_send_waits_until_the_network_has_taken_what_went_before() {
    let slow = Faults { takes: Some(64 << 20), ..Faults::default() };
    let report =
        run_text(&suite("/ws/silent", &much()).to_string(), &Setting { faults: slow, ..Setting::default() })
            .report;
    assert_eq!(report.verdict, Verdict::Pass, "{report:#?}");
    assert_eq!(report.checks[0].reasons, [TOO_FAST]);
    // Beyond the eighth each waits for about as long as the network takes for one.
    let waited = &report.metrics["send.wait"];
    assert!((2..=4).contains(&waited.count), "{waited:?}");
    assert_eq!(report.totals.sent, 12);
}

#[test]
fn a_send_is_given_up_when_the_network_takes_nothing() {
    let none = Faults { takes: Some(0), ..Faults::default() };
    let outcome = outcome("/ws/silent", &much(), none);
    let gave_up = "steps[1].send timeout: 75 497 472 bytes that were sent before have not gone out after 2 s; the other side \
                   does not read";
    assert_eq!(told(&outcome), [TOO_FAST, gave_up]);
    assert_eq!(outcome.report.verdict, Verdict::Fail);
    assert_eq!(outcome.report.totals.sent, 9, "what was not taken at the bound was not sent");
}
