//! The keys of what stands within a step: what it expects, how it closes, how it repeats.

use super::key::{CAPTURE, CORRELATE, Key, METRIC, SINCE, Shape, Table, WITHIN, key, needed};

pub(in crate::suite) static CONNECT_EXPECT: Table = Table {
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
        key(
            "status",
            Shape::Codes,
            "The status of the server's answer, 101 where it opens. Only the native engine sees it.",
            "401",
        ),
        key(
            "headers",
            Shape::Map(&Shape::TextOrMatcher),
            "Header fields of the server's answer; one that is not there is an empty text. Only the native engine sees them.",
            "{ \"server\": { \"contains\": \"nginx\" } }",
        ),
        key("refused", Shape::Truth, "Whether the handshake must fail.", "true"),
        key(
            "capture",
            Shape::Map(&Shape::Path),
            "What to remember of `{ \"protocol\", \"extensions\", \"open_ms\" }`, and with the native engine of `{ \"status\", \"headers\" }`.",
            "{ \"chosen\": \"$.protocol\" }",
        ),
        key("within", Shape::Duration, "How long one handshake may take.", "\"1s\""),
    ],
};

pub(in crate::suite) static EXPECT: Table = Table {
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

pub(in crate::suite) static ITEM: Table = Table {
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

pub(in crate::suite) static SILENCE: Table = Table {
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

pub(in crate::suite) static PONG: Table =
    Table { noun: "what a ping expects", takes_matcher: false, keys: &[WITHIN, METRIC] };

pub(in crate::suite) static CLOSE: Table = Table {
    noun: "a close",
    takes_matcher: false,
    keys: &[
        key("code", Shape::Code, "1000, or 3000 to 4999. Without it, 1000.", "1000"),
        key("reason", Shape::Text, "At most 123 bytes. Without it, empty.", "\"bye\""),
        key(
            "raw",
            Shape::Code,
            "Any code in place of `code`, also one that a page may not send. Only the native engine sends it.",
            "1002",
        ),
    ],
};

pub(in crate::suite) static CLOSE_EXPECT: Table = Table {
    noun: "what a close expects",
    takes_matcher: false,
    keys: &[needed(
        "closed",
        Shape::Object(&CLOSED),
        "What the end must look like; `{}` is any end.",
        "{ \"clean\": true }",
    )],
};

pub(in crate::suite) static CLOSED: Table = Table {
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

pub(in crate::suite) static COMPARISON: Table = Table {
    noun: "a comparison",
    takes_matcher: true,
    keys: &[needed(
        "var",
        Shape::Label,
        "The name of a variable or of what the client has captured, or `bob.sid`. Beside it stand `eq ne gt gte lt lte in matches type exists length near`, or the keys of a matcher.",
        "\"state\"",
    )],
};

pub(in crate::suite) static UNTIL: Table = Table {
    noun: "an until",
    takes_matcher: true,
    keys: &[key(
        "var",
        Shape::Label,
        "The name of a variable that must be like this. Without it, the last message or answer of the round must be.",
        "\"state\"",
    )],
};

pub(in crate::suite) static HTTP: Table = Table {
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
        key(
            "body",
            Shape::Object(&HTTP_FILE),
            "The body from a file beside the suite, byte for byte.",
            "{ \"file\": \"photo.png\", \"type\": \"image/png\" }",
        ),
        key(
            "multipart",
            Shape::List(&Shape::Object(&HTTP_PART)),
            "The body as a form with files (`multipart/form-data`), part by part.",
            "[{ \"name\": \"title\", \"text\": \"A photo\" }, { \"name\": \"photo\", \"file\": \"photo.png\" }]",
        ),
        key(
            "cookies",
            Shape::Truth,
            "Whether cookies go along to another origin, and its cookies are kept. Without it, `defaults.cookies`.",
            "true",
        ),
        key(
            "redirect",
            Shape::Text,
            "`follow` goes where an answer leads, `error` fails, `manual` takes that answer. Without it, `follow`.",
            "\"manual\"",
        ),
    ],
};

const FILE: &str =
    "The path of the file from this one. It is sent as it is: placeholders in it mean nothing.";
const TYPE: Key = key(
    "type",
    Shape::Text,
    "Its content type. Without it, `application/octet-stream` for a file and `application/json` for `json`.",
    "\"image/png\"",
);

pub(in crate::suite) static HTTP_FILE: Table = Table {
    noun: "a file as a body",
    takes_matcher: false,
    keys: &[needed("file", Shape::Plain, FILE, "\"photo.png\""), TYPE],
};

pub(in crate::suite) static HTTP_PART: Table = Table {
    noun: "a part of a form",
    takes_matcher: false,
    keys: &[
        needed("name", Shape::Text, "The name of the field.", "\"photo\""),
        key("text", Shape::Text, "Its value as it is.", "\"A photo\""),
        key("json", Shape::Any, "Its value as JSON, instead of `text`.", "{ \"tags\": [\"cat\"] }"),
        key("file", Shape::Plain, FILE, "\"photo.png\""),
        TYPE,
        key(
            "filename",
            Shape::Text,
            "The name of the file as the server sees it. Without it, the last part of the path.",
            "\"cat.png\"",
        ),
    ],
};

pub(in crate::suite) static HTTP_EXPECT: Table = Table {
    noun: "what an HTTP call expects",
    takes_matcher: true,
    keys: &[
        key(
            "status",
            Shape::Codes,
            "The status, or a list of accepted ones. Without it, any below 400.",
            "200",
        ),
        key("redirected", Shape::Truth, "Whether an answer must lead elsewhere, or must not.", "false"),
        key(
            "url",
            Shape::TextOrMatcher,
            "The address that the answer came from in the end.",
            "{ \"contains\": \"/welcome\" }",
        ),
        CAPTURE,
        key("within", Shape::Duration, "How long it may take, with `until` all calls together.", "\"1s\""),
        METRIC,
        key(
            "until",
            Shape::Matcher,
            "The call is made again until the body is like this. It has `within` for all calls together.",
            "{ \"subset\": { \"state\": \"done\" } }",
        ),
        key(
            "every",
            Shape::Duration,
            "With `until`: the time from the start of one call to the start of the next. Without it, 500ms.",
            "\"500ms\"",
        ),
    ],
};

pub(in crate::suite) static REPEAT: Table = Table {
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
        key(
            "until",
            Shape::Object(&UNTIL),
            "The rounds end when what the last one got, or a variable, is like this. If it never is, the step fails.",
            "{ \"subset\": { \"state\": \"done\" } }",
        ),
    ],
};
