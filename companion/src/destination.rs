//! Where the fault proxy may connect to: what a URL asks for, and which addresses the user allows.
//!
//! **Invariant:** the policy judges the resolved address, and the proxy connects to that one, so no name can point elsewhere in
//! between.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use url::{Host, Url};

/// A WebSocket server as a URL names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination(Url);

/// What is wrong with a destination.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum DestinationError {
    /// No URL.
    #[error("expected an address such as ws://localhost:3000/path, found {0:?}")]
    NoUrl(String),
    /// Some other scheme.
    #[error("{0:?} is not a WebSocket address: it must begin with ws:// or wss://")]
    Scheme(String),
    /// A name and password in front of the host, which browsers do not send either.
    #[error("an address must not contain a user or a password")]
    Credentials,
}

impl FromStr for Destination {
    type Err = DestinationError;

    fn from_str(text: &str) -> Result<Self, DestinationError> {
        let url = Url::parse(text).map_err(|_| DestinationError::NoUrl(text.to_owned()))?;
        if !matches!(url.scheme(), "ws" | "wss") {
            return Err(DestinationError::Scheme(text.to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(DestinationError::Credentials);
        }
        Ok(Self(url))
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Destination {
    /// As others may see it: without the query, in which tokens are.
    pub fn without_query(&self) -> String {
        let mut url = self.0.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.into()
    }

    /// Whether it is spoken to under TLS.
    pub fn is_tls(&self) -> bool {
        self.0.scheme() == "wss"
    }

    /// The host without brackets: what is resolved, and what a certificate has to name.
    pub fn host(&self) -> &str {
        let host = self.0.host_str().unwrap_or_default();
        host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The host, an IPv6 address with its brackets.
    pub fn bracketed_host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The port, the scheme's when none is written.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(80)
    }

    /// The `Host` header.
    pub fn authority(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// What is asked for: path and query.
    pub fn path(&self) -> String {
        let path = self.0.path();
        self.0.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
    }
}

/// Where a server may connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Everything on this machine, and what is named: for a server that only this machine can ask.
    Machine(Vec<AllowedTarget>),
    /// Its own ports and what is named. A server that other machines can ask must not be their way to what listens on
    /// loopback in order to be out of their reach.
    Own {
        /// The ports it listens on itself.
        ports: Vec<u16>,
        /// What is named.
        named: Vec<AllowedTarget>,
    },
}

impl Reach {
    /// Those of a destination's addresses that may be connected to.
    pub fn permitted(&self, destination: &Destination, addresses: &[SocketAddr]) -> Vec<SocketAddr> {
        let port = destination.port();
        let (named, is_near) = match self {
            Self::Machine(named) => (named, true),
            Self::Own { ports, named } => (named, ports.contains(&port)),
        };
        let may = |address: &&SocketAddr| {
            let ip = address.ip().to_canonical();
            (is_near && ip.is_loopback()) || named.iter().any(|it| it.allows(destination.host(), ip, port))
        };
        addresses.iter().filter(may).copied().collect()
    }

    /// Whether the user has named a destination, so that it may be connected to whatever its address.
    pub fn names(&self, destination: &Destination) -> bool {
        let (Self::Machine(named) | Self::Own { named, .. }) = self;
        let is_port = |it: &AllowedTarget| it.port.is_none_or(|port| port == destination.port());
        named.iter().any(|it| it.host.eq_ignore_ascii_case(destination.host()) && is_port(it))
    }

    /// Whether it is kept from those who ask what a name stands for: other machines may ask, and the user has not named it.
    pub fn hides(&self, destination: &Destination) -> bool {
        match self {
            Self::Machine(_) => false,
            Self::Own { named, .. } => {
                !named.iter().any(|it| it.host.eq_ignore_ascii_case(destination.host()))
            }
        }
    }
}

/// A server that the user lets the proxy connect to: `HOST` or `HOST:PORT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedTarget {
    host: String,
    port: Option<u16>,
}

/// What is wrong with an allowed target.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[error(
    "{0:?} is not a target: write HOST or HOST:PORT, an IPv6 address in brackets, without ws:// and without a path"
)]
pub struct AllowedTargetError(String);

impl AllowedTarget {
    fn allows(&self, host: &str, ip: IpAddr, port: u16) -> bool {
        let is_named =
            self.host.eq_ignore_ascii_case(host) || self.host.parse().is_ok_and(|it: IpAddr| it == ip);
        is_named && self.port.is_none_or(|allowed| allowed == port)
    }
}

impl FromStr for AllowedTarget {
    type Err = AllowedTargetError;

