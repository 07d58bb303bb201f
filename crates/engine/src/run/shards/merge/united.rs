//! Texts and verdicts of several shards as one.
//!
//! Owns when a shard is named: whenever the shards differ.

use super::super::super::outcome::judge::IDLE;
use crate::report::Verdict;

/// A part of the whole, with the shard it comes from.
pub(super) type Part<'a, T> = (usize, &'a T);

/// Different texts, each once.
pub(super) fn distinct<'a>(all: impl Iterator<Item = &'a String>) -> String {
    let mut known: Vec<&str> = Vec::new();
    for text in all {
        if !known.contains(&text.as_str()) {
            known.push(text);
        }
    }
    known.join(", ")
}

/// What a shard says, with the shard, unless it is the only one that has something to say.
pub(super) fn named(shard: usize, count: usize, text: &str) -> String {
    if count == 1 { text.to_owned() } else { format!("shard {shard}: {text}") }
}

/// The first of the gravest.
pub(super) fn gravest<'a, T>(
    parts: impl Iterator<Item = Part<'a, T>>,
    verdict: impl Fn(&T) -> Verdict,
) -> Option<Part<'a, T>> {
    parts.reduce(|worst, one| {
        let (known, found) = (verdict(worst.1), verdict(one.1));
        if known != found && known.and(found) == found { one } else { worst }
    })
}

/// The reasons of all shards. A reason that all shards share appears once; any other appears with its shard.
pub(super) fn reasons(parts: &[Part<'_, Vec<String>>]) -> Vec<String> {
    let mut known: Vec<&str> = Vec::new();
    let mut told = Vec::new();
    for (_, reasons) in parts {
        for reason in *reasons {
            if known.contains(&reason.as_str()) {
                continue;
            }
            known.push(reason);
            let shards: Vec<_> =
                parts.iter().filter(|(_, all)| all.contains(reason)).map(|(shard, _)| shard).collect();
            if shards.len() == parts.len() {
                told.push(reason.clone());
            } else if !reason.ends_with(IDLE) {
                // An invariant that had nothing to look at in one shard had something in another.
                told.extend(shards.iter().map(|shard| format!("shard {shard}: {reason}")));
            }
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(of_shards: &[&[&str]], expected: &[&str]) {
        let owned: Vec<Vec<String>> =
            of_shards.iter().map(|all| all.iter().map(|one| (*one).to_owned()).collect()).collect();
        let parts: Vec<_> = owned.iter().enumerate().collect();
        assert_eq!(reasons(&parts), expected);
    }

    #[test]
    fn what_all_shards_say_is_said_once() {
        check(&[&["a", "b"], &["b"]], &["shard 0: a", "b"]);
        check(&[&[], &["a"], &["a"]], &["shard 1: a", "shard 2: a"]);
        check(&[&["a"]], &["a"]);
        check(&[], &[]);
    }

    #[test]
    fn an_invariant_is_idle_only_if_it_is_in_all_shards() {
        let idle = format!("invariants[0] {IDLE}");
        check(&[&[&idle], &[]], &[]);
        check(&[&[&idle], &[&idle]], &[&idle]);
    }

    #[test]
    fn the_first_of_the_gravest_counts() {
        use Verdict::{Fail, Inconclusive, Pass, Skipped};
        let all = [Skipped, Pass, Fail, Inconclusive, Fail];
        assert_eq!(gravest(all.iter().enumerate(), |one| *one), Some((2, &Fail)));
        assert_eq!(gravest(all[..1].iter().enumerate(), |one| *one), Some((0, &Skipped)));
        assert_eq!(gravest(std::iter::empty::<Part<'_, Verdict>>(), |one| *one), None);
    }
}
