//! Running steps: whom they act on, blocks within blocks, rounds.
//!
//! Owns the flow and refuses to know what a verb does on one connection. The rule a reader would break: each step is a
//! barrier; it ends when the last of its clients has ended, and what fails in it is written down for all of them.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{LocalBoxFuture, join_all};
use serde_json::Value;

use super::check::{CheckRun, Mark};
use super::failure;
use super::member::{Member, State};
use super::progress::Progress;
use crate::engine::report::{Failure, FailureKind};
use crate::engine::suite::{Field, Step, Target, Verb};
use crate::engine::{Instant, World};

/// Why the rest of a block does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// In a round of a repeat something did not come, and a threshold decides how often that may happen. The next round
    /// runs.
    Missed,
    /// A step has failed; what and why stands in the ledger.
    Failed,
}

impl Broken {
    /// The graver of two ends.
    pub fn either(a: Result<(), Self>, b: Result<(), Self>) -> Result<(), Self> {
        match (a, b) {
            (Err(Self::Failed), _) | (_, Err(Self::Failed)) => Err(Self::Failed),
            (Err(Self::Missed), _) | (_, Err(Self::Missed)) => Err(Self::Missed),
            _ => Ok(()),
        }
    }
}

/// Who acts, in which round.
pub(super) struct Acting<W: World> {
    pub member: Option<Rc<Member<W>>>,
    /// Of the innermost repeat, from 0.
    pub round: Option<u64>,
    /// When the first message of this round was to go out; gone after the first send.
    pub intended: Option<Rc<Cell<Option<Instant>>>>,
    /// Whether a broken invariant keeps steps from running; teardown runs all the same.
    pub heeds_breaks: bool,
    /// Whether the check has failed before: then steps leave out those clients that never got connected.
    pub is_follow_up: bool,
}

impl<W: World> Clone for Acting<W> {
    fn clone(&self) -> Self {
        Self {
            member: self.member.clone(),
            round: self.round,
            intended: self.intended.clone(),
            heeds_breaks: self.heeds_breaks,
            is_follow_up: self.is_follow_up,
        }
    }
}

impl<W: World> Acting<W> {
    /// Outside of every block.
    pub fn nobody() -> Self {
        Self { member: None, round: None, intended: None, heeds_breaks: true, is_follow_up: false }
    }

    /// In teardown.
    pub fn after_all(is_follow_up: bool) -> Self {
        Self { heeds_breaks: false, is_follow_up, ..Self::nobody() }
    }

    fn with(&self, member: &Rc<Member<W>>) -> Self {
        Self { member: Some(member.clone()), ..self.clone() }
    }
}

/// Those on whom a step acts.
type Members<W> = Vec<Rc<Member<W>>>;

