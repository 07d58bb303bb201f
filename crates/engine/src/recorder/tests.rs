use serde_json::json;

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

#[test]
fn err_a_line_with_another_shape_says_the_place_and_what_was_expected() {
    let error = suite_of(r#"{"event":"sent","at_ms":1.5,"connection":"a","text":"x"}"#).expect_err("a name");
    assert_eq!(
        error.to_string(),
        "line 1: expected an event of a recording; at column 44, expected a whole number from 0 to 4294967295, found the text \"a\""
    );
}

/// A line of alice.
fn at(millis: u64, event: &str, text: &str) -> String {
    let text = Value::from(text);
    format!(r#"{{"event":"{event}","at_ms":{millis}.000,"connection":1,"name":"alice","text":{text}}}"#)
}

fn recorded_lines(lines: &[String]) -> Drafted {
    let mut all = vec![OPEN, OPENED];
    all.extend(lines.iter().map(String::as_str));
    recorded(&all)
}

/// The verbs and payloads in their order, each by a part of it.
#[track_caller]
fn in_order(drafted: &Drafted, parts: &[&str]) {
    let mut rest = drafted.text.as_str();
    for part in parts {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part} does not come next in {}", drafted.text));
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn the_recorded_address_is_plain_whatever_the_environment_says() {
    let drafted = recorded(&[OPEN, OPENED]);
    assert!(drafted.text.contains(r#""vars": { "ws_url": "ws://h/ws/rooms" }"#), "{}", drafted.text);
    assert!(!drafted.text.contains("WS_URL"), "{}", drafted.text);
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
fn a_value_is_captured_only_where_it_is_sent_afterwards() {
    let drafted = recorded_lines(&[
        at(1000, "sent", r#"{"resume":"abcdef0123456789"}"#),
        at(1005, "received", r#"{"ticket":"abcdef0123456789","job_id":"job-77123"}"#),
        at(1100, "sent", r#"{"cancel":"job-77123"}"#),
    ]);
    in_order(
        &drafted,
        &[r#""resume": "abcdef0123456789""#, r#""job_id": "$.job_id""#, r#""cancel": "{{job_id}}""#],
    );
}

#[test]
fn a_feed_is_one_expectation_with_a_count_and_a_shape() {
    let ticks = (0..106).map(|nth| {
        let symbol = ["A", "B"][nth % 2];
        let text =
            format!(r#"{{"type":"tick","symbol":"{symbol}","price":{}.25,"seq":{}}}"#, 100 + nth, 700 + nth);
        at(1000 + 20 * nth as u64, "received", &text)
    });
    let mut lines = vec![at(990, "sent", r#"{"op":"subscribe"}"#)];
    lines.extend(ticks);
    let drafted = recorded_lines(&lines);
    let shape = r#"{ "any_order": [{ "subset": { "type": "tick", "symbol": { "$in": ["A", "B"] }, "price": { "$type": "number" }, "seq": { "$type": "number" } }, "times": 106 }], "within": "8s" }"#;
    in_order(&drafted, &["\"subscribe\"", shape]);
    assert_eq!(drafted.text.matches("\"on\"").count(), 2, "{}", drafted.text);
    let remark =
        r#"{"type":"tick"} came to alice 106 times: one expectation waits for 106 messages, at most 8 s."#;
    assert!(drafted.remarks.iter().any(|it| it == remark), "{:#?}", drafted.remarks);
    assert!(
        drafted.remarks.iter().any(|it| it
            == "`$.price` varies (other messages have other values there): not compared in 106 messages."),
        "{:#?}",
        drafted.remarks
    );
}

#[test]
fn a_heartbeat_is_waited_for_as_long_as_it_took_and_a_slow_one_is_ignored() {
    let beat = |millis| at(millis, "received", r#"{"type":"heartbeat","ts":1763722800000}"#);
    let drafted = recorded_lines(&[at(100, "sent", "hello"), beat(5000)]);
    in_order(&drafted, &[r#""within": "16s""#]);
    let drafted = recorded_lines(&[at(100, "sent", "hello"), beat(25_000), beat(50_000)]);
    in_order(
        &drafted,
        &[r#""ignore": [{ "subset": { "type": "heartbeat", "ts": { "$type": "number" } } }]"#],
    );
    assert_eq!(drafted.text.matches("heartbeat").count(), 1, "{}", drafted.text);
}

#[test]
fn a_secret_variable_becomes_a_placeholder_and_its_value_stands_nowhere() {
    let bench = r#"{"event":"bench","secrets":{"token":"hunter2-secret"},"frames":3}"#.to_owned();
    let sent = at(10, "sent", r#"{"op":"auth","token":"hunter2-secret"}"#);
    let text = [bench, OPEN.replace("user=alice", "key=hunter2-secret"), OPENED.to_owned(), sent].join("\n");
    let drafted = suite_of(&text).expect("a recording");
    assert!(!drafted.text.contains("hunter2"), "{}", drafted.text);
    assert!(!format!("{:?}", drafted.remarks).contains("hunter2"), "{:?}", drafted.remarks);
    in_order(
        &drafted,
        &[
            r#""token": "{{env.TOKEN}}""#,
            r#""secrets": ["token"]"#,
            "?key={{token}}",
            r#"{ "op": "auth", "token": "{{token}}" }"#,
        ],
    );
    assert_eq!(drafted.secrets, [("token".to_owned(), "hunter2-secret".to_owned())]);
}

#[test]
fn what_looks_like_a_secret_becomes_a_variable_and_one_that_came_is_not_written_down() {
    let drafted = recorded_lines(&[
        at(1000, "sent", r#"{"op":"login","password":"correct horse"}"#),
        at(1005, "received", r#"{"ok":true,"access_token":"tr-90210-zzz"}"#),
    ]);
    assert!(!drafted.text.contains("correct horse") && !drafted.text.contains("90210"), "{}", drafted.text);
    in_order(
        &drafted,
        &[
            r#""secrets": ["password"]"#,
            r#""password": "{{password}}""#,
            r#""access_token": { "$type": "string" }"#,
        ],
    );
    let remark = "`$.password` looks like a secret, in a message: it became the secret `{{password}}`. Its value is in Values until this page reloads. Elsewhere, set PASSWORD.";
    assert!(drafted.remarks.iter().any(|it| it == remark), "{:#?}", drafted.remarks);
}

#[test]
fn packets_of_socket_io_vary_as_text_and_automatic_replies_are_answers() {
    let bench = r#"{"event":"bench","replies":[{"to":{"text":"2"},"template":"3","pattern":"(?s)^3$"}]}"#;
    let open = r#"0{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":[],"pingInterval":25000}"#;
    let lines = [
        bench.to_owned(),
        OPEN.to_owned(),
        OPENED.to_owned(),
        at(5, "received", open),
        at(300, "received", "2"),
        at(301, "sent", "3"),
        at(600, "received", "2"),
        at(601, "sent", "3"),
        at(700, "sent", r#"42["say","hi"]"#),
        at(705, "received", r#"42["said","hi"]"#),
    ];
    let drafted = recorded(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    in_order(
        &drafted,
        &[
            r#""answers": [{ "to": { "text": "2" }, "send": 3 }]"#,
            r#"{ "connect": "alice" }"#,
            r#""regex": "#,
            r#"42[\"said\",\"hi\"]"#,
        ],
    );
    assert!(!drafted.text.contains("lv_VI97"), "{}", drafted.text);
    assert!(drafted.text.contains("pingInterval"), "{}", drafted.text);
    assert_eq!(drafted.text.matches(r#""send": 3"#).count(), 1, "{}", drafted.text);
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
fn two_recordings_loosen_exactly_what_differed() {
    let once = |job: &str, ms: u64| {
        [
            OPEN.to_owned(),
            OPENED.to_owned(),
            at(1000, "sent", r#"{"id":1,"op":"start"}"#),
            at(
                1005,
                "received",
                &format!(r#"{{"id":1,"job":"{job}","state":"abcdef0123456789","took":{ms}}}"#),
            ),
            at(2000, "sent", &format!(r#"{{"id":2,"op":"stop","job":"{job}"}}"#)),
            at(2005, "received", r#"{"id":2,"state":"gone"}"#),
        ]
        .join("\n")
    };
    let text = format!("{}\n{{\"event\":\"again\"}}\n{}", once("blue", 3), once("green", 4));
    let drafted = suite_of(&text).expect("two recordings");
    in_order(
        &drafted,
        &[
            r#""job": { "$type": "string" }, "state": "abcdef0123456789", "took": { "$type": "number" }"#,
            r#""capture": { "job": "$.job" }"#,
            r#""job": "{{job}}""#,
        ],
    );
    let remark = "`$.took` varies (it differed between the two recordings): not compared in 1 message.";
    assert!(drafted.remarks.iter().any(|it| it == remark), "{:#?}", drafted.remarks);
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
fn a_message_that_nothing_sent_seems_to_have_caused_is_said_to_be_so() {
    let came = |millis| at(millis, "received", r#"{"type":"news","id":"n-1"}"#);
    let remark = r#"{"type":"news"} came to alice 4.90 s after anything else: nothing in the recording seems to have caused it. If another program did, by an HTTP call say, write that call before the expectation."#;
    let drafted = recorded_lines(&[at(100, "sent", "hello"), came(5000)]);
    assert!(drafted.remarks.contains(&remark.to_owned()), "{:#?}", drafted.remarks);
    let drafted = recorded_lines(&[at(100, "sent", "hello"), came(1500)]);
    assert!(drafted.remarks.iter().all(|it| !it.contains("caused")), "{:#?}", drafted.remarks);
}

/// What came on one connection, byte by byte as it was cut.
fn stream(pieces: &[&[u8]], is_text: bool) -> Drafted {
    use base64::Engine as _;
    let piece = |bytes: &&[u8]| {
        let content = match is_text {
            true => format!("\"text\":{}", json!(std::str::from_utf8(bytes).expect("text"))),
            false => format!("\"base64\":\"{}\"", base64::engine::general_purpose::STANDARD.encode(bytes)),
        };
        format!(r#"{{"event":"received","connection":1,"name":"alice",{content}}}"#)
    };
    let lines: Vec<String> =
        [OPEN.to_owned(), OPENED.to_owned()].into_iter().chain(pieces.iter().map(piece)).collect();
    recorded(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}

fn framing(drafted: &Drafted) -> Value {
    let suite: Value = serde_json::from_str(&drafted.text).expect("JSON");
    suite["clients"]["alice"]["framing"].clone()
}

#[test]
fn a_stream_that_was_cut_anywhere_becomes_its_frames() {
    // A kind, an id, the length of the body, the body.
    let frame = |kind: u8, id: u32, body: &[u8]| {
        [&[kind][..], &id.to_be_bytes(), &(body.len() as u16).to_be_bytes(), body].concat()
    };
    let all: Vec<u8> =
        (1..=5).flat_map(|id| frame(2, id * 77_777, &b"a body of five frames"[..id as usize * 3])).collect();
    for size in [1, 3, 10, 1000] {
        let pieces: Vec<&[u8]> = all.chunks(size).collect();
        let drafted = stream(&pieces, false);
        let wanted = if size < 1000 { json!({"length": "u16", "at": 5}) } else { Value::Null };
        assert_eq!(framing(&drafted), wanted, "{size}: {}", drafted.text);
        if size < 1000 {
            let frames = drafted.text.matches("\"expect\"").count();
            assert_eq!(frames, 5, "{}", drafted.text);
            let said = "What alice received is a stream: `framing` puts its frames together by {\"length\":\"u16\",\"at\":5}.";
            assert!(drafted.remarks.iter().any(|remark| remark == said), "{:?}", drafted.remarks);
        }
    }
}

#[test]
fn a_length_may_count_its_own_bytes() {
    let frame = |body: &[u8]| [&(body.len() as u32 + 4).to_le_bytes()[..], body].concat();
    let all: Vec<u8> = (1..=6).flat_map(|n| frame(&vec![b'x'; n * 5])).collect();
    let pieces: Vec<&[u8]> = all.chunks(7).collect();
    assert_eq!(framing(&stream(&pieces, false)), json!({"length": "u32le", "add": -4}));
}

#[test]
fn lines_of_json_that_came_in_pieces_become_messages() {
    let text = "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n{\"n\":4}\n{\"n\":5}\n";
    let pieces: Vec<&[u8]> = text.as_bytes().chunks(5).collect();
    let drafted = stream(&pieces, true);
    assert_eq!(framing(&drafted), json!({"delimiter": "\n"}), "{}", drafted.text);
}

#[test]
fn whole_messages_are_no_stream() {
    let whole: Vec<&[u8]> = vec![b"{\"n\":1}\n", b"{\"n\":2}\n", b"{\"n\":3}\n", b"{\"n\":4}\n"];
    assert_eq!(framing(&stream(&whole, true)), Value::Null);
    let prose: Vec<&[u8]> = vec![b"one\ntwo", b"three", b"\nfour\nfive", b"six\n"];
    assert_eq!(framing(&stream(&prose, true)), Value::Null);
    let noise: Vec<&[u8]> = vec![&[9, 1, 200, 3], &[7, 7], &[0, 255, 3], &[1], &[4, 4, 4, 4, 4]];
    assert_eq!(framing(&stream(&noise, false)), Value::Null);
}
