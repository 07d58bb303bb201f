//! `sockscope check`: runs suites in a headless browser, or without one, and ends with an exit code for CI.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZero;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use sockscope_engine::conformance::CertificateFormat;
use sockscope_engine::report::EventFormat;
use sockscope_host::driver::BrowserChoice;
use sockscope_host::guardian;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::choice::{ChoiceFlags, EnvFileError, environment};
use super::duration::Span;
use super::log::LogFlags;
use super::reports::ReportFlags;
use super::signal::Signal;
use super::{Exit, INCONCLUSIVE, complain};
use crate::check::capacity::{Range, Within};
use crate::check::part::{ShardFlag, Share, StartAt};
use crate::check::target::{Ready, Start};
use crate::check::values::Values;
use crate::check::{Engine, Files, Job, Outcome, check};
use crate::destination::AllowedTarget;
use crate::native::NetOptions;

/// Run suites in a headless browser or without one, for CI.
#[derive(Debug, Args)]
#[command(after_help = "\
Without WS_URL, --var ws_url or --start the suites run against a practice server of the command's own.

Exit codes: 0 all passed, 1 a check or a threshold failed, 2 a suite or the command line is wrong, 3 the environment did \
not allow it (no browser, a server that did not start, a browser that died), 5 inconclusive or stopped.

  sockscope check rooms load --junit out/junit.xml --html out/report.html
  WS_URL=wss://staging.example.com/ws sockscope check suites/ --tag smoke --env-file staging.env
  sockscope check load --start 'node server.js --port {port}' --var ws_url='ws://localhost:{port}/'")]
pub struct Flags {
    /// Suites: files, folders, patterns, names of shipped suites; - is standard input
    #[arg(value_name = "SUITE", required = true)]
    suites: Vec<String>,
    #[command(flatten)]
    choice: ChoiceFlags,
    /// Seed of all random values
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..9_007_199_254_740_992))]
    seed: Option<u64>,
    /// Run everything N times, to find flaky checks
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// Stop a suite that takes longer; 0 for never
    #[arg(long, value_name = "DURATION", default_value = "30m")]
    timeout: Span,
    /// Stop with the first failure
    #[arg(long)]
    fail_fast: bool,
    /// Print only what did not pass
    #[arg(long, short)]
    quiet: bool,
    /// Print lines only, on a terminal too: no bar and no live figures
    #[arg(long)]
    plain: bool,
    /// Keep the browser open, and run again what changes in the suites. Enter runs everything again, Ctrl+C ends
    #[arg(long, conflicts_with_all = ["repeat", "fail_fast"])]
    watch: bool,
    /// Find the highest value of a variable with which the suite passes: raise it until something breaks, then halve.
    /// The limits are the suite's own
    #[arg(long, value_name = "NAME=FROM..TO", conflicts_with_all = ["repeat", "watch", "fail_fast"])]
    capacity: Option<Range>,
    /// How near to each other the highest value that held and the lowest that broke must be
    #[arg(long, value_name = "PERCENT", default_value = "5%", requires = "capacity")]
    capacity_within: Within,
    #[command(flatten)]
    log: LogFlags,
    #[command(flatten)]
    files: FileFlags,
    #[command(flatten)]
    server: ServerFlags,
    #[command(flatten)]
    engine: EngineFlags,
    #[command(flatten)]
    browser: BrowserFlags,
}

/// What runs the suites.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum EngineChoice {
    /// The page, in a browser
    Browser,
    /// The command itself: no browser, and thousands of connections
    Native,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "The engine")]
