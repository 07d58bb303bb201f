//! A run as the page sees it while it goes on: deltas, folded into what is drawn.
//!
//! Owns the state of each check and step, and what of it can be known in advance. It is pure and tested natively. One rule:
//! it receives deltas and never the whole, so each delta must be applied once.

use std::collections::BTreeMap;
use std::time::Duration;

use super::course::{Course, Moment, ROUND_TRIPS};
use super::tiles;
use crate::engine::metrics::{Counters, Histogram};
use crate::engine::report::{
    Failure, Metric, Millis, Report, TargetReport, ThresholdReport, Unmet, Verdict, is_of_unused, step_places,
};
use crate::engine::run::Progress;
use crate::engine::suite::Place;
use crate::wire::checks::ConnectionRow;

/// How far something is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// Its turn has not come.
    #[default]
    Waiting,
    /// It goes on.
    Running,
    /// It has ended so.
    Ended(Verdict),
}

impl Stage {
    /// For style sheets and tests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Ended(verdict) => verdict.name(),
        }
    }
}

/// A step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LiveStep {
    /// Such as `steps[2].all[0]`.
    pub path: String,
    /// Where it stands in the text of the suite; of a step from another file, where its definition is used.
    pub line: u32,
    /// Where it stands, and where its definition is used, each behind the words before it; of a failed step, at the end.
    pub places: Vec<(String, Place)>,
    /// What it does.
    pub title: String,
    /// What its author says of it.
    pub note: Option<String>,
    /// How far it is.
    pub stage: Stage,
    /// How long it took.
    pub took: Millis,
    /// How it failed.
    pub failure: Option<Failure>,
    /// The clients it acted on.
    pub on: Vec<String>,
    /// For how many of them it failed; known at the end.
    pub failed_clients: u64,
    /// How many of the messages that it expected came, and what came in their place; known at the end.
    pub unmet: Option<Unmet>,
}

/// A check.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LiveCheck {
    /// With the values of its row.
    pub name: String,
    /// For choosing.
    pub tags: Vec<String>,
    /// How far it is.
    pub stage: Stage,
    /// How long it took.
    pub took: Millis,
    /// Why, where no step says it.
    pub reasons: Vec<String>,
    /// Its figures so far.
    pub counters: Counters,
    /// Judged at its end.
    pub thresholds: Vec<ThresholdReport>,
    /// What will be judged, known from the start.
    pub limits: Vec<String>,
    /// p50, p95 and p99 of its round trips in milliseconds, known at its end.
    pub trips: Option<[f64; 3]>,
    /// When it began, from the start of the run in milliseconds.
    pub began: f64,
    /// Its steps.
    pub steps: Vec<LiveStep>,
}

impl LiveCheck {
    /// Whether a line says nothing: it is of an answer or the like of a client that the check, now ended, did not use.
    pub fn is_unused(&self, step: &LiveStep) -> bool {
        matches!(self.stage, Stage::Ended(_))
            && step.stage == Stage::Ended(Verdict::Skipped)
            && is_of_unused(&step.path, self.steps.iter().flat_map(|step| &step.on))
    }
}

/// A run.
#[derive(Clone, Debug, Default)]
pub struct LiveRun {
    /// Which.
    pub run: u64,
    /// Of which suite of the library.
    pub suite_id: String,
    /// The suite's name.
    pub suite: String,
    /// What its random values come from.
    pub seed: u64,
    /// Which round of its request, from 0.
    pub round: u32,
    /// The addresses that it tests.
    pub targets: Vec<TargetReport>,
    /// All of its checks.
    pub checks: Vec<LiveCheck>,
    /// The limits of the whole run, known from the start.
    pub limits: Vec<String>,
    /// What was so over time.
    pub course: Course,
    /// What was measured, by metric.
    pub timings: BTreeMap<String, Histogram>,
    /// The same of the check that runs.
    pub check_timings: BTreeMap<String, Histogram>,
    /// The connections of the check that runs.
    pub connections: Vec<ConnectionRow>,
    /// What came of it; none while it goes on.
    pub report: Option<Report>,
    /// Sums of the checks that have ended.
    before: Counters,
    /// The check that runs.
    current: usize,
}

impl LiveRun {
    /// A run of which nothing is known yet.
    pub fn new(run: u64, suite_id: String, round: u32) -> Self {
        Self { run, suite_id, round, ..Self::default() }
    }

