//! Values that the server gave and we sent back.
//!
//! Owns how they are found in a recording, and how what is sent gets those of now. A value counts as given when it came
//! in a message before, we had not sent it ourselves, and it looks like one that refers to something.

use std::collections::HashMap;

use serde_json::Value;

use crate::base::mask::MASK;
use crate::recorder::lines::Content;
use crate::recorder::looks;
use crate::recorder::paths::{join, last_name, scalar};
use crate::session::diff::side::Side;

/// A shorter text is the same value only under a name that refers to something.
const TELLING: usize = 8;
/// As many values are looked for within longer texts.
const MOST_WITHIN: usize = 200;
/// As many values are remembered.
const MOST_KNOWN: usize = 100_000;

/// A message that has come: its connection, its kind, and which of them.
pub(super) type Source = (u32, String, usize);

/// A value of the server in what we send.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Need {
    pub source: Source,
    /// Where it was in that message.
    pub path: String,
    /// As it was recorded.
    old: Value,
    /// Where it goes; none for anywhere within the text.
    place: Option<String>,
}

struct Known {
    source: Source,
    path: String,
    value: Value,
}

/// What the server has given so far.
pub(super) struct Given<'s> {
    side: &'s Side,
    known: Vec<Known>,
    latest: HashMap<String, usize>,
    /// Long values that vary, the newest last.
    within: Vec<usize>,
    counts: HashMap<(u32, String), usize>,
    used: Vec<Source>,
}

/// A message as JSON, also where a packet of digits stands before it, as Socket.IO has it.
pub(super) fn json_of(content: &Content) -> Option<Value> {
    match content.json() {
        Some(json @ (Value::Object(_) | Value::Array(_))) => Some(json.clone()),
        _ => {
            let text = content.text()?;
            let begins = text.find(['{', '['])?;
            (begins <= 32).then(|| serde_json::from_str(&text[begins..]).ok()).flatten()
        }
    }
}

impl<'s> Given<'s> {
    pub fn new(side: &'s Side) -> Self {
        Self {
            side,
            known: Vec::new(),
            latest: HashMap::new(),
            within: Vec::new(),
            counts: HashMap::new(),
            used: Vec::new(),
        }
    }

    /// A message came.
    pub fn learn(&mut self, connection: u32, place: usize) {
        let event = &self.side.events[place];
        let count = self.counts.entry((connection, event.kind.clone())).or_default();
        let source = (connection, event.kind.clone(), *count);
        *count += 1;
        if let Some(json) = json_of(&event.content()) {
            self.scalars(&source, place, "$", &json);
        }
    }

    fn scalars(&mut self, source: &Source, place: usize, path: &str, value: &Value) {
        match value {
            Value::Object(members) => {
                members
                    .iter()
                    .for_each(|(name, value)| self.scalars(source, place, &join(path, name), value));
            }
            Value::Array(items) => items
                .iter()
                .enumerate()
                .for_each(|(nth, item)| self.scalars(source, place, &format!("{path}[{nth}]"), item)),
            Value::String(_) | Value::Number(_) => {
                let text = scalar(value);
                // Masks are alike, whatever stood there: we may have sent another one.
                let is_own = text != MASK && self.side.own.is_own(place, path, value);
                if self.known.len() >= MOST_KNOWN || is_own {
                    return;
                }
                let at = self.known.len();
                if text.len() >= TELLING && looks::why_varying(last_name(path), value).is_some() {
                    self.within.push(at);
                }
                self.latest.insert(text, at);
                self.known.push(Known {
                    source: source.clone(),
                    path: path.to_owned(),
                    value: value.clone(),
                });
            }
            _ => {}
        }
    }

    /// The values of the server in a message that is sent.
    pub fn needed(&mut self, place: usize) -> Vec<Need> {
        let content = self.side.events[place].content();
        let mut needs = Vec::new();
        match content.json() {
            Some(json @ (Value::Object(_) | Value::Array(_))) => self.walk("$", json, &mut needs),
            _ => needs = content.text().map(|text| self.needed_in_text(text)).unwrap_or_default(),
        }
        self.use_all(&needs);
        needs
    }

