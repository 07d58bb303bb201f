//! What a server needs to know before it starts.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use crate::destination::AllowedTarget;
use crate::folder::Folder;
use crate::origin::AllowedOrigin;

/// Where a server listens, whom it answers, and what it keeps.
#[derive(Debug, Clone)]
pub struct Config {
    /// The address to listen on.
    pub host: IpAddr,
    /// Which port for `http:` and `ws:`.
    pub port: Port,
    /// Which port for `https:` and `wss:`, if any.
    pub tls: Option<Port>,
    /// Host names that requests may name beside localhost and [`Config::host`].
    pub hosts: Vec<String>,
    /// Origins of other servers' pages that may use the API.
    pub origins: Vec<AllowedOrigin>,
    /// Servers that the fault proxy may connect to beside those on this machine. With a [`Config::host`] that other
    /// machines can reach, those on this machine have to be among them.
    pub targets: Vec<AllowedTarget>,
    /// Whether pages may have it look at those servers, to learn why a handshake failed.
    pub probe: bool,
    /// A folder on the disk that the page works on. It is for a [`Config::host`] that only this machine reaches.
    pub folder: Option<Arc<Folder>>,
    /// Whether the relay takes any certificate of a server, as the browser that uses it does.
    pub takes_any_certificate: bool,
    /// What is bounded.
    pub limits: Limits,
}

/// How a port is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    /// This one, or none; 0 is any free one.
    Exactly(u16),
    /// The first free one from this on.
    From(u16),
}

impl Default for Config {
    /// Loopback, a free port, no TLS, the limits that `--help` names.
    fn default() -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: Port::Exactly(0),
            tls: None,
            hosts: Vec::new(),
            origins: Vec::new(),
            targets: Vec::new(),
            probe: true,
            folder: None,
            takes_any_certificate: false,
            limits: Limits::default(),
        }
    }
}

/// What one server keeps at most. Everything that a client can make grow is bounded by one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Open WebSockets; one more is refused with 503.
    pub connections: usize,
    /// Bytes of a message; a larger one ends its connection with 1009.
    pub message: usize,
    /// Bytes waiting for a client that does not read; beyond, it is closed with 1013.
    pub queue: usize,
    /// Bytes held for all clients together; the client whose messages come beyond is closed with 1013.
    pub held: usize,
    /// Bytes of an API request's body; a larger one is answered with 413.
    pub body: usize,
    /// Rooms of `/ws/rooms`.
    pub rooms: usize,
    /// Connections in one room.
    pub members: usize,
    /// Documents of `/ws/fragments`.
    pub docs: usize,
    /// Bytes of one document.
    pub doc: usize,
    /// Users whose state `/ws/agent` keeps.
    pub users: usize,
    /// Connections of one user on `/ws/agent`; one more is closed with 4029.
    pub user_connections: usize,
    /// Events of one user that `/ws/agent` keeps to replay.
    pub retained: usize,
}

impl Limits {
    /// The limits without flags. 16 MiB and a little: a message of 16 MiB with something around it still passes.
    pub const DEFAULT: Self = Self {
        connections: 10_000,
        message: 16 * 1024 * 1024 + 64 * 1024,
        queue: 4 * 1024 * 1024,
        held: 64 * 1024 * 1024,
        body: 1024 * 1024,
        rooms: 1000,
        members: 1000,
        docs: 100,
        doc: 1024 * 1024,
        users: 200,
        user_connections: 3,
        retained: 1000,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