struct EngineFlags {
    /// What opens the connections
    #[arg(long, value_name = "ENGINE", value_enum, default_value = "browser")]
    engine: EngineChoice,
    /// Split every run across N browsers, or N threads of the native engine (cores: one for each core). Each holds a share of
    /// every group
    #[arg(long, value_name = "N|cores", default_value = "1", value_parser = shards)]
    shards: u32,
    /// Run only shard I of N, from 0; other commands run the others, and `sockscope merge` makes one report of their --json
    #[arg(long, value_name = "I/N", requires_all = ["start_at", "json"], conflicts_with_all = ["shards", "repeat", "watch", "start", "capacity"])]
    shard: Option<ShardFlag>,
    /// The moment at which all shards begin, such as 2026-05-01T12:00:00Z, or in seconds since 1970
    #[arg(long, value_name = "TIME", requires = "shard")]
    start_at: Option<StartAt>,
    /// Accept certificates that no authority has signed
    #[arg(long)]
    insecure: bool,
    /// An address of this machine that the native engine connects from; several are used in turns, each with its own ports. Repeatable
    #[arg(long, value_name = "ADDRESS")]
    source_address: Vec<IpAddr>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Reports (- is standard output)")]
struct FileFlags {
    #[command(flatten)]
    reports: ReportFlags,
    /// Write every message as an HTTP archive
    #[arg(long, value_name = "FILE")]
    har: Option<PathBuf>,
    /// Write every event as a line of JSON
    #[arg(long, value_name = "FILE")]
    jsonl: Option<PathBuf>,
    /// Write the conformance certificate of the server as JSON
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// Write the certificate as a table of plain text
    #[arg(long, value_name = "FILE")]
    certificate_table: Option<PathBuf>,
    /// Write the certificate in the shape of Autobahn's index.json
    #[arg(long, value_name = "FILE")]
    autobahn: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "The server under test")]
struct ServerFlags {
    /// Start the server by this command line, which contains {port} and {tls_port}. At the end, stop the server and all that it started
    #[arg(long, value_name = "CMD")]
    start: Option<String>,
    /// How the command sees that the server is ready: tcp, or an http:// address with {port} that answers with success
    #[arg(long, value_name = "URL|tcp", default_value = "tcp", requires = "start")]
    ready: Ready,
    /// How long it may take to be ready
    #[arg(long, value_name = "DURATION", default_value = "30s", requires = "start")]
    ready_timeout: Span,
    /// Give the server this port, or the next higher one that is free
    #[arg(long, value_name = "PORT", requires = "start", value_parser = clap::value_parser!(u16).range(1..))]
    start_port: Option<u16>,
    /// Give it no port for TLS, and run nothing over TLS
    #[arg(long, requires = "start")]
    no_tls: bool,
    /// Let /ws/proxy and the relay of the command's own server connect to this server too. A server on this machine needs it only when
    /// --host is not loopback. Repeatable
    #[arg(long, value_name = "HOST[:PORT]")]
    allow_target: Vec<AllowedTarget>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "The browser")]
pub(super) struct BrowserFlags {
    /// A path, or chrome, chromium, edge or firefox [default: the first one found with its driver]
    #[arg(long, value_name = "PATH|NAME")]
    browser: Option<String>,
    /// Use a WebDriver endpoint elsewhere, such as a Selenium Grid
    #[arg(long, value_name = "URL", value_parser = endpoint)]
    webdriver: Option<Url>,
    /// Show the browser
    #[arg(long)]
    headed: bool,
    /// Let http steps call servers that do not allow the page's origin (Chromium only)
    #[arg(long)]
    ignore_cors: bool,
    /// A further argument for the browser. Repeatable
    #[arg(long, value_name = "ARGUMENT", allow_hyphen_values = true)]
    browser_arg: Vec<String>,
    /// The address that the page is served on; a browser elsewhere must reach it
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
}

/// Two reports in one place.
#[derive(Debug, thiserror::Error)]
#[error("{} is meant for two reports; the second would replace the first", .0.display())]
pub(super) struct TwiceError(pub(super) PathBuf);

/// The most browsers or threads of one run.
const MOST_SHARDS: u32 = 64;

fn shards(text: &str) -> Result<u32, ShardsError> {
    if text == "cores" {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        return Ok(u32::try_from(cores).unwrap_or(MOST_SHARDS).min(MOST_SHARDS));
    }
    text.parse()
        .ok()
        .filter(|count| (1..=MOST_SHARDS).contains(count))
        .ok_or_else(|| ShardsError(text.to_owned()))
}

