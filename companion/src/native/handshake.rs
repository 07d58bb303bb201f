//! The opening handshake, with the judgement of a browser.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use reqwest::Url;
use reqwest::cookie::{CookieStore, Jar};
use sockscope_engine::Endpoint;
use sockscope_engine::base::world::Answer as Answered;
use sockscope_engine::explain::refused_words;

use super::deflate::Agreed;
use super::net::Net;
use crate::destination::Destination;
use crate::ws::conn::Conn;
use crate::ws::dial::{Answer, DialError, shake};
use crate::ws::tls_words::Culprit;
use crate::ws::upgrade::{COMPRESSION, accept, names};

static AGENT: HeaderValue =
    HeaderValue::from_static(concat!("sockscope/", env!("CARGO_PKG_VERSION"), " (native)"));
static VERSION: HeaderValue = HeaderValue::from_static("13");

/// A connection that is open.
pub(super) struct Shaken {
    pub conn: Conn,
    /// What came right after the answer.
    pub early: Bytes,
    /// The subprotocol that the server chose.
    pub protocol: String,
    /// The extensions that it agreed to, in its words.
    pub extensions: String,
    /// What they say of compression.
    pub agreed: Option<Agreed>,
    /// Its whole answer.
    pub answer: Answered,
}

/// A connection that did not open.
pub(super) struct Unopened {
    /// Why, in words.
    pub words: String,
    /// What the server answered, if it did.
    pub answer: Option<Answered>,
}

impl From<String> for Unopened {
    fn from(words: String) -> Self {
        Self { words, answer: None }
    }
}

impl Net {
    /// Opens a connection, or says why there is none.
    pub async fn shake(&self, endpoint: &Endpoint) -> Result<Shaken, Unopened> {
        let destination: Destination = endpoint.url().parse().map_err(|error| format!("{error}"))?;
        let key = HeaderValue::from_str(&STANDARD.encode(rand::random::<[u8; 16]>()))
            .expect("base64 is a header's value");
        let protocols = endpoint.protocols().join(", ");
        let offered = HeaderValue::from_str(&protocols).expect("subprotocols are tokens");
        let page = as_page(endpoint.url());
        let cookies = page.as_ref().and_then(|page| self.jar.cookies(page));
        let mut fields =
            vec![("User-Agent", &AGENT), ("Sec-WebSocket-Version", &VERSION), ("Sec-WebSocket-Key", &key)];
        let compresses = endpoint.offers_compression();
        fields.extend(compresses.then_some(("Sec-WebSocket-Extensions", &COMPRESSION)));
        fields.extend((!protocols.is_empty()).then_some(("Sec-WebSocket-Protocol", &offered)));
        let own: Vec<(&str, HeaderValue)> = endpoint
            .fields()
            .iter()
            .map(|(name, value)| {
                Ok((name.as_str(), HeaderValue::from_bytes(value.as_bytes()).map_err(|_| name)?))
            })
            .collect::<Result<_, &String>>()
            .map_err(|name| format!("the value of {name} cannot stand in a head"))?;
        let has_own = |name: &str| own.iter().any(|(it, _)| it.eq_ignore_ascii_case(name));
        // What the suite says itself stands in place of what would be said.
        fields.extend(cookies.as_ref().filter(|_| !has_own("Cookie")).map(|cookies| ("Cookie", cookies)));
        fields.retain(|(name, _)| !has_own(name));
        fields.extend(own.iter().map(|(name, value)| (*name, value)));
        let tcp = self.connect(&destination).await?;
        Conn::tune(&tcp);
        let trust = self.trust(endpoint.tls())?;
        let answer = shake(&destination, tcp, &trust, &fields).await.map_err(told)?;
        if let Some(page) = &page {
            keep_cookies(&self.jar, &answer.headers, page);
        }
        let told = answered(&answer);
        match judge(&answer, &key, endpoint) {
            Ok(Chosen { protocol, extensions, agreed }) => {
                let Answer { conn, early, .. } = answer;
                Ok(Shaken { conn, early, protocol, extensions, agreed, answer: told })
            }
            Err(words) => Err(Unopened { words, answer: Some(told) }),
        }
    }
}

