//! Completion at the cursor.
//!
//! Owns the suggestions, their order and what they replace. It refuses to filter by what was typed: the editor does,
//! with a matcher of its own.

use crate::base::words::cut;
use crate::suite::files::FileKind;
use crate::suite::keys::{ANSWER, BARE, Key, REST, Shape, Table, VERBS};
use crate::suite::words::{MATCHER, OPERATORS, PART, PAYLOAD};

use super::beside::{Imports, Read, fits, kind_of};
use super::explain::prose;
use super::known::Known;
use super::loose::{Kind, Range, is_closed};
use super::sketch::{Sketch, Slot, find, key_at, table_of, verb_of};
use super::values::{
    ENVIRONMENT, WORDS, bounds, known_values, metrics, quoted, stub, template_around, type_names, words,
};
use super::{Suggestion, columns, examples, floor};

/// How many suggestions there are at most.
const MOST: usize = 300;
/// How much of an example is shown in the list, in characters.
const LONGEST_LABEL: usize = 60;

/// A suite to begin with.
const WHOLE: &str = r#"{
  "sockscope": 1,
  "suite": "my suite",
  "vars": { "ws_url": "{{env.WS_URL ?? ws://localhost:9000/ws}}" },
  "clients": { "alice": { "url": "{{ws_url}}" } },
  "checks": [
    { "check": "alice gets an answer", "steps": [
      { "connect": "alice" },
      { "on": "alice", "send": { "type": "ping" }, "expect": { "subset": { "type": "pong" } } }
    ] }
  ]
}
"#;

/// Answers to begin with.
const ANSWERS: [(&str, &str, &str); 2] = [
    (
        "Answer pings",
        "Each ping gets its pong while steps run, and no step sees it.",
        r#"{ "to": { "subset": { "type": "ping" } }, "send": { "type": "pong" } }"#,
    ),
    (
        "Answer requests of the server",
        "The reply has the id of the request.",
        r#"{ "to": { "path": "$.method", "exists": true }, "send": { "id": "{{message.id}}", "result": null } }"#,
    ),
];

/// What is possible at a byte of a text, however broken that is; the likeliest first.
///
/// ```
/// # use sockscope_engine::suite::assist::complete;
/// let text = r#"{ "checks": [ { "steps": [ { "w" } ] } ] }"#;
/// let found = complete(text, text.find("w").unwrap() + 1);
/// let wait = found.iter().find(|one| one.label == "wait").unwrap();
/// assert_eq!(wait.insert, r#""wait": """#);
/// assert_eq!(&text[wait.from..wait.to], r#""w""#);
/// ```
pub fn complete(text: &str, offset: usize) -> Vec<Suggestion> {
    complete_with(text, offset, &mut |_| None, &Vec::new)
}

/// The same with the names that the suite imports, and with the files that it may name. `read` gets a file that it imports, by
/// its path from the suite's folder; none when there is no such file. `files` lists such paths; it is asked where one is written.
pub fn complete_with(
    text: &str,
    offset: usize,
    read: &mut Read<'_>,
    files: &dyn Fn() -> Vec<String>,
) -> Vec<Suggestion> {
    let offset = floor(text, offset);
    let sketch = Sketch::read(text, offset);
    let cursor = sketch.loose.cursor;
    if cursor.is_in_comment || sketch.loose.text.len() != text.len() {
        return Vec::new();
    }
    let imported: Vec<String> = Imports::of(&sketch, read).map(|(_, text)| text).collect();
    let columns = columns::names(&sketch, read);
    let mut known = Known::of(&sketch);
    known.bring_columns(&columns);
    imported.iter().for_each(|text| known.bring(&Sketch::read(text, 0)));
    let replaced = replaced(text, offset, cursor.token);
    let mut writer = Writer { sketch: &sketch, known, replaced, found: Vec::new() };
    let is_text = cursor.token.is_some_and(|(start, _)| text[start..].starts_with('"'));
    match cursor.inside {
        None if sketch.loose.pieces.is_empty() => {
            writer.add("a suite", "to begin with", "", WHOLE.to_owned())
        }
        None => {}
        Some(inside) => {
            let is_key = cursor.key.is_none() && sketch.loose.pieces[inside].kind == Kind::Object;
            let key = cursor.key.map(|range| sketch.loose.unquoted(range));
            let slot = sketch.child(Some(inside), key, Kind::Text);
            if let Some(token) = cursor.token.filter(|_| is_text && !is_key)
                && let Some(within) = template_around(text, token, offset)
            {
                if takes_placeholders(slot) {
                    writer.placeholders(within, answers_at(&sketch, inside));
                }
            } else if is_key {
                writer.keys(inside);
            } else if let Some(kind) = kind_of(&sketch, inside, key) {
                writer.files(inside, kind, files());
            } else {
                writer.values(inside, slot, is_text);
            }
        }
    }
    writer.found
}

