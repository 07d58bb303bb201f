//! What is left to say when the steps of a check are over: broken invariants, messages and ends that no step looked at.
//!
//! It refuses to wait.

use super::connections::invariant;
use super::context::check::CheckRun;
use super::outcome::judge::IDLE;
use super::outcome::{failure, leftovers};
use super::plan::outline::STRICT;
use crate::World;
use crate::base::words;
use crate::report::{FailureKind, Leftover};

/// Writes broken invariants and framings down, and those that held.
pub(super) fn note_broken<W: World>(check: &CheckRun<'_, W>) {
    let mut results = check.results.steps.borrow_mut();
    let broken = check.connections.context.broken.borrow();
    let members = check.connections.members();
    for (number, invariant) in check.suite().invariants.iter().enumerate() {
        let at = results.place(&invariant.path);
        if let Some((_, failure)) = broken.iter().find(|(broken, _)| *broken == number) {
            results.fail(at, check.run.masked_failure(failure.clone()));
            continue;
        }
        match members.iter().find(|member| member.has_shown(number).1) {
            Some(member) => {
                let failure = invariant::too_many(&member.name);
                results.doubt(at, check.run.masked_failure(failure));
            }
            None => results.pass(at),
        }
    }
    let invariants = check.suite().invariants.len();
    for (place, client) in check.definition.clients.iter().enumerate() {
        if client.framing.is_none() {
            continue;
        }
        // No stream, nothing to say of it: most checks open a part of the clients only.
        if !members.iter().any(|member| member.client == place && member.handshakes.get() > 0) {
            continue;
        }
        let at = results.place(&client.framing_path());
        match broken.iter().find(|(broken, _)| *broken == invariants + place) {
            Some((_, failure)) => results.fail(at, check.run.masked_failure(failure.clone())),
            None => results.pass(at),
        }
    }
}

/// Invariants that held because there was nothing that could have broken them.
pub(super) fn idle_invariants<W: World>(check: &CheckRun<'_, W>) -> Vec<String> {
    let members = check.connections.members();
    let invariants = check.suite().invariants.iter().enumerate();
    let idle = invariants.filter(|(number, _)| !members.iter().any(|member| member.has_shown(*number).0));
    idle.map(|(_, invariant)| format!("{} {IDLE}", invariant.path)).collect()
}

/// Connections that the server has ended after their last use, when no step checked the end.
pub(super) fn unseen_ends<W: World>(check: &CheckRun<'_, W>) -> Option<String> {
    let members = check.connections.members();
    let mut unseen = members.iter().filter_map(|member| {
        let ending = member.ending().filter(|ending| !ending.is_ours && !member.is_end_seen.get())?;
        Some((&member.name, ending))
    });
    let (name, first) = unseen.next()?;
    let end = failure::ending(first.code, &first.reason);
    let at = words::duration(first.at - check.began);
    let others = match unseen.count() {
        0 => String::new(),
        count => format!(", and {}", words::counted(count as u64, "other connection")),
    };
    Some(format!("the server ended {name} with {end} at {at}{others}, and no step looked at it"))
}

/// In a strict check every message that no step selected is one too many.
pub(super) fn find_strays<W: World>(check: &CheckRun<'_, W>) {
    let mut results = check.results.steps.borrow_mut();
    let at = results.place(STRICT);
    for member in check.connections.members().iter() {
        let (left, _) = member.inbox.leftovers();
        let Some(first) = left.first() else { continue };
        let count = words::counted(left.len() as u64, "message");
        let message = format!("the check is strict, and {count} came that no step selected");
        let mut stray = failure::plain(FailureKind::Unexpected, message);
        stray.client = Some(member.name.clone());
        stray.closest = Some(failure::near_miss(first, &member.name, check.began, false));
        results.fail(at, check.run.masked_failure(*stray));
        return;
    }
    results.pass(at);
}

/// The unselected messages, as many as fit into a report, and how many more there are.
pub(super) fn collect_leftovers<W: World>(check: &CheckRun<'_, W>) -> (Vec<Leftover>, u64) {
    let members = check.connections.members();
    let mut all = Vec::new();
    let mut let_go = 0;
    for member in members.iter() {
        let (left, gone) = member.inbox.leftovers();
        let_go += gone;
        all.extend(left.into_iter().map(|message| (message, member.name.as_str())));
    }
    check.run.meter().counters().leftovers += all.len() as u64 + let_go;
    let (shown, omitted) = leftovers::shown(all, check.began, |payload| check.run.masked_message(payload));
    (shown, omitted + let_go)
}

/// Of a ramp, what could not begin.
pub(super) fn unstarted<W: World>(check: &CheckRun<'_, W>) -> Option<String> {
    let count = check.run.meter().counters().unstarted;
    let were = if count == 1 { "round or session was" } else { "rounds or sessions were" };
    (count > 0).then(|| {
        format!(
            "{count} {were} not started, since no client was free; a larger \"count\" of the group gives more"
        )
    })
}
