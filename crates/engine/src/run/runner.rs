//! The run of a plan: check after check, then the judgement.
//!
//! Owns the order of checks, the tick, the thresholds and the verdict of the whole. It refuses to know steps. Dropping the
//! future drops every socket; [`Stop`] is the kinder way, which still gives a report.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{Either, select};
use serde_json::Value;

use super::check::{CheckRun, Ended};
use super::gone::{NOT_JUDGED, Watch};
use super::outcome::failure;
use super::outcome::judge::{self, Harness};
use super::outcome::meter::Meter;
use super::outcome::step_results::{Failures, StepResults};
use super::pacing::handshake_queue::HandshakeQueue;
use super::pacing::yield_budget::YieldBudget;
use super::plan::options::Stop;
use super::plan::planning::Plan;
use super::progress::Progress;
use crate::base::random::Random;
use crate::metrics::Histogram;
use crate::report::{CheckReport, Environment, Failure, Millis, Report, ServerStopped, Verdict};
use crate::{Instant, Payload, World};

/// How often it is found out how late the event loop is.
const PULSE: Duration = Duration::from_millis(50);
/// Progress is reported after this many of them: four times a second. Drawing it takes processor time from the server
/// and the browser's own sockets; at ten times a second, it cost one round trip in a hundred.
const PULSES_A_TICK: u32 = 5;
/// Before a run, timer lateness is measured: `BEATS` timers of `BEAT`, at most `TRIES` times.
const BEATS: u32 = 40;
const BEAT: Duration = Duration::from_millis(5);
const TRIES: u32 = 3;

/// How the reason of a stopped check begins.
pub(super) const STOPPED: &str = "stopped";

/// Hears what happens.
pub type Listener = Box<dyn FnMut(Progress)>;

/// What all checks of a run share.
pub(super) struct RunShared<W: World> {
    pub world: W,
    pub plan: Plan,
    pub stop: Stop,
    pub random: RefCell<Random>,
    pub meter: Rc<RefCell<Meter>>,
    pub handshakes: HandshakeQueue,
    pub yield_budget: Rc<YieldBudget>,
    listener: RefCell<Listener>,
    /// How late the event loop was.
    lag: RefCell<Histogram>,
    /// At its worst since the check began.
    worst_lag: Cell<Duration>,
    /// Whether the page was out of sight while this check ran, and while any did.
    was_hidden: Cell<bool>,
    was_ever_hidden: Cell<bool>,
    /// Whether it is known to be so for all of the run.
    is_hidden_always: bool,
    /// Variables that a check has kept for those after it.
    pub kept: RefCell<serde_json::Map<String, Value>>,
    /// Whether any check opened connections faster than a browser lets them.
    has_burst: Cell<bool>,
    /// Whether the servers still accept connections.
    pub watch: Watch,
    /// What the suite requires of the harness and does not find; then no check is run.
    unfit: RefCell<Vec<String>>,
}

/// Runs a plan. Never fails: the report says what went wrong.
pub async fn run<W: World>(plan: Plan, world: W, stop: Stop, listener: Listener) -> Report {
    let began = world.now();
    let random = plan.random.clone();
    // Where the page is hidden at the start, its owner has set the flag, which then says more.
    let is_hidden_always = plan.options.environment.hidden && !plan.options.hidden.get();
    let run = Rc::new(RunShared {
        world,
        plan,
        stop,
        random: RefCell::new(random),
        meter: Rc::new(RefCell::new(Meter::new(began))),
        handshakes: HandshakeQueue::default(),
        yield_budget: Rc::new(YieldBudget::new(began)),
        listener: RefCell::new(listener),
        lag: RefCell::new(Histogram::new()),
        worst_lag: Cell::new(Duration::ZERO),
        was_hidden: Cell::new(false),
        was_ever_hidden: Cell::new(false),
        is_hidden_always,
        kept: RefCell::default(),
        has_burst: Cell::new(false),
        watch: Watch::default(),
        unfit: RefCell::default(),
    });
    run.tell(Progress::RunStarted {
        suite: run.plan.suite.name.clone(),
        seed: run.plan.options.seed,
        checks: run.plan.checks(),
        targets: run.plan.targets(),
    });
    let started = crate::template::iso(run.now_millis());
    run.test_itself().await;
    let mut checks = Vec::with_capacity(run.plan.checks.len());
    for number in 0..run.plan.checks.len() {
        checks.push(run.check(number).await);
    }
    run.settle_doubt(&mut checks);
    run.report(started, checks)
}

