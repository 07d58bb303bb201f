//! The worker of the checks, in the browser's world. It is loaded when the first suite is looked at.

use std::rc::Rc;

use sockscope::browser::storage::Storage;
use sockscope::browser::{BrowserWorld, channel, clock, scope};
use sockscope::wire::bench::most_sockets;
use sockscope::worker::checks::{ChecksWorker, Site, browser_name};
use wasm_bindgen_futures::spawn_local;

/// A database of its own: two workers that change one would have to agree on its layout.
const DATABASE: &str = "sockscope-checks";

async fn restore(worker: ChecksWorker<BrowserWorld>) {
    match Storage::open(DATABASE).await {
        Ok(storage) => worker.restore(storage).await,
        Err(error) => worker.restore_nothing(error.message),
    }
}

fn main() {
    console_error_panic_hook::set_once();
    let site = Site {
        browser: browser_name(&scope::user_agent()),
        origin: scope::origin(),
        clock_began: clock::began(),
        clock_step: clock::step(),
        most_sockets: u32::from(most_sockets(&scope::user_agent())),
    };
    let spawn = Rc::new(spawn_local);
    let worker = ChecksWorker::new(BrowserWorld::new(), site, spawn, |bytes| channel::post_to_page(&bytes));
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
