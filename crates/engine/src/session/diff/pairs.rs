//! Which message of one session is which of the other.
//!
//! Owns the ways to pair them, from the surest: the same content in the same order, the same content elsewhere, an answer
//! to the same question, the same kind. A message of a feed is one of many, so how many there are says nothing.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use super::masks::Masks;
use super::side::Side;
use super::values::fingerprint;
use crate::bench::compare::align::{Step, align};
use crate::recorder::kinds;
use crate::recorder::lines::Content;

/// The messages of a connection in both sessions.
#[derive(Default)]
pub(super) struct Pairs {
    pub both: Vec<(usize, usize)>,
    pub left: Vec<usize>,
    pub right: Vec<usize>,
}

/// Beyond this many on either side, messages of different kinds are not compared with each other.
const MOST_ALIKE: usize = 2000;

impl Pairs {
    pub fn find(a: &Side, b: &Side, one: &str, other: &str, masks: &Masks) -> Self {
        type Groups<'k> = BTreeMap<(bool, &'k str), (Vec<usize>, Vec<usize>)>;
        let mut groups = Groups::new();
        for at in a.of_client(one) {
            let event = &a.events[at];
            groups.entry((event.is_sent(), &event.kind)).or_default().0.push(at);
        }
        for at in b.of_client(other) {
            let event = &b.events[at];
            groups.entry((event.is_sent(), &event.kind)).or_default().1.push(at);
        }
        let mut pairs = Self::default();
        for ((is_sent, kind), (left, right)) in groups {
            let is_feed =
                left.iter().any(|at| a.events[*at].is_feed) || right.iter().any(|at| b.events[*at].is_feed);
            if is_feed && !left.is_empty() && !right.is_empty() {
                pairs.both.extend(left.into_iter().zip(right));
                continue;
            }
            let mask = masks.of(kind, is_sent);
            let prints = |side: &Side, all: &[usize]| -> Vec<u64> {
                all.iter().map(|at| fingerprint(side, *at, mask, masks.guess)).collect()
            };
            pairs.group(a, b, (&left, &prints(a, &left)), (&right, &prints(b, &right)));
        }
        pairs.alike(a, b);
        pairs.both.sort_unstable();
        pairs
    }

    /// Pairs the messages of one kind.
    fn group(&mut self, a: &Side, b: &Side, left: (&[usize], &[u64]), right: (&[usize], &[u64])) {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for step in align(left.1, right.1) {
            match step {
                Step::Both(i, j) => self.both.push((left.0[i], right.0[j])),
                Step::Left(i) => ours.push(i),
                Step::Right(j) => theirs.push(j),
            }
        }
        // The same content at another place.
        self.take(&mut ours, &mut theirs, |i| Some(left.1[i]), |j| Some(right.1[j]), (left.0, right.0));
        // An answer to the same question, with another content.
        let asked =
            |side: &Side, at: usize| side.events[at].cause.map(|cause| side.events[cause].nth_sent as u64);
        self.take(
            &mut ours,
            &mut theirs,
            |i| asked(a, left.0[i]),
            |j| asked(b, right.0[j]),
            (left.0, right.0),
        );
        let shared = ours.len().min(theirs.len());
        self.both.extend(ours.iter().zip(&theirs).map(|(i, j)| (left.0[*i], right.0[*j])));
        self.left.extend(ours[shared..].iter().map(|i| left.0[*i]));
        self.right.extend(theirs[shared..].iter().map(|j| right.0[*j]));
    }

    /// Pairs those with the same key, in their order.
    fn take(
        &mut self,
        ours: &mut Vec<usize>,
        theirs: &mut Vec<usize>,
        key: impl Fn(usize) -> Option<u64>,
        other_key: impl Fn(usize) -> Option<u64>,
        places: (&[usize], &[usize]),
    ) {
        if ours.is_empty() || theirs.is_empty() {
            return;
        }
        let mut waiting = FxHashMap::<u64, Vec<usize>>::default();
        for j in theirs.iter().rev() {
            if let Some(key) = other_key(*j) {
                waiting.entry(key).or_default().push(*j);
            }
        }
        let mut taken = FxHashSet::default();
        ours.retain(|i| {
            let other = key(*i).and_then(|key| waiting.get_mut(&key)?.pop());
            if let Some(j) = other {
                self.both.push((places.0[*i], places.1[j]));
                taken.insert(j);
            }
            other.is_none()
        });
        theirs.retain(|j| !taken.contains(j));
    }

    /// Pairs what is left over of different kinds: a member that was dropped may have made another kind of a message.
    fn alike(&mut self, a: &Side, b: &Side) {
        if self.left.len().max(self.right.len()) > MOST_ALIKE {
            return;
        }
        self.left.sort_unstable();
        self.right.sort_unstable();
        for is_sure in [true, false] {
            let right = &mut self.right;
            let both = &mut self.both;
            self.left.retain(|i| {
                let found = right.iter().position(|j| is_alike(a, b, *i, *j, is_sure));
                if let Some(at) = found {
                    both.push((*i, right.remove(at)));
                }
                found.is_none()
            });
        }
    }
}

fn is_alike(a: &Side, b: &Side, i: usize, j: usize, is_sure: bool) -> bool {
    let (one, other) = (&a.events[i], &b.events[j]);
    if one.is_sent() != other.is_sent() {
        return false;
    }
    if is_sure {
        let question = |side: &Side, cause: Option<usize>| cause.map(|cause| side.events[cause].nth_sent);
        let asked = question(a, one.cause);
        return asked.is_some() && asked == question(b, other.cause);
    }
    match (&one.content(), &other.content()) {
        (Content::Binary(_), Content::Binary(_)) => true,
        (one, other) => match (one.json(), other.json()) {
            (Some(Value::Object(one)), Some(Value::Object(other))) => {
                let shared = one.keys().filter(|name| other.contains_key(*name)).count();
                let says_another = kinds::TELLING.iter().any(|name| {
                    matches!((one.get(*name), other.get(*name)), (Some(one), Some(other)) if one != other)
                });
                shared * 2 >= one.len().max(other.len()) && shared > 0 && !says_another
            }
            _ => false,
        },
    }
}
