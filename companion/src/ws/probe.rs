//! One look at a WebSocket server: name, TCP, TLS, opening handshake, and the beginning of what it answers.
//!
//! It owns the bounds of the look, and sends no message: where the server agrees, a close frame ends the connection at once.
//! Everything else that is sent is a handshake. A second connection finds out whether the port speaks the other scheme or which
//! certificate it has; it carries neither path nor query. The addresses are judged as those of the fault proxy are.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Buf, BytesMut};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sockscope_engine::explain::{Outcome, Probed};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{self, CertificateError};
use tracing::{debug, trace};

use super::conn::Conn;
use super::dial::{DialError, connect, parse_head, request, why_unresolved};
use super::refusal::read_body;
use super::tls_words::{untrusted, why_no_tls};
use super::trust::{checking, trusting};
use super::upgrade::{COMPRESSION, accept, names};
use crate::destination::{Destination, Reach};
use crate::log::PROBE;

/// How long the whole may take.
pub const BOUND: Duration = Duration::from_secs(5);
/// How long a TLS handshake may take before the port is asked whether it speaks plain HTTP.
const TLS_BOUND: Duration = Duration::from_secs(2);
/// How long the body of a refusal is waited for.
const BODY_BOUND: Duration = Duration::from_secs(1);
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_millis(200);
/// Bytes of a head.
const LARGEST_HEAD: usize = 16 * 1024;
/// Bytes of a body that are read.
const LARGEST_BODY: usize = 2 * 1024;
/// Bytes of an answer that is not HTTP, as shown.
const SHOWN: usize = 40;
/// Characters of a header field's value.
const LONGEST_VALUE: usize = 1024;
static AGENT: HeaderValue =
    HeaderValue::from_static(concat!("sockscope/", env!("CARGO_PKG_VERSION"), " (probe)"));
static VERSION: HeaderValue = HeaderValue::from_static("13");
/// A close frame with 1000, masked by zeros.
const CLOSE: [u8; 8] = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8];

/// What a handshake says of the page that asks.
#[derive(Debug, Default)]
pub struct Offer {
    /// The page.
    pub origin: Option<HeaderValue>,
    /// The subprotocols.
    pub protocols: Vec<String>,
}

/// How an attempt to get an answer ended.
enum Asked {
    Answered { status: StatusCode, headers: HeaderMap, read: BytesMut, conn: Conn },
    NotHttp(BytesMut),
    Ended,
    Silent(BytesMut),
}

/// Looks once. An error is a destination that is not allowed, or certificates of this system that cannot be read.
pub async fn probe(destination: &Destination, reach: &Reach, offer: &Offer) -> Result<Probed, DialError> {
    let began = Instant::now();
    debug!(target: PROBE, "begun");
    let probed = Probed { url: destination.without_query(), bound_s: BOUND.as_secs(), ..Probed::default() };
    let mut look = Look { destination, reach, offer, deadline: began + BOUND, probed };
    look.look().await?;
    let mut probed = look.probed;
    probed.took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    debug!(target: PROBE, outcome = ?probed.outcome, status = probed.status, took = ?began.elapsed(), "ended");
    Ok(probed)
}

struct Look<'a> {
    destination: &'a Destination,
    reach: &'a Reach,
    offer: &'a Offer,
    deadline: Instant,
    probed: Probed,
}

