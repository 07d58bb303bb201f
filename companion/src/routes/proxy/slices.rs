//! Bytes that leave in small pieces, each in a write of its own.

use std::collections::VecDeque;

use bytes::Bytes;
use tokio::time::Instant;

use super::effect::Slicer;
use crate::routes::dice::Dice;

/// What is not cut yet.
#[derive(Debug)]
pub struct Slices {
    uncut: VecDeque<Bytes>,
    /// When the next piece may be cut.
    next: Instant,
    dice: Dice,
}

impl Slices {
    /// Nothing, to be cut into sizes that follow from these dice.
    pub fn new(dice: Dice) -> Self {
        Self { uncut: VecDeque::new(), next: Instant::now(), dice }
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.uncut.is_empty()
    }

    /// Bytes that wait.
    pub fn size(&self) -> usize {
        self.uncut.iter().map(Bytes::len).sum()
    }

    /// Adds bytes behind the others.
    pub fn push(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.uncut.push_back(bytes);
        }
    }

    /// Everything, when there is nothing to cut any more.
    pub fn drain(&mut self) -> impl Iterator<Item = Bytes> {
        self.uncut.drain(..)
    }

    /// When there is a piece to cut.
    pub fn due(&self) -> Option<Instant> {
        (!self.uncut.is_empty()).then_some(self.next)
    }

    /// The next piece, if its time has come. To be asked when the one before has left.
    pub fn cut(&mut self, slicer: Slicer) -> Option<Bytes> {
        let now = Instant::now();
        if now < self.next {
            return None;
        }
        let front = self.uncut.front_mut()?;
        let least = slicer.size.saturating_sub(slicer.variation).max(1);
        let spread = slicer.size + slicer.variation - least + 1;
        let size = usize::try_from(least + self.dice.roll() % spread).unwrap_or(usize::MAX);
        let piece = front.split_to(front.len().min(size));
        if front.is_empty() {
            self.uncut.pop_front();
        }
        self.next = now + slicer.delay;
        Some(piece)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn pieces_are_of_the_size_more_or_less_and_make_the_whole() {
        let mut slices = Slices::new(Dice::new(7));
        slices.push(Bytes::from(vec![1; 1000]));
        slices.push(Bytes::from(vec![2; 1000]));
        let slicer = Slicer { size: 10, variation: 4, delay: Duration::ZERO };
        let pieces: Vec<_> = std::iter::from_fn(|| slices.cut(slicer)).collect();
        assert_eq!(pieces.concat(), [vec![1; 1000], vec![2; 1000]].concat());
        let small = pieces.iter().filter(|piece| !(6..=14).contains(&piece.len())).count();
        assert!(
            small <= 2 && pieces.iter().any(|piece| piece.len() != 10),
            "the last piece of each may be smaller"
        );
        assert_eq!(slices.due(), None);
    }

    #[test]
    fn a_piece_waits_for_its_time() {
        let mut slices = Slices::new(Dice::new(7));
        slices.push(Bytes::from_static(b"abc"));
        let slicer = Slicer { size: 1, variation: 0, delay: Duration::from_secs(5) };
        assert_eq!(slices.cut(slicer).as_deref(), Some(&b"a"[..]));
        assert_eq!(slices.cut(slicer), None);
        assert!(slices.due().is_some_and(|due| due > Instant::now()));
    }
}
