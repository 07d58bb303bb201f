//! The members and items that some schema has covered.
//!
//! Owns what `unevaluatedProperties` and `unevaluatedItems` need to know. It is kept only where one of them is used.

use std::collections::BTreeSet;

/// What has been spoken about in one object or array.
#[derive(Default)]
pub(super) struct Seen<'v> {
    names: BTreeSet<&'v str>,
    /// All items before this one.
    upto: usize,
    /// Items after that.
    items: BTreeSet<usize>,
}

impl<'v> Seen<'v> {
    pub(super) fn add_name(&mut self, name: &'v str) {
        self.names.insert(name);
    }

    pub(super) fn add_items_upto(&mut self, end: usize) {
        self.upto = self.upto.max(end);
    }

    pub(super) fn add_item(&mut self, index: usize) {
        self.items.insert(index);
    }

    pub(super) fn has_name(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    pub(super) fn has_item(&self, index: usize) -> bool {
        index < self.upto || self.items.contains(&index)
    }

    /// How much there is to absorb.
    pub(super) fn len(&self) -> usize {
        self.names.len() + self.items.len()
    }

    pub(super) fn absorb(&mut self, other: Self) {
        self.upto = self.upto.max(other.upto);
        self.names.extend(other.names);
        self.items.extend(other.items);
    }
}
