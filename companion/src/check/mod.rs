//! `sockscope check`: the page's own checks, headless or without a page, with an exit code.
//!
//! Owns the order of things: report mistakes of suites, serve the page, start the server under test, run every suite in a
//! browser of its own, write reports, end all that it started. Everything it starts lives in a value whose drop ends it, so no
//! way out leaves anything behind.

mod assignment;
pub mod capacity;
mod files;
pub mod gather;
mod learned;
mod listener;
mod live;
mod lost;
mod native;
mod outcome;
pub mod part;
mod reasons;
pub mod rounds;
mod run;
mod screen;
mod scripts;
mod shard;
mod started;
pub mod target;
pub mod values;
mod watch;

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::net::IpAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use sockscope_engine::base::mask::Masker;
use sockscope_engine::conformance::Kind;
use sockscope_engine::report::{Report, ServerReport, TargetReport, Verdict, target_line};
use sockscope_engine::run::{Options, Plan, PlanError};
use sockscope_engine::suite::{self, Suite};
use sockscope_host::child::Output;
use sockscope_host::driver::BrowserChoice;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, info_span};

use self::assignment::{Assignment, Done, Status};
use self::capacity::{Range, Within};
use self::part::Share;
use self::run::Pool;
use self::screen::Screen;
use self::started::{Runner, Started};
use self::target::{Ports, Start, Target};
use self::values::{Server, SuiteValues, Values};
use crate::causes::causes;
use crate::config::{Config, Limits, Port};
use crate::destination::AllowedTarget;
use crate::log::CHECK;
use crate::native::NetOptions;
use crate::server::{self, Running};
use crate::suites::{self, Found};

pub use self::files::Files;
pub use self::outcome::Outcome;

/// Seeds are drawn below this, so that a person can read one back and JavaScript holds it exactly.
const SEEDS: u64 = 1_000_000_000;

const NO_CERTIFICATE: &str = "a certificate needs the suite conformance, which is not among the suites to run; add it, \
     or leave out --certificate, --certificate-table and --autobahn";

/// All that one call of the command is asked.
#[derive(Clone, Debug)]
pub struct Job {
    /// Suites as they were named.
    pub suites: Vec<String>,
    /// Only checks with one of these tags.
    pub tags: Vec<String>,
    /// Only these checks.
    pub names: Vec<String>,
    /// Variables and environment.
    pub values: Values,
    /// What random values come from; drawn when absent.
    pub seed: Option<u64>,
    /// How often everything runs.
    pub rounds: u32,
    /// Over how many browsers or threads each run is split.
    pub shards: u32,
    /// The shard that this command runs, where others run the rest.
    pub part: Option<Share>,
    /// After this long a run is stopped.
    pub limit: Option<Duration>,
    /// Whether the first failure ends everything.
    pub fails_fast: bool,
    /// How the server under test is started, if it is.
    pub start: Option<Start>,
    /// What runs the suites.
    pub engine: Engine,
    /// Where the page is served, and what it is called for a browser elsewhere.
    pub host: IpAddr,
    /// Servers that the fault proxy may connect to beside those on this machine.
    pub targets: Vec<AllowedTarget>,
    /// What is written.
    pub files: Files,
    /// Only what did not pass is printed.
    pub is_quiet: bool,
    /// No bar and no live figures, on a terminal either.
    pub is_plain: bool,
    /// Whether what changes runs again, until the command is stopped.
    pub watches: bool,
    /// The load that is raised until it breaks, and how exactly that is found.
    pub capacity: Option<(Range, Within)>,
}

/// What runs suites.
#[derive(Clone, Debug)]
pub enum Engine {
    /// The page, in this browser.
    Browser(BrowserChoice),
    /// Sockets of this process.
    Native(NetOptions),
}

