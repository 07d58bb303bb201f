//! The handshakes of a session, for its export.
//!
//! Owns the list beside a frame log. It refuses to hold frames. The list is bounded like the log: a handshake without
//! frames left in the log is dropped once it is over.

use std::collections::BTreeSet;

use crate::report::{Closed, Connection, Opened};
use crate::{Endpoint, Event, FrameLog, Instant};

/// Below this many handshakes none is forgotten.
const LEAST_TO_LOOK_AT: usize = 1024;

/// The handshakes of a session, in the order in which they were started.
pub struct Handshakes {
    list: Vec<Connection>,
    /// The connections of which more may be heard.
    live: BTreeSet<u32>,
    /// How many there may be before those are looked for that can go.
    look_at: usize,
    changes: u64,
}

impl Default for Handshakes {
    fn default() -> Self {
        Self { list: Vec::new(), live: BTreeSet::new(), look_at: LEAST_TO_LOOK_AT, changes: 0 }
    }
}

impl Handshakes {
    /// All that are known.
    pub fn as_slice(&self) -> &[Connection] {
        &self.list
    }

    /// Those of a session that has ended.
    pub fn of(list: Vec<Connection>) -> Self {
        Self { list, ..Self::default() }
    }

    /// How many times one of them has changed.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// A handshake was started; `log` is the one that has its frames.
    pub fn begin(&mut self, log: &FrameLog, at: Instant, id: u32, name: &str, endpoint: &Endpoint) {
        self.forget_what_the_log_forgot(log);
        self.changes += 1;
        self.live.insert(id);
        self.list.push(Connection {
            id,
            name: name.to_owned(),
            url: endpoint.url().to_owned(),
            offered: endpoint.protocols().to_vec(),
            by_relay: false,
            asked: at,
            opened: None,
            closed: None,
        });
    }

    /// The latest handshake of a connection goes by relay.
    pub fn goes_by_relay(&mut self, id: u32) {
        if let Some(connection) = self.latest(id) {
            connection.by_relay = true;
        }
    }

    /// Something happened on a connection.
    pub fn heard(&mut self, at: Instant, id: u32, event: &Event) {
        self.changes += u64::from(!matches!(event, Event::Received(_)));
        if let Event::Closed { .. } = event {
            self.live.remove(&id);
        }
        let Some(connection) = self.latest(id) else { return };
        match event {
            Event::Opened { protocol, extensions } => {
                connection.opened =
                    Some(Opened { at, protocol: protocol.clone(), extensions: extensions.clone() });
            }
            Event::Closed { code, reason, clean } => {
                connection.closed = Some(Closed { at, code: *code, reason: reason.clone(), clean: *clean });
            }
            Event::Received(_) | Event::Failed | Event::Answered(_) | Event::Ponged(_) => {}
        }
    }

    /// Nothing more will be heard of a connection; says whether something could have been.
    pub fn let_go(&mut self, id: u32) -> bool {
        self.live.remove(&id)
    }

    /// Whether the latest handshake of a connection was completed.
    pub fn was_open(&self, id: u32) -> bool {
        self.list.iter().rev().find(|connection| connection.id == id).is_some_and(|it| it.opened.is_some())
    }

    fn latest(&mut self, id: u32) -> Option<&mut Connection> {
        self.list.iter_mut().rev().find(|connection| connection.id == id)
    }

    /// A connection that has ended and has no frame left in the log is forgotten.
    fn forget_what_the_log_forgot(&mut self, log: &FrameLog) {
        if self.list.len() < self.look_at {
            return;
        }
        // Not collected: that sorts, by a sort that is compiled for this type alone.
        let mut told = BTreeSet::new();
        told.extend(log.from(0).map(|frame| frame.connection));
        let live = &self.live;
        self.list.retain(|connection| live.contains(&connection.id) || told.contains(&connection.id));
        self.look_at = (self.list.len() * 2).max(LEAST_TO_LOOK_AT);
    }
}
