//! Why a connection failed, as far as a browser lets one tell, and what is likely to go wrong before anybody connects.
//!
//! Owns the table of causes. It refuses to claim: what is known is listed as known, everything else is ranked. The rule a
//! reader would break: a browser tells a page 1006 for nearly everything, so no cause may be called certain unless the page
//! itself saw it (its own limit, its own address, being offline).

mod cause;
mod host;
mod warning;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use cause::{Cause, Ended, Explanation, Likely, explain};
pub use host::HostKind;
pub use warning::{Warning, warnings};

/// What the browser lets a page from elsewhere do in the local network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Permission {
    /// It may.
    Granted,
    /// It was refused.
    Denied,
    /// The browser will ask.
    Prompt,
    /// The browser knows no such permission, or does not say.
    #[default]
    Unknown,
}

/// Where the page is, and what the browser was doing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Surroundings {
    /// The page came over https.
    pub page_is_secure: bool,
    /// Where the page came from.
    pub page_host: HostKind,
    /// Sockets in use.
    pub sockets: u16,
    /// Sockets that the browser allows.
    pub most_sockets: u16,
    /// Handshakes under way.
    pub pending: u16,
    /// Handshakes that failed in the last minute.
    pub failed_lately: u16,
    /// Whether a page may reach the local network.
    pub permission: Permission,
    /// The browser says that it has no network.
    pub is_offline: bool,
}

/// How long, in words short enough for a sentence.
fn seconds(time: Duration) -> String {
    match time.as_millis() {
        millis @ 0..1000 => format!("{millis} ms"),
        millis => format!("{}.{} s", millis / 1000, millis % 1000 / 100),
    }
}
