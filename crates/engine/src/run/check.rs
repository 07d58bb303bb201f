//! One check from its first open to its last close.
//!
//! Owns the order: setup, steps, teardown, closing; and what ends a check early: a failure, a broken invariant, its
//! timeout, a stop. Teardown always runs and every socket is always closed.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{Either, join_all, select};
use serde_json::{Map, Value};

use super::inbox::invariant::{self, Guard, Law};
use super::inbox::queue::{Budget, Sequence};
use super::member::{CheckContext, Member, State};
use super::outcome::failure;
use super::outcome::judge;
use super::outcome::step_results::{Failures, StepResults};
use super::pacing::notify::{Notify, pass};
use super::plan::scope::StepScope;
use super::plan::titles::Titles;
use super::runner::{RunShared, STOPPED};
use super::shards::shard::Groups;
use super::steps::execute::StepContext;
use crate::base::words;
use crate::report::{Failure, FailureKind, Leftover, Millis, Verdict};
use crate::suite::{Check, Client, Field, FromValue, Rule, Step, Suite, Target};
use crate::{Closing, Instant, World};

/// A check that has no bound of its own has this one.
const LONGEST: Duration = Duration::from_secs(600);
/// How long teardown, and then closing, may take once the run was stopped.
const AFTER_STOP: Duration = Duration::from_secs(5);
/// How long a strict check waits for unexpected messages after its last step.
const SETTLING: Duration = Duration::from_millis(100);
/// How many members a group may have; browsers stop at a few hundred connections.
const MOST_MEMBERS: u64 = 10_000;
/// How many unselected messages of one check a report shows.
pub(super) const MOST_LEFTOVERS: usize = 100;

/// How many remarks a report shows of one check.
const MOST_REMARKS: usize = 100;

/// A moment that has a name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub at: Instant,
    pub order: u64,
}

/// A check that runs.
pub(super) struct CheckRun<W: World> {
    pub run: Rc<RunShared<W>>,
    /// Which of those planned.
    pub number: usize,
    /// Which of the suite's.
    pub check: usize,
    /// From its row, from `set`, and captured without a client.
    pub variables: RefCell<Map<String, Value>>,
    /// Those of this shard.
    pub members: RefCell<Vec<Rc<Member<W>>>>,
    pub groups: Groups,
    pub marks: RefCell<HashMap<String, Mark>>,
    pub orders: Sequence,
    pub results: RefCell<StepResults>,
    pub began: Instant,
    /// Whether connections were opened faster than a browser lets them.
    pub has_burst: Cell<bool>,
    pub context: Rc<CheckContext>,
    /// Whether a threshold says how many messages may be missing, so that rounds continue without them.
    pub bears_missing: bool,
    /// Why it is not applicable, if a step says so.
    pub skipped: RefCell<Option<String>>,
    /// What steps have to say of it.
    remarks: RefCell<Vec<String>>,
    laws: Vec<(Law, Option<Vec<Target>>)>,
}

/// What came of a check, thresholds aside.
pub(super) struct Ended {
    pub verdict: Verdict,
    pub reasons: Vec<String>,
    /// How its steps failed.
    pub failures: Failures,
    pub lasting: Duration,
    pub leftovers: Vec<Leftover>,
    pub leftovers_omitted: u64,
}

/// Why a check did not come to its end.
#[derive(Clone, Debug, PartialEq)]
struct Cut {
    verdict: Verdict,
    /// Where no step says it.
    reason: Option<String>,
}

/// The end of the note on an invariant that matched no message. With several shards it appears only if all say so.
pub(super) const IDLE: &str = "matched no message, so it proves nothing";

/// The path of the line that says whether something is left over in a strict check.
const STRICT: &str = "strict";

/// The lines of a check: setup, steps, teardown, one for each invariant, and one for strictness.
pub(super) fn results_of(suite: &Suite, check: &Check, titles: &Titles<'_>) -> StepResults {
    let mut results = StepResults::new(suite.setup.iter().chain(&check.steps).chain(&suite.teardown));
    for invariant in &suite.invariants {
        results.line(&invariant.path, invariant.position.line, &invariant.title, None);
    }
    if check.strict {
        results.line(STRICT, check.position.line, "nothing is left over", None);
    }
    results.retitle(|title| titles.resolve(title));
    results
}

