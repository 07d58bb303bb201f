//! A run to make, how it stands, and what came of it, whichever engine makes it.
//!
//! Owns how the shards of one run become one.

use std::time::Duration;

use serde::Deserialize;
use sockscope_engine::base::mask::Masker;
use sockscope_engine::report::{EventFormat, Millis, Report, TargetReport, Verdict};
use sockscope_engine::run::{Shard, merge};
use sockscope_engine::suite::{Files, Suite};
use time::OffsetDateTime;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::files::joined;
use super::live::Live;
use super::part::Share;
use super::values::SuiteValues;

/// What to run, and how.
pub struct Assignment<'a> {
    /// Where the page is.
    pub page: &'a str,
    /// What the run is called.
    pub label: String,
    /// The document.
    pub text: &'a str,
    /// The files that it names.
    pub files: &'a Files,
    /// All of these texts.
    pub all_text: &'a str,
    /// What it says.
    pub suite: &'a Suite,
    /// Variables and environment.
    pub told: &'a SuiteValues,
    /// Takes the secrets out of what is known beside the run.
    pub masker: &'a Masker,
    /// What random values come from.
    pub seed: u64,
    /// Only checks with one of these tags.
    pub tags: &'a [String],
    /// Only these checks.
    pub names: &'a [String],
    /// Across this many browsers or threads.
    pub shards: u32,
    /// The shard that all of it is, where the others run in other commands.
    pub part: Option<Share>,
    /// After this long the run is stopped.
    pub limit: Option<Duration>,
    /// Whether the first failure stops the run.
    pub fails_fast: bool,
    /// What it tests, as the plan has it.
    pub targets: &'a [TargetReport],
    /// Which recordings are wanted.
    pub recordings: &'a [EventFormat],
    /// What the server under test has printed during the run, to be told without secrets.
    pub printed: &'a dyn Fn() -> Vec<String>,
}

impl Assignment<'_> {
    /// When the run is stopped that begins now, or at the moment of its part.
    pub fn limit(&self) -> Option<Instant> {
        let ahead = self.part.and_then(|part| part.start.ahead_of(OffsetDateTime::now_utc()).ok());
        self.limit.map(|limit| Instant::now() + ahead.unwrap_or_default() + limit)
    }

    /// What the browser or thread of this index runs.
    pub fn shard(&self, index: u32) -> Shard {
        match self.part {
            Some(part) => part.shard,
            None => Shard::new(index, self.shards).expect("the index is below the count"),
        }
    }
}

/// What came of a run.
pub struct Done {
    /// Always there.
    pub report: Report,
    /// The recordings that could be had.
    pub recordings: Vec<(EventFormat, String)>,
    /// Why the environment is to blame and not the server.
    pub trouble: Option<String>,
    /// What the server under test has printed.
    pub printed: Vec<String>,
}

/// How a run stands.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Status {
    /// The check that runs.
    pub check: Option<String>,
    /// What it does.
    pub step: Option<String>,
    /// How many checks have ended.
    #[serde(default)]
    pub done: u64,
    /// How many there are.
    #[serde(default)]
    pub checks: u64,
    /// Those that have ended.
    #[serde(default)]
    pub results: Vec<CheckResult>,
    /// Whether it has ended.
    #[serde(default)]
    pub is_over: bool,
    /// Why it did not begin.
    #[serde(default)]
    pub error: Option<String>,
    /// What it does at this moment; only the native engine tells.
    #[serde(skip)]
    pub live: Live,
}

/// A check that has ended.
#[derive(Clone, Debug, Deserialize)]
pub struct CheckResult {
    /// With the values of its row.
    pub name: String,
    /// How.
    pub verdict: Verdict,
    /// How long it took.
    pub duration_ms: Millis,
}

/// What one shard has told.
pub struct Part {
    /// Its report.
    pub report: Report,
    /// Its recordings, in the order in which they were asked for.
    pub recordings: Vec<String>,
    /// What the server under test has printed, without the secrets that the shard knows.
    pub printed: Vec<String>,
}

/// How a run stands in all its shards, each with whether it has ended: what the first one does, and of the checks those that have
/// ended in every one that has them, with the gravest of their verdicts.
pub fn together(shards: &[(&Status, bool)]) -> Status {
    let Some(((first, _), others)) = shards.split_first() else { return Status::default() };
    let mut status = (*first).clone();
    let of =
        |status: &Status, name: &str| status.results.iter().find(|it| it.name == name).map(|it| it.verdict);
    status.results.retain_mut(|result| {
        for (other, is_over) in others {
            match of(other, &result.name) {
                Some(verdict) => result.verdict = result.verdict.and(verdict),
                // It may still come, unless that shard has ended.
                None if !is_over => return false,
                None => {}
            }
        }
        true
    });
    status.done = status.results.len() as u64;
    others.iter().for_each(|(other, _)| status.live.add(&other.live));
    status
}

/// Why a run is to be stopped now, if it is.
pub fn why_stop(
    assignment: &Assignment<'_>,
    stop: &CancellationToken,
    limit: Option<Instant>,
    has_failed: bool,
) -> Option<String> {
    match assignment.limit {
        _ if stop.is_cancelled() => Some("the user stopped the command".to_owned()),
        Some(span) if limit.is_some_and(|limit| Instant::now() > limit) => {
            Some(format!("stopped by --timeout after {span:?}"))
        }
        _ if assignment.fails_fast && has_failed => Some("stopped by --fail-fast".to_owned()),
        _ => None,
    }
}

impl Status {
    /// Whether a check has failed.
    pub fn has_failed(&self) -> bool {
        self.results.iter().any(|it| matches!(it.verdict, Verdict::Fail | Verdict::Error))
    }
}

/// One run out of what several shards told: figures are added up, recordings are put one after the other. An error says why there is
/// no report.
pub fn join(assignment: &Assignment<'_>, parts: Vec<Result<Part, String>>) -> Result<Done, String> {
    let trouble = parts.iter().find_map(|part| part.as_ref().err().cloned());
    let mut recordings = Vec::new();
    for (nth, format) in assignment.recordings.iter().enumerate() {
        let label = |index| match assignment.shards {
            1 => assignment.label.clone(),
            _ => format!("{} · shard {index}", assignment.label),
        };
        let texts = parts.iter().enumerate().filter_map(|(index, part)| {
            let part = part.as_ref().ok()?;
            Some((label(index), part.recordings[nth].as_str()))
        });
        recordings.push((*format, joined(*format, texts.collect())));
    }
    let mut reports: Vec<_> = parts.into_iter().map(|part| part.ok().map(|it| it.report)).collect();
    let mut report = match &mut reports[..] {
        [only] => only.take().ok_or_else(|| trouble.clone().unwrap_or_default())?,
        several => merge(several).map_err(|error| error.to_string())?,
    };
    report.suite.clone_from(&assignment.label);
    Ok(Done { report, recordings, trouble, printed: Vec::new() })
}
