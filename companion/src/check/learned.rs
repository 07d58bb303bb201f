//! What a server has printed during a run whose browser is gone. Owns what may be shown of it. Only the page knows the secrets
//! that a run has captured; once it is gone, they cannot be removed from a text.

use serde_json::Value;
use sockscope_engine::base::mask::Masker;
use sockscope_engine::suite::Suite;

/// The lines without what was kept secret from the beginning; none of them where the run may have learnt a secret.
pub fn told(suite: &Suite, text: &str, masker: &Masker, printed: Vec<String>) -> Vec<String> {
    if printed.is_empty() || !learns_a_secret(&suite.secrets, text) {
        return printed.into_iter().map(|line| masker.mask(&line).into_owned()).collect();
    }
    let count = printed.len();
    let lines = if count == 1 { "1 line is" } else { "lines are" };
    let count = if count == 1 { String::new() } else { format!("{count} ") };
    vec![format!(
        "{count}{lines} left out: the browser is gone, and with it what the run had captured as a secret"
    )]
}

/// Whether a value becomes known under the name of a secret while the suite runs: captured, by a group of a regular expression, as a
/// parameter of steps, or as a row of a client.
fn learns_a_secret(secrets: &[String], text: &str) -> bool {
    if secrets.is_empty() {
        return false;
    }
    // A suite that ran is JSON; what any other text captures is unknown.
    serde_json::from_str::<Value>(text).map_or(true, |document| captures(&document, secrets))
}

fn captures(value: &Value, secrets: &[String]) -> bool {
    match value {
        Value::Object(members) => {
            members.iter().any(|(key, member)| gives(key, member, secrets) || captures(member, secrets))
        }
        Value::Array(items) => items.iter().any(|item| captures(item, secrets)),
        _ => false,
    }
}

/// Whether a member of this key gives a secret its value.
fn gives(key: &str, member: &Value, secrets: &[String]) -> bool {
    match (key, member) {
        ("capture", Value::Object(names)) => names.keys().any(|name| secrets.contains(name)),
        ("regex", Value::String(text)) => secrets.iter().any(|name| text.contains(&format!("<{name}>"))),
        ("with", Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).any(|name| secrets.iter().any(|secret| secret == name))
        }
        ("clients", Value::Object(clients)) => clients.values().any(|client| has_column(client, secrets)),
        _ => false,
    }
}

/// Whether the rows of a client have a column of this name. Those of a file are not looked at.
fn has_column(client: &Value, secrets: &[String]) -> bool {
    match client.get("each") {
        Some(Value::Array(rows)) => {
            let mut names = rows.iter().filter_map(Value::as_object).flat_map(|row| row.keys());
            names.any(|name| secrets.contains(name))
        }
        each => each.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn a_capture_by_the_name_of_a_secret_is_found_wherever_it_is() {
        let text = r#"{ "checks": [ { "steps": [ { "try": [ { "send": 1, "expect": { "capture": { "token": "$.t" } } } ] } ] } ] }"#;
        assert!(learns_a_secret(&secrets(&["token"]), text));
        assert!(!learns_a_secret(&secrets(&["other"]), text));
        for text in [
            r#"{ "checks": [ { "steps": [ { "expect": { "capture": { "x": { "regex": "sid=(?<token>.+)" } } } } ] } ] }"#,
            r#"{ "define": { "login": { "with": ["token"], "steps": [] } } }"#,
            r#"{ "clients": { "crowd": { "each": [ { "user": "ann", "token": "t-1" } ] } } }"#,
        ] {
            assert!(learns_a_secret(&secrets(&["token"]), text), "{text}");
            assert!(!learns_a_secret(&secrets(&["other"]), text), "{text}");
        }
        assert!(!learns_a_secret(&[], text));
        assert!(learns_a_secret(&secrets(&["x"]), "{ no JSON"), "unknown");
    }
}
