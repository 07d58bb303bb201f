//! One check from its first open to its last close.
//!
//! Owns the order: setup, steps, teardown, closing; and what ends a check early: a failure, a broken invariant, its
//! timeout, a stop. Teardown always runs and every socket is always closed.

use std::time::Duration;

use futures_util::future::{Either, join_all, select};

use super::aftermath;
use super::connections::member::State;
use super::context::check::CheckRun;
use super::context::run::RunShared;
use super::context::step::{Part, StepContext};
use super::outcome::causes::Failures;
use super::outcome::failure;
use super::standing;
use super::steps::execute::step;
use crate::base::words;
use crate::report::{Failure, FailureKind, Leftover, STOPPED_STEP, Verdict};
use crate::{Closing, World};

/// A check that has no bound of its own has this one.
const LONGEST: Duration = Duration::from_secs(600);
/// How long teardown, and then closing, may take once the run was stopped.
const AFTER_STOP: Duration = Duration::from_secs(5);
/// How long a strict check waits for unexpected messages after its last step.
const SETTLING: Duration = Duration::from_millis(100);
/// How long connections have to close where the bound for that cannot be read.
const CLOSING: Duration = Duration::from_secs(2);

/// How the reason of a stopped check begins.
pub(super) const STOPPED: &str = "stopped";

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

/// Runs a check to its end; `made` says whether it could be made ready.
pub(super) async fn run<W: World>(check: &CheckRun<'_, W>, made: Result<(), Box<Failure>>) -> Ended {
    let skip = check.run.plan.checks[check.number].skip.clone();
    let is_left_out = skip.is_some();
    skip.into_iter().for_each(|reason| check.results.skip(reason));
    let cut = match made {
        _ if is_left_out => None,
        Ok(()) if standing::is_needed(check) => {
            match select(Box::pin(body(check)), Box::pin(standing::stand(check))).await {
                Either::Left((done, _)) => done.err(),
                // It never ends by itself.
                Either::Right((never, _)) => match never {},
            }
        }
        Ok(()) => body(check).await.err(),
        Err(failure) => Some(unready(check, &failure)),
    };
    let last_code = &check.connections.context.last_code;
    let seen = last_code.get();
    close_all(check).await;
    // How we leave the others says less than an end that a step has brought about.
    last_code.set(seen.or(last_code.get()));
    aftermath::note_broken(check);
    standing::note(check);
    let (leftovers, leftovers_omitted) = aftermath::collect_leftovers(check);
    let lasting = check.run.world.now() - check.began;
    let (verdict, failures) = check.results.steps.borrow().verdict();
    let verdict = cut.as_ref().map_or(verdict, |cut| verdict.and(cut.verdict));
    let skipped = check.results.take_skipped().filter(|_| verdict == Verdict::Pass);
    let verdict = if skipped.is_some() { Verdict::Skipped } else { verdict };
    let mut notes: Vec<String> = skipped.into_iter().chain(check.results.take_remarks()).collect();
    if verdict == Verdict::Pass {
        notes.extend(aftermath::idle_invariants(check));
    }
    notes.extend(aftermath::unseen_ends(check));
    notes.extend(aftermath::unstarted(check));
    let mut reasons: Vec<_> = cut.and_then(|cut| cut.reason).into_iter().collect();
    reasons.extend(notes.iter().map(|note| failure::cut_message(&check.run.masked(note))));
    Ended { verdict, reasons, failures, lasting, leftovers, leftovers_omitted }
}

/// What the suite says of this check cannot be used.
fn unready<W: World>(check: &CheckRun<'_, W>, failure: &Failure) -> Cut {
    Cut { verdict: Verdict::Error, reason: Some(check.run.masked(&failure.message)) }
}

