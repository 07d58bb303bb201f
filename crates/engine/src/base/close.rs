//! Closing a connection: which codes and reasons a page may send, and what the received ones mean.
//!
//! Owns the rule in types, so that no caller can ask a browser for a close that throws.

use serde::{Deserialize, Serialize};

/// A close code that a browser lets a page send: 1000, or 3000 to 4999. The browser throws on all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct SendableCode(u16);

impl SendableCode {
    /// The normal closure.
    pub const NORMAL: Self = Self(1000);

    /// The code, when a page may send it.
    pub fn new(code: u16) -> Option<Self> {
        matches!(code, 1000 | 3000..=4999).then_some(Self(code))
    }

    /// The number that goes over the wire.
    pub fn get(self) -> u16 {
        self.0
    }
}

/// Why a close cannot be asked of a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClosingError {
    /// Neither 1000 nor 3000 to 4999.
    #[error("a page may close with 1000 or 3000 to 4999, not with {0}")]
    Code(u16),
    /// Longer than a close frame has room for.
    #[error("a close reason has at most {max} bytes in UTF-8, this one has {0}", max = CloseReason::MAX_BYTES)]
    Reason(usize),
}

impl TryFrom<u16> for SendableCode {
    type Error = ClosingError;

    fn try_from(code: u16) -> Result<Self, ClosingError> {
        Self::new(code).ok_or(ClosingError::Code(code))
    }
}

impl From<SendableCode> for u16 {
    fn from(code: SendableCode) -> u16 {
        code.0
    }
}

/// The text beside a close code. A close frame carries 125 bytes and the code takes two of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CloseReason(String);

impl CloseReason {
    /// Bytes in UTF-8, not characters.
    pub const MAX_BYTES: usize = 123;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CloseReason {
    type Error = ClosingError;

    fn try_from(reason: String) -> Result<Self, ClosingError> {
        if reason.len() > Self::MAX_BYTES {
            return Err(ClosingError::Reason(reason.len()));
        }
        Ok(Self(reason))
    }
}

impl TryFrom<&str> for CloseReason {
    type Error = ClosingError;

    fn try_from(reason: &str) -> Result<Self, ClosingError> {
        Self::try_from(reason.to_owned())
    }
}

impl From<CloseReason> for String {
    fn from(reason: CloseReason) -> String {
        reason.0
    }
}

/// What to send when closing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// The code.
    pub code: SendableCode,
    /// The text beside it, possibly empty.
    pub reason: CloseReason,
}

impl Closing {
    /// The normal closure, without a reason.
    pub fn normal() -> Self {
        Self { code: SendableCode::NORMAL, reason: CloseReason::default() }
    }

    /// A code and a reason, when a page may send them.
    pub fn new(code: u16, reason: &str) -> Result<Self, ClosingError> {
        Ok(Self { code: code.try_into()?, reason: reason.try_into()? })
    }
}

/// Whether no close frame may carry this code (RFC 6455, section 7.4).
pub fn is_reserved(code: u16) -> bool {
    !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// A server has broken the protocol with this code in its close frame.
pub fn breach(code: u16) -> String {
    format!("the server sent a close frame with the reserved code {code}")
}

/// What a received close code means, in a few words (RFC 6455, section 7.4.1, and the IANA registry).
pub fn meaning(code: u16) -> &'static str {
    match code {
        1000 => "normal closure",
        1001 => "going away",
        1002 => "protocol error",
        1003 => "unsupported data",
        1005 => "no code in the close frame",
        1006 => "no close frame came",
        1007 => "invalid payload, such as bad UTF-8",
        1008 => "policy violation",
        1009 => "message too big",
        1010 => "a required extension is missing",
        1011 => "internal server error",
        1012 => "service restart",
        1013 => "try again later",
        1014 => "bad gateway",
        1015 => "TLS handshake failed",
        3000 => "unauthorized",
        3003 => "forbidden",
        3008 => "timeout",
        3001..=3999 => "registered by a library or framework",
        4000..=4999 => "the application's own code",
        1004 | 1016..=2999 => "reserved; a server must not send it",
        _ => "outside every range; a server must not send it",
    }
}

