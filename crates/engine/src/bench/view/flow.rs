//! Lines that can only be found by reading from the start: at intervals, a place to continue from is remembered.

use super::{Pages, TextLine};

/// Lines between two remembered places.
const EVERY: u64 = 256;
/// Lines between two checks whether to continue.
const CHUNK: u64 = 1024;

/// Reads lines one after the other. A copy is a place to come back to.
pub(super) trait Cursor: Clone {
    /// Goes over one line; writes it into `out` where there is one. False at the end.
    fn line(&mut self, bytes: &[u8], out: Option<&mut TextLine>) -> bool;
}

/// Lines of a content that flows.
pub(super) struct Flow<C> {
    places: Vec<C>,
    at: C,
    lines: u64,
    is_done: bool,
}

impl<C: Cursor> Flow<C> {
    pub fn from(start: C) -> Self {
        Self { places: Vec::new(), at: start, lines: 0, is_done: false }
    }
}

impl<C: Cursor> Pages for Flow<C> {
    fn lines(&self) -> u64 {
        self.lines
    }

    fn advance(&mut self, bytes: &[u8], may_go_on: &mut dyn FnMut() -> bool) -> bool {
        while !self.is_done {
            if self.lines.is_multiple_of(EVERY) {
                self.places.push(self.at.clone());
            }
            self.is_done = !self.at.line(bytes, None);
            self.lines += u64::from(!self.is_done);
            if self.lines.is_multiple_of(CHUNK) && !may_go_on() {
                break;
            }
        }
        self.is_done
    }

    fn read(&self, bytes: &[u8], from: u64, count: usize) -> Vec<TextLine> {
        let last = (from.saturating_add(count as u64)).min(self.lines);
        let place = usize::try_from(from / EVERY).ok().and_then(|place| self.places.get(place));
        let Some(place) = place.filter(|_| from < last) else { return Vec::new() };
        let mut at = place.clone();
        for _ in 0..from % EVERY {
            at.line(bytes, None);
        }
        (from..last)
            .map(|_| {
                let mut line = TextLine::default();
                at.line(bytes, Some(&mut line));
                line
            })
            .collect()
    }
}

/// The end of a piece of at most `room` bytes that begins at `from`, at a border between characters.
pub(super) fn piece(bytes: &[u8], from: usize, room: usize) -> usize {
    let mut end = from.saturating_add(room).min(bytes.len());
    // A continuation byte of UTF-8 is never the first of a piece.
    while end < bytes.len() && end > from + 1 && bytes[end] & 0xC0 == 0x80 {
        end -= 1;
    }
    end
}

/// Bytes as text; invalid UTF-8 is replaced.
pub(super) fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
