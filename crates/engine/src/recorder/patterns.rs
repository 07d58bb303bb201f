//! What a message must look like, apart from varying values.
//!
//! Owns the decision for each value of a message, and for those of many messages of a kind. Values we sent come back as
//! we sent them, so they never count as varying.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::again::{Differences, common_begin, common_end};
use super::lines::{Content, Event, members};
use super::looks::{self, Why};
use super::own::Own;
use super::paths::{join, last_name, literal, scalar};
use crate::base::words::counted;
use crate::bench::as_step;

/// A feed whose texts are each this frequent has them as a list.
const FREQUENT: usize = 10;

/// What is known of all messages.
pub(super) struct Patterns<'a> {
    pub own: &'a Own,
    pub again: Option<&'a Differences>,
    /// Values that no document may have.
    pub secrets: &'a BTreeSet<String>,
    /// Whole numbers that only ever grow, by client and path.
    pub counters: BTreeSet<(String, String)>,
    /// Names under which numbers vary in a feed.
    pub noisy: BTreeSet<String>,
    let_go: BTreeMap<(String, Why), u32>,
}

/// The message under test.
#[derive(Clone, Copy)]
pub(super) struct Which<'a> {
    pub at: usize,
    pub client: &'a str,
    pub kind: &'a str,
}

/// A value that was let go of: its path and itself.
pub(super) type LetGo = Vec<(String, Value)>;

impl<'a> Patterns<'a> {
    pub fn new(own: &'a Own, again: Option<&'a Differences>, secrets: &'a BTreeSet<String>) -> Self {
        Self {
            own,
            again,
            secrets,
            counters: BTreeSet::new(),
            noisy: BTreeSet::new(),
            let_go: BTreeMap::new(),
        }
    }

    /// Finds numbers that only ever grow, in three messages and more.
    pub fn find_counters(&mut self, events: &[Event]) {
        let mut seen = BTreeMap::<(String, String), (i64, u32)>::new();
        let mut broken = BTreeSet::new();
        for (at, event) in events.iter().enumerate() {
            let Some(Value::Object(members)) = event.received().and_then(|it| it.json()) else { continue };
            for (name, value) in members {
                let path = join("$", name);
                let key = (event.client.clone(), path.clone());
                let Some(number) = value.as_i64().filter(|_| !self.own.is_own(at, &path, value)) else {
                    continue;
                };
                match seen.get_mut(&key) {
                    Some((last, _)) if number <= *last => drop(broken.insert(key)),
                    Some((last, times)) => (*last, *times) = (number, *times + 1),
                    None => drop(seen.insert(key, (number, 1))),
                }
            }
        }
        let grown = seen.into_iter().filter(|(key, (_, times))| *times >= 3 && !broken.contains(key));
        self.counters = grown.map(|(key, _)| key).collect();
    }

    /// What a single message must be like, and what was let go of.
    pub fn of_message(&mut self, which: Which<'_>, content: &Content) -> (Map<String, Value>, LetGo) {
        let mut let_go = Vec::new();
        let pattern = match content {
            Content::Binary(_) => self.of_bytes(which, content),
            Content::Text { json: Some(json @ (Value::Object(_) | Value::Array(_))), .. } => {
                members([("subset", self.of_value(which, "$", json, &mut let_go))])
            }
            Content::Text { json: Some(json), .. } => match self.why(which, "$", json) {
                Some(why) => {
                    self.note("$", why, 1);
                    members([("path", "$".into()), ("type", type_of(json).into())])
                }
                None => members([("equals", literal(json))]),
            },
            Content::Text { text, json: None } => self.of_text(which, text),
        };
        (pattern, let_go)
    }

