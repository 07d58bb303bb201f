//! What a server has answered to the handshake itself, as the relay and the native engine see it.
//!
//! Owns the words, which are the same in both. It refuses to guess: who looks from outside later does that.

use super::cause::{Explanation, UNTOLD};
use super::ended::NO_REASON;
use super::opener::Opener;
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
    failure.causes = probed.cause(endpoint, Opener::Relay).into_iter().collect();
}

impl Explanation {
    /// With what the relay saw of this very handshake.
    #[must_use]
    pub fn with_relayed(self, endpoint: &Endpoint, probed: Probed) -> Self {
        let mut why = self.with_seen(endpoint, probed, Opener::Relay);
        // The browser told the page nothing; the relay did.
        why.known.retain(|known| known != NO_REASON);
        why
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::{Ended, Outcome, Surroundings, explain};

    fn told(probed: Probed) -> Explanation {
        let endpoint = Endpoint::parse("wss://localhost:7411/").expect("valid");
        let ended = Ended { code: 1006, ..Ended::default() };
        explain(&endpoint, &ended, &Surroundings::default()).with_relayed(&endpoint, probed)
    }

    #[test]
    fn what_the_relay_saw_is_no_look_and_speaks_of_no_page() {
        let refused = told(Probed { status: Some(401), reason: "Unauthorized".into(), ..Probed::default() });
        assert_eq!(refused.fact, "The server answered 401 Unauthorized.");
        assert_eq!(refused.causes[0].id, "refused");
        let all = format!("{refused:?}");
        for of_page in ["look at the server", "tells a page", "origin of this page", "can send no headers"] {
            assert!(!all.contains(of_page), "{of_page}: {all}");
        }
    }

    #[test]
    fn words_of_the_relay_are_the_fact_and_name_the_only_cause() {
        let words = "no TLS with localhost:7411: the server wants a client certificate";
        let probed = Probed { outcome: Outcome::Told, detail: words.into(), ..Probed::default() };
        let wants = told(probed);
        assert_eq!(wants.fact, "No TLS with localhost:7411: the server wants a client certificate.");
        assert_eq!(wants.causes.iter().map(|it| &*it.id).collect::<Vec<_>>(), ["client_certificate"]);
        let probed = Probed { outcome: Outcome::Told, detail: "it was dropped".into(), ..Probed::default() };
        assert_eq!(told(probed).causes, []);
    }
}
