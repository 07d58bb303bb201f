//! The worker of the bench, in the browser's world. It has no page to draw and no leptos in it.

use std::rc::Rc;

use sockscope::browser::picked;
use sockscope::browser::private_files::PrivateFiles;
use sockscope::browser::{BrowserWorld, channel, chosen, clock, scope};
use sockscope::program::run_worker;
use sockscope::wire::bench::{Ready, most_sockets};
use sockscope::worker::bench::{BenchWorker, Later, beat};
use wasm_bindgen_futures::spawn_local;

/// The database in which the bench is kept.
const DATABASE: &str = "sockscope";

fn main() {
    console_error_panic_hook::set_once();
    let ready = Ready {
        clock_step: clock::step(),
        isolated: clock::is_isolated(),
        clock_began: clock::began(),
        most_sockets: most_sockets(&scope::user_agent()),
    };
    let post = |bytes: Vec<u8>| channel::post_to_page(&bytes);
    let worker = BenchWorker::new(BrowserWorld::new(), ready, Rc::new(spawn_local), post);
    #[cfg(split)]
    worker.comes_from(Rc::new(|| Box::pin(async { later().await.ok() })));
    #[cfg(not(split))]
    worker.comes_from(Rc::new(|| Box::pin(async { Some(&LATER) })));
    spawn_local(beat(worker.clone()));
    run_worker(worker, DATABASE);
}

/// All that comes later, with the disk on which sessions are kept.
static LATER: Later<BrowserWorld> = Later::with_journal(|worker| {
    worker.imports_from(Rc::new(chosen::given));
    worker.keep_sessions_in(Rc::new(PrivateFiles::default()));
})
.and_picked(picked::open);

/// What comes with a second file: all that only this function reaches.
#[cfg(split)]
#[wasm_split_helpers::wasm_split(later, fallible)]
fn later() -> Result<&'static Later<BrowserWorld>, wasm_split_helpers::SplitLoaderError> {
    Ok(&LATER)
}