    /// A run of which all is known.
    pub fn of_report(run: u64, suite_id: String, report: Report) -> Self {
        let mut live = Self { suite: report.suite.clone(), seed: report.seed, ..Self::new(run, suite_id, 0) };
        live.end(report);
        live
    }

    /// An event of the run.
    pub fn apply(&mut self, progress: Progress) {
        match progress {
            Progress::RunStarted { suite, seed, checks, targets, limits } => {
                self.suite = suite;
                self.limits = limits;
                self.targets = targets;
                self.seed = seed;
                let check = |it: crate::engine::run::PlannedCheck| LiveCheck {
                    name: it.name,
                    tags: it.tags,
                    steps: it
                        .steps
                        .into_iter()
                        .map(|it| LiveStep {
                            path: it.path,
                            line: it.line,
                            title: it.title,
                            note: it.note,
                            ..LiveStep::default()
                        })
                        .collect(),
                    limits: it.limits,
                    ..LiveCheck::default()
                };
                self.checks = checks.into_iter().map(check).collect();
            }
            Progress::CheckStarted { check } => {
                self.current = check;
                self.connections.clear();
                self.check_timings.clear();
                let began = self.course.end();
                self.at(check, |it| {
                    it.stage = Stage::Running;
                    it.began = began;
                });
            }
            Progress::StepStarted { check, step } => self.step(check, step, |it| it.stage = Stage::Running),
            Progress::StepEnded { check, step, verdict, duration, failure } => {
                self.step(check, step, |it| {
                    it.stage = Stage::Ended(verdict);
                    it.took = duration;
                    it.failure = failure.map(|failure| *failure);
                });
            }
            Progress::Tick { check, at, counters, samples, open, reopened, late, is_hidden } => {
                self.course.tick(at.0, late.0, is_hidden);
                self.at(check, |it| it.counters = counters);
                for (name, delta) in &samples {
                    self.timings.entry(name.clone()).or_default().add(delta);
                    self.check_timings.entry(name.clone()).or_default().add(delta);
                }
                let mut all = self.before;
                all.merge(&counters);
                let moment = Moment {
                    at: at.0,
                    sent: all.sent,
                    received: all.received,
                    in_flight: counters.expected.saturating_sub(counters.matched + counters.missing),
                    open,
                    lost: all.dropped + all.refused,
                    reopened,
                };
                self.course.note(moment, samples);
            }
            Progress::CheckEnded { check, verdict, reasons, duration, counters, thresholds } => {
                self.before.merge(&counters);
                let trips =
                    ROUND_TRIPS.iter().find_map(|name| self.check_timings.get(*name).and_then(trips_of));
                self.at(check, |it| {
                    it.stage = Stage::Ended(verdict);
                    it.took = duration;
                    it.reasons = reasons;
                    it.trips = trips;
                    it.counters = counters;
                    it.thresholds = thresholds;
                });
            }
            Progress::RunEnded { .. } => {}
        }
    }

    /// It has ended; the report knows everything better.
    pub fn end(&mut self, report: Report) {
        let check = |it: &crate::engine::report::CheckReport| LiveCheck {
            name: it.name.clone(),
            tags: it.tags.clone(),
            stage: Stage::Ended(it.verdict),
            took: it.duration_ms,
            reasons: it.reasons.clone(),
            counters: counters_of(it),
            thresholds: it.thresholds.clone(),
            limits: it.thresholds.iter().map(|it| it.expr.clone()).collect(),
            trips: ROUND_TRIPS.iter().find_map(|name| it.metrics.get(*name)).and_then(|rtt| {
                let millis = [rtt.p50?, rtt.p95?, rtt.p99?].map(|micros| micros / 1e3);
                Some(millis)
            }),
            began: it.offset_ms.0,
            steps: it
                .steps
                .iter()
                .map(|it| LiveStep {
                    path: it.path.clone(),
                    line: match (&it.file, it.used_at.last()) {
                        (Some(_), Some(used)) => used.line,
                        _ => it.line,
                    },
                    places: it.failure.as_ref().map_or_else(Vec::new, |_| step_places(it)),
                    title: it.title.clone(),
                    stage: Stage::Ended(it.verdict),
                    took: it.duration_ms,
                    failure: it.failure.clone(),
                    on: it.on.clone(),
                    note: it.note.clone(),
                    failed_clients: it.failed_clients,
                    unmet: it.unmet.clone().filter(|_| it.forgiven.is_none()),
                })
                .collect(),
        };
        self.checks = report.checks.iter().map(check).collect();
        self.before = Counters::default();
        self.checks.iter().for_each(|check| self.before.merge(&check.counters));
        self.targets.clone_from(&report.targets);
        self.connections.clear();
        // A run of less than two seconds has its course in the ticks only, an earlier run only in its seconds.
        if !self.course.is_drawn() {
            self.course = Course::of_seconds(&report.seconds);
        }
        // An earlier run has its timings in its report only.
        if self.timings.is_empty() {
            self.timings = timings_of(&report);
        }
        self.limits = report.thresholds.iter().map(|it| it.expr.clone()).collect();
        self.report = Some(report);
    }

