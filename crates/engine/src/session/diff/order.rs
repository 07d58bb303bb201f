//! Which messages came in another order.
//!
//! Owns the longest part of a connection that has kept its order; what is not in it has moved. Only what the server
//! sends is looked at: when we send depends on us. Messages of a feed come when they come.

use super::masks::Masks;
use super::side::Side;

/// The pairs that are out of order. `both` is in the order of the first session.
pub(super) fn moved(a: &Side, b: &Side, both: &[(usize, usize)], masks: &Masks) -> Vec<(usize, usize)> {
    let is_ordered = |(i, j): &&(usize, usize)| {
        let event = &a.events[*i];
        let is_free = masks.of(&event.kind, event.is_sent()).is_some_and(|mask| mask.order);
        !event.is_sent() && !event.is_feed && !b.events[*j].is_feed && !is_free
    };
    let pairs: Vec<(usize, usize)> = both.iter().filter(is_ordered).copied().collect();
    let places: Vec<usize> = pairs.iter().map(|(_, j)| *j).collect();
    let kept = longest_increasing(&places);
    let mut is_kept = vec![false; pairs.len()];
    kept.into_iter().for_each(|at| is_kept[at] = true);
    pairs.into_iter().zip(is_kept).filter(|(_, is_kept)| !is_kept).map(|(pair, _)| pair).collect()
}

/// The places of a longest part of the list that only grows.
fn longest_increasing(list: &[usize]) -> Vec<usize> {
    // For each length, the place of the smallest end of a part that is as long.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; list.len()];
    for (at, value) in list.iter().enumerate() {
        let length = ends.partition_point(|end| list[*end] < *value);
        before[at] = length.checked_sub(1).map(|shorter| ends[shorter]);
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut part = Vec::with_capacity(ends.len());
    let mut next = ends.last().copied();
    while let Some(at) = next {
        part.push(at);
        next = before[at];
    }
    part.reverse();
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_swap_is_one_move() {
        let kept = |list: &[usize]| longest_increasing(list).len();
        assert_eq!(kept(&[0, 1, 2, 3]), 4);
        assert_eq!(kept(&[0, 2, 1, 3]), 3);
        assert_eq!(kept(&[3, 0, 1, 2]), 3);
        assert_eq!(kept(&[]), 0);
        assert_eq!(longest_increasing(&[5, 1, 2]), [1, 2]);
    }
}
