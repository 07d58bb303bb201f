//! Metrics in their form in a report, and back.
//!
//! Owns the parts of a timing and of a counter that go into a report's `metrics`. When a report is read, figures are
//! computed from the histogram again. Only the extremes are taken as written, since the histogram keeps only three
//! digits of them.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::report::Metric;

use super::counters::Counters;
use super::encoding::HistogramError;
use super::histogram::Histogram;
use super::measured::Metrics;
use super::ratio::{ONE, Ratio};

/// What is wrong with the metrics of a report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{metric}: {kind}")]
pub struct MetricsError {
    /// The name of the metric.
    pub metric: String,
    /// What is wrong with it.
    pub kind: MetricsErrorKind,
}

/// What can be wrong with a metric of a report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetricsErrorKind {
    /// A unit that no metric has.
    #[error("the unit is us, count or bytes, not {0:?}")]
    Unit(String),
    /// A timing that cannot be read back.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A histogram that cannot be read.
    #[error(transparent)]
    Histogram(#[from] HistogramError),
    /// Figures that do not belong to the histogram beside them.
    #[error("{0} does not fit the histogram")]
    Unfit(&'static str),
}

impl Metrics {
    /// The `metrics` of a report. A timing without samples has a count and no figures; without time, rates are left
    /// out.
    pub fn to_report(&self) -> BTreeMap<String, Metric> {
        let timings = self.timings.iter().map(|(name, histogram)| (name.clone(), Metric::from(histogram)));
        let counters = self.counters.iter().map(|(name, count)| {
            let rate = per_second(count, self.over).map(|rate| rate.rounded(3) as f64 / ONE as f64);
            (name.to_owned(), Metric { rate, ..bare(Counters::unit(name), count) })
        });
        timings.chain(counters).collect()
    }

    /// Reads the `metrics` of a report, with every mistake in them; `over` is the duration of what they are of. Counters
    /// that this version does not know are skipped, since a later one may have written them.
    pub fn from_report(
        metrics: &BTreeMap<String, Metric>,
        over: Duration,
    ) -> Result<Self, Vec<MetricsError>> {
        let mut read = Self { over, ..Self::default() };
        let mut mistakes = Vec::new();
        for (name, metric) in metrics {
            if let Err(kind) = read.take_in(name, metric) {
                mistakes.push(MetricsError { metric: name.clone(), kind });
            }
        }
        if mistakes.is_empty() { Ok(read) } else { Err(mistakes) }
    }

    fn take_in(&mut self, name: &str, metric: &Metric) -> Result<(), MetricsErrorKind> {
        match metric.unit.as_str() {
            "us" => {
                self.timings.insert(name.to_owned(), histogram(metric)?);
            }
            "count" | "bytes" => {
                if let Some(counter) = self.counters.get_mut(name) {
                    *counter = metric.count;
                }
            }
            unit => return Err(MetricsErrorKind::Unit(unit.to_owned())),
        }
        Ok(())
    }
}

/// The figures of a timing.
impl From<&Histogram> for Metric {
    fn from(histogram: &Histogram) -> Self {
        let bare = bare("us", histogram.count());
        let Some(summary) = histogram.summary() else { return bare };
        Self {
            min: Some(micros(summary.min)),
            mean: Some(micros(summary.mean)),
            p50: Some(micros(summary.p50)),
            p90: Some(micros(summary.p90)),
            p95: Some(micros(summary.p95)),
            p99: Some(micros(summary.p99)),
            p999: Some(micros(summary.p999)),
            max: Some(micros(summary.max)),
            stddev: Some(micros(summary.stddev)),
            histogram: Some(histogram.to_base64()),
            ..bare
        }
    }
}

fn bare(unit: &str, count: u64) -> Metric {
    Metric {
        unit: unit.to_owned(),
        count,
        rate: None,
        min: None,
        mean: None,
        p50: None,
        p90: None,
        p95: None,
        p99: None,
        p999: None,
        max: None,
        stddev: None,
        histogram: None,
    }
}

fn histogram(metric: &Metric) -> Result<Histogram, MetricsErrorKind> {
    if metric.count == 0 {
        return Ok(Histogram::new());
    }
    let text = metric.histogram.as_ref().ok_or(MetricsErrorKind::Missing("histogram"))?;
    let histogram = Histogram::from_base64(text)?;
    if histogram.count() != metric.count {
        return Err(MetricsErrorKind::Unfit("count"));
    }
    let shortest = duration(metric.min.ok_or(MetricsErrorKind::Missing("min"))?);
    let longest = duration(metric.max.ok_or(MetricsErrorKind::Missing("max"))?);
    histogram.with_extremes(shortest, longest).ok_or(MetricsErrorKind::Unfit("min or max"))
}

/// How many a second; none when no time has passed.
pub(super) fn per_second(count: u64, over: Duration) -> Option<Ratio> {
    Ratio::new(count, 1_000_000_000, u64::try_from(over.as_nanos()).unwrap_or(u64::MAX))
}

/// With three decimals, which are nanoseconds; up to 24 hours a float holds them all.
fn micros(duration: Duration) -> f64 {
    duration.as_nanos() as f64 / 1000.0
}

fn duration(micros: f64) -> Duration {
    Duration::from_nanos((micros * 1000.0).round() as u64)
}

#[cfg(test)]
mod tests;
