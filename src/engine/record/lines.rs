//! A recording as it is exported: one JSON object a line.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::engine::as_step;
use crate::engine::template::is_name;

/// Why a text is no recording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// A line is no event.
    #[error("line {line} is no event of a recording: {why}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// There is none in it.
    #[error("the recording has no message and no handshake")]
    Empty,
}

#[derive(Deserialize)]
struct Line {
    event: String,
    connection: Option<u32>,
    name: Option<String>,
    text: Option<String>,
    base64: Option<String>,
    url: Option<String>,
    #[serde(default)]
    protocols: Vec<String>,
    code: Option<u16>,
    #[serde(default)]
    reason: String,
    clean: Option<bool>,
    message: Option<String>,
}

/// What was sent or came.
pub(super) enum Content {
    Text { text: String, json: Option<Value> },
    Binary(String),
}

impl Content {
    pub fn json(&self) -> Option<&Value> {
        match self {
            Self::Text { json, .. } => json.as_ref(),
            Self::Binary(_) => None,
        }
    }

    /// As a `send` has it.
    pub fn payload(&self) -> Value {
        match self {
            Self::Text { text, .. } => as_step::payload(text.as_bytes()),
            Self::Binary(base64) => super::object("$base64", base64.as_str().into()),
        }
    }

    /// As an `expect` has it.
    pub fn expectation(&self) -> Map<String, Value> {
        let value = match self {
            Self::Text { text, .. } => as_step::expectation(text.as_bytes()),
            Self::Binary(base64) => {
                use base64::Engine as _;
                let bytes = base64::engine::general_purpose::STANDARD.decode(base64).unwrap_or_default();
                as_step::binary(&bytes)
            }
        };
        match value {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }
}

/// What happened.
pub(super) enum What {
    Connecting,
    Opened,
    Failed,
    Sent(Content),
    Received(Content),
    Closing { code: Option<u16>, reason: String },
    Closed { code: u16, clean: bool },
}

/// Something that happened on a connection.
pub(super) struct Event {
    pub client: String,
    pub what: What,
}

/// A connection, as far as the recording knows it.
#[derive(Default)]
pub(super) struct Client {
    pub url: Option<String>,
    pub protocols: Vec<String>,
}

/// A recording that was read.
pub(super) struct Recording {
    pub events: Vec<Event>,
    pub clients: BTreeMap<String, Client>,
}

impl Recording {
    pub fn read(text: &str) -> Result<Self, RecordError> {
        let (mut events, mut clients) = (Vec::new(), BTreeMap::<String, Client>::new());
        let mut names = BTreeMap::<u32, String>::new();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let wrong = |why: String| RecordError::Line { line: number + 1, why };
            let line: Line = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
            // Such as how many were dropped.
            let Some(id) = line.connection else { continue };
            let name = names
                .entry(id)
                .or_insert_with(|| free_name(line.name.as_deref().unwrap_or("client"), &clients))
                .clone();
            let client = clients.entry(name.clone()).or_default();
            let content = || match (line.text.clone(), line.base64.clone()) {
                (Some(text), _) => {
                    let json = serde_json::from_str(&text).ok();
                    Ok(Content::Text { text, json })
                }
                (None, Some(base64)) => Ok(Content::Binary(base64)),
                (None, None) => Err(wrong("a message has text or base64".to_owned())),
            };
            let what = match line.event.as_str() {
                "connecting" => {
                    client.url = client.url.take().or(line.url);
                    client.protocols = line.protocols;
                    What::Connecting
                }
                "opened" => What::Opened,
                "sent" => What::Sent(content()?),
                "received" => What::Received(content()?),
                "closing" => {
                    What::Closing { code: line.code.filter(|code| *code != 1000), reason: line.reason }
                }
                "closed" => {
                    What::Closed { code: line.code.unwrap_or(1006), clean: line.clean.unwrap_or_default() }
                }
                // That a message was not sent is no handshake that failed.
                "failed" if line.message.as_deref().is_none_or(|words| words.contains("handshake")) => {
                    What::Failed
                }
                "failed" | "waiting" => continue,
                other => return Err(wrong(format!("there is no event {other:?}"))),
            };
            events.push(Event { client: name, what });
        }
        if events.is_empty() { Err(RecordError::Empty) } else { Ok(Self { events, clients }) }
    }
}

/// The name as a suite can have it, and nobody else has.
fn free_name(name: &str, taken: &BTreeMap<String, Client>) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_alphanumeric() || matches!(c, '_' | '-') { c } else { '_' }).collect();
    let plain = if is_name(&plain) { plain } else { format!("c{plain}") };
    // `env` and `*` mean something else.
    let plain = if plain == "env" { "env_".to_owned() } else { plain };
    let mut free = plain.clone();
    let mut number = 2;
    while taken.contains_key(&free) {
        free = format!("{plain}{number}");
        number += 1;
    }
    free
}