/// Runs a job. `stop` ends it early and kindly: what runs is stopped, reports are written.
pub async fn check(job: Job, stop: &CancellationToken) -> Outcome {
    if job.watches {
        return watch::watch(&job, stop).await;
    }
    let mut screen = Screen::new(job.files.use_standard_output(), job.is_quiet, job.is_plain);
    let names = job.suites.clone();
    // Standard input may never end; a stopped command does not wait for it.
    let read = tokio::select! {
        read = spawn_blocking(move || suites::read_all(&names)) => read.expect("reading does not panic"),
        () = stop.cancelled() => return Outcome::Inconclusive,
    };
    let suites = match suites::parse_all(read) {
        Ok(suites) => Document::all(suites),
        Err(wrong) => return invalid(&screen, &wrong),
    };
    let unknown = job.values.unknown(suites.iter().map(|it| &*it.suite));
    if !unknown.is_empty() {
        return invalid(&screen, &unknown);
    }
    let environment = |screen: &Screen, error: &dyn std::error::Error| {
        screen.trouble(&causes(error));
        Outcome::Environment
    };
    let ports = match job.start.as_ref().map(Ports::take).transpose() {
        Ok(ports) => ports,
        Err(error) => return environment(&screen, &error),
    };
    let seed = job.seed.or(job.part.map(|part| part.seed())).unwrap_or_else(draw);
    let plain = ports.as_ref().map(|ports| Server { ports, with_tls: false });
    let chosen = match choose(&job, &suites, plain, seed) {
        Ok(chosen) => chosen,
        Err(wrong) => return invalid(&screen, &wrong),
    };
    if let Some(wrong) = job.part.and_then(|part| part.objection(&job, &chosen, seed)) {
        return invalid(&screen, &[wrong]);
    }
    let is_certified = |one: &Chosen<'_>| {
        one.document.suite.checks.iter().any(|it| Kind::of(&it.written_name, &it.tags).is_some())
    };
    if !job.files.certificates.is_empty() && !chosen.iter().any(is_certified) {
        return invalid(&screen, &[NO_CERTIFICATE.to_owned()]);
    }
    if let Err(error) = job.files.prepare() {
        return environment(&screen, &error);
    }
    let mut started = match Started::start(&job, ports, &chosen, &mut screen, stop).await {
        Ok(started) => started,
        Err(outcome) => return outcome,
    };
    let began = Instant::now();
    let (page, runner, target) = (&started.page, &started.runner, started.target.take());
    let mut bench = Bench { job: &job, page, runner, target, stop, pool: Pool::default() };
    let done = bench.all(&chosen, seed, &mut screen).await;
    let target = bench.target.take();
    started.target = target;
    started.end().await;

    let (written, errors) = job.files.write(&done);
    let reports: Vec<&Report> = done.iter().map(|done| &done.report).collect();
    if job.rounds > 1 {
        screen.tally(&reports);
    }
    screen.summary(&reports, began.elapsed(), &written);
    errors.iter().for_each(|error| screen.trouble(&causes(error)));
    if stop.is_cancelled() {
        screen.trouble("stopped before everything had run");
    }
    outcome::of(&done, !errors.is_empty(), stop.is_cancelled())
}

fn invalid(screen: &Screen, wrong: &[String]) -> Outcome {
    wrong.iter().for_each(|line| screen.trouble(line));
    Outcome::Invalid
}

fn draw() -> u64 {
    RandomState::new().build_hasher().finish() % SEEDS
}

/// Takes out what any of the suites keeps secret.
fn masked(chosen: &[Chosen<'_>], text: String) -> String {
    chosen.iter().fold(text, |text, one| one.masker.mask(&text).into_owned())
}

/// A suite with its text.
struct Document {
    origin: String,
    /// As reports call it: by its name, with its file where another suite has the same.
    label: String,
    text: String,
    files: suite::Files,
    /// With that of its files.
    all_text: String,
    suite: Rc<Suite>,
}

impl Document {
    fn all(found: Vec<Found>) -> Vec<Self> {
        let names: Vec<String> = found.iter().map(|it| it.suite.name.clone()).collect();
        let document = |Found { origin, text, files, suite }: Found| {
            let all_text = files.joined(&text);
            let is_alone = names.iter().filter(|name| **name == suite.name).count() == 1;
            let label = if is_alone { suite.name.clone() } else { format!("{} ({origin})", suite.name) };
            Self { origin, label, text, files, all_text, suite: Rc::new(suite) }
        };
        found.into_iter().map(document).collect()
    }
}

/// A suite of which something will run.
struct Chosen<'a> {
    document: &'a Document,
    masker: Masker,
}

