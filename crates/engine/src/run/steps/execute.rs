//! Running steps: at once, one after the other, blocks within blocks.
//!
//! Owns the flow and refuses to know what a verb does on one connection. Each step is a barrier: it ends when the last
//! of its clients has ended, and its failures are recorded for all of them.

use std::cell::Cell;
use std::rc::Rc;

use futures_util::future::{LocalBoxFuture, join_all};
use serde_json::Value;

use super::super::connections::member::Member;
use super::super::context::step::StepContext;
use super::super::outcome::failure;
use super::super::outcome::interrupted::Interrupted;
use super::super::progress::Progress;
use super::alone::{arguments, remark, set, skip, wait};
use super::attempt::{attempt, bisect};
use super::close::{close, closed};
use super::compare::{assert, holds};
use super::connect::{connect_all, reconnect};
use super::connection::of_member;
use super::http::http;
use super::messages::{expect, send, silence};
use super::ping::ping;
use super::ramp::ramp;
use super::repeat::repeat;
use super::targets::{Decider, Members, decider, is_block, is_for_others, targets, without_absent};
use crate::report::{Failure, FailureKind};
use crate::suite::{Step, Verb};
use crate::{Instant, World};

/// Runs one step, with all that is in it.
pub(crate) fn step<'s, W: World>(
    context: &'s StepContext<'s, W>,
    step: &'s Step,
) -> LocalBoxFuture<'s, Result<(), Interrupted>> {
    Box::pin(async move {
        let check = context.check;
        if context.heeds_breaks && check.is_broken() {
            return Err(Interrupted::Failed);
        }
        let place = check.results.steps.borrow().place(&step.path);
        let targets = match actors(context, step) {
            Ok(Some(targets)) => targets,
            Ok(None) => return Ok(()),
            Err(failure) => {
                begin(context, place, [], context.world().now());
                return end(context, place, vec![*failure], Ok(()));
            }
        };
        let began = context.world().now();
        let is_ours = !is_for_others(context, step, targets.as_deref());
        if is_ours {
            begin(context, place, targets.iter().flatten().map(|member| member.name.as_str()), began);
        }
        if let Some(mark) = &step.mark {
            check.set_mark(mark, began);
        }
        if !is_ours {
            return Ok(());
        }
        let (failures, within) = act(context, step, place, targets).await;
        let end = end(context, place, failures, within);
        if context.heeds_breaks && check.is_broken() { Err(Interrupted::Failed) } else { end }
    })
}

/// Those on whom a step acts; none where it does not run.
#[allow(clippy::option_option, reason = "a step that acts on no particular client runs")]
fn actors<W: World>(
    context: &StepContext<'_, W>,
    step: &Step,
) -> Result<Option<Option<Members<W>>>, Box<Failure>> {
    if !is_wanted(context, step)? {
        return Ok(None);
    }
    Ok(without_absent(context, step, targets(context, step)?))
}

fn begin<'n, W: World>(
    context: &StepContext<'_, W>,
    place: usize,
    on: impl IntoIterator<Item = &'n str>,
    now: Instant,
) {
    let check = context.check;
    let (runs, at_once) = check.results.steps.borrow_mut().begin(place, on, now);
    // Clients that run the same step side by side are reported as one, and so are rounds.
    if runs == 1 || context.round.is_none() && at_once == 1 {
        check.run.tell(Progress::StepStarted { check: check.number, step: place });
    }
}

