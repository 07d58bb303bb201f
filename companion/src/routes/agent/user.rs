//! One user of the agent: connections, queued events, history.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::history::History;
use super::script::Event;
use super::{Mailbox, NoPlace};
use crate::routes::error_reply::{ErrorReply, with_id};
use crate::ws::outbox::Lane;

/// Events of one user that may wait to be sent.
const LONGEST_QUEUE: usize = 1000;

/// A user's state.
#[derive(Debug)]
pub struct User {
    name: String,
    connections: BTreeMap<u64, Connection>,
    history: History,
    urgent: VecDeque<Event>,
    normal: VecDeque<Event>,
    runs: u64,
    is_driven: bool,
    /// When a connection last left.
    pub seen: Instant,
}

#[derive(Debug)]
struct Connection {
    outbox: Mailbox,
    /// Every event after this one went to the connection as it happened.
    joined_at: u64,
}

impl User {
    /// A user of whom nothing is known.
    pub fn new(name: String, retained: usize) -> Self {
        Self {
            name,
            connections: BTreeMap::new(),
            history: History::new(retained),
            urgent: VecDeque::new(),
            normal: VecDeque::new(),
            runs: 0,
            is_driven: false,
            seen: Instant::now(),
        }
    }

    /// Whether a connection is open.
    pub fn is_here(&self) -> bool {
        !self.connections.is_empty()
    }

    /// Whether the user's state is in use.
    pub fn is_busy(&self) -> bool {
        self.is_here() || self.is_driven
    }

    /// Forgets everything but the connections.
    pub fn reset(&mut self) {
        self.history.clear();
        self.urgent.clear();
        self.normal.clear();
        self.runs = 0;
        for connection in self.connections.values_mut() {
            connection.joined_at = 0;
        }
    }

    /// Adds a connection, if `most` allows it.
    pub fn enter(&mut self, id: u64, outbox: Mailbox, most: usize) -> Result<(), NoPlace> {
        if self.connections.len() >= most {
            return Err(NoPlace::Connections(most));
        }
        self.connections.insert(id, Connection { outbox, joined_at: self.history.last_seq() });
        Ok(())
    }

    /// Takes a connection away.
    pub fn leave(&mut self, id: u64) {
        self.connections.remove(&id);
    }

    /// The name of the next run.
    pub fn next_run(&mut self) -> String {
        self.runs += 1;
        format!("run-{}", self.runs)
    }

    /// Queues events; true when the caller has to start driving them.
    pub fn queue(&mut self, events: Vec<Event>) -> Result<bool, ErrorReply> {
        if self.urgent.len() + self.normal.len() + events.len() > LONGEST_QUEUE {
            return Err(ErrorReply::new("busy", "too many events of this user are waiting already"));
        }
        for event in events {
            match event.priority.lane() {
                Lane::Urgent => self.urgent.push_back(event),
                Lane::Normal => self.normal.push_back(event),
            }
        }
        Ok(!std::mem::replace(&mut self.is_driven, true))
    }

    /// Numbers the next event, keeps it, and posts it to every connection. Answers with the pause after it, or
    /// `None` when there is nothing to send.
    pub fn send_next(&mut self) -> Option<Duration> {
        let Some(event) = self.urgent.pop_front().or_else(|| self.normal.pop_front()) else {
            self.is_driven = false;
            return None;
        };
        let lane = event.priority.lane();
        let mut body = event.body;
        let text = self.history.push(|seq| {
            body.insert("seq".to_owned(), json!(seq));
            body.insert("user".to_owned(), json!(self.name));
            Bytes::from(Value::Object(body).to_string())
        });
        for connection in self.connections.values() {
            // One lane: whatever overtakes has done so before it got its number.
            connection.outbox.post(Lane::Normal, &text);
        }
        // What is urgent is not waited after either.
        Some(if lane == Lane::Urgent { Duration::ZERO } else { event.pace })
    }

    /// Posts to one connection what it has missed: a `resumed` message, then the events after `last_seq`, except those
    /// that the connection has got already.
    pub fn replay(&mut self, id: u64, last_seq: u64, request: Option<&RawValue>) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let missed = self.history.after(last_seq, connection.joined_at);
        let resumed = json!({
            "type": "resumed",
            "user": self.name,
            "from": missed.from,
            "to": missed.from + missed.events.len() as u64 - 1,
            "missed": missed.events.len(),
            "gap": missed.has_gap,
            "last_seq": self.history.last_seq(),
        });
        connection.outbox.post(Lane::Normal, &Bytes::from(with_id(resumed, request)));
        for event in &missed.events {
            connection.outbox.post(Lane::Normal, event);
        }
    }

    /// Posts to one connection that all is well. It has no number, since a lost one does not matter.
    pub fn beat(&self, id: u64) {
        let heartbeat =
            json!({ "type": "heartbeat", "user": self.name, "last_seq": self.history.last_seq() });
        self.tell(id, heartbeat.to_string());
    }

    /// Posts a text to one connection.
    pub fn tell(&self, id: u64, text: String) {
        if let Some(connection) = self.connections.get(&id) {
            connection.outbox.post(Lane::Normal, &Bytes::from(text));
        }
    }
}
