//! What runs beside the steps of a check: answers and heartbeats.
//!
//! Owns when they send and how they fail. It refuses to choose messages: a connection does that as they come. All of it
//! ends with the steps, so that nothing is sent while connections are closed.

mod heard;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::convert::Infallible;
use std::rc::Rc;

use super::connections::member::Member;
use super::connections::standing::{Pulse, Rule, Standing, Task, What};
use super::context::check::CheckRun;
use super::inbox::message::Message;
use super::outcome::failure::{self, script};
use crate::base::words;
use crate::payload_spec::{PayloadError, PayloadErrorKind, PayloadSpec};
use crate::report::{Failure, FailureKind};
use crate::suite::AnswerRule;
use crate::template::{ExpandErrorKind, Scope};
use crate::{Instant, Payload, World};
use heard::{Heard, MESSAGE};

/// Above this many bytes that the network has not taken, nothing is added to them.
const MOST_BUFFERED: u64 = 64 << 20;

/// More bytes of messages than these do not wait for late answers.
const MOST_WAITING: usize = 64 << 20;

/// Something that is due at a moment.
struct Due {
    at: Instant,
    /// Breaks ties in the order in which they were set down.
    order: u64,
    member: usize,
    handshake: u32,
    deed: Deed,
}

enum Deed {
    Answer(Rc<Rule>, Rc<Message>),
    Beat(Rc<Pulse>),
    /// The reply to the beat of this number must be there.
    Reply(Rc<Pulse>, u64, Instant),
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}
impl Eq for Due {}
impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

/// Whether anything may run beside the steps.
pub(super) fn is_needed<W: World>(check: &CheckRun<'_, W>) -> bool {
    let of_client = |client: &crate::suite::Client| !client.answers.is_empty() || client.heartbeat.is_some();
    !check.suite().answers.is_empty()
        || !check.definition.answers.is_empty()
        || check.definition.clients.iter().any(of_client)
}

/// Fills in what a connection does beside the steps, right before its handshake.
pub(super) fn arm<W: World>(check: &CheckRun<'_, W>, member: &Rc<Member<W>>) -> Result<(), Box<Failure>> {
    if !is_needed(check) {
        return Ok(());
    }
    let client = check.client(member);
    let answers = client.answers.iter().chain(&check.definition.answers).chain(&check.suite().answers);
    let rules = answers.map(|answer| rule(check, member, answer)).collect::<Result<Vec<_>, _>>()?;
    let pulse = client.heartbeat.as_ref().map(|heartbeat| {
        let mut scope = check.scope(Some(member), None, None);
        let every = heartbeat.every.get(&mut scope).map_err(script)?;
        if let Some(message) = crate::suite::too_often(&every) {
            return Err(script(message));
        }
        let within = heartbeat.within.as_ref().unwrap_or(&check.suite().defaults.within);
        let within = within.get(&mut scope).map_err(script)?;
        let reply =
            heartbeat.expect.as_ref().map(|reply| reply.get(&mut scope).map_err(script)).transpose()?;
        let line = check.results.steps.borrow().place(&heartbeat.path);
        Ok(Rc::new(Pulse::new(line, heartbeat.clone(), every, reply.map(|reply| (reply, within)))))
    });
    let pulse = pulse.transpose()?;
    let mut standing = member.standing.borrow_mut();
    if let Some(before) = &*standing {
        for rule in &rules {
            before.rules.iter().filter(|known| known.line == rule.line).for_each(|known| rule.follow(known));
        }
        if let (Some(pulse), Some(known)) = (&pulse, &before.pulse) {
            pulse.sent.set(known.sent.get());
        }
    }
    *standing = Some(Standing { rules, pulse });
    Ok(())
}

fn rule<W: World>(
    check: &CheckRun<'_, W>,
    member: &Rc<Member<W>>,
    answer: &Rc<AnswerRule>,
) -> Result<Rc<Rule>, Box<Failure>> {
    let mut scope = check.scope(Some(member), None, None);
    let to = answer.to.get(&mut scope).map_err(script)?;
    let times = answer.times.as_ref().map_or(Ok(u64::MAX), |times| times.get(&mut scope)).map_err(script)?;
    let line = check.results.steps.borrow().place(&answer.path);
    Ok(Rc::new(Rule::new(line, answer.clone(), to, times)))
}

