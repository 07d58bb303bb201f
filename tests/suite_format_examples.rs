//! Every example of docs/suite-format.md, run: it ends as the page says.
//!
//! A block of JSON is preceded by a comment that says what it is and how it ends, such as `<!-- run steps /ws/echo: pass -->`.
#![cfg(not(target_arch = "wasm32"))]

mod simulated;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use simulated::{Outcome, Setting, run_text};
use sockscope::engine::matcher::Matcher;
use sockscope::engine::report::Verdict;
use sockscope::engine::template::WORDS;

const PAGE: &str = include_str!("../docs/suite-format.md");

/// One example.
struct Example {
    line: usize,
    /// `suite`, `steps`, `payloads`, `matchers` or `invariants`.
    kind: String,
    /// For steps: where the clients connect.
    path: String,
    /// `pass`, or `fail` and the kind of the failure.
    end: String,
    text: String,
}

/// The blocks of JSON, each with its comment.
fn examples() -> Vec<Example> {
    let lines: Vec<_> = PAGE.lines().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if lines[at] != "```json" {
            at += 1;
            continue;
        }
        let end = lines[at..].iter().position(|line| *line == "```").expect("a block has an end") + at;
        let said = lines[at - 1].strip_prefix("<!-- run ").and_then(|rest| rest.strip_suffix(" -->"));
        let said = said.unwrap_or_else(|| panic!("line {at}: the block has no comment before it"));
        let (what, outcome) = said.split_once(": ").expect("what and how it ends");
        let (kind, path) = what.split_once(' ').unwrap_or((what, ""));
        let text = lines[at + 1..end].join("\n");
        let (kind, path, outcome) = (kind.to_owned(), path.to_owned(), outcome.to_owned());
        found.push(Example { line: at + 1, kind, path, end: outcome, text });
        at = end;
    }
    found
}

/// How a run ended, in the words of a comment.
fn ended(outcome: &Outcome) -> String {
    let report = &outcome.report;
    let steps = report.checks.iter().flat_map(|check| &check.steps);
    let mut kinds = steps.filter_map(|step| step.failure.as_ref()).map(|failure| failure.kind.name());
    let thresholds = report.checks.iter().flat_map(|check| &check.thresholds).chain(&report.thresholds);
    let is_missed = thresholds.into_iter().any(|one| one.verdict != Verdict::Pass);
    match (report.verdict, kinds.next()) {
        (Verdict::Pass, _) => "pass".to_owned(),
        (verdict, Some(kind)) => format!("{} {kind}", verdict.name()),
        (verdict, None) if is_missed => format!("{} threshold", verdict.name()),
        (verdict, None) => format!("{} {:?}", verdict.name(), report.reasons),
    }
}

#[track_caller]
fn run(example: &Example, suite: &str) {
    let outcome = run_text(suite, &Setting { seed: 42, ..Setting::default() });
    let failures: Vec<_> = outcome.report.checks.iter().flat_map(|check| &check.steps).collect();
    let failures: Vec<_> = failures.iter().filter_map(|step| step.failure.as_ref()).collect();
    assert_eq!(ended(&outcome), example.end, "line {}: {failures:#?}", example.line);
    assert_eq!(outcome.open, 0, "line {}: every socket is closed in the end", example.line);
}

fn wrap(path: &str, steps: &Value) -> Value {
    let client = json!({"url": format!("ws://sim{path}")});
    json!({
        "sockscope": 1, "suite": "example", "clients": {"a": client, "b": client},
        "checks": [{"check": "example", "steps": steps}]
    })
}

fn parts(example: &Example) -> Vec<Value> {
    let value: Value =
        serde_json::from_str(&example.text).unwrap_or_else(|e| panic!("line {}: {e}", example.line));
    value.as_array().unwrap_or_else(|| panic!("line {}: a list", example.line)).clone()
}

fn exchange(payload: &Value, expect: Value) -> Value {
    json!([{"connect": "a"}, {"on": "a", "send": payload, "expect": expect}])
}

