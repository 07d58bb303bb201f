//! Where the name under the cursor is defined.
//!
//! Owns which names there are: clients, variables with what steps set and capture, marks, and steps that `use` runs. A name in the check of the
//! cursor comes before one of the suite. To add a kind of name: one arm in [`asked`] for where it is used, one in
//! [`defined`] for where it is defined.

use crate::suite::keys::Shape;

use super::floor;
use super::loose::Range;
use super::sketch::{Sketch, Slot};
use super::values::template_around;

/// What a name is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Client,
    /// A variable, a column, what a step sets or captures.
    Value,
    Mark,
    /// Steps that `use` runs.
    Definition,
}

/// The bytes of the name that defines the one at this byte.
///
/// ```
/// # use sockscope_engine::suite::assist::definition;
/// let text = r#"{ "vars": { "room": "a" }, "setup": [ { "send": "{{room}}" } ] }"#;
/// let (from, to) = definition(text, text.find("room}").unwrap()).unwrap();
/// assert_eq!(&text[from..to], r#""room""#);
/// ```
pub fn definition(text: &str, offset: usize) -> Option<(usize, usize)> {
    let offset = floor(text, offset);
    let sketch = Sketch::read(text, offset);
    let (kind, name) = asked(&sketch, offset)?;
    let here = sketch.loose.cursor.inside.and_then(|id| sketch.check(id));
    let all = (0..sketch.loose.pieces.len()).filter_map(|id| Some((id, defined(&sketch, id, kind, name)?)));
    let mut near: Vec<(bool, Range)> = Vec::new();
    for (id, range) in all {
        let check = sketch.check(id);
        if check.is_none() || check == here {
            near.push((check.is_some(), range));
        }
    }
    near.iter().find(|(is_of_check, _)| *is_of_check).or(near.first()).map(|(_, range)| *range)
}

/// The name at the cursor.
fn asked<'t>(sketch: &Sketch<'t>, offset: usize) -> Option<(Kind, &'t str)> {
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
        (Slot::Known(Shape::Label), Some("since")) => Some((Kind::Mark, words)),
        (Slot::Known(Shape::Definition), _) => Some((Kind::Definition, words)),
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
        (Kind::Definition, Slot::Known(Shape::Map(Shape::Object(_)))) if above == Some("define") => range,
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
  "checks": [
    { "check": "one", "clients": { "bob": {} }, "each": { "n": [1] }, "steps": [
      { "connect": ["alice", "bob"], "mark": "start" },
      { "on": "crowd[1]", "expect": { "since": "start", "capture": { "sid": "$.id", "x": { "regex": "(?<kind>a)" } } } },
      { "set": { "room": "{{bob.sid}}" }, "if": { "var": "sid", "eq": "{{add n 1}} {{kind}}" } } ] },
    { "check": "two", "steps": [ { "on": "alice", "send": "{{room}} {{sid}}", "expect": { "since": "start" } } ] } ] }"#;

    /// The name at the first byte of `part` after `after`: the line of its definition, and that definition.
    #[track_caller]
    fn check(after: &str, part: &str, wanted: Option<(usize, &str)>) {
        let from = SUITE.find(after).expect("a place") + after.len();
        let at = from + SUITE[from..].find(part).expect("a part");
        let found = definition(SUITE, at);
        let told = found.map(|(from, to)| (SUITE[..from].lines().count().max(1), &SUITE[from..to]));
        assert_eq!(told, wanted, "{after} {part}");
    }

    #[test]
    fn ok_each_kind_of_name() {
        check("\"url\"", "room", Some((1, "\"room\"")));
        check("secrets", "token", Some((1, "\"token\"")));
        check("connect", "alice", Some((2, "\"alice\"")));
        check("connect", "bob", Some((4, "\"bob\"")));
        check("\"on\"", "crowd", Some((2, "\"crowd\"")));
        check("\"since\"", "start", Some((5, "\"start\"")));
        check("{{", "bob.sid", Some((4, "\"bob\"")));
        check("{{bob.", "sid", Some((6, "\"sid\"")));
        check("\"var\"", "sid", Some((6, "\"sid\"")));
        check("{{add ", "n", Some((4, "\"n\"")));
        check("1}} {{", "kind", Some((6, "\"(?<kind>a)\"")));
    }

    #[test]
    fn steps_that_are_used_are_found() {
        let text = r#"{ "define": { "enter": { "steps": [] } }, "setup": [ { "use": "enter" } ] }"#;
        let found = definition(text, text.rfind("enter").expect("it is there"));
        assert_eq!(found.map(|(from, _)| from), text.find("\"enter\""));
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
