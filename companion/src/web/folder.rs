//! `/api/folder`: the files of `serve --dir` and `serve --seed`, for our own page.
//!
//! It judges no name and no content: [`Folder`] does. Names stand in bodies, where no part of a server looks for separators.

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;
use tokio::task::spawn_blocking;

use super::answer::{ApiError, document};
use super::body::{BodyError, whole};
use super::site::Site;
use crate::folder::{Folder, FolderError, LARGEST};
use crate::routes::query::Query;

/// How the page learns that there is a folder, without a request that may fail: scripts can read this field of the page's answer.
pub const FIELD: &str = "sockscope-folder";

/// The routes.
pub fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/api/folder", get(list))
        .route("/api/folder/file", post(read).put(write).delete(remove))
}

impl From<FolderError> for ApiError {
    fn from(error: FolderError) -> Self {
        let (status, code) = match &error {
            FolderError::Name(_) => (StatusCode::BAD_REQUEST, "bad_name"),
            FolderError::Missing(_) => (StatusCode::NOT_FOUND, "unknown_file"),
            FolderError::Wrong { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "bad_file"),
            FolderError::Changed(_) => (StatusCode::CONFLICT, "changed"),
            FolderError::Seed => (StatusCode::FORBIDDEN, "seed"),
            FolderError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            FolderError::Io { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "disk"),
        };
        Self::new(status, code, error)
    }
}

fn folder(site: &Site) -> Result<Arc<Folder>, ApiError> {
    let missing = || {
        let words = "this server has no folder; start it with serve --dir FOLDER";
        ApiError::new(StatusCode::NOT_FOUND, "no_folder", words)
    };
    site.folder.clone().ok_or_else(missing)
}

/// Does something with the disk where it keeps no connection waiting.
async fn with_disk<T: Send + 'static>(
    folder: Arc<Folder>,
    act: impl FnOnce(&Folder) -> Result<T, FolderError> + Send + 'static,
) -> Result<T, ApiError> {
    Ok(spawn_blocking(move || act(&folder)).await.expect("the folder does not panic")?)
}

/// A file, as a request names it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    name: String,
    /// The digest that its writer has seen; none when it has seen no file.
    before: Option<String>,
    /// What is to stand in it.
    text: Option<String>,
}

/// Reads what is asked. Text takes more room in JSON than in a file.
async fn asked(request: Request) -> Result<Asked, ApiError> {
    let body = whole(request, 2 * LARGEST as usize).await?;
    Ok(serde_json::from_slice(&body).map_err(BodyError::from)?)
}

async fn list(State(site): State<Arc<Site>>, RawQuery(query): RawQuery) -> Result<Response, ApiError> {
    let folder = folder(&site)?;
    let (name, id, is_seed) = (folder.name.clone(), folder.id.clone(), folder.is_seed);
    let listing = with_disk(folder, |folder| Ok(folder.list())).await?;
    let known =
        Query::parse(query.as_deref().unwrap_or_default()).get("after").and_then(|it| it.parse().ok());
    let mut told = json!({ "name": name, "id": id, "seed": is_seed, "generation": listing.generation });
    // A client that knows it already gets a few bytes.
    if known != Some(listing.generation) {
        told["files"] = json!(listing.files);
        told["cut"] = json!(listing.cut);
    }
    Ok(document(StatusCode::OK, &told))
}

async fn read(State(site): State<Arc<Site>>, request: Request) -> Result<Response, ApiError> {
    let folder = folder(&site)?;
    let Asked { name, .. } = asked(request).await?;
    let (text, hash) = with_disk(folder, move |folder| folder.read(&name)).await?;
    Ok(document(StatusCode::OK, &json!({ "text": text, "hash": hash })))
}

async fn write(State(site): State<Arc<Site>>, request: Request) -> Result<Response, ApiError> {
    let folder = folder(&site)?;
    let Asked { name, before, text } = asked(request).await?;
    let Some(text) = text else {
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "bad_body", "the field \"text\" is missing"));
    };
    let hash = with_disk(folder, move |folder| folder.write(&name, &text, before.as_deref())).await?;
    Ok(document(StatusCode::OK, &json!({ "hash": hash })))
}

async fn remove(State(site): State<Arc<Site>>, request: Request) -> Result<Response, ApiError> {
    let folder = folder(&site)?;
    let Asked { name, before, .. } = asked(request).await?;
    let (removed, before) = (name.clone(), before.unwrap_or_default());
    with_disk(folder, move |folder| folder.remove(&name, &before)).await?;
    Ok(document(StatusCode::OK, &json!({ "removed": removed })))
}