#[test]
fn every_example_ends_as_the_page_says() {
    for example in examples() {
        match example.kind.as_str() {
            "suite" => run(&example, &example.text),
            "steps" => run(&example, &wrap(&example.path, &parts(&example).into()).to_string()),
            "payloads" => {
                for payload in parts(&example) {
                    run(&example, &wrap("/ws/echo", &exchange(&payload, json!({"echo": true}))).to_string());
                }
            }
            "matchers" => {
                for pair in parts(&example) {
                    let outcome = Example {
                        end: example.end.replace("fail", "fail timeout"),
                        kind: String::new(),
                        path: String::new(),
                        text: String::new(),
                        ..example
                    };
                    let mut expect = pair[0].clone();
                    expect["within"] = "100ms".into();
                    run(&outcome, &wrap("/ws/echo", &exchange(&pair[1], expect)).to_string());
                }
            }
            "invariants" => {
                for pair in parts(&example) {
                    let messages = pair[1].as_array().expect("messages").iter();
                    let sends = messages.map(|m| json!({"on": "a", "send": m, "expect": {"any": true}}));
                    let steps: Vec<_> = std::iter::once(json!({"connect": "a"})).chain(sends).collect();
                    let mut suite = wrap("/ws/echo", &steps.into());
                    suite["invariants"] = json!([pair[0]]);
                    run(&example, &suite.to_string());
                }
            }
            other => panic!("line {}: {other} is no kind of example", example.line),
        }
    }
}

/// All keys and strings of all examples.
fn written() -> BTreeSet<String> {
    fn walk(value: &Value, all: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => members.iter().for_each(|(key, member)| {
                all.insert(key.clone());
                walk(member, all);
            }),
            Value::Array(items) => items.iter().for_each(|item| walk(item, all)),
            Value::String(text) => drop(all.insert(text.clone())),
            _ => {}
        }
    }
    let mut all = BTreeSet::new();
    for example in examples() {
        // Comments and trailing commas are told by the parser; here the words are enough.
        match serde_json::from_str(&example.text) {
            Ok(value) => walk(&value, &mut all),
            Err(_) => all.extend(example.text.split('"').map(str::to_owned)),
        }
    }
    all
}

#[test]
fn every_matcher_operator_and_payload_has_an_example() {
    let written = written();
    let payloads = ["$json", "$text", "$hex", "$base64", "$bytes", "$chars"];
    let operators =
        ["$gt", "$gte", "$lt", "$lte", "$ne", "$in", "$regex", "$type", "$exists", "$len", "$any"];
    for name in Matcher::keys().chain(payloads).chain(operators) {
        assert!(written.contains(name), "{name} has no example");
    }
}

#[test]
fn every_key_of_the_format_has_an_example() {
    let schema = sockscope::engine::suite::schema();
    let mut keys = BTreeSet::new();
    collect(&schema, &mut keys);
    let written = written();
    // What a table says in words, and the keys of JSON Schema itself.
    let excused = ["$schema", "text", "headers"];
    let missing: Vec<_> =
        keys.iter().filter(|key| !written.contains(*key) && !excused.contains(&key.as_str())).collect();
    assert!(missing.is_empty(), "these keys have no example: {missing:?}");
    assert!(keys.len() > 60, "{keys:?}");
}

/// The names in all `properties` of a schema.
fn collect(schema: &Value, keys: &mut BTreeSet<String>) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::Object(properties)) = members.get("properties") {
                keys.extend(properties.keys().cloned());
            }
            members.values().for_each(|member| collect(member, keys));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, keys)),
        _ => {}
    }
}

#[test]
fn every_word_of_templates_has_an_example() {
    for word in WORDS {
        let is_shown = ["{{", "{{env.", "{{random ", "{{pick ", "{{base64 "].iter().any(|open| {
            let shown = if open.len() > 2 { (*open).to_owned() } else { format!("{{{{{word}}}}}") };
            shown.contains(word) && PAGE.contains(&shown)
        });
        assert!(is_shown, "{word} has no example");
    }
}
