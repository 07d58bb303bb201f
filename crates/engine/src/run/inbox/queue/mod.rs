//! The messages of one connection, the expectations that wait for them and the silences that forbid them.
//!
//! Owns selection and consumption: a message goes to the first expectation that selects it, and to no other. An
//! unselected message stays until an expectation takes it. The cost of an arrival grows with the expectations that look
//! at it, never with earlier messages.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::rc::{Rc, Weak};

use serde_json::Value;

use super::message::{Arrival, Message, Sequence};
use super::pair::Pair;
use super::reply_index::ReplyIndex;
use super::waiter::{Waiter, Watch};
use crate::matcher::{Closeness, Difference, Matcher, Mismatch, Subject};
use crate::{Instant, Payload};

/// What may wait unselected on all connections of a check; above it the oldest of the fullest is let go, and counted. The
/// newest of a connection never is.
const MOST_LIVE: usize = 64 << 20;
/// What one connection keeps of selected messages, to say that the one that is missed had been taken.
const MOST_RECENT: usize = 1 << 20;
/// What all connections keep of them together, shared out evenly, and the least share: ten thousand connections keep a few messages
/// each, however long a run lasts.
const MOST_RECENT_TOGETHER: usize = 16 << 20;
const LEAST_RECENT: usize = 2 << 10;
/// How many messages are looked at for the one that came nearest.
const MOST_NEAR: usize = 10_000;

/// What all inboxes of a check may keep together.
#[derive(Clone, Default)]
pub(crate) struct Budget(Rc<Kept>);

#[derive(Default)]
struct Kept {
    bytes: Cell<usize>,
    inboxes: RefCell<Vec<Weak<RefCell<Inner>>>>,
}

impl Budget {
    /// How much one inbox may keep of what was selected.
    fn recent(&self) -> usize {
        let inboxes = self.0.inboxes.borrow().len().max(1);
        (MOST_RECENT_TOGETHER / inboxes).clamp(LEAST_RECENT, MOST_RECENT)
    }

    /// What an inbox keeps has changed.
    fn changed(&self, before: usize, after: usize) {
        self.0.bytes.set(self.0.bytes.get() + after - before);
    }

    /// Lets go of the oldest where most is kept, so that a flood on one connection costs no other one its messages.
    fn shrink(&self) {
        while self.0.bytes.get() > MOST_LIVE {
            let inboxes = self.0.inboxes.borrow();
            let there = inboxes.iter().filter_map(Weak::upgrade);
            let fullest = { there }
                .filter(|inner| inner.borrow().live.len() > 1)
                .max_by_key(|inner| inner.borrow().live_bytes);
            let Some(fullest) = fullest else { return };
            let mut inner = fullest.borrow_mut();
            let before = inner.live_bytes;
            inner.let_oldest_go();
            self.changed(before, inner.live_bytes);
        }
    }
}

/// Everything that came on one connection, across reconnects.
pub(crate) struct Inbox {
    sequence: Sequence,
    budget: Budget,
    inner: Rc<RefCell<Inner>>,
}

#[derive(Default)]
struct Inner {
    budget: Budget,
    live: BTreeMap<u64, Rc<Message>>,
    live_bytes: usize,
    /// Left over and let go, because there was too much.
    let_go: u64,
    recent: VecDeque<Rc<Message>>,
    recent_bytes: usize,
    waiters: VecDeque<Rc<Waiter>>,
    indexes: Vec<ReplyIndex>,
    watches: Vec<Rc<Watch>>,
    refused: VecDeque<Refused>,
}

/// What a matcher has been through and did not want, so that rounds of the same step do not go through it again.
struct Refused {
    matcher: Rc<Matcher>,
    /// Every live message from this one on,
    from: u64,
    /// up to before this one.
    to: u64,
}

/// Shorter ways are gone through again, which costs less than remembering them.
const LONG_WAY: usize = 64;
/// For how many matchers it is remembered.
const MOST_REFUSED: usize = 8;

impl Inbox {
    pub fn new(sequence: Sequence, budget: Budget) -> Self {
        let inner = Rc::new(RefCell::new(Inner { budget: budget.clone(), ..Inner::default() }));
        budget.0.inboxes.borrow_mut().push(Rc::downgrade(&inner));
        Self { sequence, budget, inner }
    }

