//! What a suite brings in from other documents.

use super::*;
use crate::suite::{Files, Verb};

const COMMON: &str = r#"{ "sockscope": 1, "suite": "common",
  "vars": { "token": "t" }, "secrets": ["token"],
  "clients": { "alice": { "url": "ws://x?t={{token}}" } },
  "ignore": [{ "text": "beat" }],
  "define": {
    "say": { "with": ["what"], "steps": [
      { "send": "{{what}} {{token}}" } ] } } }"#;

fn files(texts: &[(&str, &str)]) -> Files {
    Files::of_texts(texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())))
}

fn suite(imports: &str, rest: &str) -> String {
    format!(
        "{{ \"sockscope\": 1, \"suite\": \"x\", \"import\": [{imports}],{rest}\n  \"checks\": [ {{ \"check\": \"c\", \"steps\": [ {{ \"connect\": \"alice\" }},\n    {{ \"on\": \"alice\", \"use\": \"say\", \"what\": \"hi\" }} ] }} ] }}"
    )
}

#[track_caller]
fn check(text: &str, texts: &[(&str, &str)], expected: &[&str]) {
    let problems = Suite::parse_with(text, &files(texts)).err().unwrap_or_default();
    assert_eq!(problems.iter().map(ToString::to_string).collect::<Vec<_>>(), expected, "{text}");
}

#[test]
fn an_import_brings_definitions_clients_variables_secrets_and_what_is_ignored() {
    let suite =
        Suite::parse_with(&suite("\"lib/common.jsonc\"", ""), &files(&[("lib/common.jsonc", COMMON)]));
    let suite = suite.unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!((suite.secrets.len(), suite.ignore.len(), suite.vars.len()), (1, 1, 1));
    assert_eq!(suite.checks[0].clients[0].name, "alice");
    let Verb::Use(used) = &suite.checks[0].steps[1].verb else { panic!("a use") };
    let origin = used.steps[0].origin.as_ref().expect("it is of a definition");
    assert_eq!((origin.file.as_deref(), used.steps[0].position.line), (Some("lib/common.jsonc"), 7));
    assert_eq!((origin.used[0].line, origin.used[0].file.as_deref()), (3, None));
}

#[test]
fn a_document_that_two_others_import_is_there_once() {
    let other = |name: &str| {
        format!(
            r#"{{ "sockscope": 1, "suite": "{name}", "import": ["common.json"], "define": {{ "{name}": {{ "steps": [{{ "use": "say", "what": 1 }}] }} }} }}"#
        )
    };
    let (a, b) = (other("a"), other("b"));
    check(
        &suite("\"a.json\", \"b.json\"", ""),
        &[("a.json", &a), ("b.json", &b), ("common.json", COMMON)],
        &[],
    );
}

#[test]
fn err_files_that_are_not_there_or_not_to_be_read() {
    check(
        &suite("\"gone.json\", \"/etc/passwd\", 5, \"common.json\"", ""),
        &[("common.json", COMMON)],
        &[
            "1:44: $.import[0]: gone.json: there is no such file here",
            "1:57: $.import[1]: \"/etc/passwd\" is not a relative path with /; write a path such as \"shared/common.jsonc\"",
            "1:72: $.import[2]: expected a string, found 5; write \"common.jsonc\"",
        ],
    );
}

