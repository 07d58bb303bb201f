//! How much an event matters, and so how it is queued.

use serde::{Deserialize, Serialize};

use crate::ws::outbox::Lane;

/// The priority of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Kept in order with normal ones.
    Low,
    /// In order.
    #[default]
    Normal,
    /// Ahead of everything low and normal that still waits.
    High,
    /// The same as high; both names are in use.
    Urgent,
}

impl Priority {
    /// The lane of its events.
    pub fn lane(self) -> Lane {
        match self {
            Self::Low | Self::Normal => Lane::Normal,
            Self::High | Self::Urgent => Lane::Urgent,
        }
    }
}
