//! How a step fails, in words.
//!
//! Owns the sentences. A failure names the client, what was expected, what came, and what came nearest.

use super::super::inbox::message::Message;
use super::super::inbox::queue::Near;
use crate::base::close;
use crate::base::payload::preview;
use crate::matcher::{Matcher, Mismatch};
use crate::report::{Difference, Failure, FailureKind, Millis, NearMiss};
use crate::{Endpoint, Instant, Payload};

/// How much of a message a report shows.
const SHOWN: usize = 300;
/// How much of a message is looked at for secrets before it is cut to what is shown: one that was cut could not be found.
const UNCUT: usize = 4_096;

/// A failure with nothing but a sentence.
pub(crate) fn plain(kind: FailureKind, message: impl Into<String>) -> Box<Failure> {
    Box::new(Failure {
        kind,
        message: message.into(),
        client: None,
        round: None,
        expected: None,
        closest: None,
        diff: Vec::new(),
        browser: None,
        causes: Vec::new(),
        handshake: None,
    })
}

/// A handshake did not end as wanted.
pub(crate) fn handshake(kind: FailureKind, endpoint: &Endpoint, message: String) -> Box<Failure> {
    let mut failure = plain(kind, message);
    failure.handshake = Some(endpoint.clone());
    failure
}

/// The script is wrong.
pub(crate) fn script(error: impl std::fmt::Display) -> Box<Failure> {
    plain(FailureKind::Script, error.to_string())
}

/// What a matcher expects; any message without one.
pub(crate) fn wanted(matcher: Option<&Matcher>) -> String {
    matcher.map_or_else(|| "any message".to_owned(), Matcher::expected)
}

/// The message that came nearest, and where it differs.
pub(crate) fn with_near(
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

/// More of a message than is shown, as it came, for secrets to be taken out.
pub(crate) fn uncut(payload: &Payload) -> String {
    match payload {
        Payload::Text(text) => match text.char_indices().nth(UNCUT) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text.clone(),
        },
        Payload::Binary(_) => payload.preview(3 * UNCUT),
    }
}

/// What is shown of a message without secrets.
pub(crate) fn cut_message(masked: &str) -> String {
    preview(true, masked.as_bytes(), SHOWN)
}

/// A failure without secrets, with as much of its message as is shown.
pub(crate) fn cut(mut failure: Failure) -> Failure {
    if let Some(closest) = &mut failure.closest {
        closest.message = cut_message(&closest.message);
    }
    failure
}

/// A selected or unwanted message as it stands in a failure, before it is masked and cut.
pub(crate) fn near_miss(message: &Message, client: &str, began: Instant, taken: bool) -> NearMiss {
    NearMiss {
        client: client.to_owned(),
        at_ms: Millis::from(message.at - began),
        message: uncut(message.subject.payload()),
        taken,
        answered: message.is_answered.get(),
    }
}

pub(crate) fn differences(mismatch: Mismatch) -> Vec<Difference> {
    let known = mismatch.differences.into_iter();
    known.map(|found| Difference { path: found.path, wanted: found.wanted, got: found.got }).collect()
}

/// `4001 (the application's own code) "go"`
pub(crate) fn ending(code: u16, reason: &str) -> String {
    let reason = if reason.is_empty() { String::new() } else { format!(" {reason:?}") };
    format!("{code} ({}){reason}", close::meaning(code))
}
