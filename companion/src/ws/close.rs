//! How a connection ends, and which codes this server uses for it.

use std::borrow::Cow;

/// What a close frame says. Any code can be held: sending an illegal one is a fault that suites ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    /// The close code as it is on the wire; `None` is a close frame without a body.
    pub code: Option<u16>,
    /// The reason, at most 123 bytes of UTF-8.
    pub reason: Cow<'static, str>,
}

/// A close frame's body is a control frame's: 125 bytes, two of them the code.
pub const MAX_REASON: usize = 123;

impl Close {
    /// A close with a code and a reason, which is cut at a character's edge when it is too long.
    pub fn new(code: u16, reason: impl Into<Cow<'static, str>>) -> Self {
        let mut reason = reason.into();
        if reason.len() > MAX_REASON {
            let cut = (0..=MAX_REASON).rev().find(|&at| reason.is_char_boundary(at)).unwrap_or(0);
            reason.to_mut().truncate(cut);
        }
        Self { code: Some(code), reason }
    }

    /// A close frame with an empty body; a client reads it as 1005.
    pub fn empty() -> Self {
        Self { code: None, reason: Cow::Borrowed("") }
    }

    /// The server stops.
    pub fn going_away() -> Self {
        Self::new(1001, "server going away")
    }

    /// The bytes of the close frame's body.
    pub fn body(&self) -> Vec<u8> {
        match self.code {
            None => Vec::new(),
            Some(code) => [&code.to_be_bytes()[..], self.reason.as_bytes()].concat(),
        }
    }
}

/// Whether a peer may send this code (RFC 6455, section 7.4, and the registry after it).
pub fn is_receivable(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// What the peer did that ends the connection.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum Violation {
    /// The bytes are not WebSocket frames, or not in an order that is allowed.
    #[error("{0}")]
    Protocol(&'static str),
    /// A text message, or a close reason, that is not UTF-8.
    #[error("text is not valid UTF-8")]
    Utf8,
    /// A message larger than the server's limit.
    #[error("message is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
}

impl Violation {
    /// What the server answers.
    pub fn close(&self) -> Close {
        let code = match self {
            Self::Protocol(_) => 1002,
            Self::Utf8 => 1007,
            Self::TooLarge { .. } => 1009,
        };
        Close::new(code, self.to_string())
    }
}

/// Why a connection is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The peer sent a close frame, with this code; the answer to it is already queued.
    ByPeer(Option<u16>),
    /// The transport is gone, without a close frame.
    Gone,
    /// The peer broke a rule.
    Violated(Violation),
    /// We close.
    ByUs(Close),
    /// We drop the TCP connection with a reset, without a close frame.
    Abort,
}

impl End {
    /// The code of the first close frame, if there was one and it had one.
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::ByPeer(code) => *code,
            Self::Violated(violation) => violation.close().code,
            Self::ByUs(close) => close.code,
            Self::Gone | Self::Abort => None,
        }
    }

    /// Who ended it, and how.
    pub fn by(&self) -> &'static str {
        match self {
            Self::ByPeer(_) => "client",
            Self::Violated(_) | Self::ByUs(_) => "server",
            Self::Gone => "client, without a close frame",
            Self::Abort => "server, by a reset",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_reason_is_cut_at_a_character() {
        let close = Close::new(4000, "é".repeat(100));
        assert_eq!(close.reason.len(), 122);
        assert_eq!(close.body().len(), 124);
    }

    #[test]
    fn an_empty_close_has_no_body() {
        assert_eq!(Close::empty().body(), Vec::<u8>::new());
    }

    #[test]
    fn codes_that_exist_only_inside_a_program_are_not_receivable() {
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000] {
            assert!(!is_receivable(code), "{code}");
        }
        for code in [1000, 1001, 1011, 1014, 3000, 4999] {
            assert!(is_receivable(code), "{code}");
        }
    }

    #[test]
    fn each_violation_has_its_code() {
        assert_eq!(Violation::Protocol("x").close().code, Some(1002));
        assert_eq!(Violation::Utf8.close().code, Some(1007));
        assert_eq!(
            Violation::TooLarge { limit: 5 }.close(),
            Close::new(1009, "message is larger than 5 bytes")
        );
    }
}
