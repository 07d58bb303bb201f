//! The client's side of a connection: resolve, connect, TLS, and the opening handshake, whose answer is handed on as it is.
//!
//! It refuses to know what the connection is for. The addresses that are tried are those that were judged, and a name is
//! resolved once.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::ServerName;
use tracing::debug;

use super::conn::Conn;
use super::refusal::{Body, read_body};
use super::tls_words::{Culprit, why_no_tls};
use super::trust::Trust;
use super::tunnel::HttpProxy;
use crate::causes::unanswered;
use crate::destination::{Destination, Reach};
use crate::log::PROXY;

/// How long everything up to the server's answer may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// Bytes of an answer's head.
const LARGEST_HEAD: usize = 64 * 1024;
/// Bytes of a refusal's body that are read.
pub const LARGEST_BODY: usize = 64 * 1024;
/// How long the body of a refusal is waited for.
const BODY_BOUND: Duration = Duration::from_secs(2);
/// Header fields of an answer.
const MOST_FIELDS: usize = 100;

/// Why there is no answer to hand on.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// None of the addresses is one that the user allows.
    #[error("{host}: sockscope may not connect there; start it with --allow-target {target} to let it")]
    NotAllowed {
        /// As the URL names it, with what it resolves to unless that is kept from others.
        host: String,
        /// Host and port.
        target: String,
    },
    /// The name has no address.
    #[error("the name {host} has no address{}", why_unresolved(source))]
    Unresolved {
        /// As the URL names it.
        host: String,
        /// The operating system's words.
        source: io::Error,
    },
    /// No server accepts.
    #[error("{target} cannot be reached: {}", unanswered(source))]
    Unreachable {
        /// What was connected to.
        target: String,
        /// The operating system's words.
        source: io::Error,
    },
    /// No TLS.
    #[error("no TLS with {target}: {why}{}", if *culprit == Culprit::Server { "; insecure=true takes any certificate" } else { "" })]
    Tls {
        /// What was connected to.
        target: String,
        /// Whose certificate it is about.
        culprit: Culprit,
        /// What is wrong.
        why: String,
    },
    /// The certificates of this system cannot be read.
    #[error("the certificates that this system trusts cannot be read; insecure=true takes any certificate")]
    NoRoots,
    /// It took too long.
    #[error("{0} has not answered the handshake in {PATIENCE:?}")]
    TooLate(String),
    /// The connection ended in place of an answer.
    #[error("{0} has ended the connection in place of an answer")]
    Ended(String),
    /// The HTTP proxy before the target opens no tunnel.
    #[error("{proxy} opens no tunnel: it has answered {status}{}", ask_for_user(*status))]
    ProxyRefused {
        /// The proxy, in words.
        proxy: String,
        /// What it has answered.
        status: StatusCode,
    },
    /// Something else than HTTP.
    #[error("{0} answers with something that is not HTTP")]
    NoHttp(String),
}

fn ask_for_user(status: StatusCode) -> &'static str {
    match status {
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            "; give its user and password in its address, such as http://user:password@localhost:3128"
        }
        _ => "",
    }
}

/// Why a name has no address, where that is more than that there is none. The system's words begin with those of the call.
pub fn why_unresolved(error: &io::Error) -> String {
    const CALL: &str = "failed to lookup address information: ";
    /// As Linux, macOS and Windows say that there is none.
    const NONE: [&str; 4] = [
        "Name or service not known",
        "No address associated",
        "nodename nor servname",
        "No such host is known",
    ];
    let whole = error.to_string();
    let words = whole.strip_prefix(CALL).unwrap_or(&whole);
    if NONE.iter().any(|none| words.contains(none)) { String::new() } else { format!(": {words}") }
}

impl DialError {
    /// The HTTP status for the client that wanted the connection.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotAllowed { .. } => StatusCode::FORBIDDEN,
            Self::TooLate(_) => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::BAD_GATEWAY,
        }
    }
}

/// A server's answer to the opening handshake.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its header fields.
    pub headers: HeaderMap,
    /// The body of a refusal.
    pub body: Body,
    /// Bytes that came after an answer of 101.
    pub early: Bytes,
    /// The address that was connected to.
    pub address: Option<SocketAddr>,
    /// The transport.
    pub conn: Conn,
}

/// A way to a server, with every address on it judged.
#[derive(Debug, Clone)]
pub struct Judged {
    addresses: Vec<SocketAddr>,
    proxy: Option<HttpProxy>,
}

impl Judged {
    /// Judges the addresses of a destination. No connection is made.
    pub async fn of(destination: &Destination, reach: &Reach) -> Result<Self, DialError> {
        let addresses = within(destination, judge(destination, reach)).await?;
        Ok(Self { addresses, proxy: None })
    }

