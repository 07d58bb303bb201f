//! The body of an API request, up to a limit.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use tokio::time::timeout;

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

impl BodyError {
    /// The HTTP status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// The code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge(_) => "too_large",
            Self::Broken => "broken_body",
            Self::Malformed(_) | Self::NoType => "bad_body",
        }
    }
}

/// Reads a body of at most `limit` bytes.
pub async fn read(request: Request<Incoming>, limit: usize) -> Result<Bytes, BodyError> {
    let whole = timeout(PATIENCE, Limited::new(request.into_body(), limit).collect()).await;
    match whole.map_err(|_| BodyError::Broken)? {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(BodyError::TooLarge(limit)),
        Err(_) => Err(BodyError::Broken),
    }
}
