//! Web origins, and which of them may use the API.

use std::str::FromStr;

use hyper::http::uri::Authority;

/// A scheme, a host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    is_https: bool,
    host: String,
    port: u16,
}

/// What is wrong with an origin.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[error("{0:?} is not an origin: write http://host, https://host or either with :port")]
pub struct OriginError(String);

impl Origin {
    /// An origin from its parts.
    pub fn new(is_https: bool, host: &str, port: u16) -> Self {
        Self { is_https, host: host.to_ascii_lowercase(), port }
    }

    /// The host, IPv6 in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the scheme is `https`.
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// The port, the scheme's default when none is written.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let error = || OriginError(text.to_owned());
        let (is_https, rest) = match text.split_once("://") {
            Some(("http", rest)) => (false, rest),
            Some(("https", rest)) => (true, rest),
            _ => return Err(error()),
        };
        let authority: Authority = rest.parse().map_err(|_| error())?;
        if rest.contains('@') || authority.host().is_empty() {
            return Err(error());
        }
        let port = match authority.port() {
            Some(port) => port.as_u16(),
            None if rest.len() > authority.host().len() => return Err(error()),
            None if is_https => 443,
            None => 80,
        };
        Ok(Self::new(is_https, authority.host(), port))
    }
}

/// Whether a host, as a URL writes it, is this machine.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Origins that the user lets use the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedOrigin {
    /// Every `http:` or `https:` page served from this machine.
    Loopback,
    /// Pages of this origin.
    Exactly(Origin),
}

impl AllowedOrigin {
    /// Whether a page of this origin may use the API.
    pub fn allows(&self, origin: &Origin) -> bool {
        match self {
            Self::Loopback => is_loopback(&origin.host),
            Self::Exactly(allowed) => allowed == origin,
        }
    }
}

impl FromStr for AllowedOrigin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        if text == "loopback" { Ok(Self::Loopback) } else { text.parse().map(Self::Exactly) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_s_port_is_implied() {
        assert_eq!("https://Example.org".parse(), Ok(Origin::new(true, "example.org", 443)));
        assert_eq!("http://[::1]".parse(), Ok(Origin::new(false, "[::1]", 80)));
        assert_eq!("http://localhost:8080".parse(), Ok(Origin::new(false, "localhost", 8080)));
    }

    #[test]
    fn what_is_not_an_origin_is_refused() {
        for text in [
            "null",
            "",
            "localhost",
            "ftp://a",
            "http://",
            "http://a/b",
            "http://u@a",
            "http://a:x",
            "http://a:",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }

    #[test]
    fn loopback_allows_only_this_machine_on_any_port() {
        for (text, expected) in [
            ("http://localhost:1", true),
            ("https://127.0.0.1", true),
            ("http://127.9.9.9:80", true),
            ("http://[::1]:3000", true),
            ("http://localhost.evil.example", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(AllowedOrigin::Loopback.allows(&text.parse().unwrap()), expected, "{text}");
        }
    }
}
