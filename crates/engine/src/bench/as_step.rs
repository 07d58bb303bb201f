//! A frame of the log as a step of a suite.
//!
//! Owns the way back from a frame to a step. It refuses to know which check the step goes into. The step sends the same
//! bytes except for blanks, so what JSON cannot keep becomes text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::{Closing, Frame, FrameKind};

/// A step that does again, or expects again, what this frame is; `client` is the name of its connection in the suite. None
/// for what a suite has no step for: that a connection opened is part of its `connect`.
///
/// ```
/// # use sockscope_engine::{Frame, FrameKind, Instant, bench::as_step::as_step};
/// let frame = Frame { number: 0, at: Instant::from_nanos(0), connection: 1, kind: FrameKind::SentText, bytes: br#"{"a": 1}"#, round_trip: None, is_tainted: false };
/// assert_eq!(as_step(&frame, "alice").unwrap().to_string(), r#"{"on":"alice","send":{"a":1}}"#);
/// ```
pub fn as_step(frame: &Frame<'_>, client: &str) -> Option<Value> {
    let text = || String::from_utf8_lossy(frame.bytes).into_owned();
    let (verb, what) = match frame.kind {
        FrameKind::Connecting => return Some(object([("connect", client.into())])),
        FrameKind::Failed => {
            let refused = object([("refused", true.into())]);
            let was_opening = frame.bytes.starts_with(NOT_OPENED.as_bytes());
            return was_opening.then(|| object([("connect", client.into()), ("expect", refused)]));
        }
        FrameKind::Opened | FrameKind::Waiting | FrameKind::Told => return None,
        FrameKind::SentText => ("send", payload(frame.bytes)),
        FrameKind::SentBinary => ("send", object([("$base64", STANDARD.encode(frame.bytes).into())])),
        FrameKind::ReceivedText => ("expect", expectation(frame.bytes)),
        FrameKind::ReceivedBinary => ("expect", binary(frame.bytes)),
        FrameKind::Closing => ("close", closing(&text())),
        FrameKind::Closed => ("closed", closed(&text())?),
    };
    Some(object([("on", client.into()), (verb, what)]))
}

/// Whether there is such a step, by the kind of a frame and the beginning of its content.
pub fn has_step(kind: FrameKind, words: &str) -> bool {
    match kind {
        FrameKind::Opened | FrameKind::Waiting | FrameKind::Told => false,
        FrameKind::Failed => words.starts_with(NOT_OPENED),
        FrameKind::Closed => closed(words).is_some(),
        _ => true,
    }
}

/// How the log begins to tell of a handshake that failed.
const NOT_OPENED: &str = "the handshake failed";

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(members.map(|(name, value)| (name.to_owned(), value)).into_iter().collect())
}

/// JSON when writing it again gives the same bytes but for blanks; not with double keys or other escapes.
fn kept_by_json(bytes: &[u8]) -> Option<Value> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    let (mut within, mut escaped) = (false, false);
    let solid = bytes.iter().copied().filter(|byte| {
        let is_blank = !within && byte.is_ascii_whitespace();
        if *byte == b'"' && !escaped {
            within = !within;
        }
        escaped = within && *byte == b'\\' && !escaped;
        !is_blank
    });
    solid.eq(value.to_string().into_bytes()).then_some(value)
}

pub(crate) fn payload(bytes: &[u8]) -> Value {
    match kept_by_json(bytes) {
        Some(value) => {
            // A bare string would be sent without its quotes, and a key with a dollar sign would be a notation.
            let is_plain = match &value {
                Value::Object(members) => !members.keys().any(|name| name.starts_with('$')),
                Value::String(_) | Value::Null => false,
                _ => true,
            };
            let value = literal(value);
            if is_plain { value } else { object([("$json", value)]) }
        }
        None => literal(String::from_utf8_lossy(bytes).into_owned().into()),
    }
}

pub(crate) fn expectation(bytes: &[u8]) -> Value {
    match serde_json::from_slice(bytes) {
        Ok(value @ (Value::Object(_) | Value::Array(_))) => object([("subset", subset(literal(value)))]),
        Ok(value) => object([("equals", literal(value))]),
        Err(_) => object([("text", literal(String::from_utf8_lossy(bytes).into_owned().into()))]),
    }
}

