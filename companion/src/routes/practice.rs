//! What the routes of one server share.

use std::sync::Arc;
use std::time::Instant;

use super::agent::Agents;
use super::census::Census;
use super::events::Events;
use super::fragments::Fragments;
use super::jobs::Jobs;
use super::offers::Offers;
use super::proxy::LinkTable;
use super::recordings::Recordings;
use super::relay;
use super::rooms::Rooms;
use super::sessions::Sessions;
use crate::config::Limits;
use crate::destination::Reach;
use crate::tasks::Tasks;

/// The state behind the WebSocket routes and the API.
#[derive(Debug)]
pub struct Practice {
    /// What is bounded, and at how much.
    pub limits: Limits,
    /// Who is connected.
    pub census: Arc<Census>,
    /// `/ws/rooms`
    pub rooms: Rooms,
    /// `/ws/fragments`
    pub fragments: Arc<Fragments>,
    /// `/ws/agent`
    pub agents: Arc<Agents>,
    /// `/ws/events`
    pub events: Arc<Events>,
    /// `/api/jobs`
    pub jobs: Jobs,
    /// `POST /api/login`
    pub sessions: Sessions,
    /// `/ws/proxy`
    pub proxy: Arc<LinkTable>,
    /// `/ws/relay`
    pub relay: relay::Table,
    /// What the proxy records.
    pub recordings: Recordings,
    /// What `sockscope open` offers.
    pub offers: Offers,
    /// When the server started.
    pub started: Instant,
}

impl Practice {
    /// A server's state without connections.
    pub fn new(limits: Limits, reach: Reach, tasks: Tasks) -> Self {
        Self {
            limits,
            census: Arc::new(Census::new(limits.connections, limits.queue, limits.held)),
            rooms: Rooms::new(limits),
            fragments: Arc::new(Fragments::new(limits)),
            agents: Arc::new(Agents::new(limits, tasks.clone())),
            events: Arc::default(),
            jobs: Jobs::new(tasks),
            sessions: Sessions::default(),
            proxy: Arc::new(LinkTable::new(reach)),
            relay: relay::Table::default(),
            recordings: Recordings::default(),
            offers: Offers::default(),
            started: Instant::now(),
        }
    }

    /// Forgets rooms, documents, runs, events, jobs, toxics, recordings and the relay's profiles. Connections stay.
    pub fn reset(&self) {
        self.rooms.reset();
        self.fragments.reset();
        self.agents.reset();
        self.jobs.reset();
        self.proxy.reset();
        self.relay.reset();
        self.recordings.reset();
    }
}
