//! A payload in the suite's notation, read once and built for every message.
//!
//! Owns the `$` notations. It refuses to know how bytes are made: see [`super::content`].

use serde_json::{Map, Value};

use super::concat::Concat;
use super::content::{Fill, base64, bytes, chars, hex, rest_filler, size, text};
use super::error::{PayloadError, PayloadErrorKind, at};
use super::frame::FrameSpec;
use crate::Payload;
use crate::base::nearest::nearest;
use crate::base::world::RawFrame;
use crate::template::{Document, ExpandError, LIMIT, Reference, Scope};

const KINDS: [&str; 8] = ["$json", "$text", "$hex", "$base64", "$bytes", "$chars", "$concat", "$frame"];
/// Where the parts of `$concat` stand.
const CONCAT: &str = "$['$concat']";
/// A payload that has been read once and can be built many times.
#[derive(Clone, Debug, PartialEq)]
pub struct PayloadSpec {
    form: Form,
}

#[derive(Clone, Debug, PartialEq)]
enum Form {
    /// As it stands, without `$json`.
    PlainJson(Document),
    Json(Document),
    /// As it stands, without `$text`.
    PlainText(Document),
    Text(Document),
    Hex(Document),
    Base64(Document),
    Bytes {
        size: Document,
        fill: Document,
    },
    Chars {
        size: Document,
        of: Document,
    },
    /// Parts one after the other.
    Concat(Concat),
    /// Not a message, but a frame.
    Frame(FrameSpec),
}

impl PayloadSpec {
    /// Reads a payload. All mistakes are reported at once.
    pub fn parse(value: &Value) -> Result<Self, Vec<PayloadError>> {
        let form = match value {
            Value::String(_) => Form::PlainText(document("$", value)?),
            Value::Object(entries) => match entries.keys().find(|key| key.starts_with('$')) {
                Some(key) => read_notation(key, entries)?,
                None => Form::PlainJson(document("$", value)?),
            },
            _ => Form::PlainJson(document("$", value)?),
        };
        let errors = form.known_mistakes();
        if errors.is_empty() { Ok(Self { form }) } else { Err(errors) }
    }

    /// What its strings refer to, each with its JSON path.
    pub fn names(&self) -> Vec<Reference> {
        let named = |path: &str, document: &Document| -> Vec<Reference> {
            let names = document.names().into_iter();
            names.map(|name| Reference { path: join(path, &name.path), ..name }).collect()
        };
        if let Form::Concat(concat) = &self.form {
            return concat.names(CONCAT);
        }
        if let Form::Frame(frame) = &self.form {
            return frame.names();
        }
        let parts = self.form.parts();
        parts.iter().flat_map(|(path, document)| named(path, document)).collect()
    }

    /// Whether it is a frame, which only the native engine sends.
    pub fn is_frame(&self) -> bool {
        matches!(self.form, Form::Frame(_))
    }

    /// The frame that is to be sent; none where it is a message.
    pub fn frame(&self, scope: &mut dyn Scope) -> Option<Result<RawFrame, PayloadError>> {
        match &self.form {
            Form::Frame(frame) => Some(frame.build(scope)),
            _ => None,
        }
    }

