//! The figures at the top of a run: what tells at a glance whether all is well.
//!
//! Owns which tiles a run has, their limits, and when one is broken. It is pure. One rule: a run has the same tiles from its
//! start to its end, so that nothing moves.

use std::time::Duration;

use super::course::ROUND_TRIPS;
use super::format;
use super::margin;
use super::running::{LiveCheck, LiveRun, Stage};
use crate::engine::metrics::{Counters, Histogram, Subject};
use crate::engine::report::{Verdict, stands_beside};

/// One figure with its limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// What it is.
    pub name: &'static str,
    /// The figure.
    pub value: String,
    /// Its limit, such as `limit 40 ms`; empty when there is none.
    pub limit: String,
    /// More of it, for those who look closer.
    pub more: String,
    /// The limit is broken.
    pub is_broken: bool,
}

/// A limit as it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// Such as `rtt.p95`.
    pub metric: String,
    /// Such as `<`.
    pub operator: String,
    /// In nanoseconds, bytes, percent, or events a second.
    pub bound: f64,
    /// The bound as it is shown.
    pub words: String,
}

impl Limit {
    /// Reads what a report has in `expr`.
    pub fn of(expr: &str) -> Option<Self> {
        let mut parts = expr.rsplitn(3, ' ');
        let (bound, operator, metric) = (parts.next()?, parts.next()?, parts.next()?);
        let words = match bound.find(|c: char| c.is_ascii_alphabetic() || c == '%') {
            Some(unit) => format!("{}\u{2009}{}", &bound[..unit], &bound[unit..]),
            None => bound.to_owned(),
        };
        let (metric, operator) = (metric.to_owned(), operator.to_owned());
        Some(Self { metric, operator, bound: margin::number(bound)?, words })
    }

    fn is_broken_by(&self, value: f64) -> bool {
        !match self.operator.as_str() {
            "<" => value < self.bound,
            "<=" => value <= self.bound,
            ">" => value > self.bound,
            ">=" => value >= self.bound,
            "!=" => value != self.bound,
            _ => value == self.bound,
        }
    }

    /// Whether more can only break it further.
    fn is_upper(&self) -> bool {
        matches!(self.operator.as_str(), "<" | "<=" | "==")
    }
}

/// Whether a limit is of the kind that only a load has: of a time, a share or a rate.
pub fn is_of_load(expr: &str) -> bool {
    let metric = expr.rsplitn(3, ' ').nth(2).unwrap_or_default();
    !matches!(Subject::parse(metric), Ok(Subject::Counter(_) | Subject::TimerStep) | Err(_))
}

/// The metric that the tiles and the latency chart show first.
pub fn main_metric(run: &LiveRun) -> String {
    let limits = all_limits(run).filter_map(|(limit, _)| timing_of(&limit.metric).map(str::to_owned));
    let mut limited: Vec<_> = limits.filter(|name| !is_of_connections(name)).collect();
    limited.sort_by_key(|name| name != "rtt");
    let measured = || run.timings.keys().filter(|name| !is_of_connections(name));
    let rtt = ROUND_TRIPS.iter().find_map(|name| measured().find(|it| it.as_str() == *name)).cloned();
    rtt.or_else(|| limited.into_iter().next())
        .or_else(|| measured().next().cloned())
        .unwrap_or("rtt".to_owned())
}

/// How long a connection took to open or to close: no round trip, and never shown in the place of one.
pub fn is_of_connections(metric: &str) -> bool {
    let name = metric.split_once('.').map_or(metric, |(name, _)| name);
    matches!(name, "open" | "close")
}

fn timing_of(metric: &str) -> Option<&str> {
    metric.rsplit_once('.').map(|(name, _)| name).filter(|name| Counters::default().get(name).is_none())
}

/// All limits of a run, each with the check whose it is; none for those of the whole.
fn all_limits(run: &LiveRun) -> impl Iterator<Item = (Limit, Option<&LiveCheck>)> {
    let of_checks =
        run.checks.iter().flat_map(|check| check.limits.iter().map(move |expr| (expr, Some(check))));
    let of_run = run.limits.iter().map(|expr| (expr, None));
    of_checks.chain(of_run).filter_map(|(expr, check)| Some((Limit::of(expr)?, check)))
}

