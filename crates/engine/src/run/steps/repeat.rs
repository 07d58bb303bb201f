//! Rounds of the same steps.
//!
//! Owns the schedule: closed rounds follow each other, open ones begin on the clock. A loop that never waits keeps
//! every message from arriving, so each round yields to the event loop when the run has not done so for long.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
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

/// Rounds that have begun, and the gravest end of one so far.
struct OpenRounds<F> {
    running: FuturesUnordered<F>,
    end: Result<(), Interrupted>,
}

impl<F: Future<Output = Result<(), Interrupted>>> OpenRounds<F> {
    /// Runs them until none can go on; ends when one ended so that no other round begins.
    fn over(&mut self) -> impl Future<Output = ()> {
        poll_fn(|cx| {
            while let Poll::Ready(Some(done)) = self.running.poll_next_unpin(cx) {
                self.end = Interrupted::either(self.end, done);
            }
            if self.is_over() { Poll::Ready(()) } else { Poll::Pending }
        })
    }

    fn is_over(&self) -> bool {
        matches!(self.end, Err(Interrupted::Failed | Interrupted::Skipped))
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
                self.sleep_until(due).await;
            }
            yield_budget.take(world).await;
        }
        Ok(())
    }

    async fn sleep_until(&self, due: Instant) {
        let world = &self.run.world;
        while world.now() < due {
            world.sleep(due - world.now()).await;
            self.run.yield_budget.turned(world.now());
        }
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
        let mut open = OpenRounds { running: FuturesUnordered::new(), end: Ok(()) };
        let (mut round, mut due) = (0, began);
        // A round belongs to the schedule by the moment it is due, not by when we come to it.
        while rounds.has(round, due - began) {
            // Those that run get their turn also when the next one is due already.
            if open.over().now_or_never().is_some() {
                break;
            }
            if let Either::Right(_) = select(pin!(self.sleep_until(due)), open.over()).await {
                break;
            }
            open.running.push(one(round, due));
            round += 1;
            due = due + every;
            // It begins now, before any yield.
            open.over().now_or_never();
            self.run.yield_budget.take(world).await;
        }
        while let Some(done) = open.running.next().await {
            open.end = Interrupted::either(open.end, done);
        }
        if open.is_over() { open.end } else { Ok(()) }
    }
}
