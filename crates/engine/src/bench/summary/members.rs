//! The members of a JSON message, without a tree: each scalar with its path.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::ValueKind;

/// Objects within objects are opened down to this depth.
const DEEPEST: usize = 3;
/// More members of one message are not looked at: a row has no room for them.
const MOST: usize = 48;
/// Members behind a longer path are left out: it would not fit, and what is learnt of it would take memory.
const LONGEST_PATH: usize = 200;
/// Characters of a value that are kept.
const LONGEST: usize = 60;
/// Bytes of a text that are read for them, and for the one that says that more follow: a quote, then 12 at most for each.
const READ: usize = 1 + 12 * (LONGEST + 1);

/// A member as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Such as `$.data.symbol`, or `$[0]`.
    pub path: String,
    /// The last part of the path.
    pub name: String,
    pub value: String,
    pub kind: ValueKind,
}

/// The members of a message that is a JSON object or array; none for anything else.
pub(super) fn members(text: &str) -> Option<Vec<Found>> {
    let first = text.trim_ascii_start().as_bytes().first()?;
    if !matches!(first, b'{' | b'[') {
        return None;
    }
    let mut found = Vec::new();
    collect(text, "$", 0, &mut found)?;
    Some(found)
}

/// The value at a path, as it was written. Other names than plain words are compared as JSON writes them.
pub(super) fn value_at<'a>(json: &'a str, path: &str) -> Option<&'a str> {
    let (mut value, mut rest) = (json, path.strip_prefix('$')?);
    while !rest.is_empty() {
        let parts: Parts<'a> = serde_json::from_str(value).ok()?;
        // Of several members of one name the last counts, as for a filter.
        let found = parts.0.into_iter().rev().find_map(|(name, value)| {
            let step = match name {
                Name::Member(name) => step(&name),
                Name::Index(place) => format!("[{place}]"),
            };
            let after = rest.strip_prefix(step.as_str())?;
            (after.is_empty() || after.starts_with(['.', '['])).then_some((value.get(), after))
        });
        (value, rest) = found?;
    }
    Some(value)
}

/// The last part of a path, as a person calls it.
pub(super) fn name_of(path: &str) -> String {
    if let Some((_, name)) = path.strip_suffix("\"]").and_then(|path| path.rsplit_once("[\"")) {
        return name.to_owned();
    }
    path[path.rfind(['.', '[']).unwrap_or(0)..].trim_start_matches('.').to_owned()
}

/// What a value is, and how a row shows it.
pub(super) fn told(value: &str) -> (ValueKind, String) {
    (kind(value), shown(value))
}

fn collect(json: &str, path: &str, depth: usize, found: &mut Vec<Found>) -> Option<()> {
    let parts: Parts = serde_json::from_str(json).ok()?;
    for (name, value) in parts.0 {
        if found.len() >= MOST {
            break;
        }
        let (path, name) = match name {
            Name::Member(name) => (format!("{path}{}", step(&name)), name.into_owned()),
            Name::Index(place) => (format!("{path}[{place}]"), format!("[{place}]")),
        };
        if path.len() > LONGEST_PATH {
            continue;
        }
        let value = value.get();
        let is_object = value.starts_with('{');
        // The parts of an array stand for themselves only where the array is the message.
        if is_object && depth + 1 < DEEPEST {
            let before = found.len();
            collect(value, &path, depth + 1, found)?;
            if found.len() > before {
                continue;
            }
        }
        found.push(Found { path, name, kind: kind(value), value: shown(value) });
    }
    Some(())
}

/// A member in a path: with a dot where its name allows that.
fn step(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_plain { format!(".{name}") } else { format!("[{}]", serde_json::Value::from(name)) }
}

fn kind(value: &str) -> ValueKind {
    match value.as_bytes().first() {
        Some(b'"') => ValueKind::Text,
        Some(b'{' | b'[') => ValueKind::Nested,
        Some(b't' | b'f' | b'n') => ValueKind::Word,
        _ => ValueKind::Number,
    }
}

fn shown(value: &str) -> String {
    match kind(value) {
        ValueKind::Text => {
            let text: Cow<'_, str> =
                serde_json::from_str::<String>(&beginning(value)).map_or(Cow::Borrowed(value), Cow::Owned);
            crate::base::payload::escaped(&text, LONGEST)
        }
        ValueKind::Nested => {
            let (open, close) = if value.starts_with('{') { ('{', '}') } else { ('[', ']') };
            match serde_json::from_str::<Parts<'_>>(value).map_or(0, |parts| parts.0.len()) {
                0 => format!("{open}{close}"),
                count => format!("{open}{count}{close}"),
            }
        }
        ValueKind::Number | ValueKind::Word => crate::base::payload::escaped(value, LONGEST),
    }
}

