//! What a page knows of its own situation.

use serde::{Deserialize, Serialize};

use super::HostKind;

/// The situation in which a connection is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Surroundings {
    /// The page came by https.
    pub page_is_secure: bool,
    /// Where the page came from.
    pub page_host: HostKind,
    /// Sockets that the browser holds for us, with those that are still closing.
    pub sockets: u16,
    /// How many the browser allows; other tabs share them.
    pub most_sockets: u16,
    /// Handshakes that have not ended.
    pub pending: u16,
    /// Handshakes of the last minutes that have failed.
    pub failed_lately: u16,
    /// Whether the page may reach the local network.
    pub permission: Permission,
    /// The browser says that it has a network.
    pub is_online: bool,
}

/// What the browser answers when asked for a permission.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Permission {
    /// Given.
    Granted,
    /// Refused.
    Denied,
    /// It will ask.
    Prompt,
    /// It does not know this permission, or was not asked.
    #[default]
    Unknown,
}

impl Default for Surroundings {
    /// A page of this machine with nothing open, in Chromium.
    fn default() -> Self {
        Self {
            page_is_secure: false,
            page_host: HostKind::Loopback,
            sockets: 0,
            most_sockets: 255,
            pending: 0,
            failed_lately: 0,
            permission: Permission::Unknown,
            is_online: true,
        }
    }
}

/// Chromium makes each new handshake wait up to 5 s × 2^n / 65536, where n is about this sum: from 12 on it can be felt.
const FELT: u16 = 12;

impl Surroundings {
    /// Whether the browser delays handshakes so much that it can be felt.
    pub(super) fn is_throttled(&self) -> bool {
        self.pending.saturating_add(self.failed_lately) >= FELT
    }

    pub(super) fn has_no_socket(&self) -> bool {
        self.sockets >= self.most_sockets
    }
}
