//! What a binary message must be: `bytes`.
//!
//! Owns size, content in hex, parts of it, whole numbers in it, and digest. A text message is never one, whatever its bytes.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::Payload;
use crate::base::integer::{INTEGERS, Integer};
use crate::base::payload::preview;

use super::count::{Count, Unit};
use super::error::Mistakes;
use super::json;
use super::mismatch::Tally;
use super::pick::start;
use super::place::Place;
use super::subject::describe;
use super::subset::Shape;

/// Wanted properties of a binary message.
#[derive(Clone, Debug, Default)]
pub(super) struct Bytes {
    size: Option<(Count, Value)>,
    hex: Option<ExpectedDigest>,
    sha256: Option<ExpectedDigest>,
    /// Where `hex` and numbers are looked for; below zero from the end.
    at: Option<i64>,
    prefix: Option<ExpectedDigest>,
    contains: Option<ExpectedDigest>,
    numbers: Vec<(&'static str, Integer, Shape)>,
}

#[derive(Clone, Debug)]
enum ExpectedDigest {
    Exactly(Vec<u8>),
    /// A placeholder, filled in before the suite runs.
    Unexpanded(String),
}

const KEYS: [&str; 6] = ["size", "hex", "sha256", "at", "prefix", "contains"];

impl Bytes {
    pub(super) fn compile(spec: &Value, at: &Place<'_>, mistakes: &mut Mistakes) -> Self {
        let mut bytes = Self::default();
        let Value::Object(keys) = spec else {
            mistakes.wrong(at, "an object such as {\"size\": 512} or {\"prefix\": \"00ff\"}", spec);
            return bytes;
        };
        for (key, value) in keys {
            let at = at.member(key);
            match key.as_str() {
                "size" => {
                    bytes.size = Some((Count::compile(value, Unit::Bytes, &at, mistakes), value.clone()));
                }
                "hex" => bytes.hex = ExpectedDigest::read(value, None, &at, mistakes),
                "sha256" => bytes.sha256 = ExpectedDigest::read(value, Some(32), &at, mistakes),
                "prefix" => bytes.prefix = ExpectedDigest::read(value, None, &at, mistakes),
                "contains" => bytes.contains = ExpectedDigest::read(value, None, &at, mistakes),
                "at" => match value.as_i64() {
                    Some(place) => bytes.at = Some(place),
                    // It is filled in before the suite runs.
                    None if json::is_template(value) => bytes.at = Some(0),
                    None => mistakes.wrong(&at, "a whole number, below zero from the end", value),
                },
                name => match (INTEGERS.iter().find(|known| **known == name), Integer::named(name)) {
                    (Some(known), Some(integer)) => {
                        bytes.numbers.push((known, integer, Shape::subset(value, &at, mistakes)));
                    }
                    _ => {
                        let all: Vec<&str> = KEYS.into_iter().chain(INTEGERS).collect();
                        mistakes.unknown(&at, "property of bytes", name, &all);
                    }
                },
            }
        }
        bytes
    }

    /// What is wanted, in a few words.
    pub(super) fn expected(&self) -> String {
        let mut parts = Vec::new();
        let place = self.at.map(|at| format!(" at {at}")).unwrap_or_default();
        parts.extend(self.hex.as_ref().map(|hex| match (hex, self.at) {
            (ExpectedDigest::Exactly(bytes), Some(_)) => {
                format!("with {}{place}", preview(false, bytes, 96))
            }
            (ExpectedDigest::Exactly(bytes), None) => {
                format!("of {} B: {}", bytes.len(), preview(false, bytes, 96))
            }
            (ExpectedDigest::Unexpanded(text), _) => format!("of the bytes {text}"),
        }));
        parts.extend(self.prefix.as_ref().map(|hex| format!("beginning with {}", hex.shown())));
        parts.extend(self.contains.as_ref().map(|hex| format!("containing {}", hex.shown())));
        parts.extend(
            self.numbers
                .iter()
                .map(|(name, _, shape)| format!("with {name}{place} {}", json::excerpt(&shape.source()))),
        );
        parts.extend(
            self.size
                .as_ref()
                .map(|(_, source)| format!("of size {}", json::excerpt(source).trim_matches('"'))),
        );
        parts.extend(self.sha256.as_ref().map(|digest| match digest {
            ExpectedDigest::Exactly(bytes) => format!("with SHA-256 {}", preview(false, bytes, 96)),
            ExpectedDigest::Unexpanded(text) => format!("with SHA-256 {text}"),
        }));
        if parts.is_empty() { "a binary message".to_owned() } else { format!("binary {}", parts.join(", ")) }
    }

