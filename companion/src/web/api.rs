//! `/api`: what the server knows about itself, and the few things one may change.

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Map, json};

use super::answer::{ApiError, document};
use super::body::{BodyError, Json, Whole};
use super::site::Site;
use crate::routes::events::Publication;
use crate::routes::query::Query;
use crate::ws::close::Close;

/// The routes.
pub fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/api/health", get(health))
        .route("/api/stats", get(stats))
        .route("/api/fragments", get(fragments))
        .route("/api/events", post(publish))
        .route("/api/reset", post(reset))
}

/// There is no such path.
pub fn unknown() -> ApiError {
    let words = "the API has health, stats, fragments, events, proxy, probe and reset";
    ApiError::new(StatusCode::NOT_FOUND, "not_found", words)
}

async fn health(State(site): State<Arc<Site>>) -> Response {
    let health = json!({
        "status": "ok",
        "name": "sockscope",
        "version": env!("CARGO_PKG_VERSION"),
        "uptime_seconds": site.practice.started.elapsed().as_secs_f64(),
    });
    document(StatusCode::OK, &health)
}

async fn stats(State(site): State<Arc<Site>>) -> Response {
    let practice = &site.practice;
    let by_route = practice.census.by_route();
    let (opened, closed) = practice.census.opened_and_closed();
    let traffic = practice.census.traffic().total();
    let routes: Map<_, _> =
        by_route.iter().map(|(route, count)| (route.path().to_owned(), json!(count))).collect();
    let stats = json!({
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
    });
    document(StatusCode::OK, &stats)
}

async fn fragments(State(site): State<Arc<Site>>, RawQuery(query): RawQuery) -> Result<Response, ApiError> {
    let query = query.unwrap_or_default();
    let state = site.practice.fragments.state(Query::parse(&query).get("doc"));
    let words = "no client has opened this document";
    let state = state.ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "unknown_doc", words))?;
    Ok(document(StatusCode::OK, &state))
}

async fn publish(
    State(site): State<Arc<Site>>,
    Json(publication): Json<Publication>,
) -> Result<Response, ApiError> {
    if publication.kind.is_empty() {
        return Err(BodyError::NoType.into());
    }
    let receipt = site.practice.events.publish(&publication);
    Ok(document(StatusCode::ACCEPTED, &json!({ "id": receipt.id, "delivered": receipt.delivered })))
}

#[derive(Debug, Default, Deserialize)]
struct Reset {
    #[serde(default)]
    close: bool,
}

async fn reset(State(site): State<Arc<Site>>, Whole(body): Whole) -> Result<Response, ApiError> {
    let Reset { close } = match &body[..] {
        [] => Reset::default(),
        body => serde_json::from_slice(body).map_err(BodyError::from)?,
    };
    site.practice.reset();
    if close {
        site.practice.census.close_all(&Close::new(1012, "the server was reset"));
    }
    Ok(document(StatusCode::OK, &json!({ "reset": true, "closed": close })))
}
