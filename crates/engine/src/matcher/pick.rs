//! One value of a message: at a JSONPath, of a text by a regular expression, of bytes by their place.
//!
//! Owns what captures, `correlate` and invariants look at. It refuses to judge the value.

use std::borrow::Cow;

use base64::Engine as _;
use serde_json::Value;

use super::pattern::Pattern;
use super::query::Query;
use super::subject::Subject;
use crate::Payload;
use crate::base::integer::{INTEGERS, Integer};
use crate::base::nearest::nearest;
use crate::payload_spec::hex as digits_of;

/// Where a value is.
#[derive(Clone, Debug)]
pub struct Pick {
    place: Place,
    words: String,
}

#[derive(Clone, Debug)]
enum Place {
    Path(Query),
    Text(Pattern),
    /// Of messages that begin with `prefix` only.
    Bytes {
        prefix: Vec<u8>,
        at: i64,
        size: Option<usize>,
        form: Form,
    },
}

/// What bytes are read as.
#[derive(Clone, Copy, Debug)]
enum Form {
    Hex,
    Base64,
    Text,
    Integer(Integer),
}

/// What bytes may be read as, whole numbers aside.
pub const FORMS: [&str; 3] = ["hex", "base64", "text"];

impl Pick {
    /// Reads `"$.id"`, `{"regex": "id=(\\d+)"}` or `{"bytes": {"at": 2, "as": "u16"}}`.
    ///
    /// ```
    /// # use serde_json::json;
    /// # use sockscope_engine::{Payload, matcher::{Pick, Subject}};
    /// let pick = Pick::read(&json!({"regex": "sid=(?<sid>\\w+)"})).unwrap();
    /// let message = Payload::from("0 sid=abc");
    /// let found = pick.all("whole", &Subject::new(&message)).unwrap();
    /// assert_eq!(found, [("whole".into(), json!("abc")), ("sid".into(), json!("abc"))]);
    /// ```
    pub fn read(spec: &Value) -> Result<Self, String> {
        let wrong = || {
            "expected a JSONPath such as \"$.id\", {\"regex\": \"id=(\\\\d+)\"} or {\"bytes\": {\"at\": 2, \"as\": \"u16\"}}"
                .to_owned()
        };
        let place = match spec {
            Value::String(text) => Query::parse(text)
                .map(Place::Path)
                .map_err(|error| format!("{text:?} is not a JSONPath: {error}"))?,
            Value::Object(members) => match (members.get("regex"), members.get("bytes"), members.len()) {
                (Some(Value::String(text)), None, 1) => Pattern::compile(text)
                    .map(Place::Text)
                    .map_err(|error| format!("not a regular expression: {error}"))?,
                (None, Some(Value::Object(bytes)), 1) => read_bytes(bytes)?,
                _ => return Err(wrong()),
            },
            _ => return Err(wrong()),
        };
        let words = match &place {
            Place::Path(query) => query.text().to_owned(),
            Place::Text(_) => format!("regex {}", spec["regex"]),
            Place::Bytes { .. } => format!("bytes {}", spec["bytes"]),
        };
        Ok(Self { place, words })
    }

    /// The first value at a path.
    pub fn of_path(query: Query) -> Self {
        Self { words: query.text().to_owned(), place: Place::Path(query) }
    }

    /// Where it is, as in "no value at …".
    pub fn words(&self) -> &str {
        &self.words
    }

