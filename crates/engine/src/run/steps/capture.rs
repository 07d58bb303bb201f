//! Values to remember: of a message, of an answer, of how a connection began or ended.

use std::rc::Rc;

use serde_json::Value;

use super::super::connections::member::Member;
use super::super::context::check::CheckRun;
use super::super::outcome::failure::{self, script};
use crate::World;
use crate::matcher::{Pick, Subject};
use crate::report::{Failure, FailureKind};
use crate::suite::Capture;
use crate::template::Scope;

/// What to remember: the name, and where it is.
pub(super) type Captures = Vec<(String, Rc<Pick>)>;

/// Paths to remember, with their placeholders filled in.
pub(super) fn captures(captures: &[Capture], scope: &mut dyn Scope) -> Result<Captures, Box<Failure>> {
    let read = |capture: &Capture| Ok((capture.name.clone(), capture.path.get(scope).map_err(script)?));
    captures.iter().map(read).collect()
}

/// The values to remember of a message.
pub(super) fn capture_all(
    captures: &[(String, Rc<Pick>)],
    subject: &Subject<'_>,
) -> Result<Vec<(String, Value)>, Box<Failure>> {
    let mut found = Vec::with_capacity(captures.len());
    for (name, path) in captures {
        match path.all(name, subject) {
            Some(values) => found.extend(values),
            None => {
                let what = path.absence(subject);
                let message = format!("{name} could not be captured from the selected message: {what}");
                return Err(failure::plain(FailureKind::Mismatch, message));
            }
        }
    }
    Ok(found)
}

/// Keeps what a step wants to remember of how a connection began or ended.
pub(super) fn remember_facts<W: World>(
    check: &CheckRun<'_, W>,
    member: &Rc<Member<W>>,
    captures: &[(String, Rc<Pick>)],
    facts: &Value,
) -> Result<(), Box<Failure>> {
    let mut found = Vec::with_capacity(captures.len());
    for (name, path) in captures {
        let Some(values) = path.all(name, &Subject::of_value(facts.clone())) else {
            return Err(script(format!("{name} could not be captured: {facts} has no such part")));
        };
        found.extend(values);
    }
    check.remember(Some(member), found)
}
