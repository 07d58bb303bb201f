//! What each matcher promises: a message that holds, one that fails with the words the user reads, a spec that is refused.

use serde_json::{Value, json};

use super::{Matcher, Subject};
use crate::Payload;

#[track_caller]
fn compile(spec: &Value) -> Matcher {
    Matcher::compile(spec).unwrap_or_else(|mistakes| panic!("{spec}: {mistakes:?}"))
}

/// The matcher holds for the first message and fails for the second with these words after what it expected.
#[track_caller]
fn check(spec: Value, holding: &str, failing: &str, words: &str) {
    let matcher = compile(&spec);
    assert_eq!(matcher.check(&Subject::new(&holding.into())), Ok(()), "{spec} for {holding}");
    let failing = failing.into();
    let mismatch = matcher.check(&Subject::new(&failing)).expect_err("a message that fails").to_string();
    assert_eq!(
        mismatch.strip_prefix(&format!("expected {}: ", matcher.expected())),
        Some(words),
        "{mismatch}"
    );
}

#[track_caller]
fn wrong(spec: Value, expected: &[&str]) {
    let mistakes = Matcher::compile(&spec).expect_err("a spec that is refused");
    assert_eq!(mistakes.iter().map(ToString::to_string).collect::<Vec<_>>(), expected, "{spec}");
}

#[track_caller]
fn closeness(spec: Value, message: &str) -> u16 {
    compile(&spec).check(&Subject::new(&message.into())).expect_err("a message that fails").closeness.0
}

