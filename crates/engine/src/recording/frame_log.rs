//! All events of all connections, in one list.
//!
//! Owns the memory: append-only, compact (the content plus 24 bytes a frame), bounded by a byte budget. Frames that the
//! budget pushes out are counted, and so are cleared ones: `total = held + dropped + cleared` always. The oldest go
//! first, in whole segments.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Instant;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum FrameKind {
    /// A handshake was started; the content is the address.
    Connecting,
    /// The handshake is done; the content is what was agreed on.
    Opened,
    /// We sent text.
    SentText,
    /// We sent binary.
    SentBinary,
    /// Text came.
    ReceivedText,
    /// Binary came.
    ReceivedBinary,
    /// We asked to close; the content is code and reason.
    Closing,
    /// The connection has ended; the content is code and reason.
    Closed,
    /// Something went wrong; the content says what.
    Failed,
    /// The connection was lost and waits for its next handshake; the content says how long.
    Waiting,
    /// Something that a page does not see, told by the relay; the content says what.
    Told,
}

impl FrameKind {
    /// Whether the content is text.
    pub fn is_text(self) -> bool {
        !matches!(self, Self::SentBinary | Self::ReceivedBinary)
    }

    /// Whether it is a message, and not a part of the life of a connection.
    pub fn is_message(self) -> bool {
        self.is_sent() || self.is_received()
    }

    /// Whether it is a message that we sent.
    pub fn is_sent(self) -> bool {
        matches!(self, Self::SentText | Self::SentBinary)
    }

    /// Whether it is a message that came in.
    pub fn is_received(self) -> bool {
        matches!(self, Self::ReceivedText | Self::ReceivedBinary)
    }
}

/// A frame to be logged.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// When.
    pub at: Instant,
    /// On which connection.
    pub connection: u32,
    /// What.
    pub kind: FrameKind,
    /// The content.
    pub bytes: &'a [u8],
    /// For a reply: how long its question had been out.
    pub round_trip: Option<Duration>,
    /// The harness was late or hidden, so its time is not evidence against the server.
    pub is_tainted: bool,
}

/// A logged frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its place among all frames ever logged, from 0.
    pub number: u64,
    /// When.
    pub at: Instant,
    /// On which connection.
    pub connection: u32,
    /// What.
    pub kind: FrameKind,
    /// The content.
    pub bytes: &'a [u8],
    /// For a reply: how long its question had been out, in whole microseconds.
    pub round_trip: Option<Duration>,
    /// The harness was late or hidden, so its time is not evidence against the server.
    pub is_tainted: bool,
}

/// All that is kept of a frame besides its content.
#[derive(Clone, Copy)]
struct Head {
    at: Instant,
    connection: u32,
    /// Where the content ends in its segment; it begins where the one before ends.
    end: u32,
    /// Microseconds; `u32::MAX` for none.
    round_trip: u32,
    kind: FrameKind,
    is_tainted: bool,
}

/// The bound of the promise in the design; checked when compiling.
const _: () = assert!(size_of::<Head>() <= 32);

fn kept_round_trip(took: Option<Duration>) -> u32 {
    took.map_or(u32::MAX, |took| u32::try_from(took.as_micros()).unwrap_or(u32::MAX - 1))
}

struct Segment {
    first: u64,
    heads: Vec<Head>,
    bytes: Vec<u8>,
}

impl Segment {
    const MOST_BYTES: usize = 256 << 10;
    const MOST_FRAMES: usize = 4096;

    fn starting_at(first: u64) -> Self {
        Self { first, heads: Vec::new(), bytes: Vec::new() }
    }

    fn has_room_for(&self, len: usize) -> bool {
        self.heads.len() < Self::MOST_FRAMES
            && (self.heads.is_empty() || self.bytes.len() + len <= Self::MOST_BYTES)
    }

    fn held(&self) -> usize {
        self.bytes.capacity() + self.heads.capacity() * size_of::<Head>()
    }

