//! The clipboard, for writing.

use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::words::words;

/// Puts a text into the clipboard; `done` hears the browser's words when it refuses, as it does to a page that has no focus.
pub fn copy(text: &str, done: impl FnOnce(Result<(), String>) + 'static) {
    let Some(window) = web_sys::window() else { return };
    let written = JsFuture::from(window.navigator().clipboard().write_text(text));
    spawn_local(async move { done(written.await.map(drop).map_err(|thrown| words(&thrown))) });
}
