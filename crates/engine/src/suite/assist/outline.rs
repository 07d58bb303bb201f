//! The outline of a suite, for lists of suites and forms of variables.

use serde_json::Value;

use crate::suite::source;
use crate::suite::{Files, Problem, Suite};

use super::{Outline, OutlineCheck, OutlineVariable};

/// Variables that the suites that ship have in common, so that any of them is pointed at another server the same way.
const SHARED: [&str; 5] = ["ws_url", "api_url", "num_clients", "test_duration", "message_interval"];

/// The outline of a suite that has no mistakes.
pub fn outline(text: &str) -> Result<Outline, Vec<Problem>> {
    outline_with(text, &Files::default())
}

/// The same of one that names files.
pub fn outline_with(text: &str, files: &Files) -> Result<Outline, Vec<Problem>> {
    let suite = Suite::parse_with(text, files)?;
    // A name with placeholders is kept as it is written only in the text.
    let (source, _) = source::read(text).map_err(|problem| vec![problem])?;
    let written = source.root.member("checks").map(|checks| &checks.value);
    let checks = suite.checks.iter().enumerate().map(|(i, check)| {
        let node = written.map(|list| list.locate(&format!("[{i}]")).node);
        OutlineCheck {
            name: node.and_then(|node| node.member("check")?.value.text()).unwrap_or_default().to_owned(),
            about: check.about.clone().unwrap_or_default(),
            tags: check.tags.clone(),
            line: check.position.line,
        }
    });
    let vars = suite.vars.iter().map(|(name, default)| OutlineVariable {
        name: name.clone(),
        default: match default {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        },
        is_secret: suite.secrets.contains(name),
        is_shared: SHARED.contains(&name.as_str()),
    });
    let mut tags: Vec<String> = Vec::new();
    for tag in suite.checks.iter().flat_map(|check| &check.tags) {
        if !tags.contains(tag) {
            tags.push(tag.clone());
        }
    }
    Ok(Outline {
        name: suite.name.clone(),
        about: suite.about.clone().unwrap_or_default(),
        tags,
        vars: vars.collect(),
        checks: checks.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_has_what_lists_and_forms_show() {
        let text = r#"{ "sockscope": 1, "suite": "s", "about": "why",
          "vars": { "ws_url": "{{env.WS_URL ?? ws://x}}", "n": 5.0, "token": "t" }, "secrets": ["token"],
          "checks": [
            { "check": "with {{n}}", "tags": ["a", "b"], "each": { "n": [1] }, "steps": [{ "wait": "1s" }] },
            { "check": "two", "about": "x", "tags": ["a"], "steps": [{ "wait": "1s" }] } ] }"#;
        let outline = outline(text).expect("a good suite");
        assert_eq!((outline.name.as_str(), outline.about.as_str()), ("s", "why"));
        assert_eq!(outline.tags, ["a", "b"]);
        let vars: Vec<_> = outline
            .vars
            .iter()
            .map(|var| (var.name.as_str(), var.default.as_str(), var.is_secret, var.is_shared))
            .collect();
        let url = "{{env.WS_URL ?? ws://x}}";
        assert_eq!(
            vars,
            [("ws_url", url, false, true), ("n", "5.0", false, false), ("token", "t", true, false)]
        );
        let checks: Vec<_> = outline.checks.iter().map(|check| (check.name.as_str(), check.line)).collect();
        assert_eq!(checks, [("with {{n}}", 4), ("two", 5)]);
    }
}
