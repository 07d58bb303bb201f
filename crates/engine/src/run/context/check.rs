//! The state of one check while it runs.
//!
//! Owns what its steps share: connections, values, results. It refuses to run anything. A check is made ready before its
//! first step: what needs no client is read from the suite once.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use serde_json::{Map, Value};

use super::super::connections::invariant::Law;
use super::super::connections::member::{CheckContext, Member};
use super::super::connections::standing::StandingTasks;
use super::super::connections::{BoundLaw, Connections};
use super::super::inbox::queue::Budget;
use super::super::outcome::check_results::CheckResults;
use super::super::outcome::{failure, judge};
use super::super::plan::outline::results_of;
use super::super::plan::titles::Titles;
use super::super::progress::Progress;
use super::run::RunShared;
use super::scope::StepScope;
use super::values::{Mark, Values};
use crate::matcher::Matcher;
use crate::metrics::relayed;
use crate::report::{EngineKind, Failure};
use crate::suite::{Check, Client, Field, FromValue, Rule, Suite};
use crate::{Instant, World};

/// A check that runs.
pub(crate) struct CheckRun<'r, W: World> {
    pub run: &'r RunShared<W>,
    /// Which of those planned.
    pub number: usize,
    /// What the suite says of it.
    pub definition: &'r Check,
    pub began: Instant,
    pub values: Values,
    pub connections: Connections<W>,
    pub results: CheckResults,
    /// Whether a threshold says how many messages may be missing, so that rounds continue without them.
    pub bears_missing: bool,
    /// How many waits were drawn for no client.
    pub draws: Cell<u64>,
}

impl<'r, W: World> CheckRun<'r, W> {
    /// Makes a check ready to run. The errors are the script's.
    pub fn new(run: &'r RunShared<W>, number: usize) -> (Self, Result<(), Box<Failure>>) {
        let planned = &run.plan.checks[number];
        let suite = &*run.plan.suite;
        let definition = &suite.checks[planned.check];
        let began = run.world.now();
        let mut known = run.kept.borrow().clone();
        known.extend(planned.row.clone());
        let values = Values::new(known);
        let (connections, made) = connect_rules(run, definition, &values, began);
        let titles = Titles::new(suite, definition, &run.plan.vars, &planned.row);
        let results = CheckResults::new(results_of(suite, definition, &titles));
        let mut bounds = definition.thresholds.iter().chain(&suite.thresholds);
        let bears_missing = bounds.any(|bound| judge::is_about_missing(&bound.metric));
        let draws = Cell::new(0);
        let this =
            Self { run, number, definition, began, values, connections, results, bears_missing, draws };
        (this, made)
    }

    pub fn suite(&self) -> &'r Suite {
        &self.run.plan.suite
    }

    /// The client that a member belongs to.
    pub fn client(&self, member: &Member<W>) -> &'r Client {
        &self.definition.clients[member.client]
    }

    /// Whether the command that serves the page opens its connections, and not the page.
    pub fn is_relayed(&self, member: &Member<W>) -> bool {
        let engine = self.run.plan.options.environment.engine;
        engine == EngineKind::Browser && !self.client(member).handshake.is_empty()
    }

    /// The name of a latency of this member. By relay it is a quantity of its own.
    pub fn metric<'m>(&self, member: &Member<W>, name: &'m str) -> Cow<'m, str> {
        match self.is_relayed(member) {
            true => Cow::Owned(relayed(name)),
            false => Cow::Borrowed(name),
        }
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
        let (run, values, connections) = (self.run, &self.values, &self.connections);
        StepScope { run, values, connections, member, arguments: None, round, seq }
    }

    /// Values that have become known: of the client that acts, else of the check.
    pub fn remember(
        &self,
        member: Option<&Rc<Member<W>>>,
        found: Vec<(String, Value)>,
    ) -> Result<(), Box<Failure>> {
        for (name, value) in found {
            self.run.learn(&name, &value)?;
            match member {
                Some(member) => drop(member.captures.borrow_mut().insert(name, value)),
                None => self.values.set(name, value),
            }
        }
        Ok(())
    }

    /// From now on this mark means what comes after this moment.
    pub fn set_mark(&self, name: &str, at: Instant) {
        self.values.set_mark(name, Mark { at, order: self.connections.sequence.next() });
    }

    /// Whether an event has ended the check, whatever the steps do.
    pub fn is_broken(&self) -> bool {
        let context = &self.connections.context;
        !context.broken.borrow().is_empty() || context.standing_tasks.has_failed()
    }

    /// Reports the state of these steps.
    pub fn tell_ends(&self, places: &[usize]) {
        for &step in places {
            let mut results = self.results.steps.borrow_mut();
            let (verdict, duration, failure) = results.tell(step);
            let failure = failure.cloned().map(Box::new);
            drop(results);
            self.run.tell(Progress::StepEnded { check: self.number, step, verdict, duration, failure });
        }
    }
}

