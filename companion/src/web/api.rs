//! `/api`: what the server knows about itself, and the few things one may change.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Map, json};

use super::answer::{ApiError, document};
use super::body::{BodyError, Json, Whole};
use super::site::Site;
use crate::routes::events::Publication;
use crate::routes::jobs::Order;
use crate::routes::priority::Priority;
use crate::routes::query::Query;
use crate::routes::sessions::Sessions;
use crate::ws::close::Close;

/// The routes.
pub fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/api/health", get(health))
        .route("/api/stats", get(stats))
        .route("/api/fragments", get(fragments))
        .route("/api/events", post(publish))
        .route("/api/jobs", post(start_job))
        .route("/api/jobs/{id}", get(job))
        .route("/api/login", post(login))
        .route("/api/session", get(session))
        .route("/api/reset", post(reset))
}

/// There is no such path.
pub fn unknown() -> ApiError {
    let words = "the API has health, stats, fragments, events, jobs, login, session, proxy, recordings, folder, probe, \
                 relay and reset";
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

async fn start_job(
    State(site): State<Arc<Site>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    Whole(sent): Whole,
) -> Result<Response, ApiError> {
    let query = query.unwrap_or_default();
    let order = Order::parse(&Query::parse(&query))
        .map_err(|error| ApiError::new(StatusCode::BAD_REQUEST, "bad_query", error))?;
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok()).map(str::to_owned);
    let (shared, user) = (Arc::clone(&site), order.user.clone());
    let tell = move |data| {
        if user.is_some() {
            let kind = "job".to_owned();
            shared.practice.events.publish(&Publication { user, kind, data, priority: Priority::default() });
        }
    };
    let started = site.practice.jobs.start(&order, &sent, content_type, tell);
    let started = started.map_err(|busy| ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", busy))?;
    Ok(document(StatusCode::ACCEPTED, &started))
}

async fn job(State(site): State<Arc<Site>>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let state = site.practice.jobs.state(&id);
    let words = "no job has this id";
    Ok(document(
        StatusCode::OK,
        &state.ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "unknown_job", words))?,
    ))
}

#[derive(Debug, Deserialize)]
struct Login {
    user: String,
    /// What the server does wrong: `cookie` gives one that no one knows.
    #[serde(default)]
    fault: Option<String>,
}

async fn login(State(site): State<Arc<Site>>, Json(login): Json<Login>) -> Result<Response, ApiError> {
    let is_good = login.fault.is_none();
    if !Sessions::is_user(&login.user) || login.fault.is_some_and(|fault| fault != "cookie") {
        let words = "user is 1 to 64 letters, digits, - and _; fault is \"cookie\", or it is left out";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "bad_login", words));
    }
    let mut response = document(StatusCode::OK, &json!({ "user": login.user }));
    let cookie = site.practice.sessions.cookie(&login.user, is_good);
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

async fn session(State(site): State<Arc<Site>>, headers: HeaderMap) -> Result<Response, ApiError> {
    let words = "no cookie of POST /api/login came along";
    let user = site.practice.sessions.user(&headers);
    let user = user.ok_or_else(|| ApiError::new(StatusCode::UNAUTHORIZED, "no_session", words))?;
    Ok(document(StatusCode::OK, &json!({ "user": user })))
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