#[test]
fn err_imports_in_a_circle_and_names_that_two_documents_have_name_both_places() {
    let a = COMMON.replace("\"vars\"", "\"import\": [\"b.json\"], \"vars\"");
    let b = r#"{ "sockscope": 1, "suite": "b", "import": ["a.json"], "define": {} }"#;
    check(
        &suite("\"a.json\"", ""),
        &[("a.json", &a), ("b.json", b)],
        &["b.json:1:44: $.import[0]: a.json imports itself: a.json → b.json → a.json, imported in line 1"],
    );
    // A suite in the circle is known by its text, and its names are there once.
    let text = suite("\"b.json\"", "\n \"clients\": { \"alice\": { \"url\": \"ws://y\" } },");
    let text = text.replace("\"use\": \"say\", \"what\"", "\"send\"");
    let b = b.replace("a.json", "x.json");
    check(
        &text,
        &[("x.json", &text), ("b.json", &b)],
        &["b.json:1:44: $.import[0]: x.json imports itself: x.json → b.json → x.json"],
    );
    let own = text.replace("b.json", "x.json");
    check(&own, &[("x.json", &own)], &["1:44: $.import[0]: x.json imports itself"]);
    check(
        &suite(
            "\"common.json\"",
            "\n  \"vars\": { \"token\": 1 }, \"clients\": { \"alice\": { \"url\": \"ws://y\" } }, \"define\": { \"say\": { \"steps\": [{ \"wait\": \"1s\" }] } },",
        ),
        &[("common.json", COMMON)],
        &[
            "2:13: $.vars.token: another variable is called \"token\" too, in line 2 of common.json",
            "2:40: $.clients.alice: another client is called \"alice\" too, in line 3 of common.json",
            "2:84: $.define.say: another definition is called \"say\" too, in line 6 of common.json",
        ],
    );
}

#[test]
fn err_mistakes_of_an_import_are_told_with_its_name_and_where_it_is_imported() {
    let bad = COMMON.replace("\"send\"", "\"sendd\"").replace("ws://x?t={{token}}", "ws://x?t={{tokn}}");
    let text = suite("\"bad.json\", \"worse.json\"", "");
    let worse = "{ \"sockscope\": 1,\n  \"suite\": }";
    check(
        &text,
        &[("bad.json", &bad), ("worse.json", worse)],
        &[
            "bad.json:7:9: $.define.say.steps[0].sendd: \"sendd\" is not a key of a step; did you mean \"send\"?",
            "worse.json:2:12: $: a } that closes nothing, or a value is missing before it",
        ],
    );
    let alone = suite("\"bad.json\"", "");
    check(
        &alone,
        &[("bad.json", &bad)],
        &[
            "bad.json:3:44: $.clients.alice.url: no variable is called \"tokn\"; did you mean \"token\"?",
            "bad.json:7:9: $.define.say.steps[0].sendd: \"sendd\" is not a key of a step; did you mean \"send\"?",
        ],
    );
    let problems = Suite::parse_with(&alone, &files(&[("bad.json", &bad)])).expect_err("mistakes");
    let file = problems[1].file.as_ref().expect("it is in a file");
    assert_eq!((file.from.line, file.from.column), (1, 44));
    // What only its use shows names both.
    let around = COMMON.replace("{{what}}", "{{who}}");
    check(
        &suite("\"a.json\"", ""),
        &[("a.json", &around)],
        &["a.json:7:17: $.define.say.steps[0].send: no variable is called \"who\" (used in line 3)"],
    );
}

#[test]
fn err_a_chain_of_imports_without_end_is_bounded() {
    let texts: Vec<(String, String)> = (0..60)
        .map(|at| {
            (
                format!("{at}.json"),
                format!(
                    r#"{{ "sockscope": 1, "suite": "s", "import": ["{}.json"], "define": {{}} }}"#,
                    at + 1
                ),
            )
        })
        .collect();
    let problems =
        Suite::parse_with(&suite("\"0.json\"", ""), &Files::of_texts(texts)).expect_err("it is long");
    let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|it| it.contains("imports lead to further ones more than 20 times")), "{told:?}");
}

#[test]
fn a_document_of_definitions_needs_no_checks_and_is_read_by_itself() {
    check(COMMON, &[], &[]);
    check(
        r#"{ "sockscope": 1, "suite": "x", "clients": {} }"#,
        &[],
        &[
            "1:1: $: a suite needs \"checks\": [{ \"check\": \"one\", \"steps\": [{ \"connect\": \"alice\" }] }]",
        ],
    );
}

