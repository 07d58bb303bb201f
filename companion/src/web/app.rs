//! One server's HTTP side: from a request to its answer.
//!
//! It owns the table of routes, and what stands before and after all of them: [`AccessPolicy`](super::access::AccessPolicy),
//! the CORS fields of the API, [`headers`]. These stand around the router rather than in it, so that no route can be without
//! them. CORS is ours as well: the layer of `tower-http` answers a preflight before a request is judged, with 200, and tells
//! every page what an allowed one may do.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{self, MatchedPath, State};
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use tower::ServiceExt;
use tracing::{debug, trace};

use super::answer::{ApiError, words};
use super::door::Door;
use super::site::Site;
use super::{api, folder, headers, opened, page, preview, probe, recordings, relay, toxics, upgrade};
use crate::log::{self, HTTP};

/// The routes with what surrounds them.
pub struct App {
    /// What the handlers share.
    pub site: Arc<Site>,
    router: Router,
    /// Whether all paths are those of another server.
    is_door: bool,
}

impl App {
    /// All routes of one server.
    pub fn new(site: Arc<Site>) -> Self {
        let router = Router::new()
            .merge(api::routes())
            .merge(toxics::routes())
            .merge(probe::routes())
            .merge(recordings::routes())
            .merge(opened::routes())
            .merge(folder::routes())
            .merge(relay::routes())
            .merge(upgrade::routes())
            .fallback(elsewhere);
        // Only the log wants to know it, and each layer costs every request a little.
        let router = if log::is_on() { router.route_layer(from_fn(named)) } else { router };
        Self { router: router.with_state(Arc::clone(&site)), site, is_door: false }
    }

    /// A proxy that records: every path is one of its target.
    pub fn recording(site: Arc<Site>, door: Door) -> Self {
        let door = Arc::new(door);
        let open = move |State(site): State<Arc<Site>>, request: extract::Request| {
            let door = Arc::clone(&door);
            async move { door.open(&site, request).await }
        };
        let router = Router::new().fallback(open).with_state(Arc::clone(&site));
        Self { router, site, is_door: true }
    }

    /// Answers one request.
    pub async fn answer(&self, request: Request<Incoming>) -> Response {
        let began = Instant::now();
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        trace!(target: HTTP, %method, "asked");
        let policy = &self.site.policy;
        let is_api = !self.is_door && is_below(&path, "/api");
        let reader =
            policy.allowed_origin(request.headers()).and_then(|origin| HeaderValue::from_str(origin).ok());
        let mut route: Option<MatchedPath> = None;
        let mut response = match policy.check(&request) {
            Err(denied) if is_api => ApiError::new(denied.status(), "refused", denied).into_response(),
            Err(denied) => words(denied.status(), denied),
            Ok(()) if is_api && request.method() == Method::OPTIONS => preflight(reader.is_some()),
            Ok(()) => match self.router.clone().oneshot(request).await {
                Ok(mut response) => {
                    route = response.extensions_mut().remove();
                    if is_api { allowing(response) } else { response }
                }
                Err(never) => match never {},
            },
        };
        let status = response.status();
        let fields = response.headers_mut();
        // RFC 9110, section 8.6: the router gives every answer a length, and these must not have one, or not that of nothing.
        if status.is_informational() || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
            fields.remove(header::CONTENT_LENGTH);
        }
        headers::add(fields, is_api);
        if !self.is_door && !is_api && self.site.folder.is_some() {
            fields.insert("server-timing", HeaderValue::from_static(folder::FIELD));
        }
        if is_api {
            share(fields, reader);
        }
        // Any other path is the client's: it may be part of an address with a token in it.
        let is_file = !is_api && matches!(status, StatusCode::OK | StatusCode::NOT_MODIFIED);
        let path = route.as_ref().map(MatchedPath::as_str).or(is_file.then_some(&path));
        debug!(target: HTTP, %method, path, status = status.as_u16(), took = ?began.elapsed(), "answered");
        response
    }
}

/// Says in an answer by which route it was given.
async fn named(route: MatchedPath, request: extract::Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.extensions_mut().insert(route);
    response
}

/// Whether a path is this one or below it.
fn is_below(path: &str, top: &str) -> bool {
    path.strip_prefix(top).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Answers a path that is not a route: the page is there, or nothing is.
async fn elsewhere(
    State(site): State<Arc<Site>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    extensions: Extensions,
) -> Response {
    match uri.path() {
        path if is_below(path, "/api/proxy") => toxics::unknown().into_response(),
        path if is_below(path, "/api") => api::unknown().into_response(),
        path if is_below(path, "/ws") => upgrade::unknown(),
        path => {
            let origin = preview::origin(&headers, &extensions);
            page::serve(&*site.assets, &method, path, &headers, origin.as_deref())
        }
    }
}

/// Gives the router's answer to a method that a route does not take the words of the API.
fn allowing(response: Response) -> Response {
    let allowed = response.headers().get(header::ALLOW).and_then(|allowed| allowed.to_str().ok());
    let (StatusCode::METHOD_NOT_ALLOWED, Some(allowed)) = (response.status(), allowed) else {
        return response;
    };
    let allowed = allowed.replace(',', ", ");
    let error = ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", format_args!("use {allowed}"));
    ([(header::ALLOW, allowed)], error).into_response()
}

/// Lets the pages of an allowed origin read an API answer.
fn share(headers: &mut HeaderMap, reader: Option<HeaderValue>) {
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = reader {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
}

/// What a browser asks before a page of another origin may write.
fn preflight(is_allowed: bool) -> Response {
    let fields = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, DELETE"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    let status = StatusCode::NO_CONTENT;
    if is_allowed { (status, fields).into_response() } else { status.into_response() }
}
