//! How late the worker's own timers come. A harness that lags says so instead of blaming the server.

use std::time::Duration;

use super::BenchWorker;
use crate::engine::World;
use crate::wire::bench::Pulse;

const EVERY: Duration = Duration::from_millis(100);
/// The page shows the worst of this many beats, a second's worth.
const WINDOW: u32 = 10;

/// Beats for as long as the worker lives.
pub async fn beat<W: World>(worker: BenchWorker<W>) {
    loop {
        let mut worst = Duration::ZERO;
        for _ in 0..WINDOW {
            let before = worker.now();
            worker.beat(before + EVERY);
            worker.world().sleep(EVERY).await;
            worst = worst.max((worker.now() - before).saturating_sub(EVERY));
        }
        worker.feel(Pulse { loop_lag: Some(worst) });
    }
}
