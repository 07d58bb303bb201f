//! `/api/opened`: what `sockscope open` offers to the page, once.
//!
//! Owns who may fetch it: our pages and allowed ones. Any other page knows no token, and is refused all the same.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio_util::io::ReaderStream;

use super::answer::{ApiError, document};
use super::site::Site;

/// A file is sent in pieces of this size.
const PIECE: usize = 256 << 10;

/// The routes.
pub fn routes() -> Router<Arc<Site>> {
    Router::new().route("/api/opened/{token}", get(names)).route("/api/opened/{token}/{nth}", get(file))
}

/// Refuses pages of other sites.
fn judge(site: &Site, headers: &HeaderMap) -> Result<(), ApiError> {
    let is_foreign = match headers.contains_key(header::ORIGIN) {
        true => site.policy.allowed_origin(headers).is_none(),
        false => headers.get("sec-fetch-site").is_some_and(|from| from == "cross-site"),
    };
    let words = "pages of other sites may not read what was opened";
    if is_foreign { Err(ApiError::new(StatusCode::FORBIDDEN, "refused", words)) } else { Ok(()) }
}

fn gone() -> ApiError {
    let words = "nothing is offered here, or it was fetched already";
    ApiError::new(StatusCode::NOT_FOUND, "not_offered", words)
}

async fn names(
    State(site): State<Arc<Site>>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    judge(&site, &headers)?;
    let names = site.practice.offers.names(&token).ok_or_else(gone)?;
    Ok(document(StatusCode::OK, &json!({ "files": names })))
}

async fn file(
    State(site): State<Arc<Site>>,
    Path((token, nth)): Path<(String, usize)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    judge(&site, &headers)?;
    let offered = site.practice.offers.file(&token, nth).ok_or_else(gone)?;
    let unreadable = |error: io::Error| {
        let words = format!("{} cannot be read: {error}", offered.name);
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "unreadable", words)
    };
    let file = File::open(&offered.path).await.map_err(unreadable)?;
    let bytes = file.metadata().await.map_err(unreadable)?.len();
    let fields = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::CONTENT_LENGTH, bytes.to_string()),
    ];
    // One that grows meanwhile is given as it was.
    let pieces = ReaderStream::with_capacity(file.take(bytes), PIECE);
    Ok((fields, Body::from_stream(pieces)).into_response())
}