impl<W: World> CheckRun<W> {
    /// Makes a check ready to run. The errors are the script's.
    pub fn new(run: Rc<RunShared<W>>, number: usize) -> (Rc<Self>, Result<(), Box<Failure>>) {
        let planned = &run.plan.checks[number];
        let suite = &run.plan.suite;
        let began = run.world.now();
        let budget = Budget::default();
        let context = |ignore| {
            let (meter, yield_budget, budget) = (run.meter.clone(), run.yield_budget.clone(), budget.clone());
            let last_code = Cell::new(None);
            Rc::new(CheckContext {
                meter,
                yield_budget,
                budget,
                began,
                last_code,
                ignore,
                broken: RefCell::default(),
            })
        };
        let mut this = Self {
            run: run.clone(),
            number,
            check: planned.check,
            variables: RefCell::new({
                let mut known = run.kept.borrow().clone();
                known.extend(planned.row.clone());
                known
            }),
            members: RefCell::default(),
            groups: Groups::new(run.plan.options.shard, suite.checks[planned.check].clients.len()),
            marks: RefCell::default(),
            orders: Sequence::default(),
            results: RefCell::new(results_of(
                suite,
                &suite.checks[planned.check],
                &Titles::new(suite, &suite.checks[planned.check], &run.plan.vars, &planned.row),
            )),
            began,
            has_burst: Cell::new(false),
            context: context(Vec::new()),
            bears_missing: suite.checks[planned.check]
                .thresholds
                .iter()
                .chain(&suite.thresholds)
                .any(|bound| judge::is_about_missing(&bound.metric)),
            skipped: RefCell::default(),
            remarks: RefCell::default(),
            laws: Vec::new(),
        };
        let made = this.read_laws(&context);
        (Rc::new(this), made)
    }

    fn read_laws(
        &mut self,
        context: &dyn Fn(Vec<Rc<crate::matcher::Matcher>>) -> Rc<CheckContext>,
    ) -> Result<(), Box<Failure>> {
        let suite = self.run.plan.suite.clone();
        let ignore = suite.ignore.iter().map(|matcher| self.early(matcher)).collect::<Result<_, _>>()?;
        self.context = context(ignore);
        for invariant in &suite.invariants {
            let law = match &invariant.rule {
                Rule::Increasing(path) => Law::Increasing(self.early(path)?),
                Rule::Unique(path) => Law::Unique(self.early(path)?),
                Rule::Schema(matcher) => Law::Schema(self.early(matcher)?),
                Rule::MaxGap(most) => Law::MaxGap(self.early(most)?),
            };
            let on = match &invariant.on {
                None => None,
                Some(on) => Some(on.iter().map(|target| self.early(target)).collect::<Result<_, _>>()?),
            };
            self.laws.push((law, on));
        }
        for (place, client) in self.definition().clients.iter().enumerate() {
            let count = client.count.as_ref().map(|count| self.early(count)).transpose()?;
            self.enlist(place, client, count)?;
        }
        Ok(())
    }

    /// Values that have become known: of the client that acts, else of the check.
    pub fn remember(
        &self,
        member: Option<&Rc<Member<W>>>,
        found: Vec<(String, Value)>,
    ) -> Result<(), Box<Failure>> {
        for (name, value) in found {
            self.run.learn(&name, &value)?;
            let known = member.map_or(&self.variables, |member| &member.captures);
            known.borrow_mut().insert(name, value);
        }
        Ok(())
    }

    /// A value that is needed before any client acts.
    pub fn early<T: FromValue>(&self, field: &Field<T>) -> Result<T, Box<Failure>> {
        field.get(&mut self.scope(None, None, None)).map_err(failure::script)
    }

