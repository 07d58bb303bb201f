//! An exported recording: one JSON object a line.
//!
//! Owns how much of it is read, and what the bench adds to it: secret variables, automatic replies, heartbeats. Lines beyond the
//! limits are not parsed, so a recording of any size costs as much as its beginning.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::calls::Call;
use super::secrets;
use crate::SendableCode;
use crate::base::json_words;
use crate::bench::as_step;
use crate::template::is_name;

/// Why a text is not a recording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// A line is not an event.
    #[error("line {line}: expected an event of a recording; {why}")]
    RecordedLine {
        /// From 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// There is none in it.
    #[error("the recording has neither a message nor a handshake")]
    Empty,
}

/// Only this many frames of a recording are used, from the first.
pub const MOST_FRAMES: usize = 20_000;
/// What a recording has for a close frame without a code.
const NO_CODE: u16 = 1005;
/// As many bytes of it, if that is fewer frames.
pub(super) const MOST_BYTES: usize = 32 << 20;

#[derive(Deserialize)]
struct RecordedLine {
    event: String,
    #[serde(default)]
    at_ms: f64,
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

/// What the bench knows beside the frames; it stands in the first line, as `{"event":"bench",…}`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Bench {
    /// Secret variables, by name.
    pub secrets: BTreeMap<String, String>,
    /// Connections whose handshake may not be among the frames.
    pub connections: Vec<Opened>,
    /// Automatic replies.
    pub replies: Vec<Reply>,
    /// Heartbeats.
    pub heartbeats: Vec<Beat>,
    /// How many frames there were; the lines may be fewer.
    pub frames: usize,
}

/// A connection that the bench knows.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Opened {
    pub id: u32,
    pub url: String,
    pub protocols: Vec<String>,
}

/// An automatic reply of the bench.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reply {
    /// On which connections; on all when empty.
    pub connections: Vec<u32>,
    /// To what: a matcher of a suite.
    pub to: Value,
    /// What was written: a text that may have placeholders.
    pub template: String,
    /// A regular expression that finds what went out for it.
    pub pattern: String,
    /// How much later, in milliseconds.
    pub after_ms: u64,
}

/// A heartbeat of the bench.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Beat {
    pub connection: u32,
    pub every_ms: u64,
    /// What was written: a text that may have placeholders.
    pub template: String,
    /// A regular expression that finds what went out for it.
    pub pattern: String,
    /// The reply that is awaited: a matcher of a suite; null when none is.
    pub reply: Value,
    pub within_ms: u64,
}

/// What was sent or came.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Text { text: String, json: Option<Value> },
    Binary(String),
}

impl Content {
    pub fn of_text(text: String) -> Self {
        let json = serde_json::from_str(&text).ok();
        Self::Text { text, json }
    }