    pub(super) fn judge(&self, payload: &Payload, tally: &mut Tally) {
        let at = Place::Root;
        let Payload::Binary(got) = payload else {
            return tally.miss(&at, || "a binary message".into(), || describe(payload));
        };
        tally.hold();
        if let Some((count, source)) = &self.size {
            if count.holds(got.len() as u64) {
                tally.hold();
            } else {
                let wanted = || format!("size {}", json::excerpt(source).trim_matches('"'));
                tally.miss(&at, wanted, || format!("size {}", got.len()));
            }
        }
        // What lies before the beginning or behind the end is not there.
        let from = start(got, self.at.unwrap_or(0));
        let part = from.map_or(&[][..], |from| &got[from..]);
        match (&self.hex, self.at) {
            (Some(want), None) => want.judge(got, tally),
            (Some(want), Some(_)) => want.judge_start(part, from.unwrap_or(got.len()), tally),
            (None, _) => {}
        }
        if let Some(want) = &self.prefix {
            want.judge_start(got, 0, tally);
        }
        if let Some(want) = &self.contains {
            want.judge_within(got, tally);
        }
        for (name, integer, shape) in &self.numbers {
            match integer.read(part) {
                Some(number) => {
                    let place = format!("{name} at {}", from.unwrap_or(0));
                    shape.judge(Some(&Value::Number(number)), &Place::Written(&place), tally);
                }
                None => {
                    let wanted = || format!("{} for {name}", integer.size());
                    tally.miss(&at, wanted, || format!("{} B there", part.len()));
                }
            }
        }
        if let Some(want) = &self.sha256 {
            want.judge_digest(&Sha256::digest(got), tally);
        }
    }
}

impl ExpectedDigest {
    fn read(spec: &Value, size: Option<usize>, at: &Place<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let read = spec.as_str().and_then(unhex).filter(|bytes| size.is_none_or(|size| bytes.len() == size));
        match (read, spec.as_str()) {
            (Some(bytes), _) => Some(Self::Exactly(bytes)),
            (None, Some(text)) if json::holds_placeholder(text) => Some(Self::Unexpanded(text.to_owned())),
            _ => {
                let is_hex = |text: &str| text.bytes().all(|digit| digit.is_ascii_hexdigit());
                let wanted = match (size, spec.as_str()) {
                    (Some(_), _) => "64 hex digits",
                    (None, Some(text)) if !is_hex(text) => "hex digits alone, such as \"00ff\"",
                    _ => "an even number of hex digits",
                };
                mistakes.wrong(at, wanted, spec);
                None
            }
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Exactly(bytes) => preview(false, bytes, 96),
            Self::Unexpanded(text) => text.clone(),
        }
    }

    /// The bytes begin like this; `from` is where they lie in the message.
    fn judge_start(&self, got: &[u8], from: usize, tally: &mut Tally) {
        let Self::Exactly(want) = self else { return self.judge(got, tally) };
        if got.starts_with(want) {
            return tally.hold();
        }
        let same = want.iter().zip(got).take_while(|(want, got)| want == got).count();
        tally.miss(&Place::Byte(from + same), || around(want, same), || around(got, same));
    }

    /// The bytes are somewhere among these.
    fn judge_within(&self, got: &[u8], tally: &mut Tally) {
        match self {
            Self::Exactly(want) if memchr::memmem::find(got, want).is_some() => tally.hold(),
            _ => tally.miss(
                &Place::Root,
                || format!("bytes containing {}", self.shown()),
                || preview(false, got, 72),
            ),
        }
    }

    fn judge(&self, got: &[u8], tally: &mut Tally) {
        match self {
            Self::Exactly(want) => compare(want, got, tally),
            Self::Unexpanded(text) => {
                tally.miss(&Place::Root, || format!("hex {text}"), || preview(false, got, 72));
            }
        }
    }

    fn judge_digest(&self, got: &[u8], tally: &mut Tally) {
        let wanted = match self {
            Self::Exactly(want) if want == got => return tally.hold(),
            Self::Exactly(want) => preview(false, want, 96),
            Self::Unexpanded(text) => text.clone(),
        };
        tally.miss(
            &Place::Root,
            || format!("SHA-256 {wanted}"),
            || format!("SHA-256 {}", preview(false, got, 96)),
        );
    }
}

/// Bytes against bytes: the difference is where they begin to differ.
pub(super) fn compare(want: &[u8], got: &[u8], tally: &mut Tally) {
    if want == got {
        return tally.hold();
    }
    let at = want.iter().zip(got).take_while(|(want, got)| want == got).count();
    tally.miss(&Place::Byte(at), || around(want, at), || around(got, at));
}

/// How many bytes are shown before and after the one that differs.
const AROUND: usize = 8;

/// The bytes around one of them, which stands in brackets, and how many bytes there are: `…0d 0e [0f] 10 11… (64 B)`.
fn around(bytes: &[u8], at: usize) -> String {
    let (from, to) = (at.saturating_sub(AROUND), bytes.len().min(at + 1 + AROUND));
    let mut parts: Vec<String> = Vec::new();
    for (place, byte) in bytes.iter().enumerate().take(to).skip(from) {
        parts.push(if place == at { format!("[{byte:02x}]") } else { format!("{byte:02x}") });
    }
    if at >= bytes.len() {
        parts.push("[end]".to_owned());
    }
    let (before, after) = (if from > 0 { "…" } else { "" }, if to < bytes.len() { "…" } else { "" });
    format!("{before}{}{after} ({} B)", parts.join(" "), bytes.len())
}

/// Blanks between the digits are for the reader.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .filter(|c| !c.is_ascii_whitespace())
        .map(|c| c.to_digit(16).map(|digit| digit as u8))
        .collect();
    let digits = digits?;
    (digits.len() % 2 == 0).then(|| digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}
