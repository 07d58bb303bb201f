//! `/api/proxy`: who is behind the fault proxy, and the toxics that are switched while connections live.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answer::{ApiError, document};
use super::body::Json;
use super::site::Site;
use crate::destination::Destination;
use crate::routes::proxy::kind::{Given, Kind, TYPES};
use crate::routes::proxy::toxic::{Stream, Toxic};
use crate::routes::query::{LONGEST_NAME, Query, QueryError};
use crate::ws::dial::reaches;

/// Where a toxic is, before its name.
const ONE: &str = "/api/proxy/toxics/";

/// The routes.
pub fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/api/proxy", get(state))
        .route("/api/proxy/toxics", get(toxics).post(put).delete(remove_all))
        .route("/api/proxy/toxics/{*name}", get(toxic).delete(remove))
        // No GET, which pages of other sites may send: they would learn from its time what listens on this machine.
        .route("/api/proxy/target", post(try_target))
}

/// There is no such path.
pub fn unknown() -> ApiError {
    let words = "there are /api/proxy, /api/proxy/toxics and /api/proxy/target";
    ApiError::new(StatusCode::NOT_FOUND, "not_found", words)
}

/// Whose toxics are meant.
fn key(query: Option<&str>) -> Option<String> {
    Query::parse(query.unwrap_or_default()).get("key").map(str::to_owned)
}

async fn state(State(site): State<Arc<Site>>, RawQuery(query): RawQuery) -> Response {
    document(StatusCode::OK, &site.practice.proxy.to_json(key(query.as_deref()).as_deref()))
}

async fn toxics(State(site): State<Arc<Site>>, RawQuery(query): RawQuery) -> Response {
    document(StatusCode::OK, &site.practice.proxy.to_json(key(query.as_deref()).as_deref())["toxics"])
}

async fn remove_all(State(site): State<Arc<Site>>, RawQuery(query): RawQuery) -> Response {
    let (key, links) = (key(query.as_deref()), &site.practice.proxy);
    let removed = links.remove(|toxic| key.is_none() || toxic.key == key);
    // A client that removes everything starts again, and expects the same random decisions.
    links.restart_counts(key.as_deref());
    document(StatusCode::OK, &json!({ "removed": removed }))
}

async fn toxic(State(site): State<Arc<Site>>, uri: Uri) -> Result<Response, ApiError> {
    let (_, _, toxic) = find(&site, &uri)?;
    Ok(document(StatusCode::OK, &toxic))
}

async fn remove(State(site): State<Arc<Site>>, uri: Uri) -> Result<Response, ApiError> {
    let (name, key, _) = find(&site, &uri)?;
    let removed = site.practice.proxy.remove(|toxic| toxic.name == name && toxic.key == key);
    Ok(document(StatusCode::OK, &json!({ "removed": removed })))
}

/// The toxic that an address names, with its name and its key. A name has no characters that an address would encode.
fn find<'a>(site: &Site, uri: &'a Uri) -> Result<(&'a str, Option<String>, Value), ApiError> {
    let (name, key) = (uri.path().strip_prefix(ONE).unwrap_or_default(), key(uri.query()));
    match site.practice.proxy.toxic(name, key.as_deref()) {
        Some(toxic) => Ok((name, key, toxic)),
        None => {
            let whose = key.map_or_else(|| "without a key".to_owned(), |key| format!("of the key {key:?}"));
            let words = format!("there is no toxic {name:?} {whose}; that of a key is named with ?key=");
            Err(ApiError::new(StatusCode::NOT_FOUND, "unknown_toxic", words))
        }
    }
}

/// Where a client wants the proxy to lead.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Target {
    to: String,
}

/// Says whether the proxy would get through to a target, and if not, in the words that a handshake is refused with, which a
/// browser keeps from its page.
async fn try_target(State(site): State<Arc<Site>>, Json(target): Json<Target>) -> Result<Response, ApiError> {
    let to: Destination = target.to.parse()?;
    let address = reaches(&to, &site.practice.proxy.reach).await?;
    Ok(document(StatusCode::OK, &json!({ "to": to.without_query(), "address": address.to_string() })))
}

/// A toxic as the API takes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ToxicRequest {
    name: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    stream: Option<String>,
    toxicity: Option<f64>,
    #[serde(default)]
    attributes: Map<String, Value>,
    key: Option<String>,
}

/// What is wrong with a toxic.
#[derive(Debug, thiserror::Error)]
enum WantedError {
    #[error("unknown type {given:?}; known are {known}")]
    Type { given: String, known: String },
    #[error("{0}")]
    Attribute(#[from] QueryError),
    #[error("the attribute {0:?} is neither a number nor a text")]
    Form(String),
    #[error("stream {0:?} is not upstream, downstream or both")]
    Stream(String),
    #[error("toxicity {0} is not a probability from 0 to 1")]
    Toxicity(f64),
    #[error("the name {0:?} is not made of 1 to 128 letters, digits, - and _")]
    Name(String),
    #[error("the key is empty or longer than 128 bytes; without one the toxic is for all connections")]
    Key,
}

async fn put(State(site): State<Arc<Site>>, Json(request): Json<ToxicRequest>) -> Result<Response, ApiError> {
    let toxic = request.toxic().map_err(|bad| ApiError::new(StatusCode::BAD_REQUEST, "bad_toxic", bad))?;
    let shown = toxic.to_json();
    let put = site.practice.proxy.put(toxic);
    let is_new = put.map_err(|full| ApiError::new(StatusCode::CONFLICT, "too_many", full))?;
    Ok(document(if is_new { StatusCode::CREATED } else { StatusCode::OK }, &shown))
}

impl ToxicRequest {
    fn toxic(self) -> Result<Toxic, WantedError> {
        let kind = TYPES.iter().find(|kind| kind.name == self.kind).ok_or_else(|| {
            let known = TYPES.map(|kind| kind.name).join(", ");
            WantedError::Type { given: self.kind.clone(), known }
        })?;
        let (mut given, mut after) = (Given::default(), 0);
        for (name, value) in &self.attributes {
            let text: Cow<'_, str> = match value {
                Value::String(text) => text.into(),
                Value::Number(number) => number.to_string().into(),
                _ => return Err(WantedError::Form(name.clone())),
            };
            if name == "after" {
                let expected = "a whole number";
                after = text.parse().map_err(|_| QueryError::Invalid {
                    name: name.clone(),
                    value: text.to_string(),
                    expected,
                })?;
                continue;
            }
            let Some((known, _)) = kind.attributes.iter().find(|(known, _)| known == name) else {
                let known = kind.attributes.iter().map(|(known, _)| *known).chain(["after"]);
                let known = known.collect::<Vec<_>>().join(", ");
                return Err(QueryError::Unknown { name: name.clone(), known }.into());
            };
            given.push(known, known, text);
        }
        let stream = match self.stream {
            None => Stream::default(),
            Some(text) => Stream::read(&text).ok_or(WantedError::Stream(text))?,
        };
        let toxicity = self.toxicity.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&toxicity) {
            return Err(WantedError::Toxicity(toxicity));
        }
        if self.key.as_ref().is_some_and(|key| key.is_empty() || key.len() > LONGEST_NAME) {
            return Err(WantedError::Key);
        }
        let kind = Kind::read(kind.name, &given)?;
        let name = self.name.unwrap_or_else(|| Toxic::usual_name(&kind, stream));
        let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(is_fit) {
            return Err(WantedError::Name(name));
        }
        Ok(Toxic { name, kind, stream, toxicity, after, key: self.key })
    }
}
