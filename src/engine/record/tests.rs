use super::*;

fn recorded(lines: &[&str]) -> Drafted {
    let drafted = suite_of(&lines.join("\n")).expect("a recording");
    if let Err(problems) = Suite::parse(&drafted.text) {
        panic!("{}\n{problems:?}", drafted.text);
    }
    drafted
}

/// The steps as the document has them.
#[track_caller]
fn check(lines: &[&str], steps: &[&str]) -> Drafted {
    let drafted = recorded(lines);
    let suite: Value = serde_json::from_str(&drafted.text).expect("JSON");
    let found = suite["checks"][0]["steps"].as_array().expect("steps");
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found, steps, "{}", drafted.text);
    drafted
}

const OPEN: &str = r#"{"event":"connecting","connection":1,"name":"alice","url":"ws://h/ws/rooms?user=alice","protocols":[]}"#;
const OPENED: &str = r#"{"event":"opened","connection":1,"name":"alice","protocol":""}"#;

#[test]
fn a_question_and_its_answer_become_one_step() {
    let drafted = check(
        &[
            OPEN,
            OPENED,
            r#"{"event":"sent","connection":1,"name":"alice","text":"{\"id\":7,\"q\":1}"}"#,
            r#"{"event":"received","connection":1,"name":"alice","text":"{\"type\":\"push\"}"}"#,
            r#"{"event":"received","connection":1,"name":"alice","text":"{\"id\":7,\"at\":1763722800000,\"session\":\"f81d4fae-7dec-11d0-a765-00a0c91e6bf6\"}"}"#,
            r#"{"event":"sent","connection":1,"name":"alice","text":"{\"session\":\"f81d4fae-7dec-11d0-a765-00a0c91e6bf6\"}"}"#,
            r#"{"event":"closing","connection":1,"name":"alice","code":1000,"reason":""}"#,
            r#"{"event":"closed","connection":1,"name":"alice","code":1000,"clean":true,"reason":""}"#,
        ],
        &[
            r#"{"connect":"alice"}"#,
            r#"{"on":"alice","send":{"id":7,"q":1},"expect":{"subset":{"id":7,"at":{"$type":"number"},"session":{"$type":"string"}},"correlate":"$.id","capture":{"session":"$.session"}}}"#,
            r#"{"on":"alice","expect":{"subset":{"type":"push"}}}"#,
            r#"{"on":"alice","send":{"session":"{{session}}"}}"#,
            r#"{"on":"alice","close":{},"expect":{"closed":{"code":1000,"clean":true}}}"#,
        ],
    );
    assert_eq!(
        drafted.remarks,
        [
            "`$.at` varies (timestamp): not compared in 1 message.",
            "`$.session` varies (it looks like a secret): not compared in 1 message.",
            "`{{session}}` is captured from what alice received, and sent back 1 time.",
            "`$.id` pairs 1 reply with what was sent.",
        ]
    );
}

#[test]
fn what_one_client_was_given_another_sends() {
    check(
        &[
            OPEN,
            r#"{"event":"connecting","connection":2,"name":"bob 2","url":"ws://h/ws/rooms?user=bob","protocols":["a"]}"#,
            r#"{"event":"received","connection":1,"name":"alice","text":"{\"room_id\":\"r-48213\"}"}"#,
            r#"{"event":"sent","connection":2,"name":"bob 2","text":"{\"join\":\"r-48213\"}"}"#,
        ],
        &[
            r#"{"connect":"alice"}"#,
            r#"{"connect":"bob_2"}"#,
            r#"{"on":"alice","expect":{"subset":{"room_id":{"$type":"string"}},"capture":{"room_id":"$.room_id"}}}"#,
            r#"{"on":"bob_2","send":{"join":"{{alice.room_id}}"}}"#,
        ],
    );
}

#[test]
fn addresses_share_what_they_have_in_common() {
    for (urls, base, rest) in [
        (&["ws://h/ws/rooms?user=a", "ws://h/ws/agent"][..], "ws://h/ws", &["/rooms?user=a", "/agent"][..]),
        (&["ws://h/ws?x=1"], "ws://h/ws", &["?x=1"]),
        (&["ws://h:1/a", "ws://h:1/ab"], "ws://h:1", &["/a", "/ab"]),
        (&["ws://h", "ws://h/a"], "ws://h", &["", "/a"]),
    ] {
        let found = common(urls[0], &urls[1..]);
        assert_eq!(found, base, "{urls:?}");
        assert_eq!(urls.iter().map(|url| &url[base.len()..]).collect::<Vec<_>>(), rest);
    }
}

#[test]
fn a_lost_connection_and_a_refused_handshake_are_expected_again() {
    check(
        &[
            OPEN,
            OPENED,
            r#"{"event":"closed","connection":1,"name":"alice","code":4001,"clean":true,"reason":"x"}"#,
            OPEN,
            r#"{"event":"failed","connection":1,"name":"alice","message":"the handshake failed"}"#,
            r#"{"event":"closed","connection":1,"name":"alice","code":1006,"clean":false}"#,
        ],
        &[
            r#"{"connect":"alice"}"#,
            r#"{"on":"alice","closed":{"code":4001,"clean":true}}"#,
            r#"{"reconnect":"alice"}"#,
        ]
        .map(|step| {
            if step.contains("reconnect") {
                r#"{"reconnect":"alice","expect":{"refused":true}}"#
            } else {
                step
            }
        }),
    );
}

#[test]
fn text_braces_and_binary_come_through_as_they_were() {
    check(
        &[
            r#"{"event":"sent","connection":1,"name":"a","text":"{{x}} hello"}"#,
            r#"{"event":"received","connection":1,"name":"a","base64":"AP8="}"#,
        ],
        &[r#"{"connect":"a"}"#, r#"{"on":"a","send":"\\{{x}} hello","expect":{"bytes":{"hex":"00ff"}}}"#],
    );
}

#[test]
fn err_a_text_that_is_not_a_recording_says_which_line() {
    assert_eq!(suite_of(""), Err(RecordError::Empty));
    let error = suite_of("{\"event\":\"dropped\",\"count\":1}\nhello").expect_err("not a recording");
    assert!(error.to_string().starts_with("line 2: expected an event of a recording"), "{error}");
}
