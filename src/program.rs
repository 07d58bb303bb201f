//! What the programs of the two workers have in common.
//!
//! Owns the start of a worker in the browser's world. It refuses to know which worker it is.

use wasm_bindgen_futures::spawn_local;

use crate::browser::channel::PageChannel;
use crate::browser::storage::Storage;
use crate::worker::PageWorker;

/// Runs a worker until its page ends it, with what is kept in this database.
pub fn run_worker(worker: impl PageWorker, database: &'static str) {
    let answering = worker.clone();
    let page = PageChannel::listen(move |bytes| answering.receive(&bytes));
    worker.announce();
    spawn_local(async move {
        match Storage::open(database).await {
            Ok(storage) => worker.restore(storage).await,
            Err(error) => worker.restore_nothing(error.message),
        }
    });
    // The channel lives as long as the worker.
    spawn_local(async move {
        std::future::pending::<()>().await;
        drop(page);
    });
}