    /// The content of one message.
    pub fn build(&self, scope: &mut dyn Scope) -> Result<Payload, PayloadError> {
        if let Form::Concat(concat) = &self.form {
            return concat.build(CONCAT, scope);
        }
        if self.is_frame() {
            return Err(at("$", PayloadErrorKind::FrameAsMessage));
        }
        let parts = self.form.parts();
        let mut values = Vec::with_capacity(parts.len());
        for (path, document) in parts {
            values.push((path, document.expand(scope).map_err(|error| missing(path, error))?));
        }
        let mut values = values.into_iter();
        let (path, first) = values.next().unwrap_or_default();
        let payload = match (&self.form, values.next()) {
            (Form::PlainJson(_) | Form::Json(_), _) => Payload::Text(first.to_string()),
            (Form::Hex(_), _) => Payload::Binary(hex(&text(first)).map_err(|kind| at(path, kind))?),
            (Form::Base64(_), _) => Payload::Binary(base64(&text(first)).map_err(|kind| at(path, kind))?),
            (Form::Bytes { .. }, Some((fill_path, fill))) => {
                let size = size(&first).map_err(|kind| at(path, kind))?;
                let fill = Fill::parse(&text(fill)).map_err(|kind| at(fill_path, kind))?;
                Payload::Binary(bytes(size, fill, scope))
            }
            (Form::Chars { .. }, Some((of_path, of))) => {
                let size = size(&first).map_err(|kind| at(path, kind))?;
                Payload::Text(chars(size, &text(of)).map_err(|kind| at(of_path, kind))?)
            }
            (_, _) => Payload::Text(text(first)),
        };
        match payload.as_bytes().len() {
            0..=LIMIT => Ok(payload),
            bytes => Err(at("$", PayloadErrorKind::TooLarge { bytes: bytes as u64 })),
        }
    }
}

impl Form {
    /// Its templates, each with its JSON path.
    fn parts(&self) -> Vec<(&'static str, &Document)> {
        match self {
            Self::PlainJson(document) | Self::PlainText(document) => vec![("$", document)],
            Self::Json(document) => vec![("$['$json']", document)],
            Self::Text(document) => vec![("$['$text']", document)],
            Self::Hex(document) => vec![("$['$hex']", document)],
            Self::Base64(document) => vec![("$['$base64']", document)],
            Self::Bytes { size, fill } => vec![("$['$bytes'].size", size), ("$['$bytes'].fill", fill)],
            Self::Chars { size, of } => vec![("$['$chars'].size", size), ("$['$chars'].of", of)],
            // Its parts are payloads themselves.
            Self::Concat(_) | Self::Frame(_) => Vec::new(),
        }
    }

    /// The mistakes in what has no placeholder.
    fn known_mistakes(&self) -> Vec<PayloadError> {
        let mut mistakes = Vec::new();
        let mut note = |path: &str, result: Result<(), PayloadErrorKind>| {
            mistakes.extend(result.err().map(|kind| at(path, kind)));
        };
        let plain = |document: &Document| document.literal().cloned();
        match self {
            Self::PlainJson(_)
            | Self::Json(_)
            | Self::PlainText(_)
            | Self::Text(_)
            | Self::Concat(_)
            | Self::Frame(_) => {}
            Self::Hex(given) => {
                note("$['$hex']", plain(given).map_or(Ok(()), |given| hex(&text(given)).map(drop)));
            }
            Self::Base64(given) => {
                note("$['$base64']", plain(given).map_or(Ok(()), |given| base64(&text(given)).map(drop)));
            }
            Self::Bytes { size: given, fill } => {
                note("$['$bytes'].size", plain(given).map_or(Ok(()), |given| size(&given).map(drop)));
                note(
                    "$['$bytes'].fill",
                    plain(fill).map_or(Ok(()), |fill| Fill::parse(&text(fill)).map(drop)),
                );
            }
            Self::Chars { size: given, of } => {
                let known_size = plain(given).map(|given| size(&given)).transpose();
                let known_of = plain(of).map(text);
                let fits = match (&known_size, &known_of) {
                    (_, Some(of)) if of.is_empty() => Err(PayloadErrorKind::NoCharacters),
                    (Ok(Some(size)), Some(of)) => rest_filler(*size, of).map(drop),
                    _ => Ok(()),
                };
                note("$['$chars'].size", known_size.map(drop));
                note("$['$chars'].of", fits);
            }
        }
        mistakes
    }
}