/// Setup, steps and teardown.
async fn body<W: World>(check: &CheckRun<'_, W>) -> Result<(), Cut> {
    let suite = check.suite();
    let timeout = check.definition.timeout.as_ref().map_or(Ok(LONGEST), |field| check.early(field));
    let timeout = timeout.map_err(|failure| unready(check, &failure))?;
    let part = |part| StepContext::new(check, part, step);
    let main = async {
        part(Part::Setup).steps(&suite.setup).await?;
        part(Part::Steps).steps(&check.definition.steps).await
    };
    let end = bounded(check, main, timeout, Duration::ZERO).await;
    if check.definition.strict && end == Ok(Ok(())) {
        settle(check).await;
        aftermath::find_strays(check);
    }
    if suite.teardown.is_empty() {
        return end.map(|_| ());
    }
    let results = &check.results.steps;
    let has_failed = end != Ok(Ok(())) || results.borrow().verdict().0 != Verdict::Pass;
    results.borrow_mut().follows_up(has_failed);
    let teardown = part(Part::Teardown).following_up(has_failed);
    let after = bounded(check, teardown.steps(&suite.teardown), timeout, AFTER_STOP).await;
    results.borrow_mut().follows_up(false);
    end.and(after).map(|_| ())
}

/// Ends this long after the run was stopped.
async fn stopped<W: World>(run: &RunShared<W>, grace: Duration) {
    run.stop.asked().await;
    if !grace.is_zero() {
        run.world.pass(run.world.now() + grace).await;
    }
}

/// What comes right after the last expected message is as much too many as what comes before it.
async fn settle<W: World>(check: &CheckRun<'_, W>) {
    let world = &check.run.world;
    let is_any_open = check.connections.members().iter().any(|member| member.is_open());
    if is_any_open {
        let settled = world.pass(world.now() + SETTLING);
        select(Box::pin(stopped(check.run, Duration::ZERO)), Box::pin(settled)).await;
    }
}

/// Runs steps until they end, the time is up, or `grace` has passed since the run was stopped.
async fn bounded<T, W: World>(
    check: &CheckRun<'_, W>,
    steps: impl Future<Output = T>,
    timeout: Duration,
    grace: Duration,
) -> Result<T, Cut> {
    let run = check.run;
    let deadline = run.world.now() + timeout;
    let end = select(Box::pin(stopped(run, grace)), run.world.pass(deadline));
    let is_stopped = match select(Box::pin(steps), end).await {
        Either::Left((done, _)) => return Ok(done),
        Either::Right((end, _)) => matches!(end, Either::Left(_)),
    };
    let (failure, cut) = match is_stopped {
        true => {
            let failure = failure::plain(FailureKind::Script, STOPPED_STEP);
            let reason = Some(format!("{STOPPED} before its end"));
            (failure, Cut { verdict: Verdict::Inconclusive, reason })
        }
        false => {
            let passed = words::bound(timeout);
            let message = format!("the check's timeout of {passed} passed while this step ran");
            (failure::plain(FailureKind::Timeout, message), Cut { verdict: Verdict::Fail, reason: None })
        }
    };
    let results = &check.results.steps;
    results.borrow_mut().break_off(&failure, cut.verdict, run.world.now());
    let broken_off = results.borrow().news(None);
    check.tell_ends(&broken_off);
    Err(cut)
}

/// Closes what is open, all at once and with a bound; then lets go.
async fn close_all<W: World>(check: &CheckRun<'_, W>) {
    let members = check.connections.members().clone();
    let world = &check.run.world;
    let bound = check.early(&check.suite().defaults.close_within).unwrap_or(CLOSING);
    let deadline = world.now() + bound;
    let closes = members.iter().map(|member| async move {
        if matches!(member.state(), State::Open) && member.close(&Closing::normal()).is_err() {
            return;
        }
        if matches!(member.state(), State::Closing) {
            member.notify.until(world, deadline, || member.ending()).await;
        }
    });
    // After a stop, the run does not wait for servers that keep their connections.
    select(Box::pin(join_all(closes)), Box::pin(stopped(check.run, AFTER_STOP))).await;
    let now = world.now();
    for member in &members {
        // A connection that was closed before is rightly silent.
        member.rest(member.ending().map_or(now, |ending| ending.at));
        member.abandon(now);
    }
}
