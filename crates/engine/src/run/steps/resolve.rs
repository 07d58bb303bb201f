//! An expectation with its placeholders filled in.
//!
//! Owns how an expectation is read on one connection, and how the reply to a message is known. It refuses to wait.

use std::rc::Rc;
use std::time::Duration;

use super::super::connections::member::Member;
use super::super::context::scope::StepScope;
use super::super::context::step::StepContext;
use super::super::context::values::Mark;
use super::super::inbox::pair::{Key, Pair, content_key, field_key};
use super::super::inbox::waiter::{Mode, Waiter};
use super::super::outcome::failure::script;
use super::capture::{Captures, captures};
use crate::matcher::{Matcher, Pick, Subject};
use crate::report::Failure;
use crate::suite::{Correlate, Expectation};
use crate::{Instant, Payload, World};

/// No `any_order` is worth more.
const MOST_SLOTS: u64 = 1000;

/// An expectation with its placeholders filled in.
pub(super) struct ResolvedExpectation {
    pub mode: Mode,
    pub slots: Vec<Slot>,
    pub within: Duration,
    pub since: Option<Mark>,
    correlate: Option<(Rc<Pick>, bool)>,
}

/// What to do with a selected message.
#[derive(Clone)]
pub(super) struct Slot {
    pub matcher: Option<Rc<Matcher>>,
    pub check: Option<Rc<Matcher>>,
    pub captures: Captures,
    pub metric: Option<String>,
}

/// Fills in the placeholders of an expectation.
pub(super) fn resolve<W: World>(
    context: &StepContext<'_, W>,
    expect: &Expectation,
    member: &Rc<Member<W>>,
    seq: u64,
) -> Result<ResolvedExpectation, Box<Failure>> {
    let defaults = &context.check.suite().defaults;
    let mut scope = context.scope_of(Some(member), Some(seq));
    let within = expect.within.as_ref().unwrap_or(&defaults.within).get(&mut scope).map_err(script)?;
    let times = expect.times.as_ref().map(|times| times.get(&mut scope)).transpose().map_err(script)?;
    let client = context.check.client(member);
    let correlate = match (&expect.correlate, client.correlate.as_ref().or(defaults.correlate.as_ref())) {
        (Some(Correlate::By(path)), _) => Some((path.get(&mut scope).map_err(script)?, true)),
        (None, Some(Correlate::By(path))) => Some((path.get(&mut scope).map_err(script)?, false)),
        _ => None,
    };
    let since = expect.since.as_deref().map(|mark| context.check.values.mark(mark)).transpose()?;
    let mut slots = Vec::new();
    let mode = match &expect.order {
        None => {
            slots.push(slot(expect, None, &mut scope)?);
            times.map_or(Mode::First, Mode::Exactly)
        }
        Some(order) => {
            for item in &order.items {
                let slot = slot(item, expect.metric.as_ref(), &mut scope)?;
                let times = item.times.as_ref().map_or(Ok(1), |times| times.get(&mut scope));
                let times = times.map_err(script)?;
                if times.saturating_add(slots.len() as u64) > MOST_SLOTS {
                    return Err(script(format!("a list expects more than {MOST_SLOTS} messages")));
                }
                slots.extend((0..times).map(|_| slot.clone()));
            }
            if slots.is_empty() {
                return Err(script("no item of the list expects a message, so nothing would be checked"));
            }
            if order.is_strict { Mode::InOrder } else { Mode::AnyOrder }
        }
    };
    Ok(ResolvedExpectation { mode, slots, within, since, correlate })
}

fn slot<W: World>(
    expect: &Expectation,
    metric: Option<&String>,
    scope: &mut StepScope<'_, W>,
) -> Result<Slot, Box<Failure>> {
    let matcher = expect.matcher.as_ref().map(|matcher| matcher.get(scope)).transpose().map_err(script)?;
    let check = expect.check.as_ref().map(|check| check.get(scope)).transpose().map_err(script)?;
    let captures = captures(&expect.capture, scope)?;
    Ok(Slot { matcher, check, captures, metric: expect.metric.as_ref().or(metric).cloned() })
}

impl ResolvedExpectation {
    /// How the reply to this message is found among others.
    pub fn pair(&self, sent: &Rc<Payload>) -> Result<Option<(Pair, Key)>, Box<Failure>> {
        if let Some((pick, is_explicit)) = &self.correlate {
            match field_key(pick, &Subject::new(sent)) {
                Some(key) => return Ok(Some((Pair::Field(pick.clone()), key))),
                None if *is_explicit => {
                    return Err(script("correlate finds no value in the message that was sent"));
                }
                None => {}
            }
        }
        let is_echo = self.slots.len() == 1
            && self.slots[0].matcher.as_ref().is_some_and(|matcher| matcher.requires_echo());
        Ok(is_echo.then(|| (Pair::Content, content_key(sent))))
    }

    /// What waits for its messages.
    pub fn waiter(
        &self,
        since: u64,
        began: Instant,
        sent: Option<Rc<Payload>>,
        pair: Option<(Pair, Key)>,
    ) -> Rc<Waiter> {
        let slots = self.slots.iter().map(|slot| slot.matcher.clone()).collect();
        Waiter::new(self.mode, slots, since, began + self.within, sent, pair)
    }
}