    pub fn scope<'a>(
        &'a self,
        member: Option<&'a Rc<Member<W>>>,
        round: Option<u64>,
        seq: Option<u64>,
    ) -> StepScope<'a, W> {
        StepScope { check: self, member, round, seq }
    }

    /// What the suite says of this check.
    pub fn definition(&self) -> &Check {
        &self.run.plan.suite.checks[self.check]
    }

    /// The client that a member belongs to.
    pub fn client(&self, member: &Member<W>) -> &Client {
        &self.definition().clients[member.client]
    }

    /// The member of this name.
    pub fn member(&self, name: &str) -> Option<Rc<Member<W>>> {
        self.members.borrow().iter().find(|member| member.name == name).cloned()
    }

    /// Makes members of a client, as far as there are not that many and they are of this shard.
    pub fn enlist(&self, place: usize, client: &Client, count: Option<u64>) -> Result<(), Box<Failure>> {
        if let Some(count) = count.filter(|count| *count > MOST_MEMBERS) {
            let name = &client.name;
            return Err(failure::script(format!(
                "{name} would have {count} members; {MOST_MEMBERS} is the most"
            )));
        }
        let mut members = self.members.borrow_mut();
        let names: Vec<(String, Option<u64>)> = match count {
            None => {
                self.groups.add_single(place);
                vec![(client.name.clone(), None)]
            }
            Some(count) => {
                let ours = self.groups.grow(place, count).filter(|i| self.run.plan.options.shard.holds(*i));
                ours.map(|i| (format!("{}[{i}]", client.name), Some(i))).collect()
            }
        };
        for (name, index) in names {
            let guards = self.laws.iter().enumerate().filter(|(_, (_, on))| {
                on.as_ref().is_none_or(|on| on.iter().any(|target| means(target, &client.name, index)))
            });
            let guards = guards.map(|(number, (law, _))| Guard::new(number, law.clone())).collect();
            let (orders, context) = (self.orders.clone(), self.context.clone());
            members.push(Member::new(name, place, index, orders, guards, context));
        }
        Ok(())
    }

    /// Says something of the check, once.
    pub fn remark(&self, text: String) {
        let mut remarks = self.remarks.borrow_mut();
        if remarks.len() < MOST_REMARKS && !remarks.contains(&text) {
            remarks.push(text);
        }
    }

    /// Runs it to its end.
    pub async fn run(self: &Rc<Self>, made: Result<(), Box<Failure>>) -> Ended {
        let cut = match made {
            Ok(()) => self.body().await.err(),
            Err(failure) => Some(self.broken(&failure)),
        };
        let seen = self.context.last_code.get();
        self.close_all().await;
        // How we leave the others says less than an end that a step has brought about.
        self.context.last_code.set(seen.or(self.context.last_code.get()));
        self.note_broken();
        let (leftovers, leftovers_omitted) = self.collect_leftovers();
        let lasting = self.run.world.now() - self.began;
        let (verdict, failures) = self.results.borrow().verdict();
        let verdict = cut.as_ref().map_or(verdict, |cut| verdict.and(cut.verdict));
        let skipped = self.skipped.take().filter(|_| verdict == Verdict::Pass);
        let verdict = if skipped.is_some() { Verdict::Skipped } else { verdict };
        let is_whole = verdict == Verdict::Pass;
        let mut notes: Vec<String> = skipped.into_iter().chain(self.remarks.take()).collect();
        notes.extend(if is_whole { self.idle_invariants() } else { Vec::new() });
        notes.extend(self.unseen_ends());
        let mut reasons: Vec<_> = cut.and_then(|cut| cut.reason).into_iter().collect();
        reasons.extend(notes.iter().map(|note| failure::cut_message(&self.run.masked(note))));
        Ended { verdict, reasons, failures, lasting, leftovers, leftovers_omitted }
    }

    fn broken(&self, failure: &Failure) -> Cut {
        Cut { verdict: Verdict::Error, reason: Some(self.run.masked(&failure.message)) }
    }

    /// Setup, steps and teardown.
    async fn body(self: &Rc<Self>) -> Result<(), Cut> {
        let suite = self.run.plan.suite.clone();
        let timeout = self.definition().timeout.as_ref().map_or(Ok(LONGEST), |field| self.early(field));
        let timeout = timeout.map_err(|failure| self.broken(&failure))?;
        let main = async {
            self.steps(&suite.setup, &StepContext::before_all()).await?;
            self.steps(&self.definition().steps, &StepContext::unbound()).await
        };
        let end = self.bounded(main, timeout, Duration::ZERO).await;
        if self.definition().strict && end == Ok(Ok(())) {
            self.settle().await;
            self.find_strays();
        }
        if suite.teardown.is_empty() {
            return end.map(|_| ());
        }
        let has_failed = end != Ok(Ok(())) || self.results.borrow().verdict().0 != Verdict::Pass;
        self.results.borrow_mut().follows_up(has_failed);
        let acting = StepContext::after_all(has_failed);
        let after = self.bounded(self.steps(&suite.teardown, &acting), timeout, AFTER_STOP).await;
        self.results.borrow_mut().follows_up(false);
        end.and(after).map(|_| ())
    }

    /// Ends this long after the run was stopped.
    async fn stopped(&self, grace: Duration) {
        self.run.stop.asked().await;
        if !grace.is_zero() {
            pass(&self.run.world, self.run.world.now() + grace).await;
        }
    }

    /// What comes right after the last expected message is as much too many as what comes before it.
    async fn settle(&self) {
        let world = &self.run.world;
        if self.members.borrow().iter().any(|member| member.is_open()) {
            let settled = pass(world, world.now() + SETTLING);
            select(Box::pin(self.stopped(Duration::ZERO)), Box::pin(settled)).await;
        }
    }

    /// Runs steps until they end, the time is up, or `grace` has passed since the run was stopped.
    async fn bounded<T>(
        &self,
        steps: impl Future<Output = T>,
        timeout: Duration,
        grace: Duration,
    ) -> Result<T, Cut> {
        let deadline = self.run.world.now() + timeout;
        let end = select(Box::pin(self.stopped(grace)), Box::pin(pass(&self.run.world, deadline)));
        let is_stopped = match select(Box::pin(steps), end).await {
            Either::Left((done, _)) => return Ok(done),
            Either::Right((end, _)) => matches!(end, Either::Left(_)),
        };
        let (failure, cut) = match is_stopped {
            true => {
                let failure = failure::plain(FailureKind::Script, "stopped while this step ran");
                let reason = Some(format!("{STOPPED} before its end"));
                (failure, Cut { verdict: Verdict::Inconclusive, reason })
            }
            false => {
                let passed = words::bound(timeout);
                let message = format!("the check's timeout of {passed} passed while this step ran");
                (failure::plain(FailureKind::Timeout, message), Cut { verdict: Verdict::Fail, reason: None })
            }
        };
        self.results.borrow_mut().break_off(&failure, cut.verdict, self.run.world.now());
        let broken_off = self.results.borrow().news(None);
        self.tell_ends(&broken_off);
        Err(cut)
    }

    /// Whether an event has ended the check, whatever the steps do.
    pub fn is_broken(&self) -> bool {
        !self.context.broken.borrow().is_empty()
    }

    /// Writes broken invariants down, and those that held.
    fn note_broken(&self) {
        let mut results = self.results.borrow_mut();
        let broken = self.context.broken.borrow();
        for (number, invariant) in self.run.plan.suite.invariants.iter().enumerate() {
            let at = results.place(&invariant.path);
            match broken.iter().find(|(broken, _)| *broken == number) {
                Some((_, failure)) => results.fail(at, self.run.masked_failure(failure.clone())),
                None => {
                    let members = self.members.borrow();
                    match members.iter().find(|member| member.has_shown(number).1) {
                        Some(member) => {
                            let failure = invariant::too_many(&member.name);
                            results.doubt(at, self.run.masked_failure(failure));
                        }
                        None => results.pass(at),
                    }
                }
            }
        }
    }

    /// Invariants that held because there was nothing that could have broken them.
    fn idle_invariants(&self) -> Vec<String> {
        let members = self.members.borrow();
        let invariants = self.run.plan.suite.invariants.iter().enumerate();
        let idle = invariants.filter(|(number, _)| !members.iter().any(|member| member.has_shown(*number).0));
        let say = |path: &str| format!("{path} {IDLE}");
        idle.map(|(_, invariant)| say(&invariant.path)).collect()
    }

    /// Connections that the server has ended after their last use, when no step checked the end.
    fn unseen_ends(&self) -> Option<String> {
        let members = self.members.borrow();
        let mut unseen = members.iter().filter_map(|member| {
            let ending = member.ending().filter(|ending| !ending.is_ours && !member.is_end_seen.get())?;
            Some((&member.name, ending))
        });
        let (name, first) = unseen.next()?;
        let end = failure::ending(first.code, &first.reason);
        let at = words::duration(first.at - self.began);
        let others = match unseen.count() {
            0 => String::new(),
            count => format!(", and {}", words::counted(count as u64, "other connection")),
        };
        Some(format!("the server ended {name} with {end} at {at}{others}, and no step looked at it"))
    }

    /// In a strict check every message that no step selected is one too many.
    fn find_strays(&self) {
        let at = self.results.borrow().place(STRICT);
        for member in self.members.borrow().iter() {
            let (left, _) = member.inbox.leftovers();
            let Some(first) = left.first() else { continue };
            let count = words::counted(left.len() as u64, "message");
            let message = format!("the check is strict, and {count} came that no step selected");
            let mut stray = failure::plain(FailureKind::Unexpected, message);
            stray.client = Some(member.name.clone());
            stray.closest = Some(failure::near_miss(first, &member.name, self.began, false));
            self.results.borrow_mut().fail(at, self.run.masked_failure(*stray));
            return;
        }
        self.results.borrow_mut().pass(at);
    }

    /// The unselected messages, as many as fit into a report, and how many more there are.
    fn collect_leftovers(&self) -> (Vec<Leftover>, u64) {
        let members = self.members.borrow();
        let mut all = Vec::new();
        let mut let_go = 0;
        for member in members.iter() {
            let (left, gone) = member.inbox.leftovers();
            let_go += gone;
            all.extend(left.into_iter().map(|message| (message, &member.name)));
        }
        self.run.meter.borrow_mut().counters().leftovers += all.len() as u64 + let_go;
        all.sort_by_key(|(message, _)| message.order);
        let omitted = all.len().saturating_sub(MOST_LEFTOVERS) as u64 + let_go;
        let shown = all.into_iter().take(MOST_LEFTOVERS).map(|(message, client)| Leftover {
            client: client.clone(),
            at_ms: Millis::from(message.at - self.began),
            message: self.run.masked_message(message.subject.payload()),
            bytes: message.subject.payload().as_bytes().len() as u64,
        });
        (shown.collect(), omitted)
    }

    /// Closes what is open, all at once and with a bound; then lets go.
    async fn close_all(&self) {
        let members = self.members.borrow().clone();
        let world = &self.run.world;
        let bound = self.early(&self.run.plan.suite.defaults.close_within).unwrap_or(Duration::from_secs(2));
        let deadline = world.now() + bound;
        let closes = members.iter().map(|member| async move {
            if matches!(member.state(), State::Open) && member.close(&Closing::normal()).is_err() {
                return;
            }
            if matches!(member.state(), State::Closing) {
                let notify: &Notify = &member.notify;
                notify.until(world, deadline, || member.ending()).await;
            }
        });
        // After a stop, the run does not wait for servers that keep their connections.
        select(Box::pin(join_all(closes)), Box::pin(self.stopped(AFTER_STOP))).await;
        let now = world.now();
        for member in &members {
            // A connection that was closed before is rightly silent.
            member.rest(member.ending().map_or(now, |ending| ending.at));
            member.abandon(now);
        }
    }

    /// The clients that a step acts on when neither it nor a step around it has `on`.
    pub fn only_member(&self) -> Option<Rc<Member<W>>> {
        match (self.definition().clients.as_slice(), self.members.borrow().as_slice()) {
            ([client], [member]) if client.count.is_none() => Some(member.clone()),
            _ => None,
        }
    }

    /// All steps of a block, until one fails.
    pub async fn steps(
        self: &Rc<Self>,
        steps: &[Step],
        acting: &StepContext<W>,
    ) -> Result<(), super::steps::execute::Interrupted> {
        for step in steps {
            self.step(step, acting).await?;
        }
        Ok(())
    }
}

/// Whether a target means this client.
pub(super) fn means(target: &Target, client: &str, index: Option<u64>) -> bool {
    match target {
        Target::All => true,
        Target::Client(name) => name == client,
        Target::Member(name, member) => name == client && index == Some(*member),
    }
}