/// The content of a large message is too long to read; its size is enough to begin with.
pub(crate) fn binary(bytes: &[u8]) -> Value {
    const MOST_IN_HEX: usize = 256;
    let claim = match bytes.len() {
        0..=MOST_IN_HEX => {
            const DIGITS: &[u8; 16] = b"0123456789abcdef";
            let digits =
                |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)]));
            ("hex", Value::from(bytes.iter().flat_map(digits).collect::<String>()))
        }
        size => ("size", size.into()),
    };
    object([("bytes", object([claim]))])
}

/// In a subset, a name that begins with a dollar sign is written with two.
pub(crate) fn subset(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let named = |(name, member): (String, Value)| (member_name(&name), subset(member));
            Value::Object(members.into_iter().map(named).collect())
        }
        Value::Array(items) => items.into_iter().map(subset).collect(),
        scalar => scalar,
    }
}

/// A name as a subset has it.
pub(crate) fn member_name(name: &str) -> String {
    if name.starts_with('$') { format!("${name}") } else { name.to_owned() }
}

/// The words of the log: code, a blank, the reason.
fn closing(words: &str) -> Value {
    let (code, reason) = words.split_once(' ').unwrap_or((words, ""));
    let mut close = Map::new();
    if let Some(code) = code.parse::<u16>().ok().filter(|code| Closing::new(*code, reason).is_ok()) {
        close.insert("code".to_owned(), code.into());
        if !reason.is_empty() {
            close.insert("reason".to_owned(), literal(reason.into()));
        }
    }
    Value::Object(close)
}

/// Only the code is expected: reasons are words for people. None when we had cancelled it ourselves.
fn closed(words: &str) -> Option<Value> {
    let code = words.split(' ').next()?.parse::<u16>().ok()?;
    Some(object([("code", code.into())]))
}

/// The value with its braces as they are: `\{{` is two braces, and no placeholder.
pub(crate) fn literal(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(escape(&text)),
        Value::Array(items) => items.into_iter().map(literal).collect(),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, member)| (name, literal(member))).collect())
        }
        scalar => scalar,
    }
}

