//! A connection that the companion opens for the page, with what a page cannot send.
//!
//! Owns what the page asks of the companion, and how what the companion tells is read and said. It refuses to open anything: its
//! caller connects to the address that it gets. The companion's side is `/api/relay` and `/ws/relay`.

mod fact;
mod facts;
mod profile;
mod world;

pub use fact::{ConnectionFact, Delay, Fact, WholeDelay};
pub use facts::FactsSocket;
pub use profile::{Authorization, Field, Profile};
pub use world::{ByRelay, Relaying, RelayingSocket};

use serde_json::{Map, Value, json};

use crate::explain::companion::Companion;
use crate::{Endpoint, EndpointError, HttpRequest, Payload, World};

const RELAY: &str = "/api/relay";
const EVENTS: &str = "/ws/relay/events";

/// What a connection is opened by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// Its id, which stands in each of its facts.
    pub id: String,
    /// Where the page connects to.
    pub endpoint: Endpoint,
    /// Where facts go.
    pub events: Endpoint,
}

/// Why there is nothing to connect to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RelayError {
    /// The page came from another server than the companion.
    #[error("this page was not served by the command sockscope, and a browser alone sends no headers")]
    NoCompanion,
    /// It has no relay.
    #[error("the command sockscope that serves this page has no relay; start a newer one")]
    TooOld,
    /// It refuses, in its words.
    #[error("{0}")]
    Refused(String),
    /// Its answer cannot be read.
    #[error("the relay's answer cannot be read")]
    Unreadable,
}

/// What the relay is asked for a client of a suite.
fn request_of(endpoint: &Endpoint) -> Value {
    let mut request = json!({ "url": endpoint.url(), "headers": endpoint.fields() });
    if let Some(tls) = endpoint.tls() {
        let texts = [("certificate", &tls.certificate), ("key", &tls.key), ("ca", &tls.ca)];
        let given = texts.into_iter().filter(|(_, text)| !text.is_empty());
        let mut all: Map<String, Value> =
            given.map(|(name, text)| (name.to_owned(), text.as_str().into())).collect();
        all.insert("insecure".to_owned(), tls.insecure.into());
        request["tls"] = all.into();
    }
    request
}

/// Leaves a profile with the companion that serves the page, and says where to connect. `asked` is what it is asked, for
/// `target`.
pub async fn prepare<W: World>(
    world: &W,
    companion: &Companion,
    target: &Endpoint,
    asked: &Value,
) -> Result<Prepared, RelayError> {
    // Only a companion gets a profile, since it may hold a token.
    if !companion.is_there(world).await {
        return Err(RelayError::NoCompanion);
    }
    let request = HttpRequest {
        method: "POST".to_owned(),
        url: RELAY.to_owned(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: Some(Payload::Text(asked.to_string())),
        ..HttpRequest::default()
    };
    let answer = world.http(request).await.map_err(|error| RelayError::Refused(error.message))?;
    let told: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    if answer.status != 201 {
        return Err(match told["error"]["message"].as_str() {
            Some(_) if answer.status == 404 => RelayError::TooOld,
            Some(words) => RelayError::Refused(words.to_owned()),
            None => RelayError::Unreadable,
        });
    }
    let id = told["id"].as_str().ok_or(RelayError::Unreadable)?.to_owned();
    let path = told["path"].as_str().ok_or(RelayError::Unreadable)?;
    // Of a relative address, the browser tells the whole one.
    let server = answer.url.strip_suffix(RELAY).ok_or(RelayError::Unreadable)?;
    let unreadable = |_: EndpointError| RelayError::Unreadable;
    let endpoint = Endpoint::parse(&format!("{server}{path}")).map_err(unreadable)?;
    let endpoint = endpoint.with_protocols(target.protocols().iter().cloned()).map_err(unreadable)?;
    let events = Endpoint::parse(&format!("{server}{EVENTS}")).map_err(unreadable)?;
    Ok(Prepared { id, endpoint, events })
}

/// Asks to be told of a connection.
pub fn watch(id: &str) -> String {
    json!({ "watch": id }).to_string()
}

/// Asks for a ping to its server.
pub fn ping(id: &str) -> String {
    json!({ "ping": id }).to_string()
}
