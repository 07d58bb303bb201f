//! Opening connections, and opening them again.

use super::*;

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
        "steps[0] refused: the handshake with ws://sim/ws/refused failed after 0 µs, and the browser does not say why",
    );
}

fn causes(failure: &Failure) -> Vec<&str> {
    failure.causes.iter().map(|cause| &*cause.id).collect()
}

#[test]
fn a_connection_that_failed_or_was_lost_shows_likely_causes_as_the_bench_does() {
    let refused = outcome("/ws/refused", &json!([open()]), Faults::default());
    let failure = refused.report.checks[0].steps[0].failure.as_ref().expect("it was refused");
    assert_eq!(causes(failure), ["nothing_listens", "refused", "dns"]);

    let aborts = Faults { aborts: Some(0), ..Faults::default() };
    let large = "x".repeat(2 << 20);
    let lost = outcome("/ws", &json!([open(), {"on": "a", "send": large, "expect": {"echo": true}}]), aborts);
    let failure = lost.report.checks[0].steps[1].failure.as_ref().expect("it was lost");
    assert_eq!(causes(failure)[0], "too_large", "{failure:?}");
}

#[test]
fn an_end_that_the_suite_asked_for_has_no_causes() {
    let steps = json!([open(), {"on": "a", "close": {}}, {"on": "a", "send": "x"}]);
    let outcome = outcome("/ws", &steps, Faults::default());
    let failure = outcome.report.checks[0].steps[2].failure.as_ref().expect("it is closed");
    assert_eq!(causes(failure), Vec::<&str>::new(), "{failure:?}");
}

#[test]
fn connect_may_be_expected_to_fail() {
    holds("/ws/refused", json!([{"connect": "a", "expect": {"refused": true}}]));
    fails(
        "/ws",
        Faults::default(),
        json!([{"connect": "a", "expect": {"refused": true}}]),
        "steps[0] refused: expected the handshake with ws://sim/ws to be refused, and it succeeded",
    );
}

#[test]
fn connect_has_a_bound() {
    fails(
        "/ws",
        Faults::default(),
        json!([{"connect": "a", "expect": {"within": "2ms"}}]),
        "steps[0] timeout: the handshake with ws://sim/ws did not end within 2 ms",
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
        [r#"steps[0] mismatch: expected the subprotocol text "echo.v1", and the server chose "echo.v2""#]
    );
    let foreign = Faults { protocol: Some("foreign".into()), ..Faults::default() };
    let outcome = run_text(&with("echo.v2"), &Setting { faults: foreign, ..Setting::default() });
    assert_eq!(
        told(&outcome),
        [r#"steps[0] mismatch: expected the subprotocol text "echo.v2", and the server chose "foreign""#]
    );
}

#[test]
fn connect_twice_is_a_mistake_of_the_script() {
    is_broken("/ws", json!([open(), open()]), "steps[1] script: a is connected already; use reconnect");
}

#[test]
fn an_address_that_is_none_is_a_mistake_of_the_script() {
    let text = json!({
        "sockscope": 1, "suite": "s", "vars": {"host": "{{env.HOST ?? http//nowhere}}"},
        "clients": {"a": {"url": "{{host}}/ws"}},
        "checks": [{"check": "c", "steps": [{"connect": "a"}]}]
    });
    let outcome = run_text(&text.to_string(), &Setting::default());
    assert_eq!(
        told(&outcome),
        [
            "steps[0] script: \"http//nowhere/ws\" is not a valid address: an address starts with ws:// or wss://, \
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
fn reconnect_of_no_client_is_a_mistake() {
    is_broken("/ws", json!([{"reconnect": "a"}]), "steps[0] script: a is not connected; connect it first");
}

#[test]
fn reconnect_fails_when_refused() {
    let refuses = Faults { refuses_after: Some(1), ..Faults::default() };
    let steps = json!([open(), {"reconnect": "a"}]);
    assert_eq!(
        told(&outcome("/ws", &steps, refuses)),
        [
            "The server stopped accepting connections after \"check\".",
            "the server stopped accepting connections after \"check\"",
            "steps[1] refused: the handshake with ws://sim/ws failed after 0 µs, and the browser does not say why"
        ]
    );
}

#[test]
fn a_burst_that_browsers_delay_makes_slow_opens_inconclusive() {
    let with = |pace: u64| {
        let text = json!({
            "sockscope": 1, "suite": "s", "clients": {"crowd": {"url": "ws://sim/ws", "count": 20}},
            "checks": [{"check": "c", "steps": [{"connect": "crowd", "pace": pace}], "thresholds": {"open.max": "< 3ms"}}]
        });
        run_text(&text.to_string(), &Setting::default()).report
    };
    assert_eq!(with(6).verdict, Verdict::Fail);
    let burst = with(20);
    assert_eq!(burst.verdict, Verdict::Inconclusive);
    assert_eq!(
        burst.checks[0].reasons,
        ["more than 6 opens were pending at once, which browsers delay on purpose"]
    );
}

#[test]
fn a_burst_excuses_nothing_but_opens() {
    let text = json!({
        "sockscope": 1, "suite": "s", "clients": {"crowd": {"url": "ws://sim/ws/silent", "count": 20}},
        "checks": [{"check": "c", "steps": [
            {"connect": "crowd", "pace": 20},
            {"on": "crowd[0]", "send": "x", "expect": {"any": true}}
        ]}]
    });
    assert_eq!(run_text(&text.to_string(), &Setting::default()).report.verdict, Verdict::Fail);
}
