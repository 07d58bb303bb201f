//! What came of a run, as data, and the forms in which people and machines read it.
//!
//! Owns the report JSON, which is a public contract. It refuses to judge: the runner has judged, a report says it.

mod masked;
mod model;

pub use model::{
    CheckReport, Difference, Environment, Failure, FailureKind, Leftover, Metric, Millis, NearMiss, Report,
    Second, StepReport, ThresholdReport, Totals, Verdict,
};
