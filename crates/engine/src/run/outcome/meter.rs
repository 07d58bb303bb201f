//! The figures of a run in progress.
//!
//! Owns what is counted where: for the check, for the run, for the next tick and for each second. It refuses to judge.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::Instant;
use crate::metrics::{Counters, Delta, Histogram, Metrics};
use crate::report::Second;

/// How many seconds are kept for drawing; a longer run is drawn to here.
const MOST_SECONDS: usize = 7_200;

/// Counts and times of a run.
pub(crate) struct Meter {
    began: Instant,
    run: Metrics,
    /// Of the running check.
    check: Metrics,
    seconds: Vec<Second>,
    /// Round trips of the second that is being counted, and those by relay.
    trips: Histogram,
    relayed_trips: Histogram,
    open: u64,
    reopened: u64,
    /// Bytes of the message that went out last.
    last_sent: Option<u64>,
}

impl Meter {
    pub fn new(began: Instant) -> Self {
        Self {
            began,
            run: Metrics::default(),
            check: Metrics::default(),
            seconds: Vec::new(),
            trips: Histogram::new(),
            relayed_trips: Histogram::new(),
            open: 0,
            reopened: 0,
            last_sent: None,
        }
    }

    pub fn began(&self) -> Instant {
        self.began
    }

    /// The counters of the running check.
    pub fn counters(&mut self) -> &mut Counters {
        &mut self.check.counters
    }

    /// Bytes of the message that went out last.
    pub fn last_sent(&self) -> Option<u64> {
        self.last_sent
    }

    pub fn sent(&mut self, bytes: usize, at: Instant) {
        self.last_sent = Some(bytes as u64);
        self.check.counters.sent += 1;
        self.check.counters.bytes_sent += bytes as u64;
        if let Some(second) = self.second(at) {
            second.sent += 1;
        }
    }

    pub fn received(&mut self, bytes: usize, at: Instant) {
        self.check.counters.received += 1;
        self.check.counters.bytes_received += bytes as u64;
        if let Some(second) = self.second(at) {
            second.received += 1;
        }
    }

    /// `is_again`: the same client was open before in this check.
    pub fn opened(&mut self, is_again: bool) {
        self.check.counters.opened += 1;
        self.open += 1;
        self.reopened += u64::from(is_again);
    }

    pub fn ended(&mut self) {
        self.open = self.open.saturating_sub(1);
    }

    pub fn open(&self) -> u64 {
        self.open
    }

    /// Clients that opened again, of the whole run.
    pub fn reopened(&self) -> u64 {
        self.reopened
    }

    /// A sample that was complete at `at`.
    pub fn sample(&mut self, metric: &str, took: Duration, at: Instant) {
        self.check.record(metric, took);
        match metric {
            "rtt" if self.second(at).is_some() => self.trips.record(took),
            "rtt.relay" if self.second(at).is_some() => self.relayed_trips.record(took),
            _ => {}
        }
    }

    /// What was measured since the last call.
    pub fn take_samples(&mut self) -> BTreeMap<String, Delta> {
        self.check.take_timings()
    }

    /// The figures of the check that has ended, which took `lasting`; the next one begins with none.
    pub fn end_check(&mut self, lasting: Duration) -> Metrics {
        let mut check = std::mem::take(&mut self.check);
        check.over = lasting;
        self.run.merge(&check);
        check
    }

    /// The figures of the whole run.
    pub fn end_run(&mut self, now: Instant) -> (Metrics, Vec<Second>) {
        self.close_second();
        self.run.over = now - self.began;
        (std::mem::take(&mut self.run), std::mem::take(&mut self.seconds))
    }

    fn second(&mut self, at: Instant) -> Option<&mut Second> {
        let index = (at - self.began).as_secs() as usize;
        if index >= MOST_SECONDS {
            return None;
        }
        if index >= self.seconds.len() {
            self.close_second();
            self.seconds.resize_with(index + 1, Second::default);
        }
        self.seconds.get_mut(index)
    }

    fn close_second(&mut self) {
        let (trips, relayed) = (std::mem::take(&mut self.trips), std::mem::take(&mut self.relayed_trips));
        let Some(second) = self.seconds.last_mut() else { return };
        let micros = |duration: Duration| Some(duration.as_nanos() as f64 / 1e3);
        if let Some(figures) = trips.summary() {
            second.rtt_p50 = micros(figures.p50);
            second.rtt_p95 = micros(figures.p95);
            second.rtt_p99 = micros(figures.p99);
        }
        if let Some(figures) = relayed.summary() {
            second.rtt_relay_p50 = micros(figures.p50);
            second.rtt_relay_p95 = micros(figures.p95);
            second.rtt_relay_p99 = micros(figures.p99);
        }
    }
}
