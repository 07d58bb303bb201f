//! Opening and closing connections.
//!
//! Owns what is expected of an open and of an end. Every handshake waits in the run's queue, since a browser throttles
//! bursts, and time in our own queue does not count against the server.

use std::rc::Rc;
use std::time::Duration;

use futures_util::future::join_all;

use super::super::check::CheckRun;
use super::super::inbox::expectation::captures;
use super::super::member::{Member, State};
use super::super::outcome::failure::{self, ending, script};
use super::super::pacing::handshake_queue::Turn;
use super::execute::StepContext;
use super::messages::not_connected;
use crate::base::words;
use crate::explain::UNTOLD;
use crate::matcher::{Matcher, Query, Subject};
use crate::report::{Failure, FailureKind, Millis};
use crate::suite::{CloseSpec, ClosedSpec, ConnectSpec, StatusSet};
use crate::{Closing, Endpoint, Instant, Payload, SendError, World};

/// How many opens may be pending at once; Chromium delays more than that on purpose.
pub(crate) const PACE: u64 = 6;

/// What the end of a connection must look like, with its placeholders filled in.
struct ExpectedClose {
    codes: Option<StatusSet>,
    reason: Option<Rc<Matcher>>,
    is_clean: Option<bool>,
    captures: Vec<(String, Rc<Query>)>,
    within: Duration,
}

impl<W: World> CheckRun<W> {
    /// Opens connections, a few at once.
    pub async fn connect_all(
        self: &Rc<Self>,
        spec: &ConnectSpec,
        members: &[Rc<Member<W>>],
        acting: &StepContext<W>,
    ) -> Vec<Failure> {
        let began = self.run.world.now();
        let pace = spec.pace.as_ref().map_or(Ok(PACE), |pace| {
            pace.get(&mut self.scope(acting.member.as_ref(), acting.round, None)).map_err(script)
        });
        let (pace, gap) = match (pace, self.early(&self.run.plan.suite.defaults.connect_gap)) {
            (Ok(0), _) => return vec![*script("pace is at least 1")],
            (Ok(pace), Ok(gap)) => (pace, gap),
            (Err(failure), _) | (_, Err(failure)) => return vec![*failure],
        };
        let last = members.len().saturating_sub(1);
        let opens = members.iter().enumerate().map(|(place, member)| async move {
            let turn = self.turn(pace).await;
            let entered = self.run.world.now();
            let done = self.connect(member, spec, acting).await;
            if done.is_ok() {
                self.run.meter.borrow_mut().sample("open.queued", entered - began, entered);
            }
            turn.leave(self.run.world.now(), gap);
            // What comes next is not pressed onto the heels of this one either.
            if place < last && !gap.is_zero() {
                self.run.world.sleep(gap).await;
            }
            done.map_err(|failure| self.of_member(member, *failure))
        });
        join_all(opens).await.into_iter().filter_map(Result::err).collect()
    }

    /// Waits until it may open a connection.
    async fn turn(&self, pace: u64) -> Turn {
        let turn = self.run.handshakes.enter(&self.run.world, pace).await;
        self.has_burst.set(self.has_burst.get() || turn.is_burst);
        turn
    }

    async fn connect(
        &self,
        member: &Rc<Member<W>>,
        spec: &ConnectSpec,
        acting: &StepContext<W>,
    ) -> Result<(), Box<Failure>> {
        match member.state() {
            State::Never | State::Closed(_) => self.open(member, spec, acting).await,
            State::Connecting | State::Open | State::Closing => {
                Err(script(format!("{} is connected already; use reconnect", member.name)))
            }
        }
    }

    /// Closes if open, and opens again.
    pub async fn reconnect(
        &self,
        member: &Rc<Member<W>>,
        spec: &ConnectSpec,
        acting: &StepContext<W>,
    ) -> Result<(), Box<Failure>> {
        if member.state() == State::Never {
            return Err(not_connected(member));
        }
        member.is_reopening.set(true);
        let _done = Reopening(member);
        if member.is_open() {
            let close_within = self.early(&self.run.plan.suite.defaults.close_within)?;
            // The other side may be closing already; then its end is what there is to wait for.
            let asked = member.close(&Closing::normal()).unwrap_or_else(|_| self.run.world.now());
            let deadline = asked + close_within;
            let ended = member.notify.until(&self.run.world, deadline, || member.ending()).await;
            if ended.is_none() {
                member.abandon(self.run.world.now());
            }
        }
        let gap = self.early(&self.run.plan.suite.defaults.connect_gap)?;
        let began = self.run.world.now();
        let turn = self.turn(PACE).await;
        let entered = self.run.world.now();
        let done = self.open(member, spec, acting).await;
        if done.is_ok() {
            self.run.meter.borrow_mut().sample("open.queued", entered - began, entered);
        }
        turn.leave(self.run.world.now(), gap);
        done
    }

