//! An expectation: the wait, and what it does with the messages it selects.
//!
//! Owns the samples, the checks and the captures. It refuses to know how a message is chosen: see [`Waiter`].

use std::rc::Rc;
use std::task::Poll;

use futures_util::future::{Either, select};

use super::super::connections::member::Member;
use super::super::context::check::CheckRun;
use super::super::context::run::RunShared;
use super::super::context::step::StepContext;
use super::super::inbox::message::Message;
use super::super::inbox::waiter::{Mode, Stage, Waiter};
use super::super::outcome::failure;
use super::at_end::AtEnd;
use super::capture::capture_all;
use super::connection::{be_awake, ended};
use super::missed::{missed, note_instead, too_many};
use super::resolve::ResolvedExpectation;
use crate::report::{Failure, FailureKind};
use crate::{Instant, World};

/// From where the latency of a selected message is counted.
#[derive(Clone, Copy)]
pub(super) struct Origin {
    pub at: Instant,
    /// When it was to go out, if that was planned.
    pub intended: Option<Instant>,
    /// The metric of messages that name none; none when they give no sample.
    pub metric: Option<&'static str>,
}

/// Waits for what is wanted, and does with it what is said.
pub(super) async fn take<W: World>(
    context: &StepContext<'_, W>,
    member: &Rc<Member<W>>,
    wanted: &ResolvedExpectation,
    waiter: &Rc<Waiter>,
    origin: Origin,
    place: usize,
) -> Result<(), Box<Failure>> {
    let check = context.check;
    check.run.meter().counters().expected += waiter.expected();
    member.inbox.register(waiter);
    // Also when the step is broken off: what was expected has come or is missing.
    let settle = AtEnd(|| {
        // The inbox has let go of a complete one already.
        if !matches!(waiter.stage(), Stage::Complete) {
            member.inbox.forget(waiter);
        }
        let came = waiter.selected().len() as u64;
        check.results.steps.borrow_mut().awaited(place, waiter.expected(), came);
        let mut meter = check.run.meter();
        meter.counters().matched += came;
        meter.counters().missing += waiter.expected().saturating_sub(came);
    });
    wait(check.run, member, waiter).await;
    if let (Mode::Exactly(_), Stage::Full) = (wanted.mode, waiter.stage()) {
        let slot = &wanted.slots[0];
        let is_meant = |message: &Message| {
            waiter.pair().is_none_or(|(pair, key)| pair.has_key(message, key))
                && slot.matcher.as_ref().is_none_or(|matcher| matcher.holds(&message.subject))
        };
        be_awake(check, member, waiter.deadline(), &is_meant).await?;
    }
    drop(settle);
    let used = use_selected(check, member, wanted, &waiter.selected(), origin);
    if context.got.is_some()
        && let Some((_, last)) = waiter.selected().last()
    {
        context.note_got(last.subject.payload());
    }
    match waiter.stage() {
        Stage::Exceeded(surplus) => Err(too_many(check, member, wanted, waiter, &surplus)),
        // A connection that has ended sends nothing, so its silence proves nothing.
        Stage::Full if waiter.expected() == 0 && member.is_lost() => {
            Err(ended(member, "that nothing comes could not be watched", check.began))
        }
        Stage::Full | Stage::Complete => used,
        // A selected message that breaks its check says more than one that did not come.
        Stage::Short => used.and_then(|()| {
            note_instead(check, member, waiter, place);
            // Of many rounds, the first failure is reported in full.
            let results = check.results.steps.borrow();
            let is_told = context.round.is_some() && (results.has_failure(place) || results.has_miss(place));
            drop(results);
            Err(missed(check, member, wanted, waiter, is_told))
        }),
    }
}

/// Waits until no message can change the stage, or until the bound.
async fn wait<W: World>(run: &RunShared<W>, member: &Rc<Member<W>>, waiter: &Rc<Waiter>) {
    let over = std::future::poll_fn(|cx| match waiter.stage() {
        Stage::Complete | Stage::Exceeded(_) => Poll::Ready(()),
        Stage::Short | Stage::Full if member.has_ended() || member.is_torn() => Poll::Ready(()),
        Stage::Short | Stage::Full => {
            waiter.listen(cx.waker());
            Poll::Pending
        }
    });
    match select(over, run.world.pass(waiter.deadline())).await {
        Either::Left(_) => {}
        Either::Right(_) => run.yield_budget.turned(run.world.now()),
    }
}

/// Samples, checks and captures of what was selected.
fn use_selected<W: World>(
    check: &CheckRun<'_, W>,
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
            let metric = check.metric(member, metric);
            let mut meter = check.run.meter();
            meter.sample(&metric, message.at - origin.at, message.at);
            if let Some(intended) = origin.intended {
                meter.sample(&format!("{metric}.intended"), message.at - intended, message.at);
            }
        }
    }
    for (place, message) in selected {
        let slot = &wanted.slots[*place];
        if let Some(wanted) = &slot.check
            && let Err(mismatch) = wanted.check(&message.subject)
        {
            let mut failure = failure::plain(
                FailureKind::Mismatch,
                format!("the selected message is not as expected: expected {}", mismatch.expected),
            );
            failure.expected = Some(mismatch.expected.clone());
            failure.closest = Some(failure::near_miss(message, &member.name, check.began, false));
            failure.diff = failure::differences(mismatch);
            return Err(failure);
        }
        let found = capture_all(&slot.captures, &message.subject).map_err(|mut failure| {
            failure.closest = Some(failure::near_miss(message, &member.name, check.began, false));
            failure
        })?;
        check.remember(Some(member), found)?;
    }
    Ok(())
}
