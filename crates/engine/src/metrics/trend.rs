//! How durations change over time, in bounded memory.
//!
//! Owns slots of equal width. When they are used up, pairs of them merge and the width doubles, so that a minute and a
//! day take the same room. Percentiles of a slot come from its own buckets: an estimate within 6 %, for plots and never
//! for thresholds.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Instant;

/// Slots at most.
const SLOTS: usize = 240;
/// Width of a slot at first.
const FIRST_WIDTH: Duration = Duration::from_millis(250);
/// Buckets between one power of two and the next.
const STEPS: u32 = 8;
/// Microseconds up to 2^31, more than half an hour, in this many buckets.
const BUCKETS: usize = 32 * STEPS as usize;

/// Durations over time.
#[derive(Debug)]
pub struct Trend {
    /// When the first slot begins; none before the first duration.
    began: Option<Instant>,
    width: Duration,
    slots: Vec<Slot>,
}

#[derive(Clone, Debug, Default)]
struct Slot {
    count: u64,
    tainted: u64,
    longest: Duration,
    /// Up to the last one that is not empty.
    buckets: Vec<u32>,
}

/// What happened in one slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrendPoint {
    /// When the slot begins.
    pub from: Instant,
    /// How long it is.
    pub width: Duration,
    /// Durations in it.
    pub count: u64,
    /// Those among them that prove nothing.
    pub tainted: u64,
    /// The median.
    pub p50: Duration,
    /// 95 of 100 took at most this.
    pub p95: Duration,
    /// 99 of 100 took at most this.
    pub p99: Duration,
    /// The longest, exactly.
    pub max: Duration,
}

impl Default for Trend {
    fn default() -> Self {
        Self { began: None, width: FIRST_WIDTH, slots: Vec::new() }
    }
}

impl Trend {
    /// A duration that was known at `at`. Moments before the first one count as the first.
    pub fn record(&mut self, at: Instant, took: Duration, tainted: bool) {
        let began = *self.began.get_or_insert(at);
        let mut place = self.place(at - began);
        while place >= SLOTS {
            self.halve();
            place = self.place(at - began);
        }
        if place >= self.slots.len() {
            self.slots.resize_with(place + 1, Slot::default);
        }
        self.slots[place].record(took, tainted);
    }

    fn place(&self, since: Duration) -> usize {
        usize::try_from(since.as_nanos() / self.width.as_nanos()).unwrap_or(usize::MAX)
    }

    fn halve(&mut self) {
        let old = std::mem::take(&mut self.slots);
        for (place, slot) in old.into_iter().enumerate() {
            match place % 2 {
                0 => self.slots.push(slot),
                _ => self.slots.last_mut().expect("a pair has a first one").merge(&slot),
            }
        }
        self.width *= 2;
    }

    /// The slots that have something in them, oldest first.
    pub fn points(&self) -> Vec<TrendPoint> {
        let began = self.began.unwrap_or_default();
        let used = self.slots.iter().enumerate().filter(|(_, slot)| slot.count > 0);
        used.map(|(place, slot)| TrendPoint {
            from: began + self.width * place as u32,
            width: self.width,
            count: slot.count,
            tainted: slot.tainted,
            p50: slot.quantile(50),
            p95: slot.quantile(95),
            p99: slot.quantile(99),
            max: slot.longest,
        })
        .collect()
    }
}

impl Slot {
    fn record(&mut self, took: Duration, tainted: bool) {
        self.count += 1;
        self.tainted += u64::from(tainted);
        self.longest = self.longest.max(took);
        let bucket = bucket(took);
        if bucket >= self.buckets.len() {
            self.buckets.resize(bucket + 1, 0);
        }
        self.buckets[bucket] = self.buckets[bucket].saturating_add(1);
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.tainted += other.tainted;
        self.longest = self.longest.max(other.longest);
        if other.buckets.len() > self.buckets.len() {
            self.buckets.resize(other.buckets.len(), 0);
        }
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine = mine.saturating_add(*theirs);
        }
    }

    fn quantile(&self, percent: u64) -> Duration {
        let rank = (self.count * percent).div_ceil(100).max(1);
        let mut seen = 0;
        for (place, count) in self.buckets.iter().enumerate() {
            seen += u64::from(*count);
            if seen >= rank {
                return middle(place).min(self.longest);
            }
        }
        self.longest
    }
}

/// The bucket of a duration: exact below 8 µs, then eight between two powers of two.
fn bucket(took: Duration) -> usize {
    let micros = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
    if micros < STEPS {
        return micros as usize;
    }
    let power = micros.ilog2();
    let step = (micros >> (power - 3)) & (STEPS - 1);
    (((power - 2) * STEPS + step) as usize).min(BUCKETS - 1)
}

/// The middle of a bucket.
fn middle(place: usize) -> Duration {
    let place = place as u64;
    let steps = u64::from(STEPS);
    if place < steps {
        return Duration::from_micros(place);
    }
    let shift = place / steps - 1;
    let low = (steps + place % steps) << shift;
    Duration::from_micros(low + (1 << shift) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Random;

    fn at(millis: u64) -> Instant {
        Instant::from_nanos(millis * 1_000_000)
    }

    #[test]
    fn a_quantile_is_within_six_percent_of_the_exact_one() {
        let mut random = Random::with_seed(3);
        let mut trend = Trend::default();
        let mut exact: Vec<u64> = Vec::new();
        for _ in 0..5000 {
            let top = 1 << (random.next_u64() % 24);
            exact.push(top + random.next_u64() % top);
        }
        exact.iter().for_each(|micros| trend.record(at(0), Duration::from_micros(*micros), false));
        exact.sort_unstable();
        let [point] = trend.points()[..] else { panic!("one slot") };
        for (percent, got) in [(50, point.p50), (95, point.p95), (99, point.p99)] {
            let want = exact[(exact.len() * percent).div_ceil(100) - 1] as f64;
            let off = (got.as_micros() as f64 - want).abs() / want;
            assert!(off <= 0.0626, "p{percent}: {got:?}, exactly {want} µs");
        }
        assert_eq!(point.max.as_micros() as u64, *exact.last().expect("not empty"));
    }

    #[test]
    fn a_day_takes_as_much_room_as_a_minute_and_loses_nothing() {
        let mut trend = Trend::default();
        for second in 0..86_400 {
            trend.record(at(second * 1000), Duration::from_micros(second), second % 10 == 0);
        }
        let points = trend.points();
        assert!(trend.slots.len() <= SLOTS && points.len() > SLOTS / 2 - 1);
        assert_eq!(points.iter().map(|point| point.count).sum::<u64>(), 86_400);
        assert_eq!(points.iter().map(|point| point.tainted).sum::<u64>(), 8640);
        assert_eq!(points.last().map(|point| point.max), Some(Duration::from_micros(86_399)));
        assert!(points.is_sorted_by_key(|point| point.from));
    }

    #[test]
    fn what_lies_far_apart_and_what_is_huge_is_kept() {
        let mut trend = Trend::default();
        trend.record(at(0), Duration::ZERO, false);
        trend.record(Instant::from_nanos(u64::MAX), Duration::MAX, false);
        let points = trend.points();
        assert_eq!(points.len(), 2);
        assert_eq!((points[0].p50, points[1].max), (Duration::ZERO, Duration::MAX));
    }

    #[test]
    fn nothing_has_no_points() {
        assert_eq!(Trend::default().points(), []);
    }
}
