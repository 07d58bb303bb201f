//! Streams that are cut anywhere: steps see whole frames, and what really came is counted as it came.

use super::*;

/// The client `a` of a suite, with a stream that comes back as it was sent.
fn framed(framing: Value, steps: &Value) -> Value {
    let mut suite = suite("/ws/echo", steps);
    suite["clients"]["a"]["framing"] = framing;
    suite
}

fn run(suite: &Value, faults: Faults) -> Outcome {
    let outcome = run_text(&suite.to_string(), &Setting { faults, seed: 42, ..Setting::default() });
    assert_eq!(outcome.open, 0, "every socket is closed in the end");
    outcome
}

#[track_caller]
fn passes(framing: Value, steps: Value) -> Outcome {
    let outcome = run(&framed(framing, &steps), Faults::default());
    assert_eq!((told(&outcome), outcome.report.verdict), (Vec::<String>::new(), Verdict::Pass));
    outcome
}

#[test]
fn steps_see_the_frames_of_a_stream_that_is_cut_anywhere() {
    let outcome = passes(
        json!({"length": "u16"}),
        json!([
            open(),
            {"on": "a", "send": {"$hex": "00"}},
            {"on": "a", "send": {"$concat": [{"$hex": "02"}, "hi", {"$hex": "0001"}]}},
            {"on": "a", "send": {"$concat": ["!", {"$length": "u16", "of": "bye"}]}},
            {"on": "a", "expect": {"in_order": [
                {"bytes": {"u16": 2}, "capture": {"word": {"bytes": {"at": 2, "as": "text"}}}},
                {"bytes": {"hex": "0001 21"}},
                {"bytes": {"size": 5}},
            ]}},
            {"on": "a", "assert": {"var": "word", "eq": "hi"}},
            {"on": "a", "silence": {"for": "10ms"}},
        ]),
    );
    let count = |name: &str| outcome.report.checks[0].metrics[name].count;
    assert_eq!((count("received"), count("matched")), (3, 3), "what came is counted as it came");
    let line = outcome.report.checks[0].steps.iter().find(|step| step.path == "clients.a.framing");
    assert_eq!(line.map(|line| line.verdict), Some(Verdict::Pass));
}

#[test]
fn lines_of_text_are_messages_for_matchers_invariants_and_what_is_ignored() {
    let mut suite = framed(
        json!({"delimiter": "\n"}),
        &json!([
            open(),
            {"on": "a", "send": "{\"n\":1}\nbeat\n{\"n\""},
            {"on": "a", "send": ":2}\n"},
            {"on": "a", "expect": {"subset": {"n": 1}}},
            {"on": "a", "expect": {"subset": {"n": 2}}},
            {"on": "a", "send": "{\"n\":3}\n", "expect": {"subset": {"n": 3}, "metric": "answer"}},
        ]),
    );
    suite["invariants"] = json!([{"increasing": "$.n"}]);
    suite["ignore"] = json!([{"text": "beat"}]);
    suite["checks"][0]["strict"] = json!(true);
    let outcome = run(&suite, Faults::default());
    assert_eq!((told(&outcome), outcome.report.verdict), (Vec::<String>::new(), Verdict::Pass));
}

#[test]
fn a_reconnect_begins_a_new_stream() {
    passes(
        json!({"length": "u8", "strip": true, "as": "text"}),
        json!([
            open(),
            {"on": "a", "send": {"$hex": "05 6162"}},
            {"on": "a", "silence": {"for": "10ms"}},
            {"reconnect": "a"},
            {"on": "a", "send": {"$hex": "02 6162"}, "expect": {"text": "ab"}},
        ]),
    );
}

