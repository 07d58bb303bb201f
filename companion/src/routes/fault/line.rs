//! The way of messages through a faulty connection: some are lost, some change, and each has a time to arrive.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::damage::corrupt;
use super::dice::Dice;
use super::plan::Plan;
use crate::ws::session::Session;
use crate::ws::socket::{Kind, Message};

/// Payload bytes under way at which nothing more is read.
const FULL: usize = 32 * 1024 * 1024;
/// Messages under way at which nothing more is read.
const MOST: usize = 100_000;
/// How long a message that is to change places waits for the next one.
const HOLD: Duration = Duration::from_millis(100);

/// Messages under way on one connection.
#[derive(Debug)]
pub struct Line {
    plan: Plan,
    dice: Dice,
    taken: u64,
    under_way: VecDeque<(Instant, Message)>,
    size: usize,
    /// A message, and its copy, that the next one overtakes.
    held: Option<(Instant, Vec<Message>)>,
    /// When the throttle lets the next byte through.
    free_at: Instant,
}

impl Line {
    /// A line without messages.
    pub fn new(plan: Plan) -> Self {
        let dice = Dice::new(plan.seed);
        Self {
            plan,
            dice,
            taken: 0,
            under_way: VecDeque::new(),
            size: 0,
            held: None,
            free_at: Instant::now(),
        }
    }

    /// Messages taken so far, lost ones included.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Whether another message may be taken.
    pub fn has_room(&self) -> bool {
        self.size < FULL && self.under_way.len() < MOST
    }

    /// Takes a message.
    pub fn take(&mut self, message: Message) {
        self.taken += 1;
        // Always the same rolls: whether a message is lost must not depend on which other faults are asked for.
        let [drop, duplicate, reorder, damage, jitter] = std::array::from_fn(|_| self.dice.fraction());
        let place = self.dice.roll();
        if drop < self.plan.drop {
            return;
        }
        let mut message = message;
        if damage < self.plan.corrupt {
            message.payload = corrupt(&message.payload, message.kind == Kind::Text, place);
        }
        let copies = if duplicate < self.plan.duplicate { 2 } else { 1 };
        let messages = vec![message; copies];
        let arrives = Instant::now() + self.plan.latency + self.plan.jitter.mul_f64(jitter);
        match self.held.take() {
            Some((due, overtaken)) => {
                self.send(messages, arrives);
                self.send(overtaken, due);
            }
            None if reorder < self.plan.reorder => {
                self.held = Some((arrives.max(Instant::now() + HOLD), messages))
            }
            None => self.send(messages, arrives),
        }
    }

    /// Puts messages on their way. None overtakes another: that is what `reorder` is for.
    fn send(&mut self, messages: Vec<Message>, arrives: Instant) {
        for message in messages {
            let mut due = self.under_way.back().map_or(arrives, |(before, _)| arrives.max(*before));
            if let Some(rate) = self.plan.throttle {
                let takes = Duration::from_secs_f64(message.payload.len() as f64 / rate as f64);
                self.free_at = self.free_at.max(due) + takes;
                due = self.free_at;
            }
            self.size += message.payload.len();
            self.under_way.push_back((due, message));
        }
    }

    /// Puts a held message on its way: no other one will come.
    pub fn release(&mut self) {
        if let Some((_, messages)) = self.held.take() {
            self.send(messages, Instant::now() + self.plan.latency);
        }
    }

    /// When there is something to deliver.
    pub fn due(&self) -> Option<Instant> {
        let held = self.held.as_ref().map(|(due, _)| *due);
        let front = self.under_way.front().map(|(due, _)| *due);
        held.into_iter().chain(front).min()
    }

    /// Queues on the session what has arrived by now.
    pub fn deliver(&mut self, session: &mut Session) {
        let now = Instant::now();
        if let Some((due, messages)) = self.held.take_if(|(due, _)| *due <= now) {
            self.send(messages, due);
        }
        while self.under_way.front().is_some_and(|(due, _)| *due <= now) {
            let Some((_, message)) = self.under_way.pop_front() else { break };
            self.size -= message.payload.len();
            session.send(&message);
        }
    }
}
