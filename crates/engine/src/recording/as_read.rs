//! What the file of a session says about its frames and the log does not hold, so that it can be written again as it was.
//!
//! A log numbers its frames without gaps. A file of chosen frames has gaps, and one without secrets says how long the
//! masked messages were.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What was read beside the frames.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsRead {
    /// From this number of the log on, the numbers of the file are larger by so much.
    gaps: Vec<(u64, u64)>,
    /// Handshakes whose beginning is not among the frames: the first frame of each, and its place in the list.
    begins: BTreeMap<u64, usize>,
    /// Frames that were missing already.
    missing: u64,
    /// The bytes that a message had, where its content is shorter or longer.
    sizes: BTreeMap<u64, u64>,
}

impl AsRead {
    /// The number that the file has for a frame.
    pub fn number(&self, number: u64) -> u64 {
        let later = self.gaps.partition_point(|(from, _)| *from <= number);
        number + later.checked_sub(1).map_or(0, |at| self.gaps[at].1)
    }

    /// The bytes that a message had.
    pub fn bytes(&self, number: u64, content: usize) -> u64 {
        self.sizes.get(&number).copied().unwrap_or(content as u64)
    }

    /// How many frames were missing already.
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// The handshake that begins with a frame which is not its beginning.
    pub(crate) fn begun_by(&self, number: u64) -> Option<usize> {
        self.begins.get(&number).copied()
    }

    /// A handshake of which this is the first frame.
    pub(crate) fn begins(&mut self, number: u64, handshake: usize) {
        self.begins.insert(number, handshake);
    }

    /// This many frames were missing already.
    pub(crate) fn misses(&mut self, frames: u64) {
        self.missing = frames;
    }

    /// Whether the file has this number for the next frame without a new gap.
    pub(crate) fn is_next(&self, number: u64, in_file: u64) -> bool {
        self.number(number) == in_file
    }

    /// From this frame on, the file's numbers are larger by so much.
    pub(crate) fn gap(&mut self, number: u64, larger_by: u64) {
        self.gaps.push((number, larger_by));
    }

    /// No more handshakes than this are known.
    pub(crate) fn keep_handshakes(&mut self, known: usize) {
        self.begins.retain(|_, place| *place < known);
    }

    /// A message had this many bytes.
    pub(crate) fn size(&mut self, number: u64, bytes: u64) {
        self.sizes.insert(number, bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_a_file_with_gaps_are_found_again() {
        let mut read = AsRead::default();
        assert_eq!(read.number(7), 7);
        read.gap(2, 3);
        read.gap(4, 10);
        let numbers: Vec<u64> = (0..6).map(|number| read.number(number)).collect();
        assert_eq!(numbers, [0, 1, 5, 6, 14, 15]);
        assert!(read.is_next(6, 16) && !read.is_next(6, 17));
        read.size(3, 99);
        assert_eq!([read.bytes(3, 5), read.bytes(4, 5)], [99, 5]);
    }
}
