//! When the next round of a repeat begins, and whether there is one.

use std::time::Duration;

use super::super::context::run::RunShared;
use crate::{Instant, World};

/// How many rounds there are, for how long, and how far apart they begin.
pub(super) struct Rounds {
    pub(super) times: Option<u64>,
    pub(super) lasting: Option<Duration>,
    pub(super) every: Option<Duration>,
}

impl Rounds {
    /// Whether a round of this number begins this long after the first.
    pub(super) fn has(&self, round: u64, after: Duration) -> bool {
        self.times.is_none_or(|times| round < times) && self.lasting.is_none_or(|lasting| after < lasting)
    }
}

/// Waits until a round is due.
pub(super) async fn sleep_until<W: World>(run: &RunShared<W>, due: Instant) {
    while run.world.now() < due {
        run.world.sleep(due - run.world.now()).await;
        run.yield_budget.turned(run.world.now());
    }
}
