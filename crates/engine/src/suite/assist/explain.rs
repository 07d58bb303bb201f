//! Prose for the key under the pointer.

use std::fmt::Write;

use crate::base::words::{counted, cut};
use crate::suite::files::{FileKind, path_from};
use crate::suite::keys::{Key, Shape};
use crate::suite::rows_in;
use crate::suite::words::OPERATORS;

use super::beside::Read;
use super::definition::{Kind, Place, asked, column_of, file_at, place_of};
use super::loose::Range;
use super::sketch::{Sketch, Slot, key_at, verb_of};
use super::values::{WORDS, template_around, value_words};
use super::{Explained, floor};

/// How much of a definition is shown, in characters.
const LONGEST: usize = 400;
/// How many names of a file are shown.
const MOST_NAMES: usize = 20;

/// What the key at a byte means, the word in a placeholder there, or the name of something that the suite defines.
pub fn explain_at(text: &str, offset: usize) -> Option<Explained> {
    explain_with(text, offset, &mut |_| None)
}

/// The same with the names that the suite imports. `read` gets a file that it imports, by its path from the suite's folder;
/// none when there is no such file.
pub fn explain_with(text: &str, offset: usize, read: &mut Read<'_>) -> Option<Explained> {
    let offset = floor(text, offset);
    let sketch = Sketch::read(text, offset);
    let loose = &sketch.loose;
    if loose.cursor.is_in_comment {
        return None;
    }
    let holds = |range: &Range| range.0 <= offset && offset <= range.1;
    let key = (0..loose.pieces.len()).find_map(|id| Some((id, loose.key_range(id).filter(holds)?)));
    if let Some((id, range)) = key {
        let parent = loose.parent(id)?;
        let about = match (sketch.slot(parent), loose.unquoted(range)) {
            (Slot::Subset, name) => {
                OPERATORS.iter().find(|(known, ..)| *known == name).map(|(_, about, _)| (*about).to_owned())
            }
            (Slot::Step, name) => {
                let verb = verb_of(loose.keys(parent, None)).filter(|verb| verb.name == name);
                let key = key_at(&sketch, parent, range)?;
                Some(prose(key, verb.map(|verb| verb.example)))
            }
            _ => key_at(&sketch, parent, range).map(|key| prose(key, None)),
        };
        return about.map(|about| Explained { from: range.0, to: range.1, about });
    }
    let token = loose.cursor.token?;
    if let Some(about) = file_here(&sketch, read) {
        return Some(Explained { from: token.0, to: token.1, about });
    }
    if let Some(explained) = name_at(&sketch, offset, read) {
        return Some(explained);
    }
    if let Some(about) = value_at(&sketch, token) {
        return Some(Explained { from: token.0, to: token.1, about });
    }
    let (from, _) = template_around(text, token, offset)?;
    // What follows a word is its arguments, a moment such as `-1h`, or the end.
    let begins = |word: &str| {
        let rest = text[from..token.1].strip_prefix(word);
        rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_'))
    };
    let words = WORDS.iter().filter(|(word, ..)| begins(word));
    let (word, _, about) = words.max_by_key(|(word, ..)| word.len())?;
    Some(Explained { from, to: from + word.len(), about: (*about).to_owned() })
}

/// What the name at the cursor is, and how it is defined. The words of placeholders are not names.
fn name_at(sketch: &Sketch<'_>, offset: usize, read: &mut Read<'_>) -> Option<Explained> {
    let (kind, name) = asked(sketch, offset)?;
    if kind == Kind::Value && WORDS.iter().any(|(word, ..)| *word == name) {
        return None;
    }
    let about = match column_of(sketch, kind, name, read) {
        Some(column) => format!("A value of a row: the column of this name in `{}`.", column.path),
        None => match place_of(sketch, kind, name, read)? {
            (place, None) => described(sketch, &place, kind, name, None),
            (place, Some((path, text))) => {
                described(&Sketch::read(&text, 0), &place, kind, name, Some(&path))
            }
        },
    };
    // Names are parts of the text that was read.
    let from = name.as_ptr() as usize - sketch.loose.text.as_ptr() as usize;
    Some(Explained { from, to: from + name.len(), about })
}