    /// Gives a message its place, before any expectation looks at it.
    pub fn stamp(&self, at: Instant, payload: Payload) -> Rc<Message> {
        Rc::new(Message {
            order: self.sequence.take(),
            at,
            subject: Subject::owned(payload),
            is_answered: Cell::new(false),
        })
    }

    /// Offers a message to the waiting expectations, and keeps it if none takes it.
    pub fn arrive(&self, message: Rc<Message>) -> Arrival {
        let mut inner = self.inner.borrow_mut();
        let arrival = inner.offer(&message);
        if arrival == Arrival::Taken {
            inner.remember(message);
            return arrival;
        }
        for watch in &inner.watches {
            watch.see(&message);
        }
        let before = inner.live_bytes;
        inner.keep(message);
        self.budget.changed(before, inner.live_bytes);
        drop(inner);
        self.budget.shrink();
        arrival
    }

    /// An answer or a heartbeat has taken a message, so that no expectation sees it.
    pub fn answered(&self, message: Rc<Message>) {
        message.is_answered.set(true);
        self.inner.borrow_mut().remember(message);
    }

    /// Lets a waiter take what is there already; if that is not all it wants, it waits for the rest.
    pub fn register(&self, waiter: &Rc<Waiter>) {
        let mut inner = self.inner.borrow_mut();
        let before = inner.live_bytes;
        for message in inner.select(waiter) {
            inner.live.remove(&message.order);
            inner.live_bytes -= message.bytes();
            inner.remember(message);
        }
        self.budget.changed(before, inner.live_bytes);
        if waiter.is_done() {
            return;
        }
        match waiter.pair() {
            None => inner.waiters.push_back(waiter.clone()),
            Some((pair, key)) => inner.index(pair).wait(key.clone(), waiter.clone()),
        }
    }

    /// This expectation no longer waits. Whether it was complete decides what a later answer is called.
    pub fn forget(&self, waiter: &Rc<Waiter>) {
        let mut inner = self.inner.borrow_mut();
        match waiter.pair() {
            None => inner.waiters.retain(|known| !Rc::ptr_eq(known, waiter)),
            Some((pair, key)) => inner.index(pair).end(key, waiter),
        }
    }

    /// Watches unselected messages, beginning with those already there since the watch's mark.
    pub fn watch(&self, watch: &Rc<Watch>) {
        let mut inner = self.inner.borrow_mut();
        for message in inner.live.range(watch.since()..).map(|(_, message)| message) {
            watch.see(message);
        }
        inner.watches.push(watch.clone());
    }

    /// Ends a watch.
    pub fn unwatch(&self, watch: &Rc<Watch>) {
        self.inner.borrow_mut().watches.retain(|known| !Rc::ptr_eq(known, watch));
    }

    /// Wakes all waiting expectations, since the connection has ended.
    pub fn wake_all(&self) {
        let inner = self.inner.borrow();
        inner.waiters.iter().for_each(|waiter| waiter.wake());
        inner.indexes.iter().for_each(ReplyIndex::wake_all);
        inner.watches.iter().for_each(|watch| watch.wake());
    }

    /// Of all messages that a waiter might have taken and did not, the one that came nearest to what a slot of it
    /// wants. A message that says that something went wrong goes before those of another kind than what is wanted. Among
    /// equally near ones it is one of the kind that came most often; `kind` says which are of one kind. Also how many others
    /// were not selected.
    pub fn nearest(
        &self,
        waiter: &Waiter,
        matcher: Option<&Matcher>,
        kind: &dyn Fn(&Message) -> String,
    ) -> (usize, Option<Near>) {
        let inner = self.inner.borrow();
        let own: HashSet<u64> = waiter.selected().iter().map(|(_, message)| message.order).collect();
        let live = inner.live.range(waiter.since()..).map(|(_, message)| (message, false));
        let recent = inner.recent.iter().filter(|message| message.order >= waiter.since());
        let recent = recent.filter(|message| !own.contains(&message.order)).map(|message| (message, true));
        let (mut best, mut errors) = (Vec::<Near>::new(), Vec::<Near>::new());
        let mut count = 0;
        for (message, taken) in live.rev().take(MOST_NEAR).chain(recent.rev().take(MOST_NEAR)) {
            count += usize::from(!taken);
            let Some(matcher) = matcher else { continue };
            let payload = message.subject.payload();
            let found = match waiter.sent().filter(|_| matcher.wants_echo()) {
                Some(sent) => matcher.check(&Subject::answering(payload, sent)),
                None => matcher.check(&message.subject),
            };
            let other_key = waiter.other_key(message);
            // The answer to another pending question is not a near miss of this one.
            if other_key.is_some() && taken {
                continue;
            }
            let mismatch = match other_key {
                Some(difference) => Some(with_other_key(found.err(), difference)),
                None => found.err(),
            };
            let near = Near { message: message.clone(), taken, mismatch };
            let is_error = near.mismatch.is_some() && !taken && says_error(message);
            let nearest = if is_error { &mut errors } else { &mut best };
            let before = nearest.first().map(Near::closeness);
            if before.is_none_or(|before| near.closeness() > before) {
                nearest.clear();
            }
            if before.is_none_or(|before| near.closeness() >= before) {
                nearest.push(near);
            }
        }
        (count, likeliest(best, errors, kind))
    }

