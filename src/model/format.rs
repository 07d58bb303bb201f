//! States as people read them; the words for numbers are the engine's.
//!
//! Pure. One rule: no digit that the clock cannot back.

use crate::engine::FrameKind;
use crate::engine::base::close;
pub use crate::engine::base::words::*;
use crate::wire::bench::{CloseSeen, Phase};

/// The code at the beginning of what a frame says of the end of a connection; none of a cancelled handshake.
pub fn closing_code(content: &str) -> Option<u16> {
    content.split(' ').next()?.parse().ok()
}

/// What a phase is called.
pub fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Connecting => "connecting",
        Phase::Open => "open",
        Phase::Closing => "closing",
        Phase::Closed => "closed",
        Phase::Waiting => "waiting",
    }
}

/// How a frame is marked: an arrow for messages, a word for the rest.
pub fn mark(kind: FrameKind) -> (&'static str, &'static str) {
    match kind {
        FrameKind::Connecting => ("•", "connect"),
        FrameKind::Opened => ("•", "open"),
        FrameKind::SentText => ("↑", "text"),
        FrameKind::SentBinary => ("↑", "binary"),
        FrameKind::ReceivedText => ("↓", "text"),
        FrameKind::ReceivedBinary => ("↓", "binary"),
        FrameKind::Closing => ("•", "closing"),
        FrameKind::Closed => ("•", "closed"),
        FrameKind::Failed => ("!", "trouble"),
        FrameKind::Waiting => ("•", "waiting"),
        FrameKind::Told => ("•", "relay"),
    }
}

/// The direction of a frame, for style sheets and screen readers.
pub fn direction(kind: FrameKind) -> &'static str {
    match kind {
        _ if kind.is_sent() => "sent",
        _ if kind.is_received() => "received",
        FrameKind::Failed => "trouble",
        _ => "life",
    }
}

/// How a connection ended, in one sentence, with what to try.
pub fn ending(closed: &CloseSeen) -> String {
    if let Some(after) = closed.cancelled_after {
        return format!("Cancelled after {}; the server had not answered.", duration(after));
    }
    if closed.code == 1006 && !closed.was_open {
        return "It did not open (1006).".to_owned();
    }
    if closed.code == 1006 {
        return "The connection broke without a close frame (1006).".to_owned();
    }
    let reason = if closed.reason.is_empty() { String::new() } else { format!(": {}", closed.reason) };
    let clean = if closed.clean { "" } else { ", not cleanly" };
    format!("Closed with {} ({}){clean}{reason}", closed.code, close::meaning(closed.code))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_code_of_an_end_is_read_from_what_the_frame_says() {
        assert_eq!(closing_code("4001 the application's own code: revoked"), Some(4001));
        assert_eq!(closing_code("cancelled before it was open"), None);
    }

    #[test]
    fn an_ending_tells_a_refusal_from_a_break() {
        let seen = |code, was_open| CloseSeen {
            code,
            reason: String::new(),
            clean: code != 1006,
            was_open,
            cancelled_after: None,
        };
        assert!(ending(&seen(1006, false)).starts_with("It did not open"));
        assert!(ending(&seen(1006, true)).starts_with("The connection broke"));
        assert_eq!(ending(&seen(1001, true)), "Closed with 1001 (going away)");
        let cancelled = CloseSeen { cancelled_after: Some(Duration::from_millis(712)), ..seen(1006, false) };
        assert_eq!(ending(&cancelled), "Cancelled after 712\u{2009}ms; the server had not answered.");
        let with_reason = CloseSeen { reason: "too many".into(), ..seen(4029, true) };
        assert_eq!(ending(&with_reason), "Closed with 4029 (the application's own code): too many");
    }
}