/// The limits of a metric that count now: of the check that runs and of the whole; of all when none runs.
pub fn limits_of(run: &LiveRun, metric: &str) -> Vec<Limit> {
    let is_meant = |check: Option<&LiveCheck>| match (&run.report, check) {
        (None, Some(check)) => check.stage == Stage::Running,
        _ => true,
    };
    let mut found: Vec<Limit> = Vec::new();
    for (limit, _) in all_limits(run).filter(|(limit, check)| limit.metric == metric && is_meant(*check)) {
        if !found.contains(&limit) {
            found.push(limit);
        }
    }
    found
}

/// What a broken limit of this metric says, of those that were judged.
fn judged(run: &LiveRun, metric: &str) -> Option<String> {
    let of_checks =
        run.checks.iter().flat_map(|check| check.thresholds.iter().map(|it| (it, check.name.as_str())));
    let of_run =
        run.report.iter().flat_map(|report| report.thresholds.iter().map(|it| (it, "the whole run")));
    of_checks.chain(of_run).find_map(|(it, whose)| {
        let is_meant = it.expr.rsplitn(3, ' ').nth(2) == Some(metric);
        (is_meant && it.verdict == Verdict::Fail).then(|| {
            format!("{whose}: {} is {}, expected {}", metric, it.value, &it.expr[metric.len() + 1..])
        })
    })
}

/// What is measured of one limit.
struct Measured {
    name: &'static str,
    metric: String,
    value: String,
    more: String,
    /// In the unit of limits, of the check that runs now; none when there is none.
    now: Option<f64>,
}

fn tile(run: &LiveRun, it: Measured) -> Tile {
    let limits = limits_of(run, &it.metric);
    // Of several the first one stands there: the others are in the list of limits.
    let limit = limits.first().map(|limit| format!("limit {}", limit.words)).unwrap_or_default();
    let broken = judged(run, &it.metric);
    let is_over =
        run.report.is_none() && it.now.is_some_and(|now| limits.iter().any(|limit| limit.is_broken_by(now)));
    let more = broken.clone().unwrap_or(it.more);
    Tile { name: it.name, value: it.value, limit, more, is_broken: is_over || broken.is_some() }
}

const NONE: &str = "–";

/// The tiles of a run. `step` is that of the clock.
pub fn tiles(run: &LiveRun, step: Duration) -> Vec<Tile> {
    if run.is_load() { of_load(run, step) } else { of_checks(run) }
}

fn of_load(run: &LiveRun, step: Duration) -> Vec<Tile> {
    let all = run.counters();
    let now = run.current().filter(|check| check.stage == Stage::Running).map(|check| check.counters);
    // What is on its way is neither answered nor unanswered.
    let share = |it: Counters| {
        let known = it.matched + it.missing;
        (known > 0).then(|| it.matched as f64 * 100.0 / known as f64)
    };
    let counted = |name: &'static str, metric: &str, of: fn(&Counters) -> u64| {
        // A lower bound is not broken before the end.
        let can_break = limits_of(run, metric).iter().all(Limit::is_upper);
        tile(
            run,
            Measured {
                name,
                metric: metric.to_owned(),
                value: format::count(of(&all)),
                more: String::new(),
                now: now.filter(|_| can_break).map(|it| of(&it) as f64),
            },
        )
    };
    let answered = tile(
        run,
        Measured {
            name: "Answered",
            metric: "success".to_owned(),
            value: share(all).map_or(NONE.to_owned(), format::percent),
            more: format!(
                "{} of {}",
                format::count(all.matched),
                format::counted(all.expected, "expected message")
            ),
            now: now.and_then(share),
        },
    );
    let metric = main_metric(run);
    let figure = |name: &'static str, permille: u32| {
        let of = |timings: &std::collections::BTreeMap<String, Histogram>| {
            timings.get(&metric).and_then(|it| it.percentile(permille))
        };
        let took = of(&run.timings);
        let samples = run.timings.get(&metric).map_or(0, Histogram::count);
        tile(
            run,
            Measured {
                name,
                metric: format!("{metric}.{name}"),
                value: took.map_or(NONE.to_owned(), |took| format::figure(took, step)),
                more: took.map_or_else(
                    || format!("{metric}: nothing was measured"),
                    |took| {
                        format!(
                            "{metric}: {} of {}",
                            format::exact(took, step),
                            format::counted(samples, "sample")
                        )
                    },
                ),
                now: of(&run.check_timings).map(|took| took.as_nanos() as f64),
            },
        )
    };
    // The share and the count say one thing: where one breaks the run, the other is red, too.
    let mut unanswered = counted("Unanswered", "missing", |it| it.missing);
    let has_failed =
        |check: &LiveCheck| check.counters.missing > 0 && check.stage == Stage::Ended(Verdict::Fail);
    let is_unmet = |check: &LiveCheck| check.steps.iter().any(|step| step.unmet.is_some());
    let failed_by_it = || run.checks.iter().any(|check| has_failed(check) && is_unmet(check));
    unanswered.is_broken |= all.missing > 0 && (answered.is_broken || failed_by_it());
    vec![
        answered,
        unanswered,
        counted("Errors", "errors", |it| it.errors),
        figure("p50", 500),
        figure("p95", 950),
        figure("p99", 990),
    ]
}

