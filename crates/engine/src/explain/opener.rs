//! Who opened a connection, and what of the table of causes is said otherwise where that is not a page.
//!
//! Owns those words. It refuses to rank causes. Only a page gets no reason, has tabs, and can send no headers.

use std::borrow::Cow;

use super::cause::{CERTIFICATE, Cause, DNS, NOT_WEBSOCKET, ORIGIN, PROTOCOL_VIOLATION, REFUSED};

/// Who opened a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Opener {
    /// The browser, for a page.
    #[default]
    Page,
    /// The companion, for a page.
    Relay,
    /// The native engine.
    Native,
}

/// What a line of the table says where no page has opened the connection.
struct Other {
    id: &'static str,
    title: &'static str,
    why: &'static str,
    next: &'static [&'static str],
}

static OTHERS: [Other; 6] = [
    Other {
        id: REFUSED.id,
        title: REFUSED.title,
        why: "The server gave this answer to the handshake instead of the upgrade.",
        next: &[
            "Is the path right, to the last slash?",
            "Compare the headers of the handshake with what the server wants: a token, a cookie, an origin.",
            "Look into the log of the server or of the proxy before it.",
        ],
    },
    Other {
        id: ORIGIN.id,
        title: "The server does not accept this origin",
        why: "Servers may allow only their own pages, and the origin of the handshake says which page connects.",
        next: &[
            "Set an origin that the server allows: Origin in the Headers of the connection, or `\"origin\"` of the client in a suite.",
        ],
    },
    Other {
        id: CERTIFICATE.id,
        title: "The certificate of the server is not trusted",
        why: "An authority that this machine trusts must have signed the certificate. It must be valid today and name this very host.",
        next: &[
            "If you reached this host by another name, use the name that the certificate has.",
            "Give the CA that signed it: in the Headers of the connection, or as `\"tls\": {\"ca\": …}` of the client in a suite.",
        ],
    },
    Other {
        id: DNS.id,
        title: DNS.title,
        why: "The address of this host has to be found first; a mistyped name, a missing VPN or a name server that does not answer end the attempt.",
        next: &["Look for a mistake in the name.", "Is a VPN needed for this name?"],
    },
    Other {
        id: NOT_WEBSOCKET.id,
        title: NOT_WEBSOCKET.title,
        why: NOT_WEBSOCKET.why,
        next: &["Compare port and path with the documentation of the server."],
    },
    Other {
        id: PROTOCOL_VIOLATION.id,
        title: PROTOCOL_VIOLATION.title,
        why: "Invalid UTF-8 in a text, a masked or oversized frame, or a close code that may not be sent ends a connection.",
        next: &["Report it as a mistake of the server, or of its library."],
    },
];

/// A cause in the words that fit who opened the connection.
pub(super) fn fit(cause: &mut Cause, opener: Opener) {
    let other = OTHERS.iter().find(|other| opener != Opener::Page && other.id == cause.id);
    if let Some(other) = other {
        cause.title = other.title.into();
        cause.why = other.why.into();
        cause.next = other.next.iter().map(|next| Cow::Borrowed(*next)).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::cause::ALL;
    use crate::explain::{Likely, logged};

    #[test]
    fn what_only_a_page_has_is_not_said_of_another_opener() {
        for known in ALL {
            let mut cause = known.as_likely(Likely::Certain);
            fit(&mut cause, Opener::Page);
            assert_eq!(cause, known.as_likely(Likely::Certain), "the table is the page's");
        }
        for other in &OTHERS {
            let known = ALL.iter().find(|known| known.id == other.id).expect("a line of the table");
            for opener in [Opener::Relay, Opener::Native] {
                let mut cause = known.as_likely(Likely::Certain);
                fit(&mut cause, opener);
                let all = format!("{} {} {}", cause.title, cause.why, cause.next.join(" "));
                for of_page in ["rowser", "tab", "this page", "query"] {
                    assert!(!all.contains(of_page), "{of_page}: {all}");
                }
                assert!(std::iter::once(&cause.why).chain(&cause.next).all(|it| it.ends_with(['.', '?'])));
            }
        }
    }

    #[test]
    fn the_page_for_users_has_every_other_title() {
        let page = include_str!("../../../../docs/reference/failures.md");
        for other in &OTHERS {
            assert!(page.contains(other.title), "docs/reference/failures.md lacks {:?}", other.title);
        }
    }

    #[test]
    fn a_refusal_points_to_headers_for_each_opener() {
        let next = |opener| logged("Unexpected response code: 401", opener).expect("a cause").next.join(" ");
        assert!(next(Opener::Page).contains("the companion sends them"), "{}", next(Opener::Page));
        for opener in [Opener::Relay, Opener::Native] {
            assert!(next(opener).contains("Compare the headers"), "{}", next(opener));
            assert!(!next(opener).contains("can send no"), "{}", next(opener));
        }
    }
}
