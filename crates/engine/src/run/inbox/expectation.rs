//! An expectation: what it waits for, and what it does with the messages it selects.
//!
//! Owns the wait, the samples, the checks and captures, and the words of an expectation that was not met. It refuses to know
//! how a message is chosen: see [`Waiter`].

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::{Either, select};

use super::super::check::{CheckRun, Mark};
use super::super::member::Member;
use super::super::outcome::failure::{self, ending, script};
use super::super::pacing::notify::pass;
use super::super::steps::execute::StepContext;
use super::super::steps::messages::Guard;
use super::queue::Message;
use super::reply_index::{Key, Pair, content_key, field_key};
use super::waiter::{Mode, Stage, Waiter};
use crate::base::words;
use crate::matcher::{Matcher, Query, Subject};
use crate::report::{Failure, FailureKind};
use crate::suite::{Capture, Expectation};
use crate::{Instant, Payload, World};

/// No `any_order` is worth more.
const MOST_SLOTS: u64 = 1000;

/// An expectation with its placeholders filled in.
pub(crate) struct ResolvedExpectation {
    mode: Mode,
    pub slots: Vec<Slot>,
    within: Duration,
    pub since: Option<Mark>,
    correlate: Option<(Rc<Query>, bool)>,
}

/// What to do with a selected message.
#[derive(Clone)]
pub(crate) struct Slot {
    matcher: Option<Rc<Matcher>>,
    check: Option<Rc<Matcher>>,
    captures: Vec<(String, Rc<Query>)>,
    pub metric: Option<String>,
}

/// From where the latency of a selected message is counted.
#[derive(Clone, Copy)]
pub(crate) struct Origin {
    pub at: Instant,
    /// When it was to go out, if that was planned.
    pub intended: Option<Instant>,
    /// The metric of messages that name none; none when they give no sample.
    pub metric: Option<&'static str>,
}

impl<W: World> CheckRun<W> {
    /// Fills in the placeholders of an expectation.
    pub fn read(
        &self,
        expect: &Expectation,
        member: &Rc<Member<W>>,
        acting: &StepContext<W>,
        seq: Option<u64>,
    ) -> Result<ResolvedExpectation, Box<Failure>> {
        let defaults = &self.run.plan.suite.defaults;
        let mut scope = self.scope(Some(member), acting.round, seq);
        let within = expect.within.as_ref().unwrap_or(&defaults.within).get(&mut scope).map_err(script)?;
        let times = expect.times.as_ref().map(|times| times.get(&mut scope)).transpose().map_err(script)?;
        let client = self.client(member);
        let correlate = match (&expect.correlate, client.correlate.as_ref().or(defaults.correlate.as_ref())) {
            (Some(path), _) => Some((path.get(&mut scope).map_err(script)?, true)),
            (None, Some(path)) => Some((path.get(&mut scope).map_err(script)?, false)),
            (None, None) => None,
        };
        let since = expect.since.as_deref().map(|mark| self.mark(mark)).transpose()?;
        let mut slots = Vec::new();
        let mode = match &expect.order {
            None => {
                slots.push(self.slot(expect, None, &mut scope)?);
                times.map_or(Mode::First, Mode::Exactly)
            }
            Some(order) => {
                for item in &order.items {
                    let slot = self.slot(item, expect.metric.as_ref(), &mut scope)?;
                    let times = item.times.as_ref().map_or(Ok(1), |times| times.get(&mut scope));
                    let times = times.map_err(script)?;
                    if times.saturating_add(slots.len() as u64) > MOST_SLOTS {
                        return Err(script(format!("a list expects more than {MOST_SLOTS} messages")));
                    }
                    slots.extend((0..times).map(|_| slot.clone()));
                }
                if order.is_strict { Mode::InOrder } else { Mode::AnyOrder }
            }
        };
        Ok(ResolvedExpectation { mode, slots, within, since, correlate })
    }

    fn slot(
        &self,
        expect: &Expectation,
        metric: Option<&String>,
        scope: &mut super::super::plan::scope::StepScope<'_, W>,
    ) -> Result<Slot, Box<Failure>> {
        let matcher =
            expect.matcher.as_ref().map(|matcher| matcher.get(scope)).transpose().map_err(script)?;
        let check = expect.check.as_ref().map(|check| check.get(scope)).transpose().map_err(script)?;
        let captures = captures(&expect.capture, scope)?;
        Ok(Slot { matcher, check, captures, metric: expect.metric.as_ref().or(metric).cloned() })
    }

