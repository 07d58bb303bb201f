//! A run request at work: suite after suite, round after round.
//!
//! Owns what the page hears of a run and what becomes of its report. One rule: a request that was stopped or replaced still
//! ends each run that has begun with a report.

use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::select;

use super::connection_table::Watched;
use super::history;
use super::library::mistake;
use super::queue::Queued;
use super::recordings::{BUDGET, RunRecording};
use super::worker::ChecksWorker;
use crate::engine::World;
use crate::engine::base::words;
use crate::engine::recording::run_recording::Recorded;
use crate::engine::relay::Relaying;
use crate::engine::report::{Origin, Report, TargetReport, read_json};
use crate::engine::run::{Options, Plan, Progress, Stop, run};
use crate::engine::suite::{Files, Suite};
use crate::engine::template::{Document, Name};
use crate::engine::witness::looks::Looks;
use crate::engine::witness::marks::Marks;
use crate::wire::checks::{Answer, RunEvent, RunRequest, SuiteRequest};

/// How far ahead the moment may be at which a request begins.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Why nothing of a request begins.
#[derive(Debug, thiserror::Error)]
enum Unstarted {
    #[error("stopped before it began")]
    Stopped,
    #[error(
        "start_at is {} ahead; the limit is {}; the clocks of the two machines may differ",
        words::bound(*.0),
        words::bound(LONGEST_WAIT)
    )]
    TooFarAhead(Duration),
}

/// A variable that the environment should give a value.
struct Missing {
    name: String,
    env: String,
    is_secret: bool,
}

impl Missing {
    /// All that have no value.
    fn all(suite: &Suite, options: &Options) -> Vec<Self> {
        let mut all = Vec::new();
        for (name, default) in &suite.vars {
            if options.overrides.iter().any(|(given, _)| given == name) {
                continue;
            }
            let names = Document::parse(default).map(|document| document.names()).unwrap_or_default();
            let env = names.into_iter().find_map(|it| match it.name {
                Name::Env(env) if !options.env.contains_key(&env) => Some(env),
                _ => None,
            });
            all.extend(env.map(|env| Self {
                name: name.clone(),
                env,
                is_secret: suite.secrets.contains(name),
            }));
        }
        all
    }

    /// Noncharacters of Unicode around it: no address has them by itself.
    fn stand_in(&self) -> String {
        format!("\u{fdd0}{}\u{fdd1}", self.env)
    }

    fn words(&self) -> String {
        let what = if self.is_secret { "secret" } else { "variable" };
        format!("The {what} `{}` has no value: type it in Values, or set {}.", self.name, self.env)
    }
}

impl<W: World> ChecksWorker<W> {
    /// Does the requests that wait, one after the other, until none is left.
    pub(super) async fn work(self) {
        while let Some(Queued { request, stop }) = self.0.queue.take() {
            match self.is_time(&request, &stop).await {
                Ok(()) => self.do_request(&request, &stop).await,
                // No one waits for a request that was replaced.
                Err(_) if self.0.queue.has_newer() => {}
                Err(why) => self.refuse_request(&request, why),
            }
        }
    }

    /// Nothing of a request begins.
    fn refuse_request(&self, request: &RunRequest, why: Unstarted) {
        self.tell(RunEvent::Begun { request: request.number, runs: 0 });
        self.tell(RunEvent::Refused {
            suite_id: String::new(),
            mistakes: Vec::new(),
            reasons: vec![why.to_string()],
        });
        self.tell(RunEvent::Over);
        self.flush();
    }

    /// Waits for the moment at which a request begins, or says why it never does.
    async fn is_time(&self, request: &RunRequest, stop: &Stop) -> Result<(), Unstarted> {
        let start_at = request.start_at.unwrap_or_default();
        let ahead = || Duration::from_millis(start_at.saturating_sub(self.now_millis()));
        loop {
            match ahead() {
                _ if stop.is_asked() => return Err(Unstarted::Stopped),
                Duration::ZERO => return Ok(()),
                ahead if ahead > LONGEST_WAIT => return Err(Unstarted::TooFarAhead(ahead)),
                // A timer may come a little early.
                ahead => {
                    select(pin!(stop.asked()), pin!(self.0.world.sleep(ahead))).await;
                }
            }
        }
    }

    /// Milliseconds since 1970.
    fn now_millis(&self) -> u64 {
        self.0.site.clock_began.max(0.0) as u64 + self.0.world.now().as_nanos() / 1_000_000
    }

