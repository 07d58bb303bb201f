//! Every matcher holds and fails. Add a new one by hand: no test compares these lists with the table of matchers.

use super::*;

#[test]
fn every_matcher_holds() {
    matches(json!({"a": {"b": 1, "c": 2}}), json!({"subset": {"a": {"b": {"$gte": 1}}}}));
    matches(json!({"a": 1}), json!({"equals": {"a": 1.0}}));
    matches(json!("hello"), json!({"text": "hello"}));
    matches(json!("hello"), json!({"contains": "ell"}));
    matches(json!("hello"), json!({"regex": "^h.*o$"}));
    matches(json!({"items": [{"id": 3}]}), json!({"path": "$.items[0].id", "eq": 3}));
    matches(json!({"$bytes": {"size": 4, "fill": "ramp"}}), json!({"bytes": {"size": 4, "hex": "00010203"}}));
    let framed = json!({"$concat": [{"$u8": 16}, {"$length": "u16", "of": "hi"}]});
    matches(framed.clone(), json!({"bytes": {"prefix": "10", "at": 1, "u16": 2, "contains": "6869"}}));
    matches(framed, json!({"bytes": {"at": -4, "u16le": 512, "hex": "0002"}}));
    matches(json!({"$hex": "00ff"}), json!({"echo": true}));
    matches(json!("x"), json!({"any": true}));
    matches(json!("x"), json!({"not": {"text": "y"}}));
    matches(json!("xy"), json!({"all_of": [{"contains": "x"}, {"contains": "y"}]}));
    matches(json!("x"), json!({"any_of": [{"text": "y"}, {"text": "x"}]}));
}

#[test]
fn every_matcher_fails() {
    let tail = "did not come within 2 s; 1 other message came";
    misses(json!({"a": 1}), json!({"subset": {"a": 2}}), &format!(r#"JSON containing {{"a":2}} {tail}"#));
    misses(
        json!({"a": 10000000000000001_u64}),
        json!({"equals": {"a": serde_json::from_str::<Value>("1e16").unwrap()}}),
        &format!(r#"JSON equal to {{"a":1e+16}} {tail}"#),
    );
    misses(json!("hello"), json!({"text": "hullo"}), &format!(r#"text "hullo" {tail}"#));
    misses(json!("hello"), json!({"contains": "z"}), &format!(r#"text containing "z" {tail}"#));
    misses(json!("hello"), json!({"regex": "^x"}), &format!("text matching /^x/ {tail}"));
    misses(
        json!({"n": 1}),
        json!({"path": "$.n", "gt": 1}),
        &format!(r#"JSON where $.n is {{"gt":1}} {tail}"#),
    );
    misses(json!("x"), json!({"bytes": {"size": 1}}), &format!("binary of size 1 {tail}"));
    let framed = json!({"$hex": "10 0002 6869"});
    let failure = misses(
        framed.clone(),
        json!({"bytes": {"at": 1, "u16": {"$gt": 2}}}),
        &format!(r#"binary with u16 at 1 {{"$gt":2}} {tail}"#),
    );
    assert_eq!((failure.diff[0].path.as_str(), failure.diff[0].got.as_str()), ("u16 at 1", "2"));
    misses(
        framed.clone(),
        json!({"bytes": {"prefix": "1100"}}),
        &format!("binary beginning with 11 00 {tail}"),
    );
    misses(
        framed.clone(),
        json!({"bytes": {"contains": "ffff"}}),
        &format!("binary containing ff ff {tail}"),
    );
    misses(framed, json!({"bytes": {"at": 9, "u8": 1}}), &format!("binary with u8 at 9 1 {tail}"));
    misses(json!("x"), json!({"not": {"text": "x"}}), &format!(r#"not (text "x") {tail}"#));
    misses(
        json!("x"),
        json!({"all_of": [{"text": "x"}, {"text": "y"}]}),
        &format!(r#"(text "x" and text "y") {tail}"#),
    );
    misses(
        json!("x"),
        json!({"any_of": [{"text": "z"}, {"text": "y"}]}),
        &format!(r#"(text "z" or text "y") {tail}"#),
    );
}

#[test]
fn an_echo_that_is_changed_fails() {
    let steps = json!([open(), {"on": "a", "send": "hello", "expect": {"echo": true}}]);
    for faults in
        [Faults { corrupts: Some(0), ..Faults::default() }, Faults { mistypes: true, ..Faults::default() }]
    {
        fails(
            "/ws/echo",
            faults,
            steps.clone(),
            "steps[1] timeout: an echo of what was sent did not come within 2 s; 1 other message came",
        );
    }
    fails(
        "/ws/echo",
        Faults { drops: Some(0), ..Faults::default() },
        steps,
        "steps[1] timeout: an echo of what was sent did not come within 2 s; no other message came",
    );
}

#[test]
fn a_schema_matcher_and_a_schema_invariant_hold_and_are_broken() {
    let schema =
        json!({"type": "object", "properties": {"n": {"type": "integer", "minimum": 0}}, "required": ["n"]});
    matches(json!({"n": 1}), json!({"schema": schema}));
    let failure = misses(
        json!({"n": -1}),
        json!({"schema": schema}),
        "JSON that fits the schema {\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\",\"minimum\":0}},\
         \"required\":[\"n\"]} did not come within 2 s; 1 other message came",
    );
    assert_eq!((failure.diff[0].path.as_str(), failure.diff[0].got.as_str()), ("$.n", "-1"));
    let rule = json!({"schema": schema});
    invariant(rule.clone(), &[r#"{"n":1}"#, r#"{"n":2.0}"#], &[]);
    invariant(
        rule,
        &[r#"{"n":1}"#, r#"{"n":1.5}"#],
        &[
            r#"invariants[0] invariant: a message is not as described: expected JSON that fits the schema {"type":"object","properties":{"n":{"type":"integer","minimum":0}},"required":["n"]}"#,
        ],
    );
}
