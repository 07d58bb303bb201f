//! Where the name under the cursor is defined.
//!
//! Owns which names there are: clients, variables with what steps set and capture, marks, definitions, and files. A name in the check
//! of the cursor comes before one of the suite, and that before one of an imported file. To add a kind of name: one arm in [`asked`] for where it is used, one in
//! [`defined`] for where it is defined.

use crate::suite::files::{FileKind, path_from};
use crate::suite::keys::Shape;

use super::beside::{Imports, Read, kind_of};
use super::columns::{self, Column};
use super::floor;
use super::loose::Range;
use super::sketch::{Sketch, Slot};
use super::values::template_around;

/// What a name is of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Client,
    /// A variable, a column, what a step sets or captures.
    Value,
    Mark,
    /// Steps that `use` runs.
    Steps,
}

/// Where the name at a byte is defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Defined {
    /// In this text, between these bytes.
    Here(usize, usize),
    /// In a file that the suite imports, or that has its rows.
    Beside {
        /// Its path from the folder of the suite.
        path: String,
        /// What stands in it.
        text: String,
        /// The first byte of the name.
        from: usize,
        /// The first byte after it.
        to: usize,
    },
    /// It is this file, by its path from the folder of the suite.
    File(String),
}

/// The name that defines the one at this byte. `read` gets a file that the suite imports, by its path from the suite's
/// folder; none when there is no such file.
///
/// ```
/// # use sockscope_engine::suite::assist::{Defined, definition};
/// let text = r#"{ "vars": { "room": "a" }, "setup": [ { "send": "{{room}}" } ] }"#;
/// let found = definition(text, text.find("room}").unwrap(), &mut |_| None);
/// assert_eq!(found, Some(Defined::Here(12, 18)));
/// assert_eq!(&text[12..18], r#""room""#);
/// ```
pub fn definition(text: &str, offset: usize, read: &mut Read<'_>) -> Option<Defined> {
    let offset = floor(text, offset);
    let sketch = Sketch::read(text, offset);
    if let Some(written) = named_file(&sketch) {
        return path_from("", written).ok().map(Defined::File);
    }
    let (kind, name) = asked(&sketch, offset)?;
    if let Some(Column { path, text, name: (from, to) }) = column_of(&sketch, kind, name, read) {
        return Some(Defined::Beside { path, text, from, to });
    }
    let Some((Place { name: (from, to), .. }, beside)) = place_of(&sketch, kind, name, read) else {
        let of_rows = columns::unread(&sketch, read).filter(|_| kind == Kind::Value);
        return of_rows.map(|(from, to)| Defined::Here(from, to));
    };
    Some(match beside {
        None => Defined::Here(from, to),
        Some((path, text)) => Defined::Beside { path, text, from, to },
    })
}

/// The column of a file that a name means: it hides a variable of the suite.
pub(super) fn column_of(sketch: &Sketch<'_>, kind: Kind, name: &str, read: &mut Read<'_>) -> Option<Column> {
    if kind == Kind::Value { columns::of(sketch, name, read) } else { None }
}

/// Where a name is defined.
pub(super) struct Place {
    /// The piece that has it.
    pub(super) id: usize,
    /// Its first byte, and the first byte after it.
    pub(super) name: Range,
}

/// Where a name is defined: in the suite, or in a file that it imports, whose path and text come along.
pub(super) fn place_of(
    sketch: &Sketch<'_>,
    kind: Kind,
    name: &str,
    read: &mut Read<'_>,
) -> Option<(Place, Option<(String, String)>)> {
    let here = sketch.loose.cursor.inside.and_then(|id| sketch.check(id));
    let places = |sketch: &Sketch<'_>| {
        let place = |id| Some(Place { id, name: defined(sketch, id, kind, name)? });
        (0..sketch.loose.pieces.len()).filter_map(place).collect::<Vec<_>>()
    };
    let mut of_suite = None;
    for place in places(sketch) {
        match sketch.check(place.id) {
            None if of_suite.is_none() => of_suite = Some(place),
            check if check.is_some() && check == here => return Some((place, None)),
            _ => {}
        }
    }
    // A moment is of its check, and no other file knows it.
    if of_suite.is_some() || kind == Kind::Mark {
        return Some((of_suite?, None));
    }
    let in_file = |text: &str| {
        let sketch = Sketch::read(text, 0);
        places(&sketch).into_iter().find(|place| sketch.check(place.id).is_none())
    };
    Imports::of(sketch, &mut *read).find_map(|(path, text)| Some((in_file(&text)?, Some((path, text)))))
}

