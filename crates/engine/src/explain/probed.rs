//! What one look at a server from outside the browser found, and the sentence that says it.
//!
//! Owns the answer of the companion's `POST /api/probe`, which both programs read as this type, and its words. It
//! refuses to look by itself. Every sentence states what was seen; the table of causes says what it may mean.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cause::{
    CERTIFICATE, Cause, DNS, DROPPED, Explanation, Known, Likely, NOT_WEBSOCKET, NOTHING_LISTENS, ORIGIN,
    REFUSED, SLOW_SERVER, SUBPROTOCOL, UNTOLD, WRONG_SCHEME,
};
use super::host::Target;
use super::logged::logged;
use super::opener::{Opener, fit};
use super::stage;
use super::warning::accept_certificate;
use crate::Endpoint;
use crate::base::words::{self, sentence, with_stop};
use crate::report::Failure;

/// Characters of the server's own words in a sentence.
const MOST_WORDS: usize = 160;

/// How far a look at a server came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The handshake succeeds.
    Opens,
    /// The server answered with a status other than 101.
    #[default]
    Answered,
    /// The server answered 101, and in a way that a browser refuses.
    BadHandshake,
    /// The server sent something else than HTTP.
    NotHttp,
    /// The server closed the connection without an answer.
    Ended,
    /// The server accepted the connection and did not answer in time.
    Silent,
    /// TLS was not spoken to a port that speaks TLS.
    SpeaksTls,
    /// TLS was spoken to a port that does not speak TLS.
    SpeaksPlain,
    /// The certificate is not trusted.
    Certificate,
    /// TLS failed for another reason.
    TlsFailed,
    /// No process listens on the port.
    Refused,
    /// The network reports no route.
    Unreachable,
    /// Nothing answered the attempt to connect in time.
    Unanswered,
    /// The name has no address.
    Unresolved,
    /// The relay has said why there is no answer.
    Told,
}

/// One look at a server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Probed {
    /// The address without its query.
    pub url: String,
    /// The IP address and port that were connected to; empty when none accepted.
    pub address: String,
    /// How far it came.
    pub outcome: Outcome,
    /// Milliseconds that the whole took.
    pub took_ms: u64,
    /// Seconds after which the look was given up.
    pub bound_s: u64,
    /// The HTTP status; none without an answer.
    pub status: Option<u16>,
    /// The words beside the status, such as `Not Found`.
    pub reason: String,
    /// The header fields of the answer.
    pub headers: Vec<(String, String)>,
    /// The beginning of the answer's body.
    pub body: String,
    /// More of the body came, or was announced.
    pub body_is_cut: bool,
    /// What else there is to say of the outcome: the operating system's words, or what is wrong.
    pub detail: String,
}

impl Probed {
    /// The fact, in a sentence.
    pub fn fact(&self) -> String {
        let detail = self.detail.as_str();
        match self.outcome {
            Outcome::Opens => "The handshake succeeds from outside the browser, with the same origin and \
                 subprotocols: the cause lies with the browser."
                .to_owned(),
            Outcome::Answered => self.answered("The server answered"),
            Outcome::BadHandshake => format!("The server accepted the handshake, but {detail}."),
            Outcome::NotHttp => with_stop(&format!("The server does not speak HTTP: it sent {detail}")),
            Outcome::Ended => {
                "The server closed the connection without an answer to the handshake.".to_owned()
            }
            // How long the look waited is not how long the handshake was waited for.
            Outcome::Silent if detail.is_empty() => {
                "The server accepts the connection but does not answer the handshake.".to_owned()
            }
            Outcome::Silent => {
                with_stop(&format!("The server begins to answer but does not finish: it sent {detail}"))
            }
            Outcome::SpeaksTls => "The server speaks TLS: use wss://.".to_owned(),
            Outcome::SpeaksPlain => "The server does not speak TLS: use ws://.".to_owned(),
            Outcome::Certificate if self.status.is_some_and(|status| status != 101) => {
                format!("{} {}", sentence(detail), self.answered("Behind it the server answered"))
            }
            Outcome::Certificate | Outcome::Told => sentence(detail),
            Outcome::TlsFailed => format!("The TLS handshake failed: {detail}."),
            Outcome::Refused => match self.host_and_port() {
                (host, port) if host.is_empty() => {
                    format!("Connection refused: no process listens on port {port}.")
                }
                (host, port) => format!("Connection refused: no process listens on port {port} of {host}."),
            },
            Outcome::Unreachable => format!("The server cannot be reached: {detail}."),
            Outcome::Unanswered => "Nothing answers the attempt to connect.".to_owned(),
            Outcome::Unresolved if detail.is_empty() => {
                format!("The name {} has no address.", self.target().0)
            }
            Outcome::Unresolved => format!("The name {} has no address: {detail}.", self.target().0),
        }
    }

