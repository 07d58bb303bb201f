//! Invariants: the rules that each message must keep.
//!
//! Owns the memory that each rule needs for each connection; it continues across reconnects. Ignored messages are
//! checked too, since a heartbeat out of order is out of order.

use std::collections::HashSet;
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;

use super::super::inbox::message::Message;
use super::super::outcome::failure;
use crate::Instant;
use crate::base::words;
use crate::base::{canonical, number};
use crate::matcher::{Matcher, Pick, excerpt};
use crate::report::{Failure, FailureKind};

/// How many values are remembered for `unique`, per connection; a run with more values gets a note instead of a pass.
const MOST_VALUES: usize = if cfg!(test) { 100 } else { 1_000_000 };

/// A rule with its placeholders filled in.
#[derive(Clone)]
pub(crate) enum Law {
    Increasing(Rc<Pick>),
    Unique(Rc<Pick>),
    Schema(Rc<Matcher>),
    MaxGap(Duration),
}

/// One rule over one connection.
pub(crate) struct Guard {
    law: Law,
    /// Which of the check's invariants it is.
    pub index: usize,
    last: Option<(Value, Instant)>,
    seen: HashSet<String>,
    /// The last message, or the first open.
    heard: Option<Instant>,
    /// Only the first break is reported.
    is_broken: bool,
    /// Whether there was something to look at.
    pub has_seen: bool,
    /// Whether more values came than are remembered.
    pub is_full: bool,
}

impl Guard {
    pub fn new(index: usize, law: Law) -> Self {
        Self {
            law,
            index,
            last: None,
            seen: HashSet::new(),
            heard: None,
            is_broken: false,
            has_seen: false,
            is_full: false,
        }
    }

    /// What comes from now on is of another session; whether something was seen or broken stays.
    pub fn renew(&mut self) {
        (self.last, self.heard) = (None, None);
        self.seen.clear();
    }

    /// The connection is open, for the first time or again.
    pub fn opened(&mut self, at: Instant) {
        self.heard.get_or_insert(at);
        self.has_seen |= matches!(self.law, Law::MaxGap(_));
    }

    /// A message came.
    pub fn hear(&mut self, message: &Message, client: &str, began: Instant) -> Option<Failure> {
        if self.is_broken {
            return None;
        }
        let broken = match &self.law {
            Law::Increasing(pick) => {
                let value = pick.value(&message.subject).map(|value| pick.measured(value.into_owned()));
                self.has_seen |= value.is_some();
                value.and_then(|value| self.grow(value, message.at))
            }
            Law::Unique(pick) => {
                let value = pick.value(&message.subject);
                let text = value.map(|value| (canonical::text(&value), excerpt(&value)));
                self.has_seen |= text.is_some();
                text.and_then(|(text, shown)| self.remember(text, &shown))
            }
            Law::Schema(matcher) => matcher.check(&message.subject).err().map(|mismatch| {
                let expected = &mismatch.expected;
                let mut broken = failure::plain(
                    FailureKind::Invariant,
                    format!("a message is not as described: expected {expected}"),
                );
                broken.expected = Some(mismatch.expected.clone());
                broken.diff = failure::differences(mismatch);
                broken
            }),
            Law::MaxGap(most) => {
                let most = *most;
                self.heard.and_then(|heard| gap(message.at - heard, most))
            }
        };
        self.has_seen |= matches!(self.law, Law::Schema(_));
        self.heard = Some(message.at);
        broken.map(|broken| self.tell(Some(message), *broken, client, began))
    }

    /// Nothing more is to come, as the connection is closed on purpose or the check is over.
    pub fn end(&mut self, at: Instant, client: &str, began: Instant) -> Option<Failure> {
        let heard = self.heard.take()?;
        let Law::MaxGap(most) = &self.law else { return None };
        let broken = gap(at - heard, *most).filter(|_| !self.is_broken)?;
        Some(self.tell(None, *broken, client, began))
    }

    fn tell(&mut self, message: Option<&Message>, broken: Failure, client: &str, began: Instant) -> Failure {
        self.is_broken = true;
        let closest = message.map(|message| failure::near_miss(message, client, began, false));
        Failure { client: Some(client.to_owned()), closest, ..broken }
    }

    fn grow(&mut self, value: Value, at: Instant) -> Option<Box<Failure>> {
        let before = self.last.replace((value.clone(), at));
        let (before, _) = before?;
        let grows = match (&before, &value) {
            (Value::Number(before), Value::Number(value)) => number::compare(before, value).is_lt(),
            (Value::String(before), Value::String(value)) => before < value,
            _ => false,
        };
        let (before, value) = (excerpt(&before), excerpt(&value));
        (!grows).then(|| {
            failure::plain(
                FailureKind::Invariant,
                format!("{value} came after {before}, so it does not grow"),
            )
        })
    }

    fn remember(&mut self, text: String, shown: &str) -> Option<Box<Failure>> {
        if self.seen.contains(&text) {
            return Some(failure::plain(FailureKind::Invariant, format!("{shown} came a second time")));
        }
        match self.seen.len() < MOST_VALUES {
            true => drop(self.seen.insert(text)),
            false => self.is_full = true,
        }
        None
    }
}

/// A rule had more to remember than it can, so whether it held is unknown.
pub(crate) fn too_many(client: &str) -> Failure {
    let message = format!("more than {MOST_VALUES} values came; whether all of them are new is not known");
    Failure { client: Some(client.to_owned()), ..*failure::plain(FailureKind::Invariant, message) }
}

fn gap(gap: Duration, most: Duration) -> Option<Box<Failure>> {
    (gap > most).then(|| {
        // Three digits would make a gap just over the bound read as the bound.
        let gap = words::bound(Duration::from_micros(gap.as_micros() as u64));
        let most = words::bound(most);
        failure::plain(FailureKind::Invariant, format!("nothing came for {gap}; at most {most} is allowed"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_values_than_are_remembered_are_in_doubt_and_known_ones_still_break_it() {
        let pick = Rc::new(Pick::read(&"$.id".into()).unwrap());
        let mut guard = Guard::new(0, Law::Unique(pick));
        for i in 0..MOST_VALUES {
            assert!(guard.remember(i.to_string(), "").is_none());
        }
        assert!(!guard.is_full);
        assert!(guard.remember("one more".to_owned(), "").is_none() && guard.is_full);
        assert!(guard.remember("7".to_owned(), "7").is_some());
    }
}
