//! Opening connections, for the first time and again.
//!
//! Owns what is expected of an open. Every handshake waits in the run's queue, since a browser throttles bursts, and time in
//! our own queue does not count against the server.

use std::rc::Rc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;

use super::super::connections::member::{Member, State};
use super::super::context::run::RunShared;
use super::super::context::step::StepContext;
use super::super::outcome::failure::{self, script};
use super::super::pacing::handshake_queue::Turn;
use super::super::standing;
use super::at_end::AtEnd;
use super::capture::{captures, remember_facts};
use super::connection::{not_connected, of_member};
use crate::base::words;
use crate::explain::UNTOLD;
use crate::matcher::{Matcher, Subject};
use crate::report::{Failure, FailureKind, Millis};
use crate::suite::{ConnectSpec, Field, StatusSet};
use crate::{ClientTls, Closing, Endpoint, Payload, World};

/// Opens connections, a few at once.
pub(super) async fn connect_all<W: World>(
    context: &StepContext<'_, W>,
    spec: &ConnectSpec,
    members: &[Rc<Member<W>>],
) -> Vec<Failure> {
    let run = context.run();
    let began = run.world.now();
    let own = run.world.opening().at_once;
    let pace = spec.pace.as_ref().map_or(Ok(own), |pace| pace.get(&mut context.scope()).map_err(script));
    let (pace, gap) = match (pace, gap(context)) {
        (Ok(0), _) => return vec![*script("pace is at least 1")],
        (Ok(pace), Ok(gap)) => (pace, gap),
        (Err(failure), _) | (_, Err(failure)) => return vec![*failure],
    };
    let last = members.len().saturating_sub(1);
    let opens = members.iter().enumerate().map(|(place, member)| async move {
        let turn = turn(run, pace).await;
        let entered = run.world.now();
        let done = connect(context, member, spec).await;
        if done.is_ok() {
            run.meter().sample("open.queued", entered - began, entered);
        }
        turn.leave(run.world.now(), gap);
        // What comes next is not pressed onto the heels of this one either.
        if place < last && !gap.is_zero() {
            run.world.sleep(gap).await;
        }
        done.map_err(|failure| of_member(run, member, *failure))
    });
    join_all(opens).await.into_iter().filter_map(Result::err).collect()
}

/// The pause after an open.
fn gap<W: World>(context: &StepContext<'_, W>) -> Result<Duration, Box<Failure>> {
    match &context.check.suite().defaults.connect_gap {
        Some(gap) => context.check.early(gap),
        None => Ok(context.world().opening().gap),
    }
}

/// Waits until it may open a connection.
async fn turn<W: World>(run: &RunShared<W>, pace: u64) -> Turn {
    let turn = run.handshakes.enter(&run.world, pace).await;
    if turn.is_burst {
        run.conditions.burst();
    }
    turn
}

async fn connect<W: World>(
    context: &StepContext<'_, W>,
    member: &Rc<Member<W>>,
    spec: &ConnectSpec,
) -> Result<(), Box<Failure>> {
    match member.state() {
        State::Never | State::Closed(_) => open(context, member, spec).await,
        State::Connecting | State::Open | State::Closing => {
            Err(script(format!("{} is connected already; use reconnect", member.name)))
        }
    }
}

/// Closes if open, and opens again.
pub(super) async fn reconnect<W: World>(
    context: &StepContext<'_, W>,
    member: &Rc<Member<W>>,
    spec: &ConnectSpec,
) -> Result<(), Box<Failure>> {
    let (check, run) = (context.check, context.run());
    if member.state() == State::Never {
        return Err(not_connected(member));
    }
    member.is_reopening.set(true);
    let _done = AtEnd(|| member.is_reopening.set(false));
    if member.is_open() {
        let close_within = check.early(&check.suite().defaults.close_within)?;
        // The other side may be closing already; then its end is what there is to wait for.
        let asked = member.close(&Closing::normal()).unwrap_or_else(|_| run.world.now());
        let deadline = asked + close_within;
        let ended = member.notify.until(&run.world, deadline, || member.ending()).await;
        if ended.is_none() {
            member.abandon(run.world.now());
        }
    }
    let gap = gap(context)?;
    let began = run.world.now();
    let turn = turn(run, run.world.opening().at_once).await;
    let entered = run.world.now();
    let done = open(context, member, spec).await;
    if done.is_ok() {
        run.meter().sample("open.queued", entered - began, entered);
    }
    turn.leave(run.world.now(), gap);
    done
}