/// Answers, and lets hearts beat; never ends.
pub(super) async fn stand<W: World>(check: &CheckRun<'_, W>) -> Infallible {
    let world = &check.run.world;
    let standing_tasks = &check.connections.context.standing_tasks;
    let mut due = BinaryHeap::new();
    let (mut order, mut waiting) = (0, 0);
    loop {
        while let Some(task) = standing_tasks.next() {
            order += 1;
            take(check, task, order, &mut due, &mut waiting);
        }
        let now = world.now();
        while due.peek().is_some_and(|Reverse(first): &Reverse<Due>| first.at <= now) {
            let Some(Reverse(next)) = due.pop() else { break };
            if let Deed::Answer(_, message) = &next.deed {
                waiting -= message.bytes();
            }
            order += 1;
            act(check, next, order, &mut due);
        }
        let has_task = || (!standing_tasks.is_empty()).then_some(());
        match due.peek() {
            None => standing_tasks.notify.when(has_task).await,
            Some(Reverse(first)) => {
                let sleep = world.sleep(first.at.since(world.now()));
                let told = Box::pin(standing_tasks.notify.when(has_task));
                futures_util::future::select(told, sleep).await;
            }
        }
        check.run.yield_budget.turned(world.now());
    }
}

/// Does at once what has no time to wait for, and sets down the rest.
fn take<W: World>(
    check: &CheckRun<'_, W>,
    task: Task,
    order: u64,
    due: &mut BinaryHeap<Reverse<Due>>,
    waiting: &mut usize,
) {
    let Task { member: number, handshake, at, what } = task;
    let member = check.connections.members()[number].clone();
    let next = |at, deed| Due { at, order, member: number, handshake, deed };
    match what {
        What::Loop(rule, message, why) => {
            let told =
                format!("it seems to answer itself: {why}; make \"to\" narrower, or give it \"times\"");
            let mut failure = failure::plain(FailureKind::Script, told);
            failure.closest = Some(failure::near_miss(&message, &member.name, check.began, false));
            fail(check, rule.line, number, *failure);
        }
        What::Answer(rule, message) => {
            let after = rule.answer.after.as_ref();
            let mut scope = check.scope(Some(&member), None, None);
            match after.map(|after| after.get(&mut scope)).transpose() {
                Err(error) => fail(check, rule.line, number, *script(error)),
                Ok(None) => act(check, next(at, Deed::Answer(rule, message)), order, due),
                Ok(Some(_)) if *waiting + message.bytes() > MOST_WAITING => {
                    let told = "more than 64 MiB of messages wait for their answers; make \"after\" shorter, or \"to\" narrower";
                    fail(check, rule.line, number, *script(told));
                }
                Ok(Some(after)) => {
                    *waiting += message.bytes();
                    due.push(Reverse(next(at + after, Deed::Answer(rule, message))));
                }
            }
        }
        What::Opened(pulse) => due.push(Reverse(next(at + pulse.every, Deed::Beat(pulse)))),
    }
}

