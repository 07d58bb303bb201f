//! Values that vary between runs, by their looks.
//!
//! Owns the guesses about a single value. It refuses to know other messages.

use serde_json::Value;

/// Why a value varies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    Id,
    Timestamp,
    Measurement,
    Counter,
    /// It varies in a feed of the same recording.
    Feed,
    /// It differed when the conversation was recorded again.
    Again,
    Secret,
}

impl Why {
    pub fn words(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Timestamp => "timestamp",
            Self::Measurement => "measurement",
            Self::Counter => "it counts up",
            Self::Feed => "other messages have other values there",
            Self::Again => "it differed between the two recordings",
            Self::Secret => "it looks like a secret",
        }
    }
}

/// Why a value that stands under this name will be another one the next time.
pub(crate) fn why_varying(name: &str, value: &Value) -> Option<Why> {
    let words = words_of(name);
    let last = words.last().map_or("", String::as_str);
    match value {
        Value::String(text) if is_uuid(text) => Some(Why::Id),
        Value::String(text) if is_moment(text) => Some(Why::Timestamp),
        Value::String(text) if text.len() >= 16 && is_token(text) => Some(Why::Id),
        Value::String(text) if is_id(last) && text.bytes().any(|byte| byte.is_ascii_digit()) => Some(Why::Id),
        Value::String(text) if is_numbered(text) && !is_chosen(last) => Some(Why::Id),
        Value::Number(number) => {
            let size = number.as_f64()?;
            let is_clock =
                (1e9..4e9).contains(&size) || (1e12..4e12).contains(&size) || (1e15..4e15).contains(&size);
            let digits = number.to_string();
            let decimals = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len());
            match last {
                _ if is_clock => Some(Why::Timestamp),
                "time" | "timestamp" | "ts" | "at" | "now" | "date" | "ms" | "elapsed" | "uptime"
                | "duration" | "latency" | "age" => Some(Why::Timestamp),
                "seq" | "sequence" | "seqno" | "offset" | "cursor" | "nonce" => Some(Why::Counter),
                "price" | "bid" | "ask" | "load" | "cpu" | "memory" => Some(Why::Measurement),
                _ if lower_ends_with_time(name) => Some(Why::Timestamp),
                _ if is_id(last) && decimals == 0 => Some(Why::Id),
                _ if decimals >= 3 => Some(Why::Measurement),
                _ => None,
            }
        }
        _ => None,
    }
}

fn is_id(word: &str) -> bool {
    matches!(word, "id" | "session" | "token" | "sid" | "uuid" | "guid" | "nonce")
}

/// `run-1`, `evt_17`: what a server numbers.
fn is_numbered(text: &str) -> bool {
    let parts = text.rsplit_once(['-', '_']);
    parts.is_some_and(|(word, number)| {
        !word.is_empty()
            && word.bytes().all(|byte| byte.is_ascii_alphabetic())
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Names of what people choose, who like numbers, too.
fn is_chosen(word: &str) -> bool {
    const CHOSEN: [&str; 12] = [
        "user", "name", "username", "room", "channel", "topic", "model", "version", "tool", "from", "region",
        "host",
    ];
    CHOSEN.contains(&word)
}

fn lower_ends_with_time(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("time")
}

/// Whether values under this name stand for something else, so that one sent was one received.
pub(crate) fn is_reference(name: &str) -> bool {
    let words = words_of(name);
    let last = words.last().map_or("", String::as_str);
    is_id(last) || matches!(last, "ref" | "to" | "version" | "cursor" | "offset" | "seq" | "key")
}

/// `lastSeq` and `last_seq` are `last` and `seq`.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for letter in name.chars() {
        if !letter.is_alphanumeric() || (letter.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        was_lower = letter.is_lowercase() || letter.is_numeric();
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

pub(crate) fn is_uuid(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    let lengths: Vec<_> = parts.iter().map(|part| part.len()).collect();
    lengths == [8, 4, 4, 4, 12] && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// `2026-11-21T…` and the like.
fn is_moment(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 19
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && matches!(bytes[10], b'T' | b' ')
        && bytes[13] == b':'
}

/// Letters and digits in a mix that no word has.
fn is_token(text: &str) -> bool {
    let is_of_one =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=' | b'+' | b'/');
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.bytes().all(is_of_one)
        && digits * 8 >= text.len()
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// A text as a regular expression, with what varies in it by its looks as a pattern; none when nothing does.
pub(crate) fn text_pattern(text: &str) -> Option<String> {
    let mut pattern = String::from("^");
    let mut rest = text;
    let mut name = String::new();
    let mut varies = false;
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '=' | '+' | '/' | ':' | '.');
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        if end == 0 {
            pattern.push_str(&regex_lite::escape(&rest[..first.len_utf8()]));
            rest = &rest[first.len_utf8()..];
            continue;
        }
        // A Socket.IO or Engine.IO packet begins with digits, and a name ends before its colon.
        let run = rest[..end].trim_start_matches(':');
        let run = run.trim_end_matches([':', '.']);
        let start = if run.is_empty() { 0 } else { rest[..end].find(run).unwrap_or(0) };
        pattern.push_str(&regex_lite::escape(&rest[..start]));
        let value = run.parse::<serde_json::Number>().map_or_else(|_| run.into(), Value::Number);
        match why_varying(&name, &value).filter(|_| !run.is_empty()) {
            Some(_) => {
                varies = true;
                pattern.push_str(if value.is_number() { "[0-9.]+" } else { "[A-Za-z0-9_=+/:.-]+" });
            }
            None => pattern.push_str(&regex_lite::escape(run)),
        }
        let used = start + run.len();
        pattern.push_str(&regex_lite::escape(&rest[used..end]));
        if !run.is_empty() {
            run.clone_into(&mut name);
        }
        rest = &rest[end..];
    }
    pattern.push('$');
    varies.then_some(pattern)
}