    /// One handshake, and what is expected of it.
    async fn open(
        &self,
        member: &Rc<Member<W>>,
        spec: &ConnectSpec,
        acting: &StepContext<W>,
    ) -> Result<(), Box<Failure>> {
        let world = &self.run.world;
        let endpoint = self.endpoint(member, acting)?;
        let mut scope = self.scope(Some(member), acting.round, None);
        let within = spec.within.as_ref().unwrap_or(&self.run.plan.suite.defaults.within);
        let within = within.get(&mut scope).map_err(script)?;
        let protocol = spec.protocol.as_ref().map(|protocol| protocol.get(&mut scope)).transpose();
        let protocol = protocol.map_err(script)?;
        let extensions = spec.extensions.as_ref().map(|extensions| extensions.get(&mut scope)).transpose();
        let extensions = extensions.map_err(script)?;
        let captures = captures(&spec.capture, &mut scope)?;
        let must_fail = spec.refused.as_ref().map_or(Ok(false), |refused| refused.get(&mut scope));
        let must_fail = must_fail.map_err(script)?;
        let asked = world.now();
        member.connect(world, &endpoint).map_err(|error| {
            self.run.meter.borrow_mut().counters().errors += 1;
            script(format!("the browser did not even try: {error}"))
        })?;
        let settled = || match member.state() {
            State::Connecting => None,
            state => Some(state),
        };
        let deadline = asked + within;
        let state = member.notify.until(world, deadline, settled).await;
        let address = endpoint.url();
        match (state, must_fail) {
            (None, must_fail) => {
                member.give_up();
                if !must_fail {
                    self.run.watch.failed(&endpoint);
                }
                let message =
                    format!("the handshake with {address} did not end within {}", words::bound(within));
                Err(failure::handshake(FailureKind::Timeout, &endpoint, message))
            }
            (Some(State::Never), true) => Ok(()),
            (Some(State::Never), false) => {
                self.run.watch.failed(&endpoint);
                let after = words::duration(world.now() - asked);
                let message = format!("the handshake with {address} failed after {after}{UNTOLD}");
                Err(failure::handshake(FailureKind::Refused, &endpoint, message))
            }
            (Some(_), true) => {
                self.run.watch.opened(self.number, &endpoint);
                let message =
                    format!("expected the handshake with {address} to be refused, and it succeeded");
                Err(failure::plain(FailureKind::Refused, message))
            }
            (Some(_), false) => {
                self.run.watch.opened(self.number, &endpoint);
                let opened = member.opened.get().unwrap_or(asked);
                self.run.meter.borrow_mut().sample("open", opened - asked, opened);
                let (chosen, agreed) = (member.protocol.borrow().clone(), member.extensions.borrow().clone());
                let facts = serde_json::json!({
                    "protocol": chosen, "extensions": agreed, "open_ms": Millis::from(opened - asked).0,
                });
                self.remember_facts(member, &captures, &facts)?;
                self.judge_agreed("subprotocol", &chosen, protocol.as_deref())?;
                self.judge_agreed("extension", &agreed, extensions.as_deref())
            }
        }
    }

    fn endpoint(&self, member: &Rc<Member<W>>, acting: &StepContext<W>) -> Result<Endpoint, Box<Failure>> {
        let client = self.client(member);
        let mut scope = self.scope(Some(member), acting.round, None);
        let url = client.url.get(&mut scope).map_err(script)?;
        let protocols = client.protocols.iter().map(|protocol| protocol.get(&mut scope));
        let protocols = protocols.collect::<Result<Vec<_>, _>>().map_err(script)?;
        let endpoint = Endpoint::parse(&url).and_then(|endpoint| endpoint.with_protocols(protocols));
        endpoint.map_err(|error| script(format!("{url:?} is not a valid address: {error}")))
    }

