//! What a page asks its window: where it is, what it kept, whether anybody looks. Only for the page, not for the worker.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Storage, VisibilityState, Window};

fn window() -> Window {
    web_sys::window().expect("the page has a window")
}

/// The part of the address after `#`, without it.
pub fn fragment() -> String {
    window().location().hash().unwrap_or_default().trim_start_matches('#').to_owned()
}

/// The WebSocket address of the host that serves the page, with this path.
pub fn own_socket_address(path: &str) -> String {
    let location = window().location();
    let scheme = if location.protocol().as_deref() == Ok("https:") { "wss" } else { "ws" };
    match location.host() {
        Ok(host) if !host.is_empty() => format!("{scheme}://{host}{path}"),
        _ => format!("ws://localhost:9000{path}"),
    }
}

/// Whether nobody looks: the tab is in the background.
pub fn is_hidden() -> bool {
    window().document().is_some_and(|d| d.visibility_state() == VisibilityState::Hidden)
}

/// Calls `changed` at every change of the fragment, until dropped.
pub struct FragmentListener {
    listener: Closure<dyn FnMut()>,
}

impl FragmentListener {
    /// Starts listening.
    pub fn new(mut changed: impl FnMut(String) + 'static) -> Self {
        let listener = Closure::<dyn FnMut()>::new(move || changed(fragment()));
        // Adding a listener throws only for a callback that is none.
        let _ = window().add_event_listener_with_callback("hashchange", listener.as_ref().unchecked_ref());
        Self { listener }
    }
}

impl Drop for FragmentListener {
    fn drop(&mut self) {
        let _ = window()
            .remove_event_listener_with_callback("hashchange", self.listener.as_ref().unchecked_ref());
    }
}

/// Runs `draw` with the next frame; at once when nobody looks, since a hidden page has no frames.
pub fn with_next_frame(draw: impl FnOnce() + 'static) {
    if is_hidden() {
        wasm_bindgen_futures::spawn_local(async {
            gloo_timers::future::TimeoutFuture::new(0).await;
            draw();
        });
        return;
    }
    let draw = Closure::once_into_js(draw);
    // Without a frame nothing is drawn and nothing is lost: the next update comes after this one.
    let _ = window().request_animation_frame(draw.unchecked_ref());
}

/// What this page kept under a name.
pub fn kept(name: &str) -> Option<String> {
    storage()?.get_item(&key(name)).ok()?
}

/// Keeps a text under a name. A browser that keeps nothing (private windows, full disk) is no error: it starts afresh.
pub fn keep(name: &str, text: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(&key(name), text);
    }
}

fn storage() -> Option<Storage> {
    window().local_storage().ok()?
}

fn key(name: &str) -> String {
    format!("sockscope.{name}")
}
