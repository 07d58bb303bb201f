//! Closing connections, and ends that the other side brings about.
//!
//! Owns what is expected of an end.

use std::rc::Rc;
use std::time::Duration;

use super::super::connections::member::{Member, State};
use super::super::context::check::CheckRun;
use super::super::context::step::StepContext;
use super::super::outcome::failure::{self, ending, script};
use super::capture::{Captures, captures, remember_facts};
use super::connection::{ended, not_connected};
use crate::base::words;
use crate::matcher::{Matcher, Subject};
use crate::report::{Difference, Failure, FailureKind, Millis};
use crate::suite::{CloseSpec, ClosedSpec, Field, StatusSet};
use crate::{Closing, Instant, Payload, SendError, World};

/// What the end of a connection must look like, with its placeholders filled in.
struct ExpectedClose {
    codes: Option<StatusSet>,
    reason: Option<Rc<Matcher>>,
    is_clean: Option<bool>,
    captures: Captures,
    within: Duration,
}

/// Closes, and waits until the other side has.
pub(super) async fn close<W: World>(
    context: &StepContext<'_, W>,
    member: &Rc<Member<W>>,
    spec: &CloseSpec,
) -> Result<(), Box<Failure>> {
    let (check, world) = (context.check, context.world());
    let mut scope = context.scope_of(Some(member), Some(member.seq.get()));
    let code = spec.code.as_ref().map_or(Ok(1000), |code| code.get(&mut scope)).map_err(script)?;
    let reason = spec.reason.as_ref().map_or(Ok(String::new()), |reason| reason.get(&mut scope));
    let reason = reason.map_err(script)?;
    let raw = spec.raw.as_ref().map(|raw| raw.get(&mut scope)).transpose().map_err(script)?;
    let number = |code: u64| u16::try_from(code).map_err(|_| script(format!("{code} is not a close code")));
    let raw = raw.map(number).transpose()?;
    let closing = number(code).and_then(|code| Closing::new(code, &reason).map_err(script))?;
    let bound = &check.suite().defaults.close_within;
    let wanted = spec.expect.as_ref().map(|spec| read_closed(context, spec, bound, member)).transpose()?;
    let within = match &wanted {
        Some(wanted) => wanted.within,
        None => check.early(bound)?,
    };
    match member.state() {
        State::Never => return Err(not_connected(member)),
        State::Closed(_) => {
            // What ended before we came to it is an end all the same, and the expectation judges it.
            return match &wanted {
                Some(wanted) => judge_end(check, member, wanted, world.now()),
                None if member.is_end_seen.get() => Ok(()),
                None => Err(ended(member, "there is nothing left to close", check.began)),
            };
        }
        State::Connecting | State::Open | State::Closing => {}
    }
    let asked = match raw.map_or_else(|| member.close(&closing), |code| member.close_raw(code, &reason)) {
        Ok(asked) => asked,
        Err(SendError::Browser(words)) => {
            return Err(script(format!("the browser refused to close: {words}")));
        }
        // It ends already; then its end is what there is to wait for.
        Err(SendError::NotOpenYet | SendError::Closed) => world.now(),
    };
    let is_over =
        || (!matches!(member.state(), State::Open | State::Closing | State::Connecting)).then_some(());
    if member.notify.until(world, asked + within, is_over).await.is_none() {
        return Err(unanswered(within));
    }
    // A handshake that was given up leaves no end behind.
    let Some(ended) = member.ending() else { return Ok(()) };
    member.is_end_seen.set(true);
    check.run.meter().sample(&check.metric(member, "close"), ended.at - asked, ended.at);
    match &wanted {
        Some(wanted) => judge_end(check, member, wanted, asked),
        None => Ok(()),
    }
}

fn unanswered(within: Duration) -> Box<Failure> {
    let message = format!("the close was not answered within {}", words::bound(within));
    failure::plain(FailureKind::Timeout, message)
}