    /// What was agreed on in a handshake must be as wanted.
    fn judge_agreed(&self, what: &str, agreed: &str, wanted: Option<&Matcher>) -> Result<(), Box<Failure>> {
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

    /// Keeps what a step wants to remember of how a connection began or ended.
    fn remember_facts(
        &self,
        member: &Rc<Member<W>>,
        captures: &[(String, Rc<Query>)],
        facts: &serde_json::Value,
    ) -> Result<(), Box<Failure>> {
        let mut found = Vec::with_capacity(captures.len());
        for (name, path) in captures {
            let Some(value) = path.first(facts) else {
                return Err(script(format!("{name} could not be captured: {facts} has no such part")));
            };
            found.push((name.clone(), value.clone()));
        }
        self.remember(Some(member), found)
    }

    /// Closes, and waits until the other side has.
    pub async fn close(
        &self,
        member: &Rc<Member<W>>,
        spec: &CloseSpec,
        acting: &StepContext<W>,
    ) -> Result<(), Box<Failure>> {
        let mut scope = self.scope(Some(member), acting.round, Some(member.seq.get()));
        let code = spec.code.as_ref().map_or(Ok(1000), |code| code.get(&mut scope)).map_err(script)?;
        let reason = spec.reason.as_ref().map_or(Ok(String::new()), |reason| reason.get(&mut scope));
        let reason = reason.map_err(script)?;
        let closing = u16::try_from(code)
            .map_err(|_| script(format!("{code} is not a close code")))
            .and_then(|code| Closing::new(code, &reason).map_err(script))?;
        let world = &self.run.world;
        let bound = &self.run.plan.suite.defaults.close_within;
        let wanted =
            spec.expect.as_ref().map(|spec| self.read_closed(spec, bound, member, acting)).transpose()?;
        let within = match &wanted {
            Some(wanted) => wanted.within,
            None => self.early(bound)?,
        };
        match member.state() {
            State::Never => return Err(not_connected(member)),
            State::Closed(_) => {
                // What ended before we came to it is an end all the same, and the expectation judges it.
                return match &wanted {
                    Some(wanted) => self.judge_end(member, wanted, world.now()),
                    None if member.is_end_seen.get() => Ok(()),
                    None => Err(self.ended(member, "there is nothing left to close")),
                };
            }
            State::Connecting | State::Open | State::Closing => {}
        }
        let asked = match member.close(&closing) {
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
            return Err(self.unanswered(within));
        }
        // A handshake that was given up leaves no end behind.
        let Some(ended) = member.ending() else { return Ok(()) };
        member.is_end_seen.set(true);
        self.run.meter.borrow_mut().sample("close", ended.at - asked, ended.at);
        match &wanted {
            Some(wanted) => self.judge_end(member, wanted, asked),
            None => Ok(()),
        }
    }

    fn unanswered(&self, within: Duration) -> Box<Failure> {
        let message = format!("the close was not answered within {}", words::bound(within));
        failure::plain(FailureKind::Timeout, message)
    }

    /// Waits for the end.
    pub async fn closed(
        &self,
        member: &Rc<Member<W>>,
        spec: &ClosedSpec,
        acting: &StepContext<W>,
    ) -> Result<(), Box<Failure>> {
        let began: Instant = self.run.world.now();
        let wanted = self.read_closed(spec, &self.run.plan.suite.defaults.within, member, acting)?;
        if member.state() == State::Never {
            return Err(not_connected(member));
        }
        let deadline = began + wanted.within;
        match member.notify.until(&self.run.world, deadline, || member.ending()).await {
            Some(_) => self.judge_end(member, &wanted, began),
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

    fn read_closed(
        &self,
        spec: &ClosedSpec,
        bound: &crate::suite::Field<Duration>,
        member: &Rc<Member<W>>,
        acting: &StepContext<W>,
    ) -> Result<ExpectedClose, Box<Failure>> {
        let mut scope = self.scope(Some(member), acting.round, Some(member.seq.get()));
        Ok(ExpectedClose {
            codes: spec.codes.as_ref().map(|codes| codes.get(&mut scope)).transpose().map_err(script)?,
            reason: spec.reason.as_ref().map(|reason| reason.get(&mut scope)).transpose().map_err(script)?,
            is_clean: spec.clean.as_ref().map(|clean| clean.get(&mut scope)).transpose().map_err(script)?,
            captures: captures(&spec.capture, &mut scope)?,
            within: spec.within.as_ref().unwrap_or(bound).get(&mut scope).map_err(script)?,
        })
    }

    fn judge_end(
        &self,
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
        self.remember_facts(member, &wanted.captures, &facts)?;
        let mut diff = Vec::new();
        let mut differs = |path: &str, wanted: String, got: String| {
            diff.push(crate::report::Difference { path: path.to_owned(), wanted, got });
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

/// Clears the flag at the end, however that comes.
struct Reopening<'a, W: World>(&'a Rc<Member<W>>);

impl<W: World> Drop for Reopening<'_, W> {
    fn drop(&mut self) {
        self.0.is_reopening.set(false);
    }
}