    fn answered(&self, how: &str) -> String {
        let status = self.status.unwrap_or_default();
        let mut said = format!("{how} {}", format!("{status} {}", self.reason).trim_end());
        let location = self.header("location");
        if (300..400).contains(&status) && !location.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(said, ": a redirect to {}, which a WebSocket does not follow.", cut(location));
            return said;
        }
        let words = words(&self.body);
        match words.as_str() {
            "" if (200..300).contains(&status) => said.push_str(": this path serves no WebSocket."),
            "" => said.push('.'),
            words => {
                let _ = write!(said, ": {}", with_stop(words));
            }
        }
        said
    }

    /// The value of a header field; empty without one.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    fn target(&self) -> (String, u16) {
        let Ok(endpoint) = Endpoint::parse(&self.url) else { return (String::new(), 0) };
        (endpoint.host().to_owned(), endpoint.port())
    }

    /// The host unless it is this machine, and the port.
    fn host_and_port(&self) -> (String, u16) {
        let (host, port) = self.target();
        let is_here = super::HostKind::of(&host) == super::HostKind::Loopback;
        (if is_here { String::new() } else { host }, port)
    }

    /// The line of the table that fits; none when the server does nothing wrong.
    fn known(&self) -> Option<&'static Known> {
        Some(match self.outcome {
            Outcome::Opens | Outcome::Told => return None,
            Outcome::Answered => &REFUSED,
            Outcome::BadHandshake if self.detail.contains("subprotocol") => &SUBPROTOCOL,
            Outcome::BadHandshake | Outcome::NotHttp | Outcome::Ended => &NOT_WEBSOCKET,
            Outcome::Silent => &SLOW_SERVER,
            Outcome::SpeaksTls | Outcome::SpeaksPlain => &WRONG_SCHEME,
            Outcome::Certificate | Outcome::TlsFailed => &CERTIFICATE,
            Outcome::Refused => &NOTHING_LISTENS,
            Outcome::Unreachable | Outcome::Unanswered => &DROPPED,
            Outcome::Unresolved => &DNS,
        })
    }

    pub(super) fn cause(&self, endpoint: &Endpoint, opener: Opener) -> Option<Cause> {
        if self.outcome == Outcome::Told {
            return logged(&self.detail, opener);
        }
        let mut cause = self.known()?.as_likely(Likely::Certain);
        cause.next.retain(|next| !next.contains("developer tools"));
        if cause.id == REFUSED.id {
            cause.why = "A look at the server got this answer instead of the upgrade.".into();
        }
        if cause.id == CERTIFICATE.id {
            cause.next.insert(0, accept_certificate(&Target::of(endpoint)).into());
        }
        fit(&mut cause, opener);
        Some(cause)
    }
}

impl Explanation {
    /// With what a look at the server found: the fact goes first, and its cause before those that were guessed.
    pub fn with_probe(self, endpoint: &Endpoint, probed: Probed) -> Self {
        self.with_seen(endpoint, probed, Opener::Page)
    }

