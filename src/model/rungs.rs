//! The ladder of a run: checks that do the same with more and more connections.
//!
//! Pure. One rule: whether a run is a ladder is known from its limits when it begins, where they say how many connections.
//! Checks that do different things are not a ladder, however many connections each of them has.

use std::collections::{BTreeMap, BTreeSet};

use super::running::{LiveCheck, LiveRun};
use super::tiles::{Limit, is_of_load};

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

/// Whether the checks differ in the number of their connections, and in nothing else.
pub fn is_ladder(run: &LiveRun) -> bool {
    let planned = alike(run).into_iter().filter_map(|check| {
        let limits = check.limits.iter().filter_map(|expr| Limit::of(expr));
        limits.filter(|it| it.metric == "opened" && it.operator == "==").map(|it| it.bound as u64).next()
    });
    different(planned) >= LEAST
        || (run.report.is_some() && different(rungs(run).iter().map(|it| it.connections)) >= LEAST)
}

fn different(all: impl Iterator<Item = u64>) -> usize {
    all.collect::<BTreeSet<_>>().len()
}

/// The checks that do the same: the most there are.
fn alike(run: &LiveRun) -> Vec<&LiveCheck> {
    let mut groups = BTreeMap::<Vec<(&str, &str)>, Vec<&LiveCheck>>::new();
    let lines: Vec<Vec<String>> =
        run.checks.iter().map(|check| check.steps.iter().map(what_it_does(check)).collect()).collect();
    for (check, lines) in run.checks.iter().zip(&lines) {
        let steps = check.steps.iter().zip(lines);
        groups.entry(steps.map(|(step, line)| (&*step.path, &**line)).collect()).or_default().push(check);
    }
    groups.into_values().max_by_key(Vec::len).unwrap_or_default()
}

/// Of one check with rows, each step of all rows stands at one place. Loads may be written one by one: there the client and the
/// verb count, and not what is sent.
fn what_it_does(check: &LiveCheck) -> impl Fn(&super::running::LiveStep) -> String {
    let is_load = check.limits.iter().any(|expr| is_of_load(expr));
    move |step| match is_load {
        true => {
            let words = step.title.split(['{', '"']).next().unwrap_or_default();
            words.chars().filter(|c| !c.is_ascii_digit()).collect()
        }
        false => step.line.to_string(),
    }
}

/// The rungs that have ended, by their connections.
pub fn rungs(run: &LiveRun) -> Vec<Rung> {
    let mut rungs: Vec<Rung> = alike(run)
        .into_iter()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::report::Verdict;
    use crate::engine::run::{PlannedCheck, PlannedStep, Progress};

    /// Checks with a line, the title of their step and limits.
    fn run(checks: &[(u32, &str, &[&str])]) -> LiveRun {
        let mut run = LiveRun::new(1, "s".into(), 0);
        let check = |(at, (line, title, limits)): (usize, &(u32, &str, &[&str]))| PlannedCheck {
            name: format!("check {at}"),
            tags: vec![],
            steps: vec![PlannedStep {
                path: "steps[0]".into(),
                line: *line,
                title: (*title).to_owned(),
                note: None,
            }],
            limits: limits.iter().map(|it| (*it).to_owned()).collect(),
        };
        run.apply(Progress::RunStarted {
            suite: "s".into(),
            seed: 1,
            checks: checks.iter().enumerate().map(check).collect(),
            targets: vec![],
            limits: vec![],
        });
        for (at, check) in run.checks.iter_mut().enumerate() {
            check.stage = super::super::running::Stage::Ended(Verdict::Pass);
            check.counters.opened = at as u64 + 1;
            check.trips = Some([1.0, 2.0, 3.0]);
        }
        run
    }

    #[test]
    fn checks_that_do_different_things_are_no_ladder() {
        let run = run(&[(3, "a connects", &[]), (9, "a, b connect", &[]), (15, "a, b, c connect", &[])]);
        assert!(rungs(&run).len() < LEAST, "{:?}", rungs(&run));
        let limits: [&[&str]; 3] = [&["opened == 1"], &["opened == 2"], &["opened == 3"]];
        let planned = [(3, "a", limits[0]), (9, "b", limits[1]), (15, "c", limits[2])];
        assert!(!is_ladder(&self::run(&planned)));
    }

    #[test]
    fn rows_of_one_check_and_loads_with_the_same_steps_are_rungs() {
        let rows = run(&[(3, "crowd sends 1", &[]), (3, "crowd sends 2", &[]), (3, "crowd sends 3", &[])]);
        assert_eq!(rungs(&rows).iter().map(|it| it.connections).collect::<Vec<_>>(), [1, 2, 3]);
        let loads = run(&[
            (3, r#"5 times: crowd sends {"id":"base"}"#, &["rtt.p95 < 1s", "opened == 1"]),
            (9, r#"5 times: crowd sends {"id":"two"}"#, &["rtt.p95 < 1s", "opened == 2"]),
            (15, r#"9 times: crowd sends {"id":"load"}"#, &["rtt.p95 < 1s", "opened == 3"]),
            (21, "the last one only pings", &["rtt.p95 < 1s", "opened == 9"]),
        ]);
        assert!(is_ladder(&loads));
        assert_eq!(rungs(&loads).len(), 3, "what does something else is left out");
    }
}