/// The file whose path is at the cursor.
fn named_file<'t>(sketch: &Sketch<'t>) -> Option<&'t str> {
    file_at(sketch).map(|(_, written)| written)
}

/// What the path at the cursor is of.
pub(super) fn file_at<'t>(sketch: &Sketch<'t>) -> Option<(FileKind, &'t str)> {
    let loose = &sketch.loose;
    let token = loose.cursor.token.filter(|_| !loose.cursor.is_in_comment)?;
    let id = (0..loose.pieces.len()).find(|id| loose.range(*id) == token)?;
    let parent = loose.parent(id)?;
    Some((kind_of(sketch, parent, loose.key(id))?, loose.words(id)?))
}

/// The name at the cursor.
pub(super) fn asked<'t>(sketch: &Sketch<'t>, offset: usize) -> Option<(Kind, &'t str)> {
    let loose = &sketch.loose;
    if loose.cursor.is_in_comment {
        return None;
    }
    let token = loose.cursor.token?;
    if let Some((from, to)) = template_around(loose.text, token, offset) {
        return in_placeholder(&loose.text[from..to], offset - from);
    }
    let id = (0..loose.pieces.len()).find(|id| loose.range(*id) == token)?;
    let words = loose.words(id)?;
    match (sketch.slot(id), loose.key(id)) {
        (Slot::Known(Shape::Targets), _) => Some((Kind::Client, client_of(words))),
        (Slot::Known(Shape::Definition), _) => Some((Kind::Steps, words)),
        (Slot::Known(Shape::Label), Some("since")) => Some((Kind::Mark, words)),
        (Slot::Known(Shape::Label), Some("var")) => {
            in_placeholder(words, offset.checked_sub(token.0 + 1)?.min(words.len()))
        }
        (Slot::Known(Shape::Label), None) => {
            let list = loose.parent(id)?;
            (loose.key(list) == Some("secrets")).then_some((Kind::Value, words))
        }
        _ => None,
    }
}

/// The name at this byte of what stands between braces.
fn in_placeholder(text: &str, at: usize) -> Option<(Kind, &str)> {
    let is_name = |c: char| c.is_alphanumeric() || "_-[]".contains(c);
    let start = text[..at].rfind(|c| !is_name(c)).map_or(0, |last| last + 1);
    let end = text[at..].find(|c| !is_name(c)).map_or(text.len(), |length| at + length);
    let name = text.get(start..end).filter(|name| !name.is_empty())?;
    // Before a dot stands the client that has captured what follows.
    let is_client = text[end..].starts_with('.');
    Some(if is_client { (Kind::Client, client_of(name)) } else { (Kind::Value, name) })
}

/// The group of a member.
fn client_of(target: &str) -> &str {
    target.split('[').next().unwrap_or_default()
}