/// What a fixed value means under its key, such as `"u16"` under `length`.
fn value_at(sketch: &Sketch<'_>, token: Range) -> Option<String> {
    let loose = &sketch.loose;
    let id = (0..loose.pieces.len()).find(|id| loose.range(*id) == token)?;
    // What an item of a list is, the key of the list says.
    let of = if loose.key(id).is_some() { id } else { loose.parent(id)? };
    let key = key_at(sketch, loose.parent(of)?, loose.key_range(of)?)?;
    let value = loose.text.get(token.0..token.1)?;
    value_words(key, loose.words(id).unwrap_or(value))
}

/// What the file is whose path is at the cursor, when it can be had.
fn file_here(sketch: &Sketch<'_>, read: &mut Read<'_>) -> Option<String> {
    let (kind, written) = file_at(sketch)?;
    let path = path_from("", written).ok()?;
    match kind {
        FileKind::Import => Some(of_import(&read(&path)?)),
        FileKind::Rows => {
            let text = read(&path)?;
            let rows = rows_in(&path, &text).ok()?;
            let count = counted(rows.len() as u64, "row");
            let names = rows.first()?.keys().map(|name| format!("`{}`", cut(name, 40)));
            Some(format!("{count} with {}.", names.take(MOST_NAMES).collect::<Vec<_>>().join(", ")))
        }
        FileKind::Body => None,
    }
}

/// What a document is called, what it is for, and what it brings in.
fn of_import(text: &str) -> String {
    let sketch = Sketch::read(text, 0);
    let loose = &sketch.loose;
    let part = |key: &str| {
        (0..loose.pieces.len()).find(|id| loose.key(*id) == Some(key) && is_of_root(&sketch, *id))
    };
    let words = |key: &str| part(key).and_then(|id| loose.words(id)).unwrap_or_default();
    let mut about = format!("The suite `{}`. {}", cut(words("suite"), 60), cut(words("about"), LONGEST));
    about.truncate(about.trim_end().len());
    let mut lines = String::new();
    for (key, what) in [("define", "definitions"), ("clients", "clients"), ("vars", "variables")] {
        let Some(id) = part(key) else { continue };
        let names: Vec<_> =
            loose.keys(id, None).take(MOST_NAMES).map(|name| format!("`{}`", cut(name, 40))).collect();
        if !names.is_empty() {
            lines.push_str(&format!("\n- {what}: {}", names.join(", ")));
        }
    }
    for (key, what) in [("answers", "answer"), ("ignore", "matcher of messages to ignore")] {
        let count = part(key).map_or(0, |id| loose.children(id).count());
        if count > 0 {
            lines.push_str(&format!("\n- {}", counted(count as u64, what)));
        }
    }
    match lines.is_empty() {
        true => format!("{about}\n\nIt brings in nothing."),
        false => format!("{about}\n\nIt brings in:\n{lines}"),
    }
}

fn is_of_root(sketch: &Sketch<'_>, id: usize) -> bool {
    sketch.loose.parent(id).is_some_and(|parent| sketch.loose.parent(parent).is_none())
}

/// What a name means where it is defined.
fn described(sketch: &Sketch<'_>, place: &Place, kind: Kind, name: &str, file: Option<&str>) -> String {
    let loose = &sketch.loose;
    let line = loose.text[..place.name.0].matches('\n').count() + 1;
    let above = loose.parent(place.id).and_then(|parent| loose.key(parent));
    let what = match (kind, above) {
        (Kind::Client, _) if loose.keys(place.id, None).any(|key| matches!(key, "count" | "each")) => {
            "A group of clients"
        }
        (Kind::Client, _) => "A client",
        (Kind::Mark, _) => "A moment",
        (Kind::Steps, _) => "Steps",
        (Kind::Value, Some("vars")) => "A variable",
        (Kind::Value, Some("set" | "keep")) => "A value that a step sets",
        (Kind::Value, Some("capture")) => "A value that a step captures",
        (Kind::Value, _) => "A value of a row",
    };
    let place_of_it = match file {
        Some(file) => format!("`{file}`, line {line}"),
        None => format!("line {line}"),
    };
    let mut about = format!("{what}, defined in {place_of_it}.");
    match kind {
        Kind::Steps => about = format!("{}\n\n{about}", of_steps(sketch, place.id)).trim().to_owned(),
        Kind::Value if is_secret(sketch, name) => about.push_str(" It is a secret."),
        Kind::Mark => {}
        _ => fence(&mut about, &cut(&loose.text[place.name.0..loose.range(place.id).1], LONGEST)),
    }
    about
}

