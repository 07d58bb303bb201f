//! The report, field by field as its JSON has it.
//!
//! Owns names and units of the contract. A public field stays public for ever: add fields, never change one.

use crate::base::words;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::capacity::{CapacityReport, GeneratorReport};
use super::failure::{Failure, Leftover, NearbyEvent, Unmet};
use super::verdict::{Millis, Verdict};
use crate::suite::Place;

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The version of the program.
    pub sockscope: String,
    /// The version of the suite format.
    pub format: u32,
    /// The suite's name.
    pub suite: String,
    /// Its prose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Of the whole.
    pub verdict: Verdict,
    /// Why, where no check or threshold says it: what made a run inconclusive or broke it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// What all random values came from.
    pub seed: u64,
    /// When it began, as ISO 8601 in UTC.
    pub started: String,
    /// How long it took.
    pub duration_ms: Millis,
    /// Where it ran.
    pub environment: Environment,
    /// The variables with their values, secrets masked.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub vars: Map<String, Value>,
    /// The addresses that were tested, those of connections first; empty in reports of versions that did not tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<TargetReport>,
    /// Sums over all checks.
    pub totals: Totals,
    /// Of all checks together.
    pub metrics: BTreeMap<String, Metric>,
    /// Of the suite, `require` included.
    pub thresholds: Vec<ThresholdReport>,
    /// In the order in which they ran.
    pub checks: Vec<CheckReport>,
    /// Second by second, for drawing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seconds: Vec<Second>,
    /// The server under test, where the command has started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerReport>,
    /// The server that stopped accepting connections before the end of the run; the checks after that were not judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_stopped: Option<ServerStopped>,
    /// Where several browsers ran the suite together: each of them. The rest of the report is of all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shards: Vec<ShardReport>,
    /// Where the highest load that holds was searched: what was found. The rest of the report is of the run with that load, or of
    /// the first run where none held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<CapacityReport>,
    /// In the report of one shard whose others ran in other commands: which one it is. Its thresholds are not judged; a merge of all
    /// of them does that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<PartReport>,
}

/// Which shard of a run a command ran, and what all of its shards have in common.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartReport {
    /// Which, from 0.
    pub index: u32,
    /// How many there are.
    pub of: u32,
    /// The SHA-256 of the suite's text, together with the files that it names.
    pub suite_sha256: String,
    /// Only checks with one of these tags ran.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Only these checks ran.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<String>,
    /// When all shards were to begin, as ISO 8601 in UTC.
    pub start_at: String,
    /// How much later it began, by its own clock; negative when it began earlier.
    pub late_ms: Millis,
    /// How far its clock is ahead of the server's, as the date of an HTTP answer says it: within a second. None where the server
    /// gives no date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_ahead_ms: Option<Millis>,
    /// Why the environment broke the run off, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<String>,
}

/// An address that a run tests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetReport {
    /// Scheme, host, port and path. A query is left out: it names users and tokens, and no server. A placeholder that has its
    /// value only during the run stays as written.
    pub url: String,
    /// Where its host comes from, such as `from WS_URL` or `written in the suite`.
    pub from: String,
    /// The fault proxy that lies between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
}

/// A server that accepted connections, and then no longer did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerStopped {
    /// Where it was.
    pub address: String,
    /// The name of the last check in which a connection opened.
    pub after: String,
    /// Bytes of the last message that went out before; none when none did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_bytes: Option<u64>,
}

impl ServerStopped {
    /// After which check, and after which message: a sentence that names the check in these words.
    pub fn sentence_with(&self, check: &str) -> String {
        let message = self.sent_bytes.map(|bytes| format!(" ({})", a_message(bytes))).unwrap_or_default();
        format!("The server stopped accepting connections after {check}{message}.")
    }

    /// The same, with the whole name.
    pub fn sentence(&self) -> String {
        self.sentence_with(&format!("\"{}\"", self.after))
    }

    /// The same, to go on with.
    pub fn fragment(&self) -> String {
        let sentence = self.sentence();
        format!("t{}", sentence[1..].trim_end_matches('.'))
    }
}