    fn frame(&self, at: usize) -> Frame<'_> {
        let head = self.heads[at];
        let start = if at == 0 { 0 } else { self.heads[at - 1].end as usize };
        Frame {
            number: self.first + at as u64,
            at: head.at,
            connection: head.connection,
            kind: head.kind,
            bytes: &self.bytes[start..head.end as usize],
            round_trip: (head.round_trip != u32::MAX).then(|| Duration::from_micros(head.round_trip.into())),
            is_tainted: head.is_tainted,
        }
    }
}

/// The log.
pub struct FrameLog {
    segments: VecDeque<Segment>,
    budget: usize,
    /// What the segments hold, kept up with every change.
    held: usize,
    oldest: u64,
    next: u64,
    cleared: u64,
    /// When the very first frame was logged, also after it was dropped.
    began: Option<Instant>,
}

impl FrameLog {
    /// Enough for one segment.
    pub const LEAST_BUDGET: usize = 1 << 20;

    /// An empty log that never holds more than `budget` bytes (at least [`FrameLog::LEAST_BUDGET`]).
    pub fn with_budget(budget: usize) -> Self {
        Self {
            segments: VecDeque::new(),
            budget: budget.max(Self::LEAST_BUDGET),
            held: 0,
            oldest: 0,
            next: 0,
            cleared: 0,
            began: None,
        }
    }

    /// The log of a session whose first `dropped` frames are gone and whose very first frame was logged at `began`.
    pub fn continuing(budget: usize, began: Instant, dropped: u64) -> Self {
        Self { oldest: dropped, next: dropped, began: Some(began), ..Self::with_budget(budget) }
    }

    /// Adds a frame; returns its number. A content larger than the whole budget is counted as dropped, with all before it.
    pub fn push(&mut self, entry: Entry<'_>) -> u64 {
        let number = self.next;
        self.next += 1;
        self.began.get_or_insert(entry.at);
        if entry.bytes.len() > self.budget.min(u32::MAX as usize) - Segment::MOST_FRAMES {
            self.segments.clear();
            self.held = 0;
            self.oldest = self.next;
            return number;
        }
        if !self.segments.back().is_some_and(|last| last.has_room_for(entry.bytes.len())) {
            self.begin_segment(number, entry.bytes.len());
        }
        let last = self.segments.back_mut().expect("a segment was begun above");
        let before = last.held();
        last.bytes.extend_from_slice(entry.bytes);
        last.heads.push(Head {
            at: entry.at,
            connection: entry.connection,
            end: last.bytes.len() as u32,
            round_trip: kept_round_trip(entry.round_trip),
            kind: entry.kind,
            is_tainted: entry.is_tainted,
        });
        self.held += last.held() - before;
        self.drop_over_budget();
        number
    }

    /// Gives back the spare room of the finished segment before the next one starts, so that memory is what was logged. The next
    /// one gets what this one took: a flood goes on as it began, and need not be copied as its segment grows.
    fn begin_segment(&mut self, first: u64, len: usize) {
        let mut segment = Segment::starting_at(first);
        if let Some(full) = self.segments.back_mut() {
            let before = full.held();
            full.bytes.shrink_to_fit();
            full.heads.shrink_to_fit();
            self.held -= before - full.held();
            segment.bytes.reserve_exact(full.bytes.len().min(Segment::MOST_BYTES));
            segment.heads.reserve_exact(full.heads.len());
        }
        segment.bytes.reserve_exact(len);
        self.held += segment.held();
        self.segments.push_back(segment);
    }

    fn drop_over_budget(&mut self) {
        while self.held > self.budget && self.segments.len() > 1 {
            self.drop_oldest_segment();
        }
        // The newest segment alone can outgrow a small budget, since a vector grows by doubling.
        if self.held > self.budget
            && let Some(last) = self.segments.back_mut()
        {
            last.bytes.shrink_to_fit();
            last.heads.shrink_to_fit();
            self.held = last.held();
        }
    }

    fn drop_oldest_segment(&mut self) {
        if let Some(gone) = self.segments.pop_front() {
            self.held -= gone.held();
            self.oldest = gone.first + gone.heads.len() as u64;
        }
    }

    /// Changes the budget, dropping what no longer fits.
    pub fn set_budget(&mut self, budget: usize) {
        self.budget = budget.max(Self::LEAST_BUDGET);
        self.drop_over_budget();
    }