/// Whether a document says that the values of this name are masked.
fn is_secret(sketch: &Sketch<'_>, name: &str) -> bool {
    let loose = &sketch.loose;
    let lists = (0..loose.pieces.len()).filter(|id| loose.key(*id) == Some("secrets"));
    lists.flat_map(|list| loose.children(list)).any(|id| loose.words(id) == Some(name))
}

/// What a definition is for, and which parameters it has.
fn of_steps(sketch: &Sketch<'_>, definition: usize) -> String {
    let loose = &sketch.loose;
    let part = |key: &str| loose.children(definition).take(10).find(|id| loose.key(*id) == Some(key));
    let about = part("about").and_then(|id| loose.words(id)).unwrap_or_default();
    let with: Vec<_> = part("with")
        .map(|list| loose.children(list).take(20).filter_map(|id| loose.words(id)).collect())
        .unwrap_or_default();
    let with = match with.as_slice() {
        [] => "It has no parameters.".to_owned(),
        names => format!(
            "Its parameters: {}.",
            names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        ),
    };
    format!("{about}\n\n{with}")
}

/// What a key means, and one as it is written.
pub(super) fn prose(key: &Key, example: Option<&str>) -> String {
    let mut about = key.about.to_owned();
    if key.needed {
        about.push_str(" Required.");
    }
    match example {
        Some(example) => fence(&mut about, example),
        None if !key.example.is_empty() => fence(&mut about, &format!("\"{}\": {}", key.name, key.example)),
        None if matches!(key.shape, Shape::Flag | Shape::Truth) => {
            fence(&mut about, &format!("\"{}\": true", key.name))
        }
        None => {}
    }
    about
}

