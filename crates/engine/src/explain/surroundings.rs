//! What a page knows about its own situation.

use serde::{Deserialize, Serialize};

use super::{Faults, HostKind};

/// The situation in which a connection is tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// What is on in the fault proxy of the server that the page came from; none where the page does not know.
    pub faults: Option<Faults>,
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
            faults: None,
        }
    }
}

impl Surroundings {
    /// Of a page that came from this origin; one of this machine when it is empty.
    pub fn of_origin(origin: &str) -> Self {
        let (scheme, rest) = origin.split_once("://").unwrap_or(("", origin));
        let host = match rest.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|it| it.is_ascii_digit()) => host,
            _ => rest,
        };
        let page_host = match (origin, scheme) {
            ("", _) => HostKind::Loopback,
            ("null", _) | (_, "file") => HostKind::File,
            _ => HostKind::of(host),
        };
        Self { page_is_secure: scheme == "https", page_host, ..Self::default() }
    }
}

/// Chromium makes each new handshake wait up to 5 s × 2^n / 65536, where n is about this sum: from 12 on it can be felt.
const FELT: u16 = 12;

impl Surroundings {
    /// Whether the browser delays handshakes noticeably.
    pub(super) fn is_throttled(&self) -> bool {
        self.pending.saturating_add(self.failed_lately) >= FELT
    }

    pub(super) fn has_no_socket(&self) -> bool {
        self.sockets >= self.most_sockets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_says_where_a_page_came_from() {
        for (origin, page_is_secure, page_host) in [
            ("", false, HostKind::Loopback),
            ("http://localhost:9000", false, HostKind::Loopback),
            ("http://[::1]:9000", false, HostKind::Loopback),
            ("http://192.168.1.5", false, HostKind::Private),
            ("https://example.com", true, HostKind::Public),
            ("https://example.com:8443", true, HostKind::Public),
            ("null", false, HostKind::File),
            ("file://", false, HostKind::File),
        ] {
            let found = Surroundings::of_origin(origin);
            assert_eq!((found.page_is_secure, found.page_host), (page_is_secure, page_host), "{origin}");
        }
    }
}
