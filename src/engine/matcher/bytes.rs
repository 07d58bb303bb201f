//! What a binary message must be: `bytes`.
//!
//! Owns size, content in hex and digest. A text message is never one, whatever its bytes.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::engine::Payload;
use crate::engine::payload::preview;

use super::count::{Count, Unit};
use super::error::Mistakes;
use super::json;
use super::mismatch::Tally;
use super::place::Place;
use super::subject::describe;

/// Wanted properties of a binary message.
#[derive(Clone, Debug, Default)]
pub(super) struct Bytes {
    size: Option<(Count, Value)>,
    hex: Option<Wanted>,
    sha256: Option<Wanted>,
}

#[derive(Clone, Debug)]
enum Wanted {
    Exactly(Vec<u8>),
    /// A placeholder, filled in before the suite runs.
    Unexpanded(String),
}

const KEYS: [&str; 3] = ["size", "hex", "sha256"];

impl Bytes {
    pub(super) fn compile(spec: &Value, at: &Place<'_>, mistakes: &mut Mistakes) -> Self {
        let mut bytes = Self::default();
        let Value::Object(keys) = spec else {
            mistakes.wrong(at, "an object with size, hex or sha256", spec);
            return bytes;
        };
        for (key, value) in keys {
            let at = at.member(key);
            match key.as_str() {
                "size" => {
                    bytes.size = Some((Count::compile(value, Unit::Bytes, &at, mistakes), value.clone()));
                }
                "hex" => bytes.hex = Wanted::read(value, None, &at, mistakes),
                "sha256" => bytes.sha256 = Wanted::read(value, Some(32), &at, mistakes),
                unknown => mistakes.unknown(&at, "property of bytes", unknown, &KEYS),
            }
        }
        bytes
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
        if let Some(want) = &self.hex {
            want.judge("hex", got, tally);
        }
        if let Some(want) = &self.sha256 {
            want.judge("sha256", &Sha256::digest(got), tally);
        }
    }
}

impl Wanted {
    fn read(spec: &Value, size: Option<usize>, at: &Place<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let read = spec.as_str().and_then(unhex).filter(|bytes| size.is_none_or(|size| bytes.len() == size));
        match (read, spec.as_str()) {
            (Some(bytes), _) => Some(Self::Exactly(bytes)),
            (None, Some(text)) if json::holds_placeholder(text) => Some(Self::Unexpanded(text.to_owned())),
            _ => {
                let wanted = if size.is_some() { "64 hex digits" } else { "an even number of hex digits" };
                mistakes.wrong(at, wanted, spec);
                None
            }
        }
    }

    fn judge(&self, name: &str, got: &[u8], tally: &mut Tally) {
        match self {
            Self::Exactly(want) if want == got => tally.hold(),
            Self::Exactly(want) => {
                let parts = || differing(want, got);
                tally.miss(
                    &Place::Root,
                    || format!("{name} {}", parts().0),
                    || format!("{name} {}", parts().1),
                );
            }
            Self::Unexpanded(text) => {
                tally.miss(&Place::Root, || format!("{name} {text}"), || preview(false, got, 72));
            }
        }
    }
}

/// Two byte strings in hex, of long ones the part where they begin to differ.
pub(super) fn differing(a: &[u8], b: &[u8]) -> (String, String) {
    const SHOWN: usize = 32;
    const BEFORE: usize = 4;
    let common = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let from = if a.len().max(b.len()) <= SHOWN { 0 } else { common.saturating_sub(BEFORE) };
    let part = |bytes: &[u8]| {
        let shown = preview(false, &bytes[from.min(bytes.len())..], 3 * SHOWN);
        match (bytes.is_empty(), from) {
            (true, _) => "no bytes".to_owned(),
            (false, 0) => shown,
            (false, _) => format!("at {from}: …{shown}"),
        }
    };
    (part(a), part(b))
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
