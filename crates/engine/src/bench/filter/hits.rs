//! The frames that pass a filter, as a list that grows at both ends.
//!
//! Owns the positions: a hit keeps its position for as long as it is held. The newest frames are searched first, so
//! that the visible rows appear at once; older hits go in front, new ones at the end, and dropped ones leave from the
//! front. Four bytes a hit, at most eight while the list grows.

use std::collections::VecDeque;
use std::ops::Range;

use super::Filter;
use crate::{Frame, FrameLog};

/// Where the first hit was put. Nothing reaches either end of the numbers from here.
const MIDDLE: u64 = 1 << 40;

/// How many frames are searched between two checks whether to continue.
const FRAMES_A_TURN: u32 = 256;

/// How many bytes of content at most are looked at between two questions, but for the last frame.
const BYTES_A_TURN: usize = 256 << 10;

/// How much of the log was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Frames that were looked at and are held.
    pub seen: u64,
    /// Frames that are held.
    pub held: u64,
}

/// The index of a filter.
pub struct Hits {
    filter: Filter,
    /// The lower halves of the frame numbers, in order. A log never spans 2^32 frames, since each takes 24 bytes.
    found: VecDeque<u32>,
    /// The position of the first hit.
    front: u64,
    /// The oldest frame held.
    oldest: u64,
    /// Everything from here on, up to `seen_to`, was looked at; absent before the first look.
    seen: Option<Range<u64>>,
    /// How many frames were logged when it was looked at last.
    total: u64,
}

/// Counts what was looked at since the last question.
struct Turn<F> {
    may_go_on: F,
    frames: u32,
    bytes: usize,
}

impl<F: FnMut() -> bool> Turn<F> {
    fn goes_on(&mut self, frame: &Frame<'_>) -> bool {
        self.frames += 1;
        self.bytes += frame.bytes.len();
        if self.frames < FRAMES_A_TURN && self.bytes < BYTES_A_TURN {
            return true;
        }
        (self.frames, self.bytes) = (0, 0);
        (self.may_go_on)()
    }
}

impl Hits {
    /// An index that has seen nothing yet.
    pub fn new(filter: Filter) -> Self {
        Self { filter, found: VecDeque::new(), front: MIDDLE, oldest: 0, seen: None, total: 0 }
    }

    /// The filter.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Forgets what was dropped, then looks at new frames, then goes on towards the oldest, until `may_go_on` says no.
    /// It is asked after every 256 frames or 256 KiB. Returns whether all frames were looked at.
    pub fn advance(&mut self, log: &FrameLog, may_go_on: impl FnMut() -> bool) -> bool {
        let mut seen = self.forget(log);
        let mut turn = Turn { may_go_on, frames: 0, bytes: 0 };
        let mut may_go_on = true;
        for frame in log.from(seen.end) {
            seen.end = frame.number + 1;
            if self.filter.takes(&frame) {
                self.found.push_back(frame.number as u32);
            }
            may_go_on = turn.goes_on(&frame);
            if !may_go_on {
                break;
            }
        }
        if may_go_on {
            for frame in log.before(seen.start) {
                seen.start = frame.number;
                if self.filter.takes(&frame) {
                    self.found.push_front(frame.number as u32);
                    self.front -= 1;
                }
                if !turn.goes_on(&frame) {
                    break;
                }
            }
        }
        let is_done = seen.end == log.total() && seen.start == self.oldest;
        self.seen = Some(seen);
        is_done
    }

    /// What was looked at and is still held.
    fn forget(&mut self, log: &FrameLog) -> Range<u64> {
        let (oldest, total) = (log.dropped(), log.total());
        let seen = match self.seen.take() {
            Some(seen) if total >= self.total => seen,
            // Another log: counting starts from zero again.
            _ => {
                self.front += self.found.len() as u64;
                self.found.clear();
                total..total
            }
        };
        if total >= self.total && oldest > self.oldest {
            let gone = self.found.partition_point(|low| self.number(*low) < oldest);
            self.found.drain(..gone);
            self.front += gone as u64;
            if self.found.capacity() > self.found.len() * 2 + 8192 {
                self.found.shrink_to(self.found.len() + 4096);
            }
        }
        self.oldest = oldest;
        self.total = total;
        seen.start.max(oldest)..seen.end.max(oldest)
    }

    fn number(&self, low: u32) -> u64 {
        self.oldest + u64::from(low.wrapping_sub(self.oldest as u32))
    }

    /// How many hits there are so far.
    pub fn len(&self) -> u64 {
        self.found.len() as u64
    }

    /// Whether it is empty so far.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The positions of all hits so far, the oldest first.
    pub fn span(&self) -> Range<u64> {
        self.front..self.front + self.len()
    }

    /// The number of the frame at this position.
    pub fn number_at(&self, position: u64) -> Option<u64> {
        let at = usize::try_from(position.checked_sub(self.front)?).ok()?;
        self.found.get(at).map(|low| self.number(*low))
    }

