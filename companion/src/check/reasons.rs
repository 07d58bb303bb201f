//! Why connections ended with 1006: what the browser wrote into its log, put beside the failures of a report.
//!
//! Owns the reading of that log. A page learns nothing but 1006; the log says that the server answered with 401, that its
//! certificate is unknown or that a frame broke the protocol. A line of the log is the reason of one connection, so it is used
//! once.

use serde_json::Value;
use sockscope_engine::base::close;
use sockscope_engine::explain::{Likely, Opener, UNTOLD, logged};
use sockscope_engine::report::{Broken, CheckReport, FailureKind, Report};
use sockscope_host::session::Complaint;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The log's moments are those at which the driver looked, never before the thing itself but for rounding.
const BEFORE: f64 = 50.0;
const AFTER: f64 = 5_000.0;
/// The engine has the clock of the run, and a check may follow the other within a millisecond.
const ROUNDED: f64 = 0.1;

/// What the browser says of one connection that it could not open or keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    at: u64,
    url: String,
    words: String,
}

impl Reason {
    /// Reads a line of the log; none when it says something else.
    pub fn read(complaint: &Complaint) -> Option<Self> {
        let (_, rest) = complaint.text.split_once("WebSocket connection to '")?;
        let (url, words) = rest.split_once("' failed")?;
        let words = words.trim_start_matches(':').trim();
        let words = if words.is_empty() { "the connection failed" } else { words };
        let way_out = if words.contains("ERR_CERT_") { " (--insecure accepts it)" } else { "" };
        let words = format!("{words}{way_out}");
        Some(Self { at: complaint.at, url: url.to_owned(), words })
    }
}

/// A connection that ended without a close frame, with the reason that is known to the browser.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// The connection.
    pub broken: Broken,
    /// In the browser's words.
    pub words: String,
}

/// What the browser says of HTTP calls that it did not let through to the page.
pub fn refused_calls(complaints: &[Complaint]) -> Vec<RefusedCall> {
    let read = |complaint: &Complaint| {
        let (_, rest) = complaint.text.split_once("Access to fetch at '")?;
        let (url, rest) = rest.split_once('\'')?;
        let (_, why) = rest.split_once("has been ")?;
        let words = format!("{why} --ignore-cors lets such calls through.");
        Some(RefusedCall { url: url.to_owned(), words })
    };
    complaints.iter().filter_map(read).collect()
}

/// An HTTP call that the browser did not let through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedCall {
    url: String,
    words: String,
}

/// Puts what the browser says of HTTP calls beside the failures that they explain.
pub fn annotate_calls(report: &mut Report, refused: &[RefusedCall]) {
    let failures =
        report.checks.iter_mut().flat_map(|check| &mut check.steps).filter_map(|step| step.failure.as_mut());
    for failure in failures.filter(|failure| failure.kind == FailureKind::Http) {
        let is_meant = |call: &&RefusedCall| failure.message.contains(&format!(" {} ", call.url));
        failure.browser = refused.iter().find(is_meant).map(|call| call.words.clone());
    }
}

/// Finds the reason of each connection, if the browser gave one.
pub fn explain(broken: Vec<Broken>, mut reasons: Vec<Reason>) -> Vec<Explained> {
    reasons.sort_by_key(|reason| reason.at);
    let mut explained = Vec::new();
    for broken in broken {
        let fits = |reason: &Reason| {
            let after = reason.at as f64 - broken.at_ms;
            (-BEFORE..AFTER).contains(&after) && is_same(&reason.url, &broken.url)
        };
        if let Some(place) = reasons.iter().position(fits) {
            let words = reasons.remove(place).words;
            explained.push(Explained { broken, words });
        }
    }
    explained
}

/// The browser writes an address as it understood it: the root has a slash.
fn is_same(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

/// Whose words a reason is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The browser's log.
    Browser,
    /// The native engine, which has seen it.
    Engine,
}

impl Source {
    fn opener(self) -> Opener {
        match self {
            Self::Browser => Opener::Page,
            Self::Engine => Opener::Native,
        }
    }
}

