//! What a run does at this moment, for the line below the bar on a terminal.
//!
//! Owns the figures and their words. Rates and percentiles are those of the last seconds, so that a change is seen when it happens.

use std::collections::VecDeque;
use std::time::Duration;

use sockscope_engine::base::words;
use sockscope_engine::metrics::{Counters, Delta, Histogram};
use sockscope_engine::run::Progress;

/// Ticks that rates and percentiles are made of: they come four times a second.
const TICKS: usize = 20;

/// What happened between two ticks.
#[derive(Clone, Debug, Default)]
struct Tick {
    lasting: Duration,
    sent: u64,
    received: u64,
    trips: Delta,
}

/// What a run does at this moment.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// Connections that are open.
    open: u64,
    /// Of the check that runs.
    counters: Counters,
    at: Duration,
    ticks: VecDeque<Tick>,
}

impl Live {
    /// Hears an event.
    pub fn note(&mut self, progress: &Progress) {
        match progress {
            Progress::CheckStarted { .. } => *self = Self { at: self.at, ..Self::default() },
            Progress::Tick { at, counters, samples, open, .. } => {
                let at = Duration::from_secs_f64(at.0.max(0.0) / 1e3);
                self.ticks.push_back(Tick {
                    lasting: at.saturating_sub(self.at),
                    sent: counters.sent.saturating_sub(self.counters.sent),
                    received: counters.received.saturating_sub(self.counters.received),
                    trips: samples.get("rtt").cloned().unwrap_or_default(),
                });
                if self.ticks.len() > TICKS {
                    self.ticks.pop_front();
                }
                (self.open, self.counters, self.at) = (*open, *counters, at);
            }
            _ => {}
        }
    }

    /// Adds what another shard does at the same time.
    pub fn add(&mut self, other: &Self) {
        self.open += other.open;
        self.counters.merge(&other.counters);
        // Shards tick side by side; the newest ticks belong together.
        while self.ticks.len() < other.ticks.len() {
            self.ticks.push_front(Tick::default());
        }
        for (own, its) in self.ticks.iter_mut().rev().zip(other.ticks.iter().rev()) {
            own.lasting = own.lasting.max(its.lasting);
            own.sent += its.sent;
            own.received += its.received;
            own.trips.counts.extend_from_slice(&its.trips.counts);
            own.trips.extremes = match (own.trips.extremes, its.trips.extremes) {
                (Some((least, most)), Some((low, high))) => Some((least.min(low), most.max(high))),
                (own, its) => own.or(its),
            };
        }
    }

    /// In a line; none before the first tick.
    pub fn line(&self) -> Option<String> {
        let lasting: Duration = self.ticks.iter().map(|tick| tick.lasting).sum();
        if lasting.is_zero() {
            return None;
        }
        let rate = |of: fn(&Tick) -> u64| {
            let count: u64 = self.ticks.iter().map(of).sum();
            words::rate(count as f64 / lasting.as_secs_f64())
        };
        let counters = &self.counters;
        let wrong = counters.missing + counters.errors + counters.refused + counters.dropped;
        let mut parts = vec![
            format!("{} open", words::count(self.open)),
            format!("{}/s sent", rate(|tick| tick.sent)),
            format!("{}/s received", rate(|tick| tick.received)),
            format!("{} answered", words::count(counters.matched)),
            format!("{} errors", words::count(wrong)),
        ];
        if counters.unstarted > 0 {
            parts.push(format!("{} not started", words::count(counters.unstarted)));
        }
        let mut trips = Histogram::new();
        self.ticks.iter().for_each(|tick| trips.add(&tick.trips));
        for (name, permille) in [("p50", 500), ("p95", 950), ("p99", 990)] {
            let shown = trips.percentile(permille).map(words::duration);
            parts.extend(shown.map(|shown| format!("{name} {shown}")));
        }
        Some(parts.join(" · "))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use sockscope_engine::report::Millis;

    fn tick(at: f64, sent: u64, trips: &[u64]) -> Progress {
        let mut histogram = Histogram::new();
        trips.iter().for_each(|millis| histogram.record(Duration::from_millis(*millis)));
        Progress::Tick {
            check: 0,
            at: Millis(at),
            counters: Counters { sent, received: sent, matched: sent, missing: 2, ..Counters::default() },
            samples: BTreeMap::from([("rtt".to_owned(), histogram.take_delta())]),
            open: 7,
            reopened: 0,
            late: Millis(0.0),
            is_hidden: false,
        }
    }

    #[test]
    fn it_says_what_happens_now_and_not_what_happened_long_ago() {
        let mut live = Live::default();
        assert_eq!(live.line(), None);
        for number in 1..=40_u32 {
            let millis = if number <= 20 { 500 } else { 3 };
            live.note(&tick(f64::from(number) * 250.0, u64::from(number) * 50, &[millis; 4]));
        }
        let line = live.line().expect("it has begun");
        for part in ["7 open", "200/s sent", "200/s received", "2\u{202f}000 answered", "2 errors", "p99 3"] {
            let plain = |text: &str| text.replace(['\u{202f}', '\u{2009}', '\u{a0}'], " ");
            assert!(plain(&line).contains(&plain(part)), "{line}: {part}");
        }
        live.note(&Progress::CheckStarted { check: 1 });
        assert_eq!(live.line(), None, "each check has figures of its own");
    }

    #[test]
    fn shards_are_added() {
        let (mut one, mut other) = (Live::default(), Live::default());
        one.note(&tick(1000.0, 100, &[1; 10]));
        other.note(&tick(1000.0, 300, &[9; 10]));
        one.add(&other);
        let line = one.line().expect("both have begun");
        assert!(line.contains("14 open") && line.contains("400"), "{line}");
        assert!(line.contains("p99 9"), "{line}");
    }
}
