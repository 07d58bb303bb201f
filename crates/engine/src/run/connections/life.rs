//! Why a connection of a check may have failed or dropped, in the same words as on the bench.
//!
//! Owns the facts about a connection that the table of causes needs. It refuses to rank. An end that the suite asked
//! for needs no cause.

use std::cell::RefCell;

use crate::explain::{Cause, Ended, Surroundings, explain};
use crate::{Endpoint, Instant};

/// This many causes are listed with a failure; those after them are unlikely.
const TOLD: usize = 3;

/// What has happened on a connection since its handshake began.
#[derive(Default)]
pub(crate) struct Life(RefCell<Option<Facts>>);

struct Facts {
    endpoint: Endpoint,
    asked: Instant,
    opened: Option<Instant>,
    last_sent: Option<Instant>,
    last_received: Option<Instant>,
    sent: u64,
    received: u64,
    largest_sent: u64,
    ended: Option<Ended>,
}

impl Life {
    pub fn began(&self, endpoint: &Endpoint, asked: Instant) {
        *self.0.borrow_mut() = Some(Facts {
            endpoint: endpoint.clone(),
            asked,
            opened: None,
            last_sent: None,
            last_received: None,
            sent: 0,
            received: 0,
            largest_sent: 0,
            ended: None,
        });
    }

    pub fn opened(&self, at: Instant) {
        self.note(|facts| facts.opened = Some(at));
    }

    pub fn sent(&self, bytes: usize, at: Instant) {
        self.note(|facts| {
            facts.sent += 1;
            facts.last_sent = Some(at);
            facts.largest_sent = facts.largest_sent.max(bytes as u64);
        });
    }

    pub fn received(&self, at: Instant) {
        self.note(|facts| {
            facts.received += 1;
            facts.last_received = Some(at);
        });
    }

    /// It has ended, and not because we asked for it.
    pub fn ended(&self, at: Instant, code: u16, reason: &str, clean: bool, buffered: u64) {
        self.note(|facts| {
            facts.ended = Some(Ended {
                was_open: facts.opened.is_some(),
                code,
                reason: reason.to_owned(),
                clean,
                took: at.since(facts.asked),
                open_for: facts.opened.map(|opened| at.since(opened)),
                sent: facts.sent,
                received: facts.received,
                largest_sent: facts.largest_sent,
                since_last_send: facts.last_sent.map(|sent| at.since(sent)),
                since_last_receive: facts.last_received.map(|received| at.since(received)),
                offered_protocols: !facts.endpoint.protocols().is_empty(),
                buffered,
                is_given_up: false,
            });
        });
    }

    fn note(&self, note: impl FnOnce(&mut Facts)) {
        if let Some(facts) = &mut *self.0.borrow_mut() {
            note(facts);
        }
    }

    /// What may be behind its end, the likeliest first.
    pub fn causes(&self, around: &Surroundings) -> Vec<Cause> {
        let life = self.0.borrow();
        let ended = life.as_ref().and_then(|facts| Some((&facts.endpoint, facts.ended.as_ref()?)));
        let mut causes = ended.map_or_else(Vec::new, |(endpoint, it)| explain(endpoint, it, around).causes);
        causes.truncate(TOLD);
        causes
    }
}