/// Whether a connection that ended with this code ended as it should: by a wish to close, or because one side went away.
pub fn is_ordinary(code: u16) -> bool {
    matches!(code, 1000 | 1001 | 1005)
}

/// Close codes as people write them: `1008, 4000-4999`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Codes(Vec<(u16, u16)>);

impl Codes {
    /// The codes from the first to the last of each pair, both included.
    pub fn new(ranges: impl IntoIterator<Item = (u16, u16)>) -> Self {
        Self(ranges.into_iter().collect())
    }

    /// Reads a list of codes and of ranges; none when it is not such a list.
    pub fn parse(text: &str) -> Option<Self> {
        let code = |text: &str| text.trim().parse().ok().filter(|code| (1000..=4999).contains(code));
        let range = |text: &str| match text.split_once(['-', '–']) {
            Some((first, last)) => Some((code(first)?, code(last)?)).filter(|(first, last)| first <= last),
            None => code(text).map(|code| (code, code)),
        };
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(range).collect::<Option<_>>().map(Self)
    }

    /// Whether a code is among them.
    pub fn has(&self, code: u16) -> bool {
        self.0.iter().any(|(first, last)| (*first..=*last).contains(&code))
    }
}

impl std::fmt::Display for Codes {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, (first, last)) in self.0.iter().enumerate() {
            let gap = if at > 0 { ", " } else { "" };
            match first == last {
                true => write!(out, "{gap}{first}")?,
                false => write!(out, "{gap}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: u16, sendable: bool) {
        assert_eq!(SendableCode::new(code).is_some(), sendable, "{code}");
    }

    #[test]
    fn a_page_may_send_1000_and_3000_to_4999() {
        check(1000, true);
        check(3000, true);
        check(4999, true);
    }

    #[test]
    fn a_page_may_not_send_the_rest() {
        for code in [0, 999, 1001, 1005, 1006, 1015, 2999, 5000, u16::MAX] {
            check(code, false);
        }
    }

    #[test]
    fn a_reason_is_measured_in_bytes() {
        assert!(CloseReason::try_from("é".repeat(61).as_str()).is_ok());
        assert_eq!(CloseReason::try_from("é".repeat(62).as_str()), Err(ClosingError::Reason(124)));
    }

    #[test]
    fn the_error_says_the_rule() {
        assert_eq!(
            Closing::new(1001, "bye").expect_err("1001 throws").to_string(),
            "a page may close with 1000 or 3000 to 4999, not with 1001"
        );
    }

    #[test]
    fn no_close_frame_carries_what_a_browser_reports_by_itself() {
        assert!([0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000].into_iter().all(is_reserved));
        assert!(![1000, 1003, 1007, 1011, 1014, 3000, 4999].into_iter().any(is_reserved));
        assert_eq!(breach(1005), "the server sent a close frame with the reserved code 1005");
    }

    #[test]
    fn every_code_has_a_meaning() {
        for code in 0..=u16::MAX {
            assert!(!meaning(code).is_empty());
        }
        assert_eq!(meaning(1006), "no close frame came");
        assert_eq!(meaning(4029), "the application's own code");
    }

    #[test]
    fn codes_are_read_as_people_write_them() {
        let codes = Codes::parse(" 1008,4000 - 4999, 1011").expect("codes");
        assert_eq!([1008, 1011, 4000, 4001, 4999].map(|code| codes.has(code)), [true; 5]);
        assert_eq!([1006, 3999, 5000].map(|code| codes.has(code)), [false; 3]);
        assert_eq!(codes.to_string(), "1008, 4000-4999, 1011");
        assert_eq!(Codes::parse(&codes.to_string()), Some(codes));
        assert_eq!(Codes::parse(""), Some(Codes::default()));
        for wrong in ["x", "4999-4000", "999", "5000", "4000-"] {
            assert_eq!(Codes::parse(wrong), None, "{wrong}");
        }
    }
}
