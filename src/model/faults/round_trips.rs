//! Round trips of the last minute, and how they are drawn.
//!
//! Pure. One rule: a question without an answer is lost, and stays in sight as such.

use std::collections::VecDeque;
use std::time::Duration;

use crate::engine::Instant;

/// What is kept and drawn.
pub const SPAN: Duration = Duration::from_secs(60);
/// A question that has waited this long is lost.
pub const LOST_AFTER: Duration = Duration::from_secs(5);
/// Without an answer for longer than this, the latest round trip says nothing of now.
const SILENT_AFTER: Duration = Duration::from_secs(1);
/// The plot's own units.
pub const WIDTH: f64 = 600.0;
/// The plot's own units.
pub const HEIGHT: f64 = 160.0;

/// A question, and how it ended.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Trip {
    number: u64,
    sent: Instant,
    end: End,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Open,
    After(Duration),
    Lost,
}

/// The round trips of one link.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RoundTrips {
    trips: VecDeque<Trip>,
    next: u64,
    now: Option<Instant>,
    is_down: bool,
}

impl RoundTrips {
    /// The number of the next question.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// A question went out.
    pub fn sent(&mut self, number: u64, at: Instant) {
        self.next = number + 1;
        self.is_down = false;
        self.trips.push_back(Trip { number, sent: at, end: End::Open });
    }

    /// An answer came. A second one changes nothing, and one that comes after its question was lost is late, not lost.
    pub fn answered(&mut self, number: u64, at: Instant) {
        let trip = self.trips.iter_mut().rev().find(|trip| trip.number == number);
        if let Some(trip) = trip.filter(|trip| !matches!(trip.end, End::After(_))) {
            trip.end = End::After(at - trip.sent);
        }
    }

    /// The connection ended: what was open is lost.
    pub fn ended(&mut self, _at: Instant) {
        self.is_down = true;
        for trip in &mut self.trips {
            if trip.end == End::Open {
                trip.end = End::Lost;
            }
        }
    }

    /// Time has passed.
    pub fn look(&mut self, now: Instant) {
        self.now = Some(now);
        for trip in &mut self.trips {
            if trip.end == End::Open && now - trip.sent > LOST_AFTER {
                trip.end = End::Lost;
            }
        }
        while self.trips.front().is_some_and(|trip| now - trip.sent > SPAN) {
            self.trips.pop_front();
        }
    }

    /// Whether the connection is gone at the moment.
    pub fn is_down(&self) -> bool {
        self.is_down
    }

    /// How long the oldest open question has waited.
    pub fn waits(&self) -> Option<Duration> {
        let first = self.trips.iter().find(|trip| trip.end == End::Open)?;
        Some(self.now? - first.sent)
    }

    /// The latest round trip.
    pub fn latest(&self) -> Option<Duration> {
        self.times().next_back()
    }

    /// How long there was no answer at all, once that is longer than answers take at the moment: since the oldest question that
    /// was asked after the latest one that was answered. Lost questions count, too.
    pub fn silent(&self) -> Option<Duration> {
        let now = self.now?;
        let is_answered = |trip: &Trip| matches!(trip.end, End::After(_));
        let first = self.trips.iter().rposition(is_answered).map_or(0, |at| at + 1);
        let silent = now - self.trips.get(first)?.sent;
        (silent > SILENT_AFTER && silent > self.latest().unwrap_or_default() * 2).then_some(silent)
    }

    /// Half of the round trips were no longer than this.
    pub fn median(&self) -> Option<Duration> {
        let mut times: Vec<_> = self.times().collect();
        times.sort();
        (!times.is_empty()).then(|| times[(times.len() - 1) / 2])
    }

    /// How many were asked, and how many of them lost.
    pub fn counts(&self) -> (usize, usize) {
        (self.trips.len(), self.trips.iter().filter(|trip| trip.end == End::Lost).count())
    }

    fn times(&self) -> impl DoubleEndedIterator<Item = Duration> {
        self.trips.iter().filter_map(|trip| match trip.end {
            End::After(time) => Some(time),
            _ => None,
        })
    }

    /// The upper end of the scale: 1, 2 or 5 times a power of ten, from 10 ms.
    pub fn top(&self) -> Duration {
        let longest = self.times().max().unwrap_or_default();
        let mut top = Duration::from_millis(10);
        let mut factors = [2.0, 2.5, 2.0].into_iter().cycle();
        while top < longest {
            top = top.mul_f64(factors.next().unwrap_or(2.0));
        }
        top
    }