    /// How the reply to this message is found among others.
    pub fn pair(
        &self,
        wanted: &ResolvedExpectation,
        sent: &Rc<Payload>,
    ) -> Result<Option<(Pair, Key)>, Box<Failure>> {
        if let Some((query, is_explicit)) = &wanted.correlate {
            let key = Subject::new(sent).json().and_then(|json| field_key(query, json));
            match key {
                Some(key) => return Ok(Some((Pair::Field(query.clone()), key))),
                None if *is_explicit => {
                    return Err(script("correlate finds no value in the message that was sent"));
                }
                None => {}
            }
        }
        let is_echo = wanted.slots.len() == 1
            && wanted.slots[0].matcher.as_ref().is_some_and(|matcher| matcher.requires_echo());
        Ok(is_echo.then(|| (Pair::Content, content_key(sent))))
    }

    /// Waits for what is wanted, and does with it what is said.
    pub async fn take(
        &self,
        member: &Rc<Member<W>>,
        wanted: &ResolvedExpectation,
        waiter: &Rc<Waiter>,
        origin: Origin,
        place: usize,
        acting: &StepContext<W>,
    ) -> Result<(), Box<Failure>> {
        self.run.meter.borrow_mut().counters().expected += waiter.expected();
        member.inbox.register(waiter);
        // Also when the step is broken off: what was expected has come or is missing.
        let settle = Guard(|| {
            // The inbox has let go of a complete one already.
            if !matches!(waiter.stage(), Stage::Complete) {
                member.inbox.forget(waiter);
            }
            let came = waiter.selected().len() as u64;
            self.results.borrow_mut().awaited(place, waiter.expected(), came);
            let mut meter = self.run.meter.borrow_mut();
            meter.counters().matched += came;
            meter.counters().missing += waiter.expected().saturating_sub(came);
        });
        self.wait(member, waiter).await;
        if let (Mode::Exactly(_), Stage::Full) = (wanted.mode, waiter.stage()) {
            let slot = &wanted.slots[0];
            let is_meant = |message: &Message| {
                waiter.pair().is_none_or(|(pair, key)| pair.has_key(message, key))
                    && slot.matcher.as_ref().is_none_or(|matcher| matcher.holds(&message.subject))
            };
            self.be_awake(member, waiter.deadline(), &is_meant).await?;
        }
        drop(settle);
        let used = self.use_selected(member, wanted, &waiter.selected(), origin);
        match waiter.stage() {
            Stage::Exceeded(surplus) => Err(self.too_many(member, wanted, waiter, &surplus)),
            // A connection that has ended sends nothing, so its silence proves nothing.
            Stage::Full if waiter.expected() == 0 && member.is_lost() => {
                Err(self.ended(member, "that nothing comes could not be watched"))
            }
            Stage::Full | Stage::Complete => used,
            // A selected message that breaks its check says more than one that did not come.
            Stage::Short => used.and_then(|()| {
                self.note_instead(member, waiter, place);
                // Of many rounds, the first failure is reported in full.
                let results = self.results.borrow();
                let is_told =
                    acting.round.is_some() && (results.has_failure(place) || results.has_miss(place));
                drop(results);
                Err(self.missed(member, wanted, waiter, is_told))
            }),
        }
    }

    /// Waits until no message can change the stage, or until the bound.
    async fn wait(&self, member: &Rc<Member<W>>, waiter: &Rc<Waiter>) {
        let over = std::future::poll_fn(|cx| match waiter.stage() {
            Stage::Complete | Stage::Exceeded(_) => Poll::Ready(()),
            Stage::Short | Stage::Full if member.has_ended() => Poll::Ready(()),
            Stage::Short | Stage::Full => {
                waiter.listen(cx.waker());
                Poll::Pending
            }
        });
        match select(over, Box::pin(pass(&self.run.world, waiter.deadline()))).await {
            Either::Left(_) => {}
            Either::Right(_) => self.run.yield_budget.turned(self.run.world.now()),
        }
    }