    async fn do_request(&self, request: &RunRequest, stop: &Stop) {
        let times = request.times.max(1);
        let runs = u32::try_from(request.suites.len()).unwrap_or(u32::MAX).saturating_mul(times);
        self.tell(RunEvent::Begun { request: request.number, runs });
        self.flush();
        'rounds: for round in 0..times {
            for (index, suite) in request.suites.iter().enumerate() {
                self.run_suite(request, suite, index, round, stop).await;
                if stop.is_asked() {
                    break 'rounds;
                }
            }
        }
        if !self.0.queue.has_newer() {
            self.tell(RunEvent::Over);
        }
        self.flush();
    }

    /// The files that a suite names: those that came with it, or else those of the library.
    fn files_of(&self, it: &SuiteRequest) -> Files {
        match it.files.is_empty() {
            true => self.0.library.borrow().files(&it.id, &it.text),
            false => it.files.clone(),
        }
    }

    fn options(&self, request: &RunRequest, it: &SuiteRequest, seed: u64) -> Options {
        Options {
            overrides: it.overrides.clone(),
            env: request.env.clone(),
            told_by: it.told_by.clone(),
            secrets: request.secrets.clone(),
            seed,
            tags: request.tags.clone(),
            names: it.names.clone(),
            origin_millis: self.0.site.clock_began.max(0.0) as u64,
            environment: self.0.site.environment(self.0.hidden.get()),
            hidden: self.0.hidden.clone(),
            has_relay: false,
            shard: request.shard,
        }
    }

    /// Whether the command that serves the page opens connections for it; it is asked only for a suite that needs it.
    async fn has_relay(&self, suite: &Suite) -> bool {
        suite.needs_relay() && self.0.companion.is_there(&self.0.world).await
    }

    /// What a request would test, before anything is opened. A value that no address needs may be missing.
    pub(super) fn planned(&self, request: &RunRequest) -> Answer {
        let Some(it) = request.suites.first() else {
            return Answer::Failed("the request has no suite".to_owned());
        };
        let Ok(mut suite) = Suite::parse_with(&it.text, &self.files_of(it)) else {
            return Answer::Failed("the suite has mistakes".to_owned());
        };
        let mut options = self.options(request, it, request.seed.unwrap_or_default());
        let missing = Missing::all(&suite, &options);
        for it in &missing {
            options.env.insert(it.env.clone(), it.stand_in());
        }
        // Nothing masks what stands in for a value, so it is seen in the addresses that need it.
        suite.secrets.retain(|name| missing.iter().all(|it| it.name != *name));
        let words = |all: Vec<&Missing>| all.into_iter().map(Missing::words).collect::<Vec<_>>();
        let plan = match Plan::new(Rc::new(suite), options, self.now_millis()) {
            Ok(plan) => plan,
            Err(errors) if missing.is_empty() => {
                return Answer::Failed(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
            }
            Err(_) => return Answer::Failed(words(missing.iter().collect()).join(" ")),
        };
        let targets = plan.targets();
        let is_in = |it: &&Missing, target: &TargetReport| {
            let texts = std::iter::once(&target.url).chain(&target.via);
            texts.into_iter().any(|text| text.contains(&it.stand_in()))
        };
        let needed: Vec<_> =
            missing.iter().filter(|it| targets.iter().any(|target| is_in(it, target))).collect();
        match needed.is_empty() {
            true => {
                let missing = words(missing.iter().collect());
                Answer::Planned { targets, checks: plan.count(), missing }
            }
            false => Answer::Failed(words(needed).join(" ")),
        }
    }

    async fn run_suite(
        &self,
        request: &RunRequest,
        it: &SuiteRequest,
        index: usize,
        round: u32,
        stop: &Stop,
    ) {
        let refuse = |mistakes, reasons| {
            self.tell(RunEvent::Refused { suite_id: it.id.clone(), mistakes, reasons });
            self.flush();
        };
        let suite = match Suite::parse_with(&it.text, &self.files_of(it)) {
            Ok(suite) => Rc::new(suite),
            Err(problems) => return refuse(problems.iter().map(mistake).collect(), Vec::new()),
        };
        let name = suite.name.clone();
        // A number that a person can read back from a report and that JavaScript holds exactly.
        let seed = request.seed.unwrap_or_else(|| self.0.world.random() % 1_000_000_000);
        let has_relay = self.has_relay(&suite).await;
        let options = Options { has_relay, ..self.options(request, it, seed) };
        let now_millis = self.now_millis();
        // A variable that has the time in it is the same in all browsers that begin together.
        let planned_at = request.start_at.filter(|_| index == 0 && round == 0).unwrap_or(now_millis);
        let plan = match Plan::new(suite, options, planned_at) {
            Ok(plan) => plan,
            Err(errors) => return refuse(Vec::new(), errors.iter().map(ToString::to_string).collect()),
        };
        let run_id = self.next_run(now_millis);
        let relaying = Relaying::new(self.0.world.clone(), self.0.companion.clone(), self.0.spawn.clone());
        let watched = Watched::new(relaying.clone(), self.0.site.most_sockets);
        let table = watched.table();
        table.borrow_mut().set_elsewhere(request.sockets_elsewhere);
        let recorded = Recorded::new(watched, BUDGET, Origin::from_millis(self.0.site.clock_began));
        self.0.recordings.borrow_mut().add(RunRecording {
            run: run_id,
            recorded: recorded.clone(),
            masker: plan.masker().clone(),
            suite: name,
            marks: Marks::default(),
        });
        self.tell(RunEvent::Run { run: run_id, suite_id: it.id.clone(), suite: index, round });
        let companion = self.0.companion.clone();
        let knowing = relaying.clone();
        let looks = Looks::new(self.0.world.clone(), companion, self.0.spawn.clone())
            .knowing(Rc::new(move |endpoint| knowing.refusal(endpoint)));
        let worker = self.clone();
        let looking = looks.clone();
        let listener = Box::new(move |progress: Progress| {
            let is_tick = matches!(progress, Progress::Tick { .. });
            worker.note(run_id, &progress);
            looking.note(&progress);
            if let Progress::CheckStarted { .. } = progress {
                table.borrow_mut().clear();
            }
            worker.tell(RunEvent::Progress(progress));
            if let Some(connections) = is_tick.then(|| table.borrow_mut().changes()).flatten() {
                worker.tell(RunEvent::Connections(connections));
            }
            worker.flush();
        });
        let masker = plan.masker().clone();
        let mut report = run(plan, recorded, stop.clone(), listener).await;
        looks.tell(&mut report, &masker, stop).await;
        relaying.tell(&mut report).await;
        if let Some(recording) = self.0.recordings.borrow().of(run_id) {
            recording.attest(&mut report);
        }
        self.keep_report(run_id, &it.id, report).await;
    }

    /// Remembers where in the recording checks begin and steps fail.
    fn note(&self, run: u64, progress: &Progress) {
        let mut recordings = self.0.recordings.borrow_mut();
        let Some(recording) = recordings.of_mut(run) else { return };
        recording.marks.note(&recording.recorded, progress);
    }

    /// By time, and by chance where two tabs begin at once: they keep their runs in one store.
    fn next_run(&self, now_millis: u64) -> u64 {
        let by_time = now_millis * 1000 + self.0.world.random() % 1000;
        let newest = self.0.history.borrow().list().iter().map(|run| run.id).max().unwrap_or_default();
        by_time.max(newest + 1)
    }

    /// Keeps a report that was written elsewhere.
    pub(super) async fn take_report(&self, text: &str) -> Answer {
        let report = match read_json(text) {
            Ok(report) => report,
            Err(error) => return Answer::Failed(format!("this report cannot be read: {error}")),
        };
        let (run, text) = (self.next_run(self.now_millis()), history::text_of(&report));
        let past = history::past_run(run, "", &report, text.len());
        let store = self.0.store.borrow().clone();
        if let (None, Some(store)) = (history::too_large(&text), store)
            && let Err(error) = history::keep(&self.0.history, &*store, past, text).await
        {
            return Answer::Failed(format!("this browser could not keep it: {error}"));
        }
        self.keep_at_hand(run, report.clone());
        Answer::Taken { run, past: self.0.history.borrow().list().to_vec(), report: Box::new(report) }
    }

    async fn keep_report(&self, run: u64, suite_id: &str, report: Report) {
        let text = history::text_of(&report);
        let past = history::past_run(run, suite_id, &report, text.len());
        let store = self.0.store.borrow().clone();
        let trouble = match (history::too_large(&text), store) {
            (Some(words), _) => Some(words),
            (None, None) => None,
            (None, Some(store)) => {
                let kept = history::keep(&self.0.history, &*store, past.clone(), text).await;
                kept.err().map(|error| format!("this run could not be kept for later: {error}"))
            }
        };
        let is_kept = trouble.is_none() && self.0.store.borrow().is_some();
        self.keep_at_hand(run, report.clone());
        self.tell(RunEvent::Ended { run, past: is_kept.then_some(past), report: Box::new(report) });
        if let Some(words) = trouble {
            self.tell(RunEvent::Trouble(words));
        }
        self.flush();
    }
}