/// A text as JSON writes it, without what is too far behind to be shown.
fn beginning(text: &str) -> Cow<'_, str> {
    if text.len() <= READ {
        return Cow::Borrowed(text);
    }
    let mut end = 1;
    loop {
        let rest = &text.as_bytes()[end..];
        let len = match rest {
            // The first half of a pair that is one character.
            [b'\\', b'u', b'd' | b'D', b'8' | b'9' | b'a' | b'b' | b'A' | b'B', ..] => 12,
            [b'\\', b'u', ..] => 6,
            [b'\\', ..] => 2,
            _ => text[end..].chars().next().map_or(1, char::len_utf8),
        };
        if end + len > READ {
            break;
        }
        end += len;
    }
    Cow::Owned(format!("{}\"", &text[..end]))
}

enum Name<'a> {
    Member(Cow<'a, str>),
    Index(usize),
}

/// The members of an object or the elements of an array, each as it is written.
struct Parts<'a>(Vec<(Name<'a>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Parts<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(PartsVisitor)
    }
}

struct PartsVisitor;

impl<'de> Visitor<'de> for PartsVisitor {
    type Value = Parts<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parts<'de>, A::Error> {
        let mut parts = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            parts.push((Name::Member(Cow::Owned(name)), map.next_value()?));
        }
        Ok(Parts(parts))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Parts<'de>, A::Error> {
        let mut parts = Vec::new();
        while let Some(value) = seq.next_element()? {
            parts.push((Name::Index(parts.len()), value));
        }
        Ok(Parts(parts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let found = members(text).unwrap_or_default();
        found.into_iter().map(|it| format!("{} {} {:?}", it.path, it.value, it.kind)).collect()
    }

    #[test]
    fn objects_are_opened_and_arrays_are_counted() {
        assert_eq!(
            told(
                r#"{"type":"tick","data":{"symbol":"AAPL","levels":[1,2,3]},"ok":true,"odd name":9007199254740993}"#
            ),
            [
                "$.type tick Text",
                "$.data.symbol AAPL Text",
                "$.data.levels [3] Nested",
                "$.ok true Word",
                "$[\"odd name\"] 9007199254740993 Number",
            ]
        );
    }

    #[test]
    fn a_value_is_found_by_its_path() {
        let text = r#"{"a":{"b":[1,{"c d":"x"}]},"n":1,"n":9007199254740993,"ab":2}"#;
        let at = |path| value_at(text, path);
        assert_eq!(at("$.a.b[1][\"c d\"]"), Some("\"x\""));
        assert_eq!(at("$.n"), Some("9007199254740993"));
        assert_eq!(at("$.a.b"), Some(r#"[1,{"c d":"x"}]"#));
        for path in ["$.a.c", "$.a.b[2]", "$.ab.c", "a", "$.", "$.a.b[1].c"] {
            assert_eq!(at(path), None, "{path}");
        }
        let names = ["$.a.b", "$[0]", "$.a[\"c.d e\"]", "$"].map(name_of);
        assert_eq!(names, ["b", "[0]", "c.d e", "$"]);
    }

    #[test]
    fn an_array_that_is_the_message_is_opened() {
        assert_eq!(
            told(r#"["1","2","room:lobby","phx_join",{"a":1}]"#),
            ["$[0] 1 Text", "$[1] 2 Text", "$[2] room:lobby Text", "$[3] phx_join Text", "$[4].a 1 Number"]
        );
    }

    #[test]
    fn what_is_no_object_and_no_array_has_no_members() {
        for text in ["", "hello", "12", "\"text\"", "{\"cut\":", "{\"a\":1} and more"] {
            assert_eq!(members(text), None, "{text}");
        }
        assert_eq!(members("{}"), Some(Vec::new()));
    }

    #[test]
    fn a_long_text_is_shown_as_if_all_of_it_were_read() {
        for sign in
            ["a", "é", "\u{1f600}", "\\\"", "\\\\", "\\n", "\\u00e9", "\\ud83d\\ude00", "\\uD83D\\uDE00"]
        {
            for before in 0..13 {
                let value = format!("\"{}{}\"", "b".repeat(before), sign.repeat(1000));
                let whole: String = serde_json::from_str(&value).unwrap();
                assert_eq!(
                    shown(&value),
                    crate::base::payload::escaped(&whole, LONGEST),
                    "{sign} after {before}"
                );
                assert!(beginning(&value).len() <= READ + 1);
            }
        }
    }

    #[test]
    fn a_hostile_message_costs_no_more_than_a_row() {
        let deep = format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100));
        assert_eq!(told(&deep), ["$.a.a.a {1} Nested"]);
        let wide =
            format!("{{{}}}", (0..10_000).map(|n| format!("\"m{n}\":{n}")).collect::<Vec<_>>().join(","));
        assert_eq!(members(&wide).unwrap().len(), MOST);
        let long = format!("{{\"a\":\"{}\"}}", "é\u{202e}".repeat(10_000));
        let value = &members(&long).unwrap()[0].value;
        assert!(
            value.chars().count() <= LONGEST + 1 && value.ends_with('…') && !value.contains('\u{202e}'),
            "{value}"
        );
    }
}
