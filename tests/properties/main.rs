//! What holds for every suite, every server and every order of messages, tried with many of them.
//!
//! Owns the generated inputs. Inputs are bytes, so a failing case shrinks by leaving bytes out, and can be given to a fuzzer.
#![cfg(not(target_arch = "wasm32"))]

mod inbox;
mod sessions;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use sockscope_engine::matcher::{Matcher, Pick};
use sockscope_engine::report::Verdict;
use sockscope_engine::run::inbox_probe::{Arrival, Mode, Pairing, Probe, Waiting, Wanting};
use sockscope_engine::{Instant, Payload};
use support::hostile::choices::Choices;
use support::hostile::claims::{self, Made};
use support::hostile::{grammar, json};

/// The same cases every time, so that a failure can be repeated; `PROPTEST_CASES` asks for more of them.
#[track_caller]
fn holds<S: Strategy>(cases: u32, strategy: S, claim: impl Fn(S::Value)) {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    let config = Config {
        cases: asked.unwrap_or(cases),
        failure_persistence: None,
        max_shrink_iters: 4000,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let result = runner.run(&strategy, |value| {
        claim(value);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..most)
}

// --------------------------------------------------------------------------------------------------- reading

#[test]
fn no_text_keeps_a_suite_from_being_refused_in_order() {
    holds(600, any::<String>(), |text| drop(claims::suite_parse(&text)));
    let pieces = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\n",
        "\r\n",
        "//",
        "/*",
        "*/",
        "1",
        "-",
        "e9",
        "\"a\"",
        "{{",
        "}}",
        "\"sockscope\":1",
        "\"suite\":\"s\"",
        "\"checks\":[",
        "\"steps\":[",
        "\u{feff}",
        "é",
        "\t",
        "null",
        "'",
        "\u{2028}",
        "“",
        "\"on\"",
        "\"send\"",
        "\"expect\"",
        "\"repeat\"",
    ]);
    holds(600, vec(pieces, 0..60), |pieces| drop(claims::suite_parse(&pieces.concat())));
}

#[test]
fn no_json_keeps_a_suite_from_being_refused_in_order() {
    holds(400, bytes(120), |bytes| {
        drop(claims::suite_parse(&json::value(&Choices::of(&bytes), 6).to_string()));
    });
}

#[test]
fn a_suite_with_mistakes_is_refused_in_order() {
    let rooms = include_str!("../golden/suite-valid/rooms.json");
    let rooms: Value = serde_json::from_str(rooms).expect("a suite in plain JSON");
    holds(700, (bytes(300), any::<bool>()), |(bytes, is_made)| {
        let (mutations, made) = bytes.split_at(bytes.len().min(80));
        let mut suite = if is_made { grammar::suite(&Choices::of(made)) } else { rooms.clone() };
        let choices = Choices::of(mutations);
        while !choices.is_used_up() {
            json::mutate(&mut suite, &choices);
        }
        let text = match made.first() {
            Some(0..128) => serde_json::to_string_pretty(&suite).expect("a value is JSON"),
            _ => suite.to_string(),
        };
        drop(claims::suite_parse(&text));
    });
}

#[test]
fn no_template_and_no_matcher_takes_long_or_panics() {
    holds(500, any::<String>(), |text| claims::template(&text));
    holds(500, bytes(40), |bytes| claims::template(&json::text(&Choices::of(&bytes))));
    holds(800, bytes(80), |bytes| {
        let choices = Choices::of(&bytes);
        let spec = grammar::matcher(&choices, 3).to_string();
        claims::matcher_message(spec.as_bytes(), support::hostile::server::message(&choices).as_bytes());
    });
}

// --------------------------------------------------------------------------------------------------- running

#[test]
fn every_suite_ends_honestly_against_every_server() {
    let counts: [Cell<u32>; 3] = Default::default();
    let count = |which: usize| counts[which].set(counts[which].get() + 1);
    holds(500, vec(any::<u8>(), 64..500), |bytes| match claims::run_suite(&bytes) {
        Made::Refused => count(0),
        Made::Ran(report) if report.verdict == Verdict::Pass => count(1),
        Made::Ran(_) | Made::Dropped => count(2),
    });
    let [refused, passed, failed] = counts.map(|count| count.get());
    println!("{refused} refused, {passed} passed, {failed} did not");
    // A claim about suites that all fail to read is none.
    assert!(passed > 0 && failed > refused / 2, "{refused} refused, {passed} passed, {failed} did not");
}

/// A check of these steps with a timeout of five seconds ends by then, whatever its values.
#[track_caller]
fn ends(steps: Value) {
    let suite = json!({
        "sockscope": 1, "suite": "extreme",
        "clients": {"a": {"url": "ws://sim/"}, "crowd": {"url": "ws://sim/", "count": 2}},
        "checks": [{"check": "c", "timeout": "5s", "steps": steps}]
    });
    // A server that echoes at once.
    assert!(matches!(claims::run_text(&[0; 16], &suite.to_string()), Made::Ran(_)), "{suite}");
}

#[test]
fn no_value_is_so_large_that_a_check_does_not_end() {
    let (centuries, most) = ("307445734m", u64::MAX);
    ends(json!([{"connect": "a", "expect": {"within": centuries, "refused": true}}]));
    ends(json!([{"connect": "a"}, {"on": "a", "expect": {"text": "never", "within": centuries}}]));
    ends(json!([{"connect": "a"}, {"on": "a", "silence": {"for": centuries}}]));
    ends(json!([{"connect": "a"}, {"on": "a", "closed": {"within": centuries}}]));
    ends(json!([{"wait": centuries}]));
    for schedule in ["open", "closed"] {
        let repeat =
            |rounds: Value| ends(json!([{"connect": "a"}, {"repeat": rounds, "on": "a", "send": 1}]));
        repeat(json!({"times": 3, "every": centuries, "schedule": schedule}));
        repeat(json!({"for": centuries, "every": "100ms", "schedule": schedule}));
        repeat(json!({"times": most, "every": "10ms", "schedule": schedule}));
    }
    ends(
        json!([{"connect": "a"}, {"on": "a", "send": 1, "expect": {"any": true, "times": most, "within": "1s"}}]),
    );
    ends(
        json!([{"connect": "a"}, {"on": "a", "expect": {"in_order": [{"any": true, "times": most}], "within": "1s"}}]),
    );
    ends(json!([{"connect": "crowd", "pace": most}]));
    ends(
        json!([{"connect": "a"}, {"on": "a", "expect": {"in_order": [{"any": true, "times": 5}, {"any": true, "times": most}]}}]),
    );
    ends(json!([{"http": {"method": "GET", "url": "http://sim/"}, "expect": {"within": centuries}}]));
}

// --------------------------------------------------------------------------------------------------- the inbox
