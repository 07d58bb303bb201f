//! A document as people write suites: one line a step, one a client.

use serde_json::{Map, Value};

/// The document.
pub(super) fn document(suite: &Map<String, Value>) -> String {
    let mut text = String::from("{\n");
    let last = suite.len().saturating_sub(1);
    for (at, (name, value)) in suite.iter().enumerate() {
        text.push_str("  ");
        text.push_str(&Value::String(name.clone()).to_string());
        text.push_str(": ");
        match (name.as_str(), value) {
            ("clients", Value::Object(clients)) => lines(&mut text, clients),
            ("checks", Value::Array(checks)) => self::checks(&mut text, checks),
            (_, value) => spaced(&mut text, value),
        }
        text.push_str(if at == last { "\n" } else { ",\n" });
    }
    text.push_str("}\n");
    text
}

/// An object with one line a member.
fn lines(text: &mut String, members: &Map<String, Value>) {
    text.push_str("{\n");
    let last = members.len().saturating_sub(1);
    for (at, (name, value)) in members.iter().enumerate() {
        text.push_str("    ");
        text.push_str(&Value::String(name.clone()).to_string());
        text.push_str(": ");
        spaced(text, value);
        text.push_str(if at == last { "\n" } else { ",\n" });
    }
    text.push_str("  }");
}

fn checks(text: &mut String, checks: &[Value]) {
    text.push_str("[\n");
    for (at, check) in checks.iter().filter_map(Value::as_object).enumerate() {
        text.push_str(if at == 0 { "    { " } else { ",\n    { " });
        for (at, (name, value)) in check.iter().enumerate() {
            text.push_str(if at == 0 { "" } else { ", " });
            text.push_str(&Value::String(name.clone()).to_string());
            text.push_str(": ");
            match (name.as_str(), value) {
                ("steps", Value::Array(steps)) => self::steps(text, steps, 6),
                (_, value) => spaced(text, value),
            }
        }
        text.push_str(" }");
    }
    text.push_str("\n  ]");
}

/// A list with one line a step; a block has a line for each of its branches, and one for each of their steps.
fn steps(text: &mut String, steps: &[Value], indent: usize) {
    text.push('[');
    for (at, step) in steps.iter().enumerate() {
        text.push_str(if at == 0 { "\n" } else { ",\n" });
        text.push_str(&" ".repeat(indent));
        match step {
            Value::Array(branch) => self::steps(text, branch, indent + 2),
            Value::Object(members) => match members.get("all").and_then(Value::as_array) {
                Some(branches) if members.len() == 1 => {
                    text.push_str("{ \"all\": ");
                    self::steps(text, branches, indent + 2);
                    text.push_str(" }");
                }
                _ => spaced(text, step),
            },
            other => spaced(text, other),
        }
    }
    text.push_str(" ]");
}

/// JSON in one line with room between.
fn spaced(text: &mut String, value: &Value) {
    match value {
        Value::Object(members) if members.is_empty() => text.push_str("{}"),
        Value::Object(members) => {
            for (at, (name, value)) in members.iter().enumerate() {
                text.push_str(if at == 0 { "{ " } else { ", " });
                text.push_str(&Value::String(name.clone()).to_string());
                text.push_str(": ");
                spaced(text, value);
            }
            text.push_str(" }");
        }
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { ", " });
                spaced(text, item);
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}
