//! Access to the inbox, for benchmarks and for comparison with a model of it.
//!
//! Owns nothing: from outside, the cost and the selection of an inbox cannot be separated from the rest of a run. It is
//! not part of the library's interface and of no build for a browser.
#![allow(missing_docs, reason = "not documented on purpose")]

use std::rc::Rc;

use super::inbox::message::Sequence;
use super::inbox::pair::{Pair, content_key, field_key};
use super::inbox::queue::{Budget, Inbox};
use super::inbox::waiter::{Stage, Waiter};
use crate::matcher::{Matcher, Pick, Subject};
use crate::{Instant, Payload};

pub use super::inbox::message::Arrival;
pub use super::inbox::waiter::Mode;

/// How a reply is found among others.
#[derive(Clone)]
pub enum Pairing {
    /// By its matcher.
    None,
    /// By the value that is there in what was sent too.
    Field(Rc<Pick>),
    /// By being what was sent.
    Content,
}

/// An expectation.
pub struct Wanting {
    pub mode: Mode,
    pub slots: Vec<Option<Rc<Matcher>>>,
    pub since: u64,
    pub deadline: Instant,
    pub sent: Option<Payload>,
    pub pairing: Pairing,
}

/// An inbox of one connection.
pub struct Probe {
    inbox: Inbox,
    sequence: Sequence,
}

impl Default for Probe {
    fn default() -> Self {
        Self::new()
    }
}

impl Probe {
    pub fn new() -> Self {
        let sequence = Sequence::default();
        Self { inbox: Inbox::new(sequence.clone(), Budget::default()), sequence }
    }

    /// The place of the next message.
    pub fn next(&self) -> u64 {
        self.sequence.next()
    }

    pub fn arrive(&self, at: Instant, payload: Payload) -> Arrival {
        self.inbox.arrive(self.inbox.stamp(at, payload))
    }

    /// Registers an expectation. None when what was sent has no value to be paired by.
    pub fn expect(&self, wanting: Wanting) -> Option<Waiting> {
        let sent = wanting.sent.map(Rc::new);
        let pair = match (wanting.pairing, &sent) {
            (Pairing::None, _) | (_, None) => None,
            (Pairing::Content, Some(sent)) => Some((Pair::Content, content_key(sent))),
            (Pairing::Field(pick), Some(sent)) => {
                let key = field_key(&pick, &Subject::new(sent))?;
                Some((Pair::Field(pick), key))
            }
        };
        let waiter = Waiter::new(wanting.mode, wanting.slots, wanting.since, wanting.deadline, sent, pair);
        self.inbox.register(&waiter);
        Some(Waiting(waiter))
    }

    /// What happens when the time of an expectation is up.
    pub fn give_up(&self, waiting: &Waiting) {
        self.inbox.forget(&waiting.0);
    }

    /// The places of the unselected messages.
    pub fn leftovers(&self) -> Vec<u64> {
        self.inbox.leftovers().0.iter().map(|message| message.order).collect()
    }
}

/// An expectation that waits.
pub struct Waiting(Rc<Waiter>);

impl Waiting {
    pub fn is_done(&self) -> bool {
        self.0.is_done()
    }

    pub fn is_content(&self) -> bool {
        matches!(self.0.stage(), Stage::Full | Stage::Complete)
    }

    /// Slots and the places of the messages that they have.
    pub fn selected(&self) -> Vec<(usize, u64)> {
        self.0.selected().iter().map(|(slot, message)| (*slot, message.order)).collect()
    }

    pub fn surplus(&self) -> Option<u64> {
        match self.0.stage() {
            Stage::Exceeded(message) => Some(message.order),
            _ => None,
        }
    }
}