/// Waits for the end.
pub(super) async fn closed<W: World>(
    context: &StepContext<'_, W>,
    member: &Rc<Member<W>>,
    spec: &ClosedSpec,
) -> Result<(), Box<Failure>> {
    let check = context.check;
    let began = context.world().now();
    let wanted = read_closed(context, spec, &check.suite().defaults.within, member)?;
    if member.state() == State::Never {
        return Err(not_connected(member));
    }
    let deadline = began + wanted.within;
    match member.notify.until(context.world(), deadline, || member.ending()).await {
        Some(_) => judge_end(check, member, &wanted, began),
        None => {
            let message = format!(
                "expected the connection to end within {}, and it is still open",
                words::bound(wanted.within)
            );
            let mut failure = failure::plain(FailureKind::Timeout, message);
            failure.expected = Some(describe(&wanted));
            Err(failure)
        }
    }
}

fn read_closed<W: World>(
    context: &StepContext<'_, W>,
    spec: &ClosedSpec,
    bound: &Field<Duration>,
    member: &Rc<Member<W>>,
) -> Result<ExpectedClose, Box<Failure>> {
    let mut scope = context.scope_of(Some(member), Some(member.seq.get()));
    Ok(ExpectedClose {
        codes: spec.codes.as_ref().map(|codes| codes.get(&mut scope)).transpose().map_err(script)?,
        reason: spec.reason.as_ref().map(|reason| reason.get(&mut scope)).transpose().map_err(script)?,
        is_clean: spec.clean.as_ref().map(|clean| clean.get(&mut scope)).transpose().map_err(script)?,
        captures: captures(&spec.capture, &mut scope)?,
        within: spec.within.as_ref().unwrap_or(bound).get(&mut scope).map_err(script)?,
    })
}

fn judge_end<W: World>(
    check: &CheckRun<'_, W>,
    member: &Rc<Member<W>>,
    wanted: &ExpectedClose,
    since: Instant,
) -> Result<(), Box<Failure>> {
    let Some(ended) = member.ending() else { return Ok(()) };
    member.is_end_seen.set(true);
    let facts = serde_json::json!({
        "code": ended.code, "reason": ended.reason, "clean": ended.is_clean,
        "close_ms": Millis::from(ended.at.since(since)).0,
    });
    remember_facts(check, member, &wanted.captures, &facts)?;
    let mut diff = Vec::new();
    let mut differs = |path: &str, wanted: String, got: String| {
        diff.push(Difference { path: path.to_owned(), wanted, got });
    };
    if let Some(codes) = wanted.codes.as_ref().filter(|codes| !codes.contains(ended.code)) {
        differs("code", codes.to_string(), ended.code.to_string());
    }
    if let Some(clean) = wanted.is_clean.filter(|clean| *clean != ended.is_clean) {
        let words = |clean| if clean { "a clean close" } else { "no clean close" };
        differs("clean", words(clean).to_owned(), words(ended.is_clean).to_owned());
    }
    let said = Payload::Text(ended.reason.clone());
    if let Some(Err(mismatch)) = wanted.reason.as_ref().map(|reason| reason.check(&Subject::new(&said))) {
        differs("reason", mismatch.expected, format!("{:?}", ended.reason));
    }
    if diff.is_empty() {
        return Ok(());
    }
    let message = format!("the connection ended with {}", ending(ended.code, &ended.reason));
    let mut failure = failure::plain(FailureKind::Closed, message);
    failure.expected = Some(describe(wanted));
    failure.diff = diff;
    Err(failure)
}

fn describe(wanted: &ExpectedClose) -> String {
    let mut parts = Vec::new();
    parts.extend(wanted.codes.as_ref().map(|codes| format!("code {codes}")));
    parts.extend(wanted.reason.as_ref().map(|reason| format!("as reason {}", reason.expected())));
    parts.extend(
        wanted.is_clean.map(|clean| if clean { "a clean close" } else { "no clean close" }.to_owned()),
    );
    if parts.is_empty() { "any end".to_owned() } else { parts.join(", ") }
}
