//! Everything the page knows, as plain data in signals.

use std::collections::BTreeMap;
use std::time::Duration;

use leptos::prelude::*;

use crate::wire::{ConnectionId, EchoNews, LineState, News, Phase, Pulse, Ready, Rows, Totals};

/// What new connections are called, in this order, as in every text on protocols.
const NAMES: [&str; 12] =
    ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "mallory", "olivia"];

/// A connection as the page keeps it: what was typed, and what the worker says of it.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Connection {
    pub id: ConnectionId,
    pub name: RwSignal<String>,
    pub url: RwSignal<String>,
    pub protocols: RwSignal<String>,
    pub message: RwSignal<String>,
    pub state: RwSignal<Option<LineState>>,
}

impl Connection {
    /// Where it is in its life; closed before its first handshake.
    pub fn phase(self) -> Phase {
        self.state.with(|state| state.as_ref().map(|s| s.phase)).unwrap_or_default()
    }
}

/// The page's knowledge. A copy is the same store.
#[derive(Clone, Copy)]
pub(super) struct Store {
    pub ready: RwSignal<Option<Ready>>,
    pub connections: RwSignal<Vec<Connection>>,
    pub selected: RwSignal<ConnectionId>,
    pub names: RwSignal<BTreeMap<ConnectionId, String>>,
    pub totals: RwSignal<Totals>,
    pub rows: RwSignal<Rows>,
    pub echo: RwSignal<Option<EchoNews>>,
    pub pulse: RwSignal<Pulse>,
    /// There is no worker any more; what is drawn is history.
    pub broken: RwSignal<bool>,
    next: RwSignal<u32>,
}

impl Store {
    /// A page that has one connection, not opened, to this address.
    pub fn new(url: String) -> Self {
        let store = Self {
            ready: RwSignal::default(),
            connections: RwSignal::default(),
            selected: RwSignal::new(ConnectionId(0)),
            names: RwSignal::default(),
            totals: RwSignal::default(),
            rows: RwSignal::default(),
            echo: RwSignal::default(),
            pulse: RwSignal::default(),
            broken: RwSignal::default(),
            next: RwSignal::new(1),
        };
        store.add(url, "hello");
        store
    }

    /// Adds a connection and selects it.
    pub fn add(&self, url: String, message: &str) -> Connection {
        let number = self.next.get_untracked();
        self.next.set(number + 1);
        let index = number as usize - 1;
        let round = index / NAMES.len();
        let name = NAMES[index % NAMES.len()];
        let name = if round == 0 { name.to_owned() } else { format!("{name}{}", round + 1) };
        let connection = Connection {
            id: ConnectionId(number),
            name: RwSignal::new(name.clone()),
            url: RwSignal::new(url),
            protocols: RwSignal::default(),
            message: RwSignal::new(message.to_owned()),
            state: RwSignal::default(),
        };
        self.names.update(|names| drop(names.insert(connection.id, name)));
        self.connections.update(|all| all.push(connection));
        self.selected.set(connection.id);
        connection
    }

    /// Takes a connection off the list; its name stays for the frames that it left. The last one stays.
    pub fn remove(&self, id: ConnectionId) {
        self.connections.update(|all| {
            if all.len() > 1 {
                all.retain(|c| c.id != id);
            }
        });
        let first = self.connections.with_untracked(|all| {
            (!all.iter().any(|c| c.id == self.selected.get_untracked()))
                .then(|| all.first().map(|c| c.id))
                .flatten()
        });
        if let Some(first) = first {
            self.selected.set(first);
        }
    }

    /// The selected connection.
    pub fn current(&self) -> Option<Connection> {
        let id = self.selected.get();
        self.connections.with(|all| all.iter().copied().find(|c| c.id == id))
    }

    /// Takes in what the worker says.
    pub fn apply(&self, news: News) {
        for line in news.lines {
            if line.id.is_of_check() {
                continue;
            }
            let known = self.connections.with_untracked(|all| all.iter().copied().find(|c| c.id == line.id));
            if let Some(connection) = known {
                connection.state.set(Some(line));
            }
        }
        set_if_changed(self.totals, news.totals);
        set_if_changed(self.pulse, news.pulse);
        if let Some(rows) = news.rows {
            self.rows.set(rows);
        }
        if let Some(echo) = news.echo {
            self.echo.set(Some(echo));
        }
    }

    /// The step of the worker's clock; a millisecond until it is known, so that no digit is made up.
    pub fn clock_step(&self) -> Duration {
        self.ready.with(|ready| ready.as_ref().map_or(Duration::from_millis(1), |r| r.clock_step))
    }
}

fn set_if_changed<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|old| *old != value) {
        signal.set(value);
    }
}
