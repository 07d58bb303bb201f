//! Who is connected, and how much has been said. A WebSocket enters the list before its handshake is answered and leaves it
//! when its task ends, however it ends.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::ws::budget::Budget;
use crate::ws::close::Close;
use crate::ws::outbox::Outbox;
use crate::ws::traffic::Traffic;

/// The WebSocket paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Route {
    /// `/ws`
    Plain,
    /// `/ws/echo`
    Echo,
    /// `/ws/rooms`
    Rooms,
    /// `/ws/fragments`
    Fragments,
    /// `/ws/agent`
    Agent,
    /// `/ws/events`
    Events,
    /// `/ws/fault`
    Fault,
    /// `/ws/proxy`
    Proxy,
    /// `/ws/relay`
    Relay,
    /// `/ws/relay/events`
    RelayEvents,
    /// `/ws/recordings`
    Recordings,
}

impl Route {
    /// Every path.
    pub const ALL: [Self; 11] = [
        Self::Plain,
        Self::Echo,
        Self::Rooms,
        Self::Fragments,
        Self::Agent,
        Self::Events,
        Self::Fault,
        Self::Proxy,
        Self::Relay,
        Self::RelayEvents,
        Self::Recordings,
    ];

    /// The path as a URL has it.
    pub fn path(self) -> &'static str {
        match self {
            Self::Plain => "/ws",
            Self::Echo => "/ws/echo",
            Self::Rooms => "/ws/rooms",
            Self::Fragments => "/ws/fragments",
            Self::Agent => "/ws/agent",
            Self::Events => "/ws/events",
            Self::Fault => "/ws/fault",
            Self::Proxy => "/ws/proxy",
            Self::Relay => "/ws/relay",
            Self::RelayEvents => "/ws/relay/events",
            Self::Recordings => "/ws/recordings",
        }
    }
}

/// All open connections of a server.
#[derive(Debug)]
pub struct Census {
    limit: usize,
    queue: usize,
    budget: Arc<Budget>,
    traffic: Arc<Traffic>,
    opened: AtomicU64,
    closed: AtomicU64,
    present: Mutex<Present>,
}

#[derive(Debug, Default)]
struct Present {
    visitors: HashMap<u64, Visitor>,
    next: u64,
    is_over: bool,
}

#[derive(Debug)]
struct Visitor {
    route: Route,
    outbox: Arc<Outbox>,
}

/// The server has as many connections as it takes, or is about to stop.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("the server has no room for another connection (limit {limit})")]
pub struct Full {
    limit: usize,
}

impl Census {
    /// Room for `limit` connections, each with an outbox of `queue` bytes, and for `held` bytes of all together.
    pub fn new(limit: usize, queue: usize, held: usize) -> Self {
        Self {
            limit,
            queue,
            budget: Budget::new(held),
            traffic: Arc::default(),
            opened: AtomicU64::new(0),
            closed: AtomicU64::new(0),
            present: Mutex::default(),
        }
    }

    fn present(&self) -> MutexGuard<'_, Present> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What all connections add their traffic to.
    pub fn traffic(&self) -> &Arc<Traffic> {
        &self.traffic
    }

    /// What is held for all connections.
    pub fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    /// Enters a connection.
    pub fn enter(self: &Arc<Self>, route: Route) -> Result<Visit, Full> {
        let mut present = self.present();
        if present.is_over || present.visitors.len() >= self.limit {
            return Err(Full { limit: self.limit });
        }
        let id = present.next;
        present.next += 1;
        let outbox = Arc::new(Outbox::new(self.queue, self.budget.share()));
        present.visitors.insert(id, Visitor { route, outbox: Arc::clone(&outbox) });
        self.opened.fetch_add(1, Relaxed);
        Ok(Visit { id, outbox, census: Arc::clone(self) })
    }

    /// Asks every connection to close.
    pub fn close_all(&self, close: &Close) {
        for visitor in self.present().visitors.values() {
            visitor.outbox.close(close.clone());
        }
    }

    /// Asks every connection to close, and admits no more.
    pub fn end(&self, close: &Close) {
        self.present().is_over = true;
        self.close_all(close);
    }

    /// Open connections of each route.
    pub fn by_route(&self) -> [(Route, usize); Route::ALL.len()] {
        let present = self.present();
        let mut counts = Route::ALL.map(|route| (route, 0));
        for visitor in present.visitors.values() {
            counts[visitor.route as usize].1 += 1;
        }
        counts
    }

    /// Connections opened and closed since the start.
    pub fn opened_and_closed(&self) -> (u64, u64) {
        let closed = self.closed.load(Relaxed);
        (self.opened.load(Relaxed), closed)
    }
}

/// One connection's entry; dropping it strikes it out.
#[derive(Debug)]
pub struct Visit {
    id: u64,
    outbox: Arc<Outbox>,
    census: Arc<Census>,
}

impl Visit {
    /// A number that no other connection of this server has or had.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// What is held for all connections.
    pub fn budget(&self) -> &Arc<Budget> {
        &self.census.budget
    }

    /// Where to post to this connection.
    pub fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.census.present().visitors.remove(&self.id);
        self.census.closed.fetch_add(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_is_counted_under_its_own_path() {
        let census = Arc::new(Census::new(Route::ALL.len(), 1000, 1000));
        let visits: Vec<_> = Route::ALL.into_iter().map(|route| census.enter(route).unwrap()).collect();
        assert_eq!(census.by_route(), Route::ALL.map(|route| (route, 1)));
        drop(visits);
        assert_eq!(census.by_route(), Route::ALL.map(|route| (route, 0)));
        assert_eq!(census.opened_and_closed(), (11, 11));
    }

    #[test]
    fn one_more_than_the_limit_is_refused() {
        let census = Arc::new(Census::new(1, 1000, 1000));
        let first = census.enter(Route::Echo).unwrap();
        assert_eq!(census.enter(Route::Echo).unwrap_err(), Full { limit: 1 });
        drop(first);
        assert!(census.enter(Route::Echo).is_ok());
    }

    #[test]
    fn no_client_enters_after_the_end() {
        let census = Arc::new(Census::new(10, 1000, 1000));
        census.end(&Close::going_away());
        assert!(census.enter(Route::Echo).is_err());
    }
}