/// Where a piece defines this name.
fn defined(sketch: &Sketch<'_>, id: usize, kind: Kind, name: &str) -> Option<Range> {
    let loose = &sketch.loose;
    let (parent, key) = (loose.parent(id)?, loose.key(id)?);
    if kind == Kind::Mark {
        let is_mark = matches!(sketch.slot(id), Slot::Known(Shape::Label)) && key == "mark";
        return (is_mark && loose.words(id) == Some(name)).then(|| loose.range(id));
    }
    let range = loose.key_range(id).filter(|_| key == name);
    let above = loose.key(parent);
    match (kind, sketch.slot(parent)) {
        (Kind::Client, Slot::Known(Shape::Map(Shape::Object(_)))) if above == Some("clients") => range,
        (Kind::Steps, Slot::Known(Shape::Map(Shape::Object(_)))) if above == Some("define") => range,
        (Kind::Value, Slot::Known(Shape::Map(Shape::Any))) => {
            let is_row = || {
                loose.parent(parent).is_some_and(|list| matches!(sketch.slot(list), Slot::Known(Shape::Rows)))
            };
            range.filter(|_| matches!(above, Some("vars" | "set" | "keep")) || is_row())
        }
        (Kind::Value, Slot::Known(Shape::Rows | Shape::Map(Shape::Path | Shape::Captured(_)))) => range,
        (Kind::Value, Slot::Known(Shape::Captured(_))) if key == "regex" => {
            let group = format!("<{name}>");
            let (start, end) = loose.range(id);
            loose.text[start..end].contains(&group).then_some((start, end))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUITE: &str = r#"{ "vars": { "room": "a", "token": "" }, "secrets": ["token"],
  "clients": { "alice": { "url": "{{room}}" }, "crowd": { "url": "", "count": 3 } },
  "define": { "enter": { "with": ["where"], "steps": [ { "connect": "{{client}}" } ] } },
  "checks": [
    { "check": "one", "clients": { "bob": {} }, "each": { "n": [1] }, "steps": [
      { "connect": ["alice", "bob"], "mark": "start" },
      { "on": "crowd[1]", "expect": { "since": "start", "capture": { "sid": "$.id", "x": { "regex": "(?<kind>a)" } } } },
      { "set": { "room": "{{bob.sid}}" }, "if": { "var": "sid", "eq": "{{add n 1}} {{kind}}" } } ] },
    { "check": "two", "steps": [ { "on": "alice", "send": "{{room}} {{sid}}", "expect": { "since": "start" } }, { "use": "enter", "on": "alice", "where": "x" } ] } ] }"#;

    /// The name at the first byte of `part` after `after`: the line of its definition, and that definition.
    #[track_caller]
    fn check(after: &str, part: &str, wanted: Option<(usize, &str)>) {
        let from = SUITE.find(after).expect("a place") + after.len();
        let at = from + SUITE[from..].find(part).expect("a part");
        let told = match definition(SUITE, at, &mut |_| None) {
            Some(Defined::Here(from, to)) => Some((SUITE[..from].lines().count().max(1), &SUITE[from..to])),
            None => None,
            elsewhere => panic!("{elsewhere:?}"),
        };
        assert_eq!(told, wanted, "{after} {part}");
    }

    /// The same of a suite that imports: the file, and what stands there.
    #[track_caller]
    fn check_beside(marked: &str, wanted: Option<(&str, &str)>) {
        let at = marked.find('|').expect("a cursor");
        let found = definition(&marked.replacen('|', "", 1), at, &mut |path| {
            let text = match path {
                "lib/a.jsonc" => {
                    r#"{ "import": ["b.jsonc", "../gone.json", "a.jsonc"], "define": { "enter": { "steps": [
                    { "send": 1, "expect": { "capture": { "sid": "$.s" } } } ] } }, "checks": [{ "steps": [{ "set": { "own": 1 } }] }] }"#
                }
                "lib/b.jsonc" => r#"{ "clients": { "bob": {} }, "vars": { "room": 1 "#,
                _ => return None,
            };
            Some(text.to_owned())
        });
        let told = match &found {
            Some(Defined::Beside { path, text, from, to }) => Some((path.as_str(), &text[*from..*to])),
            Some(Defined::File(path)) => Some((path.as_str(), "")),
            Some(Defined::Here(..)) => Some(("", "")),
            None => None,
        };
        assert_eq!(told, wanted, "{marked}");
    }

    #[test]
    fn names_of_imported_files_are_found_there_also_while_the_suite_is_half_written() {
        let suite = |steps: &str| {
            format!(
                r#"{{ "import": ["lib/a.jsonc"], "vars": {{ "mine": 1 }}, "checks": [ {{ "steps": [ {steps}"#
            )
        };
        check_beside(&suite(r#"{ "use": "en|ter""#), Some(("lib/a.jsonc", "\"enter\"")));
        check_beside(&suite(r#"{ "connect": "b|ob" }"#), Some(("lib/b.jsonc", "\"bob\"")));
        check_beside(&suite(r#"{ "send": "{{ro|om}}" }"#), Some(("lib/b.jsonc", "\"room\"")));
        check_beside(&suite(r#"{ "send": "{{si|d}}" }"#), Some(("lib/a.jsonc", "\"sid\"")));
        check_beside(&suite(r#"{ "send": "{{mi|ne}}" }"#), Some(("", "")));
        check_beside(&suite(r#"{ "send": "{{ow|n}}" }"#), None);
        check_beside(&suite(r#"{ "send": "{{nothi|ng}}" }"#), None);
    }

    /// The line of the definition and what stands there, of a suite whose rows stand in these files.
    #[track_caller]
    fn check_column(marked: &str, wanted: Option<(&str, &str)>) {
        let at = marked.find('|').expect("a cursor");
        let text = marked.replacen('|', "", 1);
        let found = definition(&text, at, &mut |path| {
            let text = match path {
                "users.csv" => "user,job\nann,x\n",
                "more.json" => r#"[{ "pin": 1 }]"#,
                _ => return None,
            };
            Some(text.to_owned())
        });
        let told = match &found {
            Some(Defined::Beside { path, text, from, to }) => Some((path.as_str(), &text[*from..*to])),
            Some(Defined::Here(from, to)) => Some(("", &text[*from..*to])),
            Some(Defined::File(path)) => Some((path.as_str(), "")),
            None => None,
        };
        assert_eq!(told, wanted, "{marked}");
    }

    #[test]
    fn a_column_leads_to_its_name_in_the_file_of_the_rows() {
        let suite = |each: &str, step: &str| {
            format!(
                r#"{{ "vars": {{ "job": "" }}, "clients": {{ "crowd": {{ "each": {{ "file": "more.json" }} }} }}, "checks": [
                {{ "check": "{{{{user}}}}", "each": {{ "file": "{each}" }}, "steps": [ {step} ] }}, {{ "steps": [ {{ "send": "{{{{OTHER}}}}" }} ] }} ] }}"#
            )
        };
        check_column(&suite("users.csv", r#"{ "send": "{{us|er}}" }"#), Some(("users.csv", "user")));
        check_column(&suite("users.csv", r#"{ "send": "{{jo|b}}" }"#), Some(("users.csv", "job")));
        check_column(
            &suite("users.csv", r#"{ "send": "{{crowd[0].pi|n}}" }"#),
            Some(("more.json", "\"pin\"")),
        );
        check_column(&suite("users.csv", r#"{ "send": "{{not|hing}}" }"#), None);
        // Another check has no such rows.
        check_column(&suite("users.csv", "").replace("OTHER", "us|er"), None);
        check_column(&suite("gone.csv", r#"{ "send": "{{us|er}}" }"#), Some(("", "\"gone.csv\"")));
        check_column(&suite("gone.csv", r#"{ "send": "{{jo|b}}" }"#), Some(("", "\"job\"")));
    }

    #[test]
    fn the_path_of_a_file_leads_to_it() {
        check_beside(r#"{ "import": ["li|b/../x.json"], "checks": [] }"#, Some(("x.json", "")));
        check_beside(
            r#"{ "clients": { "a": { "each": { "file": "us|ers.csv" } } } }"#,
            Some(("users.csv", "")),
        );
        check_beside(r#"{ "setup": [ { "http": { "body": { "file": "a|.png" } } } ] }"#, Some(("a.png", "")));
        check_beside(
            r#"{ "setup": [ { "http": { "multipart": [ { "file": "../a|.png" } ] } } ] }"#,
            Some(("../a.png", "")),
        );
        check_beside(r#"{ "setup": [ { "send": { "file": "a|.png" } } ] }"#, None);
        check_beside(r#"{ "import": ["https://h|/x"] }"#, None);
    }

    #[test]
    fn ok_each_kind_of_name() {
        check("\"url\"", "room", Some((1, "\"room\"")));
        check("secrets", "token", Some((1, "\"token\"")));
        check("\"each\"", "alice", Some((2, "\"alice\"")));
        check("\"each\"", "bob", Some((5, "\"bob\"")));
        check("\"on\"", "crowd", Some((2, "\"crowd\"")));
        check("\"since\"", "start", Some((6, "\"start\"")));
        check("set", "bob.sid", Some((5, "\"bob\"")));
        check("{{bob.", "sid", Some((7, "\"sid\"")));
        check("\"var\"", "sid", Some((7, "\"sid\"")));
        check("{{add ", "n", Some((5, "\"n\"")));
        check("1}} {{", "kind", Some((7, "\"(?<kind>a)\"")));
        check("\"use\"", "enter", Some((3, "\"enter\"")));
    }

    #[test]
    fn what_another_check_defines_is_not_meant() {
        check("\"two\"", "room", Some((1, "\"room\"")));
        check("\"two\"", "sid", None);
        check("\"two\"", "start", None);
    }

    #[test]
    fn what_is_no_name_has_none() {
        check("\"check\"", "one", None);
        check("{ ", "vars", None);
        check("{{", "add", None);
    }
}
