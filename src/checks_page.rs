//! The views of checks and of faults as a program of its own: the page's start script loads it when one of them is first
//! opened, or when a script asks for a run. Each is drawn only where it was asked for.

use js_sys::Promise;
use sockscope::ui::{faults, report_panics, suites};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

fn main() {
    report_panics();
}

/// Draws the view of this name, once: `faults`, or else the checks, whose worker starts with them.
#[wasm_bindgen]
pub fn show(view: &str) {
    match view {
        "faults" => faults::start(),
        _ => suites::start(),
    }
}

/// Runs a suite: see `docs/scripting.md`.
#[wasm_bindgen]
pub fn run(suite: &JsValue, options: &JsValue) -> Promise {
    suites::run(suite, options)
}

/// How the latest run stands.
#[wasm_bindgen]
pub fn status() -> JsValue {
    suites::status()
}

/// The recording of the latest run in one of its forms.
#[wasm_bindgen]
pub fn events(form: &str) -> Promise {
    suites::events(form)
}

/// The connections of the latest run that ended without a close frame.
#[wasm_bindgen]
pub fn broken() -> Promise {
    suites::broken()
}

/// What the latest run says of a server.
#[wasm_bindgen]
pub fn certificate() -> Promise {
    suites::certified()
}

/// Texts without the secrets of the latest run.
#[wasm_bindgen]
pub fn mask(texts: &JsValue) -> Promise {
    suites::mask(texts)
}

/// Ends what runs.
#[wasm_bindgen]
pub fn stop() {
    suites::stop();
}
