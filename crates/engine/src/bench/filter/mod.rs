//! Which frames of the log are shown.
//!
//! Owns what a filter says (`spec`), whether a frame passes (`filter`), and the growing list of those that do (`hits`).
//! It refuses to know rows and pages. Typing must stay smooth with a million frames, so nothing is allocated for a
//! frame that fails the byte search.

mod automaton;
#[expect(clippy::module_inception, reason = "the file is named after the noun that it owns")]
mod filter;
mod hits;
mod literal;
mod needle;
mod spec;

pub use filter::{Filter, FilterError};
pub use hits::{Hits, Progress};
pub use spec::{FilterMode, FilterSpec};
