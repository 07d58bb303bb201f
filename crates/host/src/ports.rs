//! Free ports for a server that another program starts.
//!
//! Owns which ports may be given out. Another run may find the same port before the server uses it, so the [`Lease`] reserves
//! it while it lives. The reservation belongs to us alone: it opens no file of another user, follows no link and never waits.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use crate::reserve::{Held, reserve};

/// Browsers refuse to connect to these, whatever listens there.
const UNSAFE: [u16; 18] = [
    1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679,
    10080,
];

/// Where the search begins by default: below the ports that systems give to outgoing connections.
const FIRST: u16 = 17_000;
/// The search begins at one of this many ports, so that runs at the same time do not walk behind each other.
const SPREAD: u16 = 12_000;
/// How many are looked at.
const TRIES: u16 = 500;

/// A port that is ours until this is dropped.
#[derive(Debug)]
pub struct Lease {
    port: u16,
    /// The reservation goes with it.
    _reserved: Held,
}

/// Why there is no port.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// All that were tried are in use.
    #[error("there is no free port from {0} on")]
    AllTaken(u16),
    /// The place of the reservations.
    #[error("cannot reserve a port in {place}")]
    Reserve {
        /// Where reservations are made.
        place: String,
        /// The operating system's words.
        source: io::Error,
    },
}

impl Lease {
    /// The first free port from `from` on, or any.
    pub fn take(from: Option<u16>) -> Result<Self, PortError> {
        let first = from.unwrap_or_else(|| FIRST + std::process::id() as u16 % SPREAD);
        for port in first..=first.saturating_add(TRIES) {
            if UNSAFE.contains(&port) || !is_free(port) {
                continue;
            }
            let reserved = reserve(port);
            let reserved = reserved.map_err(|(place, source)| PortError::Reserve { place, source })?;
            if let Some(reserved) = reserved {
                return Ok(Self { port, _reserved: reserved });
            }
        }
        Err(PortError::AllTaken(first))
    }

    /// Its number.
    pub fn port(&self) -> u16 {
        self.port
    }
}

/// Whether a server could listen there, on either loopback address.
fn is_free(port: u16) -> bool {
    let addresses: [SocketAddr; 2] = [(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()];
    addresses.into_iter().all(|address| match TcpListener::bind(address) {
        Ok(_) => true,
        // A machine without IPv6 has no listener there.
        Err(error) => {
            error.kind() != io::ErrorKind::AddrInUse && error.kind() != io::ErrorKind::PermissionDenied
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leases_are_apart_also_before_a_server_listens() {
        let leases: Vec<_> = (0..8).map(|_| Lease::take(Some(18_600)).expect("a port")).collect();
        let mut ports: Vec<_> = leases.iter().map(Lease::port).collect();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 8);
    }

    #[test]
    fn a_port_in_use_and_one_that_browsers_refuse_are_passed_over() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = taken.local_addr().expect("an address").port();
        assert!(Lease::take(Some(port)).expect("another").port() > port);
        assert!(Lease::take(Some(6665)).expect("another").port() > 6669);
    }
}
