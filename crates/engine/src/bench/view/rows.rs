//! Lines of a fixed number of bytes: any of them is found without reading the others.

use super::{Pages, TextLine};

/// Lines of `bytes_a_row` bytes; `line` makes one, given the offset of its first byte.
pub(super) struct Rows {
    pub len: usize,
    pub bytes_a_row: usize,
    pub line: fn(usize, &[u8]) -> TextLine,
}

impl Pages for Rows {
    fn lines(&self) -> u64 {
        self.len.div_ceil(self.bytes_a_row) as u64
    }

    fn advance(&mut self, _bytes: &[u8], _may_go_on: &mut dyn FnMut() -> bool) -> bool {
        true
    }

    fn line_at(&self, _bytes: &[u8], offset: usize) -> Option<u64> {
        (offset < self.len).then_some((offset / self.bytes_a_row) as u64)
    }

    fn read(&self, bytes: &[u8], from: u64, count: usize) -> Vec<TextLine> {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let rows = bytes.chunks(self.bytes_a_row).enumerate().skip(from).take(count);
        rows.map(|(place, row)| (self.line)(place * self.bytes_a_row, row)).collect()
    }
}
