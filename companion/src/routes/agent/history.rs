//! The last events of one user, numbered, for those who missed them.

use std::collections::VecDeque;

use bytes::Bytes;

/// A bounded record of events. Numbers start at 1 and have no gaps.
#[derive(Debug)]
pub struct History {
    last_seq: u64,
    limit: usize,
    events: VecDeque<Bytes>,
}

/// What a client that has everything up to some number has missed.
#[derive(Debug, PartialEq, Eq)]
pub struct Missed {
    /// The number of the first event that is replayed.
    pub from: u64,
    /// Whether older ones are missing that are no longer kept.
    pub has_gap: bool,
    /// The events that are replayed.
    pub events: Vec<Bytes>,
}

impl History {
    /// An empty history of at most `limit` events.
    pub fn new(limit: usize) -> Self {
        Self { last_seq: 0, limit, events: VecDeque::new() }
    }

    /// The number of the newest event; 0 before the first.
    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Forgets all events, and begins to count again.
    pub fn clear(&mut self) {
        *self = Self::new(self.limit);
    }

    /// Adds an event, made with its number.
    pub fn push(&mut self, event: impl FnOnce(u64) -> Bytes) -> Bytes {
        self.last_seq += 1;
        let event = event(self.last_seq);
        self.events.push_back(event.clone());
        if self.events.len() > self.limit {
            self.events.pop_front();
        }
        event
    }

    /// The events after `last_seq`, up to `until`.
    pub fn after(&self, last_seq: u64, until: u64) -> Missed {
        let oldest = self.last_seq - self.events.len() as u64 + 1;
        let from = (last_seq + 1).max(oldest);
        let events = self.events.iter().zip(oldest..).filter(|(_, seq)| (from..=until).contains(seq));
        Missed {
            from,
            has_gap: from > last_seq + 1 && last_seq < until,
            events: events.map(|(event, _)| event.clone()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(events: u64) -> History {
        let mut history = History::new(3);
        for _ in 0..events {
            history.push(|seq| Bytes::from(seq.to_string()));
        }
        history
    }

    #[track_caller]
    fn check(events: u64, last_seq: u64, until: u64, expected: &[&str], has_gap: bool) {
        let missed = history(events).after(last_seq, until);
        assert_eq!(
            (missed.events, missed.has_gap),
            (expected.iter().map(|text| Bytes::from(text.to_string())).collect(), has_gap)
        );
    }

    #[test]
    fn what_came_after_is_replayed_up_to_the_point_asked_for() {
        check(3, 1, 3, &["2", "3"], false);
        check(3, 1, 2, &["2"], false);
        check(3, 3, 3, &[], false);
    }

    #[test]
    fn nothing_is_missed_of_a_history_without_events() {
        check(0, 0, 0, &[], false);
        check(0, 7, 0, &[], false);
    }

    #[test]
    fn what_is_no_longer_kept_is_a_gap() {
        check(5, 2, 5, &["3", "4", "5"], false);
        check(5, 1, 5, &["3", "4", "5"], true);
    }
}
