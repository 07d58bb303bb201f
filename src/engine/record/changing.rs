//! What of a message changes from one time to the next, by its looks.
//!
//! Owns the guesses. The rule a reader would break: what was sent by ourselves comes back as it was sent, so it never counts as
//! changing in the answer.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::engine::template::is_name;

/// What was let go of, by the path of the field.
#[derive(Default)]
pub(super) struct Changes {
    loosened: BTreeMap<String, (&'static str, u32)>,
}

impl Changes {
    /// Lets any value stand where one changes; returns those that look like ids, by path and name.
    pub fn loosen(
        &mut self,
        asked: Option<&Value>,
        message: &mut Map<String, Value>,
    ) -> Vec<(String, String, Value)> {
        let mut own = Vec::new();
        if let Some(asked) = asked {
            scalars(asked, &mut own);
        }
        let mut ids = Vec::new();
        self.walk("$", message, &own, &mut ids);
        ids
    }

    fn walk(
        &mut self,
        path: &str,
        members: &mut Map<String, Value>,
        own: &[&Value],
        ids: &mut Vec<(String, String, Value)>,
    ) {
        for (name, value) in members {
            let path = step_into(path, name);
            match value {
                Value::Object(inner) => self.walk(&path, inner, own, ids),
                Value::Array(items) => {
                    for (at, item) in items.iter_mut().enumerate() {
                        if let Value::Object(inner) = item {
                            self.walk(&format!("{path}[{at}]"), inner, own, ids);
                        }
                    }
                }
                scalar => {
                    let Some(why) = why_changing(name, scalar).filter(|_| !own.contains(&&*scalar)) else {
                        continue;
                    };
                    if why == ID {
                        ids.push((path.clone(), name.clone(), scalar.clone()));
                    }
                    *scalar = super::object("$any", true.into());
                    self.loosened.entry(path).or_insert((why, 0)).1 += 1;
                }
            }
        }
    }

    pub fn remarks(self) -> impl Iterator<Item = String> {
        self.loosened.into_iter().map(|(path, (why, times))| {
            format!("{path} looks like {why}, so any value is taken ({times} times).")
        })
    }
}

const ID: &str = "an id";
const MOMENT: &str = "a moment";

/// Why a value will be another one the next time.
fn why_changing(name: &str, value: &Value) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    let is_called =
        |words: &[&str]| words.iter().any(|word| lower == *word || lower.ends_with(&format!("_{word}")));
    match value {
        Value::String(text) if is_uuid(text) => Some(ID),
        Value::String(text) if is_moment(text) => Some(MOMENT),
        Value::String(text) if text.len() >= 16 && is_token(text) => Some(ID),
        Value::String(text)
            if is_called(&["id", "session", "token", "sid", "uuid"])
                && text.bytes().any(|b| b.is_ascii_digit()) =>
        {
            Some(ID)
        }
        Value::Number(number) => {
            let size = number.as_f64()?;
            let is_clock = (1e9..4e9).contains(&size) || (1e12..4e12).contains(&size);
            let is_named = is_called(&[
                "time",
                "timestamp",
                "ts",
                "at",
                "now",
                "date",
                "ms",
                "elapsed",
                "uptime",
                "duration",
            ]) || lower.ends_with("_ms")
                || lower.ends_with("time");
            (is_clock || is_named).then_some(MOMENT)
        }
        _ => None,
    }
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    let lengths: Vec<_> = parts.iter().map(|part| part.len()).collect();
    lengths == [8, 4, 4, 4, 12] && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// `2026-11-21T…` and the like.
fn is_moment(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 19
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && matches!(bytes[10], b'T' | b' ')
        && bytes[13] == b':'
}

/// Letters and digits in a mix that no word has.
fn is_token(text: &str) -> bool {
    let is_of_one =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=' | b'+' | b'/');
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.bytes().all(is_of_one)
        && digits * 8 >= text.len()
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// The path of the field that both have with the same value, by which one answers the other.
pub(super) fn correlated(asked: Option<&Value>, answer: Option<&Value>) -> Option<String> {
    const NAMES: [&str; 8] =
        ["id", "request_id", "requestId", "correlation_id", "correlationId", "msg_id", "seq", "ref"];
    let (asked, answer) = (asked?.as_object()?, answer?.as_object()?);
    let name = NAMES.into_iter().find(|name| {
        let of = |message: &Map<String, Value>| {
            message.get(*name).filter(|it| it.is_string() || it.is_number()).cloned()
        };
        of(asked).is_some() && of(asked) == of(answer)
    })?;
    Some(format!("$.{name}"))
}

fn scalars<'a>(value: &'a Value, into: &mut Vec<&'a Value>) {
    match value {
        Value::Object(members) => members.values().for_each(|value| scalars(value, into)),
        Value::Array(items) => items.iter().for_each(|value| scalars(value, into)),
        scalar => into.push(scalar),
    }
}

fn step_into(path: &str, name: &str) -> String {
    match is_name(name) && !name.contains('-') {
        true => format!("{path}.{name}"),
        false => format!("{path}[{}]", Value::String(name.to_owned())),
    }
}

/// Ids that came and were sent later: they are remembered under a name.
#[derive(Default)]
pub(super) struct Captures {
    /// The value, whose it is, the name that it has.
    known: Vec<(Value, String, String)>,
    used: BTreeMap<String, u32>,
    taken: BTreeMap<String, u32>,
}

impl Captures {
    /// Remembers what came.
    pub fn learn(&mut self, client: &str, ids: Vec<(String, String, Value)>) -> Map<String, Value> {
        let mut capture = Map::new();
        for (path, name, value) in ids {
            let name: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
            let name = if is_name(&name) { name } else { format!("v{name}") };
            let number = self.taken.entry(name.clone()).or_default();
            *number += 1;
            let name = if *number == 1 { name } else { format!("{name}{number}") };
            capture.insert(name.clone(), path.into());
            self.known.push((value, client.to_owned(), name));
        }
        capture
    }

    /// Puts what was remembered into what is sent.
    pub fn put_in(&mut self, client: &str, payload: Value) -> Value {
        match payload {
            Value::Object(members) => Value::Object(
                members.into_iter().map(|(name, value)| (name, self.put_in(client, value))).collect(),
            ),
            Value::Array(items) => items.into_iter().map(|item| self.put_in(client, item)).collect(),
            scalar => match self.known.iter().rev().find(|(value, ..)| *value == scalar) {
                None => scalar,
                Some((_, whose, name)) => {
                    let placeholder = match whose == client {
                        true => format!("{{{{{name}}}}}"),
                        false => format!("{{{{{whose}.{name}}}}}"),
                    };
                    *self.used.entry(placeholder.clone()).or_default() += 1;
                    placeholder.into()
                }
            },
        }
    }

    pub fn remarks(self) -> impl Iterator<Item = String> {
        let words = |(name, times): (String, u32)| {
            format!("{name} came before it was sent, so it is captured and put in ({times} times).")
        };
        self.used.into_iter().map(words)
    }
}
