//! Which messages are of one kind: those that differ only in varying values.
//!
//! Owns the key of a message. Two recordings of the same conversation give equal keys, so values that look like server
//! ids are not part of it.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::lines::Content;
use super::looks;
use super::own::Own;

/// Members that say what a message is.
pub(crate) const TELLING: [&str; 13] = [
    "type",
    "event",
    "op",
    "kind",
    "method",
    "action",
    "cmd",
    "command",
    "msg",
    "name",
    "t",
    "e",
    "operation",
];
/// Members by which replies are paired.
pub(crate) const PAIRING: [&str; 10] = [
    "id",
    "request_id",
    "requestId",
    "req_id",
    "correlation_id",
    "correlationId",
    "msg_id",
    "seq",
    "ref",
    "reply_to",
];
/// A longer text is content.
const LONGEST: usize = 64;

/// What a message is, whatever varies in it. `at` is its place among the events.
pub(crate) fn kind(content: &Content, own: &Own, at: usize) -> String {
    match content {
        Content::Text { json: Some(Value::Object(members)), .. } => of_object(members, own, at),
        other => kind_alone(other),
    }
}

/// The same, whichever question it answers.
pub(crate) fn kind_alone(content: &Content) -> String {
    match content {
        Content::Binary(base64) => format!("binary {}", base64.len()),
        Content::Text { json: Some(Value::Object(members)), .. } => of_members(members),
        Content::Text { json: Some(Value::Array(items)), .. } => {
            let first = items.first().and_then(Value::as_str).filter(|it| it.len() <= LONGEST);
            format!("array {} {}", items.len(), first.unwrap_or_default())
        }
        Content::Text { json: Some(Value::Number(_)), .. } => "number".to_owned(),
        Content::Text { text, .. } => of_text(text),
    }
}

fn of_members(members: &Map<String, Value>) -> String {
    let mut key = String::new();
    for name in TELLING {
        let text = members.get(name).and_then(Value::as_str).filter(|it| it.len() <= LONGEST);
        if let Some(text) = text.filter(|it| looks::why_varying(name, &(*it).into()).is_none()) {
            let _ = write!(key, "{name}={text};");
        }
    }
    if key.is_empty() {
        let mut names: Vec<_> = members.keys().map(String::as_str).collect();
        names.sort_unstable();
        key = names.join(",");
    }
    key
}

fn of_object(members: &Map<String, Value>, own: &Own, at: usize) -> String {
    let mut key = of_members(members);
    for name in PAIRING {
        let value = members.get(name).filter(|it| it.is_string() || it.is_number());
        let is_short = |it: &&Value| it.as_str().is_none_or(|text| text.len() < 16);
        if let Some(value) = value.filter(is_short)
            && own.is_own(at, &format!("$.{name}"), value)
        {
            let _ = write!(key, ";{name}={value}");
        }
    }
    key
}

/// Words as they are, and `0` for digits.
fn of_text(text: &str) -> String {
    let mut shape = String::from("text ");
    for part in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()).take(12) {
        let has_digit = part.bytes().any(|byte| byte.is_ascii_digit());
        if has_digit && part.len() > 3 { shape.push('0') } else { shape.push_str(part) }
    }
    shape
}

/// Whether a message says that the connection is alive, by its name.
pub(crate) fn is_sign_of_life(content: &Content) -> bool {
    const NAMES: [&str; 8] =
        ["heartbeat", "heart_beat", "hb", "keepalive", "keep_alive", "keep-alive", "ka", "ping"];
    let is_one = |text: &str| NAMES.contains(&text.to_ascii_lowercase().as_str());
    match content {
        Content::Text { json: Some(Value::Object(members)), .. } => {
            TELLING.iter().filter_map(|name| members.get(*name)?.as_str()).any(is_one)
        }
        Content::Text { text, json: None } => is_one(text.trim()),
        // Engine.IO's ping.
        Content::Text { text, .. } => text == "2",
        Content::Binary(_) => false,
    }
}

/// The path of the field that both have with the same value, by which one answers the other.
pub(crate) fn correlated(asked: Option<&Value>, answer: Option<&Value>) -> Option<String> {
    let (asked, answer) = (asked?.as_object()?, answer?.as_object()?);
    let name = PAIRING.into_iter().find(|name| {
        let of = |message: &Map<String, Value>| {
            message.get(*name).filter(|it| it.is_string() || it.is_number()).cloned()
        };
        of(asked).is_some() && of(asked) == of(answer)
    })?;
    Some(format!("$.{name}"))
}

/// A short name for a kind of messages, for a sentence.
pub(crate) fn name_of(content: &Content) -> String {
    let cut = |text: &str| {
        let short: String = text.chars().take(40).collect();
        if short.len() < text.len() { format!("{short}…") } else { short }
    };
    match content {
        Content::Binary(_) => "binary".to_owned(),
        Content::Text { json: Some(Value::Object(members)), text } => {
            let telling = TELLING.iter().find_map(|name| Some((name, members.get(*name)?.as_str()?)));
            match telling.filter(|(_, value)| value.len() <= LONGEST) {
                Some((name, value)) => format!("{{\"{name}\":\"{value}\"}}"),
                None => cut(text),
            }
        }
        Content::Text { text, .. } => cut(text),
    }
}
