//! Where the view begins: in its place on the page, or in a test's.

use std::cell::RefCell;

use leptos::mount::{UnmountHandle, mount_to};
use leptos::prelude::*;
use leptos::tachys::view::any_view::AnyViewState;
use wasm_bindgen::JsValue;
use web_sys::HtmlElement;

use super::super::View;
use super::store::Store;
use super::view::faults;

thread_local! {
    /// The view in its place on the page.
    static MOUNTED: RefCell<Option<MountedFaults>> = const { RefCell::new(None) };
}

/// A view that is drawn, and asks the server, for as long as this lives.
pub struct MountedFaults {
    handle: Option<UnmountHandle<AnyViewState>>,
    owner: Owner,
}

impl Drop for MountedFaults {
    fn drop(&mut self) {
        self.handle = None;
        // Every event handler holds its owner until the browser collects its garbage: by itself nothing would end before.
        self.owner.cleanup();
    }
}

/// Draws the view in an element.
pub fn mount_in(host: HtmlElement) -> MountedFaults {
    let owner = Owner::new();
    let handle = owner.with(|| mount_to(host, || faults(Store::new())));
    MountedFaults { handle: Some(handle), owner }
}

/// The view.
#[must_use]
pub fn view() -> &'static View {
    static FAULTS: View = View { start, call: |_, _, _| JsValue::UNDEFINED };
    &FAULTS
}

/// Draws the view in its place on the page, for as long as the page is there.
fn start() {
    if let Some(place) = crate::browser::page::element("faults") {
        place.set_text_content(None);
        MOUNTED.with(|kept| kept.replace(Some(mount_in(place))));
    }
}
