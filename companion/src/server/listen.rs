//! Opens a port, or says why it cannot.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::net::{TcpListener, TcpSocket};

use crate::config::Port;

/// Ports tried from `--start-port` on.
const TRIES: u16 = 100;
/// Connections the operating system holds until they are accepted; a load run opens thousands at once.
const BACKLOG: u32 = 4096;

/// Why a port cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another process has it.
    #[error("port {0} is taken; use --start-port {0} for the next free one, or --port 0 for any free one")]
    Taken(u16),
    /// Another process has the one for TLS.
    #[error("port {0} is taken; leave --tls-port out for any free one")]
    TlsTaken(u16),
    /// Other processes have all that were tried.
    #[error("ports {from} to {to} are all taken; use --port 0 for any free one")]
    AllTaken {
        /// The first one tried.
        from: u16,
        /// The last one tried.
        to: u16,
    },
    /// The operating system refuses.
    #[error("cannot listen on {address}")]
    Refused {
        /// What was to be opened.
        address: SocketAddr,
        /// The operating system's words.
        source: io::Error,
    },
}

/// Listens on a port of an address.
pub async fn listen(host: IpAddr, port: Port) -> Result<TcpListener, ListenError> {
    match port {
        Port::Exactly(port) => match open(SocketAddr::new(host, port)) {
            Err(ListenError::Refused { source, .. }) if source.kind() == io::ErrorKind::AddrInUse => {
                Err(ListenError::Taken(port))
            }
            opened => opened,
        },
        Port::From(from) => {
            let to = from.saturating_add(TRIES - 1);
            for port in from..=to {
                match open(SocketAddr::new(host, port)) {
                    Err(ListenError::Refused { source, .. }) if source.kind() == io::ErrorKind::AddrInUse => {
                    }
                    opened => return opened,
                }
            }
            Err(ListenError::AllTaken { from, to })
        }
    }
}

fn open(address: SocketAddr) -> Result<TcpListener, ListenError> {
    let listener = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // Windows gives this option another meaning: there it would share a port that is in use.
        #[cfg(not(windows))]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    listener().map_err(|source| ListenError::Refused { address, source })
}

/// The port that a listener got.
pub fn port(listener: &TcpListener) -> Result<u16, ListenError> {
    let address = listener
        .local_addr()
        .map_err(|source| ListenError::Refused { address: SocketAddr::from(([0, 0, 0, 0], 0)), source })?;
    Ok(address.port())
}