fn end<W: World>(
    context: &StepContext<'_, W>,
    place: usize,
    failures: Vec<Failure>,
    within: Result<(), Interrupted>,
) -> Result<(), Interrupted> {
    let check = context.check;
    let results = &check.results.steps;
    // What a threshold decides does not fail a round.
    let is_awaiting = results.borrow().awaits_message(place);
    let is_borne = |failure: &Failure| {
        let is_missing = failure.kind == FailureKind::Timeout && failure.expected.is_some();
        check.bears_missing && context.round.is_some() && is_awaiting && is_missing
    };
    let (borne, failures): (Vec<_>, Vec<_>) = failures.into_iter().partition(is_borne);
    let end = match (failures.is_empty(), borne.is_empty()) {
        (false, _) => Err(Interrupted::Failed),
        (true, false) => Interrupted::either(within, Err(Interrupted::Missed)),
        (true, true) => within,
    };
    let told = |failure: Failure| {
        let round = failure.round.or(context.round);
        check.run.masked_failure(Failure { round, ..failure })
    };
    if !results.borrow().has_miss(place)
        && let Some(first) = borne.first()
    {
        let first = told(first.clone());
        results.borrow_mut().miss(place, first);
    }
    for client in borne.iter().filter_map(|failure| failure.client.clone()) {
        results.borrow_mut().miss_of(place, client);
    }
    let failures: Vec<_> = failures.into_iter().map(told).collect();
    let (is_first, is_running) = results.borrow_mut().end(place, context.world().now(), failures, end);
    if context.round.is_none() && !is_running {
        let within = results.borrow().news(Some(place));
        check.tell_ends(&within);
        check.tell_ends(&[place]);
    } else if is_first {
        check.tell_ends(&[place]);
    }
    end
}