/// Plans every suite, as the page will, so that all that is wrong with its values is said now and here. A suite none of whose
/// checks are meant is passed over, unless that is so of all.
fn choose<'a>(
    job: &Job,
    suites: &'a [Document],
    server: Option<Server<'_>>,
    seed: u64,
) -> Result<Vec<Chosen<'a>>, Vec<String>> {
    let (mut chosen, mut wrong, mut without) = (Vec::new(), Vec::new(), 0);
    for document in suites {
        let suite = &document.suite;
        let mut told = job.values.for_suite(suite, &document.all_text, server);
        // The page fills these in when no one else gives them.
        for name in values::SERVER {
            told.environment.entry(name.to_owned()).or_default();
        }
        match plan(job, suite, &told, seed) {
            Ok(plan) => {
                chosen.push(Chosen { document, masker: plan.masker().clone() });
            }
            Err(errors) if errors.iter().all(|error| error.is_nothing_to_run()) => without += 1,
            Err(errors) => wrong.extend(errors.iter().map(|error| format!("{}: {error}", document.origin))),
        }
    }
    if without == suites.len() && wrong.is_empty() {
        wrong.push("no check of these suites has the given tags or names".to_owned());
    }
    if wrong.is_empty() { Ok(chosen) } else { Err(wrong) }
}

fn plan(job: &Job, suite: &Rc<Suite>, told: &SuiteValues, seed: u64) -> Result<Plan, Vec<PlanError>> {
    let options = Options {
        overrides: told.variables.clone(),
        env: told.environment.clone(),
        told_by: told.told_by.clone(),
        seed,
        tags: job.tags.clone(),
        names: job.names.clone(),
        ..Options::default()
    };
    let now_millis = u64::try_from(time::OffsetDateTime::now_utc().unix_timestamp()).unwrap_or(0) * 1000;
    Plan::new(suite.clone(), options, now_millis)
}

/// What a run will test, known before its browser opens: the page, whose address fills in what the user does not give, plans
/// the same.
fn targets(job: &Job, suite: &Rc<Suite>, told: &SuiteValues, page: &str, seed: u64) -> Vec<TargetReport> {
    let mut all = told.clone();
    for (name, address) in values::own_server(page) {
        all.environment.entry(name).or_insert(address);
    }
    plan(job, suite, &all, seed).map(|plan| plan.targets()).unwrap_or_default()
}

async fn serve(job: &Job) -> Result<Running, server::StartError> {
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let config = Config {
        host: job.host,
        port: Port::Exactly(0),
        tls: None,
        hosts: Vec::new(),
        origins: Vec::new(),
        targets: job.targets.clone(),
        // The page asks what a refused handshake met; the browser's log, which not every browser has, says less.
        probe: true,
        folder: None,
        takes_any_certificate: matches!(&job.engine, Engine::Browser(choice) if choice.insecure),
        limits: Limits::DEFAULT,
    };
    server::Server::start(config).await
}

/// Everything that runs while suites do.
struct Bench<'a> {
    job: &'a Job,
    page: &'a Running,
    runner: &'a Runner,
    target: Option<Target>,
    stop: &'a CancellationToken,
    /// Browsers that are open and idle.
    pool: Pool,
}

