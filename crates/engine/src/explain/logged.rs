//! Causes of the table, from what a browser logs when a connection fails.
//!
//! Owns which words mean which cause. A page cannot read that log; the command can. Ambiguous words name no cause, and
//! the ranking stays as in the page.

use super::cause::{
    BAD_PORT, CERTIFICATE, CLIENT_CERTIFICATE, Cause, DNS, DROPPED, Known, LOCAL_NETWORK, Likely,
    MIXED_CONTENT, NO_MACHINE, NO_SOCKET_LEFT, NOT_WEBSOCKET, NOTHING_LISTENS, OFFLINE, PROTOCOL_VIOLATION,
    PROXY, REFUSED, SLOW_SERVER, SUBPROTOCOL, WRONG_SCHEME,
};
use super::opener::{Opener, fit};

/// Words of the log and what they mean; the first line that fits counts. The words are Chromium's, and some are
/// of our own engine and of the relay.
pub(super) static WORDS: &[(&str, &Known)] = &[
    ("Unexpected response code", &REFUSED),
    ("answered the handshake with status", &REFUSED),
    ("Authentication failed", &REFUSED),
    ("HTTP proxy", &PROXY),
    ("no process listens there", &NOTHING_LISTENS),
    ("client certificate", &CLIENT_CERTIFICATE),
    ("ERR_SSL_CLIENT_AUTH", &CLIENT_CERTIFICATE),
    ("ERR_BAD_SSL_CLIENT_AUTH_CERT", &CLIENT_CERTIFICATE),
    ("the certificate ", &CERTIFICATE),
    ("Sec-WebSocket-Protocol", &SUBPROTOCOL),
    ("ERR_CONNECTION_REFUSED", &NOTHING_LISTENS),
    ("ERR_NAME_NOT_RESOLVED", &DNS),
    ("ERR_NAME_RESOLUTION_FAILED", &DNS),
    ("ERR_CERT_", &CERTIFICATE),
    ("ERR_SSL_PROTOCOL_ERROR", &WRONG_SCHEME),
    ("ERR_CONNECTION_TIMED_OUT", &DROPPED),
    ("ERR_TIMED_OUT", &DROPPED),
    ("ERR_ADDRESS_UNREACHABLE", &NO_MACHINE),
    ("ERR_INTERNET_DISCONNECTED", &OFFLINE),
    ("ERR_UNSAFE_PORT", &BAD_PORT),
    ("ERR_INSUFFICIENT_RESOURCES", &NO_SOCKET_LEFT),
    ("NETWORK_ACCESS_CHECKS", &LOCAL_NETWORK),
    ("Mixed Content", &MIXED_CONTENT),
    ("ERR_PROXY_", &PROXY),
    ("ERR_TUNNEL_", &PROXY),
    ("handshake timed out", &SLOW_SERVER),
    ("ERR_INVALID_HTTP_RESPONSE", &NOT_WEBSOCKET),
    ("ERR_EMPTY_RESPONSE", &NOT_WEBSOCKET),
    ("before receiving a handshake response", &NOT_WEBSOCKET),
    ("Invalid status line", &NOT_WEBSOCKET),
    ("'Upgrade' header", &NOT_WEBSOCKET),
    ("'Connection' header", &NOT_WEBSOCKET),
    ("Sec-WebSocket-Accept", &NOT_WEBSOCKET),
    ("Sec-WebSocket-Extensions", &PROTOCOL_VIOLATION),
    ("extension", &PROTOCOL_VIOLATION),
    ("frame", &PROTOCOL_VIOLATION),
    ("reserved", &PROTOCOL_VIOLATION),
    ("opcode", &PROTOCOL_VIOLATION),
    ("UTF-8", &PROTOCOL_VIOLATION),
    ("cannot be inflated", &PROTOCOL_VIOLATION),
];

