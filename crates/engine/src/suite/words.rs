//! Keys that other parts of the engine read: those of matchers and of payloads.
//!
//! Owns what they mean in words, for the JSON Schema and for the editor. It refuses to read any: `engine::matcher` and
//! `engine::payload_spec` do, and a test holds these tables against theirs. Completion offers keys in the order of these
//! tables; the JSON Schema of a matcher has its keys in the order of the reader.

use super::keys::{Key, Shape, Table, key, needed};

pub(super) static MATCHER: Table = Table {
    noun: "a matcher",
    takes_matcher: false,
    keys: &[
        key(
            "subset",
            Shape::Map(&Shape::Any),
            "The JSON message contains this, recursively. A leaf may be operators such as `{\"$gt\": 1}`: \
             `$gt $gte $lt $lte $ne $in $regex $type $exists $len $near $any`.",
            "{ \"type\": \"joined\" }",
        ),
        key("equals", Shape::Any, "The JSON message equals this.", "{ \"type\": \"pong\" }"),
        key("text", Shape::Text, "The text of the message is this.", "\"hello\""),
        key("contains", Shape::Text, "The text of the message contains this.", "\"hello\""),
        key("regex", Shape::Text, "The text of the message matches this.", "\"^hel+o$\""),
        key(
            "path",
            Shape::Path,
            "What this JSONPath selects exists, or fulfils `eq ne gt gte lt lte in matches type exists length near` beside it.",
            "\"$.items[0].id\"",
        ),
        key(
            "schema",
            Shape::Map(&Shape::Any),
            "The message fits this JSON Schema (2020-12).",
            "{ \"type\": \"object\", \"required\": [\"id\"] }",
        ),
        key(
            "bytes",
            Shape::Object(&BYTES),
            "The message is binary and has this `size`, `hex`, `prefix`, `contains` or `sha256`, or this whole number `at` a place.",
            "{ \"size\": 65536 }",
        ),
        key("echo", Shape::Truth, "What this step sent, byte for byte, and of the same type.", "true"),
        key("any", Shape::Truth, "Any message.", "true"),
        key("not", Shape::Matcher, "This does not hold.", "{ \"contains\": \"error\" }"),
        key(
            "all_of",
            Shape::List(&Shape::Matcher),
            "All of these hold.",
            "[{ \"contains\": \"a\" }, { \"contains\": \"b\" }]",
        ),
        key(
            "any_of",
            Shape::List(&Shape::Matcher),
            "At least one of these holds.",
            "[{ \"text\": \"a\" }, { \"text\": \"b\" }]",
        ),
        key("eq", Shape::Any, "With `path` or `var`: equal to this.", "1"),
        key("ne", Shape::Any, "With `path` or `var`: not equal to this.", "1"),
        key("gt", Shape::Any, "With `path` or `var`: compared with this number or text.", "1"),
        key("gte", Shape::Any, "With `path` or `var`: compared with this number or text.", "1"),
        key("lt", Shape::Any, "With `path` or `var`: compared with this number or text.", "1"),
        key("lte", Shape::Any, "With `path` or `var`: compared with this number or text.", "1"),
        key("in", Shape::List(&Shape::Any), "With `path` or `var`: one of these.", "[1, 2]"),
        key("matches", Shape::Text, "With `path` or `var`: a text that matches this.", "\"^a\""),
        key("type", Shape::Text, "With `path` or `var`: of this type, or one of these.", "\"string\""),
        key("exists", Shape::Truth, "With `path` or `var`: whether there is something.", "true"),
        key("length", Shape::Any, "With `path` or `var`: as many items, members or characters.", "3"),
        key(
            "near",
            Shape::List(&Shape::Any),
            "With `path` or `var`: within a tolerance of a number, or of a moment.",
            "[\"{{now}}\", \"5s\"]",
        ),
    ],
};

