//! Finds the sent message that a received one answers, for messages sent by hand.
//!
//! Owns the ways to pair them. It pairs by order alone only when the user asks for that, since a push of the server
//! would be taken for a reply.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::base::canonical;
use crate::matcher::Query;
use crate::{Instant, Payload};
use scout::Scout;

pub use scout::Found;

mod scout;
#[cfg(test)]
mod tests;

/// How replies are recognised.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PairBy {
    /// The very same content came back; else a JSON object with the same `id`.
    #[default]
    Auto,
    /// They are not.
    Off,
    /// The very same content came back.
    Echo,
    /// Each message answers the oldest that has no answer yet.
    Order,
    /// A value in the question comes back in the reply.
    Field {
        /// The path of the value in the question, such as `$.id`; a bare name is that of a member.
        sent: String,
        /// The path of the value in the reply.
        received: String,
    },
}

/// A path that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct PairError {
    path: String,
    message: String,
}

/// The messages of one connection that have had no answer yet.
#[derive(Debug)]
pub struct Pairing {
    by: Way,
    /// When each question was sent, oldest first, by its number; answered ones are gone from `open` only.
    order: VecDeque<u64>,
    open: FxHashMap<u64, Question>,
    /// The numbers of the open questions with a key, oldest first.
    keyed: FxHashMap<u64, VecDeque<u64>>,
    /// How many open questions have an `id`. Without one no message need be read.
    with_id: usize,
    next: u64,
    /// Questions that were given up: their connection has ended, or too many waited.
    lost: u64,
    /// The frames of the last of them, oldest first.
    lost_frames: VecDeque<u64>,
    /// Looks for what replies might be recognised by, where nothing was set up.
    scout: Scout,
}

#[derive(Debug)]
struct Question {
    at: Instant,
    asked: Asked,
    frame: u64,
}

/// What a received message answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// How long the question had been out.
    pub took: Duration,
    /// The number of its frame.
    pub question: u64,
}

/// A question without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// The number of its frame.
    pub frame: u64,
    /// It may still be answered.
    pub is_pending: bool,
}

/// What the answer to a message may be recognised by.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    keys: [Option<u64>; 2],
    bytes: usize,
}

/// At most this many open questions are compared in length with a message before it is read for an echo.
const FEW: usize = 16;

#[derive(Debug)]
enum Way {
    Auto,
    Off,
    Echo,
    Order,
    Field { sent: Query, received: Query },
}

/// A server that never answers must not fill the memory: beyond this the oldest is forgotten.
const MOST_WAITING: usize = 4096;

/// Questions that were given up and can still be listed.
const MOST_LISTED: usize = 256;

/// Reading a field parses the whole message; a larger one is only compared as an echo.
const LARGEST_READ: usize = 64 << 10;

impl Default for Pairing {
    fn default() -> Self {
        Self {
            by: Way::Auto,
            order: VecDeque::new(),
            open: FxHashMap::default(),
            keyed: FxHashMap::default(),
            with_id: 0,
            next: 0,
            lost: 0,
            lost_frames: VecDeque::new(),
            scout: Scout::default(),
        }
    }
}

impl Pairing {
    /// Recognises replies in this way.
    pub fn by(by: &PairBy) -> Result<Self, PairError> {
        let by = match by {
            PairBy::Auto => Way::Auto,
            PairBy::Off => Way::Off,
            PairBy::Echo => Way::Echo,
            PairBy::Order => Way::Order,
            PairBy::Field { sent, received } => Way::Field { sent: path(sent)?, received: path(received)? },
        };
        Ok(Self { by, ..Self::default() })
    }

    /// What the answer to this message may be recognised by; none when it is not a question. Better asked before it
    /// goes out: what is done afterwards takes the time of those who wait for the answer.
    pub fn asking(&self, payload: &Payload) -> Option<Asked> {
        let keys = match &self.by {
            Way::Off => return None,
            Way::Auto => [Some(content(payload)), id(payload)],
            Way::Echo => [Some(content(payload)), None],
            Way::Order => [None, None],
            Way::Field { sent, .. } => match field(payload, sent) {
                Some(key) => [Some(key), None],
                // Without the value it is not a question.
                None => return None,
            },
        };
        Some(Asked { keys, bytes: payload.as_bytes().len() })
    }