    /// Judges both: the addresses of an HTTP proxy, and where it is asked to connect to. A target that the user has named is
    /// named to the proxy; any other is asked for by the address that was judged.
    pub async fn through(
        proxy: &Destination,
        authorization: Option<HeaderValue>,
        destination: &Destination,
        reach: &Reach,
    ) -> Result<Self, DialError> {
        let to = if reach.names(destination) {
            format!("{}:{}", destination.bracketed_host(), destination.port())
        } else {
            let judged = Self::of(destination, reach).await?;
            judged.addresses.first().map(SocketAddr::to_string).unwrap_or_default()
        };
        let addresses = within(proxy, judge(proxy, reach)).await?;
        let name = format!("{}:{}", proxy.bracketed_host(), proxy.port());
        Ok(Self { addresses, proxy: Some(HttpProxy { name, to, authorization }) })
    }

    async fn connect(&self, destination: &Destination) -> Result<TcpStream, DialError> {
        let target = self.proxy.as_ref().map_or_else(|| destination.authority(), HttpProxy::in_words);
        let tcp = connect_to(&self.addresses, target).await?;
        Conn::tune(&tcp);
        match &self.proxy {
            None => Ok(tcp),
            Some(proxy) => proxy.tunnel(tcp).await,
        }
    }
}

/// Connects on a way that was judged, and sends an opening handshake with these header fields.
pub async fn dial(
    destination: &Destination,
    way: &Judged,
    trust: &Trust,
    fields: &[(&str, &HeaderValue)],
) -> Result<Answer, DialError> {
    debug!(target: PROXY, "dialling");
    let answered = async {
        let tcp = way.connect(destination).await?;
        shake(destination, tcp, trust, fields).await
    };
    let answered = within(destination, answered).await;
    match &answered {
        Ok(answer) => debug!(target: PROXY, status = answer.status.as_u16(), "answered"),
        Err(error) => debug!(target: PROXY, %error, "not reached"),
    }
    answered
}

/// Sends an opening handshake with these header fields over a transport that is there. It has no bound of its own.
pub async fn shake(
    destination: &Destination,
    tcp: TcpStream,
    trust: &Trust,
    fields: &[(&str, &HeaderValue)],
) -> Result<Answer, DialError> {
    let mut conn = match destination.is_tls() {
        false => Conn::Plain(tcp),
        true => secure(destination, tcp, trust).await?,
    };
    let broken = |error| broken(destination, error);
    conn.write_all(&request(destination, fields)).await.map_err(broken)?;
    conn.flush().await.map_err(broken)?;
    read_answer(conn, destination).await
}

/// Why a handshake could not be sent. A server that refuses a client's certificate says so after its own part is done.
fn broken(destination: &Destination, source: io::Error) -> DialError {
    match source.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
        true => no_tls(destination, &source),
        false => DialError::Unreachable { target: destination.authority(), source },
    }
}

fn no_tls(destination: &Destination, source: &io::Error) -> DialError {
    let (culprit, why) = why_no_tls(source, destination.host());
    DialError::Tls { target: destination.authority(), culprit, why }
}

async fn within<T>(
    destination: &Destination,
    done: impl Future<Output = Result<T, DialError>>,
) -> Result<T, DialError> {
    timeout(PATIENCE, done).await.unwrap_or_else(|_| Err(DialError::TooLate(destination.authority())))
}

/// Whether a destination is one that may be connected to and that accepts, and at which address: no byte is sent.
pub async fn reaches(destination: &Destination, reach: &Reach) -> Result<SocketAddr, DialError> {
    let tcp = within(destination, connect(destination, reach)).await?;
    tcp.peer_addr().map_err(|source| DialError::Unreachable { target: destination.authority(), source })
}

pub(super) async fn connect(destination: &Destination, reach: &Reach) -> Result<TcpStream, DialError> {
    connect_to(&judge(destination, reach).await?, destination.authority()).await
}

/// Those of a destination's addresses that may be connected to; at least one.
async fn judge(destination: &Destination, reach: &Reach) -> Result<Vec<SocketAddr>, DialError> {
    let host = destination.host();
    let unresolved = |source| DialError::Unresolved { host: host.to_owned(), source };
    let hides = reach.hides(destination);
    let addresses: Vec<SocketAddr> = match lookup_host((host, destination.port())).await {
        Ok(found) => found.collect(),
        // Which names there are is kept as well.
        Err(_) if hides => Vec::new(),
        Err(error) => return Err(unresolved(error)),
    };
    let permitted = reach.permitted(destination, &addresses);
    if permitted.is_empty() {
        let found: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
        // An address stands for itself only.
        let is_told = hides || found.iter().all(|it| it == host);
        let host = if is_told { host.to_owned() } else { format!("{host} is {}", found.join(", ")) };
        return Err(DialError::NotAllowed { host, target: destination.authority() });
    }
    Ok(permitted)
}

async fn connect_to(addresses: &[SocketAddr], target: String) -> Result<TcpStream, DialError> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(tcp) => return Ok(tcp),
            Err(error) => last = error,
        }
    }
    Err(DialError::Unreachable { target, source: last })
}

