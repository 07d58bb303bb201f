//! `/ws`: answers the messages of a simple protocol, and echoes everything else byte for byte.
//!
//! An answer is the message itself with another `type`, everything around it untouched: so an `id` of any
//! form, a `config` with its key order, and unknown fields all come back the same.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::ws::session::Session;
use crate::ws::socket::{Kind, Message};

/// What is answered to which type.
const ANSWERS: [(&str, &str); 3] =
    [("\"config\"", "\"config_ack\""), ("\"message\"", "\"response\""), ("\"ping\"", "\"pong\"")];

/// Answers until the connection is over.
pub async fn run(session: &mut Session) {
    while let Some(message) = session.receive().await {
        match answer(&message) {
            Some(text) => session.send(&text),
            None => session.send(&message),
        }
    }
}

#[derive(Deserialize)]
struct Typed<'a> {
    #[serde(borrow, rename = "type")]
    kind: &'a RawValue,
}

fn answer(message: &Message) -> Option<Message> {
    // Most of what a load test sends is not a JSON object, and should not pay for a parser.
    if message.kind != Kind::Text || !message.payload.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    let text = std::str::from_utf8(&message.payload).ok()?;
    let kind = serde_json::from_str::<Typed<'_>>(text).ok()?.kind.get();
    let (_, answer) = ANSWERS.into_iter().find(|(known, _)| *known == kind)?;
    let before = kind.as_ptr().addr() - text.as_ptr().addr();
    let payload = [&text[..before], answer, &text[before + kind.len()..]].concat();
    Some(Message { kind: Kind::Text, payload: Bytes::from(payload) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(answer(&Message::text(text)), expected.map(Message::text));
    }

    #[test]
    fn known_types_are_answered_with_everything_else_untouched() {
        check(
            r#"{"type":"config","config":{"z":1.10,"a":[ ]}}"#,
            Some(r#"{"type":"config_ack","config":{"z":1.10,"a":[ ]}}"#),
        );
        check(
            r#" {"id": 12345678901234567890, "type" : "message", "content":"é"} "#,
            Some(r#" {"id": 12345678901234567890, "type" : "response", "content":"é"} "#),
        );
        check(r#"{"type":"ping","id":"p"}"#, Some(r#"{"type":"pong","id":"p"}"#));
    }

    #[test]
    fn anything_else_is_not_a_message_of_the_protocol() {
        for text in [
            "",
            "hello",
            "{",
            "[1]",
            "{}",
            r#"{"type":"pong"}"#,
            r#"{"type":7}"#,
            r#"{"type":"ping"} x"#,
            r#"{"a":{"type":"ping"}}"#,
            r#"{"type":"ping","type":"ping"}"#,
        ] {
            check(text, None);
        }
    }
}
