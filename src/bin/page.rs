//! Mounts the page, and brings the views that are opened later.
//!
//! A release is downloaded in parts (docs/development/performance.md). Each function here that is a split point gives what only it
//! reaches a file of its own.

use std::cell::Cell;

use sockscope::ui::{App, View, report_panics};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

thread_local! {
    /// The checks, once they were opened.
    static CHECKS: Cell<Option<&'static View>> = const { Cell::new(None) };
}

fn main() {
    report_panics();
    #[cfg(split)]
    sockscope::ui::later::comes_from(|| Box::pin(async { parts::later().await.ok() }));
}

/// Draws the page. The start script calls it once, in a task of its own: on a slow machine, making the program ready is long enough.
#[wasm_bindgen]
pub fn draw() {
    leptos::mount::mount_to_body(|| leptos::view! { <App/> });
}

/// Draws a view that is not there from the start: `faults`, or else the checks, whose worker starts with them. The page's start
/// script calls it once for each, when it is first opened or when a script asks for a run.
#[wasm_bindgen]
pub async fn show(view: String) -> Result<(), JsError> {
    match view.as_str() {
        "faults" => (parts::faults().await?.start)(),
        _ => {
            let checks = parts::checks().await?;
            (checks.start)();
            CHECKS.set(Some(checks));
        }
    }
    Ok(())
}

/// What a script asks of the checks by name: see `docs/guide/scripting.md`.
#[wasm_bindgen]
pub fn call(name: &str, first: &JsValue, second: &JsValue) -> JsValue {
    CHECKS.get().map_or(JsValue::UNDEFINED, |checks| (checks.call)(name, first, second))
}

#[cfg(split)]
mod parts {
    use sockscope::ui::later::Later;
    use sockscope::ui::{View, checks, faults};
    use wasm_split_helpers::{SplitLoaderError, wasm_split};

    /// What the first picture does not need.
    #[wasm_split(later, fallible)]
    pub fn later() -> Result<&'static Later, SplitLoaderError> {
        Ok(sockscope::ui::later::later())
    }

    /// The view of checks.
    #[wasm_split(checks, fallible)]
    pub fn checks() -> Result<&'static View, SplitLoaderError> {
        Ok(checks::view())
    }

    /// The view of faults.
    #[wasm_split(faults, fallible)]
    pub fn faults() -> Result<&'static View, SplitLoaderError> {
        Ok(faults::view())
    }
}

#[cfg(not(split))]
mod parts {
    use std::convert::Infallible;

    use sockscope::ui::{View, checks, faults};

    pub async fn checks() -> Result<&'static View, Infallible> {
        Ok(checks::view())
    }

    pub async fn faults() -> Result<&'static View, Infallible> {
        Ok(faults::view())
    }
}
