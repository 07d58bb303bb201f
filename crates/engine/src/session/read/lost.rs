//! What of a file could not be kept.
//!
//! Owns the sentences. Each names what is lost and how many there were of it.

use std::collections::BTreeMap;

use crate::base::words::{count, counted, cut};

/// What can be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Frames,
    Beside,
    Sessions,
    HttpEntries,
    Attached,
    ControlFrames,
    Untimed,
    Closes,
    Numbers,
    Calendar,
    Sizes,
}

/// How many there are of each, and what else is to be said.
#[derive(Debug, Default)]
pub struct Lost {
    kinds: BTreeMap<Kind, u64>,
    /// Members that are not known, each with how many lines have it.
    members: BTreeMap<String, u64>,
    events: BTreeMap<String, u64>,
    words: Vec<String>,
}

/// At most this many different names are listed.
const MOST_NAMES: usize = 20;

impl Lost {
    pub(super) fn count(&mut self, kind: Kind, by: u64) {
        if by > 0 {
            *self.kinds.entry(kind).or_default() += by;
        }
    }

    /// A member that the model has no place for.
    pub(super) fn member(&mut self, name: &str) {
        tally(&mut self.members, name);
    }

    /// An event that the model has no place for.
    pub(super) fn event(&mut self, name: &str) {
        tally(&mut self.events, name);
    }

    /// Something that happens once.
    pub(super) fn say(&mut self, words: String) {
        if self.words.len() < MOST_NAMES && !self.words.contains(&words) {
            self.words.push(words);
        }
    }

    pub(super) fn sentences(self) -> Vec<String> {
        let mut told: Vec<String> = self.kinds.iter().map(|(kind, times)| sentence(*kind, *times)).collect();
        let listed = |names: &BTreeMap<String, u64>| {
            let names = names.iter().map(|(name, times)| format!("{name:?} ({})", count(*times)));
            names.collect::<Vec<_>>().join(", ")
        };
        if !self.members.is_empty() {
            told.push(format!("Members that a session has no place for: {}.", listed(&self.members)));
        }
        if !self.events.is_empty() {
            told.push(format!("Events that a session has no place for: {}.", listed(&self.events)));
        }
        told.extend(self.words);
        told
    }
}

fn tally(names: &mut BTreeMap<String, u64>, name: &str) {
    if let Some(times) = names.get_mut(name) {
        *times += 1;
    } else if names.len() < MOST_NAMES {
        names.insert(cut(name, 60), 1);
    }
}

fn sentence(kind: Kind, times: u64) -> String {
    match kind {
        Kind::Frames => format!("The oldest {} did not fit into memory.", counted(times, "frame")),
        Kind::Beside => {
            format!("{} of the handshakes, notes and pins did not fit into memory.", count(times))
        }
        Kind::Sessions => format!("{} at the end did not fit into memory.", counted(times, "line")),
        Kind::HttpEntries => {
            format!(
                "{} of the HAR left out: a session keeps those that change something or set a cookie.",
                counted(times, "HTTP call")
            )
        }
        Kind::Attached => format!("{} could not be opened.", counted(times, "attached file")),
        Kind::ControlFrames => format!("{} (ping, pong) left out.", counted(times, "control frame")),
        Kind::Untimed => {
            format!("The HAR has no time for {}: each has that of the one before.", counted(times, "message"))
        }
        Kind::Closes => {
            format!("The file does not say how {} ended.", counted(times, "connection"))
        }
        Kind::Numbers => format!("{} got a new number.", counted(times, "frame")),
        Kind::Calendar => {
            format!(
                "The calendar time of {} does not fit the others and was not kept.",
                counted(times, "line")
            )
        }
        Kind::Sizes => format!("{} has another size than the file says.", counted(times, "message")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_loss_is_a_sentence_with_its_number() {
        let mut lost = Lost::default();
        assert!(Lost::default().sentences().is_empty());
        lost.count(Kind::Closes, 2);
        lost.count(Kind::Frames, 0);
        lost.member("foo");
        lost.member("foo");
        (0..100).for_each(|n| lost.event(&format!("e{n}")));
        let told = lost.sentences();
        assert_eq!(told[0], "The file does not say how 2 connections ended.");
        assert_eq!(told[1], "Members that a session has no place for: \"foo\" (2).");
        assert_eq!(told.len(), 3);
    }
}
