//! What a run measures, and what is asked of it.
//!
//! Owns the timings, the counters, the thresholds on both, and their form in a report. It refuses to know who records
//! and when: durations come in, verdicts go out. Figures are never compared as floats.

mod bucket;
mod counters;
mod delta;
mod encoding;
mod figures;
mod histogram;
mod measured;
pub mod plot;
mod ratio;
mod relayed;
mod threshold;
mod trend;

pub use counters::{Counters, Success};
pub use delta::Delta;
pub use encoding::HistogramError;
pub use figures::{MetricsError, MetricsErrorKind};
pub use histogram::{Histogram, Summary};
pub use measured::Metrics;
pub use relayed::{is_relayed, relayed};
pub use threshold::{Kind, Part, Reading, Stat, Subject, Threshold, ThresholdError, ThresholdErrorKind};
pub use trend::{Trend, TrendPoint};
