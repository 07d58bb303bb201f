//! The opening handshake (RFC 6455, section 4.2): reads the request, chooses the subprotocol, answers, and
//! takes the transport over from HTTP.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::header::HeaderValue;
use hyper::upgrade::OnUpgrade;
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Version, header};
use hyper_util::rt::TokioIo;
use sha1::{Digest, Sha1};

use super::conn::Conn;
use super::patient::Patient;

/// An offer of compression, as browsers make it.
pub static COMPRESSION: HeaderValue = HeaderValue::from_static("permessage-deflate; client_max_window_bits");

/// Why a request does not become a WebSocket.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// An ordinary request.
    #[error("this is a WebSocket endpoint: send an upgrade request")]
    NoUpgrade,
    /// Another version of the protocol.
    #[error("only WebSocket version 13 is spoken here")]
    Version,
    /// A request that is not as the RFC has it.
    #[error("the handshake is malformed: {0}")]
    Malformed(&'static str),
    /// Only subprotocols that the route does not speak.
    #[error("none of the offered subprotocols is spoken here: this route speaks {0}")]
    Subprotocol(&'static str),
}

impl Refusal {
    /// The HTTP status of the refusal.
    pub fn status(self) -> StatusCode {
        match self {
            Self::NoUpgrade | Self::Version => StatusCode::UPGRADE_REQUIRED,
            Self::Malformed(_) | Self::Subprotocol(_) => StatusCode::BAD_REQUEST,
        }
    }
}

/// The subprotocols of a route.
#[derive(Debug, Clone, Copy)]
pub enum Subprotocols {
    /// Offers are not answered.
    None,
    /// The first offer among these is chosen; offers without one of them are refused.
    Of(&'static [&'static str], &'static str),
}

/// A valid opening handshake.
pub struct Handshake {
    accept: String,
    protocol: Option<&'static str>,
    upgrade: OnUpgrade,
}

impl Handshake {
    /// Checks a request, and takes the means to upgrade out of it.
    pub fn read<B>(request: &mut Request<B>, spoken: Subprotocols) -> Result<Self, Refusal> {
        let headers = request.headers();
        if !names(headers, header::CONNECTION, "upgrade") || !names(headers, header::UPGRADE, "websocket") {
            return Err(Refusal::NoUpgrade);
        }
        if request.method() != Method::GET || request.version() != Version::HTTP_11 {
            return Err(Refusal::Malformed("it must be a GET of HTTP/1.1"));
        }
        if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
            return Err(Refusal::Version);
        }
        let key = headers.get(header::SEC_WEBSOCKET_KEY).ok_or(Refusal::Malformed("no Sec-WebSocket-Key"))?;
        if STANDARD.decode(key).map_or(0, |key| key.len()) != 16 {
            return Err(Refusal::Malformed("Sec-WebSocket-Key is not 16 bytes in base64"));
        }
        let accept = accept(key.as_bytes());
        let protocol = choose(headers, spoken)?;
        let upgrade = request.extensions_mut().remove().ok_or(Refusal::Malformed("it cannot be upgraded"))?;
        Ok(Self { accept, protocol, upgrade })
    }

    /// What becomes the transport once another party's answer is sent.
    pub fn into_upgrade(self) -> OnUpgrade {
        self.upgrade
    }

    /// The answer, and what becomes the transport once it is sent.
    pub fn answer<B: Default>(self) -> (Response<B>, OnUpgrade) {
        let mut response = Response::builder()
            .status(StatusCode::SWITCHING_PROTOCOLS)
            .header(header::CONNECTION, "upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_ACCEPT, self.accept);
        if let Some(protocol) = self.protocol {
            response = response.header(header::SEC_WEBSOCKET_PROTOCOL, protocol);
        }
        (response.body(B::default()).expect("the header values are base64 and names of ours"), self.upgrade)
    }
}

/// The transport behind an upgrade, and the bytes that came before it was taken over. `None` when the client left.
pub async fn transport(upgrade: OnUpgrade) -> Option<(Conn, Bytes)> {
    let parts = upgrade.await.ok()?.downcast::<TokioIo<Patient<Conn>>>().ok()?;
    Some((parts.io.into_inner().into_inner(), parts.read_buf))
}

/// What a server makes of a client's key.
pub fn accept(key: &[u8]) -> String {
    let mut hash = Sha1::new();
    hash.update(key);
    hash.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    STANDARD.encode(hash.finalize())
}

/// Whether a header that holds a list names `token`, in any case.
pub fn names(headers: &HeaderMap, name: header::HeaderName, token: &str) -> bool {
    items(headers, name).any(|item| item.eq_ignore_ascii_case(token))
}

fn items(headers: &HeaderMap, name: header::HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).filter(|item| !item.is_empty())
}

fn choose(headers: &HeaderMap, spoken: Subprotocols) -> Result<Option<&'static str>, Refusal> {
    let Subprotocols::Of(known, in_words) = spoken else { return Ok(None) };
    let mut offers = items(headers, header::SEC_WEBSOCKET_PROTOCOL).peekable();
    if offers.peek().is_none() {
        return Ok(None);
    }
    let chosen = offers.find_map(|offer| known.iter().find(|known| **known == offer));
    chosen.copied().map(Some).ok_or(Refusal::Subprotocol(in_words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(offers: &[&str], expected: Result<Option<&str>, Refusal>) {
        let mut headers = HeaderMap::new();
        for offer in offers {
            headers.append(header::SEC_WEBSOCKET_PROTOCOL, offer.parse().unwrap());
        }
        assert_eq!(choose(&headers, Subprotocols::Of(&["a.v1", "a.v2"], "a")), expected);
    }

    #[test]
    fn the_client_s_first_known_offer_is_chosen() {
        check(&["a.v2, a.v1"], Ok(Some("a.v2")));
        check(&["x, a.v1"], Ok(Some("a.v1")));
        check(&["x", "a.v2"], Ok(Some("a.v2")));
    }

    #[test]
    fn no_offer_is_answered_with_none() {
        check(&[], Ok(None));
    }

    #[test]
    fn only_unknown_offers_are_refused() {
        check(&["x, A.V1"], Err(Refusal::Subprotocol("a")));
    }

    #[test]
    fn the_accept_key_is_that_of_the_rfc() {
        assert_eq!(accept(b"dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}