#[test]
fn a_frame_that_is_too_long_ends_the_wait_and_the_check() {
    let suite = framed(
        json!({"length": "u32", "max": "1KiB"}),
        &json!([
            open(),
            {"on": "a", "send": {"$hex": "7fffffff 00"}, "expect": {"any": true, "within": "5s"}},
            {"on": "a", "send": "never"},
        ]),
    );
    let outcome = run(&suite, Faults::default());
    assert_eq!(outcome.report.verdict, Verdict::Fail);
    let why = "a frame of 2 147 483 651 bytes is too long; \"max\" allows 1 024 bytes";
    assert_eq!(
        told(&outcome),
        [
            format!("steps[1] mismatch: any message did not come: {why}; no other message came"),
            format!("clients.a.framing mismatch: {why}"),
        ]
    );
    let check = &outcome.report.checks[0];
    let line = check.steps.iter().find(|step| step.path == "clients.a.framing").expect("its line");
    let closest = line.failure.as_ref().and_then(|failure| failure.closest.as_ref()).expect("what came");
    assert_eq!((closest.client.as_str(), closest.message.as_str()), ("a", "7f ff ff ff 00"));
    assert!(check.duration_ms.0 < 1_000.0, "it does not wait for what cannot come");
}

#[test]
fn a_stream_that_the_server_ends_in_the_middle_of_a_frame_fails() {
    let suite = framed(
        json!({"delimiter": "\n"}),
        &json!([
            open(),
            {"on": "a", "send": "one\ntwo", "expect": {"text": "one"}},
            {"on": "a", "send": "leave"},
            {"on": "a", "expect": {"text": "two"}},
        ]),
    );
    let outcome = run(&suite, Faults { closes: Some((1, 1000)), ..Faults::default() });
    assert_eq!(outcome.report.verdict, Verdict::Fail);
    let middle = "in the middle of a frame: 3 bytes had come without a delimiter";
    let told = told(&outcome);
    assert!(
        told[0].starts_with("steps[3] closed: text \"two\" did not come: the server closed with"),
        "{told:?}"
    );
    assert!(told[0].contains(middle), "{told:?}");
    assert!(told[1].starts_with("clients.a.framing closed: the server ended the stream at"), "{told:?}");
    assert!(told[1].ends_with(middle), "{told:?}");
}

#[test]
fn a_frame_that_is_not_whole_is_a_reason_of_what_did_not_come() {
    let suite = framed(
        json!({"delimiter": "\n"}),
        &json!([open(), {"on": "a", "send": "one\ntwo", "expect": {"text": "two", "within": "100ms"}}]),
    );
    assert_eq!(
        told(&run(&suite, Faults::default())),
        [
            "steps[1] timeout: text \"two\" did not come within 100 ms; 1 other message came; the stream stands in the \
             middle of a frame: 3 bytes had come without a delimiter"
        ]
    );
}

#[test]
fn a_stream_that_we_end_may_be_in_the_middle_of_a_frame() {
    passes(
        json!({"delimiter": "\n"}),
        json!([open(), {"on": "a", "send": "one\ntw", "expect": {"text": "one"}}]),
    );
}

#[test]
fn a_check_may_frame_a_client_of_the_suite() {
    let mut suite = suite("/ws/echo", &json!([open(), {"on": "a", "send": "a;b;", "expect": {"text": "b"}}]));
    suite["checks"][0]["clients"] = json!({"a": {"framing": {"delimiter": ";"}}});
    let outcome = run(&suite, Faults::default());
    assert_eq!((told(&outcome), outcome.report.verdict), (Vec::<String>::new(), Verdict::Pass));
}

#[test]
fn a_check_that_opens_no_stream_says_nothing_of_its_frames() {
    let mut suite =
        framed(json!({"delimiter": "\n"}), &json!([{"connect": "b"}, {"on": "b", "wait": "1ms"}]));
    suite["clients"]["b"] = json!({"url": suite["clients"]["a"]["url"]});
    let outcome = run(&suite, Faults::default());
    let check = &outcome.report.checks[0];
    let line = check.steps.iter().find(|step| step.path == "clients.a.framing");
    assert_eq!((check.verdict, line.map(|line| line.verdict)), (Verdict::Pass, Some(Verdict::Skipped)));
}