/// What is wrong with `--shards`.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not in 1..={MOST_SHARDS}; write a number, or cores for one for each core")]
struct ShardsError(String);

/// A flag that belongs to the other engine.
#[derive(Debug, thiserror::Error)]
#[error("{flag} belongs to --engine {engine}")]
pub(super) struct OtherEngineError {
    flag: &'static str,
    engine: &'static str,
}

/// An address of `--source-address` that no connection can leave from.
#[derive(Debug, thiserror::Error)]
#[error("--source-address: {0} is not an address of this machine")]
struct SourceError(IpAddr);

/// A socket with any port of it says whether this machine has an address.
fn not_of_this_machine(address: IpAddr) -> Option<SourceError> {
    let bound = std::net::TcpListener::bind((address, 0));
    let is_foreign = bound.is_err_and(|error| error.kind() == io::ErrorKind::AddrNotAvailable);
    is_foreign.then_some(SourceError(address))
}

fn endpoint(text: &str) -> Result<Url, EndpointError> {
    let url: Option<Url> = text.parse().ok();
    url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host()).ok_or(EndpointError)
}

/// What is wrong with `--webdriver`.
#[derive(Debug, thiserror::Error)]
#[error("write an address that begins with http:// or https://")]
struct EndpointError;

impl BrowserFlags {
    /// The flags that the chosen engine has no use for.
    pub(super) fn misplaced(&self, engine: EngineChoice, has_sources: bool) -> Option<OtherEngineError> {
        let of_browser = [
            ("--browser", self.browser.is_some()),
            ("--webdriver", self.webdriver.is_some()),
            ("--headed", self.headed),
            ("--browser-arg", !self.browser_arg.is_empty()),
        ];
        let of_native = [("--source-address", has_sources)];
        let given =
            |flags: &[(&'static str, bool)]| flags.iter().find(|(_, is_given)| *is_given).map(|it| it.0);
        let (flag, engine) = match engine {
            EngineChoice::Native => (given(&of_browser), "browser"),
            EngineChoice::Browser => (given(&of_native), "native"),
        };
        flag.map(|flag| OtherEngineError { flag, engine })
    }

    /// What opens the connections.
    pub(super) fn engine(self, choice: EngineChoice, is_insecure: bool, sources: Vec<IpAddr>) -> Engine {
        match choice {
            EngineChoice::Native => {
                Engine::Native(NetOptions { is_insecure, sources, ..NetOptions::default() })
            }
            EngineChoice::Browser => Engine::Browser(BrowserChoice {
                browser: self.browser,
                webdriver: self.webdriver,
                headed: self.headed,
                insecure: is_insecure,
                ignores_cors: self.ignore_cors,
                arguments: self.browser_arg,
            }),
        }
    }

    /// Where the page is served.
    pub(super) fn host(&self) -> IpAddr {
        self.host
    }
}

impl Flags {
    fn job(self) -> Result<Job, EnvFileError> {
        let ChoiceFlags { tag, check, var, env_file } = self.choice;
        let environment = environment(&env_file)?;
        let FileFlags { reports, har, jsonl, certificate, certificate_table, autobahn } = self.files;
        let recordings = [(EventFormat::Har, har), (EventFormat::JsonLines, jsonl)];
        let certificates = [
            (CertificateFormat::Json, certificate),
            (CertificateFormat::Table, certificate_table),
            (CertificateFormat::Autobahn, autobahn),
        ];
        // What is wrong with the variable is said before anything runs.
        let least = self.capacity.iter().map(|range| (range.name.clone(), range.from.to_string()));
        let variables = var.into_iter().chain(least).collect();
        let server = self.server;
        let start = server.start.map(|command| Start {
            command,
            ready: server.ready,
            patience: server.ready_timeout.0,
            first_port: server.start_port,
            has_tls: !server.no_tls,
        });
        let host = self.browser.host();
        let EngineFlags { engine, shards, shard, start_at, insecure, source_address } = self.engine;
        let engine = self.browser.engine(engine, insecure, source_address);
        Ok(Job {
            suites: self.suites,
            tags: tag,
            names: check,
            values: Values { variables, environment },
            seed: self.seed,
            rounds: self.repeat,
            shards,
            part: shard.zip(start_at).map(|(ShardFlag(shard), start)| Share { shard, start }),
            limit: Some(self.timeout.0).filter(|limit| *limit > Duration::ZERO),
            fails_fast: self.fail_fast,
            start,
            engine,
            host,
            targets: server.allow_target,
            files: Files {
                reports: reports.wanted(),
                recordings: given(recordings),
                certificates: given(certificates),
            },
            is_quiet: self.quiet,
            is_plain: self.plain,
            watches: self.watch,
            capacity: self.capacity.map(|range| (range, self.capacity_within)),
        })
    }
}

fn given<T>(all: impl IntoIterator<Item = (T, Option<PathBuf>)>) -> Vec<(T, PathBuf)> {
    all.into_iter().filter_map(|(format, path)| Some((format, path?))).collect()
}

/// Runs the suites.
pub fn run(flags: Flags) -> Exit {
    flags.log.start();
    let has_sources = !flags.engine.source_address.is_empty();
    if let Some(error) = flags.browser.misplaced(flags.engine.engine, has_sources) {
        complain(&error);
        return Exit::Invalid;
    }
    if let Some(error) = flags.engine.source_address.iter().find_map(|it| not_of_this_machine(*it)) {
        complain(&error);
        return Exit::Invalid;
    }
    let job = match flags.job() {
        Ok(job) => job,
        Err(error) => {
            complain(&error);
            return Exit::Invalid;
        }
    };
    if let Some(path) = job.files.meant_twice() {
        complain(&TwiceError(path.to_owned()));
        return Exit::Invalid;
    }
    until_signal(async |stop| check(job, &stop).await)
}

/// Runs suites until they have ended, or a signal ends them. What they have started is ended either way.
pub(super) fn until_signal(work: impl AsyncFnOnce(CancellationToken) -> Outcome) -> Exit {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&error);
            return Exit::Environment;
        }
    };
    let (stop, now) = (CancellationToken::new(), CancellationToken::new());
    if let Err(error) = hear(stop.clone(), now.clone()) {
        complain(&error);
        return Exit::Environment;
    }
    guardian::start();
    let outcome = runtime.block_on(async {
        tokio::select! {
            outcome = work(stop) => outcome,
            () = now.cancelled() => Outcome::Inconclusive,
        }
    });
    // Nothing that still runs there is worth waiting for.
    runtime.shutdown_timeout(Duration::from_secs(1));
    guardian::stop();
    exit_of(outcome)
}

