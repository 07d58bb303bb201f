//! Payloads of parts: `$concat`.
//!
//! Owns whole numbers and lengths among the parts. Parts of text only make a text message, all others a binary one.

use serde_json::{Map, Value};

use super::error::{PayloadError, PayloadErrorKind, at};
use super::spec::{PayloadSpec, document, join, missing, type_of};
use crate::Payload;
use crate::base::integer::{INTEGERS, Integer};
use crate::base::nearest::nearest;
use crate::base::words::cut;
use crate::template::{Document, LIMIT, Reference, Scope};

/// Parts one after the other.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Concat {
    parts: Vec<Part>,
    /// Whether they stand in a list, or the only one without it.
    is_list: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Payload(PayloadSpec),
    Number(&'static str, Integer, Document),
    /// How many bytes the others have, and those.
    Length(&'static str, Integer, Concat),
}

impl Concat {
    /// Reads a list of parts, which stands at `path`.
    pub(super) fn read(path: &str, given: &Value) -> Result<Self, Vec<PayloadError>> {
        let Value::Array(items) = given else {
            let wanted = "a list of payloads";
            let kind = PayloadErrorKind::Type { kind: "$concat", wanted, got: type_of(given) };
            return Err(vec![at(path, kind)]);
        };
        let (mut parts, mut errors) = (Vec::with_capacity(items.len()), Vec::new());
        for (place, item) in items.iter().enumerate() {
            match read_part(&format!("{path}[{place}]"), item) {
                Ok(part) => parts.push(part),
                Err(found) => errors.extend(found),
            }
        }
        if errors.is_empty() { Ok(Self { parts, is_list: true }) } else { Err(errors) }
    }

    /// What its strings refer to; `path` is its own.
    pub(super) fn names(&self, path: &str) -> Vec<Reference> {
        let mut names = Vec::new();
        for (place, part) in self.parts.iter().enumerate() {
            let path = self.path_of(path, place);
            let (path, found) = match part {
                Part::Payload(payload) => (path, payload.names()),
                Part::Number(name, _, document) => (format!("{path}['${name}']"), document.names()),
                Part::Length(_, _, inner) => {
                    names.extend(inner.names(&format!("{path}.of")));
                    continue;
                }
            };
            names.extend(found.into_iter().map(|name| Reference { path: join(&path, &name.path), ..name }));
        }
        names
    }

    /// The content of one message.
    pub(super) fn build(&self, path: &str, scope: &mut dyn Scope) -> Result<Payload, PayloadError> {
        let (mut bytes, mut is_text) = (Vec::new(), true);
        self.put(path, scope, &mut bytes, &mut is_text)?;
        match String::from_utf8(bytes) {
            Ok(text) if is_text => Ok(Payload::Text(text)),
            Ok(text) => Ok(Payload::Binary(text.into_bytes())),
            Err(error) => Ok(Payload::Binary(error.into_bytes())),
        }
    }

    fn path_of(&self, path: &str, place: usize) -> String {
        if self.is_list { format!("{path}[{place}]") } else { path.to_owned() }
    }

    fn put(
        &self,
        path: &str,
        scope: &mut dyn Scope,
        bytes: &mut Vec<u8>,
        is_text: &mut bool,
    ) -> Result<(), PayloadError> {
        for (place, part) in self.parts.iter().enumerate() {
            let path = self.path_of(path, place);
            match part {
                Part::Payload(payload) => {
                    let built = payload
                        .build(scope)
                        .map_err(|error| PayloadError { path: join(&path, &error.path), ..error })?;
                    *is_text &= built.is_text();
                    bytes.extend_from_slice(built.as_bytes());
                }
                Part::Number(name, integer, document) => {
                    *is_text = false;
                    let path = format!("{path}['${name}']");
                    let value = document.expand(scope).map_err(|error| missing(&path, error))?;
                    bytes.extend(number(name, *integer, &value).map_err(|kind| at(&path, kind))?);
                }
                Part::Length(name, integer, inner) => {
                    *is_text = false;
                    let mut content = Vec::new();
                    inner.put(&format!("{path}.of"), scope, &mut content, &mut true)?;
                    let length = Value::from(content.len());
                    bytes.extend(number(name, *integer, &length).map_err(|kind| at(&path, kind))?);
                    bytes.append(&mut content);
                }
            }
            if bytes.len() > LIMIT {
                return Err(at("$", PayloadErrorKind::TooLarge { bytes: bytes.len() as u64 }));
            }
        }
        Ok(())
    }
}

/// Whether a key is one of parts only: `$u16`, `$length`.
pub(super) fn is_part(key: &str) -> bool {
    key.strip_prefix('$').is_some_and(|name| name == "length" || known(name).is_some())
}

fn read_part(path: &str, item: &Value) -> Result<Part, Vec<PayloadError>> {
    let members = match item {
        Value::Object(members) => members,
        _ => return read_payload(path, item),
    };
    if members.contains_key("$length") {
        return read_length(path, members);
    }
    let number = members.iter().find_map(|(key, value)| Some((known(key.strip_prefix('$')?)?, value)));
    let Some(((name, integer), value)) = number else { return read_payload(path, item) };
    if let Some(other) = members.keys().find(|other| other.strip_prefix('$') != Some(name)) {
        let (key, other) = (format!("${name}"), other.clone());
        return Err(vec![at(path, PayloadErrorKind::NotAlone { key, other })]);
    }
    let path = format!("{path}['${name}']");
    let document = document(&path, value)?;
    if let Some(value) = document.literal() {
        self::number(name, integer, value).map_err(|kind| vec![at(&path, kind)])?;
    }
    Ok(Part::Number(name, integer, document))
}

fn read_payload(path: &str, item: &Value) -> Result<Part, Vec<PayloadError>> {
    let read = PayloadSpec::parse(item);
    if read.as_ref().is_ok_and(PayloadSpec::is_frame) {
        return Err(vec![at(path, PayloadErrorKind::FrameAsMessage)]);
    }
    read.map(Part::Payload).map_err(|errors| {
        let placed = errors.into_iter();
        placed.map(|error| PayloadError { path: join(path, &error.path), ..error }).collect()
    })
}

/// `{"$length": "u16", "of": [...]}`
fn read_length(path: &str, members: &Map<String, Value>) -> Result<Part, Vec<PayloadError>> {
    let one = |kind| vec![at(path, kind)];
    if let Some(key) = members.keys().find(|key| !["$length", "of"].contains(&key.as_str())) {
        let nearest = nearest(key, ["of"]).map(str::to_owned);
        let known = "a whole number such as \"u16\", and \"of\"";
        return Err(one(PayloadErrorKind::UnknownKey { kind: "$length", key: key.clone(), nearest, known }));
    }
    let name = members["$length"].as_str().unwrap_or_default();
    let Some((name, integer)) = known(name) else {
        let nearest = nearest(name, INTEGERS).map(str::to_owned);
        return Err(one(PayloadErrorKind::UnknownInteger { name: cut(name, 40), nearest }));
    };
    let Some(of) = members.get("of") else { return Err(one(PayloadErrorKind::NoParts)) };
    let path = format!("{path}.of");
    let inner = match of {
        Value::Array(_) => Concat::read(&path, of)?,
        _ => Concat { parts: vec![read_part(&path, of)?], is_list: false },
    };
    Ok(Part::Length(name, integer, inner))
}

fn known(name: &str) -> Option<(&'static str, Integer)> {
    let name = INTEGERS.into_iter().find(|known| *known == name)?;
    Some((name, Integer::named(name)?))
}

fn number(name: &str, integer: Integer, value: &Value) -> Result<Vec<u8>, PayloadErrorKind> {
    let bytes = Integer::whole(value).and_then(|whole| integer.write(whole));
    bytes.ok_or_else(|| PayloadErrorKind::NotInteger {
        name: name.to_owned(),
        found: cut(&value.to_string(), 40),
    })
}
