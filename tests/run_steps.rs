//! Every step, matcher and invariant can hold and can fail, and says in words how it failed.
//!
//! Runs suites against the simulated practice server; the messages that stand here are what a tester reads.
#![cfg(not(target_arch = "wasm32"))]

mod simulated;

use serde_json::{Value, json};
use simulated::{Faults, Outcome, Setting, run_text, suite};
use sockscope::engine::report::{Failure, Verdict};

/// What a run of these steps is: `pass`, or each failure as `path kind: message`.
fn told(outcome: &Outcome) -> Vec<String> {
    let report = &outcome.report;
    let mut told: Vec<String> = report.reasons.clone();
    for check in &report.checks {
        told.extend(check.reasons.iter().cloned());
        for step in &check.steps {
            if let Some(failure) = &step.failure {
                let kind = serde_json::to_value(failure.kind).expect("a kind has a name");
                told.push(format!(
                    "{} {}: {}",
                    step.path,
                    kind.as_str().unwrap_or_default(),
                    failure.message
                ));
            }
        }
        told.extend(check.thresholds.iter().filter(|one| one.verdict != Verdict::Pass).map(|one| {
            let message = one.message.clone().unwrap_or_default();
            format!("threshold {}: {message}", one.expr)
        }));
    }
    let suite = report.thresholds.iter().filter(|one| one.verdict != Verdict::Pass);
    told.extend(
        suite.map(|one| format!("threshold {}: {}", one.expr, one.message.clone().unwrap_or_default())),
    );
    told
}

#[track_caller]
fn outcome(path: &str, steps: &Value, faults: Faults) -> Outcome {
    let outcome =
        run_text(&suite(path, steps).to_string(), &Setting { faults, seed: 42, ..Setting::default() });
    assert_eq!(outcome.open, 0, "every socket is closed in the end");
    outcome
}

#[track_caller]
fn holds(path: &str, steps: Value) {
    let outcome = outcome(path, &steps, Faults::default());
    assert_eq!((told(&outcome), outcome.report.verdict), (Vec::<String>::new(), Verdict::Pass));
}

#[track_caller]
fn fails(path: &str, faults: Faults, steps: Value, message: &str) -> Failure {
    let outcome = outcome(path, &steps, faults);
    assert_eq!((told(&outcome), outcome.report.verdict), (vec![message.to_owned()], Verdict::Fail));
    let mut steps = outcome.report.checks.into_iter().flat_map(|check| check.steps);
    steps.find_map(|step| step.failure).expect("a failure")
}

#[track_caller]
fn is_broken(path: &str, steps: Value, message: &str) {
    let outcome = outcome(path, &steps, Faults::default());
    assert_eq!((told(&outcome), outcome.report.verdict), (vec![message.to_owned()], Verdict::Error));
}

fn open() -> Value {
    json!({"connect": "a"})
}

#[track_caller]
fn matches(send: Value, expect: Value) {
    holds("/ws", json!([open(), {"on": "a", "send": send, "expect": expect}]));
}

/// A message that comes back as it is, against an expectation that it does not meet.
#[track_caller]
fn misses(send: Value, expect: Value, message: &str) -> Failure {
    let steps = json!([open(), {"on": "a", "send": send, "expect": expect}]);
    fails("/ws/echo", Faults::default(), steps, &format!("steps[1] timeout: {message}"))
}

// ------------------------------------------------------------------------------------------------ connecting

#[test]
fn connect_opens() {
    holds("/ws", json!([{"connect": "*"}, {"on": "*", "close": {}}]));
    holds("/ws", json!([{"connect": ["a", "b"]}]));
}

#[test]
fn connect_fails_when_refused() {
    fails(
        "/ws/refused",
        Faults::default(),
        json!([open()]),
        "steps[0] refused: the handshake with ws://sim/ws/refused failed after 0s; a browser does not say why (no \
         server there, TLS, a status other than 101, another subprotocol)",
    );
}

#[test]
fn connect_may_be_expected_to_fail() {
    holds("/ws/refused", json!([{"connect": "a", "expect": {"refused": true}}]));
    fails(
        "/ws",
        Faults::default(),
        json!([{"connect": "a", "expect": {"refused": true}}]),
        "steps[0] refused: the handshake with ws://sim/ws was to be refused, and it succeeded",
    );
}