    /// The first unselected message after a moment that matches.
    pub fn after(&self, moment: Instant, is_meant: &dyn Fn(&Message) -> bool) -> Option<Rc<Message>> {
        let inner = self.inner.borrow();
        let later = inner.live.values().rev().take_while(|message| message.at > moment);
        later.filter(|message| is_meant(message)).last().cloned()
    }

    /// The unselected messages from this place on, in order.
    pub fn left_since(&self, order: u64) -> Vec<Rc<Message>> {
        self.inner.borrow().live.range(order..).map(|(_, message)| message.clone()).collect()
    }

    /// The unselected messages, in order, and how many more were dropped.
    pub fn leftovers(&self) -> (Vec<Rc<Message>>, u64) {
        let inner = self.inner.borrow();
        (inner.live.values().cloned().collect(), inner.let_go)
    }
}

/// The message that tells most of what is missing: one that fits, then one with most of what is wanted, then one that
/// says that something went wrong, then one of the most common kind.
fn likeliest(best: Vec<Near>, mut errors: Vec<Near>, kind: &dyn Fn(&Message) -> String) -> Option<Near> {
    let nearest = best.first().map_or(0, Near::closeness);
    let is_telling = errors.first().is_some_and(|error| nearest <= OF_ITS_KIND.max(error.closeness()));
    if !is_telling {
        return most_common(best, kind);
    }
    // The first error says what went wrong, those after it follow from it.
    errors.reverse();
    most_common(errors, kind)
}

/// Above this a message is of the wanted kind: most of what was wanted of it holds.
const OF_ITS_KIND: u16 = 500;

/// Members whose value says what kind of message this is.
const TELLING: [&str; 7] = ["type", "kind", "event", "op", "status", "code", "error"];

/// Whether a message says that something went wrong: by its kind, or with a member for it.
fn says_error(message: &Message) -> bool {
    let Some(Value::Object(members)) = message.subject.json() else { return false };
    let has =
        |name: &str| members.get(name).is_some_and(|it| !matches!(it, Value::Null | Value::Bool(false)));
    if has("error") || has("errors") {
        return true;
    }
    TELLING.iter().filter_map(|name| members.get(*name)?.as_str()).any(|word| {
        let word = word.to_ascii_lowercase();
        ["error", "fail", "denied", "reject", "unauth", "forbidden"].iter().any(|sign| word.contains(sign))
    })
}

/// One of the kind that has most of these; of one kind the first, and so of kinds of one size.
fn most_common(best: Vec<Near>, kind: &dyn Fn(&Message) -> String) -> Option<Near> {
    // One that fits says what became of it.
    if best.len() < 2 || best[0].mismatch.is_none() {
        return best.into_iter().next();
    }
    let kinds: Vec<String> = best.iter().map(|near| kind(&near.message)).collect();
    let mut counts = HashMap::<&str, usize>::new();
    kinds.iter().for_each(|kind| *counts.entry(kind).or_default() += 1);
    let most = counts.values().copied().max();
    let place = kinds.iter().position(|kind| counts.get(kind.as_str()).copied() == most)?;
    best.into_iter().nth(place)
}

/// The message that came nearest.
pub(crate) struct Near {
    pub message: Rc<Message>,
    pub taken: bool,
    /// None when it fits, and was taken by another expectation or came too late.
    pub mismatch: Option<Mismatch>,
}