    pub(super) fn with_seen(mut self, endpoint: &Endpoint, probed: Probed, opener: Opener) -> Self {
        if probed.outcome == Outcome::Told {
            self.causes.clear();
        }
        if let Some(cause) = probed.cause(endpoint, opener) {
            self.causes.retain(|other| other.id != cause.id && !stage::refutes(probed.outcome, other));
            // Beside what is certain, nothing else is likely.
            for other in &mut self.causes {
                other.likelihood = other.likelihood.max(Likely::Possible);
            }
            self.causes.insert(0, cause);
        } else {
            // It is there, it accepts, and it speaks: what says otherwise is refuted.
            let refuted = [
                &NOTHING_LISTENS,
                &REFUSED,
                &SUBPROTOCOL,
                &WRONG_SCHEME,
                &NOT_WEBSOCKET,
                &ORIGIN,
                &DNS,
                &DROPPED,
            ];
            self.causes.retain(|cause| refuted.iter().all(|known| known.id != cause.id));
        }
        self.causes.iter_mut().for_each(|cause| fit(cause, opener));
        self.fact = probed.fact();
        self.probed = Some(Box::new(probed));
        self
    }
}

/// Puts what a look found into the failure of a check: the fact goes first, and what is certain stands alone.
///
/// A look comes after the handshake, and a busy server may refuse one and accept the next. So a look that succeeds refutes
/// only what would have kept it from succeeding, and does not blame the browser.
pub fn tell(failure: &mut Failure, endpoint: &Endpoint, probed: Probed, opener: Opener) {
    let handshake = match failure.message.split_once(UNTOLD) {
        Some((before, after)) => format!("{before}{after}"),
        None => failure.message.clone(),
    };
    let fact = match probed.outcome {
        Outcome::Opens => {
            "A look right after it succeeded: the server accepts this handshake now.".to_owned()
        }
        _ => probed.fact(),
    };
    match probed.cause(endpoint, opener) {
        Some(cause) => failure.causes = vec![cause],
        None => {
            let refuted = [&NOTHING_LISTENS, &SUBPROTOCOL, &WRONG_SCHEME, &NOT_WEBSOCKET, &DNS];
            failure.causes.retain(|cause| refuted.iter().all(|known| known.id != cause.id));
        }
    }
    failure.message = format!("{fact} {}", sentence(&handshake));
}

/// What a server says in the body of a refusal, in a line: the message of a JSON object, or the first line of a text.
fn words(body: &str) -> String {
    let body = body.trim();
    if body.starts_with('<') {
        return title(body).unwrap_or_default();
    }
    if let Ok(value) = serde_json::from_str::<Value>(body) {
        return cut(&message(&value).unwrap_or_else(|| value.to_string()));
    }
    cut(body.lines().next().unwrap_or_default())
}

fn message(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(members) => ["message", "error_description", "detail", "error", "reason", "title"]
            .iter()
            .find_map(|name| members.get(*name).and_then(message)),
        _ => None,
    }
}

/// The title of an HTML page.
fn title(page: &str) -> Option<String> {
    let lower = page.to_ascii_lowercase();
    let from = lower.find("<title>")? + "<title>".len();
    let until = from + lower[from..].find("</title>")?;
    Some(cut(&page[from..until]))
}