#[test]
fn ok_subset() {
    check(
        json!({"subset": {"a": {"b": 1}}}),
        r#"{"a":{"b":1.0,"c":2}}"#,
        r#"{"a":{"b":2}}"#,
        "$.a.b: expected 1, found 2",
    );
    check(json!({"subset": {"a": null}}), r#"{"a":null}"#, "{}", "$.a: expected null, found nothing");
    check(
        json!({"subset": {"a": {"b": 1}}}),
        r#"{"a":{"b":1}}"#,
        "{}",
        r#"$.a: expected {"b":1}, found nothing"#,
    );
    check(json!({"subset": {}}), "{}", "[]", "$: expected {}, found []");
    check(json!({"subset": {"a": 1}}), r#"{"a":1}"#, "hello", r#"$: expected JSON, found text "hello""#);
    check(json!({"subset": {"$$type": 1}}), r#"{"$type":1}"#, "{}", "$.$type: expected 1, found nothing");
}

#[test]
fn a_subset_is_shown_in_the_order_of_the_file() {
    let matcher = compile(&json!({"subset": {"type": "said", "from": {"z": 1, "a": 2}}}));
    assert_eq!(matcher.expected(), r#"JSON containing {"type":"said","from":{"z":1,"a":2}}"#);
    let mismatch = matcher.check(&Subject::owned("{}".into())).unwrap_err();
    assert_eq!(mismatch.differences[0].path, "$.type");
}

#[test]
fn ok_subset_lists_have_exactly_these_items() {
    check(
        json!({"subset": [{"a": 1}]}),
        r#"[{"a":1,"b":2}]"#,
        r#"[{"a":1},2]"#,
        "$: expected 1 item, found 2 items",
    );
    check(
        json!({"subset": [1, 2]}),
        "[1,2]",
        "[2,1]",
        "$[0]: expected 1, found 2; $[1]: expected 2, found 1",
    );
}

#[test]
fn ok_subset_numbers_are_not_rounded() {
    let spec = serde_json::from_str(r#"{"subset":{"id":10000000000000001}}"#).unwrap();
    check(
        spec,
        r#"{"id":10000000000000001.0}"#,
        r#"{"id":1e16}"#,
        "$.id: expected 10000000000000001, found 1e+16",
    );
}

#[test]
fn ok_subset_operators() {
    check(
        json!({"subset": {"n": {"$gt": 1}}}),
        r#"{"n":2}"#,
        r#"{"n":1}"#,
        r#"$.n: expected {"$gt":1}, found 1"#,
    );
    check(
        json!({"subset": {"n": {"$gte": 1, "$lt": 3}}}),
        r#"{"n":1}"#,
        r#"{"n":3}"#,
        r#"$.n: expected {"$gte":1,"$lt":3}, found 3"#,
    );
    check(
        json!({"subset": {"n": {"$lte": "b"}}}),
        r#"{"n":"b"}"#,
        r#"{"n":"c"}"#,
        r#"$.n: expected {"$lte":"b"}, found "c""#,
    );
    check(
        json!({"subset": {"n": {"$ne": 1}}}),
        r#"{"n":"1"}"#,
        r#"{"n":1.0}"#,
        r#"$.n: expected {"$ne":1}, found 1.0"#,
    );
    check(
        json!({"subset": {"n": {"$ne": 1}}}),
        r#"{"n":2}"#,
        "{}",
        r#"$.n: expected {"$ne":1}, found nothing"#,
    );
    check(
        json!({"subset": {"n": {"$in": [1, "a"]}}}),
        r#"{"n":"a"}"#,
        r#"{"n":2}"#,
        r#"$.n: expected {"$in":[1,"a"]}, found 2"#,
    );
    check(
        json!({"subset": {"n": {"$regex": "^r-"}}}),
        r#"{"n":"r-1"}"#,
        r#"{"n":1}"#,
        r#"$.n: expected {"$regex":"^r-"}, found 1"#,
    );
    check(
        json!({"subset": {"n": {"$type": "integer"}}}),
        r#"{"n":1.0}"#,
        r#"{"n":1.5}"#,
        r#"$.n: expected {"$type":"integer"}, found 1.5"#,
    );
    check(
        json!({"subset": {"n": {"$type": ["null", "array"]}}}),
        r#"{"n":[]}"#,
        r#"{"n":{}}"#,
        r#"$.n: expected {"$type":["null","array"]}, found {}"#,
    );
    check(
        json!({"subset": {"n": {"$exists": true}}}),
        r#"{"n":null}"#,
        "{}",
        r#"$.n: expected {"$exists":true}, found nothing"#,
    );
    check(
        json!({"subset": {"n": {"$exists": false}}}),
        "{}",
        r#"{"n":null}"#,
        r#"$.n: expected {"$exists":false}, found null"#,
    );
    check(
        json!({"subset": {"n": {"$len": 2}}}),
        r#"{"n":"é€"}"#,
        r#"{"n":[1]}"#,
        r#"$.n: expected {"$len":2}, found [1]"#,
    );
    check(
        json!({"subset": {"n": {"$len": {"$gt": 0}}}}),
        r#"{"n":[1]}"#,
        r#"{"n":5}"#,
        r#"$.n: expected {"$len":{"$gt":0}}, found 5"#,
    );
    check(
        json!({"subset": {"n": {"$any": true}}}),
        r#"{"n":null}"#,
        "{}",
        r#"$.n: expected {"$any":true}, found nothing"#,
    );
}

#[test]
fn err_subset() {
    wrong(
        json!({"subset": {"items": [{"$gr": 1}]}}),
        &[r#"$.subset.items[0].$gr: unknown operator "$gr"; did you mean "$gt"?"#],
    );
    wrong(
        json!({"subset": {"a": {"$gt": [1]}}}),
        &["$.subset.a.$gt: expected a number or a string, found [1]"],
    );
    wrong(
        json!({"subset": {"a": {"$in": []}}}),
        &["$.subset.a.$in: expected a list of values, at least one, found []"],
    );
    wrong(
        json!({"subset": {"a": {"$type": "strin"}}}),
        &[r#"$.subset.a.$type: unknown type "strin"; did you mean "string"?"#],
    );
    wrong(json!({"subset": {"a": {"$exists": 1}}}), &["$.subset.a.$exists: expected true or false, found 1"]);
    wrong(json!({"subset": {"a": {"$any": false}}}), &["$.subset.a.$any: expected true, found false"]);
    wrong(
        json!({"subset": {"a": {"$regex": "("}}}),
        &["$.subset.a.$regex: not a regular expression: found open group without closing ')'"],
    );
    wrong(
        json!({"subset": {"a": {"$gt": 1, "b": 2}}}),
        &[
            "$.subset.a: operators and members do not mix in one object; a member whose name begins with $ is written with $$",
        ],
    );
}

#[test]
fn ok_equals() {
    check(
        json!({"equals": {"a": [1]}}),
        r#"{"a":[1.0]}"#,
        r#"{"a":[1],"b":2}"#,
        "$.b: expected nothing, found 2",
    );
    check(
        json!({"equals": {"$gt": 1}}),
        r#"{"$gt":1}"#,
        r#"{"x":1}"#,
        "$.$gt: expected 1, found nothing; $.x: expected nothing, found 1",
    );
    check(json!({"equals": "a"}), r#""a""#, "a", r#"$: expected JSON, found text "a""#);
}

#[test]
fn ok_text_contains_regex() {
    check(json!({"text": "hello"}), "hello", "help", r#"$: expected "hello", found "help""#);
    check(json!({"text": 5}), "5", "6", r#"$: expected "5", found "6""#);
    check(
        json!({"contains": "ell"}),
        "hello",
        "help",
        r#"$: expected text containing "ell", found text "help""#,
    );
    check(
        json!({"regex": "^h.l+"}),
        "hello",
        "help me".split_at(1).1,
        r#"$: expected text matching /^h.l+/, found text "elp me""#,
    );
}

#[test]
fn err_text_contains_regex() {
    wrong(json!({"text": null}), &["$.text: expected a string, found null"]);
    wrong(json!({"contains": []}), &["$.contains: expected a string, found []"]);
    wrong(json!({"regx": "a"}), &[r#"$.regx: unknown matcher "regx"; did you mean "regex"?"#]);
}

#[test]
fn ok_path() {
    check(json!({"path": "$.a[0]", "eq": 1}), r#"{"a":[1]}"#, r#"{"a":[2]}"#, "$.a[0]: expected 1, found 2");
    check(
        json!({"path": {"path": "$.a", "ne": 1}}),
        r#"{"a":2}"#,
        r#"{"a":1}"#,
        r#"$.a: expected {"ne":1}, found 1"#,
    );
    check(
        json!({"path": "$.*.n", "gt": 0}),
        r#"[{"n":1}]"#,
        r#"[{"n":1},{"n":0}]"#,
        r#"$[1].n: expected {"gt":0}, found 0"#,
    );
    check(
        json!({"path": "$.a", "lt": 2}),
        r#"{"a":1}"#,
        "{}",
        r#"$: expected {"lt":2} at $.a, found nothing"#,
    );
    check(
        json!({"path": "$.a", "gte": 1, "lte": 2}),
        r#"{"a":1}"#,
        r#"{"a":3}"#,
        r#"$.a: expected {"gte":1,"lte":2}, found 3"#,
    );
    check(
        json!({"path": "$.a", "in": [1]}),
        r#"{"a":1}"#,
        r#"{"a":3}"#,
        r#"$.a: expected {"in":[1]}, found 3"#,
    );
    check(
        json!({"path": "$.a", "matches": "x"}),
        r#"{"a":"xy"}"#,
        r#"{"a":"y"}"#,
        r#"$.a: expected {"matches":"x"}, found "y""#,
    );
    check(
        json!({"path": "$.a", "type": "null"}),
        r#"{"a":null}"#,
        r#"{"a":0}"#,
        r#"$.a: expected {"type":"null"}, found 0"#,
    );
    check(
        json!({"path": "$.a", "exists": false}),
        "{}",
        r#"{"a":0}"#,
        r#"$.a: expected {"exists":false}, found 0"#,
    );
    check(
        json!({"path": "$.a", "length": 1}),
        r#"{"a":[0]}"#,
        r#"{"a":[]}"#,
        r#"$.a: expected {"length":1}, found []"#,
    );
    check(json!({"path": "$.a"}), r#"{"a":0}"#, "{}", r#"$: expected {"exists":true} at $.a, found nothing"#);
}

#[test]
fn err_path() {
    wrong(json!({"path": "$.a[", "eq": 1}), &["$.path: not a JSONPath: expected a selector at character 5"]);
    wrong(
        json!({"path": {"path": "$.a", "mtches": 1}}),
        &[r#"$.path.mtches: unknown operator "mtches"; did you mean "matches"?"#],
    );
    wrong(json!({"path": {"eq": 1}}), &[r#"$.path: expected an object with path, found {"eq":1}"#]);
    wrong(json!({"eq": 1}), &["$.eq: expected a path beside it, found 1"]);
    wrong(
        json!({"path": "$.a", "length": -1}),
        &["$.length: expected a whole number from 0 or bounds such as {\"$gt\": 0}, found -1"],
    );
}

#[test]
fn ok_schema() {
    check(
        json!({"schema": {"title": "order", "properties": {"id": {"type": "integer"}}, "required": ["id"]}}),
        r#"{"id":1.0}"#,
        r#"{"id":"1"}"#,
        r#"$.id: expected an integer, found "1""#,
    );
    check(json!({"schema": true}), "1", "hello", r#"$: expected JSON, found text "hello""#);
    assert_eq!(
        compile(&json!({"schema": {"title": "order"}})).expected(),
        "JSON that fits the schema \"order\""
    );
}

#[test]
fn err_schema() {
    wrong(
        json!({"not": {"schema": {"propertis": {}, "type": "strin"}}}),
        &[
            r#"$.not.schema.propertis: unknown keyword "propertis"; did you mean "properties"?"#,
            r#"$.not.schema.type: unknown type "strin"; did you mean "string"?"#,
        ],
    );
}

#[test]
fn ok_bytes() {
    let matcher = compile(&json!({"bytes": {"size": 2, "hex": "00 FF"}}));
    assert!(matcher.holds(&Subject::owned(Payload::Binary(vec![0, 255]))));
    let mismatch = matcher.check(&Subject::owned(Payload::Binary(vec![1]))).unwrap_err().to_string();
    assert_eq!(
        mismatch,
        "expected binary of 2 B: 00 ff, of size 2: $: expected size 2, found size 1; byte 0: expected [00] ff (2 B), found [01] (1 B)"
    );
    let mismatch = matcher.check(&Subject::owned("x".into())).unwrap_err().to_string();
    assert_eq!(
        mismatch,
        r#"expected binary of 2 B: 00 ff, of size 2: $: expected a binary message, found text "x""#
    );
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let matcher = compile(&json!({"bytes": {"sha256": empty}}));
    assert!(matcher.holds(&Subject::owned(Payload::Binary(Vec::new()))));
    assert!(!matcher.holds(&Subject::owned(Payload::Binary(vec![0]))));
}

#[test]
fn bytes_that_differ_are_shown_around_the_first_that_does() {
    let want: Vec<u8> = (0..64).collect();
    let mut got = want.clone();
    got[20] = 0xff;
    let digits: Vec<String> = want.iter().map(|byte| format!("{byte:02x}")).collect();
    let matcher = compile(&json!({"bytes": {"hex": digits.join("")}}));
    let difference = |got: &[u8]| {
        let mismatch = matcher.check(&Subject::owned(Payload::Binary(got.to_vec()))).unwrap_err();
        let one = &mismatch.differences[0];
        (one.path.clone(), one.wanted.clone(), one.got.clone())
    };
    let shown = |middle: &str, size: usize| {
        format!("…0c 0d 0e 0f 10 11 12 13 [{middle}] 15 16 17 18 19 1a 1b 1c… ({size} B)")
    };
    assert_eq!(difference(&got), ("byte 20".to_owned(), shown("14", 64), shown("ff", 64)));
    let (path, wanted, got) = difference(&want[..3]);
    assert_eq!((path.as_str(), got.as_str()), ("byte 3", "00 01 02 [end] (3 B)"));
    assert_eq!(wanted, "00 01 02 [03] 04 05 06 07 08 09 0a 0b… (64 B)");
}

#[test]
fn control_characters_of_a_pattern_are_seen() {
    assert_eq!(compile(&json!({"regex": "^a\n\u{0}b"})).expected(), "text matching /^a␊␀b/");
}

#[test]
fn err_bytes() {
    wrong(
        json!({"bytes": {"hex": "0"}}),
        &[r#"$.bytes.hex: expected an even number of hex digits, found "0""#],
    );
    wrong(json!({"bytes": {"sha256": "00"}}), &[r#"$.bytes.sha256: expected 64 hex digits, found "00""#]);
    wrong(
        json!({"bytes": {"sizes": 1}}),
        &[r#"$.bytes.sizes: unknown property of bytes "sizes"; did you mean "size"?"#],
    );
    wrong(
        json!({"bytes": {"prefix": "00"}}),
        &[r#"$.bytes.prefix: unknown property of bytes "prefix"; there is size, hex, sha256"#],
    );
    wrong(json!({"bytes": 5}), &["$.bytes: expected an object with size, hex or sha256, found 5"]);
}

#[test]
fn an_echo_is_the_same_content_of_the_same_type() {
    let matcher = compile(&json!({"echo": true}));
    let (text, binary) = (Payload::from("hi"), Payload::Binary(b"hi".to_vec()));
    let words =
        |got, sent| matcher.check(&Subject::answering(got, sent)).map_err(|mismatch| mismatch.to_string());
    assert_eq!(words(&text, &text), Ok(()));
    assert_eq!(
        words(&binary, &text),
        Err(r#"expected an echo of what was sent: $: expected text "hi", found binary of 2 B: 68 69"#.into())
    );
    assert_eq!(
        words(&"ho".into(), &text),
        Err(r#"expected an echo of what was sent: $: expected "hi", found "ho""#.into())
    );
    assert!(!matcher.holds(&Subject::new(&text)));
    assert!(matcher.wants_echo());
    wrong(json!({"echo": 1}), &["$.echo: expected true, found 1"]);
}

#[test]
fn ok_combinators() {
    check(json!({"not": {"text": "a"}}), "b", "a", r#"$: expected not (text "a"), found text "a""#);
    check(
        json!({"all_of": [{"contains": "a"}, {"contains": "b"}]}),
        "ab",
        "a",
        r#"$: expected text containing "b", found text "a""#,
    );
    check(
        json!({"any_of": [{"subset": {"t": 1, "n": 2}}, {"subset": {"t": 2, "n": 3}}]}),
        r#"{"t":2,"n":3}"#,
        r#"{"t":2,"n":4}"#,
        "$.n: expected 3, found 4",
    );
    check(
        json!({"contains": "a", "regex": "b$"}),
        "ab",
        "b",
        r#"$: expected text containing "a", found text "b""#,
    );
    assert!(compile(&json!({"any": true})).holds(&Subject::owned(Payload::Binary(Vec::new()))));
}

#[test]
fn err_combinators() {
    wrong(json!({"allOf": []}), &[r#"$.allOf: unknown matcher "allOf"; did you mean "all_of"?"#]);
    wrong(json!({"all_of": []}), &["$.all_of: expected at least one matcher, found []"]);
    wrong(json!({"any_of": {}}), &["$.any_of: expected a list of matchers, found {}"]);
    wrong(json!({"any": false}), &["$.any: expected true, found false"]);
    wrong(json!({}), &[r#"$: expected a matcher such as {"any": true}, found {}"#]);
    wrong(
        json!({"not": {"txt": 1}, "any_of": [{"subst": 1}]}),
        &[
            r#"$.not.txt: unknown matcher "txt"; did you mean "text"?"#,
            r#"$.any_of[0].subst: unknown matcher "subst"; did you mean "subset"?"#,
        ],
    );
}

#[test]
fn a_placeholder_is_legal_wherever_a_value_stands() {
    for spec in [
        json!({"subset": {"a": "{{x}}", "b": {"$gt": "{{n}}", "$len": "{{n}}", "$type": "{{t}}", "$in": "{{list}}"}}}),
        json!({"regex": "^{{name}}$"}),
        json!({"path": "$.{{name}}", "matches": "{{re}}"}),
        json!({"bytes": {"size": "{{n}}", "hex": "{{hex}}", "sha256": "{{sum}}"}}),
        json!({"any": "{{yes}}", "not": "{{matcher}}"}),
    ] {
        assert!(!compile(&spec).holds(&Subject::owned("{}".into())), "{spec}");
    }
}

#[test]
fn the_nearer_message_scores_higher() {
    let spec = json!({"subset": {"type": "said", "from": "alice", "n": 1}});
    let score = |message| closeness(spec.clone(), message);
    assert!(score(r#"{"type":"said","from":"bob","n":1}"#) > score(r#"{"type":"said","n":1}"#));
    assert!(score(r#"{"type":"said"}"#) > score(r#"{"type":"left"}"#));
    assert!(score(r#"{"type":"left"}"#) > score("{}"));
    assert_eq!(score("hello"), 0);
}

#[test]
fn hostile_specs_are_refused() {
    for key in ["subset", "not", "all_of"] {
        let wrap = |inner, _| Value::Object([(key.to_owned(), inner)].into_iter().collect());
        let deep = (0..10_000).fold(json!(1), wrap);
        let mistakes = Matcher::compile(&deep).unwrap_err();
        assert_eq!(mistakes[0].to_string(), "$: nested deeper than 127 levels");
        // Dropping it would overflow the stack of a test; no JSON text can become such a value.
        std::mem::forget(deep);
    }
}

#[test]
fn hostile_messages_only_fail() {
    let matcher = compile(&json!({"subset": {"a": 1}, "path": "$..a", "eq": 1}));
    for text in ["[".repeat(10_000), "[".repeat(10_000) + &"]".repeat(10_000), "{\"a\":".repeat(10_000)] {
        assert!(matcher.check(&Subject::owned(text.as_str().into())).is_err());
    }
}

#[test]
fn a_giant_message_gives_a_short_mismatch() {
    let text = serde_json::to_string(&vec![json!({"a": "x".repeat(100)}); 100_000]).unwrap();
    assert!(text.len() > 10_000_000);
    let message = Subject::owned(text.as_str().into());
    for spec in [
        json!({"equals": [1]}),
        json!({"text": "x"}),
        json!({"contains": "y"}),
        json!({"path": "$[*].a", "eq": 1}),
        json!({"regex": "y"}),
    ] {
        let mismatch = compile(&spec).check(&message).unwrap_err();
        assert!(mismatch.to_string().len() < 10_000, "{spec}");
    }
}
