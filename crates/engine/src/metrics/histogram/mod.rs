//! Durations: an HDR histogram in microseconds.
//!
//! Owns the unit and the precision (three significant digits). Never average percentiles of two runs: merge the
//! histograms.

use std::time::Duration;

use hdrhistogram::Histogram as Micros;
use serde::{Deserialize, Serialize};

use super::delta::{Delta, Fresh};

/// A collection of durations.
#[derive(Clone, Debug)]
pub struct Histogram {
    micros: Micros<u64>,
    /// Kept beside the buckets, which know them only to three digits.
    extremes: Extremes,
    /// Nothing before the first [`Histogram::take_delta`], so that unused deltas cost nothing.
    fresh: Option<Box<(Fresh, Extremes)>>,
}

/// The usual figures of a [`Histogram`]. There is none of an empty one: no number beats a wrong one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// How many durations.
    pub count: u64,
    /// The shortest, exactly.
    pub min: Duration,
    /// The arithmetic mean. This, the percentiles and the deviation have three significant digits.
    pub mean: Duration,
    /// The median.
    pub p50: Duration,
    /// 90 of 100 took at most this.
    pub p90: Duration,
    /// 95 of 100 took at most this.
    pub p95: Duration,
    /// 99 of 100 took at most this.
    pub p99: Duration,
    /// 999 of 1000 took at most this.
    pub p999: Duration,
    /// The longest, exactly.
    pub max: Duration,
    /// The standard deviation of these durations, not an estimate for others.
    pub stddev: Duration,
}

/// The shortest and the longest of some durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Extremes {
    shortest: Duration,
    longest: Duration,
}

impl Extremes {
    const OF_NOTHING: Self = Self { shortest: Duration::MAX, longest: Duration::ZERO };

    fn include(&mut self, other: Self) {
        self.shortest = self.shortest.min(other.shortest);
        self.longest = self.longest.max(other.longest);
    }

    fn known(self) -> Option<(Duration, Duration)> {
        (self.shortest <= self.longest).then_some((self.shortest, self.longest))
    }
}

