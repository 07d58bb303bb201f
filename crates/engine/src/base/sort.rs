//! Sorting of few items by code that is compiled once.
//!
//! `slice::sort_by` is compiled for each type of item, and each copy is 4 kB of WebAssembly that the page downloads.

use std::cmp::Ordering;

/// Sorts and keeps the order of equal items.
pub fn sort_by<T>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let mut order: Vec<usize> = (0..items.len()).collect();
    sort_places(&mut order, &|a, b| compare(&items[a], &items[b]));
    for at in 0..order.len() {
        // What belongs here may have changed places with an item further up.
        let mut from = order[at];
        while from < at {
            from = order[from];
        }
        items.swap(at, from);
    }
}

/// As [`sort_by`], by a key of each item.
pub fn sort_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    sort_by(items, |a, b| key(a).cmp(&key(b)));
}

fn sort_places(order: &mut [usize], compare: &dyn Fn(usize, usize) -> Ordering) {
    order.sort_by(|a, b| compare(*a, *b));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Random;

    #[test]
    fn items_are_sorted_as_the_standard_library_sorts_them() {
        let mut random = Random::with_seed(3);
        for length in 0..60 {
            let mut items: Vec<(u64, usize)> = (0..length).map(|nth| (random.next_u64() % 7, nth)).collect();
            let mut expected = items.clone();
            expected.sort_by_key(|item| item.0);
            sort_by_key(&mut items, |item| item.0);
            assert_eq!(items, expected);
        }
    }
}
