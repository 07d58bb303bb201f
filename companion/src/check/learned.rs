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

/// Whether a step captures a value by the name of a secret.
fn learns_a_secret(secrets: &[String], text: &str) -> bool {
    if secrets.is_empty() {
        return false;
    }
    // A suite that ran is JSON; what any other text captures is unknown.
    serde_json::from_str::<Value>(text).map_or(true, |document| captures(&document, secrets))
}

fn captures(value: &Value, secrets: &[String]) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(name, member)| {
            let is_capture = name == "capture"
                && member.as_object().is_some_and(|names| names.keys().any(|it| secrets.contains(it)));
            is_capture || captures(member, secrets)
        }),
        Value::Array(items) => items.iter().any(|item| captures(item, secrets)),
        _ => false,
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
        assert!(!learns_a_secret(&[], text));
        assert!(learns_a_secret(&secrets(&["x"]), "{ no JSON"), "unknown");
    }
}
