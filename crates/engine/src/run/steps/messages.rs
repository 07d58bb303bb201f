//! Messages: sending, expecting, silence.
//!
//! Owns what a step does on one connection. All placeholders are filled in before the message goes out, so that
//! measured latency contains none of our own time.

use std::cell::Cell;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::select;

use super::super::connections::member::{Member, State};
use super::super::context::check::CheckRun;
use super::super::context::step::StepContext;
use super::super::inbox::message::Message;
use super::super::inbox::waiter::Watch;
use super::super::outcome::failure::{self, script};
use super::at_end::AtEnd;
use super::connection::{be_awake, be_open, ended, not_connected};
use super::expectation::{Origin, take};
use super::resolve::resolve;
use crate::base::words;
use crate::base::world::SendError;
use crate::payload_spec::PayloadSpec;
use crate::report::{Failure, FailureKind};
use crate::suite::{Expectation, Silence};
use crate::{Payload, World};

/// Above this many bytes that the network has not taken, a send waits.
const MOST_BUFFERED: u64 = 64 << 20;
/// How often to check whether they have gone.
const DRAIN: Duration = Duration::from_millis(5);

/// How long a step waits to hear how a connection ended on which nothing can be sent any more.
const TOLD_WITHIN: Duration = Duration::from_secs(2);

/// Sends a message and waits for what is expected.
pub(super) async fn send<W: World>(
    context: &StepContext<'_, W>,
    member: &Rc<Member<W>>,
    payload: &PayloadSpec,
    expect: Option<&Expectation>,
    mark: &Cell<Option<&str>>,
    place: usize,
) -> Result<(), Box<Failure>> {
    let check = context.check;
    let seq = member.seq.get() + 1;
    member.seq.set(seq);
    let mut scope = context.scope_of(Some(member), Some(seq));
    let frame = payload.frame(&mut scope).transpose().map_err(script)?;
    let payload = match &frame {
        // What is expected of an answer is paired with what the frame holds.
        Some(frame) if frame.opcode == 1 => {
            Payload::Text(String::from_utf8_lossy(&frame.payload).into_owned())
        }
        Some(frame) => Payload::Binary(frame.payload.clone()),
        None => payload.build(&mut scope).map_err(script)?,
    };
    let payload = Rc::new(payload);
    // All that can be done before it goes out: what is done afterwards takes the time of its answer.
    let wanted = expect.map(|expect| resolve(context, expect, member, seq)).transpose()?;
    let pair = wanted.as_ref().map(|wanted| wanted.pair(&payload)).transpose();
    be_open(member, check.began)?;
    drain(check, member).await?;
    let sent = match frame.map_or_else(|| member.send(&payload), |frame| member.send_frame(&frame)) {
        Ok(sent) => sent,
        Err(error) => return Err(not_sent(check, member, &error).await),
    };
    if let Some(mark) = mark.take() {
        check.set_mark(mark, sent);
    }
    let Some(wanted) = wanted else { return Ok(()) };
    let since = wanted.since.map_or(check.connections.sequence.next(), |mark| mark.order);
    let pair = pair?.flatten();
    let intended = context.intended.as_ref().and_then(|intended| intended.get());
    let origin = Origin { at: sent, intended, metric: Some(context.part.rtt()) };
    let waiter = wanted.waiter(since, sent, Some(payload), pair);
    take(context, member, &wanted, &waiter, origin, place).await
}

/// A browser refuses to send as soon as a close has come, and tells how the connection ended a little later.
async fn not_sent<W: World>(
    check: &CheckRun<'_, W>,
    member: &Rc<Member<W>>,
    error: &SendError,
) -> Box<Failure> {
    const WHAT: &str = "the message could not be sent";
    check.run.meter().counters().errors += 1;
    let world = &check.run.world;
    if matches!(error, SendError::Closed) {
        member.notify.until(world, world.now() + TOLD_WITHIN, || member.ending()).await;
    }
    match member.ending() {
        Some(_) => ended(member, WHAT, check.began),
        None => failure::plain(FailureKind::Closed, format!("{WHAT}: {error}")),
    }
}

