//! What a server has answered to the handshake itself, as the relay and the native engine see it.
//!
//! Owns the words, which are the same in both. It refuses to guess: who looks from outside later does that.

use super::cause::UNTOLD;
use super::logged::logged;
use super::probed::Probed;
use crate::Endpoint;
use crate::report::Failure;

/// Characters of a refusal's body that stand in a failure.
const MOST_BODY: usize = 1000;

/// What a server has answered in place of opening a connection, word for word up to a bound.
pub fn refused_words(status: u16, reason: &str, body: &str) -> String {
    let status = format!("{status} {reason}");
    let body: String = body.trim().chars().take(MOST_BODY).collect();
    let said = if body.is_empty() { String::new() } else { format!(": {body}") };
    format!("the server answered the handshake with status {}{said}", status.trim_end())
}

/// Puts what the relay saw of this very handshake into a failure. The relay made it, so nothing is guessed.
pub fn tell_handshake(failure: &mut Failure, endpoint: &Endpoint, probed: &Probed) {
    let words = match probed.status {
        Some(status) => refused_words(status, &probed.reason, &probed.body),
        None => probed.detail.clone(),
    };
    if let Some((before, after)) = failure.message.split_once(UNTOLD) {
        failure.message = format!("{before}: {words}{after}");
    }
    // Without an answer the relay's words are all that is known.
    failure.causes = match probed.status {
        Some(_) => probed.cause(endpoint).into_iter().collect(),
        None => logged(&words).into_iter().collect(),
    };
}
