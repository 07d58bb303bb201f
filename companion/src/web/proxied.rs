//! The door of `/ws/proxy`: the target is asked first, and its answer is the page's.
//!
//! It owns which header fields pass. The target's decisions (status, subprotocol, accept key) pass unchanged: a page has to see
//! its server's mistakes, not ours.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::GetAll;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use tracing::{Instrument, debug, debug_span};

use super::answer::words;
use super::site::Site;
use super::upgrade::{AS_ASKED, refuse};
use crate::destination::Destination;
use crate::log::PROXY;
use crate::routes::census::Route;
use crate::routes::proxy::options::Options;
use crate::routes::proxy::{self, End};
use crate::routes::recordings::Recording;
use crate::ws::dial::{Answer, Judged, dial};
use crate::ws::trust::Trust;
use crate::ws::upgrade::{Handshake, Subprotocols, transport};

/// What the target gets of the page's request, in the case in which browsers write it. No extensions: a compressed
/// message that is lost would take those after it along.
const ASKED: [(HeaderName, &str); 7] = [
    (header::SEC_WEBSOCKET_VERSION, "Sec-WebSocket-Version"),
    (header::SEC_WEBSOCKET_KEY, "Sec-WebSocket-Key"),
    (header::SEC_WEBSOCKET_PROTOCOL, "Sec-WebSocket-Protocol"),
    (header::ORIGIN, "Origin"),
    (header::USER_AGENT, "User-Agent"),
    (header::ACCEPT_LANGUAGE, "Accept-Language"),
    (header::AUTHORIZATION, "Authorization"),
];

/// What the page gets of the target's answer.
const ANSWERED: [HeaderName; 7] = [
    header::SEC_WEBSOCKET_ACCEPT,
    header::SEC_WEBSOCKET_PROTOCOL,
    header::SEC_WEBSOCKET_EXTENSIONS,
    header::SEC_WEBSOCKET_VERSION,
    header::CONTENT_TYPE,
    header::WWW_AUTHENTICATE,
    header::RETRY_AFTER,
];

/// What is between two neighbours, and what this proxy says for itself. No extensions here either.
const OWN: [HeaderName; 9] = [
    header::HOST,
    header::CONNECTION,
    header::UPGRADE,
    header::SEC_WEBSOCKET_EXTENSIONS,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::TE,
    header::TRAILER,
    header::VIA,
];

/// Asks the target, answers the page, and starts passing on when both agree.
pub async fn open(
    site: &Site,
    request: &mut Request,
    options: &Options,
    kept: Option<&Arc<Recording>>,
) -> Response {
    let board = &site.practice.proxy;
    if has_come_by(request.headers(), &board.mark) {
        return words(StatusCode::LOOP_DETECTED, "the proxy's target is the proxy itself");
    }
    let handshake = match Handshake::read(request, Subprotocols::None) {
        Ok(handshake) => handshake,
        Err(refusal) => return refuse(Route::Proxy, refusal),
    };
    let seeds = board.seeds(options);
    if let Some(status) = board.refusal(options, seeds).and_then(|status| StatusCode::from_u16(status).ok()) {
        return words(status, AS_ASKED);
    }
    let visit = match site.practice.census.enter(Route::Proxy) {
        Ok(visit) => visit,
        Err(full) => return words(StatusCode::SERVICE_UNAVAILABLE, full),
    };
    let named = options.record.as_deref().map(|name| site.practice.recordings.named(name)).transpose();
    let line = match named {
        Ok(named) => {
            let recording = named.or_else(|| kept.cloned());
            let offered = listed(request.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL));
            recording.map(|recording| Arc::new(recording.connect(&options.to.to_string(), offered)))
        }
        Err(full) => return words(StatusCode::SERVICE_UNAVAILABLE, full),
    };
    let failed = |why: &dyn Display| line.iter().for_each(|line| line.failed(&why.to_string()));
    let via = via(request.headers(), &board.mark);
    let fields = asked(request.headers(), options, &via);
    let span = debug_span!(target: PROXY, "proxy", id = visit.id(), to = options.to.authority());
    let trust = if options.is_insecure { Trust::Any } else { Trust::System };
    let dialled = async {
        let way = Judged::of(&options.to, &board.reach).await?;
        dial(&options.to, &way, &trust, &fields).await
    };
    let dialled = dialled.instrument(span.clone()).await;
    let answer = match dialled {
        Ok(answer) => answer,
        Err(error) => {
            failed(&error);
            return words(error.status(), error);
        }
    };
    let mut response = hand_on(&answer, options.passes_all);
    if answer.status != StatusCode::SWITCHING_PROTOCOLS {
        failed(&format_args!("the handshake was answered with status {}", answer.status.as_u16()));
        return response;
    }
    if let Some(line) = &line {
        let agreed = |name| listed(answer.headers.get_all(name)).join(", ");
        line.opened(&agreed(header::SEC_WEBSOCKET_PROTOCOL), &agreed(header::SEC_WEBSOCKET_EXTENSIONS));
    }
    begin_upgrade(&mut response);
    let upgrade = handshake.into_upgrade();
    let seat = board.enter(visit.id(), options);
    let practice = Arc::clone(&site.practice);
    let served = async move {
        let Some((conn, early)) = transport(upgrade).await else { return };
        let opened = Instant::now();
        debug!(target: PROXY, "opened");
        let target = End { conn: answer.conn, early: answer.early };
        let page = End { conn, early };
        let (most, census) = (practice.limits.message, &practice.census);
        proxy::run(seat, seeds, visit.outbox(), most, census, [page, target], line).await;
        debug!(target: PROXY, took = ?opened.elapsed(), "closed");
        drop(visit);
    };
    site.tasks.spawn(served.instrument(span));
    response
}