/// Waits for messages.
pub(super) async fn expect<W: World>(
    context: &StepContext<'_, W>,
    member: &Rc<Member<W>>,
    expect: &Expectation,
    place: usize,
) -> Result<(), Box<Failure>> {
    let began = context.world().now();
    let wanted = resolve(context, expect, member, member.seq.get())?;
    if member.state() == State::Never {
        return Err(not_connected(member));
    }
    let since = wanted.since.map_or(member.fresh.get(), |mark| mark.order);
    let named = wanted.slots.iter().any(|slot| slot.metric.is_some());
    let last = member.last_sent.get().or(member.opened.get()).unwrap_or(began);
    let origin = match (wanted.since, named) {
        (Some(mark), _) => Origin { at: mark.at, intended: None, metric: Some(context.part.rtt()) },
        (None, true) => Origin { at: last, intended: None, metric: None },
        (None, false) => Origin { at: began, intended: None, metric: None },
    };
    let waiter = wanted.waiter(since, began, None, None);
    take(context, member, &wanted, &waiter, origin, place).await
}

/// Watches that nothing comes.
pub(super) async fn silence<W: World>(
    context: &StepContext<'_, W>,
    member: &Rc<Member<W>>,
    silence: &Silence,
) -> Result<(), Box<Failure>> {
    let (check, world) = (context.check, context.world());
    let mut scope = context.scope_of(Some(member), Some(member.seq.get()));
    let lasting = silence.lasting.get(&mut scope).map_err(script)?;
    let matcher = silence.matching.as_ref().map(|matcher| matcher.get(&mut scope)).transpose();
    let matcher = matcher.map_err(script)?;
    let since = match &silence.since {
        Some(mark) => check.values.mark(mark)?.order,
        None => check.connections.sequence.next(),
    };
    let was_open = member.is_open();
    match member.state() {
        State::Never => return Err(not_connected(member)),
        State::Closed(_) if member.is_lost() => {
            return Err(ended(member, "no client is left that could stay silent", check.began));
        }
        _ => {}
    }
    let until = world.now() + lasting;
    let watch = Watch::new(matcher.clone(), since, until);
    member.inbox.watch(&watch);
    let broken = std::future::poll_fn(|cx| {
        // Silence on a connection that has gone proves nothing.
        let is_gone = was_open && member.ending().is_some_and(|ending| !ending.is_ours);
        if watch.seen().is_some() || is_gone {
            return Poll::Ready(());
        }
        watch.listen(cx.waker());
        Poll::Pending
    });
    // Ends itself with the step, also when that is broken off.
    let _end = AtEnd(|| member.inbox.unwatch(&watch));
    select(Box::pin(broken), world.pass(until)).await;
    check.run.yield_budget.turned(world.now());
    if let Some(message) = watch.seen() {
        let what = matcher
            .as_deref()
            .map_or_else(|| "no message".to_owned(), |matcher| format!("no {}", matcher.expected()));
        let at = words::duration(message.at - check.began);
        let text = format!("expected {what} for {}, received one at {at}", words::bound(lasting));
        let mut failure = failure::plain(FailureKind::Unexpected, text);
        failure.expected = Some(what);
        failure.closest = Some(failure::near_miss(&message, &member.name, check.began, false));
        return Err(failure);
    }
    if was_open && member.ending().is_some_and(|ending| !ending.is_ours) {
        return Err(ended(member, "the silence was broken off", check.began));
    }
    let is_meant = |message: &Message| matcher.as_ref().is_none_or(|m| m.holds(&message.subject));
    be_awake(check, member, until, &is_meant).await
}

/// Waits until the network has taken what was sent before, so that a fast suite does not fill the memory.
async fn drain<W: World>(check: &CheckRun<'_, W>, member: &Rc<Member<W>>) -> Result<(), Box<Failure>> {
    if member.can_have_buffered() <= MOST_BUFFERED || member.buffered() <= MOST_BUFFERED {
        return Ok(());
    }
    let world = &check.run.world;
    let within = check.early(&check.suite().defaults.within)?;
    let began = world.now();
    let deadline = began + within;
    // Readers of the figures must know that the script was not slow.
    let name = &member.name;
    check
        .results
        .remark(format!("{name} sent faster than the network takes it, and waited at 64 MiB: see send.wait"));
    let waited = AtEnd(|| {
        let now = world.now();
        check.run.meter().sample("send.wait", now - began, now);
    });
    while member.buffered() > MOST_BUFFERED {
        be_open(member, check.began)?;
        if world.now() > deadline {
            let bytes = words::counted(member.buffered(), "byte");
            let message = format!(
                "{bytes} that were sent before have not gone out after {}; the other side does not read",
                words::bound(within)
            );
            return Err(failure::plain(FailureKind::Timeout, message));
        }
        world.sleep(DRAIN).await;
    }
    drop(waited);
    Ok(())
}