impl<W: World> CheckRun<W> {
    pub fn step<'a>(
        self: &'a Rc<Self>,
        step: &'a Step,
        acting: &'a Acting<W>,
    ) -> LocalBoxFuture<'a, Result<(), Broken>> {
        Box::pin(async move {
            if acting.heeds_breaks && self.is_broken() {
                return Err(Broken::Failed);
            }
            let place = self.ledger.borrow().place(&step.path);
            match self.is_wanted(step, acting) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(failure) => {
                    self.begin(place, &[], acting);
                    return self.end(place, Duration::ZERO, vec![*failure], Ok(()), acting);
                }
            }
            let targets = match self.targets(step, acting) {
                Ok(targets) => match self.without_absent(step, targets, acting) {
                    Some(targets) => targets,
                    None => return Ok(()),
                },
                Err(failure) => {
                    self.begin(place, &[], acting);
                    return self.end(place, Duration::ZERO, vec![*failure], Ok(()), acting);
                }
            };
            let began = self.run.world.now();
            if self.is_for_others(step, targets.as_deref()) {
                if let Some(mark) = &step.mark {
                    self.set_mark(mark, began);
                }
                return Ok(());
            }
            let names: Vec<_> = targets.iter().flatten().map(|member| member.name.clone()).collect();
            self.begin(place, &names, acting);
            if let Some(mark) = &step.mark {
                self.set_mark(mark, began);
            }
            let (failures, within) = self.act(step, targets, acting).await;
            let end = self.end(place, self.run.world.now() - began, failures, within, acting);
            if acting.heeds_breaks && self.is_broken() { Err(Broken::Failed) } else { end }
        })
    }

    pub fn set_mark(&self, name: &str, at: Instant) {
        let mark = Mark { at, order: self.orders.next() };
        self.marks.borrow_mut().insert(name.to_owned(), mark);
    }

    fn begin(&self, place: usize, on: &[String], acting: &Acting<W>) {
        let (runs, at_once) = self.ledger.borrow_mut().begin(place, on);
        // Clients that run the same step side by side are told as one, and so are rounds.
        if runs == 1 || acting.round.is_none() && at_once == 1 {
            self.run.tell(Progress::StepStarted { check: self.number, step: place });
        }
    }

    fn end(
        &self,
        place: usize,
        took: Duration,
        failures: Vec<Failure>,
        within: Result<(), Broken>,
        acting: &Acting<W>,
    ) -> Result<(), Broken> {
        // What a threshold decides is no failure of a round.
        let is_awaiting = self.ledger.borrow().awaits_message(place);
        let is_borne = |failure: &Failure| {
            let is_missing = failure.kind == FailureKind::Timeout && failure.expected.is_some();
            self.bears_missing && acting.round.is_some() && is_awaiting && is_missing
        };
        let (borne, failures): (Vec<_>, Vec<_>) = failures.into_iter().partition(is_borne);
        let end = match (failures.is_empty(), borne.is_empty()) {
            (false, _) => Err(Broken::Failed),
            (true, false) => Broken::either(within, Err(Broken::Missed)),
            (true, true) => within,
        };
        let told = |failure: Failure| {
            let round = failure.round.or(acting.round);
            self.run.masked_failure(Failure { round, ..failure })
        };
        let failures: Vec<_> = failures.into_iter().map(told).collect();
        let (is_first, is_running) = self.ledger.borrow_mut().end(place, took, failures, end);
        if acting.round.is_none() && !is_running {
            let within = self.ledger.borrow().news(Some(place));
            self.tell_ends(&within);
            self.tell_ends(&[place]);
        } else if is_first {
            self.tell_ends(&[place]);
        }
        end
    }

    /// Tells how these steps stand.
    pub fn tell_ends(&self, places: &[usize]) {
        for &step in places {
            let mut ledger = self.ledger.borrow_mut();
            let (verdict, duration, failure) = ledger.tell(step);
            let failure = failure.cloned().map(Box::new);
            drop(ledger);
            self.run.tell(Progress::StepEnded { check: self.number, step, verdict, duration, failure });
        }
    }

    /// Whether all on whom a step acts are in other shards. What takes time or names a moment does so for everybody.
    fn is_for_others(&self, step: &Step, targets: Option<&[Rc<Member<W>>]>) -> bool {
        let is_shard = !self.run.plan.options.shard.is_whole();
        is_shard && targets.is_some_and(<[_]>::is_empty) && !matches!(step.verb, Verb::Wait(_) | Verb::Mark)
    }

    fn is_wanted(&self, step: &Step, acting: &Acting<W>) -> Result<bool, Box<Failure>> {
        let Some(condition) = &step.condition else { return Ok(true) };
        let value = condition.expand(&mut self.scope(acting.member.as_ref(), acting.round, None));
        value.map(|value| is_truthy(&value)).map_err(failure::script)
    }

    /// Whom a step acts on; none when it names nobody and nobody acts.
    fn targets(&self, step: &Step, acting: &Acting<W>) -> Result<Option<Members<W>>, Box<Failure>> {
        let is_free = !needs_connection(&step.verb) && !is_block(&step.verb);
        let Some(on) = &step.on else {
            let member = acting.member.clone().or_else(|| self.only_member());
            let is_alone = matches!(
                step.verb,
                Verb::Wait(_)
                    | Verb::Set(_)
                    | Verb::Mark
                    | Verb::All(_)
                    | Verb::Repeat(_)
                    | Verb::Measure(..)
            );
            // Blocks go on as they are; only the steps in them act on somebody.
            return Ok(if is_alone { None } else { member.map(|member| vec![member]) });
        };
        if let Verb::Connect(spec) = &step.verb
            && let Some(count) = &spec.count
        {
            let count = count.get(&mut self.scope(acting.member.as_ref(), acting.round, None));
            return self.enlist_on(on, count.map_err(failure::script)?, acting).map(Some);
        }
        let mut found: Vec<Rc<Member<W>>> = Vec::new();
        for target in on {
            let target = self.read_target(target, acting)?;
            if matches!(step.verb, Verb::Connect(_)) {
                self.meant(&target).for_each(|(place, index)| self.groups.join(place, index));
            }
            for member in self.find(&target, is_free, acting)? {
                if !found.iter().any(|known| Rc::ptr_eq(known, &member)) {
                    found.push(member);
                }
            }
        }
        Ok(Some(found))
    }

    /// In teardown after a failure, who never got connected is why, and not another failure. None when nobody is left.
    #[allow(clippy::option_option, reason = "a step that acts on nobody in particular runs")]
    fn without_absent(
        &self,
        step: &Step,
        targets: Option<Members<W>>,
        acting: &Acting<W>,
    ) -> Option<Option<Members<W>>> {
        let Some(members) = targets else { return Some(None) };
        if !acting.is_follow_up || !needs_connection(&step.verb) {
            return Some(Some(members));
        }
        let there: Vec<_> = members.into_iter().filter(|member| member.state() != State::Never).collect();
        (!there.is_empty()).then_some(Some(there))
    }

    fn read_target(&self, target: &Field<Target>, acting: &Acting<W>) -> Result<Target, Box<Failure>> {
        let mut scope = self.scope(acting.member.as_ref(), acting.round, None);
        target.get(&mut scope).map_err(failure::script)
    }

    fn find(&self, target: &Target, is_free: bool, acting: &Acting<W>) -> Result<Members<W>, Box<Failure>> {
        let clients = &self.definition().clients;
        let members = self.members.borrow();
        let meant =
            |member: &&Rc<Member<W>>| super::check::means(target, &clients[member.client].name, member.index);
        let all: Vec<_> = members.iter().filter(meant).cloned().collect();
        // Who has not been connected is no part of "everybody"; who is named is.
        let is_named = match target {
            Target::All => false,
            Target::Client(name) => {
                let client = clients.iter().find(|client| client.name == *name);
                client.is_none_or(|client| client.count.is_none())
            }
            Target::Member(..) => true,
        };
        // Whoever is in another shard acts there, and nobody here; that is no mistake.
        let is_elsewhere =
            || self.meant(target).any(|(place, index)| self.groups.has_elsewhere(place, index));
        if is_free || is_named {
            return match all.is_empty() {
                true if is_elsewhere() => Ok(all),
                true => Err(self.nobody(target)),
                false => Ok(all),
            };
        }
        let connected: Vec<_> = all.iter().filter(|member| member.state() != State::Never).cloned().collect();
        match (connected.is_empty(), all.is_empty()) {
            (false, _) => Ok(connected),
            (true, true) if is_elsewhere() => Ok(all),
            (true, true) => Err(self.nobody(target)),
            (true, false) if acting.is_follow_up => Ok(all),
            (true, false) if self.meant(target).any(|(place, _)| self.groups.is_joined_elsewhere(place)) => {
                Ok(connected)
            }
            (true, false) => Err(failure::script("nobody of them is connected; connect them first")),
        }
    }

    /// The clients that a target means, by their place, with the member where it means one.
    fn meant(&self, target: &Target) -> impl Iterator<Item = (usize, Option<u64>)> {
        let clients = self.definition().clients.iter().enumerate();
        clients.filter_map(move |(place, client)| match target {
            Target::All => Some((place, None)),
            Target::Client(name) => (*name == client.name).then_some((place, None)),
            Target::Member(name, index) => (*name == client.name).then_some((place, Some(*index))),
        })
    }

    fn nobody(&self, target: &Target) -> Box<Failure> {
        failure::script(match target {
            Target::All => "there is no client".to_owned(),
            Target::Client(name) => format!("there is no client called {name}, or its group is empty"),
            Target::Member(name, member) => {
                let place = self.definition().clients.iter().position(|client| client.name == *name);
                let count = place.map_or(0, |place| self.groups.size(place)) as usize;
                format!("{name} has {}, so there is no {name}[{member}]", failure::count_of(count, "member"))
            }
        })
    }

    /// The first `count` members of a group, made if there are not that many.
    fn enlist_on(
        &self,
        on: &[Field<Target>],
        count: u64,
        acting: &Acting<W>,
    ) -> Result<Members<W>, Box<Failure>> {
        let mut found = Vec::new();
        for target in on {
            let Target::Client(name) = self.read_target(target, acting)? else {
                return Err(failure::script("count goes with the name of one group"));
            };
            let clients = &self.definition().clients;
            let Some(place) = clients.iter().position(|client| client.name == name) else {
                return Err(failure::script(format!("there is no client called {name}")));
            };
            self.enlist(place, &clients[place], Some(count))?;
            if count > 0 {
                self.groups.join(place, None);
            }
            let members = self.members.borrow();
            let is_among = |member: &&Rc<Member<W>>| {
                member.client == place && member.index.is_some_and(|index| index < count)
            };
            found.extend(members.iter().filter(is_among).cloned());
        }
        Ok(found)
    }

    /// Does what the step says. Answers what failed here, and whether something failed in a step within.
    async fn act(
        self: &Rc<Self>,
        step: &Step,
        targets: Option<Members<W>>,
        acting: &Acting<W>,
    ) -> (Vec<Failure>, Result<(), Broken>) {
        if !is_block(&step.verb) {
            return (self.act_on_all(step, targets, acting).await, Ok(()));
        }
        // A block with clients of its own runs once for each of them, each for itself.
        let each: Vec<_> = match targets {
            Some(members) => members.iter().map(|member| acting.with(member)).collect(),
            None => vec![acting.clone()],
        };
        let ends = join_all(each.iter().map(|acting| self.block(step, acting))).await;
        let within = ends.iter().filter_map(|end| end.as_ref().ok().copied()).fold(Ok(()), Broken::either);
        (ends.into_iter().filter_map(Result::err).map(|failure| *failure).collect(), within)
    }

    async fn block(
        self: &Rc<Self>,
        step: &Step,
        acting: &Acting<W>,
    ) -> Result<Result<(), Broken>, Box<Failure>> {
        match &step.verb {
            Verb::All(branches) => {
                let ends = join_all(branches.iter().map(|steps| self.steps(steps, acting))).await;
                Ok(ends.into_iter().fold(Ok(()), Broken::either))
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
            _ => Ok(Ok(())),
        }
    }

    /// All clients at once.
    async fn act_on_all(
        self: &Rc<Self>,
        step: &Step,
        targets: Option<Members<W>>,
        acting: &Acting<W>,
    ) -> Vec<Failure> {
        let alone =
            |result: Result<(), Box<Failure>>| result.err().into_iter().map(|failure| *failure).collect();
        let Some(members) = targets else {
            return alone(self.act_alone(step, acting).await);
        };
        match &step.verb {
            Verb::Connect(spec) => return self.connect_all(spec, &members, acting).await,
            Verb::Wait(_) | Verb::Mark => return alone(self.act_alone(step, acting).await),
            _ => {}
        }
        // Of several clients the first message that goes out makes the mark.
        let mark = Cell::new(step.mark.as_deref());
        let mark = &mark;
        let place = self.ledger.borrow().place(&step.path);
        let acts = members.iter().map(|member| async move {
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
                Verb::Set(values) => self.set(values, Some(member), acting),
                _ => Ok(()),
            };
            done.map_err(|failure| match failure.client {
                Some(_) => *failure,
                None => Failure { client: Some(member.name.clone()), ..*failure },
            })
        });
        let done = join_all(acts).await;
        if let (Verb::Send(..), Some(intended)) = (&step.verb, &acting.intended) {
            intended.set(None);
        }
        done.into_iter().filter_map(Result::err).collect()
    }

    /// What needs no client.
    async fn act_alone(self: &Rc<Self>, step: &Step, acting: &Acting<W>) -> Result<(), Box<Failure>> {
        match &step.verb {
            Verb::Wait(wait) => {
                let wait = wait.get(&mut self.scope(acting.member.as_ref(), acting.round, None));
                let until = self.run.world.now() + wait.map_err(failure::script)?;
                while self.run.world.now() < until {
                    self.run.world.sleep(until - self.run.world.now()).await;
                    self.run.breath.turned(self.run.world.now());
                }
                Ok(())
            }
            Verb::Set(values) => self.set(values, acting.member.as_ref(), acting),
            Verb::Http(spec) => self.http(acting.member.as_ref(), spec, acting).await,
            Verb::Mark => Ok(()),
            _ => Err(failure::script("this step acts on nobody; name a client with \"on\"")),
        }
    }

    fn set(
        &self,
        values: &[(String, crate::engine::template::Document)],
        member: Option<&Rc<Member<W>>>,
        acting: &Acting<W>,
    ) -> Result<(), Box<Failure>> {
        for (name, document) in values {
            let seq = member.map(|member| member.seq.get());
            let value =
                document.expand(&mut self.scope(member, acting.round, seq)).map_err(failure::script)?;
            self.remember(None, vec![(name.clone(), value)])?;
        }
        Ok(())
    }
}

fn is_block(verb: &Verb) -> bool {
    matches!(verb, Verb::All(_) | Verb::Repeat(_) | Verb::Measure(..))
}

/// Whether a step does something with a connection that is there.
fn needs_connection(verb: &Verb) -> bool {
    match verb {
        Verb::Send(..)
        | Verb::Expect(_)
        | Verb::Silence(_)
        | Verb::Close(_)
        | Verb::Closed(_)
        | Verb::Reconnect(_) => true,
        Verb::Connect(_)
        | Verb::Http(_)
        | Verb::Wait(_)
        | Verb::Set(_)
        | Verb::Mark
        | Verb::All(_)
        | Verb::Repeat(_)
        | Verb::Measure(..) => false,
    }
}

/// What counts as no: what is empty, zero, false or says so.
pub(super) fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is_true) => *is_true,
        Value::Number(number) => !crate::engine::number::is_zero(number),
        Value::String(text) => !matches!(text.trim(), "" | "false" | "0" | "no" | "off"),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}