    /// How the whole stands: the gravest of what has ended.
    pub fn stage(&self) -> Stage {
        match &self.report {
            Some(report) => Stage::Ended(report.verdict),
            None => Stage::Running,
        }
    }

    /// Checks that have ended, and all of them.
    pub fn progress(&self) -> (usize, usize) {
        let ended = self.checks.iter().filter(|check| matches!(check.stage, Stage::Ended(_))).count();
        (ended, self.checks.len())
    }

    /// The share of the run that is behind, from 0 to 1. Where an earlier run says how long checks take, by time.
    pub fn share(&self, earlier: Option<&BTreeMap<String, f64>>) -> f64 {
        let (mut done, mut all) = (0.0, 0.0);
        for check in &self.checks {
            let weight = earlier.and_then(|known| known.get(&check.name)).copied().unwrap_or(1.0).max(0.001);
            all += weight;
            done += match check.stage {
                Stage::Waiting => 0.0,
                Stage::Ended(_) => weight,
                Stage::Running => {
                    let ended = check.steps.iter().filter(|it| matches!(it.stage, Stage::Ended(_))).count();
                    weight * ended as f64 / check.steps.len().max(1) as f64
                }
            };
        }
        if all > 0.0 { done / all } else { 0.0 }
    }

    /// How long it will still take, where an earlier run of the same checks says it. `at` is now, from the start of the check.
    pub fn time_left(&self, earlier: &BTreeMap<String, f64>) -> Option<Duration> {
        let mut left = 0.0;
        for check in &self.checks {
            let took = *earlier.get(&check.name)?;
            left += match check.stage {
                Stage::Waiting => took,
                Stage::Ended(_) => 0.0,
                Stage::Running => (took - self.running_for()).max(0.0),
            };
        }
        Some(Duration::from_secs_f64(left / 1e3))
    }

    fn running_for(&self) -> f64 {
        let before: f64 = self.checks.iter().take(self.current).map(|check| check.took.0).sum();
        (self.course.end() - before).max(0.0)
    }

    /// Its figures until now.
    pub fn counters(&self) -> Counters {
        let mut all = self.before;
        if let Some(check) = self.checks.get(self.current).filter(|check| check.stage == Stage::Running) {
            all.merge(&check.counters);
        }
        all
    }

    /// The check that runs, or ran last.
    pub fn current(&self) -> Option<&LiveCheck> {
        self.checks.get(self.current)
    }

    /// Whether this is a load: one of the limits is of a time, a share or a rate.
    pub fn is_load(&self) -> bool {
        let limits = || self.checks.iter().flat_map(|check| &check.limits).chain(&self.limits);
        limits().any(|expr| tiles::is_of_load(expr))
    }

    fn at(&mut self, check: usize, change: impl FnOnce(&mut LiveCheck)) {
        if let Some(check) = self.checks.get_mut(check) {
            change(check);
        }
    }

    fn step(&mut self, check: usize, step: usize, change: impl FnOnce(&mut LiveStep)) {
        self.at(check, |check| {
            if let Some(step) = check.steps.get_mut(step) {
                change(step);
            }
        });
    }
}

fn counters_of(check: &crate::engine::report::CheckReport) -> Counters {
    let mut counters = Counters::default();
    for name in Counters::NAMES {
        if let (Some(own), Some(metric)) = (counters.get_mut(name), check.metrics.get(name)) {
            *own = metric.count;
        }
    }
    counters
}

