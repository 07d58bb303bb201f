//! What a client of the agent asks for.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::SLOWEST;
use crate::routes::error_reply::ErrorReply;
use crate::routes::priority::Priority;

/// Failures before a run completes.
const MOST_FAILURES: u32 = 10;
/// Bytes of an id.
const LONGEST_ID: usize = 200;

/// A message, with every field that some type has.
#[derive(Debug, Deserialize)]
pub struct Message<'a> {
    #[serde(rename = "type")]
    kind: String,
    /// What answers and events carry.
    #[serde(borrow)]
    pub id: Option<&'a RawValue>,
    text: Option<String>,
    pace: Option<u64>,
    #[serde(default)]
    fail_times: u32,
    priority: Option<Priority>,
    code: Option<String>,
    message: Option<String>,
    last_seq: Option<u64>,
}

/// A message, understood.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// Start a run.
    Chat(Chat, Option<Duration>),
    /// Report a failure.
    Fail(Failure),
    /// Replay what came after this number.
    Resume(u64),
    /// Answer with a pong.
    Ping,
}

/// What a run is given.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chat {
    /// The prompt.
    pub text: String,
    /// Repeated in every event of the run.
    pub id: Option<Value>,
    /// How often its tool fails before it succeeds.
    pub fail_times: u32,
}

/// A failure to report.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// Repeated in the event.
    pub id: Option<Value>,
    /// For programs.
    pub code: String,
    /// For people.
    pub message: String,
    /// How it is queued.
    pub priority: Priority,
}

impl Request {
    /// Understands a message.
    pub fn read(message: Message<'_>) -> Result<Self, ErrorReply> {
        // Every event of a run repeats it, and events are kept.
        if message.id.is_some_and(|id| id.get().len() > LONGEST_ID) {
            return Err(ErrorReply::invalid("id", "at most 200 bytes long"));
        }
        let id = message.id.and_then(|id| serde_json::from_str(id.get()).ok());
        let short = |text: Option<String>, default: &str| {
            text.map_or_else(|| default.to_owned(), |text| text.chars().take(200).collect())
        };
        match message.kind.as_str() {
            "chat" if message.fail_times > MOST_FAILURES => {
                Err(ErrorReply::invalid("fail_times", "a number from 0 to 10"))
            }
            "chat" => Ok(Self::Chat(
                Chat { text: message.text.unwrap_or_default(), id, fail_times: message.fail_times },
                message.pace.map(|pace| Duration::from_millis(pace.min(SLOWEST))),
            )),
            "fail" => Ok(Self::Fail(Failure {
                id,
                code: short(message.code, "agent_failed"),
                message: short(message.message, "the agent failed, as it was asked to"),
                priority: message.priority.unwrap_or(Priority::High),
            })),
            "resume" => message.last_seq.map(Self::Resume).ok_or_else(|| ErrorReply::missing("last_seq")),
            "ping" => Ok(Self::Ping),
            other => Err(ErrorReply::unknown_type(other, "chat, fail, resume, ping")),
        }
    }
}