/// Adds an example as a block of its own.
fn fence(about: &mut String, example: &str) {
    // Writing to a string does not fail.
    let _ = write!(about, "\n\n```json\n{example}\n```");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `|` is the cursor. What the prose is about, and how it begins.
    #[track_caller]
    fn check(marked: &str, subject: &str, begins: &str) {
        let at = marked.find('|').expect("a cursor");
        let text = marked.replacen('|', "", 1);
        let found = explain_at(&text, at);
        let told =
            found.as_ref().map_or(("", ""), |found| (&text[found.from..found.to], found.about.as_str()));
        assert_eq!(told.0, subject);
        assert!(told.1.starts_with(begins), "{}", told.1);
    }

    #[test]
    fn a_key_is_known_by_its_place() {
        check(
            r#"{ "su|ite": "x" }"#,
            "\"suite\"",
            "The name of the suite. Required.\n\n```json\n\"suite\": \"rooms\"\n```",
        );
        check(r#"{ "checks": [ { "steps": [ { "s|end": 1 } "#, "\"send\"", "The message.");
        check(r#"{ "setup": [ { "send": 1, "expect|": {} } "#, "\"expect\"", "The reply.");
        check(r#"{ "setup": [ { "expect|": {} } "#, "\"expect\"", "Waits for a message that matches.");
        check(r#"{ "setup": [ { "expect": { "|echo": true } "#, "\"echo\"", "What this step sent");
        check(r#"{ "setup": [ { "expect": { "subset": { "$|gt": 1 } "#, "\"$gt\"", "Greater");
        check(r#"{ "setup": [ { "send": { "$bytes": { "fill|": "#, "\"fill\"", "`zero`");
    }

    #[test]
    fn a_word_in_a_placeholder_is_found() {
        check(r#"{ "vars": { "a": "r-{{uu|id}}" } }"#, "uuid", "A random identifier");
        check(r#"{ "vars": { "a": "{{env.WS|_URL ?? x}}" } }"#, "env", "A value of the environment");
        check(
            r#"{ "vars": { "a": "{{hmac-sha|256 key body}}" } }"#,
            "hmac-sha256",
            "The signature of the text",
        );
        check(r#"{ "vars": { "a": "{{no|w+5s}}" } }"#, "now", "Milliseconds since 1970");
        check(
            r#"{ "setup": [ { "on": "a", "send": { "sig": "{{h|mac-sha256 'k3y' 'hi'}}" } } ] }"#,
            "hmac-sha256",
            "The signature of the text",
        );
        check(r#"{ "vars": { "a": "{{i|so-1h}}" } }"#, "iso", "The time as in");
    }

    #[test]
    fn a_use_says_what_its_definition_is_for() {
        let text = r#"{ "define": { "enter": { "about": "Into a room.", "with": ["room"], "steps": [] } }, "setup": [ { "use": "en|ter" } ] }"#;
        check(text, "enter", "Into a room.\n\nIts parameters: `room`.\n\nSteps, defined in line 1.");
    }

    #[test]
    fn a_name_says_what_it_is_and_how_it_is_defined() {
        let suite = |part: &str| {
            format!(
                "{{ \"vars\": {{ \"room\": \"red\", \"pin\": \"1234\" }}, \"secrets\": [\"pin\"],\n  \"clients\": {{ \"alice\": {{ \"url\": \"ws://h\" }}, \"crowd\": {{ \"count\": 2 }} }},\n  \"checks\": [ {{ \"each\": [ {{ \"n\": 1 }} ], \"steps\": [ {{ \"mark\": \"said\", \"on\": \"alice\", \"expect\": {{ \"capture\": {{ \"sid\": \"$.s\" }} }} }}, {{ \"set\": {{ \"loud\": true }} }},\n {part}"
            )
        };
        let says = |part: &str, subject: &str, begins: &str| check(&suite(part), subject, begins);
        says(
            r#"{ "on": "al|ice""#,
            "alice",
            "A client, defined in line 2.\n\n```json\n\"alice\": { \"url\": \"ws://h\" }\n```",
        );
        says(r#"{ "on": "crowd[|1]""#, "crowd", "A group of clients, defined in line 2.");
        says(
            r#"{ "send": "{{ro|om}}""#,
            "room",
            "A variable, defined in line 1.\n\n```json\n\"room\": \"red\"",
        );
        says(r#"{ "send": "{{add n| 1}}""#, "n", "A value of a row, defined in line 3.");
        says(r#"{ "send": "{{a|dd n 1}}""#, "add", "The sum");
        says(r#"{ "send": "{{alice.si|d}}""#, "sid", "A value that a step captures, defined in line 3.");
        says(r#"{ "send": "{{lou|d}}""#, "loud", "A value that a step sets");
        says(r#"{ "expect": { "since": "sa|id" "#, "said", "A moment, defined in line 3.");
        let pin = explain_at(&suite(r#"{ "send": "{{pin}}""#), suite("").len() + 14).expect("a name");
        assert_eq!(pin.about, "A variable, defined in line 1. It is a secret.");
    }

    #[test]
    fn a_name_of_an_imported_file_says_in_which_it_is_defined() {
        let text = r#"{ "import": ["lib/a.jsonc"], "setup": [ { "use": "enter" }, { "on": "bob" } ] }"#;
        let mut read = |path: &str| {
            let text = match path {
                "lib/a.jsonc" => {
                    "{ \"import\": [\"b.jsonc\"],\n \"define\": { \"enter\": { \"about\": \"In.\", \"with\": [\"room\"] } } }"
                }
                "lib/b.jsonc" => "{\n\n \"clients\": { \"bob\": { \"url\": \"ws://h\" } }",
                _ => return None,
            };
            Some(text.to_owned())
        };
        let mut about = |name: &str| {
            let at = text.find(name).expect("it is there") + 1;
            explain_with(text, at, &mut read).expect("it is known").about
        };
        assert_eq!(
            about("enter"),
            "In.\n\nIts parameters: `room`.\n\nSteps, defined in `lib/a.jsonc`, line 2."
        );
        assert_eq!(
            about("bob"),
            "A client, defined in `lib/b.jsonc`, line 3.\n\n```json\n\"bob\": { \"url\": \"ws://h\" }\n```"
        );
        assert_eq!(explain_at(text, text.find("bob").expect("it is there")), None);
    }

    #[test]
    fn parts_of_bytes_and_fixed_values_say_what_they_are() {
        check(
            r#"{ "setup": [ { "send": { "$concat": [ { "$len|gth": "u16", "of": "hej" } "#,
            "\"$length\"",
            "How many bytes `of` has",
        );
        check(
            r#"{ "setup": [ { "send": { "$concat": [ { "$length": "u16", "o|f": "hej" } "#,
            "\"of\"",
            "What `$length` is the length of",
        );
        check(
            r#"{ "setup": [ { "send": { "$concat": [ { "$length": "u16", "of": [ { "$u|8": 7 } "#,
            "\"$u8\"",
            "This whole number, the high byte first.",
        );
        check(
            r#"{ "setup": [ { "send": { "$concat": [ { "$h|ex": "00" } "#,
            "\"$hex\"",
            "Bytes in hexadecimal digits.",
        );
        let u16 = "A whole number of 16 bits from 0 to 65535, the high byte first.";
        check(r#"{ "setup": [ { "send": { "$concat": [ { "$length": "u1|6" } "#, "\"u16\"", u16);
        check(r#"{ "clients": { "a": { "framing": { "length": "u1|6" } } }"#, "\"u16\"", u16);
        check(
            r#"{ "setup": [ { "expect": { "capture": { "n": { "bytes": { "at": 1, "as": "i3|2le" } } } } } ] }"#,
            "\"i32le\"",
            "A whole number of 32 bits from -2147483648 to 2147483647, the low byte first.",
        );
        check(
            r#"{ "setup": [ { "expect": { "capture": { "n": { "bytes": { "as": "te|xt" } } } } } ] }"#,
            "\"text\"",
            "The bytes as UTF-8 text.",
        );
        check(
            r#"{ "setup": [ { "send": { "$bytes": { "fill": "ra|mp" } } } ] }"#,
            "\"ramp\"",
            "The bytes 0, 1, 2",
        );
        check(r#"{ "setup": [ { "closed": { "code": 10|08 } } ] }"#, "1008", "Policy violation.");
        check(r#"{ "setup": [ { "send": { "type": "u1|6", "length": "u1|6" } } ] }"#.replacen("u1|6", "u16", 1).as_str(), "", "");
    }

    #[test]
    fn the_path_of_a_file_says_what_stands_in_it() {
        let text = r#"{ "import": ["lib/a.jsonc", "gone.json"], "checks": [ { "each": { "file": "users.csv" }, "steps": [ { "send": "{{user}}" } ] } ] }"#;
        let mut read = |path: &str| {
            let text = match path {
                "lib/a.jsonc" => {
                    r#"{ "suite": "common", "about": "Logs in.", "define": { "login": {} }, "clients": { "ann": {} },
                      "vars": { "host": "x", "key": "y" }, "answers": [ {} ] }"#
                }
                "users.csv" => "user,job\nann,x\nbob,y\n",
                _ => return None,
            };
            Some(text.to_owned())
        };
        let mut about = |part: &str| {
            let at = text.find(part).expect("it is there") + 1;
            explain_with(text, at, &mut read).map(|found| found.about).unwrap_or_default()
        };
        assert_eq!(
            about("lib/a"),
            "The suite `common`. Logs in.\n\nIt brings in:\n\n- definitions: `login`\n- clients: `ann`\n- variables: `host`, `key`\n- 1 answer"
        );
        assert_eq!(about("gone"), "");
        assert_eq!(about("users"), "2 rows with `user`, `job`.");
        assert_eq!(about("user}}"), "A value of a row: the column of this name in `users.csv`.");
    }

    #[test]
    fn what_has_no_meaning_is_left_out() {
        check(r#"{ "setup": [ { "send": { "suite|": 1 } "#, "", "");
        check(r#"{ "vars": { "suite|": 1 } "#, "", "");
        check("// suite|", "", "");
        check("{ | }", "", "");
    }
}
