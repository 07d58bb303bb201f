//! The table of causes: what each is called, how it shows, what to try.
//!
//! Owns the words. It refuses to know when a cause is likely. `docs/reference/failures.md` has the same causes under the
//! same titles, and a test enforces that.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::Probed;
use crate::base::sort;

/// What can be said of the end of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// What a look at the server found, in a sentence; empty when no look was possible.
    pub fact: String,
    /// All that this look found.
    pub probed: Option<Box<Probed>>,
    /// What is known for certain.
    pub known: Vec<String>,
    /// What may be behind it, the likeliest first.
    pub causes: Vec<Cause>,
}

/// Causes that stand in the line of a failure.
const TOLD: usize = 3;

impl Explanation {
    /// A failed handshake in a line: the fact, or the most likely cause when no fact is known.
    pub fn headline(&self) -> String {
        if !self.fact.is_empty() {
            return self.fact.clone();
        }
        let mut line = "The handshake failed, and the browser does not say why.".to_owned();
        let mut last = None;
        for cause in self.causes.iter().take(TOLD) {
            let title = &cause.title;
            line.push_str(&match last {
                Some(likelihood) if likelihood == cause.likelihood => format!("; {title}"),
                Some(_) => format!(". {}: {title}", capital(cause.likelihood.word())),
                None => format!(" {}: {title}", capital(cause.likelihood.word())),
            });
            last = Some(cause.likelihood);
        }
        if last.is_some() {
            line.push('.');
        }
        line
    }
}

/// How a failed handshake of a check says that only guesses are left.
pub const UNTOLD: &str = ", and the browser does not say why";

/// What may be behind a failed handshake, in one line; none when something is certain.
pub fn guesses(causes: &[Cause]) -> Option<String> {
    let first = causes.first().filter(|first| first.likelihood != Likely::Certain)?;
    let others = causes.iter().skip(1).take(TOLD - 1).map(|cause| format!("; {}", cause.title));
    Some(format!("possible causes, the likeliest first: {}{}", first.title, others.collect::<String>()))
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(usize::from(!word.is_empty()));
    first.to_ascii_uppercase() + rest
}

/// Something that may be behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Stays the same from version to version, for reports and links.
    pub id: Cow<'static, str>,
    /// In a few words.
    pub title: Cow<'static, str>,
    /// Why it comes into question.
    pub why: Cow<'static, str>,
    /// What to try, one thing after the other.
    pub next: Vec<Cow<'static, str>>,
    /// How likely it is.
    pub likelihood: Likely,
}

/// How likely a cause is, from the likeliest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Likely {
    /// The browser's log says so, which a page cannot read, or the companion has looked.
    Certain,
    /// What is known points there.
    #[serde(rename = "likely")]
    Very,
    /// Nothing speaks against it.
    Possible,
    /// It happens, but seldom like this.
    Unlikely,
}

impl Likely {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Very => "likely",
            Self::Possible => "possible",
            Self::Unlikely => "unlikely",
        }
    }
}

/// A line of the table.
#[derive(Debug)]
pub(super) struct Known {
    pub id: &'static str,
    pub title: &'static str,
    pub why: &'static str,
    pub next: &'static [&'static str],
}

impl Known {
    /// The line, with this likelihood.
    pub fn as_likely(&self, likelihood: Likely) -> Cause {
        Cause {
            id: self.id.into(),
            title: self.title.into(),
            why: self.why.into(),
            next: self.next.iter().map(|next| Cow::Borrowed(*next)).collect(),
            likelihood,
        }
    }
}

/// Causes while they are collected; of the same likelihood, the one named first goes first.
#[derive(Default)]
pub(super) struct Ranking(Vec<Cause>);

impl Ranking {
    pub fn add(&mut self, known: &'static Known, likelihood: Likely) -> &mut Cause {
        let at = match self.0.iter().position(|cause| cause.id == known.id) {
            Some(at) => {
                self.0[at].likelihood = self.0[at].likelihood.min(likelihood);
                at
            }
            None => {
                self.0.push(known.as_likely(likelihood));
                self.0.len() - 1
            }
        };
        &mut self.0[at]
    }

