//! What the page asks of its worker.

use serde::{Deserialize, Serialize};

use crate::engine::echo::EchoCheck;
use crate::engine::{Closing, Endpoint, Payload};

/// A connection, for as long as the page is open. It stays the same through a reconnect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConnectionId(pub u32);

impl ConnectionId {
    /// The page numbers its connections from 1; the worker numbers those of checks from here.
    pub const FIRST_OF_CHECKS: u32 = 1 << 31;

    /// Whether a check opened it.
    pub fn is_of_check(self) -> bool {
        self.0 >= Self::FIRST_OF_CHECKS
    }
}

/// Which rows of the log the page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// The number of the first frame; none to follow the newest.
    pub from: Option<u64>,
    /// How many.
    pub rows: u16,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Open a connection, or open a closed one again.
    Connect {
        /// Which.
        connection: ConnectionId,
        /// What people call it.
        name: String,
        /// Where to.
        endpoint: Endpoint,
    },
    /// Send a message.
    Send {
        /// On which connection.
        connection: ConnectionId,
        /// What.
        payload: Payload,
    },
    /// Start the closing handshake.
    Close {
        /// Which.
        connection: ConnectionId,
        /// With what.
        closing: Closing,
    },
    /// Close it and never speak of it again. Its frames stay in the log.
    Forget {
        /// Which.
        connection: ConnectionId,
    },
    /// Show other rows.
    Look(Look),
    /// Change how many bytes the log may hold.
    SetBudget {
        /// The most bytes.
        bytes: u64,
    },
    /// The page has drawn the last update, or has just met its worker; it is ready for the next.
    Seen,
    /// Run a check.
    StartEcho(EchoCheck),
    /// Stop the running check and close its sockets.
    StopEcho,
}