    fn of_bytes(&mut self, which: Which<'_>, content: &Content) -> Map<String, Value> {
        let bytes = content.bytes();
        if self.again.is_some_and(|it| it.is_at(which.client, which.kind, "$")) {
            self.note("the bytes", Why::Again, 1);
            return members([("bytes", members([("size", bytes.len().into())]).into())]);
        }
        match as_step::binary(&bytes) {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }

    fn of_text(&mut self, which: Which<'_>, text: &str) -> Map<String, Value> {
        if self.secrets.iter().any(|secret| text.contains(secret.as_str())) {
            self.note("the text", Why::Secret, 1);
            let parts = self.secrets.iter().fold(regex_lite::escape(text), |pattern, secret| {
                pattern.replace(&regex_lite::escape(secret), ".+")
            });
            return members([("regex", format!("(?s)^{parts}$").into())]);
        }
        if let Some(again) = self.again.filter(|it| it.is_compared(which.client, which.kind)) {
            return match again.of_texts(which.client, which.kind) {
                Some((begin, end)) => {
                    let pattern = between(begin, end);
                    self.note("the text", Why::Again, 1);
                    members([("regex", pattern.into())])
                }
                None => members([("text", literal(&text.into()))]),
            };
        }
        match looks::text_pattern(text) {
            Some(pattern) => {
                self.note("the text", Why::Id, 1);
                members([("regex", pattern.into())])
            }
            None => members([("text", literal(&text.into()))]),
        }
    }

    fn of_value(&mut self, which: Which<'_>, path: &str, value: &Value, let_go: &mut LetGo) -> Value {
        if self.again.is_some_and(|it| it.is_at(which.client, which.kind, path)) {
            self.note(path, Why::Again, 1);
            let_go.push((path.to_owned(), value.clone()));
            return any_of_type(value);
        }
        match value {
            Value::Object(all) => {
                let mut pattern = Map::new();
                for (name, value) in all {
                    let member = self.of_value(which, &join(path, name), value, let_go);
                    pattern.insert(as_step::member_name(name), member);
                }
                pattern.into()
            }
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(nth, item)| self.of_value(which, &format!("{path}[{nth}]"), item, let_go))
                .collect(),
            _ => match self.why(which, path, value) {
                Some(why) => {
                    self.note(path, why, 1);
                    let_go.push((path.to_owned(), value.clone()));
                    any_of_type(value)
                }
                None => literal(value),
            },
        }
    }

    /// Why a value will be another one the next time.
    fn why(&self, which: Which<'_>, path: &str, value: &Value) -> Option<Why> {
        if value.as_str().is_some_and(|text| self.secrets.contains(text)) {
            return Some(Why::Secret);
        }
        if self.again.is_some_and(|it| it.is_compared(which.client, which.kind))
            || self.own.is_own(which.at, path, value)
        {
            return None;
        }
        let name = last_name(path);
        let counts = || self.counters.contains(&(which.client.to_owned(), path.to_owned()));
        looks::why_varying(name, value)
            .or_else(|| counts().then_some(Why::Counter))
            .or_else(|| (value.is_number() && self.noisy.contains(name)).then_some(Why::Feed))
    }

    /// What all messages of a feed are like.
    pub fn of_feed(&mut self, which: Which<'_>, all: &[&Content]) -> Map<String, Value> {
        let json: Option<Vec<&Value>> = all.iter().map(|it| it.json()).collect();
        match json {
            Some(values) if values.iter().all(|it| it.is_object() || it.is_array()) => {
                let pattern = self.of_values(which, "$", &values).unwrap_or_else(|| Map::new().into());
                members([("subset", pattern)])
            }
            Some(values) if values.iter().any(|it| *it != values[0]) => {
                self.note("$", Why::Feed, all.len() as u32);
                let type_name = type_of(values[0]);
                match values.iter().all(|it| type_of(it) == type_name) {
                    true => members([("path", "$".into()), ("type", type_name.into())]),
                    false => members([("any", true.into())]),
                }
            }
            _ => self.of_texts(which, all),
        }
    }

