//! The table of causes: which ending is likely to come from what, and what to try.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::warning::{is_blocked_port, is_mixed, needs_permission};
use super::{HostKind, Permission, Surroundings, seconds};
use crate::engine::{Endpoint, close};

/// How a connection ended, as a page sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Whether it had been open.
    pub was_open: bool,
    /// The close code.
    pub code: u16,
    /// The reason, possibly empty.
    pub reason: String,
    /// Whether the closing handshake was completed.
    pub clean: bool,
    /// From the start of the handshake to the end.
    pub took: Duration,
    /// How long it had been open.
    pub open_for: Option<Duration>,
    /// Messages sent since it was opened.
    pub sent: u64,
    /// Messages that came in since it was opened.
    pub received: u64,
    /// Bytes of the largest message sent.
    pub largest_sent: u64,
    /// Since the last message was sent.
    pub since_last_send: Option<Duration>,
    /// Whether subprotocols were offered.
    pub offered_protocols: bool,
    /// Bytes that still waited in the browser.
    pub buffered: u64,
}

/// How likely a cause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Likely {
    /// What is known speaks for it.
    Very,
    /// Nothing speaks against it.
    Possible,
    /// It happens.
    Unlikely,
}

/// What may have happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// A stable name.
    pub id: String,
    /// In a few words.
    pub title: String,
    /// What speaks for it.
    pub why: String,
    /// What to try.
    pub next: String,
    /// How likely it is.
    pub likely: Likely,
}

/// What is known of an ending, and what may have caused it, the likeliest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// What the page saw itself.
    pub known: Vec<String>,
    /// What may have happened.
    pub causes: Vec<Cause>,
}

/// A server on this machine or beside it refuses faster than this.
const AT_ONCE: Duration = Duration::from_millis(150);
/// Who waits longer than this has met silence.
const SILENCE: Duration = Duration::from_secs(8);
/// A message as large as this may be more than a server takes.
const LARGE: u64 = 60_000;
/// What ends so soon after a message was sent was probably ended by it.
const AFTER_A_SEND: Duration = Duration::from_millis(1500);
/// The patience of common proxies and servers, in seconds.
const IDLE_LIMITS: [u64; 9] = [30, 55, 60, 100, 120, 180, 300, 350, 600];

/// Collects causes.
struct Found<'a> {
    causes: Vec<Cause>,
    endpoint: &'a Endpoint,
    ended: &'a Ended,
    around: &'a Surroundings,
}

/// What is known and what is likely.
pub fn explain(endpoint: &Endpoint, ended: &Ended, around: &Surroundings) -> Explanation {
    let mut found = Found { causes: Vec::new(), endpoint, ended, around };
    match (ended.code, ended.was_open) {
        (1006, false) => found.never_opened(),
        (1006, true) => found.broke(),
        _ => found.closed(),
    }
    // Stable: causes that are equally likely stay in the order of the table.
    found.causes.sort_by_key(|cause| cause.likely);
    Explanation { known: known(ended, around), causes: found.causes }
}

fn known(ended: &Ended, around: &Surroundings) -> Vec<String> {
    let mut known = Vec::new();
    match (ended.was_open, ended.open_for) {
        (true, Some(open_for)) => known.push(format!(
            "It had been open for {}; {} sent, {} received.",
            seconds(open_for),
            ended.sent,
            ended.received
        )),
        _ => known.push(format!("It failed during the handshake, {} after it began.", seconds(ended.took))),
    }
    if ended.code == 1006 {
        known.push("The browser tells a page 1006 and nothing else, whatever happened.".to_owned());
    }
    if around.pending > 1 || around.failed_lately > 1 {
        known.push(format!(
            "{} handshakes were under way and {} had failed within a minute.",
            around.pending, around.failed_lately
        ));
    }
    if ended.buffered > 0 {
        known.push(format!("{} bytes still waited in the browser and are lost.", ended.buffered));
    }
    known
}

