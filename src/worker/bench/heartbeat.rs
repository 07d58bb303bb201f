//! Heartbeats of a connection: sent again and again, their replies awaited.
//!
//! Owns the counts and when a reply is late. One rule: a beat that is not answered before the next one is due counts as
//! missed once, and a late reply does not count twice.

use super::matching::Matching;
use crate::engine::{Instant, Payload};
use crate::wire::bench::{Beats, Heartbeat};

/// Watches the replies.
#[derive(Default)]
pub(super) struct BeatWatch {
    pub beats: Beats,
    reply: Option<Matching>,
    /// What is wrong with the matcher of the reply.
    pub wrong: Option<String>,
    /// Until when the reply to the last beat is in time.
    awaited: Option<Instant>,
    /// Missed since the last reply.
    in_a_row: u32,
}

impl BeatWatch {
    /// It is set up in another way; the counts go on.
    pub fn arrange(&mut self, heartbeat: Option<&Heartbeat>) {
        let read = heartbeat.and_then(|it| it.reply.as_ref()).map(Matching::read).transpose();
        self.wrong = read.as_ref().err().map(ToString::to_string);
        self.reply = read.ok().flatten();
        self.awaited = None;
    }

    /// A beat went out, its reply is in time until then.
    pub fn sent(&mut self, until: Instant) {
        self.beats.sent += 1;
        self.awaited = self.reply.is_some().then_some(until);
    }

    /// A message came in.
    pub fn received(&mut self, message: &Payload) {
        if self.awaited.is_some() && self.reply.as_ref().is_some_and(|reply| reply.takes(message)) {
            self.awaited = None;
            self.in_a_row = 0;
            self.beats.answered += 1;
        }
    }

    /// Looks whether a reply is overdue; then says how many were missed in a row.
    pub fn overdue(&mut self, now: Instant) -> Option<u32> {
        self.awaited.take_if(|until| *until <= now)?;
        self.beats.missed += 1;
        self.in_a_row += 1;
        Some(self.in_a_row)
    }

    /// The connection has ended.
    pub fn ended(&mut self) {
        self.awaited = None;
        self.in_a_row = 0;
    }
}
