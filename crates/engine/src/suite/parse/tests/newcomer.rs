//! Mistakes of people who write their first suites: each has one line, which says what to write.

use super::*;

/// A suite with these parts and these steps.
fn suite(parts: &str, steps: &str) -> String {
    format!(
        r#"{{ "sockscope": 1, "suite": "n", "clients": {{ "a": {{ "url": "ws://h"{} }} }},{}
  "checks": [ {{ "check": "c", {}"steps": [ {{ "connect": "a" }},
    {steps} ] }} ] }}"#,
        parts.strip_prefix("client ").unwrap_or_default(),
        if ["client ", "check "].iter().any(|of| parts.starts_with(of)) { "" } else { parts },
        parts.strip_prefix("check ").unwrap_or_default(),
    )
}

/// The messages without their places.
#[track_caller]
fn check(parts: &str, steps: &str, wanted: &[&str]) {
    let text = suite(parts, steps);
    let problems = Suite::parse(&text).err().unwrap_or_default();
    let told: Vec<_> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(told, wanted, "{text}");
}

const NOTHING: &str = r#"{ "wait": "1ms" }"#;

#[test]
fn err_a_definition_that_does_not_read_blames_no_use_of_it() {
    let say = r#"{ "use": "say", "m": 1 }"#;
    check(
        r#" "define": [ 1 ],"#,
        say,
        &[
            r#"expected an object of definitions by name, found [1]; write {"enter": {"with": ["room"], "steps": [{"send": "{{room}}"}]}}"#,
        ],
    );
    check(
        r#" "define": { "say": [ 1 ] },"#,
        say,
        &[
            r#"a definition is an object such as {"with": ["room"], "steps": [{"send": "{{room}}"}]}, not [1]"#,
        ],
    );
    check(
        r#" "define": { "say": { "with": "m", "steps": [ { "send": "{{m}}" } ] } },"#,
        say,
        &[r#"expected a list of parameters, found "m"; write ["room"]"#],
    );
    check(
        r#" "define": { "say": { "with": ["m"], "steps": [ { "send": "{{m}}" } ] } },"#,
        r#"{ "use": "say", "with": { "m": 1 } }"#,
        &[r#""with" is not a parameter of say; write the values beside "use": {"use": "say", "m": "…"}"#],
    );
}

#[test]
fn err_what_stands_elsewhere_says_where() {
    check(
        "",
        r#"{ "send": "x", "until": { "text": "y" } }"#,
        &[
            r#"rounds are described in "repeat"; write "repeat": {"until": {"subset": {"state": "done"}}, "times": 10}"#,
        ],
    );
    check(
        "",
        r#"{ "http": { "url": "http://h/", "until": { "text": "y" } } }"#,
        &[r#"what the answer must be stands beside "http"; write "expect": {"status": 200}"#],
    );
    check(
        "",
        r#"{ "http": { "url": "http://h/", "body": { "a": 1 } } }"#,
        &[
            r#""body" sends a file, not {"a":1}; write "json": {"user": "ann"}, "text": "…" or "body": {"file": "photo.png"}"#,
        ],
    );
    check(
        "",
        r#"{ "try": [ { "send": "x" } ], "catch": [] }"#,
        &[r#"what runs after a failure stands in "else""#],
    );
    check("", r#"{ "send": { "$u8": 3 } }"#, &[r#"$u8 is a part of bytes; write {"$concat": [{"$u8": …}]}"#]);
}

#[test]
fn err_one_line_is_enough_for_one_mistake() {
    let capture = |spec: &str| format!(r#"{{ "expect": {{ "any": true, "capture": {{ "x": {spec} }} }} }}"#);
    check(
        "",
        &capture(r#""([0-9]+)""#),
        &[r#""([0-9]+)" is not a JSONPath; a regular expression is written as {"regex": "([0-9]+)"}"#],
    );
    check(
        "",
        &capture(r#"{ "regex": "a(b)", "group": 1 }"#),
        &[r#""group" is not a key of the place of a value; it has regex, bytes"#],
    );
    check(
        "",
        &capture(r#"{ "bytes": { "offset": 1 } }"#),
        &[r#""offset" is not a key of the place of bytes; it has prefix, at, size, as"#],
    );
    check(
        r#"client , "framing": { "prefix": "u16" }"#,
        NOTHING,
        &[r#""prefix" is not a key of a framing; it has length, at, add, strip, delimiter, max, as"#],
    );
    check(
        r#"client , "framing": "newline""#,
        NOTHING,
        &[r#"a framing is an object such as {"length": "u16"} or {"delimiter": "\n"}, not "newline""#],
    );
}

#[test]
fn err_values_of_another_type_say_what_is_written_instead() {
    check(
        "check \"skip\": true, ",
        NOTHING,
        &[r#"expected the reason as a string, found true; write "waits for ABC-12""#],
    );
    check(
        "check \"only\": \"\", ",
        NOTHING,
        &[r#"expected the reason as a string, found ""; write "in the works""#],
    );
    check(
        r#" "answers": [ { "to": "ping", "send": "pong" } ],"#,
        NOTHING,
        &[r#"expected a matcher such as {"text": "ping"} or {"subset": {"type": "pong"}}, found "ping""#],
    );
    check(
        "",
        r#"{ "expect": { "bytes": { "prefix": "0xcafe" } } }"#,
        &[r#"expected hex digits alone, such as "00ff", found "0xcafe""#],
    );
    check(
        "",
        r#"{ "send": "{{upper(x)}}" }"#,
        &[r#""upper(x)" is not a valid name; a function is written without brackets: {{upper x}}"#],
    );
    check(
        "",
        r#"{ "send": "{{upper {{x}}}}" }"#,
        &["a placeholder stands in another one; inside of one a name has no braces, such as {{upper name}}"],
    );
    check(
        "",
        r#"{ "send": "{{upper {{x}} " }"#,
        &[
            r"a placeholder begins here and has no end; close it with }}, or write \{{ for the two braces themselves",
        ],
    );
}

#[test]
fn err_the_message_that_an_answer_names_is_called_message() {
    check(
        r#"client , "answers": [ { "to": { "any": true }, "send": { "id": "{{messages.id}}" } } ]"#,
        NOTHING,
        &[
            r#"no client is called "messages"; there is "a"; in an answer, {{message.id}} is of the message that came"#,
        ],
    );
}
