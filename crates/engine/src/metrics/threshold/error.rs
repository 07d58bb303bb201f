//! What can be wrong with a threshold, in words.

use crate::base::unit::UnitError;

use super::bound::Kind;
use super::subject::Stat;

/// One mistake in a threshold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct ThresholdError {
    /// The metric as it is written, which finds the threshold in its object.
    pub key: String,
    /// Which half of the member is wrong.
    pub part: Part,
    /// Byte offset within that half.
    pub at: usize,
    /// What is wrong.
    pub kind: ThresholdErrorKind,
}

/// The halves of a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What is compared: `rtt.p95`.
    Key,
    /// With what: `< 10ms`.
    Value,
}

/// What can be wrong with a threshold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ThresholdErrorKind {
    /// No metric.
    #[error("the metric has no name; write a counter or a timing with a figure, such as missing or rtt.p95")]
    NoName,
    /// Almost a metric.
    #[error("{written:?} is not a metric; did you mean {meant:?}?")]
    Meant {
        /// What was written.
        written: String,
        /// What to write.
        meant: String,
    },
    /// A timing without a figure.
    #[error("{name:?} names no figure; write {name}.p95, or instead of p95 one of {}", Stat::list())]
    NoStat {
        /// What was written.
        name: String,
    },
    /// A figure that a counter does not have.
    #[error("the counter {counter} has no {stat:?}; write {counter} or {counter}.rate")]
    CounterStat {
        /// The counter.
        counter: &'static str,
        /// What was written after it.
        stat: String,
    },
    /// A figure of something that is one value.
    #[error("{name} is one value and has no {stat:?}; write {name}")]
    OneValue {
        /// `success` or `timer_step`.
        name: &'static str,
        /// What was written after it.
        stat: String,
    },
    /// A metric that the harness does not measure.
    #[error("the harness does not measure {name:?}; write timer_step or loop_lag.p99")]
    NotOfHarness {
        /// What was written.
        name: String,
    },
    /// A timing of which no step takes a sample.
    #[error(
        "no step takes a sample of {name:?}; {}",
        .nearest.as_ref().map_or_else(|| format!("there is {known}"), |near| format!("did you mean {near:?}?"))
    )]
    Unreachable {
        /// The timing.
        name: String,
        /// The nearest one that is measured.
        nearest: Option<String>,
        /// All that are measured.
        known: String,
    },
    /// Another type of value.
    #[error("a threshold is a text such as {example:?}, not {got}")]
    Type {
        /// What to write.
        example: String,
        /// What was written.
        got: &'static str,
    },
    /// No text in the text.
    #[error("the threshold is empty; write {example:?}")]
    Empty {
        /// What to write.
        example: String,
    },
    /// Something to compare with, but not how.
    #[error("{written:?} does not say how to compare; write {example:?}")]
    NoOperator {
        /// What was written.
        written: String,
        /// What to write.
        example: String,
    },
    /// Another language's operator.
    #[error("{written:?} is not an operator; did you mean {meant}?")]
    Operator {
        /// What was written.
        written: String,
        /// The operator meant.
        meant: &'static str,
    },
    /// Nothing to compare with.
    #[error("{operator} is followed by nothing; write {example:?}")]
    NoBound {
        /// The operator.
        operator: &'static str,
        /// What to write.
        example: String,
    },
    /// A unit that is not one of the metric.
    #[error("{metric} is {kind}: write {example}, not {written}")]
    Unfit {
        /// The metric as it is written.
        metric: String,
        /// What the metric is.
        kind: Kind,
        /// What to write.
        example: String,
        /// What was written.
        written: String,
    },
    /// Neither a number nor a number with a unit.
    #[error("{metric} is {kind}, but {written:?} is not one; write {example}")]
    Malformed {
        /// The metric as it is written.
        metric: String,
        /// What the metric is.
        kind: Kind,
        /// What was written, cut.
        written: String,
        /// What to write.
        example: String,
    },
    /// More than all.
    #[error("{metric} is at most 100%, so {written} cannot be compared with it")]
    BeyondAll {
        /// The metric as it is written.
        metric: String,
        /// What was written.
        written: String,
    },
    /// Not a duration or not a size.
    #[error(transparent)]
    Unit(#[from] UnitError),
}
