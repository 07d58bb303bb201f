//! Prose for the key under the pointer.

use std::fmt::Write;

use crate::suite::keys::{DEFINITION, Key, Shape};
use crate::suite::words::OPERATORS;

use super::loose::Range;
use super::sketch::{Sketch, Slot, key_at, verb_of};
use super::values::{WORDS, template_around};
use super::{Explained, floor};

/// What the key at a byte means, or the word in a placeholder there.
pub fn explain_at(text: &str, offset: usize) -> Option<Explained> {
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
    if let Some(about) = definition_at(&sketch, token) {
        return Some(Explained { from: token.0, to: token.1, about });
    }
    let (from, to) = template_around(text, token, offset)?;
    let word = text[from..to].split([' ', '.', '+']).next()?;
    let (_, _, about) = WORDS.iter().find(|(known, ..)| *known == word)?;
    Some(Explained { from, to: from + word.len(), about: (*about).to_owned() })
}

/// What the definition is for whose name stands behind `use`, and which parameters it has.
fn definition_at(sketch: &Sketch<'_>, token: Range) -> Option<String> {
    let loose = &sketch.loose;
    let is_name =
        |id: usize| loose.range(id) == token && matches!(sketch.slot(id), Slot::Known(Shape::Definition));
    let name = (0..loose.pieces.len()).find(|id| is_name(*id)).and_then(|id| loose.words(id))?;
    let is_it = |id: &usize| {
        loose.key(*id) == Some(name)
            && matches!(sketch.slot(*id), Slot::Known(Shape::Object(table)) if std::ptr::eq(table, &DEFINITION))
    };
    let definition = (0..loose.pieces.len()).find(is_it)?;
    let part = |key: &str| loose.children(definition).take(10).find(|id| loose.key(*id) == Some(key));
    let about = part("about").and_then(|id| loose.words(id)).unwrap_or_default();
    let with: Vec<_> = part("with")
        .map(|list| loose.children(list).take(20).filter_map(|id| loose.words(id)).collect())
        .unwrap_or_default();
    let with = match with.as_slice() {
        [] => "It has no parameters.".to_owned(),
        names => format!(
            "It needs {}.",
            names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        ),
    };
    Some(format!("{about}\n\n{with}").trim().to_owned())
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
    }

    #[test]
    fn a_use_says_what_its_definition_is_for() {
        let text = r#"{ "define": { "enter": { "about": "Into a room.", "with": ["room"], "steps": [] } }, "setup": [ { "use": "en|ter" } ] }"#;
        check(text, "\"enter\"", "Into a room.\n\nIt needs `room`.");
    }

    #[test]
    fn what_has_no_meaning_is_left_out() {
        check(r#"{ "setup": [ { "send": { "suite|": 1 } "#, "", "");
        check(r#"{ "vars": { "suite|": 1 } "#, "", "");
        check("// suite|", "", "");
        check("{ | }", "", "");
    }
}
