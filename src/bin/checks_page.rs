//! The views of checks and of faults as a program of its own. The page's start script loads it when one of them is first
//! opened, or when a script asks for a run. Each is drawn only where it was asked for.

use js_sys::Promise;
use sockscope::ui::{checks, faults, report_panics};
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
        _ => checks::start(),
    }
}

/// Runs a suite: see `docs/guide/scripting.md`.
#[wasm_bindgen]
pub fn run(suite: &JsValue, options: &JsValue) -> Promise {
    checks::run(suite, options)
}

/// How the latest run stands.
#[wasm_bindgen]
pub fn status() -> JsValue {
    checks::status()
}

/// The recording of the latest run in one of its forms.
#[wasm_bindgen]
pub fn events(form: &str) -> Promise {
    checks::events(form)
}

/// The connections of the latest run that ended without a close frame.
#[wasm_bindgen]
pub fn broken() -> Promise {
    checks::broken()
}

/// What the latest run says of a server.
#[wasm_bindgen]
pub fn certificate() -> Promise {
    checks::certified()
}

/// Texts without the secrets of the latest run.
#[wasm_bindgen]
pub fn mask(texts: &JsValue) -> Promise {
    checks::mask(texts)
}

/// Ends what runs.
#[wasm_bindgen]
pub fn stop() {
    checks::stop();
}