/// The cause that the words of the browser, the relay or the native engine name; none when they leave it open.
pub fn logged(words: &str, opener: Opener) -> Option<Cause> {
    let (_, known) = WORDS.iter().find(|(mark, _)| words.contains(mark))?;
    let mut cause = known.as_likely(Likely::Certain);
    // The log has been read, so the advice to look into it goes.
    cause.next.retain(|next| !next.contains("developer tools"));
    fit(&mut cause, opener);
    Some(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(words: &str, id: Option<&str>) {
        assert_eq!(logged(words, Opener::Page).as_ref().map(|cause| &*cause.id), id, "{words}");
    }

    #[test]
    fn the_words_of_chromium_name_a_cause() {
        for (words, id) in [
            ("Error during WebSocket handshake: Unexpected response code: 401", "refused"),
            ("HTTP Authentication failed; no valid credentials available", "refused"),
            ("Error in connection establishment: net::ERR_CONNECTION_REFUSED", "nothing_listens"),
            ("Error in connection establishment: net::ERR_NAME_NOT_RESOLVED", "dns"),
            ("Error in connection establishment: net::ERR_CERT_AUTHORITY_INVALID", "certificate"),
            ("Error in connection establishment: net::ERR_SSL_PROTOCOL_ERROR", "wrong_scheme"),
            ("Error in connection establishment: net::ERR_ADDRESS_UNREACHABLE", "no_machine"),
            ("Error during WebSocket handshake: net::ERR_INVALID_HTTP_RESPONSE", "not_websocket"),
            ("Error during WebSocket handshake: 'Upgrade' header is missing", "not_websocket"),
            ("Connection closed before receiving a handshake response", "not_websocket"),
            ("WebSocket opening handshake timed out", "slow_server"),
            ("Error in connection establishment: net::ERR_BAD_SSL_CLIENT_AUTH_CERT", "client_certificate"),
            ("no TLS with h:1: the server wants a client certificate", "client_certificate"),
            ("no TLS with h:1: the certificate does not name h (--insecure accepts it)", "certificate"),
            (
                "h:1 cannot be reached: the connection was refused; no process listens there",
                "nothing_listens",
            ),
            (
                "the HTTP proxy h:1 cannot be reached: the connection was refused; no process listens there",
                "proxy",
            ),
            (
                "Error during WebSocket handshake: Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received",
                "subprotocol",
            ),
            ("A server must not mask any frames that it sends to the client.", "protocol_violation"),
            (
                "One or more reserved bits are on: reserved1 = 1, reserved2 = 0, reserved3 = 0",
                "protocol_violation",
            ),
            ("Received a broken close frame containing invalid UTF-8.", "protocol_violation"),
            ("Invalid frame header", "protocol_violation"),
            ("a compressed message cannot be inflated: invalid code lengths", "protocol_violation"),
        ] {
            check(words, Some(id));
        }
    }

    #[test]
    fn words_that_leave_it_open_name_none() {
        check("", None);
        check("the connection failed", None);
        check("Error in connection establishment: net::ERR_CONNECTION_RESET", None);
    }

    #[test]
    fn the_advice_does_not_point_to_the_log_it_came_from() {
        for (words, _) in WORDS {
            let cause = logged(words, Opener::Page).expect("a line of the table");
            assert_eq!(cause.likelihood, Likely::Certain);
            assert!(!cause.next.is_empty(), "{words}");
            assert!(cause.next.iter().all(|next| !next.contains("developer tools")), "{words}");
        }
    }

    #[test]
    fn no_line_hides_a_later_one() {
        for (place, (words, _)) in WORDS.iter().enumerate() {
            let first = WORDS.iter().position(|(mark, _)| words.contains(mark));
            assert_eq!(first, Some(place), "{words}");
        }
    }

    #[test]
    fn the_page_for_users_has_every_line() {
        let page = include_str!("../../../../docs/reference/failures.md");
        for (words, known) in WORDS {
            let line = format!("| `{words}` | **{}** |", known.title);
            assert!(page.contains(&line), "docs/reference/failures.md lacks {line}");
        }
    }
}
