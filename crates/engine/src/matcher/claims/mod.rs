//! Tests of what each matcher promises: a message that holds, one that fails with the words the user reads, a spec that
//! is refused. The matchers of JSON are in `json`.

mod json;

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
        json!({"bytes": {"ends": "00"}}),
        &[
            r#"$.bytes.ends: unknown property of bytes "ends"; there is size, hex, sha256, at, prefix, contains, u8, i8, u16, i16, u32, i32, u64, i64, u16le, i16le, u32le, i32le, u64le, i64le, varint"#,
        ],
    );
    wrong(
        json!({"bytes": {"at": 0.5}}),
        &["$.bytes.at: expected a whole number, below zero from the end, found 0.5"],
    );
    wrong(
        json!({"bytes": 5}),
        &[r#"$.bytes: expected an object such as {"size": 512} or {"prefix": "00ff"}, found 5"#],
    );
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
