//! The counters that every run has.
//!
//! Owns their names. It refuses to know what counts as a duplicate or a leftover: the caller that finds one adds one. A
//! counter's name is public: it appears in thresholds and reports.

use std::time::Duration;

use serde::{Deserialize, Serialize};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident)*) => {
        /// The built-in counters.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Counters {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl Counters {
            /// Their names, in the order in which reports have them.
            pub const NAMES: [&'static str; [$(stringify!($name)),*].len()] = [$(stringify!($name)),*];

            /// The counter of this name; none for another name.
            pub fn get(&self, name: &str) -> Option<u64> {
                match name {
                    $(stringify!($name) => Some(self.$name),)*
                    _ => None,
                }
            }

            /// The counter of this name, to be changed; none for another name.
            pub fn get_mut(&mut self, name: &str) -> Option<&mut u64> {
                match name {
                    $(stringify!($name) => Some(&mut self.$name),)*
                    _ => None,
                }
            }
        }
    };
}

counters! {
    /// Messages sent.
    sent
    /// Messages received.
    received
    /// Bytes of the messages sent, without the framing.
    bytes_sent
    /// Bytes of the messages received, without the framing.
    bytes_received
    /// Messages that an expectation asked for.
    expected
    /// Expected messages that came in time.
    matched
    /// Expected messages that did not come.
    missing
    /// Messages that came once more.
    duplicates
    /// Messages that nothing asked for.
    leftovers
    /// Steps that went wrong.
    errors
    /// Connections opened.
    opened
    /// Connections refused.
    refused
    /// Connections that ended without a close of ours.
    dropped
    /// Expected messages that came after their time.
    late
    /// Sessions and rounds of a ramp for which no client was free.
    unstarted
}

/// How much of what was expected came: an exact share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Success {
    /// Expected messages that came.
    pub matched: u64,
    /// Expected messages; never zero.
    pub expected: u64,
}

impl Success {
    /// As a percentage, for drawing; a threshold compares the share itself.
    pub fn percent(self) -> f64 {
        self.matched as f64 * 100.0 / self.expected as f64
    }
}

impl Counters {
    /// All counters with their names, in the order in which reports have them.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        Self::NAMES.into_iter().map(|name| (name, self.get(name).unwrap_or_default()))
    }

    /// Adds those of another.
    pub fn merge(&mut self, other: &Self) {
        for (name, count) in other.iter() {
            if let Some(own) = self.get_mut(name) {
                *own = own.saturating_add(count);
            }
        }
    }

    /// What the counter of this name counts, as a report says it.
    pub fn unit(name: &str) -> &'static str {
        if name.starts_with("bytes_") { "bytes" } else { "count" }
    }

    /// How many a second, for drawing; none for another name or when no time has passed.
    pub fn rate(&self, name: &str, over: Duration) -> Option<f64> {
        let count = self.get(name)?;
        (!over.is_zero()).then(|| count as f64 / over.as_secs_f64())
    }

    /// The share of what was expected that came; none when nothing was expected.
    pub fn success(&self) -> Option<Success> {
        (self.expected > 0).then_some(Success { matched: self.matched, expected: self.expected })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_counter() {
        let mut counters = Counters::default();
        for (count, name) in (1..).zip(Counters::NAMES) {
            *counters.get_mut(name).unwrap() = count;
        }
        assert_eq!(counters.iter().map(|(_, count)| count).collect::<Vec<_>>(), (1..=15).collect::<Vec<_>>());
        assert_eq!((counters.sent, counters.late, counters.get("late")), (1, 14, Some(14)));
    }

    #[test]
    fn the_names_are_those_of_the_format() {
        let names = "sent received bytes_sent bytes_received expected matched missing duplicates leftovers errors opened refused dropped late unstarted";
        assert_eq!(Counters::NAMES.join(" "), names);
    }

    #[test]
    fn an_unknown_counter_is_none() {
        assert_eq!(Counters::default().get("lost"), None);
        assert_eq!(Counters::default().rate("lost", Duration::from_secs(1)), None);
    }

    #[test]
    fn merged_counters_are_sums() {
        let mut left = Counters { sent: 3, late: 1, errors: u64::MAX, ..Counters::default() };
        left.merge(&Counters { sent: 4, missing: 2, errors: 1, ..Counters::default() });
        let sum = Counters { sent: 7, late: 1, missing: 2, errors: u64::MAX, ..Counters::default() };
        assert_eq!(left, sum);
    }

    #[test]
    fn a_rate_needs_time() {
        let counters = Counters { received: 5, ..Counters::default() };
        assert_eq!(counters.rate("received", Duration::from_millis(500)), Some(10.0));
        assert_eq!(counters.rate("received", Duration::ZERO), None);
    }

    #[test]
    fn success_of_nothing_is_none() {
        assert_eq!(Counters::default().success(), None);
        let counters = Counters { expected: 1000, matched: 999, ..Counters::default() };
        assert_eq!(counters.success().map(Success::percent), Some(99.9));
    }
}
