//! The message under test.
//!
//! Owns reading it as JSON: at most once, and only when needed.

use std::borrow::Cow;
use std::cell::OnceCell;

use serde_json::Value;

use crate::Payload;
use crate::base::payload::preview;

/// A message together with what it may be the answer to.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    payload: Cow<'a, Payload>,
    sent: Option<Cow<'a, Payload>>,
    json: OnceCell<Option<Value>>,
}

impl<'a> Subject<'a> {
    /// A message that answers nothing.
    pub fn new(payload: &'a Payload) -> Self {
        Self { payload: Cow::Borrowed(payload), sent: None, json: OnceCell::new() }
    }

    /// A message that answers this one, for the matcher `echo`.
    pub fn answering(payload: &'a Payload, sent: &'a Payload) -> Self {
        Self { sent: Some(Cow::Borrowed(sent)), ..Self::new(payload) }
    }

    /// A message that is kept, with its JSON once that has been read.
    pub fn owned(payload: Payload) -> Subject<'static> {
        Subject { payload: Cow::Owned(payload), sent: None, json: OnceCell::new() }
    }

    /// A value that has a name: JSON as it is, text as it would stand in a text.
    pub fn of_value(value: Value) -> Subject<'static> {
        let text = crate::template::into_text(value.clone());
        let json = OnceCell::new();
        // It is new, so it is empty.
        let _ = json.set(Some(value));
        Subject { payload: Cow::Owned(Payload::Text(text)), sent: None, json }
    }

    /// The message itself.
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// The message as JSON, when it is a text message that holds one. Of two members of one name the last one counts.
    pub fn json(&self) -> Option<&Value> {
        self.json.get_or_init(|| serde_json::from_str(self.text()?).ok()).as_ref()
    }

    pub(super) fn sent(&self) -> Option<&Payload> {
        self.sent.as_deref()
    }

    /// The text, where it is a text message.
    pub(super) fn text(&self) -> Option<&str> {
        match &*self.payload {
            Payload::Text(text) => Some(text),
            Payload::Binary(_) => None,
        }
    }

    /// The message in a few words.
    pub(super) fn describe(&self) -> String {
        describe(&self.payload)
    }
}

pub(super) fn describe(payload: &Payload) -> String {
    let bytes = payload.as_bytes();
    match payload {
        Payload::Text(text) => format!("text {}", super::json::excerpt_text(text)),
        Payload::Binary(_) if bytes.is_empty() => "binary of 0 B".into(),
        Payload::Binary(_) => format!("binary of {} B: {}", bytes.len(), preview(false, bytes, 72)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_read_once() {
        let payload = Payload::from(r#"{"a":1}"#);
        let subject = Subject::new(&payload);
        let first = subject.json().unwrap() as *const Value;
        assert_eq!(first, subject.json().unwrap() as *const Value);
    }

    #[test]
    fn binary_and_broken_text_are_not_json() {
        assert!(Subject::owned(Payload::Binary(b"1".to_vec())).json().is_none());
        assert!(Subject::owned("{".into()).json().is_none());
        assert!(Subject::owned("1 2".into()).json().is_none());
    }

    #[test]
    fn hostile_nesting_is_not_json_and_does_not_overflow() {
        assert!(Subject::owned("[".repeat(10_000).as_str().into()).json().is_none());
        let closed = "[".repeat(10_000) + &"]".repeat(10_000);
        assert!(Subject::owned(closed.as_str().into()).json().is_none());
    }
}