    pub fn json(&self) -> Option<&Value> {
        match self {
            Self::Text { json, .. } => json.as_ref(),
            Self::Binary(_) => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text { text, .. } => Some(text),
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

    /// As an `expect` has binary.
    pub fn bytes(&self) -> Vec<u8> {
        use base64::Engine as _;
        match self {
            Self::Text { text, .. } => text.clone().into_bytes(),
            Self::Binary(base64) => {
                base64::engine::general_purpose::STANDARD.decode(base64).unwrap_or_default()
            }
        }
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    Connecting,
    Opened,
    Failed,
    Sent(Content),
    Received(Content),
    Closing { code: Option<u16>, reason: String },
    Closed { code: u16, clean: bool },
}

/// Something that happened on a connection.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub client: String,
    /// Since the recording began; nothing where the lines do not say.
    pub at: Duration,
    pub what: What,
}

impl Event {
    pub fn received(&self) -> Option<&Content> {
        match &self.what {
            What::Received(content) => Some(content),
            _ => None,
        }
    }

    pub fn sent(&self) -> Option<&Content> {
        match &self.what {
            What::Sent(content) => Some(content),
            _ => None,
        }
    }
}

/// A connection, as far as the recording knows it.
#[derive(Default)]
pub(super) struct Client {
    pub id: u32,
    pub url: Option<String>,
    pub protocols: Vec<String>,
    /// How what it received is cut into frames, where that is a stream.
    pub framing: Option<Value>,
    /// The address and the subprotocols of each handshake, in order.
    attempts: Vec<(Option<String>, Vec<String>)>,
}

/// How far a connection is.
#[derive(Clone, Copy, PartialEq)]
enum Handshaking {
    Idle,
    /// The handshake with this number has begun.
    Trying(usize),
    /// It has failed, and its end is still to come.
    Ending,
    Open,
}

/// A recording that was read.
pub(super) struct Recording {
    pub events: Vec<Event>,
    pub clients: BTreeMap<String, Client>,
    pub bench: Bench,
    /// Frames that were there, those included that were not read.
    pub frames: usize,
    /// Frames that the suite is made of.
    pub used: usize,
    /// Frames that had left the timeline before.
    pub dropped: usize,
    /// Handshakes that failed at an address which the suite does not test.
    pub astray: usize,
    /// HTTP calls beside the connections.
    pub calls: Vec<Call>,
}

impl Recording {
    pub fn read(text: &str) -> Result<Self, RecordError> {
        let mut recording = Self {
            events: Vec::new(),
            clients: BTreeMap::new(),
            bench: Bench::default(),
            frames: 0,
            used: 0,
            dropped: 0,
            astray: 0,
            calls: Vec::new(),
        };
        let mut names = BTreeMap::<u32, String>::new();
        let mut without_code = BTreeSet::<u32>::new();
        let mut bytes = 0;
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let wrong = |why: String| RecordError::RecordedLine { line: number + 1, why };
            let unread = |error: serde_json::Error| {
                wrong(format!("at column {}, {}", error.column().max(1), json_words::what(&error)))
            };
            bytes += line.len();
            if recording.used >= MOST_FRAMES || bytes > MOST_BYTES {
                recording.frames += 1;
                continue;
            }
            let mut parsed: RecordedLine = serde_json::from_str(line).map_err(unread)?;
            let Some(id) = parsed.connection else {
                recording.preface(&parsed.event, line).map_err(unread)?;
                continue;
            };
            // A close without a code is sent as one with 1000, which the server then answers.
            match (&*parsed.event, parsed.code) {
                ("closing", Some(NO_CODE)) => drop(without_code.insert(id)),
                ("closed", Some(NO_CODE)) if without_code.remove(&id) => parsed.code = Some(1000),
                _ => {}
            }
            recording.used += 1;
            recording.frames += 1;
            let name = names
                .entry(id)
                .or_insert_with(|| free_name(parsed.name.as_deref().unwrap_or("client"), &recording.clients))
                .clone();
            let client = recording.clients.entry(name.clone()).or_default();
            client.id = id;
            if let Some(what) = what(parsed, client).map_err(|why| wrong(why.0))? {
                let at = Duration::try_from_secs_f64(what.0.max(0.0) / 1e3).unwrap_or_default();
                recording.events.push(Event { client: name, at, what: what.1 });
            }
        }
        if recording.events.is_empty() {
            return Err(RecordError::Empty);
        }
        recording.settle_handshakes();
        recording.frames = recording.frames.max(recording.bench.frames);
        for opened in &recording.bench.connections {
            let known = recording.clients.values_mut().find(|it| it.id == opened.id && it.url.is_none());
            if let Some(client) = known {
                client.url = Some(opened.url.clone());
                client.protocols.clone_from(&opened.protocols);
            }
        }
        Ok(recording)
    }

    /// Finds failed handshakes by what followed them, since words differ: an end without an opening. The address of a
    /// client is the one that opened first; failed attempts at others, such as one that was mistyped, are left out.
    fn settle_handshakes(&mut self) {
        let mut gone = vec![false; self.events.len()];
        for (name, client) in &mut self.clients {
            let mut standing = Handshaking::Idle;
            let (mut handshakes, mut untold) = (0, 0);
            let mut opened = Vec::new();
            // The events of each handshake that failed.
            let mut failed = Vec::<(usize, [usize; 2])>::new();
            let mut began = 0;
            for (at, event) in self.events.iter_mut().enumerate().filter(|(_, it)| it.client == *name) {
                standing = match (&event.what, standing) {
                    (What::Connecting, _) => {
                        began = at;
                        handshakes += 1;
                        Handshaking::Trying(handshakes - 1)
                    }
                    (What::Opened, now) => {
                        opened.extend(match now {
                            Handshaking::Trying(nth) => Some(nth),
                            _ => None,
                        });
                        Handshaking::Open
                    }
                    // The reason of a failed handshake may come after its end.
                    (What::Failed, now) if untold > 0 => {
                        untold -= 1;
                        gone[at] = true;
                        now
                    }
                    (What::Failed, Handshaking::Trying(nth)) => {
                        failed.push((nth, [began, at]));
                        Handshaking::Ending
                    }
                    (What::Closed { .. }, Handshaking::Trying(nth)) => {
                        event.what = What::Failed;
                        failed.push((nth, [began, at]));
                        untold += 1;
                        Handshaking::Idle
                    }
                    (What::Closed { .. }, Handshaking::Ending) => {
                        gone[at] = true;
                        Handshaking::Idle
                    }
                    (What::Closed { .. }, _) => Handshaking::Idle,
                    (_, now) => now,
                };
            }
            let chosen = opened.first().copied().unwrap_or(client.attempts.len().saturating_sub(1));
            if let Some((url, protocols)) = client.attempts.get(chosen).cloned() {
                let is_elsewhere =
                    |nth: usize| client.attempts.get(nth).is_some_and(|(other, _)| *other != url);
                for (_, events) in failed.iter().filter(|(nth, _)| is_elsewhere(*nth)) {
                    events.iter().for_each(|at| gone[*at] = true);
                    self.astray += 1;
                }
                (client.url, client.protocols) = (url, protocols);
            }
        }
        let mut gone = gone.into_iter();
        self.events.retain(|_| !gone.next().unwrap_or_default());
    }

    /// A line that is about the recording as a whole.
    fn preface(&mut self, event: &str, line: &str) -> serde_json::Result<()> {
        #[derive(Deserialize)]
        struct Dropped {
            count: usize,
        }
        match event {
            "bench" => self.bench = serde_json::from_str(line)?,
            "http" => self.call(line)?,
            "dropped" => self.dropped = serde_json::from_str::<Dropped>(line)?.count,
            _ => {}
        }
        Ok(())
    }
}

/// What is wrong with a line.
struct Wrong(String);

/// What a line says that happened, and when in milliseconds; none when a suite has no step for it.
fn what(line: RecordedLine, client: &mut Client) -> Result<Option<(f64, What)>, Wrong> {
    let at = line.at_ms;
    let content = match (line.text, line.base64) {
        (Some(text), _) => Ok(Content::of_text(secrets::clean(&text))),
        (None, Some(base64)) => Ok(Content::Binary(base64)),
        (None, None) => Err(Wrong("a message has `text` or `base64`".to_owned())),
    };
    let what = match line.event.as_str() {
        "connecting" => {
            client.attempts.push((line.url, line.protocols));
            What::Connecting
        }
        "opened" => What::Opened,
        "sent" => What::Sent(content?),
        "received" => What::Received(content?),
        "closing" => What::Closing {
            code: line.code.filter(|code| *code != 1000 && SendableCode::new(*code).is_some()),
            reason: line.reason,
        },
        "closed" => What::Closed { code: line.code.unwrap_or(1006), clean: line.clean.unwrap_or_default() },
        // That a message was not sent is not a handshake that failed.
        "failed" if line.message.as_deref().is_none_or(|words| words.contains("handshake")) => What::Failed,
        "failed" | "waiting" => return Ok(None),
        other => return Err(Wrong(format!("no event is called {other:?}"))),
    };
    Ok(Some((at, what)))
}

/// The first recording and, after a line `{"event":"again"}`, the second one of the same conversation.
pub(super) fn both(text: &str) -> (&str, Option<&str>) {
    const AGAIN: &str = "\n{\"event\":\"again\"}\n";
    match text.split_once(AGAIN) {
        Some((first, second)) => (first, Some(second)),
        None => (text, None),
    }
}

/// The name as a suite can have it, and as no other client has it.
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

/// Members of an object, for who builds one.
pub(super) fn members<const N: usize>(all: [(&str, Value); N]) -> Map<String, Value> {
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