    /// A message went out.
    pub fn sent(&mut self, at: Instant, payload: &Payload) {
        if let Some(asked) = self.asking(payload) {
            self.asked(at, asked);
        }
    }

    /// A message went out; its content is only looked at to learn what replies might be recognised by.
    pub fn learn(&mut self, payload: &Payload) {
        if matches!(self.by, Way::Auto) {
            self.scout.sent(payload);
        }
    }

    /// What replies might be recognised by, when nothing was set up and they were not recognised.
    pub fn found(&self) -> Option<Found> {
        self.scout.found()
    }

    /// Questions that were given up: their connection has ended, or too many waited.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Whether a message may answer something.
    pub fn is_waiting(&self) -> bool {
        !self.open.is_empty()
    }

    /// Questions that went out before `moment` and still wait.
    pub fn waiting_since(&self, moment: Instant) -> u64 {
        // The oldest is at the front, so this ends at the first one that is young enough.
        let open = self.order.iter().filter_map(|number| self.open.get(number));
        open.take_while(|question| question.at <= moment).count() as u64
    }

    /// The last of the questions without an answer, oldest first: those given up, and those that still wait.
    pub fn unanswered(&self, most: usize) -> Vec<Unanswered> {
        let given_up = self.lost_frames.iter().map(|frame| Unanswered { frame: *frame, is_pending: false });
        let open = self.order.iter().filter_map(|number| self.open.get(number));
        let waiting = open.map(|question| Unanswered { frame: question.frame, is_pending: true });
        let mut all: Vec<_> = given_up.chain(waiting).collect();
        all.drain(..all.len().saturating_sub(most));
        all
    }

    /// Starts counting again: pending questions are dropped.
    pub fn reset(&mut self) {
        self.clear();
        self.lost = 0;
        self.lost_frames.clear();
    }

    fn give_up(&mut self, frame: u64) {
        self.lost += 1;
        if self.lost_frames.len() >= MOST_LISTED {
            self.lost_frames.pop_front();
        }
        self.lost_frames.push_back(frame);
    }

    /// A question went out.
    pub fn asked(&mut self, at: Instant, asked: Asked) {
        self.asked_as(at, asked, 0);
    }

    /// A question went out as this frame.
    pub fn asked_as(&mut self, at: Instant, asked: Asked, frame: u64) {
        while self.open.len() >= MOST_WAITING {
            let Some(oldest) = self.order.pop_front() else { break };
            if let Some(question) = self.close(oldest) {
                self.give_up(question.frame);
            }
        }
        // Those that were answered are taken off the front as it moves on; the rest must not pile up behind one that waits.
        if self.order.len() >= 2 * MOST_WAITING {
            let open = &self.open;
            self.order.retain(|number| open.contains_key(number));
        }
        let number = self.next;
        self.next += 1;
        for key in asked.keys.into_iter().flatten() {
            self.keyed.entry(key).or_default().push_back(number);
        }
        self.with_id += usize::from(asked.keys[1].is_some());
        self.order.push_back(number);
        self.open.insert(number, Question { at, asked, frame });
    }

    /// A message came in: how long its question had been out, when it answers one.
    pub fn received(&mut self, at: Instant, payload: &Payload) -> Option<Duration> {
        self.heard(at, payload).map(|answered| answered.took)
    }

    /// A message came in: what it answers, when it answers something.
    pub fn heard(&mut self, at: Instant, payload: &Payload) -> Option<Answered> {
        let answered = self.answered(at, payload);
        if answered.is_none() && matches!(self.by, Way::Auto) {
            self.scout.received(payload);
        }
        answered
    }

