//! Every example of docs/reference/suite-format.md, run: it ends as the page says.
//!
//! A block of JSON is preceded by a comment that says what it is and how it ends, such as `<!-- run steps /ws/echo: pass -->`.
//! One that fails, or is refused when it is read, is followed by a block of text with all that is
//! said about it, to the letter.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sockscope_engine::matcher::Matcher;
use sockscope_engine::report::{Report, Verdict, explain_checks};
use sockscope_engine::suite::{Files, Suite};
use sockscope_engine::template::{FUNCTIONS, WORDS};
use support::simulated::{Outcome, Setting, run_text};

const PAGE: &str = include_str!("../docs/reference/suite-format.md");

/// One example.
struct Example {
    line: usize,
    /// `suite`, `steps`, `payloads`, `matchers`, `invariants` or `report`.
    kind: String,
    /// For steps: where the clients connect.
    path: String,
    /// `pass`, `refused`, or `fail` and the kind of the failure.
    end: String,
    text: String,
    /// The error that the page names; none when it names none.
    told: Option<String>,
}

/// The blocks of JSON, each with its comment.
fn examples() -> Vec<Example> {
    let lines: Vec<_> = PAGE.lines().collect();
    let mut found = Vec::new();
    let mut at = 0;
    let is_file = |at: usize| at > 0 && lines[at - 1].starts_with("<!-- file ");
    while at < lines.len() {
        if lines[at] != "```json" || is_file(at) {
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
        let told = (lines.get(end + 1) == Some(&"```text")).then(|| {
            let told = lines[end + 2..].iter().take_while(|line| **line != "```");
            told.copied().collect::<Vec<_>>().join("\n")
        });
        found.push(Example { line: at + 1, kind, path, end: outcome, text, told });
        at = end;
    }
    found
}

/// The files beside the suites of the page, each after a comment with its name, such as `<!-- file users.csv -->`.
fn files() -> Files {
    let parts = PAGE.split("<!-- file ").skip(1);
    Files::of_texts(parts.map(|part| {
        let (name, rest) = part.split_once(" -->\n```").expect("a name and a block");
        let (_, rest) = rest.split_once('\n').expect("a block");
        let (text, _) = rest.split_once("\n```").expect("a block has an end");
        (name.to_owned(), text.to_owned())
    }))
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

/// What the terminal prints of a report: its checks that did not pass, then the thresholds of the suite that do not hold.
fn told(report: &Report) -> String {
    let mut lines: Vec<String> =
        explain_checks(&report.checks).iter().flat_map(|(_, text)| text.lines()).map(str::to_owned).collect();
    lines.extend(
        report.thresholds.iter().filter(|one| one.verdict != Verdict::Pass).map(|one| {
            one.message.clone().unwrap_or_else(|| format!("{}, measured {}", one.expr, one.value))
        }),
    );
    lines.join("\n")
}

/// `UPDATE_EXPECT=1` writes the errors into the page.
fn rewrite(examples: &[(usize, String)]) {
    let lines: Vec<&str> = PAGE.lines().collect();
    let mut page = String::new();
    let mut at = 0;
    while at < lines.len() {
        page.push_str(lines[at]);
        page.push('\n');
        let is_told = lines[at] == "```text";
        at += 1;
        let before = |line: &usize| *line < at && !lines[*line..at - 1].contains(&"```text");
        if let Some((_, told)) = examples.iter().rev().find(|(line, _)| is_told && before(line)) {
            page.push_str(told);
            page.push('\n');
            at += lines[at..].iter().position(|line| *line == "```").expect("a block has an end");
        }
    }
    std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/suite-format.md"), page)
        .expect("the page");
}

/// What is said of a suite that cannot be run.
#[track_caller]
fn refuse(example: &Example) {
    let problems = Suite::parse(&example.text).expect_err("a suite with mistakes");
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(example.told.as_deref(), Some(problems.join("\n").as_str()), "line {}", example.line);
}

/// Its error, where the page is to be rewritten.
#[track_caller]
fn run(example: &Example, suite: &str) -> Option<String> {
    let outcome = run_text(suite, &Setting { seed: 42, files: files(), ..Setting::default() });
    let failures: Vec<_> = outcome.report.checks.iter().flat_map(|check| &check.steps).collect();
    let failures: Vec<_> = failures.iter().filter_map(|step| step.failure.as_ref()).collect();
    assert_eq!(ended(&outcome), example.end, "line {}: {failures:#?}", example.line);
    let is_one = ["suite", "steps"].contains(&example.kind.as_str());
    if is_one && example.end != "pass" {
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            return Some(told(&outcome.report));
        }
        assert_eq!(example.told.as_deref(), Some(told(&outcome.report).as_str()), "line {}", example.line);
    }
    assert_eq!(outcome.open, 0, "line {}: every socket is closed in the end", example.line);
    None
}

fn wrap(path: &str, steps: &Value) -> Value {
    let client = json!({"url": format!("ws://sim{path}")});
    json!({
        "sockscope": 1, "suite": "example", "clients": {"a": client, "b": client},
        "checks": [{"check": "example", "steps": steps}]
    })
}

/// The same with the steps as they are written, so that they keep their lines.
fn wrap_text(example: &Example) -> String {
    let suite = wrap(&example.path, &json!("STEPS")).to_string();
    suite.replace("\"STEPS\"", &example.text)
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
    let mut written = Vec::new();
    for example in examples() {
        match example.kind.as_str() {
            "report" => {
                let report: Report = serde_json::from_str(&example.text)
                    .unwrap_or_else(|e| panic!("line {}: {e}", example.line));
                assert_eq!(report.verdict.name(), example.end, "line {}", example.line);
            }
            "suite" if example.end == "refused" => refuse(&example),
            "suite" => written.extend(run(&example, &example.text).map(|told| (example.line, told))),
            "steps" => {
                let told = run(&example, &wrap_text(&example));
                written.extend(told.map(|told| (example.line, told)));
            }
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
                        told: None,
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
            other => panic!("line {}: expected a kind of example, found {other}", example.line),
        }
    }
    if !written.is_empty() {
        rewrite(&written);
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
    // What is refused shows how not to write it.
    for example in
        examples().into_iter().filter(|example| example.end != "refused" && example.kind != "report")
    {
        // The parser reports comments and trailing commas; here the words are enough.
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
    let schema = sockscope_engine::suite::schema();
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

#[test]
fn every_function_of_templates_has_an_example() {
    for name in FUNCTIONS {
        let in_examples = examples().iter().any(|example| example.text.contains(&format!("{{{{{name} ")));
        assert!(in_examples, "{name} has no example");
    }
}
