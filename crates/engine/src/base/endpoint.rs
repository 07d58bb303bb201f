//! Where to connect: a WebSocket address and the subprotocols to offer.
//!
//! Owns the checks of an address before connecting. It refuses to be a full URL parser: the browser has one, and its
//! complaint is kept unchanged. Here are the mistakes that people make.

use serde::{Deserialize, Serialize};

/// A checked address with the subprotocols to offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    url: String,
    protocols: Vec<String>,
    /// Header fields of the handshake beside its own.
    #[serde(default)]
    fields: Vec<(String, String)>,
    /// What is said beside the address for TLS.
    #[serde(default)]
    tls: Option<Box<ClientTls>>,
    /// Whether a client without a browser offers compression.
    #[serde(default)]
    compression: bool,
}

/// What a client shows and takes in a TLS handshake, in PEM; nothing where it is empty.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientTls {
    /// Its certificate, with those that sign it.
    pub certificate: String,
    /// The key of that certificate.
    pub key: String,
    /// The authorities that sign the server's certificate; those of the machine where there are none.
    pub ca: String,
    /// Whether any certificate of the server is taken.
    pub insecure: bool,
}

/// It holds a key.
impl std::fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientTls").field("insecure", &self.insecure).finish_non_exhaustive()
    }
}

/// What is wrong with an address, said before connecting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Nothing was typed.
    #[error("type an address, such as ws://localhost:9000/ws")]
    Empty,
    /// No `://` in it.
    #[error("an address starts with ws:// or wss://, this one has no scheme")]
    NoScheme,
    /// Another scheme than the two.
    #[error("an address starts with ws:// or wss://, not with {0}://")]
    Scheme(String),
    /// Nothing between the scheme and the path.
    #[error("the address names no host")]
    NoHost,
    /// Not a number from 1 to 65535.
    #[error("{0:?} is not a port; a port is a number from 1 to 65535")]
    Port(String),
    /// A `#…` part, which the WebSocket protocol has no use for.
    #[error("a WebSocket address has no fragment; write # as %23")]
    Fragment,
    /// Blanks or control characters.
    #[error("the address contains a blank; write it as %20")]
    Blank,
    /// Browsers drop or refuse these.
    #[error(
        "a browser sends no user:password@ with a WebSocket; put a token into the query or a subprotocol"
    )]
    Credentials,
    /// Not a token in the sense of RFC 7230.
    #[error("{0:?} is not a subprotocol: letters, digits and !#$%&'*+-.^_`|~ only")]
    Protocol(String),
    /// Not a token either.
    #[error("{0:?} is not the name of a header field: letters, digits and !#$%&'*+-.^_`|~ only")]
    FieldName(String),
    /// A header field that the handshake itself has.
    #[error("the header field {0:?} belongs to the handshake, which has its own: leave it out")]
    OwnField(String),
    /// A value that cannot stand in a head. It is not repeated, since it may be a secret.
    #[error("the value of the header field {0:?} has a line break or another control character")]
    FieldValue(String),
    /// Offered twice.
    #[error("the subprotocol {0:?} is offered twice")]
    ProtocolTwice(String),
}

