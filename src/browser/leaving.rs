//! Leaving the page, and looking away from it.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{BeforeUnloadEvent, VisibilityState};

/// Lets the browser ask before the page is left, when there is something to lose; until dropped.
pub struct LeaveQuestion {
    asked: Closure<dyn FnMut(BeforeUnloadEvent)>,
}

impl LeaveQuestion {
    /// Asks when `has_something_to_lose` says so. The words are the browser's own.
    pub fn new(has_something_to_lose: impl Fn() -> bool + 'static) -> Self {
        let asked = Closure::<dyn FnMut(_)>::new(move |event: BeforeUnloadEvent| {
            if has_something_to_lose() {
                event.prevent_default();
            }
        });
        if let Some(window) = web_sys::window() {
            // Adding a listener throws only for a callback that is none.
            let _ = window.add_event_listener_with_callback("beforeunload", asked.as_ref().unchecked_ref());
        }
        Self { asked }
    }
}

impl Drop for LeaveQuestion {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            let _ = window
                .remove_event_listener_with_callback("beforeunload", self.asked.as_ref().unchecked_ref());
        }
    }
}

/// Tells whenever the page goes out of sight or comes back, until dropped.
pub struct SightListener {
    changed: Closure<dyn FnMut()>,
}

impl SightListener {
    /// Tells at once how it is.
    pub fn new(changed: impl Fn(bool) + 'static) -> Self {
        let tell = move || changed(is_hidden());
        tell();
        let changed = Closure::<dyn FnMut()>::new(tell);
        if let Some(document) = web_sys::window().and_then(|window| window.document()) {
            let _ = document
                .add_event_listener_with_callback("visibilitychange", changed.as_ref().unchecked_ref());
        }
        Self { changed }
    }
}

impl Drop for SightListener {
    fn drop(&mut self) {
        if let Some(document) = web_sys::window().and_then(|window| window.document()) {
            let _ = document.remove_event_listener_with_callback(
                "visibilitychange",
                self.changed.as_ref().unchecked_ref(),
            );
        }
    }
}

fn is_hidden() -> bool {
    web_sys::window()
        .and_then(|window| window.document())
        .is_some_and(|document| document.visibility_state() == VisibilityState::Hidden)
}
