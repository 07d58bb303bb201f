//! Where figures are served: on this machine alone, unless an address is named.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

/// `--metrics`: a port of loopback, or an address with a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricsAddress(pub SocketAddr);

/// What is wrong with it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("expected :PORT for this machine alone, or ADDRESS:PORT such as 0.0.0.0:9464, found {0:?}")]
pub struct MetricsAddressError(String);

impl FromStr for MetricsAddress {
    type Err = MetricsAddressError;

    fn from_str(text: &str) -> Result<Self, MetricsAddressError> {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let port = text.strip_prefix(':').or(text.strip_prefix("localhost:")).unwrap_or(text);
        let on_loopback = port.parse().ok().map(|port| SocketAddr::new(loopback, port));
        on_loopback
            .or_else(|| text.parse().ok())
            .map(Self)
            .ok_or_else(|| MetricsAddressError(text.to_owned()))
    }
}

impl fmt::Display for MetricsAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_that_is_named_is_reached_from_elsewhere() {
        let read = |text: &str| text.parse::<MetricsAddress>().map(|it| it.to_string()).ok();
        for text in [":9464", "9464", "localhost:9464", "127.0.0.1:9464"] {
            assert_eq!(read(text).as_deref(), Some("127.0.0.1:9464"), "{text}");
        }
        assert_eq!(read("0.0.0.0:1").as_deref(), Some("0.0.0.0:1"));
        assert_eq!(read("[::1]:1").as_deref(), Some("[::1]:1"));
        for text in ["", ":", "here", "host:9464", ":70000", "0.0.0.0"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
