//! When the next round of a repeat begins, whether there is one, and the rounds that run side by side.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::super::context::run::RunShared;
use super::super::outcome::interrupted::Interrupted;
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

/// Rounds that have begun, and the gravest end of one so far.
pub(super) struct OpenRounds<F> {
    pub(super) running: FuturesUnordered<F>,
    pub(super) end: Result<(), Interrupted>,
}

impl<F: Future<Output = Result<(), Interrupted>>> OpenRounds<F> {
    /// None yet.
    pub(super) fn new() -> Self {
        Self { running: FuturesUnordered::new(), end: Ok(()) }
    }

    /// Runs them until none can go on; ends when one ended so that no other round begins.
    pub(super) fn over(&mut self) -> impl Future<Output = ()> {
        poll_fn(|cx| {
            while let Poll::Ready(Some(done)) = self.running.poll_next_unpin(cx) {
                self.end = Interrupted::either(self.end, done);
            }
            if self.is_over() { Poll::Ready(()) } else { Poll::Pending }
        })
    }

    /// Whether one has ended so that no other begins.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.end, Err(Interrupted::Failed | Interrupted::Skipped))
    }

    /// Waits for those that still run; that something did not come ends no rounds.
    pub(super) async fn finish(mut self) -> Result<(), Interrupted> {
        while let Some(done) = self.running.next().await {
            self.end = Interrupted::either(self.end, done);
        }
        if self.is_over() { self.end } else { Ok(()) }
    }
}