/// Such as `a 16 MiB message`.
fn a_message(bytes: u64) -> String {
    let size = words::size(bytes);
    let is_spoken_with_a_vowel =
        size.starts_with('8') || size.starts_with("11\u{2009}") || size.starts_with("18\u{2009}");
    let article = if is_spoken_with_a_vowel { "an" } else { "a" };
    format!("{article} {size} message")
}

/// The server under test as the command saw it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerReport {
    /// How it was started.
    pub command: String,
    /// How it ended, if it did so by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// The last lines that it printed.
    pub output: Vec<String>,
}

/// What came of one of several browsers that ran a suite together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShardReport {
    /// Which, from 0.
    pub index: u32,
    /// The verdict of its steps; thresholds are judged on the figures of all shards. An error when it gave no report.
    pub verdict: Verdict,
    /// Why, where no check says it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// Such as `Chrome 156`.
    pub browser: String,
    /// When it began, as ISO 8601 in UTC; empty when it gave no report.
    pub started: String,
    /// How much later than planned it began, where it had a moment to begin at; negative when it began earlier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_ms: Option<Millis>,
    /// How long it took.
    pub duration_ms: Millis,
    /// How late its event loop was, at its worst one of a hundred, in milliseconds.
    pub loop_lag_p99_ms: f64,
    /// Whether its page was out of sight at any time.
    pub hidden: bool,
    /// Connections opened.
    pub opened: u64,
    /// Messages sent.
    pub sent: u64,
    /// Messages received.
    pub received: u64,
    /// Expected messages that did not come.
    pub missing: u64,
    /// Its round trips, without their histogram.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtt: Option<Metric>,
}

/// What opened the connections of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
    /// The page, in a browser. Reports of earlier versions do not say it.
    #[default]
    Browser,
    /// The command itself.
    Native,
}

impl EngineKind {
    /// As the command line and the report have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Native => "native",
        }
    }
}

/// Where a run took place, and how good a clock it had.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// What opened the connections.
    #[serde(default)]
    pub engine: EngineKind,
    /// Such as `Chrome 156`; `native engine` where no browser took part, `simulation` in tests.
    pub browser: String,
    /// The page's origin.
    pub origin: String,
    /// The step of the clock in microseconds.
    pub timer_step_us: f64,
    /// How late the event loop was, at its worst one of a hundred, in milliseconds.
    pub loop_lag_p99_ms: f64,
    /// Whether the page was out of sight at any time.
    pub hidden: bool,
    /// What the native engine took of the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator: Option<GeneratorReport>,
}

/// Sums over all checks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// How many checks there are.
    pub checks: u64,
    /// How many passed.
    pub passed: u64,
    /// How many failed.
    pub failed: u64,
    /// How many were broken.
    pub errors: u64,
    /// How many could not be judged.
    pub inconclusive: u64,
    /// How many were not applicable, as one of their steps said.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skipped: u64,
    /// Messages sent.
    pub sent: u64,
    /// Messages received.
    pub received: u64,
    /// Messages that were expected.
    pub expected: u64,
    /// Those of them that came.
    pub matched: u64,
    /// The share of the expected ones that came, in percent; 100 when none was expected.
    pub success: f64,
}

/// The figures of one metric. Timings are in microseconds and have all of them; a counter has a count and a rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// `us` for timings, `count` or `bytes` for counters.
    pub unit: String,
    /// How many samples, or how many at all.
    pub count: u64,
    /// A second, for counters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// The shortest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The arithmetic mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
    /// The median.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50: Option<f64>,
    /// 90 of 100 took at most this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p90: Option<f64>,
    /// 95 of 100 took at most this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95: Option<f64>,
    /// 99 of 100 took at most this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99: Option<f64>,
    /// 999 of 1000 took at most this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p999: Option<f64>,
    /// The longest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// The standard deviation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stddev: Option<f64>,
    /// The histogram as base64 of HDR's second format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub histogram: Option<String>,
}

