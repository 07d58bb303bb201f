//! Which requests are answered at all: by host name, by path, and by the origin of a page that writes.
//!
//! A page of any site can send requests to a server on this machine, and by DNS rebinding even read the answers.
//! The Host check ends the second, the Origin check the first. It also guards the routes that hold what they are sent, and
//! the one that connects to other servers.

use std::net::IpAddr;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};

use crate::origin::{AllowedOrigin, Origin};
use crate::routes::census::Route;

/// WebSocket routes that a page of another site may not use, unless it is allowed to.
const GUARDED: [Route; 5] = [Route::Fault, Route::Proxy, Route::Relay, Route::RelayEvents, Route::Recordings];
/// What lies below is for our own pages only, also to be read: it is what a person keeps on this machine.
const PRIVATE: &str = "/api/folder";
/// What browsers say of a request that another site's page has made. Another port of this machine is the same site: a
/// browser that was told to leave CORS out, as by `check --ignore-cors`, sends no origin from there.
const FOREIGN_SITE: &str = "cross-site";

/// A request that is not answered, and why.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum Denied {
    /// A host name that is not ours.
    #[error("{0:?} is not a name of this server; use localhost, or start it with --allow-host")]
    Host(String),
    /// A path that climbs, or hides a separator.
    #[error("paths with .., %2f, \\ or an encoded dot are not served")]
    Path,
    /// A write by another site's page.
    #[error("pages of {0} may not change anything here; start the server with --allow-origin to let them")]
    Origin(String),
    /// A handshake by another site's page, on a route that is for ours.
    #[error("pages of {0} may not use {1}; start the server with --allow-origin to let them")]
    Page(String, &'static str),
    /// A write by another site's page that does not say which.
    #[error(
        "a page of another site may not change anything here; start the server with --allow-origin to let it"
    )]
    Unnamed,
    /// A page of another site reads what is kept on this machine.
    #[error("a page of another site may not read {PRIVATE}; start the server with --allow-origin to let it")]
    Private,
    /// More than one origin, of which each reader may believe another.
    #[error("expected at most one Origin field, found several")]
    Origins,
}

impl Denied {
    /// The HTTP status of the refusal.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Host(_) => StatusCode::MISDIRECTED_REQUEST,
            Self::Path | Self::Origins => StatusCode::BAD_REQUEST,
            Self::Origin(_) | Self::Page(..) | Self::Unnamed | Self::Private => StatusCode::FORBIDDEN,
        }
    }
}

/// Who may ask what.
#[derive(Debug, Clone)]
pub struct AccessPolicy {
    listens_on: IpAddr,
    hosts: Vec<String>,
    http_port: u16,
    https_port: Option<u16>,
    origins: Vec<AllowedOrigin>,
}

impl AccessPolicy {
    /// A gate for a server on these ports.
    pub fn new(
        listens_on: IpAddr,
        hosts: Vec<String>,
        http_port: u16,
        https_port: Option<u16>,
        origins: Vec<AllowedOrigin>,
    ) -> Self {
        Self { listens_on, hosts, http_port, https_port, origins }
    }

    /// Checks a request.
    pub fn check<B>(&self, request: &Request<B>) -> Result<(), Denied> {
        let host = named_host(request).unwrap_or_default();
        if !self.is_ours(&host) {
            return Err(Denied::Host(host));
        }
        if is_crooked(request.uri().path()) {
            return Err(Denied::Path);
        }
        let headers = request.headers();
        let mut origins = headers.get_all(header::ORIGIN).into_iter();
        let (origin, more) = (origins.next(), origins.next());
        if more.is_some() {
            return Err(Denied::Origins);
        }
        let is_write = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
        let is_private = request.uri().path().starts_with(PRIVATE);
        let Some(origin) = origin else {
            let is_foreign = headers.get("sec-fetch-site").is_some_and(|site| site == FOREIGN_SITE);
            return match is_foreign {
                true if is_write => Err(Denied::Unnamed),
                true if is_private => Err(Denied::Private),
                _ => Ok(()),
            };
        };
        if self.allowed_origin(headers).is_some() {
            return Ok(());
        }
        let origin = || String::from_utf8_lossy(origin.as_bytes()).into_owned();
        match GUARDED.into_iter().find(|route| route.path() == request.uri().path()) {
            Some(route) => Err(Denied::Page(origin(), route.path())),
            None if is_write => Err(Denied::Origin(origin())),
            None if is_private => Err(Denied::Private),
            None => Ok(()),
        }
    }

