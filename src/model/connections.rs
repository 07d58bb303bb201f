//! The connections of the check that runs, in words.

use crate::model::format;
use crate::wire::checks::{ConnectionRow, Phase};

/// Such as `20 open of 20 connections`; what is not as it should be is added, and how many go by relay.
pub fn in_words(all: &[ConnectionRow]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let count =
        |is_meant: &dyn Fn(&ConnectionRow) -> bool| all.iter().filter(|row| is_meant(row)).count() as u64;
    let of = |phases: &[Phase]| count(&|row| phases.contains(&row.phase));
    let open = format::count(of(&[Phase::Open]));
    let mut words = format!("{open} open of {}", format::counted(all.len() as u64, "connection"));
    for (phases, name) in [
        (&[Phase::Connecting][..], "connecting"),
        (&[Phase::Closing, Phase::Closed][..], "closed"),
        (&[Phase::Failed][..], "failed"),
    ] {
        let count = of(phases);
        if count > 0 {
            words.push_str(&format!(", {} {name}", format::count(count)));
        }
    }
    match count(&|row| row.is_relayed) {
        0 => {}
        relayed if relayed == all.len() as u64 => words.push_str(", by relay"),
        relayed => words.push_str(&format!(", {} by relay", format::count(relayed))),
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rows: &[(Phase, bool)], words: &str) {
        let row = |(phase, is_relayed): &(Phase, bool)| ConnectionRow {
            name: "a".to_owned(),
            phase: *phase,
            is_relayed: *is_relayed,
            sent: 0,
            received: 0,
        };
        assert_eq!(in_words(&rows.iter().map(row).collect::<Vec<_>>()), words);
    }

    #[test]
    fn the_words_say_what_is_not_open_and_what_goes_by_relay() {
        check(&[], "");
        check(&[(Phase::Open, false)], "1 open of 1 connection");
        check(&[(Phase::Open, true)], "1 open of 1 connection, by relay");
        check(
            &[
                (Phase::Open, false),
                (Phase::Connecting, true),
                (Phase::Closed, false),
                (Phase::Failed, false),
            ],
            "1 open of 4 connections, 1 connecting, 1 closed, 1 failed, 1 by relay",
        );
    }
}