    pub fn add_if(&mut self, holds: bool, known: &'static Known, likelihood: Likely) {
        if holds {
            self.add(known, likelihood);
        }
    }

    pub fn ranked(mut self) -> Vec<Cause> {
        sort::sort_by_key(&mut self.0, |cause| cause.likelihood);
        self.0
    }
}

/// Defines the constants and the list of them all, so that no line can be missing from the list.
macro_rules! causes {
    ($($name:ident: $id:literal, $title:literal, $why:literal, [$($next:literal),+ $(,)?];)+) => {
        $(pub(super) static $name: Known =
            Known { id: $id, title: $title, why: $why, next: &[$($next),+] };)+
        #[cfg(test)]
        pub(super) static ALL: &[&Known] = &[$(&$name),+];
    };
}

causes! {
    // Seen before anything is sent.
    MIXED_CONTENT: "mixed_content", "A secure page may not open ws://",
        "This page came by https, and browsers let such a page open only wss://, or ws:// to this machine.",
        ["If the server has TLS, write wss:// instead of ws://.",
         "Or run `sockscope serve` on your machine and open the bench from http://localhost, which may open ws://.",
         "Or put a proxy with TLS in front of the server."];
    LOCAL_NETWORK: "local_network", "The browser guards the local network",
        "This page comes from the internet and the address is on this machine or in its network; the browser asks for a permission first.",
        ["Allow `local network access` for this page: in the address bar, or in the settings of the site.",
         "Or run `sockscope serve` on your machine: a page of this machine needs no permission."];
    NO_SOCKET_LEFT: "no_socket_left", "No socket is left",
        "A browser has a fixed number of sockets for all tabs. Sockets that are still closing count too; the next one fails at once.",
        ["Close connections that you do not need.",
         "Close other tabs that hold WebSockets.",
         "Wait for those that are closing, or close this tab and open it again."];
    OFFLINE: "offline", "This machine is offline",
        "The browser says that it has no network.",
        ["Connect to a network, then try again.",
         "A server on this machine can be reached all the same, as localhost."];
    BAD_PORT: "bad_port", "Browsers refuse this port",
        "The port belongs to another protocol, such as mail or X11, and every browser refuses to connect to it.",
        ["Let the server listen on another port, such as 8080 or 9000."];
    CREDENTIALS: "credentials", "A user and password in the address are not sent",
        "Browsers refuse or drop `user:password@` in a WebSocket address.",
        ["Put a token into the query, such as ?token=…, or into a subprotocol.",
         "Or log in on an ordinary page of the same site first, so that the browser sends its cookie."];
    SECRET_IN_ADDRESS: "secret_in_address", "The address seems to hold a secret",
        "Addresses end up in logs of servers and proxies.",
        ["Use a token for tests that expires soon.",
         "Links to share leave it out."];
    PAGE_FROM_FILE: "page_from_file", "The page was opened from a file",
        "Such a page has no origin: servers that check it get `null` and may refuse.",
        ["Run `sockscope serve` and open the address that it prints."];
    CERTIFICATE: "certificate", "The browser does not trust the certificate",
        "For wss:// the certificate must be trusted, be valid today and name this very host. For a WebSocket the browser neither asks nor says that it refused.",
        ["If you reached this host by another name, use the name that the certificate has.",
         "For good: trust the authority that signed it, for example with mkcert."];
    CLIENT_CERTIFICATE: "client_certificate", "The server wants a client certificate",
        "In the TLS handshake the server asked for a certificate of the client. It got none, or one that it does not trust.",
        ["Give the certificate and its key: as `\"tls\"` of the client in a suite, or as Client certificate under Headers of a connection.",
         "Did an authority that the server trusts sign the client's certificate, and is it valid today?"];
    THROTTLED: "throttled", "The browser holds handshakes back",
        "Many handshakes are under way or have just failed. Browsers then delay the next ones, by seconds if there are many.",
        ["Wait until the others have ended, then try again.",
         "Open fewer connections at the same time."];

    // The handshake failed.
    NOTHING_LISTENS: "nothing_listens", "Nothing listens there",
        "The machine is there, but no program accepts connections on this port.",
        ["Is the server running, and did it start without an error?",
         "Compare the port with the one that the server prints.",
         "In a container or virtual machine: is the port published, and does the server listen on 0.0.0.0 instead of 127.0.0.1?"];
    DROPPED: "dropped", "Nothing answers: a firewall, or no machine at all",
        "The attempt ended after a long silence. A closed port answers at once; silence means that packets are dropped or that no machine has this address.",
        ["Are host and port right, and is a VPN needed?",
         "Ask whether a firewall or security group lets this port through.",
         "Try from another network."];
    NO_MACHINE: "no_machine", "No machine has this address",
        "On a local network, an attempt to reach an unused address ends after about three seconds.",
        ["Is the machine on, and in the same network?",
         "Did its address change? Look at it there, or in the router."];
    DNS: "dns", "The name was not found",
        "The browser first has to find the address of this host; a mistyped name, a missing VPN or a name server that does not answer end the attempt.",
        ["Look for a mistake in the name.",
         "Open https:// with the same host in a tab: for a page the browser says what is wrong.",
         "Is a VPN needed for this name?"];
    REFUSED: "refused", "The server refused the handshake",
        "It may have answered 401, 403, 404, 503 or a redirect instead of the upgrade. The browser does not tell a page which.",
        ["Open the developer tools, tab Network, and try again: the status is shown there.",
         "Is the path right, to the last slash?",
         "Is a token or a cookie missing? Give it under Headers of the connection, or as `\"headers\"` of the client in a suite: the companion sends them.",
         "Look into the log of the server or of the proxy before it."];
    SUBPROTOCOL: "subprotocol", "The server accepted none of the subprotocols",
        "When subprotocols are offered, the browser fails the handshake unless the server picks exactly one of them.",
        ["Try without a subprotocol.",
         "Compare the spelling, including capital letters, with the server's."];
    ORIGIN: "origin", "The server does not accept this page as origin",
        "A browser always says which page it connects from, and servers may allow only their own.",
        ["Add the origin of this page to those that the server allows.",
         "If a client other than a browser gets in with the same address, this is the cause."];
    WRONG_SCHEME: "wrong_scheme", "ws:// and wss:// are mixed up",
        "The port may expect the other scheme: TLS where plain text was sent, or the reverse.",
        ["Try the same address with the other scheme.",
         "Is this the port for it? Servers often have one port for each."];
    NOT_WEBSOCKET: "not_websocket", "Something else listens there",
        "Another program, or a web server without a WebSocket at this path, answers with something other than a handshake.",
        ["Open http:// with the same host and port in a tab and see what answers.",
         "Compare port and path with the documentation of the server."];
    PROXY: "proxy", "Something in between blocks WebSockets",
        "Company proxies, security software and reverse proxies without upgrade settings stop the handshake.",
        ["Try wss://, which most of them cannot look into.",
         "If the server stands behind a reverse proxy: does it pass on `Upgrade` and `Connection`?",
         "Try from another network, or without the security software."];
    SLOW_SERVER: "slow_server", "The server answered too late",
        "Something accepted the connection, or seemed to, and the handshake did not finish in time.",
        ["Is the server busy, or does a breakpoint hold it?",
         "Does a proxy wait for a server behind it that is down?"];

    // The connection led through the fault proxy.
    FAULT_PROXY: "fault_proxy", "The fault proxy may have ended it",
        "The connection leads through the fault proxy of the practice server, where faults are on that end connections.",
        ["Open Faults and switch them off, one after the other.",
         "Connect past the proxy and compare."];

    // The connection was open.
    TOO_LARGE: "too_large", "A message was too large for the server",
        "A large message was sent. Many servers and proxies drop the connection at a limit, often 64 KiB, 1 MiB or 16 MiB.",
        ["Send a message of half the size, and so on, until it goes through.",
         "Raise the limit of the server, and of the proxy before it."];
    IDLE_TIMEOUT: "idle_timeout", "An idle connection was cut",
        "Proxies, load balancers and servers end connections on which nothing happens, often after 30, 60 or 100 seconds.",
        ["Send a heartbeat more often than that, for example every 20 seconds.",
         "Raise the timeout of the proxy, such as `proxy_read_timeout` of nginx."];
    LIFETIME: "lifetime", "Connections are ended after a fixed time",
        "It ended close to a round time although messages were sent. Some proxies and gateways limit the life of every connection.",
        ["Connect again and see whether it ends after the same time.",
         "Look for such a limit in the proxy or gateway, and let clients reconnect."];
    DROPPED_AFTER_OPEN: "dropped_after_open", "The server dropped it right after opening",
        "The handshake succeeded. Then the server, or one behind a proxy, ended it without a word: a check after the handshake, or an error at the start.",
        ["Does the server expect a token, a subprotocol or a first message?",
         "Look into the log of the server for an error at this moment."];
    CRASH: "crash", "The server failed at a message",
        "It ended right after something was sent. An error while a message is handled often ends the connection, or the whole server.",
        ["Look into the log of the server at this moment.",
         "Send the same message again: does it end again?"];
    RESTART: "restart", "The server ended or restarted",
        "When a server process ends, its connections end without a close frame.",
        ["Was there a deployment or a crash? Look at how long the server has been running.",
         "Connect again: if that works, the interruption was brief."];
    NETWORK: "network", "The network was interrupted",
        "Another Wi-Fi, a VPN that came or went, or a sleep of this machine end connections without a close frame.",
        ["Connect again.",
         "If it comes back, compare with a cable or another network."];
    PROTOCOL_VIOLATION: "protocol_violation", "The server broke the protocol",
        "Invalid UTF-8 in a text, a masked or oversized frame, or a close code that may not be sent: then the browser ends the connection and says nothing to the page.",
        ["Open the developer tools, tab Console: browsers say there which rule was broken.",
         "Turn compression off on the server, which is often to blame."];
    PROXY_CUT: "proxy_cut", "Something in between ended the connection",
        "A proxy that reloads its settings, or security software, may end connections that are in use.",
        ["Try without the proxy, or from another network.",
         "Was the proxy reloaded at this moment?"];

    // A close frame said it.
    CLOSED_NORMALLY: "closed_normally", "It was closed in the ordinary way",
        "1000 says that the purpose of the connection was fulfilled.",
        ["If it came too early, ask why the server, or the page, closed it."];
    GOING_AWAY: "going_away", "The server goes away",
        "1001 says that the server shuts down or that the other side leaves.",
        ["Was there a deployment or a shutdown?",
         "Connect again after a while."];
    PROTOCOL_ERROR: "protocol_error", "The server complains about the protocol",
        "1002 says that a frame broke the rules. The browser makes the frames, so a proxy between or the server itself is the likelier culprit.",
        ["Look into the log of the server for the rule that it means.",
         "Turn compression off on the server and try again."];
    UNSUPPORTED_DATA: "unsupported_data", "The server does not take this kind of message",
        "1003 says that the kind does not fit, such as binary where text is expected.",
        ["Send the same content as text instead of binary, or the other way round."];
    NO_CODE: "no_code", "The close frame had no code",
        "The connection was closed in an orderly way, and no reason was given.",
        ["Ask why the server closes, or let it send a code."];
    INVALID_PAYLOAD: "invalid_payload", "The server could not read the content",
        "1007 says that the content does not fit the kind of message, such as text that is not UTF-8; some servers use it for JSON that they cannot read.",
        ["Compare the last message with what the server expects."];
    POLICY: "policy", "The server refuses by its rules",
        "1008 stands for every rule: no or a wrong token, too many messages, an origin that is not allowed.",
        ["Is a token missing or has it expired?",
         "Send more slowly.",
         "Is the origin of this page allowed?"];
    TOO_BIG_CODE: "message_too_big", "A message was too big",
        "1009 says that the server takes no message of this size.",
        ["Send smaller messages.",
         "Raise the limit of the server."];
    EXTENSION: "extension_missing", "An extension is missing",
        "1010 says that an expected extension was not agreed on.",
        ["Compare the agreed extensions with the needed ones."];
    SERVER_ERROR: "server_error", "An error in the server",
        "1011 says that the server met an unexpected condition.",
        ["Look into the log of the server at this moment.",
         "Send the last message again: does it fail again?"];
    SERVICE_RESTART: "service_restart", "The server restarts",
        "1012 says that the server restarts.",
        ["Connect again after 5 to 30 seconds."];
    TRY_LATER: "try_again_later", "The server is overloaded",
        "1013 says: try again later.",
        ["Wait, then connect again, with fewer connections or messages."];
    BAD_GATEWAY: "bad_gateway", "The server behind the proxy gave no valid answer",
        "1014 comes from a gateway, and means the server behind it.",
        ["Is the server behind the gateway running?",
         "Look into the log of the gateway."];
    UNAUTHORIZED: "unauthorized", "The server wants to know who you are",
        "3000 stands for: unauthorized.",
        ["Is a token missing or has it expired?"];
    FORBIDDEN: "forbidden", "The server does not allow this",
        "3003 stands for: forbidden.",
        ["Does this user have the right to it?"];
    TIMED_OUT_CODE: "server_timeout", "The server waited too long",
        "3008 stands for: timeout.",
        ["Does the server expect a first message or a heartbeat in time?"];
    LIBRARY_CODE: "library_code", "A code of a library or framework",
        "Codes from 3000 to 3999 belong to libraries and frameworks.",
        ["Look for the number in the documentation of the server's framework."];
    HTTP_LIKE: "http_like_code", "Perhaps an HTTP status in disguise",
        "Many applications add the status to 4000: 4401 like 401, 4404 like 404, 4429 like 429.",
        ["Read the last three digits as an HTTP status, and see whether that fits."];
    APPLICATION_CODE: "application_code", "A code of the application itself",
        "Codes from 4000 to 4999 mean what the makers of the server agreed on, and only they know.",
        ["Look for the number in the documentation or the source of the server.",
         "Read the reason beside it, if there is one."];
    INVALID_CODE: "invalid_code", "A code that no server may send",
        "The number is reserved, or outside of all ranges.",
        ["Report it as a mistake of the server, or of its library."];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_has_its_own_id_and_title() {
        for (i, cause) in ALL.iter().enumerate() {
            assert!(cause.id.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", cause.id);
            assert!(!ALL[i + 1..].iter().any(|other| other.id == cause.id || other.title == cause.title));
        }
    }

    #[test]
    fn every_cause_is_a_whole_sentence() {
        for cause in ALL {
            for sentence in std::iter::once(&cause.why).chain(cause.next) {
                assert!(sentence.ends_with(['.', '?']), "{}: {sentence}", cause.id);
            }
            assert!(!cause.title.ends_with('.'), "{}", cause.id);
        }
    }

    #[test]
    fn the_page_for_users_has_every_cause() {
        let page = include_str!("../../../../docs/reference/failures.md");
        for cause in ALL {
            assert!(page.contains(cause.title), "docs/reference/failures.md lacks {:?}", cause.title);
        }
    }

    #[test]
    fn without_a_fact_a_failure_is_one_line_with_three_causes() {
        let causes = vec![
            NOTHING_LISTENS.as_likely(Likely::Very),
            REFUSED.as_likely(Likely::Possible),
            WRONG_SCHEME.as_likely(Likely::Possible),
            ORIGIN.as_likely(Likely::Possible),
        ];
        let told = Explanation { causes, ..Explanation::default() };
        assert_eq!(
            told.headline(),
            "The handshake failed, and the browser does not say why. Likely: Nothing listens there. \
             Possible: The server refused the handshake; ws:// and wss:// are mixed up."
        );
        assert_eq!(Explanation { fact: "It is so.".into(), ..told }.headline(), "It is so.");
    }

    #[test]
    fn a_cause_named_twice_stands_once_as_the_likelier() {
        let mut ranking = Ranking::default();
        ranking.add(&DNS, Likely::Unlikely);
        ranking.add(&PROXY, Likely::Possible);
        ranking.add(&DNS, Likely::Very);
        let ranked = ranking.ranked();
        assert_eq!(ranked.iter().map(|cause| &*cause.id).collect::<Vec<_>>(), ["dns", "proxy"]);
    }
}