    /// The names that a regular expression gives to its groups; each is remembered under its own.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        let pattern = match &self.place {
            Place::Text(pattern) => Some(pattern),
            _ => None,
        };
        pattern.into_iter().flat_map(Pattern::group_names)
    }

    /// The value in a message; none where it is not there.
    pub fn value<'m>(&self, subject: &'m Subject<'_>) -> Option<Cow<'m, Value>> {
        Some(match &self.place {
            Place::Path(query) => Cow::Borrowed(query.first(subject.json()?)?),
            Place::Text(pattern) => Cow::Owned(pattern.captured(subject.text()?)?.0.into()),
            Place::Bytes { prefix, at, size, form } => {
                let Payload::Binary(bytes) = subject.payload() else { return None };
                if !bytes.starts_with(prefix) {
                    return None;
                }
                let rest = &bytes[start(bytes, *at)?..];
                let part = match size {
                    Some(size) => rest.get(..*size)?,
                    None => rest,
                };
                Cow::Owned(match form {
                    Form::Hex => hex(part).into(),
                    Form::Base64 => base64::engine::general_purpose::STANDARD.encode(part).into(),
                    Form::Text => std::str::from_utf8(part).ok()?.into(),
                    Form::Integer(integer) => Value::Number(integer.read(part)?),
                })
            }
        })
    }

    /// The value as one that grows: what a regular expression has found is text, and `10` comes after `9`.
    pub fn measured(&self, value: Value) -> Value {
        match (&self.place, &value) {
            (Place::Text(_), Value::String(text)) => {
                let digits = text.strip_prefix('-').unwrap_or(text);
                let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
                // Zeros in front are not JSON.
                let plain = digits.trim_start_matches('0');
                let plain = if plain.is_empty() { "0" } else { plain };
                let sign = if text.starts_with('-') { "-" } else { "" };
                match is_number.then(|| format!("{sign}{plain}").parse::<serde_json::Number>()) {
                    Some(Ok(number)) => Value::Number(number),
                    _ => value,
                }
            }
            _ => value,
        }
    }

    /// The value in a message, under this name, and those of named groups; none where it is not there.
    pub fn all(&self, name: &str, subject: &Subject<'_>) -> Option<Vec<(String, Value)>> {
        let Place::Text(pattern) = &self.place else {
            return Some(vec![(name.to_owned(), self.value(subject)?.into_owned())]);
        };
        let (whole, groups) = pattern.captured(subject.text()?)?;
        let named = groups.into_iter().map(|(name, text)| (name.to_owned(), Value::from(text)));
        Some([(name.to_owned(), Value::from(whole))].into_iter().chain(named).collect())
    }

    /// Why nothing was found in a message.
    pub fn absence(&self, subject: &Subject<'_>) -> Cow<'static, str> {
        match &self.place {
            Place::Path(_) if subject.json().is_none() => "it is not JSON".into(),
            Place::Path(_) => "nothing is there".into(),
            Place::Text(_) if subject.text().is_none() => "it is not text".into(),
            Place::Text(_) => "the regular expression does not match".into(),
            Place::Bytes { .. } if subject.payload().is_text() => "it is not binary".into(),
            Place::Bytes { prefix, .. } if !subject.payload().as_bytes().starts_with(prefix) => {
                format!("it does not begin with {}", hex(prefix)).into()
            }
            Place::Bytes { form: Form::Text, .. } => "no such bytes are there, or they are not UTF-8".into(),
            Place::Bytes { .. } => format!(
                "it has only {}",
                crate::base::words::counted(subject.payload().as_bytes().len() as u64, "byte")
            )
            .into(),
        }
    }
}

/// Where a place is that counts from the beginning, or below zero from the end; none outside of the bytes.
pub(super) fn start(bytes: &[u8], at: i64) -> Option<usize> {
    let far = usize::try_from(at.unsigned_abs()).ok()?;
    if at < 0 { bytes.len().checked_sub(far) } else { Some(far).filter(|far| *far <= bytes.len()) }
}