/// Puts the reasons beside the failures that they explain.
pub fn annotate(report: &mut Report, explained: &[Explained], source: Source) {
    if let Some(began) = millis_of(&report.started) {
        annotate_since(began, report, explained, source);
    }
}

/// The same, where the beginning of the run is known more closely than in milliseconds.
pub fn annotate_since(began: f64, report: &mut Report, explained: &[Explained], source: Source) {
    for check in &mut report.checks {
        let slack = if source == Source::Engine { ROUNDED } else { BEFORE };
        let from = began + check.offset_ms.0 - slack;
        let until = from + check.duration_ms.0 + 2.0 * slack;
        let within: Vec<_> = explained.iter().filter(|it| (from..until).contains(&it.broken.at_ms)).collect();
        annotate_check(check, &within, source);
    }
}

fn annotate_check(check: &mut CheckReport, within: &[&Explained], source: Source) {
    for step in &mut check.steps {
        let Some(failure) = &mut step.failure else { continue };
        if !matches!(failure.kind, FailureKind::Closed | FailureKind::Refused) {
            continue;
        }
        let is_meant = |it: &&&Explained| match &failure.client {
            Some(client) => *client == it.broken.name,
            None => step.on.contains(&it.broken.name),
        };
        // The newest one: an earlier connection of the same client may have been meant to fail.
        let words = within.iter().rev().find(is_meant).map(|it| it.words.clone());
        if let Some(words) = &words {
            failure.message = with_reason(&failure.message, words, source);
            // What is known needs no guesses beside it. A look at the server says more than the log.
            let is_known = failure.causes.iter().any(|cause| cause.likelihood == Likely::Certain);
            let named = logged(words, source.opener()).filter(|_| !is_known);
            // The engine has said what happened to the handshake; guesses for a browser do not apply.
            let is_guessed = source == Source::Engine && failure.kind == FailureKind::Refused && !is_known;
            if named.is_some() || is_guessed {
                failure.causes = named.into_iter().collect();
            }
        }
        failure.browser = words.filter(|_| source == Source::Browser);
    }
}

/// How the words of a close frame begin that breaks the protocol.
const CLOSE_FRAME: &str = "the server sent a close frame with ";

/// A message that names no reason, with the one that is known. The browser's words stand beside the message of an open connection.
fn with_reason(message: &str, words: &str, source: Source) -> String {
    let unclosed = close::meaning(1006);
    match (message.split_once(UNTOLD), message.split_once(unclosed)) {
        (Some((known, rest)), _) => format!("{known}: {words}{rest}"),
        // Then a close frame did come.
        (None, Some((known, rest))) if source == Source::Engine && words.starts_with(CLOSE_FRAME) => {
            format!("{known}{words}{rest}")
        }
        (None, Some((known, rest))) if source == Source::Engine => {
            format!("{known}{unclosed}: {words}{rest}")
        }
        _ => message.to_owned(),
    }
}

/// A recording in JSON Lines with the reasons beside the ends that they explain.
pub fn annotate_lines(lines: &str, explained: &[Explained], source: Source) -> String {
    let mut left: Vec<&Explained> = explained.iter().collect();
    let mut out = String::with_capacity(lines.len());
    for line in lines.split_inclusive('\n') {
        let is_end = line.starts_with("{\"event\":\"closed\"") && !left.is_empty();
        match is_end.then(|| line_with_reason(line, &mut left, source)).flatten() {
            Some(line) => out.extend([line.as_str(), "\n"]),
            None => out.push_str(line),
        }
    }
    out
}

fn line_with_reason(line: &str, left: &mut Vec<&Explained>, source: Source) -> Option<String> {
    let mut event: Value = serde_json::from_str(line).ok()?;
    let place =
        left.iter().position(|it| event["name"] == it.broken.name.as_str() && event["code"] == 1006)?;
    let explained = left.remove(place);
    let key = if source == Source::Browser { "browser" } else { "why" };
    event[key] = explained.words.as_str().into();
    serde_json::to_string(&event).ok()
}