/// The address as cookies know it.
fn as_page(url: &str) -> Option<Url> {
    url.strip_prefix("ws").and_then(|rest| format!("http{rest}").parse().ok())
}

fn keep_cookies(jar: &Arc<Jar>, headers: &HeaderMap, page: &Url) {
    let mut set = headers.get_all(header::SET_COOKIE).iter().peekable();
    if set.peek().is_some() {
        jar.set_cookies(&mut set, page);
    }
}

/// The answer as the engine has it.
fn answered(answer: &Answer) -> Answered {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = answer.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value)));
    Answered { status: answer.status.as_u16(), headers: headers.collect() }
}

fn told(error: DialError) -> String {
    match error {
        DialError::Tls { target, culprit, why } => {
            let way_out = match culprit {
                Culprit::Server => " (--insecure accepts it)",
                Culprit::Client => "; give \"certificate\" and \"key\" in \"tls\" of the client",
                Culprit::None => "",
            };
            format!("no TLS with {target}: {why}{way_out}")
        }
        DialError::NoRoots => {
            "the certificates that this system trusts cannot be read (--insecure accepts any)".to_owned()
        }
        other => other.to_string(),
    }
}

/// What a server chose of what was offered.
struct Chosen {
    protocol: String,
    extensions: String,
    agreed: Option<Agreed>,
}

/// What was agreed on, or what a browser takes for a failure.
fn judge(answer: &Answer, key: &HeaderValue, endpoint: &Endpoint) -> Result<Chosen, String> {
    let Answer { status, headers, body, .. } = answer;
    if *status != StatusCode::SWITCHING_PROTOCOLS {
        let reason = status.canonical_reason().unwrap_or("<unknown status code>");
        return Err(refused_words(status.as_u16(), reason, &String::from_utf8_lossy(&body.bytes)));
    }
    if !names(headers, header::UPGRADE, "websocket") || !names(headers, header::CONNECTION, "upgrade") {
        return Err(
            "the server answered the handshake with 101 and without an upgrade to websocket".to_owned()
        );
    }
    let wanted = accept(key.as_bytes());
    if headers.get(header::SEC_WEBSOCKET_ACCEPT).is_none_or(|it| it.as_bytes() != wanted.as_bytes()) {
        return Err("Sec-WebSocket-Accept is missing or is not made of our key".to_owned());
    }
    let extensions = one(headers, header::SEC_WEBSOCKET_EXTENSIONS)?.unwrap_or_default();
    let agreed = match extensions.as_str() {
        "" => None,
        extensions if endpoint.offers_compression() => Some(Agreed::read(extensions)?),
        extensions => {
            return Err(format!("the server agreed to {extensions:?}, and no extension was offered"));
        }
    };
    let offered = endpoint.protocols();
    let protocol = match one(headers, header::SEC_WEBSOCKET_PROTOCOL)? {
        None if offered.is_empty() => Ok(String::new()),
        None => Err(format!("the server chose none of the offered subprotocols ({})", offered.join(", "))),
        Some(chosen) if offered.contains(&chosen) => Ok(chosen),
        Some(chosen) => Err(format!("the server chose the subprotocol {chosen:?}, which was not offered")),
    };
    Ok(Chosen { protocol: protocol?, extensions, agreed })
}

/// A field that may stand once.
fn one(headers: &HeaderMap, name: HeaderName) -> Result<Option<String>, String> {
    let mut values = headers.get_all(&name).iter();
    let first = values.next().map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_owned());
    match values.next() {
        None => Ok(first),
        Some(_) => Err(format!("the server's answer has {name} twice")),
    }
}
