//! What always holds, message by message.
//!
//! Owns the memory that each rule needs for each connection; it goes on across reconnects. The rule a reader would break: an
//! ignored message is no exception here, since a heartbeat out of order is out of order.

use std::collections::HashSet;
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;

use super::failure;
use super::inbox::Message;
use crate::engine::matcher::{Matcher, Query, excerpt};
use crate::engine::report::{Failure, FailureKind};
use crate::engine::{Instant, canonical, number};

/// How many values are remembered for `unique`, per connection; a run that has more is told so and not that all is well.
const MOST_VALUES: usize = 1_000_000;

/// A rule with its placeholders filled in.
#[derive(Clone)]
pub(super) enum Law {
    Increasing(Rc<Query>),
    Unique(Rc<Query>),
    Schema(Rc<Matcher>),
    MaxGap(Duration),
}

/// One rule over one connection.
pub(super) struct Guard {
    law: Law,
    /// Which of the check's invariants it is.
    pub index: usize,
    last: Option<(Value, Instant)>,
    seen: HashSet<String>,
    /// The last message, or the first open.
    heard: Option<Instant>,
    /// Only the first break is told.
    is_broken: bool,
}

impl Guard {
    pub fn new(index: usize, law: Law) -> Self {
        Self { law, index, last: None, seen: HashSet::new(), heard: None, is_broken: false }
    }

    /// The connection is open, for the first time or again.
    pub fn opened(&mut self, at: Instant) {
        self.heard.get_or_insert(at);
    }

    /// A message came.
    pub fn hear(&mut self, message: &Message, client: &str, began: Instant) -> Option<Failure> {
        if self.is_broken {
            return None;
        }
        let broken = match &self.law {
            Law::Increasing(query) => {
                let value = message.subject.json().and_then(|json| query.first(json)).cloned();
                value.and_then(|value| self.grow(value, message.at))
            }
            Law::Unique(query) => {
                let value = message.subject.json().and_then(|json| query.first(json));
                let text = value.map(|value| (canonical::text(value), excerpt(value)));
                text.and_then(|(text, shown)| self.remember(text, &shown))
            }
            Law::Schema(matcher) => matcher.check(&message.subject).err().map(|mismatch| {
                let mut broken = failure::plain(
                    FailureKind::Invariant,
                    format!("a message is not as described: {mismatch}"),
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
        if self.seen.len() >= MOST_VALUES {
            let message =
                format!("more than {MOST_VALUES} values came; whether the next one is new is not known");
            return Some(failure::plain(FailureKind::Invariant, message));
        }
        (!self.seen.insert(text))
            .then(|| failure::plain(FailureKind::Invariant, format!("{shown} came a second time")))
    }
}

fn gap(gap: Duration, most: Duration) -> Option<Box<Failure>> {
    (gap > most).then(|| {
        let (gap, most) = (failure::took(gap), failure::took(most));
        failure::plain(FailureKind::Invariant, format!("nothing came for {gap}; at most {most} is allowed"))
    })
}