    /// The most bytes it may hold.
    pub fn budget(&self) -> usize {
        self.budget
    }

    /// The bytes it holds, its own bookkeeping included.
    pub fn held_bytes(&self) -> usize {
        self.held
    }

    /// When the very first frame was logged, also after it was dropped; the times of a log count from here.
    pub fn began(&self) -> Option<Instant> {
        self.began
    }

    /// How many frames were ever logged.
    pub fn total(&self) -> u64 {
        self.next
    }

    /// How many frames the budget pushed out.
    pub fn dropped(&self) -> u64 {
        self.oldest - self.cleared
    }

    /// How many frames were cleared away on purpose.
    pub fn cleared(&self) -> u64 {
        self.cleared
    }

    /// The number of the oldest frame held.
    pub fn oldest(&self) -> u64 {
        self.oldest
    }

    /// Lets go of all that is held, on purpose.
    pub fn clear(&mut self) {
        self.cleared += self.len();
        self.segments.clear();
        self.held = 0;
        self.oldest = self.next;
    }

    /// How many frames are held.
    pub fn len(&self) -> u64 {
        self.next - self.oldest
    }

    /// Whether no frame is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The frame with this number, when it is held.
    pub fn get(&self, number: u64) -> Option<Frame<'_>> {
        let (segment, at) = self.place(number)?;
        Some(self.segments[segment].frame(at))
    }

    /// The segment of a held frame, and its place there.
    fn place(&self, number: u64) -> Option<(usize, usize)> {
        if !(self.oldest..self.next).contains(&number) {
            return None;
        }
        let segment = self.segments.partition_point(|s| s.first <= number).checked_sub(1)?;
        let Segment { first, heads, .. } = &self.segments[segment];
        let at = (number - first) as usize;
        (at < heads.len()).then_some((segment, at))
    }

    /// Changes how long the question of a held frame had been out, where that is found out later.
    pub fn set_round_trip(&mut self, number: u64, round_trip: Option<Duration>) {
        if let Some((segment, at)) = self.place(number) {
            self.segments[segment].heads[at].round_trip = kept_round_trip(round_trip);
        }
    }

    /// Says of a held frame that its time says nothing about the server, where that is found out later.
    pub fn set_tainted(&mut self, number: u64) {
        if let Some((segment, at)) = self.place(number) {
            self.segments[segment].heads[at].is_tainted = true;
        }
    }

    /// The held frames from this number on.
    pub fn from(&self, number: u64) -> impl Iterator<Item = Frame<'_>> {
        let number = number.max(self.oldest);
        let segment = self.segments.partition_point(|s| s.first <= number).saturating_sub(1);
        self.segments.range(segment..).flat_map(move |segment| {
            let skip = number.saturating_sub(segment.first) as usize;
            (skip.min(segment.heads.len())..segment.heads.len()).map(move |at| segment.frame(at))
        })
    }

    /// The held frames below this number, the newest first.
    pub fn before(&self, number: u64) -> impl Iterator<Item = Frame<'_>> {
        let segments = self.segments.partition_point(|s| s.first < number);
        self.segments.range(..segments).rev().flat_map(move |segment| {
            let below = usize::try_from(number - segment.first).unwrap_or(usize::MAX);
            (0..below.min(segment.heads.len())).rev().map(move |at| segment.frame(at))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(at: u64, bytes: &[u8]) -> Entry<'_> {
        Entry {
            at: Instant::from_nanos(at),
            connection: 7,
            kind: FrameKind::ReceivedText,
            bytes,
            round_trip: None,
            is_tainted: false,
        }
    }

    fn filled(budget: usize, frames: u64, len: usize) -> FrameLog {
        let mut log = FrameLog::with_budget(budget);
        for i in 0..frames {
            log.push(entry(i, &vec![i as u8; len]));
        }
        log
    }

    #[test]
    fn a_frame_comes_back_as_it_was() {
        let mut log = FrameLog::with_budget(0);
        log.push(entry(1, b"one"));
        let number = log.push(Entry {
            at: Instant::from_nanos(2),
            connection: 9,
            kind: FrameKind::SentBinary,
            bytes: b"",
            round_trip: Some(Duration::from_micros(412)),
            is_tainted: true,
        });
        log.push(entry(3, b"three"));
        assert_eq!(
            log.get(number),
            Some(Frame {
                number: 1,
                at: Instant::from_nanos(2),
                connection: 9,
                kind: FrameKind::SentBinary,
                bytes: b"",
                round_trip: Some(Duration::from_micros(412)),
                is_tainted: true,
            })
        );
        assert_eq!(log.get(2).map(|f| f.bytes), Some(&b"three"[..]));
        assert_eq!(log.get(3), None);
    }

    #[test]
    fn frames_are_found_across_segments() {
        let log = filled(64 << 20, 20_000, 64);
        assert_eq!(log.len(), 20_000);
        for number in [0, 1, 4095, 4096, 4097, 12_345, 19_999] {
            let frame = log.get(number).expect("held");
            assert_eq!((frame.number, frame.at.as_nanos(), frame.bytes[0]), (number, number, number as u8));
        }
        assert!(log.from(4090).map(|f| f.number).eq(4090..20_000));
        for number in [0, 1, 4096, 4097, 20_000, 30_000] {
            assert!(log.before(number).map(|f| f.number).eq((0..number.min(20_000)).rev()), "{number}");
        }
    }

    #[test]
    fn a_frame_costs_at_most_32_bytes_beside_its_content() {
        let log = filled(64 << 20, 100_000, 64);
        let beside = (log.held_bytes() - 100_000 * 64) as f64 / 100_000.0;
        assert!(beside <= 32.0, "{beside} bytes a frame");
    }

    #[test]
    fn the_budget_holds_and_the_totals_add_up() {
        for len in [0, 1, 64, 5000, 300_000] {
            let mut log = FrameLog::with_budget(2 << 20);
            for i in 0..30_000 {
                log.push(entry(i, &vec![0; len]));
                assert!(log.held_bytes() <= 2 << 20, "{} bytes held at {i} of {len} B", log.held_bytes());
                if len == 300_000 && i == 100 {
                    break;
                }
            }
            assert_eq!(log.total(), log.len() + log.dropped());
            assert!(!log.is_empty());
            assert_eq!(log.get(log.dropped()).map(|f| f.number), Some(log.dropped()));
            assert_eq!(log.from(0).count() as u64, log.len());
        }
    }

    #[test]
    fn what_was_dropped_is_gone_and_counted() {
        let log = filled(1 << 20, 100, 100_000);
        assert!(log.dropped() > 80);
        assert_eq!(log.get(log.dropped() - 1), None);
        assert_eq!(log.from(0).next().map(|f| f.number), Some(log.dropped()));
    }

    #[test]
    fn a_frame_larger_than_the_budget_is_counted_and_not_held() {
        let mut log = filled(1 << 20, 10, 10);
        log.push(entry(10, &vec![0; 2 << 20]));
        assert_eq!((log.total(), log.len(), log.dropped(), log.held_bytes()), (11, 0, 11, 0));
        log.push(entry(11, b"next"));
        assert_eq!(log.get(11).map(|f| f.bytes), Some(&b"next"[..]));
    }

    #[test]
    fn what_is_cleared_is_not_called_dropped() {
        let mut log = filled(1 << 20, 100, 100_000);
        let dropped = log.dropped();
        log.clear();
        assert_eq!((log.dropped(), log.cleared(), log.len()), (dropped, 100 - dropped, 0));
        log.push(entry(100, b"next"));
        assert_eq!(log.total(), log.len() + log.dropped() + log.cleared());
        assert_eq!(log.get(100).map(|f| f.bytes), Some(&b"next"[..]));
    }

    #[test]
    fn a_smaller_budget_drops_at_once() {
        let mut log = filled(64 << 20, 1000, 10_000);
        assert_eq!(log.dropped(), 0);
        log.set_budget(1 << 20);
        assert!(log.held_bytes() <= 1 << 20);
        assert_eq!(log.total(), log.len() + log.dropped());
    }
}
