//! The values we sent: when they come back, they do not vary.
//!
//! Owns which value was sent when. A short value counts as ours only at the same path: `"1"` may be a question's id
//! here and the server's message number there.

use std::collections::BTreeMap;

use serde_json::Value;

use super::lines::Event;
use super::paths::{join, scalar};

/// A text of this length is the same value wherever it is.
const TELLING: usize = 8;

/// Scalars that were sent.
#[derive(Default)]
pub(crate) struct Own {
    /// The first event with this value at this path.
    at_path: BTreeMap<(String, String), usize>,
    /// The first and the last event with this value anywhere.
    anywhere: BTreeMap<String, (usize, usize)>,
    /// Texts that are not JSON, which may have values in them.
    texts: Vec<(usize, String)>,
}

impl Own {
    pub fn of(events: &[Event]) -> Self {
        let mut own = Self::default();
        for (at, event) in events.iter().enumerate() {
            let Some(content) = event.sent() else { continue };
            match content.json() {
                Some(json) => own.learn(at, "$", json),
                None => own.texts.extend(content.text().map(|text| (at, text.to_owned()))),
            }
        }
        own
    }

    fn learn(&mut self, at: usize, path: &str, value: &Value) {
        match value {
            Value::Object(members) => {
                members.iter().for_each(|(name, value)| self.learn(at, &join(path, name), value));
            }
            Value::Array(items) => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(nth, item)| self.learn(at, &format!("{path}[{nth}]"), item));
            }
            _ => {
                let value = scalar(value);
                self.at_path.entry((path.to_owned(), value.clone())).or_insert(at);
                self.anywhere.entry(value).or_insert((at, at)).1 = at;
            }
        }
    }

    /// Whether the value at this path had been sent before this event.
    pub fn is_own(&self, at: usize, path: &str, value: &Value) -> bool {
        let value = scalar(value);
        if value.len() >= TELLING && self.anywhere.get(&value).is_some_and(|(first, _)| *first < at) {
            return true;
        }
        self.at_path.get(&(path.to_owned(), value)).is_some_and(|first| *first < at)
    }

    /// Whether the value was sent after this event.
    pub fn is_sent_after(&self, at: usize, value: &Value) -> bool {
        let value = scalar(value);
        if self.anywhere.get(&value).is_some_and(|(_, last)| *last > at) {
            return true;
        }
        let is_within = |text: &str| text.contains(value.as_str());
        value.len() >= TELLING
            && (self.texts.iter().any(|(sent, text)| *sent > at && is_within(text))
                || self.anywhere.iter().any(|(text, (_, last))| *last > at && is_within(text)))
    }
}