    /// The position of the first hit that is this frame or a newer one; the end of the span when there is none.
    pub fn position_of(&self, number: u64) -> u64 {
        self.front + self.found.partition_point(|low| self.number(*low) < number) as u64
    }

    /// The number of the first hit newer than this frame.
    pub fn next_after(&self, number: u64) -> Option<u64> {
        self.number_at(self.position_of(number.saturating_add(1)))
    }

    /// The number of the last hit older than this frame.
    pub fn previous_before(&self, number: u64) -> Option<u64> {
        self.number_at(self.position_of(number).checked_sub(1)?)
    }

    /// How much was looked at, as of the last [`Hits::advance`].
    pub fn progress(&self) -> Progress {
        let seen = self.seen.as_ref().map_or(0, |seen| seen.end - seen.start);
        Progress { seen, held: self.total - self.oldest }
    }

    /// What the index takes in memory, in bytes.
    pub fn held_bytes(&self) -> usize {
        self.found.capacity() * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Random;
    use crate::bench::filter::{FilterMode, FilterSpec};
    use crate::{Entry, FrameKind, Instant};

    fn hits(text: &str) -> Hits {
        let spec = FilterSpec { text: text.to_owned(), mode: FilterMode::Text, ..FilterSpec::default() };
        Hits::new(Filter::compile(&spec).unwrap())
    }

    fn push(log: &mut FrameLog, bytes: &[u8]) {
        let (at, kind) = (Instant::from_nanos(0), FrameKind::ReceivedText);
        log.push(Entry { at, connection: 1, kind, bytes, round_trip: None, is_tainted: false });
    }

    #[test]
    fn the_newest_hits_are_found_first() {
        let mut log = FrameLog::with_budget(64 << 20);
        (0..10_000).for_each(|i| push(&mut log, if i % 2 == 0 { b"yes" } else { b"no" }));
        let mut hits = hits("yes");
        assert!(!hits.advance(&log, || false));
        assert_eq!(hits.number_at(hits.span().end - 1), Some(9998));
        assert_eq!((hits.len(), hits.progress()), (128, Progress { seen: 256, held: 10_000 }));
        let last = hits.span().end - 1;
        assert!(hits.advance(&log, || true));
        assert_eq!((hits.len(), hits.number_at(last)), (5000, Some(9998)));
        assert_eq!(
            (hits.next_after(10), hits.next_after(11), hits.next_after(9998)),
            (Some(12), Some(12), None)
        );
        assert_eq!((hits.previous_before(10), hits.previous_before(0)), (Some(8), None));
        assert_eq!(hits.position_of(u64::MAX), hits.span().end);
        assert!(hits.held_bytes() as u64 <= 8 * hits.len());
    }

    #[test]
    fn another_log_begins_from_the_start() {
        let mut log = FrameLog::with_budget(0);
        (0..100).for_each(|_| push(&mut log, b"yes"));
        let mut hits = hits("yes");
        hits.advance(&log, || true);
        let mut log = FrameLog::with_budget(0);
        push(&mut log, b"yes");
        assert!(hits.advance(&log, || true));
        assert_eq!((hits.len(), hits.number_at(hits.span().start)), (1, Some(0)));
        // A frame larger than the budget drops everything.
        push(&mut log, &vec![0; 2 << 20]);
        assert!(hits.advance(&log, || true));
        assert!(hits.is_empty());
    }

    /// For any order of pushes, drops and slices: the hits are those of a plain search, and no hit moves.
    #[test]
    fn it_is_what_a_plain_search_finds_and_nothing_moves() {
        for seed in 0..40 {
            let mut random = Random::with_seed(seed);
            let mut draw = |below: u64| random.next_u64() % below;
            let mut log = FrameLog::with_budget(1 << 20);
            let mut hits = hits("a");
            let mut places = std::collections::BTreeMap::new();
            for _ in 0..60 {
                let len = [1, 10, 3000, 40_000][draw(4) as usize];
                for _ in 0..draw(800) {
                    push(&mut log, &vec![if draw(3) == 0 { b'a' } else { b'b' }; len]);
                }
                let mut turns = draw(6);
                let is_done = hits.advance(&log, || {
                    turns = turns.saturating_sub(1);
                    turns > 0
                });
                let numbers: Vec<u64> = hits.span().filter_map(|at| hits.number_at(at)).collect();
                let progress = hits.progress();
                let plain = |number: &u64| log.get(*number).is_some_and(|frame| hits.filter().takes(&frame));
                assert!(numbers.iter().all(plain));
                if is_done {
                    assert!((log.dropped()..log.total()).filter(|n| plain(n)).eq(numbers.iter().copied()));
                    assert_eq!(progress.seen, progress.held);
                }
                for (position, number) in hits.span().zip(numbers) {
                    assert_eq!(*places.entry(number).or_insert(position), position);
                    assert_eq!(hits.position_of(number), position);
                }
            }
        }
    }
}
