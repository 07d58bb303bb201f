//! Rounds of the same steps.
//!
//! Owns the schedule: closed rounds follow each other, open ones begin on the clock. A loop that never waits keeps
//! every message from arriving, so each round yields to the event loop when the run has not done so for long.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, FutureExt, select};
use futures_util::stream::FuturesUnordered;

use super::super::check::CheckRun;
use super::super::outcome::failure;
use super::execute::{Interrupted, StepContext};
use crate::report::Failure;
use crate::suite::Repeat;
use crate::{Instant, World};

struct Rounds {
    times: Option<u64>,
    lasting: Option<Duration>,
    every: Option<Duration>,
}

impl Rounds {
    /// Whether a round of this number begins this long after the first.
    fn has(&self, round: u64, after: Duration) -> bool {
        self.times.is_none_or(|times| round < times) && self.lasting.is_none_or(|lasting| after < lasting)
    }
}

impl<W: World> CheckRun<W> {
    /// Runs the rounds; answers how they ended, or why there was none.
    pub async fn repeat(
        self: &Rc<Self>,
        repeat: &Repeat,
        acting: &StepContext<W>,
    ) -> Result<Result<(), Interrupted>, Box<Failure>> {
        let mut scope = self.scope(acting.member.as_ref(), acting.round, None);
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
        Ok(match repeat.is_open {
            true => self.repeat_open(repeat, &rounds, acting).await,
            false => self.repeat_closed(repeat, &rounds, acting).await,
        })
    }

    async fn repeat_closed(
        self: &Rc<Self>,
        repeat: &Repeat,
        rounds: &Rounds,
        acting: &StepContext<W>,
    ) -> Result<(), Interrupted> {
        let world = &self.run.world;
        let began = world.now();
        let yield_budget = &self.run.yield_budget;
        let mut round = 0;
        while rounds.has(round, world.now() - began) {
            let started = world.now();
            let turn = StepContext { round: Some(round), intended: None, ..acting.clone() };
            if let Err(broken @ (Interrupted::Failed | Interrupted::Skipped)) =
                self.steps(&repeat.steps, &turn).await
            {
                return Err(broken);
            }
            round += 1;
            if let Some(every) = rounds.every {
                // The pause counts from the start of the last round; a late round does not hurry the next.
                let due = started + every;
                if !rounds.has(round, due - began) {
                    break;
                }
                while world.now() < due {
                    world.sleep(due - world.now()).await;
                    yield_budget.turned(world.now());
                }
            }
            yield_budget.take(world).await;
        }
        Ok(())
    }

    /// Rounds begin on the clock, whatever the earlier ones do; a late loop begins several at once.
    async fn repeat_open(
        self: &Rc<Self>,
        repeat: &Repeat,
        rounds: &Rounds,
        acting: &StepContext<W>,
    ) -> Result<(), Interrupted> {
        let world = &self.run.world;
        let began = world.now();
        let every = rounds.every.unwrap_or_default();
        let one = |round: u64, due: Instant| {
            let intended = Some(Rc::new(Cell::new(Some(due))));
            let turn = StepContext { round: Some(round), intended, ..acting.clone() };
            async move { self.steps(&repeat.steps, &turn).await }
        };
        let mut running = FuturesUnordered::new();
        let yield_budget = &self.run.yield_budget;
        let (mut round, mut due) = (0, began);
        let mut end = Ok(());
        let is_over =
            |end: &Result<(), Interrupted>| matches!(end, Err(Interrupted::Failed | Interrupted::Skipped));
        // A round belongs to the schedule by the moment it is due, not by when we come to it.
        while !is_over(&end) && rounds.has(round, due - began) {
            let mut tick = Box::pin(async move {
                while world.now() < due {
                    world.sleep(due - world.now()).await;
                    yield_budget.turned(world.now());
                }
            });
            loop {
                // Those that run get their turn also when the next one is due already.
                while let Some(Some(done)) = running.next().now_or_never() {
                    end = Interrupted::either(end, done);
                }
                if is_over(&end) {
                    break;
                }
                if running.is_empty() {
                    tick.await;
                    break;
                }
                match select(tick, running.next()).await {
                    Either::Left(_) => break,
                    Either::Right((done, waiting)) => {
                        end = Interrupted::either(end, done.unwrap_or(Ok(())));
                        tick = waiting;
                    }
                }
            }
            if is_over(&end) {
                break;
            }
            running.push(one(round, due));
            round += 1;
            due = due + every;
            // It begins now, before any yield.
            if let Some(Some(done)) = running.next().now_or_never() {
                end = Interrupted::either(end, done);
            }
            yield_budget.take(world).await;
        }
        while let Some(done) = running.next().await {
            end = Interrupted::either(end, done);
        }
        match end {
            Err(Interrupted::Failed | Interrupted::Skipped) => end,
            _ => Ok(()),
        }
    }
}
