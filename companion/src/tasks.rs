//! The tasks of one server: asked to stop, awaited, and ended when they do not.

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A group of tasks that ends together.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
    abort: CancellationToken,
}

impl Tasks {
    /// Runs a task until it ends by itself, or the group is aborted.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let abort = self.abort.clone();
        self.tracker.spawn(async move { abort.run_until_cancelled_owned(task).await });
    }

    /// Resolves once the group is asked to stop.
    pub async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    /// Asks the tasks to stop.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Ends the tasks where they are.
    pub fn abort(&self) {
        self.stop.cancel();
        self.abort.cancel();
    }

    /// Waits for the tasks to end, and ends those that take longer than `limit`.
    pub async fn finish(&self, limit: Duration) {
        self.tracker.close();
        if tokio::time::timeout(limit, self.tracker.wait()).await.is_err() {
            self.abort();
            self.tracker.wait().await;
        }
    }
}
