//! What a step needs of a connection, and what it says of one that is not there.

use std::rc::Rc;
use std::time::Duration;

use super::super::connections::member::{Member, State};
use super::super::context::check::CheckRun;
use super::super::context::run::RunShared;
use super::super::inbox::message::Message;
use super::super::outcome::failure::{self, ending, script};
use super::super::outcome::judge::LONG_LAG;
use crate::base::words;
use crate::explain::Surroundings;
use crate::report::{Failure, FailureKind};
use crate::{Instant, World};

/// How long an event loop that stood still gets to deliver what came meanwhile.
const CATCHING_UP: Duration = Duration::from_millis(20);

/// It was never opened.
pub(super) fn not_connected<W: World>(member: &Member<W>) -> Box<Failure> {
    script(format!("{} is not connected; connect it first", member.name))
}

/// A connection that a step needs is open, or this says why not.
pub(super) fn be_open<W: World>(member: &Member<W>, began: Instant) -> Result<(), Box<Failure>> {
    match member.state() {
        State::Open => Ok(()),
        State::Never => Err(not_connected(member)),
        State::Connecting => Err(script(format!("{} is not open yet", member.name))),
        State::Closing => Err(script(format!("{} is closing; nothing can be sent any more", member.name))),
        State::Closed(_) => Err(ended(member, "the message could not be sent", began)),
    }
}

/// The connection is gone.
pub(super) fn ended<W: World>(member: &Member<W>, what: &str, began: Instant) -> Box<Failure> {
    let Some(ended) = member.ending() else { return not_connected(member) };
    member.is_end_seen.set(true);
    let who = if ended.is_ours { "it had been closed with" } else { "the server had closed with" };
    let end = ending(ended.code, &ended.reason);
    let at = words::duration(ended.at - began);
    failure::plain(FailureKind::Closed, format!("{what}: {who} {end} at {at}"))
}

/// When the event loop stood still at the end of a time in which nothing was to come, what came then was stamped
/// only afterwards; so when something did come, whether it was in that time is unknown.
pub(super) async fn be_awake<W: World>(
    check: &CheckRun<'_, W>,
    member: &Member<W>,
    until: Instant,
    is_meant: &dyn Fn(&Message) -> bool,
) -> Result<(), Box<Failure>> {
    let world = &check.run.world;
    let late = world.now() - until;
    if late < LONG_LAG {
        return Ok(());
    }
    check.run.conditions.stood_still(late);
    // What waits at the door comes in first.
    world.pass(world.now() + CATCHING_UP).await;
    let Some(message) = member.inbox.after(until, is_meant) else { return Ok(()) };
    let text = format!(
        "whether this came in time is not known: the event loop stood still for {} when the time was over",
        words::duration(late)
    );
    let mut failure = failure::plain(FailureKind::Timeout, text);
    failure.closest = Some(failure::near_miss(&message, &member.name, check.began, false));
    Err(failure)
}

/// The failure of one connection, with whose it is and what may be behind it.
pub(super) fn of_member<W: World>(
    run: &RunShared<W>,
    member: &Rc<Member<W>>,
    mut failure: Failure,
) -> Failure {
    failure.client.get_or_insert_with(|| member.name.clone());
    if matches!(failure.kind, FailureKind::Closed | FailureKind::Refused) {
        failure.causes = member.life.causes(&surroundings(run));
    }
    failure
}

fn surroundings<W: World>(run: &RunShared<W>) -> Surroundings {
    let counted = |count: u64| u16::try_from(count).unwrap_or(u16::MAX);
    let mut meter = run.meter();
    Surroundings {
        sockets: counted(meter.open()),
        pending: counted(run.handshakes.pending()),
        failed_lately: counted(meter.counters().refused),
        ..Surroundings::of_origin(&run.plan.options.environment.origin)
    }
}
