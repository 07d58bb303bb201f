//! The end of a connection, and the known facts about it.
//!
//! Owns the facts that an explanation begins with. A fact is only what was observed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::cause::{Explanation, Ranking};
use super::host::Target;
use super::{Surroundings, after, before, code, faults};
use crate::Endpoint;
use crate::base::{close, words};

/// How a connection ended, as far as a page can see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// The handshake had succeeded.
    pub was_open: bool,
    /// The close code that the browser gives.
    pub code: u16,
    /// The reason beside it, possibly empty.
    pub reason: String,
    /// The closing handshake was completed.
    pub clean: bool,
    /// From the beginning of the handshake to the end of the connection.
    pub took: Duration,
    /// From the opening to the end; none when it did not open.
    pub open_for: Option<Duration>,
    /// Messages.
    pub sent: u64,
    /// Messages.
    pub received: u64,
    /// Bytes of the largest message that was sent.
    pub largest_sent: u64,
    /// From the last message that was sent to the end; none when nothing was sent.
    pub since_last_send: Option<Duration>,
    /// From the last message that was received to the end; none when nothing was received.
    pub since_last_receive: Option<Duration>,
    /// Subprotocols were offered.
    pub offered_protocols: bool,
    /// The bench gave the handshake up, since it took longer than the set-up allows.
    pub is_given_up: bool,
    /// Bytes that had been handed to the browser and had not left it.
    pub buffered: u64,
}

/// What a browser says when it says nothing.
const NO_CLOSE_FRAME: u16 = 1006;
/// The same, for a failed TLS handshake; only clients other than browsers report it.
const TLS_FAILED: u16 = 1015;

/// Said where the browser gives no reason.
pub(super) const NO_REASON: &str = "The browser tells a page no reason.";

/// What is known of this end, and what may be behind it.
pub fn explain(endpoint: &Endpoint, ended: &Ended, around: &Surroundings) -> Explanation {
    let target = Target::of(endpoint);
    let mut ranking = Ranking::default();
    faults::causes(&mut ranking, endpoint, ended, around.faults.as_ref());
    match (ended.was_open, ended.code) {
        (false, NO_CLOSE_FRAME | TLS_FAILED) => before::causes(&mut ranking, &target, ended, around),
        (true, NO_CLOSE_FRAME) => after::causes(&mut ranking, &target, ended, around),
        _ => code::causes(&mut ranking, &target, ended),
    }
    let fact = match ended.is_given_up {
        true => format!("The server did not answer the handshake within {}.", words::bound(ended.took)),
        false => String::new(),
    };
    Explanation { fact, known: known(ended, around), causes: ranking.ranked(), probed: None }
}

fn known(ended: &Ended, around: &Surroundings) -> Vec<String> {
    let mut known = Vec::new();
    let meaning = close::meaning(ended.code);
    match ended.open_for {
        None => known.push(format!(
            "The handshake ended after {} without opening, with {} ({meaning}).",
            words::duration(ended.took),
            ended.code
        )),
        Some(open_for) => known.push(format!(
            "The connection was open for {} and ended with {} ({meaning}).",
            words::duration(open_for),
            ended.code
        )),
    }
    if !ended.reason.is_empty() {
        known.push(format!("The reason given: {}", ended.reason));
    } else if ended.code == NO_CLOSE_FRAME {
        known.push(NO_REASON.to_owned());
    }
    if ended.was_open {
        known.push(format!("Messages sent: {}, received: {}.", ended.sent, ended.received));
    }
    if let Some(since) = ended.since_last_send {
        known.push(format!(
            "The last message was sent {} before the end; the largest had {}.",
            words::duration(since),
            words::counted(ended.largest_sent, "byte")
        ));
    }
    if let Some(since) = ended.since_last_receive {
        known.push(format!("The last message was received {} before the end.", words::duration(since)));
    }
    if ended.buffered > 0 {
        known.push(format!("{} had not left the browser.", words::counted(ended.buffered, "byte")));
    }
    if !ended.was_open && around.is_throttled() {
        known.push(format!(
            "Other handshakes: {} under way, {} failed lately.",
            around.pending, around.failed_lately
        ));
    }
    if !ended.was_open && before::is_nearly_full(around) {
        known.push(format!(
            "This tab holds {} sockets; the browser allows {} for all tabs.",
            around.sockets, around.most_sockets
        ));
    }
    if !around.is_online {
        known.push("The browser says that it is offline.".to_owned());
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(ended: &Ended, around: &Surroundings) -> Vec<String> {
        explain(&Endpoint::parse("ws://localhost:1234/").expect("valid"), ended, around).known
    }

    #[test]
    fn a_failed_handshake_is_reported_with_its_time() {
        let ended = Ended { code: 1006, took: Duration::from_micros(3456), ..Ended::default() };
        assert_eq!(
            told(&ended, &Surroundings::default()),
            [
                "The handshake ended after 3.46\u{2009}ms without opening, with 1006 (no close frame came).",
                "The browser tells a page no reason.",
            ]
        );
    }

    #[test]
    fn a_lost_connection_is_reported_with_what_was_sent() {
        let ended = Ended {
            was_open: true,
            code: 1006,
            open_for: Some(Duration::from_millis(61_234)),
            sent: 3,
            received: 2,
            largest_sent: 70_000,
            since_last_send: Some(Duration::from_millis(12)),
            since_last_receive: Some(Duration::from_secs(2)),
            buffered: 4096,
            ..Ended::default()
        };
        assert_eq!(
            told(&ended, &Surroundings { is_online: false, ..Surroundings::default() }),
            [
                "The connection was open for 61.2\u{2009}s and ended with 1006 (no close frame came).",
                "The browser tells a page no reason.",
                "Messages sent: 3, received: 2.",
                "The last message was sent 12.0\u{2009}ms before the end; the largest had 70\u{2009}000 bytes.",
                "The last message was received 2.00\u{2009}s before the end.",
                "4\u{2009}096 bytes had not left the browser.",
                "The browser says that it is offline.",
            ]
        );
    }

    #[test]
    fn a_reason_is_kept_as_it_is() {
        let ended = Ended {
            was_open: true,
            code: 4001,
            reason: "<b>go</b>".into(),
            open_for: Some(Duration::ZERO),
            clean: true,
            ..Ended::default()
        };
        assert_eq!(told(&ended, &Surroundings::default())[1], "The reason given: <b>go</b>");
    }

    #[test]
    fn a_crowded_browser_is_a_fact() {
        let ended = Ended { code: 1006, ..Ended::default() };
        let around = Surroundings { pending: 30, failed_lately: 4, sockets: 250, ..Surroundings::default() };
        assert_eq!(
            told(&ended, &around)[2..],
            [
                "Other handshakes: 30 under way, 4 failed lately.",
                "This tab holds 250 sockets; the browser allows 255 for all tabs.",
            ]
        );
    }
}
