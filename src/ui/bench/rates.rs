//! How fast messages come and go.
//!
//! Owns one look a second at the counts of the worker. It refuses to look more often: a figure that changes with every frame of
//! the screen cannot be read.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use leptos::prelude::*;

use super::store::Store;
use crate::browser::clock;
use crate::engine::Instant;
use crate::model::format;
use crate::wire::bench::{ConnectionId, Phase};

const EVERY: Duration = Duration::from_secs(1);
/// Seconds that the small plot shows.
pub(crate) const SHOWN: usize = 40;
/// Seconds that the large one shows.
const KEPT: usize = 900;

/// What happened in the last second.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Rates {
    /// Messages a second: sent, received.
    pub sent: f64,
    pub received: f64,
    /// Bytes a second: sent, received.
    pub sent_bytes: f64,
    pub received_bytes: f64,
    /// Messages a second of each connection, in both directions.
    pub of: BTreeMap<ConnectionId, f64>,
    /// Messages a second at the end of each second, the newest last.
    pub past: VecDeque<Second>,
}

/// What came and went in one second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Second {
    /// When it ended, by the page's clock.
    pub at: Instant,
    pub sent: f64,
    pub received: f64,
    /// Connections that were lost in it.
    pub lost: u64,
}

#[derive(Default)]
struct Counted {
    at: Option<Instant>,
    bytes: (u64, u64),
    /// Those that are open, and those that had no ordinary end.
    open: BTreeSet<ConnectionId>,
    lost: BTreeSet<ConnectionId>,
    of: BTreeMap<ConnectionId, (u64, u64)>,
}

/// Looks once a second for as long as the view lives.
pub(crate) fn watch(store: Store, rates: RwSignal<Rates>) {
    let before = StoredValue::new_local(Counted::default());
    let look = move || {
        let now = counted(store);
        let mut next = rates.get_untracked();
        before.update_value(|before| {
            next.look(before, &now);
            *before = now;
        });
        if rates.with_untracked(|old| *old != next) {
            rates.set(next);
        }
    };
    let timer = set_interval_with_handle(look, EVERY);
    on_cleanup(move || {
        if let Ok(timer) = timer {
            timer.clear();
        }
    });
}

fn counted(store: Store) -> Counted {
    let all = store.connections.get_untracked();
    let bytes = store.totals.with_untracked(|totals| totals.bytes);
    let mut counted = Counted { at: Some(clock::now()), bytes, ..Counted::default() };
    for it in all {
        it.state.with_untracked(|state| {
            let Some(state) = state else { return };
            counted.of.insert(it.id, (state.sent, state.received));
            match state.phase {
                Phase::Open => drop(counted.open.insert(it.id)),
                Phase::Waiting | Phase::Closed if state.why.is_some() => drop(counted.lost.insert(it.id)),
                _ => {}
            }
        });
    }
    counted
}

impl Rates {
    fn look(&mut self, before: &Counted, now: &Counted) {
        let (Some(from), Some(to)) = (before.at, now.at) else { return };
        // A page in the background is looked after less often.
        let seconds = to.since(from).as_secs_f64().max(0.1);
        let a_second = |now: u64, before: u64| now.saturating_sub(before) as f64 / seconds;
        (self.sent, self.received) = (0.0, 0.0);
        self.of.clear();
        for (id, now) in &now.of {
            let before = before.of.get(id).copied().unwrap_or_default();
            let (sent, received) = (a_second(now.0, before.0), a_second(now.1, before.1));
            self.sent += sent;
            self.received += received;
            self.of.insert(*id, sent + received);
        }
        self.sent_bytes = a_second(now.bytes.0, before.bytes.0);
        self.received_bytes = a_second(now.bytes.1, before.bytes.1);
        let lost = now.lost.intersection(&before.open).count() as u64;
        self.past.push_back(Second { at: to, sent: self.sent, received: self.received, lost });
        while self.past.len() > KEPT {
            self.past.pop_front();
        }
    }

    /// The past as a path on a field of 80 by 16.
    pub fn path(&self) -> String {
        let shown = self.past.len().min(SHOWN);
        let past = || self.past.iter().skip(self.past.len() - shown).map(|second| second.received);
        let most = past().fold(1.0, f64::max);
        let begin = SHOWN - shown;
        let mut path = String::new();
        for (at, rate) in past().enumerate() {
            let sign = if at == 0 { 'M' } else { 'L' };
            let (x, y) = ((begin + at) as f64 * 80.0 / (SHOWN - 1) as f64, 15.0 - 14.0 * rate / most);
            path.push_str(&format!("{sign}{x:.1} {y:.1}"));
        }
        path
    }
}

/// A number of messages a second.
pub(crate) fn words(rate: f64) -> String {
    match rate {
        0.0 => "0/s".to_owned(),
        ..0.95 => "<1/s".to_owned(),
        rate => format!("{}/s", format::count(rate.round() as u64)),
    }
}

/// A number of bytes a second.
pub(crate) fn bytes(rate: f64) -> String {
    format!("{}/s", format::size(rate.round() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(seconds: f64, sent: u64, received: u64) -> Counted {
        let at = Some(Instant::from_millis_f64(seconds * 1e3));
        Counted {
            at,
            bytes: (sent * 10, received * 100),
            of: [(ConnectionId(1), (sent, received))].into(),
            ..Counted::default()
        }
    }

    #[test]
    fn a_rate_is_what_was_counted_in_the_time_that_went_by() {
        let mut rates = Rates::default();
        rates.look(&Counted::default(), &counted(0.0, 5, 5));
        assert_eq!(rates, Rates::default(), "a first look says nothing");
        rates.look(&counted(0.0, 5, 5), &counted(2.0, 9, 105));
        assert_eq!((rates.sent, rates.received), (2.0, 50.0));
        assert_eq!((rates.sent_bytes, rates.received_bytes), (20.0, 5000.0));
        assert_eq!(rates.of[&ConnectionId(1)], 52.0);
        assert_eq!(rates.path(), "M80.0 1.0");
        assert_eq!((rates.past[0].received, rates.past[0].lost), (50.0, 0));
        // Counts that begin again give no rate below 0.
        rates.look(&counted(2.0, 9, 105), &counted(3.0, 0, 1));
        assert_eq!((rates.sent, rates.received), (0.0, 0.0));
    }

    #[test]
    fn a_connection_is_lost_in_the_second_in_which_it_was_open_and_ended_by_itself() {
        let one = || BTreeSet::from([ConnectionId(1)]);
        let mut rates = Rates::default();
        let open = Counted { open: one(), ..counted(0.0, 0, 0) };
        let lost = |seconds| Counted { lost: one(), ..counted(seconds, 0, 0) };
        rates.look(&open, &lost(1.0));
        rates.look(&lost(1.0), &lost(2.0));
        assert_eq!(rates.past.iter().map(|second| second.lost).collect::<Vec<_>>(), [1, 0]);
    }

    #[test]
    fn a_rate_is_a_whole_number() {
        let all = [0.0, 0.2, 1.2, 49.8, 12_345.0].map(words);
        assert_eq!(all, ["0/s", "<1/s", "1/s", "50/s", "12\u{2009}345/s"]);
    }
}
