//! `/ws/events?user=`: what `POST /api/events` publishes arrives here, for one user or for all.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::census::Visit;
use super::error_reply::ErrorReply;
use super::priority::Priority;
use crate::ws::outbox::Outbox;
use crate::ws::session::Session;

/// The listeners of a server.
#[derive(Debug, Default)]
pub struct Events {
    next: AtomicU64,
    listeners: Mutex<BTreeMap<u64, Listener>>,
}

#[derive(Debug)]
struct Listener {
    user: String,
    outbox: Arc<Outbox>,
}

/// What is to be published.
#[derive(Debug, Deserialize)]
pub struct Publication {
    /// Who gets it; everybody when absent.
    pub user: Option<String>,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: String,
    /// Any JSON.
    #[serde(default)]
    pub data: Value,
    /// How it is queued.
    #[serde(default)]
    pub priority: Priority,
}

/// What became of a publication.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Receipt {
    /// The event's id, as its receivers see it.
    pub id: String,
    /// Connections that it was queued for.
    pub delivered: usize,
}

impl Events {
    fn listeners(&self) -> MutexGuard<'_, BTreeMap<u64, Listener>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues an event for those it is meant for.
    pub fn publish(&self, publication: &Publication) -> Receipt {
        // Under the lock, so that everybody gets events in the order of their ids.
        let listeners = self.listeners();
        let id = format!("evt-{}", self.next.fetch_add(1, Ordering::Relaxed) + 1);
        let event = Bytes::from(
            json!({
                "type": publication.kind,
                "id": id,
                "user": publication.user,
                "data": publication.data,
                "priority": publication.priority,
            })
            .to_string(),
        );
        let is_meant =
            |listener: &&Listener| publication.user.as_ref().is_none_or(|user| *user == listener.user);
        let lane = publication.priority.lane();
        let delivered = listeners.values().filter(is_meant).filter(|it| it.outbox.post(lane, &event)).count();
        Receipt { id, delivered }
    }

    /// Enters a listener, who gets events from now on until the place is dropped.
    pub fn enter(self: &Arc<Self>, visit: &Visit, user: String) -> Place {
        self.listeners().insert(visit.id(), Listener { user, outbox: Arc::clone(visit.outbox()) });
        Place { events: Arc::clone(self), id: visit.id() }
    }
}

/// Answers a listener, who has nothing to say, until the connection is over.
pub async fn run(session: &mut Session) {
    while session.receive().await.is_some() {
        let error_reply = ErrorReply::new("receive_only", "publish with POST /api/events");
        session.send_text(error_reply.to_text(None));
    }
}

/// A listener's place; dropping it ends what is queued for it.
#[derive(Debug)]
pub struct Place {
    events: Arc<Events>,
    id: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.events.listeners().remove(&self.id);
    }
}
