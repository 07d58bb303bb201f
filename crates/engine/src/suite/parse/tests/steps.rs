//! Steps, each in a suite of its own.

use super::*;
use crate::suite::keys::VERBS;

#[test]
fn err_a_condition_with_text_around_its_placeholder_is_always_yes() {
    let message = |written: &str| {
        format!(
            "a condition is one placeholder and nothing around it, because a text does not compare: write \
             \"{{{{{written}}}}}\" alone, or {{\"var\": {written:?}, \"eq\": 1}}"
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
fn err_what_is_not_a_step() {
    let verbs = VERBS.iter().map(|verb| verb.name).collect::<Vec<_>>().join(", ");
    check_step_err("{}", &[&format!("1 : this step has no verb; write one of {verbs}")]);
    check_step_err(r#"{"sned": "x"}"#, &[r#"2 .sned: "sned" is not a key of a step; did you mean "send"?"#]);
    check_step_err(
        r#"{"foo": 1}"#,
        &[&format!(r#"2 .foo: "foo" is not a key of a step; its verb is one of {verbs}"#)],
    );
    check_step_err(r#"{"on": "alice"}"#, &[&format!("1 : this step has no verb; write one of {verbs}")]);
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
fn ok_what_is_not_a_step() {
    check_step(r#"{"on": "alice", "mark": "said"}"#, r#"mark "said""#);
    check_step(r#"{"note": "hello"}"#, "hello");
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
        &[r#"8 .if: expected a condition, found 5; write "{{slow}}" or {"var": "state", "eq": "done"}"#],
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
        &[r#"42 .http.text: a call has one body: "json", "text", "body" or "multipart""#],
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
            r#"94 .expect.check: "check" is not a key of what an HTTP call expects; it has status, redirected, url, capture, within, metric, until, every, and the keys of a matcher"#,
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
fn err_comparisons() {
    check_step_err(r#"{"assert": {"eq": 1}}"#, &[r#"12 .assert: a comparison needs "var": "state""#]);
    check_step_err(
        r#"{"assert": {"var": "room"}}"#,
        &[r#"12 .assert: this says nothing of room; write "eq": 5 beside it"#],
    );
    check_step_err(
        r#"{"assert": {"var": "room", "matches": "("}}"#,
        &["39 .assert.matches: not a regular expression: found open group without closing ')'"],
    );
    check_step_err(
        r#"{"if": {"var": "a room", "eq": 1}, "wait": "1s"}"#,
        &[
            r#"16 .if.var: "a room" is not the name of a variable; write "state", or "bob.sid" for what bob has captured"#,
        ],
    );
    check_step_err(
        r#"{"repeat": {"times": 2, "until": {}}, "steps": [{"wait": "1s"}]}"#,
        &[
            r#"34 .repeat.until: this ends at nothing in particular; write {"var": "state", "eq": "done"} or a matcher"#,
        ],
    );
    check_step_err(
        r#"{"repeat": {"times": 2, "every": "1s", "schedule": "open", "until": {"any": true}}, "steps": [{"wait": "1s"}]}"#,
        &[
            r#"60 .repeat.until: an open schedule starts rounds before the last one has ended; with "until", leave "schedule" out"#,
        ],
    );
    check_step_err(
        r#"{"http": {"url": "http://x"}, "expect": {"every": "1s"}}"#,
        &[r#"42 .expect.every: "every" says how often to call "until" something holds; add "until""#],
    );
    check_step_err(
        r#"{"http": {"url": "http://x"}, "expect": {"until": {"any": true}, "every": "0s"}}"#,
        &[r#"75 .expect.every: calls without a pause are too many; write "every": "100ms""#],
    );
}

#[test]
fn what_a_round_captures_is_known_to_its_until() {
    check_step_err(
        r#"{"on": "alice", "repeat": {"times": 2, "until": {"var": "sid", "eq": 1}}, "send": 1, "expect": {"any": true, "capture": {"sid": "$"}}}"#,
        &[],
    );
    check_step_err(
        r#"{"on": "alice", "repeat": {"times": 2, "until": {"var": "sit", "eq": 1}}, "send": 1, "expect": {"any": true, "capture": {"sid": "$"}}}"#,
        &[r#"57 .repeat.until.var: no variable is called "sit"; did you mean "sid"?"#],
    );
}
