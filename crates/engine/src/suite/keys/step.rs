//! The keys of steps: one table for each verb.

use super::key::{Key, REST, Shape, Table, key, needed};
use super::pacing::{PAUSE, RAMP};
use super::parts::{
    CLOSE, CLOSE_EXPECT, CLOSED, COMPARISON, CONNECT_EXPECT, EXPECT, HTTP, HTTP_EXPECT, PONG, REPEAT, SILENCE,
};

/// What every step may have.
const ON: Key = key(
    "on",
    Shape::Targets,
    "The clients that act: a client, a member of a group, a list of those, or `*`. They act at once; the step ends with the last.",
    "\"alice\"",
);
const MARK: Key = key(
    "mark",
    Shape::Label,
    "Names the moment when this step begins; for a send, when the message goes out. `since` starts there.",
    "\"said\"",
);
const NOTE: Key = key("note", Shape::Plain, "A remark about the step.", "");
const IF: Key = key(
    "if",
    Shape::Condition(&COMPARISON),
    "The step runs only if this is truthy, or if a variable is as described.",
    "{ \"var\": \"state\", \"eq\": \"done\" }",
);
const UNLESS: Key = key(
    "unless",
    Shape::Condition(&COMPARISON),
    "The step runs only if this is not truthy, or if a variable is not as described.",
    "\"{{token}}\"",
);

/// A round that is one send.
const ROUND_SEND: Key = key("send", Shape::Payload, "One round is this one send, instead of `steps`.", "");
/// Its reply, or a round that is one expectation.
const ROUND_EXPECT: Key = key(
    "expect",
    Shape::Object(&EXPECT),
    "The reply to `send`; without a `send`, one round is this one expectation.",
    "",
);

/// A verb and the step that it makes.
#[derive(Debug)]
pub(in crate::suite) struct Verb {
    /// The key that makes a step one of this kind; none of a step that only names a moment.
    pub(in crate::suite) name: &'static str,
    pub(in crate::suite) table: Table,
    /// A whole step.
    pub(in crate::suite) example: &'static str,
}

macro_rules! step {
    ($name:literal, $noun:literal, $example:literal, [$($key:expr),* $(,)?]) => {
        Verb {
            name: $name,
            table: Table { noun: $noun, takes_matcher: false, keys: &[ON, MARK, NOTE, IF, UNLESS, $($key),*] },
            example: $example,
        }
    };
}

