//! Thresholds of a run: `{"rtt.p95": "< 10ms", "success": ">= 99.9%"}`.
//!
//! Owns reading a threshold with its mistakes, checking whether it can ever be measured, and its line in a report. It
//! refuses to pass what was not measured: a threshold without samples fails and says so. The harness's `require` has
//! the same grammar.

mod bound;
mod error;
mod reading;
mod subject;

use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::base::nearest::nearest;
use crate::report::{ThresholdReport, Verdict};

use super::measured::Metrics;
use super::ratio::ONE;
use bound::Bound;

pub use bound::Kind;
pub use error::{Part, ThresholdError, ThresholdErrorKind};
pub use reading::Reading;
pub use subject::{Stat, Subject};

/// A metric and what it is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threshold {
    subject: Subject,
    bound: Bound,
}

impl Threshold {
    /// Reads one member of `thresholds`, whose placeholders are filled in, with every mistake in it.
    ///
    /// ```
    /// # use sockscope_engine::metrics::{Metrics, Threshold};
    /// # use std::time::Duration;
    /// let threshold = Threshold::parse("rtt.p95", &"< 10ms".into()).unwrap();
    /// let mut metrics = Metrics::default();
    /// metrics.record("rtt", Duration::from_micros(1200));
    /// assert_eq!(threshold.evaluate(&metrics).value, "1.2ms");
    ///
    /// let mistakes = Threshold::parse("rtt.p95", &"< 10".into()).unwrap_err();
    /// assert_eq!(mistakes[0].to_string(), "rtt.p95 is a duration: write 10ms, not 10");
    /// ```
    pub fn parse(key: &str, value: &Value) -> Result<Self, Vec<ThresholdError>> {
        Self::read(key, value, Subject::parse(key))
    }

    /// Reads one member of `require`, with every mistake in it.
    pub fn parse_requirement(key: &str, value: &Value) -> Result<Self, Vec<ThresholdError>> {
        Self::read(key, value, Subject::parse_requirement(key))
    }

    /// Reads what [`Self::to_string`] has written, which is what a report has in `expr`; none when it is something else.
    pub fn from_expr(expr: &str) -> Option<Self> {
        // The name of a metric may have blanks.
        let blanks = expr.match_indices(' ').map(|(at, _)| (&expr[..at], &expr[at + 1..]));
        let mut readings = blanks.filter_map(|(key, bound)| Self::parse(key, &Value::from(bound)).ok());
        readings.find(|threshold| threshold.to_string() == expr)
    }

    /// Reads all of `thresholds`, with the mistakes of all.
    pub fn parse_all(thresholds: &Map<String, Value>) -> Result<Vec<Self>, Vec<ThresholdError>> {
        collect(thresholds, Self::parse)
    }

    /// Reads all of `require`, with the mistakes of all.
    pub fn parse_requirements(requirements: &Map<String, Value>) -> Result<Vec<Self>, Vec<ThresholdError>> {
        collect(requirements, Self::parse_requirement)
    }

    fn read(
        key: &str,
        value: &Value,
        subject: Result<Subject, ThresholdErrorKind>,
    ) -> Result<Self, Vec<ThresholdError>> {
        let error = |part, at, kind| ThresholdError { key: key.to_owned(), part, at, kind };
        match subject {
            Ok(subject) => match Bound::parse(value, key, subject.kind()) {
                Ok(bound) => Ok(Self { subject, bound }),
                Err((at, kind)) => Err(vec![error(Part::Value, at, kind)]),
            },
            Err(kind) => {
                let mut mistakes = vec![error(Part::Key, 0, kind)];
                mistakes
                    .extend(bound::operator_mistake(value).map(|(at, kind)| error(Part::Value, at, kind)));
                Err(mistakes)
            }
        }
    }

    /// What it is about.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The duration that it compares with, down to a nanosecond; none when it is about something else.
    pub fn duration(&self) -> Option<Duration> {
        let nanos = u64::try_from(self.bound.value / ONE).unwrap_or(u64::MAX);
        (self.subject.kind() == Kind::Duration).then(|| Duration::from_nanos(nanos))
    }

    /// An error when no step of a suite that measures these timings can measure this one. Counters are always there.
    pub fn reach<'a>(&self, timings: impl IntoIterator<Item = &'a str>) -> Result<(), ThresholdError> {
        let Subject::Timing { name, .. } = &self.subject else { return Ok(()) };
        let timings: Vec<_> = timings.into_iter().collect();
        if timings.contains(&name.as_str()) {
            return Ok(());
        }
        let known = if timings.is_empty() { "none".to_owned() } else { timings.join(", ") };
        let nearest = nearest(name, timings).map(str::to_owned);
        let kind = ThresholdErrorKind::Unreachable { name: subject::cut(name), nearest, known };
        Err(ThresholdError { key: self.subject.to_string(), part: Part::Key, at: 0, kind })
    }

    /// Compares with what was measured.
    pub fn evaluate(&self, metrics: &Metrics) -> ThresholdReport {
        self.evaluate_with(|subject| Reading::of(metrics, subject))
    }

    /// Compares with what `lookup` says was measured; none, or a value of another kind, fails as not measured.
    pub fn evaluate_with(&self, lookup: impl FnOnce(&Subject) -> Option<Reading>) -> ThresholdReport {
        let kind = self.subject.kind();
        let exact = lookup(&self.subject).and_then(|reading| reading.exact(kind));
        let value = exact.map(|exact| reading::show(exact, kind, self.bound.value));
        let holds = exact.is_some_and(|exact| self.bound.operator.holds(exact.order(self.bound.value)));
        let (operator, bound) = (self.bound.operator.symbol(), &self.bound.text);
        let (value, message) = match value {
            Some(value) => {
                let message = format!("{} is {value}, expected {operator} {bound}", self.subject);
                (value, message)
            }
            None => self.absence(),
        };
        ThresholdReport {
            expr: self.to_string(),
            value,
            verdict: if holds { Verdict::Pass } else { Verdict::Fail },
            message: (!holds).then_some(message),
        }
    }

    /// That there is nothing to compare with, in place of a value, and why.
    fn absence(&self) -> (String, String) {
        let (value, message) = match &self.subject {
            Subject::Timing { name, .. } => ("no samples", format!("no sample of {name} was taken")),
            Subject::Rate(counter) => {
                ("no rate", format!("no time passed in which {counter} could have a rate"))
            }
            Subject::Success => {
                ("nothing expected", "nothing was expected, so nothing could succeed".to_owned())
            }
            Subject::Counter(_) | Subject::TimerStep => {
                ("not measured", format!("{} was not measured", self.subject))
            }
        };
        (value.to_owned(), message)
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.subject, self.bound.operator.symbol(), self.bound.text)
    }
}

fn collect(
    members: &Map<String, Value>,
    parse: impl Fn(&str, &Value) -> Result<Threshold, Vec<ThresholdError>>,
) -> Result<Vec<Threshold>, Vec<ThresholdError>> {
    let (mut thresholds, mut mistakes) = (Vec::new(), Vec::new());
    for (key, value) in members {
        match parse(key, value) {
            Ok(threshold) => thresholds.push(threshold),
            Err(found) => mistakes.extend(found),
        }
    }
    if mistakes.is_empty() { Ok(thresholds) } else { Err(mistakes) }
}

#[cfg(test)]
mod tests;