fn is_wanted<W: World>(context: &StepContext<'_, W>, step: &Step) -> Result<bool, Box<Failure>> {
    if step.condition.is_none() && step.exception.is_none() {
        return Ok(true);
    }
    let decider = match decider(context, step)? {
        Decider::Member(member) => Some(context.with(&member)),
        Decider::NoClient => None,
        Decider::Elsewhere => return Ok(false),
    };
    let context = decider.as_ref().unwrap_or(context);
    for (condition, wanted) in [(&step.condition, true), (&step.exception, false)] {
        let Some(condition) = condition else { continue };
        if holds(context, condition, is_truthy)? != wanted {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Does what the step says. Answers what failed here, and whether something failed in a step within.
async fn act<W: World>(
    context: &StepContext<'_, W>,
    step: &Step,
    place: usize,
    targets: Option<Members<W>>,
) -> (Vec<Failure>, Result<(), Interrupted>) {
    if let Verb::Skip(reason) = &step.verb {
        return match skip(context, reason) {
            Ok(()) => (Vec::new(), Err(Interrupted::Skipped)),
            Err(failure) => (vec![*failure], Ok(())),
        };
    }
    if let Verb::Ramp(spec) = &step.verb {
        return ramp(context, spec, step, targets.unwrap_or_default()).await;
    }
    if !is_block(&step.verb) {
        return (act_on_all(context, step, place, targets).await, Ok(()));
    }
    // A block with clients of its own runs once for each of them, each for itself.
    let each: Vec<_> = match targets {
        Some(members) => members.iter().map(|member| context.with(member)).collect(),
        None => vec![context.clone()],
    };
    let ends = join_all(each.iter().map(|context| block(context, step, place))).await;
    let within = ends.iter().filter_map(|end| end.as_ref().ok().copied()).fold(Ok(()), Interrupted::either);
    (ends.into_iter().filter_map(Result::err).map(|failure| *failure).collect(), within)
}

async fn block<W: World>(
    context: &StepContext<'_, W>,
    step: &Step,
    place: usize,
) -> Result<Result<(), Interrupted>, Box<Failure>> {
    match &step.verb {
        Verb::All(branches) => {
            let ends = join_all(branches.iter().map(|steps| context.steps(steps))).await;
            Ok(ends.into_iter().fold(Ok(()), Interrupted::either))
        }
        Verb::Measure(metric, steps) => {
            let began = context.world().now();
            let end = context.steps(steps).await;
            let now = context.world().now();
            if end.is_ok() {
                context.run().meter().sample(metric, now - began, now);
            }
            Ok(end)
        }
        Verb::Use(spec) => {
            let context = context.using(arguments(context, spec)?);
            Ok(context.steps(&spec.steps).await)
        }
        Verb::Repeat(spec) => repeat(context, spec, place).await,
        Verb::Try(tried) => attempt(context, tried, step).await,
        Verb::Bisect(spec) => bisect(context, spec, step).await,
        _ => Ok(Ok(())),
    }
}

/// All clients at once.
async fn act_on_all<W: World>(
    context: &StepContext<'_, W>,
    step: &Step,
    place: usize,
    targets: Option<Members<W>>,
) -> Vec<Failure> {
    let acts_alone = matches!(step.verb, Verb::Wait(_) | Verb::Mark | Verb::Remark(_));
    // What it says may name a capture of the one client that it is about.
    let about = targets.as_deref().filter(|_| acts_alone).and_then(|members| match members {
        [one] => Some(context.with(one)),
        _ => None,
    });
    let Some(members) = targets.filter(|_| !acts_alone) else {
        let context = about.as_ref().unwrap_or(context);
        return act_alone(context, step, place).await.err().into_iter().map(|failure| *failure).collect();
    };
    if let Verb::Connect(spec) = &step.verb {
        return connect_all(context, spec, &members).await;
    }
    // With several clients, the first message that goes out sets the mark.
    let mark = Cell::new(step.mark.as_deref());
    let act = |member| act_on(context, step, place, member, &mark);
    // Nearly all steps of a busy check act on one client, which needs no join.
    let done = match &members[..] {
        [member] => vec![act(member).await],
        members => join_all(members.iter().map(act)).await,
    };
    if let (Verb::Send(..), Some(intended)) = (&step.verb, &context.intended) {
        intended.set(None);
    }
    done.into_iter().filter_map(Result::err).collect()
}

/// One client.
async fn act_on<W: World>(
    context: &StepContext<'_, W>,
    step: &Step,
    place: usize,
    member: &Rc<Member<W>>,
    mark: &Cell<Option<&str>>,
) -> Result<(), Failure> {
    let done = match &step.verb {
        Verb::Send(payload, expect) => send(context, member, payload, expect.as_deref(), mark, place).await,
        Verb::Ping(spec) => ping(context, member, spec).await,
        Verb::Expect(expectation) => expect(context, member, expectation, place).await,
        Verb::Silence(spec) => silence(context, member, spec).await,
        Verb::Close(spec) => close(context, member, spec).await,
        Verb::Closed(spec) => closed(context, member, spec).await,
        Verb::Reconnect(spec) => reconnect(context, member, spec).await,
        Verb::Http(spec) => http(context, Some(member), spec, place).await,
        Verb::Set(values) => set(context, values, Some(member), false),
        Verb::Keep(values) => set(context, values, Some(member), true),
        Verb::Assert(comparison) => assert(context, Some(member), comparison),
        _ => Ok(()),
    };
    done.map_err(|failure| of_member(context.run(), member, *failure))
}

/// What needs no client.
async fn act_alone<W: World>(
    context: &StepContext<'_, W>,
    step: &Step,
    place: usize,
) -> Result<(), Box<Failure>> {
    let member = context.member.as_ref();
    match &step.verb {
        Verb::Wait(pause) => wait(context, pause, step).await,
        Verb::Set(values) => set(context, values, member, false),
        Verb::Keep(values) => set(context, values, member, true),
        Verb::Remark(text) => remark(context, text),
        Verb::Assert(comparison) => assert(context, member, comparison),
        Verb::Http(spec) => http(context, member, spec, place).await,
        Verb::Mark => Ok(()),
        _ => Err(failure::script("this step acts on no client; name a client with \"on\"")),
    }
}

/// What counts as no: what is empty, zero, false or says so.
fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is_true) => *is_true,
        Value::Number(number) => !crate::base::number::is_zero(number),
        Value::String(text) => !matches!(text.trim(), "" | "false" | "0" | "no" | "off"),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}