impl Endpoint {
    /// Checks an address. `http://` and `https://` stand for `ws://` and `wss://`, as in newer browsers.
    ///
    /// ```
    /// # use sockscope_engine::Endpoint;
    /// assert_eq!(Endpoint::parse(" https://example.com/chat ").unwrap().url(), "wss://example.com/chat");
    /// assert_eq!(
    ///     Endpoint::parse("localhost:9000").unwrap_err().to_string(),
    ///     "an address starts with ws:// or wss://, this one has no scheme",
    /// );
    /// ```
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EndpointError::Empty);
        }
        let (scheme, rest) = text.split_once("://").ok_or(EndpointError::NoScheme)?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "ws" | "http" => "ws",
            "wss" | "https" => "wss",
            other => return Err(EndpointError::Scheme(other.to_owned())),
        };
        if rest.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(EndpointError::Blank);
        }
        if rest.contains('#') {
            return Err(EndpointError::Fragment);
        }
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        check_authority(authority)?;
        Ok(Self {
            url: format!("{scheme}://{rest}"),
            protocols: Vec::new(),
            fields: Vec::new(),
            tls: None,
            compression: false,
        })
    }

    /// The same address with subprotocols to offer, best first.
    pub fn with_protocols<S: Into<String>>(
        mut self,
        protocols: impl IntoIterator<Item = S>,
    ) -> Result<Self, EndpointError> {
        for protocol in protocols {
            let protocol = protocol.into();
            if !is_token(&protocol) {
                return Err(EndpointError::Protocol(protocol));
            }
            if self.protocols.contains(&protocol) {
                return Err(EndpointError::ProtocolTwice(protocol));
            }
            self.protocols.push(protocol);
        }
        Ok(self)
    }

    /// The same address with header fields for the handshake. A page sends them by relay.
    pub fn with_fields(
        mut self,
        fields: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, EndpointError> {
        for (name, value) in fields {
            check_field(&name, &value)?;
            self.fields.push((name, value));
        }
        Ok(self)
    }

    /// The same address with what is said beside it for TLS. A page says it by relay.
    #[must_use]
    pub fn with_tls(mut self, tls: ClientTls) -> Self {
        self.tls = (tls != ClientTls::default()).then(|| Box::new(tls));
        self
    }

    /// The same address with `permessage-deflate` offered, or not. A browser offers it in any case.
    #[must_use]
    pub fn with_compression(mut self, compression: bool) -> Self {
        self.compression = compression;
        self
    }

    /// Whether a client without a browser offers `permessage-deflate`.
    pub fn offers_compression(&self) -> bool {
        self.compression
    }

    /// What is said beside the address for TLS.
    pub fn tls(&self) -> Option<&ClientTls> {
        self.tls.as_deref()
    }

    /// Whether its handshake says what a browser does not let a page say.
    pub fn needs_relay(&self) -> bool {
        !self.fields.is_empty() || self.tls.is_some()
    }

    /// Header fields of the handshake beside its own.
    pub fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// The address, beginning with `ws://` or `wss://`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The subprotocols to offer, best first.
    pub fn protocols(&self) -> &[String] {
        &self.protocols
    }

    /// Whether the connection is encrypted.
    pub fn is_secure(&self) -> bool {
        self.url.starts_with("wss:")
    }

    fn authority(&self) -> &str {
        let rest = self.url.split_once("://").map_or("", |(_, rest)| rest);
        rest.split(['/', '?']).next().unwrap_or_default()
    }

    /// The host, an IPv6 address with its brackets.
    pub fn host(&self) -> &str {
        let authority = self.authority();
        match authority.rfind(']') {
            Some(end) => &authority[..=end],
            None => authority.split(':').next().unwrap_or_default(),
        }
    }

    /// The port, also when it is not written.
    pub fn port(&self) -> u16 {
        let written =
            self.authority()[self.host().len()..].strip_prefix(':').and_then(|port| port.parse().ok());
        written.unwrap_or(if self.is_secure() { 443 } else { 80 })
    }

    /// The page that the same server would have at its root, for the browser to ask about its certificate.
    pub fn origin(&self) -> String {
        let scheme = if self.is_secure() { "https" } else { "http" };
        format!("{scheme}://{}/", self.authority())
    }
}

fn check_field(name: &str, value: &str) -> Result<(), EndpointError> {
    const OWN: [&str; 4] = ["host", "connection", "upgrade", "content-length"];
    let lower = name.to_ascii_lowercase();
    match () {
        () if !is_token(name) => Err(EndpointError::FieldName(name.to_owned())),
        () if OWN.contains(&lower.as_str()) || lower.starts_with("sec-websocket-") => {
            Err(EndpointError::OwnField(name.to_owned()))
        }
        () if value.chars().any(|c| c.is_control() && c != '\t') => {
            Err(EndpointError::FieldValue(name.to_owned()))
        }
        () => Ok(()),
    }
}

