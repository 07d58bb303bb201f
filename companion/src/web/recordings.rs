//! `/api/recordings`: what `/ws/proxy?record=NAME` has kept.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use super::answer::{ApiError, document};
use super::site::Site;

/// The routes.
pub fn routes() -> Router<Arc<Site>> {
    Router::new().route("/api/recordings", get(list)).route("/api/recordings/{name}", get(one).delete(remove))
}

async fn list(State(site): State<Arc<Site>>) -> Response {
    document(StatusCode::OK, &json!({ "recordings": site.practice.recordings.to_json() }))
}

async fn one(State(site): State<Arc<Site>>, Path(name): Path<String>) -> Result<Response, ApiError> {
    let recording = site.practice.recordings.get(&name).ok_or_else(unknown)?;
    let fields = [(header::CONTENT_TYPE, "application/x-ndjson"), (header::CACHE_CONTROL, "no-store")];
    Ok((fields, recording.lines()).into_response())
}

async fn remove(State(site): State<Arc<Site>>, Path(name): Path<String>) -> Result<Response, ApiError> {
    match site.practice.recordings.remove(&name) {
        true => Ok(document(StatusCode::OK, &json!({ "removed": name }))),
        false => Err(unknown()),
    }
}

fn unknown() -> ApiError {
    let words = "no connection of /ws/proxy has been recorded under this name";
    ApiError::new(StatusCode::NOT_FOUND, "unknown_recording", words)
}
