//! Steps, each in a suite of its own.

use super::*;

#[test]
fn what_all_messages_share_is_left_out_of_titles() {
    let step = |method: &str| {
        format!(
            r#"{{"on": "alice", "send": {{"jsonrpc": "2.0", "id": "{{{{seq}}}}", "method": "{method}", "params": {{"a": 1, "b": 2}}}},
                "expect": {{"subset": {{"jsonrpc": "2.0", "result": "{method}"}}}}}}"#
        )
    };
    let steps = ["add", "subtract", "multiply"].map(step).join(",");
    let suite = crate::suite::Suite::parse(&around(&steps)).unwrap();
    let titles: Vec<&str> = suite.checks[0].steps.iter().map(|step| step.title.as_str()).collect();
    assert_eq!(
        titles[1],
        r#"alice sends {…,"method":"subtract","params":{"a":1,"b":2}} and expects JSON containing {…,"result":"subtract"}"#
    );
}

#[test]
fn the_end_of_a_long_message_stays_in_its_title() {
    check_step(
        r#"{"on": "alice", "send": {"type": "message", "room": "the room in which everybody is", "text": "what differs"}}"#,
        r#"alice sends {"type":"message","room":"the room in wh…xt":"what differs"}"#,
    );
}

#[test]
fn err_a_condition_with_text_around_its_placeholder_is_always_yes() {
    let message = |written: &str| {
        format!(
            "a condition is one placeholder and nothing around it, because it does not compare: write \"{{{{{written}}}}}\" \
             alone; to compare, put an expectation into \"try\""
        )
    };
    check_step_err(
        r#"{"if": "{{flag}} == 6", "on": "alice", "send": 1}"#,
        &[&format!("8 .if: {}", message("flag"))],
    );
    check_step_err(
        r#"{"unless": "not {{flag}}", "on": "alice", "send": 1}"#,
        &[&format!("12 .unless: {}", message("flag"))],
    );
}

#[test]
fn err_headers_of_a_handshake_name_the_ways_around() {
    let text = r#"{"sockscope": 1, "suite": "s", "clients": {"a": {"url": "ws://h/", "headers": {"Authorization": "x"}}},
        "checks": [{"check": "c", "steps": [{"connect": "a"}]}]}"#;
    let problems = crate::suite::Suite::parse(text).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].path, "$.clients.a.headers");
    assert!(
        problems[0]
            .message
            .starts_with("a page cannot set headers of a WebSocket handshake; put the token into")
    );
}

#[test]
fn err_a_secret_without_a_variable_says_what_to_add() {
    let text = r#"{"sockscope": 1, "suite": "s", "secrets": ["token"], "clients": {"a": {"url": "ws://h/"}},
        "checks": [{"check": "c", "steps": [{"connect": "a"}]}]}"#;
    let problems = crate::suite::Suite::parse(text).unwrap_err();
    assert_eq!(
        problems[0].message,
        "no variable is called \"token\"; add it: \"vars\": {\"token\": \"\"}; what a step captures or sets under this \
         name is then masked too"
    );
}

