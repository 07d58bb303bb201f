//! The bytes that a notation stands for.
//!
//! Owns hex, base64, and payloads by size. It refuses to know templates: its input is already expanded.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use super::error::PayloadErrorKind;
use crate::base::nearest::nearest;
use crate::base::random::Random;
use crate::base::unit::size_of;
use crate::template::{LIMIT, Scope};

const FILLS: [&str; 3] = ["zero", "ramp", "random"];

/// With or without padding, since tools differ; `-` and `_` are turned into `+` and `/` before.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// Blanks between the digits are skipped: logs print `00 ff`.
pub(crate) fn hex(text: &str) -> Result<Vec<u8>, PayloadErrorKind> {
    let digit = |c: char| c.to_digit(16).map(|digit| digit as u8).ok_or(PayloadErrorKind::HexDigit(c));
    let digits =
        text.chars().filter(|c| !c.is_ascii_whitespace()).map(digit).collect::<Result<Vec<_>, _>>()?;
    match digits.as_chunks::<2>() {
        (pairs, []) => Ok(pairs.iter().map(|[high, low]| high << 4 | low).collect()),
        _ => Err(PayloadErrorKind::HexHalf(digits.len())),
    }
}

pub(super) fn base64(text: &str) -> Result<Vec<u8>, PayloadErrorKind> {
    let standard = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).map(|byte| match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => other,
    });
    let standard: Vec<u8> = standard.collect();
    BASE64.decode(standard).map_err(|error| PayloadErrorKind::Base64(error.to_string()))
}

pub(super) fn size(value: &Value) -> Result<usize, PayloadErrorKind> {
    let bytes = size_of(value)?;
    match usize::try_from(bytes) {
        Ok(size) if size <= LIMIT => Ok(size),
        _ => Err(PayloadErrorKind::TooLarge { bytes }),
    }
}

#[derive(Clone, Copy)]
pub(super) enum Fill {
    Zero,
    Ramp,
    Random,
}

impl Fill {
    pub(super) fn parse(given: &str) -> Result<Self, PayloadErrorKind> {
        match given {
            "zero" => Ok(Self::Zero),
            "ramp" => Ok(Self::Ramp),
            "random" => Ok(Self::Random),
            _ => {
                let nearest = nearest(given, FILLS).map(str::to_owned);
                Err(PayloadErrorKind::Fill { given: given.to_owned(), nearest })
            }
        }
    }
}

/// Random bytes take one number of the run's sequence, so that the size of a payload does not change what comes after it.
pub(super) fn bytes(size: usize, fill: Fill, scope: &mut dyn Scope) -> Vec<u8> {
    match fill {
        Fill::Zero => vec![0; size],
        Fill::Ramp => (0..=u8::MAX).cycle().take(size).collect(),
        Fill::Random => {
            let mut random = Random::with_seed(scope.random());
            let mut bytes = Vec::with_capacity(size + 8);
            while bytes.len() < size {
                bytes.extend(random.next_u64().to_le_bytes());
            }
            bytes.truncate(size);
            bytes
        }
    }
}

/// How often all of `of` fits, how many bytes of one more round, and what fills the bytes that no whole character fills.
pub(super) fn rest_filler(size: usize, of: &str) -> Result<(usize, usize, String), PayloadErrorKind> {
    if of.is_empty() {
        return Err(PayloadErrorKind::NoCharacters);
    }
    let (rounds, room) = (size / of.len(), size % of.len());
    let part = (0..=room).rev().find(|&end| of.is_char_boundary(end)).unwrap_or(0);
    let rest = room - part;
    match of.chars().find(char::is_ascii) {
        Some(filler) => Ok((rounds, part, String::from(filler).repeat(rest))),
        None if rest == 0 => Ok((rounds, part, String::new())),
        None => Err(PayloadErrorKind::NoFit { size, of: of.to_owned(), rest }),
    }
}

/// Exactly `size` bytes of whole characters, `of` again and again.
pub(super) fn chars(size: usize, of: &str) -> Result<String, PayloadErrorKind> {
    let (rounds, part, filler) = rest_filler(size, of)?;
    let mut text = of.repeat(rounds);
    text.push_str(&of[..part]);
    text.push_str(&filler);
    Ok(text)
}
