//! Hearing nothing, and the end of a connection.

use super::*;

#[test]
fn silence_holds_and_is_broken() {
    let steps = |path: &str| {
        let _ = path;
        json!([{"connect": "*"}, {"on": "a", "send": "x"}, {"on": "b", "silence": {"for": "20ms"}}])
    };
    holds("/ws", steps("/ws"));
    let failure = fails(
        "/ws",
        Faults::default(),
        json!([open(), {"on": "a", "send": "x"}, {"on": "a", "silence": {"for": "20ms"}}]),
        "steps[2] unexpected: expected no message for 20 ms, received one at 4.00 ms",
    );
    assert_eq!(failure.closest.map(|closest| closest.message), Some("x".into()));
}

#[test]
fn silence_of_some_messages_only() {
    let steps = |text: &str| json!([open(), {"on": "a", "send": "x"}, {"on": "a", "silence": {"for": "20ms", "matching": {"text": text}}}]);
    holds("/ws", steps("y"));
    fails(
        "/ws",
        Faults::default(),
        steps("x"),
        "steps[2] unexpected: expected no text \"x\" for 20 ms, received one at 4.00 ms",
    );
}

#[test]
fn silence_since_a_mark_looks_back() {
    fails(
        "/ws",
        Faults::default(),
        json!([
            open(),
            {"on": "a", "send": "x", "mark": "start"},
            {"wait": "10ms"},
            {"on": "a", "silence": {"for": "1ms", "since": "start"}}
        ]),
        "steps[3] unexpected: expected no message for 1 ms, received one at 4.00 ms",
    );
}

#[test]
fn silence_on_a_connection_that_goes_proves_nothing() {
    let closes = Faults { closes: Some((0, 1001)), ..Faults::default() };
    fails(
        "/ws",
        closes,
        json!([open(), {"on": "a", "send": "x"}, {"on": "a", "silence": {"for": "20ms"}}]),
        "steps[2] closed: the silence was broken off: the server had closed with 1001 (going away) \"as told\" at 4.00 ms",
    );
}

#[test]
fn close_and_its_end() {
    holds("/ws", json!([open(), {"on": "a", "close": {}}]));
    holds(
        "/ws",
        json!([open(), {"on": "a", "close": {"code": 3999, "reason": "bye"},
                        "expect": {"closed": {"code": [1000, 3999], "reason": "bye", "clean": true}}}]),
    );
    let failure = fails(
        "/ws",
        Faults::default(),
        json!([open(), {"on": "a", "close": {"code": 4000}, "expect": {"closed": {"code": 1000}}}]),
        "steps[1] closed: the connection ended with 4000 (the application's own code)",
    );
    assert_eq!(failure.expected.as_deref(), Some("code 1000"));
    assert_eq!((failure.diff[0].wanted.as_str(), failure.diff[0].got.as_str()), ("1000", "4000"));
}

#[test]
fn a_close_that_is_not_answered_fails() {
    let keeps = Faults { keeps_open: true, ..Faults::default() };
    let steps = json!([open(), {"on": "a", "close": {}, "expect": {"closed": {"within": "30ms"}}}]);
    let outcome =
        run_text(&suite("/ws", &steps).to_string(), &Setting { faults: keeps, ..Setting::default() });
    assert_eq!(told(&outcome), ["steps[1] timeout: the close was not answered within 30 ms"]);
}

#[test]
fn closed_waits_for_the_other_side() {
    let closes = || Faults { closes: Some((0, 4029)), ..Faults::default() };
    let steps = |closed: Value| json!([open(), {"on": "a", "send": "x"}, {"on": "a", "closed": closed}]);
    assert_eq!(
        told(&outcome("/ws", &steps(json!({"code": 4029, "clean": true})), closes())),
        Vec::<String>::new()
    );
    assert_eq!(
        told(&outcome("/ws", &steps(json!({"reason": {"contains": "told"}})), closes())),
        Vec::<String>::new()
    );
    fails(
        "/ws",
        closes(),
        steps(json!({"code": 1000, "reason": "full", "clean": false})),
        "steps[2] closed: the connection ended with 4029 (the application's own code) \"as told\"",
    );
    fails(
        "/ws",
        Faults::default(),
        steps(json!({"within": "30ms"})),
        "steps[2] timeout: expected the connection to end within 30 ms, and it is still open",
    );
}

#[test]
fn an_end_that_no_step_looks_at_is_reported() {
    let closes = || Faults { closes: Some((0, 1001)), ..Faults::default() };
    let steps = |more: Value| {
        let mut steps = vec![open(), json!({"on": "a", "send": "x"}), json!({"wait": "5ms"})];
        steps.extend(more.as_array().cloned().unwrap_or_default());
        Value::from(steps)
    };
    let unseen = outcome("/ws", &steps(json!([])), closes());
    assert_eq!(
        (told(&unseen), unseen.report.verdict),
        (
            vec![
                "the server ended a with 1001 (going away) \"as told\" at 4.00 ms, and no step looked at it"
                    .to_owned()
            ],
            Verdict::Pass
        )
    );
    let seen = outcome("/ws", &steps(json!([{"on": "a", "closed": {}}])), closes());
    assert_eq!(told(&seen), Vec::<String>::new());
}
