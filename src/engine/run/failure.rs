//! How a step fails, in words.
//!
//! Owns the sentences. A failure says who, what was wanted, what came, and what came nearest.

use std::time::Duration;

use super::inbox::{Message, Near};
use crate::engine::Instant;
use crate::engine::close;
use crate::engine::matcher::{Matcher, Mismatch};
use crate::engine::report::{Difference, Failure, FailureKind, Millis, NearMiss};
use crate::engine::unit::show_duration;

/// How much of a message a report shows.
pub(super) const SHOWN: usize = 300;

/// A failure with nothing but a sentence.
pub(super) fn plain(kind: FailureKind, message: impl Into<String>) -> Box<Failure> {
    Box::new(Failure {
        kind,
        message: message.into(),
        client: None,
        round: None,
        expected: None,
        closest: None,
        diff: Vec::new(),
    })
}

/// The script is wrong.
pub(super) fn script(error: impl std::fmt::Display) -> Box<Failure> {
    plain(FailureKind::Script, error.to_string())
}

/// What a matcher wants; any message when there is none.
pub(super) fn wanted(matcher: Option<&Matcher>) -> String {
    matcher.map_or_else(|| "any message".to_owned(), Matcher::expected)
}

/// The message that came nearest, and where it differs.
pub(super) fn with_near(
    mut failure: Box<Failure>,
    near: Option<Near>,
    client: &str,
    began: Instant,
) -> Box<Failure> {
    if let Some(near) = near {
        failure.closest = Some(near_miss(&near.message, client, began, near.taken));
        failure.diff = near.mismatch.map(differences).unwrap_or_default();
    }
    failure
}

/// A selected or unwanted message as it stands in a failure.
pub(super) fn near_miss(message: &Message, client: &str, began: Instant, taken: bool) -> NearMiss {
    NearMiss {
        client: client.to_owned(),
        at_ms: Millis::from(message.at - began),
        message: message.subject.payload().preview(SHOWN),
        taken,
    }
}

pub(super) fn differences(mismatch: Mismatch) -> Vec<Difference> {
    let known = mismatch.differences.into_iter();
    known.map(|found| Difference { path: found.path, wanted: found.wanted, got: found.got }).collect()
}

/// `4001 (the application's own code) "go"`
pub(super) fn ending(code: u16, reason: &str) -> String {
    let reason = if reason.is_empty() { String::new() } else { format!(" {reason:?}") };
    format!("{code} ({}){reason}", close::meaning(code))
}

/// The time in a sentence; nanoseconds are for machines.
pub(super) fn took(duration: Duration) -> String {
    show_duration(Duration::from_micros(((duration.as_nanos() + 500) / 1000) as u64))
}

/// `1 other message` or `3 other messages`.
pub(super) fn count_of(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}
