//! `/api/proxy`: who is behind the fault proxy, and the toxics that are switched while connections live.

use std::borrow::Cow;

use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answer::{Body, error, json as answer_json};
use super::api::wrong_method;
use super::body::read;
use crate::destination::Destination;
use crate::routes::Practice;
use crate::routes::proxy::kind::{Given, Kind, TYPES};
use crate::routes::proxy::toxic::{Stream, Toxic};
use crate::routes::query::{LONGEST_NAME, Query, QueryError};
use crate::ws::dial::{DialError, reaches};

/// Answers a request under `/api/proxy`.
pub async fn answer(practice: &Practice, request: Request<Incoming>) -> Response<Body> {
    let board = &practice.proxy;
    let query = request.uri().query().unwrap_or_default().to_owned();
    let query = Query::parse(&query);
    let key = query.get("key");
    let path = request.uri().path().to_owned();
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let rest = path.strip_prefix("/api/proxy").unwrap_or_default();
    match (rest, request.method()) {
        ("", _) if is_read => answer_json(StatusCode::OK, &board.to_json(key)),
        ("", _) => wrong_method("GET, HEAD"),
        ("/toxics", _) if is_read => answer_json(StatusCode::OK, &board.to_json(key)["toxics"]),
        ("/toxics", &Method::POST) => put(practice, request).await,
        ("/toxics", &Method::DELETE) => {
            let removed = board.remove(|toxic| key.is_none_or(|key| toxic.key.as_deref() == Some(key)));
            // A client that removes everything starts again, and expects the same random decisions.
            board.restart_counts(key);
            answer_json(StatusCode::OK, &json!({ "removed": removed }))
        }
        ("/toxics", _) => wrong_method("GET, HEAD, POST, DELETE"),
        // No GET, which pages of other sites may send: they would learn from its time what listens on this machine.
        ("/target", &Method::POST) => try_target(practice, request).await,
        ("/target", _) => wrong_method("POST"),
        _ => match rest.strip_prefix("/toxics/") {
            Some(name) => one(practice, request.method(), name, key),
            None => error(
                StatusCode::NOT_FOUND,
                "not_found",
                "there are /api/proxy, /api/proxy/toxics and /api/proxy/target",
            ),
        },
    }
}

fn one(practice: &Practice, method: &Method, name: &str, key: Option<&str>) -> Response<Body> {
    let board = &practice.proxy;
    let Some(toxic) = board.toxic(name, key) else {
        let whose = key.map_or_else(|| "without a key".to_owned(), |key| format!("of the key {key:?}"));
        let words = format!("there is no toxic {name:?} {whose}; that of a key is named with ?key=");
        return error(StatusCode::NOT_FOUND, "unknown_toxic", words);
    };
    match *method {
        Method::GET | Method::HEAD => answer_json(StatusCode::OK, &toxic),
        Method::DELETE => {
            let removed = board.remove(|toxic| toxic.name == name && toxic.key.as_deref() == key);
            answer_json(StatusCode::OK, &json!({ "removed": removed }))
        }
        _ => wrong_method("GET, HEAD, DELETE"),
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
async fn try_target(practice: &Practice, request: Request<Incoming>) -> Response<Body> {
    let target: Result<Target, _> =
        read(request, practice.limits.body).await.and_then(|body| Ok(serde_json::from_slice(&body)?));
    let to: Destination = match target.map(|target| target.to.parse()) {
        Err(bad) => return error(bad.status(), bad.code(), bad),
        Ok(Err(bad)) => return error(StatusCode::BAD_REQUEST, "bad_target", bad),
        Ok(Ok(to)) => to,
    };
    match reaches(&to, &practice.proxy.reach).await {
        Ok(address) => {
            let (to, address) = (to.without_query(), address.to_string());
            answer_json(StatusCode::OK, &json!({ "to": to, "address": address }))
        }
        Err(bad) => {
            let code =
                if matches!(bad, DialError::NotAllowed { .. }) { "not_allowed" } else { "unreachable" };
            error(bad.status(), code, bad)
        }
    }
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

async fn put(practice: &Practice, request: Request<Incoming>) -> Response<Body> {
    let wanted: Result<ToxicRequest, _> =
        read(request, practice.limits.body).await.and_then(|body| Ok(serde_json::from_slice(&body)?));
    let toxic = match wanted {
        Ok(wanted) => wanted.toxic(),
        Err(bad) => return error(bad.status(), bad.code(), bad),
    };
    match toxic {
        Err(bad) => error(StatusCode::BAD_REQUEST, "bad_toxic", bad),
        Ok(toxic) => {
            let shown = toxic.to_json();
            match practice.proxy.put(toxic) {
                Ok(true) => answer_json(StatusCode::CREATED, &shown),
                Ok(false) => answer_json(StatusCode::OK, &shown),
                Err(full) => error(StatusCode::CONFLICT, "too_many", full),
            }
        }
    }
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
