//! What is likely to go wrong, said before anybody connects.

use serde::{Deserialize, Serialize};

use super::{HostKind, Permission, Surroundings};
use crate::engine::Endpoint;

/// Something to know before connecting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// A stable name.
    pub id: String,
    /// In one sentence.
    pub title: String,
    /// The ways out.
    pub advice: Vec<String>,
    /// The browser will certainly refuse.
    pub is_blocking: bool,
}

/// Ports that every browser refuses, from the Fetch standard.
const BLOCKED_PORTS: [u16; 82] = [
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
    109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515,
    526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049,
    3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

fn warning(id: &str, is_blocking: bool, title: impl Into<String>, advice: &[&str]) -> Warning {
    Warning {
        id: id.to_owned(),
        title: title.into(),
        advice: advice.iter().map(|&way| way.to_owned()).collect(),
        is_blocking,
    }
}

/// What is to be known of this address here and now, the gravest first.
pub fn warnings(endpoint: &Endpoint, around: &Surroundings) -> Vec<Warning> {
    let host = HostKind::of(endpoint.host());
    let mut found = Vec::new();
    if is_mixed(endpoint, around) {
        found.push(warning(
            "mixed-content",
            true,
            "This page came over https, and browsers block ws:// from such a page, except to this machine.",
            &[
                "Use wss:// if the server speaks TLS.",
                "Open Sockscope over http://, such as with the command sockscope serve on your machine.",
                "Put a TLS proxy in front of the server.",
            ],
        ));
    }
    if is_blocked_port(endpoint) {
        found.push(warning(
            "blocked-port",
            true,
            format!("Browsers refuse port {}, since another protocol is at home there.", endpoint.port()),
            &["Let the server listen on another port."],
        ));
    }
    if around.sockets >= around.most_sockets && around.most_sockets > 0 {
        found.push(warning(
            "no-socket",
            true,
            format!("All {} sockets that this browser allows are in use.", around.most_sockets),
            &["Close some connections; also those of other tabs of this site may count, and those still closing."],
        ));
    }
    if around.is_offline && host != HostKind::Loopback {
        found.push(warning(
            "offline",
            false,
            "The browser says that it has no network.",
            &["Check the network."],
        ));
    }
    if needs_permission(host, around) {
        found.push(local_network(around.permission));
    }
    if endpoint.is_secure() && host != HostKind::Public {
        found.push(warning(
            "self-signed",
            false,
            "A server here often has a self-signed certificate; then the browser refuses without asking.",
            &[
                &format!("Open {} in a tab and accept the certificate; then connect.", endpoint.origin()),
                "Or let the system trust the certificate of the test server, such as with mkcert.",
            ],
        ));
    }
    if around.page_host == HostKind::File {
        found.push(warning(
            "file",
            false,
            "This page was opened from a file, so the server sees the Origin null.",
            &["Serve the page, such as with the command sockscope serve."],
        ));
    }
    found
}

fn local_network(permission: Permission) -> Warning {
    match permission {
        Permission::Denied => warning(
            "local-network",
            true,
            "This browser was told not to let this page into the local network.",
            &["Allow it in the site settings (Local network access), then load the page again."],
        ),
        _ => warning(
            "local-network",
            false,
            "This page came from the internet; the browser may ask whether it may reach the local network.",
            &["Allow it when asked.", "Or serve Sockscope on your machine: sockscope serve."],
        ),
    }
}

/// Whether the page's https forbids the address's ws.
pub(super) fn is_mixed(endpoint: &Endpoint, around: &Surroundings) -> bool {
    around.page_is_secure && !endpoint.is_secure() && HostKind::of(endpoint.host()) != HostKind::Loopback
}

pub(super) fn is_blocked_port(endpoint: &Endpoint) -> bool {
    BLOCKED_PORTS.contains(&endpoint.port())
}

/// Whether a page from the internet wants to reach a host that is not.
pub(super) fn needs_permission(host: HostKind, around: &Surroundings) -> bool {
    around.page_host == HostKind::Public
        && matches!(host, HostKind::Loopback | HostKind::Private)
        && around.permission != Permission::Granted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> Surroundings {
        Surroundings { page_host: HostKind::Loopback, most_sockets: 255, ..Surroundings::default() }
    }

    #[track_caller]
    fn check(url: &str, around: &Surroundings, expected: &[(&str, bool)]) {
        let endpoint = Endpoint::parse(url).expect("an address");
        let found = warnings(&endpoint, around);
        let ids: Vec<_> = found.iter().map(|it| (it.id.as_str(), it.is_blocking)).collect();
        assert_eq!(ids, expected, "{url}");
        assert!(found.iter().all(|it| !it.advice.is_empty()), "each has a way out");
    }

    #[test]
    fn an_ordinary_address_has_no_warning() {
        check("ws://localhost:9000/ws", &home(), &[]);
        check("wss://example.com/ws", &home(), &[]);
    }

    #[test]
    fn plain_from_a_secure_page_is_blocked_but_to_this_machine() {
        let secure = Surroundings {
            page_is_secure: true,
            page_host: HostKind::Public,
            permission: Permission::Granted,
            ..home()
        };
        check("ws://example.com/", &secure, &[("mixed-content", true)]);
        check("ws://127.0.0.1:9000/", &secure, &[]);
        check("wss://example.com/", &secure, &[]);
    }

    #[test]
    fn what_the_browser_refuses_is_said() {
        check("ws://localhost:6000/", &home(), &[("blocked-port", true)]);
        check("ws://localhost:22/", &home(), &[("blocked-port", true)]);
        check("ws://localhost/", &Surroundings { sockets: 255, ..home() }, &[("no-socket", true)]);
        check("ws://example.com/", &Surroundings { is_offline: true, ..home() }, &[("offline", false)]);
    }

    #[test]
    fn a_page_from_the_internet_needs_leave_to_come_in() {
        let away = |permission| Surroundings { page_host: HostKind::Public, permission, ..home() };
        check("ws://192.168.1.2/", &away(Permission::Prompt), &[("local-network", false)]);
        check("ws://192.168.1.2/", &away(Permission::Denied), &[("local-network", true)]);
        check("ws://192.168.1.2/", &away(Permission::Granted), &[]);
        check("ws://example.com/", &away(Permission::Denied), &[]);
    }

    #[test]
    fn a_certificate_of_ones_own_has_its_own_advice() {
        check("wss://localhost:9443/ws", &home(), &[("self-signed", false)]);
        let endpoint = Endpoint::parse("wss://localhost:9443/ws").expect("an address");
        assert!(warnings(&endpoint, &home())[0].advice[0].contains("https://localhost:9443/"));
    }

    #[test]
    fn a_page_from_a_file_is_told_what_the_server_sees() {
        check("ws://localhost/", &Surroundings { page_host: HostKind::File, ..home() }, &[("file", false)]);
    }
}
