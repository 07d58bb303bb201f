//! What differs within two messages.
//!
//! Owns when two values count as the same: by value, as what each side had sent itself, by a mask, or since both look
//! like the same kind of value that varies.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use super::masks::{Mask, general};
use super::side::Side;
use crate::base::canonical;
use crate::base::words::cut;
use crate::bench::compare::align::{Step, align};
use crate::recorder::kinds::PAIRING;
use crate::recorder::lines::Content;
use crate::recorder::looks::{self, Why};
use crate::recorder::paths::{join, last_name};

/// A longer value is shown by its beginning.
const LONGEST_SHOWN: usize = 200;
/// At most this many changes within one message are listed.
const MOST_CHANGES: usize = 50;

/// A place at which two messages differ.
pub(super) struct Change {
    pub path: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

impl Change {
    /// The same for changes of one kind.
    pub fn shape(&self) -> String {
        let sign = match (&self.before, &self.after) {
            (Some(_), None) => '-',
            (None, Some(_)) => '+',
            _ => '~',
        };
        format!("{sign}{}", general(&self.path))
    }
}

/// Two messages under comparison.
pub(super) struct Values<'s> {
    a: &'s Side,
    b: &'s Side,
    places: (usize, usize),
    mask: Option<&'s Mask>,
    guesses: bool,
    pub changes: Vec<Change>,
    pub guessed: usize,
    pub masked: usize,
}

/// Whether values of these looks vary between runs.
fn is_guess(name: &str, value: &Value) -> bool {
    matches!(looks::why_varying(name, value), Some(Why::Id | Why::Timestamp | Why::Counter))
}

impl<'s> Values<'s> {
    pub fn new(
        a: &'s Side,
        b: &'s Side,
        places: (usize, usize),
        mask: Option<&'s Mask>,
        guesses: bool,
    ) -> Self {
        Self { a, b, places, mask, guesses, changes: Vec::new(), guessed: 0, masked: 0 }
    }

    pub fn compare(&mut self) {
        let (one, other) = (&self.a.events[self.places.0], &self.b.events[self.places.1]);
        if one.is_same(other) {
            return;
        }
        let (one, other) = (&one.content(), &other.content());
        match (one.json(), other.json()) {
            (Some(one), Some(other)) => self.walk("$", one, other),
            _ => self.texts(one, other),
        }
    }

    fn texts(&mut self, one: &Content, other: &Content) {
        if self.mask.is_some_and(|mask| mask.hides("$")) {
            self.masked += 1;
            return;
        }
        if let (true, Some(one), Some(other)) = (self.guesses, one.text(), other.text()) {
            let pattern = looks::text_pattern(one);
            if pattern.is_some() && pattern == looks::text_pattern(other) {
                self.guessed += 1;
                return;
            }
        }
        let told = |content: &Content| match content {
            Content::Text { text, .. } => cut(text, LONGEST_SHOWN),
            Content::Binary(base64) => format!("binary {}", cut(base64, LONGEST_SHOWN)),
        };
        self.changes.push(Change { path: String::new(), before: Some(told(one)), after: Some(told(other)) });
    }

    fn walk(&mut self, path: &str, one: &Value, other: &Value) {
        if canonical::text(one) == canonical::text(other) {
            return;
        }
        let (i, j) = self.places;
        if self.mask.is_some_and(|mask| mask.hides(path)) {
            self.masked += 1;
            return;
        }
        if self.a.varies(i, path) || self.b.varies(j, path) {
            self.guessed += 1;
            return;
        }
        match (one, other) {
            (Value::Object(one), Value::Object(other)) => {
                for (name, value) in one {
                    let path = join(path, name);
                    match other.get(name) {
                        Some(other) => self.walk(&path, value, other),
                        None => self.only(&path, Some(value), None),
                    }
                }
                for (name, value) in other.iter().filter(|(name, _)| !one.contains_key(*name)) {
                    self.only(&join(path, name), None, Some(value));
                }
            }
            (Value::Array(one), Value::Array(other)) => self.lists(path, one, other),
            _ => {
                // What each side had sent comes back.
                let is_own = self.a.own.is_own(i, path, one) && self.b.own.is_own(j, path, other);
                let name = last_name(path);
                if is_own || (self.guesses && is_guess(name, one) && is_guess(name, other)) {
                    self.guessed += usize::from(!is_own);
                    return;
                }
                self.only(path, Some(one), Some(other));
            }
        }
    }

