//! The network of a world: addresses of names, addresses of this machine, cookies, and why connections broke.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use reqwest::cookie::Jar;
use sockscope_engine::report::Broken;
use sockscope_engine::run::NO_PORT;
use sockscope_engine::{ClientTls, Instant};
use tokio::net::{TcpSocket, TcpStream, lookup_host};

use super::clock::{Alarm, Clock};
use super::http::Clients;
use crate::causes::unanswered;
use crate::destination::Destination;
use crate::ws::dial::why_unresolved;
use crate::ws::trust::{Certificates, Trust};

/// How long the addresses of a name are kept: a run that opens thousands of connections asks once.
const KEPT: Duration = Duration::from_secs(30);
/// Reasons that are kept.
const MOST_REASONS: usize = 4096;

/// How a world reaches servers.
#[derive(Clone, Debug, Default)]
pub struct NetOptions {
    /// Whether any certificate is taken.
    pub is_insecure: bool,
    /// Addresses of this machine that connections leave from, in turns; the system chooses when there are none.
    pub sources: Vec<IpAddr>,
    /// What relative addresses of HTTP calls belong to.
    pub base: String,
    /// When the clock of the world began, in milliseconds since 1970.
    pub origin_millis: f64,
}

/// Why a connection was not opened or not kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// The connection.
    pub broken: Broken,
    /// In words.
    pub words: String,
}

/// Where the addresses of names and ports are kept, and when they were found.
type Resolved = HashMap<(String, u16), (Instant, Rc<[SocketAddr]>)>;

pub(super) struct Net {
    pub options: NetOptions,
    pub clock: Clock,
    pub alarm: Alarm,
    pub jar: Arc<Jar>,
    pub clients: Clients,
    resolved: RefCell<Resolved>,
    /// A TLS configuration takes a while to make, and all members of a group have the same.
    trusts: RefCell<HashMap<ClientTls, Trust>>,
    turns: Cell<usize>,
    reasons: RefCell<Vec<Reason>>,
}

impl Net {
    pub fn new(options: NetOptions, clock: Clock, alarm: Alarm) -> Self {
        Self {
            options,
            clock,
            alarm,
            jar: Arc::default(),
            clients: Clients::default(),
            resolved: RefCell::default(),
            trusts: RefCell::default(),
            turns: Cell::new(0),
            reasons: RefCell::default(),
        }
    }

    /// A connection broke.
    pub fn note(&self, name: &str, url: &str, at: Instant, was_open: bool, words: String) {
        let mut reasons = self.reasons.borrow_mut();
        if reasons.len() < MOST_REASONS {
            let at_ms = self.options.origin_millis + at.as_nanos() as f64 / 1e6;
            let broken = Broken { name: name.to_owned(), url: url.to_owned(), at_ms, was_open };
            reasons.push(Reason { broken, words });
        }
    }

    /// Why connections broke so far.
    pub fn reasons(&self) -> Vec<Reason> {
        self.reasons.borrow().clone()
    }

    /// Which certificates a client takes and shows, or what is wrong with those.
    pub fn trust(&self, tls: Option<&ClientTls>) -> Result<Trust, String> {
        let Some(tls) = tls else {
            return Ok(if self.options.is_insecure { Trust::Any } else { Trust::System });
        };
        if let Some(known) = self.trusts.borrow().get(tls) {
            return Ok(known.clone());
        }
        let trust = Trust::of(Certificates {
            own: (!tls.certificate.is_empty()).then_some((tls.certificate.as_str(), tls.key.as_str())),
            authorities: (!tls.ca.is_empty()).then_some(tls.ca.as_str()),
            takes_any: tls.insecure || self.options.is_insecure,
        });
        let trust = trust.map_err(|error| error.to_string())?;
        self.trusts.borrow_mut().insert(tls.clone(), trust.clone());
        Ok(trust)
    }

    /// A transport to a server, or why there is none.
    pub async fn connect(&self, destination: &Destination) -> Result<TcpStream, String> {
        let (host, port) = (destination.host(), destination.port());
        let addresses = self.addresses(host, port).await?;
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for address in addresses.iter() {
            match self.connect_to(*address).await {
                Ok(tcp) => {
                    self.prefer(host, port, &addresses, *address);
                    return Ok(tcp);
                }
                Err(error) => last = error,
            }
        }
        let target = destination.authority();
        Err(match last.kind() {
            io::ErrorKind::AddrNotAvailable => format!(
                "{NO_PORT} for one more connection to {target}: name further addresses with --source-address"
            ),
            _ => format!("{target} cannot be reached: {}", unanswered(&last)),
        })
    }

    async fn connect_to(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let sources = &self.options.sources;
        let of_family: Vec<&IpAddr> = sources.iter().filter(|it| it.is_ipv4() == address.is_ipv4()).collect();
        if of_family.is_empty() {
            return TcpStream::connect(address).await;
        }
        let turn = self.turns.get();
        self.turns.set(turn.wrapping_add(1));
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.bind(SocketAddr::new(*of_family[turn % of_family.len()], 0))?;
        socket.connect(address).await
    }

    async fn addresses(&self, host: &str, port: u16) -> Result<Rc<[SocketAddr]>, String> {
        let now = self.clock.now();
        if let Some((found_at, known)) = self.resolved.borrow().get(&(host.to_owned(), port))
            && now.since(*found_at) < KEPT
        {
            return Ok(known.clone());
        }
        let found = lookup_host((host, port)).await;
        let found: Rc<[SocketAddr]> = found
            .map_err(|error| format!("the name {host} has no address{}", why_unresolved(&error)))?
            .collect();
        self.resolved.borrow_mut().insert((host.to_owned(), port), (now, found.clone()));
        Ok(found)
    }

    /// The address that has answered is asked first from now on.
    fn prefer(&self, host: &str, port: u16, addresses: &[SocketAddr], answered: SocketAddr) {
        if addresses.first() == Some(&answered) {
            return;
        }
        if let Some((_, known)) = self.resolved.borrow_mut().get_mut(&(host.to_owned(), port)) {
            let others = addresses.iter().copied().filter(|it| *it != answered);
            *known = std::iter::once(answered).chain(others).collect();
        }
    }
}
