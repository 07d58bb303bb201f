//! When rounds begin. Owns what becomes of one whose time comes while another is under way.

use std::time::Duration;

use clap::ValueEnum;
use tokio::time::Instant;

/// What becomes of a round whose time comes while the one before is under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Overlap {
    /// It is left out; the next one begins at its time
    #[default]
    Skip,
    /// It begins as soon as the one before has ended
    Delay,
    /// It begins at its time: the one before is stopped
    Stop,
}

/// When rounds begin.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// From one beginning to the next.
    pub every: Duration,
    /// Each begins later by a random part of this, so that many monitors do not ask at the same moment.
    pub jitter: Duration,
    /// What becomes of a round that would overlap.
    pub overlap: Overlap,
}

impl Schedule {
    /// The first round is due now.
    pub fn begin(self, now: Instant) -> Ticks {
        Ticks { schedule: self, began: now, next: 0, draw: rand::random::<f64> }
    }
}

/// The moments at which rounds begin.
pub struct Ticks {
    schedule: Schedule,
    began: Instant,
    /// The number of the next one.
    next: u32,
    /// From 0 to 1.
    draw: fn() -> f64,
}

impl Ticks {
    /// When the next round begins, seen from now, and how many are left out before it.
    pub fn next(&mut self, now: Instant) -> (Instant, u64) {
        let Schedule { every, jitter, overlap } = self.schedule;
        // The number of the first that is not over.
        let passed = now.saturating_duration_since(self.began).as_nanos() / every.as_nanos().max(1);
        let passed = u32::try_from(passed).unwrap_or(u32::MAX);
        let is_on = self.next == 0 || self.next > passed || (self.next == passed && now <= self.due(passed));
        let (number, skipped) = match overlap {
            _ if is_on => (self.next, 0),
            Overlap::Skip => (passed + 1, passed + 1 - self.next),
            // Of several that are overdue one makes up for all.
            Overlap::Delay | Overlap::Stop => (passed.max(self.next), passed.saturating_sub(self.next)),
        };
        self.next = number.saturating_add(1);
        (self.due(number) + jitter.mul_f64((self.draw)().clamp(0.0, 1.0)), skipped.into())
    }

    fn due(&self, number: u32) -> Instant {
        self.began + self.schedule.every * number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(10);

    /// Begins, and then asks after each of these seconds; the answers in seconds from the beginning, each with what was left out.
    #[track_caller]
    fn check(overlap: Overlap, jitter: u64, asked: &[u64], expected: &[(u64, u64)]) {
        let began = Instant::now();
        let schedule = Schedule { every: EVERY, jitter: Duration::from_secs(jitter), overlap };
        let mut ticks = Ticks { draw: || 0.5, ..schedule.begin(began) };
        let answers: Vec<_> = asked
            .iter()
            .map(|second| {
                let (at, skipped) = ticks.next(began + Duration::from_secs(*second));
                ((at - began).as_secs(), skipped)
            })
            .collect();
        assert_eq!(answers, expected, "{overlap:?}");
    }

    #[test]
    fn rounds_begin_at_their_times_however_long_they_take() {
        for overlap in [Overlap::Skip, Overlap::Delay, Overlap::Stop] {
            check(overlap, 0, &[0, 3, 19, 21], &[(0, 0), (10, 0), (20, 0), (30, 0)]);
        }
    }

    #[test]
    fn a_round_that_would_overlap_is_left_out() {
        check(Overlap::Skip, 0, &[0, 12, 45], &[(0, 0), (20, 1), (50, 2)]);
    }

    #[test]
    fn a_round_that_would_overlap_is_made_up_for_once() {
        check(Overlap::Delay, 0, &[0, 12, 45, 46], &[(0, 0), (10, 0), (40, 2), (50, 0)]);
    }

    #[test]
    fn jitter_moves_each_round_and_never_the_plan() {
        check(Overlap::Skip, 4, &[0, 3, 14, 22], &[(2, 0), (12, 0), (22, 0), (32, 0)]);
    }
}