fn act<W: World>(check: &CheckRun<'_, W>, due: Due, order: u64, later: &mut BinaryHeap<Reverse<Due>>) {
    let Due { at, member: number, handshake, deed, .. } = due;
    let member = check.connections.members()[number].clone();
    // What was meant for a connection that has ended is not sent on the one after it.
    if member.handshakes.get() != handshake || !member.is_open() {
        return;
    }
    let standing_tasks = &check.connections.context.standing_tasks;
    let next = |at, deed| Reverse(Due { at, order, member: number, handshake, deed });
    match deed {
        Deed::Answer(rule, message) => {
            let seq = rule.sent.get() + 1;
            let scope = check.scope(Some(&member), None, Some(seq));
            let mut scope = Heard { scope, message: &message.subject, to: &rule.to };
            match send(&member, &rule.answer.send, &mut scope) {
                Ok(Some(payload)) => {
                    rule.sent.set(seq);
                    rule.has_sent(member.echo_of(payload));
                    standing_tasks.sent(rule.line, number);
                }
                Ok(None) => {}
                Err(failure) => fail(check, rule.line, number, *failure),
            }
        }
        Deed::Beat(pulse) => {
            let beat = pulse.sent.get() + 1;
            let mut scope = check.scope(Some(&member), None, Some(beat));
            match send(&member, &pulse.heartbeat.send, &mut scope) {
                Ok(Some(_)) => {
                    pulse.sent.set(beat);
                    standing_tasks.sent(pulse.line, number);
                    if let Some((_, within)) = &pulse.reply {
                        let sent = check.run.world.now();
                        pulse.awaits(beat);
                        // What comes at the very last moment is in time.
                        let late = sent + *within + std::time::Duration::from_nanos(1);
                        later.push(next(late, Deed::Reply(pulse.clone(), beat, sent)));
                    }
                }
                Ok(None) => {}
                Err(failure) => return fail(check, pulse.line, number, *failure),
            }
            // A page that stood still does not make up for the beats that it has missed.
            let now = check.run.world.now();
            let planned = at + pulse.every;
            later.push(next(if planned > now { planned } else { now + pulse.every }, Deed::Beat(pulse)));
        }
        Deed::Reply(pulse, beat, sent) => {
            let Some((reply, within)) = pulse.reply.as_ref().filter(|_| pulse.misses(beat)) else { return };
            let at = words::duration(sent - check.began);
            let message = format!(
                "{} did not come within {} after beat {beat} at {at}",
                reply.expected(),
                words::bound(*within)
            );
            let mut failure = failure::plain(FailureKind::Timeout, message);
            failure.expected = Some(reply.expected());
            fail(check, pulse.line, number, *failure);
        }
    }
}

fn fail<W: World>(check: &CheckRun<'_, W>, line: usize, number: usize, mut failure: Failure) {
    failure.client = Some(check.connections.members()[number].name.clone());
    check.connections.context.standing_tasks.failed(line, number, failure);
}

/// Sends beside the steps, without a message of theirs: their `{{seq}}` and their moments stay. None when the connection
/// takes nothing any more.
fn send<W: World>(
    member: &Member<W>,
    payload: &PayloadSpec,
    scope: &mut dyn Scope,
) -> Result<Option<Rc<Payload>>, Box<Failure>> {
    let payload = Rc::new(payload.build(scope).map_err(unmade)?);
    if member.can_have_buffered() > MOST_BUFFERED && member.buffered() > MOST_BUFFERED {
        let message = "64 MiB that were sent before have not gone out; the other side does not read";
        return Err(failure::plain(FailureKind::Timeout, message));
    }
    let before = member.last_sent.get();
    let sent = member.send(&payload);
    member.last_sent.set(before);
    Ok(sent.is_ok().then_some(payload))
}

/// Why a message could not be made.
fn unmade(error: PayloadError) -> Box<Failure> {
    match &error.kind {
        PayloadErrorKind::Expand(ExpandErrorKind::Capture { client, name })
            if client.starts_with(MESSAGE) =>
        {
            script(format!("the message that came has no {}{name}", &client[MESSAGE.len()..]))
        }
        _ => script(error),
    }
}

/// Writes down what answers and heartbeats did.
pub(super) fn note<W: World>(check: &CheckRun<'_, W>) {
    if !is_needed(check) {
        return;
    }
    let answers = check.definition.clients.iter().flat_map(|client| &client.answers);
    let answers = answers.chain(&check.definition.answers).chain(&check.suite().answers);
    let beats = check.definition.clients.iter().filter_map(|client| client.heartbeat.as_ref());
    let paths = answers.map(|answer| &answer.path).chain(beats.map(|beat| &beat.path));
    let members = check.connections.members();
    let mut results = check.results.steps.borrow_mut();
    for path in paths {
        let at = results.place(path);
        let done = check.connections.context.standing_tasks.of_line(at);
        let on = done.on.iter().map(|number| members[*number].name.clone()).collect();
        results.stood(at, done.did, on);
        if let Some(failure) = done.failure {
            results.fail(at, check.run.masked_failure(failure));
        }
    }
}