/// A message that does not say that it answers what was sent is farther away than any that does and differs elsewhere.
fn with_other_key(mismatch: Option<Mismatch>, difference: Difference) -> Mismatch {
    let mismatch = mismatch.unwrap_or_else(|| Mismatch {
        expected: String::new(),
        differences: Vec::new(),
        omitted: 0,
        closeness: Closeness(999),
    });
    let differences = std::iter::once(difference).chain(mismatch.differences).collect();
    Mismatch { differences, closeness: Closeness(mismatch.closeness.0 * 2 / 5), ..mismatch }
}

impl Near {
    fn closeness(&self) -> u16 {
        self.mismatch.as_ref().map_or(u16::MAX, |mismatch| mismatch.closeness.0)
    }
}

impl Inner {
    fn offer(&mut self, message: &Rc<Message>) -> Arrival {
        let mut other = Arrival::Left;
        for index in &mut self.indexes {
            match index.arrive(message) {
                Arrival::Taken => return Arrival::Taken,
                Arrival::Left => {}
                found => other = found,
            }
        }
        // Rounds of one step wait side by side with the same matcher, which refuses once for all of them.
        let mut refusing: Option<&Rc<Matcher>> = None;
        let taker = self.waiters.iter().position(|waiter| {
            let matcher = waiter.only_matcher();
            let is_refused =
                matches!((matcher, refusing), (Some(one), Some(other)) if Rc::ptr_eq(one, other));
            if is_refused || !waiter.is_open_to(message) {
                return false;
            }
            let takes = waiter.offer(message);
            refusing = matcher.or(refusing);
            takes
        });
        let Some(at) = taker else { return other };
        if self.waiters[at].is_done() {
            self.waiters.remove(at);
        }
        Arrival::Taken
    }

    /// What a waiter takes of the messages that are there.
    fn select(&mut self, waiter: &Waiter) -> Vec<Rc<Message>> {
        let matcher = waiter.only_matcher();
        let known = matcher.and_then(|matcher| {
            self.refused.iter().position(|known| {
                Rc::ptr_eq(&known.matcher, matcher) && (known.from..=known.to).contains(&waiter.since())
            })
        });
        let known = known.and_then(|at| self.refused.remove(at));
        let from = known.as_ref().map_or(waiter.since(), |known| known.to);
        let (mut taken, mut steps, mut to, mut is_whole) = (Vec::new(), 0, from, true);
        for message in self.live.range(from..).map(|(_, message)| message) {
            if waiter.is_done() {
                break;
            }
            is_whole &= waiter.is_open_to(message);
            // A paired one looks at answers to its question only, also among those that are older than the question.
            let is_meant = waiter.pair().is_none_or(|(pair, key)| pair.has_key(message, key));
            if is_meant && waiter.offer(message) {
                taken.push(message.clone());
            }
            if is_whole {
                (steps, to) = (steps + 1, message.order + 1);
            }
        }
        if let Some(matcher) = matcher
            && (known.is_some() || steps >= LONG_WAY)
        {
            let from = known.map_or(waiter.since(), |known| known.from);
            self.refused.push_back(Refused { matcher: matcher.clone(), from, to });
            if self.refused.len() > MOST_REFUSED {
                self.refused.pop_front();
            }
        }
        taken
    }

    fn keep(&mut self, message: Rc<Message>) {
        self.live_bytes += message.bytes();
        self.live.insert(message.order, message);
    }

    fn let_oldest_go(&mut self) {
        let Some((_, oldest)) = self.live.pop_first() else { return };
        self.live_bytes -= oldest.bytes();
        self.let_go += 1;
    }

    fn remember(&mut self, message: Rc<Message>) {
        self.recent_bytes += message.bytes();
        self.recent.push_back(message);
        let most = self.budget.recent();
        while self.recent_bytes > most {
            let Some(oldest) = self.recent.pop_front() else { return };
            self.recent_bytes -= oldest.bytes();
        }
    }

    fn index(&mut self, pair: &Pair) -> &mut ReplyIndex {
        let at = self.indexes.iter().position(|index| index.pair().is_same(pair)).unwrap_or_else(|| {
            // Indexes of paths with placeholders are made for each expectation; empty ones go.
            self.indexes.retain(|index| !index.is_spent());
            self.indexes.push(ReplyIndex::new(pair.clone()));
            self.indexes.len() - 1
        });
        &mut self.indexes[at]
    }
}

#[cfg(test)]
mod tests;
