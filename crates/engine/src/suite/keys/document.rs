//! The keys of a suite outside of its steps: the document, clients, checks, invariants.

use super::key::{CORRELATE, PICKED, Shape, THRESHOLDS, Table, key, needed};
use super::standing::{ANSWERS, HEARTBEAT};

pub(in crate::suite) static SUITE: Table = Table {
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
            "import",
            Shape::List(&Shape::Label),
            "Other suites, by their path from this file: their `define`, `clients`, `vars`, `secrets`, `answers` and `ignore` are known here.",
            "[\"common.jsonc\"]",
        ),
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
            "answers",
            Shape::List(&ANSWERS),
            "Messages that are answered while steps run, on every connection. The first rule that fits answers.",
            "[{ \"to\": { \"text\": \"2\" }, \"send\": \"3\" }]",
        ),
        key(
            "invariants",
            Shape::List(&Shape::Object(&INVARIANT)),
            "What holds for all messages of each connection, across reconnects too.",
            "[{ \"on\": \"*\", \"increasing\": \"$.seq\" }]",
        ),
        key(
            "define",
            Shape::Map(&Shape::Object(&DEFINITION)),
            "Steps by name, which `use` runs wherever they are needed.",
            "{ \"enter\": { \"with\": [\"room\"], \"steps\": [{ \"send\": { \"type\": \"join\", \"room\": \"{{room}}\" } }] } }",
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

pub(in crate::suite) static DEFINITION: Table = Table {
    noun: "a definition",
    takes_matcher: false,
    keys: &[
        key("about", Shape::Plain, "Prose, shown where the definition is used.", ""),
        key(
            "with",
            Shape::List(&Shape::Label),
            "Its parameters. Each `use` gives them values, and `{{room}}` in the steps is that value.",
            "[\"room\"]",
        ),
        needed(
            "steps",
            Shape::Steps,
            "What happens. Where a step names no client, those of the `use` act.",
            "[{ \"send\": { \"type\": \"join\", \"room\": \"{{room}}\" } }]",
        ),
    ],
};

pub(in crate::suite) static DEFAULTS: Table = Table {
    noun: "defaults",
    takes_matcher: false,
    keys: &[
        key("within", Shape::Duration, "How long an expectation waits. Without it, 2s.", "\"2s\""),
        CORRELATE,
        key(
            "connect_gap",
            Shape::Duration,
            "The pause between two opens. Without it, 20ms; none with the native engine.",
            "\"20ms\"",
        ),
        key("close_within", Shape::Duration, "How long a close may take. Without it, 2s.", "\"2s\""),
        key(
            "cookies",
            Shape::Truth,
            "Whether HTTP calls to other origins take cookies along and keep those that they get.",
            "true",
        ),
    ],
};

pub(in crate::suite) static CLIENT: Table = Table {
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
            "headers",
            Shape::Map(&Shape::Text),
            "Header fields of its handshakes. A page sends them by relay.",
            "{ \"Authorization\": \"Bearer {{token}}\" }",
        ),
        key(
            "cookies",
            Shape::Map(&Shape::Text),
            "Cookies of its handshakes, in place of those that calls have got. A page sends them by relay.",
            "{ \"session\": \"{{session}}\" }",
        ),
        key(
            "origin",
            Shape::Text,
            "The `Origin` of its handshakes. A page chooses it by relay.",
            "\"https://app.example.com\"",
        ),
        key(
            "tls",
            Shape::Object(&TLS),
            "The certificates of its TLS handshakes. A page shows them by relay.",
            "{ \"certificate\": { \"file\": \"client.pem\" }, \"key\": \"{{env.CLIENT_KEY}}\" }",
        ),
        key(
            "compression",
            Shape::Truth,
            "Whether the native engine offers `permessage-deflate` in its handshakes. A browser always offers it.",
            "true",
        ),
        key(
            "count",
            Shape::Count,
            "Makes it a group of this many connections, `crowd[0]` and so on; `{{index}}` is the position in it.",
            "50",
        ),
        key(
            "each",
            Shape::Rows,
            "Rows for the members of a group: each member knows the values of its row. Without `count` there is one member for each row.",
            "{ \"file\": \"users.csv\" }",
        ),
        CORRELATE,
        key(
            "framing",
            Shape::Object(&FRAMING),
            "What comes is a stream that is cut anywhere. Steps see its frames, by a length in front of each or by a delimiter.",
            "{ \"length\": \"u16\" }",
        ),
        key(
            "answers",
            Shape::List(&ANSWERS),
            "Messages that are answered while steps run, before the answers of the check and of the suite.",
            "[{ \"to\": { \"text\": \"2\" }, \"send\": \"3\" }]",
        ),
        key(
            "heartbeat",
            Shape::Object(&HEARTBEAT),
            "What it sends again and again while it is open.",
            "{ \"every\": \"10s\", \"send\": { \"type\": \"ping\" } }",
        ),
    ],
};