impl From<(Duration, Duration)> for Extremes {
    fn from((shortest, longest): (Duration, Duration)) -> Self {
        Self { shortest, longest }
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

/// Two collections are equal when no figure differs; whether their deltas are read does not matter.
impl PartialEq for Histogram {
    fn eq(&self, other: &Self) -> bool {
        self.extremes == other.extremes && self.buckets().eq(other.buckets())
    }
}

impl Eq for Histogram {}

impl Histogram {
    /// An empty collection.
    pub fn new() -> Self {
        Self {
            micros: Micros::new(3).expect("three significant digits are allowed"),
            extremes: Extremes::OF_NOTHING,
            fresh: None,
        }
    }

    /// A longer duration counts as this one; it bounds what the histogram may grow to.
    pub const LONGEST: Duration = Duration::from_secs(24 * 3600);

    /// Adds one duration, rounded to a microsecond.
    pub fn record(&mut self, took: Duration) {
        let took = took.min(Self::LONGEST);
        self.put(micros(took), 1);
        self.stretch((took, took).into());
    }

    /// Adds all durations of another collection; the result is as if they had been recorded here.
    pub fn merge(&mut self, other: &Self) {
        for (value, count) in other.buckets() {
            self.put(value, count);
        }
        self.stretch(other.extremes);
    }

    /// Takes what was recorded since the last look; the first look takes everything.
    pub fn take_delta(&mut self) -> Delta {
        let (counts, extremes) = match &mut self.fresh {
            Some(fresh) => (fresh.0.take(), std::mem::replace(&mut fresh.1, Extremes::OF_NOTHING)),
            None => {
                self.fresh = Some(Box::new((Fresh::default(), Extremes::OF_NOTHING)));
                (self.buckets().collect(), self.extremes)
            }
        };
        Delta { counts, extremes: extremes.known() }
    }

    /// Adds what another collection has gained since it was last read.
    pub fn add(&mut self, delta: &Delta) {
        for (value, count) in &delta.counts {
            self.put((*value).min(micros(Self::LONGEST)), *count);
        }
        if let Some(extremes) = delta.extremes {
            self.stretch(extremes.into());
        }
    }

    /// `value` in microseconds is at most [`Self::LONGEST`].
    fn put(&mut self, value: u64, count: u64) {
        if count == 0 {
            return; // A delta from elsewhere may say so, and it would move the extremes.
        }
        // Not `saturating_record`: it saturates at the present size instead of growing.
        self.micros.record_n(value, count).expect("an auto-resizing histogram takes every value");
        if let Some(fresh) = &mut self.fresh {
            fresh.0.record(value, count);
        }
    }

    fn stretch(&mut self, extremes: Extremes) {
        self.extremes.include(extremes);
        if let Some(fresh) = &mut self.fresh {
            fresh.1.include(extremes);
        }
    }

    /// The lowest value of each bucket in microseconds and how many durations are in it, ascending, without empty ones.
    pub(super) fn buckets(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.micros.iter_recorded().map(|bucket| {
            (self.micros.lowest_equivalent(bucket.value_iterated_to()), bucket.count_at_value())
        })
    }

    /// Each duration, as the middle of its bucket, with how many there are of it; ascending.
    pub fn recorded(&self) -> impl Iterator<Item = (Duration, u64)> + '_ {
        self.micros.iter_recorded().map(|bucket| {
            let middle = self.micros.median_equivalent(bucket.value_iterated_to());
            (Duration::from_micros(middle), bucket.count_at_value())
        })
    }

    /// A collection of what was exported; none when a value is beyond [`Self::LONGEST`] or there are too many of them.
    pub(super) fn of_buckets(buckets: impl IntoIterator<Item = (u64, u64)>) -> Option<Self> {
        let mut whole = Self::new();
        for (value, count) in buckets.into_iter().filter(|(_, count)| *count > 0) {
            whole.count().checked_add(count)?;
            whole.put(Some(value).filter(|value| *value <= micros(Self::LONGEST))?, count);
        }
        if whole.count() > 0 {
            let shortest = Duration::from_micros(whole.micros.min());
            whole.extremes = (shortest, Duration::from_micros(whole.micros.max())).into();
        }
        Some(whole)
    }

    /// Replaces the extremes by exact ones; none when they are not in the first and the last bucket.
    pub(super) fn with_extremes(mut self, shortest: Duration, longest: Duration) -> Option<Self> {
        let are_equal = |bucket, exact: Duration| self.micros.equivalent(bucket, micros(exact));
        let fit = are_equal(self.micros.min(), shortest) && are_equal(self.micros.max(), longest);
        self.extremes = (shortest, longest).into();
        (fit && shortest <= longest).then_some(self)
    }

    /// How many durations.
    pub fn count(&self) -> u64 {
        self.micros.len()
    }

    /// Whether it has no durations.
    pub fn is_empty(&self) -> bool {
        self.micros.is_empty()
    }

    /// The duration that `permille` of 1000 do not exceed; none when empty.
    ///
    /// A bucket stands for its longest duration, but never for one beyond the longest or before the shortest that was
    /// recorded: a p99 above the maximum would be read as a mistake, and rightly.
    pub fn percentile(&self, permille: u32) -> Option<Duration> {
        self.percentiles([permille]).map(|[only]| only)
    }

    /// Several percentiles in one pass; `permilles` ascend.
    fn percentiles<const N: usize>(&self, permilles: [u32; N]) -> Option<[Duration; N]> {
        let (shortest, longest) = self.extremes.known()?;
        // Whole arithmetic, so that no count is so large that its rank is rounded to the next one.
        let rank =
            |permille: u32| (u128::from(self.count()) * u128::from(permille.min(1000))).div_ceil(1000).max(1);
        let mut found = [longest; N];
        let mut wanted = permilles.into_iter().map(rank).zip(&mut found).peekable();
        let mut seen = 0;
        for bucket in self.micros.iter_recorded() {
            seen += u128::from(bucket.count_at_value());
            let value = self.micros.highest_equivalent(bucket.value_iterated_to());
            while let Some((_, found)) = wanted.next_if(|(rank, _)| *rank <= seen) {
                *found = Duration::from_micros(value).clamp(shortest, longest);
            }
        }
        Some(found)
    }

    /// The usual figures; none when empty.
    pub fn summary(&self) -> Option<Summary> {
        let (min, max) = self.extremes.known()?;
        let [p50, p90, p95, p99, p999] = self.percentiles([500, 900, 950, 990, 999])?;
        let (mean, stddev) = self.mean_and_deviation();
        Some(Summary {
            count: self.count(),
            min,
            mean: mean.clamp(min, max),
            p50,
            p90,
            p95,
            p99,
            p999,
            max,
            stddev,
        })
    }

    /// Each duration taken as the middle of its bucket, as other HDR tools do.
    fn mean_and_deviation(&self) -> (Duration, Duration) {
        let middles = || {
            self.micros
                .iter_recorded()
                .map(|b| (self.micros.median_equivalent(b.value_iterated_to()), b.count_at_value()))
        };
        let sum: u128 = middles().map(|(middle, count)| u128::from(middle) * u128::from(count)).sum();
        let mean = sum as f64 / self.count() as f64;
        let squares: f64 =
            middles().map(|(middle, count)| (middle as f64 - mean).powi(2) * count as f64).sum();
        let nanos = |micros: f64| Duration::from_nanos((micros * 1000.0).round() as u64);
        (nanos(mean), nanos((squares / self.count() as f64).sqrt()))
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

/// Rounded to whole microseconds.
fn micros(took: Duration) -> u64 {
    u64::try_from((took.saturating_add(Duration::from_nanos(500))).as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
