//! What all tests of the recorder share: lines of a recording, and a look at the suite that is made of them.

mod guesses;
mod streams;
mod written;

use super::*;

fn recorded(lines: &[&str]) -> Drafted {
    let drafted = suite_of(&lines.join("\n")).expect("a recording");
    if let Err(problems) = Suite::parse(&drafted.text) {
        panic!("{}\n{problems:?}", drafted.text);
    }
    drafted
}

/// The steps as the document has them.
#[track_caller]
fn check(lines: &[&str], steps: &[&str]) -> Drafted {
    let drafted = recorded(lines);
    let suite: Value = serde_json::from_str(&drafted.text).expect("JSON");
    let found = suite["checks"][0]["steps"].as_array().expect("steps");
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found, steps, "{}", drafted.text);
    drafted
}

const OPEN: &str = r#"{"event":"connecting","connection":1,"name":"alice","url":"ws://h/ws/rooms?user=alice","protocols":[]}"#;
const OPENED: &str = r#"{"event":"opened","connection":1,"name":"alice","protocol":""}"#;

/// A line of alice.
fn at(millis: u64, event: &str, text: &str) -> String {
    let text = Value::from(text);
    format!(r#"{{"event":"{event}","at_ms":{millis}.000,"connection":1,"name":"alice","text":{text}}}"#)
}

fn recorded_lines(lines: &[String]) -> Drafted {
    let mut all = vec![OPEN, OPENED];
    all.extend(lines.iter().map(String::as_str));
    recorded(&all)
}

/// The verbs and payloads in their order, each by a part of it.
#[track_caller]
fn in_order(drafted: &Drafted, parts: &[&str]) {
    let mut rest = drafted.text.as_str();
    for part in parts {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part} does not come next in {}", drafted.text));
        rest = &rest[at + part.len()..];
    }
}