/// Whether a request has been through this proxy before.
fn has_come_by(headers: &HeaderMap, mark: &str) -> bool {
    let values = headers.get_all(header::VIA).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|hop| hop.trim() == mark)
}

/// The items of a field that is a list.
fn listed(values: GetAll<'_, HeaderValue>) -> Vec<String> {
    let values = values.into_iter().filter_map(|value| value.to_str().ok());
    let items = values.flat_map(|value| value.split(',')).map(str::trim).filter(|item| !item.is_empty());
    items.map(str::to_owned).collect()
}

/// The hops so far, and this one.
fn via(headers: &HeaderMap, mark: &str) -> HeaderValue {
    let before = headers.get_all(header::VIA).into_iter().filter_map(|value| value.to_str().ok());
    let all: Vec<&str> = before.chain([mark]).collect();
    HeaderValue::from_str(&all.join(", ")).expect("visible characters joined by a comma are visible")
}

fn asked<'a>(
    headers: &'a HeaderMap,
    options: &Options,
    via: &'a HeaderValue,
) -> Vec<(&'a str, &'a HeaderValue)> {
    let mut fields = Vec::new();
    if options.passes_all {
        let own = headers.iter().filter(|(name, _)| !OWN.contains(name));
        fields.extend(own.map(|(name, value)| (written(name), value)));
        fields.push(("Via", via));
        return fields;
    }
    for (name, written) in &ASKED {
        fields.extend(headers.get_all(name).into_iter().map(|value| (*written, value)));
    }
    fields.extend(cookies_of_host(headers, &options.to).map(|value| ("Cookie", value)));
    fields.push(("Via", via));
    fields
}

/// The name of a field in the case in which browsers write it, where it is one of a handshake.
fn written(name: &HeaderName) -> &str {
    ASKED.iter().find(|(known, _)| known == name).map_or(name.as_str(), |(_, written)| written)
}

/// The page's cookies for a target: a browser gives a host's cookies to all its ports, and to no other host.
pub fn cookies_of_host<'a>(
    headers: &'a HeaderMap,
    to: &Destination,
) -> impl Iterator<Item = &'a HeaderValue> + use<'a> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    let is_same = host.is_some_and(|host| {
        let bare = host.host().trim_start_matches('[').trim_end_matches(']');
        bare.eq_ignore_ascii_case(to.host())
    });
    headers.get_all(header::COOKIE).into_iter().filter(move |_| is_same)
}

/// Makes an answer of 101 one that the page's connection is upgraded by.
pub fn begin_upgrade(response: &mut Response) {
    for (name, value) in [(header::CONNECTION, "upgrade"), (header::UPGRADE, "websocket")] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
}

/// The target's answer as the page's. A body that was not read whole is not passed on as if it were.
pub fn hand_on(answer: &Answer, passes_all: bool) -> Response {
    let body = if answer.body.is_cut { Bytes::new() } else { answer.body.bytes.clone() };
    let is_empty = body.is_empty();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = answer.status;
    let passes = |name: &HeaderName| {
        if passes_all {
            !OWN.contains(name) || name == header::SEC_WEBSOCKET_EXTENSIONS
        } else {
            ANSWERED.contains(name)
        }
    };
    for (name, value) in answer.headers.iter().filter(|(name, _)| passes(name)) {
        response.headers_mut().append(name, value.clone());
    }
    if is_empty && answer.status != StatusCode::SWITCHING_PROTOCOLS {
        *response.body_mut() = Body::from(format!("the target has answered with {}\n", answer.status));
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    }
    response
}
