//! `/api`: what the server knows about itself, and the few things one may change.

use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::answer::{Body, error, json as json_answer};
use crate::routes::Practice;

/// Answers an API request.
pub async fn answer(practice: &Practice, request: Request<Incoming>) -> Response<Body> {
    let (is_read, path) = (matches!(*request.method(), Method::GET | Method::HEAD), request.uri().path());
    match path {
        "/api/health" if is_read => json_answer(StatusCode::OK, &health(practice)),
        "/api/stats" if is_read => json_answer(StatusCode::OK, &stats(practice)),
        "/api/health" | "/api/stats" => wrong_method("GET, HEAD"),
        _ => error(StatusCode::NOT_FOUND, "not_found", "the API has no such path"),
    }
}

fn wrong_method(allowed: &'static str) -> Response<Body> {
    let mut response = error(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", format_args!("use {allowed}"));
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    response
}

fn health(practice: &Practice) -> Value {
    json!({
        "status": "ok",
        "name": "sockscope",
        "version": env!("CARGO_PKG_VERSION"),
        "uptime_seconds": practice.started.elapsed().as_secs_f64(),
    })
}

fn stats(practice: &Practice) -> Value {
    let by_route = practice.census.by_route();
    let (opened, closed) = practice.census.opened_and_closed();
    let traffic = practice.census.traffic().total();
    let routes: serde_json::Map<_, _> =
        by_route.iter().map(|(route, count)| (route.path().to_owned(), json!(count))).collect();
    json!({
        "connections": {
            "total": by_route.iter().map(|(_, count)| count).sum::<usize>(),
            "routes": routes,
        },
        "opened": opened,
        "closed": closed,
        "messages": { "in": traffic.messages_in, "out": traffic.messages_out },
        "bytes": { "in": traffic.bytes_in, "out": traffic.bytes_out },
        "uptime_seconds": practice.started.elapsed().as_secs_f64(),
        "resident_bytes": memory_stats::memory_stats().map(|memory| memory.physical_mem),
    })
}
