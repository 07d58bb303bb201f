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
    run_worker(ChecksWorker::new(BrowserWorld::new(), site, Rc::new(spawn_local), post), DATABASE);
}
