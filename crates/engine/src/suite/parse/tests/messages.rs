//! Steps that send and expect messages, each in a suite of its own.

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
            r#"41 .send: no function is called "rnd"; the functions are add, base64, hex, hmac-sha256, json, length, lower, mul, sha256, slice, sub, text, upper, url, env, iso, now, pick, random, uuid"#,
            r#"53 .send: an empty placeholder; name a variable, or write \{{ for the two braces themselves"#,
            r#"58 .send: no function is called "a"; the functions are add, base64, hex, hmac-sha256, json, length, lower, mul, sha256, slice, sub, text, upper, url, env, iso, now, pick, random, uuid"#,
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
        r#"{"on": "alice", "send": {"n": 1}, "expect": {"correlate": "$.request_id"}}"#,
        r#"alice sends {"n":1} and expects the message with the same request_id"#,
    );
    check_step(
        r#"{"on": "alice", "send": {"n": 1}, "expect": {"correlate": "$.head.id"}}"#,
        r#"alice sends {"n":1} and expects the message with the same $.head.id"#,
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
