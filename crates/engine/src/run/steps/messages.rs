//! Messages: sending, expecting, silence.
//!
//! Owns what a step does on one connection. All placeholders are filled in before the message goes out, so that
//! measured latency contains none of our own time.

use std::cell::Cell;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::select;

use super::super::check::{CheckRun, Mark};
use super::super::inbox::expectation::{Origin, waiter};
use super::super::inbox::queue::Message;
use super::super::inbox::waiter::Watch;
use super::super::member::{Member, State};
use super::super::outcome::failure::{self, ending, script};
use super::super::outcome::judge::LONG_LAG;
use super::super::pacing::notify::pass;
use super::execute::StepContext;
use crate::base::words;
use crate::payload_spec::PayloadSpec;
use crate::report::{Failure, FailureKind};
use crate::suite::{Expectation, Silence};
use crate::{Instant, World};

/// Above this many bytes that the network has not taken, a send waits.
const MOST_BUFFERED: u64 = 64 << 20;
/// How often to check whether they have gone.
const DRAIN: Duration = Duration::from_millis(5);
/// How long an event loop that stood still gets to deliver what came meanwhile.
const CATCHING_UP: Duration = Duration::from_millis(20);

impl<W: World> CheckRun<W> {
    /// Sends a message and waits for what is expected.
    pub async fn send(
        &self,
        member: &Rc<Member<W>>,
        payload: &PayloadSpec,
        expect: Option<&Expectation>,
        mark: &Cell<Option<&str>>,
        place: usize,
        acting: &StepContext<W>,
    ) -> Result<(), Box<Failure>> {
        let seq = member.seq.get() + 1;
        member.seq.set(seq);
        let mut scope = self.scope(Some(member), acting.round, Some(seq));
        let payload = Rc::new(payload.build(&mut scope).map_err(script)?);
        // All that can be done before it goes out: what is done afterwards takes the time of its answer.
        let wanted = expect.map(|expect| self.read(expect, member, acting, Some(seq))).transpose()?;
        let pair = wanted.as_ref().map(|wanted| self.pair(wanted, &payload)).transpose();
        self.be_open(member)?;
        self.drain(member).await?;
        let sent = member.send(&payload).map_err(|error| {
            self.run.meter.borrow_mut().counters().errors += 1;
            match member.ending() {
                Some(_) => self.ended(member, "the message could not be sent"),
                None => {
                    failure::plain(FailureKind::Closed, format!("the message could not be sent: {error}"))
                }
            }
        })?;
        if let Some(mark) = mark.take() {
            self.set_mark(mark, sent);
        }
        let Some(wanted) = wanted else { return Ok(()) };
        let since = wanted.since.map_or(self.orders.next(), |mark| mark.order);
        let pair = pair?.flatten();
        let intended = acting.intended.as_ref().and_then(|intended| intended.get());
        let origin = Origin { at: sent, intended, metric: Some(acting.part.rtt()) };
        let waiter = waiter(&wanted, since, sent, Some(payload), pair);
        self.take(member, &wanted, &waiter, origin, place, acting).await
    }

    /// Waits for messages.
    pub async fn expect(
        &self,
        member: &Rc<Member<W>>,
        expect: &Expectation,
        place: usize,
        acting: &StepContext<W>,
    ) -> Result<(), Box<Failure>> {
        let began = self.run.world.now();
        let wanted = self.read(expect, member, acting, Some(member.seq.get()))?;
        if member.state() == State::Never {
            return Err(not_connected(member));
        }
        let since = wanted.since.map_or(0, |mark| mark.order);
        let named = wanted.slots.iter().any(|slot| slot.metric.is_some());
        let last = member.last_sent.get().or(member.opened.get()).unwrap_or(began);
        let origin = match (wanted.since, named) {
            (Some(mark), _) => Origin { at: mark.at, intended: None, metric: Some(acting.part.rtt()) },
            (None, true) => Origin { at: last, intended: None, metric: None },
            (None, false) => Origin { at: began, intended: None, metric: None },
        };
        let waiter = waiter(&wanted, since, began, None, None);
        self.take(member, &wanted, &waiter, origin, place, acting).await
    }