    /// The request's origin, when its pages may use the API.
    pub fn allowed_origin<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let mut origins = headers.get_all(header::ORIGIN).into_iter();
        let (Some(origin), None) = (origins.next(), origins.next()) else { return None };
        let text = origin.to_str().ok()?;
        let origin: Origin = text.parse().ok()?;
        let our_port = if origin.is_https() { self.https_port } else { Some(self.http_port) };
        let is_own = self.is_ours(origin.host()) && Some(origin.port()) == our_port;
        (is_own || self.origins.iter().any(|allowed| allowed.allows(&origin))).then_some(text)
    }

    fn is_ours(&self, host: &str) -> bool {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let is_listed = |name: &String| name.eq_ignore_ascii_case(host) || name.eq_ignore_ascii_case(bare);
        if matches!(host, "127.0.0.1" | "[::1]") || host.eq_ignore_ascii_case("localhost") {
            return true;
        }
        // A server for the whole network has as many addresses as the machine. Rebinding needs a name.
        let is_address =
            bare.parse().is_ok_and(|ip: IpAddr| ip == self.listens_on || self.listens_on.is_unspecified());
        is_address || self.hosts.iter().any(is_listed)
    }
}

/// The host that a request names, without its port.
fn named_host<B>(request: &Request<B>) -> Option<String> {
    let mut named = request.headers().get_all(header::HOST).into_iter();
    let host = match (request.uri().authority(), named.next(), named.next()) {
        (_, _, Some(_)) => return None,
        (Some(authority), ..) => authority.clone(),
        (None, Some(host), None) => host.to_str().ok()?.parse::<Authority>().ok()?,
        (None, None, None) => return None,
    };
    if host.as_str().contains('@') { None } else { Some(host.host().to_owned()) }
}

