//! A payload in the suite's notation, read once and built for every message.
//!
//! Owns the `$` notations. It refuses to know how bytes are made: see [`super::content`].

use serde_json::{Map, Value};

use super::concat::Concat;
use super::content::{Fill, base64, bytes, chars, hex, rest_filler, size, text};
use super::error::{PayloadError, PayloadErrorKind, at};
use super::frame::FrameSpec;
use crate::Payload;
use crate::base::nearest::nearest;
use crate::base::world::RawFrame;
use crate::template::{Document, ExpandError, LIMIT, Reference, Scope};

const KINDS: [&str; 8] = ["$json", "$text", "$hex", "$base64", "$bytes", "$chars", "$concat", "$frame"];
/// Where the parts of `$concat` stand.
const CONCAT: &str = "$['$concat']";
/// A payload that has been read once and can be built many times.
#[derive(Clone, Debug, PartialEq)]
pub struct PayloadSpec {
    form: Form,
}

#[derive(Clone, Debug, PartialEq)]
enum Form {
    /// As it stands, without `$json`.
    PlainJson(Document),
    Json(Document),
    /// As it stands, without `$text`.
    PlainText(Document),
    Text(Document),
    Hex(Document),
    Base64(Document),
    Bytes {
        size: Document,
        fill: Document,
    },
    Chars {
        size: Document,
        of: Document,
    },
    /// Parts one after the other.
    Concat(Concat),
    /// Not a message, but a frame.
    Frame(FrameSpec),
}

impl PayloadSpec {
    /// Reads a payload. All mistakes are reported at once.
    pub fn parse(value: &Value) -> Result<Self, Vec<PayloadError>> {
        let form = match value {
            Value::String(_) => Form::PlainText(document("$", value)?),
            Value::Object(entries) => match entries.keys().find(|key| key.starts_with('$')) {
                Some(key) => read_notation(key, entries)?,
                None => Form::PlainJson(document("$", value)?),
            },
            _ => Form::PlainJson(document("$", value)?),
        };
        let errors = form.known_mistakes();
        if errors.is_empty() { Ok(Self { form }) } else { Err(errors) }
    }

    /// What its strings refer to, each with its JSON path.
    pub fn names(&self) -> Vec<Reference> {
        let named = |path: &str, document: &Document| -> Vec<Reference> {
            let names = document.names().into_iter();
            names.map(|name| Reference { path: join(path, &name.path), ..name }).collect()
        };
        if let Form::Concat(concat) = &self.form {
            return concat.names(CONCAT);
        }
        if let Form::Frame(frame) = &self.form {
            return frame.names();
        }
        let parts = self.form.parts();
        parts.iter().flat_map(|(path, document)| named(path, document)).collect()
    }

    /// Whether it is a frame, which only the native engine sends.
    pub fn is_frame(&self) -> bool {
        matches!(self.form, Form::Frame(_))
    }

    /// The frame that is to be sent; none where it is a message.
    pub fn frame(&self, scope: &mut dyn Scope) -> Option<Result<RawFrame, PayloadError>> {
        match &self.form {
            Form::Frame(frame) => Some(frame.build(scope)),
            _ => None,
        }
    }

    /// The content of one message.
    pub fn build(&self, scope: &mut dyn Scope) -> Result<Payload, PayloadError> {
        if let Form::Concat(concat) = &self.form {
            return concat.build(CONCAT, scope);
        }
        if self.is_frame() {
            return Err(at("$", PayloadErrorKind::FrameAsMessage));
        }
        let parts = self.form.parts();
        let mut values = Vec::with_capacity(parts.len());
        for (path, document) in parts {
            values.push((path, document.expand(scope).map_err(|error| missing(path, error))?));
        }
        let mut values = values.into_iter();
        let (path, first) = values.next().unwrap_or_default();
        let payload = match (&self.form, values.next()) {
            (Form::PlainJson(_) | Form::Json(_), _) => Payload::Text(first.to_string()),
            (Form::Hex(_), _) => Payload::Binary(hex(&text(first)).map_err(|kind| at(path, kind))?),
            (Form::Base64(_), _) => Payload::Binary(base64(&text(first)).map_err(|kind| at(path, kind))?),
            (Form::Bytes { .. }, Some((fill_path, fill))) => {
                let size = size(&first).map_err(|kind| at(path, kind))?;
                let fill = Fill::parse(&text(fill)).map_err(|kind| at(fill_path, kind))?;
                Payload::Binary(bytes(size, fill, scope))
            }
            (Form::Chars { .. }, Some((of_path, of))) => {
                let size = size(&first).map_err(|kind| at(path, kind))?;
                Payload::Text(chars(size, &text(of)).map_err(|kind| at(of_path, kind))?)
            }
            (_, _) => Payload::Text(text(first)),
        };
        match payload.as_bytes().len() {
            0..=LIMIT => Ok(payload),
            bytes => Err(at("$", PayloadErrorKind::TooLarge { bytes: bytes as u64 })),
        }
    }
}

