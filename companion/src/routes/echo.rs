//! `/ws/echo`: every message comes back byte for byte.

use crate::ws::session::Session;
use crate::ws::upgrade::Subprotocols;

/// The subprotocols of the route.
pub const SUBPROTOCOLS: Subprotocols = Subprotocols::Of(&["echo.v1", "echo.v2"], "echo.v1 and echo.v2");

/// Echoes until the connection is over.
pub async fn run(session: &mut Session) {
    while let Some(message) = session.receive().await {
        session.send(&message);
    }
}
