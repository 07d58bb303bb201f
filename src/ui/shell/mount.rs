//! The page within another one, such as that of a test.

use leptos::mount::{UnmountHandle, mount_to};
use leptos::prelude::*;
use leptos::tachys::view::any_view::AnyViewState;

use super::super::App;

/// A page that is drawn for as long as this lives; its worker ends with it.
pub struct Mounted {
    handle: Option<UnmountHandle<AnyViewState>>,
    owner: Owner,
}

impl Drop for Mounted {
    fn drop(&mut self) {
        self.handle = None;
        // Every event handler holds its owner until the browser collects its garbage: by itself nothing would end before.
        self.owner.cleanup();
    }
}

/// Draws the page in an element. `worker` is the address of the script that starts the worker.
pub fn mount_in(host: web_sys::HtmlElement, worker: &'static str) -> Mounted {
    let owner = Owner::new();
    let handle = owner.with(|| mount_to(host, move || view! { <App worker/> }.into_any()));
    Mounted { handle: Some(handle), owner }
}