    /// The line of the round trips, broken where one was lost.
    pub fn line(&self) -> String {
        let top = self.top().as_secs_f64();
        let mut path = String::new();
        let mut is_broken = true;
        for trip in &self.trips {
            let End::After(time) = trip.end else {
                is_broken |= trip.end == End::Lost;
                continue;
            };
            let y = HEIGHT * (1.0 - time.as_secs_f64() / top);
            let word = if is_broken { 'M' } else { 'L' };
            path += &format!("{word}{:.1} {y:.1}", self.x(trip.sent));
            // A point alone is drawn too.
            if is_broken {
                path += "h0";
            }
            is_broken = false;
        }
        path
    }

    /// A mark at the foot for each that was lost.
    pub fn lost(&self) -> String {
        let lost = self.trips.iter().filter(|trip| trip.end == End::Lost);
        lost.map(|trip| format!("M{:.1} {HEIGHT}v-12", self.x(trip.sent))).collect()
    }

    fn x(&self, at: Instant) -> f64 {
        let age = self.now.map(|now| (now - at).as_secs_f64()).unwrap_or_default();
        WIDTH * (1.0 - age / SPAN.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_millis_f64(millis as f64)
    }

    /// Questions every half second, answered after these times; none for no answer.
    fn trips(ends: &[Option<u64>], now: u64) -> RoundTrips {
        let mut trips = RoundTrips::default();
        for (number, end) in (0..).zip(ends) {
            let sent = number * 500;
            trips.sent(number, at(sent));
            if let Some(end) = end {
                trips.answered(number, at(sent + end));
            }
        }
        trips.look(at(now));
        trips
    }

    #[test]
    fn what_is_not_answered_is_lost_and_breaks_the_line() {
        let trips = trips(&[Some(5), None, Some(5), None], 5_600);
        assert_eq!(trips.counts(), (4, 1));
        assert_eq!(trips.waits(), Some(Duration::from_millis(4_100)));
        assert_eq!(trips.line().matches('M').count(), 2);
        assert_eq!(trips.lost().matches('M').count(), 1);
    }

    #[test]
    fn a_line_that_fell_silent_says_for_how_long_also_when_all_its_questions_are_lost() {
        let slow = [Some(477), Some(477)];
        assert_eq!(trips(&slow, 1_200).silent(), None, "all was answered");
        let half_open = trips(&[Some(477), None, None], 1_300);
        assert_eq!(half_open.silent(), None, "an answer may still come");
        assert_eq!(trips(&[Some(477), None, None], 5_000).silent(), Some(Duration::from_millis(4_500)));
        assert_eq!(trips(&[Some(477), None, None], 9_500).silent(), Some(Duration::from_secs(9)));
        assert_eq!(trips(&[None], 3_000).silent(), Some(Duration::from_secs(3)), "there never was one");
        // Answers of two seconds each overtake nothing: what waits as long as they take is not silent.
        assert_eq!(trips(&[Some(2_000), Some(2_000), None], 3_000).silent(), None);
    }

    #[test]
    fn a_second_answer_changes_nothing_and_a_late_one_counts() {
        let mut trips = trips(&[Some(5), None], 6_000);
        trips.answered(0, at(3_000));
        assert_eq!(trips.latest(), Some(Duration::from_millis(5)));
        assert_eq!(trips.counts().1, 1);
        trips.answered(1, at(6_500));
        assert_eq!(trips.counts().1, 0);
        assert_eq!(trips.latest(), Some(Duration::from_millis(6_000)));
    }

    #[test]
    fn the_end_of_the_connection_loses_what_was_open() {
        let mut trips = trips(&[Some(5), None], 600);
        trips.ended(at(700));
        assert!(trips.is_down());
        assert_eq!(trips.counts(), (2, 1));
        trips.sent(2, at(1_000));
        assert!(!trips.is_down());
    }

    #[test]
    fn a_minute_is_kept() {
        let trips = trips(&[Some(5), Some(5)], 60_200);
        assert_eq!(trips.counts().0, 1);
    }

    #[test]
    fn the_scale_ends_at_a_number_one_would_say() {
        for (longest, top) in [(0, 10), (10, 10), (11, 20), (21, 50), (51, 100), (203, 500), (1_500, 2_000)] {
            assert_eq!(trips(&[Some(longest)], 4_000).top(), Duration::from_millis(top), "{longest}");
        }
    }

    #[test]
    fn half_of_the_round_trips_are_no_longer_than_the_median() {
        assert_eq!(trips(&[Some(9), Some(1), Some(4)], 2_000).median(), Some(Duration::from_millis(4)));
        assert_eq!(RoundTrips::default().median(), None);
    }
}
