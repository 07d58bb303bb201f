//! Where an address leads, judged by its text.
//!
//! Owns which hosts are this machine and which are its neighbours. It refuses to resolve names: a public name may lead to a
//! private address, and only the browser knows.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::Endpoint;

/// Where a host is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum HostKind {
    /// This machine.
    Loopback,
    /// The local network.
    Private,
    /// Anywhere else.
    #[default]
    Public,
    /// No host: a page that was opened from a file.
    File,
}

impl HostKind {
    /// The kind of a host as written in an address, without a port.
    ///
    /// ```
    /// # use sockscope_engine::explain::HostKind;
    /// assert_eq!(HostKind::of("127.0.0.1"), HostKind::Loopback);
    /// assert_eq!(HostKind::of("printer.local"), HostKind::Private);
    /// assert_eq!(HostKind::of("example.com"), HostKind::Public);
    /// ```
    pub fn of(host: &str) -> Self {
        let host = host.trim_end_matches('.');
        if host.is_empty() {
            return Self::File;
        }
        match ip(host) {
            Some(IpAddr::V4(ip)) => Self::of_v4(ip),
            Some(IpAddr::V6(ip)) => Self::of_v6(ip),
            None if host.eq_ignore_ascii_case("localhost") || ends_with(host, ".localhost") => Self::Loopback,
            // A name without a dot is one that only the own network knows.
            None if ends_with(host, ".local") || !host.contains('.') => Self::Private,
            None => Self::Public,
        }
    }

    fn of_v4(ip: Ipv4Addr) -> Self {
        match ip.octets() {
            // Systems take 0.0.0.0 for themselves.
            [127, ..] | [0, 0, 0, 0] => Self::Loopback,
            [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [169, 254, ..] | [100, 64..=127, ..] => {
                Self::Private
            }
            _ => Self::Public,
        }
    }

    fn of_v6(ip: Ipv6Addr) -> Self {
        match (ip.to_ipv4_mapped(), ip.segments()[0]) {
            (Some(ip), _) => Self::of_v4(ip),
            _ if ip.is_loopback() || ip.is_unspecified() => Self::Loopback,
            (None, 0xfc00..=0xfdff | 0xfe80..=0xfebf) => Self::Private,
            (None, _) => Self::Public,
        }
    }
}

/// The host of an address, taken apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'a> {
    /// As written; an IPv6 address in its brackets.
    pub host: &'a str,
    pub port: u16,
    pub kind: HostKind,
    pub is_ip: bool,
    pub is_secure: bool,
    pub has_user: bool,
}

impl<'a> Target<'a> {
    pub fn of(endpoint: &'a Endpoint) -> Self {
        let is_secure = endpoint.is_secure();
        let rest = endpoint.url().split_once("://").map_or("", |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (has_user, authority) = match authority.rsplit_once('@') {
            Some((_, host)) => (true, host),
            None => (false, authority),
        };
        let host_ends = match authority.find(']') {
            Some(bracket) => bracket + 1,
            None => authority.find(':').unwrap_or(authority.len()),
        };
        let (host, port) = authority.split_at(host_ends);
        let port = port.strip_prefix(':').and_then(|port| port.parse().ok());
        let port = port.unwrap_or(if is_secure { 443 } else { 80 });
        Self { host, port, kind: HostKind::of(host), is_ip: ip(host).is_some(), is_secure, has_user }
    }

    /// Whether the machine is this one or one nearby.
    pub fn is_near(&self) -> bool {
        matches!(self.kind, HostKind::Loopback | HostKind::Private)
    }

    /// Whether finding the machine takes a question to a name server.
    pub fn needs_dns(&self) -> bool {
        !self.is_ip && self.kind != HostKind::Loopback
    }
}

fn ip(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?.parse().ok().map(IpAddr::V6),
        None => host.parse().ok(),
    }
}

fn ends_with(host: &str, end: &str) -> bool {
    let start = host.len().saturating_sub(end.len());
    host.as_bytes()[start..].eq_ignore_ascii_case(end.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: HostKind, hosts: &[&str]) {
        for host in hosts {
            assert_eq!(HostKind::of(host), kind, "{host}");
        }
    }

    #[test]
    fn this_machine_is_loopback() {
        check(
            HostKind::Loopback,
            &[
                "localhost",
                "LOCALHOST",
                "localhost.",
                "app.localhost",
                "127.0.0.1",
                "127.9.9.9",
                "[::1]",
                "::1",
                "0.0.0.0",
                "[::ffff:127.0.0.1]",
            ],
        );
    }

    #[test]
    fn neighbours_are_private() {
        check(
            HostKind::Private,
            &[
                "10.0.0.1",
                "172.16.0.1",
                "172.31.255.255",
                "192.168.1.1",
                "169.254.0.1",
                "100.64.0.1",
                "[fd00::1]",
                "[fc00::1]",
                "[fe80::1]",
                "printer.local",
                "Printer.LOCAL.",
                "intranet",
                "[::ffff:10.0.0.1]",
            ],
        );
    }

    #[test]
    fn the_rest_is_public() {
        check(
            HostKind::Public,
            &[
                "example.com",
                "172.15.0.1",
                "172.32.0.1",
                "192.169.0.1",
                "11.0.0.1",
                "128.0.0.1",
                "[2001:db8::1]",
                "localhost.example.com",
                "notlocalhost.com",
                "x.locale",
                "é.com",
            ],
        );
    }

    #[test]
    fn no_host_is_a_file() {
        check(HostKind::File, &[""]);
    }

    #[test]
    fn an_address_is_taken_apart() {
        for (url, host, port, is_ip) in [
            ("ws://h", "h", 80, false),
            ("wss://h/x:1", "h", 443, false),
            ("wss://h:8443?a:b", "h", 8443, false),
            ("ws://[::1]:9000/", "[::1]", 9000, true),
            ("ws://[::1]", "[::1]", 80, true),
            ("ws://10.0.0.1:/", "10.0.0.1", 80, true),
        ] {
            let endpoint = Endpoint::parse(url).expect("valid");
            let target = Target::of(&endpoint);
            assert_eq!((target.host, target.port, target.is_ip), (host, port, is_ip), "{url}");
        }
    }
}
