//! What a run measures.
//!
//! Owns the timings. It refuses to know who records and when.

mod bucket;
mod delta;
mod encoding;
mod histogram;

pub use delta::Delta;
pub use encoding::HistogramError;
pub use histogram::{Histogram, Summary};
