//! What was sent and received around a failure, as lines of text.
//!
//! Owns the words of a direction, so that JUnit and HTML say the same.

use std::fmt::Write;

use super::{CheckReport, NearbyEvent};

/// A sign for what happened.
pub(super) fn sign(event: &str) -> &'static str {
    match event {
        "sent" => "↑",
        "received" => "↓",
        "failed" => "!",
        "closed" => "×",
        _ => "·",
    }
}

/// A title for each step that failed, and a line for each event around it.
pub(super) fn lines(check: &CheckReport) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for step in check.steps.iter().filter(|step| !step.around.is_empty()) {
        let _ = writeln!(text, "messages around it ({}):", step.path);
        let first_after = step.around.iter().position(|event| event.after);
        for (at, event) in step.around.iter().enumerate() {
            if first_after == Some(at) {
                let _ = writeln!(text, "  -- the failure --");
            }
            let NearbyEvent { client, at_ms, event, message, bytes, .. } = event;
            let _ = writeln!(
                text,
                "  {:>10.3} ms {} {client} {event}, {bytes} B: {message}",
                at_ms.0,
                sign(event)
            );
        }
    }
    text
}
