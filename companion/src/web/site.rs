//! One server's HTTP side: from a request to its answer.
//!
//! The paths are few and fixed, every answer is in memory, and the WebSocket routes take their connection away from
//! HTTP: a router and extractors would have added a layer and no shorter code.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

use super::access::AccessPolicy;
use super::answer::{Body, error, words};
use super::assets::Assets;
use super::probe::{self, Probes};
use super::{api, headers, page, upgrade};
use crate::routes::Practice;
use crate::tasks::Tasks;

/// Everything that answering needs.
pub struct Site {
    /// Which requests pass.
    pub gate: AccessPolicy,
    /// The page.
    pub assets: Box<dyn Assets>,
    /// What the routes share.
    pub practice: Arc<Practice>,
    /// Where a connection's task runs once it is a WebSocket.
    pub tasks: Tasks,
    /// Looks at other servers that are under way.
    pub probes: Probes,
}

impl Site {
    /// Answers one request.
    pub async fn answer(&self, mut request: Request<Incoming>) -> Response<Body> {
        let path = request.uri().path().to_owned();
        let is_api = path == "/api" || path.starts_with("/api/");
        let reader =
            self.gate.allowed_origin(request.headers()).and_then(|origin| HeaderValue::from_str(origin).ok());
        let mut response = match self.gate.check(&request) {
            Err(barred) if is_api => error(barred.status(), "refused", barred),
            Err(barred) => words(barred.status(), barred.to_string()),
            Ok(()) if is_api && request.method() == Method::OPTIONS => preflight(reader.is_some()),
            Ok(()) if path == probe::PATH => probe::answer(self, request).await,
            Ok(()) if is_api => api::answer(&self.practice, request).await,
            Ok(()) if path == "/ws" || path.starts_with("/ws/") => upgrade::open(self, &mut request).await,
            Ok(()) => page::serve(&*self.assets, request.method(), &path, request.headers()),
        };
        headers::add(response.headers_mut(), is_api);
        if is_api {
            share(response.headers_mut(), reader);
        }
        response
    }
}

/// Lets the pages of an allowed origin read an API answer.
fn share(headers: &mut HeaderMap, reader: Option<HeaderValue>) {
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = reader {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
}

/// What a browser asks before a page of another origin may write.
fn preflight(is_allowed: bool) -> Response<Body> {
    let mut response = Response::new(Body::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    if is_allowed {
        for (name, value) in [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, DELETE"),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
            (header::ACCESS_CONTROL_MAX_AGE, "600"),
        ] {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
    }
    response
}
