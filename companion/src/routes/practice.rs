//! What the routes of one server share.

use std::sync::Arc;
use std::time::Instant;

use super::census::Census;
use crate::config::Limits;

/// The state behind the WebSocket routes and the API.
pub struct Practice {
    /// What is bounded, and at how much.
    pub limits: Limits,
    /// Who is connected.
    pub census: Arc<Census>,
    /// When the server started.
    pub started: Instant,
}

impl Practice {
    /// A server's state with nobody connected.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            census: Arc::new(Census::new(limits.connections, limits.queue)),
            started: Instant::now(),
        }
    }
}
