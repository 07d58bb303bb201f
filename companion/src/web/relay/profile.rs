//! What a page wants a connection to be opened with, and what of it is refused.
//!
//! Owns the form of `POST /api/relay` and its rules. **Invariant:** no error repeats a value, since each may be a secret.

use axum::http::{HeaderName, HeaderValue, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use url::Url;

use crate::destination::{Destination, DestinationError};
use crate::ws::trust::{CertificateError, Certificates, Trust};

/// Header fields that a profile may have.
const MOST_FIELDS: usize = 64;
/// Bytes of all their names and values, and of the cookies.
const LARGEST_FIELDS: usize = 16 * 1024;
/// What the relay writes itself, or what would change where the head or the body of the handshake ends.
const OWN: [&str; 12] = [
    "host",
    "connection",
    "upgrade",
    "keep-alive",
    "proxy-connection",
    "proxy-authorization",
    "content-length",
    "transfer-encoding",
    "te",
    "trailer",
    "expect",
    "via",
];

/// The body of `POST /api/relay`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileRequest {
    url: String,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    cookies: Vec<(String, String)>,
    origin: Option<String>,
    basic: Option<Basic>,
    bearer: Option<String>,
    #[serde(default)]
    tls: Tls,
    proxy: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Basic {
    user: String,
    #[serde(default)]
    password: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tls {
    certificate: Option<String>,
    key: Option<String>,
    ca: Option<String>,
    #[serde(default)]
    insecure: bool,
}

/// What is wrong with a profile.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum ProfileError {
    /// Where to.
    #[error(transparent)]
    Destination(#[from] DestinationError),
    /// A name that is not a token.
    #[error("{0:?} is not the name of a header field: expected letters, digits and !#$%&'*+-.^_`|~")]
    Name(String),
    /// A field that belongs to the handshake.
    #[error("the header field {0} belongs to the handshake, and the relay writes it itself")]
    Own(String),
    /// A line break or another control character, with which a value could become a field of its own.
    #[error("the value of {0} has a line break or another control character")]
    Value(String),
    /// More than one value for a field that has one.
    #[error("expected one {0}, found it twice: as a header field and by its own key")]
    Twice(&'static str),
    /// Too many or too large.
    #[error("expected at most {MOST_FIELDS} header fields with {LARGEST_FIELDS} bytes together")]
    TooLarge,
    /// A cookie that would become two.
    #[error(
        "the cookie {0:?} has a character that ends a cookie: a blank, a semicolon, a comma, or = in its name"
    )]
    Cookie(String),
    /// Basic and bearer, or a header field beside them.
    #[error("expected one Authorization, found several: basic, bearer or a header field")]
    Authorizations,
    /// A colon ends the name of a user.
    #[error("the user of basic authorization must not have a colon")]
    User,
    /// Half of a client's certificate.
    #[error("a client certificate and its key go together: expected both, found one")]
    Half,
    /// What is wrong with the certificates.
    #[error(transparent)]
    Certificates(#[from] CertificateError),
    /// No HTTP proxy.
    #[error("expected an HTTP proxy such as http://localhost:3128, found another address")]
    Proxy,
}

impl ProfileError {
    /// The status and the code of the refusal.
    pub fn status(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Destination(_) => (StatusCode::BAD_REQUEST, "bad_target"),
            _ => (StatusCode::BAD_REQUEST, "bad_profile"),
        }
    }
}

/// A profile that is well formed. Its addresses are not judged yet.
pub struct WellFormedProfile {
    /// Where to.
    pub destination: Destination,
    /// The HTTP proxy on the way, with the credentials that it wants.
    pub proxy: Option<(Destination, Option<HeaderValue>)>,
    /// Certificates.
    pub trust: Trust,
    /// Header fields, with their names as they were written.
    pub fields: Vec<(String, HeaderValue)>,
    /// The cookies.
    pub cookies: Option<HeaderValue>,
    /// The origin.
    pub origin: Option<HeaderValue>,
}

impl ProfileRequest {
    /// Reads it. `takes_any` takes any certificate of the server, whatever the profile says.
    pub fn read(self, takes_any: bool) -> Result<WellFormedProfile, ProfileError> {
        let destination: Destination = self.url.parse()?;
        let sizes = self.headers.iter().chain(&self.cookies).map(|(name, value)| name.len() + value.len());
        if self.headers.len() + self.cookies.len() > MOST_FIELDS || sizes.sum::<usize>() > LARGEST_FIELDS {
            return Err(ProfileError::TooLarge);
        }
        let mut fields = Vec::new();
        for (name, value) in &self.headers {
            let known = HeaderName::from_bytes(name.as_bytes());
            let known = known.map_err(|_| ProfileError::Name(name.clone()))?;
            if OWN.contains(&known.as_str()) || known.as_str().starts_with("sec-websocket-") {
                return Err(ProfileError::Own(name.clone()));
            }
            fields.push((name.clone(), value_of(name, value)?));
        }
        let has = |name: &str| fields.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        let (mut cookies, mut origin) = (None, None);
        if !self.cookies.is_empty() {
            if has("cookie") {
                return Err(ProfileError::Twice("Cookie"));
            }
            cookies = Some(value_of("Cookie", &joined(&self.cookies)?)?);
        }
        if let Some(given) = &self.origin {
            if has("origin") {
                return Err(ProfileError::Twice("Origin"));
            }
            origin = Some(value_of("Origin", given)?);
        }
        let given = [self.basic.is_some(), self.bearer.is_some(), has("authorization")];
        if given.into_iter().filter(|is_given| *is_given).count() > 1 {
            return Err(ProfileError::Authorizations);
        }
        if let Some(Basic { user, password }) = &self.basic {
            fields.push(("Authorization".to_owned(), basic(user, password)?));
        }
        if let Some(token) = &self.bearer {
            fields.push(("Authorization".to_owned(), value_of("Authorization", &format!("Bearer {token}"))?));
        }
        // A field that is given stands for what the page would send.
        for (name, own) in [("cookie", &mut cookies), ("origin", &mut origin)] {
            if let Some(at) = fields.iter().position(|(known, _)| known.eq_ignore_ascii_case(name)) {
                *own = Some(fields.remove(at).1);
            }
        }
        let own = match (&self.tls.certificate, &self.tls.key) {
            (Some(certificate), Some(key)) => Some((certificate.as_str(), key.as_str())),
            (None, None) => None,
            _ => return Err(ProfileError::Half),
        };
        let authorities = self.tls.ca.as_deref();
        let trust = Trust::of(Certificates { own, authorities, takes_any: takes_any || self.tls.insecure })?;
        let proxy = self.proxy.as_deref().map(http_proxy).transpose()?;
        Ok(WellFormedProfile { destination, proxy, trust, fields, cookies, origin })
    }
}

fn value_of(name: &str, value: &str) -> Result<HeaderValue, ProfileError> {
    // It takes no control character but the tab.
    HeaderValue::from_str(value).map_err(|_| ProfileError::Value(name.to_owned()))
}

fn basic(user: &str, password: &str) -> Result<HeaderValue, ProfileError> {
    if user.contains(':') {
        return Err(ProfileError::User);
    }
    let encoded = STANDARD.encode(format!("{user}:{password}"));
    value_of("Authorization", &format!("Basic {encoded}"))
}

fn joined(cookies: &[(String, String)]) -> Result<String, ProfileError> {
    let ends = |c: char| matches!(c, ';' | ',') || c.is_whitespace() || c.is_control();
    let is_fit = |(name, value): &&(String, String)| {
        !name.is_empty() && !name.contains(|c| ends(c) || c == '=') && !value.contains(ends)
    };
    let has_control =
        |(name, value): &&(String, String)| name.chars().chain(value.chars()).any(char::is_control);
    if let Some((name, _)) = cookies.iter().find(has_control) {
        return Err(ProfileError::Value(format!("the cookie {name:?}")));
    }
    if let Some((name, _)) = cookies.iter().find(|cookie| !is_fit(cookie)) {
        return Err(ProfileError::Cookie(name.clone()));
    }
    let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    Ok(pairs.join("; "))
}

fn http_proxy(text: &str) -> Result<(Destination, Option<HeaderValue>), ProfileError> {
    let url = Url::parse(text).map_err(|_| ProfileError::Proxy)?;
    let host = url.host_str().filter(|_| url.scheme() == "http" && matches!(url.path(), "" | "/"));
    let host = host.ok_or(ProfileError::Proxy)?;
    let port = url.port_or_known_default().ok_or(ProfileError::Proxy)?;
    let decoded = |text: &str| {
        let whole = format!("x={}", text.replace('+', "%2B"));
        let found = form_urlencoded::parse(whole.as_bytes()).next().map(|(_, value)| value.into_owned());
        found.unwrap_or_default()
    };
    let authorization = match (url.username(), url.password()) {
        ("", None) => None,
        (user, password) => Some(basic(&decoded(user), &decoded(password.unwrap_or_default()))?),
    };
    let destination = format!("ws://{host}:{port}/").parse().map_err(|_| ProfileError::Proxy)?;
    Ok((destination, authorization))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(mut profile: Value) -> Result<WellFormedProfile, ProfileError> {
        profile["url"] = "ws://localhost:1/".into();
        serde_json::from_value::<ProfileRequest>(profile).unwrap().read(false)
    }

    #[track_caller]
    fn err(profile: Value, words: &str) {
        let error = read(profile.clone()).err().expect("a profile that is refused").to_string();
        assert!(error.contains(words), "{profile}: {error}");
        assert!(!error.contains("s3cret"), "{error}");
    }

    #[test]
    fn a_field_of_the_handshake_or_with_a_line_break_is_refused() {
        for name in ["Connection", "upgrade", "Host", "Sec-WebSocket-Key", "sec-websocket-made-up", "TE"] {
            err(json!({ "headers": [[name, "s3cret"]] }), name);
        }
        for value in ["a\r\nX-Evil: s3cret", "a\nb", "a\rb", "a\0b"] {
            err(json!({ "headers": [["X-A", value]] }), "line break");
            err(json!({ "origin": value }), "line break");
            err(json!({ "bearer": value }), "line break");
        }
        err(json!({ "headers": [["X A", "s3cret"]] }), "not the name");
        err(json!({ "headers": [["X\r\nEvil: s", "s3cret"]] }), "not the name");
    }

    #[test]
    fn what_is_given_twice_or_by_half_is_refused() {
        err(json!({ "bearer": "s3cret", "basic": { "user": "a" } }), "one Authorization");
        err(json!({ "bearer": "s3cret", "headers": [["authorization", "x"]] }), "one Authorization");
        err(json!({ "cookies": [["a", "s3cret"]], "headers": [["Cookie", "x"]] }), "one Cookie");
        err(json!({ "cookies": [["a", "s3cret; b"]] }), "ends a cookie");
        let broken = "the value of the cookie \"a\" has a line break or another control character";
        err(json!({ "cookies": [["a", "s3cret\r\nX-B: 1"]] }), broken);
        err(json!({ "tls": { "key": "s3cret" } }), "go together");
        err(json!({ "tls": { "key": "s3cret", "certificate": "s3cret" } }), "BEGIN CERTIFICATE");
        err(json!({ "tls": { "ca": "s3cret" } }), "BEGIN CERTIFICATE");
        err(json!({ "proxy": "https://s3cret@localhost:1" }), "HTTP proxy");
        err(json!({ "basic": { "user": "a:b" } }), "colon");
        let many: Vec<_> = (0..65).map(|at| json!([format!("X-{at}"), "s3cret"])).collect();
        err(json!({ "headers": many }), "at most 64");
    }

    #[test]
    fn fields_keep_their_names_as_written_and_stand_for_the_page_s() {
        let wanted = read(json!({
            "headers": [["x-KEY", "1"], ["Origin", "https://app.test"]], "cookies": [["a", "b"], ["c", "d"]],
            "basic": { "user": "Ann", "password": "p:w" },
            "proxy": "http://us%40er:pass@127.0.0.1:3128",
        }));
        let wanted = wanted.map_err(|error| error.to_string()).unwrap();
        let fields: Vec<_> =
            wanted.fields.iter().map(|(name, value)| (&**name, value.to_str().unwrap())).collect();
        assert_eq!(fields, [("x-KEY", "1"), ("Authorization", "Basic QW5uOnA6dw==")]);
        assert_eq!(wanted.origin.unwrap(), "https://app.test");
        assert_eq!(wanted.cookies.unwrap(), "a=b; c=d");
        let (proxy, authorization) = wanted.proxy.unwrap();
        assert_eq!((proxy.host(), proxy.port()), ("127.0.0.1", 3128));
        assert_eq!(authorization.unwrap(), format!("Basic {}", STANDARD.encode("us@er:pass")).as_str());
    }
}
