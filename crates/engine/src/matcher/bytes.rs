//! What a binary message must be: `bytes`.
//!
//! Owns size, content in hex and digest. A text message is never one, whatever its bytes.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::Payload;
use crate::base::payload::preview;

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
    hex: Option<ExpectedDigest>,
    sha256: Option<ExpectedDigest>,
}

#[derive(Clone, Debug)]
enum ExpectedDigest {
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
                "hex" => bytes.hex = ExpectedDigest::read(value, None, &at, mistakes),
                "sha256" => bytes.sha256 = ExpectedDigest::read(value, Some(32), &at, mistakes),
                unknown => mistakes.unknown(&at, "property of bytes", unknown, &KEYS),
            }
        }
        bytes
    }

    /// What is wanted, in a few words.
    pub(super) fn expected(&self) -> String {
        let mut parts = Vec::new();
        parts.extend(self.hex.as_ref().map(|hex| match hex {
            ExpectedDigest::Exactly(bytes) => format!("of {} B: {}", bytes.len(), preview(false, bytes, 96)),
            ExpectedDigest::Unexpanded(text) => format!("of the bytes {text}"),
        }));
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
        if let Some(want) = &self.hex {
            want.judge(got, tally);
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
                let wanted = if size.is_some() { "64 hex digits" } else { "an even number of hex digits" };
                mistakes.wrong(at, wanted, spec);
                None
            }
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
