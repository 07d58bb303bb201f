//! The ladder of a run: checks that do the same with more and more connections.
//!
//! Pure. One rule: whether a run is a ladder is known from its limits when it begins, where they say how many connections.

use super::running::LiveRun;
use super::tiles::Limit;

/// One rung: how many connections, and how it went.
#[derive(Clone, Debug, PartialEq)]
pub struct Rung {
    /// The check.
    pub name: String,
    /// Opened in it.
    pub connections: u64,
    /// p50, p95 and p99 of its round trips.
    pub millis: [f64; 3],
    /// Expected messages that did not come, in percent.
    pub missing: f64,
}

/// A ladder has at least this many different numbers of connections.
const LEAST: usize = 3;

/// Whether the checks differ in the number of their connections.
pub fn is_ladder(run: &LiveRun) -> bool {
    let planned = run.checks.iter().filter_map(|check| {
        let limits = check.limits.iter().filter_map(|expr| Limit::of(expr));
        limits.filter(|it| it.metric == "opened" && it.operator == "==").map(|it| it.bound as u64).next()
    });
    different(planned) >= LEAST
        || (run.report.is_some() && different(rungs(run).iter().map(|it| it.connections)) >= LEAST)
}

fn different(all: impl Iterator<Item = u64>) -> usize {
    all.collect::<std::collections::BTreeSet<_>>().len()
}

/// The rungs that have ended, by their connections.
pub fn rungs(run: &LiveRun) -> Vec<Rung> {
    let mut rungs: Vec<Rung> = run
        .checks
        .iter()
        .filter(|check| check.counters.opened > 0)
        .filter_map(|check| {
            Some(Rung {
                name: check.name.clone(),
                connections: check.counters.opened,
                millis: check.trips?,
                missing: check.counters.missing as f64 * 100.0 / check.counters.expected.max(1) as f64,
            })
        })
        .collect();
    rungs.sort_by_key(|rung| rung.connections);
    // A chart has one value at each place: of several checks the last one.
    rungs.dedup_by(|later, earlier| {
        let is_same = later.connections == earlier.connections;
        if is_same {
            std::mem::swap(later, earlier);
        }
        is_same
    });
    rungs
}