    /// Samples, checks and captures of what was selected.
    fn use_selected(
        &self,
        member: &Rc<Member<W>>,
        wanted: &ResolvedExpectation,
        selected: &[(usize, Rc<Message>)],
        origin: Origin,
    ) -> Result<(), Box<Failure>> {
        for (place, message) in selected {
            let slot = &wanted.slots[*place];
            // A message that came before the starting moment has no measurable latency.
            if message.at < origin.at {
                continue;
            }
            if let Some(metric) = slot.metric.as_deref().or(origin.metric) {
                let mut meter = self.run.meter.borrow_mut();
                meter.sample(metric, message.at - origin.at, message.at);
                if let Some(intended) = origin.intended {
                    meter.sample(&format!("{metric}.intended"), message.at - intended, message.at);
                }
            }
        }
        for (place, message) in selected {
            let slot = &wanted.slots[*place];
            if let Some(check) = &slot.check
                && let Err(mismatch) = check.check(&message.subject)
            {
                let mut failure = failure::plain(
                    FailureKind::Mismatch,
                    format!("the selected message is not as expected: expected {}", mismatch.expected),
                );
                failure.expected = Some(mismatch.expected.clone());
                failure.closest = Some(failure::near_miss(message, &member.name, self.began, false));
                failure.diff = failure::differences(mismatch);
                return Err(failure);
            }
            let found = capture_all(&slot.captures, &message.subject).map_err(|mut failure| {
                failure.closest = Some(failure::near_miss(message, &member.name, self.began, false));
                failure
            })?;
            self.remember(Some(member), found)?;
        }
        Ok(())
    }

    /// What came in place of what did not come; each message is counted once for a step.
    fn note_instead(&self, member: &Rc<Member<W>>, waiter: &Waiter, place: usize) {
        let from = member.counted_until(place).unwrap_or(waiter.since());
        let left = member.inbox.left_since(from);
        let Some(last) = left.last() else { return };
        member.count_until(place, last.order + 1);
        let show = |shape: &str, message: &Message| {
            let mut first = failure::near_miss(message, &member.name, self.began, false);
            first.message = failure::cut_message(&self.run.masked(&first.message));
            (failure::cut_message(&self.run.masked(shape)), first)
        };
        self.results.borrow_mut().awaited_by(place).came_instead(&left, show);
    }

    fn too_many(
        &self,
        member: &Rc<Member<W>>,
        wanted: &ResolvedExpectation,
        waiter: &Waiter,
        surplus: &Rc<Message>,
    ) -> Box<Failure> {
        let what = what_of(&wanted.slots[0], waiter);
        let (expected, received) = (waiter.expected(), waiter.expected() + 1);
        let message = match expected {
            0 => format!("expected no message, received {received}: {what}"),
            _ => format!(
                "expected exactly {} ({what}), received {received}",
                words::counted(expected, "message")
            ),
        };
        let mut failure = failure::plain(FailureKind::Unexpected, message);
        failure.expected = Some(what);
        // Of two that are equal, the second one is most likely the one too many.
        let all: Vec<Rc<Message>> =
            waiter.selected().into_iter().map(|(_, message)| message).chain([surplus.clone()]).collect();
        let Some((first, second)) = equal_two(&all) else {
            failure.closest = Some(failure::near_miss(surplus, &member.name, self.began, false));
            return failure;
        };
        let at = |place: usize| words::duration(all[place].at - self.began);
        failure.message += &format!(
            "; numbers {} and {} are equal and came at {} and {}",
            first + 1,
            second + 1,
            at(first),
            at(second)
        );
        failure.closest = Some(failure::near_miss(&all[second], &member.name, self.began, false));
        failure
    }

    /// How many of several came, and which.
    fn progress(&self, wanted: &ResolvedExpectation, waiter: &Waiter) -> String {
        let (selected, all) = (waiter.selected(), waiter.expected());
        let came = selected.len();
        match (&wanted.mode, selected.last()) {
            _ if all == 1 => String::new(),
            (_, None) => format!(" (0 of {all} came)"),
            (Mode::Exactly(_), Some((_, last))) => {
                format!(" ({came} of {all} came, the last at {})", words::duration(last.at - self.began))
            }
            _ => {
                let places: Vec<usize> = selected.iter().map(|(slot, _)| slot + 1).collect();
                let word = if came == 1 { "number" } else { "numbers" };
                format!(" ({came} of {all} came: {word} {} of the list)", ranges(&places))
            }
        }
    }

