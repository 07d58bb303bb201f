//! Rounds that end when something holds.
//!
//! Owns what the last round must have brought, and what is said when none did. Rounds follow each other; how many there may be is
//! always bounded.

use super::super::context::step::StepContext;
use super::super::outcome::failure;
use super::super::outcome::interrupted::Interrupted;
use super::compare::{Unlike, compare, shown};
use super::rounds::{Rounds, sleep_until};
use crate::Payload;
use crate::World;
use crate::base::words;
use crate::matcher::Subject;
use crate::report::{Failure, FailureKind};
use crate::suite::{Repeat, Until};

/// Runs rounds until what they are for is reached.
pub(super) async fn repeat_until<W: World>(
    context: &StepContext<'_, W>,
    repeat: &Repeat,
    until: &Until,
    rounds: &Rounds,
    place: usize,
) -> Result<Result<(), Interrupted>, Box<Failure>> {
    let world = context.world();
    let began = world.now();
    let mut round = 0;
    let unmet = loop {
        let started = world.now();
        let turn = context.in_round(round, None).watching();
        if let Err(broken @ (Interrupted::Failed | Interrupted::Skipped)) = turn.steps(&repeat.steps).await {
            return Ok(Err(broken));
        }
        let Some(unmet) = look(&turn, until)? else {
            // Rounds around these look at it, too.
            if let Some(payload) = got(&turn) {
                context.note_got(&payload);
            }
            return Ok(Ok(()));
        };
        round += 1;
        let due = rounds.every.map_or(world.now(), |every| started + every);
        if !rounds.has(round, due - began) {
            break unmet;
        }
        context.lacks(place, &unmet.wanted, &unmet.found);
        sleep_until(context.run(), due).await;
        context.run().yield_budget.take(world).await;
        if !rounds.has(round, world.now() - began) {
            break unmet;
        }
    };
    let rounds = words::counted(round, "round");
    let message = format!(
        "after {rounds} in {}, expected {}, found {}",
        words::duration(world.now() - began),
        unmet.wanted,
        unmet.found
    );
    let mut failure = unmet.failure(FailureKind::Timeout, message);
    failure.client = context.member.as_ref().map(|member| member.name.clone());
    Err(failure)
}

/// What the round got last.
fn got<W: World>(turn: &StepContext<'_, W>) -> Option<Payload> {
    turn.got.as_ref().and_then(|got| got.borrow().clone())
}

/// What is missing; nothing when it is reached.
fn look<W: World>(turn: &StepContext<'_, W>, until: &Until) -> Result<Option<Unlike>, Box<Failure>> {
    match until {
        Until::Variable(comparison) => Ok(compare(turn, None, comparison)?.err()),
        Until::Got(matcher) => {
            let matcher = matcher.get(&mut turn.scope()).map_err(failure::script)?;
            let Some(payload) = got(turn) else {
                let found = "no message in the last round".to_owned();
                return Ok(Some(Unlike { wanted: matcher.expected(), found, mismatch: None }));
            };
            let mismatch = matcher.check(&Subject::new(&payload)).err();
            Ok(mismatch.map(|mismatch| Unlike::of(shown(turn.run(), &payload), mismatch)))
        }
    }
}
