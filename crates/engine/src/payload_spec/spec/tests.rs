use serde_json::json;

use super::*;
use crate::template::fixture::Known;

fn build(value: &Value) -> Result<Payload, PayloadError> {
    PayloadSpec::parse(value).expect("a good payload").build(&mut Known::with_seed(42))
}

#[track_caller]
fn check(value: Value, expected: &str) {
    assert_eq!(build(&value), Ok(Payload::from(expected)));
}

#[track_caller]
fn check_binary(value: Value, expected: &[u8]) {
    assert_eq!(build(&value), Ok(Payload::Binary(expected.to_vec())));
}

#[track_caller]
fn check_err(value: Value, expected: &[(&str, &str)]) {
    let errors = PayloadSpec::parse(&value).expect_err("a bad payload");
    let told: Vec<_> = errors.iter().map(|error| (error.path.clone(), error.to_string())).collect();
    let told: Vec<_> = told.iter().map(|(path, message)| (path.as_str(), message.as_str())).collect();
    assert_eq!(told, expected);
}

#[track_caller]
fn check_build_err(value: Value, path: &str, message: &str) {
    let error = build(&value).expect_err("a payload that cannot be built");
    assert_eq!((error.path.as_str(), error.to_string().as_str()), (path, message));
}

#[test]
fn ok_json_is_sent_compact_and_in_order() {
    check(json!({"z": [1, true, null], "a": "{{n}}"}), r#"{"z":[1,true,null],"a":5}"#);
    check(json!([]), "[]");
    check(json!(5), "5");
    check(json!(false), "false");
    check(json!(10000000000000001_u64), "10000000000000001");
}

#[test]
fn ok_a_string_is_sent_as_it_is() {
    check(json!("hi {{room}}"), "hi blue");
    check(json!("{{n}}"), "5");
    check(json!("{{who}}"), r#"{"b":1,"a":[true,null]}"#);
}

#[test]
fn ok_json_and_text_by_name() {
    check(json!({"$json": "hi"}), "\"hi\"");
    check(json!({"$json": {"$hex": 1}}), r#"{"$hex":1}"#);
    check(json!({"$text": "{{client}}"}), "alice");
}

#[test]
fn ok_bytes_by_digits() {
    check_binary(json!({"$hex": "00 fF"}), &[0, 255]);
    check_binary(json!({"$base64": "AP8="}), &[0, 255]);
    check_binary(json!({"$base64": "-_8"}), &[251, 255]);
    check_binary(json!({"$base64": "{{base64 room}}"}), b"blue");
}

#[test]
fn ok_bytes_by_size() {
    check_binary(json!({"$bytes": {"size": 3}}), &[0, 0, 0]);
    check_binary(json!({"$bytes": {"size": "{{n}}", "fill": "ramp"}}), &[0, 1, 2, 3, 4]);
    let random = json!({"$bytes": {"size": "1KiB", "fill": "random"}});
    assert_eq!(build(&random), build(&random));
    assert_eq!(build(&random).expect("bytes").as_bytes().len(), 1024);
}

#[test]
fn ok_parts_one_after_the_other() {
    check(json!({"$concat": ["42", ["say", {"n": "{{n}}"}]]}), r#"42["say",{"n":5}]"#);
    check_binary(
        json!({"$concat": [{"$u8": 16}, {"$length": "u16", "of": ["{{room}}", {"$hex": "00"}]}, {"$u16le": "{{n}}"}]}),
        &[16, 0, 5, b'b', b'l', b'u', b'e', 0, 5, 0],
    );
    check_binary(json!({"$concat": [{"$length": "u8", "of": "hi"}]}), &[2, b'h', b'i']);
    check_binary(json!({"$concat": [{"$i32": -1}, {"$base64": "AA=="}]}), &[255, 255, 255, 255, 0]);
    check(json!({"$concat": []}), "");
}

#[test]
fn err_parts() {
    check_err(json!({"$concat": "x"}), &[("$['$concat']", "$concat is a list of payloads, not a string")]);
    check_err(
        json!({"$concat": [{"$u8": 256}, {"$hx": "00"}, {"$length": "u15", "of": []}, {"$length": "u8"}]}),
        &[
            ("$['$concat'][0]['$u8']", "256 does not fit into u8"),
            (
                "$['$concat'][1]",
                "unknown payload key $hx, did you mean $hex?; to send a message with such a key, write {\"$json\": {\"$hx\": …}}",
            ),
            (
                "$['$concat'][2]",
                "$length is one of u8, i8, u16, i16, u32, i32, u64, i64, u16le, i16le, u32le, i32le, u64le, i64le, varint, \
                 not \"u15\"; did you mean \"u16\"?",
            ),
            ("$['$concat'][3]", "$length needs what it is the length of; write \"of\": [\"…\"] beside it"),
        ],
    );
    check_build_err(
        json!({"$concat": [{"$length": "u8", "of": {"$chars": {"size": 256}}}]}),
        "$['$concat'][0]",
        "256 does not fit into u8",
    );
    check_build_err(
        json!({"$concat": [{"$u8": "{{room}}"}]}),
        "$['$concat'][0]['$u8']",
        "\"blue\" does not fit into u8",
    );
    let names =
        PayloadSpec::parse(&json!({"$concat": ["a", {"$length": "u8", "of": ["{{n}}", {"$u8": "{{i}}"}]}]}))
            .expect("good")
            .names();
    let places: Vec<_> = names.iter().map(|name| name.path.as_str()).collect();
    assert_eq!(places, ["$['$concat'][1].of[0]", "$['$concat'][1].of[1]['$u8']"]);
}

#[test]
fn ok_chars_are_whole_and_the_size_is_exact() {
    check(json!({"$chars": {"size": 10, "of": "aé€😀"}}), "aé€😀");
    check(json!({"$chars": {"size": 8, "of": "aé€😀"}}), "aé€aa");
    check(json!({"$chars": {"size": 4, "of": "éa"}}), "éaa");
    check(json!({"$chars": {"size": 3}}), "aaa");
    for size in 0..200 {
        let built = build(&json!({"$chars": {"size": size, "of": "aé€😀"}})).expect("text");
        assert_eq!(built.as_bytes().len(), size);
    }
}

#[test]
fn ok_the_largest_payload() {
    assert!(build(&json!({"$bytes": {"size": "64MiB"}})).is_ok());
    check_err(
        json!({"$bytes": {"size": 67108865}}),
        &[("$['$bytes'].size", "a payload of 67108865 bytes; the limit is 64MiB")],
    );
}

#[test]
fn err_an_unknown_notation_names_the_nearest() {
    check_err(
        json!({"$txt": "a"}),
        &[(
            "$",
            r#"unknown payload key $txt, did you mean $text?; to send a message with such a key, write {"$json": {"$txt": …}}"#,
        )],
    );
    check_err(
        json!({"$ref": "a"}),
        &[(
            "$",
            r#"unknown payload key $ref; to send a message with such a key, write {"$json": {"$ref": …}}"#,
        )],
    );
}

#[test]
fn err_a_notation_stands_alone() {
    check_err(
        json!({"a": 1, "$hex": "00"}),
        &[("$", r#"$hex must be the only key, but "a" is there too; to send both, write {"$json": {…}}"#)],
    );
}

#[test]
fn err_what_has_no_placeholder_is_checked_at_once() {
    check_err(
        json!({"$hex": "0g"}),
        &[("$['$hex']", "'g' is not a hexadecimal digit; $hex is pairs of 0 to 9 and a to f")],
    );
    check_err(json!({"$hex": "000"}), &[("$['$hex']", "$hex has 3 digits; a byte is two")]);
    check_err(
        json!({"$base64": "A"}),
        &[("$['$base64']", "$base64 cannot be decoded: Invalid input length: 1")],
    );
    check_err(
        json!({"$chars": {"size": 1, "of": ""}}),
        &[("$['$chars'].of", "\"of\" is empty; name at least one character to fill with")],
    );
    check_err(
        json!({"$chars": {"size": 3, "of": "é"}}),
        &[(
            "$['$chars'].of",
            "3 bytes cannot be filled with whole characters of \"é\": 1 remain; add a character of one byte, such as a, or change the size",
        )],
    );
}

#[test]
fn err_all_at_once() {
    check_err(
        json!({"$bytes": {"size": "64kb", "fill": "rampe"}}),
        &[
            ("$['$bytes'].size", "\"64kb\" is not a size; did you mean 64KiB?"),
            ("$['$bytes'].fill", "\"rampe\" is not a fill; did you mean ramp?"),
        ],
    );
    check_err(
        json!({"$chars": {"sise": 1, "of": 5}}),
        &[
            ("$['$chars']", "$chars has no \"sise\"; did you mean size?"),
            ("$['$chars']", "$chars needs a size, such as \"64KiB\""),
            ("$['$chars'].of", "of is a string, not a number"),
        ],
    );
}

#[test]
fn err_types() {
    check_err(json!({"$hex": 5}), &[("$['$hex']", "$hex is a string, not a number")]);
    check_err(
        json!({"$bytes": 5}),
        &[("$['$bytes']", "$bytes is an object such as {\"size\": \"64KiB\"}, not a number")],
    );
}

#[test]
fn err_templates_have_their_path() {
    check_err(json!({"$json": {"a": ["{{uuid 4}}"]}}), &[("$['$json'].a[0]", "uuid is written as {{uuid}}")]);
    check_build_err(json!({"a": "{{bob.x}}"}), "$.a", "bob has not captured x yet");
    check_build_err(
        json!({"$hex": "{{room}}"}),
        "$['$hex']",
        "'l' is not a hexadecimal digit; $hex is pairs of 0 to 9 and a to f",
    );
    check_build_err(
        json!({"$chars": {"size": "{{n}}", "of": "€"}}),
        "$['$chars'].of",
        "5 bytes cannot be filled with whole characters of \"€\": 2 remain; add a character of one byte, such as a, or change the size",
    );
}

#[test]
fn names_have_their_path() {
    let spec = PayloadSpec::parse(&json!({"$bytes": {"size": "{{n}}"}})).expect("a good payload");
    assert_eq!(spec.names().first().map(|name| name.path.as_str()), Some("$['$bytes'].size"));
}
