//! Every key of the format: where it may stand, what follows it, and what it means.
//!
//! Owns the tables from which the parser knows a key and from which the JSON Schema is made, so that neither can know one
//! that the other does not. It refuses to read anything.

/// What follows a key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// Any JSON.
    Any,
    /// The number of the format.
    Version,
    /// A text in which placeholders mean nothing.
    Plain,
    /// A text with placeholders.
    Text,
    /// A text without placeholders that others refer to.
    Label,
    /// `true` or `false`, and no placeholder.
    Flag,
    /// `true` or `false`.
    Truth,
    /// Such as `200ms`.
    Duration,
    /// A whole number from 0.
    Count,
    /// A number of bytes, such as `64KiB`, or a whole number.
    Size,
    /// A close code or an HTTP status.
    Code,
    /// One of them or several.
    Codes,
    /// A JSONPath.
    Path,
    /// Such as `alice`, `crowd[3]` or `*`, or a list of those.
    Targets,
    /// A matcher.
    Matcher,
    /// A text that must be equal, or a matcher.
    TextOrMatcher,
    /// A payload.
    Payload,
    /// `open` or `closed`.
    Schedule,
    /// The rows of a check.
    Rows,
    /// Metrics and what they are compared with.
    Bounds,
    /// A condition.
    Condition,
    /// Steps one after the other.
    Steps,
    /// Steps at once.
    Branches,
    /// A list of them, with at least one.
    List(&'static Shape),
    /// Any names, each with one of them.
    Map(&'static Shape),
    /// An object with known keys.
    Object(&'static Table),
}

/// A key.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    /// Whether it must be there.
    pub(super) needed: bool,
    /// What it means, in Markdown.
    pub(super) about: &'static str,
    /// One as JSON; empty when the shape says enough.
    pub(super) example: &'static str,
}

/// The keys of one kind of object.
#[derive(Debug)]
pub(super) struct Table {
    /// What the object is, as in "is not a key of a check".
    pub(super) noun: &'static str,
    pub(super) keys: &'static [Key],
    /// Whether the keys of a matcher may stand in it too.
    pub(super) takes_matcher: bool,
}

impl Table {
    pub(super) fn has(&self, name: &str) -> bool {
        self.keys.iter().any(|key| key.name == name)
    }
}

pub(super) const fn key(name: &'static str, shape: Shape, about: &'static str, example: &'static str) -> Key {
    Key { name, shape, needed: false, about, example }
}

pub(super) const fn needed(
    name: &'static str,
    shape: Shape,
    about: &'static str,
    example: &'static str,
) -> Key {
    Key { name, shape, needed: true, about, example }
}

const WITHIN: Key =
    key("within", Shape::Duration, "How long to wait. Without it, `defaults.within` (2s).", "\"500ms\"");
const SINCE: Key =
    key("since", Shape::Label, "The name of a `mark`: only messages from that moment on.", "\"said\"");
const METRIC: Key = key(
    "metric",
    Shape::Label,
    "The name of the metric that the latency is a sample of. Without it, `rtt` for messages and `http` for HTTP calls.",
    "\"fanout\"",
);
const CAPTURE: Key = key(
    "capture",
    Shape::Map(&Shape::Path),
    "What to remember: a name and the JSONPath of its value. Later `{{name}}`, or `{{bob.name}}` from another client.",
    "{ \"sid\": \"$.session\" }",
);
const CORRELATE: Key =
    key("correlate", Shape::Path, "JSONPath of the field that a reply shares with its request.", "\"$.id\"");
const THRESHOLDS: Key = key(
    "thresholds",
    Shape::Bounds,
    "Metrics and their bounds. Each has a line of its own in every report.",
    "{ \"rtt.p95\": \"< 10ms\", \"missing\": \"== 0\" }",
);

pub(super) static SUITE: Table = Table {
    noun: "a suite",
    takes_matcher: false,
    keys: &[
        key(
            "$schema",
            Shape::Plain,
            "Where the JSON Schema of this format is, so that editors can complete.",
            "",
        ),
        needed("sockscope", Shape::Version, "The version of the format, `1`.", "1"),
        needed("suite", Shape::Plain, "The name of the suite.", "\"rooms\""),
        key("about", Shape::Plain, "Prose, shown in the page and in the HTML report.", ""),
        key(
            "vars",
            Shape::Map(&Shape::Any),
            "Variables with their defaults. The form of the page, `--var` and the page URL override them.",
            "{ \"ws_url\": \"{{env.WS_URL ?? ws://localhost:9000/ws}}\", \"room\": \"r-{{uuid}}\" }",
        ),
        key(
            "secrets",
            Shape::List(&Shape::Label),
            "Variables whose values are masked in the page, in logs, reports and exports.",
            "[\"token\"]",
        ),
        key("defaults", Shape::Object(&DEFAULTS), "What steps use unless they say otherwise.", ""),
        key(
            "clients",
            Shape::Map(&Shape::Object(&CLIENT)),
            "Connections by name.",
            "{ \"alice\": { \"url\": \"{{ws_url}}/rooms?user=alice\" } }",
        ),
        key(
            "ignore",
            Shape::List(&Shape::Matcher),
            "Messages that expectations, `silence` and `strict` do not see, such as heartbeats.",
            "[{ \"subset\": { \"type\": \"heartbeat\" } }]",
        ),
        key(
            "invariants",
            Shape::List(&Shape::Object(&INVARIANT)),
            "What holds for all messages of each connection, across reconnects too.",
            "[{ \"on\": \"*\", \"increasing\": \"$.seq\" }]",
        ),
        key("setup", Shape::Steps, "Steps before each check.", ""),
        key("teardown", Shape::Steps, "Steps after each check, even after a failed one.", ""),
        needed(
            "checks",
            Shape::List(&Shape::Object(&CHECK)),
            "The checks, in order, each on fresh connections.",
            "[{ \"check\": \"one\", \"steps\": [{ \"connect\": \"alice\" }] }]",
        ),
        THRESHOLDS,
        key(
            "require",
            Shape::Bounds,
            "What the harness must offer: `timer_step` and `loop_lag.p99`. Otherwise the verdict is `inconclusive`.",
            "{ \"timer_step\": \"<= 100us\", \"loop_lag.p99\": \"< 50ms\" }",
        ),
    ],
};

pub(super) static DEFAULTS: Table = Table {
    noun: "defaults",
    takes_matcher: false,
    keys: &[
        key("within", Shape::Duration, "How long an expectation waits. Without it, 2s.", "\"2s\""),
        CORRELATE,
        key("connect_gap", Shape::Duration, "The pause between two opens. Without it, 20ms.", "\"20ms\""),
        key("close_within", Shape::Duration, "How long a close may take. Without it, 2s.", "\"2s\""),
    ],
};

pub(super) static CLIENT: Table = Table {
    noun: "a client",
    takes_matcher: false,
    keys: &[
        key(
            "url",
            Shape::Text,
            "Where it connects to, `ws://…` or `wss://…`.",
            "\"{{ws_url}}/rooms?user=alice\"",
        ),
        key(
            "protocols",
            Shape::List(&Shape::Text),
            "Subprotocols to offer, best first.",
            "[\"echo.v2\", \"echo.v1\"]",
        ),
        key(
            "count",
            Shape::Count,
            "Makes it a group of this many connections, `crowd[0]` and so on; `{{index}}` is the position in it.",
            "50",
        ),
        CORRELATE,
    ],
};

pub(super) static CHECK: Table = Table {
    noun: "a check",
    takes_matcher: false,
    keys: &[
        needed("check", Shape::Text, "The name of the check.", "\"bob hears alice\""),
        key("about", Shape::Plain, "Prose, shown in the page and in the HTML report.", ""),
        key("tags", Shape::List(&Shape::Label), "For choosing what runs.", "[\"smoke\"]"),
        key("timeout", Shape::Duration, "How long the check may take. Without it, 10m.", "\"30s\""),
        key("strict", Shape::Flag, "Whether a message that no step selected fails the check.", "true"),
        key(
            "each",
            Shape::Rows,
            "Makes one check of each row: a list of rows, or columns, which give one row for each combination.",
            "{ \"n\": [1, 2, 3, 5, 8] }",
        ),
        key(
            "clients",
            Shape::Map(&Shape::Object(&CLIENT)),
            "Clients of this check only, and other settings for those of the suite.",
            "",
        ),
        needed("steps", Shape::Steps, "What happens, one after the other.", "[{ \"connect\": \"alice\" }]"),
        THRESHOLDS,
    ],
};

pub(super) static INVARIANT: Table = Table {
    noun: "an invariant",
    takes_matcher: false,
    keys: &[
        key("on", Shape::Targets, "Whose messages. Without it, those of all clients.", "\"*\""),
        key("increasing", Shape::Path, "The value there grows from message to message.", "\"$.seq\""),
        key("unique", Shape::Path, "The value there comes once.", "\"$.id\""),
        key("schema", Shape::Any, "Every message fits this JSON Schema (2020-12).", ""),
        key("max_gap", Shape::Duration, "The longest time between two messages.", "\"30s\""),
    ],
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
const IF: Key = key("if", Shape::Condition, "The step runs only if this is truthy.", "\"{{slow}}\"");
const UNLESS: Key =
    key("unless", Shape::Condition, "The step runs only if this is not truthy.", "\"{{token}}\"");

/// A verb and the step that it makes.
#[derive(Debug)]
pub(super) struct Verb {
    /// The key that makes a step one of this kind; none of a step that only names a moment.
    pub(super) name: &'static str,
    pub(super) table: Table,
    /// A whole step.
    pub(super) example: &'static str,
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

pub(super) static VERBS: [Verb; 18] = [
    step!(
        "connect",
        "a connect step",
        "{ \"connect\": \"alice\" }",
        [
            needed("connect", Shape::Targets, "Opens connections: a client, a list, or `*`.", "\"alice\""),
            key("count", Shape::Count, "Opens only this many members of the group.", "10"),
            key("pace", Shape::Count, "How many opens may be pending at once. Without it, 6.", "6"),
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
                "The message. An object, list, number or boolean goes out as JSON, a string as that text; `$json $text $hex $base64 $bytes $chars` say more.",
                "{ \"type\": \"join\", \"room\": \"{{room}}\" }",
            ),
            key("expect", Shape::Object(&EXPECT), "The reply. Its latency is a sample of `rtt`.", ""),
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
        [needed("wait", Shape::Duration, "Does nothing for a while.", "\"200ms\""),]
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
            key("send", Shape::Payload, "One round is this one send, instead of `steps`.", ""),
            key(
                "expect",
                Shape::Object(&EXPECT),
                "The reply to `send`; without a `send`, one round is this one expectation.",
                ""
            ),
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
pub(super) static BARE: Table =
    Table { noun: "a step", takes_matcher: false, keys: &[ON, MARK, NOTE, IF, UNLESS] };

pub(super) static CONNECT_EXPECT: Table = Table {
    noun: "what a connect expects",
    takes_matcher: false,
    keys: &[
        key(
            "protocol",
            Shape::TextOrMatcher,
            "The subprotocol that the server chose; empty when it chose none.",
            "\"echo.v2\"",
        ),
        key(
            "extensions",
            Shape::TextOrMatcher,
            "The extensions that were agreed on; empty when none were.",
            "{ \"contains\": \"permessage-deflate\" }",
        ),
        key("refused", Shape::Truth, "Whether the handshake must fail.", "true"),
        key(
            "capture",
            Shape::Map(&Shape::Path),
            "What to remember of `{ \"protocol\", \"extensions\", \"open_ms\" }`.",
            "{ \"chosen\": \"$.protocol\" }",
        ),
        key("within", Shape::Duration, "How long one handshake may take.", "\"1s\""),
    ],
};

pub(super) static EXPECT: Table = Table {
    noun: "an expectation",
    takes_matcher: true,
    keys: &[
        WITHIN,
        SINCE,
        key(
            "times",
            Shape::Count,
            "Exactly how many. The step waits until `within` is over and fails at once on one more; 0 means that none may come.",
            "3",
        ),
        key(
            "check",
            Shape::Matcher,
            "What the selected message must fulfil; if not, the step fails at once with the differences.",
            "{ \"subset\": { \"ok\": true } }",
        ),
        CAPTURE,
        METRIC,
        key(
            "any_order",
            Shape::List(&Shape::Object(&ITEM)),
            "Several messages in any order, each described like an expectation.",
            "[{ \"text\": \"a\" }, { \"text\": \"b\" }]",
        ),
        key(
            "in_order",
            Shape::List(&Shape::Object(&ITEM)),
            "Several messages one after the other, each described like an expectation.",
            "[{ \"text\": \"a\" }, { \"text\": \"b\" }]",
        ),
        CORRELATE,
    ],
};

pub(super) static ITEM: Table = Table {
    noun: "one of several expectations",
    takes_matcher: true,
    keys: &[
        key("times", Shape::Count, "How many of them; each has a place of its own.", "3"),
        key(
            "check",
            Shape::Matcher,
            "What the selected message must fulfil.",
            "{ \"subset\": { \"ok\": true } }",
        ),
        CAPTURE,
        METRIC,
    ],
};

pub(super) static SILENCE: Table = Table {
    noun: "a silence",
    takes_matcher: false,
    keys: &[
        needed("for", Shape::Duration, "For how long.", "\"1s\""),
        key(
            "matching",
            Shape::Matcher,
            "What must not come. Without it, no message at all may.",
            "{ \"subset\": { \"type\": \"said\" } }",
        ),
        SINCE,
    ],
};

pub(super) static CLOSE: Table = Table {
    noun: "a close",
    takes_matcher: false,
    keys: &[
        key("code", Shape::Code, "1000, or 3000 to 4999. Without it, 1000.", "1000"),
        key("reason", Shape::Text, "At most 123 bytes. Without it, empty.", "\"bye\""),
    ],
};

pub(super) static CLOSE_EXPECT: Table = Table {
    noun: "what a close expects",
    takes_matcher: false,
    keys: &[needed(
        "closed",
        Shape::Object(&CLOSED),
        "What the end must look like; `{}` is any end.",
        "{ \"clean\": true }",
    )],
};

pub(super) static CLOSED: Table = Table {
    noun: "a closed",
    takes_matcher: false,
    keys: &[
        key(
            "code",
            Shape::Codes,
            "The close code, or a list of accepted ones; `\"3000-4999\"` is a range.",
            "1000",
        ),
        key("reason", Shape::TextOrMatcher, "The reason: the exact text, or a matcher.", "\"bye\""),
        key("clean", Shape::Truth, "Whether the closing handshake was completed.", "true"),
        key(
            "capture",
            Shape::Map(&Shape::Path),
            "What to remember of `{ \"code\", \"reason\", \"clean\", \"close_ms\" }`, even when it is not as expected.",
            "{ \"ended\": \"$.code\" }",
        ),
        WITHIN,
    ],
};

pub(super) static HTTP: Table = Table {
    noun: "an HTTP call",
    takes_matcher: false,
    keys: &[
        key("method", Shape::Text, "Without it, `GET`, and `POST` with a body.", "\"POST\""),
        needed("url", Shape::Text, "Where to, `http://…` or `https://…`.", "\"{{api_url}}/events\""),
        key(
            "headers",
            Shape::Map(&Shape::Text),
            "Names and values.",
            "{ \"Authorization\": \"Bearer {{token}}\" }",
        ),
        key("json", Shape::Any, "The body as JSON.", "{ \"type\": \"build\" }"),
        key("text", Shape::Text, "The body as it is, instead of `json`.", ""),
    ],
};

pub(super) static HTTP_EXPECT: Table = Table {
    noun: "what an HTTP call expects",
    takes_matcher: true,
    keys: &[
        key(
            "status",
            Shape::Codes,
            "The status, or a list of accepted ones. Without it, any below 400.",
            "200",
        ),
        CAPTURE,
        key("within", Shape::Duration, "How long it may take.", "\"1s\""),
        METRIC,
    ],
};

pub(super) static REPEAT: Table = Table {
    noun: "a repeat",
    takes_matcher: false,
    keys: &[
        key("times", Shape::Count, "The most rounds to run.", "10"),
        key("for", Shape::Duration, "No new round after this long.", "\"30s\""),
        key(
            "every",
            Shape::Duration,
            "The time from the start of one round to the start of the next.",
            "\"100ms\"",
        ),
        key(
            "schedule",
            Shape::Schedule,
            "`open` starts rounds on the clock, whether or not replies have come; `closed` waits for them.",
            "\"open\"",
        ),
    ],
};
