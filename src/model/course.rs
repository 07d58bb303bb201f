//! What a run measured over time: how many messages, and how long answers took.
//!
//! Owns the moments that are kept of a run and how they are thinned out. It is pure. One rule: a percentile of a moment is of
//! the samples of about one second before it, never of other percentiles.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::engine::metrics::{Delta, plot};
use crate::engine::report::Second;

/// What was so at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moment {
    /// From the start of the run, in milliseconds.
    pub at: f64,
    /// Sent in this run until then.
    pub sent: u64,
    /// Received in this run until then.
    pub received: u64,
    /// Expected and neither come nor given up.
    pub in_flight: u64,
    /// Connections that are open.
    pub open: u64,
    /// Connections refused, or ended without a close of ours, until then.
    pub lost: u64,
    /// Clients that opened again, until then.
    pub reopened: u64,
}

/// A span in which what was measured proves little against the server.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Doubt {
    /// From the start of the run, in milliseconds.
    pub from: f64,
    /// Its end.
    pub to: f64,
    /// How late the event loop came in it, at worst, in milliseconds.
    pub late: f64,
    /// The page was out of sight.
    pub is_hidden: bool,
}

/// A span in which something was made to go wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// From the start of the run, in milliseconds.
    pub from: f64,
    /// When it ended; none while it lasts.
    pub to: Option<f64>,
    /// What.
    pub words: String,
}

/// A span in which connections were lost or came back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// In seconds from the start of the run.
    pub from: f64,
    /// Its end.
    pub to: f64,
    /// Connections refused, or ended without a close of ours.
    pub lost: u64,
    /// Clients that opened again.
    pub reopened: u64,
}

/// p50, p95 and p99 in milliseconds; not a number where nothing was measured.
type Figures = [f64; 3];

const NOTHING: Figures = [f64::NAN; 3];
const PERMILLES: [u64; 3] = [500, 950, 990];

/// The course of a run.
#[derive(Clone, Debug)]
pub struct Course {
    moments: Vec<Moment>,
    /// By metric, one for each moment.
    latencies: BTreeMap<String, Vec<Figures>>,
    /// What was measured in the latest ticks.
    recent: VecDeque<BTreeMap<String, Delta>>,
    /// When the latest tick came, also when its moment is not held.
    ticked: f64,
    /// Spans in which the harness itself was late or out of sight.
    doubts: Vec<Doubt>,
    faults: Vec<Fault>,
    /// One of this many moments is held.
    thinning: usize,
    skipped: usize,
}

impl Default for Course {
    fn default() -> Self {
        Self {
            moments: vec![Moment::default()],
            latencies: BTreeMap::new(),
            recent: VecDeque::new(),
            ticked: 0.0,
            doubts: Vec::new(),
            faults: Vec::new(),
            thinning: 1,
            skipped: 0,
        }
    }
}

/// Moments that are held; when there are more, every second one goes.
const MOST_MOMENTS: usize = 1200;
/// Round trips of the page's own connections, and of those by relay: the first that was measured is shown first.
pub const ROUND_TRIPS: [&str; 2] = ["rtt", "rtt.relay"];
/// Ticks that make a second.
const TICKS: usize = 4;
/// An event loop that comes later than this, in milliseconds, makes samples doubtful, as on the bench.
const LAG: f64 = 20.0;
/// Spans of one kind that are held; of more the first ones are.
const MOST_SPANS: usize = 200;
/// With fewer moments there is nothing to draw.
const LEAST_DRAWN: usize = 3;

