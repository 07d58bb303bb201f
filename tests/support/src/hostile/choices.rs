//! Bytes as a row of choices; when they are used up, the smallest choice is taken every time, so that everything ends.

use std::cell::Cell;

/// What is left of the bytes.
pub struct Choices<'a> {
    bytes: &'a [u8],
    at: Cell<usize>,
}

impl<'a> Choices<'a> {
    pub fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: Cell::new(0) }
    }

    pub fn is_used_up(&self) -> bool {
        self.at.get() >= self.bytes.len()
    }

    pub fn byte(&self) -> u8 {
        let at = self.at.get();
        self.at.set(at + 1);
        self.bytes.get(at).copied().unwrap_or_default()
    }

    /// A number below `bound`, which is at most 256.
    pub fn below(&self, bound: usize) -> usize {
        usize::from(self.byte()) % bound.max(1)
    }

    /// True in `of` of 256 cases.
    pub fn chance(&self, of: u8) -> bool {
        self.byte() > 255 - of
    }

    pub fn pick<T: Clone>(&self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    pub fn number(&self) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|_| self.byte()))
    }

    /// This many bytes, as far as there are any.
    pub fn bytes(&self, count: usize) -> Vec<u8> {
        let start = self.at.get().min(self.bytes.len());
        let end = (start + count).min(self.bytes.len());
        self.at.set(end);
        self.bytes[start..end].to_vec()
    }
}
