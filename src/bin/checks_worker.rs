//! The worker of the checks, in the browser's world. It is loaded when the first suite is looked at.

use std::rc::Rc;

use sockscope::browser::{BrowserWorld, channel, clock, scope};
use sockscope::program::run_worker;
use sockscope::wire::bench::most_sockets;
use sockscope::worker::checks::{ChecksWorker, Site, browser_name};
use wasm_bindgen_futures::spawn_local;

/// A database of its own: two workers that change one would have to agree on its layout.
const DATABASE: &str = "sockscope-checks";

fn main() {
    console_error_panic_hook::set_once();
    let site = Site {
        browser: browser_name(&scope::user_agent()),
        origin: scope::origin(),
        clock_began: clock::began(),
        clock_step: clock::step(),
        most_sockets: u32::from(most_sockets(&scope::user_agent())),
    };
    let post = |bytes: Vec<u8>| channel::post_to_page(&bytes);
    let worker = ChecksWorker::new(BrowserWorld::new(), site, Rc::new(spawn_local), post);
    #[cfg(split)]
    worker.comes_from(
        Rc::new(|| Box::pin(async { parts::runs().await.ok() })),
        Rc::new(|| Box::pin(async { parts::reports().await.ok() })),
    );
    run_worker(worker, DATABASE);
}

/// What comes with files of their own: all that only these functions reach.
#[cfg(split)]
mod parts {
    use sockscope::browser::BrowserWorld;
    use sockscope::worker::checks::{Reports, Runs};
    use wasm_split_helpers::{SplitLoaderError, wasm_split};

    #[wasm_split(runs, fallible)]
    pub fn runs() -> Result<&'static Runs<BrowserWorld>, SplitLoaderError> {
        Ok(Runs::all())
    }

    #[wasm_split(reports, fallible)]
    pub fn reports() -> Result<&'static Reports<BrowserWorld>, SplitLoaderError> {
        Ok(Reports::all())
    }
}
