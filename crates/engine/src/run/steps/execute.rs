//! Running steps: at once, one after the other, blocks within blocks.
//!
//! Owns the flow and refuses to know what a verb does on one connection. Each step is a barrier: it ends when the last
//! of its clients has ended, and its failures are recorded for all of them.

use std::cell::Cell;
use std::rc::Rc;

use futures_util::future::{LocalBoxFuture, join_all};
use serde_json::Value;

use super::super::check::{CheckRun, Mark};
use super::super::connections::member::Member;
use super::super::outcome::failure;
use super::super::progress::Progress;
use super::targets::Members;
use crate::report::{Failure, FailureKind};
use crate::suite::{Field, Step, Verb};
use crate::{Instant, World};

/// Why the rest of a block does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interrupted {
    /// In a round of a repeat something did not come, and a threshold decides how often that may happen. The next round
    /// runs.
    Missed,
    /// A step says that the check is not applicable, so nothing more of it runs.
    Skipped,
    /// A step has failed; the ledger says what and why.
    Failed,
}

impl Interrupted {
    /// The graver of two ends.
    pub fn either(a: Result<(), Self>, b: Result<(), Self>) -> Result<(), Self> {
        match (a, b) {
            (Err(Self::Failed), _) | (_, Err(Self::Failed)) => Err(Self::Failed),
            (Err(Self::Skipped), _) | (_, Err(Self::Skipped)) => Err(Self::Skipped),
            (Err(Self::Missed), _) | (_, Err(Self::Missed)) => Err(Self::Missed),
            _ => Ok(()),
        }
    }
}

/// The client that acts, and the round.
pub(crate) struct StepContext<W: World> {
    pub member: Option<Rc<Member<W>>>,
    /// Of the innermost repeat, from 0.
    pub round: Option<u64>,
    /// When the first message of this round was to go out; gone after the first send.
    pub intended: Option<Rc<Cell<Option<Instant>>>>,
    /// Whether a broken invariant keeps steps from running; teardown runs all the same.
    pub heeds_breaks: bool,
    /// Whether the check has failed before: then steps leave out those clients that never got connected.
    pub is_follow_up: bool,
    /// Which part of the check it is, since what setup and teardown measure is kept apart.
    pub part: Part,
}

/// A part of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Setup,
    Steps,
    Teardown,
}

impl Part {
    /// The metric of round trips that name none.
    pub fn rtt(self) -> &'static str {
        match self {
            Self::Setup => "setup.rtt",
            Self::Steps => "rtt",
            Self::Teardown => "teardown.rtt",
        }
    }

    /// The metric of HTTP calls that name none.
    pub fn http(self) -> &'static str {
        match self {
            Self::Setup => "setup.http",
            Self::Steps => "http",
            Self::Teardown => "teardown.http",
        }
    }
}

impl<W: World> Clone for StepContext<W> {
    fn clone(&self) -> Self {
        Self {
            member: self.member.clone(),
            round: self.round,
            intended: self.intended.clone(),
            heeds_breaks: self.heeds_breaks,
            is_follow_up: self.is_follow_up,
            part: self.part,
        }
    }
}

impl<W: World> StepContext<W> {
    /// Outside of every block.
    pub fn unbound() -> Self {
        Self {
            member: None,
            round: None,
            intended: None,
            heeds_breaks: true,
            is_follow_up: false,
            part: Part::Steps,
        }
    }

    /// In setup.
    pub fn before_all() -> Self {
        Self { part: Part::Setup, ..Self::unbound() }
    }

    /// In teardown.
    pub fn after_all(is_follow_up: bool) -> Self {
        Self { heeds_breaks: false, is_follow_up, part: Part::Teardown, ..Self::unbound() }
    }

    fn with(&self, member: &Rc<Member<W>>) -> Self {
        Self { member: Some(member.clone()), ..self.clone() }
    }
}

