//! What is shown, computed without a browser: texts, geometry of lists, addresses of views.
//!
//! Everything in here is pure and tested natively. It refuses to know leptos.

pub mod faults;
pub mod format;
pub mod margin;
pub mod route;
pub mod running;
pub mod viewport;
