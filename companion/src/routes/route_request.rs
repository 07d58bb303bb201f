//! What a connection came for: its path and its query, checked before the handshake is answered.

use super::agent::{Options, Talk};
use super::census::{Route, Visit};
use super::query::{LONGEST_NAME, Query, QueryError};
use super::{Practice, echo, events, fault, follow, plain, proxy, relay};
use crate::ws::close::Close;
use crate::ws::session::Session;

/// A route with everything it was asked for.
#[derive(Debug)]
pub enum RouteRequest {
    /// `/ws`
    Plain,
    /// `/ws/echo`
    Echo,
    /// `/ws/rooms`, as this user.
    Rooms(String),
    /// `/ws/fragments`
    Fragments {
        /// The document.
        doc: String,
        /// The editor's name, if it has one.
        user: Option<String>,
    },
    /// `/ws/agent`
    Agent(Box<Talk>),
    /// `/ws/events`, as this user.
    Events(String),
    /// `/ws/fault`
    Fault(Box<fault::Plan>),
    /// `/ws/proxy`
    Proxy(Box<proxy::Options>),
    /// `/ws/relay`, with the id of a profile.
    Relay(String),
    /// `/ws/relay/events`
    RelayEvents,
    /// `/ws/recordings`
    Recordings(follow::Asked),
}

impl RouteRequest {
    /// Reads the query of a route.
    pub fn read(route: Route, query: &Query<'_>) -> Result<Self, QueryError> {
        Ok(match route {
            Route::Plain => Self::Plain,
            Route::Echo => Self::Echo,
            Route::Rooms => Self::Rooms(query.name("user")?),
            Route::Fragments => {
                let user = query.get("user").filter(|user| !user.is_empty() && user.len() <= LONGEST_NAME);
                Self::Fragments { doc: query.name("doc")?, user: user.map(str::to_owned) }
            }
            Route::Agent => Self::Agent(Box::new(Talk::new(Options::read(query)?))),
            Route::Events => Self::Events(query.name("user")?),
            Route::Fault => Self::Fault(Box::new(fault::Plan::read(query)?)),
            Route::Proxy => Self::Proxy(Box::new(proxy::Options::read(query)?)),
            Route::Relay => Self::Relay(query.name("id")?),
            Route::RelayEvents => Self::RelayEvents,
            Route::Recordings => Self::Recordings(follow::Asked {
                name: query.name("name")?,
                of: query.get("of").map(str::to_owned),
                from: query.number("from", 0)?,
            }),
        })
    }

    /// The HTTP status that the handshake is to be refused with, if that is what it came for.
    pub fn refusal(&self) -> Option<u16> {
        match self {
            Self::Fault(plan) => plan.refuse,
            _ => None,
        }
    }

    /// Enters the connection where it can be reached, before its client reads that it is open: an event that the client causes
    /// next must find it.
    pub fn enter(&self, practice: &Practice, visit: &Visit) -> Option<events::Place> {
        match self {
            Self::Events(user) => Some(practice.events.enter(visit, user.clone())),
            _ => None,
        }
    }

    /// Serves the connection until it is over.
    pub async fn run(self, practice: &Practice, session: &mut Session, visit: &Visit) {
        match self {
            Self::Plain => plain::run(session).await,
            Self::Echo => echo::run(session).await,
            Self::Rooms(user) => practice.rooms.run(session, visit, user).await,
            Self::Fragments { doc, user } => {
                let user = user.unwrap_or_else(|| format!("editor-{}", visit.id()));
                match practice.fragments.enter(visit, doc, user) {
                    Ok(seat) => seat.run(session).await,
                    Err(too_many) => session.close(Close::new(1013, too_many.to_string())),
                }
            }
            Self::Agent(talk) => talk.run(&practice.agents, session, visit).await,
            Self::Events(_) => events::run(session).await,
            Self::Fault(plan) => fault::run(*plan, session, visit.budget()).await,
            Self::RelayEvents => relay::follow(&practice.relay, session).await,
            Self::Recordings(asked) => follow::run(&practice.recordings, session, asked).await,
            Self::Proxy(_) | Self::Relay(_) => {
                unreachable!("the target has to answer first, so the door sends this one another way")
            }
        }
    }
}
