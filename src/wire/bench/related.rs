//! What belongs to what: questions, their answers, and where a message comes from.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{ConnectionId, Row};

/// The other half of a round trip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Related {
    /// The other frame.
    pub row: Row,
    /// That one is the answer.
    pub is_answer: bool,
    /// How long the answer took.
    pub took: Duration,
}

/// A message without an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenQuestion {
    /// Its frame.
    pub row: Row,
    /// It may still be answered.
    pub is_pending: bool,
}

/// The sent message that a received one comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Its place in the list.
    pub position: u64,
    /// On which connection it was sent.
    pub connection: ConnectionId,
    /// How long ago.
    pub took: Duration,
}
