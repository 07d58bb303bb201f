//! Measurements by name.
//!
//! Owns the timings, the counters and the time over which rates are taken, of one check or of a whole suite. It refuses
//! to know a clock: the caller that runs the steps says how long they took.

use std::collections::BTreeMap;
use std::time::Duration;

use super::counters::Counters;
use super::delta::Delta;
use super::histogram::Histogram;

/// The timings and counters of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// How long things took, by the name of the metric.
    pub timings: BTreeMap<String, Histogram>,
    /// How many of what.
    pub counters: Counters,
    /// The time over which rates are taken; with zero, rates are left out.
    pub over: Duration,
}

impl Metrics {
    /// Whether no timing may be called so: in a report and in a threshold it would be taken for something else.
    pub fn is_reserved(name: &str) -> bool {
        name.is_empty() || name == "success" || Counters::NAMES.contains(&name)
    }

    /// Adds one duration to a timing.
    pub fn record(&mut self, name: &str, took: Duration) {
        self.timing(name).record(took);
    }

    /// A timing to be changed; it is there from now on, even when nothing is recorded.
    pub fn timing(&mut self, name: &str) -> &mut Histogram {
        // Looked up first, because `entry` wants a new string for every message.
        if !self.timings.contains_key(name) {
            self.timings.insert(name.to_owned(), Histogram::new());
        }
        self.timings.get_mut(name).expect("it was put there")
    }

    /// Adds what was measured elsewhere in the same time: the longer time is kept. Who adds what ran one after the other
    /// sets [`Self::over`] afterwards.
    pub fn merge(&mut self, other: &Self) {
        for (name, histogram) in &other.timings {
            self.timing(name).merge(histogram);
        }
        self.counters.merge(&other.counters);
        self.over = self.over.max(other.over);
    }

    /// Takes what each timing has got since the last look, without those that got nothing.
    pub fn take_timings(&mut self) -> BTreeMap<String, Delta> {
        let deltas = self.timings.iter_mut().map(|(name, histogram)| (name, histogram.take_delta()));
        deltas.filter(|(_, delta)| !delta.is_empty()).map(|(name, delta)| (name.clone(), delta)).collect()
    }

    /// Adds what other timings have gained since they were last read.
    pub fn add_timings(&mut self, deltas: &BTreeMap<String, Delta>) {
        for (name, delta) in deltas {
            self.timing(name).add(delta);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Random;

    #[test]
    fn merged_shards_are_the_whole() {
        let mut random = Random::with_seed(5);
        for _ in 0..20 {
            let mut shards: Vec<Metrics> = (0..4).map(|_| Metrics::default()).collect();
            let mut whole = Metrics::default();
            for _ in 0..500 {
                let shard = &mut shards[(random.next_u64() % 4) as usize];
                let name = ["rtt", "open", "rtt.intended"][(random.next_u64() % 3) as usize];
                let took = Duration::from_nanos(random.next_u64() >> (20 + random.next_u64() % 30));
                for metrics in [shard, &mut whole] {
                    metrics.record(name, took);
                    metrics.counters.received += 1;
                }
            }
            let mut merged = Metrics::default();
            shards.iter().for_each(|shard| merged.merge(shard));
            assert_eq!(merged, whole);
        }
    }

    #[test]
    fn the_longer_time_is_kept() {
        let mut metrics = Metrics { over: Duration::from_secs(2), ..Metrics::default() };
        metrics.merge(&Metrics { over: Duration::from_secs(3), ..Metrics::default() });
        metrics.merge(&Metrics::default());
        assert_eq!(metrics.over, Duration::from_secs(3));
    }

    #[test]
    fn timings_are_reported_only_once() {
        let (mut here, mut there) = (Metrics::default(), Metrics::default());
        for round in 0..5 {
            here.record("rtt", Duration::from_millis(round));
            if round == 3 {
                here.record("open", Duration::from_millis(7));
            }
            there.add_timings(&here.take_timings());
            assert_eq!(there.timings, here.timings);
        }
        assert!(here.take_timings().is_empty());
    }

    #[test]
    fn names_with_another_meaning_are_reserved() {
        for name in ["", "sent", "late", "success"] {
            assert!(Metrics::is_reserved(name), "{name:?}");
        }
        for name in ["rtt", "open.queued", "sent.twice"] {
            assert!(!Metrics::is_reserved(name), "{name:?}");
        }
    }
}
