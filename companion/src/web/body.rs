//! The body of an API request: JSON, up to a limit, in time.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::answer::ApiError;
use super::site::Site;

/// How long a client may take to send it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a body is not taken.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// Larger than the server's limit.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// The client stopped in the middle.
    #[error("the body did not arrive whole")]
    Broken,
    /// No JSON, or not that of this path.
    #[error("the body is not what this path takes: {0}")]
    Malformed(#[from] serde_json::Error),
    /// An event without a type.
    #[error("the field \"type\" is empty")]
    NoType,
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        let (status, code) = match error {
            BodyError::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            BodyError::Broken => (StatusCode::BAD_REQUEST, "broken_body"),
            BodyError::Malformed(_) | BodyError::NoType => (StatusCode::BAD_REQUEST, "bad_body"),
        };
        Self::new(status, code, error)
    }
}

/// A whole body of at most the server's limit.
pub struct Whole(pub Bytes);

impl FromRequest<Arc<Site>> for Whole {
    type Rejection = ApiError;

    async fn from_request(request: Request, site: &Arc<Site>) -> Result<Self, ApiError> {
        Ok(whole(request, site.practice.limits.body).await.map(Self)?)
    }
}

/// The whole body of a request, of at most `limit` bytes.
pub async fn whole(request: Request, limit: usize) -> Result<Bytes, BodyError> {
    let whole = timeout(PATIENCE, Limited::new(request.into_body(), limit).collect()).await;
    match whole.map_err(|_| BodyError::Broken)? {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(BodyError::TooLarge(limit)),
        Err(_) => Err(BodyError::Broken),
    }
}

/// A body that is JSON, whatever the request calls it.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<Site>> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, site: &Arc<Site>) -> Result<Self, ApiError> {
        let Whole(body) = Whole::from_request(request, site).await?;
        Ok(Self(serde_json::from_slice(&body).map_err(BodyError::from)?))
    }
}