impl<W: World> CheckRun<W> {
    pub fn step<'a>(
        self: &'a Rc<Self>,
        step: &'a Step,
        acting: &'a StepContext<W>,
    ) -> LocalBoxFuture<'a, Result<(), Interrupted>> {
        Box::pin(async move {
            if acting.heeds_breaks && self.is_broken() {
                return Err(Interrupted::Failed);
            }
            let place = self.results.borrow().place(&step.path);
            match self.is_wanted(step, acting) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(failure) => {
                    self.begin(place, [], acting);
                    return self.end(place, vec![*failure], Ok(()), acting);
                }
            }
            let targets = match self.targets(step, acting) {
                Ok(targets) => match self.without_absent(step, targets, acting) {
                    Some(targets) => targets,
                    None => return Ok(()),
                },
                Err(failure) => {
                    self.begin(place, [], acting);
                    return self.end(place, vec![*failure], Ok(()), acting);
                }
            };
            let began = self.run.world.now();
            if self.is_for_others(step, targets.as_deref()) {
                if let Some(mark) = &step.mark {
                    self.set_mark(mark, began);
                }
                return Ok(());
            }
            self.begin(place, targets.iter().flatten().map(|member| member.name.as_str()), acting);
            if let Some(mark) = &step.mark {
                self.set_mark(mark, began);
            }
            let (failures, within) = self.act(step, place, targets, acting).await;
            let end = self.end(place, failures, within, acting);
            if acting.heeds_breaks && self.is_broken() { Err(Interrupted::Failed) } else { end }
        })
    }

    pub fn set_mark(&self, name: &str, at: Instant) {
        let mark = Mark { at, order: self.orders.next() };
        self.marks.borrow_mut().insert(name.to_owned(), mark);
    }

    fn begin<'n>(&self, place: usize, on: impl IntoIterator<Item = &'n str>, acting: &StepContext<W>) {
        let (runs, at_once) = self.results.borrow_mut().begin(place, on, self.run.world.now());
        // Clients that run the same step side by side are reported as one, and so are rounds.
        if runs == 1 || acting.round.is_none() && at_once == 1 {
            self.run.tell(Progress::StepStarted { check: self.number, step: place });
        }
    }

    fn end(
        &self,
        place: usize,
        failures: Vec<Failure>,
        within: Result<(), Interrupted>,
        acting: &StepContext<W>,
    ) -> Result<(), Interrupted> {
        // What a threshold decides does not fail a round.
        let is_awaiting = self.results.borrow().awaits_message(place);
        let is_borne = |failure: &Failure| {
            let is_missing = failure.kind == FailureKind::Timeout && failure.expected.is_some();
            self.bears_missing && acting.round.is_some() && is_awaiting && is_missing
        };
        let (borne, failures): (Vec<_>, Vec<_>) = failures.into_iter().partition(is_borne);
        let end = match (failures.is_empty(), borne.is_empty()) {
            (false, _) => Err(Interrupted::Failed),
            (true, false) => Interrupted::either(within, Err(Interrupted::Missed)),
            (true, true) => within,
        };
        let told = |failure: Failure| {
            let round = failure.round.or(acting.round);
            self.run.masked_failure(Failure { round, ..failure })
        };
        if !self.results.borrow().has_miss(place)
            && let Some(first) = borne.first()
        {
            let first = told(first.clone());
            self.results.borrow_mut().miss(place, first);
        }
        for client in borne.iter().filter_map(|failure| failure.client.clone()) {
            self.results.borrow_mut().miss_of(place, client);
        }
        let failures: Vec<_> = failures.into_iter().map(told).collect();
        let (is_first, is_running) =
            self.results.borrow_mut().end(place, self.run.world.now(), failures, end);
        if acting.round.is_none() && !is_running {
            let within = self.results.borrow().news(Some(place));
            self.tell_ends(&within);
            self.tell_ends(&[place]);
        } else if is_first {
            self.tell_ends(&[place]);
        }
        end
    }

    /// Reports the state of these steps.
    pub fn tell_ends(&self, places: &[usize]) {
        for &step in places {
            let mut results = self.results.borrow_mut();
            let (verdict, duration, failure) = results.tell(step);
            let failure = failure.cloned().map(Box::new);
            drop(results);
            self.run.tell(Progress::StepEnded { check: self.number, step, verdict, duration, failure });
        }
    }

    fn is_wanted(&self, step: &Step, acting: &StepContext<W>) -> Result<bool, Box<Failure>> {
        for (condition, wanted) in [(&step.condition, true), (&step.exception, false)] {
            let Some(condition) = condition else { continue };
            let value = condition.expand(&mut self.scope(acting.member.as_ref(), acting.round, None));
            if is_truthy(&value.map_err(failure::script)?) != wanted {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Does what the step says. Answers what failed here, and whether something failed in a step within.
    async fn act(
        self: &Rc<Self>,
        step: &Step,
        place: usize,
        targets: Option<Members<W>>,
        acting: &StepContext<W>,
    ) -> (Vec<Failure>, Result<(), Interrupted>) {
        if let Verb::Skip(reason) = &step.verb {
            return match self.text(reason, acting) {
                Ok(reason) => {
                    self.skipped.borrow_mut().get_or_insert(reason);
                    (Vec::new(), Err(Interrupted::Skipped))
                }
                Err(failure) => (vec![*failure], Ok(())),
            };
        }
        if !is_block(&step.verb) {
            return (self.act_on_all(step, place, targets, acting).await, Ok(()));
        }
        // A block with clients of its own runs once for each of them, each for itself.
        let each: Vec<_> = match targets {
            Some(members) => members.iter().map(|member| acting.with(member)).collect(),
            None => vec![acting.clone()],
        };
        let ends = join_all(each.iter().map(|acting| self.block(step, acting))).await;
        let within =
            ends.iter().filter_map(|end| end.as_ref().ok().copied()).fold(Ok(()), Interrupted::either);
        (ends.into_iter().filter_map(Result::err).map(|failure| *failure).collect(), within)
    }

    async fn block(
        self: &Rc<Self>,
        step: &Step,
        acting: &StepContext<W>,
    ) -> Result<Result<(), Interrupted>, Box<Failure>> {
        match &step.verb {
            Verb::All(branches) => {
                let ends = join_all(branches.iter().map(|steps| self.steps(steps, acting))).await;
                Ok(ends.into_iter().fold(Ok(()), Interrupted::either))
            }
            Verb::Measure(metric, steps) => {
                let began = self.run.world.now();
                let end = self.steps(steps, acting).await;
                let now = self.run.world.now();
                if end.is_ok() {
                    self.run.meter.borrow_mut().sample(metric, now - began, now);
                }
                Ok(end)
            }
            Verb::Repeat(repeat) => self.repeat(repeat, acting).await,
            Verb::Try(tried) => self.attempt(tried, step, acting).await,
            Verb::Bisect(bisect) => self.bisect(bisect, step, acting).await,
            _ => Ok(Ok(())),
        }
    }

    /// All clients at once.
    async fn act_on_all(
        self: &Rc<Self>,
        step: &Step,
        place: usize,
        targets: Option<Members<W>>,
        acting: &StepContext<W>,
    ) -> Vec<Failure> {
        let alone =
            |result: Result<(), Box<Failure>>| result.err().into_iter().map(|failure| *failure).collect();
        let Some(members) = targets else {
            return alone(self.act_alone(step, acting).await);
        };
        match &step.verb {
            Verb::Connect(spec) => return self.connect_all(spec, &members, acting).await,
            Verb::Wait(_) | Verb::Mark | Verb::Remark(_) => return alone(self.act_alone(step, acting).await),
            _ => {}
        }
        // With several clients, the first message that goes out sets the mark.
        let mark = Cell::new(step.mark.as_deref());
        let mark = &mark;
        let act = |member| async move {
            let done = match &step.verb {
                Verb::Send(payload, expect) => {
                    self.send(member, payload, expect.as_deref(), mark, place, acting).await
                }
                Verb::Expect(expect) => self.expect(member, expect, place, acting).await,
                Verb::Silence(silence) => self.silence(member, silence, acting).await,
                Verb::Close(spec) => self.close(member, spec, acting).await,
                Verb::Closed(spec) => self.closed(member, spec, acting).await,
                Verb::Reconnect(spec) => self.reconnect(member, spec, acting).await,
                Verb::Http(spec) => self.http(Some(member), spec, acting).await,
                Verb::Set(values) => self.set(values, Some(member), acting, false),
                Verb::Keep(values) => self.set(values, Some(member), acting, true),
                _ => Ok(()),
            };
            done.map_err(|failure| self.of_member(member, *failure))
        };
        // Nearly all steps of a busy check act on one client, which needs no join.
        let done = match &members[..] {
            [member] => vec![act(member).await],
            members => join_all(members.iter().map(act)).await,
        };
        if let (Verb::Send(..), Some(intended)) = (&step.verb, &acting.intended) {
            intended.set(None);
        }
        done.into_iter().filter_map(Result::err).collect()
    }

    /// What needs no client.
    async fn act_alone(self: &Rc<Self>, step: &Step, acting: &StepContext<W>) -> Result<(), Box<Failure>> {
        match &step.verb {
            Verb::Wait(wait) => {
                let wait = wait.get(&mut self.scope(acting.member.as_ref(), acting.round, None));
                let until = self.run.world.now() + wait.map_err(failure::script)?;
                while self.run.world.now() < until {
                    self.run.world.sleep(until - self.run.world.now()).await;
                    self.run.yield_budget.turned(self.run.world.now());
                }
                Ok(())
            }
            Verb::Set(values) => self.set(values, acting.member.as_ref(), acting, false),
            Verb::Keep(values) => self.set(values, acting.member.as_ref(), acting, true),
            Verb::Remark(text) => {
                let text = self.text(text, acting)?;
                self.remark(text);
                Ok(())
            }
            Verb::Http(spec) => self.http(acting.member.as_ref(), spec, acting).await,
            Verb::Mark => Ok(()),
            _ => Err(failure::script("this step acts on no client; name a client with \"on\"")),
        }
    }

    /// Sets variables of the check; `keeps` them for the checks that follow, too.
    fn set(
        &self,
        values: &[(String, crate::template::Document)],
        member: Option<&Rc<Member<W>>>,
        acting: &StepContext<W>,
        keeps: bool,
    ) -> Result<(), Box<Failure>> {
        for (name, document) in values {
            let value = self.value(document, member, acting)?;
            if keeps {
                self.run.kept.borrow_mut().insert(name.clone(), value.clone());
            }
            self.remember(None, vec![(name.clone(), value)])?;
        }
        Ok(())
    }

    fn value(
        &self,
        document: &crate::template::Document,
        member: Option<&Rc<Member<W>>>,
        acting: &StepContext<W>,
    ) -> Result<Value, Box<Failure>> {
        let seq = member.map(|member| member.seq.get());
        document.expand(&mut self.scope(member, acting.round, seq)).map_err(failure::script)
    }

    fn text(&self, text: &Field<String>, acting: &StepContext<W>) -> Result<String, Box<Failure>> {
        text.get(&mut self.scope(acting.member.as_ref(), acting.round, None)).map_err(failure::script)
    }
}

pub(crate) fn is_block(verb: &Verb) -> bool {
    matches!(verb, Verb::All(_) | Verb::Repeat(_) | Verb::Measure(..) | Verb::Try(_) | Verb::Bisect(_))
}

/// What counts as no: what is empty, zero, false or says so.
pub(crate) fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is_true) => *is_true,
        Value::Number(number) => !crate::base::number::is_zero(number),
        Value::String(text) => !matches!(text.trim(), "" | "false" | "0" | "no" | "off"),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}
