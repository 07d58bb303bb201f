//! What varies between runs of one server, so that it does not count as a difference.
//!
//! Owns the file of masks, which people edit, and how masks are learnt: two runs against the same server differ only in
//! what varies.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt::{self, Write};

use serde::Deserialize;

use super::{Difference, diff};
use crate::base::json_words;
use crate::recording::jsonl::json_text;
use crate::session::Session;

/// The form of the file.
const FORM: u32 = 1;
/// What one run hides may uncover more; after this many rounds learning ends.
const ROUNDS: usize = 5;

/// What is not compared of one kind of messages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Masked {
    /// We send them.
    pub is_sent: bool,
    /// The kind; `*` for all that have no mask of their own.
    pub kind: String,
    /// What of it.
    pub varies: Varies,
}

/// What varies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Varies {
    /// The value at a JSON path, `$` for the whole content.
    Path(String),
    /// Where it comes among other messages.
    Order,
    /// How many there are.
    Count,
    /// How long it takes.
    Time,
}

/// A mask that was learnt, and the difference between two runs of one server by which it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Learnt {
    /// What is masked.
    pub masked: Masked,
    /// Why.
    pub why: Difference,
}

/// Masks of all kinds of messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Masks {
    /// Values that look like ids, times and counters on both sides are not compared.
    pub guess: bool,
    /// By direction and kind.
    kinds: BTreeMap<(bool, String), Mask>,
}

impl Default for Masks {
    fn default() -> Self {
        Self { guess: true, kinds: BTreeMap::new() }
    }
}

/// What is not compared of a kind of messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mask {
    paths: BTreeSet<String>,
    /// Nor its place among others.
    pub order: bool,
    /// Nor how many there are.
    pub count: bool,
    /// Nor how long it takes.
    pub time: bool,
}

impl Mask {
    pub fn hides(&self, path: &str) -> bool {
        !self.paths.is_empty() && (self.paths.contains(path) || self.paths.contains(&general(path)))
    }
}

/// A path with `[*]` for the places of items.
pub(super) fn general(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('[') {
        let (before, behind) = rest.split_at(at + 1);
        out.push_str(before);
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        rest = match digits > 0 && behind[digits..].starts_with(']') {
            true => {
                out.push('*');
                &behind[digits..]
            }
            false => behind,
        };
    }
    out.push_str(rest);
    out
}

/// Why a text is not a file of masks.
#[derive(Debug, thiserror::Error)]
#[error("line {line}, column {column}: {why}")]
pub struct MasksError {
    line: usize,
    column: usize,
    why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    masks: u32,
    #[serde(default = "yes")]
    guess: bool,
    #[serde(default)]
    messages: Vec<OfKind>,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Direction {
    Sent,
    Received,
}

#[derive(Deserialize)]
enum Any {
    #[serde(rename = "any")]
    Any,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfKind {
    direction: Direction,
    kind: String,
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default)]
    order: Option<Any>,
    #[serde(default)]
    count: Option<Any>,
    #[serde(default)]
    time: Option<Any>,
}

impl Masks {
    /// Reads a file of masks.
    pub fn parse(text: &str) -> Result<Self, MasksError> {
        let wrong = |error: &serde_json::Error| MasksError {
            line: error.line(),
            column: error.column().max(1),
            why: json_words::what(error),
        };
        let file: File = serde_json::from_str(text).map_err(|error| wrong(&error))?;
        if file.masks != FORM {
            let why = format!("expected \"masks\": {FORM}, the version of the file; found {}", file.masks);
            return Err(MasksError { line: 1, column: 1, why });
        }
        let mut masks = Self { guess: file.guess, kinds: BTreeMap::new() };
        for one in file.messages {
            let mask = masks.at(matches!(one.direction, Direction::Sent), &one.kind);
            mask.paths.extend(one.paths);
            mask.order |= one.order.is_some();
            mask.count |= one.count.is_some();
            mask.time |= one.time.is_some();
        }
        Ok(masks)
    }

    /// Writes the file, in the same order every time.
    pub fn write(&self, out: &mut dyn Write) -> fmt::Result {
        write!(out, "{{\n  \"masks\": {FORM},\n  \"guess\": {},\n  \"messages\": [", self.guess)?;
        for (nth, ((is_sent, kind), mask)) in self.kinds.iter().enumerate() {
            out.write_str(if nth == 0 { "\n    {" } else { ",\n    {" })?;
            write!(out, " \"direction\": \"{}\", \"kind\": ", if *is_sent { "sent" } else { "received" })?;
            json_text(out, kind)?;
            if !mask.paths.is_empty() {
                out.write_str(", \"paths\": [")?;
                for (nth, path) in mask.paths.iter().enumerate() {
                    out.write_str(if nth == 0 { "" } else { ", " })?;
                    json_text(out, path)?;
                }
                out.write_char(']')?;
            }
            for (name, is_any) in [("order", mask.order), ("count", mask.count), ("time", mask.time)] {
                if is_any {
                    write!(out, ", \"{name}\": \"any\"")?;
                }
            }
            out.write_str(" }")?;
        }
        out.write_str(if self.kinds.is_empty() { "]\n}\n" } else { "\n  ]\n}\n" })
    }

