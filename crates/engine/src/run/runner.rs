//! The run of a plan: check after check, then the judgement.
//!
//! Owns the order of checks, the tick, the thresholds and the verdict of the whole. It refuses to know steps. Dropping the
//! future drops every socket; [`Stop`] is the kinder way, which still gives a report.

use std::time::Duration;

use futures_util::future::{Either, select};

use super::check::{self, Ended, STOPPED};
use super::context::check::CheckRun;
use super::context::run::RunShared;
use super::gone::NOT_JUDGED;
use super::outcome::causes::Failures;
use super::outcome::judge;
use super::outcome::step_results::StepResults;
use super::plan::options::Stop;
use super::plan::planning::Plan;
use super::progress::{Listener, Progress};
use crate::World;
use crate::metrics::Histogram;
use crate::report::{CheckReport, Environment, Millis, Report, ServerStopped, Verdict};

/// How often it is found out how late the event loop is.
const PULSE: Duration = Duration::from_millis(50);
/// Progress is reported after this many of them: four times a second. Drawing it takes processor time from the server
/// and the browser's own sockets; at ten times a second, it cost one round trip in a hundred.
const PULSES_A_TICK: u32 = 5;
/// Before a run, timer lateness is measured: `BEATS` timers of `BEAT`, at most `TRIES` times.
const BEATS: u32 = 40;
const BEAT: Duration = Duration::from_millis(5);
const TRIES: u32 = 3;

/// Runs a plan. Never fails: the report says what went wrong.
pub async fn run<W: World>(plan: Plan, world: W, stop: Stop, listener: Listener) -> Report {
    let run = RunShared::new(plan, world, stop, listener);
    run.tell(Progress::RunStarted {
        suite: run.plan.suite.name.clone(),
        seed: run.plan.options.seed,
        checks: run.plan.checks(),
        targets: run.plan.targets(),
        limits: run.plan.limits(),
    });
    let started = crate::template::iso(run.now_millis());
    let unfit = test_itself(&run).await;
    let mut checks = Vec::with_capacity(run.plan.checks.len());
    for number in 0..run.plan.checks.len() {
        checks.push(run_check(&run, number, &unfit).await);
    }
    settle_doubt(&run, &mut checks);
    report(&run, started, checks)
}

/// A failure for lack of a connection says nothing about what was to be checked.
fn unjudge(check: &mut CheckReport, gone: &ServerStopped) {
    check.verdict = Verdict::Inconclusive;
    check.reasons.insert(0, not_judged(gone));
}

fn not_judged(gone: &ServerStopped) -> String {
    format!("{NOT_JUDGED}: {}", gone.fragment())
}

/// Where the suite requires something of the harness, measures it before anything is connected to: a run that could prove
/// nothing is not begun. Returns what the harness lacks. How late timers come goes on being measured, and the whole of it is
/// judged in the end.
async fn test_itself<W: World>(run: &RunShared<W>) -> Vec<String> {
    let suite = &run.plan.suite;
    let mut unfit = Vec::new();
    if suite.require.is_empty() || run.stop.is_asked() {
        return unfit;
    }
    // A moment in which the machine is busy is not a reason to give up.
    for _ in 0..TRIES {
        let mut lag = Histogram::new();
        for _ in 0..BEATS {
            let due = run.world.now() + BEAT;
            run.world.sleep(BEAT).await;
            lag.record(run.world.now().since(due));
        }
        let lines = judge::requirements(&suite.require, &environment(run), &lag, &|field| run.early(field));
        unfit = lines.iter().filter(|line| line.verdict == Verdict::Fail).map(judge::unmet).collect();
        run.conditions.begin_with(lag);
        if unfit.is_empty() {
            break;
        }
    }
    run.yield_budget.turned(run.world.now());
    unfit
}