    fn from_str(text: &str) -> Result<Self, AllowedTargetError> {
        let error = || AllowedTargetError(text.to_owned());
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                (host, Some(port.parse().map_err(|_| error())?))
            }
            _ => (text, None),
        };
        // The same reading that a URL's host gets, so that both are compared in one form.
        let host = match Host::parse(host).map_err(|_| error())? {
            Host::Domain(name) => name,
            Host::Ipv4(ip) => ip.to_string(),
            Host::Ipv6(ip) => ip.to_string(),
        };
        Ok(Self { host, port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_has_a_host_a_port_and_a_path() {
        for (text, host, port, authority, path) in [
            ("ws://localhost:3000/chat?a=1&b=2", "localhost", 3000, "localhost:3000", "/chat?a=1&b=2"),
            ("wss://Example.org", "example.org", 443, "example.org", "/"),
            ("ws://[::1]:8080/x", "::1", 8080, "[::1]:8080", "/x"),
        ] {
            let it: Destination = text.parse().unwrap();
            assert_eq!((it.host(), it.port()), (host, port), "{text}");
            assert_eq!((it.authority().as_str(), it.path().as_str()), (authority, path), "{text}");
            assert!(!it.without_query().contains('?'), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_websocket_address_is_refused_in_words() {
        for (text, words) in [
            ("localhost:3000", "ws://"),
            ("", "ws://"),
            ("http://localhost:3000", "begin with ws://"),
            ("ws://a:b@localhost", "password"),
        ] {
            let error = text.parse::<Destination>().unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    #[track_caller]
    fn check(destination: &str, address: &str, allowed: &[&str], passes: bool) {
        let destination: Destination = destination.parse().unwrap();
        let allowed: Vec<AllowedTarget> = allowed.iter().map(|it| it.parse().unwrap()).collect();
        let address = SocketAddr::new(address.parse().unwrap(), destination.port());
        let reach = Reach::Machine(allowed);
        let got = reach.permitted(&destination, &[address]);
        assert_eq!(got.len() == 1, passes, "{destination} at {address} with {reach:?}");
    }

    #[test]
    fn loopback_is_allowed_whatever_its_name() {
        check("ws://localhost:1", "127.0.0.1", &[], true);
        check("ws://localhost:1", "::1", &[], true);
        check("ws://mine.test:1", "127.9.9.9", &[], true);
        check("ws://mine.test:1", "::ffff:127.0.0.1", &[], true);
    }

    #[test]
    fn a_name_that_points_elsewhere_is_not_allowed_whatever_it_is() {
        check("ws://localhost:1", "10.0.0.1", &[], false);
        check("ws://other.test", "10.0.0.1", &["mine.test"], false);
        check("ws://127.0.0.1.nip.test", "192.168.0.1", &["127.0.0.1"], false);
        check("ws://0.0.0.0:1", "0.0.0.0", &[], false);
    }

    #[test]
    fn what_the_user_names_is_allowed_on_the_ports_named() {
        check("ws://Mine.test:81", "10.0.0.1", &["mine.TEST"], true);
        check("ws://mine.test:81", "10.0.0.1", &["mine.test:81"], true);
        check("ws://mine.test:82", "10.0.0.1", &["mine.test:81"], false);
        check("wss://mine.test", "10.0.0.1", &["mine.test:443"], true);
        check("ws://10.0.0.1:5", "10.0.0.1", &["10.0.0.1"], true);
        check("ws://name.test:5", "10.0.0.1", &["10.0.0.1:5"], true);
        check("ws://[fd00::1]:5", "fd00::1", &["[fd00::1]:5"], true);
    }

    #[test]
    fn a_server_for_the_network_reaches_itself_and_what_is_named() {
        let reach = Reach::Own { ports: vec![9000], named: vec!["localhost:3000".parse().unwrap()] };
        for (port, passes) in [(9000, true), (3000, true), (22, false)] {
            let destination: Destination = format!("ws://localhost:{port}").parse().unwrap();
            let address = SocketAddr::from(([127, 0, 0, 1], port));
            assert_eq!(reach.permitted(&destination, &[address]).len() == 1, passes, "{port}");
        }
    }

    #[test]
    fn what_is_not_a_target_is_refused() {
        for text in ["", "ws://a", "a:b", "a/b", "a:70000", "a b"] {
            assert!(text.parse::<AllowedTarget>().is_err(), "{text}");
        }
    }
}