/// Milliseconds since 1970 of a moment such as `2026-11-21T03:01:06.123Z`.
fn millis_of(iso: &str) -> Option<f64> {
    let moment = OffsetDateTime::parse(iso, &Rfc3339).ok()?;
    Some(moment.unix_timestamp_nanos() as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(name: &str, url: &str, at_ms: f64) -> Broken {
        Broken { name: name.into(), url: url.into(), at_ms, was_open: false }
    }

    #[track_caller]
    fn check_read(text: &str, read: Option<(&str, &str)>) {
        let complaint = Complaint { at: 7, is_severe: true, text: text.to_owned() };
        let wanted = read.map(|(url, words)| Reason { at: 7, url: url.into(), words: words.into() });
        assert_eq!(Reason::read(&complaint), wanted);
    }

    #[test]
    fn the_log_says_address_and_reason() {
        check_read(
            "http://localhost:1/worker.js 0:164 WebSocket connection to 'ws://h:1/x?u=a' failed: Error during \
             WebSocket handshake: Unexpected response code: 401",
            Some(("ws://h:1/x?u=a", "Error during WebSocket handshake: Unexpected response code: 401")),
        );
        check_read(
            "WebSocket connection to 'wss://h/' failed: ",
            Some(("wss://h/", "the connection failed")),
        );
        check_read("http://localhost:1/favicon.ico - Failed to load resource", None);
    }

    #[test]
    fn the_log_says_which_calls_were_blocked() {
        let text = "http://localhost:1/#/checks - Access to fetch at 'http://h:2/api/events' from origin 'http://localhost:1' has \
                    been blocked by CORS policy: No header.";
        let refused = refused_calls(&[Complaint { at: 1, is_severe: true, text: text.to_owned() }]);
        let words = "blocked by CORS policy: No header. --ignore-cors lets such calls through.".to_owned();
        assert_eq!(refused, [RefusedCall { url: "http://h:2/api/events".to_owned(), words }]);
    }

    #[test]
    fn each_reason_explains_one_connection_of_its_address_and_time() {
        let reason = |at, url: &str, words: &str| Reason { at, url: url.into(), words: words.into() };
        let all = explain(
            vec![
                broken("a", "ws://h", 1000.0),
                broken("b", "ws://h", 1001.5),
                broken("c", "ws://h/c", 1002.0),
            ],
            vec![
                reason(1130, "ws://h/", "first"),
                reason(1131, "ws://h/", "second"),
                reason(9000, "ws://h/c", "late"),
            ],
        );
        let told: Vec<_> = all.iter().map(|it| (it.broken.name.as_str(), it.words.as_str())).collect();
        assert_eq!(told, [("a", "first"), ("b", "second")]);
    }

    #[test]
    fn a_message_that_guesses_says_what_is_known() {
        let guess = format!("the handshake failed after 3.00\u{2009}ms{UNTOLD}; more");
        assert_eq!(
            with_reason(&guess, "code 401", Source::Browser),
            "the handshake failed after 3.00\u{2009}ms: code 401; more"
        );
        assert_eq!(with_reason("it broke", "code 401", Source::Browser), "it broke");
        let ended = "it was closed with 1006 (no close frame came); nothing came";
        let known = "it was closed with 1006 (no close frame came: reset by peer); nothing came";
        assert_eq!(with_reason(ended, "reset by peer", Source::Engine), known);
        assert_eq!(with_reason(ended, "reset by peer", Source::Browser), ended);
        assert_eq!(
            with_reason(ended, &close::breach(1005), Source::Engine),
            "it was closed with 1006 (the server sent a close frame with the reserved code 1005); nothing came"
        );
    }

    #[test]
    fn a_recording_gets_the_reason_beside_the_end() {
        let explained = [Explained { broken: broken("a", "ws://h", 1.0), words: "401".into() }];
        let lines = "{\"event\":\"closed\",\"name\":\"b\",\"code\":1006}\n{\"event\":\"closed\",\"name\":\"a\",\"code\":1006}\n";
        let wanted = "{\"event\":\"closed\",\"name\":\"b\",\"code\":1006}\n{\"event\":\"closed\",\"name\":\"a\",\"code\":1006,\"browser\":\"401\"}\n";
        assert_eq!(annotate_lines(lines, &explained, Source::Browser), wanted);
    }
}