/// One threshold, judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThresholdReport {
    /// Such as `rtt.p95 < 10ms`.
    pub expr: String,
    /// What was measured, with a unit; `no samples` when nothing was.
    pub value: String,
    /// Whether it held.
    pub verdict: Verdict,
    /// Why it does not hold, where the value does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What came of one check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckReport {
    /// With the values of its row.
    pub name: String,
    /// Its prose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// For choosing.
    pub tags: Vec<String>,
    /// Of the whole check.
    pub verdict: Verdict,
    /// Why, where no step or threshold says it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// When it began, in milliseconds from the start of the run.
    #[serde(default)]
    pub offset_ms: Millis,
    /// How long it took.
    pub duration_ms: Millis,
    /// Its own.
    pub metrics: BTreeMap<String, Metric>,
    /// Its own.
    pub thresholds: Vec<ThresholdReport>,
    /// Setup, steps, invariants and teardown, in the order of the suite, inner ones after the one they are in.
    pub steps: Vec<StepReport>,
    /// Messages that no expectation selected; at most as many as fit into a report.
    pub leftovers: Vec<Leftover>,
    /// How many more there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub leftovers_omitted: u64,
    /// The code with which the last connection ended that ended during its steps; where none did, of those that were closed after
    /// them. 1005 is an end without a code, 1006 one without a close frame. None where no connection has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub close_code: Option<u16>,
    /// In the report of one of several shards: what may excuse a threshold, which is judged when they are merged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub harness: Option<HarnessReport>,
}

/// What the harness did while a check ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HarnessReport {
    /// The longest that the event loop stood still.
    pub worst_lag_ms: Millis,
    /// Whether more opens were pending at once than a browser lets through without delay.
    pub burst: bool,
    /// Whether the page was out of sight.
    pub hidden: bool,
}

/// What came of one step, all its rounds and clients together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepReport {
    /// Where it is in the check, such as `steps[2].all[0][1]`, `setup[0]` or `invariants[1]`.
    pub path: String,
    /// Where it is in the suite's text, from 1; 0 when unknown.
    #[serde(default)]
    pub line: u32,
    /// The file in which that line is, where a definition of another file is used; by its path from the folder of the suite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Where the definition is used that it belongs to, from the inside out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used_at: Vec<Place>,
    /// What it does, in a few words: `alice connects`.
    pub title: String,
    /// What its author says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Of all rounds and clients.
    pub verdict: Verdict,
    /// How long at least one run of it was under way: time on the clock, however many clients and rounds there were.
    pub duration_ms: Millis,
    /// The clients it acted on.
    pub on: Vec<String>,
    /// How often it ran; 0 when skipped.
    #[serde(default)]
    pub runs: u64,
    /// How many of these failed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failed_runs: u64,
    /// How many of the clients it failed for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failed_clients: u64,
    /// Why it did not hold, where it may: in a `try` or a `bisect`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forgiven: Option<String>,
    /// The first failure. Where a threshold decides how many messages may be missing, the first message that was, if the
    /// threshold does not hold.
    pub failure: Option<Failure>,
    /// How many of the messages that it expected came, and what came in their place; none when all came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unmet: Option<Unmet>,
    /// What a standing answer or a heartbeat did, all clients together; none for a step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
    /// What was sent and received around that failure, in order; empty where nothing was recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub around: Vec<NearbyEvent>,
}

/// What an answer or a heartbeat did beside the steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Messages that it took: those to be answered, or the replies to beats.
    pub matched: u64,
    /// Messages that it sent. Fewer than `matched` where a connection ended before a late answer.
    pub sent: u64,
}

/// What happened within one second of the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Second {
    /// Messages sent.
    pub sent: u64,
    /// Messages received.
    pub received: u64,
    /// The median round trip in microseconds; none when there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtt_p50: Option<f64>,
    /// 95 of 100 round trips took at most this, in microseconds; reports of earlier versions lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtt_p95: Option<f64>,
    /// 99 of 100 round trips took at most this, in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtt_p99: Option<f64>,
    /// The same of round trips by relay, in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtt_relay_p50: Option<f64>,
    /// 95 of 100 of them took at most this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtt_relay_p95: Option<f64>,
    /// 99 of 100 of them took at most this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtt_relay_p99: Option<f64>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}