async fn run_check<W: World>(run: &RunShared<W>, number: usize, unfit: &[String]) -> CheckReport {
    run.tell(Progress::CheckStarted { check: number });
    run.conditions.begin_check();
    look(run);
    let (check, made) = CheckRun::new(run, number);
    let offset = check.began - run.meter().began();
    let not_run = match run.stop.is_asked() {
        true => vec![format!("{STOPPED} before it began")],
        false if unfit.is_empty() => run.watch.still_gone(&run.world).await.iter().map(not_judged).collect(),
        false => unfit.iter().map(|why| format!("not run, since {why}")).collect(),
    };
    let ended = if !not_run.is_empty() {
        Ended {
            verdict: Verdict::Inconclusive,
            reasons: not_run,
            failures: Failures::default(),
            lasting: Duration::ZERO,
            leftovers: Vec::new(),
            leftovers_omitted: 0,
        }
    } else {
        match select(Box::pin(check::run(&check, made)), Box::pin(ticks(run, number))).await {
            Either::Left((ended, _)) => ended,
            // It never ends by itself.
            Either::Right((never, _)) => match never {},
        }
    };
    run.watch.ended(number, check.connections.context.last_code.get());
    let may_look = !run.stop.is_asked() && run.plan.options.shard.is_whole();
    let describe = |endpoint: &crate::Endpoint, last: usize| ServerStopped {
        address: run.masked(endpoint.url()),
        after: run.plan.checks[last].name.clone(),
        sent_bytes: run.meter().last_sent(),
    };
    let gone = run.watch.has_gone(&run.world, number, may_look, describe).await;
    tick(run, number);
    let mut report = close_check(&check, ended, offset);
    if let Some((gone, is_before)) = gone {
        match is_before {
            true => unjudge(&mut report, &gone),
            false => report.reasons.insert(0, gone.fragment()),
        }
    }
    run.tell(Progress::CheckEnded {
        check: number,
        verdict: report.verdict,
        reasons: report.reasons.clone(),
        duration: report.duration_ms,
        counters: judge::counters_of(&report.metrics),
        thresholds: report.thresholds.clone(),
    });
    report
}

/// The check that first met a server that later checks have found gone is not judged either.
fn settle_doubt<W: World>(run: &RunShared<W>, checks: &mut [CheckReport]) {
    let (Some(first), Some(gone)) = (run.watch.doubtful.get(), run.watch.stopped()) else { return };
    let is_unjudged =
        |check: &CheckReport| check.reasons.first().is_some_and(|reason| reason.starts_with(NOT_JUDGED));
    if checks.iter().skip(first + 1).any(is_unjudged) {
        unjudge(&mut checks[first], &gone);
    }
}

fn close_check<W: World>(check: &CheckRun<'_, W>, ended: Ended, offset: Duration) -> CheckReport {
    let (run, definition) = (check.run, check.definition);
    let metrics = run.meter().end_check(ended.lasting);
    let mut reasons = ended.reasons;
    let clock_step = judge::clock_step(&run.plan.options.environment);
    let mut lines =
        judge::thresholds(&definition.thresholds, &metrics, &run.plan.options.environment, &|field| {
            check.early(field)
        });
    let is_whole = run.plan.options.shard.is_whole();
    if ended.verdict == Verdict::Skipped {
        lines.iter_mut().for_each(|(threshold, _)| judge::leave_out(threshold));
    } else if !is_whole {
        lines.iter_mut().for_each(|(threshold, _)| judge::put_off(threshold));
    }
    let harness = run.conditions.of_check(clock_step);
    let (verdict, reason) = harness.settle(ended.verdict, ended.failures, &lines);
    reasons.extend(reason);
    let allows_less = judge::allows_less(lines.iter().map(|(threshold, _)| threshold));
    let results = &check.results.steps;
    results.borrow_mut().settle_missing(allows_less, verdict != Verdict::Pass);
    // A listener that has heard all events knows each step as the report has it.
    let untold = results.borrow().untold();
    check.tell_ends(&untold);
    let results = results.replace(StepResults::new([]));
    CheckReport {
        name: run.plan.checks[check.number].name.clone(),
        about: definition.about.clone(),
        tags: definition.tags.clone(),
        verdict,
        reasons,
        offset_ms: Millis::from(offset),
        duration_ms: Millis::from(ended.lasting),
        metrics: metrics.to_report(),
        thresholds: lines.into_iter().map(|(threshold, _)| threshold).collect(),
        steps: results.into_reports(),
        leftovers: ended.leftovers,
        leftovers_omitted: ended.leftovers_omitted,
        close_code: check.connections.context.last_code.get(),
        harness: (!is_whole).then(|| harness.to_report()),
    }
}