impl Bench<'_> {
    /// Every suite, every round; a second time over TLS where the server that was started speaks it.
    async fn all(&mut self, chosen: &[Chosen<'_>], seed: u64, screen: &mut Screen) -> Vec<Done> {
        let over_tls: &[bool] = match &self.target {
            Some(target) if target.speaks_tls() && self.job.values.fixed_server().is_none() => &[false, true],
            _ => &[false],
        };
        let mut done = Vec::new();
        for round in 0..self.job.rounds {
            // Without a seed every round has another one; with one it can be repeated.
            let seed = if round == 0 || self.job.seed.is_some() { seed } else { draw() };
            for &with_tls in over_tls {
                for one in chosen {
                    if self.stop.is_cancelled() {
                        return done;
                    }
                    let of_round = (self.job.rounds > 1).then_some(round + 1);
                    let raised = self.job.capacity.as_ref();
                    let raised =
                        raised.filter(|(range, _)| one.document.suite.vars.contains_key(&range.name));
                    done.push(match raised {
                        Some((range, within)) => {
                            self.capacity(one, with_tls, seed, screen, (range, *within)).await
                        }
                        None => self.one(one, with_tls, of_round, seed, screen, None).await,
                    });
                    let is_bad = done.last().is_some_and(|it: &Done| {
                        it.trouble.is_some() || matches!(it.report.verdict, Verdict::Fail | Verdict::Error)
                    });
                    if self.job.fails_fast && is_bad {
                        return done;
                    }
                }
            }
        }
        done
    }

    async fn one(
        &mut self,
        chosen: &Chosen<'_>,
        with_tls: bool,
        round: Option<u32>,
        seed: u64,
        screen: &mut Screen,
        raised: Option<(&str, u64)>,
    ) -> Done {
        let Document { text, files, all_text, suite, label, .. } = chosen.document;
        let server = self.target.as_ref().map(|target| Server { ports: target.ports(), with_tls });
        let mut told = self.job.values.for_suite(suite, all_text, server);
        told.variables.extend(raised.map(|(name, value)| (name.to_owned(), value.to_string())));
        let label = if with_tls { format!("{label} (TLS)") } else { label.clone() };
        let of_trial = raised.map(|(name, value)| format!(" · {name} = {value}")).unwrap_or_default();
        let of_rounds =
            round.map(|round| format!(" · round {round} of {}", self.job.rounds)).unwrap_or_default();
        let page = &self.page.urls().page;
        let targets = targets(self.job, suite, &told, page, seed);
        let clock_ahead = match self.job.part {
            Some(part) => part.announce(&targets, screen).await,
            None => None,
        };
        screen.begin(&format!("{label}{of_rounds}{of_trial}"), &target_line(&targets), seed);
        let output = self.target.as_ref().map(|target| target.output().clone());
        let printed = || output.as_ref().map(Output::take).unwrap_or_default();
        let assignment = Assignment {
            page,
            label,
            text,
            files,
            all_text,
            suite,
            told: &told,
            masker: &chosen.masker,
            seed,
            tags: &self.job.tags,
            names: &self.job.names,
            shards: self.job.shards,
            part: self.job.part,
            limit: self.job.limit,
            fails_fast: self.job.fails_fast,
            targets: &targets,
            recordings: &self.job.files.recordings(),
            printed: &printed,
        };
        let suite = chosen.masker.mask(&assignment.label).into_owned();
        let span = info_span!(target: CHECK, "run", suite, round);
        let hear = |status: &Status| screen.status(status);
        let mut done = match self.runner {
            Runner::Browser(driver) => {
                run::run(driver, &mut self.pool, &assignment, self.stop, hear).instrument(span).await
            }
            Runner::Native(options) => {
                native::run(options, &assignment, self.stop, hear).instrument(span).await
            }
        };
        if let Some(target) = &mut self.target {
            done.report.server = Some(ServerReport {
                command: chosen.masker.mask(target.command()).into_owned(),
                ended: target.has_ended(),
                output: std::mem::take(&mut done.printed),
            });
        }
        if let Some(part) = self.job.part {
            part.sign(self.job, chosen, &mut done, clock_ahead);
        }
        match raised {
            Some(_) => screen.end_trial(&done.report),
            None => screen.end(&done.report, done.trouble.as_deref()),
        }
        done
    }
}
