//! Values that look like credentials under any name.
//!
//! Owns the shapes: what follows `Bearer`, a JSON Web Token, `user:password@`, private keys, keys of known services, and long texts
//! that look random. It refuses to know names.

use super::{Why, says_something};

/// A shorter run of letters and digits is not looked at.
pub(super) const SHORTEST_RUN: usize = 16;
/// A shorter text does not look random for certain.
const SHORTEST_RANDOM: usize = 20;
/// A longer one is data, such as a picture.
const LONGEST_RANDOM: usize = 4096;
/// Hashes and keys in hex begin at 128 bits.
const SHORTEST_HEX: usize = 32;

/// What the keys of known services begin with, and how long they are at least.
const KNOWN: [(&str, usize); 20] = [
    ("ghp_", 20),
    ("gho_", 20),
    ("ghs_", 20),
    ("ghu_", 20),
    ("github_pat_", 20),
    ("glpat-", 20),
    ("sk-", 20),
    ("sk_live_", 16),
    ("sk_test_", 16),
    ("rk_live_", 16),
    ("whsec_", 16),
    ("xoxb-", 16),
    ("xoxp-", 16),
    ("xapp-", 16),
    ("AKIA", 20),
    ("ASIA", 20),
    ("AIza", 30),
    ("npm_", 20),
    ("hf_", 20),
    ("dckr_pat_", 20),
];

/// Reports each credential that has a mark: what it is, why, and where.
pub(super) fn credentials(text: &str, mut tell: impl FnMut(&str, Why, usize, usize)) {
    schemes(text, &mut tell);
    json_web_tokens(text, &mut tell);
    user_infos(text, &mut tell);
    private_keys(text, &mut tell);
}

fn schemes(text: &str, tell: &mut impl FnMut(&str, Why, usize, usize)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b'b', b'B', &bytes[at..]).map(|next| at + next) {
        at = found + 1;
        let word = |word: &str| {
            bytes[found..].get(..word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word.as_bytes()))
        };
        let (length, what, is_basic) = match () {
            () if word("bearer ") => (7, "what follows `Bearer`", false),
            () if word("basic ") => (6, "what follows `Basic`", true),
            () => continue,
        };
        if found > 0 && bytes[found - 1].is_ascii_alphanumeric() {
            continue;
        }
        let start = found + length;
        let start = start + bytes[start..].iter().take_while(|b| **b == b' ').count();
        let is_token = |b: &u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(b);
        let end = start + bytes[start..].iter().take_while(|b| is_token(b)).count();
        let value = &text[start..end];
        // "Basic knowledge" is prose: credentials have digits, signs or capitals within.
        let is_prose = value[value.len().min(1)..].bytes().all(|b| b.is_ascii_lowercase());
        if value.len() >= 4 && says_something(value) && !(is_basic && is_prose) {
            tell(what, Why::Scheme, start, end);
            at = end;
        }
    }
}

fn json_web_tokens(text: &str, tell: &mut impl FnMut(&str, Why, usize, usize)) {
    let bytes = text.as_bytes();
    let part = |start: usize| {
        bytes[start..]
            .iter()
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'='))
            .count()
    };
    let mut at = 0;
    // `{"` in base64: every such token begins with an object.
    while let Some(start) = memchr::memmem::find(&bytes[at..], b"eyJ").map(|next| at + next) {
        let mut end = start + part(start);
        at = end;
        let mut parts = 1;
        while parts < 5 && bytes.get(end) == Some(&b'.') && (parts > 1 || part(end + 1) >= 4) {
            end += 1 + part(end + 1);
            parts += 1;
        }
        if parts > 1 {
            tell("a JSON Web Token", Why::Jwt, start, end);
            at = end;
        }
    }
}

fn user_infos(text: &str, tell: &mut impl FnMut(&str, Why, usize, usize)) {
    let mut at = 0;
    while let Some(start) = text[at..].find("://").map(|next| at + next + 3) {
        let ends =
            |c: char| matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>' | '\\') || c.is_whitespace();
        let end = text[start..].find(ends).map_or(text.len(), |length| start + length);
        at = end;
        if let Some(sign) = text[start..end].rfind('@').filter(|sign| *sign > 0)
            && says_something(&text[start..start + sign])
        {
            tell("the user and password of an address", Why::UserInfo, start, start + sign);
        }
    }
}

