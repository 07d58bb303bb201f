//! From an HTTP request under `/ws` to a route's task.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};

use super::answer::{Body, words};
use super::site::Site;
use crate::routes::census::Route;
use crate::routes::echo;
use crate::ws::session::Session;
use crate::ws::socket::Socket;
use crate::ws::upgrade::{Handshake, Subprotocols, transport};

/// Answers a handshake, and starts the route's task when it succeeds.
pub fn open(site: &Site, request: &mut Request<Incoming>) -> Response<Body> {
    let Some(route) = Route::ALL.into_iter().find(|route| route.path() == request.uri().path()) else {
        return words(StatusCode::NOT_FOUND, "There is no WebSocket route at this path.");
    };
    let spoken = if route == Route::Echo { echo::SUBPROTOCOLS } else { Subprotocols::None };
    let handshake = match Handshake::read(request, spoken) {
        Ok(handshake) => handshake,
        Err(refusal) => return words(refusal.status(), refusal.to_string()),
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
        let socket = Socket::new(conn, &early, practice.limits.message, traffic);
        let mut session = Session::new(socket, Arc::clone(visit.outbox()));
        echo::run(&mut session).await;
        session.finish().await;
        drop(visit);
    });
    response
}