/// The connections of a check with the rules that their messages keep; none where the rules cannot be read.
fn connect_rules<W: World>(
    run: &RunShared<W>,
    definition: &Check,
    values: &Values,
    began: Instant,
) -> (Connections<W>, Result<(), Box<Failure>>) {
    let budget = Budget::default();
    let connections = |laws, ignore| {
        let context = CheckContext {
            meter: run.meter.clone(),
            yield_budget: run.yield_budget.clone(),
            budget: budget.clone(),
            began,
            last_code: Cell::new(None),
            ignore,
            invariants: run.plan.suite.invariants.len(),
            broken: RefCell::default(),
            standing_tasks: StandingTasks::default(),
        };
        Connections::new(run.plan.options.shard, definition.clients.len(), laws, context)
    };
    let none = connections(Vec::new(), Vec::new());
    let (member, arguments, round, seq) = (None, None, None, None);
    let mut scope = StepScope { run, values, connections: &none, member, arguments, round, seq };
    match read_rules(&run.plan.suite, &mut scope) {
        Ok((ignore, laws)) => {
            let connections = connections(laws, ignore);
            let made = enlist(&connections, definition, &mut scope);
            (connections, made)
        }
        Err(failure) => (none, Err(failure)),
    }
}

/// The messages that steps do not see, and the invariants.
#[allow(clippy::type_complexity, reason = "both are read together, and no one else has them so")]
fn read_rules<W: World>(
    suite: &Suite,
    scope: &mut StepScope<'_, W>,
) -> Result<(Vec<Rc<Matcher>>, Vec<BoundLaw>), Box<Failure>> {
    let ignore = suite.ignore.iter().map(|matcher| early(matcher, scope)).collect::<Result<_, _>>()?;
    let mut laws = Vec::with_capacity(suite.invariants.len());
    for invariant in &suite.invariants {
        let law = match &invariant.rule {
            Rule::Increasing(path) => Law::Increasing(early(path, scope)?),
            Rule::Unique(path) => Law::Unique(early(path, scope)?),
            Rule::Schema(matcher) => Law::Schema(early(matcher, scope)?),
            Rule::MaxGap(most) => Law::MaxGap(early(most, scope)?),
        };
        let on = match &invariant.on {
            None => None,
            Some(on) => Some(on.iter().map(|target| early(target, scope)).collect::<Result<_, _>>()?),
        };
        laws.push((law, on));
    }
    Ok((ignore, laws))
}

/// The members that there are before the first step.
fn enlist<W: World>(
    connections: &Connections<W>,
    definition: &Check,
    scope: &mut StepScope<'_, W>,
) -> Result<(), Box<Failure>> {
    for (place, client) in definition.clients.iter().enumerate() {
        let count = client.count.as_ref().map(|count| early(count, scope)).transpose()?;
        if let Some(each) = &client.each {
            let rows = each.rows.expand(scope).map_err(failure::script)?;
            connections.deal(place, dealt(scope.run, rows, count)?);
        }
        connections.enlist(place, client, count)?;
    }
    Ok(())
}

/// The rows for the members of a group; what is secret in them is masked from now on. Rows that no member gets are not kept.
fn dealt<W: World>(
    run: &RunShared<W>,
    rows: Value,
    count: Option<u64>,
) -> Result<Vec<Map<String, Value>>, Box<Failure>> {
    let Value::Array(rows) = rows else { return Err(failure::script("each is not a list of rows")) };
    let most = count.and_then(|count| usize::try_from(count).ok()).unwrap_or(usize::MAX);
    let mut dealt = Vec::with_capacity(rows.len().min(most));
    for row in rows.into_iter().take(most) {
        let Value::Object(row) = row else { return Err(failure::script("a row of each is not an object")) };
        row.iter().try_for_each(|(name, value)| run.learn(name, value))?;
        dealt.push(row);
    }
    Ok(dealt)
}

fn early<T: FromValue, W: World>(field: &Field<T>, scope: &mut StepScope<'_, W>) -> Result<T, Box<Failure>> {
    field.get(scope).map_err(failure::script)
}
