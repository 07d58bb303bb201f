//! What is guessed of a recording: what varies, what is captured, what is secret, what repeats.

use super::*;

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
fn a_message_that_nothing_sent_seems_to_have_caused_is_said_to_be_so() {
    let came = |millis| at(millis, "received", r#"{"type":"news","id":"n-1"}"#);
    let remark = r#"{"type":"news"} came to alice 4.90 s after anything else: nothing in the recording seems to have caused it. If another program did, by an HTTP call say, write that call before the expectation."#;
    let drafted = recorded_lines(&[at(100, "sent", "hello"), came(5000)]);
    assert!(drafted.remarks.contains(&remark.to_owned()), "{:#?}", drafted.remarks);
    let drafted = recorded_lines(&[at(100, "sent", "hello"), came(1500)]);
    assert!(drafted.remarks.iter().all(|it| !it.contains("caused")), "{:#?}", drafted.remarks);
}
