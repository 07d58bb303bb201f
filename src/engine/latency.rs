//! How long things took: an HDR histogram in microseconds.
//!
//! Owns the unit and the precision (three significant digits). The rule a reader would break: percentiles of two runs are
//! never averaged; merge the histograms.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// A collection of durations.
#[derive(Clone, Debug)]
pub struct Latency {
    micros: Histogram<u64>,
    /// Kept beside the histogram, which knows them only to three digits.
    shortest: Duration,
    longest: Duration,
}

/// The figures of a [`Latency`]. There is none of an empty one: no number beats a wrong one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatencySummary {
    /// How many durations.
    pub count: u64,
    /// The shortest, exactly.
    pub min: Duration,
    /// The median. This and the percentiles have three significant digits.
    pub p50: Duration,
    /// 95 of 100 took at most this.
    pub p95: Duration,
    /// 99 of 100 took at most this.
    pub p99: Duration,
    /// The longest, exactly.
    pub max: Duration,
    /// The arithmetic mean.
    pub mean: Duration,
}

impl Default for Latency {
    fn default() -> Self {
        Self::new()
    }
}

impl Latency {
    /// An empty collection.
    pub fn new() -> Self {
        Self {
            micros: Histogram::new(3).expect("three significant digits are allowed"),
            shortest: Duration::MAX,
            longest: Duration::ZERO,
        }
    }

    /// The longest duration that is told from a longer one; it bounds what the histogram may grow to.
    pub const LONGEST: Duration = Duration::from_secs(24 * 3600);

    /// Adds one duration, rounded to a microsecond.
    pub fn record(&mut self, took: Duration) {
        self.shortest = self.shortest.min(took);
        self.longest = self.longest.max(took);
        let micros = (took.min(Self::LONGEST) + Duration::from_nanos(500)).as_micros() as u64;
        // Not `saturating_record`: it saturates at the present size instead of growing.
        self.micros.record(micros).expect("an auto-resizing histogram takes every value");
    }

    /// Adds all durations of another collection.
    pub fn merge(&mut self, other: &Self) {
        self.shortest = self.shortest.min(other.shortest);
        self.longest = self.longest.max(other.longest);
        for value in other.micros.iter_recorded() {
            self.micros
                .record_n(value.value_iterated_to(), value.count_at_value())
                .expect("an auto-resizing histogram takes every value");
        }
    }

    /// How many durations.
    pub fn count(&self) -> u64 {
        self.micros.len()
    }

    /// The duration that a share `q` (0 to 1) does not exceed; none when empty.
    pub fn quantile(&self, q: f64) -> Option<Duration> {
        (!self.micros.is_empty()).then(|| Duration::from_micros(self.micros.value_at_quantile(q)))
    }

    /// The usual figures; none when empty.
    pub fn summary(&self) -> Option<LatencySummary> {
        Some(LatencySummary {
            count: self.count(),
            min: self.shortest,
            p50: self.quantile(0.50)?,
            p95: self.quantile(0.95)?,
            p99: self.quantile(0.99)?,
            max: self.longest,
            mean: Duration::from_nanos((self.micros.mean() * 1000.0) as u64),
        })
    }

    /// The counts of `bars` equally wide steps from the shortest to the longest, for drawing; empty when empty.
    pub fn bars(&self, bars: usize) -> Vec<u64> {
        if self.micros.is_empty() || bars == 0 {
            return Vec::new();
        }
        // A recorded value stands for a small range; taking its low end everywhere keeps equal durations in one bar.
        let lowest = |value| self.micros.lowest_equivalent(value);
        let (low, high) = (lowest(self.micros.min()), lowest(self.micros.max()));
        let width = (high - low) as f64 / bars as f64;
        let mut counts = vec![0; bars];
        for value in self.micros.iter_recorded() {
            let at = if width > 0.0 {
                (lowest(value.value_iterated_to()).saturating_sub(low) as f64 / width) as usize
            } else {
                0
            };
            counts[at.min(bars - 1)] += value.count_at_value();
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_millis(millis: impl IntoIterator<Item = u64>) -> Latency {
        let mut latency = Latency::new();
        for ms in millis {
            latency.record(Duration::from_millis(ms));
        }
        latency
    }

    #[test]
    fn figures_of_nothing_are_none() {
        assert_eq!(Latency::new().summary(), None);
        assert_eq!(Latency::new().quantile(0.5), None);
        assert!(Latency::new().bars(8).is_empty());
    }

    #[test]
    fn percentiles_are_within_a_thousandth() {
        let summary = of_millis(1..=1000).summary().expect("1000 samples");
        assert_eq!(summary.count, 1000);
        for (got, want) in [(summary.p50, 500), (summary.p95, 950), (summary.p99, 990), (summary.max, 1000)] {
            let off = got.abs_diff(Duration::from_millis(want));
            assert!(off <= Duration::from_micros(want), "{got:?} for {want} ms");
        }
    }

    #[test]
    fn five_microseconds_survive() {
        let mut latency = Latency::new();
        latency.record(Duration::from_micros(5));
        assert_eq!(latency.summary().expect("a sample").max, Duration::from_micros(5));
    }

    #[test]
    fn the_shortest_and_the_longest_are_exact() {
        let mut latency = Latency::new();
        latency.record(Duration::from_micros(2_270));
        latency.record(Duration::from_micros(16_100));
        let summary = latency.summary().expect("two samples");
        assert_eq!((summary.min, summary.max), (Duration::from_micros(2_270), Duration::from_micros(16_100)));
    }

    #[test]
    fn merged_is_as_if_recorded_together() {
        let mut left = of_millis(1..=500);
        left.merge(&of_millis(501..=1000));
        assert_eq!(left.summary(), of_millis(1..=1000).summary());
    }

    #[test]
    fn bars_count_every_sample() {
        assert_eq!(of_millis(0..100).bars(10).iter().sum::<u64>(), 100);
        assert_eq!(of_millis([7, 7, 7]).bars(4), [3, 0, 0, 0]);
    }

    #[test]
    fn an_absurd_duration_does_not_break_it() {
        let mut latency = of_millis([1]);
        latency.record(Duration::MAX);
        assert_eq!(latency.count(), 2);
    }
}