pub(super) static BYTES: Table = Table {
    noun: "bytes",
    takes_matcher: false,
    keys: &[
        key("size", Shape::Count, "How many bytes.", "65536"),
        key("hex", Shape::Text, "The bytes as hexadecimal digits.", "\"00ff\""),
        key("sha256", Shape::Text, "Their SHA-256 as hexadecimal digits.", ""),
        key(
            "at",
            Shape::Whole,
            "Where `hex` and whole numbers are looked for, from 0; below zero from the end.",
            "2",
        ),
        key("prefix", Shape::Text, "The first bytes as hexadecimal digits.", "\"10\""),
        key("contains", Shape::Text, "These bytes are somewhere among them.", "\"0d0a\""),
        key("u8", Shape::Any, NUMBER, "16"),
        key("i8", Shape::Any, NUMBER, "-1"),
        key("u16", Shape::Any, NUMBER, "256"),
        key("i16", Shape::Any, NUMBER, "-1"),
        key("u32", Shape::Any, NUMBER, "{ \"$gt\": 0 }"),
        key("i32", Shape::Any, NUMBER, "-1"),
        key("u64", Shape::Any, NUMBER, "1"),
        key("i64", Shape::Any, NUMBER, "-1"),
        key("u16le", Shape::Any, LITTLE, "256"),
        key("i16le", Shape::Any, LITTLE, "-1"),
        key("u32le", Shape::Any, LITTLE, "{ \"$gt\": 0 }"),
        key("i32le", Shape::Any, LITTLE, "-1"),
        key("u64le", Shape::Any, LITTLE, "1"),
        key("i64le", Shape::Any, LITTLE, "-1"),
        key(
            "varint",
            Shape::Any,
            "The whole number `at` a place in seven bits a byte, the low ones first, as in MQTT and Protocol Buffers.",
            "321",
        ),
    ],
};

pub(super) static PAYLOAD: Table = Table {
    noun: "a payload",
    takes_matcher: false,
    keys: &[
        key("$json", Shape::Any, "Sent as JSON, whatever keys it has.", "{ \"$ref\": 1 }"),
        key("$text", Shape::Text, "Sent as this text.", "\"hello\""),
        key("$hex", Shape::Text, "Bytes in hexadecimal digits.", "\"00ff\""),
        key("$base64", Shape::Text, "Bytes in base64.", "\"AP8=\""),
        key(
            "$bytes",
            Shape::Object(&SIZED_BYTES),
            "Bytes of this size.",
            "{ \"size\": \"64KiB\", \"fill\": \"random\" }",
        ),
        key(
            "$chars",
            Shape::Object(&SIZED_CHARS),
            "Text of this size in bytes of UTF-8.",
            "{ \"size\": 65536, \"of\": \"aé€😀\" }",
        ),
        key(
            "$concat",
            Shape::List(&Shape::Payload),
            "Payloads one after the other: binary, or text when all of them are. Parts may be `{\"$u16\": 5}` and `{\"$length\": \"u16\", \"of\": […]}` too.",
            "[{ \"$u8\": 16 }, { \"$length\": \"u16\", \"of\": [\"hello\"] }]",
        ),
        key(
            "$frame",
            Shape::Object(&FRAME),
            "A frame in place of a message, however wrong it is, in a send step. Only the native engine sends one.",
            "{ \"opcode\": \"text\", \"fin\": false, \"payload\": \"hel\" }",
        ),
    ],
};

/// What may stand in `$concat` beside payloads.
pub(super) static PART: Table = Table {
    noun: "a part of $concat",
    takes_matcher: false,
    keys: &[
        key(
            "$length",
            Shape::Label,
            "How many bytes `of` has, as a whole number of this form, and then these bytes.",
            "\"u16\", \"of\": [\"hello\"]",
        ),
        key(
            "of",
            Shape::List(&Shape::Payload),
            "What `$length` is the length of: one part, or a list of them.",
            "[\"hello\"]",
        ),
        key("$u8", Shape::Whole, WRITTEN, "16"),
        key("$i8", Shape::Whole, WRITTEN, "-1"),
        key("$u16", Shape::Whole, WRITTEN, "256"),
        key("$i16", Shape::Whole, WRITTEN, "-1"),
        key("$u32", Shape::Whole, WRITTEN, "256"),
        key("$i32", Shape::Whole, WRITTEN, "-1"),
        key("$u64", Shape::Whole, WRITTEN, "1"),
        key("$i64", Shape::Whole, WRITTEN, "-1"),
        key("$u16le", Shape::Whole, WRITTEN_LITTLE, "256"),
        key("$i16le", Shape::Whole, WRITTEN_LITTLE, "-1"),
        key("$u32le", Shape::Whole, WRITTEN_LITTLE, "256"),
        key("$i32le", Shape::Whole, WRITTEN_LITTLE, "-1"),
        key("$u64le", Shape::Whole, WRITTEN_LITTLE, "1"),
        key("$i64le", Shape::Whole, WRITTEN_LITTLE, "-1"),
        key("$varint", Shape::Whole, "This whole number in seven bits a byte, the low ones first.", "321"),
    ],
};

const WRITTEN: &str = "This whole number, the high byte first.";
const WRITTEN_LITTLE: &str = "This whole number, the low byte first.";

