//! The page's hold on its worker.

use std::time::Duration;

use leptos::prelude::*;

use super::store::Store;
use super::trouble;
use crate::browser::channel::{WorkerChannel, WorkerFailed};
use crate::browser::page;
use crate::wire::{self, Request, Update, WireError};

/// The script that Trunk makes to start the worker.
const ADDRESS: &str = "./worker_loader.js";
/// A worker that says nothing for so long will not come.
const READY_WITHIN: Duration = Duration::from_secs(15);

/// Asks the worker. A copy is the same hold.
#[derive(Clone, Copy)]
pub(super) struct Link(StoredValue<Option<WorkerChannel>, LocalStorage>);

impl Link {
    /// Starts the worker and lets its updates change the store.
    pub fn start(store: Store) -> Self {
        let link = Self(StoredValue::new_local(None));
        match WorkerChannel::start(ADDRESS, move |bytes| link.hear(store, &bytes), say_failed) {
            Ok(channel) => link.0.set_value(Some(channel)),
            Err(error) => say_failed(error),
        }
        link.ask(&Request::Hello);
        set_timeout(
            move || {
                if store.ready.try_get_untracked() == Some(None) {
                    say_failed(WorkerFailed {
                        message: format!("it has not answered within {READY_WITHIN:?}"),
                    });
                }
            },
            READY_WITHIN,
        );
        link
    }

    /// Asks something of the worker. Without one nothing happens; that there is none has been said.
    pub fn ask(&self, request: &Request) {
        self.0.with_value(|channel| {
            if let Some(channel) = channel {
                channel.post(&wire::encode(request));
            }
        });
    }

    fn hear(&self, store: Store, bytes: &[u8]) {
        match wire::decode(bytes) {
            Ok(Update::Ready(ready)) => store.ready.set(Some(ready)),
            Ok(Update::News(news)) => {
                let link = *self;
                // Drawn with the frame, and only then may the worker send the next: a slow page slows its own updates,
                // never the sockets.
                page::with_next_frame(move || {
                    store.apply(*news);
                    link.ask(&Request::Seen);
                });
            }
            Err(error) => say_unreadable(&error),
        }
    }
}

fn say_failed(error: WorkerFailed) {
    trouble::say(
        "The worker did not start",
        "Sockscope keeps its sockets in a worker. Load the page again; if that does not help, a file may be missing on \
         the server (worker_loader.js, worker.js, worker_bg.wasm), or an extension or policy may block workers.",
        &error.message,
    );
}

fn say_unreadable(error: &WireError) {
    trouble::say(
        "The page and its worker do not fit together",
        "One of them comes from an older visit. Load the page again without the cache (Ctrl+Shift+R, on a Mac ⌘⇧R).",
        &error.to_string(),
    );
}
