//! The proxy's API, as the page calls it.
//!
//! One rule: an answer that is not of that API is not a refusal. It says that this page is served by something else.

use std::time::Duration;

use serde_json::Value;

use crate::browser::{http, page};
use crate::engine::{HttpRequest, HttpResponse, Payload};
use crate::model::faults::link::{encoded, in_page_words};
use crate::model::faults::links::ProxyState;
use crate::model::faults::setting::{Setting, quoted};
use crate::model::faults::toxic::Toxic;

/// A server on this machine that has not answered by then will not.
const PATIENCE: Duration = Duration::from_secs(5);
/// The server itself tries a target for fifteen seconds.
const PATIENCE_FOR_TARGET: Duration = Duration::from_secs(20);

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ApiError {
    /// The API does not want it, in its own words.
    #[error("{0}")]
    Refused(String),
    /// The API is not there.
    #[error("{0}")]
    Missing(String),
}

/// What is on, and who is connected.
pub(super) async fn proxy_state(key: &str) -> Result<ProxyState, ApiError> {
    let answer = ask("GET", "", None, PATIENCE).await?;
    ProxyState::read(&answer, key).ok_or_else(not_ours)
}

/// Adds a toxic, or puts it in the place of the one with its name.
pub(super) async fn put(toxic: &Toxic, setting: &Setting, key: &str) -> Result<(), ApiError> {
    ask("POST", "/toxics", Some(setting.body(toxic, key)), PATIENCE).await.map(drop)
}

/// Removes a toxic; removing an absent one is not an error.
pub(super) async fn remove(name: &str, key: &str) -> Result<(), ApiError> {
    let query = if key.is_empty() { String::new() } else { format!("?key={}", encoded(key)) };
    match ask("DELETE", &format!("/toxics/{name}{query}"), None, PATIENCE).await {
        Err(ApiError::Refused(_)) | Ok(_) => Ok(()),
        Err(missing) => Err(missing),
    }
}

/// Whether the proxy would get through to a target; its address, or why not.
pub(super) async fn reach(to: &str) -> Result<String, ApiError> {
    let body = format!(r#"{{"to":{}}}"#, quoted(to));
    let answer = ask("POST", "/target", Some(body), PATIENCE_FOR_TARGET).await?;
    answer["address"].as_str().map(str::to_owned).ok_or_else(not_ours)
}

fn not_ours() -> ApiError {
    ApiError::Missing("its answer does not come from the proxy".to_owned())
}

async fn ask(method: &str, path: &str, body: Option<String>, patience: Duration) -> Result<Value, ApiError> {
    let server = page::own_socket_address("").replacen("ws", "http", 1);
    let request = HttpRequest {
        method: method.to_owned(),
        url: format!("{server}/api/proxy{path}"),
        headers: Vec::new(),
        body: body.map(Payload::Text),
        ..HttpRequest::default()
    };
    let answer = http::call_within(request, patience).await;
    understood(answer.map_err(|error| ApiError::Missing(error.message))?)
}

fn understood(answer: HttpResponse) -> Result<Value, ApiError> {
    let json: Option<Value> = serde_json::from_str(&answer.body).ok();
    let is_good = (200..300).contains(&answer.status);
    match json {
        Some(json) if is_good => Ok(json),
        Some(json) => match json["error"]["message"].as_str() {
            Some(words) => Err(ApiError::Refused(in_page_words(words))),
            None => Err(ApiError::Missing(format!("it answers with the status {}", answer.status))),
        },
        None if is_good => Err(not_ours()),
        None => Err(ApiError::Missing(format!("it answers with the status {}", answer.status))),
    }
}
