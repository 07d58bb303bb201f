//! The worker of the bench, in the browser's world. It has no page to draw and no leptos in it.

use std::rc::Rc;

use sockscope::browser::storage::Storage;
use sockscope::browser::{BrowserWorld, channel, clock, scope};
use sockscope::wire::bench::{Ready, most_sockets};
use sockscope::worker::bench::{BenchWorker, beat};
use wasm_bindgen_futures::spawn_local;

/// The database in which the bench is kept.
const DATABASE: &str = "sockscope";

async fn restore(worker: BenchWorker<BrowserWorld>) {
    match Storage::open(DATABASE).await {
        Ok(storage) => worker.restore(storage).await,
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
