//! From an HTTP request under `/ws` to a route's task.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{HeaderMap, Request, Response, StatusCode, header};

use super::answer::{Body, words};
use super::relay;
use super::site::Site;
use crate::routes::census::Route;
use crate::routes::echo;
use crate::routes::query::Query;
use crate::routes::route_request::RouteRequest;
use crate::ws::session::Session;
use crate::ws::socket::Socket;
use crate::ws::upgrade::{Handshake, Refusal, Subprotocols, transport};

/// What a client reads whose handshake was to be refused.
pub const AS_ASKED: &str = "refused, as it was asked to";

/// Answers a handshake, and starts the route's task when it succeeds.
pub async fn open(site: &Site, request: &mut Request<Incoming>) -> Response<Body> {
    let Some(route) = Route::ALL.into_iter().find(|route| route.path() == request.uri().path()) else {
        let paths = Route::ALL.map(Route::path).join(", ");
        return words(StatusCode::NOT_FOUND, format!("there is no route at this path; there are {paths}"));
    };
    let errand = match RouteRequest::read(route, &Query::parse(request.uri().query().unwrap_or_default())) {
        Ok(errand) => errand,
        Err(error) => return words(StatusCode::BAD_REQUEST, error.to_string()),
    };
    if let RouteRequest::Proxy(options) = errand {
        return relay::open(site, request, &options).await;
    }
    if let Some(status) = errand.refusal().and_then(|status| StatusCode::from_u16(status).ok()) {
        return words(status, AS_ASKED);
    }
    let spoken = if route == Route::Echo { echo::SUBPROTOCOLS } else { Subprotocols::None };
    let handshake = match Handshake::read(request, spoken) {
        Ok(handshake) => handshake,
        Err(refusal) => return refuse(refusal),
    };
    let visit = match site.practice.census.enter(route) {
        Ok(visit) => visit,
        Err(full) => return words(StatusCode::SERVICE_UNAVAILABLE, full.to_string()),
    };
    let practice = Arc::clone(&site.practice);
    let (response, upgrade) = handshake.answer();
    site.tasks.spawn(async move {
        let Some((conn, early)) = transport(upgrade).await else { return };
        let traffic = Arc::clone(practice.census.traffic());
        let socket = Socket::new(conn, &early, practice.limits.message, traffic, visit.budget().share());
        let mut session = Session::new(socket, Arc::clone(visit.outbox()));
        errand.run(&practice, &mut session, &visit).await;
        session.finish().await;
        drop(visit);
    });
    response
}

/// Answers a request that does not become a WebSocket.
pub fn refuse(refusal: Refusal) -> Response<Body> {
    let mut response = words(refusal.status(), refusal.to_string());
    // RFC 6455, section 4.4, and RFC 9110, section 15.5.22: what would have been accepted.
    let headers: &mut HeaderMap = response.headers_mut();
    if refusal == Refusal::Version {
        headers.insert(header::SEC_WEBSOCKET_VERSION, header::HeaderValue::from_static("13"));
    }
    if refusal.status() == StatusCode::UPGRADE_REQUIRED {
        headers.insert(header::UPGRADE, header::HeaderValue::from_static("websocket"));
    }
    response
}