impl Course {
    /// That of a report: a moment for each second.
    pub fn of_seconds(seconds: &[Second]) -> Self {
        let mut course = Self::default();
        let mut now = Moment::default();
        let millis = |micros: Option<f64>| micros.map_or(f64::NAN, |micros| micros / 1e3);
        let (mut latencies, mut relayed) = (vec![NOTHING], vec![NOTHING]);
        for (number, second) in seconds.iter().enumerate() {
            now.at = (number as f64 + 1.0) * 1e3;
            now.sent += second.sent;
            now.received += second.received;
            course.moments.push(now);
            latencies.push([second.rtt_p50, second.rtt_p95, second.rtt_p99].map(millis));
            relayed.push([second.rtt_relay_p50, second.rtt_relay_p95, second.rtt_relay_p99].map(millis));
        }
        for (name, latencies) in ROUND_TRIPS.into_iter().zip([latencies, relayed]) {
            if latencies.iter().any(|it| !it[0].is_nan()) {
                course.latencies.insert(name.to_owned(), latencies);
            }
        }
        course
    }

    /// All moments that are held, the first one at the start.
    pub fn moments(&self) -> &[Moment] {
        &self.moments
    }

    /// The latest moment, in milliseconds.
    pub fn end(&self) -> f64 {
        self.moments.last().map_or(0.0, |moment| moment.at)
    }

    /// Whether there is enough to draw.
    pub fn is_drawn(&self) -> bool {
        self.moments.len() >= LEAST_DRAWN
    }

    /// Adds a moment and what was measured since the one before.
    pub fn note(&mut self, moment: Moment, samples: BTreeMap<String, Delta>) {
        self.recent.push_back(samples);
        while self.recent.len() > TICKS.max(self.thinning) {
            self.recent.pop_front();
        }
        self.skipped += 1;
        if self.skipped < self.thinning {
            return;
        }
        self.skipped = 0;
        let held = self.moments.len();
        self.moments.push(moment);
        for name in self.recent.iter().flat_map(BTreeMap::keys) {
            if !self.latencies.contains_key(name) {
                self.latencies.insert(name.clone(), vec![NOTHING; held]);
            }
        }
        for (name, all) in &mut self.latencies {
            all.push(figures(self.recent.iter().filter_map(|tick| tick.get(name))));
        }
        if self.moments.len() > MOST_MOMENTS {
            thin(&mut self.moments);
            self.latencies.values_mut().for_each(thin);
            self.thinning *= 2;
        }
    }

    /// A tick came at this moment; the event loop was `late` at worst since the one before it.
    pub fn tick(&mut self, at: f64, late: f64, is_hidden: bool) {
        let from = std::mem::replace(&mut self.ticked, at).min(at);
        if late <= LAG && !is_hidden {
            return;
        }
        if let Some(last) = self.doubts.last_mut().filter(|last| last.to >= from) {
            last.to = at;
            last.late = last.late.max(late);
            last.is_hidden |= is_hidden;
        } else if self.doubts.len() < MOST_SPANS {
            self.doubts.push(Doubt { from, to: at, late, is_hidden });
        }
    }

    /// Spans in which the harness was late or out of sight.
    pub fn doubts(&self) -> &[Doubt] {
        &self.doubts
    }

    /// From now on this goes wrong on purpose; with empty words nothing does.
    pub fn fault(&mut self, words: &str) {
        let now = self.end().max(self.ticked);
        if let Some(last) = self.faults.last_mut().filter(|last| last.to.is_none()) {
            if last.words == words {
                return;
            }
            last.to = Some(now);
        }
        if !words.is_empty() && self.faults.len() < MOST_SPANS {
            self.faults.push(Fault { from: now, to: None, words: words.to_owned() });
        }
    }

    /// Spans in which something was made to go wrong.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The metrics whose latencies are known over time.
    pub fn metrics(&self) -> impl Iterator<Item = &str> {
        self.latencies.keys().map(String::as_str)
    }

    /// Seconds from the start, then p50, p95 and p99 of a metric in milliseconds.
    pub fn latencies(&self, metric: &str) -> Vec<Vec<f64>> {
        let mut columns = vec![self.moments.iter().map(|moment| moment.at / 1e3).collect::<Vec<_>>()];
        let all = self.latencies.get(metric);
        for figure in 0..NOTHING.len() {
            let of = |at: usize| all.and_then(|all| all.get(at)).map_or(f64::NAN, |it| it[figure]);
            columns.push((0..self.moments.len()).map(of).collect());
        }
        columns
    }