/// Finds out how late the event loop is, and tells from time to time what has happened.
async fn ticks<W: World>(run: &RunShared<W>, check: usize) -> std::convert::Infallible {
    let mut due = run.world.now() + PULSE;
    let mut pulses = 0;
    loop {
        let wait = due.since(run.world.now());
        run.world.sleep(wait).await;
        let now = run.world.now();
        run.yield_budget.turned(now);
        let late = now.since(due);
        run.conditions.timer_came(late);
        pulses += 1;
        if pulses == PULSES_A_TICK {
            pulses = 0;
            tick(run, check);
        }
        due = if late > PULSE { now + PULSE } else { due + PULSE };
    }
}

fn tick<W: World>(run: &RunShared<W>, check: usize) {
    look(run);
    let mut meter = run.meter();
    let tick = Progress::Tick {
        check,
        at: Millis::from(run.world.now() - meter.began()),
        counters: *meter.counters(),
        samples: meter.take_samples(),
        open: meter.open(),
        reopened: meter.reopened(),
        late: Millis::from(run.conditions.lag_of_tick()),
        is_hidden: run.plan.options.hidden.get(),
    };
    drop(meter);
    run.tell(tick);
}

/// Looks whether the page is out of sight.
fn look<W: World>(run: &RunShared<W>) {
    run.conditions.look(run.plan.options.hidden.get());
}

fn environment<W: World>(run: &RunShared<W>) -> Environment {
    run.conditions.environment(&run.plan.options.environment)
}

fn report<W: World>(run: &RunShared<W>, started: String, checks: Vec<CheckReport>) -> Report {
    let now = run.world.now();
    let (metrics, seconds) = run.meter().end_run(now);
    let suite = &run.plan.suite;
    run.conditions.end();
    let environment = environment(run);
    let mut reasons = Vec::new();
    let mut verdict = checks.iter().fold(Verdict::Pass, |all, check| all.and(check.verdict));
    let early = |field: &_| run.early(field);
    let clock_step = judge::clock_step(&environment);
    let mut lines = judge::thresholds(&suite.thresholds, &metrics, &environment, &early);
    if !run.plan.options.shard.is_whole() {
        lines.iter_mut().for_each(|(threshold, _)| judge::put_off(threshold));
    }
    let harness = run.conditions.of_run(clock_step);
    let (of_thresholds, reason) = harness.settle(Verdict::Pass, Failures::default(), &lines);
    reasons.extend(reason);
    verdict = verdict.and(of_thresholds);
    let mut thresholds: Vec<_> = lines.into_iter().map(|(threshold, _)| threshold).collect();
    for mut threshold in judge::requirements(&suite.require, &environment, &run.conditions.lag(), &early) {
        if threshold.verdict == Verdict::Fail {
            threshold.verdict = Verdict::Inconclusive;
            reasons.push(judge::unmet(&threshold));
            verdict = judge::without_ground(verdict);
        }
        thresholds.push(threshold);
    }
    // A stop that comes when all is done changes nothing.
    let is_cut = |check: &CheckReport| check.reasons.iter().any(|reason| reason.starts_with(STOPPED));
    if run.stop.is_asked() && checks.iter().any(is_cut) {
        reasons.push(format!("{STOPPED} before its end"));
    }
    // A single check that found no server is its own failure, and may have another cause.
    let is_sole = run.watch.doubtful.get().is_some_and(|first| first + 1 == checks.len());
    let stopped = run.watch.stopped().filter(|_| !is_sole);
    reasons.extend(stopped.iter().map(ServerStopped::sentence));
    let totals = judge::totals(&checks, &metrics.counters);
    let report = Report {
        sockscope: env!("CARGO_PKG_VERSION").to_owned(),
        format: 1,
        suite: suite.name.clone(),
        about: suite.about.clone(),
        verdict,
        reasons,
        seed: run.plan.options.seed,
        started,
        duration_ms: Millis::from(now - run.meter().began()),
        environment,
        vars: run.plan.vars.clone(),
        targets: run.plan.targets.clone(),
        totals,
        metrics: metrics.to_report(),
        thresholds,
        checks,
        seconds,
        server: None,
        server_stopped: stopped,
        shards: Vec::new(),
        capacity: None,
        part: None,
    };
    let report = run.plan.mask(report);
    run.tell(Progress::RunEnded { verdict: report.verdict });
    report
}
