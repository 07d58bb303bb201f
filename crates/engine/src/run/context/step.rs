//! What one step gets: its check, its client, its round.
//!
//! Owns how steps within a step are run, so that no verb needs to know the others: each of them goes to `execute`, which
//! dispatches by verb.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures_util::future::LocalBoxFuture;
use serde_json::{Map, Value};

use super::super::connections::member::Member;
use super::super::outcome::failure;
use super::super::outcome::interrupted::Interrupted;
use super::check::CheckRun;
use super::run::RunShared;
use super::scope::StepScope;
use crate::suite::Step;
use crate::{Instant, Payload, World};

/// Runs one step.
pub(crate) type Execute<W> =
    for<'s> fn(&'s StepContext<'s, W>, &'s Step) -> LocalBoxFuture<'s, Result<(), Interrupted>>;

/// The check, the client that acts, and the round.
pub(crate) struct StepContext<'c, W: World> {
    pub check: &'c CheckRun<'c, W>,
    pub member: Option<Rc<Member<W>>>,
    /// Of the innermost repeat, from 0.
    pub round: Option<u64>,
    /// When the first message of this round was to go out; gone after the first send.
    pub intended: Option<Rc<Cell<Option<Instant>>>>,
    /// The last message or answer of this round, where a repeat around it looks at that.
    pub got: Option<Rc<RefCell<Option<Payload>>>>,
    /// The parameters of the definition whose step it is.
    pub arguments: Option<Rc<Map<String, Value>>>,
    /// Whether a broken invariant keeps steps from running; teardown runs all the same.
    pub heeds_breaks: bool,
    /// Whether the check has failed before: then steps leave out those clients that never got connected.
    pub is_follow_up: bool,
    /// Which part of the check it is, since what setup and teardown measure is kept apart.
    pub part: Part,
    execute: Execute<W>,
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

impl<W: World> Clone for StepContext<'_, W> {
    fn clone(&self) -> Self {
        let (member, intended) = (self.member.clone(), self.intended.clone());
        let (got, arguments) = (self.got.clone(), self.arguments.clone());
        Self { member, intended, got, arguments, ..*self }
    }
}

impl<'c, W: World> StepContext<'c, W> {
    /// Outside of every block.
    pub fn new(check: &'c CheckRun<'c, W>, part: Part, execute: Execute<W>) -> Self {
        let heeds_breaks = part != Part::Teardown;
        Self {
            check,
            member: None,
            round: None,
            intended: None,
            got: None,
            arguments: None,
            heeds_breaks,
            is_follow_up: false,
            part,
            execute,
        }
    }

    /// After a failure of the check.
    pub fn following_up(self, is_follow_up: bool) -> Self {
        Self { is_follow_up, ..self }
    }

    /// For one client.
    pub fn with(&self, member: &Rc<Member<W>>) -> Self {
        Self { member: Some(member.clone()), ..self.clone() }
    }

    /// In a round, whose first message was to go out at this moment if that was planned.
    pub fn in_round(&self, round: u64, intended: Option<Instant>) -> Self {
        let intended = intended.map(|intended| Rc::new(Cell::new(Some(intended))));
        Self { round: Some(round), intended, ..self.clone() }
    }

    /// In a definition: its steps know these parameters, and none of a definition around it.
    pub fn using(&self, arguments: Rc<Map<String, Value>>) -> Self {
        Self { arguments: Some(arguments), ..self.clone() }
    }

    /// Remembers what the round got, and forgets what the rounds before got.
    pub fn watching(self) -> Self {
        Self { got: Some(Rc::default()), ..self }
    }

    /// Tells the repeat around what came.
    pub fn note_got(&self, payload: &Payload) {
        if let Some(got) = &self.got {
            *got.borrow_mut() = Some(payload.clone());
        }
    }

    /// Says what a step that looks again and again still lacks, in case the check's time is up before it ends.
    pub fn lacks(&self, place: usize, wanted: &str, found: &str) {
        let text = format!("expected {wanted}, found {found}");
        let text = failure::cut_message(&self.run().masked(&text));
        self.check.results.steps.borrow_mut().lacks(place, text);
    }

    pub fn run(&self) -> &'c RunShared<W> {
        self.check.run
    }

    pub fn world(&self) -> &'c W {
        &self.check.run.world
    }

    /// The values that a step knows, for the client that acts if there is one.
    pub fn scope(&self) -> StepScope<'_, W> {
        self.scope_of(self.member.as_ref(), None)
    }

    /// The values that a step knows on this connection.
    pub fn scope_of<'a>(&'a self, member: Option<&'a Rc<Member<W>>>, seq: Option<u64>) -> StepScope<'a, W> {
        let arguments = self.arguments.as_deref();
        StepScope { arguments, ..self.check.scope(member, self.round, seq) }
    }

    /// All steps of a block, until one fails.
    pub async fn steps(&self, steps: &[Step]) -> Result<(), Interrupted> {
        for step in steps {
            (self.execute)(self, step).await?;
        }
        Ok(())
    }
}
