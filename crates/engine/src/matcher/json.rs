//! JSON values: equality, kinds, and how they are shown.
//!
//! Owns what `==` of `serde_json` gets wrong here: numbers are equal by value, `1.0` is `1`.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::io;

use serde_json::Value;

use crate::base::{number, words};

/// How deep JSON may be nested. `serde_json` reads no deeper, so no message can overflow the stack.
pub(super) const DEEPEST: usize = 127;

/// How much of a value is shown, in bytes of its JSON text.
const LONGEST: usize = 160;

/// How much of a text stands before the first character that differs.
const BEFORE: usize = 20;

pub(super) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => number::compare(a, b) == Ordering::Equal,
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

/// The order of two numbers or two strings (by code point); other values have none.
pub(super) fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => Some(number::compare(a, b)),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// Items of an array, members of an object, characters of a string.
pub(super) fn length(value: &Value) -> Option<u64> {
    let length = match value {
        Value::Array(items) => items.len(),
        Value::Object(members) => members.len(),
        Value::String(text) => text.chars().count(),
        _ => return None,
    };
    Some(length as u64)
}

/// Whether it is nested deeper than what is ever walked.
pub(super) fn is_too_deep(value: &Value) -> bool {
    fn exceeds(value: &Value, room: usize) -> bool {
        match value {
            Value::Array(items) => room == 0 || items.iter().any(|item| exceeds(item, room - 1)),
            Value::Object(members) => room == 0 || members.values().any(|member| exceeds(member, room - 1)),
            _ => false,
        }
    }
    exceeds(value, DEEPEST)
}

/// Whether a placeholder still stands in it, which the suite fills in before it runs.
pub(super) fn is_template(value: &Value) -> bool {
    value.as_str().is_some_and(holds_placeholder)
}

pub(super) fn holds_placeholder(text: &str) -> bool {
    text.split_once("{{").is_some_and(|(_, rest)| rest.contains("}}"))
}

/// The JSON text of a value, cut with an ellipsis.
pub(crate) fn excerpt(value: &Value) -> String {
    let mut short = Short(Vec::new());
    let is_whole = serde_json::to_writer(&mut short, value).is_ok();
    let end = match std::str::from_utf8(&short.0) {
        Ok(text) => text.len(),
        Err(cut) => cut.valid_up_to(),
    };
    let mut text = String::from_utf8_lossy(&short.0[..end]).into_owned();
    if !is_whole {
        text.push('…');
    }
    text
}

/// Two texts as JSON; of long ones the part where they begin to differ.
pub(super) fn excerpts(a: &str, b: &str) -> (String, String) {
    let common = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    let skipped = if a.len().max(b.len()) <= LONGEST { 0 } else { common.saturating_sub(BEFORE) };
    let part = |text: &str| {
        let rest = match text.char_indices().nth(skipped) {
            Some((at, _)) => &text[at..],
            None => "",
        };
        let shown = excerpt_text(rest);
        if skipped > 0 { format!("…{shown}") } else { shown }
    };
    (part(a), part(b))
}

/// A text as JSON, cut with an ellipsis.
pub(super) fn excerpt_text(text: &str) -> String {
    // The rest of a giant text is neither copied nor escaped.
    let end = text.char_indices().nth(LONGEST).map_or(text.len(), |(at, _)| at);
    excerpt(&Value::from(&text[..end]))
}

/// Words that may hold a whole message, cut with an ellipsis.
pub(super) fn cut(text: Cow<'_, str>) -> String {
    words::cut(&text, LONGEST)
}

/// Takes what fits and refuses the rest, so that a giant value is not written out to be thrown away.
struct Short(Vec<u8>);

impl io::Write for Short {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = LONGEST - self.0.len();
        self.0.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if bytes.len() > room { Err(io::ErrorKind::WriteZero.into()) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_inside_are_equal_by_value() {
        let read = |text| serde_json::from_str::<Value>(text).unwrap();
        assert!(equal(&read(r#"{"a":[1.0,2e2]}"#), &read(r#"{"a":[1,200]}"#)));
        assert!(!equal(&read("[10000000000000001]"), &read("[1e16]")));
        assert!(!equal(&json!({"a": 1}), &json!({"a": 1, "b": 2})));
        assert!(!equal(&json!("1"), &json!(1)));
    }

    #[test]
    fn a_giant_value_is_shown_cut() {
        assert_eq!(excerpt(&json!({"a": [1, "x"]})), r#"{"a":[1,"x"]}"#);
        let shown = excerpt(&json!(vec!["€"; 1_000_000]));
        assert!(shown.len() < LONGEST + 8 && shown.ends_with('…'), "{shown}");
    }

    #[test]
    fn long_texts_are_shown_where_they_differ() {
        let (a, b) = ("x".repeat(1000) + "left", "x".repeat(1000) + "right");
        assert_eq!(
            excerpts(&a, &b),
            (r#"…"xxxxxxxxxxxxxxxxxxxxleft""#.into(), r#"…"xxxxxxxxxxxxxxxxxxxxright""#.into())
        );
        assert_eq!(excerpts("hello", "help"), (r#""hello""#.into(), r#""help""#.into()));
    }

    #[test]
    fn depth_is_known_without_walking_it_all() {
        let nested = |levels| (0..levels).fold(json!(1), |inner, _| Value::Array(vec![inner]));
        assert!(!is_too_deep(&nested(DEEPEST)));
        assert!(is_too_deep(&nested(DEEPEST + 1)));
    }
}
