//! Variables that are compared: conditions of steps, `assert`, and what ends a repeat.

use std::rc::Rc;

use super::super::connections::member::Member;
use super::super::context::run::RunShared;
use super::super::context::step::StepContext;
use super::super::outcome::failure;
use crate::matcher::{Matcher, Mismatch, Subject};
use crate::report::{Failure, FailureKind};
use crate::suite::{Comparison, Condition};
use crate::template::{ExpandError, ExpandErrorKind};
use crate::{Payload, World};

/// Something that is not as described: a variable, a message, an answer.
pub(super) struct Unlike {
    /// What was wanted, of a variable with its name.
    pub wanted: String,
    /// What there is.
    pub found: String,
    /// None where there is no value.
    pub mismatch: Option<Mismatch>,
}

impl Unlike {
    /// A message or an answer that is not as a matcher wants it.
    pub(super) fn of(found: String, mismatch: Mismatch) -> Self {
        Self { wanted: mismatch.expected.clone(), found, mismatch: Some(mismatch) }
    }

    /// The failure, with what was wanted and where it differs.
    pub(super) fn failure(self, kind: FailureKind, message: String) -> Box<Failure> {
        let mut failure = failure::plain(kind, message);
        failure.expected = Some(self.wanted);
        failure.diff = self.mismatch.map(failure::differences).unwrap_or_default();
        failure
    }
}

/// Compares a variable, as this client knows it; else as the client that acts, or the only one, does.
pub(super) fn compare<W: World>(
    context: &StepContext<'_, W>,
    member: Option<&Rc<Member<W>>>,
    comparison: &Comparison,
) -> Result<Result<(), Unlike>, Box<Failure>> {
    let check = context.check;
    let only = || check.connections.only_member(&check.definition.clients);
    let member = member.cloned().or_else(|| context.member.clone()).or_else(only);
    let seq = member.as_ref().map(|member| member.seq.get());
    let mut scope = context.scope_of(member.as_ref(), seq);
    let matcher = comparison.matcher.get(&mut scope).map_err(failure::script)?;
    let wanted = |matcher: &Matcher, is_missing: bool| match comparison.if_missing {
        Some(true) => format!("{} without a value", comparison.name),
        Some(false) if is_missing => format!("{} with a value", comparison.name),
        _ => format!("{} {}", comparison.name, matcher.expected_of_value()),
    };
    let value = match (comparison.value.expand(&mut scope), comparison.if_missing) {
        (Err(error), Some(holds)) if is_missing(&error) => {
            let unlike =
                Unlike { wanted: wanted(&matcher, true), found: "no value".to_owned(), mismatch: None };
            return Ok(if holds { Ok(()) } else { Err(unlike) });
        }
        (value, _) => value.map_err(failure::script)?,
    };
    let found = Payload::Text(value.to_string());
    Ok(matcher.check(&Subject::of_value(value)).map_err(|mismatch| Unlike {
        wanted: wanted(&matcher, false),
        found: shown(context.run(), &found),
        mismatch: Some(mismatch),
    }))
}

fn is_missing(error: &ExpandError) -> bool {
    matches!(error.kind, ExpandErrorKind::Variable(_) | ExpandErrorKind::Capture { .. })
}

/// A value or message as a failure shows it.
pub(super) fn shown<W: World>(run: &RunShared<W>, payload: &Payload) -> String {
    run.masked_message(payload)
}

/// Whether a condition holds; what is truthy is known to its owner.
pub(super) fn holds<W: World>(
    context: &StepContext<'_, W>,
    condition: &Condition,
    is_truthy: fn(&serde_json::Value) -> bool,
) -> Result<bool, Box<Failure>> {
    match condition {
        Condition::Truthy(document) => {
            let value = document.expand(&mut context.scope());
            Ok(is_truthy(&value.map_err(failure::script)?))
        }
        Condition::Compares(comparison) => Ok(compare(context, None, comparison)?.is_ok()),
    }
}

/// Fails unless the variable is as described.
pub(super) fn assert<W: World>(
    context: &StepContext<'_, W>,
    member: Option<&Rc<Member<W>>>,
    comparison: &Comparison,
) -> Result<(), Box<Failure>> {
    compare(context, member, comparison)?.map_err(|unlike| {
        let message = format!("expected {}, found {}", unlike.wanted, unlike.found);
        unlike.failure(FailureKind::Mismatch, message)
    })
}
