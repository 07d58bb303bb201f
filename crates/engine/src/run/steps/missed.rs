//! What a report says of an expectation that was not met: too few messages, or one too many.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;

use super::super::connections::member::Member;
use super::super::context::check::CheckRun;
use super::super::inbox::message::Message;
use super::super::inbox::waiter::{Mode, Waiter};
use super::super::outcome::failure::{self, ending};
use super::super::outcome::unmet::shape;
use super::resolve::{ResolvedExpectation, Slot};
use crate::base::words;
use crate::report::{Failure, FailureKind};
use crate::{Instant, Payload, World};

/// How many characters of what a matcher expects a sentence takes; the whole of it stands beside the sentence.
const LONGEST_WANTED: usize = 160;

/// What came in place of what did not come; each message is counted once for a step.
pub(super) fn note_instead<W: World>(
    check: &CheckRun<'_, W>,
    member: &Rc<Member<W>>,
    waiter: &Waiter,
    place: usize,
) {
    let from = member.counted_until(place).unwrap_or(waiter.since());
    let left = member.inbox.left_since(from);
    let Some(last) = left.last() else { return };
    member.count_until(place, last.order + 1);
    let show = |shape: &str, message: &Message| {
        let mut first = failure::near_miss(message, &member.name, check.began, false);
        first.message = failure::cut_message(&check.run.masked(&first.message));
        (failure::cut_message(&check.run.masked(shape)), first)
    };
    check.results.steps.borrow_mut().awaited_by(place).came_instead(&left, show);
}

/// One message more than wanted.
pub(super) fn too_many<W: World>(
    check: &CheckRun<'_, W>,
    member: &Rc<Member<W>>,
    wanted: &ResolvedExpectation,
    waiter: &Waiter,
    surplus: &Rc<Message>,
) -> Box<Failure> {
    let what = what_of(&wanted.slots[0], waiter, LONGEST_WANTED);
    let (expected, received) = (waiter.expected(), waiter.expected() + 1);
    let message = match expected {
        0 => format!("expected no message, received {received}: {what}"),
        _ => {
            format!("expected exactly {} ({what}), received {received}", words::counted(expected, "message"))
        }
    };
    let mut failure = failure::plain(FailureKind::Unexpected, message);
    failure.expected = Some(what_of(&wanted.slots[0], waiter, usize::MAX));
    // Of two that are equal, the second one is most likely the one too many.
    let all: Vec<Rc<Message>> =
        waiter.selected().into_iter().map(|(_, message)| message).chain([surplus.clone()]).collect();
    let Some((first, second)) = equal_two(&all) else {
        failure.closest = Some(failure::near_miss(surplus, &member.name, check.began, false));
        return failure;
    };
    let at = |place: usize| words::duration(all[place].at - check.began);
    failure.message += &format!(
        "; numbers {} and {} are equal and came at {} and {}",
        first + 1,
        second + 1,
        at(first),
        at(second)
    );
    failure.closest = Some(failure::near_miss(&all[second], &member.name, check.began, false));
    failure
}

/// What was wanted did not come: why, and what came nearest.
pub(super) fn missed<W: World>(
    check: &CheckRun<'_, W>,
    member: &Rc<Member<W>>,
    wanted: &ResolvedExpectation,
    waiter: &Waiter,
    is_told: bool,
) -> Box<Failure> {
    let slot = waiter.wanted().map_or(&wanted.slots[0], |slot| &wanted.slots[slot]);
    let whole = what_of(slot, waiter, usize::MAX);
    let what = what_of(slot, waiter, LONGEST_WANTED);
    let progress = progress(wanted, waiter, check.began);
    let (kind, message) = match member.ending().filter(|_| member.has_ended()) {
        Some(ended) => {
            let who = if ended.is_ours { "the connection was closed with" } else { "the server closed with" };
            let end = ending(ended.code, &ended.reason);
            member.is_end_seen.set(true);
            let middle = member.torn().map(|torn| format!(" {torn}")).unwrap_or_default();
            (FailureKind::Closed, format!("{what} did not come{progress}: {who} {end}{middle}"))
        }
        None if member.is_torn() => {
            let torn = member.torn().unwrap_or_default();
            (FailureKind::Mismatch, format!("{what} did not come{progress}: {torn}"))
        }
        None => (
            FailureKind::Timeout,
            format!("{what} did not come within {}{progress}", words::bound(wanted.within)),
        ),
    };
    let mut failure = failure::plain(kind, message);
    failure.expected = Some(whole);
    if is_told {
        return failure;
    }
    let (count, near) = member.inbox.nearest(waiter, slot.matcher.as_deref(), &shape);
    failure.message += &match count {
        0 => "; no other message came".to_owned(),
        count => format!("; {} came", words::counted(count as u64, "other message")),
    };
    if kind == FailureKind::Timeout
        && let Some(middle) = member.unfinished()
    {
        failure.message += &format!("; the stream stands {middle}");
    }
    failure.message += match &near {
        Some(near) if near.mismatch.is_some() => "",
        Some(near) if near.taken => "; one that fits had been taken by another expectation",
        Some(near) if near.message.at > waiter.deadline() => "; one that fits came too late",
        Some(_) => "; one that fits came out of order",
        None => "",
    };
    failure::with_near(failure, near, &member.name, check.began)
}

/// How many of several came, and which.
fn progress(wanted: &ResolvedExpectation, waiter: &Waiter, began: Instant) -> String {
    let (selected, all) = (waiter.selected(), waiter.expected());
    let came = selected.len();
    match (&wanted.mode, selected.last()) {
        _ if all == 1 => String::new(),
        (_, None) => format!(" (0 of {all} came)"),
        (Mode::Exactly(_), Some((_, last))) => {
            format!(" ({came} of {all} came, the last at {})", words::duration(last.at - began))
        }
        _ => {
            let places: Vec<usize> = selected.iter().map(|(slot, _)| slot + 1).collect();
            let word = if came == 1 { "number" } else { "numbers" };
            format!(" ({came} of {all} came: {word} {} of the list)", ranges(&places))
        }
    }
}

/// What is wanted of a message, the value included that it has to have in common with what was sent.
fn what_of(slot: &Slot, waiter: &Waiter, longest: usize) -> String {
    let what = words::cut(&failure::wanted(slot.matcher.as_deref()), longest);
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