#[test]
fn err_a_missing_import_is_the_one_mistake_that_it_makes() {
    let gone = "1:44: $.import[0]: gone.json: there is no such file here";
    let rest =
        r#" "vars": { "own": "{{token}}" }, "secrets": ["token"], "thresholds": { "hop.p95": "< 1s" },"#;
    let text = suite("\"gone.json\"", rest);
    check(&text, &[], &[gone]);
    check(&text, &[("gone.json", "{")], &["gone.json:1:1: $: this { has no }"]);
    check(
        &text,
        &[("gone.json", "5")],
        &[
            "gone.json:1:1: $: a suite is an object such as {\"sockscope\": 1, \"suite\": \"common\", \"define\": {}}, not 5",
        ],
    );
    let text_in_place = text.replace("[\"gone.json\"]", "\"gone.json\"");
    check(
        &text_in_place,
        &[],
        &["1:43: $.import: expected a list of files, found \"gone.json\"; write [\"common.jsonc\"]"],
    );
    // A client of the missing file may be changed in a check. What is wrong in any case is reported.
    let changed =
        text.replace("\"check\": \"c\",", "\"check\": \"c\", \"clients\": { \"alice\": { \"cuont\": 2 } },");
    check(
        &changed,
        &[],
        &[
            gone,
            "2:55: $.checks[0].clients.alice.cuont: \"cuont\" is not a key of a client; did you mean \"count\"?",
        ],
    );
    // An import of an import, too.
    let common = r#"{ "sockscope": 1, "suite": "x", "import": ["deep.json"], "define": {} }"#;
    check(
        &text.replace("gone.json", "common.json"),
        &[("common.json", common)],
        &["common.json:1:44: $.import[0]: deep.json: there is no such file here"],
    );
}

#[test]
fn err_a_misspelt_part_is_the_one_mistake_that_it_makes() {
    check(
        &suite("\"common.json\"", " \"varss\": { \"own\": 1 },").replace("\"hi\"", "\"{{own}}\""),
        &[("common.json", COMMON)],
        &["1:60: $.varss: \"varss\" is not a key of a suite; did you mean \"vars\"?"],
    );
}

#[test]
fn what_is_imported_needs_no_checks() {
    let common = r#"{ "sockscope": 1, "suite": "c", "clients": { "alice": { "url": "ws://x" } } }"#;
    check(
        &suite("\"c.json\"", "").replace("\"use\": \"say\", \"what\"", "\"send\""),
        &[("c.json", common)],
        &[],
    );
}

#[test]
fn err_missing_rows_are_the_one_mistake_that_they_make() {
    let text = |each: &str, client: &str, step: &str| {
        format!(
            r#"{{ "sockscope": 1, "suite": "x", "vars": {{ "t": "" }},
  "clients": {{ "a": {{ "url": "ws://x" }}, "crowd": {{ "url": "ws://x"{client} }} }},
  "checks": [ {{ "check": "{{{{user}}}} x"{each}, "steps": [ {{ "connect": "*" }},
    {step} ] }} ] }}"#
        )
    };
    let each = ", \"each\": { \"file\": \"gone.csv\" }";
    let steps = r#"{ "on": "a", "send": "{{user}} {{job}}", "expect": { "text": "x", "within": "{{t}}" } },
    { "assert": { "var": "job", "eq": 1 } }"#;
    let gone = "3:58: $.checks[0].each.file: gone.csv: there is no such file here";
    check(&text(each, "", steps), &[], &[gone]);
    check(
        &text(each, "", r#"{ "on": "b", "send": "{{user}}" }"#),
        &[],
        &[gone, "4:13: $.checks[0].steps[1].on: no client is called \"b\"; there are \"a\" and \"crowd\""],
    );
    let dealt =
        text("", each, r#"{ "on": "crowd[3]", "send": "{{pin}} {{crowd[0].pin}}" }"#).replace("{{user}}", "");
    check(&dealt, &[], &["2:88: $.clients.crowd.each.file: gone.csv: there is no such file here"]);
}
