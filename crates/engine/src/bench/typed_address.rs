//! An address as people type it, completed to one that can be connected to.
//!
//! Owns what is added for missing parts. [`Endpoint`] reports what is wrong with the rest.

use crate::{Endpoint, EndpointError};

/// The address that was meant. Without a scheme a host of this machine or its network, or one with a port of its own, is meant
/// without encryption, and any other with it; a path alone is one of `own`, such as `ws://localhost:9000`.
///
/// ```
/// # use sockscope_engine::bench::typed_address::complete;
/// assert_eq!(complete("localhost:9000/ws", "").unwrap().url(), "ws://localhost:9000/ws");
/// assert_eq!(complete("https://example.com/chat", "").unwrap().url(), "wss://example.com/chat");
/// ```
pub fn complete(typed: &str, own: &str) -> Result<Endpoint, EndpointError> {
    let typed = typed.trim();
    if typed.is_empty() || typed.contains("://") {
        return Endpoint::parse(typed);
    }
    if typed.starts_with('/') && !typed.starts_with("//") {
        return Endpoint::parse(&format!("{own}{typed}"));
    }
    let rest = typed.trim_start_matches('/');
    if rest.starts_with(':') {
        return Endpoint::parse(&format!("ws://localhost{rest}"));
    }
    let plain = Endpoint::parse(&format!("ws://{rest}"))?;
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let has_port = authority.len() > plain.host().len() + 1;
    if plain.port() == 443 || (!has_port && !is_near(plain.host())) {
        return Endpoint::parse(&format!("wss://{rest}"));
    }
    Ok(plain)
}

/// Whether a host is this machine or in its network, where certificates are rare.
fn is_near(host: &str) -> bool {
    let mut parts = host.split('.').map(str::parse::<u8>);
    let numbers = [parts.next(), parts.next(), parts.next(), parts.next()];
    match numbers {
        [Some(Ok(a)), Some(Ok(b)), Some(Ok(_)), Some(Ok(_))] => {
            matches!((a, b), (10 | 127, _) | (192, 168) | (169, 254) | (172, 16..=31))
        }
        _ => {
            host.starts_with('[')
                || !host.contains('.')
                || host.ends_with(".local")
                || host.ends_with(".localhost")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(typed: &str, expected: &str) {
        let got = complete(typed, "ws://page:9000");
        assert_eq!(got.as_ref().map(Endpoint::url).map_err(ToString::to_string), Ok(expected), "{typed}");
    }

    #[test]
    fn what_is_missing_is_added() {
        check(" ws://h/ws ", "ws://h/ws");
        check("http://h/ws", "ws://h/ws");
        check("HTTPS://h/ws", "wss://h/ws");
        check("localhost:9000/ws", "ws://localhost:9000/ws");
        check("localhost", "ws://localhost");
        check("chat-server/ws", "ws://chat-server/ws");
        check("192.168.1.7/ws", "ws://192.168.1.7/ws");
        check("172.32.0.1/ws", "wss://172.32.0.1/ws");
        check("[::1]:8080", "ws://[::1]:8080");
        check("example.com/ws", "wss://example.com/ws");
        check("example.com:443/ws", "wss://example.com:443/ws");
        check("example.com:80/ws", "ws://example.com:80/ws");
        check("example.com:8080", "ws://example.com:8080");
        check("//example.com/ws", "wss://example.com/ws");
        check(":9000/ws", "ws://localhost:9000/ws");
        check("/ws/echo", "ws://page:9000/ws/echo");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let wrong = |typed: &str| complete(typed, "").map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(wrong(""), Err("type an address, such as ws://localhost:9000/ws".to_owned()));
        assert_eq!(
            wrong("ftp://h"),
            Err("an address starts with ws:// or wss://, not with ftp://".to_owned())
        );
        assert!(wrong("h:port/x").is_err() && wrong("h x").is_err() && wrong("me:secret@h").is_err());
    }
}
