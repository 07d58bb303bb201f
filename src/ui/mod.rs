//! What is drawn. Holds view state only.
//!
//! Owns what a person sees and touches. It refuses to own sockets, the log or a check: it asks the worker and draws the
//! answer. Formatting and geometry are pure and tested natively; components are thin.

pub mod chart;
pub mod faults;
pub mod format;
pub mod live;
pub mod margin;
pub mod route;
pub mod viewport;

#[cfg(feature = "page")]
mod app;
#[cfg(feature = "page")]
mod bench;
#[cfg(feature = "page")]
mod composer;
#[cfg(feature = "page")]
mod connect;
#[cfg(feature = "page")]
mod connections;
#[cfg(feature = "page")]
mod detail;
#[cfg(feature = "page")]
mod dialogs;
#[cfg(feature = "page")]
mod explanation;
#[cfg(feature = "page")]
mod export;
#[cfg(feature = "page")]
mod fields;
#[cfg(feature = "page")]
mod filter_bar;
#[cfg(feature = "page")]
mod icons;
#[cfg(feature = "page")]
mod keys;
#[cfg(feature = "page")]
mod latency;
#[cfg(feature = "page")]
mod left_draft;
#[cfg(feature = "page")]
mod link;
#[cfg(feature = "page")]
mod matching;
#[cfg(feature = "page")]
mod pace;
#[cfg(feature = "page")]
mod panels;
#[cfg(feature = "page")]
mod plot;
#[cfg(feature = "page")]
mod practice;
#[cfg(feature = "page")]
mod recording;
#[cfg(feature = "page")]
mod row;
#[cfg(feature = "page")]
mod share;
#[cfg(feature = "page")]
mod store;
#[cfg(feature = "page")]
pub mod suites;
#[cfg(feature = "page")]
mod surroundings;
#[cfg(feature = "page")]
mod theme;
#[cfg(feature = "page")]
mod timeline;
#[cfg(feature = "page")]
mod timeline_head;
#[cfg(feature = "page")]
mod toast;
#[cfg(feature = "page")]
mod trouble;

#[cfg(feature = "page")]
mod mount;

#[cfg(feature = "page")]
pub use app::App;
#[cfg(feature = "page")]
pub use mount::{Mounted, mount_in};
#[cfg(feature = "page")]
pub use trouble::report_panics;
