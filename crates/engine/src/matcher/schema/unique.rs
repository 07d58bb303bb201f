//! Whether an array has two equal items.
//!
//! Owns finding them without comparing each with each: only items of equal hash are compared. A peer that crafts items
//! of equal hash pays for the comparisons out of the check's steps.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use crate::base::number;

use super::super::json;

/// The first item that equals an earlier one, with that one. `spend` returns whether this many steps may still be
/// taken.
pub(super) fn repeated(items: &[Value], spend: &dyn Fn(u64) -> bool) -> Option<(usize, usize)> {
    let mut hashed = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        if !spend(weight(item)) {
            return None;
        }
        hashed.push((hash_of(item), index));
    }
    hashed.sort_unstable();
    let mut found: Option<(usize, usize)> = None;
    for group in hashed.chunk_by(|(a, _), (b, _)| a == b) {
        let pairs = (1..group.len())
            .flat_map(|later| (0..later).map(move |earlier| (group[earlier].1, group[later].1)));
        for (earlier, later) in pairs {
            if !spend(weight(&items[later])) {
                return None;
            }
            if json::equal(&items[earlier], &items[later]) {
                found = found.filter(|(_, least)| *least < later).or(Some((earlier, later)));
                break;
            }
        }
    }
    found
}

/// How long it takes to look at all of a value.
pub(super) fn weight(value: &Value) -> u64 {
    1 + match value {
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(members) => {
            members.iter().map(|(name, member)| weight_of_text(name) + weight(member)).sum()
        }
        Value::String(text) => weight_of_text(text),
        Value::Number(number) => weight_of_text(number.as_str()),
        Value::Bool(_) | Value::Null => 0,
    }
}

pub(super) fn weight_of_text(text: &str) -> u64 {
    (text.len() / 64) as u64
}

/// Equal values have equal hashes.
fn hash_of(value: &Value) -> u64 {
    let mut state = DefaultHasher::new();
    std::mem::discriminant(value).hash(&mut state);
    match value {
        Value::Null => {}
        Value::Bool(flag) => flag.hash(&mut state),
        Value::Number(number) => number::hash(number, &mut state),
        Value::String(text) => text.hash(&mut state),
        Value::Array(items) => items.iter().for_each(|item| hash_of(item).hash(&mut state)),
        // A sum, because the order of members means nothing.
        Value::Object(members) => {
            let sum = members.iter().fold(0u64, |sum, (name, member)| {
                let mut state = DefaultHasher::new();
                (name, hash_of(member)).hash(&mut state);
                sum.wrapping_add(state.finish())
            });
            sum.hash(&mut state);
        }
    }
    state.finish()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(items: &str, expected: Option<(usize, usize)>) {
        let items: Vec<Value> = serde_json::from_str(items).unwrap();
        assert_eq!(repeated(&items, &|_| true), expected);
    }

    #[test]
    fn equal_items_are_found_however_they_are_written() {
        check("[1,2,1.0]", Some((0, 2)));
        check(r#"[{"a":1,"b":2},{"b":2,"a":1e0}]"#, Some((0, 1)));
        check(r#"[[1],[2],[1],[2]]"#, Some((0, 2)));
        check("[0,-0.0]", Some((0, 1)));
    }

    #[test]
    fn unlike_items_are_none() {
        check("[]", None);
        check("[1,true,\"1\",[1],{\"1\":1},null,0,false]", None);
        check("[[1,2],[2,1]]", None);
        check("[10000000000000001,1e16]", None);
    }

    #[test]
    fn a_giant_array_costs_no_square() {
        let mut items: Vec<Value> = (0..200_000).map(|i| json!(i)).collect();
        assert_eq!(repeated(&items, &|_| true), None);
        items.push(json!(7.0));
        assert_eq!(repeated(&items, &|_| true), Some((7, 200_000)));
    }
}