    /// Seconds from the start, then messages sent and received a second.
    pub fn rates(&self) -> Vec<Vec<f64>> {
        let rates = |of: fn(&Moment) -> u64| {
            plot::rates(&self.moments.iter().map(|moment| (moment.at, of(moment))).collect::<Vec<_>>())
        };
        let (sent, received) = (rates(|it| it.sent), rates(|it| it.received));
        let mut columns = vec![vec![0.0], vec![0.0], vec![0.0]];
        columns[0].extend(sent.iter().map(|(at, _)| at / 1e3));
        columns[1].extend(sent.iter().map(|(_, rate)| *rate));
        columns[2].extend(received.iter().map(|(_, rate)| *rate));
        columns
    }

    /// Spans in which connections were lost or came back.
    pub fn changes(&self) -> Vec<Change> {
        let change = |pair: &[Moment]| Change {
            from: pair[0].at / 1e3,
            to: pair[1].at / 1e3,
            lost: pair[1].lost.saturating_sub(pair[0].lost),
            reopened: pair[1].reopened.saturating_sub(pair[0].reopened),
        };
        let all = self.moments.windows(2).map(change);
        all.filter(|it| it.lost > 0 || it.reopened > 0).collect()
    }
}

fn thin<T>(all: &mut Vec<T>) {
    let mut keep = false;
    all.retain(|_| {
        keep = !keep;
        keep
    });
}

