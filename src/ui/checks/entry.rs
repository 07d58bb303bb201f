//! Where the view begins: in its place on the page, or in a test's.

use std::cell::RefCell;

use leptos::mount::{UnmountHandle, mount_to};
use leptos::prelude::*;
use leptos::tachys::view::any_view::AnyViewState;
use web_sys::HtmlElement;

use super::super::View;
use super::link::Link;
use super::script::call;
use super::store::Store;
use super::view::Suites;
use super::{address, folder, script};

thread_local! {
    /// The view in its place on the page.
    static MOUNTED: RefCell<Option<MountedChecks>> = const { RefCell::new(None) };
}

/// A view that is drawn for as long as this lives; its worker ends with it.
pub struct MountedChecks {
    handle: Option<UnmountHandle<AnyViewState>>,
    owner: Owner,
}

impl Drop for MountedChecks {
    fn drop(&mut self) {
        self.handle = None;
        // Every event handler holds its owner until the browser collects its garbage: by itself nothing would end before.
        self.owner.cleanup();
    }
}

/// Draws the view in an element. `worker` is the address of the script that starts its worker.
pub fn mount_in(host: HtmlElement, worker: &str) -> MountedChecks {
    let owner = Owner::new();
    let worker = worker.to_owned();
    let handle = owner.with(|| {
        mount_to(host, move || {
            let store = Store::new();
            let link = Link::start(store, &worker);
            script::offer(store, link);
            address::obey(store, link);
            folder::follow(store, link);
            view! { <Suites store link/> }.into_any()
        })
    });
    MountedChecks { handle: Some(handle), owner }
}

/// The view with what scripts ask of it.
#[must_use]
pub fn view() -> &'static View {
    static CHECKS: View = View { start, call };
    &CHECKS
}

/// Draws the view in its place on the page, for as long as the page is there.
fn start() {
    let place = crate::browser::page::element("checks");
    if let Some(place) = place {
        place.set_text_content(None);
        let mounted = mount_in(place, "./boot/checks_worker.js");
        MOUNTED.with(|kept| kept.replace(Some(mounted)));
    }
}