impl Look<'_> {
    async fn look(&mut self) -> Result<(), DialError> {
        let Some((tcp, address)) = self.reached().await? else { return Ok(()) };
        self.probed.address = address.to_string();
        trace!(target: PROBE, %address, "connected");
        if self.destination.is_tls() {
            return self.look_under_tls(tcp, address).await;
        }
        let asked = self.ask(Conn::Plain(tcp)).await;
        let may_be_tls = match &asked {
            Asked::NotHttp(_) | Asked::Ended => true,
            Asked::Answered { status, .. } => *status == StatusCode::BAD_REQUEST,
            Asked::Silent(_) => false,
        };
        self.note(asked).await;
        // Servers answer plain text on such a port in words, by an alert, or not at all.
        let says_so = self.probed.status.is_none() || self.probed.body.contains("HTTPS");
        if may_be_tls && says_so && self.speaks_tls().await {
            self.found(Outcome::SpeaksTls, "");
        }
        Ok(())
    }

    fn found(&mut self, outcome: Outcome, detail: impl Into<String>) {
        self.probed.outcome = outcome;
        self.probed.detail = detail.into();
    }

    /// Connects; none when that is all there is to tell.
    async fn reached(&mut self) -> Result<Option<(TcpStream, SocketAddr)>, DialError> {
        let connected = timeout_at(self.deadline, connect(self.destination, self.reach)).await;
        let failed = match connected {
            Ok(Ok(tcp)) => match tcp.peer_addr() {
                Ok(address) => return Ok(Some((tcp, address))),
                Err(source) => DialError::Unreachable { target: self.destination.authority(), source },
            },
            Ok(Err(failed)) => failed,
            Err(_) => {
                self.found(Outcome::Unanswered, "");
                return Ok(None);
            }
        };
        match failed {
            DialError::Unreachable { source, .. } if source.kind() == io::ErrorKind::ConnectionRefused => {
                self.found(Outcome::Refused, "");
            }
            DialError::Unreachable { source, .. } => self.found(Outcome::Unreachable, source.to_string()),
            DialError::Unresolved { source, .. } => {
                self.found(Outcome::Unresolved, why_unresolved(&source).trim_start_matches(": "));
            }
            other => return Err(other),
        }
        Ok(None)
    }

    async fn look_under_tls(&mut self, tcp: TcpStream, address: SocketAddr) -> Result<(), DialError> {
        let config = checking().ok_or(DialError::NoRoots)?;
        let failed = match self.secure(tcp, config).await {
            Ok(conn) => {
                let asked = self.ask(conn).await;
                self.note(asked).await;
                return Ok(());
            }
            Err(failed) => failed,
        };
        let (_, words) = why_no_tls(&failed, self.destination.host());
        let inner = failed.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
        if let Some(rustls::Error::InvalidCertificate(error)) = inner {
            self.certificate(error, address).await;
        } else if self.speaks_plain().await {
            self.found(Outcome::SpeaksPlain, "");
        } else {
            self.found(Outcome::TlsFailed, words);
        }
        Ok(())
    }

    /// Says what is wrong with a certificate, and on this machine what is behind it: there no third party can stand between.
    async fn certificate(&mut self, error: &CertificateError, address: SocketAddr) {
        let Ok(Ok(tcp)) = timeout_at(self.deadline, TcpStream::connect(address)).await else {
            return self.found(Outcome::Certificate, untrusted(error, self.destination.host(), false));
        };
        let Ok(conn) = self.secure(tcp, trusting()).await else {
            return self.found(Outcome::Certificate, untrusted(error, self.destination.host(), false));
        };
        let is_self_signed = match &conn {
            Conn::Tls(tls) => {
                let shown = tls.get_ref().1.peer_certificates().and_then(|all| all.first());
                shown.is_some_and(|der| is_self_signed(der))
            }
            Conn::Plain(_) => false,
        };
        if address.ip().to_canonical().is_loopback() {
            let asked = self.ask(conn).await;
            self.note(asked).await;
        }
        self.found(Outcome::Certificate, untrusted(error, self.destination.host(), is_self_signed));
    }

    async fn secure(&self, tcp: TcpStream, config: std::sync::Arc<rustls::ClientConfig>) -> io::Result<Conn> {
        let name = ServerName::try_from(self.destination.host().to_owned()).map_err(io::Error::other)?;
        let until = self.deadline.min(Instant::now() + TLS_BOUND);
        trace!(target: PROBE, "asking for TLS");
        let shaken = timeout_at(until, TlsConnector::from(config).connect(name, tcp)).await;
        let tls = shaken.map_err(|_| io::Error::other("the server did not answer it in time"))??;
        Ok(Conn::Tls(Box::new(tls.into())))
    }

    /// Whether the port answers a TLS handshake, be it with an alert.
    async fn speaks_tls(&self) -> bool {
        let Some(tcp) = self.again().await else { return false };
        match self.secure(tcp, trusting()).await {
            Ok(_) => true,
            Err(error) => {
                let inner = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
                matches!(inner, Some(rustls::Error::AlertReceived(_)))
            }
        }
    }

    /// Whether the port answers plain HTTP. What is asked for names neither path nor query, which may hold a token.
    async fn speaks_plain(&self) -> bool {
        let Some(mut tcp) = self.again().await else { return false };
        let host = self.destination.authority();
        let asked = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answered = async {
            tcp.write_all(asked.as_bytes()).await.ok()?;
            let mut first = [0; 5];
            tcp.read_exact(&mut first).await.ok()?;
            (&first == b"HTTP/").then_some(())
        };
        matches!(timeout_at(self.deadline, answered).await, Ok(Some(())))
    }

    async fn again(&self) -> Option<TcpStream> {
        timeout_at(self.deadline, connect(self.destination, self.reach)).await.ok()?.ok()
    }

    /// Sends the handshake, and reads until the answer's head is there.
    async fn ask(&self, mut conn: Conn) -> Asked {
        let key = HeaderValue::from_str(&key()).expect("base64 is visible");
        let protocols = HeaderValue::from_str(&self.offer.protocols.join(", ")).ok();
        let mut fields = vec![
            ("Sec-WebSocket-Version", &VERSION),
            ("Sec-WebSocket-Key", &key),
            ("Sec-WebSocket-Extensions", &COMPRESSION),
            ("User-Agent", &AGENT),
        ];
        fields.extend(self.offer.origin.iter().map(|origin| ("Origin", origin)));
        let protocols = protocols.filter(|_| !self.offer.protocols.is_empty());
        fields.extend(protocols.iter().map(|protocols| ("Sec-WebSocket-Protocol", protocols)));
        let sent = async {
            conn.write_all(&request(self.destination, &fields)).await?;
            conn.flush().await
        };
        match timeout_at(self.deadline, sent).await {
            Ok(Ok(())) => trace!(target: PROBE, "handshake sent"),
            Ok(Err(_)) => return Asked::Ended,
            Err(_) => return Asked::Silent(BytesMut::new()),
        }
        let mut read = BytesMut::new();
        loop {
            match parse_head(&read) {
                None => return Asked::NotHttp(read),
                Some(None) if read.len() > LARGEST_HEAD => return Asked::NotHttp(read),
                Some(None) => {}
                Some(Some((status, headers, size))) => {
                    trace!(target: PROBE, status = status.as_u16(), "answered");
                    read.advance(size);
                    // 100 and 103 come before the answer.
                    if status.is_informational() && status != StatusCode::SWITCHING_PROTOCOLS {
                        continue;
                    }
                    if status == StatusCode::SWITCHING_PROTOCOLS
                        && headers
                            .get(header::SEC_WEBSOCKET_ACCEPT)
                            .is_none_or(|it| *it != accept(key.as_bytes()))
                    {
                        let mut headers = headers;
                        headers.insert(header::SEC_WEBSOCKET_ACCEPT, WRONG_ACCEPT.clone());
                        return Asked::Answered { status, headers, read, conn };
                    }
                    return Asked::Answered { status, headers, read, conn };
                }
            }
            match timeout_at(self.deadline, conn.read_buf(&mut read)).await {
                Err(_) => return Asked::Silent(read),
                Ok(Ok(1..)) => {}
                Ok(_) if read.is_empty() => return Asked::Ended,
                Ok(_) => return Asked::NotHttp(read),
            }
        }
    }

    /// Writes down how it was answered.
    async fn note(&mut self, asked: Asked) {
        match asked {
            Asked::Ended => self.found(Outcome::Ended, ""),
            Asked::NotHttp(read) => self.found(Outcome::NotHttp, shown(&read)),
            Asked::Silent(read) if read.is_empty() => self.found(Outcome::Silent, ""),
            Asked::Silent(read) => self.found(Outcome::Silent, shown(&read)),
            Asked::Answered { status, headers, read, mut conn } => {
                self.probed.status = Some(status.as_u16());
                self.probed.reason = status.canonical_reason().unwrap_or_default().to_owned();
                self.probed.headers =
                    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
                if status == StatusCode::SWITCHING_PROTOCOLS {
                    match self.error_reply(&headers) {
                        None => self.found(Outcome::Opens, ""),
                        Some(error_reply) => self.found(Outcome::BadHandshake, error_reply),
                    }
                    // A server that has agreed is not left without a word.
                    let goodbye = async {
                        conn.write_all(&CLOSE).await?;
                        conn.shutdown().await
                    };
                    let _ = timeout(GOODBYE, goodbye).await;
                    return;
                }
                self.found(Outcome::Answered, "");
                let until = self.deadline.min(Instant::now() + BODY_BOUND);
                let body = read_body(&mut conn, (status, &headers), read, LARGEST_BODY, until).await;
                self.probed.body_is_cut = body.is_cut;
                self.probed.body = String::from_utf8_lossy(&body.bytes).into_owned();
            }
        }
    }

    /// Why a browser fails a handshake to which the server agrees; none when it does not.
    fn error_reply(&self, headers: &HeaderMap) -> Option<String> {
        let offered = &self.offer.protocols;
        let chosen: Vec<_> = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).into_iter().map(text).collect();
        let chosen = chosen.join(", ");
        if !names(headers, header::UPGRADE, "websocket") {
            return Some("its header Upgrade is not websocket".to_owned());
        }
        if !names(headers, header::CONNECTION, "upgrade") {
            return Some("its header Connection is not Upgrade".to_owned());
        }
        if headers.get(header::SEC_WEBSOCKET_ACCEPT) == Some(&WRONG_ACCEPT) {
            return Some("its header Sec-WebSocket-Accept does not fit the key".to_owned());
        }
        match (offered.is_empty(), chosen.as_str()) {
            (true, "") => None,
            (true, chosen) => Some(format!("it chose the subprotocol {chosen}, and none was offered")),
            (false, "") => Some(format!(
                "it chose none of the subprotocols offered ({}), so browsers refuse it",
                offered.join(", ")
            )),
            (false, chosen) if offered.iter().any(|it| it == chosen) => None,
            (false, chosen) => {
                Some(format!("it chose the subprotocol {chosen}, and {} was offered", offered.join(", ")))
            }
        }
    }
}