fn read_bytes(members: &serde_json::Map<String, Value>) -> Result<Place, String> {
    if let Some(unknown) = members.keys().find(|key| !["prefix", "at", "size", "as"].contains(&key.as_str()))
    {
        return Err(format!("{unknown:?} is not a key of captured bytes; it has prefix, at, size and as"));
    }
    let prefix = match members.get("prefix") {
        None => Vec::new(),
        Some(Value::String(digits)) => digits_of(digits).map_err(|error| error.to_string())?,
        Some(_) => return Err("\"prefix\" is hexadecimal digits; write \"08\"".to_owned()),
    };
    let at = match members.get("at") {
        None => 0,
        Some(value) => value.as_i64().ok_or("\"at\" is a whole number, below zero from the end")?,
    };
    let size = match members.get("size") {
        None => None,
        Some(value) => Some(
            value
                .as_u64()
                .and_then(|size| usize::try_from(size).ok())
                .ok_or("\"size\" is a number of bytes")?,
        ),
    };
    let form = match members.get("as").map(|form| form.as_str().unwrap_or_default()) {
        None | Some("hex") => Form::Hex,
        Some("base64") => Form::Base64,
        Some("text") => Form::Text,
        Some(name) => match Integer::named(name) {
            Some(_) if size.is_some() => {
                return Err(format!("{name} has a size of its own; leave \"size\" out"));
            }
            Some(integer) => Form::Integer(integer),
            None => {
                let hint = nearest(name, FORMS.into_iter().chain(INTEGERS)).map_or_else(
                    || "write hex, base64, text, or a whole number such as u16 or u32le".to_owned(),
                    |near| format!("did you mean {near:?}?"),
                );
                return Err(format!("bytes cannot be read as {name:?}; {hint}"));
            }
        },
    };
    Ok(Place::Bytes { prefix, at, size, form })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(spec: Value, message: Payload, expected: Value) {
        let found = Pick::read(&spec).expect("a good place").all("x", &Subject::new(&message));
        assert_eq!(found.map(|found| found[0].1.clone()).unwrap_or_default(), expected, "{spec}");
    }

    #[test]
    fn ok_text_by_a_regular_expression() {
        check(json!({"regex": "\"sid\":\"([^\"]+)"}), "0{\"sid\":\"abc\"}".into(), json!("abc"));
        check(json!({"regex": "^\\d+"}), "42[]".into(), json!("42"));
        check(json!({"regex": "^x"}), "42".into(), Value::Null);
        let pick = Pick::read(&json!({"regex": "^(?<kind>\\d)(?<body>.*)$"})).unwrap();
        assert_eq!(pick.groups().collect::<Vec<_>>(), ["kind", "body"]);
        let message = Payload::from("4hello");
        let found = pick.all("head", &Subject::new(&message)).unwrap();
        assert_eq!(
            found,
            [("head".into(), json!("4")), ("kind".into(), json!("4")), ("body".into(), json!("hello"))]
        );
    }

    #[test]
    fn ok_bytes_by_their_place() {
        let message = || Payload::Binary(vec![0x10, 0x01, 0x02, b'h', b'i']);
        check(json!({"bytes": {"at": 1, "as": "u16"}}), message(), json!(258));
        check(json!({"bytes": {"at": 1, "as": "u16le"}}), message(), json!(513));
        check(json!({"bytes": {"at": -2, "as": "text"}}), message(), json!("hi"));
        check(json!({"bytes": {"at": 0, "size": 2}}), message(), json!("1001"));
        check(json!({"bytes": {"at": 3, "as": "base64"}}), message(), json!("aGk="));
        check(json!({"bytes": {"at": 4, "as": "u16"}}), message(), Value::Null);
        check(json!({"bytes": {"at": -9}}), message(), Value::Null);
        check(json!({"bytes": {"prefix": "10 01", "at": 2, "as": "u8"}}), message(), json!(2));
        check(json!({"bytes": {"prefix": "11", "at": 2, "as": "u8"}}), message(), Value::Null);
        check(json!({"bytes": {}}), "text".into(), Value::Null);
    }

    #[test]
    fn err_what_is_not_a_place() {
        let told = |spec: Value| Pick::read(&spec).expect_err("a mistake");
        assert!(told(json!({"regex": "("})).starts_with("not a regular expression"));
        assert!(told(json!(5)).starts_with("expected a JSONPath"));
        assert!(told(json!({"bytes": {"of": 1}})).contains("it has prefix, at, size and as"));
        assert_eq!(
            told(json!({"bytes": {"as": "u15"}})),
            "bytes cannot be read as \"u15\"; did you mean \"u16\"?"
        );
        assert!(told(json!({"bytes": {"as": "u16", "size": 2}})).contains("leave \"size\" out"));
    }
}
