//! A set-up in the fragment of a link.
//!
//! Owns how it is packed. It refuses to know what may go in. A link may come from a stranger, so every step of
//! unpacking is bounded.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::base::json_words;

/// The version comes first, so that a later form can be distinguished from this one.
const VERSION: &str = "1.";
/// A longer link is not even decoded: no browser takes one of more than 2 MB.
const LONGEST: usize = 2 << 20;
/// What a link may unfold to.
const LARGEST: usize = 1 << 20;
/// As small as it gets: a link is made once and read often.
const LEVEL: u8 = 9;

/// Why a link cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// Not our prefix.
    #[error("this link comes from another version of Sockscope")]
    OtherVersion,
    /// Not base64, not deflate, or not JSON.
    #[error("this link is damaged; was it copied whole?")]
    Damaged,
    /// It is longer than a browser accepts, or unpacks to more than a real setup has.
    #[error("this link holds more than 1 MiB, and no bench setup is that large")]
    TooLarge,
    /// JSON, but not a set-up.
    #[error("this link does not hold a bench setup: {0}")]
    OtherContent(String),
    /// More than the page can draw.
    #[error("this link brings {count} {what}; the most is {most}")]
    TooMany {
        /// The kind of thing that it has too many of.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        most: usize,
    },
}

/// A set-up as text that a fragment may hold.
pub fn pack<T: Serialize>(value: &T) -> String {
    let json = serde_json::to_vec(value).expect("a set-up has names for keys and no number that JSON lacks");
    format!("{VERSION}{}", URL_SAFE_NO_PAD.encode(compress_to_vec(&json, LEVEL)))
}

/// The set-up in such a text.
pub fn unpack<T: DeserializeOwned>(text: &str) -> Result<T, ShareError> {
    if text.len() > LONGEST {
        return Err(ShareError::TooLarge);
    }
    let packed = text.trim().strip_prefix(VERSION).ok_or(ShareError::OtherVersion)?;
    let packed = URL_SAFE_NO_PAD.decode(packed).map_err(|_| ShareError::Damaged)?;
    let json = decompress_to_vec_with_limit(&packed, LARGEST).map_err(|error| match error.status {
        miniz_oxide::inflate::TINFLStatus::HasMoreOutput => ShareError::TooLarge,
        _ => ShareError::Damaged,
    })?;
    serde_json::from_slice(&json).map_err(not_it)
}

/// The set-up in JSON that was unpacked.
pub fn of_json<T: DeserializeOwned>(json: serde_json::Value) -> Result<T, ShareError> {
    serde_json::from_value(json).map_err(not_it)
}

fn not_it(error: serde_json::Error) -> ShareError {
    match error.classify() {
        serde_json::error::Category::Data => ShareError::OtherContent(json_words::what(&error)),
        _ => ShareError::Damaged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_up_survives_its_link() {
        let set_up = vec!["ws://localhost:9000/ws".to_owned(), "é😀".repeat(1000)];
        let link = pack(&set_up);
        assert!(
            link.len() < 300 && link.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)),
            "{link}"
        );
        assert_eq!(unpack(&link), Ok(set_up));
    }

    #[test]
    fn what_is_not_a_link_is_reported_and_never_a_panic() {
        assert_eq!(unpack::<String>("2.abc"), Err(ShareError::OtherVersion));
        assert_eq!(unpack::<String>(""), Err(ShareError::OtherVersion));
        let link = pack(&"hello");
        for len in 2..link.len() {
            assert!(unpack::<String>(&link[..len]).is_err(), "{len}");
        }
        assert!(
            matches!(unpack::<u32>(&link), Err(ShareError::OtherContent(words)) if words.contains("expected a whole number"))
        );
        let deep = "[".repeat(100_000);
        let packed = format!("{VERSION}{}", URL_SAFE_NO_PAD.encode(compress_to_vec(deep.as_bytes(), LEVEL)));
        assert_eq!(unpack::<serde_json::Value>(&packed), Err(ShareError::Damaged));
    }

    #[test]
    fn a_bomb_does_not_go_off() {
        assert_eq!(unpack::<String>(&pack(&"x".repeat(4 << 20))), Err(ShareError::TooLarge));
        assert_eq!(
            unpack::<String>(&format!("{VERSION}{}", "A".repeat(100 << 20))),
            Err(ShareError::TooLarge)
        );
        // A hundred megabytes in as many kilobytes, stopped at the first.
        let bomb = pack(&"x".repeat(100 << 20));
        assert!(bomb.len() < 200 << 10, "{}", bomb.len());
        assert_eq!(unpack::<String>(&bomb), Err(ShareError::TooLarge));
    }
}
