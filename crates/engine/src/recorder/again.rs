//! What differs between two recordings of one conversation.
//!
//! Owns the pairs of messages of both: the nth of its kind with the nth. With two recordings, guesses by looks do not
//! decide about values in both.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::feeds::Fate;
use super::kinds;
use super::lines::{Content, Event, Recording, What};
use super::own::Own;
use super::paths::{join, last_name};
use crate::base::words::counted;

/// By client and kind, the messages of a recording.
type Kinds<'a> = BTreeMap<(&'a str, String), Vec<(usize, &'a Content)>>;

/// What was found.
#[derive(Default)]
pub(super) struct Differences {
    /// Kinds that both have.
    compared: BTreeSet<(String, String)>,
    /// Paths at which messages of a kind differ.
    at: BTreeSet<(String, String, String)>,
    /// Kinds whose texts differ, with what all begin and end with.
    texts: BTreeMap<(String, String), (String, String)>,
}

impl Differences {
    pub fn is_compared(&self, client: &str, kind: &str) -> bool {
        self.compared.contains(&(client.to_owned(), kind.to_owned()))
    }

    pub fn is_at(&self, client: &str, kind: &str, path: &str) -> bool {
        self.at.contains(&(client.to_owned(), kind.to_owned(), path.to_owned()))
    }

    /// What texts of a kind begin and end with, where they differ.
    pub fn of_texts(&self, client: &str, kind: &str) -> Option<&(String, String)> {
        self.texts.get(&(client.to_owned(), kind.to_owned()))
    }

    /// Compares, and leaves out what only the first recording has.
    pub fn find(
        first: &Recording,
        second: &Recording,
        own: &Own,
        fates: &mut [Fate],
        remarks: &mut Vec<String>,
    ) -> Self {
        let mut found = Self::default();
        let (ours, theirs) =
            (received(&first.events, own), received(&second.events, &Own::of(&second.events)));
        for ((client, kind), some) in &ours {
            let others = theirs.get(&(*client, kind.clone())).map_or(&[][..], Vec::as_slice);
            // A feed may have come as long as a person watched it.
            let is_step = some.iter().all(|(at, _)| fates[*at] == Fate::Step);
            if others.len() < some.len() && is_step {
                for (at, _) in &some[others.len()..] {
                    fates[*at] = Fate::Once;
                }
                remarks.push(format!(
                    "{} came to {client} {} in the first recording and {} in the second: the suite expects {}.",
                    kinds::name_of(some[0].1),
                    counted(some.len() as u64, "time"),
                    counted(others.len() as u64, "time"),
                    if others.is_empty() { "none".to_owned() } else { counted(others.len() as u64, "message") },
                ));
            }
            for ((_, one), (_, other)) in some.iter().zip(others) {
                found.compared.insert(((*client).to_owned(), kind.clone()));
                found.compare(client, kind, one, other);
            }
        }
        for ((client, kind), some) in &theirs {
            if !ours.contains_key(&(*client, kind.clone())) {
                remarks.push(format!(
                    "{} came to {client} in the second recording only: the suite does not expect it.",
                    kinds::name_of(some[0].1)
                ));
            }
        }
        sent_differently(first, second, remarks);
        found
    }

    fn compare(&mut self, client: &str, kind: &str, one: &Content, other: &Content) {
        match (one.json(), other.json()) {
            (Some(one), Some(other)) => self.walk(client, kind, "$", one, other),
            _ if one == other => {}
            _ => match (one.text(), other.text()) {
                (Some(one), Some(other)) => {
                    let known = self.texts.entry((client.to_owned(), kind.to_owned()));
                    let (begin, end) = known.or_insert_with(|| (one.to_owned(), one.to_owned()));
                    (*begin, *end) = (common_begin(begin, other), common_end(end, other));
                }
                _ => drop(self.at.insert((client.to_owned(), kind.to_owned(), "$".to_owned()))),
            },
        }
    }

    fn walk(&mut self, client: &str, kind: &str, path: &str, one: &Value, other: &Value) {
        match (one, other) {
            (Value::Object(one), Value::Object(other)) => {
                for (name, value) in one {
                    let path = join(path, name);
                    match other.get(name) {
                        Some(other) => self.walk(client, kind, &path, value, other),
                        None => self.differs(client, kind, &path),
                    }
                }
            }
            (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
                for (nth, (one, other)) in one.iter().zip(other).enumerate() {
                    self.walk(client, kind, &format!("{path}[{nth}]"), one, other);
                }
            }
            _ if crate::base::canonical::text(one) == crate::base::canonical::text(other) => {}
            _ => self.differs(client, kind, path),
        }
    }

    fn differs(&mut self, client: &str, kind: &str, path: &str) {
        self.at.insert((client.to_owned(), kind.to_owned(), path.to_owned()));
    }
}

pub(super) fn common_begin(one: &str, other: &str) -> String {
    one.chars().zip(other.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
}

pub(super) fn common_end(one: &str, other: &str) -> String {
    let same = one.chars().rev().zip(other.chars().rev()).take_while(|(a, b)| a == b);
    let reversed: Vec<char> = same.map(|(a, _)| a).collect();
    reversed.into_iter().rev().collect()
}

fn received<'a>(events: &'a [Event], own: &Own) -> Kinds<'a> {
    let mut kinds = Kinds::new();
    for (at, event) in events.iter().enumerate() {
        if let Some(content) = event.received() {
            let kind = kinds::kind(content, own, at);
            kinds.entry((&event.client, kind)).or_default().push((at, content));
        }
    }
    kinds
}

/// Says where what was sent is not the same, since then what came may differ for that reason.
fn sent_differently(first: &Recording, second: &Recording, remarks: &mut Vec<String>) {
    for client in first.clients.keys() {
        let of = |recording: &'_ Recording| -> Vec<Content> {
            let sent = recording.events.iter().filter(|it| it.client == *client);
            sent.filter_map(
                |it| if let What::Sent(content) = &it.what { Some(content.clone()) } else { None },
            )
            .collect()
        };
        let (ours, theirs) = (of(first), of(second));
        if ours.len() != theirs.len() {
            remarks.push(format!(
                "{client} sent {} in the first recording and {} in the second: the suite sends those of the first.",
                counted(ours.len() as u64, "message"),
                counted(theirs.len() as u64, "message"),
            ));
        }
        let differing: BTreeSet<String> = ours
            .iter()
            .zip(&theirs)
            .filter(|(one, other)| one != other)
            .flat_map(|(one, other)| match (one.json(), other.json()) {
                (Some(one), Some(other)) => {
                    let mut found = Differences::default();
                    found.walk("", "", "$", one, other);
                    found.at.into_iter().map(|(_, _, path)| path).collect()
                }
                _ => vec!["the text".to_owned()],
            })
            .filter(|path| !super::looks::is_reference(last_name(path)))
            .collect();
        if !differing.is_empty() {
            let paths: Vec<_> = differing.iter().map(|path| format!("`{path}`")).collect();
            remarks.push(format!(
                "{client} did not send the same twice: {} differs. The suite sends what the first recording has.",
                paths.join(", ")
            ));
        }
    }
}
