//! `/ws/agent?user=`: runs that report progress in numbered events; a user who was away can replay them.
//!
//! **Invariant:** an event gets its number when it leaves the queue and not when it enters. So numbers rise on the wire
//! even when an urgent event overtakes, and `last_seq` alone says what a client has.

mod history;
mod request;
mod script;
mod talk;
mod user;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::census::Visit;
use super::error_reply::ErrorReply;
use super::query::{Query, QueryError};
use crate::config::Limits;
use crate::tasks::Tasks;
use crate::ws::outbox::Outbox;

use script::Event;
use user::User;

pub use talk::Talk;

/// All users of the route. Their state outlives their connections.
#[derive(Debug)]
pub struct Agents {
    limits: Limits,
    tasks: Tasks,
    users: Mutex<HashMap<String, User>>,
}

/// What a connection asks for in its URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    user: String,
    /// Connections of this user; the server's limit when absent.
    most: Option<usize>,
    /// Between heartbeats; `None` for no heartbeats.
    heartbeat: Option<Duration>,
    /// Between events of a run.
    pace: Duration,
    /// Replay at once what came after this.
    last_seq: Option<u64>,
}

/// A heartbeat when the client does not say.
const HEARTBEAT: u64 = 5000;
/// A pause between events when the client does not say.
const PACE: u64 = 20;
/// The longest pause between events.
const SLOWEST: u64 = 10_000;

impl Options {
    /// Reads a query.
    pub fn read(query: &Query<'_>) -> Result<Self, QueryError> {
        let heartbeat = query.number("heartbeat", HEARTBEAT)?;
        let most = query.get("max").map(|_| query.number("max", 0)).transpose()?;
        let last_seq = query.get("last_seq").map(|_| query.number("last_seq", 0)).transpose()?;
        Ok(Self {
            user: query.name("user")?,
            most: most.map(|most| usize::try_from(most).unwrap_or(usize::MAX)),
            heartbeat: (heartbeat > 0).then(|| Duration::from_millis(heartbeat.max(10))),
            pace: Duration::from_millis(query.number("pace", PACE)?.min(SLOWEST)),
            last_seq,
        })
    }
}

/// Why a connection does not become one of its user's.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub enum NoPlace {
    /// Answered with close code 4029.
    #[error("too many connections: a user may have {0}")]
    Connections(usize),
    /// Answered with close code 1013.
    #[error("the server keeps {0} users, and all of them are here")]
    Users(usize),
}

impl Agents {
    /// No users yet. Runs are driven by tasks of `tasks`.
    pub fn new(limits: Limits, tasks: Tasks) -> Self {
        Self { limits, tasks, users: Mutex::default() }
    }

    fn users(&self) -> MutexGuard<'_, HashMap<String, User>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets events and runs. Connections stay, and numbers start again at 1.
    pub fn reset(&self) {
        let mut users = self.users();
        users.retain(|_, user| user.is_here());
        for user in users.values_mut() {
            user.reset();
        }
    }

    /// Makes a connection one of its user's.
    fn enter(self: &Arc<Self>, visit: &Visit, options: &Options) -> Result<Place, NoPlace> {
        let mut users = self.users();
        if !users.contains_key(&options.user) && users.len() >= self.limits.users {
            let idle = users.iter().filter(|(_, user)| !user.is_busy()).min_by_key(|(_, user)| user.seen);
            let idle = idle.map(|(name, _)| name.clone()).ok_or(NoPlace::Users(self.limits.users))?;
            users.remove(&idle);
        }
        let user = users
            .entry(options.user.clone())
            .or_insert_with(|| User::new(options.user.clone(), self.limits.retained));
        let most = options.most.unwrap_or(usize::MAX).min(self.limits.user_connections);
        user.enter(visit.id(), Arc::clone(visit.outbox()), most)?;
        if let Some(last_seq) = options.last_seq {
            user.replay(visit.id(), last_seq, None);
        }
        Ok(Place { agents: Arc::clone(self), id: visit.id(), user: options.user.clone() })
    }
}

/// One connection of a user. Dropping it takes the connection away and leaves the user.
#[derive(Debug)]
struct Place {
    agents: Arc<Agents>,
    id: u64,
    user: String,
}

impl Place {
    /// Acts on the user's state.
    fn with<T>(&self, act: impl FnOnce(&mut User) -> T) -> Option<T> {
        self.agents.users().get_mut(&self.user).map(act)
    }

    /// Queues events, and sees to it that they are sent.
    fn queue(&self, events: impl FnOnce(&mut User) -> Vec<Event>) -> Result<(), ErrorReply> {
        let queued = self.with(|user| {
            let events = events(user);
            user.queue(events)
        });
        if queued.transpose()?.unwrap_or(false) {
            let (agents, user) = (Arc::clone(&self.agents), self.user.clone());
            self.agents.tasks.spawn(drive(agents, user));
        }
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let id = self.id;
        self.with(|user| {
            user.leave(id);
            user.seen = Instant::now();
        });
    }
}

/// Sends a user's queued events, each in its time, until none is left or the server stops.
async fn drive(agents: Arc<Agents>, user: String) {
    loop {
        let pause = match agents.users().get_mut(&user) {
            Some(user) => user.send_next(),
            None => return,
        };
        let Some(pause) = pause else { return };
        if pause > Duration::ZERO {
            tokio::select! {
                () = sleep(pause) => {}
                () = agents.tasks.stopped() => return,
            }
        }
    }
}

/// A connection's outbox, shared with its user.
type Mailbox = Arc<Outbox>;
