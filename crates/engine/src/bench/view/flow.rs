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
    /// Where it stands in the content.
    fn offset(&self) -> usize;
    /// How deep the next line is nested; a line changes it by one at most.
    fn depth(&self) -> u16 {
        0
    }
}

/// Lines of a content that flows.
pub(super) struct Flow<C> {
    places: Vec<C>,
    at: C,
    lines: u64,
    is_done: bool,
    /// First and last line of each part that can be folded, in the order of the first; 0 as the last while it is open.
    folds: Vec<(u32, u32)>,
    /// The places of those that are open.
    open: Vec<u32>,
}

impl<C: Cursor> Flow<C> {
    pub fn from(start: C) -> Self {
        Self { places: Vec::new(), at: start, lines: 0, is_done: false, folds: Vec::new(), open: Vec::new() }
    }
}

/// Of a content with more parts the later ones do not fold: they would take more memory than the content.
const MOST_FOLDS: usize = 1 << 20;

impl<C: Cursor> Flow<C> {
    /// Takes note of a part that begins or ends with the line that was just read.
    fn nest(&mut self, before: u16) {
        let (after, line) = (self.at.depth(), self.lines as u32);
        if after > before {
            // One that does not fold keeps its place among the open ones.
            let place = if self.folds.len() < MOST_FOLDS { self.folds.len() as u32 } else { u32::MAX };
            if place != u32::MAX {
                self.folds.push((line, 0));
            }
            self.open.push(place);
        } else if after < before
            && let Some(fold) = self.open.pop().and_then(|place| self.folds.get_mut(place as usize))
        {
            fold.1 = line;
        }
    }

    /// The place of a line, unless it comes after the last one.
    fn place(&self, bytes: &[u8], line: u64) -> Option<C> {
        let mut at =
            self.places.get(usize::try_from(line / EVERY).ok()?).filter(|_| line < self.lines)?.clone();
        for _ in 0..line % EVERY {
            at.line(bytes, None);
        }
        Some(at)
    }
}

impl<C: Cursor> Pages for Flow<C> {
    fn fold_end(&self, line: u64) -> Option<u64> {
        let line = u32::try_from(line).ok()?;
        let at = self.folds.binary_search_by_key(&line, |(first, _)| *first).ok()?;
        Some(self.folds[at].1).filter(|last| *last > line).map(u64::from)
    }

    fn offset_of(&self, bytes: &[u8], line: u64) -> Option<usize> {
        self.place(bytes, line).map(|place| place.offset())
    }

    fn line_at(&self, bytes: &[u8], offset: usize) -> Option<u64> {
        let before = self.places.partition_point(|place| place.offset() <= offset).checked_sub(1)?;
        let (mut at, mut line) = (self.places[before].clone(), before as u64 * EVERY);
        while line + 1 < self.lines {
            at.line(bytes, None);
            if at.offset() > offset {
                break;
            }
            line += 1;
        }
        Some(line)
    }

    fn lines(&self) -> u64 {
        self.lines
    }

    fn advance(&mut self, bytes: &[u8], may_go_on: &mut dyn FnMut() -> bool) -> bool {
        while !self.is_done {
            if self.lines.is_multiple_of(EVERY) {
                self.places.push(self.at.clone());
            }
            let before = self.at.depth();
            self.is_done = !self.at.line(bytes, None);
            self.nest(before);
            self.lines += u64::from(!self.is_done);
            if self.lines.is_multiple_of(CHUNK) && !may_go_on() {
                break;
            }
        }
        self.is_done
    }

    fn read(&self, bytes: &[u8], from: u64, count: usize) -> Vec<TextLine> {
        let last = (from.saturating_add(count as u64)).min(self.lines);
        let Some(mut at) = self.place(bytes, from).filter(|_| from < last) else { return Vec::new() };
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
