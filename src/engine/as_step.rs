//! A frame as a step of a suite, for a person who turns what was tried by hand into a check.
//!
//! Owns how literal content is written in the suite format. The rule a reader would break: what looks like a placeholder or an
//! operator in a recorded message is content, and is written so that it stays content.

use serde_json::{Map, Value, json};

use super::{Frame, FrameKind};

/// The step that does, or expects, what the frame tells; laid out as JSON. `client` is the name of its connection.
pub fn step(frame: &Frame<'_>, client: &str) -> String {
    let text = || String::from_utf8_lossy(frame.bytes).into_owned();
    let step = match frame.kind {
        FrameKind::Connecting | FrameKind::Opened | FrameKind::Waiting => json!({ "connect": client }),
        FrameKind::SentText => json!({ "on": client, "send": sent(&text()) }),
        FrameKind::SentBinary => json!({ "on": client, "send": { "$hex": hex(frame.bytes) } }),
        FrameKind::ReceivedText => json!({ "on": client, "expect": received(&text()) }),
        FrameKind::ReceivedBinary => {
            json!({ "on": client, "expect": { "bytes": { "hex": hex(frame.bytes) } } })
        }
        FrameKind::Closing => json!({ "on": client, "close": closing(&text()) }),
        FrameKind::Closed | FrameKind::Failed => json!({ "on": client, "closed": closed(&text()) }),
    };
    serde_json::to_string_pretty(&step).expect("a value has names for keys")
}

fn sent(text: &str) -> Value {
    match structure(text) {
        // A single `$` name would be read as a notation of ours.
        Some(value) if starts_with_dollar(&value) => json!({ "$json": literal(value) }),
        Some(value) => literal(value),
        None => Value::String(escaped(text)),
    }
}

fn received(text: &str) -> Value {
    match structure(text) {
        Some(value) if !has_dollar_names(&value) => json!({ "subset": literal(value) }),
        _ => json!({ "text": escaped(text) }),
    }
}

/// The JSON object or array that a text is; a bare number or word is as good as its text.
fn structure(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(|value: &Value| value.is_object() || value.is_array())
}

fn starts_with_dollar(value: &Value) -> bool {
    value.as_object().is_some_and(|members| members.keys().any(|key| key.starts_with('$')))
}

fn has_dollar_names(value: &Value) -> bool {
    match value {
        Value::Object(members) => {
            members.iter().any(|(key, value)| key.starts_with('$') || has_dollar_names(value))
        }
        Value::Array(items) => items.iter().any(has_dollar_names),
        _ => false,
    }
}

/// The value with every text in it taken literally.
fn literal(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(escaped(&text)),
        Value::Array(items) => items.into_iter().map(literal).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(key, value)| (escaped(&key), literal(value)))
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}

/// Two braces stand for themselves behind a backslash, and backslashes before them are doubled.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        let (before, after) = rest.split_at(at);
        let slashes = before.len() - before.trim_end_matches('\\').len();
        escaped.push_str(before);
        (0..=slashes).for_each(|_| escaped.push('\\'));
        escaped.push_str("{{");
        rest = &after[2..];
    }
    escaped + rest
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The content of such a frame is the code and, after a blank, what is said of it.
fn code(text: &str) -> Option<u16> {
    text.split(' ').next()?.parse().ok()
}

fn closing(text: &str) -> Value {
    let reason = text.split_once(' ').map_or("", |(_, reason)| reason);
    match (code(text), reason) {
        (Some(code), "") => json!({ "code": code }),
        (Some(code), reason) => json!({ "code": code, "reason": escaped(reason) }),
        (None, _) => json!({}),
    }
}

fn closed(text: &str) -> Value {
    code(text).map_or_else(|| json!({}), |code| json!({ "code": code }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Instant;
    use crate::engine::suite::Suite;
    use crate::engine::template::{Template, fixture::Known};

    #[track_caller]
    fn check(kind: FrameKind, content: &[u8], expected: &Value) {
        let frame = Frame {
            number: 0,
            at: Instant::ORIGIN,
            connection: 1,
            kind,
            bytes: content,
            round_trip: None,
            is_tainted: false,
        };
        let text = step(&frame, "alice");
        let got: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(got, *expected);
        let connect = if got.get("connect").is_some() { "" } else { r#"{"connect":"alice"},"# };
        let suite = format!(
            r#"{{"sockscope":1,"suite":"s","clients":{{"alice":{{"url":"ws://h"}}}},"checks":[{{"check":"c","steps":[{connect}{text}]}}]}}"#
        );
        if let Err(problems) = Suite::parse(&suite) {
            panic!("{text}\n{problems:#?}");
        }
    }

    #[test]
    fn a_message_becomes_a_step_that_the_format_takes() {
        use FrameKind::{Closed, Closing, Connecting, ReceivedBinary, ReceivedText, SentBinary, SentText};
        check(
            SentText,
            br#"{"n":1.0,"big":12345678901234567890}"#,
            &json!({"on":"alice","send":serde_json::from_str::<Value>(r#"{"n":1.0,"big":12345678901234567890}"#).expect("JSON")}),
        );
        check(SentText, b"hello", &json!({"on":"alice","send":"hello"}));
        check(SentText, b"42", &json!({"on":"alice","send":"42"}));
        check(SentText, br#"{"$hex":"00"}"#, &json!({"on":"alice","send":{"$json":{"$hex":"00"}}}));
        check(SentBinary, &[0, 255], &json!({"on":"alice","send":{"$hex":"00ff"}}));
        check(ReceivedText, br#"{"a":[1]}"#, &json!({"on":"alice","expect":{"subset":{"a":[1]}}}));
        check(
            ReceivedText,
            br#"{"a":{"$gt":1}}"#,
            &json!({"on":"alice","expect":{"text":"{\"a\":{\"$gt\":1}}"}}),
        );
        check(ReceivedText, b"hi", &json!({"on":"alice","expect":{"text":"hi"}}));
        check(ReceivedBinary, &[1], &json!({"on":"alice","expect":{"bytes":{"hex":"01"}}}));
        check(Connecting, b"ws://h", &json!({"connect":"alice"}));
        check(Closing, b"4000 bye", &json!({"on":"alice","close":{"code":4000,"reason":"bye"}}));
        check(Closed, b"1001 going away", &json!({"on":"alice","closed":{"code":1001}}));
    }

    #[test]
    fn what_looks_like_a_placeholder_stays_what_it_is() {
        for text in ["{{uuid}}", "\\{{x}}", "\\\\{{x", "a {{ b", "{{{x}}}", "{{{{"] {
            let template = Template::parse(&escaped(text)).expect("nothing to fill in");
            let shown = template.expand_text(&mut Known::with_seed(1)).expect("nothing to fill in");
            assert_eq!(shown, text);
        }
        check(FrameKind::SentText, b"{{uuid}}", &json!({"on":"alice","send":"\\{{uuid}}"}));
    }
}
