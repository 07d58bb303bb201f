//! Undoes encodings: escapes of JSON, percent signs, base64 and hex.
//!
//! Owns where each byte of the plain text was. It refuses to judge what the text says.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::scan::SHORTEST;

const ANY_PADDING: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, ANY_PADDING);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, ANY_PADDING);

/// A string of JSON without its escapes, and where each byte of it was; one more for the end.
pub(super) fn unescaped(raw: &str) -> (String, Vec<u32>) {
    let mut text = String::with_capacity(raw.len());
    let mut offsets = Vec::with_capacity(raw.len() + 1);
    let mut at = 0;
    while let Some(letter) = raw[at..].chars().next() {
        let (decoded, length) = escape(&raw[at..]).unwrap_or((letter, letter.len_utf8()));
        text.push(decoded);
        offsets.resize(text.len(), at as u32);
        at += length;
    }
    offsets.push(raw.len() as u32);
    (text, offsets)
}

/// The character of an escape of JSON or JavaScript, and its length.
fn escape(text: &str) -> Option<(char, usize)> {
    let rest = text.strip_prefix('\\')?;
    let kind = rest.chars().next()?;
    let unit = |text: &str| u32::from_str_radix(text.get(..4)?, 16).ok();
    Some(match kind {
        'n' => ('\n', 2),
        't' => ('\t', 2),
        'r' => ('\r', 2),
        'b' => ('\u{8}', 2),
        'f' => ('\u{c}', 2),
        'u' => {
            let high = unit(&rest[1..])?;
            let low = rest.get(5..).and_then(|rest| rest.strip_prefix("\\u")).and_then(unit);
            match (high, low) {
                (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) => {
                    (char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))?, 12)
                }
                _ => (char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER), 6),
            }
        }
        other => (other, 1 + other.len_utf8()),
    })
}

/// The text with `%XX` undone, and where each byte of it was; none when nothing is to be undone or it would not be text.
pub(super) fn percent_decoded(text: &str) -> Option<(String, Vec<u32>)> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut offsets = Vec::with_capacity(bytes.len() + 1);
    let mut at = 0;
    let mut is_encoded = false;
    while at < bytes.len() {
        offsets.push(at as u32);
        at += match (bytes[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                is_encoded = true;
                3
            }
            (plain, ..) => {
                decoded.push(plain);
                1
            }
        };
    }
    offsets.push(bytes.len() as u32);
    // A byte that is not text becomes `?`: it keeps the offsets.
    let text = String::from_utf8(decoded).unwrap_or_else(|error| {
        let bytes = error.into_bytes();
        bytes.iter().map(|b| if b.is_ascii() { char::from(*b) } else { '?' }).collect()
    });
    is_encoded.then_some((text, offsets))
}

/// What a run of letters and digits says, if it is base64 or hex of a text.
pub(super) fn decoded(run: &str) -> Option<(String, &'static str)> {
    let is_text = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).ok()?;
        let is_printable = text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'));
        (is_printable && text.len() >= SHORTEST).then_some(text)
    };
    let digits: Option<Vec<u8>> = run
        .len()
        .is_multiple_of(2)
        .then(|| {
            run.as_bytes()
                .chunks(2)
                .map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok())
                .collect()
        })
        .flatten();
    if let Some(text) = digits.and_then(is_text) {
        return Some((text, "hex"));
    }
    let engine = if run.contains(['-', '_']) { URL_SAFE } else { STANDARD };
    engine.decode(run).ok().and_then(is_text).map(|text| (text, "base64"))
}
