//! Why a connection of a check may have failed or dropped, in the same words as on the bench.
//!
//! Owns the facts about a connection that the table of causes needs. It refuses to rank. An end that the suite asked
//! for needs no cause.

use std::cell::RefCell;
use std::rc::Rc;

use super::super::check::CheckRun;
use super::super::connections::member::Member;
use crate::explain::{Cause, Ended, Surroundings, explain};
use crate::report::{Failure, FailureKind};
use crate::{Endpoint, Instant, World};

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

    pub fn received(&self) {
        self.note(|facts| facts.received += 1);
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

    fn causes(&self, around: &Surroundings) -> Vec<Cause> {
        let life = self.0.borrow();
        let ended = life.as_ref().and_then(|facts| Some((&facts.endpoint, facts.ended.as_ref()?)));
        let mut causes = ended.map_or_else(Vec::new, |(endpoint, it)| explain(endpoint, it, around).causes);
        causes.truncate(TOLD);
        causes
    }
}

impl<W: World> CheckRun<W> {
    /// The failure of one connection, with whose it is and what may be behind it.
    pub fn of_member(&self, member: &Rc<Member<W>>, mut failure: Failure) -> Failure {
        failure.client.get_or_insert_with(|| member.name.clone());
        if matches!(failure.kind, FailureKind::Closed | FailureKind::Refused) {
            failure.causes = member.life.causes(&self.surroundings());
        }
        failure
    }

    fn surroundings(&self) -> Surroundings {
        let counted = |count: u64| u16::try_from(count).unwrap_or(u16::MAX);
        let mut meter = self.run.meter.borrow_mut();
        Surroundings {
            sockets: counted(meter.open()),
            pending: counted(self.run.handshakes.pending()),
            failed_lately: counted(meter.counters().refused),
            ..Surroundings::of_origin(&self.run.plan.options.environment.origin)
        }
    }
}