    fn of_texts(&mut self, which: Which<'_>, all: &[&Content]) -> Map<String, Value> {
        let Some(texts) = all.iter().map(|it| it.text()).collect::<Option<Vec<_>>>() else {
            let sizes: BTreeSet<_> = all.iter().map(|it| it.bytes().len()).collect();
            if all.iter().all(|it| *it == all[0]) {
                return self.of_bytes(which, all[0]);
            }
            self.note("the bytes", Why::Feed, all.len() as u32);
            let size = match sizes.first() {
                Some(size) if sizes.len() == 1 => (*size).into(),
                _ => members([("$gte", sizes.first().copied().unwrap_or(0).into())]).into(),
            };
            return members([("bytes", members([("size", size)]).into())]);
        };
        if texts.iter().all(|it| *it == texts[0]) {
            return self.of_message(which, all[0]).0;
        }
        self.note("the text", Why::Feed, all.len() as u32);
        let begin = texts.iter().fold(texts[0].to_owned(), |begin, text| common_begin(&begin, text));
        let end = texts.iter().fold(texts[0].to_owned(), |end, text| common_end(&end, text));
        members([("regex", between(&begin, &end).into())])
    }

    /// The pattern of all these values, which stand at the same path; none when nothing can be said.
    fn of_values(&mut self, which: Which<'_>, path: &str, all: &[&Value]) -> Option<Value> {
        if let Some(objects) = all.iter().map(|it| it.as_object()).collect::<Option<Vec<_>>>() {
            let mut pattern = Map::new();
            for name in objects[0].keys() {
                // What only some have need not come.
                let Some(values) = objects.iter().map(|it| it.get(name)).collect::<Option<Vec<_>>>() else {
                    continue;
                };
                if let Some(member) = self.of_values(which, &join(path, name), &values) {
                    pattern.insert(as_step::member_name(name), member);
                }
            }
            return Some(pattern.into());
        }
        if let Some(arrays) = all.iter().map(|it| it.as_array()).collect::<Option<Vec<_>>>() {
            if arrays.iter().any(|it| it.len() != arrays[0].len()) {
                self.note(path, Why::Feed, all.len() as u32);
                return Some(any_of_type(all[0]));
            }
            let item = |nth: usize| {
                let values: Vec<&Value> = arrays.iter().map(|it| &it[nth]).collect();
                let any = || members([("$any", true.into())]).into();
                self.of_values(which, &format!("{path}[{nth}]"), &values).unwrap_or_else(any)
            };
            return Some((0..arrays[0].len()).map(item).collect());
        }
        let differs = all.iter().any(|it| *it != all[0])
            || self.again.is_some_and(|it| it.is_at(which.client, which.kind, path));
        if !differs {
            return Some(match self.why(which, path, all[0]) {
                Some(why) => {
                    self.note(path, why, all.len() as u32);
                    any_of_type(all[0])
                }
                None => literal(all[0]),
            });
        }
        if all.iter().all(|it| it.is_number()) {
            self.noisy.insert(last_name(path).to_owned());
        }
        let texts: Option<BTreeSet<&str>> = all.iter().map(|it| it.as_str()).collect();
        if let Some(texts) = texts.filter(|it| it.len() > 1 && it.len() * FREQUENT <= all.len()) {
            let list: Value = texts.iter().map(|text| literal(&(*text).into())).collect();
            return Some(members([("$in", list)]).into());
        }
        self.note(path, Why::Feed, all.len() as u32);
        let type_name = type_of(all[0]);
        all.iter().all(|it| type_of(it) == type_name).then(|| any_of_type(all[0]))
    }

    fn note(&mut self, path: &str, why: Why, times: u32) {
        *self.let_go.entry((path.to_owned(), why)).or_default() += times;
    }

    pub fn remarks(self) -> impl Iterator<Item = String> {
        self.let_go.into_iter().map(|((path, why), times)| {
            let times = counted(times.into(), "message");
            let path = if path.starts_with('$') { format!("`{path}`") } else { sentence(&path) };
            format!("{path} varies ({}): not compared in {times}.", why.words())
        })
    }
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A regular expression of what lies between two texts; the end may not overlap the beginning.
fn between(begin: &str, end: &str) -> String {
    format!("(?s)^{}.*{}$", regex_lite::escape(begin), regex_lite::escape(end))
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn any_of_type(value: &Value) -> Value {
    match value {
        Value::Null => members([("$any", true.into())]).into(),
        value => members([("$type", type_of(value).into())]).into(),
    }
}

/// Whether a value may be captured: something can be sent back.
pub(super) fn is_capturable(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Number(_)) && !scalar(value).is_empty()
}
