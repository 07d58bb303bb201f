//! `/api`: what the server knows about itself, and the few things one may change.

use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Body, error, json as answer_json};
use super::body::{BodyError, read};
use super::toxics;
use crate::routes::Practice;
use crate::routes::events::Publication;
use crate::routes::query::Query;
use crate::ws::close::Close;

/// Answers an API request.
pub async fn answer(practice: &Practice, request: Request<Incoming>) -> Response<Body> {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let is_post = request.method() == Method::POST;
    match request.uri().path() {
        "/api/health" if is_read => answer_json(StatusCode::OK, &health(practice)),
        "/api/stats" if is_read => answer_json(StatusCode::OK, &stats(practice)),
        "/api/fragments" if is_read => fragments(practice, request.uri().query().unwrap_or_default()),
        "/api/events" if is_post => publish(practice, request).await,
        "/api/reset" if is_post => reset(practice, request).await,
        "/api/health" | "/api/stats" | "/api/fragments" => wrong_method("GET, HEAD"),
        "/api/events" | "/api/reset" => wrong_method("POST"),
        path if path == "/api/proxy" || path.starts_with("/api/proxy/") => {
            toxics::answer(practice, request).await
        }
        _ => error(
            StatusCode::NOT_FOUND,
            "not_found",
            "the API has health, stats, fragments, events, proxy, probe and reset",
        ),
    }
}

/// Answers a method that a path does not take.
pub fn wrong_method(allowed: &'static str) -> Response<Body> {
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
        "held_bytes": practice.census.budget().held(),
        "resident_bytes": memory_stats::memory_stats().map(|memory| memory.physical_mem),
    })
}

fn fragments(practice: &Practice, query: &str) -> Response<Body> {
    let query = Query::parse(query);
    match practice.fragments.state(query.get("doc")) {
        Some(state) => answer_json(StatusCode::OK, &state),
        None => error(StatusCode::NOT_FOUND, "unknown_doc", "no client has opened this document"),
    }
}

async fn publish(practice: &Practice, request: Request<Incoming>) -> Response<Body> {
    let publication = read(request, practice.limits.body).await.and_then(|body| {
        let publication: Publication = serde_json::from_slice(&body)?;
        if publication.kind.is_empty() { Err(BodyError::NoType) } else { Ok(publication) }
    });
    match publication {
        Ok(publication) => {
            let receipt = practice.events.publish(&publication);
            answer_json(StatusCode::ACCEPTED, &json!({ "id": receipt.id, "delivered": receipt.delivered }))
        }
        Err(bad) => error(bad.status(), bad.code(), bad),
    }
}

#[derive(Debug, Default, Deserialize)]
struct Reset {
    #[serde(default)]
    close: bool,
}

async fn reset(practice: &Practice, request: Request<Incoming>) -> Response<Body> {
    let wanted = read(request, practice.limits.body).await.and_then(|body| {
        if body.is_empty() { Ok(Reset::default()) } else { Ok(serde_json::from_slice(&body)?) }
    });
    match wanted {
        Ok(Reset { close }) => {
            practice.reset();
            if close {
                practice.census.close_all(&Close::new(1012, "the server was reset"));
            }
            answer_json(StatusCode::OK, &json!({ "reset": true, "closed": close }))
        }
        Err(bad) => error(bad.status(), bad.code(), bad),
    }
}