    /// Watches that nothing comes.
    pub async fn silence(
        &self,
        member: &Rc<Member<W>>,
        silence: &Silence,
        acting: &StepContext<W>,
    ) -> Result<(), Box<Failure>> {
        let mut scope = self.scope(Some(member), acting.round, Some(member.seq.get()));
        let lasting = silence.lasting.get(&mut scope).map_err(script)?;
        let matcher = silence.matching.as_ref().map(|matcher| matcher.get(&mut scope)).transpose();
        let matcher = matcher.map_err(script)?;
        let since = match &silence.since {
            Some(mark) => self.mark(mark)?.order,
            None => self.orders.next(),
        };
        let was_open = member.is_open();
        match member.state() {
            State::Never => return Err(not_connected(member)),
            State::Closed(_) if member.is_lost() => {
                return Err(self.ended(member, "no client is left that could stay silent"));
            }
            _ => {}
        }
        let until = self.run.world.now() + lasting;
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
        let _end = Guard(|| member.inbox.unwatch(&watch));
        select(Box::pin(broken), Box::pin(pass(&self.run.world, until))).await;
        self.run.yield_budget.turned(self.run.world.now());
        if let Some(message) = watch.seen() {
            let what = matcher
                .as_deref()
                .map_or_else(|| "no message".to_owned(), |matcher| format!("no {}", matcher.expected()));
            let at = words::duration(message.at - self.began);
            let text = format!("expected {what} for {}, received one at {at}", words::bound(lasting));
            let mut failure = failure::plain(FailureKind::Unexpected, text);
            failure.expected = Some(what);
            failure.closest = Some(failure::near_miss(&message, &member.name, self.began, false));
            return Err(failure);
        }
        if was_open && member.ending().is_some_and(|ending| !ending.is_ours) {
            return Err(self.ended(member, "the silence was broken off"));
        }
        let is_meant = |message: &Message| matcher.as_ref().is_none_or(|m| m.holds(&message.subject));
        self.be_awake(member, until, &is_meant).await
    }

    /// When the event loop stood still at the end of a time in which nothing was to come, what came then was stamped
    /// only afterwards; so when something did come, whether it was in that time is unknown.
    pub async fn be_awake(
        &self,
        member: &Member<W>,
        until: Instant,
        is_meant: &dyn Fn(&Message) -> bool,
    ) -> Result<(), Box<Failure>> {
        let world = &self.run.world;
        let late = world.now() - until;
        if late < LONG_LAG {
            return Ok(());
        }
        self.run.lagged(late);
        // What waits at the door comes in first.
        pass(world, world.now() + CATCHING_UP).await;
        let Some(message) = member.inbox.after(until, is_meant) else { return Ok(()) };
        let text = format!(
            "whether this came in time is not known: the event loop stood still for {} when the time was over",
            words::duration(late)
        );
        let mut failure = failure::plain(FailureKind::Timeout, text);
        failure.closest = Some(failure::near_miss(&message, &member.name, self.began, false));
        Err(failure)
    }

    pub fn mark(&self, name: &str) -> Result<Mark, Box<Failure>> {
        let mark = self.marks.borrow().get(name).copied();
        mark.ok_or_else(|| script(format!("the mark {name:?} has not been set")))
    }

    /// A connection that a step needs is open, or this says why not.
    pub fn be_open(&self, member: &Rc<Member<W>>) -> Result<(), Box<Failure>> {
        match member.state() {
            State::Open => Ok(()),
            State::Never => Err(not_connected(member)),
            State::Connecting => Err(script(format!("{} is not open yet", member.name))),
            State::Closing => {
                Err(script(format!("{} is closing; nothing can be sent any more", member.name)))
            }
            State::Closed(_) => Err(self.ended(member, "the message could not be sent")),
        }
    }

    /// The connection is gone.
    pub fn ended(&self, member: &Member<W>, what: &str) -> Box<Failure> {
        let Some(ended) = member.ending() else { return not_connected(member) };
        member.is_end_seen.set(true);
        let who = if ended.is_ours { "it had been closed with" } else { "the server had closed with" };
        let end = ending(ended.code, &ended.reason);
        let at = words::duration(ended.at - self.began);
        failure::plain(FailureKind::Closed, format!("{what}: {who} {end} at {at}"))
    }

    /// Waits until the network has taken what was sent before, so that a fast suite does not fill the memory.
    async fn drain(&self, member: &Rc<Member<W>>) -> Result<(), Box<Failure>> {
        if member.buffered() <= MOST_BUFFERED {
            return Ok(());
        }
        let world = &self.run.world;
        let within = self.early(&self.run.plan.suite.defaults.within)?;
        let began = world.now();
        let deadline = began + within;
        // Readers of the figures must know that the script was not slow.
        let name = &member.name;
        self.remark(format!(
            "{name} sent faster than the network takes it, and waited at 64 MiB: see send.wait"
        ));
        let waited = Guard(|| {
            let now = world.now();
            self.run.meter.borrow_mut().sample("send.wait", now - began, now);
        });
        while member.buffered() > MOST_BUFFERED {
            self.be_open(member)?;
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
}

pub(crate) fn not_connected<W: World>(member: &Member<W>) -> Box<Failure> {
    script(format!("{} is not connected; connect it first", member.name))
}

/// Does something at the end of a block, however that comes.
pub(crate) struct Guard<F: FnMut()>(pub F);

impl<F: FnMut()> Drop for Guard<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