    /// What was wanted did not come: why, and what came nearest.
    fn missed(
        &self,
        member: &Rc<Member<W>>,
        wanted: &ResolvedExpectation,
        waiter: &Waiter,
        is_told: bool,
    ) -> Box<Failure> {
        let slot = waiter.wanted().map_or(&wanted.slots[0], |slot| &wanted.slots[slot]);
        let what = what_of(slot, waiter);
        let progress = self.progress(wanted, waiter);
        let (kind, message) = match member.ending().filter(|_| member.has_ended()) {
            Some(ended) => {
                let who =
                    if ended.is_ours { "the connection was closed with" } else { "the server closed with" };
                let end = ending(ended.code, &ended.reason);
                member.is_end_seen.set(true);
                (FailureKind::Closed, format!("{what} did not come{progress}: {who} {end}"))
            }
            None => (
                FailureKind::Timeout,
                format!("{what} did not come within {}{progress}", words::bound(wanted.within)),
            ),
        };
        let mut failure = failure::plain(kind, message);
        failure.expected = Some(what);
        if is_told {
            return failure;
        }
        let (count, near) = member.inbox.nearest(waiter, slot.matcher.as_deref());
        failure.message += &match count {
            0 => "; no other message came".to_owned(),
            count => format!("; {} came", words::counted(count as u64, "other message")),
        };
        failure.message += match &near {
            Some(near) if near.mismatch.is_some() => "",
            Some(near) if near.taken => "; one that fits had been taken by another expectation",
            Some(near) if near.message.at > waiter.deadline() => "; one that fits came too late",
            Some(_) => "; one that fits came out of order",
            None => "",
        };
        failure::with_near(failure, near, &member.name, self.began)
    }
}

/// What is wanted of a message, the value included that it has to have in common with what was sent.
fn what_of(slot: &Slot, waiter: &Waiter) -> String {
    let what = failure::wanted(slot.matcher.as_deref());
    match waiter.asked() {
        Some((path, value)) if slot.matcher.is_some() => format!("{what} and {path} = {value} as sent"),
        Some((path, value)) => format!("a message with {path} = {value} as sent"),
        None => what,
    }
}

/// Among how many messages two that are equal are looked for.
const MOST_COMPARED: usize = 10_000;

/// The places of the first two messages that are equal, where most of them are not.
fn equal_two(all: &[Rc<Message>]) -> Option<(usize, usize)> {
    let mut known: HashMap<&Payload, usize> = HashMap::new();
    let mut equal = None;
    for (place, message) in all.iter().take(MOST_COMPARED).enumerate() {
        match known.entry(message.subject.payload()) {
            Entry::Occupied(first) => drop(equal.get_or_insert((*first.get(), place))),
            Entry::Vacant(free) => drop(free.insert(place)),
        }
    }
    equal.filter(|_| known.len() * 2 > all.len())
}

/// Ascending numbers in words: `1 to 3, 5 and 8`.
fn ranges(numbers: &[usize]) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let words: Vec<String> = runs
        .iter()
        .flat_map(|&(first, last)| match last - first {
            0 => vec![first.to_string()],
            1 => vec![first.to_string(), last.to_string()],
            _ => vec![format!("{first} to {last}")],
        })
        .collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

pub(crate) fn waiter(
    wanted: &ResolvedExpectation,
    since: u64,
    began: Instant,
    sent: Option<Rc<Payload>>,
    pair: Option<(Pair, Key)>,
) -> Rc<Waiter> {
    let slots = wanted.slots.iter().map(|slot| slot.matcher.clone()).collect();
    Waiter::new(wanted.mode, slots, since, began + wanted.within, sent, pair)
}

/// Paths to remember, with their placeholders filled in.
pub(crate) fn captures(
    captures: &[Capture],
    scope: &mut dyn crate::template::Scope,
) -> Result<Vec<(String, Rc<Query>)>, Box<Failure>> {
    let read = |capture: &Capture| Ok((capture.name.clone(), capture.path.get(scope).map_err(script)?));
    captures.iter().map(read).collect()
}

/// The values to remember of a message.
pub(crate) fn capture_all(
    captures: &[(String, Rc<Query>)],
    subject: &Subject<'_>,
) -> Result<Vec<(String, serde_json::Value)>, Box<Failure>> {
    let mut found = Vec::with_capacity(captures.len());
    for (name, path) in captures {
        match subject.json().and_then(|json| path.first(json)) {
            Some(value) => found.push((name.clone(), value.clone())),
            None => {
                let what = if subject.json().is_some() { "nothing is there" } else { "it is not JSON" };
                let message = format!("{name} could not be captured from the selected message: {what}");
                return Err(failure::plain(FailureKind::Mismatch, message));
            }
        }
    }
    Ok(found)
}