fn private_keys(text: &str, tell: &mut impl FnMut(&str, Why, usize, usize)) {
    let Some(start) = text.find("-----BEGIN ") else { return };
    if text[start..].lines().next().is_some_and(|line| line.contains("PRIVATE KEY")) {
        let last = text[start..].rfind("-----END ").map(|at| start + at);
        let end = last.and_then(|last| text[last..].find("KEY-----").map(|at| last + at + 8));
        tell("a private key", Why::Key, start, end.unwrap_or(text.len()));
    }
}

/// Reports each run of letters, digits and base64 signs that is long enough to check.
pub(super) fn runs(text: &str, mut tell: impl FnMut(usize, usize)) {
    let bytes = text.as_bytes();
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_');
    let mut at = 0;
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|b| is_part(b)).count();
        let end = at + length;
        let padding = bytes[end..].iter().take(2).take_while(|b| **b == b'=').count();
        let is_data = bytes[..at].ends_with(b";base64,");
        if length >= SHORTEST_RUN && !is_data {
            let followed = bytes.get(end + padding).is_some_and(is_part);
            tell(at, if followed { end } else { end + padding });
        }
        at = end + 1;
    }
}

/// What a run is, if it begins as the keys of a known service do.
pub(super) fn known_key(run: &str) -> Option<&'static str> {
    let is_known = KNOWN.iter().any(|(prefix, least)| run.len() >= *least && run.starts_with(prefix));
    let has_digit = run.bytes().any(|b| b.is_ascii_digit());
    (is_known && has_digit).then_some("a key of a known service")
}

/// Reports the parts of a run that look random: all of it, or the parts between slashes of a path.
pub(super) fn random_parts(run: &str, mut tell: impl FnMut(usize, usize)) {
    let slashes = run.bytes().filter(|b| *b == b'/').count();
    if !run.starts_with('/') && slashes * 12 <= run.len() {
        if looks_random(run) {
            tell(0, run.len());
        }
        return;
    }
    let mut start = 0;
    for part in run.split('/') {
        if looks_random(part) {
            tell(start, start + part.len());
        }
        start += part.len() + 1;
    }
}

/// Letters and digits follow each other without order. Words, even many of them joined, change between small and capital letters and
/// digits seldom; a UUID is an id.
fn looks_random(text: &str) -> bool {
    let text = text.trim_end_matches('=');
    if !(SHORTEST_RANDOM..=LONGEST_RANDOM).contains(&text.len()) || is_uuid(text) {
        return false;
    }
    let letters: Vec<u8> = text.bytes().filter(u8::is_ascii_alphanumeric).collect();
    let class = |b: u8| match b {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        _ => 2,
    };
    let mut counts = [0_u32; 128];
    let mut classes = [0_u32; 3];
    for letter in &letters {
        counts[usize::from(letter & 127)] += 1;
        classes[class(*letter)] += 1;
    }
    let digits = classes[0] as usize;
    let length = letters.len();
    if digits == length || length < SHORTEST_RANDOM * 3 / 4 {
        return false;
    }
    let distinct = counts.iter().filter(|count| **count > 0).count();
    if digits > 0 && letters.iter().all(u8::is_ascii_hexdigit) && (classes[1] == 0 || classes[2] == 0) {
        return length >= SHORTEST_HEX && distinct >= 8;
    }
    let changes = letters.windows(2).filter(|pair| class(pair[0]) != class(pair[1])).count();
    let least = match classes {
        [0, ..] => 35,
        [_, 0, _] | [_, _, 0] => 25,
        _ => 30,
    };
    changes * 100 >= least * (length - 1) && distinct >= 10
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Random;

    #[test]
    fn random_texts_look_random_and_names_do_not() {
        for name in [
            "subscription_update_v2_2024",
            "2026-11-28T16-30-33-000Z",
            "0b0f7a52-3a4f-4a39-9f2f-0f7a5bd11c11",
            "handleConnectionStateChangedEvent",
            "internationalizationSettingsPage2",
            "12345678901234567890123456789012",
            "user-1042-joined-room-17-at-noon",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "Sec-WebSocket-Extensions-Parameters",
        ] {
            assert!(!looks_random(name), "{name}");
        }
        let mut random = Random::with_seed(3);
        let alphabets: [&[u8]; 4] = [
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
            b"abcdefghijklmnopqrstuvwxyz0123456789",
            b"0123456789abcdef",
        ];
        for alphabet in alphabets {
            let found = (0..1000).filter(|_| {
                let key: String = (0..40)
                    .map(|_| alphabet[(random.next_u64() % alphabet.len() as u64) as usize] as char)
                    .collect();
                looks_random(&key)
            });
            let found = found.count();
            assert!(found >= 970, "{found} of 1000 in {}", String::from_utf8_lossy(alphabet));
        }
    }
}