/// One line of at most [`MOST_WORDS`] characters, without characters that control a terminal.
fn cut(text: &str) -> String {
    let mut line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.retain(|c| !c.is_control());
    words::cut(&line, MOST_WORDS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::{Ended, Surroundings, explain, guesses};
    use crate::report::FailureKind;

    fn answer(status: u16, reason: &str, body: &str) -> Probed {
        Probed {
            url: "ws://localhost:7411/v1/x".into(),
            status: Some(status),
            reason: reason.into(),
            body: body.into(),
            bound_s: 5,
            ..Probed::default()
        }
    }

    fn outcome(outcome: Outcome, detail: &str) -> Probed {
        Probed { outcome, detail: detail.into(), status: None, ..answer(0, "", "") }
    }

    #[track_caller]
    fn check(probed: Probed, fact: &str) {
        assert_eq!(probed.fact(), fact);
    }

    #[test]
    fn a_refused_handshake_names_its_status_and_what_the_server_says() {
        check(
            answer(404, "Not Found", "no such route\n"),
            "The server answered 404 Not Found: no such route.",
        );
        check(
            answer(400, "Bad Request", r#"{"error":"the subprotocol feed.v2 is required"}"#),
            "The server answered 400 Bad Request: the subprotocol feed.v2 is required.",
        );
        check(answer(401, "Unauthorized", ""), "The server answered 401 Unauthorized.");
        check(answer(499, "", ""), "The server answered 499.");
        check(
            answer(502, "Bad Gateway", "<html><head><TITLE>502 Bad\n Gateway</TITLE></head></html>"),
            "The server answered 502 Bad Gateway: 502 Bad Gateway.",
        );
        check(
            answer(403, "Forbidden", r#"{"error":{"code":7,"message":"no"}}"#),
            "The server answered 403 Forbidden: no.",
        );
        check(
            answer(200, "OK", "<!doctype html>"),
            "The server answered 200 OK: this path serves no WebSocket.",
        );
    }

    #[test]
    fn a_redirect_names_its_target_and_is_not_followed() {
        let headers = vec![("Location".to_owned(), "/v1/feed".to_owned())];
        check(
            Probed { headers, ..answer(302, "Found", "") },
            "The server answered 302 Found: a redirect to /v1/feed, which a WebSocket does not follow.",
        );
    }

    #[test]
    fn what_a_server_says_is_cut_and_cannot_control_a_terminal() {
        let fact = answer(403, "Forbidden", &"x".repeat(5000)).fact();
        assert!(fact.chars().count() < 220 && fact.ends_with('…'), "{fact}");
        check(answer(403, "No", "a\u{1b}[2Jb"), "The server answered 403 No: a[2Jb.");
    }

    #[test]
    fn without_an_answer_the_fact_is_how_far_it_came() {
        check(outcome(Outcome::Refused, ""), "Connection refused: no process listens on port 7411.");
        let far = Probed { url: "wss://10.0.0.1/".into(), ..outcome(Outcome::Refused, "") };
        check(far, "Connection refused: no process listens on port 443 of 10.0.0.1.");
        check(outcome(Outcome::SpeaksTls, ""), "The server speaks TLS: use wss://.");
        check(outcome(Outcome::SpeaksPlain, ""), "The server does not speak TLS: use ws://.");
        check(
            outcome(Outcome::Silent, ""),
            "The server accepts the connection but does not answer the handshake.",
        );
        check(
            outcome(Outcome::Certificate, "the certificate is self-signed: no authority vouches for it"),
            "The certificate is self-signed: no authority vouches for it.",
        );
        let behind = Probed {
            status: Some(404),
            reason: "Not Found".into(),
            ..outcome(Outcome::Certificate, "the certificate is self-signed")
        };
        check(behind, "The certificate is self-signed. Behind it the server answered 404 Not Found.");
    }

    #[track_caller]
    fn first_cause(probed: Probed, id: &str) -> Explanation {
        let endpoint = Endpoint::parse("ws://localhost:7411/").expect("valid");
        let ended = Ended { code: 1006, ..Ended::default() };
        let explained = explain(&endpoint, &ended, &Surroundings::default()).with_probe(&endpoint, probed);
        assert_eq!(explained.causes[0].id, id, "{explained:?}");
        explained
    }

    #[test]
    fn the_cause_that_was_seen_goes_before_those_that_were_guessed() {
        let explained = first_cause(answer(404, "Not Found", ""), "refused");
        assert_eq!(explained.causes[0].likelihood, Likely::Certain);
        assert_eq!(explained.causes.iter().filter(|cause| cause.id == "refused").count(), 1);
        assert!(explained.causes[0].next.iter().all(|next| !next.contains("developer tools")));
        first_cause(outcome(Outcome::Refused, ""), "nothing_listens");
        first_cause(outcome(Outcome::SpeaksTls, ""), "wrong_scheme");
        first_cause(outcome(Outcome::Silent, ""), "slow_server");
        first_cause(outcome(Outcome::BadHandshake, "it chose none of the subprotocols"), "subprotocol");
        let own = first_cause(outcome(Outcome::Certificate, "x"), "certificate");
        assert!(own.causes[0].next[0].starts_with("Open https://localhost:7411/"), "{own:?}");
    }

    #[test]
    fn an_answer_refutes_the_causes_that_it_contradicts() {
        let others = |probed: Probed, id: &str| -> Vec<String> {
            let explained = first_cause(probed, id);
            assert!(explained.causes[1..].iter().all(|it| it.likelihood > Likely::Very), "{explained:?}");
            explained.causes[1..].iter().map(|cause| cause.id.to_string()).collect()
        };
        assert_eq!(others(answer(401, "Unauthorized", ""), "refused"), ["not_websocket", "origin"]);
        assert_eq!(others(outcome(Outcome::Refused, ""), "nothing_listens"), [""; 0]);
        assert_eq!(others(outcome(Outcome::SpeaksTls, ""), "wrong_scheme"), [""; 0]);
        assert_eq!(others(outcome(Outcome::Silent, ""), "slow_server"), ["wrong_scheme", "not_websocket"]);
        let told = first_cause(answer(401, "Unauthorized", ""), "refused");
        assert!(!told.causes[0].why.contains("does not tell"), "{told:?}");
    }

    #[test]
    fn a_handshake_that_succeeds_refutes_what_says_that_it_cannot() {
        let endpoint = Endpoint::parse("wss://localhost:7411/").expect("valid");
        let ended = Ended { code: 1006, offered_protocols: true, ..Ended::default() };
        let explained = explain(&endpoint, &ended, &Surroundings::default())
            .with_probe(&endpoint, outcome(Outcome::Opens, ""));
        let ids: Vec<_> = explained.causes.iter().map(|cause| &*cause.id).collect();
        assert_eq!(ids, ["certificate"], "what a browser may see otherwise stays");
        assert!(explained.fact.contains("lies with the browser"));
    }

    /// A handshake of a check that failed, with what was guessed.
    fn refused() -> (Endpoint, Failure) {
        let endpoint = Endpoint::parse("ws://localhost:7411/v1/x").expect("valid");
        let ended = Ended { code: 1006, ..Ended::default() };
        let causes = explain(&endpoint, &ended, &Surroundings::default()).causes;
        let failure = Failure {
            kind: FailureKind::Refused,
            message: format!("the handshake with {} failed after 3 ms{UNTOLD}", endpoint.url()),
            client: None,
            round: None,
            expected: None,
            closest: None,
            diff: Vec::new(),
            browser: None,
            causes,
            handshake: Some(endpoint.clone()),
        };
        (endpoint, failure)
    }

    #[test]
    fn the_failure_of_a_check_begins_with_the_fact_and_has_no_guesses_beside_it() {
        let (endpoint, mut failure) = refused();
        assert!(
            guesses(&failure.causes)
                .is_some_and(|line| line.starts_with("possible causes, the likeliest first: "))
        );
        tell(&mut failure, &endpoint, answer(404, "Not Found", "no such route"), Opener::Page);
        assert_eq!(
            failure.message,
            "The server answered 404 Not Found: no such route. The handshake with ws://localhost:7411/v1/x failed after \
             3 ms."
        );
        let ids: Vec<_> = failure.causes.iter().map(|cause| (&*cause.id, cause.likelihood)).collect();
        assert_eq!(ids, [("refused", Likely::Certain)]);
        assert_eq!(guesses(&failure.causes), None);
    }

    #[test]
    fn a_later_look_that_succeeds_does_not_blame_the_browser() {
        let (endpoint, mut failure) = refused();
        tell(&mut failure, &endpoint, outcome(Outcome::Opens, ""), Opener::Page);
        assert!(failure.message.starts_with("A look right after it succeeded: "), "{}", failure.message);
        assert!(failure.causes.iter().all(|cause| cause.id != "nothing_listens"), "{:?}", failure.causes);
        assert!(failure.causes.iter().any(|cause| cause.id == "refused"), "it may have been busy");
    }
}