/// What a suggestion replaces: the whole token when it has an end, and up to the cursor when it has none.
fn replaced(text: &str, offset: usize, token: Option<Range>) -> Range {
    match token {
        None => (offset, offset),
        Some((start, end)) if !text[start..].starts_with('"') || is_closed(&text[start..end]) => (start, end),
        Some((start, _)) => (start, offset),
    }
}

fn takes_placeholders(slot: Slot) -> bool {
    !matches!(slot, Slot::Known(Shape::Plain | Shape::Label | Shape::Flag | Shape::Version))
}

/// Whether the cursor is in what an answer sends, which may name the message that came.
fn answers_at(sketch: &Sketch<'_>, inside: usize) -> bool {
    let mut key = sketch.loose.cursor.key.map(|range| sketch.loose.unquoted(range));
    let mut at = Some(inside);
    while let Some(id) = at {
        if sketch.table(id).is_some_and(|table| std::ptr::eq(table, &ANSWER)) {
            return key == Some("send");
        }
        key = sketch.loose.key(id);
        at = sketch.loose.parent(id);
    }
    false
}

/// How an answer names the message that came.
const OF_MESSAGE: [(&str, &str); 3] = [
    ("message", "The message that came: JSON as its value, text as text, bytes as base64."),
    ("message.id", "A part of its JSON, such as `message.user.names[0]`."),
    ("message.1", "A group of the `regex` in `to`, by its number or its name."),
];

struct Writer<'s, 't> {
    sketch: &'s Sketch<'t>,
    known: Known<'t>,
    replaced: Range,
    found: Vec<Suggestion>,
}

