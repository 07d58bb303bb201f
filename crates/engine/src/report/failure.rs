//! How a step failed and what was left, field by field as the report JSON has it.

use serde::{Deserialize, Serialize};

use super::verdict::Millis;
use crate::Endpoint;
use crate::explain::Cause;

/// The message of a step that was under way when the run was stopped. It has not failed for its own sake.
pub const STOPPED_STEP: &str = "stopped while this step ran";

/// What came of the messages that a step expected, all rounds and clients together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unmet {
    /// How many it expected.
    pub expected: u64,
    /// How many of them came.
    pub met: u64,
    /// Whether a threshold decides how many may be missing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub borne: bool,
    /// What came and was selected by no step, by shape, the most frequent first; at most eight.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instead: Vec<Instead>,
    /// How many messages of other shapes came.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub instead_omitted: u64,
    /// The first message that did not come, where that is not a failure of the step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Box<Failure>>,
}

/// Messages of one shape that came in place of those expected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instead {
    /// The message with an ellipsis for numbers, ids and long texts, cut.
    pub shape: String,
    /// How many of them came.
    pub count: u64,
    /// The first of them.
    pub first: NearMiss,
}

/// An event of a connection near a failure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NearbyEvent {
    /// The client.
    pub client: String,
    /// When, in milliseconds from the start of the check.
    pub at_ms: Millis,
    /// As JSON Lines calls it, such as `sent`, `received` or `closed`.
    pub event: String,
    /// The message, cut; bytes as hexadecimal digits.
    pub message: String,
    /// All of its bytes.
    pub bytes: u64,
    /// Whether it came after the failure.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub after: bool,
}

/// How a step failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// Of which kind.
    pub kind: FailureKind,
    /// In a sentence.
    pub message: String,
    /// The client it happened to; none when it concerns no particular client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The round of the innermost repeat, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<u64>,
    /// What was wanted, in a few words.
    #[serde(default)]
    pub expected: Option<String>,
    /// The message that came nearest.
    #[serde(default)]
    pub closest: Option<NearMiss>,
    /// Where it differs.
    #[serde(default)]
    pub diff: Vec<Difference>,
    /// What the browser says of a connection that ended without a close frame. Only the command can read it; a page
    /// cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// What may be behind the end of a connection, the likeliest first, of the same table as in the page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
    /// The address whose handshake failed, for listeners during the run. It may hold secrets and is not part of a report.
    #[serde(skip)]
    pub handshake: Option<Endpoint>,
}

/// The kinds of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailureKind {
    /// What was wanted did not come in time.
    Timeout,
    /// It came and was not as wanted.
    Mismatch,
    /// Something came that must not.
    Unexpected,
    /// The connection ended, or ended otherwise than wanted.
    Closed,
    /// The handshake failed, or did not although it should.
    Refused,
    /// An HTTP call failed or was answered otherwise than wanted.
    Http,
    /// A message broke an invariant.
    Invariant,
    /// A figure is beyond its bound.
    Threshold,
    /// The script is wrong; the server is not to blame.
    Script,
}

/// The message that came nearest to what was wanted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NearMiss {
    /// The client that received it.
    pub client: String,
    /// When, in milliseconds from the start of the check.
    pub at_ms: Millis,
    /// The message, cut.
    pub message: String,
    /// Whether another expectation had taken it already.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub taken: bool,
    /// Whether a standing answer or a heartbeat had taken it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub answered: bool,
}

/// One place in which a message differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// JSON path in the message.
    pub path: String,
    /// As JSON or in words.
    pub wanted: String,
    /// As JSON, or `nothing`.
    pub got: String,
}

/// A message that no expectation selected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leftover {
    /// The client that received it.
    pub client: String,
    /// When, in milliseconds from the start of the check.
    pub at_ms: Millis,
    /// The message, cut.
    pub message: String,
    /// Its length in bytes.
    pub bytes: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}
