//! What a server agrees to of the offer of `permessage-deflate`.

/// The largest window, and the one that `zlib` can make at least when it compresses.
const LARGEST_WINDOW: u8 = 15;
const LEAST_WINDOW: u8 = 9;

/// What both sides keep to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::native) struct Agreed {
    own_window: u8,
    other_window: u8,
    /// Whether a message of ours may refer to those before.
    pub(super) keeps_own_context: bool,
    /// Whether a message of the server's may.
    pub(super) keeps_other_context: bool,
}

impl Agreed {
    /// Reads the server's `Sec-WebSocket-Extensions`; says what is wrong with it.
    pub fn read(answer: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("the server agreed to {answer:?}, and {why}");
        let mut parts = answer.split(';').map(str::trim);
        if answer.contains(',') || parts.next() != Some("permessage-deflate") {
            return Err(wrong("only permessage-deflate was offered, once"));
        }
        let mut agreed = Self {
            own_window: LARGEST_WINDOW,
            other_window: LARGEST_WINDOW,
            keeps_own_context: true,
            keeps_other_context: true,
        };
        let mut seen = Vec::new();
        for part in parts {
            let (name, value) = match part.split_once('=') {
                Some((name, value)) => (name.trim(), Some(value.trim().trim_matches('"'))),
                None => (part, None),
            };
            if seen.contains(&name) {
                return Err(wrong(&format!("{name} stands there twice")));
            }
            seen.push(name);
            match (name, value) {
                ("server_no_context_takeover", None) => agreed.keeps_other_context = false,
                ("client_no_context_takeover", None) => agreed.keeps_own_context = false,
                ("server_max_window_bits", Some(bits)) => {
                    agreed.other_window = window(bits).ok_or_else(|| wrong("a window has 8 to 15 bits"))?;
                }
                ("client_max_window_bits", Some(bits)) => {
                    agreed.own_window = window(bits).ok_or_else(|| wrong("a window has 8 to 15 bits"))?;
                }
                _ => return Err(wrong(&format!("{part:?} is not a parameter of an answer"))),
            }
        }
        Ok(agreed)
    }

    /// The window of what is sent, if it can be made.
    pub(super) fn own_window(self) -> Option<u8> {
        (self.own_window >= LEAST_WINDOW).then_some(self.own_window)
    }

    /// A window in which all that comes fits.
    pub(super) fn other_window(self) -> u8 {
        self.other_window.max(LEAST_WINDOW)
    }
}

/// A number without a sign and without zeros in front (RFC 7692, section 7.1.2).
fn window(text: &str) -> Option<u8> {
    let bits: u8 = text.parse().ok()?;
    ((8..=LARGEST_WINDOW).contains(&bits) && bits.to_string() == text).then_some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read() {
        for (answer, own, other, keeps) in [
            ("permessage-deflate", Some(15), 15, (true, true)),
            ("permessage-deflate; server_no_context_takeover", Some(15), 15, (true, false)),
            (
                "permessage-deflate;client_no_context_takeover ; client_max_window_bits=10",
                Some(10),
                15,
                (false, true),
            ),
            (
                "permessage-deflate; server_max_window_bits=\"12\"; client_max_window_bits=8",
                None,
                12,
                (true, true),
            ),
            ("permessage-deflate; server_max_window_bits=8", Some(15), 9, (true, true)),
        ] {
            let agreed = Agreed::read(answer).expect(answer);
            assert_eq!((agreed.own_window(), agreed.other_window()), (own, other), "{answer}");
            assert_eq!((agreed.keeps_own_context, agreed.keeps_other_context), keeps, "{answer}");
        }
    }

    #[test]
    fn an_answer_that_does_not_fit_the_offer_is_told() {
        for (answer, why) in [
            ("x-webkit-deflate-frame", "only permessage-deflate"),
            ("permessage-deflate, permessage-deflate", "once"),
            ("permessage-deflate; x-unknown=1", "x-unknown"),
            ("permessage-deflate; client_max_window_bits", "client_max_window_bits"),
            ("permessage-deflate; client_max_window_bits=7", "8 to 15"),
            ("permessage-deflate; server_max_window_bits=16", "8 to 15"),
            ("permessage-deflate; server_max_window_bits=+9", "8 to 15"),
            ("permessage-deflate; server_max_window_bits=09", "8 to 15"),
            ("permessage-deflate; server_no_context_takeover=1", "server_no_context_takeover=1"),
            ("permessage-deflate; server_no_context_takeover; server_no_context_takeover", "twice"),
            ("permessage-deflate;", "\"\""),
        ] {
            let words = Agreed::read(answer).expect_err(answer);
            assert!(words.contains(why) && words.contains("agreed to"), "{answer}: {words}");
        }
    }
}
