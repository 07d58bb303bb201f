//! Secrets of a recording: each becomes a variable, so that no document contains its value.
//!
//! Owns the removal of secrets from messages, before any other code sees them. A placeholder is written with two
//! characters that no text contains, so that escaping braces leaves it intact.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::lines::{Content, Recording, What};
use crate::base::mask::{MASK, Masker};
use crate::base::percent;
use crate::base::words::counted;
use crate::secrets::{Suspect, suspects};
use crate::template::{WORDS, is_name};

/// Unicode noncharacters that stand for the braces of a placeholder until the document is written.
const OPEN: char = '\u{fdd0}';
const CLOSE: char = '\u{fdd1}';

/// A placeholder that is not escaped.
pub(super) fn placeholder(name: &str) -> String {
    format!("{OPEN}{name}{CLOSE}")
}

/// The text with what stands for placeholders as `{{name}}`.
pub(super) fn written(text: &str) -> String {
    text.replace(OPEN, "{{").replace(CLOSE, "}}")
}

/// A recorded text without the two characters.
pub(super) fn clean(text: &str) -> String {
    text.replace([OPEN, CLOSE], "\u{fffd}")
}

/// What was taken out.
#[derive(Default)]
pub(super) struct Hidden {
    /// By the name of its variable.
    pub values: BTreeMap<String, String>,
    /// Values that the server sent and that look like secrets, so no document may have them.
    pub received: BTreeSet<String>,
    pub remarks: Vec<String>,
}

impl Hidden {
    /// Takes the secrets out of recordings of the same conversation.
    pub fn take_out(recordings: &mut [Recording]) -> Self {
        let mut hidden = Self::default();
        for recording in recordings.iter() {
            for (name, value) in recording.bench.secrets.iter().filter(|(_, value)| !value.is_empty()) {
                if hidden.values.values().all(|known| known != value) {
                    let name = hidden.free(name);
                    hidden.remarks.push(format!(
                        "`{{{{{name}}}}}` is a secret variable of the bench. {}",
                        whereabouts(&name)
                    ));
                    hidden.values.insert(name, value.clone());
                }
            }
        }
        for recording in recordings.iter() {
            hidden.look_at(recording);
        }
        let masker = Masker::new(hidden.values.values().map(String::as_str));
        let mut encoded = 0_u32;
        for recording in recordings.iter_mut() {
            for event in &mut recording.events {
                if let What::Sent(content) | What::Received(content) = &mut event.what {
                    encoded += u32::from(hidden.replace(content, &masker));
                }
            }
            for content in recording.calls.iter_mut().filter_map(|call| call.body.as_mut()) {
                encoded += u32::from(hidden.replace(content, &masker));
            }
            let of_clients = recording.clients.values_mut().filter_map(|it| it.url.as_mut());
            for url in of_clients.chain(recording.calls.iter_mut().map(|call| &mut call.url)) {
                *url = hidden.in_address(url);
                let masked = masker.mask(url).into_owned();
                encoded += u32::from(masked != *url);
                *url = masked;
            }
        }
        if encoded > 0 {
            hidden.remarks.push(format!(
                "A secret appears in {} in an encoded form: write an expression for it in place of {MASK}.",
                counted(encoded.into(), "place")
            ));
        }
        hidden
    }

    /// What was sent and looks like a secret becomes a variable, unless the server had sent it before.
    fn look_at(&mut self, recording: &Recording) {
        let mut received = BTreeSet::new();
        let urls = recording.clients.values().filter_map(|it| it.url.as_deref());
        let in_urls: Vec<_> = urls.flat_map(suspects).collect();
        for found in in_urls {
            self.suspect(found, "an address", &received);
        }
        for call in &recording.calls {
            for found in suspects(&call.url) {
                self.suspect(found, "an address", &received);
            }
            for found in call.body.as_ref().and_then(Content::text).map(suspects).unwrap_or_default() {
                self.suspect(found, "an HTTP call", &received);
            }
        }
        for event in &recording.events {
            match &event.what {
                What::Received(Content::Text { text, .. }) => {
                    let found = suspects(text).into_iter().map(|it| it.value);
                    received.extend(found.filter(|value| !value.is_empty()));
                }
                What::Sent(Content::Text { text, .. }) => {
                    for found in suspects(text) {
                        self.suspect(found, "a message", &received);
                    }
                }
                _ => {}
            }
        }
        let is_known = |value: &String| self.values.values().any(|known| known == value);
        let received: Vec<_> = received.into_iter().filter(|value| !is_known(value)).collect();
        self.received.extend(received);
    }

