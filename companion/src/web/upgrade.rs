//! From an HTTP request under `/ws` to a route's task.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, SEC_WEBSOCKET_VERSION, UPGRADE};
use axum::response::Response;
use axum::routing::any;
use tracing::{Instrument, debug, debug_span};

use super::answer::words;
use super::site::Site;
use super::{proxied, relay};
use crate::log::WEBSOCKET;
use crate::routes::census::Route;
use crate::routes::echo;
use crate::routes::query::Query;
use crate::routes::route_request::RouteRequest;
use crate::ws::session::Session;
use crate::ws::socket::Socket;
use crate::ws::upgrade::{Handshake, Refusal, Subprotocols, transport};

/// What a client reads whose handshake was to be refused.
pub const AS_ASKED: &str = "refused, as it was asked to";

/// What a client reads that has not logged in.
const NO_SESSION: &str = "this handshake needs the cookie that POST /api/login sets";

/// The routes. What is wrong with a method is wrong with the handshake, and said there.
pub fn routes() -> Router<Arc<Site>> {
    Route::ALL.into_iter().fold(Router::new(), |router, route| {
        let open = move |State(site): State<Arc<Site>>, request: Request| open(site, route, request);
        router.route(route.path(), any(open))
    })
}

/// There is no such path.
pub fn unknown() -> Response {
    let paths = Route::ALL.map(Route::path).join(", ");
    words(StatusCode::NOT_FOUND, format_args!("there is no route at this path; there are {paths}"))
}

/// Answers a handshake, and starts the route's task when it succeeds.
async fn open(site: Arc<Site>, route: Route, mut request: Request) -> Response {
    let query = Query::parse(request.uri().query().unwrap_or_default());
    // What a proxied server does with its query is not ours.
    let is_passed_on = matches!(route, Route::Proxy | Route::Relay);
    let (query, session) = if is_passed_on { (query, None) } else { query.without("session") };
    match session.as_deref() {
        Some("required") if site.practice.sessions.user(request.headers()).is_none() => {
            return words(StatusCode::UNAUTHORIZED, NO_SESSION);
        }
        Some("required") | None => {}
        Some(_) => return words(StatusCode::BAD_REQUEST, "session is \"required\", or it is left out"),
    }
    let errand = match RouteRequest::read(route, &query) {
        Ok(errand) => errand,
        Err(error) => return words(StatusCode::BAD_REQUEST, error),
    };
    match errand {
        RouteRequest::Proxy(options) => return proxied::open(&site, &mut request, &options, None).await,
        RouteRequest::Relay(id) => return relay::open(&site, &mut request, &id).await,
        _ => {}
    }
    if let Some(status) = errand.refusal().and_then(|status| StatusCode::from_u16(status).ok()) {
        return words(status, AS_ASKED);
    }
    let spoken = if route == Route::Echo { echo::SUBPROTOCOLS } else { Subprotocols::None };
    let handshake = match Handshake::read(&mut request, spoken) {
        Ok(handshake) => handshake,
        Err(refusal) => return refuse(route, refusal),
    };
    let visit = match site.practice.census.enter(route) {
        Ok(visit) => visit,
        Err(full) => return words(StatusCode::SERVICE_UNAVAILABLE, full),
    };
    let practice = Arc::clone(&site.practice);
    let place = errand.enter(&practice, &visit);
    let (response, upgrade) = handshake.answer();
    let span = debug_span!(target: WEBSOCKET, "websocket", id = visit.id(), route = route.path());
    let served = async move {
        let Some((conn, early)) = transport(upgrade).await else { return };
        let opened = Instant::now();
        debug!(target: WEBSOCKET, "opened");
        let traffic = Arc::clone(practice.census.traffic());
        let socket = Socket::new(conn, &early, practice.limits.message, traffic, visit.budget().share());
        let mut session = Session::new(socket, Arc::clone(visit.outbox()));
        errand.run(&practice, &mut session, &visit).await;
        drop(place);
        let end = session.finish().await;
        debug!(target: WEBSOCKET, code = end.code(), by = end.by(), took = ?opened.elapsed(), "closed");
        drop(visit);
    };
    site.tasks.spawn(served.instrument(span));
    response
}

/// Answers a request that does not become a WebSocket.
pub fn refuse(route: Route, refusal: Refusal) -> Response {
    debug!(target: WEBSOCKET, route = route.path(), %refusal, "handshake refused");
    let mut response = words(refusal.status(), refusal);
    // RFC 6455, section 4.4, and RFC 9110, section 15.5.22: what would have been accepted.
    if refusal == Refusal::Version {
        response.headers_mut().insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    }
    if refusal.status() == StatusCode::UPGRADE_REQUIRED {
        response.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
    }
    response
}