/// A failure for lack of a connection says nothing about what was to be checked.
fn unjudge(check: &mut CheckReport, gone: &ServerStopped) {
    check.verdict = Verdict::Inconclusive;
    check.reasons.insert(0, format!("{NOT_JUDGED}: {}", gone.fragment()));
}

impl<W: World> RunShared<W> {
    /// Milliseconds since 1970.
    pub fn now_millis(&self) -> u64 {
        self.plan.options.origin_millis + self.world.now().as_nanos() / 1_000_000
    }

    pub fn tell(&self, progress: Progress) {
        (self.listener.borrow_mut())(progress);
    }

    pub fn masked(&self, text: &str) -> String {
        self.plan.masker.mask(text).into_owned()
    }

    /// The failure, masked.
    pub fn masked_failure(&self, failure: Failure) -> Failure {
        failure::cut(failure.masked(&self.plan.masker))
    }

    /// A message, masked.
    pub fn masked_message(&self, payload: &Payload) -> String {
        failure::cut_message(&self.masked(&failure::uncut(payload)))
    }

    /// The event loop stood still for this long.
    pub fn lagged(&self, late: Duration) {
        self.worst_lag.set(self.worst_lag.get().max(late));
    }

    /// Keeps a value out of all later events and out of the report, if its name is that of a secret.
    pub fn learn(&self, name: &str, value: &Value) -> Result<(), Box<Failure>> {
        match self.plan.suite.secrets.iter().any(|secret| secret == name) {
            true => self.plan.masker.learn(value).map_err(failure::script),
            false => Ok(()),
        }
    }

    /// Where the suite requires something of the harness, measures it before anything is connected to: a run that could prove
    /// nothing is not begun. How late timers come goes on being measured, and the whole of it is judged in the end.
    async fn test_itself(&self) {
        let suite = &self.plan.suite;
        if suite.require.is_empty() || self.stop.is_asked() {
            return;
        }
        // A moment in which the machine is busy is not a reason to give up.
        for _ in 0..TRIES {
            let mut lag = Histogram::new();
            for _ in 0..BEATS {
                let due = self.world.now() + BEAT;
                self.world.sleep(BEAT).await;
                lag.record(self.world.now().since(due));
            }
            let early = |field: &_| self.early(field);
            let lines = judge::requirements(&suite.require, &self.environment(), &lag, &early);
            *self.unfit.borrow_mut() =
                lines.iter().filter(|line| line.verdict == Verdict::Fail).map(judge::unmet).collect();
            *self.lag.borrow_mut() = lag;
            if self.unfit.borrow().is_empty() {
                break;
            }
        }
        self.yield_budget.turned(self.world.now());
    }

