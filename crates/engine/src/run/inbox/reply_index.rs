//! Replies that identify their message: by a field, or as an echo.
//!
//! Owns finding the waiting expectation in one step, however many wait, and telling a second or a late answer from a
//! message that no expectation asked for.

use std::collections::VecDeque;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::message::{Arrival, Message};
use super::pair::{Key, Pair};
use super::waiter::{Stage, Waiter};
use crate::matcher::Matcher;

/// How many past questions are remembered.
const MOST_PAST: usize = 16_384;
/// For how many of them it is known what an answer looks like, where each has a matcher of its own: those take kilobytes, and
/// there may be hundreds of connections. Older ones are known by their key, which such questions rarely share.
const MOST_OWN: usize = 1_024;

/// Without a seed of its own, so that those who wait are woken in the same order in every run. The keys are the suite's
/// own, so a peer cannot choose them to collide.
type Keyed<T> = FxHashMap<Key, T>;

/// Those who wait for a reply that is paired in one way.
pub(super) struct ReplyIndex {
    pair: Pair,
    waiting: Keyed<VecDeque<Rc<Waiter>>>,
    past: Keyed<Past>,
    past_order: VecDeque<Key>,
}

struct Past {
    /// What an answer looks like; none where the key says it all. Not the waiter, which holds the messages that it took.
    answers: Vec<Option<Rc<Matcher>>>,
    was_answered: bool,
}

impl Past {
    /// Lets go of what an answer looks like, unless the suite holds it anyway.
    fn shed(&mut self) {
        let is_own =
            |answer: &Option<Rc<Matcher>>| answer.as_ref().is_some_and(|own| Rc::strong_count(own) == 1);
        if self.answers.iter().any(is_own) {
            self.answers = Vec::new();
        }
    }

    fn is_answered_by(&self, message: &Message) -> bool {
        let mut answers = self.answers.iter();
        self.answers.is_empty()
            || answers.any(|answer| answer.as_ref().is_none_or(|answer| answer.holds(&message.subject)))
    }
}

impl ReplyIndex {
    pub fn new(pair: Pair) -> Self {
        Self { pair, waiting: Keyed::default(), past: Keyed::default(), past_order: VecDeque::new() }
    }

    pub fn pair(&self) -> &Pair {
        &self.pair
    }

    /// Whether it can go: an index whose path is written in the suite comes back as the same one, any other never does.
    pub fn is_spent(&self) -> bool {
        let is_gone = match &self.pair {
            Pair::Field(pick) => Rc::strong_count(pick) == 1,
            Pair::Content => false,
        };
        is_gone && self.waiting.is_empty()
    }

    pub fn wait(&mut self, key: Key, waiter: Rc<Waiter>) {
        self.waiting.entry(key).or_default().push_back(waiter);
    }

    pub fn wake_all(&self) {
        self.waiting.values().flatten().for_each(|waiter| waiter.wake());
    }

    pub fn arrive(&mut self, message: &Rc<Message>) -> Arrival {
        if self.waiting.is_empty() && self.past.is_empty() {
            return Arrival::Left;
        }
        let Some(key) = self.pair.key_of(message) else { return Arrival::Left };
        let waiting = self.waiting.get(&key).into_iter().flatten();
        let taker = waiting.into_iter().find(|waiter| waiter.offer(message)).cloned();
        if let Some(taker) = taker {
            if taker.is_done() {
                self.end(&key, &taker);
            }
            return Arrival::Taken;
        }
        match self.past.get_mut(&key) {
            Some(past) if past.is_answered_by(message) => {
                match std::mem::replace(&mut past.was_answered, true) {
                    true => Arrival::Duplicate,
                    false => Arrival::Late,
                }
            }
            _ => Arrival::Left,
        }
    }

    /// The waiter has its answer, or has given up.
    pub fn end(&mut self, key: &Key, waiter: &Rc<Waiter>) {
        let Some(waiting) = self.waiting.get_mut(key) else { return };
        let Some(at) = waiting.iter().position(|known| Rc::ptr_eq(known, waiter)) else { return };
        waiting.remove(at);
        if waiting.is_empty() {
            self.waiting.remove(key);
        }
        let answers = match self.pair {
            Pair::Field(_) => waiter.slots().to_vec(),
            Pair::Content => Vec::new(),
        };
        let past = Past { answers, was_answered: !matches!(waiter.stage(), Stage::Short) };
        if self.past.insert(key.clone(), past).is_none() {
            self.past_order.push_back(key.clone());
            let aged = self.past_order.len().checked_sub(MOST_OWN + 1);
            let aged = aged.and_then(|at| self.past.get_mut(&self.past_order[at]));
            aged.into_iter().for_each(Past::shed);
        }
        if self.past_order.len() > MOST_PAST {
            let oldest = self.past_order.pop_front();
            oldest.map(|oldest| self.past.remove(&oldest));
        }
    }
}
