//! `POST /api/relay` and the door of `/ws/relay`: the target is asked with what the profile says, and its answer is the page's.
//!
//! Owns which header fields the target gets, and what the page learns of its answer. **Invariant:** an address has the id of a profile
//! and nothing of its content, and nothing of it is logged.

mod profile;

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::post;
use serde_json::{Value, json};
use tracing::{Instrument, debug, debug_span};

use self::profile::{ProfileError, ProfileRequest};
use super::answer::{ApiError, document, words};
use super::body::Json;
use super::proxied::{begin_upgrade, cookies_of_host, hand_on};
use super::site::Site;
use super::upgrade::refuse;
use crate::log::PROXY;
use crate::routes::census::Route;
use crate::routes::proxy::End;
use crate::routes::relay;
use crate::routes::relay::facts::{Facts, millis};
use crate::routes::relay::table::{PATIENCE, Profile};
use crate::ws::dial::{Answer, DialError, Judged, dial};
use crate::ws::tls_words::Culprit;
use crate::ws::upgrade::{Handshake, Subprotocols, transport};

/// What the target gets of the page's handshake, in the case in which browsers write it. Compression is agreed on between the
/// page and the target.
const ASKED: [(HeaderName, &str); 6] = [
    (header::SEC_WEBSOCKET_VERSION, "Sec-WebSocket-Version"),
    (header::SEC_WEBSOCKET_KEY, "Sec-WebSocket-Key"),
    (header::SEC_WEBSOCKET_EXTENSIONS, "Sec-WebSocket-Extensions"),
    (header::SEC_WEBSOCKET_PROTOCOL, "Sec-WebSocket-Protocol"),
    (header::USER_AGENT, "User-Agent"),
    (header::ACCEPT_LANGUAGE, "Accept-Language"),
];

/// The route. No GET, which pages of other sites may send.
pub fn routes() -> Router<Arc<Site>> {
    Router::new().route("/api/relay", post(prepare))
}

impl From<ProfileError> for ApiError {
    fn from(error: ProfileError) -> Self {
        let (status, code) = error.status();
        Self::new(status, code, error)
    }
}

/// Takes a profile, judges where it leads, and answers with the id of one connection.
async fn prepare(
    State(site): State<Arc<Site>>,
    Json(wanted): Json<ProfileRequest>,
) -> Result<Response, ApiError> {
    let wanted = wanted.read(site.takes_any_certificate)?;
    let reach = &site.practice.proxy.reach;
    let way = match &wanted.proxy {
        None => Judged::of(&wanted.destination, reach).await?,
        Some((proxy, authorization)) => {
            Judged::through(proxy, authorization.clone(), &wanted.destination, reach).await?
        }
    };
    let profile = Profile {
        destination: wanted.destination,
        way,
        trust: wanted.trust,
        fields: wanted.fields,
        cookies: wanted.cookies,
        origin: wanted.origin,
    };
    let id = site.practice.relay.put(profile);
    let id = id.map_err(|full| ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", full))?;
    let told = json!({ "id": id, "path": format!("{}?id={id}", Route::Relay.path()), "expires_in_seconds": PATIENCE.as_secs() });
    Ok(document(StatusCode::CREATED, &told))
}

/// Asks the target, answers the page, and starts passing on when both agree.
pub async fn open(site: &Site, request: &mut Request, id: &str) -> Response {
    let handshake = match Handshake::read(request, Subprotocols::None) {
        Ok(handshake) => handshake,
        Err(refusal) => return refuse(Route::Relay, refusal),
    };
    let visit = match site.practice.census.enter(Route::Relay) {
        Ok(visit) => visit,
        Err(full) => return words(StatusCode::SERVICE_UNAVAILABLE, full),
    };
    let Some((profile, facts)) = site.practice.relay.take(id) else {
        let seconds = PATIENCE.as_secs();
        let told = format_args!(
            "no profile waits under this id: one is good for one connection, within {seconds} s of POST /api/relay"
        );
        return words(StatusCode::NOT_FOUND, told);
    };
    let fields = asked(request.headers(), &profile);
    let span = debug_span!(target: PROXY, "relay", id = visit.id(), to = profile.destination.authority());
    let began = Instant::now();
    let dialled = dial(&profile.destination, &profile.way, &profile.trust, &fields).instrument(span.clone());
    let answer = match dialled.await {
        Ok(answer) => answer,
        Err(error) => {
            facts.tell("unreachable", json!({ "words": in_words(&error) }));
            facts.end(json!({ "how": "unreachable" }));
            return words(error.status(), in_words(&error));
        }
    };
    tell_answer(&facts, &answer, began);
    let mut response = hand_on(&answer, false);
    if answer.status != StatusCode::SWITCHING_PROTOCOLS {
        facts.end(json!({ "how": "refused" }));
        return response;
    }
    begin_upgrade(&mut response);
    let upgrade = handshake.into_upgrade();
    let practice = Arc::clone(&site.practice);
    let served = async move {
        let Some((conn, early)) = transport(upgrade).await else {
            return facts.end(json!({ "how": "left" }));
        };
        let opened = Instant::now();
        debug!(target: PROXY, "opened");
        let target = End { conn: answer.conn, early: answer.early };
        relay::run(&facts, visit.outbox(), &practice.census, End { conn, early }, target).await;
        debug!(target: PROXY, took = ?opened.elapsed(), "closed");
        drop(visit);
    };
    site.tasks.spawn(served.instrument(span));
    response
}

fn asked<'a>(headers: &'a HeaderMap, profile: &'a Profile) -> Vec<(&'a str, &'a HeaderValue)> {
    let is_given = |name: &str| profile.fields.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
    let mut fields: Vec<(&'a str, &'a HeaderValue)> = Vec::new();
    for (name, written) in &ASKED {
        if !is_given(written) {
            fields.extend(headers.get_all(name).into_iter().map(|value| (*written, value)));
        }
    }
    match &profile.origin {
        Some(origin) => fields.push(("Origin", origin)),
        None => {
            fields.extend(headers.get_all(header::ORIGIN).into_iter().map(|value| ("Origin", value)));
        }
    }
    match &profile.cookies {
        Some(cookies) => fields.push(("Cookie", cookies)),
        None => fields.extend(cookies_of_host(headers, &profile.destination).map(|value| ("Cookie", value))),
    }
    fields.extend(profile.fields.iter().map(|(name, value)| (name.as_str(), value)));
    fields
}

/// The words of the proxy name a parameter of its own.
fn in_words(error: &DialError) -> String {
    let words = error.to_string().replace("insecure=true", "\"tls\": {\"insecure\": true}");
    match error {
        DialError::Tls { culprit: Culprit::Client, .. } => format!(
            "{words}; give \"certificate\" and \"key\" in \"tls\" of the client, or Client certificate under Headers of the connection"
        ),
        _ => words,
    }
}

/// Tells what the target has answered, with what a browser keeps from its page.
fn tell_answer(facts: &Facts, answer: &Answer, began: Instant) {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers: Vec<_> = answer.headers.iter().map(|(name, value)| (name.as_str(), text(value))).collect();
    let mut told = json!({
        "status": answer.status.as_u16(),
        "reason": answer.status.canonical_reason().unwrap_or_default(),
        "headers": headers,
        "address": answer.address.map(|address| address.to_string()),
        "took_ms": millis(began.elapsed()),
    });
    if answer.status != StatusCode::SWITCHING_PROTOCOLS {
        told["body"] = Value::String(String::from_utf8_lossy(&answer.body.bytes).into_owned());
        told["body_is_cut"] = answer.body.is_cut.into();
    }
    facts.tell("answered", told);
}