/// Backslashes before two braces are doubled, and one more makes the braces literal.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let before = &rest[..open];
        let slashes = before.len() - before.trim_end_matches('\\').len();
        escaped.push_str(before);
        escaped.push_str(&"\\".repeat(slashes + 1));
        escaped.push_str("{{");
        rest = &rest[open + 2..];
    }
    escaped.push_str(rest);
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Instant;
    use crate::suite::Suite;
    use crate::template::Template;

    fn step(kind: FrameKind, bytes: &[u8]) -> Option<Value> {
        let frame = Frame {
            number: 0,
            at: Instant::from_nanos(0),
            connection: 1,
            kind,
            bytes,
            round_trip: None,
            is_tainted: false,
        };
        as_step(&frame, "alice")
    }

    /// The step is as expected, and a suite with it can be read.
    #[track_caller]
    fn check(kind: FrameKind, bytes: impl AsRef<[u8]>, expected: &str) {
        let step = step(kind, bytes.as_ref()).expect("a step").to_string();
        assert_eq!(step, expected);
        let before = if matches!(kind, FrameKind::Connecting | FrameKind::Failed) {
            ""
        } else {
            r#"{"connect":"alice"},"#
        };
        let suite = format!(
            r#"{{"sockscope":1,"suite":"s","clients":{{"alice":{{"url":"ws://h/ws"}}}},"checks":[{{"check":"c","steps":[{before}{step}]}}]}}"#
        );
        let read = Suite::parse(&suite);
        assert!(read.is_ok(), "{suite}: {:?}", read.err());
    }

    #[test]
    fn what_was_sent_is_sent_again() {
        let sent = FrameKind::SentText;
        check(
            sent,
            r#"{"n": 12345678901234567890123, "f": 1.0}"#,
            r#"{"on":"alice","send":{"n":12345678901234567890123,"f":1.0}}"#,
        );
        check(sent, "hello", r#"{"on":"alice","send":"hello"}"#);
        check(sent, r#""quoted""#, r#"{"on":"alice","send":{"$json":"quoted"}}"#);
        check(sent, "null", r#"{"on":"alice","send":{"$json":null}}"#);
        check(sent, r#"{"$hex":1}"#, r#"{"on":"alice","send":{"$json":{"$hex":1}}}"#);
        check(FrameKind::SentBinary, [0, 255], r#"{"on":"alice","send":{"$base64":"AP8="}}"#);
    }

    #[test]
    fn what_json_does_not_keep_is_sent_as_text() {
        check(FrameKind::SentText, r#"{"a":1,"a":2}"#, r#"{"on":"alice","send":"{\"a\":1,\"a\":2}"}"#);
        check(FrameKind::SentText, "[1e5]", r#"{"on":"alice","send":"[1e5]"}"#);
        check(FrameKind::SentText, r#"["\u00e9"]"#, r#"{"on":"alice","send":"[\"\\u00e9\"]"}"#);
    }

    #[test]
    fn what_came_is_expected() {
        let came = FrameKind::ReceivedText;
        check(
            came,
            r#"{"type":"x","$ref":[1.0]}"#,
            r#"{"on":"alice","expect":{"subset":{"type":"x","$$ref":[1.0]}}}"#,
        );
        check(came, "42", r#"{"on":"alice","expect":{"equals":42}}"#);
        check(came, "hi", r#"{"on":"alice","expect":{"text":"hi"}}"#);
        check(FrameKind::ReceivedBinary, [0, 255], r#"{"on":"alice","expect":{"bytes":{"hex":"00ff"}}}"#);
        check(FrameKind::ReceivedBinary, [7; 300], r#"{"on":"alice","expect":{"bytes":{"size":300}}}"#);
        check(FrameKind::ReceivedBinary, [], r#"{"on":"alice","expect":{"bytes":{"hex":""}}}"#);
    }

    #[test]
    fn the_life_of_a_connection_becomes_its_steps() {
        check(FrameKind::Connecting, "ws://h/ws", r#"{"connect":"alice"}"#);
        check(
            FrameKind::Closing,
            "4000 bye {{x",
            r#"{"on":"alice","close":{"code":4000,"reason":"bye \\{{x"}}"#,
        );
        check(FrameKind::Closed, "1006 abnormal", r#"{"on":"alice","closed":{"code":1006}}"#);
        check(
            FrameKind::Failed,
            "the handshake failed; the browser does not say why",
            r#"{"connect":"alice","expect":{"refused":true}}"#,
        );
        assert_eq!(step(FrameKind::Opened, b"echo.v1"), None);
        assert_eq!(step(FrameKind::Closed, b"cancelled before it was open"), None);
        for (kind, words) in [
            (FrameKind::Opened, "echo.v1"),
            (FrameKind::Waiting, "again in 1 s"),
            (FrameKind::Closed, "cancelled before it was open"),
            (FrameKind::Closed, "4001 bye"),
            (FrameKind::Failed, "not sent: too large"),
            (FrameKind::Failed, "the handshake failed; the browser does not say why"),
            (FrameKind::Connecting, "ws://h/ws"),
            (FrameKind::Closing, "1000"),
            (FrameKind::SentText, "hi"),
        ] {
            assert_eq!(has_step(kind, words), step(kind, words.as_bytes()).is_some(), "{kind:?} {words}");
        }
    }

    #[test]
    fn braces_stay_braces() {
        for text in ["{{uuid}}", r"\{{", r"\\{{a}}", "{{{{", "{{{", "a}}", "{ {", r"\", "{{"] {
            let template = Template::parse(&escape(text)).unwrap_or_else(|error| panic!("{text}: {error:?}"));
            assert_eq!(template.literal(), Some(text));
        }
        check(FrameKind::SentText, r#"{"a":"{{uuid}}"}"#, r#"{"on":"alice","send":{"a":"\\{{uuid}}"}}"#);
    }
}