impl Form {
    /// Its templates, each with its JSON path.
    fn parts(&self) -> Vec<(&'static str, &Document)> {
        match self {
            Self::PlainJson(document) | Self::PlainText(document) => vec![("$", document)],
            Self::Json(document) => vec![("$['$json']", document)],
            Self::Text(document) => vec![("$['$text']", document)],
            Self::Hex(document) => vec![("$['$hex']", document)],
            Self::Base64(document) => vec![("$['$base64']", document)],
            Self::Bytes { size, fill } => vec![("$['$bytes'].size", size), ("$['$bytes'].fill", fill)],
            Self::Chars { size, of } => vec![("$['$chars'].size", size), ("$['$chars'].of", of)],
            // Its parts are payloads themselves.
            Self::Concat(_) | Self::Frame(_) => Vec::new(),
        }
    }

    /// The mistakes in what has no placeholder.
    fn known_mistakes(&self) -> Vec<PayloadError> {
        let mut mistakes = Vec::new();
        let mut note = |path: &str, result: Result<(), PayloadErrorKind>| {
            mistakes.extend(result.err().map(|kind| at(path, kind)));
        };
        let plain = |document: &Document| document.literal().cloned();
        match self {
            Self::PlainJson(_)
            | Self::Json(_)
            | Self::PlainText(_)
            | Self::Text(_)
            | Self::Concat(_)
            | Self::Frame(_) => {}
            Self::Hex(given) => {
                note("$['$hex']", plain(given).map_or(Ok(()), |given| hex(&text(given)).map(drop)));
            }
            Self::Base64(given) => {
                note("$['$base64']", plain(given).map_or(Ok(()), |given| base64(&text(given)).map(drop)));
            }
            Self::Bytes { size: given, fill } => {
                note("$['$bytes'].size", plain(given).map_or(Ok(()), |given| size(&given).map(drop)));
                note(
                    "$['$bytes'].fill",
                    plain(fill).map_or(Ok(()), |fill| Fill::parse(&text(fill)).map(drop)),
                );
            }
            Self::Chars { size: given, of } => {
                let known_size = plain(given).map(|given| size(&given)).transpose();
                let known_of = plain(of).map(text);
                let fits = match (&known_size, &known_of) {
                    (_, Some(of)) if of.is_empty() => Err(PayloadErrorKind::NoCharacters),
                    (Ok(Some(size)), Some(of)) => rest_filler(*size, of).map(drop),
                    _ => Ok(()),
                };
                note("$['$chars'].size", known_size.map(drop));
                note("$['$chars'].of", fits);
            }
        }
        mistakes
    }
}

/// Reads `{"$…": …}`.
fn read_notation(key: &str, entries: &Map<String, Value>) -> Result<Form, Vec<PayloadError>> {
    let one = |path: &str, kind| vec![at(path, kind)];
    let Some(known) = KINDS.iter().find(|kind| **kind == key) else {
        let nearest = nearest(key, KINDS).map(str::to_owned);
        return Err(one("$", PayloadErrorKind::UnknownKind { key: key.to_owned(), nearest }));
    };
    if let Some(other) = entries.keys().find(|other| *other != key) {
        let (key, other) = (key.to_owned(), other.clone());
        return Err(one("$", PayloadErrorKind::NotAlone { key, other }));
    }
    let path = format!("$['{known}']");
    let given = &entries[key];
    let wanted = match *known {
        "$json" => return Ok(Form::Json(document(&path, given)?)),
        "$frame" => return Ok(Form::Frame(FrameSpec::read(given)?)),
        "$concat" => return Ok(Form::Concat(Concat::read(&path, given)?)),
        "$bytes" | "$chars" => "an object such as {\"size\": \"64KiB\"}",
        _ => "a string",
    };
    match (*known, given) {
        ("$text", Value::String(_)) => Ok(Form::Text(document(&path, given)?)),
        ("$hex", Value::String(_)) => Ok(Form::Hex(document(&path, given)?)),
        ("$base64", Value::String(_)) => Ok(Form::Base64(document(&path, given)?)),
        ("$bytes", Value::Object(fields)) => {
            let (size, fill) = sized("$bytes", fields, "fill", "zero")?;
            Ok(Form::Bytes { size, fill })
        }
        ("$chars", Value::Object(fields)) => {
            let (size, of) = sized("$chars", fields, "of", "a")?;
            Ok(Form::Chars { size, of })
        }
        _ => Err(one(&path, PayloadErrorKind::Type { kind: known, wanted, got: type_of(given) })),
    }
}

