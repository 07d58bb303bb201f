//! Which network a host is in, as far as its name tells.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

/// Where a host is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum HostKind {
    /// This machine.
    Loopback,
    /// The local network.
    Private,
    /// Anywhere.
    #[default]
    Public,
    /// There is none: the page is a file.
    File,
}

impl HostKind {
    /// Of a host as it stands in an address, with or without brackets.
    pub fn of(host: &str) -> Self {
        if host.is_empty() {
            return Self::File;
        }
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        match bare.parse::<IpAddr>() {
            Ok(IpAddr::V4(ip)) => Self::of_v4(ip),
            Ok(IpAddr::V6(ip)) => ip.to_ipv4_mapped().map_or_else(|| Self::of_v6(ip), Self::of_v4),
            Err(_) => Self::of_name(&bare.to_ascii_lowercase()),
        }
    }

    fn of_v4(ip: Ipv4Addr) -> Self {
        match ip {
            _ if ip.is_loopback() || ip.is_unspecified() => Self::Loopback,
            _ if ip.is_private() || ip.is_link_local() => Self::Private,
            _ => Self::Public,
        }
    }

    fn of_v6(ip: Ipv6Addr) -> Self {
        match ip.segments()[0] {
            _ if ip.is_loopback() || ip.is_unspecified() => Self::Loopback,
            first if first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80 => Self::Private,
            _ => Self::Public,
        }
    }

    fn of_name(name: &str) -> Self {
        let name = name.trim_end_matches('.');
        let is_under = |domain: &str| name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
        match name {
            "localhost" => Self::Loopback,
            _ if is_under("localhost") => Self::Loopback,
            _ if is_under("local") || is_under("lan") || is_under("internal") || !name.contains('.') => {
                Self::Private
            }
            _ => Self::Public,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_in_the_network_that_its_name_says() {
        let table: [(HostKind, &[&str]); 4] = [
            (
                HostKind::Loopback,
                &["localhost", "a.localhost", "LOCALHOST.", "127.0.0.1", "127.9.9.9", "[::1]", "0.0.0.0"],
            ),
            (
                HostKind::Private,
                &[
                    "10.0.0.1",
                    "172.16.0.1",
                    "192.168.1.9",
                    "169.254.1.1",
                    "[fd00::1]",
                    "[fe80::1]",
                    "nas",
                    "printer.local",
                    "[::ffff:10.0.0.1]",
                ],
            ),
            (
                HostKind::Public,
                &[
                    "example.com",
                    "172.32.0.1",
                    "8.8.8.8",
                    "[2001:db8::1]",
                    "local.example.com",
                    "notlocalhost.com",
                ],
            ),
            (HostKind::File, &[""]),
        ];
        for (kind, hosts) in table {
            for host in hosts {
                assert_eq!(HostKind::of(host), kind, "{host}");
            }
        }
    }
}