#[test]
fn err_what_is_no_step() {
    check_step_err(
        "{}",
        &[
            "1 : this step has no verb; write one of connect, send, silence, close, closed, reconnect, http, wait, all, repeat, set, measure, keep, try, bisect, remark, skip, expect",
        ],
    );
    check_step_err(r#"{"sned": "x"}"#, &[r#"2 .sned: "sned" is not a key of a step; did you mean "send"?"#]);
    check_step_err(
        r#"{"foo": 1}"#,
        &[
            r#"2 .foo: "foo" is not a key of a step; its verb is one of connect, send, silence, close, closed, reconnect, http, wait, all, repeat, set, measure, keep, try, bisect, remark, skip, expect"#,
        ],
    );
    check_step_err(
        r#"{"on": "alice"}"#,
        &[
            "1 : this step has no verb; write one of connect, send, silence, close, closed, reconnect, http, wait, all, repeat, set, measure, keep, try, bisect, remark, skip, expect",
        ],
    );
    check_step_err(
        r#"{"note": 5}"#,
        &["10 .note: expected a string, found 5; write a sentence in quotation marks"],
    );
    check_step_err(r#"{"mark": 5}"#, &[r#"10 .mark: expected a string, found 5; write "said""#]);
    check_step_err(r#"{"mark": ""}"#, &[r#"10 .mark: a mark needs a name; write "said""#]);
    check_step_err(
        r#"{"mark": "{{x}}"}"#,
        &[r#"10 .mark: a mark is fixed, so it cannot hold a placeholder; write "said""#],
    );
    check_step_err(
        "5",
        &[r#"1 : expected a step, found 5; write an object with one verb, such as {"connect": "alice"}"#],
    );
    check_step_err(
        "[]",
        &[r#"1 : expected a step, found []; write an object with one verb, such as {"connect": "alice"}"#],
    );
}

#[test]
fn ok_what_is_no_step() {
    check_step(r#"{"on": "alice", "mark": "said"}"#, r#"mark "said""#);
    check_step(r#"{"note": "hello"}"#, "hello");
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
            r#"33 .expect.subset: "subset" is not a key of what a connect expects; it has protocol, extensions, refused, capture, within"#,
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

#[test]
fn err_set_and_wait() {
    check_step_err(
        r#"{"connect": "alice", "wait": "1s", "close": {}}"#,
        &[
            "22 .wait: this step has 3 verbs, connect, wait and close; a step does one thing, so make it 3 steps",
        ],
    );
    check_step_err(r#"{"wait": "1sec"}"#, &[r#"10 .wait: "1sec" is not a duration; did you mean 1s?"#]);
    check_step_err(r#"{"wait": 5}"#, &["10 .wait: 5 has no unit; write 5us, 5ms, 5s or 5m"]);
    check_step_err(
        r#"{"set": {"i": 1, "x y": 2, "z": "{{rooom}}"}}"#,
        &[
            "10 .set.i: {{i}} means something else already; choose another name for the variable",
            r#"18 .set['x y']: "x y" is not a valid variable name; a name is a letter or _, then letters, digits, _ and -"#,
            r#"33 .set.z: no variable is called "rooom"; did you mean "room"?"#,
        ],
    );
    check_step_err(
        r#"{"set": []}"#,
        &[r#"9 .set: expected an object of variables by name, found []; write {"room": "r-{{uuid}}"}"#],
    );
    check_step_err(
        r#"{"measure": "sent", "steps": [{"wait": "1s"}]}"#,
        &[r#"13 .measure: "sent" is a built-in metric and not a timing; choose another name"#],
    );
    check_step_err(r#"{"measure": "m"}"#, &[r#"1 : a measure step needs "steps": [{ "wait": "10ms" }]"#]);
    check_step_err(
        r#"{"if": "room", "wait": "1s"}"#,
        &[r#"8 .if: a condition needs a placeholder; write "{{room}}""#],
    );
    check_step_err(
        r#"{"if": 5, "wait": "1s"}"#,
        &[r#"8 .if: expected a condition, found 5; write a variable, such as "{{slow}}""#],
    );
    check_step_err(
        r#"{"if": "\\{{room}}", "wait": "1s"}"#,
        &[r#"8 .if: a condition without a placeholder never changes; write "{{slow}}""#],
    );
    check_step_err(
        r#"{"wait": "1s", "on": 5}"#,
        &[r#"22 .on: 5 names no client; write "alice", "crowd[3]", ["alice", "bob"] or "*""#],
    );
    check_step_err(
        r#"{"wait": "1s", "on": ["alice", 5, "*"]}"#,
        &[r#"32 .on[1]: expected a string, found 5; write "alice", "crowd[3]", ["alice", "bob"] or "*""#],
    );
    check_step_err(
        r#"{"wait": "1s", "mark": "said", "pace": 5}"#,
        &[r#"32 .pace: "pace" is not a key of a wait step; it belongs to a connect step"#],
    );
}

#[test]
fn ok_set_and_wait() {
    check_step(r#"{"measure": "m", "steps": [{"wait": "1s"}]}"#, "measure m");
    check_step(r#"{"if": "{{flag}}", "wait": "1s"}"#, "wait 1s");
    check_step(r#"{"if": "{{room}}", "wait": "1s"}"#, "wait 1s");
    check_step(r#"{"set": {"a": 1, "b": "{{uuid}}"}}"#, "set a, b");
    check_step(r#"{"if": true, "note": "why", "wait": "{{d}}s"}"#, "wait {{d}}s");
}

#[test]
fn err_send() {
    check_step_err(
        r#"{"send": "x"}"#,
        &[r#"1 : this step does not say who acts; add "on": one of alice, bob, crowd, a list, or "*""#],
    );
    check_step_err(
        r#"{"on": "*", "send": {"$txt": "x"}}"#,
        &[
            r#"22 .send.$txt: unknown payload key $txt, did you mean $text?; to send a message with such a key, write {"$json": {"$txt": …}}"#,
        ],
    );
    check_step_err(
        r#"{"on": "alice", "send": {"$hex": "0g"}}"#,
        &["34 .send.$hex: 'g' is not a hexadecimal digit; $hex is pairs of 0 to 9 and a to f"],
    );
    check_step_err(
        r#"{"on": "alice", "send": {"a": 1, "$hex": "00"}}"#,
        &[
            r#"26 .send.a: $hex must be the only key, but "a" is there too; to send both, write {"$json": {…}}"#,
        ],
    );
    check_step_err(
        r#"{"on": "alice", "send": {"$bytes": {"size": "64kb", "fil": "zero"}}}"#,
        &[r#"53 .send.$bytes.fil: $bytes has no "fil"; did you mean fill?"#],
    );
    check_step_err(
        r#"{"on": "alice", "send": {"$bytes": {"size": "{{t}}"}}}"#,
        &[
            r#"45 .send.$bytes.size: with t = "5 sec": "5 sec" is not a size; write a number of bytes, such as 65536 or 64KiB"#,
        ],
    );
    check_step_err(
        r#"{"on": "alice", "send": {"$chars": {"of": ""}}}"#,
        &[r#"36 .send.$chars: $chars needs a size, such as "64KiB""#],
    );
    check_step_err(
        r#"{"on": "alice", "send": "{{"}"#,
        &[
            r#"25 .send: a placeholder begins here and has no end; close it with }}, or write \{{ for the two braces themselves"#,
        ],
    );
    check_step_err(
        r#"{"on": "alice", "send": {"a": ["é\"\u00e9{{rooom}}"]}}"#,
        &[r#"42 .send.a[0]: no variable is called "rooom"; did you mean "room"?"#],
    );
    check_step_err(
        r#"{"on": "alice", "send": "{{room}} {{i}} {{index}} {{client}} {{seq}} {{uuid}}"}"#,
        &[
            "35 .send: {{i}} has no value here, because no repeat is around it",
            "41 .send: {{index}} has no value here, because alice is not a member of a group",
        ],
    );
    check_step_err(
        r#"{"on": ["crowd", "alice"], "send": "{{index}}"}"#,
        &["36 .send: {{index}} has no value here, because alice is not a member of a group"],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {}}"#,
        &[r#"38 .expect: this expects nothing in particular; write {"any": true} for any message"#],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"within": "1s"}}"#,
        &[r#"38 .expect: this expects nothing in particular; write {"any": true} for any message"#],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expct": {"any": true}}"#,
        &[r#"28 .expct: "expct" is not a key of a send step; did you mean "expect"?"#],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"any": true, "within": 5}}"#,
        &["62 .expect.within: 5 has no unit; write 5us, 5ms, 5s or 5m"],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"any": true, "within": "5 sec"}}"#,
        &[r#"62 .expect.within: "5 sec" is not a duration; did you mean 5s?"#],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"any": true, "within": "{{t}}"}}"#,
        &[r#"62 .expect.within: with t = "5 sec": "5 sec" is not a duration; did you mean 5s?"#],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"any": true, "wihtin": "5s"}}"#,
        &[r#"52 .expect.wihtin: "wihtin" is not a key of an expectation; did you mean "within"?"#],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"any": false}}"#,
        &["46 .expect.any: expected true, found false"],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"subset": {"id": {"$gr": 1}}}}"#,
        &[r#"57 .expect.subset.id.$gr: unknown operator "$gr"; did you mean "$gt"?"#],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"subset": {"id": {"$gt": null}, "a b": {"$type": "strng"}}}}"#,
        &[
            "64 .expect.subset.id.$gt: expected a number or a string, found null",
            r#"88 .expect.subset['a b'].$type: unknown type "strng"; did you mean "string"?"#,
        ],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"path": "$.a["}}"#,
        &["47 .expect.path: not a JSONPath: expected a selector at character 5"],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"path": "$.a", "eqq": 1}}"#,
        &[r#"54 .expect.eqq: "eqq" is not a key of an expectation; did you mean "eq"?"#],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"eq": 1}}"#,
        &["45 .expect.eq: expected a path beside it, found 1"],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"regex": "("}}"#,
        &["48 .expect.regex: not a regular expression: found open group without closing ')'"],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"text": {}}}"#,
        &["47 .expect.text: expected a string, found {}"],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"any_of": []}}"#,
        &["49 .expect.any_of: expected at least one matcher, found []"],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"any_of": [{"txt": 1}]}}"#,
        &[r#"51 .expect.any_of[0].txt: unknown matcher "txt"; did you mean "text"?"#],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"bytes": {"sise": 1}}}"#,
        &[r#"49 .expect.bytes.sise: unknown property of bytes "sise"; did you mean "size"?"#],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"any": true, "times": -1}}"#,
        &["61 .expect.times: expected a non-negative integer, found -1; write 3"],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"any": true, "times": 0, "capture": {"x": "$"}}}"#,
        &[r#"64 .expect.capture: with "times": 0 no message comes, so there is nothing for "capture""#],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"any": true, "capture": {"uuid": "$.x"}}}"#,
        &[
            "64 .expect.capture.uuid: {{uuid}} means something else already; choose another name for the capture",
        ],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"any": true, "capture": {"a b": "$.x"}}}"#,
        &[
            r#"64 .expect.capture['a b']: "a b" is not a valid capture name; a name is a letter or _, then letters, digits, _ and -"#,
        ],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"any": true, "capture": {"sid": "$.x["}}}"#,
        &[r#"76 .expect.capture.sid: "$.x[" is not a JSONPath: expected a selector at character 5"#],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"any": true, "capture": {"sid": 5}}}"#,
        &[r#"71 .expect.capture.sid: expected a JSONPath, found 5; write "$.id""#],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"any": true, "capture": "$.sid"}}"#,
        &[
            r#"63 .expect.capture: expected an object of captures by name, found "$.sid"; write {"sid": "$.session"}"#,
        ],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"any": true, "metric": "sent"}}"#,
        &[r#"62 .expect.metric: "sent" is a built-in metric and not a timing; choose another name"#],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"any": true, "metric": "a b"}}"#,
        &[r#"62 .expect.metric: "a b" is not a valid metric name: letters, digits, _, - and dots within"#],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"any": true, "metric": "{{x}}"}}"#,
        &[r#"62 .expect.metric: a metric is fixed, so it cannot hold a placeholder; write "fanout""#],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"any": true, "correlate": "id"}}"#,
        &[
            r#"65 .expect.correlate: "id" is not a JSONPath: expected $, with which every path begins, at character 1"#,
        ],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"any": true, "since": "saod"}}"#,
        &[
            r#"61 .expect.since: no step sets the mark "saod"; write "mark": "saod" in the step where it begins"#,
        ],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"any_order": []}}"#,
        &[r#"52 .expect.any_order: an empty list of expectations; write [{"text": "a"}, {"text": "b"}]"#],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"any_order": [{}]}}"#,
        &[
            r#"53 .expect.any_order[0]: this expects nothing in particular; write {"any": true} for any message"#,
        ],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"any_order": [{"any": true, "within": "1s"}]}}"#,
        &[
            r#"67 .expect.any_order[0].within: "within" is not a key of one of several expectations; it has times, check, capture, metric, and the keys of a matcher"#,
        ],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"in_order": [{"any": true}], "any_order": [{"any": true}]}}"#,
        &[r#"39 .expect.in_order: "in_order" and "any_order" exclude each other"#],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"in_order": [{"any": true}], "text": "x"}}"#,
        &[r#"68 .expect.text: "text" belongs into the items of "in_order", each of which is one message"#],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": {"in_order": [{"any": true, "times": 0}], "capture": {"x": "$"}}}"#,
        &[
            r#"75 .expect.in_order[0].times: 0 places are none; leave this one out, or use "silence""#,
            r#"80 .expect.capture: "capture" belongs into the items of "in_order", each of which is one message"#,
        ],
    );
    check_step_err(
        r#"{"on": "alice", "send": 1, "expect": []}"#,
        &[r#"38 .expect: an expectation is an object such as {"subset": {"type": "joined"}}, not []"#],
    );
    check_step_err(
        r#"{"on": "bbo", "send": "{{alice.sid}} {{bbo.sid}} {{crowd.sid}} {{crowd[9].sid}} {{alice[1].sid}}"}"#,
        &[
            r#"8 .on: no client is called "bbo"; did you mean "bob"?"#,
            r#"23 .send: alice never captures "sid"; add "capture": {"sid": "$.sid"} to a step of alice"#,
            r#"38 .send: no client is called "bbo"; did you mean "bob"?"#,
            "50 .send: crowd is a group; say whose sid, such as {{crowd[0].sid}}",
            "64 .send: crowd has 5 members, crowd[0] to crowd[4]; crowd[9] does not exist",
            "81 .send: `alice` is a single client, not a group: write `alice`, not `alice[1]`",
        ],
    );
    check_step_err(
        r#"{"on": "alice", "send": "{{random 5 1}} {{rnd 1 2}} {{}} {{a b}}"}"#,
        &[
            "25 .send: 5 is above 1; write {{random 1 5}}",
            r#"41 .send: no function is called "rnd"; the functions are base64, env, iso, now, pick, random and uuid"#,
            r#"53 .send: an empty placeholder; name a variable, or write \{{ for the two braces themselves"#,
            r#"58 .send: no function is called "a"; the functions are base64, env, iso, now, pick, random and uuid"#,
        ],
    );
}

#[test]
fn ok_send() {
    check_step(r#"{"on": "alice", "send": "x"}"#, r#"alice sends "x""#);
    check_step(r#"{"on": "crowd", "send": "{{index}}"}"#, r#"crowd sends "{{index}}""#);
    check_step(
        r#"{"on": "alice", "send": 1, "expect": {"any": true, "within": "{{d}}"}}"#,
        "alice sends 1 and expects any message",
    );
    check_step(
        r#"{"on": "alice", "send": 1, "expect": {"any": true, "within": "{{d}}ms"}}"#,
        "alice sends 1 and expects any message",
    );
    check_step(
        r#"{"on": "alice", "send": 1, "expect": {"echo": true}}"#,
        "alice sends 1 and expects an echo of what was sent",
    );
    check_step(
        r#"{"on": "alice", "send": 1, "expect": {"check": {"echo": true}}}"#,
        "alice sends 1 and expects any message",
    );
    check_step(
        r#"{"on": "alice", "send": 1, "expect": {"not": {"echo": true}}}"#,
        "alice sends 1 and expects not (an echo of what was sent)",
    );
    check_step(
        r#"{"on": "alice", "send": 1, "expect": {"times": 2}}"#,
        "alice sends 1 and expects 2 times any message",
    );
    check_step(
        r#"{"on": "alice", "send": "\\{{x}}", "expect": {"equals": "\\{{x}}"}}"#,
        r#"alice sends "\\{{x}}" and expects JSON equal to "{{x}}""#,
    );
    check_step(
        r#"{"on": "alice", "send": {"a": 1}, "expect": {"subset": {"a": 1}, "within": "1s", "times": 2, "metric": "m.x", "correlate": "$.id"}}"#,
        r#"alice sends {"a":1} and expects 2 times JSON containing {"a":1}"#,
    );
    check_step(r#"{"on": ["alice", "bob", "crowd[2]"], "send": [1]}"#, "alice, bob and crowd[2] send [1]");
    check_step(
        r#"{"on": "alice", "send": "line\nbreak and a very long message that goes on and on and on until people stop wanting to read any of it in a list", "expect": {"contains": "another very long text that goes on and on and on and on"}}"#,
        r#"alice sends "line\nbreak and a very long message tha…ny of it in a list" and expects text containing "another very long…"#,
    );
    check_step(
        r#"{"on": "{{who}}", "send": "{{index}}{{client}}"}"#,
        r#"{{who}} sends "{{index}}{{client}}""#,
    );
}

#[test]
fn err_silence_and_expect() {
    check_step_err(
        r#"{"on": "alice", "expect": {"not": {"echo": true}}}"#,
        &[r#"36 .expect.not.echo: "echo" works only in the expect of a send; nothing is sent here"#],
    );
    check_step_err(
        r#"{"on": "alice", "expect": {"all_of": [{"any": true}, {"echo": true}]}}"#,
        &[r#"55 .expect.all_of[1].echo: "echo" works only in the expect of a send; nothing is sent here"#],
    );
    check_step_err(
        r#"{"on": "alice", "expect": {"since": "said", "any": true}}"#,
        &[
            r#"37 .expect.since: no step sets the mark "said"; write "mark": "said" in the step where it begins"#,
        ],
    );
    check_step_err(
        r#"{"on": "alice", "expect": {"any": true, "check": {"subset": {"a": {"$lenn": 1}}}}}"#,
        &[r#"68 .expect.check.subset.a.$lenn: unknown operator "$lenn"; did you mean "$len"?"#],
    );
    check_step_err(
        r#"{"on": "alice", "silence": "1s"}"#,
        &[r#"28 .silence: a silence is an object such as {"for": "1s"}, not "1s""#],
    );
    check_step_err(r#"{"on": "alice", "silence": {}}"#, &[r#"28 .silence: a silence needs "for": "1s""#]);
    check_step_err(
        r#"{"on": "alice", "silence": {"for": 1, "matching": {"echo": true}}}"#,
        &[
            "36 .silence.for: 1 has no unit; write 1us, 1ms, 1s or 1m",
            r#"52 .silence.matching.echo: "echo" works only in the expect of a send; nothing is sent here"#,
        ],
    );
}

#[test]
fn ok_silence_and_expect() {
    check_step(r#"{"on": "alice", "silence": {"for": "1s"}}"#, "alice hears nothing for 1s");
    check_step(
        r#"{"on": "*", "silence": {"for": "500ms", "matching": {"subset": {"type": "said"}}}}"#,
        r#"everyone hears nothing matching JSON containing {"type":"said"} for 500ms"#,
    );
    check_step(
        r#"{"on": "alice", "expect": {"any_order": [{"text": "a"}, {"text": "b", "times": 2}]}}"#,
        r#"alice expects in any order text "a" and text "b""#,
    );
    check_step(
        r#"{"on": "alice", "expect": {"in_order": [{"text": "a"}, {"contains": "b", "capture": {"x": "$"}}], "within": "1s"}}"#,
        r#"alice expects in this order text "a", then text containing "b""#,
    );
    check_step(r#"{"on": "alice", "expect": {"times": 0, "text": "a"}}"#, r#"alice expects no text "a""#);
}

#[test]
fn err_http() {
    check_step_err(
        r#"{"http": {"url": "ws://x/"}}"#,
        &["18 .http.url: the address of a call starts with http:// or https://"],
    );
    check_step_err(r#"{"http": {}}"#, &[r#"10 .http: an HTTP call needs "url": "{{api_url}}/events""#]);
    check_step_err(
        r#"{"http": {"url": "{{api}}/x", "method": "GET", "json": 1}}"#,
        &[r#"48 .http.json: a GET has no body; leave "json" out, or use POST"#],
    );
    check_step_err(
        r#"{"http": {"url": "{{api}}/x", "json": 1, "text": "x"}}"#,
        &[r#"42 .http.text: a call has one body, "json" or "text""#],
    );
    check_step_err(
        r#"{"http": {"url": "{{api}}/x", "method": "P OST", "headers": {"a b": 1}}}"#,
        &[
            r#"41 .http.method: "P OST" is not an HTTP method; write GET, POST, PUT, PATCH or DELETE"#,
            r#"62 .http.headers['a b']: "a b" is not a valid header name"#,
            r#"69 .http.headers['a b']: expected a string, found 1; write "Bearer {{token}}""#,
        ],
    );
    check_step_err(
        r#"{"http": {"url": "{{api}}/x", "methd": "POST"}}"#,
        &[r#"31 .http.methd: "methd" is not a key of an HTTP call; did you mean "method"?"#],
    );
    check_step_err(
        r#"{"http": {"url": "{{api}}/x"}, "expect": {"status": 99}}"#,
        &["53 .expect.status: 99 is not a status that a call can end with; those are 200 to 599"],
    );
    check_step_err(
        r#"{"http": {"url": "{{api}}/x"}, "expect": {"status": [200, "x"], "subset": {"a": {"$gt": 1}}, "check": {}}}"#,
        &[
            r#"53 .expect.status: expected a non-negative integer, found "x"; write 200 or [200, 202]"#,
            r#"94 .expect.check: "check" is not a key of what an HTTP call expects; it has status, capture, within, metric, and the keys of a matcher"#,
        ],
    );
    check_step_err(
        r#"{"http": {"url": "{{api}}/{{client}}"}}"#,
        &[r#"27 .http.url: {{client}} has no value here, because no client acts; add "on""#],
    );
}

#[test]
fn ok_http() {
    check_step(r#"{"http": {"url": "http://x/"}}"#, "GET http://x/");
    check_step(
        r#"{"http": {"url": "{{api}}/events", "json": {"type": "x"}, "headers": {"X-A": "b"}}, "expect": {"status": 202, "subset": {"id": {"$exists": true}}, "capture": {"id": "$.id"}}}"#,
        r#"POST {{api}}/events and expect 202 and JSON containing {"id":{"$exists":true}}"#,
    );
    check_step(
        r#"{"http": {"url": "{{api}}/x", "method": "put", "text": "x"}, "expect": {"status": [200, 204]}}"#,
        "PUT {{api}}/x and expect 200 or 204",
    );
}

#[test]
fn err_all() {
    check_step_err(
        r#"{"all": []}"#,
        &[r#"9 .all: an empty list of branches; write [{"wait": "1s"}, [{"wait": "1s"}, {"wait": "2s"}]]"#],
    );
    check_step_err(
        r#"{"all": {}}"#,
        &[
            r#"9 .all: expected a list of branches, found {}; write [{"wait": "1s"}, [{"wait": "1s"}, {"wait": "2s"}]]"#,
        ],
    );
    check_step_err(
        r#"{"all": [5, [], {"wait": "1s"}]}"#,
        &[
            r#"10 .all[0]: expected a step, found 5; write an object with one verb, such as {"connect": "alice"}"#,
            r#"13 .all[1]: expected at least one step; write [{"connect": "alice"}]"#,
        ],
    );
    check_step_err(
        r#"{"all": [[{"wait": "1s"}, {"wiat": "1s"}]]}"#,
        &[r#"28 .all[0][1].wiat: "wiat" is not a key of a step; did you mean "wait"?"#],
    );
}

#[test]
fn ok_all() {
    check_step(r#"{"all": [{"wait": "1s"}]}"#, "one branch at once");
}

#[test]
fn err_repeat() {
    for (head, at) in [(r#"{"times": 0}"#, "times"), (r#"{"for": "0s"}"#, "for")] {
        let column = if at == "times" { 22 } else { 20 };
        check_step_err(
            &format!(r#"{{"repeat": {head}, "steps": [{{"wait": "1s"}}]}}"#),
            &[&format!(
                "{column} .repeat.{at}: a repeat without a round checks nothing; to leave it out, write \"if\": false"
            )],
        );
    }
    check_step_err(
        r#"{"repeat": {"times": 10}}"#,
        &[r#"1 : a repeat needs a round; write "steps": [{"wait": "10ms"}], or "send""#],
    );
    check_step_err(
        r#"{"repeat": {}, "steps": [{"wait": "1s"}]}"#,
        &[
            r#"12 .repeat: a repeat ends after some rounds or after a while; write "times": 10 or "for": "30s""#,
        ],
    );
    check_step_err(
        r#"{"repeat": {"times": 2, "schedule": "open"}, "steps": [{"wait": "{{i}}ms"}]}"#,
        &[
            r#"37 .repeat.schedule: an open schedule starts rounds on the clock; say how often, such as "every": "100ms""#,
        ],
    );
    check_step_err(
        r#"{"repeat": {"times": 2, "schedule": "opne", "every": "1s"}, "steps": [{"wait": "1s"}]}"#,
        &[r#"37 .repeat.schedule: "opne" is not a schedule; did you mean "open"?"#],
    );
    check_step_err(
        r#"{"repeat": {"times": "{{i}}"}, "steps": [{"wait": "1s"}]}"#,
        &["22 .repeat.times: {{i}} has no value here, because no repeat is around it"],
    );
    check_step_err(
        r#"{"repeat": {"times": 1}, "steps": [{"wait": "1s"}], "send": 1}"#,
        &[r#"53 .send: "send" is one round itself; put it into "steps""#],
    );
    check_step_err(
        r#"{"repeat": {"times": 1}, "send": 1}"#,
        &[r#"1 : this step does not say who acts; add "on": one of alice, bob, crowd, a list, or "*""#],
    );
    check_step_err(
        r#"{"repeat": {"times": 1}, "on": "alice", "expect": {"echo": true}}"#,
        &[r#"52 .expect.echo: "echo" works only in the expect of a send; nothing is sent here"#],
    );
    check_step_err(
        r#"{"repeat": {"times": 1}, "steps": []}"#,
        &[r#"35 .steps: expected at least one step; write [{"connect": "alice"}]"#],
    );
    check_step_err(
        r#"{"repeat": 10, "steps": [{"wait": "1s"}]}"#,
        &[r#"12 .repeat: a repeat is an object such as {"times": 10}, not 10"#],
    );
    check_step_err(
        r#"{"repeat": {"times": 1.5, "for": "x", "evry": 1}, "steps": [{"wait": "1s"}]}"#,
        &[
            "22 .repeat.times: expected a non-negative integer, found 1.5; write 10",
            r#"34 .repeat.for: "x" is not a duration; write a number with a unit, such as 200ms or 1.5s"#,
            r#"39 .repeat.evry: "evry" is not a key of a repeat; did you mean "every"?"#,
        ],
    );
}

#[test]
fn ok_repeat() {
    check_step(
        r#"{"repeat": {"times": 1}, "on": "alice", "send": "{{i}}", "expect": {"echo": true}}"#,
        r#"repeat once: alice sends "{{i}}" and expects an echo of what was sent"#,
    );
    check_step(
        r#"{"repeat": {"times": 1}, "on": "alice", "steps": [{"send": "{{client}}"}, {"silence": {"for": "1s"}}]}"#,
        "repeat once",
    );
    check_step(
        r#"{"repeat": {"for": "30s", "every": "100ms", "schedule": "open"}, "on": "alice", "send": {"n": "{{i}}"}, "expect": {"echo": true}}"#,
        "repeat for 30\u{2009}s every 100\u{2009}ms: alice sends {\"n\":\"{{i}}\"} and expects an echo of what was sent",
    );
    check_step(r#"{"repeat": {"times": 10}, "steps": [{"wait": "1s"}]}"#, "repeat 10 times");
}

#[test]
fn err_how_many_of_whom() {
    let message = r#"34 .count: "count" goes with the name of a group, such as "connect": "crowd""#;
    check_step_err(r#"{"connect": "crowd[1]", "count": 2}"#, &[message]);
}