pub(in crate::suite) static TLS: Table = Table {
    noun: "certificates of a client",
    takes_matcher: false,
    keys: &[
        key(
            "certificate",
            Shape::TextOr(&PEM_FILE),
            "The client's certificate in PEM, with those that sign it: a text, or a file beside the suite.",
            "{ \"file\": \"client.pem\" }",
        ),
        key(
            "key",
            Shape::TextOr(&PEM_FILE),
            "The private key of that certificate in PEM, without a passphrase.",
            "\"{{env.CLIENT_KEY}}\"",
        ),
        key(
            "ca",
            Shape::TextOr(&PEM_FILE),
            "The authorities in PEM that sign the server's certificate. Without it, those that the machine trusts.",
            "{ \"file\": \"ca.pem\" }",
        ),
        key("insecure", Shape::Truth, "Whether any certificate of the server is taken.", "true"),
    ],
};

pub(in crate::suite) static PEM_FILE: Table = Table {
    noun: "a file in PEM",
    takes_matcher: false,
    keys: &[needed(
        "file",
        Shape::Plain,
        "The path of the file, from the folder of the suite.",
        "\"client.pem\"",
    )],
};

pub(in crate::suite) static FRAMING: Table = Table {
    noun: "a framing",
    takes_matcher: false,
    keys: &[
        key(
            "length",
            Shape::Label,
            "The whole number that says how many bytes come behind it: `u8` to `i64le`, or `varint`.",
            "\"u16\"",
        ),
        key("at", Shape::Count, "Where the length stands in a frame. Without it, 0.", "1"),
        key(
            "add",
            Shape::Whole,
            "What is added to the length to get the bytes behind it; below zero where it counts the header too. Without it, 0.",
            "-2",
        ),
        key("strip", Shape::Flag, "Whether steps see only what comes behind the length.", "true"),
        key(
            "delimiter",
            Shape::Any,
            "What stands behind each frame, which has no length then: a text, or `{\"$hex\": \"00\"}`.",
            "\"\\n\"",
        ),
        key("max", Shape::Size, "The most bytes of a frame. Without it, 1MiB; at most 64MiB.", "\"64KiB\""),
        key(
            "as",
            Shape::Label,
            "`text` or `binary`. Without it, frames are of the type of the messages that brought them.",
            "\"text\"",
        ),
    ],
};

pub(in crate::suite) static CHECK: Table = Table {
    noun: "a check",
    takes_matcher: false,
    keys: &[
        needed("check", Shape::Text, "The name of the check.", "\"bob hears alice\""),
        key("about", Shape::Plain, "Prose, shown in the page and in the HTML report.", ""),
        key("tags", Shape::List(&Shape::Label), "For choosing what runs.", "[\"smoke\"]"),
        key("timeout", Shape::Duration, "How long the check may take. Without it, 10m.", "\"30s\""),
        key("strict", Shape::Flag, "Whether a message that no step selected fails the check.", "true"),
        key(
            "skip",
            Shape::Plain,
            "Why the check does not run. It is reported as skipped.",
            "\"waits for ABC-12\"",
        ),
        key(
            "only",
            Shape::Plain,
            "Why only this check runs, and others with `only`. All other checks of the suite are reported as skipped.",
            "\"in the works\"",
        ),
        key(
            "each",
            Shape::Rows,
            "Makes one check of each row: a list of rows, columns, which give one row for each combination, or a file.",
            "{ \"n\": [1, 2, 3, 5, 8] }",
        ),
        key(
            "clients",
            Shape::Map(&Shape::Object(&CLIENT)),
            "Clients of this check only, and other settings for those of the suite.",
            "",
        ),
        key(
            "answers",
            Shape::List(&ANSWERS),
            "Messages that are answered while its steps run, before the answers of the suite.",
            "[{ \"to\": { \"text\": \"2\" }, \"send\": \"3\" }]",
        ),
        needed("steps", Shape::Steps, "What happens, one after the other.", "[{ \"connect\": \"alice\" }]"),
        THRESHOLDS,
    ],
};

pub(in crate::suite) static INVARIANT: Table = Table {
    noun: "an invariant",
    takes_matcher: false,
    keys: &[
        key("on", Shape::Targets, "Whose messages. Without it, those of all clients.", "\"*\""),
        key("increasing", PICKED, "The value there grows from message to message.", "\"$.seq\""),
        key("unique", PICKED, "The value there comes once.", "\"$.id\""),
        key("schema", Shape::Any, "Every message fits this JSON Schema (2020-12).", ""),
        key("max_gap", Shape::Duration, "The longest time between two messages.", "\"30s\""),
    ],
};