fn check_authority(authority: &str) -> Result<(), EndpointError> {
    if authority.contains('@') {
        return Err(EndpointError::Credentials);
    }
    // An IPv6 address stands in brackets and has colons of its own.
    let after_host = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((_, after)) => after,
        None => authority.find(':').map_or("", |at| &authority[at..]),
    };
    if authority.len() == after_host.len() {
        return Err(EndpointError::NoHost);
    }
    match after_host.strip_prefix(':') {
        // `host:` is allowed by the URL standard and means the default port.
        Some("") | None => Ok(()),
        Some(port) => match port.parse::<u16>() {
            Ok(number) if number > 0 => Ok(()),
            _ => Err(EndpointError::Port(port.to_owned())),
        },
    }
}

/// A token of RFC 7230, section 3.2.6.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        for (url, host, port, origin) in [
            ("ws://h", "h", 80, "http://h/"),
            ("wss://h.example/a:b", "h.example", 443, "https://h.example/"),
            ("ws://h:9000?x=1:2", "h", 9000, "http://h:9000/"),
            ("wss://[::1]:9443/ws", "[::1]", 9443, "https://[::1]:9443/"),
            ("ws://[::1]", "[::1]", 80, "http://[::1]/"),
        ] {
            let it = Endpoint::parse(url).expect("valid");
            assert_eq!((it.host(), it.port(), it.origin().as_str()), (host, port, origin), "{url}");
        }
    }

    #[track_caller]
    fn ok(text: &str, url: &str) {
        assert_eq!(Endpoint::parse(text).map(|e| e.url().to_owned()), Ok(url.to_owned()));
    }

    #[track_caller]
    fn err(text: &str, expected: EndpointError) {
        assert_eq!(Endpoint::parse(text), Err(expected));
    }

    #[test]
    fn ok_addresses() {
        ok("ws://localhost:9000/ws", "ws://localhost:9000/ws");
        ok("WSS://example.com", "wss://example.com");
        ok("http://127.0.0.1/x?y=z", "ws://127.0.0.1/x?y=z");
        ok("ws://[::1]:8080/a:b", "ws://[::1]:8080/a:b");
        ok("ws://host:/", "ws://host:/");
        ok("ws://host?at=a@b", "ws://host?at=a@b");
    }

    #[test]
    fn err_addresses() {
        err("  ", EndpointError::Empty);
        err("localhost:9000/ws", EndpointError::NoScheme);
        err("ftp://x", EndpointError::Scheme("ftp".into()));
        err("ws:///path", EndpointError::NoHost);
        err("ws://:80/path", EndpointError::NoHost);
        err("ws://host:0", EndpointError::Port("0".into()));
        err("ws://host:66000", EndpointError::Port("66000".into()));
        err("ws://host:80a/", EndpointError::Port("80a".into()));
        err("ws://host/#top", EndpointError::Fragment);
        err("ws://host/a b", EndpointError::Blank);
        err("ws://user:pw@host/", EndpointError::Credentials);
    }

    #[test]
    fn subprotocols_are_tokens_and_unique() {
        let endpoint = Endpoint::parse("ws://h").expect("valid");
        let offered = endpoint.clone().with_protocols(["echo.v1", "echo.v2"]).expect("tokens");
        assert_eq!(offered.protocols(), ["echo.v1", "echo.v2"]);
        assert_eq!(endpoint.clone().with_protocols(["a b"]), Err(EndpointError::Protocol("a b".into())),);
        assert_eq!(endpoint.clone().with_protocols([""]), Err(EndpointError::Protocol(String::new())));
        assert_eq!(endpoint.with_protocols(["x", "x"]), Err(EndpointError::ProtocolTwice("x".into())));
    }

    #[test]
    fn a_field_that_cannot_stand_in_a_handshake_is_the_reason_and_its_value_is_not_repeated() {
        let error = |name: &str, value: &str| {
            let endpoint = Endpoint::parse("ws://h").expect("valid");
            let refused = endpoint.with_fields([(name.to_owned(), value.to_owned())]);
            refused.expect_err("a field that is refused").to_string()
        };
        assert_eq!(
            error("X-A", "s3cret\r\nX-B: 1"),
            "the value of the header field \"X-A\" has a line break or another control character"
        );
        assert_eq!(
            error("Host", "h"),
            "the header field \"Host\" belongs to the handshake, which has its own: leave it out"
        );
        assert!(error("X A", "1").starts_with("\"X A\" is not the name of a header field: "));
    }
}