    fn answered(&mut self, at: Instant, payload: &Payload) -> Option<Answered> {
        if self.open.is_empty() {
            return None;
        }
        let number = match &self.by {
            Way::Off => None,
            Way::Order => self.oldest(),
            Way::Echo => self.echoed(payload),
            Way::Auto => {
                let echoed = self.echoed(payload);
                let has_id = self.with_id > 0;
                echoed.or_else(|| self.oldest_of(has_id.then(|| id(payload)).flatten()?))
            }
            Way::Field { received, .. } => {
                let key = field(payload, received)?;
                self.oldest_of(key)
            }
        }?;
        let question = self.close(number);
        // Counting the waiting ones starts at the front.
        while self.order.front().is_some_and(|number| !self.open.contains_key(number)) {
            self.order.pop_front();
        }
        question.map(|question| Answered { took: at.since(question.at), question: question.frame })
    }

    /// The connection ended; nothing will be answered.
    pub fn clear(&mut self) {
        for number in std::mem::take(&mut self.order) {
            if let Some(question) = self.open.remove(&number) {
                self.give_up(question.frame);
            }
        }
        self.open.clear();
        self.keyed.clear();
        self.with_id = 0;
    }

    /// The oldest question with this very content. Under a flood nothing is as long as the few that wait.
    fn echoed(&self, payload: &Payload) -> Option<u64> {
        let bytes = payload.as_bytes().len();
        if self.open.len() <= FEW && !self.open.values().any(|question| question.asked.bytes == bytes) {
            return None;
        }
        self.oldest_of(content(payload))
    }

    fn oldest(&mut self) -> Option<u64> {
        while let Some(number) = self.order.front() {
            if self.open.contains_key(number) {
                return Some(*number);
            }
            self.order.pop_front();
        }
        None
    }

    fn oldest_of(&self, key: u64) -> Option<u64> {
        self.keyed.get(&key)?.front().copied()
    }

    fn close(&mut self, number: u64) -> Option<Question> {
        let question = self.open.remove(&number)?;
        self.with_id -= usize::from(question.asked.keys[1].is_some());
        for key in question.asked.keys.into_iter().flatten() {
            if let Some(numbers) = self.keyed.get_mut(&key) {
                // Nearly always the first one; looking through thousands of equal ones each time would add up.
                match numbers.front() == Some(&number) {
                    true => drop(numbers.pop_front()),
                    false => numbers.retain(|other| *other != number),
                }
                if numbers.is_empty() {
                    self.keyed.remove(&key);
                }
            }
        }
        Some(question)
    }
}

fn path(text: &str) -> Result<Query, PairError> {
    let text = text.trim();
    let text = if text.starts_with('$') { text.to_owned() } else { format!("$.{text}") };
    Query::parse(&text).map_err(|error| PairError { path: text, message: error.to_string() })
}

fn content(payload: &Payload) -> u64 {
    let mut hasher = DefaultHasher::new();
    payload.is_text().hash(&mut hasher);
    payload.as_bytes().hash(&mut hasher);
    hasher.finish()
}

fn key_of(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    // Not to be taken for a content that happens to be the same text.
    "field".hash(&mut hasher);
    canonical::text(value).hash(&mut hasher);
    hasher.finish()
}

fn field(payload: &Payload, path: &Query) -> Option<u64> {
    let Payload::Text(text) = payload else { return None };
    if text.len() > LARGEST_READ {
        return None;
    }
    let value: Value = serde_json::from_str(text).ok()?;
    path.first(&value).map(key_of)
}

/// Whether a member of a JSON object may be called `id`. A name with an escape is written in other letters.
fn may_name_an_id(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut names = memchr::memchr2_iter(b'\\', b'd', bytes);
    names.any(|at| bytes[at] == b'\\' || at >= 2 && bytes[at - 2..].starts_with(b"\"id\""))
}

/// The member `id` of a JSON object, unless it is null. The rest is not kept while reading.
fn id(payload: &Payload) -> Option<u64> {
    #[derive(serde::Deserialize)]
    struct WithId<'a> {
        #[serde(borrow)]
        id: &'a serde_json::value::RawValue,
    }
    let Payload::Text(text) = payload else { return None };
    if text.len() > LARGEST_READ || !text.trim_start().starts_with('{') || !may_name_an_id(text) {
        return None;
    }
    let found = serde_json::from_str::<WithId<'_>>(text).ok()?;
    let value: Value = serde_json::from_str(found.id.get()).ok()?;
    (!value.is_null()).then(|| key_of(&value))
}
