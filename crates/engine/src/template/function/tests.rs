use serde_json::json;

use super::super::expand::fixture::Known;
use super::super::parse::Template;
use super::*;

fn scope() -> Known {
    let mut scope = Known::with_seed(1);
    for (name, value) in [
        ("key", json!("Jefe")),
        ("what", json!("what do ya want for nothing?")),
        ("big", json!(10_000_000_000_000_001_u64)),
        ("price", json!(0.1)),
        ("list", json!([1, 2, 3])),
        ("strange", json!("a b/é?")),
        ("count", json!("41")),
    ] {
        scope.variables.insert(name.to_owned(), value);
    }
    scope
}

#[track_caller]
fn check(text: &str, expected: Value) {
    let template = Template::parse(text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
    assert_eq!(template.expand(&mut scope()), Ok(expected), "{text}");
}

#[track_caller]
fn check_err(text: &str, message: &str) {
    let template = Template::parse(text).expect("a good template");
    assert_eq!(template.expand(&mut scope()).expect_err("no value").to_string(), message);
}

#[test]
fn the_table_names_every_function_once() {
    let mut names = TABLE.map(|(name, ..)| name);
    names.sort_unstable();
    assert_eq!(names, FUNCTIONS);
    for (name, function, least, ..) in TABLE {
        assert_eq!(function.name(), name);
        assert!(least > 0, "{name} without values is a variable");
    }
}

#[test]
fn ok_numbers() {
    check("{{add n 1}}", json!(6));
    check("{{add i 1 n}}", json!(13));
    check("{{add count 1}}", json!(42));
    check("{{sub n 7}}", json!(-2));
    check("{{mul index 100}}", json!(200));
    check("{{add big 1}}", json!(10_000_000_000_000_002_u64));
    check("{{add price 0.2}}!", json!("0.3!"));
    check("{{mul now 0.001}}", json!(1_767_225_600));
}

#[test]
fn ok_texts() {
    check("{{text n}}", json!("5"));
    check("{{json who}}", json!("{\"b\":1,\"a\":[true,null]}"));
    check("{{json room}}", json!("\"blue\""));
    check("{{upper room}}{{lower 'ÄB'}}", json!("BLUEäb"));
    check("{{hex room}}", json!("626c7565"));
    check("{{base64 'blue'}}", json!("Ymx1ZQ=="));
    check("{{url strange}}", json!("a%20b%2F%C3%A9%3F"));
    check("{{length strange}} {{length list}} {{length n}}", json!("7 3 1"));
    check("{{length bob.sid}}", json!(3));
}

#[test]
fn ok_slices() {
    check("{{slice room 0 2}}", json!("bl"));
    check("{{slice room 1}}", json!("lue"));
    check("{{slice room -2}}", json!("ue"));
    check("{{slice room 3 -2}}", json!(""));
    check("{{slice room 0 99}}", json!("blue"));
    check("{{slice strange 4 5}}", json!("é"));
    check("{{slice list 1}}", json!([2, 3]));
    check("{{slice list 0 n}}", json!([1, 2, 3]));
}

#[test]
fn ok_digests_are_those_of_the_rfcs() {
    check("{{sha256 'abc'}}", json!("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    check(
        "{{hmac-sha256 key what}}",
        json!("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    );
    check("{{hmac-sha256 key what base64}}", json!("W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="));
    check("{{sha256 'abc' hex}}", json!("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    // RFC 4231, test case 6: a key longer than a block.
    let long = "\u{7f}".repeat(131);
    let made = hmac(long.as_bytes(), b"x");
    assert_eq!(made, hmac(&Sha256::digest(long.as_bytes()), b"x"));
}

#[test]
fn ok_a_moment_before_and_after_now() {
    check("{{now+5s}}", json!(1_767_225_605_000_u64));
    check("{{now + 1.5s}}", json!(1_767_225_601_500_u64));
    check("{{now-1m}}", json!(1_767_225_540_000_u64));
    check("{{iso+1h}}", json!("2026-01-01T01:00:00.000Z"));
    check("{{iso -1d}}", json!("2025-12-31T00:00:00.000Z"));
}

#[test]
fn a_word_of_a_function_alone_is_a_variable() {
    let mut scope = scope();
    for name in FUNCTIONS.into_iter().filter(|name| *name != "base64") {
        scope.variables.insert(name.to_owned(), json!(name));
        let template = Template::parse(&format!("{{{{{name}}}}}")).expect("a variable");
        assert_eq!(template.expand(&mut scope), Ok(json!(name)));
    }
    assert!(Template::parse("{{now-playing}}").is_ok(), "the name of a variable");
}

#[test]
fn err_values_of_another_kind() {
    check_err("{{add room 1}}", "add takes numbers, found \"blue\"");
    check_err("{{slice room 0.5}}", "slice takes whole numbers, found 0.5");
    check_err(
        "{{mul 99999999999999999999 99999999999999999999}}",
        "the result of mul has more digits than can be calculated with",
    );
    check_err(
        "{{add nothing 1}}",
        "nothing has no value here; it is neither a variable nor captured by this client yet",
    );
}

#[test]
fn err_a_result_beyond_the_limit_is_not_made() {
    let mut scope = scope();
    scope.variables.insert("large".to_owned(), json!("é".repeat(super::super::LIMIT / 4)));
    for text in ["{{hex large}}{{n}}", "{{url large}}"] {
        let error = Template::parse(text).expect("good").expand(&mut scope).expect_err("too large");
        assert_eq!(error.to_string(), "the expanded text is larger than 67108864 bytes");
    }
}

#[test]
fn what_is_made_of_a_secret_is_told() {
    let mut scope = scope();
    for (text, is_told) in
        [("{{slice key 0 2}}", true), ("{{upper bob.sid}}", true), ("{{length key}}", false)]
    {
        scope.derived.borrow_mut().clear();
        Template::parse(text).expect("good").expand(&mut scope).expect("a value");
        assert_eq!(!scope.derived.borrow().is_empty(), is_told, "{text}");
    }
}