/// One handshake, and what is expected of it.
async fn open<W: World>(
    context: &StepContext<'_, W>,
    member: &Rc<Member<W>>,
    spec: &ConnectSpec,
) -> Result<(), Box<Failure>> {
    let (check, run, world) = (context.check, context.run(), context.world());
    let endpoint = endpoint(context, member)?;
    let mut scope = context.scope_of(Some(member), None);
    let within = spec.within.as_ref().unwrap_or(&check.suite().defaults.within);
    let within = within.get(&mut scope).map_err(script)?;
    let protocol = spec.protocol.as_ref().map(|protocol| protocol.get(&mut scope)).transpose();
    let protocol = protocol.map_err(script)?;
    let extensions = spec.extensions.as_ref().map(|extensions| extensions.get(&mut scope)).transpose();
    let extensions = extensions.map_err(script)?;
    let status = spec.status.as_ref().map(|status| status.get(&mut scope)).transpose().map_err(script)?;
    let mut headers = Vec::with_capacity(spec.headers.len());
    for (name, matcher) in &spec.headers {
        headers.push((name.as_str(), matcher.get(&mut scope).map_err(script)?));
    }
    let captures = captures(&spec.capture, &mut scope)?;
    let must_fail = spec.refused.as_ref().map_or(Ok(false), |refused| refused.get(&mut scope));
    let must_fail = must_fail.map_err(script)?;
    let framing =
        check.client(member).framing.as_ref().map(|framing| framing.rule.get(&mut scope)).transpose();
    let framing = framing.map_err(script)?;
    standing::arm(check, member)?;
    let asked = world.now();
    member.connect(world, &endpoint, framing).map_err(|error| {
        run.meter().counters().errors += 1;
        script(format!("the browser did not even try: {error}"))
    })?;
    let settled = || match member.state() {
        State::Connecting => None,
        state => Some(state),
    };
    let deadline = asked + within;
    let state = member.notify.until(world, deadline, settled).await;
    let address = endpoint.url();
    // What the server did not refuse does not pass as its refusal.
    if state == Some(State::Never) && !member.unopened.borrow().is_empty() {
        return Err(script(format!("{address}: {}", member.unopened.borrow())));
    }
    match (state, must_fail) {
        (None, must_fail) => {
            member.give_up();
            if !must_fail {
                run.watch.failed(&endpoint);
            }
            let message = format!("the handshake with {address} did not end within {}", words::bound(within));
            Err(failure::handshake(FailureKind::Timeout, &endpoint, message))
        }
        (Some(State::Never), true) => judge_answer(member, status.as_ref(), &headers),
        (Some(State::Never), false) => {
            run.watch.failed(&endpoint);
            let after = words::duration(world.now() - asked);
            let message = format!("the handshake with {address} failed after {after}{UNTOLD}");
            // A look asks for what the world does not tell. The native engine tells the answer; that of the relay is in its facts.
            let is_known = member.answer.borrow().is_some() && !endpoint.needs_relay();
            Err(match is_known {
                true => failure::plain(FailureKind::Refused, message),
                false => failure::handshake(FailureKind::Refused, &endpoint, message),
            })
        }
        (Some(_), true) => {
            run.watch.opened(check.number, &endpoint);
            let message = format!("expected the handshake with {address} to be refused, and it succeeded");
            Err(failure::plain(FailureKind::Refused, message))
        }
        (Some(_), false) => {
            run.watch.opened(check.number, &endpoint);
            let opened = member.opened.get().unwrap_or(asked);
            run.meter().sample(&check.metric(member, "open"), opened - asked, opened);
            let (chosen, agreed) = (member.protocol.borrow().clone(), member.extensions.borrow().clone());
            let mut facts = serde_json::json!({
                "protocol": chosen, "extensions": agreed, "open_ms": Millis::from(opened - asked).0,
            });
            if let Some(answer) = &*member.answer.borrow() {
                facts["status"] = answer.status.into();
                facts["headers"] = answer
                    .headers
                    .iter()
                    .cloned()
                    .map(|(name, value)| (name, Value::String(value)))
                    .collect();
            }
            judge_answer(member, status.as_ref(), &headers)?;
            remember_facts(check, member, &captures, &facts)?;
            judge_agreed("subprotocol", &chosen, protocol.as_deref())?;
            judge_agreed("extension", &agreed, extensions.as_deref())
        }
    }
}

