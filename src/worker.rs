//! The worker: a desk in the browser's world. It has no page to draw and no leptos in it.

use std::rc::Rc;

use sockscope::browser::{BrowserWorld, channel, clock};
use sockscope::session::{Desk, beat};
use sockscope::wire::Ready;
use wasm_bindgen_futures::spawn_local;

/// Chromium's limit for the process of a page. Firefox stops at 200, and fails the next one without a word.
const MOST_SOCKETS: u16 = 255;

fn main() {
    console_error_panic_hook::set_once();
    let ready = Ready {
        clock_step: clock::step(),
        isolated: clock::is_isolated(),
        clock_began: clock::began(),
        most_sockets: MOST_SOCKETS,
    };
    let desk = Desk::new(BrowserWorld::new(), ready, Rc::new(spawn_local), |bytes| {
        channel::post_to_page(&bytes);
    });
    spawn_local(beat(desk.clone()));
    let answering = desk.clone();
    let page = channel::PageChannel::listen(move |bytes| answering.receive(&bytes));
    desk.announce();
    // The worker lives until its page ends it, and the channel with it.
    spawn_local(async move {
        std::future::pending::<()>().await;
        drop(page);
    });
}
