//! Answers in words and in JSON.

use std::fmt::Display;

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::destination::DestinationError;
use crate::ws::dial::DialError;

/// A short plain text.
pub fn words(status: StatusCode, text: impl Display) -> Response {
    (status, [(CACHE_CONTROL, "no-store")], format!("{text}\n")).into_response()
}

/// A JSON document.
pub fn document(status: StatusCode, value: &Value) -> Response {
    let fields = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (status, fields, value.to_string()).into_response()
}

/// What the API answers when it does not do what was asked.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl ApiError {
    /// `code` is for programs, `message` for people.
    pub fn new(status: StatusCode, code: &'static str, message: impl Display) -> Self {
        Self { status, code, message: message.to_string() }
    }
}

impl From<DestinationError> for ApiError {
    fn from(error: DestinationError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_target", error)
    }
}

impl From<DialError> for ApiError {
    fn from(error: DialError) -> Self {
        let is_barred = matches!(error, DialError::NotAllowed { .. });
        Self::new(error.status(), if is_barred { "not_allowed" } else { "unreachable" }, error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        document(self.status, &json!({ "error": { "code": self.code, "message": self.message } }))
    }
}
