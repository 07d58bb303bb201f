//! Both sessions side by side: which frame stands beside which, and what differs there.
//!
//! Owns the order of the rows. A frame that only one session has stands behind those that came before it there.

use std::collections::BTreeMap;

use super::masks::Masks;
use super::{Diff, Group, MOST_MESSAGES, compare};
use crate::session::Session;

/// A row: the same message or event in both sessions, or what only one has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aligned {
    /// The number of the frame in the first session.
    pub before: Option<u64>,
    /// The number of the frame in the second session.
    pub after: Option<u64>,
    /// The places of its differences in the comparison.
    pub differences: Vec<usize>,
}

/// Compares two sessions, and says which frames stand beside each other.
pub fn diff_aligned(first: &Session, second: &Session, masks: &Masks) -> (Diff, Vec<Aligned>) {
    compare(&[first], &[second], masks, MOST_MESSAGES)
}

/// The frames of a row.
type Place = (Option<u64>, Option<u64>);

/// The rows while the sessions are compared.
#[derive(Default)]
pub(super) struct Rows {
    all: Vec<Place>,
    /// What differs at a place. A place may be marked that has no row yet.
    marks: BTreeMap<Place, Vec<Group>>,
}

impl Rows {
    pub fn add(&mut self, before: Option<u64>, after: Option<u64>) {
        self.all.push((before, after));
    }

    pub fn mark(&mut self, before: Option<u64>, after: Option<u64>, group: &Group) {
        let groups = self.marks.entry((before, after)).or_default();
        if !groups.contains(group) {
            groups.push(group.clone());
        }
    }

    /// The rows in their order; `groups` and `late` say which difference has which place in the comparison.
    pub fn finish(mut self, groups: &BTreeMap<Group, usize>, late: &[(u64, usize)]) -> Vec<Aligned> {
        self.all.extend(self.marks.keys().copied());
        self.all.sort_unstable_by_key(|(before, after)| (*after, *before));
        self.all.dedup();
        // What only the second session has stands behind the frame of the first that came before it there.
        let mut latest = None;
        let mut keyed: Vec<(Option<u64>, Option<u64>, Place)> = Vec::with_capacity(self.all.len());
        for place in self.all {
            latest = latest.max(place.0.filter(|_| place.1.is_some()));
            let key = match place.0 {
                Some(before) => (Some(before), None),
                None => (latest, place.1),
            };
            keyed.push((key.0, key.1, place));
        }
        keyed.sort_unstable();
        let differences = |place: Place| {
            let mut differences: Vec<usize> = self.marks.get(&place).map_or_else(Vec::new, |of_place| {
                of_place.iter().filter_map(|group| groups.get(group).copied()).collect()
            });
            let is_late = |(frame, _): &&(u64, usize)| Some(*frame) == place.1;
            differences.extend(late.iter().filter(is_late).map(|(_, nth)| *nth));
            differences.sort_unstable();
            differences
        };
        let row = |(.., place): (Option<u64>, Option<u64>, Place)| Aligned {
            before: place.0,
            after: place.1,
            differences: differences(place),
        };
        keyed.into_iter().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(shape: &str) -> Group {
        ("a".to_owned(), false, "kind".to_owned(), shape.to_owned())
    }

    #[test]
    fn what_only_one_session_has_stands_where_it_came() {
        let mut rows = Rows::default();
        rows.add(Some(1), Some(10));
        rows.add(Some(3), Some(12));
        rows.add(Some(2), None);
        rows.add(None, Some(11));
        rows.add(None, Some(9));
        rows.mark(Some(2), None, &group("missing"));
        let groups = BTreeMap::from([(group("missing"), 4)]);
        let rows = rows.finish(&groups, &[(12, 7)]);
        let places: Vec<Place> = rows.iter().map(|row| (row.before, row.after)).collect();
        let expected =
            [(None, Some(9)), (Some(1), Some(10)), (None, Some(11)), (Some(2), None), (Some(3), Some(12))];
        assert_eq!(places, expected);
        let differences: Vec<_> = rows.iter().map(|row| row.differences.as_slice()).collect();
        assert_eq!(differences, [&[][..], &[], &[], &[4], &[7]]);
    }

    #[test]
    fn a_moved_message_stands_once_and_at_its_place_in_the_first_session() {
        let mut rows = Rows::default();
        for (before, after) in [(1, 1), (2, 4), (3, 2), (4, 3)] {
            rows.add(Some(before), Some(after));
        }
        rows.mark(Some(2), Some(4), &group("order"));
        let rows = rows.finish(&BTreeMap::from([(group("order"), 0)]), &[]);
        let before: Vec<_> = rows.iter().filter_map(|row| row.before).collect();
        assert_eq!(before, [1, 2, 3, 4]);
        assert_eq!(rows[1].differences, [0]);
    }
}
