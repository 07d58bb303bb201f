//! What is shown, computed without a browser: texts, geometry of lists, addresses of views.
//!
//! Everything in here is pure and tested natively. It refuses to know leptos.

pub mod capacity;
pub mod columns;
pub mod connections;
pub mod course;
pub mod faults;
pub mod format;
pub mod lanes;
pub mod load;
pub mod margin;
pub mod route;
pub mod rungs;
pub mod running;
pub mod saved_filters;
pub mod tiles;
pub mod value_filter;
pub mod viewport;