fn trips_of(timing: &Histogram) -> Option<[f64; 3]> {
    let figures = timing.summary()?;
    Some([figures.p50, figures.p95, figures.p99].map(|took| took.as_nanos() as f64 / 1e6))
}

/// What a report measured, by metric.
fn timings_of(report: &Report) -> BTreeMap<String, Histogram> {
    let timing = |(name, metric): (&String, &Metric)| {
        let histogram = Histogram::from_base64(metric.histogram.as_ref()?).ok()?;
        (!histogram.is_empty()).then(|| (name.clone(), histogram))
    };
    report.metrics.iter().filter_map(timing).collect()
}

/// How long each check of a report took, by name, in milliseconds.
pub fn durations(report: &Report) -> BTreeMap<String, f64> {
    report.checks.iter().map(|check| (check.name.clone(), check.duration_ms.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::run::{PlannedCheck, PlannedStep};

    fn started() -> LiveRun {
        let step =
            |title: &str| PlannedStep { path: "steps[0]".into(), line: 3, title: title.into(), note: None };
        let check = |name: &str| PlannedCheck {
            name: name.into(),
            tags: vec![],
            steps: vec![step("a connects"), step("a sends")],
            limits: vec![],
        };
        let mut run = LiveRun::new(1, "s".into(), 0);
        run.apply(Progress::RunStarted {
            suite: "s".into(),
            seed: 7,
            checks: vec![check("one"), check("two")],
            targets: vec![],
            limits: vec![],
        });
        run
    }

    fn ended(check: usize, sent: u64) -> Progress {
        Progress::CheckEnded {
            check,
            verdict: Verdict::Pass,
            reasons: vec![],
            duration: Millis(100.0),
            counters: Counters { sent, ..Counters::default() },
            thresholds: vec![],
        }
    }

    fn tick(check: usize, at: f64, sent: u64) -> Progress {
        let counters = Counters { sent, expected: 3, matched: 1, ..Counters::default() };
        let samples = BTreeMap::new();
        Progress::Tick {
            check,
            at: Millis(at),
            counters,
            samples,
            open: 2,
            reopened: 0,
            late: Millis(0.0),
            is_hidden: false,
        }
    }

    #[test]
    fn the_figures_of_the_running_check_are_added_to_those_before() {
        let mut run = started();
        run.apply(Progress::CheckStarted { check: 0 });
        run.apply(ended(0, 5));
        run.apply(Progress::CheckStarted { check: 1 });
        run.apply(tick(1, 150.0, 2));
        assert_eq!(run.counters().sent, 7);
        let last = Moment { at: 150.0, sent: 7, received: 0, in_flight: 2, open: 2, lost: 0, reopened: 0 };
        assert_eq!(run.course.moments()[1..], [last]);
        assert_eq!(run.progress(), (1, 2));
        run.apply(ended(1, 3));
        assert_eq!(run.counters().sent, 8, "an ended check is not counted twice");
    }

    #[test]
    fn time_left_is_known_only_where_every_check_was_timed_before() {
        let mut run = started();
        let earlier = BTreeMap::from([("one".to_owned(), 100.0), ("two".to_owned(), 300.0)]);
        assert_eq!(run.time_left(&earlier), Some(Duration::from_millis(400)));
        run.apply(Progress::CheckStarted { check: 0 });
        run.apply(ended(0, 0));
        run.apply(Progress::CheckStarted { check: 1 });
        run.apply(tick(1, 200.0, 0));
        assert_eq!(run.time_left(&earlier), Some(Duration::from_millis(200)));
        assert_eq!(run.share(Some(&earlier)), 0.25);
        assert_eq!(run.time_left(&BTreeMap::from([("one".to_owned(), 1.0)])), None);
    }

    #[test]
    fn a_step_is_what_was_reported_last_of_it() {
        let mut run = started();
        run.apply(Progress::StepStarted { check: 0, step: 1 });
        assert_eq!(run.checks[0].steps[1].stage, Stage::Running);
        let end = |verdict| Progress::StepEnded {
            check: 0,
            step: 1,
            verdict,
            duration: Millis(4.0),
            failure: None,
        };
        run.apply(end(Verdict::Fail));
        assert_eq!(run.checks[0].steps[1].stage, Stage::Ended(Verdict::Fail));
        run.apply(Progress::StepStarted { check: 9, step: 9 });
    }
}
