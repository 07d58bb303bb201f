//! The keys of what runs beside the steps: answers and heartbeats.

use super::key::{Shape, Table, key, needed};

pub(in crate::suite) static ANSWER: Table = Table {
    noun: "an answer",
    takes_matcher: false,
    keys: &[
        needed(
            "to",
            Shape::Matcher,
            "Which messages are answered. What an answer takes, no step sees.",
            "{ \"subset\": { \"type\": \"ping\" } }",
        ),
        needed(
            "send",
            Shape::Payload,
            "What goes out. `{{message}}` is what came, `{{message.id}}` a member of it or a group of the `regex` in `to`.",
            "{ \"type\": \"pong\", \"id\": \"{{message.id}}\" }",
        ),
        key(
            "after",
            Shape::Duration,
            "How long after the message it goes out. Without it, at once.",
            "\"200ms\"",
        ),
        key(
            "times",
            Shape::Count,
            "How many messages of each client are answered; the steps see those after that. Without it, all.",
            "3",
        ),
    ],
};

pub(in crate::suite) static HEARTBEAT: Table = Table {
    noun: "a heartbeat",
    takes_matcher: false,
    keys: &[
        needed(
            "every",
            Shape::Duration,
            "From the open to the first beat, and from beat to beat.",
            "\"10s\"",
        ),
        needed(
            "send",
            Shape::Payload,
            "What goes out; `{{seq}}` numbers the beats.",
            "{ \"type\": \"ping\" }",
        ),
        key(
            "expect",
            Shape::Matcher,
            "The reply that each beat must get. No step sees it.",
            "{ \"subset\": { \"type\": \"pong\" } }",
        ),
        key(
            "within",
            Shape::Duration,
            "How long that reply may take; else the check fails. Without it, `defaults.within` (2s).",
            "\"2s\"",
        ),
    ],
};

pub(super) static ANSWERS: Shape = Shape::Object(&ANSWER);
