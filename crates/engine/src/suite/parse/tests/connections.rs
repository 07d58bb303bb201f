//! Steps that open and close connections, each in a suite of its own.

use super::*;

#[test]
fn headers_of_a_handshake_are_read_and_a_wrong_name_is_a_mistake() {
    let suite = |headers: &str| {
        let text = format!(
            r#"{{"sockscope": 1, "suite": "s", "clients": {{"a": {{"url": "ws://h/", "headers": {headers}}}}},
        "checks": [{{"check": "c", "steps": [{{"connect": "a"}}]}}]}}"#
        );
        crate::suite::Suite::parse(&text)
    };
    let read = suite(r#"{"Authorization": "Bearer x"}"#).unwrap();
    let headers = &read.checks[0].clients[0].handshake.headers;
    assert_eq!(headers.len(), 1);
    assert_eq!(headers[0].0, "Authorization");
    let problems = suite(r#"{"Au thorization": "x"}"#).unwrap_err();
    let messages: Vec<_> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(messages, [r#""Au thorization" is not a valid header name"#]);
}

#[test]
fn certificates_are_texts_in_pem_or_files_and_come_in_pairs() {
    let problems = |tls: &str| {
        let text = format!(
            r#"{{"sockscope": 1, "suite": "s", "vars": {{"key": ""}}, "clients": {{"a": {{"url": "wss://h/", "tls": {tls}}}}},
        "checks": [{{"check": "c", "steps": [{{"connect": "a"}}]}}]}}"#
        );
        match crate::suite::Suite::parse_with(&text, &photo()) {
            Ok(suite) => {
                assert!(suite.needs_relay());
                Vec::new()
            }
            Err(problems) => problems.into_iter().map(|problem| problem.message).collect(),
        }
    };
    let none = Vec::<String>::new();
    assert_eq!(problems(r#"{"certificate": {"file": "client.pem"}, "key": "{{key}}"}"#), none);
    assert_eq!(problems(r#"{"ca": "-----BEGIN CERTIFICATE-----", "insecure": true}"#), none);
    let pair = "a client certificate and its key go together: expected both, found one";
    assert_eq!(problems(r#"{"key": "{{key}}"}"#), [pair]);
    let pem = r#"expected a text in PEM, which has "-----BEGIN " in it, or {"file": "client.pem"}"#;
    assert_eq!(problems(r#"{"ca": "client.pem"}"#), [pem]);
    assert_eq!(
        problems(r#"{"ca": {"file": "photo.png"}}"#),
        ["photo.png: expected UTF-8 text, found other bytes"]
    );
    assert_eq!(problems(r#"{"ca": {"file": "gone.pem"}}"#), ["gone.pem: there is no such file here"]);
}

#[test]
fn latencies_by_relay_have_limits_only_where_a_client_may_go_by_it() {
    let suite = |client: &str| {
        let text = format!(
            r#"{{"sockscope": 1, "suite": "s", "clients": {{"a": {{"url": "ws://h/"{client}}}}}, "checks": [{{"check": "c",
            "thresholds": {{"rtt.relay.p95": "< 1s", "open.relay.p95": "< 1s"}},
            "steps": [{{"connect": "a"}}, {{"send": 1, "expect": {{"any": true}}}}]}}]}}"#
        );
        crate::suite::Suite::parse(&text).err().map_or(0, |problems| problems.len())
    };
    assert_eq!(suite(r#", "headers": {"X-Key": "1"}"#), 0);
    assert_eq!(suite(""), 2);
}

#[test]
fn err_connect_and_reconnect() {
    check_step_err(
        r#"{"connect": "alcie"}"#,
        &[r#"13 .connect: no client is called "alcie"; did you mean "alice"?"#],
    );
    check_step_err(
        r#"{"connect": []}"#,
        &[r#"13 .connect: [] names no client; write "alice", "crowd[3]", ["alice", "bob"] or "*""#],
    );
    check_step_err(
        r#"{"connect": 5}"#,
        &[r#"13 .connect: 5 names no client; write "alice", "crowd[3]", ["alice", "bob"] or "*""#],
    );
    check_step_err(
        r#"{"connect": "a b"}"#,
        &[r#"13 .connect: "a b" names no client; write alice, crowd[3] or *"#],
    );
    check_step_err(
        r#"{"connect": "alice[0]"}"#,
        &["13 .connect: `alice` is a single client, not a group: write `alice`, not `alice[0]`"],
    );
    check_step_err(
        r#"{"connect": "crowd[5]"}"#,
        &["13 .connect: crowd has 5 members, crowd[0] to crowd[4]; crowd[5] does not exist"],
    );
    check_step_err(
        r#"{"connect": "crowd", "count": 6}"#,
        &["31 .count: crowd has 5 members, so 6 cannot be opened"],
    );
    check_step_err(
        r#"{"connect": "crowd", "count": 5, "pace": 0}"#,
        &["42 .pace: with a pace of 0 nothing is ever opened; write 1 or more"],
    );
    check_step_err(
        r#"{"connect": "alice", "count": 1}"#,
        &[r#"31 .count: alice is a single client, not a group; leave "count" out"#],
    );
    check_step_err(
        r#"{"connect": "crowd", "count": "many"}"#,
        &[r#"31 .count: expected a non-negative integer, found "many"; write 10"#],
    );
    check_step_err(r#"{"connect": ["alice", "alice"]}"#, &[r#"23 .connect[1]: "alice" is named twice"#]);
    check_step_err(
        r#"{"on": "alice", "connect": "alice"}"#,
        &[r#"2 .on: "connect" already names the clients it opens; leave "on" out"#],
    );
    check_step_err(
        r#"{"connect": "alice", "expect": {"refused": true, "protocol": "x"}}"#,
        &["50 .expect.protocol: a refused handshake chooses no subprotocol, so this can never be met"],
    );
    check_step_err(
        r#"{"connect": "alice", "expect": {"refused": "yes"}}"#,
        &[r#"44 .expect.refused: "yes" is neither true nor false; write true"#],
    );
    check_step_err(
        r#"{"connect": "alice", "expect": {"protocol": 5}}"#,
        &[r#"45 .expect.protocol: expected a string or a matcher, found 5; write "bye" or {"regex": "^b"}"#],
    );
    check_step_err(
        r#"{"connect": "alice", "expect": {"protocol": {"regx": "x"}}}"#,
        &[r#"46 .expect.protocol.regx: unknown matcher "regx"; did you mean "regex"?"#],
    );
    check_step_err(
        r#"{"connect": "alice", "expect": {"subset": {}}}"#,
        &[
            r#"33 .expect.subset: "subset" is not a key of what a connect expects; it has protocol, extensions, status, headers, refused, capture, within"#,
        ],
    );
    check_step_err(
        r#"{"connect": "alice", "pase": 3}"#,
        &[r#"22 .pase: "pase" is not a key of a connect step; did you mean "pace"?"#],
    );
    check_step_err(r#"{"connect": "{{absent}}"}"#, &[r#"13 .connect: no variable is called "absent""#]);
    check_step_err(
        r#"{"reconnect": "alice", "count": 3}"#,
        &[r#"24 .count: "count" is not a key of a reconnect step; it belongs to a connect step"#],
    );
}

#[test]
fn ok_connect_and_reconnect() {
    check_step(r#"{"connect": "crowd[4]"}"#, "crowd[4] connects");
    check_step(r#"{"connect": "{{who}}"}"#, "{{who}} connects");
    check_step(
        r#"{"reconnect": "alice", "expect": {"protocol": "x"}}"#,
        r#"alice reconnects and gets a subprotocol: text "x""#,
    );
    check_step(r#"{"connect": "crowd", "count": 3, "pace": 2}"#, "crowd connects, 3 of them");
    check_step(
        r#"{"connect": ["alice", "bob"], "expect": {"refused": true}}"#,
        "alice and bob connect, which must be refused",
    );
}

#[test]
fn err_close_and_closed() {
    check_step_err(
        r#"{"connect": "alice", "close": {}}"#,
        &["22 .close: this step has 2 verbs, connect and close; a step does one thing, so make it 2 steps"],
    );
    check_step_err(
        r#"{"on": "alice", "close": {"code": 1001}}"#,
        &["35 .close.code: a page may close with 1000 or 3000 to 4999, not with 1001"],
    );
    check_step_err(
        r#"{"on": "alice", "close": {"code": 70000}}"#,
        &["35 .close.code: 70000 is above 65535, the largest code"],
    );
    check_step_err(
        r#"{"on": "alice", "close": {"code": "{{n}}"}}"#,
        &["35 .close.code: with n = 1001: a page may close with 1000 or 3000 to 4999, not with 1001"],
    );
    check_step_err(
        r#"{"on": "alice", "close": {"reason": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}"#,
        &["37 .close.reason: a close reason has at most 123 bytes in UTF-8, this one has 132"],
    );
    check_step_err(
        r#"{"on": "alice", "close": {}, "expect": {"subset": {}}}"#,
        &[
            r#"40 .expect: what a close expects needs "closed": { "clean": true }"#,
            r#"41 .expect.subset: "subset" is not a key of what a close expects; it has closed"#,
        ],
    );
    check_step_err(
        r#"{"on": "alice", "close": {}, "expect": {"closed": {"code": [], "claen": true}}}"#,
        &[
            "60 .expect.closed.code: an empty list names no code; write 1000 or [1000, 1001]",
            r#"64 .expect.closed.claen: "claen" is not a key of a closed; did you mean "clean"?"#,
        ],
    );
    check_step_err(
        r#"{"on": "alice", "close": 1000}"#,
        &[r#"26 .close: a close is an object such as {"code": 1000}, not 1000"#],
    );
    check_step_err(
        r#"{"on": "alice", "closed": {"code": 99}}"#,
        &["36 .closed.code: 99 is not a close code; close codes are 1000 to 4999"],
    );
    check_step_err(
        r#"{"on": "alice", "closed": {"code": 1006, "clean": true}}"#,
        &[
            "36 .closed.code: 1006 means that no close frame came, which is never clean; leave one of the two out",
        ],
    );
    check_step_err(
        r#"{"on": "alice", "closed": {"reason": 5}}"#,
        &[r#"38 .closed.reason: expected a string or a matcher, found 5; write "bye" or {"regex": "^b"}"#],
    );
    check_step_err(
        r#"{"on": "alice", "closed": {"reason": {"regex": "("}}}"#,
        &["48 .closed.reason.regex: not a regular expression: found open group without closing ')'"],
    );
    check_step_err(
        r#"{"on": "alice", "closed": true}"#,
        &[r#"27 .closed: a closed is an object such as {"code": 1000}, not true"#],
    );
}

#[test]
fn ok_close_and_closed() {
    check_step(
        r#"{"on": "alice", "close": {"code": 4000, "reason": "bye"}, "expect": {"closed": {}}}"#,
        "alice closes with 4000 and expects the connection to end",
    );
    check_step(
        r#"{"on": "alice", "closed": {"code": [1000, 4029], "reason": "bye", "clean": true, "within": "1s"}}"#,
        r#"alice expects the connection to end with 1000 or 4029 cleanly for text "bye""#,
    );
    check_step(
        r#"{"on": "alice", "closed": {"clean": false, "reason": {"contains": "x"}}}"#,
        r#"alice expects the connection to end uncleanly for text containing "x""#,
    );
}
