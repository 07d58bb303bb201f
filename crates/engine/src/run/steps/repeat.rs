//! Rounds of the same steps.
//!
//! Owns the schedule: closed rounds follow each other, open ones begin on the clock. A loop that never waits keeps
//! every message from arriving, so each round yields to the event loop when the run has not done so for long.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, FutureExt, select};

use super::super::context::step::StepContext;
use super::super::outcome::failure;
use super::super::outcome::interrupted::Interrupted;
use super::rounds::{OpenRounds, Rounds, sleep_until};
use super::until::repeat_until;
use crate::report::Failure;
use crate::suite::Repeat;
use crate::{Instant, World};

/// Runs the rounds; answers how they ended, or why there was none.
pub(super) async fn repeat<W: World>(
    context: &StepContext<'_, W>,
    repeat: &Repeat,
    place: usize,
) -> Result<Result<(), Interrupted>, Box<Failure>> {
    let mut scope = context.scope();
    let times = repeat.times.as_ref().map(|times| times.get(&mut scope)).transpose();
    let lasting = repeat.lasting.as_ref().map(|lasting| lasting.get(&mut scope)).transpose();
    let every = repeat.every.as_ref().map(|every| every.get(&mut scope)).transpose();
    if every.as_ref().is_ok_and(|every| every.is_some_and(|every| every.is_zero())) {
        return Err(failure::script("every is longer than 0s; without a pause, leave it out"));
    }
    let rounds = Rounds {
        times: times.map_err(failure::script)?,
        lasting: lasting.map_err(failure::script)?,
        every: every.map_err(failure::script)?,
    };
    if !rounds.has(0, Duration::ZERO) {
        return Err(failure::script("the repeat has no round, so nothing would be checked"));
    }
    if let Some(until) = &repeat.until {
        return repeat_until(context, repeat, until, &rounds, place).await;
    }
    Ok(match repeat.is_open {
        true => repeat_open(context, repeat, &rounds).await,
        false => repeat_closed(context, repeat, &rounds).await,
    })
}

async fn repeat_closed<W: World>(
    context: &StepContext<'_, W>,
    repeat: &Repeat,
    rounds: &Rounds,
) -> Result<(), Interrupted> {
    let world = context.world();
    let began = world.now();
    let mut round = 0;
    while rounds.has(round, world.now() - began) {
        let started = world.now();
        let turn = context.in_round(round, None);
        if let Err(broken @ (Interrupted::Failed | Interrupted::Skipped)) = turn.steps(&repeat.steps).await {
            return Err(broken);
        }
        round += 1;
        if let Some(every) = rounds.every {
            // The pause counts from the start of the last round; a late round does not hurry the next.
            let due = started + every;
            if !rounds.has(round, due - began) {
                break;
            }
            sleep_until(context.run(), due).await;
        }
        context.run().yield_budget.take(world).await;
    }
    Ok(())
}

/// Rounds begin on the clock, whatever the earlier ones do; a late loop begins several at once.
async fn repeat_open<W: World>(
    context: &StepContext<'_, W>,
    repeat: &Repeat,
    rounds: &Rounds,
) -> Result<(), Interrupted> {
    let run = context.run();
    let began = run.world.now();
    let every = rounds.every.unwrap_or_default();
    let one = |round: u64, due: Instant| {
        let turn = context.in_round(round, Some(due));
        async move { turn.steps(&repeat.steps).await }
    };
    let mut open = OpenRounds::new();
    let (mut round, mut due) = (0, began);
    // A round belongs to the schedule by the moment it is due, not by when we come to it.
    while rounds.has(round, due - began) {
        // Those that run get their turn also when the next one is due already.
        if open.over().now_or_never().is_some() {
            break;
        }
        if let Either::Right(_) = select(pin!(sleep_until(run, due)), open.over()).await {
            break;
        }
        open.running.push(one(round, due));
        round += 1;
        due = due + every;
        // It begins now, before any yield.
        open.over().now_or_never();
        run.yield_budget.take(&run.world).await;
    }
    open.finish().await
}
