//! What a worker knows of where it runs, and a window too: what is asked here has the same name in both.

use wasm_bindgen::JsCast;
use web_sys::WorkerGlobalScope;

fn scope() -> WorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// What the browser calls itself.
pub fn user_agent() -> String {
    scope().navigator().user_agent().unwrap_or_default()
}

/// The origin that the worker or the page came from; a worker has that of its page.
pub fn origin() -> String {
    scope().location().origin()
}
