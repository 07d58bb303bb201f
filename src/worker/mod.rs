//! What the two workers run. A worker owns its sockets and answers the page.
//!
//! They refuse to know a browser: the world and the storage come in from outside, so all of it is tested natively with virtual time.

use std::future::Future;
use std::rc::Rc;

use crate::engine::base::storage::KeyValueStore;
use crate::engine::base::world::LocalFuture;

pub mod bench;
pub mod checks;
mod outbox;
mod part;

/// Starts a task beside the others.
pub type Spawn = Rc<dyn Fn(LocalFuture<()>)>;

/// A worker as its program runs it. A clone is another handle.
pub trait PageWorker: Clone + 'static {
    /// Says that the worker runs. The page waits for it: what it posted to a worker that does not listen yet would be lost.
    fn announce(&self);
    /// Hears the page.
    fn receive(&self, bytes: &[u8]);
    /// Reads what was kept, and keeps from now on.
    fn restore(&self, store: impl KeyValueStore + 'static) -> impl Future<Output = ()>;
    /// The same where nothing can be kept.
    fn restore_nothing(&self, trouble: String);
}
