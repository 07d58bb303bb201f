//! Suites that have no end, or want too much: the command says what is wrong, with its place, and ends.

use serde_json::{Value, json};
use support::practice::Practice;

use super::{BINARY, native};

/// Runs a suite of one client with these steps against the practice server's echo.
fn run(more: Value, steps: Value) -> support::call::Ended {
    let server = Practice::start_of(BINARY, &[]);
    let mut suite = json!({ "sockscope": 1, "suite": "bad",
        "clients": { "a": { "url": format!("{}/echo", server.ws) } }, "checks": [ { "check": "c", "steps": steps } ] });
    for (name, value) in more.as_object().expect("members") {
        suite[name] = value.clone();
    }
    native(&["OUT/s.json", "--json", "OUT/r.json"]).with_file("s.json", suite.to_string()).run()
}

/// A suite that imports this.
fn importing(name: &str) -> String {
    json!({ "sockscope": 1, "suite": "bad", "import": [name],
        "checks": [ { "check": "c", "steps": [ { "wait": "1ms" } ] } ] })
    .to_string()
}

#[test]
fn err_imports_in_a_circle_are_told_with_both_places() {
    let other = |name: &str| {
        format!("{{ \"sockscope\": 1, \"suite\": \"x\", \"define\": {{}},\n  \"import\": [\"{name}\"] }}")
    };
    let ended = native(&["OUT/s.json"])
        .with_file("s.json", importing("one.json"))
        .with_file("one.json", other("two.json"))
        .with_file("two.json", other("one.json"))
        .run();
    ended.assert_code(2);
    ended.assert_says(&["two.json:2:", "one.json → two.json → one.json"]);
}

#[test]
fn err_a_use_of_a_thousand_levels_is_told_once() {
    let mut define = json!({ "d1000": { "steps": [ { "wait": "1ms" } ] } });
    for level in 0..1000 {
        define[format!("d{level}")] = json!({ "steps": [ { "use": format!("d{}", level + 1) } ] });
    }
    let ended = run(json!({ "define": define }), json!([ { "use": "d0" } ]));
    ended.assert_code(2);
    ended.assert_says(&["steps are nested more than 64 levels deep here"]);
    assert_eq!(ended.stderr.matches("64 levels deep").count(), 1, "{}", ended.stderr);
}

#[test]
fn an_until_that_never_holds_ends_with_the_last_value() {
    let until = |last: Value| {
        json!([ { "connect": "a" },
            { "on": "a", "repeat": { "for": "300ms", "every": "20ms", "until": last }, "send": { "n": 7 },
              "expect": { "path": "$.n", "capture": { "n": "$.n" } } } ])
    };
    let ended = run(json!({}), until(json!({ "subset": { "n": 8 } })));
    ended.assert_code(1);
    ended.assert_says(&["expected JSON containing {\"n\":8}, found {\"n\":7}"]);
    let ended = run(json!({}), until(json!({ "var": "n", "eq": 8 })));
    ended.assert_code(1);
    ended.assert_says(&["found 7"]);
    // Without an end it is a mistake, and nothing runs.
    let endless = json!([ { "connect": "a" }, { "on": "a", "repeat": { "until": { "any": true } }, "send": 1, "expect": { "any": true } } ]);
    let ended = run(json!({}), endless);
    ended.assert_code(2);
    ended.assert_says(&["a repeat ends after some rounds or after a while"]);
}

/// A suite that takes rows from a file.
fn with_rows() -> String {
    let check = json!({ "check": "{{n}}", "each": { "file": "rows.csv" }, "steps": [ { "wait": "1ms" } ] });
    json!({ "sockscope": 1, "suite": "bad", "checks": [check] }).to_string()
}

#[test]
fn err_rows_of_a_gigabyte_are_refused_unread() {
    let ended =
        native(&["OUT/s.json"]).with_file("s.json", with_rows()).with_holes("rows.csv", 1 << 30).run();
    ended.assert_code(2);
    ended.assert_says(&["rows.csv: has 1073741824 bytes; the limit is 16777216 (16MiB)"]);
}

#[test]
fn err_rows_without_end_are_told_where_they_become_too_many() {
    let rows = format!("n\n{}", "1\n".repeat(100_001));
    let ended = native(&["OUT/s.json"]).with_file("s.json", with_rows()).with_file("rows.csv", rows).run();
    ended.assert_code(2);
    ended.assert_says(&["rows.csv: ", "100000"]);
}

#[test]
fn err_a_regular_expression_that_explodes_is_refused_and_one_that_only_seems_to_is_quick() {
    let steps = |regex: &str| json!([ { "connect": "a" }, { "on": "a", "send": "a".repeat(30_000), "expect": { "regex": regex, "within": "30s" } } ]);
    let ended = run(json!({}), steps("((a{100}){100}){100}"));
    ended.assert_code(2);
    ended.assert_says(&["64 KiB"]);
    // Going back in the text, this takes longer than the universe is old.
    let ended = run(json!({}), steps("^(a|a)*$"));
    ended.assert_code(0);
}

#[test]
fn an_answer_that_answers_itself_ends_its_check() {
    let answers = json!({ "answers": [ { "to": { "contains": "ing" }, "send": "bing" } ] });
    let ended =
        run(answers, json!([ { "connect": "a" }, { "send": "ping" }, { "wait": "2s" }, { "wait": "9m" } ]));
    ended.assert_code(1);
    ended.assert_says(&["it seems to answer itself: what it sends came back 100 times in a row"]);
    assert!(
        ended.json("r.json")["duration_ms"].as_f64().is_some_and(|took| took < 50_000.0),
        "the step after it did not run"
    );
}