fn endpoint<W: World>(
    context: &StepContext<'_, W>,
    member: &Rc<Member<W>>,
) -> Result<Endpoint, Box<Failure>> {
    let client = context.check.client(member);
    // An address is the client's and knows no parameter of a definition.
    let mut scope = context.check.scope(Some(member), context.round, None);
    let url = client.url.get(&mut scope).map_err(script)?;
    let protocols = client.protocols.iter().map(|protocol| protocol.get(&mut scope));
    let protocols = protocols.collect::<Result<Vec<_>, _>>().map_err(script)?;
    let mut fields = Vec::new();
    for (name, value) in &client.handshake.headers {
        fields.push((name.clone(), value.get(&mut scope).map_err(script)?));
    }
    if let Some(origin) = &client.handshake.origin {
        fields.push(("Origin".to_owned(), origin.get(&mut scope).map_err(script)?));
    }
    let cookies = client
        .handshake
        .cookies
        .iter()
        .map(|(name, value)| Ok(format!("{name}={}", value.get(&mut scope).map_err(script)?)));
    let cookies = cookies.collect::<Result<Vec<_>, Box<Failure>>>()?;
    if !cookies.is_empty() {
        fields.push(("Cookie".to_owned(), cookies.join("; ")));
    }
    let endpoint = Endpoint::parse(&url).and_then(|endpoint| endpoint.with_protocols(protocols));
    let endpoint = endpoint.map_err(|error| script(format!("{url:?} is not a valid address: {error}")))?;
    let endpoint = endpoint.with_fields(fields).map_err(script)?;
    let compression = client.compression.as_ref().map_or(Ok(false), |field| field.get(&mut scope));
    let endpoint = endpoint.with_compression(compression.map_err(script)?);
    let Some(spec) = &client.handshake.tls else { return Ok(endpoint) };
    let mut pem = |field: &Option<Field<String>>| {
        field.as_ref().map_or(Ok(String::new()), |field| field.get(&mut scope).map_err(script))
    };
    let (certificate, key, ca) = (pem(&spec.certificate)?, pem(&spec.key)?, pem(&spec.ca)?);
    let insecure = spec.insecure.as_ref().map_or(Ok(false), |insecure| insecure.get(&mut scope));
    Ok(endpoint.with_tls(ClientTls { certificate, key, ca, insecure: insecure.map_err(script)? }))
}

/// The server's answer must be as wanted, whether it opened the connection or refused it.
fn judge_answer<W: World>(
    member: &Member<W>,
    status: Option<&StatusSet>,
    headers: &[(&str, Rc<Matcher>)],
) -> Result<(), Box<Failure>> {
    if status.is_none() && headers.is_empty() {
        return Ok(());
    }
    let answer = member.answer.borrow();
    let Some(answer) = &*answer else {
        let message = "the server's answer to the handshake is not known: it gave none".to_owned();
        return Err(failure::plain(FailureKind::Refused, message));
    };
    if let Some(wanted) = status.filter(|wanted| !wanted.contains(answer.status)) {
        let message = format!("the handshake was answered with status {}, expected {wanted}", answer.status);
        let mut failure = failure::plain(FailureKind::Mismatch, message);
        failure.expected = Some(wanted.to_string());
        return Err(failure);
    }
    for (name, wanted) in headers {
        let found = answer.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let found = found.map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(", ");
        if let Err(mismatch) = wanted.check(&Subject::new(&Payload::Text(found.clone()))) {
            let shown = if found.is_empty() { "none".to_owned() } else { format!("{found:?}") };
            let message = format!(
                "expected the header field {name} of the answer {}, found {shown}",
                mismatch.expected
            );
            let mut failure = failure::plain(FailureKind::Mismatch, message);
            failure.expected = Some(mismatch.expected.clone());
            failure.diff = failure::differences(mismatch);
            return Err(failure);
        }
    }
    Ok(())
}

/// What was agreed on in a handshake must be as wanted.
fn judge_agreed(what: &str, agreed: &str, wanted: Option<&Matcher>) -> Result<(), Box<Failure>> {
    let Some(wanted) = wanted else { return Ok(()) };
    let Err(mismatch) = wanted.check(&Subject::new(&Payload::Text(agreed.to_owned()))) else {
        return Ok(());
    };
    let shown = if agreed.is_empty() { format!("no {what}") } else { format!("{agreed:?}") };
    let expected = match mismatch.expected.as_str() {
        r#"text """# => format!("no {what}"),
        expected => format!("the {what} {expected}"),
    };
    let message = format!("expected {expected}, and the server chose {shown}");
    let mut failure = failure::plain(FailureKind::Mismatch, message);
    failure.expected = Some(mismatch.expected.clone());
    failure.diff = failure::differences(mismatch);
    Err(failure)
}
