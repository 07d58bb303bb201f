//! One of several simultaneous runs, which together hold more connections than one browser may.
//!
//! Owns which shard each member of a group belongs to. It refuses to know what steps do. A group has the same size and
//! the same indices in every shard; only the present members differ, and a slice may be empty.

use std::cell::RefCell;
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Which of how many this run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    index: u32,
    of: u32,
}

impl Default for Shard {
    fn default() -> Self {
        Self::WHOLE
    }
}

impl Shard {
    /// A run that is the only one.
    pub const WHOLE: Self = Self { index: 0, of: 1 };

    /// The shard of this index, from 0, among `count`; none when there are not that many.
    pub fn new(index: u32, of: u32) -> Option<Self> {
        (index < of).then_some(Self { index, of })
    }

    /// From 0.
    pub fn index(self) -> u32 {
        self.index
    }

    /// How many there are.
    pub fn of(self) -> u32 {
        self.of
    }

    /// Whether it is the only one.
    pub fn is_whole(self) -> bool {
        self.of == 1
    }

    /// Whether it holds the member of this index. They are dealt like cards, so that every rung of a ladder is spread as
    /// evenly as can be.
    pub fn holds(self, member: u64) -> bool {
        member % u64::from(self.of) == u64::from(self.index)
    }
}

/// The groups of a check, with their members in all shards.
pub(crate) struct Groups {
    shard: Shard,
    /// By the place of the client in its check.
    groups: RefCell<Vec<Group>>,
}

#[derive(Clone, Default)]
struct Group {
    size: u64,
    /// A client without members.
    is_single: bool,
    /// Whether a step has connected members in another shard; that shard reports how it went.
    is_joined_elsewhere: bool,
}

impl Groups {
    pub fn new(shard: Shard, clients: usize) -> Self {
        Self { shard, groups: RefCell::new(vec![Group::default(); clients]) }
    }

    /// A client that is not a group.
    pub fn add_single(&self, place: usize) {
        self.groups.borrow_mut()[place] = Group { size: 1, is_single: true, is_joined_elsewhere: false };
    }

    /// A group has at least this many members from now on. Returns the new indices, here or elsewhere.
    pub fn grow(&self, place: usize, count: u64) -> Range<u64> {
        let group = &mut self.groups.borrow_mut()[place];
        let known = group.size;
        group.size = known.max(count);
        known..count
    }

    /// How many members it has, all shards together.
    pub fn size(&self, place: usize) -> u64 {
        self.groups.borrow()[place].size
    }

    /// Whether this member of a group, or any when none is named, is there in another shard.
    pub fn has_elsewhere(&self, place: usize, member: Option<u64>) -> bool {
        let group = &self.groups.borrow()[place];
        let is_other = |index: u64| index < group.size && !self.shard.holds(index);
        let is_any = match member {
            Some(index) => is_other(index),
            // Two in a row are not both ours.
            None => is_other(0) || is_other(1),
        };
        is_any && !group.is_single
    }

    /// A step connects this member, or all of them, wherever they are.
    pub fn join(&self, place: usize, member: Option<u64>) {
        if self.has_elsewhere(place, member) {
            self.groups.borrow_mut()[place].is_joined_elsewhere = true;
        }
    }

    /// Whether a step has connected members of this group in another shard.
    pub fn is_joined_elsewhere(&self, place: usize) -> bool {
        self.groups.borrow()[place].is_joined_elsewhere
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_is_held_by_exactly_one_shard() {
        for of in 1..8 {
            let shards: Vec<_> = (0..of).map(|index| Shard::new(index, of).expect("below")).collect();
            for member in 0..100 {
                assert_eq!(shards.iter().filter(|shard| shard.holds(member)).count(), 1);
            }
        }
    }

    #[test]
    fn there_is_no_shard_beyond_the_last() {
        assert_eq!((Shard::new(0, 0), Shard::new(2, 2)), (None, None));
        assert_eq!(Shard::new(0, 1), Some(Shard::default()));
    }

    #[track_caller]
    fn check(shard: (u32, u32), size: u64, member: Option<u64>, expected: bool) {
        let groups = Groups::new(Shard::new(shard.0, shard.1).expect("below"), 1);
        groups.grow(0, size);
        assert_eq!(groups.has_elsewhere(0, member), expected);
    }

    #[test]
    fn a_member_is_elsewhere_when_the_group_has_it_and_this_shard_does_not() {
        check((1, 2), 3, Some(0), true);
        check((1, 2), 3, Some(1), false);
        check((1, 2), 3, Some(4), false);
        check((0, 2), 1, None, false);
        check((1, 2), 1, None, true);
        check((0, 2), 2, None, true);
        check((0, 2), 0, None, false);
        check((0, 1), 5, None, false);
        check((0, 1), 5, Some(3), false);
    }

    #[test]
    fn a_group_grows_and_never_shrinks() {
        let groups = Groups::new(Shard::WHOLE, 1);
        assert_eq!(groups.grow(0, 3), 0..3);
        assert!(groups.grow(0, 2).is_empty());
        assert_eq!((groups.grow(0, 5), groups.size(0)), (3..5, 5));
    }
}