impl Found<'_> {
    fn add(
        &mut self,
        likely: Likely,
        id: &str,
        title: &str,
        why: impl Into<String>,
        next: impl Into<String>,
    ) {
        self.causes.push(Cause {
            id: id.to_owned(),
            title: title.to_owned(),
            why: why.into(),
            next: next.into(),
            likely,
        });
    }

    /// 1006 before it was open.
    fn never_opened(&mut self) {
        let (endpoint, ended, around) = (self.endpoint, self.ended, self.around);
        let host = HostKind::of(endpoint.host());
        let is_near = host != HostKind::Public;
        let is_at_once = ended.took < AT_ONCE;
        let is_silent = ended.took >= SILENCE;
        let is_certain_otherwise = self.blocked_here(host);
        let rank = |speaks_for: bool| match (is_certain_otherwise, speaks_for) {
            (true, _) => Likely::Unlikely,
            (false, true) => Likely::Very,
            (false, false) => Likely::Possible,
        };
        if endpoint.is_secure() {
            self.add(
                rank(!is_silent),
                "certificate",
                "The browser does not trust the certificate",
                "For a WebSocket a browser refuses without asking: self-signed, expired, or made for another name.",
                format!("Open {} in a tab. If the browser warns there, accept it, then connect again.", endpoint.origin()),
            );
        }
        self.add(
            if is_silent { Likely::Unlikely } else { rank(is_at_once && is_near) },
            "refused",
            "Nothing listens at this address",
            if is_near && is_at_once {
                format!("It failed within {}, as when the machine refuses the port.", seconds(ended.took))
            } else {
                "A port without a server is refused quickly.".to_owned()
            },
            format!(
                "Is the server running, and on port {}? Try {} in a tab.",
                endpoint.port(),
                endpoint.origin()
            ),
        );
        self.add(
            if is_silent { Likely::Unlikely } else { rank(false) },
            "handshake",
            "The server answered, but not with 101",
            "A wrong path (404), a missing or bad token (401, 403), a refused Origin, or a server that speaks only HTTP.",
            "Look into the server's log, or into the browser's Network tab (F12), which shows the status. Check path and token.",
        );
        if ended.offered_protocols {
            self.add(
                if is_silent { Likely::Unlikely } else { rank(false) },
                "subprotocol",
                "The server chose none of the subprotocols offered, or a foreign one",
                "Subprotocols were offered; a browser drops the connection when the answer does not fit.",
                "Connect without subprotocols, or with the one that the server knows.",
            );
        }
        if host == HostKind::Public || !endpoint.host().starts_with(|c: char| c.is_ascii_digit() || c == '[')
        {
            self.add(
                if is_near && is_at_once { Likely::Unlikely } else { rank(false) },
                "name",
                "The name is not known",
                "A name that no DNS server knows fails like a refused port.",
                format!("Check the spelling of {}; is a VPN needed?", endpoint.host()),
            );
        }
        self.add(
            rank(is_silent),
            "silence",
            "Nobody answered",
            if is_silent {
                format!("It took {} to fail, as when a firewall drops packets.", seconds(ended.took))
            } else {
                "Firewalls that drop packets let a handshake wait for long.".to_owned()
            },
            "Check firewall, VPN and address; try from the machine of the server.",
        );
        if around.pending >= 10 || around.failed_lately >= 5 {
            self.add(
                Likely::Possible,
                "throttle",
                "The browser slows bursts of handshakes down",
                "Many handshakes were under way or had failed; the browser then waits seconds before each.",
                "Open fewer at once; wait a minute after many failures.",
            );
        }
    }

    /// What the page can see itself; says whether that settles it.
    fn blocked_here(&mut self, host: HostKind) -> bool {
        let before = self.causes.len();
        let (endpoint, around) = (self.endpoint, self.around);
        if is_mixed(endpoint, around) {
            self.add(
                Likely::Very,
                "mixed-content",
                "The browser blocked ws:// from an https page",
                "This page came over https and the address is not encrypted.",
                "Use wss://, or open Sockscope over http://, such as with sockscope serve.",
            );
        }
        if is_blocked_port(endpoint) {
            self.add(
                Likely::Very,
                "blocked-port",
                "The browser refuses this port",
                format!(
                    "Port {} belongs to another protocol; every browser has a list of such ports.",
                    endpoint.port()
                ),
                "Let the server listen on another port.",
            );
        }
        if around.most_sockets > 0 && around.sockets > around.most_sockets {
            self.add(
                Likely::Very,
                "no-socket",
                "The browser has no socket left",
                format!("{} of {} were in use.", around.sockets, around.most_sockets),
                "Close some connections, also in other tabs, and wait for those that are still closing.",
            );
        }
        if around.is_offline && host != HostKind::Loopback {
            self.add(
                Likely::Very,
                "offline",
                "There is no network",
                "The browser says that it is offline.",
                "Check the network.",
            );
        }
        let settled = self.causes.len() > before;
        if needs_permission(host, around) {
            let is_denied = around.permission == Permission::Denied;
            self.add(
                if is_denied { Likely::Very } else { Likely::Possible },
                "local-network",
                "The browser keeps this page out of the local network",
                "The page came from the internet, the server is near.",
                "Allow it in the site settings (Local network access), or serve Sockscope on your machine.",
            );
            return settled || is_denied;
        }
        settled
    }

    /// 1006 after it was open.
    fn broke(&mut self) {
        let ended = self.ended;
        let open_for = ended.open_for.unwrap_or_default();
        let just_sent = ended.since_last_send.is_some_and(|since| since < AFTER_A_SEND);
        if ended.largest_sent >= LARGE && just_sent {
            self.add(
                Likely::Very,
                "too-large",
                "The message was larger than the server takes",
                format!(
                    "It broke right after sending; the largest message had {} bytes.",
                    ended.largest_sent
                ),
                "Send a smaller one; look for the server's limit (many have 64 KiB or 1 MiB).",
            );
        }
        let idle = ended.since_last_send.unwrap_or(open_for);
        if let Some(limit) = idle_limit(idle) {
            self.add(
                Likely::Very,
                "idle",
                "A proxy or the server closes what is idle",
                format!("Nothing was sent for {}, close to the common limit of {limit} s.", seconds(idle)),
                "Set up a heartbeat in the connection's options, or raise the limit (nginx: proxy_read_timeout).",
            );
        }
        self.add(
            if just_sent && ended.largest_sent < LARGE { Likely::Very } else { Likely::Possible },
            "crash",
            "The server ended the connection without a close frame",
            if just_sent {
                "It broke right after a message was sent: the handler may have thrown."
            } else {
                "A crash, a kill or a restart of the server ends it so."
            },
            "Look into the server's log at this time.",
        );
        self.add(
            Likely::Possible,
            "network",
            "The network between was cut",
            "A change of Wi-Fi, a sleeping laptop, a VPN or a restarted proxy ends it so.",
            "Connect again; set up automatic reconnecting in the connection's options.",
        );
        self.add(
            Likely::Unlikely,
            "protocol",
            "The server broke the WebSocket protocol",
            "A browser drops the connection for an invalid frame or text that is no UTF-8.",
            "The browser's console (F12) names such an error.",
        );
    }

    /// A close frame came.
    fn closed(&mut self) {
        let ended = self.ended;
        let (id, next) = match ended.code {
            1001 => ("going-away", "The server shuts down or moves on; connect again later."),
            1002 => (
                "protocol-error",
                "The server found a frame wrong; look for a proxy or an extension between.",
            ),
            1003 => (
                "unsupported",
                "The server does not take this kind; try text instead of binary or the reverse.",
            ),
            1005 => ("no-code", "The server closed and gave no reason; look into its log."),
            1007 => {
                ("bad-content", "The server could not read the content; is it valid for what it expects?")
            }
            1008 => ("policy", "The server's rules forbid it: check token, origin, rate and permissions."),
            1009 => ("too-large", "Send a smaller message, or raise the server's limit."),
            1010 => ("extension", "The server wanted an extension that the browser did not offer."),
            1011 => ("server-error", "The server failed while working on it; look into its log."),
            1012 => ("restart", "The server restarts; connect again in a moment."),
            1013 => {
                ("try-later", "The server is overloaded, or we read too slowly; wait, then connect again.")
            }
            1014 => ("bad-gateway", "A gateway could not reach the server behind it."),
            3000 => ("unauthorized", "The server wants a login: check the token."),
            3003 => ("forbidden", "The login is known and not allowed to do this."),
            3008 => ("timeout", "The server waited too long for something from us."),
            4000..=4999 => {
                ("application", "A code of the application itself: its documentation says what it means.")
            }
            3000..=3999 => {
                ("registered", "A code registered by a library or framework: see its documentation.")
            }
            1000 => ("normal", "The server ended it in the ordinary way."),
            _ => {
                ("invalid-code", "This code must not be sent by a server; the browser shows it all the same.")
            }
        };
        let why = match ended.reason.as_str() {
            "" => "The server gave no reason in words.".to_owned(),
            reason => format!("The server says: {reason}"),
        };
        let title = format!("The server closed with {} ({})", ended.code, close::meaning(ended.code));
        self.add(Likely::Very, id, &title, why, next);
    }
}

