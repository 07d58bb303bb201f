//! Paths into messages, as a suite has them.

use serde_json::Value;

use crate::template::is_name;

/// The path of a member.
pub(crate) fn join(path: &str, name: &str) -> String {
    match is_name(name) && !name.contains('-') {
        true => format!("{path}.{name}"),
        false => format!("{path}[{}]", Value::String(name.to_owned())),
    }
}

/// The name that a path ends with; of an item, that of its list.
pub(crate) fn last_name(path: &str) -> &str {
    let mut path = path;
    while let Some((list, place)) = path.strip_suffix(']').and_then(|it| it.rsplit_once('[')) {
        match place.strip_prefix('"') {
            Some(name) => return name.trim_end_matches('"'),
            None => path = list,
        }
    }
    path.rsplit('.').next().unwrap_or(path)
}

/// A scalar as a text that no other scalar has.
pub(crate) fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The value as a suite has it: braces are braces, and a name that begins with a dollar sign has two.
pub(crate) fn literal(value: &Value) -> Value {
    crate::bench::as_step::subset(crate::bench::as_step::literal(value.clone()))
}

/// A matcher whose values may look like placeholders, as a suite has it.
pub(crate) fn expected(matcher: &Value) -> Value {
    crate::bench::as_step::literal(matcher.clone())
}