fn of_checks(run: &LiveRun) -> Vec<Tile> {
    let all = run.counters();
    let is = |wanted: fn(Verdict) -> bool| {
        run.checks.iter().filter(|it| matches!(it.stage, Stage::Ended(verdict) if wanted(verdict))).count()
    };
    let passed = is(|it| it == Verdict::Pass);
    let failed = is(|it| matches!(it, Verdict::Fail | Verdict::Error));
    let steps = run.checks.iter().flat_map(|check| &check.steps);
    let (mut done, mut planned) = (0_u64, 0_u64);
    // What stands beside the steps does something only where a check has use for it.
    for step in steps.filter(|step| !stands_beside(&step.path)) {
        planned += 1;
        done += u64::from(step.stage == Stage::Ended(Verdict::Pass));
    }
    let took = run.report.as_ref().map_or(run.course.end(), |report| report.duration_ms.0);
    let plain = |name, value: String, is_broken| Tile {
        name,
        value,
        limit: String::new(),
        more: String::new(),
        is_broken,
    };
    let out_of = |part: u64, all: u64| format!("{} of {}", format::count(part), format::count(all));
    vec![
        plain("Checks passed", out_of(passed as u64, run.checks.len() as u64), false),
        plain("Checks failed", format::count(failed as u64), failed > 0),
        plain("Steps passed", out_of(done, planned), false),
        plain("Sent", format::count(all.sent), false),
        plain("Received", format::count(all.received), false),
        plain("Duration", format::duration(Duration::from_secs_f64(took / 1e3)), false),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::engine::metrics::Delta;
    use crate::engine::report::{Millis, ThresholdReport};
    use crate::engine::run::{PlannedCheck, PlannedStep, Progress};

    fn started(limits: &[&str]) -> LiveRun {
        let mut run = LiveRun::new(1, "s".into(), 0);
        let check = |name: &str| PlannedCheck {
            name: name.into(),
            tags: vec![],
            steps: vec![],
            limits: limits.iter().map(|it| (*it).to_owned()).collect(),
        };
        run.apply(Progress::RunStarted {
            suite: "s".into(),
            seed: 1,
            checks: vec![check("one"), check("two")],
            targets: vec![],
            limits: vec![],
        });
        run.apply(Progress::CheckStarted { check: 0 });
        run
    }

    fn tick(run: &mut LiveRun, counters: Counters, micros: u64) {
        let took = Duration::from_micros(micros);
        let delta = Delta { counts: vec![(micros, 1)], extremes: Some((took, took)) };
        let samples = BTreeMap::from([("rtt".to_owned(), delta)]);
        run.apply(Progress::Tick {
            check: 0,
            at: Millis(250.0),
            counters,
            samples,
            open: 1,
            reopened: 0,
            late: Millis(0.0),
            is_hidden: false,
        });
    }

    const STEP: Duration = Duration::from_micros(5);

    fn broken(run: &LiveRun) -> Vec<&'static str> {
        tiles(run, STEP).iter().filter(|it| it.is_broken).map(|it| it.name).collect()
    }

    #[test]
    fn a_tile_turns_red_while_its_limit_is_broken() {
        let mut run = started(&["rtt.p95 < 40ms", "missing == 0", "success >= 99.9%", "sent > 100"]);
        assert!(broken(&run).is_empty(), "nothing was measured yet");
        tick(&mut run, Counters { sent: 2, expected: 2, matched: 1, ..Counters::default() }, 36_000);
        assert!(broken(&run).is_empty(), "one is on its way, and 36 ms are within the limit");
        tick(
            &mut run,
            Counters { sent: 3, expected: 3, matched: 2, missing: 1, ..Counters::default() },
            51_000,
        );
        assert_eq!(broken(&run), ["Answered", "Unanswered", "p95"]);
        let p95 = tiles(&run, STEP).into_iter().find(|it| it.name == "p95").expect("a tile");
        assert_eq!((p95.value.as_str(), p95.limit.as_str()), ("51.0\u{2009}ms", "limit 40\u{2009}ms"));
    }

    #[test]
    fn what_was_judged_stays_so_when_the_next_check_runs() {
        let mut run = started(&["rtt.p95 < 40ms"]);
        tick(&mut run, Counters::default(), 51_000);
        run.apply(Progress::CheckEnded {
            check: 0,
            verdict: Verdict::Fail,
            reasons: vec![],
            duration: Millis(1.0),
            counters: Counters::default(),
            thresholds: vec![ThresholdReport {
                expr: "rtt.p95 < 40ms".into(),
                value: "51ms".into(),
                verdict: Verdict::Fail,
                message: None,
            }],
        });
        run.apply(Progress::CheckStarted { check: 1 });
        assert_eq!(broken(&run), ["p95"]);
        let p95 = tiles(&run, STEP).into_iter().find(|it| it.name == "p95").expect("a tile");
        assert_eq!(p95.more, "one: rtt.p95 is 51ms, expected < 40ms");
    }

    #[test]
    fn a_suite_without_load_has_no_empty_tiles() {
        let run = started(&["missing == 0"]);
        let names: Vec<_> = tiles(&run, STEP).iter().map(|it| it.name).collect();
        assert_eq!(names[..3], ["Checks passed", "Checks failed", "Steps passed"]);
        assert!(tiles(&run, STEP).iter().all(|it| !it.value.contains(NONE)));
    }

    #[test]
    fn what_stands_beside_the_steps_is_no_step() {
        let step = |path: &str| PlannedStep { path: path.into(), line: 1, title: path.into(), note: None };
        let steps = ["steps[0]", "steps[1].use[0]", "clients.a.heartbeat", "answers[0]", "clients.a.framing"];
        let check =
            PlannedCheck { name: "one".into(), tags: vec![], steps: steps.map(step).into(), limits: vec![] };
        let mut run = LiveRun::new(1, "s".into(), 0);
        run.apply(Progress::RunStarted {
            suite: "s".into(),
            seed: 1,
            checks: vec![check],
            targets: vec![],
            limits: vec![],
        });
        let found = tiles(&run, STEP).into_iter().find(|it| it.name == "Steps passed").expect("a tile");
        assert_eq!(found.value, "0 of 2");
    }

    #[test]
    fn the_unanswered_are_red_where_the_share_of_answers_breaks_the_run() {
        let mut run = started(&["success >= 99.9%"]);
        let counters = Counters { sent: 9, expected: 9, missing: 9, ..Counters::default() };
        tick(&mut run, counters, 1_000);
        assert_eq!(broken(&run), ["Answered", "Unanswered"]);
    }

    #[test]
    fn without_a_round_trip_no_other_metric_takes_its_place() {
        let mut run = started(&["success >= 99.9%", "close.p95 < 1s"]);
        for name in ["close", "open", "open.tls"] {
            run.timings.insert(name.to_owned(), Histogram::default());
        }
        assert_eq!(main_metric(&run), "rtt");
        run.timings.insert("close me".to_owned(), Histogram::default());
        assert_eq!(main_metric(&run), "close me", "a metric of the suite's own");
    }

    #[test]
    fn limits_are_read_as_reports_write_them() {
        for (expr, metric, bound, words) in [
            ("rtt.p95 < 250ms", "rtt.p95", 250e6, "250\u{2009}ms"),
            ("success >= 99.9%", "success", 99.9, "99.9\u{2009}%"),
            ("missing == 0", "missing", 0.0, "0"),
            ("my metric.p99 <= 1.5s", "my metric.p99", 1.5e9, "1.5\u{2009}s"),
        ] {
            let limit = Limit::of(expr).expect(expr);
            assert_eq!((limit.metric.as_str(), limit.bound, limit.words.as_str()), (metric, bound, words));
        }
        assert_eq!(Limit::of("nonsense"), None);
    }
}