/// The exit code of an outcome.
pub(super) fn exit_of(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Passed => Exit::Success,
        Outcome::Failed => Exit::Failed,
        Outcome::Invalid => Exit::Invalid,
        Outcome::Environment => Exit::Environment,
        Outcome::Inconclusive => Exit::Inconclusive,
    }
}

/// Signals within so short a time are one.
const ONCE: Duration = Duration::from_secs(1);
/// How long the second signal waits for what was started to be ended in order; then the guardian does it.
const GRACE: Duration = Duration::from_secs(1);

/// Handles signals: the first one asks kindly, the second one ends the command at once; what was started is ended either way.
/// That is on a thread of its own, so that nothing that waits for the system keeps the second one from being heard.
fn hear(stop: CancellationToken, now: CancellationToken) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut signal = runtime.block_on(async { Signal::listen() })?;
    let twice = async move {
        signal.received().await;
        stop.cancel();
        let asked = Instant::now();
        // `timeout` signals the process and then its whole group: two signals that mean one.
        while asked.elapsed() < ONCE {
            signal.received().await;
        }
        now.cancel();
        tokio::time::sleep(GRACE).await;
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(twice);
        // The command waits for something that does not come, such as a reader of a pipe.
        std::process::exit(i32::from(INCONCLUSIVE));
    })?;
    Ok(())
}