/// The common limit that an idle time is just beyond.
fn idle_limit(idle: Duration) -> Option<u64> {
    let limit = IDLE_LIMITS.iter().find(|limit| {
        let limit = Duration::from_secs(**limit);
        idle + Duration::from_millis(500) >= limit && idle <= limit + Duration::from_secs(3)
    });
    limit.copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> Surroundings {
        Surroundings { page_host: HostKind::Loopback, most_sockets: 255, ..Surroundings::default() }
    }

    fn failed(millis: u64) -> Ended {
        Ended { code: 1006, took: Duration::from_millis(millis), ..Ended::default() }
    }

    fn broke(open_for: u64, since_last_send: Option<u64>, largest_sent: u64) -> Ended {
        Ended {
            was_open: true,
            open_for: Some(Duration::from_millis(open_for)),
            since_last_send: since_last_send.map(Duration::from_millis),
            largest_sent,
            ..failed(open_for + 5)
        }
    }

    #[track_caller]
    fn check(url: &str, ended: &Ended, around: &Surroundings, first: &str) -> Explanation {
        let endpoint = Endpoint::parse(url).expect("an address");
        let explained = explain(&endpoint, ended, around);
        let ids: Vec<_> = explained.causes.iter().map(|cause| cause.id.as_str()).collect();
        assert_eq!(ids.first(), Some(&first), "{ids:?}");
        assert!(explained.causes.is_sorted_by_key(|cause| cause.likely));
        explained
    }

    #[test]
    fn a_quick_failure_nearby_is_a_port_without_a_server() {
        let explained = check("ws://localhost:59/", &failed(4), &home(), "refused");
        assert!(explained.known[0].contains("during the handshake, 4 ms after"));
        check("ws://192.168.1.4:9000/", &failed(20), &home(), "refused");
    }

    #[test]
    fn a_slow_failure_is_silence() {
        check("ws://10.0.0.9/", &failed(21_000), &home(), "silence");
        check("wss://example.com/", &failed(127_000), &home(), "silence");
    }

    #[test]
    fn behind_tls_the_certificate_comes_first() {
        let explained = check("wss://localhost:9443/ws", &failed(12), &home(), "certificate");
        assert!(explained.causes[0].next.contains("https://localhost:9443/"));
    }

    #[test]
    fn what_the_page_saw_itself_comes_before_all_guesses() {
        let secure = Surroundings {
            page_is_secure: true,
            page_host: HostKind::Public,
            permission: Permission::Granted,
            ..home()
        };
        check("ws://example.com/", &failed(1), &secure, "mixed-content");
        check("ws://localhost:6667/", &failed(1), &home(), "blocked-port");
        check("ws://localhost/", &failed(1), &Surroundings { sockets: 256, ..home() }, "no-socket");
        check("ws://example.com/", &failed(1), &Surroundings { is_offline: true, ..home() }, "offline");
        let kept_out = Surroundings { page_host: HostKind::Public, permission: Permission::Denied, ..home() };
        check("ws://localhost:9000/", &failed(1), &kept_out, "local-network");
    }

    #[test]
    fn an_offered_subprotocol_and_a_burst_are_named() {
        let endpoint = Endpoint::parse("ws://example.com/").expect("an address");
        let ids = |ended: &Ended, around: &Surroundings| -> Vec<String> {
            explain(&endpoint, ended, around).causes.into_iter().map(|cause| cause.id).collect()
        };
        assert!(!ids(&failed(300), &home()).contains(&"subprotocol".to_owned()));
        let offered = Ended { offered_protocols: true, ..failed(300) };
        assert!(ids(&offered, &home()).contains(&"subprotocol".to_owned()));
        assert!(ids(&failed(300), &Surroundings { pending: 20, ..home() }).contains(&"throttle".to_owned()));
    }

    #[test]
    fn a_break_is_explained_by_what_came_before_it() {
        check("ws://h.example/", &broke(5_000, Some(40), 2 << 20), &home(), "too-large");
        check("ws://h.example/", &broke(60_400, None, 0), &home(), "idle");
        check("ws://h.example/", &broke(200_000, Some(60_200), 10), &home(), "idle");
        check("ws://h.example/", &broke(5_000, Some(40), 10), &home(), "crash");
        check("ws://h.example/", &broke(5_000, None, 0), &home(), "crash");
    }

    #[test]
    fn a_close_code_is_explained_with_the_servers_words() {
        let closed = |code, reason: &str| Ended {
            was_open: true,
            code,
            reason: reason.into(),
            clean: true,
            ..Ended::default()
        };
        check("ws://h/", &closed(1009, ""), &home(), "too-large");
        check("ws://h/", &closed(2999, ""), &home(), "invalid-code");
        check("ws://h/", &closed(3500, ""), &home(), "registered");
        let explained = check("ws://h/", &closed(4029, "too many connections"), &home(), "application");
        assert!(explained.causes[0].why.contains("too many connections"));
        assert!(explained.causes[0].title.contains("4029"));
    }

    #[test]
    fn every_cause_says_what_to_try() {
        let offered = Ended { offered_protocols: true, ..failed(300) };
        let around = Surroundings { pending: 30, page_host: HostKind::Public, ..home() };
        for (url, ended) in [("wss://localhost/", &offered), ("ws://h/", &broke(60_000, Some(10), 1 << 20))] {
            let endpoint = Endpoint::parse(url).expect("an address");
            for cause in explain(&endpoint, ended, &around).causes {
                assert!(!cause.why.is_empty() && !cause.next.is_empty(), "{}", cause.id);
            }
        }
    }
}
