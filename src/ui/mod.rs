//! What is drawn. Holds view state only.
//!
//! Owns what a person sees and touches. It refuses to own sockets, the log or a check: it asks the worker and draws the
//! answer. Formatting and geometry are pure and tested natively; components are thin.

use wasm_bindgen::JsValue;

pub mod faults;

mod bench;
pub mod checks;
pub mod later;
mod parts;
mod practice;
mod shell;
mod turns;

/// A view that is drawn when it is first opened.
pub struct View {
    /// Draws it in its place.
    pub start: fn(),
    /// Does what a script asks for by name.
    pub call: fn(&str, &JsValue, &JsValue) -> JsValue,
}

pub use shell::app::App;
pub use shell::mount::{Mounted, mount_in};
pub use shell::trouble::report_panics;