    fn suspect(&mut self, found: Suspect, place: &str, received: &BTreeSet<String>) {
        let value = &found.value;
        let is_known = value.is_empty()
            || value.contains(MASK)
            || self.values.values().any(|known| known == value)
            || received.contains(value)
            || super::looks::is_uuid(value);
        if is_known {
            return;
        }
        let name = self.free(&name_of(&found.place));
        self.remarks.push(format!(
            "{}, in {place}: it became the secret `{{{{{name}}}}}`. {}",
            found.words(),
            whereabouts(&name)
        ));
        self.values.insert(name, found.value);
    }

    fn free(&self, name: &str) -> String {
        let plain: String =
            name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
        let plain = if is_name(&plain) { plain } else { format!("secret_{plain}") };
        let is_taken = |name: &str| {
            ["ws_url", "api_url"].contains(&name) || WORDS.contains(&name) || self.values.contains_key(name)
        };
        if !is_taken(&plain) {
            return plain;
        }
        (2..).map(|number| format!("{plain}{number}")).find(|name| !is_taken(name)).unwrap_or(plain)
    }

    /// Puts placeholders into a message; whether a secret was left in it in another form.
    fn replace(&self, content: &mut Content, masker: &Masker) -> bool {
        let Content::Text { text, json } = content else { return self.replace_in_bytes(content, masker) };
        let mut replaced = text.clone();
        if let Some(json) = json {
            if self.in_json(json) {
                replaced = json.to_string();
            }
        } else {
            for (name, value) in &self.values {
                replaced = self.in_text(&replaced, name, value);
            }
        }
        let masked = masker.mask(&replaced).into_owned();
        let is_left = masked != replaced;
        if masked != *text {
            *content = Content::of_text(masked);
        }
        is_left
    }

    fn replace_in_bytes(&self, content: &mut Content, masker: &Masker) -> bool {
        let Content::Binary(base64) = content else { return false };
        let is_in = masker.mask(base64) != *base64 || {
            let bytes = content.bytes();
            bytes.utf8_chunks().any(|chunk| masker.mask(chunk.valid()) != chunk.valid())
        };
        if is_in {
            *content = Content::of_text(MASK.to_owned());
        }
        is_in
    }

    fn in_json(&self, value: &mut Value) -> bool {
        match value {
            Value::Object(members) => members.values_mut().fold(false, |any, it| self.in_json(it) | any),
            Value::Array(items) => items.iter_mut().fold(false, |any, it| self.in_json(it) | any),
            Value::String(text) => {
                let mut replaced = text.clone();
                for (name, value) in &self.values {
                    replaced = self.in_text(&replaced, name, value);
                }
                let is_changed = replaced != *text;
                *text = replaced;
                is_changed
            }
            Value::Number(number) => {
                let text = number.to_string();
                let Some((name, _)) = self.values.iter().find(|(_, value)| **value == text) else {
                    return false;
                };
                *value = placeholder(name).into();
                true
            }
            _ => false,
        }
    }

    /// Short values only where they are the whole text: letters of a word are not a secret.
    fn in_text(&self, text: &str, name: &str, value: &str) -> String {
        match value.len() < 4 {
            true if text == value => placeholder(name),
            true => text.to_owned(),
            false => text.replace(value, &placeholder(name)),
        }
    }

    fn in_address(&self, url: &str) -> String {
        let mut replaced = clean(url);
        for (name, value) in &self.values {
            let encoded = percent::encoded(value);
            for form in [value, &encoded] {
                replaced = self.in_text(&replaced, name, form);
                if form.len() < 4 {
                    for before in ["=", ":"] {
                        for after in ["&", "#", "@"] {
                            let (from, to) = (
                                format!("{before}{form}{after}"),
                                format!("{before}{}{after}", placeholder(name)),
                            );
                            replaced = replaced.replace(&from, &to);
                        }
                    }
                    if let Some(rest) = replaced.strip_suffix(&format!("={form}")) {
                        replaced = format!("{rest}={}", placeholder(name));
                    }
                }
            }
        }
        replaced
    }
}

/// How a remark begins to say where a value is that the suite does not have.
const IN_VALUES: &str = "Its value is in Values until this page reloads. Elsewhere, set ";

/// The same where no page has the values.
pub(super) fn without_page(remark: &str) -> String {
    remark.replace(IN_VALUES, "The suite does not have its value: set ")
}

/// What a remark says of a value that the suite does not have.
fn whereabouts(name: &str) -> String {
    format!("{IN_VALUES}{}.", name.to_ascii_uppercase())
}

/// The last name in the words that say where a suspect is.
fn name_of(place: &str) -> String {
    let path = place.split('`').nth(1).unwrap_or(place);
    let mut names = path.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-')));
    let name = names.rfind(|it| it.chars().any(char::is_alphabetic)).unwrap_or("secret");
    name.replace('-', "_").to_ascii_lowercase()
}
