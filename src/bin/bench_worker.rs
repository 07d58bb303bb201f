//! The worker of the bench, in the browser's world. It has no page to draw and no leptos in it.

use std::rc::Rc;

use sockscope::browser::storage::{Storage, StorageError};
use sockscope::browser::{BrowserWorld, channel, clock, scope};
use sockscope::wire::bench::{Ready, most_sockets};
use sockscope::worker::bench::{BenchWorker, KeyValueStore, StoreError, beat};
use sockscope_engine::base::world::LocalFuture;
use wasm_bindgen_futures::spawn_local;

/// The database and the name under which the bench is kept in it.
const DATABASE: &str = "sockscope";
const BENCH: &str = "bench";

struct Kept(Rc<Storage>);

impl KeyValueStore for Kept {
    fn load(&self) -> LocalFuture<Result<Option<String>, StoreError>> {
        let storage = self.0.clone();
        Box::pin(async move { storage.get(BENCH).await.map_err(in_words) })
    }

    fn save(&self, text: String) -> LocalFuture<Result<(), StoreError>> {
        let storage = self.0.clone();
        Box::pin(async move { storage.set(BENCH, &text).await.map_err(in_words) })
    }

    fn set_aside(&self) -> LocalFuture<Result<Option<String>, StoreError>> {
        let storage = self.0.clone();
        Box::pin(async move { storage.set_aside(BENCH).await.map_err(in_words) })
    }
}

fn in_words(error: StorageError) -> StoreError {
    StoreError { message: error.message }
}

async fn restore(worker: BenchWorker<BrowserWorld>) {
    match Storage::open(DATABASE).await {
        Ok(storage) => worker.restore(Kept(Rc::new(storage))).await,
        Err(error) => worker.restore_nothing(error.message),
    }
}

fn main() {
    console_error_panic_hook::set_once();
    let ready = Ready {
        clock_step: clock::step(),
        isolated: clock::is_isolated(),
        clock_began: clock::began(),
        most_sockets: most_sockets(&scope::user_agent()),
    };
    let worker = BenchWorker::new(BrowserWorld::new(), ready, Rc::new(spawn_local), |bytes| {
        channel::post_to_page(&bytes);
    });
    spawn_local(beat(worker.clone()));
    let answering = worker.clone();
    let page = channel::PageChannel::listen(move |bytes| answering.receive(&bytes));
    worker.announce();
    spawn_local(restore(worker));
    // The worker lives until its page ends it, and the channel with it.
    spawn_local(async move {
        std::future::pending::<()>().await;
        drop(page);
    });
}