/// The size and the other field of `$bytes` and `$chars`.
fn sized(
    kind: &'static str,
    fields: &Map<String, Value>,
    other: &'static str,
    default: &str,
) -> Result<(Document, Document), Vec<PayloadError>> {
    let path = format!("$['{kind}']");
    let known = if other == "fill" { "size and fill" } else { "size and of" };
    let mut errors = Vec::new();
    for key in fields.keys().filter(|key| !["size", other].contains(&key.as_str())) {
        let nearest = nearest(key, ["size", other]).map(str::to_owned);
        errors.push(at(&path, PayloadErrorKind::UnknownKey { kind, key: key.clone(), nearest, known }));
    }
    let mut read = |key: &'static str, value: &Value| {
        document(&format!("{path}.{key}"), value).map_err(|found| errors.extend(found)).ok()
    };
    let size = fields.get("size").and_then(|size| read("size", size));
    let default = Value::from(default);
    let second = fields.get(other).unwrap_or(&default);
    let second_read = read(other, second);
    if !fields.contains_key("size") {
        errors.push(at(&path, PayloadErrorKind::NoSize(kind)));
    }
    if !second.is_string() {
        let (path, got) = (format!("{path}.{other}"), type_of(second));
        errors.push(at(&path, PayloadErrorKind::Type { kind: other, wanted: "a string", got }));
    }
    match (size, second_read) {
        (Some(size), Some(second)) if errors.is_empty() => Ok((size, second)),
        _ => Err(errors),
    }
}

pub(super) fn document(path: &str, value: &Value) -> Result<Document, Vec<PayloadError>> {
    Document::parse(value).map_err(|errors| {
        let placed = errors.into_iter().map(|error| PayloadError {
            path: join(path, &error.path),
            at: error.at,
            kind: PayloadErrorKind::Template(error.kind),
        });
        placed.collect()
    })
}

pub(super) fn missing(path: &str, error: ExpandError) -> PayloadError {
    PayloadError { path: join(path, &error.path), at: error.at, kind: PayloadErrorKind::Expand(error.kind) }
}

/// The path of something within `outer`, both beginning with `$`.
pub(super) fn join(outer: &str, inner: &str) -> String {
    format!("{outer}{}", inner.strip_prefix('$').unwrap_or(inner))
}

