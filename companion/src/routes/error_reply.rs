//! What a route answers to a message that it cannot act on. The connection stays open.

use serde_json::value::RawValue;
use serde_json::{Value, json};

/// An `error` message: a stable code for programs, and words for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ErrorReply {
    /// Stable, in `snake_case`.
    pub code: &'static str,
    /// What is wrong and what would be right.
    pub message: String,
}

impl ErrorReply {
    /// An objection.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// A message that is not text.
    pub fn not_text() -> Self {
        Self::new("not_text", "this route takes text messages with JSON")
    }

    /// A text that is not the JSON object that the route takes.
    pub fn bad_message(error: &serde_json::Error) -> Self {
        Self::new("bad_message", format!("not a message of this route: {error}"))
    }

    /// A type of message that the route does not have.
    pub fn unknown_type(given: &str, known: &str) -> Self {
        let given: String = given.chars().take(64).collect();
        Self::new("unknown_type", format!("unknown type {given:?}; known are {known}"))
    }

    /// A field that the message cannot do without.
    pub fn missing(field: &str) -> Self {
        Self::new("missing_field", format!("the field {field:?} is missing or empty"))
    }

    /// A field of the wrong form.
    pub fn invalid(field: &str, expected: &str) -> Self {
        Self::new("invalid_field", format!("the field {field:?} is not {expected}"))
    }

    /// The message that the client gets, with the `id` of its request.
    pub fn to_text(&self, id: Option<&RawValue>) -> String {
        with_id(json!({ "type": "error", "code": self.code, "message": self.message }), id)
    }
}

/// A message with the `id` of the request that it answers, exactly as the client wrote it.
pub fn with_id(message: Value, id: Option<&RawValue>) -> String {
    let mut text = message.to_string();
    if let Some(id) = id {
        text.truncate(text.len() - 1);
        text.push_str(",\"id\":");
        text.push_str(id.get());
        text.push('}');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_comes_back_as_it_was_written() {
        let id = RawValue::from_string("12345678901234567890.10".to_owned()).unwrap();
        let text = ErrorReply::missing("room").to_text(Some(&id));
        assert!(text.ends_with(r#","id":12345678901234567890.10}"#), "{text}");
        serde_json::from_str::<Value>(&text).unwrap();
    }
}
