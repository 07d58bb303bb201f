//! Which frames are shown.
//!
//! Owns what a person may filter by and the index of the frames that pass. It refuses to hold frames. The rule a reader would
//! break: a frame that certainly does not pass is refused before anything is allocated or parsed for it, since a million are
//! looked at while somebody types.

mod hits;
mod spec;
mod test;

pub use hits::Hits;
pub use spec::{FilterError, FilterMode, FilterSpec};
pub use test::Filter;
