//! What is written of a recording: the order of the steps, addresses, ends of connections, errors.

use serde_json::json;

use super::*;

#[test]
fn a_close_without_a_code_is_closed_without_one() {
    check(
        &[
            OPEN,
            OPENED,
            r#"{"event":"closing","connection":1,"name":"alice","code":1005,"reason":""}"#,
            r#"{"event":"closed","connection":1,"name":"alice","code":1005,"clean":true,"reason":""}"#,
        ],
        &[
            r#"{"connect":"alice"}"#,
            r#"{"on":"alice","close":{},"expect":{"closed":{"code":1000,"clean":true}}}"#,
        ],
    );
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

#[test]
fn err_a_line_with_another_shape_says_the_place_and_what_was_expected() {
    let error = suite_of(r#"{"event":"sent","at_ms":1.5,"connection":"a","text":"x"}"#).expect_err("a name");
    assert_eq!(
        error.to_string(),
        "line 1: expected an event of a recording; at column 44, expected a whole number from 0 to 4294967295, found the text \"a\""
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
fn the_recorded_address_is_plain_whatever_the_environment_says() {
    let drafted = recorded(&[OPEN, OPENED]);
    assert!(drafted.text.contains(r#""vars": { "ws_url": "ws://h/ws/rooms" }"#), "{}", drafted.text);
    assert!(!drafted.text.contains("WS_URL"), "{}", drafted.text);
}

#[test]
fn a_mistyped_address_is_not_the_one_that_is_tested() {
    let connecting = |url: &str| {
        format!(r#"{{"event":"connecting","connection":1,"name":"alice","url":"{url}","protocols":[]}}"#)
    };
    let closed = r#"{"event":"closed","connection":1,"name":"alice","code":1006,"clean":false}"#.to_owned();
    let why = r#"{"event":"failed","connection":1,"name":"alice","message":"The server answered 404 Not Found: no such route."}"#;
    let mut lines = Vec::new();
    for _ in 0..2 {
        lines.extend([connecting("ws://h/v1/nowhere"), closed.clone(), why.to_owned()]);
    }
    lines.extend([connecting("ws://h/v1/feed"), OPENED.to_owned(), at(10, "received", "hello")]);
    let drafted = recorded(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(drafted.text.contains(r#""ws_url": "ws://h/v1/feed""#), "{}", drafted.text);
    assert!(!drafted.text.contains("nowhere") && !drafted.text.contains("reconnect"), "{}", drafted.text);
    let remark = "2 handshakes in the recording failed at another address and are left out.";
    assert!(drafted.remarks.iter().any(|it| it == remark), "{:#?}", drafted.remarks);
}

#[test]
fn a_handshake_that_fails_is_known_by_its_end_whatever_is_said_of_it() {
    let closed = r#"{"event":"closed","connection":1,"name":"alice","code":1006,"clean":false}"#;
    for why in ["The server answered 401 Unauthorized.", "the handshake failed; the browser does not say why"]
    {
        let why = format!(r#"{{"event":"failed","connection":1,"name":"alice","message":"{why}"}}"#);
        // The second handshake begins before the first one is explained.
        let drafted = recorded(&[OPEN, closed, OPEN, &why, OPENED, &at(10, "received", "hello")]);
        in_order(
            &drafted,
            &[r#""connect": "alice", "expect": { "refused": true }"#, r#"{ "reconnect": "alice" }"#, "hello"],
        );
    }
}

#[test]
fn an_effect_never_stands_before_its_cause() {
    let drafted = recorded_lines(&[
        at(1000, "sent", r#"{"id":"s1","type":"subscribe"}"#),
        at(2000, "sent", r#"{"id":"m1","type":"mutation","text":"hi there"}"#),
        at(2005, "received", r#"{"id":"s1","type":"next","said":"hi there"}"#),
        at(2006, "received", r#"{"id":"m1","type":"next","said":"hi there"}"#),
    ]);
    in_order(
        &drafted,
        &[
            "\"subscribe\"",
            "\"wait\": \"200ms\"",
            "\"mutation\"",
            "\"correlate\"",
            "\"id\": \"s1\", \"type\": \"next\"",
        ],
    );
    assert!(!drafted.text.contains("capture"), "what was sent by ourselves is ours: {}", drafted.text);
}

#[test]
fn calls_that_overlapped_go_on_overlapping() {
    let drafted = recorded_lines(&[
        at(1000, "sent", r#"{"id":1,"method":"slow"}"#),
        at(1001, "sent", r#"{"id":2,"method":"fast"}"#),
        at(1010, "received", r#"{"id":2,"result":"b"}"#),
        at(1020, "received", r#"{"id":1,"result":"a"}"#),
    ]);
    in_order(&drafted, &["\"slow\"", "\"fast\"", "\"result\": \"b\"", "\"result\": \"a\""]);
}

#[test]
fn automatic_replies_name_members_of_what_came_and_heartbeats_are_the_clients_own() {
    let bench = r#"{"event":"bench",
        "replies":[
            {"to":{"subset":{"type":"ask"}},"template":"{\"re\":\"{{id}}\",\"n\":\"{{seq}}\"}","pattern":"(?s)^\\{\"re.*$","after_ms":1500},
            {"to":{"text":"never"},"template":"not sent","pattern":"^not sent$"}],
        "heartbeats":[{"connection":1,"every_ms":250,"template":"beat","pattern":"^beat$","reply":{"text":"tebe"},"within_ms":200}]}"#;
    let lines = [
        bench.replace('\n', " "),
        OPEN.to_owned(),
        OPENED.to_owned(),
        at(255, "sent", "beat"),
        at(260, "received", "tebe"),
        at(300, "received", r#"{"type":"ask","id":7}"#),
        at(505, "sent", "beat"),
        at(506, "received", "tebe"),
        at(700, "received", r#"{"type":"ask","id":8}"#),
        at(1800, "sent", r#"{"re":"7","n":"1"}"#),
        at(2200, "sent", r#"{"re":"8","n":"2"}"#),
    ];
    let drafted = recorded(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let suite: Value = serde_json::from_str(&drafted.text).expect("no comments");
    let alice = &suite["clients"]["alice"];
    assert_eq!(
        alice["answers"],
        json!([
            {"to": {"subset": {"type": "ask"}}, "send": {"$text": r#"{"re":"{{message.id}}","n":"{{seq}}"}"#}, "after": "1500ms"},
            {"to": {"text": "never"}, "send": {"$text": "not sent"}}
        ])
    );
    assert_eq!(
        alice["heartbeat"],
        json!({"every": "250ms", "send": "beat", "expect": {"text": "tebe"}, "within": "200ms"})
    );
    assert_eq!(suite["checks"][0]["steps"], json!([{"connect": "alice"}]));
    assert!(
        drafted.remarks.iter().any(|it| it.contains("heartbeat for alice 2 times")),
        "{:?}",
        drafted.remarks
    );
}

#[test]
fn a_reply_that_an_answer_takes_is_said_not_to_be_checked() {
    let bench = r#"{"event":"bench","replies":[{"to":{"contains":"percent"},"template":"seen","pattern":"^seen$","after_ms":0}]}"#;
    let recorded_with = |events: &[(u64, &str, &str)]| {
        let mut lines = vec![bench.to_owned(), OPEN.to_owned(), OPENED.to_owned()];
        lines.extend(events.iter().map(|(millis, event, text)| at(*millis, event, text)));
        let drafted = recorded_lines(&lines);
        drafted.remarks.into_iter().find(|it| it.starts_with("The bench replied")).expect("a remark")
    };
    let said = recorded_with(&[
        (300, "sent", "how far"),
        (310, "received", "7 percent"),
        (311, "sent", "seen"),
        (400, "received", "8 percent"),
        (401, "sent", "seen"),
    ]);
    assert_eq!(
        said,
        "The bench replied for alice by itself 2 times: its `answers` do that. They take 1 message that came as a reply to alice, so no \
         step checks it. To check it, remove that answer and expect the message in a step."
    );
    let said = recorded_with(&[
        (300, "received", "7 percent"),
        (301, "sent", "seen"),
        (320, "sent", "how far"),
        (330, "received", "far"),
    ]);
    assert_eq!(said, "The bench replied for alice by itself 1 time: its `answers` do that.");
}

#[test]
fn a_recording_of_200_000_frames_says_how_many_were_used() {
    let mut lines = vec![OPEN.to_owned(), OPENED.to_owned()];
    lines.extend((0..199_998).map(|nth| at(10, "received", &format!(r#"{{"type":"burst","n":{nth}}}"#))));
    let drafted = recorded(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let remark = "The recording has 200\u{2009}000 frames. The suite is made of the first 20\u{2009}000.";
    assert!(drafted.remarks.iter().any(|it| it == remark), "{:#?}", drafted.remarks);
    assert!(drafted.text.len() < 2000, "{}", drafted.text);
    in_order(&drafted, &[r#""times": 1000"#]);
}