pub(super) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::template::fixture::Known;

    fn build(value: &Value) -> Result<Payload, PayloadError> {
        PayloadSpec::parse(value).expect("a good payload").build(&mut Known::with_seed(42))
    }

    #[track_caller]
    fn check(value: Value, expected: &str) {
        assert_eq!(build(&value), Ok(Payload::from(expected)));
    }

    #[track_caller]
    fn check_binary(value: Value, expected: &[u8]) {
        assert_eq!(build(&value), Ok(Payload::Binary(expected.to_vec())));
    }

    #[track_caller]
    fn check_err(value: Value, expected: &[(&str, &str)]) {
        let errors = PayloadSpec::parse(&value).expect_err("a bad payload");
        let told: Vec<_> = errors.iter().map(|error| (error.path.clone(), error.to_string())).collect();
        let told: Vec<_> = told.iter().map(|(path, message)| (path.as_str(), message.as_str())).collect();
        assert_eq!(told, expected);
    }

    #[track_caller]
    fn check_build_err(value: Value, path: &str, message: &str) {
        let error = build(&value).expect_err("a payload that cannot be built");
        assert_eq!((error.path.as_str(), error.to_string().as_str()), (path, message));
    }

    #[test]
    fn ok_json_is_sent_compact_and_in_order() {
        check(json!({"z": [1, true, null], "a": "{{n}}"}), r#"{"z":[1,true,null],"a":5}"#);
        check(json!([]), "[]");
        check(json!(5), "5");
        check(json!(false), "false");
        check(json!(10000000000000001_u64), "10000000000000001");
    }

    #[test]
    fn ok_a_string_is_sent_as_it_is() {
        check(json!("hi {{room}}"), "hi blue");
        check(json!("{{n}}"), "5");
        check(json!("{{who}}"), r#"{"b":1,"a":[true,null]}"#);
    }

    #[test]
    fn ok_json_and_text_by_name() {
        check(json!({"$json": "hi"}), "\"hi\"");
        check(json!({"$json": {"$hex": 1}}), r#"{"$hex":1}"#);
        check(json!({"$text": "{{client}}"}), "alice");
    }

    #[test]
    fn ok_bytes_by_digits() {
        check_binary(json!({"$hex": "00 fF"}), &[0, 255]);
        check_binary(json!({"$base64": "AP8="}), &[0, 255]);
        check_binary(json!({"$base64": "-_8"}), &[251, 255]);
        check_binary(json!({"$base64": "{{base64 room}}"}), b"blue");
    }

    #[test]
    fn ok_bytes_by_size() {
        check_binary(json!({"$bytes": {"size": 3}}), &[0, 0, 0]);
        check_binary(json!({"$bytes": {"size": "{{n}}", "fill": "ramp"}}), &[0, 1, 2, 3, 4]);
        let random = json!({"$bytes": {"size": "1KiB", "fill": "random"}});
        assert_eq!(build(&random), build(&random));
        assert_eq!(build(&random).expect("bytes").as_bytes().len(), 1024);
    }

    #[test]
    fn ok_parts_one_after_the_other() {
        check(json!({"$concat": ["42", ["say", {"n": "{{n}}"}]]}), r#"42["say",{"n":5}]"#);
        check_binary(
            json!({"$concat": [{"$u8": 16}, {"$length": "u16", "of": ["{{room}}", {"$hex": "00"}]}, {"$u16le": "{{n}}"}]}),
            &[16, 0, 5, b'b', b'l', b'u', b'e', 0, 5, 0],
        );
        check_binary(json!({"$concat": [{"$length": "u8", "of": "hi"}]}), &[2, b'h', b'i']);
        check_binary(json!({"$concat": [{"$i32": -1}, {"$base64": "AA=="}]}), &[255, 255, 255, 255, 0]);
        check(json!({"$concat": []}), "");
    }

    #[test]
    fn err_parts() {
        check_err(
            json!({"$concat": "x"}),
            &[("$['$concat']", "$concat is a list of payloads, not a string")],
        );
        check_err(
            json!({"$concat": [{"$u8": 256}, {"$hx": "00"}, {"$length": "u15", "of": []}, {"$length": "u8"}]}),
            &[
                ("$['$concat'][0]['$u8']", "256 does not fit into u8"),
                (
                    "$['$concat'][1]",
                    "unknown payload key $hx, did you mean $hex?; to send a message with such a key, write {\"$json\": {\"$hx\": …}}",
                ),
                (
                    "$['$concat'][2]",
                    "$length is written as a whole number such as \"u16\", not \"u15\"; did you mean \"u16\"?",
                ),
                (
                    "$['$concat'][3]",
                    "$length needs what it is the length of; write \"of\": [\"…\"] beside it",
                ),
            ],
        );
        check_build_err(
            json!({"$concat": [{"$length": "u8", "of": {"$chars": {"size": 256}}}]}),
            "$['$concat'][0]",
            "256 does not fit into u8",
        );
        check_build_err(
            json!({"$concat": [{"$u8": "{{room}}"}]}),
            "$['$concat'][0]['$u8']",
            "\"blue\" does not fit into u8",
        );
        let names = PayloadSpec::parse(
            &json!({"$concat": ["a", {"$length": "u8", "of": ["{{n}}", {"$u8": "{{i}}"}]}]}),
        )
        .expect("good")
        .names();
        let places: Vec<_> = names.iter().map(|name| name.path.as_str()).collect();
        assert_eq!(places, ["$['$concat'][1].of[0]", "$['$concat'][1].of[1]['$u8']"]);
    }

    #[test]
    fn ok_chars_are_whole_and_the_size_is_exact() {
        check(json!({"$chars": {"size": 10, "of": "aé€😀"}}), "aé€😀");
        check(json!({"$chars": {"size": 8, "of": "aé€😀"}}), "aé€aa");
        check(json!({"$chars": {"size": 4, "of": "éa"}}), "éaa");
        check(json!({"$chars": {"size": 3}}), "aaa");
        for size in 0..200 {
            let built = build(&json!({"$chars": {"size": size, "of": "aé€😀"}})).expect("text");
            assert_eq!(built.as_bytes().len(), size);
        }
    }

    #[test]
    fn ok_the_largest_payload() {
        assert!(build(&json!({"$bytes": {"size": "64MiB"}})).is_ok());
        check_err(
            json!({"$bytes": {"size": 67108865}}),
            &[("$['$bytes'].size", "a payload of 67108865 bytes; the limit is 64MiB")],
        );
    }

    #[test]
    fn err_an_unknown_notation_names_the_nearest() {
        check_err(
            json!({"$txt": "a"}),
            &[(
                "$",
                r#"unknown payload key $txt, did you mean $text?; to send a message with such a key, write {"$json": {"$txt": …}}"#,
            )],
        );
        check_err(
            json!({"$ref": "a"}),
            &[(
                "$",
                r#"unknown payload key $ref; to send a message with such a key, write {"$json": {"$ref": …}}"#,
            )],
        );
    }

    #[test]
    fn err_a_notation_stands_alone() {
        check_err(
            json!({"a": 1, "$hex": "00"}),
            &[(
                "$",
                r#"$hex must be the only key, but "a" is there too; to send both, write {"$json": {…}}"#,
            )],
        );
    }

    #[test]
    fn err_what_has_no_placeholder_is_checked_at_once() {
        check_err(
            json!({"$hex": "0g"}),
            &[("$['$hex']", "'g' is not a hexadecimal digit; $hex is pairs of 0 to 9 and a to f")],
        );
        check_err(json!({"$hex": "000"}), &[("$['$hex']", "$hex has 3 digits; a byte is two")]);
        check_err(
            json!({"$base64": "A"}),
            &[("$['$base64']", "$base64 cannot be decoded: Invalid input length: 1")],
        );
        check_err(
            json!({"$chars": {"size": 1, "of": ""}}),
            &[("$['$chars'].of", "\"of\" is empty; name at least one character to fill with")],
        );
        check_err(
            json!({"$chars": {"size": 3, "of": "é"}}),
            &[(
                "$['$chars'].of",
                "3 bytes cannot be filled with whole characters of \"é\": 1 remain; add a character of one byte, such as a, or change the size",
            )],
        );
    }

    #[test]
    fn err_all_at_once() {
        check_err(
            json!({"$bytes": {"size": "64kb", "fill": "rampe"}}),
            &[
                ("$['$bytes'].size", "\"64kb\" is not a size; did you mean 64KiB?"),
                ("$['$bytes'].fill", "\"rampe\" is not a fill; did you mean ramp?"),
            ],
        );
        check_err(
            json!({"$chars": {"sise": 1, "of": 5}}),
            &[
                ("$['$chars']", "$chars has no \"sise\"; did you mean size?"),
                ("$['$chars']", "$chars needs a size, such as \"64KiB\""),
                ("$['$chars'].of", "of is a string, not a number"),
            ],
        );
    }

    #[test]
    fn err_types() {
        check_err(json!({"$hex": 5}), &[("$['$hex']", "$hex is a string, not a number")]);
        check_err(
            json!({"$bytes": 5}),
            &[("$['$bytes']", "$bytes is an object such as {\"size\": \"64KiB\"}, not a number")],
        );
    }

    #[test]
    fn err_templates_have_their_path() {
        check_err(
            json!({"$json": {"a": ["{{uuid 4}}"]}}),
            &[("$['$json'].a[0]", "uuid is written as {{uuid}}")],
        );
        check_build_err(json!({"a": "{{bob.x}}"}), "$.a", "bob has not captured x yet");
        check_build_err(
            json!({"$hex": "{{room}}"}),
            "$['$hex']",
            "'l' is not a hexadecimal digit; $hex is pairs of 0 to 9 and a to f",
        );
        check_build_err(
            json!({"$chars": {"size": "{{n}}", "of": "€"}}),
            "$['$chars'].of",
            "5 bytes cannot be filled with whole characters of \"€\": 2 remain; add a character of one byte, such as a, or change the size",
        );
    }

    #[test]
    fn names_have_their_path() {
        let spec = PayloadSpec::parse(&json!({"$bytes": {"size": "{{n}}"}})).expect("a good payload");
        assert_eq!(spec.names().first().map(|name| name.path.as_str()), Some("$['$bytes'].size"));
    }
}