async fn secure(destination: &Destination, tcp: TcpStream, trust: &Trust) -> Result<Conn, DialError> {
    let error = |source: io::Error| no_tls(destination, &source);
    let name =
        ServerName::try_from(destination.host().to_owned()).map_err(|bad| error(io::Error::other(bad)))?;
    let config = trust.config().ok_or(DialError::NoRoots)?;
    let tls = TlsConnector::from(config).connect(name, tcp).await.map_err(error)?;
    Ok(Conn::Tls(Box::new(tls.into())))
}

/// Written out, since the names are to have the case that every client gives them: not every server follows the RFC in
/// taking them in any.
pub(super) fn request(destination: &Destination, fields: &[(&str, &HeaderValue)]) -> BytesMut {
    let mut head = BytesMut::new();
    let (path, host) = (destination.path(), destination.authority());
    for text in
        ["GET ", &path, " HTTP/1.1\r\nHost: ", &host, "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"]
    {
        head.extend_from_slice(text.as_bytes());
    }
    for (name, value) in fields {
        for part in [name.as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            head.extend_from_slice(part);
        }
    }
    head.extend_from_slice(b"\r\n");
    head
}

async fn read_answer(mut conn: Conn, destination: &Destination) -> Result<Answer, DialError> {
    let mut read = BytesMut::new();
    let target = destination.authority();
    let ended = |error: io::Error| match error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
        true => broken(destination, error),
        false => DialError::Ended(target.clone()),
    };
    loop {
        let no_http = || DialError::NoHttp(target.clone());
        if let Some((status, headers, size)) = parse_head(&read).ok_or_else(no_http)? {
            read.advance(size);
            // 100 and 103 come before the answer.
            if status.is_informational() && status != StatusCode::SWITCHING_PROTOCOLS {
                continue;
            }
            if status == StatusCode::SWITCHING_PROTOCOLS {
                let address = conn.peer();
                return Ok(Answer {
                    status,
                    headers,
                    body: Body::default(),
                    early: read.freeze(),
                    address,
                    conn,
                });
            }
            let until = Instant::now() + BODY_BOUND;
            let body = read_body(&mut conn, (status, &headers), read, LARGEST_BODY, until).await;
            return Ok(Answer { status, headers, body, early: Bytes::new(), address: conn.peer(), conn });
        }
        if read.len() > LARGEST_HEAD {
            return Err(no_http());
        }
        if conn.read_buf(&mut read).await.map_err(ended)? == 0 {
            return Err(if read.is_empty() { DialError::Ended(target.clone()) } else { no_http() });
        }
    }
}

/// Status, fields and size of a head, `Some(None)` when it is not complete, `None` when it is not a head.
#[expect(
    clippy::option_option,
    reason = "incomplete and impossible are two things, and neither has words of its own"
)]
pub(super) fn parse_head(bytes: &[u8]) -> Option<Option<(StatusCode, HeaderMap, usize)>> {
    let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let mut response = httparse::Response::new(&mut fields);
    let httparse::Status::Complete(size) = response.parse(bytes).ok()? else { return Some(None) };
    let status = StatusCode::from_u16(response.code?).ok()?;
    let mut headers = HeaderMap::new();
    for field in response.headers {
        let name = HeaderName::from_bytes(field.name.as_bytes()).ok()?;
        headers.append(name, HeaderValue::from_bytes(field.value).ok()?);
    }
    Some(Some((status, headers, size)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_a_name_is_unknown_needs_no_words_of_the_system() {
        let words = |words: &str| why_unresolved(&io::Error::other(words));
        assert_eq!(words("failed to lookup address information: Name or service not known"), "");
        assert_eq!(
            words("failed to lookup address information: Temporary failure in name resolution"),
            ": Temporary failure in name resolution"
        );
    }

    #[test]
    fn a_head_is_awaited_read_or_refused() {
        let whole = b"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\n\r\n";
        for end in 0..whole.len() {
            assert!(matches!(parse_head(&whole[..end]), Some(None)), "{end}");
        }
        let (status, headers, size) = parse_head(whole).flatten().unwrap();
        assert_eq!((status.as_u16(), size), (401, whole.len()));
        assert_eq!(headers["www-authenticate"], "Basic");
        assert!(parse_head(b"SSH-2.0-OpenSSH\r\n\r\n").is_none());
    }

    #[test]
    fn a_request_has_the_path_the_host_and_the_fields_as_they_are_written() {
        let destination = "ws://localhost:3000/a?b=c".parse().unwrap();
        let key = HeaderValue::from_static("xyz");
        let text = request(&destination, &[("Sec-WebSocket-Key", &key)]);
        assert_eq!(
            text,
            "GET /a?b=c HTTP/1.1\r\nHost: localhost:3000\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Key: xyz\r\n\r\n"
        );
    }
}
