//! Values that were received and then sent: they are captured under a name.
//!
//! Only messages sent after a value came may use it, so a value is captured at its expectation and never before.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::looks;
use super::paths::{join, last_name, scalar};
use super::secrets;
use crate::base::words::counted;
use crate::template::{WORDS, is_name};

/// A shorter text is the same value only under a name that refers to something.
const TELLING: usize = 8;

#[derive(Default)]
pub(super) struct Captures {
    known: Vec<Known>,
    used: BTreeMap<String, (String, u32)>,
    taken: BTreeMap<String, u32>,
}

/// A value that came.
struct Known {
    value: Value,
    client: String,
    /// What the member was called that had it.
    member: String,
    name: String,
}

impl Captures {
    /// Names that a capture may not have.
    pub fn reserve(&mut self, names: impl Iterator<Item = String>) {
        self.taken.extend(names.map(|name| (name, 1)));
    }

    /// Remembers what came: its path and its value.
    pub fn learn(&mut self, client: &str, came: Vec<(String, Value)>) -> Map<String, Value> {
        let mut capture = Map::new();
        for (path, value) in came {
            let member = last_name(&path).to_owned();
            let name: String = member.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
            let name = match is_name(&name) && !WORDS.contains(&name.as_str()) && name != "ws_url" {
                true => name,
                false => format!("v_{name}"),
            };
            let number = self.taken.entry(name.clone()).or_default();
            *number += 1;
            let name = if *number == 1 { name } else { format!("{name}{number}") };
            capture.insert(name.clone(), path.into());
            self.known.push(Known { value, client: client.to_owned(), member, name });
        }
        capture
    }

    /// Puts what was remembered into what is sent, which has its braces escaped.
    pub fn put_in(&mut self, client: &str, payload: Value) -> Value {
        self.put(client, "$", payload)
    }

    fn put(&mut self, client: &str, path: &str, payload: Value) -> Value {
        match payload {
            Value::Object(members) => members
                .into_iter()
                .map(|(name, value)| {
                    let value = self.put(client, &join(path, &name), value);
                    (name, value)
                })
                .collect::<Map<_, _>>()
                .into(),
            Value::Array(items) => items.into_iter().map(|item| self.put(client, path, item)).collect(),
            Value::String(text) => self.put_in_text(client, path, text).into(),
            scalar => match self.same(path, &scalar) {
                Some(at) => self.placeholder(client, at).into(),
                None => scalar,
            },
        }
    }

    /// The value that came last and is the same.
    fn same(&self, path: &str, value: &Value) -> Option<usize> {
        let name = last_name(path);
        let has_digit = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
        let is_telling =
            value.as_str().is_some_and(|text| text.len() >= TELLING || (text.len() >= 4 && has_digit(text)));
        let is_it = |known: &Known| {
            known.value == *value && (is_telling || looks::is_reference(name) || known.member == name)
        };
        self.known.iter().rposition(is_it)
    }

    fn put_in_text(&mut self, client: &str, path: &str, text: String) -> String {
        if let Some(at) = self.same(path, &Value::String(text.clone())) {
            return self.placeholder(client, at);
        }
        // A room's path, a header, a packet: the value is part of a longer text.
        let mut text = text;
        for at in (0..self.known.len()).rev() {
            let part = scalar(&self.known[at].value);
            if part.len() >= TELLING && text.contains(&part) {
                let placeholder = self.placeholder(client, at);
                text = text.replace(&part, &placeholder);
            }
        }
        text
    }

    fn placeholder(&mut self, client: &str, at: usize) -> String {
        let known = &self.known[at];
        let name = match known.client == client {
            true => known.name.clone(),
            false => format!("{}.{}", known.client, known.name),
        };
        self.used.entry(name.clone()).or_insert_with(|| (known.client.clone(), 0)).1 += 1;
        secrets::placeholder(&name)
    }

    pub fn remarks(self) -> impl Iterator<Item = String> {
        self.used.into_iter().map(|(name, (client, times))| {
            format!(
                "`{{{{{name}}}}}` is captured from what {client} received, and sent back {}.",
                counted(times.into(), "time")
            )
        })
    }
}