#[test]
fn connect_has_a_bound() {
    fails(
        "/ws",
        Faults::default(),
        json!([{"connect": "a", "expect": {"within": "2ms"}}]),
        "steps[0] timeout: the handshake with ws://sim/ws did not end within 2ms",
    );
}

#[test]
fn connect_looks_at_the_subprotocol() {
    let with = |expect: &str| {
        json!({
            "sockscope": 1, "suite": "s",
            "clients": {"a": {"url": "ws://sim/ws", "protocols": ["chat", "echo.v2", "echo.v1"]}},
            "checks": [{"check": "c", "steps": [{"connect": "a", "expect": {"protocol": expect}}]}]
        })
        .to_string()
    };
    assert_eq!(run_text(&with("echo.v2"), &Setting::default()).report.verdict, Verdict::Pass);
    assert_eq!(
        told(&run_text(&with("echo.v1"), &Setting::default())),
        [r#"steps[0] mismatch: the subprotocol was to be text "echo.v1", and the server chose "echo.v2""#]
    );
    let foreign = Faults { protocol: Some("foreign".into()), ..Faults::default() };
    let outcome = run_text(&with("echo.v2"), &Setting { faults: foreign, ..Setting::default() });
    assert_eq!(
        told(&outcome),
        [r#"steps[0] mismatch: the subprotocol was to be text "echo.v2", and the server chose "foreign""#]
    );
}

#[test]
fn connect_twice_is_a_mistake_of_the_script() {
    is_broken("/ws", json!([open(), open()]), "steps[1] script: a is connected already; use reconnect");
}

#[test]
fn an_address_that_is_none_is_a_mistake_of_the_script() {
    let text = json!({
        "sockscope": 1, "suite": "s", "vars": {"host": "http//nowhere"},
        "clients": {"a": {"url": "{{host}}/ws"}},
        "checks": [{"check": "c", "steps": [{"connect": "a"}]}]
    });
    let outcome = run_text(&text.to_string(), &Setting::default());
    assert_eq!(
        told(&outcome),
        [
            "steps[0] script: \"http//nowhere/ws\" is no address to connect to: an address starts with ws:// or wss://, \
          this one has no scheme"
        ]
    );
    assert_eq!(outcome.report.verdict, Verdict::Error);
}

#[test]
fn reconnect_opens_again_and_the_inbox_goes_on() {
    holds(
        "/ws",
        json!([
            open(),
            {"on": "a", "send": "kept"},
            {"wait": "5ms"},
            {"reconnect": "a"},
            {"on": "a", "expect": {"text": "kept"}},
            {"on": "a", "send": "new", "expect": {"text": "new"}}
        ]),
    );
}

#[test]
fn reconnect_after_a_drop() {
    let aborts = Faults { aborts: Some(0), ..Faults::default() };
    let steps = json!([
        open(),
        {"on": "a", "send": "x"},
        {"on": "a", "closed": {"code": 1006, "clean": false}},
        {"reconnect": "a"}
    ]);
    assert_eq!(told(&outcome("/ws", &steps, aborts)), Vec::<String>::new());
}

#[test]
fn reconnect_of_nobody_is_a_mistake() {
    is_broken("/ws", json!([{"reconnect": "a"}]), "steps[0] script: a is not connected; connect it first");
}

// ------------------------------------------------------------------------------------------------ messages

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
        r#"JSON containing {"type":"joined","room":"red"} did not come within 2s; 1 other message came"#,
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
fn silence_of_the_server_times_out() {
    fails(
        "/ws/silent",
        Faults::default(),
        json!([open(), {"on": "a", "send": "x", "expect": {"any": true, "within": "50ms"}}]),
        "steps[1] timeout: any message did not come within 50ms; no other message came",
    );
}

#[test]
fn a_reply_on_the_last_moment_is_in_time_and_one_after_it_is_not() {
    let steps = json!([open(), {"on": "a", "send": "x", "expect": {"any": true, "within": "1ms"}}]);
    holds("/ws", steps.clone());
    let slow = Faults { delay: std::time::Duration::from_micros(1), ..Faults::default() };
    fails("/ws", slow, steps, "steps[1] timeout: any message did not come within 1ms; no other message came");
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
         \"as told\" at 4ms",
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
        "steps[1] mismatch: the selected message is not as it should be: expected JSON where $.n is {\"eq\":6}: $.n: wanted 6, \
         got 5",
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
        "steps[2] unexpected: exactly 2 of text \"x\" were to come, and one more came",
    );
    let drops = Faults { drops: Some(0), ..Faults::default() };
    fails(
        "/ws",
        drops,
        marked,
        "steps[2] timeout: text \"x\" did not come within 50ms (1 of 2 came); no other message came",
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
        "steps[1] unexpected: exactly 0 of text \"x\" were to come, and one more came",
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
         \"as told\" at 4ms",
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
        "steps[3] timeout: text \"two\" did not come within 50ms (1 of 2 came); 1 other message came; one that \
         fits came out of order",
    );
    let drops = Faults { drops: Some(1), ..Faults::default() };
    fails(
        "/ws",
        drops,
        steps("any_order"),
        "steps[3] timeout: text \"two\" did not come within 50ms (1 of 2 came); no other message came",
    );
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
        "steps[1].send timeout: JSON containing {\"type\":\"response\"} did not come within 2s; no other message came",
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

// ------------------------------------------------------------------------------------------------ matchers

#[test]
fn every_matcher_holds() {
    matches(json!({"a": {"b": 1, "c": 2}}), json!({"subset": {"a": {"b": {"$gte": 1}}}}));
    matches(json!({"a": 1}), json!({"equals": {"a": 1.0}}));
    matches(json!("hello"), json!({"text": "hello"}));
    matches(json!("hello"), json!({"contains": "ell"}));
    matches(json!("hello"), json!({"regex": "^h.*o$"}));
    matches(json!({"items": [{"id": 3}]}), json!({"path": "$.items[0].id", "eq": 3}));
    matches(json!({"$bytes": {"size": 4, "fill": "ramp"}}), json!({"bytes": {"size": 4, "hex": "00010203"}}));
    matches(json!({"$hex": "00ff"}), json!({"echo": true}));
    matches(json!("x"), json!({"any": true}));
    matches(json!("x"), json!({"not": {"text": "y"}}));
    matches(json!("xy"), json!({"all_of": [{"contains": "x"}, {"contains": "y"}]}));
    matches(json!("x"), json!({"any_of": [{"text": "y"}, {"text": "x"}]}));
}

#[test]
fn every_matcher_fails() {
    let tail = "did not come within 2s; 1 other message came";
    misses(json!({"a": 1}), json!({"subset": {"a": 2}}), &format!(r#"JSON containing {{"a":2}} {tail}"#));
    misses(
        json!({"a": 10000000000000001_u64}),
        json!({"equals": {"a": serde_json::from_str::<Value>("1e16").unwrap()}}),
        &format!(r#"JSON equal to {{"a":1e+16}} {tail}"#),
    );
    misses(json!("hello"), json!({"text": "hullo"}), &format!(r#"text "hullo" {tail}"#));
    misses(json!("hello"), json!({"contains": "z"}), &format!(r#"text containing "z" {tail}"#));
    misses(json!("hello"), json!({"regex": "^x"}), &format!("text matching /^x/ {tail}"));
    misses(
        json!({"n": 1}),
        json!({"path": "$.n", "gt": 1}),
        &format!(r#"JSON where $.n is {{"gt":1}} {tail}"#),
    );
    misses(json!("x"), json!({"bytes": {"size": 1}}), &format!("a binary message as described {tail}"));
    misses(json!("x"), json!({"not": {"text": "x"}}), &format!(r#"not (text "x") {tail}"#));
    misses(
        json!("x"),
        json!({"all_of": [{"text": "x"}, {"text": "y"}]}),
        &format!(r#"(text "x" and text "y") {tail}"#),
    );
    misses(
        json!("x"),
        json!({"any_of": [{"text": "z"}, {"text": "y"}]}),
        &format!(r#"(text "z" or text "y") {tail}"#),
    );
}

#[test]
fn an_echo_that_is_changed_fails() {
    let steps = json!([open(), {"on": "a", "send": "hello", "expect": {"echo": true}}]);
    for faults in
        [Faults { corrupts: Some(0), ..Faults::default() }, Faults { mistypes: true, ..Faults::default() }]
    {
        fails(
            "/ws/echo",
            faults,
            steps.clone(),
            "steps[1] timeout: an echo of what was sent did not come within 2s; 1 other message came",
        );
    }
    fails(
        "/ws/echo",
        Faults { drops: Some(0), ..Faults::default() },
        steps,
        "steps[1] timeout: an echo of what was sent did not come within 2s; no other message came",
    );
}

// ------------------------------------------------------------------------------------------------ silence, close

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
        "steps[2] unexpected: nothing was to come for 20ms, and this came at 4ms",
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
        "steps[2] unexpected: no text \"x\" was to come for 20ms, and this came at 4ms",
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
        "steps[3] unexpected: nothing was to come for 1ms, and this came at 4ms",
    );
}

#[test]
fn silence_on_a_connection_that_goes_proves_nothing() {
    let closes = Faults { closes: Some((0, 1001)), ..Faults::default() };
    fails(
        "/ws",
        closes,
        json!([open(), {"on": "a", "send": "x"}, {"on": "a", "silence": {"for": "20ms"}}]),
        "steps[2] closed: the silence was broken off: the server had closed with 1001 (going away) \"as told\" at 4ms",
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
    assert_eq!(told(&outcome), ["steps[1] timeout: the close was not answered within 30ms"]);
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
        "steps[2] timeout: the connection was to end within 30ms, and it is open",
    );
}

// ------------------------------------------------------------------------------------------------ http

#[test]
fn an_http_call_causes_an_event() {
    let steps = json!([
        open(),
        {"http": {"method": "POST", "url": "http://sim/api/events", "json": {"type": "t", "data": {"n": 1}}},
         "mark": "published", "expect": {"status": 202, "subset": {"id": {"$type": "string"}}, "capture": {"event": "$.id"}}},
        {"on": "a", "expect": {"subset": {"type": "t", "id": "{{event}}"}, "since": "published", "metric": "event"}}
    ]);
    holds("/ws/events", steps.clone());
    fails(
        "/ws/events",
        Faults { drops: Some(0), ..Faults::default() },
        steps,
        "steps[2] timeout: JSON containing {\"type\":\"t\",\"id\":\"e-1\"} did not come within 2s; no other message came",
    );
}

#[test]
fn an_http_answer_is_judged() {
    let call = |url: &str, expect: Value| json!([{"http": {"url": url}, "expect": expect}]);
    holds("/ws", call("http://sim/api/health", json!({"status": 200, "subset": {"status": "ok"}})));
    holds("/ws", json!([{"http": {"url": "http://sim/api/health"}}]));
    fails(
        "/ws",
        Faults::default(),
        call("http://sim/api/nothing", json!({"status": [200, 204]})),
        "steps[0] http: GET http://sim/api/nothing was answered with status 404, wanted 200 or 204: \
         {\"error\":\"no such path\"}",
    );
    fails(
        "/ws",
        Faults { status: Some(500), ..Faults::default() },
        json!([{"http": {"url": "http://sim/api/health"}}]),
        "steps[0] http: GET http://sim/api/health was answered with status 500, wanted a status below 400: \
         {\"error\":\"as told\"}",
    );
    fails(
        "/ws",
        Faults::default(),
        call("http://sim/api/health", json!({"subset": {"status": "bad"}})),
        "steps[0] http: the answer to GET http://sim/api/health is not as it should be: expected JSON containing \
         {\"status\":\"bad\"}: $.status: wanted \"bad\", got \"ok\"",
    );
    fails(
        "/ws",
        Faults::default(),
        call("http://nowhere/", json!({"status": 200})),
        "steps[0] http: GET http://nowhere/ was not answered: nobody answers there",
    );
    fails(
        "/ws",
        Faults::default(),
        call("http://sim/api/health", json!({"within": "500us"})),
        "steps[0] http: GET http://sim/api/health was not answered within 500us",
    );
}

// ------------------------------------------------------------------------------------------------ flow

#[test]
fn branches_run_at_once_and_all_are_told() {
    holds("/ws", json!([{"all": [{"wait": "10ms"}, [{"wait": "5ms"}, {"wait": "5ms"}]]}]));
    let outcome = outcome(
        "/ws",
        &json!([
            {"connect": "*"},
            {"all": [
                {"on": "a", "send": "x", "expect": {"text": "y", "within": "5ms"}},
                [{"on": "b", "send": "x", "expect": {"text": "x"}}, {"on": "b", "silence": {"for": "3ms"}}],
                {"on": "b", "expect": {"text": "z", "within": "7ms"}}
            ]}
        ]),
        Faults::default(),
    );
    assert_eq!(
        told(&outcome),
        [
            "steps[1].all[0] timeout: text \"y\" did not come within 5ms; 1 other message came",
            "steps[1].all[2] timeout: text \"z\" did not come within 7ms; no other message came",
        ]
    );
    assert_eq!(outcome.report.checks[0].duration_ms.0, 3.0 + 20.0 + 7.0 + 1.0);
}

#[test]
fn rounds_are_counted_and_their_failure_says_which() {
    holds(
        "/ws",
        json!([open(), {"on": "a", "repeat": {"times": 5}, "send": "n{{i}}", "expect": {"text": "n{{i}}"}}]),
    );
    let failure = fails(
        "/ws",
        Faults { drops: Some(3), ..Faults::default() },
        json!([open(), {"on": "a", "repeat": {"times": 5}, "send": "n{{i}}", "expect": {"text": "n{{i}}"}}]),
        "steps[1].send timeout: text \"n3\" did not come within 2s; no other message came",
    );
    assert_eq!(failure.round, Some(3));
}

#[test]
fn rounds_for_a_while() {
    let steps = json!([open(), {"on": "a", "repeat": {"for": "100ms", "every": "10ms"}, "send": "x", "expect": {"any": true}}]);
    let outcome = outcome("/ws", &steps, Faults::default());
    assert_eq!(outcome.report.totals.sent, 10);
}

#[test]
fn a_repeat_of_several_clients_runs_for_each_by_itself() {
    let steps = json!([
        {"connect": "*"},
        {"on": ["a", "b"], "repeat": {"times": 3}, "steps": [
            {"send": "{{client}}{{i}}", "expect": {"text": "{{client}}{{i}}"}}
        ]}
    ]);
    let outcome = outcome("/ws", &steps, Faults::default());
    assert_eq!(told(&outcome), Vec::<String>::new());
    assert_eq!(outcome.report.totals.sent, 6);
    assert_eq!(outcome.report.checks[0].steps[2].runs, 6);
    assert_eq!(outcome.report.checks[0].steps[2].on, ["a", "b"]);
}

#[test]
fn conditions_choose_steps() {
    let steps = json!([
        {"set": {"yes": true, "no": "false"}},
        {"if": "{{no}}", "http": {"url": "http://nowhere/"}},
        {"if": "{{yes}}", "wait": "1ms"}
    ]);
    let outcome = outcome("/ws", &steps, Faults::default());
    assert_eq!(told(&outcome), Vec::<String>::new());
    let verdicts: Vec<_> = outcome.report.checks[0].steps.iter().map(|step| step.verdict).collect();
    assert_eq!(verdicts, [Verdict::Pass, Verdict::Skipped, Verdict::Pass]);
}

#[test]
fn what_follows_a_failure_is_skipped() {
    let steps = json!([{"http": {"url": "http://nowhere/"}}, {"wait": "1ms"}]);
    let outcome = outcome("/ws", &steps, Faults::default());
    assert_eq!(outcome.report.checks[0].steps[1].verdict, Verdict::Skipped);
}

#[test]
fn set_changes_variables() {
    holds(
        "/ws",
        json!([
            open(),
            {"set": {"room": "r-{{random 1 9}}"}},
            {"on": "a", "send": "{{room}}", "expect": {"text": "{{room}}"}}
        ]),
    );
}

#[test]
fn measure_takes_the_time_of_a_block() {
    let steps = json!([{"measure": "block", "steps": [{"wait": "10ms"}, {"wait": "5ms"}]}]);
    let outcome = outcome("/ws", &steps, Faults::default());
    let block = &outcome.report.metrics["block"];
    assert_eq!((block.count, block.min, block.max), (1, Some(15000.0), Some(15000.0)));
}

#[test]
fn a_group_acts_together() {
    let text = json!({
        "sockscope": 1, "suite": "s", "vars": {"n": 20},
        "clients": {"crowd": {"url": "ws://sim/ws/rooms?user={{client}}", "count": "{{n}}"}},
        "checks": [{"check": "c", "steps": [
            {"connect": "crowd"},
            {"on": "crowd", "send": {"type": "join", "room": "r"}, "expect": {"subset": {"type": "joined", "user": "{{client}}"}}},
            {"on": "crowd[3]", "send": {"type": "say", "room": "r", "text": "{{index}}"}, "mark": "said"},
            {"on": "*", "expect": {"subset": {"type": "said", "from": "crowd[3]", "text": 3}, "since": "said", "metric": "fanout"}}
        ], "thresholds": {"fanout.count": "== 20", "fanout.max": "<= 1ms", "open.count": "== 20", "open.max": "<= 3ms"}}]
    });
    let outcome = run_text(&text.to_string(), &Setting::default());
    assert_eq!(told(&outcome), Vec::<String>::new());
    let leak = Setting { faults: Faults { drops: Some(2), ..Faults::default() }, ..Setting::default() };
    assert_eq!(run_text(&text.to_string(), &leak).report.verdict, Verdict::Fail);
}

// ------------------------------------------------------------------------------------------------ invariants

#[track_caller]
fn invariant(rule: Value, texts: &[&str], expected: &[&str]) {
    let sends: Vec<_> =
        texts.iter().map(|text| json!({"on": "a", "send": text, "expect": {"echo": true}})).collect();
    let mut steps = vec![open()];
    steps.extend(sends);
    let mut suite = suite("/ws/echo", &steps.into());
    suite["invariants"] = json!([rule]);
    let outcome = run_text(&suite.to_string(), &Setting::default());
    assert_eq!(told(&outcome), expected);
    assert_eq!(outcome.report.verdict, if expected.is_empty() { Verdict::Pass } else { Verdict::Fail });
}

#[test]
fn increasing_holds_and_is_broken() {
    let rule = json!({"on": "a", "increasing": "$.seq"});
    invariant(rule.clone(), &[r#"{"seq":1}"#, r#"{"x":1}"#, r#"{"seq":1.5}"#, r#"{"seq":10}"#], &[]);
    invariant(
        rule.clone(),
        &[r#"{"seq":2}"#, r#"{"seq":2.0}"#],
        &["invariants[0] invariant: 2.0 came after 2, so it does not grow"],
    );
    invariant(
        rule,
        &[r#"{"seq":2}"#, r#"{"seq":1}"#],
        &["invariants[0] invariant: 1 came after 2, so it does not grow"],
    );
}

#[test]
fn unique_holds_and_is_broken() {
    let rule = json!({"unique": "$.id"});
    invariant(
        rule.clone(),
        &[
            r#"{"id":1}"#,
            r#"{"id":"1"}"#,
            r#"{"x":1}"#,
            r#"{"x":1,"id":10000000000000001}"#,
            r#"{"id":1e16}"#,
        ],
        &[],
    );
    invariant(rule, &[r#"{"id":1}"#, r#"{"id":1.0}"#], &["invariants[0] invariant: 1.0 came a second time"]);
}

#[test]
fn max_gap_holds_and_is_broken() {
    let rule = json!({"on": "a", "max_gap": "30ms"});
    let with = |wait: &str| {
        let mut suite = suite(
            "/ws/echo",
            &json!([open(), {"on": "a", "send": "x", "expect": {"any": true}}, {"wait": wait}, {"on": "a", "close": {}}, {"wait": "1s"}]),
        );
        suite["invariants"] = json!([rule]);
        told(&run_text(&suite.to_string(), &Setting::default()))
    };
    assert_eq!(with("29ms"), Vec::<String>::new());
    assert_eq!(with("31ms"), ["invariants[0] invariant: nothing came for 31ms; at most 30ms is allowed"]);
}

#[test]
fn an_invariant_goes_on_across_reconnects() {
    let mut suite = suite(
        "/ws/echo",
        &json!([
            open(),
            {"on": "a", "send": {"seq": 1}, "expect": {"any": true}},
            {"reconnect": "a"},
            {"on": "a", "send": {"seq": 1}, "expect": {"any": true}}
        ]),
    );
    suite["invariants"] = json!([{"on": "a", "increasing": "$.seq"}]);
    assert_eq!(
        told(&run_text(&suite.to_string(), &Setting::default())),
        ["invariants[0] invariant: 1 came after 1, so it does not grow"]
    );
}

// ------------------------------------------------------------------------------------------------ the whole check

#[test]
fn a_strict_check_wants_nothing_left_over() {
    let steps = json!([open(), {"on": "a", "send": "x"}, {"wait": "5ms"}]);
    let mut suite = suite("/ws", &steps);
    assert_eq!(told(&run_text(&suite.to_string(), &Setting::default())), Vec::<String>::new());
    suite["checks"][0]["strict"] = true.into();
    assert_eq!(
        told(&run_text(&suite.to_string(), &Setting::default())),
        ["strict unexpected: the check is strict, and 1 message came that no step selected"]
    );
    suite["ignore"] = json!([{"text": "x"}]);
    assert_eq!(told(&run_text(&suite.to_string(), &Setting::default())), Vec::<String>::new());
}

#[test]
fn teardown_runs_after_a_failure() {
    let mut suite =
        suite("/ws", &json!([open(), {"on": "a", "send": "x", "expect": {"text": "y", "within": "5ms"}}]));
    suite["setup"] = json!([{"wait": "1ms"}]);
    suite["teardown"] = json!([{"on": "a", "send": "bye", "expect": {"text": "bye"}}]);
    let outcome = run_text(&suite.to_string(), &Setting::default());
    let steps: Vec<_> =
        outcome.report.checks[0].steps.iter().map(|step| (step.path.as_str(), step.verdict)).collect();
    assert_eq!(
        steps,
        [
            ("setup[0]", Verdict::Pass),
            ("steps[0]", Verdict::Pass),
            ("steps[1]", Verdict::Fail),
            ("teardown[0]", Verdict::Pass)
        ]
    );
}

#[test]
fn a_check_has_a_timeout() {
    let mut suite = suite("/ws", &json!([open(), {"all": [{"wait": "1s"}, {"wait": "1ms"}]}]));
    suite["checks"][0]["timeout"] = "50ms".into();
    let outcome = run_text(&suite.to_string(), &Setting::default());
    assert_eq!(
        told(&outcome),
        ["steps[1].all[0] timeout: the check's timeout of 50ms passed while this step ran"]
    );
    assert_eq!(outcome.report.checks[0].steps[1].verdict, Verdict::Fail);
    assert_eq!(outcome.open, 0);
}

#[test]
fn thresholds_judge_and_want_samples() {
    let mut suite = suite("/ws", &json!([open(), {"on": "a", "send": "x", "expect": {"any": true}}]));
    suite["checks"][0]["thresholds"] = json!({"rtt.p95": "<= 1ms", "missing": "== 0", "success": ">= 99.9%"});
    assert_eq!(told(&run_text(&suite.to_string(), &Setting::default())), Vec::<String>::new());
    suite["checks"][0]["thresholds"] = json!({"rtt.p95": "< 1ms"});
    assert_eq!(
        told(&run_text(&suite.to_string(), &Setting::default())),
        ["threshold rtt.p95 < 1ms: rtt.p95 is 1ms, wanted < 1ms"]
    );
    let step = suite["checks"][0]["steps"][1].clone();
    suite["checks"][0]["steps"][1] =
        json!({"if": "{{never}}", "on": "a", "send": "x", "expect": step["expect"]});
    suite["vars"] = json!({"never": false});
    assert_eq!(
        told(&run_text(&suite.to_string(), &Setting::default())),
        ["threshold rtt.p95 < 1ms: no sample of rtt was taken"]
    );
}

#[test]
fn a_schema_matcher_and_a_schema_invariant_hold_and_are_broken() {
    let schema =
        json!({"type": "object", "properties": {"n": {"type": "integer", "minimum": 0}}, "required": ["n"]});
    matches(json!({"n": 1}), json!({"schema": schema}));
    let failure = misses(
        json!({"n": -1}),
        json!({"schema": schema}),
        "JSON that fits the schema {\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\",\"minimum\":0}},\
         \"required\":[\"n\"]} did not come within 2s; 1 other message came",
    );
    assert_eq!((failure.diff[0].path.as_str(), failure.diff[0].got.as_str()), ("$.n", "-1"));
    let rule = json!({"schema": schema});
    invariant(rule.clone(), &[r#"{"n":1}"#, r#"{"n":2.0}"#], &[]);
    invariant(
        rule,
        &[r#"{"n":1}"#, r#"{"n":1.5}"#],
        &[
            r#"invariants[0] invariant: a message is not as described: expected JSON that fits the schema {"type":"object","properties":{"n":{"type":"integer","minimum":0}},"required":["n"]}: $.n: wanted an integer, got 1.5"#,
        ],
    );
}
