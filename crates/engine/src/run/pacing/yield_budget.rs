//! When the run last yielded to the event loop.
//!
//! Owns one count for the whole run: rounds of many clients follow each other within one turn, so each of them alone
//! would find that it has hardly begun. Only a timer or an event from outside proves that the event loop ran; a future
//! woken by another future does not.

use std::cell::Cell;
use std::time::Duration;

use crate::{Instant, World};

/// After this many rounds, or this long, the run yields to the event loop.
const MOST_ROUNDS: u64 = 1000;
const LONGEST: Duration = Duration::from_millis(8);

/// How long the event loop has not had its turn.
pub(crate) struct YieldBudget {
    since: Cell<Instant>,
    rounds: Cell<u64>,
    /// The moment of the last look, and how many rounds ago it was another one.
    stood: Cell<(Instant, u64)>,
}

impl YieldBudget {
    pub fn new(now: Instant) -> Self {
        Self { since: Cell::new(now), rounds: Cell::new(0), stood: Cell::new((now, 0)) }
    }

    /// The event loop has had its turn.
    pub fn turned(&self, now: Instant) {
        self.since.set(now);
        self.rounds.set(0);
    }

    /// After a round: lets the event loop have its turn if it has waited long.
    pub async fn take<W: World>(&self, world: &W) {
        let now = world.now();
        self.rounds.set(self.rounds.get() + 1);
        // Where everything takes no time at all, as in a simulation, no round would ever be the last one.
        let (last, rounds) = self.stood.get();
        let stood = if now == last { rounds + 1 } else { 0 };
        self.stood.set((now, stood));
        if stood >= MOST_ROUNDS || self.rounds.get() >= MOST_ROUNDS || now - self.since.get() > LONGEST {
            world.breathe().await;
            self.turned(world.now());
        }
    }
}