pub(in crate::suite) static VERBS: [Verb; 22] = [
    step!(
        "connect",
        "a connect step",
        "{ \"connect\": \"alice\" }",
        [
            needed("connect", Shape::Targets, "Opens connections: a client, a list, or `*`.", "\"alice\""),
            key("count", Shape::Count, "Opens only this many members of the group.", "10"),
            key(
                "pace",
                Shape::Count,
                "How many opens may be pending at once. Without it, 6; 64 with the native engine.",
                "6"
            ),
            key("expect", Shape::Object(&CONNECT_EXPECT), "How the handshake must end.", ""),
        ]
    ),
    step!(
        "send",
        "a send step",
        "{ \"on\": \"alice\", \"send\": { \"type\": \"join\" }, \"expect\": { \"subset\": { \"type\": \"joined\" } } }",
        [
            needed(
                "send",
                Shape::Payload,
                "The message. An object, list, number or boolean goes out as JSON, a string as that text; `$json $text $hex $base64 $bytes $chars $concat` say more.",
                "{ \"type\": \"join\", \"room\": \"{{room}}\" }",
            ),
            key("expect", Shape::Object(&EXPECT), "The reply. Its latency is a sample of `rtt`.", ""),
        ]
    ),
    step!(
        "ping",
        "a ping step",
        "{ \"on\": \"alice\", \"ping\": \"are you there\" }",
        [
            needed(
                "ping",
                Shape::Text,
                "Sends a ping with this text of at most 125 bytes, and waits for its pong. The round trip is a sample of `ping`. Only the native engine sends one.",
                "\"are you there\"",
            ),
            key("expect", Shape::Object(&PONG), "How long the pong may take.", "{ \"within\": \"1s\" }"),
        ]
    ),
    step!(
        "silence",
        "a silence step",
        "{ \"on\": \"mallory\", \"silence\": { \"for\": \"1s\" } }",
        [needed("silence", Shape::Object(&SILENCE), "Expects no message.", "{ \"for\": \"1s\" }"),]
    ),
    step!(
        "close",
        "a close step",
        "{ \"on\": \"bob\", \"close\": { \"code\": 1000 } }",
        [
            needed("close", Shape::Object(&CLOSE), "Closes the connection.", "{ \"code\": 1000 }"),
            key(
                "expect",
                Shape::Object(&CLOSE_EXPECT),
                "What the end must look like.",
                "{ \"closed\": { \"clean\": true } }"
            ),
        ]
    ),
    step!(
        "closed",
        "a closed step",
        "{ \"on\": \"bob\", \"closed\": { \"code\": 4029 } }",
        [needed("closed", Shape::Object(&CLOSED), "Waits until the server closes.", "{ \"code\": 4029 }"),]
    ),
    step!(
        "reconnect",
        "a reconnect step",
        "{ \"reconnect\": \"bob\" }",
        [
            needed(
                "reconnect",
                Shape::Targets,
                "Closes if open, and opens again with the same settings. The inbox goes on.",
                "\"bob\"",
            ),
            key("expect", Shape::Object(&CONNECT_EXPECT), "How the handshake must end.", ""),
        ]
    ),
    step!(
        "http",
        "an http step",
        "{ \"http\": { \"url\": \"{{api_url}}/health\" }, \"expect\": { \"status\": 200 } }",
        [
            needed(
                "http",
                Shape::Object(&HTTP),
                "Makes an HTTP call.",
                "{ \"url\": \"{{api_url}}/health\" }"
            ),
            key(
                "expect",
                Shape::Object(&HTTP_EXPECT),
                "What must come back. Without it, any status below 400 is accepted.",
                ""
            ),
        ]
    ),
    step!(
        "wait",
        "a wait step",
        "{ \"wait\": \"200ms\" }",
        [needed(
            "wait",
            Shape::Pause(&PAUSE),
            "Does nothing for a while, always as long or as a distribution says.",
            "\"200ms\""
        ),]
    ),
    step!(
        "all",
        "an all step",
        "{ \"all\": [{ \"wait\": \"1s\" }, { \"wait\": \"2s\" }] }",
        [needed(
            "all",
            Shape::Branches,
            "Branches that run at once, each a step or a list of steps. Fails when one fails, and reports all.",
            "[{ \"wait\": \"1s\" }, [{ \"wait\": \"1s\" }, { \"wait\": \"2s\" }]]",
        ),]
    ),
    step!(
        "repeat",
        "a repeat step",
        "{ \"repeat\": { \"times\": 10 }, \"steps\": [{ \"wait\": \"10ms\" }] }",
        [
            needed(
                "repeat",
                Shape::Object(&REPEAT),
                "Repeats the same steps; `{{i}}` counts the rounds from 0.",
                "{ \"times\": 10 }"
            ),
            key("steps", Shape::Steps, "One round.", ""),
            ROUND_SEND,
            ROUND_EXPECT,
        ]
    ),
    step!(
        "ramp",
        "a ramp step",
        "{ \"on\": \"crowd\", \"ramp\": { \"stages\": [{ \"for\": \"10s\", \"sessions\": \"20/s\" }, { \"for\": \"1m\" }] }, \"steps\": [{ \"wait\": \"10ms\" }] }",
        [
            needed(
                "ramp",
                Shape::Object(&RAMP),
                "Changes the load over time: clients, rounds a second, or sessions a second, on the members of the group that `on` names.",
                "{ \"stages\": [{ \"for\": \"10s\", \"clients\": 100 }, { \"for\": \"1m\" }] }"
            ),
            key("steps", Shape::Steps, "One round of one client; `{{i}}` counts from 0.", ""),
            ROUND_SEND,
            ROUND_EXPECT,
        ]
    ),
    step!(
        "set",
        "a set step",
        "{ \"set\": { \"room\": \"r-{{uuid}}\" } }",
        [needed(
            "set",
            Shape::Map(&Shape::Any),
            "Gives variables of the check new values.",
            "{ \"room\": \"r-{{uuid}}\" }",
        ),]
    ),
    step!(
        "measure",
        "a measure step",
        "{ \"measure\": \"login\", \"steps\": [{ \"wait\": \"10ms\" }] }",
        [
            needed(
                "measure",
                Shape::Label,
                "Measures how long its steps take, as a sample of this metric.",
                "\"login\""
            ),
            needed("steps", Shape::Steps, "What is timed.", "[{ \"wait\": \"10ms\" }]"),
        ]
    ),
    step!(
        "keep",
        "a keep step",
        "{ \"keep\": { \"is_known\": true } }",
        [needed(
            "keep",
            Shape::Map(&Shape::Any),
            "Gives variables of the suite new values, for this check and later ones.",
            "{ \"is_known\": true }",
        ),]
    ),
    step!(
        "try",
        "a try step",
        "{ \"try\": [{ \"wait\": \"10ms\" }], \"else\": [{ \"remark\": \"it did not hold\" }] }",
        [
            needed(
                "try",
                Shape::Steps,
                "Steps that may fail: a failure ends these steps, but not the check.",
                "[{ \"wait\": \"10ms\" }]",
            ),
            key(
                "else",
                Shape::Steps,
                "What happens when one of those steps has failed.",
                "[{ \"remark\": \"it did not hold\" }]",
            ),
            key("why", Shape::Label, "The variable that gets the message of that failure.", "\"why\""),
        ]
    ),
    step!(
        "bisect",
        "a bisect step",
        "{ \"bisect\": \"size\", \"from\": \"1KiB\", \"to\": \"1MiB\", \"steps\": [{ \"wait\": \"10ms\" }] }",
        [
            needed(
                "bisect",
                Shape::Label,
                "Finds the largest number with which its steps pass, by halving. The variable of this name holds the number being tried, and afterwards the result.",
                "\"size\"",
            ),
            needed("from", Shape::Size, "The smallest number to try.", "\"1KiB\""),
            needed("to", Shape::Size, "The largest number to try.", "\"1MiB\""),
            needed("steps", Shape::Steps, "What to try.", "[{ \"wait\": \"10ms\" }]"),
        ]
    ),
    step!(
        "assert",
        "an assert step",
        "{ \"assert\": { \"var\": \"choice\", \"eq\": \"x\" } }",
        [needed(
            "assert",
            Shape::Object(&COMPARISON),
            "A variable, or what a client has captured, must be as described.",
            "{ \"var\": \"state\", \"eq\": \"done\" }",
        ),]
    ),
    step!(
        "use",
        "a use step",
        "{ \"use\": \"enter\", \"on\": \"alice\", \"room\": \"red\" }",
        [
            needed("use", Shape::Definition, "Runs the steps of a definition.", "\"enter\""),
            key(REST, Shape::Any, "The value of a parameter of the definition.", ""),
        ]
    ),
    step!(
        "remark",
        "a remark step",
        "{ \"remark\": \"the server chose {{choice}}\" }",
        [needed(
            "remark",
            Shape::Text,
            "A remark about the check in the report, whatever its verdict.",
            "\"the server chose {{choice}}\"",
        ),]
    ),
    step!(
        "skip",
        "a skip step",
        "{ \"skip\": \"no token is given\", \"unless\": \"{{token}}\" }",
        [needed(
            "skip",
            Shape::Text,
            "Ends the check here as skipped: it is not applicable, for this reason.",
            "\"no token is given\"",
        ),]
    ),
    // Last, because `expect` belongs to other verbs too.
    step!(
        "expect",
        "an expect step",
        "{ \"on\": \"bob\", \"expect\": { \"subset\": { \"type\": \"said\" } } }",
        [needed(
            "expect",
            Shape::Object(&EXPECT),
            "Waits for a message that matches.",
            "{ \"subset\": { \"type\": \"said\" } }"
        ),]
    ),
];

/// A step that only names a moment, or only says something.
pub(in crate::suite) static BARE: Table =
    Table { noun: "a step", takes_matcher: false, keys: &[ON, MARK, NOTE, IF, UNLESS] };