impl<'t> Writer<'_, 't> {
    fn add(&mut self, label: &str, detail: &str, about: &str, insert: String) {
        let (from, to) = self.replaced;
        if self.found.len() < MOST && !self.found.iter().rev().take(20).any(|one| one.insert == insert) {
            let (label, detail, about) = (label.to_owned(), detail.to_owned(), about.to_owned());
            self.found.push(Suggestion { label, detail, about, insert, from, to });
        }
    }

    /// The first character after the replaced text that is not a blank.
    fn next(&self) -> Option<char> {
        self.sketch.loose.text[self.replaced.1..].trim_start().chars().next()
    }

    /// A comma, when another member or item follows.
    fn comma(&self) -> &'static str {
        if matches!(self.next(), Some('"' | '{' | '[')) { "," } else { "" }
    }

    /// A key with its value still to be written, unless that is there already.
    fn member(&self, name: &str, value: &str) -> String {
        match self.next() {
            Some(':') => quoted(name),
            _ => format!("{}: {value}{}", quoted(name), self.comma()),
        }
    }

    fn key(&mut self, key: &'static Key, example: Option<&str>) {
        let required = if key.needed && example.is_none() { ", required" } else { "" };
        let insert = self.member(key.name, stub(key.shape));
        self.add(key.name, &format!("{}{required}", words(key.shape)), &prose(key, example), insert);
    }

    /// The keys of the object that are not there yet.
    fn keys(&mut self, inside: usize) {
        let sketch = self.sketch;
        let but = sketch.loose.cursor.token;
        let there = || sketch.loose.keys(inside, but);
        match sketch.slot(inside) {
            Slot::Step => self.step_keys(inside),
            Slot::Subset => {
                // Operators stand alone, or with each other.
                if there().all(|key| key.starts_with('$')) {
                    for (name, about, value) in OPERATORS {
                        let insert = self.member(name, value);
                        self.add(name, "operator", about, insert);
                    }
                }
            }
            Slot::Bounds { are_requirements } => {
                let mut names = Vec::new();
                metrics(&self.known, are_requirements, &mut |name, about| {
                    names.push((name.to_owned(), about.to_owned()));
                });
                for (name, about) in names {
                    let bound = bounds(&name).first().copied().unwrap_or_default();
                    let insert = self.member(&name, &quoted(bound));
                    self.add(&name, &about, "", insert);
                }
            }
            Slot::Known(Shape::Map(Shape::Object(_))) => {
                // Clients of a check: those of the suite with other settings.
                let names: Vec<&str> = self.known.clients.iter().collect();
                for name in names.into_iter().filter(|name| there().all(|key| key != *name)) {
                    let insert = self.member(name, "{  }");
                    self.add(name, "client", "", insert);
                }
            }
            Slot::Known(Shape::Rows) if there().next().is_none() => {
                let insert = self.member("file", "\"\"");
                self.add("file", "rows of a file", "CSV, JSON or JSON Lines beside the suite.", insert);
            }
            Slot::Known(Shape::Map(Shape::Text)) => {
                for name in ["Authorization", "Content-Type", "Accept"] {
                    let insert = self.member(name, "\"\"");
                    self.add(name, "header", "", insert);
                }
            }
            slot => {
                let Some(table) = table_of(slot, there) else { return };
                match slot {
                    Slot::Part if there().any(|key| key == "$length") => {
                        PART.key("of").into_iter().for_each(|key| self.key(key, None));
                    }
                    // A message with keys of its own is none of the forms.
                    Slot::Part | Slot::Known(Shape::Payload) if there().next().is_some() => {}
                    Slot::Part => {
                        self.table_keys(inside, &PAYLOAD);
                        PART.keys.iter().filter(|key| key.name != "of").for_each(|key| self.key(key, None));
                    }
                    _ => self.table_keys(inside, table),
                }
            }
        }
    }

    /// The keys of a table that are not there; those that are needed first.
    fn table_keys(&mut self, inside: usize, table: &'static Table) {
        let there = self.there(inside);
        let is_compared = there.contains(&"path") || there.contains(&"var");
        let is_operator = |key: &Key| key.about.starts_with("With `path`");
        let keys = |needed: bool| table.keys.iter().filter(move |key| key.needed == needed);
        for key in keys(true) {
            if !there.contains(&key.name) {
                self.key(key, None);
            }
        }
        let matcher = if table.takes_matcher { MATCHER.keys } else { &[] };
        // Beside a variable or a path a comparison is the likeliest.
        let optional = || matcher.iter().chain(keys(false)).filter(|key| !there.contains(&key.name));
        optional().filter(|key| is_compared && is_operator(key)).for_each(|key| self.key(key, None));
        optional().filter(|key| !is_operator(key)).for_each(|key| self.key(key, None));
    }

    /// The keys of an object that are also in a table: always few.
    fn there(&self, inside: usize) -> Vec<&'t str> {
        let loose = &self.sketch.loose;
        let Some(table) = self.sketch.table(inside) else { return Vec::new() };
        let mut there: Vec<&str> =
            loose.keys(inside, loose.cursor.token).filter(|key| find(table, key).is_some()).collect();
        there.sort_unstable();
        there.dedup();
        there
    }

    /// Verbs first where the step has none yet, then the keys of every step.
    fn step_keys(&mut self, inside: usize) {
        let loose = &self.sketch.loose;
        let keys = || loose.keys(inside, loose.cursor.token);
        let verb = verb_of(keys());
        let has = |name: &str| keys().any(|key| key == name);
        if let Some(verb) = verb {
            if verb.table.takes_rest() {
                self.arguments(inside);
            }
            let own = |key: &&Key| !BARE.has(key.name) && !has(key.name) && key.name != REST;
            for key in verb.table.keys.iter().filter(own) {
                self.key(key, None);
            }
        }
        // What is there may belong to a verb that is still to come: `expect` to a send.
        let open =
            |name: &str| verb.is_none_or(|now| now.name != name && ["expect", "send"].contains(&now.name));
        for other in VERBS.iter().filter(|other| open(other.name) && !has(other.name)) {
            let fits = verb.is_none_or(|now| other.table.has(now.name));
            if let Some(key) = other.table.key(other.name).filter(|_| fits) {
                self.key(key, Some(other.example));
            }
        }
        for key in BARE.keys.iter().filter(|key| !has(key.name)) {
            self.key(key, None);
        }
    }

    /// The parameters of the definition that a step uses, those that have no value yet.
    fn arguments(&mut self, inside: usize) {
        let loose = &self.sketch.loose;
        let used = loose.children(inside).take(100).find(|id| loose.key(*id) == Some("use"));
        let Some(name) = used.and_then(|id| loose.words(id)) else { return };
        let given: Vec<&str> = loose.keys(inside, loose.cursor.token).collect();
        let names: Vec<&str> = self.known.parameters_of(name).filter(|name| !given.contains(name)).collect();
        for name in names {
            let insert = self.member(name, "\"\"");
            self.add(name, "parameter, required", "", insert);
        }
    }

    /// What may follow the key, or as an item of the list.
    fn values(&mut self, inside: usize, slot: Slot, is_text: bool) {
        let sketch = self.sketch;
        let is_list = sketch.loose.pieces[inside].kind == Kind::List;
        let own = sketch.loose.cursor.key.and_then(|range| key_at(sketch, inside, range));
        // What an item of a list is, the key of the list says.
        let around =
            is_list.then(|| sketch.loose.parent(inside).zip(sketch.loose.key_range(inside))).flatten();
        let key = own.or_else(|| around.and_then(|(above, range)| key_at(sketch, above, range)));
        let comma = if is_list { self.comma() } else { "" };
        let mut values: Vec<(String, String)> = Vec::new();
        let mut add = |value: &str, about: &str| values.push((value.to_owned(), about.to_owned()));
        match slot {
            Slot::Known(Shape::Object(_)) | Slot::Step if is_list => {}
            Slot::Known(shape) => known_values(shape, key, &self.known, &mut add),
            Slot::Bound => {
                let metric = sketch.loose.cursor.key.map_or("", |range| sketch.loose.unquoted(range));
                bounds(metric).iter().for_each(|bound| add(&quoted(bound), ""));
            }
            Slot::Subset
                if sketch.loose.cursor.key.is_some_and(|range| sketch.loose.unquoted(range) == "$type") =>
            {
                type_names().for_each(|name| add(&quoted(name), "type"));
            }
            _ => {}
        }
        for (value, about) in values.into_iter().filter(|(value, _)| !is_text || value.starts_with('"')) {
            let label = value.trim_matches('"').to_owned();
            self.add(&label, &about, "", value + comma);
        }
        match slot {
            _ if is_text && !key.is_some_and(|key| key.example.starts_with('"')) => {}
            Slot::Step => self.steps(comma),
            Slot::Known(Shape::Object(table)) if is_list && table.noun == "a check" => self.checks(comma),
            Slot::Known(Shape::Object(table)) if is_list && std::ptr::eq(table, &ANSWER) => {
                for (label, about, text) in ANSWERS {
                    self.add(label, "answer", about, format!("{text}{comma}"));
                }
            }
            _ => {
                if let Some(key) = own.filter(|key| !key.example.is_empty()) {
                    let label = cut(key.example.trim_matches('"'), LONGEST_LABEL);
                    self.add(&label, "example", key.about, key.example.to_owned());
                } else if let (Slot::Known(shape), false) = (slot, is_text) {
                    let stub = stub(shape);
                    if stub.len() > 2 {
                        self.add(
                            stub,
                            words(shape),
                            own.map_or("", |key| key.about),
                            format!("{stub}{comma}"),
                        );
                    }
                }
            }
        }
    }

    /// Paths of files, but those that the list names already.
    fn files(&mut self, inside: usize, kind: FileKind, paths: Vec<String>) {
        let loose = &self.sketch.loose;
        let is_list = loose.pieces[inside].kind == Kind::List;
        let others =
            loose.children(inside).filter(|id| is_list && Some(loose.range(*id)) != loose.cursor.token);
        let there: Vec<&str> = others.filter_map(|id| loose.words(id)).collect();
        let comma = if is_list { self.comma() } else { "" };
        for path in paths.iter().filter(|path| fits(kind, path) && !there.contains(&path.as_str())) {
            self.add(path, "file", "", quoted(path) + comma);
        }
    }

    /// Whole steps.
    fn steps(&mut self, comma: &str) {
        for example in examples().into_iter().filter(|example| !example.is_check) {
            self.add(&example.title, "step", &example.about, example.text + comma);
        }
    }

    fn checks(&mut self, comma: &str) {
        for example in examples().into_iter().filter(|example| example.is_check) {
            self.add(&example.title, "check", &example.about, example.text + comma);
        }
    }

    /// What a placeholder may name.
    fn placeholders(&mut self, within: Range, is_answer: bool) {
        self.replaced = within;
        let text = &self.sketch.loose.text;
        let end = if text[within.1..].starts_with("}}") { "" } else { "}}" };
        let known = std::mem::take(&mut self.known);
        for (name, about) in OF_MESSAGE.into_iter().filter(|_| is_answer) {
            self.add(name, "what came", about, format!("{name}{end}"));
        }
        let own = known.defining.into_iter().flat_map(|name| known.parameters_of(name));
        own.for_each(|name| self.add(name, "parameter", "", format!("{name}{end}")));
        let names = known.sets.iter().chain(known.captures.iter()).map(|name| (name, "of the check"));
        for (name, detail) in known.vars.iter().map(|name| (name, "variable")).chain(names) {
            self.add(name, detail, "", format!("{name}{end}"));
        }
        for (client, name) in known.owned {
            let name = format!("{client}.{name}");
            self.add(&name, "captured", "", format!("{name}{end}"));
        }
        for (word, written, about) in WORDS {
            self.add(word, if written == word { "" } else { written }, about, format!("{written}{end}"));
        }
        for name in ENVIRONMENT {
            self.add(&format!("env.{name}"), "environment", "", format!("env.{name}{end}"));
        }
    }
}

#[cfg(test)]
mod tests;