/// Reads `{"$…": …}`.
fn read_notation(key: &str, entries: &Map<String, Value>) -> Result<Form, Vec<PayloadError>> {
    let one = |path: &str, kind| vec![at(path, kind)];
    let Some(known) = KINDS.iter().find(|kind| **kind == key) else {
        let nearest = nearest(key, KINDS).map(str::to_owned);
        if super::concat::is_part(key) {
            return Err(one("$", PayloadErrorKind::PartAlone(key.to_owned())));
        }
        return Err(one("$", PayloadErrorKind::UnknownKind { key: key.to_owned(), nearest }));
    };
    if let Some(other) = entries.keys().find(|other| *other != key) {
        let (key, other) = (key.to_owned(), other.clone());
        return Err(one("$", PayloadErrorKind::NotAlone { key, other }));
    }
    let path = format!("$['{known}']");
    let given = &entries[key];
    let wanted = match *known {
        "$json" => return Ok(Form::Json(document(&path, given)?)),
        "$frame" => return Ok(Form::Frame(FrameSpec::read(given)?)),
        "$concat" => return Ok(Form::Concat(Concat::read(&path, given)?)),
        "$bytes" | "$chars" => "an object such as {\"size\": \"64KiB\"}",
        _ => "a string",
    };
    match (*known, given) {
        ("$text", Value::String(_)) => Ok(Form::Text(document(&path, given)?)),
        ("$hex", Value::String(_)) => Ok(Form::Hex(document(&path, given)?)),
        ("$base64", Value::String(_)) => Ok(Form::Base64(document(&path, given)?)),
        ("$bytes", Value::Object(fields)) => {
            let (size, fill) = sized("$bytes", fields, "fill", "zero")?;
            Ok(Form::Bytes { size, fill })
        }
        ("$chars", Value::Object(fields)) => {
            let (size, of) = sized("$chars", fields, "of", "a")?;
            Ok(Form::Chars { size, of })
        }
        _ => Err(one(&path, PayloadErrorKind::Type { kind: known, wanted, got: type_of(given) })),
    }
}

/// The size and the other field of `$bytes` and `$chars`.
fn sized(
    kind: &'static str,
    fields: &Map<String, Value>,
    other: &'static str,
    default: &str,
) -> Result<(Document, Document), Vec<PayloadError>> {
    let path = format!("$['{kind}']");
    let known = if other == "fill" { "size and fill" } else { "size and of" };
    let mut errors = Vec::new();
    for key in fields.keys().filter(|key| !["size", other].contains(&key.as_str())) {
        let nearest = nearest(key, ["size", other]).map(str::to_owned);
        errors.push(at(&path, PayloadErrorKind::UnknownKey { kind, key: key.clone(), nearest, known }));
    }
    let mut read = |key: &'static str, value: &Value| {
        document(&format!("{path}.{key}"), value).map_err(|found| errors.extend(found)).ok()
    };
    let size = fields.get("size").and_then(|size| read("size", size));
    let default = Value::from(default);
    let second = fields.get(other).unwrap_or(&default);
    let second_read = read(other, second);
    if !fields.contains_key("size") {
        errors.push(at(&path, PayloadErrorKind::NoSize(kind)));
    }
    if !second.is_string() {
        let (path, got) = (format!("{path}.{other}"), type_of(second));
        errors.push(at(&path, PayloadErrorKind::Type { kind: other, wanted: "a string", got }));
    }
    match (size, second_read) {
        (Some(size), Some(second)) if errors.is_empty() => Ok((size, second)),
        _ => Err(errors),
    }
}

pub(super) fn document(path: &str, value: &Value) -> Result<Document, Vec<PayloadError>> {
    Document::parse(value).map_err(|errors| {
        let placed = errors.into_iter().map(|error| PayloadError {
            path: join(path, &error.path),
            at: error.at,
            kind: PayloadErrorKind::Template(error.kind),
        });
        placed.collect()
    })
}

pub(super) fn missing(path: &str, error: ExpandError) -> PayloadError {
    PayloadError { path: join(path, &error.path), at: error.at, kind: PayloadErrorKind::Expand(error.kind) }
}

/// The path of something within `outer`, both beginning with `$`.
pub(super) fn join(outer: &str, inner: &str) -> String {
    format!("{outer}{}", inner.strip_prefix('$').unwrap_or(inner))
}

pub(super) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests;
