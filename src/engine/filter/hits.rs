//! The frames that pass a filter, found while the log grows.
//!
//! Owns where each of them stands in the list. The rule a reader would break: the search begins with the newest frame and goes
//! backwards, so that what one looks at is there at once, and a position never changes once it was given.

use std::collections::VecDeque;
use std::ops::Range;

use super::Filter;
use crate::engine::FrameLog;

/// The position of the first frame that was found; there is room before it for all that the search finds backwards.
const MIDDLE: u64 = 1 << 40;
/// So many frames are looked at between two questions whether to go on.
const CHUNK: u64 = 256;

/// The index.
pub struct Hits {
    filter: Filter,
    /// Numbers of the frames that pass, ascending.
    numbers: VecDeque<u64>,
    /// The position of the first of them.
    first: u64,
    /// All frames from `seen.start` to `seen.end` were looked at.
    seen: Option<Range<u64>>,
}

impl Hits {
    /// Nothing was looked at yet.
    pub fn new(filter: Filter) -> Self {
        Self { filter, numbers: VecDeque::new(), first: MIDDLE, seen: None }
    }

    /// Looks at the frames that are new, then further back; says whether all were looked at.
    pub fn advance(&mut self, log: &FrameLog, mut may_go_on: impl FnMut() -> bool) -> bool {
        let mut seen = self.seen.take().unwrap_or(log.total()..log.total());
        self.forget_before(log.oldest());
        seen.start = seen.start.max(log.oldest());
        seen.end = seen.end.max(log.oldest());
        for frame in log.from(seen.end) {
            if self.filter.takes(&frame) {
                self.numbers.push_back(frame.number);
            }
            seen.end = frame.number + 1;
            if seen.end % CHUNK == 0 && !may_go_on() {
                self.seen = Some(seen);
                return false;
            }
        }
        seen.end = log.total();
        while seen.start > log.oldest() {
            let stop = seen.start.saturating_sub(CHUNK).max(log.oldest());
            while seen.start > stop {
                seen.start -= 1;
                if log.get(seen.start).is_some_and(|frame| self.filter.takes(&frame)) {
                    self.numbers.push_front(seen.start);
                    self.first -= 1;
                }
            }
            if !may_go_on() {
                break;
            }
        }
        let is_done = seen.start <= log.oldest();
        self.seen = Some(seen);
        is_done
    }

    fn forget_before(&mut self, oldest: u64) {
        while self.numbers.front().is_some_and(|number| *number < oldest) {
            self.numbers.pop_front();
            self.first += 1;
        }
    }

    /// The positions of those that were found.
    pub fn span(&self) -> Range<u64> {
        self.first..self.first + self.len()
    }

    /// How many were found.
    pub fn len(&self) -> u64 {
        self.numbers.len() as u64
    }

    /// Whether none was found.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Frames of the log that were not looked at yet.
    pub fn unseen(&self, log: &FrameLog) -> u64 {
        let seen = self.seen.as_ref().map_or(0, |seen| seen.end.saturating_sub(seen.start.max(log.oldest())));
        log.len().saturating_sub(seen)
    }

    /// The frame at a position.
    pub fn number_at(&self, position: u64) -> Option<u64> {
        let place = usize::try_from(position.checked_sub(self.first)?).ok()?;
        self.numbers.get(place).copied()
    }

    /// The position of the first one that is this frame or a later one.
    pub fn position_of(&self, number: u64) -> u64 {
        self.first + self.numbers.partition_point(|hit| *hit < number) as u64
    }

    /// The first one after a frame.
    pub fn next_after(&self, number: u64) -> Option<u64> {
        self.number_at(self.position_of(number.saturating_add(1)))
    }

    /// The last one before a frame.
    pub fn previous_before(&self, number: u64) -> Option<u64> {
        self.number_at(self.position_of(number).checked_sub(1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::filter::FilterSpec;
    use crate::engine::random::Random;
    use crate::engine::{Entry, FrameKind, Instant};

    fn filter() -> Filter {
        Filter::compile(&FilterSpec { text: "hit".into(), ..FilterSpec::default() }).expect("a good filter")
    }

    fn push(log: &mut FrameLog, bytes: &[u8]) {
        let (at, kind) = (Instant::ORIGIN, FrameKind::ReceivedText);
        log.push(Entry { at, connection: 1, kind, bytes, round_trip: None, is_tainted: false });
    }

    fn naive(log: &FrameLog) -> Vec<u64> {
        let filter = filter();
        log.from(0).filter(|frame| filter.takes(frame)).map(|frame| frame.number).collect()
    }

    #[test]
    fn the_newest_are_found_first_and_keep_their_places() {
        let mut log = FrameLog::with_budget(1 << 24);
        (0..10_000).for_each(|i| push(&mut log, if i % 10 == 0 { b"hit" } else { b"miss" }));
        let mut hits = Hits::new(filter());
        let mut turns = 0;
        assert!(!hits.advance(&log, || {
            turns += 1;
            turns < 2
        }));
        let last = hits.span().end - 1;
        assert_eq!(hits.number_at(last), Some(9990));
        assert!(hits.unseen(&log) > 9000);
        push(&mut log, b"one more hit");
        assert!(hits.advance(&log, || true));
        assert_eq!((hits.number_at(last), hits.number_at(last + 1)), (Some(9990), Some(10_000)));
        assert_eq!((hits.len(), hits.unseen(&log)), (1001, 0));
    }

    #[test]
    fn next_and_previous_are_found_from_any_frame() {
        let mut log = FrameLog::with_budget(1 << 24);
        (0..100).for_each(|i| push(&mut log, if i % 10 == 0 { b"hit" } else { b"miss" }));
        let mut hits = Hits::new(filter());
        assert!(hits.advance(&log, || true));
        assert_eq!((hits.next_after(10), hits.previous_before(10)), (Some(20), Some(0)));
        assert_eq!((hits.next_after(15), hits.previous_before(15)), (Some(20), Some(10)));
        assert_eq!((hits.next_after(90), hits.previous_before(0)), (None, None));
    }

    #[test]
    fn whatever_happens_to_the_log_the_index_is_what_a_search_would_find() {
        for seed in 0..60 {
            let mut random = Random::with_seed(seed);
            let mut log = FrameLog::with_budget(1 << 20);
            let mut hits = Hits::new(filter());
            for _ in 0..40 {
                for _ in 0..random.next_u64() % 400 {
                    let len = if random.next_u64() % 40 == 0 { 60_000 } else { 20 };
                    let mut bytes = vec![b'.'; len];
                    if random.next_u64() % 3 == 0 {
                        bytes.extend_from_slice(b"hit");
                    }
                    push(&mut log, &bytes);
                }
                if random.next_u64() % 15 == 0 {
                    log.clear();
                }
                let mut turns = random.next_u64() % 4;
                hits.advance(&log, || {
                    turns = turns.saturating_sub(1);
                    turns > 0
                });
            }
            while !hits.advance(&log, || true) {}
            let found: Vec<u64> = hits.span().filter_map(|position| hits.number_at(position)).collect();
            assert_eq!(found, naive(&log), "seed {seed}");
            assert!(found.iter().all(|number| hits.number_at(hits.position_of(*number)) == Some(*number)));
        }
    }
}
