//! What a run measures.
//!
//! Owns the timings, the counters and their form in a report. It refuses to know who records and when: durations come in,
//! figures go out.

mod bucket;
mod counters;
mod delta;
mod encoding;
mod figures;
mod histogram;
mod measured;
mod ratio;

pub use counters::{Counters, Success};
pub use delta::Delta;
pub use encoding::HistogramError;
pub use figures::{MetricsError, MetricsErrorKind};
pub use histogram::{Histogram, Summary};
pub use measured::Metrics;