    /// Learns what varies from two runs against the same server, on top of what is masked already. Says what is new.
    pub fn learn(&mut self, first: &Session, second: &Session) -> Vec<Learnt> {
        let mut learnt = Vec::new();
        for _ in 0..ROUNDS {
            let found = diff(first, second, self);
            let before = learnt.len();
            for why in found.differences {
                if let Some(masked) = why.mask()
                    && self.add(&masked)
                {
                    learnt.push(Learnt { masked, why });
                }
            }
            if learnt.len() == before {
                break;
            }
        }
        learnt
    }

    /// All of them, in the order of the file.
    pub fn list(&self) -> Vec<Masked> {
        let mut list = Vec::new();
        for ((is_sent, kind), mask) in &self.kinds {
            let paths = mask.paths.iter().cloned().map(Varies::Path);
            let rest = [(mask.order, Varies::Order), (mask.count, Varies::Count), (mask.time, Varies::Time)];
            let all = paths.chain(rest.into_iter().filter(|(is_any, _)| *is_any).map(|(_, varies)| varies));
            list.extend(all.map(|varies| Masked { is_sent: *is_sent, kind: kind.clone(), varies }));
        }
        list
    }

    /// Masks something; says whether that is new.
    pub fn add(&mut self, masked: &Masked) -> bool {
        let mask = self.at(masked.is_sent, &masked.kind);
        match &masked.varies {
            Varies::Path(path) => mask.paths.insert(path.clone()),
            Varies::Order => !std::mem::replace(&mut mask.order, true),
            Varies::Count => !std::mem::replace(&mut mask.count, true),
            Varies::Time => !std::mem::replace(&mut mask.time, true),
        }
    }

    /// Compares something again.
    pub fn remove(&mut self, masked: &Masked) {
        let key = (masked.is_sent, masked.kind.clone());
        let Some(mask) = self.kinds.get_mut(&key) else { return };
        match &masked.varies {
            Varies::Path(path) => drop(mask.paths.remove(path)),
            Varies::Order => mask.order = false,
            Varies::Count => mask.count = false,
            Varies::Time => mask.time = false,
        }
        // An empty mask of a kind would stand in the way of that for all.
        if *mask == Mask::default() {
            self.kinds.remove(&key);
        }
    }

    fn at(&mut self, is_sent: bool, kind: &str) -> &mut Mask {
        self.kinds.entry((is_sent, kind.to_owned())).or_default()
    }

    pub(super) fn of(&self, kind: &str, is_sent: bool) -> Option<&Mask> {
        if self.kinds.is_empty() {
            return None;
        }
        self.kinds.get(&(is_sent, kind.to_owned())).or_else(|| self.kinds.get(&(is_sent, "*".to_owned())))
    }

    /// How many kinds have a mask.
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Whether nothing is masked but by its looks.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_masks_is_written_as_it_was_read() {
        let text = "{\n  \"masks\": 1,\n  \"guess\": false,\n  \"messages\": [\n    \
            { \"direction\": \"received\", \"kind\": \"type=a;\", \"paths\": [\"$.id\", \"$.list[*].at\"], \"order\": \"any\" },\n    \
            { \"direction\": \"sent\", \"kind\": \"*\", \"count\": \"any\", \"time\": \"any\" }\n  ]\n}\n";
        let masks = Masks::parse(text).expect("masks");
        let mut written = String::new();
        masks.write(&mut written).expect("a string takes all");
        assert_eq!(written, text);
        let mask = masks.of("type=a;", false).expect("it is there");
        assert!(mask.hides("$.list[12].at") && !mask.hides("$.list[12]") && mask.hides("$.id"));
        assert!(masks.of("other", true).is_some_and(|mask| mask.count));
        assert!(masks.of("other", false).is_none());
    }

    #[test]
    fn err_a_mistake_in_the_file_has_its_place() {
        let why = |text: &str| Masks::parse(text).expect_err("a mistake").to_string();
        assert_eq!(
            why("{\"masks\":2}"),
            "line 1, column 1: expected \"masks\": 1, the version of the file; found 2"
        );
        assert_eq!(
            why("{\"masks\":1,\n\"mesages\":[]}"),
            "line 2, column 9: expected the name of a member: `masks`, `guess`, `messages`; found `mesages`"
        );
        assert!(
            why("{\"masks\":1,\"messages\":[{\"direction\":\"up\",\"kind\":\"a\"}]}").contains("found `up`")
        );
    }

    #[test]
    fn a_mask_that_is_added_and_removed_leaves_the_file_as_it_was() {
        let of = |varies| Masked { is_sent: false, kind: "type=a;".to_owned(), varies };
        let all = [Varies::Path("$.id".to_owned()), Varies::Order, Varies::Count, Varies::Time].map(of);
        let mut masks = Masks::default();
        assert!(all.iter().all(|masked| masks.add(masked)));
        assert!(!all.iter().any(|masked| masks.add(masked)), "none is new any more");
        assert_eq!(masks.list(), all);
        let mut written = String::new();
        masks.write(&mut written).expect("a string takes all");
        assert_eq!(Masks::parse(&written).expect("masks"), masks);
        all.iter().for_each(|masked| masks.remove(masked));
        assert_eq!(masks, Masks::default());
    }

    #[test]
    fn places_of_items_are_general() {
        assert_eq!(general("$.a[12].b[0][\"x [1]\"]"), "$.a[*].b[*][\"x [*]\"]");
        assert_eq!(general("$"), "$");
    }
}