static FRAME: Table = Table {
    noun: "$frame",
    takes_matcher: false,
    keys: &[
        key(
            "opcode",
            Shape::Any,
            "`continuation`, `text`, `binary`, `close`, `ping`, `pong`, or a number from 0 to 15. Without it, `text`.",
            "\"continuation\"",
        ),
        key("fin", Shape::Flag, "Whether it ends its message. Without it, true.", "false"),
        key("rsv", Shape::Count, "The three reserved bits as a number from 0 to 7. Without it, 0.", "4"),
        key(
            "masked",
            Shape::Flag,
            "Whether it is masked, as every client has to. Without it, true.",
            "false",
        ),
        key("length", Shape::Count, "The length that its head says. Without it, the true one.", "126"),
        key("payload", Shape::Payload, "What it holds. Without it, nothing.", "\"hel\""),
    ],
};

static SIZED_BYTES: Table = Table {
    noun: "$bytes",
    takes_matcher: false,
    keys: &[
        needed("size", Shape::Text, "Such as 65536 or `64KiB`.", "\"64KiB\""),
        key("fill", Shape::Text, "`zero`, `ramp` or `random`.", "\"random\""),
    ],
};

static SIZED_CHARS: Table = Table {
    noun: "$chars",
    takes_matcher: false,
    keys: &[
        needed("size", Shape::Text, "Such as 65536 or `64KiB`.", "\"64KiB\""),
        key("of", Shape::Text, "The characters that are repeated.", "\"aé€😀\""),
    ],
};

const NUMBER: &str =
    "The whole number `at` a place, the high byte first: a number, or operators such as `{\"$gt\": 0}`.";
const LITTLE: &str =
    "The whole number `at` a place, the low byte first: a number, or operators such as `{\"$gt\": 0}`.";

/// The operators for a leaf of `subset`: each with its meaning, and what goes in for its value.
pub(super) const OPERATORS: [(&str, &str, &str); 12] = [
    ("$any", "Anything, as long as it is there.", "true"),
    ("$gt", "Greater than this number or text.", "0"),
    ("$gte", "Greater than this number or text, or equal.", "0"),
    ("$lt", "Less than this number or text.", "0"),
    ("$lte", "Less than this number or text, or equal.", "0"),
    ("$ne", "Not equal to this.", "null"),
    ("$in", "One of these.", "[]"),
    ("$regex", "A text that matches this.", "\"\""),
    ("$type", "Of this type, or one of these.", "\"\""),
    ("$exists", "Whether there is something.", "true"),
    ("$len", "As many items, members or characters.", "0"),
    (
        "$near",
        "Within a tolerance of a number, or of a moment: milliseconds or seconds since 1970, or a date.",
        "[\"{{now}}\", \"5s\"]",
    ),
];

impl Table {
    /// The key of this name.
    pub(super) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::integer::INTEGERS;
    use crate::matcher::Matcher;
    use crate::payload_spec::PayloadSpec;

    #[test]
    fn the_words_are_those_of_the_readers() {
        let mut known: Vec<&str> = MATCHER.keys.iter().map(|key| key.name).collect();
        let mut read: Vec<&str> = Matcher::keys().collect();
        known.sort_unstable();
        read.sort_unstable();
        assert_eq!(known, read);
        let mut known = OPERATORS.map(|(name, ..)| name);
        let mut read: Vec<&str> = Matcher::operators().collect();
        known.sort_unstable();
        read.sort_unstable();
        assert_eq!(known.as_slice(), read);
    }

    #[test]
    fn every_example_is_read() {
        for key in MATCHER.keys {
            let value: serde_json::Value = serde_json::from_str(key.example).expect(key.name);
            let is_operator = key.about.starts_with("With");
            let matcher = match is_operator {
                true => serde_json::json!({ "path": "$", key.name: value }),
                false => serde_json::json!({ key.name: value }),
            };
            assert!(Matcher::compile(&matcher).is_ok(), "{matcher}");
        }
        let mut parts: Vec<_> = PART.keys.iter().filter_map(|key| key.name.strip_prefix('$')).collect();
        parts.retain(|name| *name != "length");
        let mut integers = INTEGERS;
        parts.sort_unstable();
        integers.sort_unstable();
        assert_eq!(parts, integers);
        for key in PART.keys.iter().filter(|key| key.name != "of") {
            let part = format!("{{\"$concat\": [{{\"{}\": {}}}]}}", key.name, key.example);
            let part = serde_json::from_str(&part).expect("JSON");
            assert!(PayloadSpec::parse(&part).is_ok(), "{part}");
        }
        for key in PAYLOAD.keys {
            let value: serde_json::Value = serde_json::from_str(key.example).expect(key.name);
            assert!(PayloadSpec::parse(&serde_json::json!({ key.name: value })).is_ok(), "{}", key.name);
        }
    }
}
