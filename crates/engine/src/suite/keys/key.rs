//! What a key is, and the keys that mean the same wherever they stand.

/// What follows a key.
#[derive(Clone, Copy, Debug)]
pub(in crate::suite) enum Shape {
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
    /// A whole number, also below zero.
    Whole,
    /// A number of bytes, such as `64KiB`, or a whole number.
    Size,
    /// A close code or an HTTP status.
    Code,
    /// One of them or several.
    Codes,
    /// A JSONPath.
    Path,
    /// A JSONPath, or an object with these keys.
    Captured(&'static Table),
    /// The same, or `false`.
    CapturedOrFalse(&'static Table),
    /// Such as `alice`, `crowd[3]` or `*`, or a list of those.
    Targets,
    /// A matcher.
    Matcher,
    /// A text that must be equal, or a matcher.
    TextOrMatcher,
    /// A payload.
    Payload,
    /// The name of a definition.
    Definition,
    /// `open` or `closed`.
    Schedule,
    /// A duration, or an object with these keys.
    Pause(&'static Table),
    /// A text with placeholders, or an object with these keys.
    TextOr(&'static Table),
    /// How many a second, such as `50/s`.
    Rate,
    /// `even` or `random`.
    Arrivals,
    /// The rows of a check.
    Rows,
    /// Metrics and what they are compared with.
    Bounds,
    /// A condition: `true`, `false`, a placeholder, or an object with these keys.
    Condition(&'static Table),
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
pub(in crate::suite) struct Key {
    pub(in crate::suite) name: &'static str,
    pub(in crate::suite) shape: Shape,
    /// Whether it must be there.
    pub(in crate::suite) needed: bool,
    /// What it means, in Markdown.
    pub(in crate::suite) about: &'static str,
    /// One as JSON; empty when the shape says enough.
    pub(in crate::suite) example: &'static str,
}

/// The name of the key that stands for all others: their values have its shape.
pub(in crate::suite) const REST: &str = "*";

/// The keys of one kind of object.
#[derive(Debug)]
pub(in crate::suite) struct Table {
    /// What the object is, as in "is not a key of a check".
    pub(in crate::suite) noun: &'static str,
    pub(in crate::suite) keys: &'static [Key],
    /// Whether the keys of a matcher may stand in it too.
    pub(in crate::suite) takes_matcher: bool,
}

impl Table {
    pub(in crate::suite) fn has(&self, name: &str) -> bool {
        self.keys.iter().any(|key| key.name == name)
    }

    /// Whether names of one's own may stand in it.
    pub(in crate::suite) fn takes_rest(&self) -> bool {
        self.has(REST)
    }
}

pub(in crate::suite) const fn key(
    name: &'static str,
    shape: Shape,
    about: &'static str,
    example: &'static str,
) -> Key {
    Key { name, shape, needed: false, about, example }
}

pub(in crate::suite) const fn needed(
    name: &'static str,
    shape: Shape,
    about: &'static str,
    example: &'static str,
) -> Key {
    Key { name, shape, needed: true, about, example }
}

pub(super) const WITHIN: Key =
    key("within", Shape::Duration, "How long to wait. Without it, `defaults.within` (2s).", "\"500ms\"");
pub(super) const SINCE: Key =
    key("since", Shape::Label, "The name of a `mark`: only messages from that moment on.", "\"said\"");
pub(super) const METRIC: Key = key(
    "metric",
    Shape::Label,
    "The name of the metric that the latency is a sample of. Without it, `rtt` for messages and `http` for HTTP calls.",
    "\"fanout\"",
);
pub(super) const CAPTURE: Key = key(
    "capture",
    Shape::Map(&CAPTURED_VALUE),
    "What to remember: a name and the JSONPath of its value, or `regex` of a text, or `bytes`. Later `{{name}}`, or `{{bob.name}}` from another client.",
    "{ \"sid\": \"$.session\" }",
);
static CAPTURED_VALUE: Shape = PICKED;
/// Where one value of a message is.
pub(super) const PICKED: Shape = Shape::Captured(&CAPTURED);

pub(in crate::suite) static CAPTURED: Table = Table {
    noun: "the place of a value",
    takes_matcher: false,
    keys: &[
        key(
            "regex",
            Shape::Text,
            "Of a text: the first group of this regular expression, or all that it matches. Groups with names are captured under those.",
            "\"^(?<kind>[0-9]+)\"",
        ),
        key(
            "bytes",
            Shape::Object(&CAPTURED_BYTES),
            "Of a binary message: bytes at a place.",
            "{ \"at\": 2, \"as\": \"u16\" }",
        ),
    ],
};

pub(in crate::suite) static CAPTURED_BYTES: Table = Table {
    noun: "the place of bytes",
    takes_matcher: false,
    keys: &[
        key("prefix", Shape::Text, "Only of a message that begins with these hexadecimal digits.", "\"08\""),
        key("at", Shape::Whole, "The first byte, from 0; below zero from the end. Without it, 0.", "2"),
        key("size", Shape::Count, "How many bytes. Without it, all to the end.", "4"),
        key(
            "as",
            Shape::Text,
            "`hex` (unless given), `base64`, `text`, or a whole number: `u8 i8 u16 i16 u32 i32 u64 i64`, with `le` at the end for the low byte first, or `varint`.",
            "\"u16\"",
        ),
    ],
};

pub(super) const CORRELATE: Key = key(
    "correlate",
    Shape::CapturedOrFalse(&CAPTURED),
    "JSONPath of the field that a reply shares with its request; or `regex` of a text, or `bytes`. `false` switches off what is said elsewhere.",
    "\"$.id\"",
);
pub(super) const THRESHOLDS: Key = key(
    "thresholds",
    Shape::Bounds,
    "Metrics and their bounds. Each has a line of its own in every report.",
    "{ \"rtt.p95\": \"< 10ms\", \"missing\": \"== 0\" }",
);
