//! `sockscope monitor`: the same suites as a synthetic monitor.

use std::net::IpAddr;
use std::time::Duration;

use clap::Args;

use super::check::{BrowserFlags, EngineChoice, until_signal};
use super::choice::{ChoiceFlags, environment};
use super::duration::Span;
use super::log::LogFlags;
use super::{Exit, complain};
use crate::check::values::Values;
use crate::check::{Files, Job};
use crate::destination::AllowedTarget;
use crate::monitor::{MetricsAddress, Overlap, Schedule, Watch, WebhookUrl, monitor};

/// Run suites again and again, with metrics for Prometheus and a webhook on change.
#[derive(Debug, Args)]
#[command(after_help = "\
Each round prints a line for each suite on standard error. A suite is down when its verdict is fail or error, and up when it \
passes; an inconclusive round changes neither.

Exit codes: 0 stopped by a signal, 2 a suite or the command line is wrong, 3 the environment did not allow it (a port that is \
taken, no browser).

  WS_URL=wss://example.com/ws sockscope monitor smoke.json --every 60s --metrics :9464
  sockscope monitor smoke.json --every 5m --jitter 30s --webhook https://hooks.example.com/KEY")]
pub struct Flags {
    /// Suites: files, folders, patterns, names of shipped suites
    #[arg(value_name = "SUITE", required = true)]
    suites: Vec<String>,
    /// From the beginning of one round to that of the next
    #[arg(long, value_name = "DURATION", default_value = "60s")]
    every: Span,
    /// Begin each round later by a random part of this
    #[arg(long, value_name = "DURATION", default_value = "0s")]
    jitter: Span,
    /// What becomes of a round whose time comes while the one before is under way
    #[arg(long, value_name = "POLICY", value_enum, default_value = "skip")]
    overlap: Overlap,
    /// Serve metrics on this port of loopback, or on ADDRESS:PORT for other machines; port 0 is any free one
    #[arg(long, value_name = "[ADDRESS]:PORT")]
    metrics: Option<MetricsAddress>,
    /// Send a POST with JSON here when a suite goes down or comes back. The address is never printed
    #[arg(long, value_name = "URL", env = "SOCKSCOPE_WEBHOOK", hide_env_values = true)]
    webhook: Option<WebhookUrl>,
    #[command(flatten)]
    choice: ChoiceFlags,
    /// Stop a suite that takes longer; 0 for never
    #[arg(long, value_name = "DURATION", default_value = "30m")]
    timeout: Span,
    /// What opens the connections
    #[arg(long, value_name = "ENGINE", value_enum, default_value = "native")]
    engine: EngineChoice,
    /// Accept certificates that no authority has signed
    #[arg(long)]
    insecure: bool,
    /// An address of this machine that the native engine connects from. Repeatable
    #[arg(long, value_name = "ADDRESS")]
    source_address: Vec<IpAddr>,
    /// Let the relay of the command's own server connect to this server too, for clients with headers in a browser. Repeatable
    #[arg(long, value_name = "HOST[:PORT]")]
    allow_target: Vec<AllowedTarget>,
    #[command(flatten)]
    log: LogFlags,
    #[command(flatten)]
    browser: BrowserFlags,
}

/// A schedule that cannot be kept.
#[derive(Debug, thiserror::Error)]
enum ScheduleError {
    #[error("--every 0 leaves no time between two rounds; expected a duration such as 60s")]
    Never,
    #[error("--jitter must be shorter than --every, or a round might begin after the next one")]
    Jitter,
}

impl Flags {
    fn schedule(&self) -> Result<Schedule, ScheduleError> {
        let Self { every: Span(every), jitter: Span(jitter), overlap, .. } = *self;
        match () {
            () if every.is_zero() => Err(ScheduleError::Never),
            () if jitter >= every => Err(ScheduleError::Jitter),
            () => Ok(Schedule { every, jitter, overlap }),
        }
    }
}

/// Runs the suites until a signal ends it.
pub fn run(flags: Flags) -> Exit {
    flags.log.start();
    let schedule = match flags.schedule() {
        Ok(schedule) => schedule,
        Err(error) => {
            complain(&error);
            return Exit::Invalid;
        }
    };
    if let Some(error) = flags.browser.misplaced(flags.engine, !flags.source_address.is_empty()) {
        complain(&error);
        return Exit::Invalid;
    }
    let environment = match environment(&flags.choice.env_file) {
        Ok(environment) => environment,
        Err(error) => {
            complain(&error);
            return Exit::Invalid;
        }
    };
    let host = flags.browser.host();
    let engine = flags.browser.engine(flags.engine, flags.insecure, flags.source_address);
    let limit = Some(flags.timeout.0).filter(|limit| *limit > Duration::ZERO);
    let limit = match schedule.overlap {
        Overlap::Stop => Some(limit.map_or(schedule.every, |limit| limit.min(schedule.every))),
        Overlap::Skip | Overlap::Delay => limit,
    };
    let job = Job {
        suites: flags.suites,
        tags: flags.choice.tag,
        names: flags.choice.check,
        values: Values { variables: flags.choice.var, environment },
        seed: None,
        rounds: 1,
        shards: 1,
        part: None,
        limit,
        fails_fast: false,
        start: None,
        engine,
        host,
        targets: flags.allow_target,
        files: Files::default(),
        is_quiet: false,
        is_plain: false,
        watches: false,
        capacity: None,
    };
    let watch = Watch { job, schedule, metrics: flags.metrics, webhook: flags.webhook };
    until_signal(async |stop| monitor(watch, &stop).await)
}