/// The percentiles of all samples of some ticks.
fn figures<'a>(deltas: impl Iterator<Item = &'a Delta>) -> Figures {
    let mut counts: Vec<(u64, u64)> = Vec::new();
    let mut extremes = None::<(Duration, Duration)>;
    for delta in deltas {
        counts.extend(&delta.counts);
        if let Some((low, high)) = delta.extremes {
            let (lowest, highest) = extremes.unwrap_or((low, high));
            extremes = Some((lowest.min(low), highest.max(high)));
        }
    }
    let Some((low, high)) = extremes else { return NOTHING };
    counts.sort_unstable();
    let all: u64 = counts.iter().map(|(_, count)| count).sum();
    let millis = |took: Duration| took.as_nanos() as f64 / 1e6;
    PERMILLES.map(|permille| {
        let rank = (all * permille).div_ceil(1000).max(1);
        let mut seen = 0;
        let found = counts.iter().find(|(_, count)| {
            seen += count;
            seen >= rank
        });
        let micros = found.map_or(0, |(micros, _)| *micros);
        // The last one is known exactly; a bucket stands for its lowest value.
        if seen == all && rank == all { millis(high) } else { millis(Duration::from_micros(micros).max(low)) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(micros: &[u64]) -> BTreeMap<String, Delta> {
        let duration = Duration::from_micros;
        let extremes =
            micros.iter().min().zip(micros.iter().max()).map(|(a, b)| (duration(*a), duration(*b)));
        let counts = micros.iter().map(|micros| (*micros, 1)).collect();
        BTreeMap::from([("rtt".to_owned(), Delta { counts, extremes })])
    }

    fn at(at: f64, sent: u64) -> Moment {
        Moment { at, sent, received: sent, ..Moment::default() }
    }

    #[test]
    fn a_percentile_is_of_the_samples_of_the_second_before_it() {
        let mut course = Course::default();
        for tick in 1..=4 {
            course.note(at(f64::from(tick) * 250.0, 0), delta(&[1000, 2000]));
        }
        course.note(at(1250.0, 0), BTreeMap::new());
        for tick in 6..=8 {
            course.note(at(f64::from(tick) * 250.0, 0), delta(&[9000]));
        }
        let [seconds, p50, p95, _] = &course.latencies("rtt")[..] else { panic!("four columns") };
        assert_eq!((seconds[4], p50[4], p95[4]), (1.0, 1.0, 2.0));
        assert_eq!((seconds[8], p50[8], p95[8]), (2.0, 9.0, 9.0), "what is older than a second is gone");
        assert!(p50[0].is_nan(), "nothing was measured at the start");
    }

    #[test]
    fn an_even_pace_is_an_even_line() {
        let mut course = Course::default();
        for tick in 1..=20_u64 {
            course.note(at(tick as f64 * 250.0, tick * 25), BTreeMap::new());
        }
        let rates = course.rates();
        assert!(rates[1][1..].iter().all(|rate| *rate == 100.0), "{rates:?}");
        assert_eq!(rates[0].len(), rates[2].len());
    }

    #[test]
    fn lost_connections_and_those_that_came_back_are_marked_where_that_was() {
        let mut course = Course::default();
        course.note(at(250.0, 1), BTreeMap::new());
        course.note(Moment { lost: 2, ..at(500.0, 1) }, BTreeMap::new());
        course.note(Moment { lost: 2, ..at(750.0, 1) }, BTreeMap::new());
        course.note(Moment { lost: 2, reopened: 1, ..at(1000.0, 1) }, BTreeMap::new());
        let lost = Change { from: 0.25, to: 0.5, lost: 2, reopened: 0 };
        let back = Change { from: 0.75, to: 1.0, lost: 0, reopened: 1 };
        assert_eq!(course.changes(), [lost, back]);
    }

    #[test]
    fn spans_in_which_the_harness_was_late_are_marked_as_one() {
        let mut course = Course::default();
        for (at, late, is_hidden) in [
            (250.0, 3.0, false),
            (500.0, 40.0, false),
            (750.0, 30.0, true),
            (1000.0, 1.0, false),
            (1300.0, 50.0, false),
        ] {
            course.tick(at, late, is_hidden);
        }
        let spans: Vec<_> =
            course.doubts().iter().map(|it| (it.from, it.to, it.late, it.is_hidden)).collect();
        assert_eq!(spans, [(250.0, 750.0, 40.0, true), (1000.0, 1300.0, 50.0, false)]);
    }

    #[test]
    fn a_fault_lasts_until_another_one_or_none_is_on() {
        let mut course = Course::default();
        course.fault("latency");
        course.tick(250.0, 0.0, false);
        course.fault("latency");
        course.fault("latency, drop");
        course.tick(500.0, 0.0, false);
        course.fault("");
        course.fault("");
        let spans: Vec<_> = course.faults().iter().map(|it| (it.from, it.to, it.words.as_str())).collect();
        assert_eq!(spans, [(0.0, Some(250.0), "latency"), (250.0, Some(500.0), "latency, drop")]);
    }

    #[test]
    fn moments_are_thinned_out_and_never_grow_without_bound() {
        let mut course = Course::default();
        for tick in 0..20_000_u64 {
            course.note(at(tick as f64 * 100.0, tick), delta(&[1000]));
        }
        assert!((MOST_MOMENTS / 2..=MOST_MOMENTS).contains(&course.moments().len()));
        assert_eq!(course.moments()[0].sent, 0);
        assert!(course.moments().last().is_some_and(|last| last.sent > 19_900));
        assert_eq!(course.latencies("rtt")[1].len(), course.moments().len());
    }

    #[test]
    fn the_course_of_a_report_is_that_of_its_seconds() {
        let second = |sent| Second { sent, received: sent, rtt_p50: Some(1500.0), ..Second::default() };
        let course = Course::of_seconds(&[second(10), second(12)]);
        assert_eq!(course.rates()[1], [0.0, 10.0, 12.0]);
        let latencies = course.latencies("rtt");
        assert_eq!(latencies[1][1..], [1.5, 1.5]);
        assert!(latencies[2][1].is_nan(), "an earlier version kept no p95");
    }
}
