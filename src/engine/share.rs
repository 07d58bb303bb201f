//! A set-up in the fragment of a link.
//!
//! Owns how it is packed and which parts of an address are nobody's business. The rule a reader would break: a link comes from a
//! stranger, so unpacking is bounded, and nothing that looks like a secret goes in.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The version stands before the rest, so that a later form can be told from this one.
const VERSION: &str = "1.";
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
    /// It unfolds to more than anybody sets up.
    #[error("this link unfolds to more than 1 MiB, which no set-up has")]
    TooLarge,
}

/// A set-up as text that a fragment may hold.
pub fn pack<T: Serialize>(value: &T) -> String {
    let json = serde_json::to_vec(value).expect("a set-up has names for keys and no number that JSON lacks");
    format!("{VERSION}{}", URL_SAFE_NO_PAD.encode(compress_to_vec(&json, LEVEL)))
}

/// The set-up in such a text.
pub fn unpack<T: DeserializeOwned>(text: &str) -> Result<T, ShareError> {
    let packed = text.trim().strip_prefix(VERSION).ok_or(ShareError::OtherVersion)?;
    let packed = URL_SAFE_NO_PAD.decode(packed).map_err(|_| ShareError::Damaged)?;
    let json = decompress_to_vec_with_limit(&packed, LARGEST).map_err(|error| match error.status {
        miniz_oxide::inflate::TINFLStatus::HasMoreOutput => ShareError::TooLarge,
        _ => ShareError::Damaged,
    })?;
    serde_json::from_slice(&json).map_err(|_| ShareError::Damaged)
}

/// Names of query parameters whose values are secrets, also as the last part of a longer name.
const SECRET_NAMES: [&str; 17] = [
    "token",
    "key",
    "apikey",
    "secret",
    "password",
    "passwd",
    "pwd",
    "auth",
    "authorization",
    "sig",
    "signature",
    "jwt",
    "session",
    "sessionid",
    "sid",
    "code",
    "ticket",
];

/// The address without what looks like a secret, and the names of what was left out. Placeholders stay: they say nothing.
pub fn without_secrets(url: &str) -> (String, Vec<String>) {
    let mut left_out = Vec::new();
    let url = without_credentials(url, &mut left_out);
    let Some((before, query)) = url.split_once('?') else { return (url, left_out) };
    let kept: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) if is_secret(name) && !value.is_empty() && !value.starts_with("{{") => {
                left_out.push(name.to_owned());
                format!("{name}=")
            }
            _ => pair.to_owned(),
        })
        .collect();
    (format!("{before}?{}", kept.join("&")), left_out)
}

fn without_credentials(url: &str, left_out: &mut Vec<String>) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    match rest[..end].rsplit_once('@') {
        Some((_, host)) => {
            left_out.push("user and password".to_owned());
            format!("{scheme}://{host}{}", &rest[end..])
        }
        None => url.to_owned(),
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let last = name.rsplit(['_', '-', '.']).next().unwrap_or_default();
    SECRET_NAMES.contains(&last) || SECRET_NAMES.contains(&name.replace(['_', '-'], "").as_str())
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
    fn what_is_no_link_is_told_and_never_a_panic() {
        assert_eq!(unpack::<String>("2.abc"), Err(ShareError::OtherVersion));
        assert_eq!(unpack::<String>(""), Err(ShareError::OtherVersion));
        let link = pack(&"hello");
        for len in 2..link.len() {
            assert!(unpack::<String>(&link[..len]).is_err(), "{len}");
        }
        assert_eq!(unpack::<u32>(&link), Err(ShareError::Damaged));
    }

    #[test]
    fn a_bomb_does_not_go_off() {
        assert_eq!(unpack::<String>(&pack(&"x".repeat(4 << 20))), Err(ShareError::TooLarge));
    }

    #[track_caller]
    fn check(url: &str, kept: &str, left_out: &[&str]) {
        let (got, names) = without_secrets(url);
        assert_eq!(
            (got.as_str(), names.iter().map(String::as_str).collect::<Vec<_>>()),
            (kept, left_out.to_vec())
        );
    }

    #[test]
    fn what_looks_like_a_secret_is_left_out_of_an_address() {
        check("ws://h/ws?user=a", "ws://h/ws?user=a", &[]);
        check("ws://h/ws?token=s3c&user=a", "ws://h/ws?token=&user=a", &["token"]);
        check("ws://h?X-Api_Key=1", "ws://h?X-Api_Key=", &["X-Api_Key"]);
        check("ws://h?access_token=a&monkey=b", "ws://h?access_token=&monkey=b", &["access_token"]);
        check("ws://h?token={{token}}", "ws://h?token={{token}}", &[]);
        check("wss://me:pw@h:1/p?a=1@2", "wss://h:1/p?a=1@2", &["user and password"]);
        check("not an address", "not an address", &[]);
    }
}
