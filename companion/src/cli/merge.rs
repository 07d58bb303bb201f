//! `sockscope merge`: one report of the shards that several commands ran.

use std::path::PathBuf;

use clap::Args;

use super::check::{TwiceError, exit_of};
use super::duration::Span;
use super::reports::ReportFlags;
use super::{Exit, complain};
use crate::check::Files;
use crate::check::gather::{Gathering, gather};

/// Make one report of the shards that several commands ran, and judge its thresholds.
#[derive(Debug, Args)]
#[command(after_help = "\
Each file is the --json of a `sockscope check --shard I/N --start-at TIME`. Counters and histograms are added, and thresholds \
are judged on the sums: verdict, reports and exit code are those of one command with --shards N.

Exit codes: 0 all passed, 1 a check or a threshold failed, 2 the files are not the shards of one run, 3 a shard was lost or a file \
cannot be read, 5 inconclusive.

  sockscope merge out/*.json --json report.json --junit report.xml --html report.html")]
pub struct Flags {
    /// The reports of all shards: files, or patterns in quotes
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    /// How far apart the clocks of the shards and their starts may be
    #[arg(long, value_name = "DURATION", default_value = "3s")]
    max_skew: Span,
    /// Make a report also when shards are missing. It is then an error of the environment, and says which are missing
    #[arg(long)]
    allow_missing: bool,
    /// Print only what did not pass
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten, next_help_heading = "Reports (- is standard output)")]
    reports: ReportFlags,
}

/// Merges the reports.
pub fn run(flags: Flags) -> Exit {
    let files = Files { reports: flags.reports.wanted(), ..Files::default() };
    if let Some(path) = files.meant_twice() {
        complain(&TwiceError(path.to_owned()));
        return Exit::Invalid;
    }
    let paths: Vec<PathBuf> = flags.files.iter().flat_map(|name| matching(name)).collect();
    exit_of(gather(&Gathering {
        paths,
        files,
        max_skew: flags.max_skew.0,
        allows_missing: flags.allow_missing,
        is_quiet: flags.quiet,
    }))
}

/// The files that a pattern means, for where no shell has looked; a plain name, or a pattern that matches nothing, means itself.
fn matching(name: &str) -> Vec<PathBuf> {
    let itself = || vec![PathBuf::from(name)];
    if PathBuf::from(name).exists() || !name.contains(['*', '?', '[']) {
        return itself();
    }
    let found: Vec<PathBuf> = glob::glob(name).into_iter().flatten().filter_map(Result::ok).collect();
    if found.is_empty() { itself() } else { found }
}