    fn lists(&mut self, path: &str, one: &[Value], other: &[Value]) {
        if one.len() == other.len() {
            for (nth, (one, other)) in one.iter().zip(other).enumerate() {
                self.walk(&format!("{path}[{nth}]"), one, other);
            }
            return;
        }
        let texts = |values: &[Value]| values.iter().map(canonical::text).collect::<Vec<_>>();
        for step in align(&texts(one), &texts(other)) {
            match step {
                Step::Both(..) => {}
                Step::Left(at) => self.only(&format!("{path}[{at}]"), Some(&one[at]), None),
                Step::Right(at) => self.only(&format!("{path}[{at}]"), None, Some(&other[at])),
            }
        }
    }

    fn only(&mut self, path: &str, before: Option<&Value>, after: Option<&Value>) {
        if self.mask.is_some_and(|mask| mask.hides(path)) {
            self.masked += 1;
            return;
        }
        let (i, j) = self.places;
        if self.a.varies(i, path) || self.b.varies(j, path) {
            self.guessed += 1;
            return;
        }
        if self.changes.len() < MOST_CHANGES {
            let told = |value: Option<&Value>| value.map(|value| cut(&value.to_string(), LONGEST_SHOWN));
            self.changes.push(Change { path: path.to_owned(), before: told(before), after: told(after) });
        }
    }
}

/// The paths at which two messages differ.
pub(super) fn differing(one: &Content, other: &Content, tell: &mut dyn FnMut(&str)) {
    match (one.json(), other.json()) {
        (Some(one), Some(other)) => walk("$", one, other, tell),
        _ if one == other => {}
        _ => tell("$"),
    }
}

fn walk(path: &str, one: &Value, other: &Value, tell: &mut dyn FnMut(&str)) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            for (name, value) in one {
                let path = join(path, name);
                match other.get(name) {
                    Some(other) => walk(&path, value, other, tell),
                    None => tell(&path),
                }
            }
            other.keys().filter(|name| !one.contains_key(*name)).for_each(|name| tell(&join(path, name)));
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (nth, (one, other)) in one.iter().zip(other).enumerate() {
                walk(&format!("{path}[{nth}]"), one, other, tell);
            }
        }
        _ if canonical::text(one) == canonical::text(other) => {}
        _ => tell(path),
    }
}

/// The same for messages that differ only in what varies. What a message answers is part of it.
pub(super) fn fingerprint(side: &Side, at: usize, mask: Option<&Mask>, guesses: bool) -> u64 {
    let mut hasher = DefaultHasher::new();
    let event = &side.events[at];
    match &event.content() {
        Content::Text { json: Some(json), .. } => {
            let mut print = Print { side, at, mask, guesses, hasher: &mut hasher };
            print.walk("$", json);
        }
        _ if mask.is_some_and(|mask| mask.hides("$")) => {}
        Content::Text { text, .. } => match looks::text_pattern(text).filter(|_| guesses) {
            Some(pattern) => pattern.hash(&mut hasher),
            None => text.hash(&mut hasher),
        },
        Content::Binary(base64) => base64.hash(&mut hasher),
    }
    hasher.finish()
}

struct Print<'s> {
    side: &'s Side,
    at: usize,
    mask: Option<&'s Mask>,
    guesses: bool,
    hasher: &'s mut DefaultHasher,
}

impl Print<'_> {
    fn walk(&mut self, path: &str, value: &Value) {
        if self.mask.is_some_and(|mask| mask.hides(path)) || self.side.varies(self.at, path) {
            return;
        }
        match value {
            Value::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                members.sort_unstable_by_key(|(name, _)| name.as_str());
                for (name, value) in members {
                    name.hash(self.hasher);
                    self.walk(&join(path, name), value);
                }
            }
            Value::Array(items) => {
                items.len().hash(self.hasher);
                items.iter().enumerate().for_each(|(nth, item)| self.walk(&format!("{path}[{nth}]"), item));
            }
            _ => {
                let name = last_name(path);
                let event = &self.side.events[self.at];
                let cause = event.cause.filter(|_| PAIRING.contains(&name));
                if let Some(cause) = cause.filter(|_| self.side.own.is_own(self.at, path, value)) {
                    // Which question it answers, whatever id that had.
                    ("answers", self.side.events[cause].nth_sent).hash(self.hasher);
                } else if !self.guesses || !is_guess(name, value) {
                    canonical::text(value).hash(self.hasher);
                }
            }
        }
    }
}