/// Whether a path has a segment `..`, or characters that some part of a server might take for one.
fn is_crooked(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    path.contains('\\')
        || ["%2e", "%2f", "%5c", "%00", "%25"].iter().any(|trick| path.contains(trick))
        || path.split('/').any(|segment| segment == "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(host: &str) -> AccessPolicy {
        let hosts = vec!["bench.test".to_owned()];
        AccessPolicy::new(
            host.parse().unwrap(),
            hosts,
            9000,
            Some(9443),
            vec!["https://a.test".parse().unwrap()],
        )
    }

    fn request(method: &str, host: &str, path: &str, origin: Option<&str>) -> Request<()> {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, host);
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        request.body(()).unwrap()
    }

    #[track_caller]
    fn check_host(listens_on: &str, host: &str, passes: bool) {
        let got = gate(listens_on).check(&request("GET", host, "/", None));
        assert_eq!(got.is_ok(), passes, "{host} on {listens_on}: {got:?}");
    }

    #[test]
    fn names_of_this_machine_pass_on_any_port() {
        for host in ["localhost", "LOCALHOST:1", "127.0.0.1:9000", "[::1]:80", "bench.test:9000"] {
            check_host("127.0.0.1", host, true);
        }
    }

    #[test]
    fn other_names_do_not_pass() {
        for host in
            ["evil.test", "localhost.evil.test", "127.0.0.1.evil.test:9000", "10.0.0.1", "a@localhost"]
        {
            check_host("127.0.0.1", host, false);
        }
    }

    #[test]
    fn a_server_for_the_network_answers_to_addresses_and_not_to_names() {
        check_host("0.0.0.0", "10.0.0.1:9000", true);
        check_host("0.0.0.0", "evil.test:9000", false);
        check_host("10.0.0.1", "10.0.0.1:9000", true);
        check_host("10.0.0.1", "10.0.0.2:9000", false);
    }

    #[test]
    fn crooked_paths_do_not_pass() {
        for path in ["/..", "/a/../b", "/%2e%2e/a", "/.%2E/a", "/a%2fb", "/a%5Cb", "/a\\b", "/%252e%252e/a"] {
            assert!(is_crooked(path), "{path}");
        }
        for path in ["/", "/a..b.js", "/ws/echo", "/.well-known/x", "/a%20b"] {
            assert!(!is_crooked(path), "{path}");
        }
    }

    #[test]
    fn only_our_pages_and_allowed_ones_may_write() {
        for (origin, passes) in [
            (None, true),
            (Some("http://localhost:9000"), true),
            (Some("https://127.0.0.1:9443"), true),
            (Some("https://a.test"), true),
            (Some("https://localhost:9000"), false),
            (Some("http://localhost:9001"), false),
            (Some("http://a.test"), false),
            (Some("null"), false),
        ] {
            let got = gate("127.0.0.1").check(&request("POST", "localhost:9000", "/api/reset", origin));
            assert_eq!(got.is_ok(), passes, "{origin:?}");
        }
    }

    #[test]
    fn two_origins_do_not_pass_whichever_comes_first() {
        for origins in
            [["http://localhost:9000", "http://evil.test"], ["http://evil.test", "http://localhost:9000"]]
        {
            let mut request = request("POST", "localhost:9000", "/api/reset", None);
            for origin in origins {
                request.headers_mut().append(header::ORIGIN, origin.parse().unwrap());
            }
            assert_eq!(gate("127.0.0.1").check(&request), Err(Denied::Origins), "{origins:?}");
        }
    }

    #[test]
    fn a_write_of_another_site_without_an_origin_does_not_pass() {
        for (site, passes) in
            [("cross-site", false), ("same-site", true), ("same-origin", true), ("none", true)]
        {
            for (method, passes) in [("POST", passes), ("DELETE", passes), ("GET", true)] {
                let mut request = request(method, "localhost:9000", "/api/reset", None);
                request.headers_mut().insert("sec-fetch-site", site.parse().unwrap());
                assert_eq!(gate("127.0.0.1").check(&request).is_ok(), passes, "{method} {site}");
            }
        }
    }

    #[test]
    fn only_our_pages_and_allowed_ones_may_use_the_routes_that_hold_messages() {
        for path in ["/ws/fault", "/ws/proxy", "/ws/recordings"] {
            for (origin, passes) in [
                (None, true),
                (Some("http://localhost:9000"), true),
                (Some("https://a.test"), true),
                (Some("http://localhost:3000"), false),
                (Some("http://evil.test"), false),
                (Some("null"), false),
            ] {
                let got = gate("127.0.0.1").check(&request("GET", "localhost:9000", path, origin));
                assert_eq!(got.is_ok(), passes, "{path} {origin:?}");
            }
        }
        let got = gate("127.0.0.1").check(&request("GET", "localhost", "/ws/echo", Some("http://evil.test")));
        assert_eq!(got, Ok(()));
    }

    #[test]
    fn only_our_pages_read_the_folder() {
        for (origin, site, passes) in [
            (None, None, true),
            (Some("http://localhost:9000"), Some("same-origin"), true),
            (Some("http://evil.test"), None, false),
            (Some("http://localhost:3000"), Some("same-site"), false),
            (None, Some("cross-site"), false),
            (None, Some("same-origin"), true),
        ] {
            for path in ["/api/folder", "/api/folder/file"] {
                let mut request = request("GET", "localhost:9000", path, origin);
                if let Some(site) = site {
                    request.headers_mut().insert("sec-fetch-site", site.parse().unwrap());
                }
                assert_eq!(gate("127.0.0.1").check(&request).is_ok(), passes, "{path} {origin:?} {site:?}");
            }
        }
    }

    #[test]
    fn any_page_may_read() {
        let got = gate("127.0.0.1").check(&request("GET", "localhost", "/", Some("http://evil.test")));
        assert_eq!(got, Ok(()));
    }
}