    async fn check(self: &Rc<Self>, number: usize) -> CheckReport {
        self.tell(Progress::CheckStarted { check: number });
        self.worst_lag.set(Duration::ZERO);
        self.was_hidden.set(false);
        self.look();
        let (check, made) = CheckRun::new(self.clone(), number);
        let offset = check.began - self.meter.borrow().began();
        let unfit = self.unfit.borrow().iter().map(|why| format!("not run, since {why}")).collect::<Vec<_>>();
        let not_run = match self.stop.is_asked() {
            true => vec![format!("{STOPPED} before it began")],
            false if unfit.is_empty() => {
                let gone = self.still_gone().await;
                gone.iter().map(|gone| format!("{NOT_JUDGED}: {}", gone.fragment())).collect()
            }
            false => unfit,
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
            match select(Box::pin(check.run(made)), Box::pin(self.ticks(number))).await {
                Either::Left((ended, _)) => ended,
                // It never ends by itself.
                Either::Right((never, _)) => match never {},
            }
        };
        self.watch.ended(number, check.context.last_code.get());
        let gone = self.has_gone(number).await;
        self.tick(number);
        let mut report = self.close_check(&check, ended, offset);
        if let Some((gone, is_before)) = gone {
            match is_before {
                true => unjudge(&mut report, &gone),
                false => report.reasons.insert(0, gone.fragment()),
            }
        }
        self.tell(Progress::CheckEnded {
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
    fn settle_doubt(&self, checks: &mut [CheckReport]) {
        let (Some(first), Some(gone)) = (self.watch.doubtful.get(), self.watch.stopped()) else { return };
        let is_unjudged =
            |check: &CheckReport| check.reasons.first().is_some_and(|reason| reason.starts_with(NOT_JUDGED));
        if checks.iter().skip(first + 1).any(is_unjudged) {
            unjudge(&mut checks[first], &gone);
        }
    }

    fn close_check(&self, check: &Rc<CheckRun<W>>, ended: Ended, offset: Duration) -> CheckReport {
        let definition = check.definition();
        let metrics = self.meter.borrow_mut().end_check(ended.lasting);
        let mut reasons = ended.reasons;
        let clock_step = judge::clock_step(&self.plan.options.environment);
        let early = |field: &_| check.early(field);
        let mut lines = judge::thresholds(&definition.thresholds, &metrics, clock_step, &early);
        let is_whole = self.plan.options.shard.is_whole();
        if ended.verdict == Verdict::Skipped {
            lines.iter_mut().for_each(|(threshold, _)| judge::leave_out(threshold));
        } else if !is_whole {
            lines.iter_mut().for_each(|(threshold, _)| judge::put_off(threshold));
        }
        self.has_burst.set(self.has_burst.get() || check.has_burst.get());
        let harness = Harness {
            worst_lag: self.worst_lag.get(),
            has_burst: check.has_burst.get(),
            was_hidden: self.was_hidden.get(),
            clock_step,
        };
        let (verdict, reason) = harness.settle(ended.verdict, ended.failures, &lines);
        reasons.extend(reason);
        let allows_less = judge::allows_less(lines.iter().map(|(threshold, _)| threshold));
        check.results.borrow_mut().settle_missing(allows_less, verdict != Verdict::Pass);
        // A listener that has heard all events knows each step as the report has it.
        let untold = check.results.borrow().untold();
        check.tell_ends(&untold);
        let results = std::mem::replace(&mut *check.results.borrow_mut(), StepResults::new([]));
        CheckReport {
            name: self.plan.checks[check.number].name.clone(),
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
            close_code: check.context.last_code.get(),
            harness: (!is_whole).then(|| harness.to_report()),
        }
    }

    /// Finds out how late the event loop is, and tells from time to time what has happened.
    async fn ticks(&self, check: usize) -> std::convert::Infallible {
        let mut due = self.world.now() + PULSE;
        let mut pulses = 0;
        loop {
            let wait = due.since(self.world.now());
            self.world.sleep(wait).await;
            let now = self.world.now();
            self.yield_budget.turned(now);
            let late = now.since(due);
            self.lag.borrow_mut().record(late);
            self.worst_lag.set(self.worst_lag.get().max(late));
            pulses += 1;
            if pulses == PULSES_A_TICK {
                pulses = 0;
                self.tick(check);
            }
            due = if late > PULSE { now + PULSE } else { due + PULSE };
        }
    }

    fn tick(&self, check: usize) {
        self.look();
        let mut meter = self.meter.borrow_mut();
        let tick = Progress::Tick {
            check,
            at: Millis::from(self.world.now() - meter.began()),
            counters: *meter.counters(),
            samples: meter.take_samples(),
            open: meter.open(),
        };
        drop(meter);
        self.tell(tick);
    }

    /// Looks whether the page is out of sight.
    fn look(&self) {
        if self.plan.options.hidden.get() || self.is_hidden_always {
            self.was_hidden.set(true);
            self.was_ever_hidden.set(true);
        }
    }

    fn environment(&self) -> Environment {
        let lag = self.lag.borrow().summary();
        Environment {
            loop_lag_p99_ms: lag.map_or(0.0, |lag| Millis::from(lag.p99).0),
            hidden: self.was_ever_hidden.get(),
            ..self.plan.options.environment.clone()
        }
    }

    fn report(&self, started: String, checks: Vec<CheckReport>) -> Report {
        let now: Instant = self.world.now();
        let (metrics, seconds) = self.meter.borrow_mut().end_run(now);
        let suite = &self.plan.suite;
        if self.lag.borrow().is_empty() {
            // A run that ends before its first tick has seen nothing come late.
            self.lag.borrow_mut().record(Duration::ZERO);
        }
        let environment = self.environment();
        let mut reasons = Vec::new();
        let mut verdict = checks.iter().fold(Verdict::Pass, |all, check| all.and(check.verdict));
        let early = |field: &_| self.early(field);
        let clock_step = judge::clock_step(&environment);
        let mut lines = judge::thresholds(&suite.thresholds, &metrics, clock_step, &early);
        if !self.plan.options.shard.is_whole() {
            lines.iter_mut().for_each(|(threshold, _)| judge::put_off(threshold));
        }
        let worst_lag = self.lag.borrow().summary().map_or(Duration::ZERO, |lag| lag.max);
        let was_hidden = self.was_ever_hidden.get();
        let harness = Harness { worst_lag, has_burst: self.has_burst.get(), was_hidden, clock_step };
        let (of_thresholds, reason) = harness.settle(Verdict::Pass, Failures::default(), &lines);
        reasons.extend(reason);
        verdict = verdict.and(of_thresholds);
        let mut thresholds: Vec<_> = lines.into_iter().map(|(threshold, _)| threshold).collect();
        for mut threshold in judge::requirements(&suite.require, &environment, &self.lag.borrow(), &early) {
            if threshold.verdict == Verdict::Fail {
                threshold.verdict = Verdict::Inconclusive;
                reasons.push(judge::unmet(&threshold));
                verdict = judge::without_ground(verdict);
            }
            thresholds.push(threshold);
        }
        // A stop that comes when all is done changes nothing.
        let is_cut = |check: &CheckReport| check.reasons.iter().any(|reason| reason.starts_with(STOPPED));
        if self.stop.is_asked() && checks.iter().any(is_cut) {
            reasons.push(format!("{STOPPED} before its end"));
        }
        // A single check that found no server is its own failure, and may have another cause.
        let is_sole = self.watch.doubtful.get().is_some_and(|first| first + 1 == checks.len());
        let stopped = self.watch.stopped().filter(|_| !is_sole);
        reasons.extend(stopped.iter().map(ServerStopped::sentence));
        let totals = judge::totals(&checks, &metrics.counters);
        let report = Report {
            sockscope: env!("CARGO_PKG_VERSION").to_owned(),
            format: 1,
            suite: suite.name.clone(),
            about: suite.about.clone(),
            verdict,
            reasons,
            seed: self.plan.options.seed,
            started,
            duration_ms: Millis::from(now - self.meter.borrow().began()),
            environment,
            vars: self.plan.vars.clone(),
            targets: self.plan.targets.clone(),
            totals,
            metrics: metrics.to_report(),
            thresholds,
            checks,
            seconds,
            server: None,
            server_stopped: stopped,
            shards: Vec::new(),
        };
        let report = self.plan.mask(report);
        self.tell(Progress::RunEnded { verdict: report.verdict });
        report
    }

    /// A value that needs no client and no check.
    fn early(&self, field: &crate::suite::Field<Value>) -> Result<Value, Box<Failure>> {
        let mut sources = super::plan::planning::Sources {
            random: self.random.borrow().clone(),
            now_millis: self.now_millis(),
        };
        let nothing = serde_json::Map::new();
        let mut scope = super::plan::scope::EarlyScope {
            sources: &mut sources,
            options: &self.plan.options,
            vars: &self.plan.vars,
            row: &nothing,
        };
        field.get(&mut scope).map_err(failure::script)
    }
}
