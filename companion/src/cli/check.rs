//! `sockscope check`: runs suites in a headless browser, or without one, and ends with an exit code for CI.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use sockscope_engine::conformance::CertificateFormat;
use sockscope_engine::report::{EventFormat, ReportFormat};
use sockscope_host::driver::BrowserChoice;
use sockscope_host::guardian;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::duration::Span;
use super::log::LogFlags;
use super::signal::Signal;
use super::{Exit, INCONCLUSIVE, complain};
use crate::check::capacity::{Range, Share};
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
    /// Only checks with this tag. Repeatable
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// Only the check of this name. Repeatable
    #[arg(long, value_name = "NAME")]
    check: Vec<String>,
    /// The value of a variable. Repeatable
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    var: Vec<(String, String)>,
    /// A file of NAME=VALUE lines, which suites read as {{env.NAME}}. It overrides the environment. Repeatable
    #[arg(long, value_name = "FILE")]
    env_file: Vec<PathBuf>,
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
    capacity_within: Share,
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
enum EngineChoice {
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
    /// Write the report as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the report as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the report as the JUnit XML that strict schemas allow
    #[arg(long, value_name = "FILE")]
    junit_strict: Option<PathBuf>,
    /// Write the report as one HTML file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
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
    /// Let /ws/proxy of the command's own server connect to this server too. A server on this machine needs it only when
    /// --host is not loopback. Repeatable
    #[arg(long, value_name = "HOST[:PORT]")]
    allow_target: Vec<AllowedTarget>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "The browser")]
struct BrowserFlags {
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
struct TwiceError(PathBuf);

/// Why a file of values cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", path.display())]
struct EnvFileError {
    path: PathBuf,
    why: String,
}

fn pair(text: &str) -> Result<(String, String), PairError> {
    let (name, value) = text.split_once('=').ok_or(PairError)?;
    let name = name.trim();
    if name.is_empty() { Err(PairError) } else { Ok((name.to_owned(), value.to_owned())) }
}

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
struct OtherEngineError {
    flag: &'static str,
    engine: &'static str,
}

fn endpoint(text: &str) -> Result<Url, EndpointError> {
    let url: Option<Url> = text.parse().ok();
    url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host()).ok_or(EndpointError)
}

/// What is wrong with `--webdriver`.
#[derive(Debug, thiserror::Error)]
#[error("write an address that begins with http:// or https://")]
struct EndpointError;

/// What is wrong with `--var`.
#[derive(Debug, thiserror::Error)]
#[error("write NAME=VALUE")]
struct PairError;

impl Flags {
    /// The flags that the chosen engine has no use for.
    fn misplaced(&self) -> Option<OtherEngineError> {
        let browser = &self.browser;
        let of_browser = [
            ("--browser", browser.browser.is_some()),
            ("--webdriver", browser.webdriver.is_some()),
            ("--headed", browser.headed),
            ("--browser-arg", !browser.browser_arg.is_empty()),
        ];
        let of_native = [("--source-address", !self.engine.source_address.is_empty())];
        let given =
            |flags: &[(&'static str, bool)]| flags.iter().find(|(_, is_given)| *is_given).map(|it| it.0);
        let (flag, engine) = match self.engine.engine {
            EngineChoice::Native => (given(&of_browser), "browser"),
            EngineChoice::Browser => (given(&of_native), "native"),
        };
        flag.map(|flag| OtherEngineError { flag, engine })
    }

    fn job(self) -> Result<Job, EnvFileError> {
        let mut environment: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        for path in &self.env_file {
            environment.extend(read_env_file(path)?);
        }
        let FileFlags {
            json,
            junit,
            junit_strict,
            html,
            har,
            jsonl,
            certificate,
            certificate_table,
            autobahn,
        } = self.files;
        let reports = [
            (ReportFormat::Json, json),
            (ReportFormat::Junit, junit),
            (ReportFormat::JunitStrict, junit_strict),
            (ReportFormat::Html, html),
        ];
        let recordings = [(EventFormat::Har, har), (EventFormat::JsonLines, jsonl)];
        let certificates = [
            (CertificateFormat::Json, certificate),
            (CertificateFormat::Table, certificate_table),
            (CertificateFormat::Autobahn, autobahn),
        ];
        // What is wrong with the variable is said before anything runs.
        let least = self.capacity.iter().map(|range| (range.name.clone(), range.from.to_string()));
        let variables = self.var.into_iter().chain(least).collect();
        let server = self.server;
        let start = server.start.map(|command| Start {
            command,
            ready: server.ready,
            patience: server.ready_timeout.0,
            first_port: server.start_port,
            has_tls: !server.no_tls,
        });
        let browser = self.browser;
        let engine = match self.engine.engine {
            EngineChoice::Native => Engine::Native(NetOptions {
                is_insecure: self.engine.insecure,
                sources: self.engine.source_address,
                ..NetOptions::default()
            }),
            EngineChoice::Browser => Engine::Browser(BrowserChoice {
                browser: browser.browser,
                webdriver: browser.webdriver,
                headed: browser.headed,
                insecure: self.engine.insecure,
                ignores_cors: browser.ignore_cors,
                arguments: browser.browser_arg,
            }),
        };
        Ok(Job {
            suites: self.suites,
            tags: self.tag,
            names: self.check,
            values: Values { variables, environment },
            seed: self.seed,
            rounds: self.repeat,
            shards: self.engine.shards,
            limit: Some(self.timeout.0).filter(|limit| *limit > Duration::ZERO),
            fails_fast: self.fail_fast,
            start,
            engine,
            host: browser.host,
            targets: server.allow_target,
            files: Files {
                reports: given(reports),
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

fn read_env_file(path: &Path) -> Result<Vec<(String, String)>, EnvFileError> {
    let error = |why: String| EnvFileError { path: path.to_owned(), why };
    let text = std::fs::read_to_string(path).map_err(|found| error(found.to_string()))?;
    let lines = dotenvy::from_read_iter(text.as_bytes());
    lines.collect::<Result<_, _>>().map_err(|found| match found {
        // Not in its own words, which have the whole line in them, and so perhaps a password.
        dotenvy::Error::LineParse(line, _) => {
            let number = text.lines().position(|it| it.contains(line.trim())).map_or(0, |at| at + 1);
            error(format!("line {number}: expected NAME=value; quote a value that contains blanks"))
        }
        other => error(other.to_string()),
    })
}

/// Runs the suites.
pub fn run(flags: Flags) -> Exit {
    flags.log.start();
    if let Some(error) = flags.misplaced() {
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
            outcome = check(job, &stop) => outcome,
            () = now.cancelled() => Outcome::Inconclusive,
        }
    });
    // Nothing that still runs there is worth waiting for.
    runtime.shutdown_timeout(Duration::from_secs(1));
    guardian::stop();
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