    /// The values of the server in a text.
    pub fn needed_in_text(&mut self, text: &str) -> Vec<Need> {
        let mut needs: Vec<Need> = Vec::new();
        for at in self.within.iter().rev().take(MOST_WITHIN) {
            let known = &self.known[*at];
            if text.contains(&scalar(&known.value)) && needs.iter().all(|need| need.old != known.value) {
                needs.push(need(known, None));
            }
        }
        self.use_all(&needs);
        needs
    }

    fn use_all(&mut self, needs: &[Need]) {
        for need in needs {
            if !self.used.contains(&need.source) {
                self.used.push(need.source.clone());
            }
        }
    }

    fn walk(&self, path: &str, value: &Value, needs: &mut Vec<Need>) {
        match value {
            Value::Object(members) => {
                members.iter().for_each(|(name, value)| self.walk(&join(path, name), value, needs));
            }
            Value::Array(items) => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(nth, item)| self.walk(&format!("{path}[{nth}]"), item, needs));
            }
            Value::String(_) | Value::Number(_) => {
                if let Some(known) = self.same(path, value) {
                    needs.push(need(known, Some(path)));
                } else if let Value::String(text) = value {
                    let mut inner = Vec::new();
                    for at in self.within.iter().rev().take(MOST_WITHIN) {
                        let known = &self.known[*at];
                        if text.contains(&scalar(&known.value)) {
                            inner.push(need(known, None));
                        }
                    }
                    needs.extend(inner.into_iter().filter(|it| it.old.is_string()).take(1));
                }
            }
            _ => {}
        }
    }

    fn same(&self, path: &str, value: &Value) -> Option<&Known> {
        if value == MASK {
            let is_it = |it: &&Known| it.value == MASK && last_name(&it.path) == last_name(path);
            return self.known.iter().rev().find(is_it);
        }
        let known = &self.known[*self.latest.get(&scalar(value))?];
        let has_digit = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
        let is_telling =
            value.as_str().is_some_and(|text| text.len() >= TELLING || (text.len() >= 4 && has_digit(text)));
        let refers = looks::is_reference(last_name(path));
        (known.value == *value && (is_telling || refers)).then_some(known)
    }

    /// The messages whose values are needed.
    pub fn sources(self) -> Vec<Source> {
        self.used
    }
}

fn need(known: &Known, place: Option<&str>) -> Need {
    Need {
        source: known.source.clone(),
        path: known.path.clone(),
        old: known.value.clone(),
        place: place.map(str::to_owned),
    }
}

/// The value at a path of a message.
pub(super) fn at_path(json: &Value, wanted: &str) -> Option<Value> {
    fn find(value: &Value, path: &str, wanted: &str) -> Option<Value> {
        if path == wanted {
            return Some(value.clone());
        }
        if !wanted.starts_with(path) {
            return None;
        }
        match value {
            Value::Object(members) => {
                members.iter().find_map(|(name, value)| find(value, &join(path, name), wanted))
            }
            Value::Array(items) => {
                items.iter().enumerate().find_map(|(nth, item)| find(item, &format!("{path}[{nth}]"), wanted))
            }
            _ => None,
        }
    }
    find(json, "$", wanted)
}

impl Need {
    /// Where in the JSON it goes.
    pub fn place(&self) -> Option<&str> {
        self.place.as_deref()
    }

    /// Puts the value of now into a text; none when nothing changes.
    pub fn put(&self, text: &str, now: &Value) -> Option<String> {
        if *now == self.old {
            return None;
        }
        let Some(place) = &self.place else {
            return Some(text.replace(&scalar(&self.old), &scalar(now)));
        };
        let mut json: Value = serde_json::from_str(text).ok()?;
        set(&mut json, "$", place, now);
        Some(json.to_string())
    }
}

fn set(value: &mut Value, path: &str, wanted: &str, now: &Value) {
    if path == wanted {
        *value = now.clone();
        return;
    }
    if !wanted.starts_with(path) {
        return;
    }
    match value {
        Value::Object(members) => {
            members.iter_mut().for_each(|(name, value)| set(value, &join(path, name), wanted, now));
        }
        Value::Array(items) => {
            items
                .iter_mut()
                .enumerate()
                .for_each(|(nth, item)| set(item, &format!("{path}[{nth}]"), wanted, now));
        }
        _ => {}
    }
}