/// Stands for an accept key that does not fit, or is missing.
static WRONG_ACCEPT: HeaderValue = HeaderValue::from_static("(missing, or does not fit the key)");

/// Sixteen bytes in base64: from the clock, since it has to be new and need not be secret.
fn key() -> String {
    let nanos =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |it| it.as_nanos());
    STANDARD.encode(nanos.to_be_bytes())
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).chars().take(LONGEST_VALUE).collect()
}

/// The first bytes of what came, quoted.
fn shown(read: &[u8]) -> String {
    let first = &read[..read.len().min(SHOWN)];
    let more = if read.len() > SHOWN { "…" } else { "" };
    format!("\"{}{more}\"", first.escape_ascii())
}

/// Whether a certificate (DER) names the same one as its issuer and its subject.
fn is_self_signed(der: &[u8]) -> bool {
    const SEQUENCE: u8 = 0x30;
    const VERSION: u8 = 0xa0;
    let names = || {
        let (_, certificate, _) = element(der)?;
        let (_, mut rest, _) = element(certificate)?;
        let mut elements = Vec::new();
        while let Some((tag, content, after)) = element(rest) {
            elements.push((tag, content));
            rest = after;
        }
        // [version], serial number, algorithm, issuer, validity, subject.
        let first = usize::from(elements.first()?.0 == VERSION);
        let (issuer, subject) = (elements.get(first + 2)?, elements.get(first + 4)?);
        (issuer.0 == SEQUENCE && subject.0 == SEQUENCE).then_some(issuer.1 == subject.1)
    };
    names().unwrap_or(false)
}

/// The first element of DER: its tag, its content, and what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            (digits.iter().fold(0, |number, digit| number << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_its_own_name_signed_is_self_signed() {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, "the authority");
        let own = params.self_signed(&key).unwrap();
        assert!(is_self_signed(own.der()));
        let issuer = rcgen::Issuer::new(params, &key);
        let signed = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        assert!(!is_self_signed(
            signed.signed_by(&rcgen::KeyPair::generate().unwrap(), &issuer).unwrap().der()
        ));
        assert!(!is_self_signed(b""));
        assert!(!is_self_signed(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]));
    }
}
