//! Up to which stage a handshake came, and which causes that contradicts.
//!
//! Owns at which stages a cause stops a handshake. It refuses to rank them.

use super::Outcome;
use super::cause::{
    CERTIFICATE, Cause, DNS, DROPPED, Known, NO_MACHINE, NOT_WEBSOCKET, NOTHING_LISTENS, ORIGIN, REFUSED,
    SLOW_SERVER, SUBPROTOCOL, WRONG_SCHEME,
};

/// How far a handshake comes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// The name has an address.
    Name,
    /// A process at the address accepts.
    Reach,
    /// Both sides agree on TLS.
    Secure,
    /// HTTP comes back.
    Answer,
    /// The answer is the upgrade.
    Accept,
}

/// The first and the last stage at which a cause stops a handshake.
static STAGES: [(&Known, Stage, Stage); 11] = [
    (&DNS, Stage::Name, Stage::Name),
    (&NO_MACHINE, Stage::Reach, Stage::Reach),
    (&NOTHING_LISTENS, Stage::Reach, Stage::Reach),
    (&DROPPED, Stage::Reach, Stage::Reach),
    (&CERTIFICATE, Stage::Secure, Stage::Secure),
    (&WRONG_SCHEME, Stage::Secure, Stage::Answer),
    (&SLOW_SERVER, Stage::Answer, Stage::Answer),
    (&NOT_WEBSOCKET, Stage::Answer, Stage::Accept),
    (&REFUSED, Stage::Accept, Stage::Accept),
    (&ORIGIN, Stage::Accept, Stage::Accept),
    (&SUBPROTOCOL, Stage::Accept, Stage::Accept),
];

/// Whether what was seen speaks against a cause: the handshake got past where that cause stops it, or not so far.
pub(super) fn refutes(outcome: Outcome, cause: &Cause) -> bool {
    let (from, until) = match outcome {
        Outcome::Opens | Outcome::Told => return false,
        Outcome::Unresolved => (Stage::Name, Stage::Name),
        Outcome::Refused | Outcome::Unreachable | Outcome::Unanswered => (Stage::Reach, Stage::Reach),
        Outcome::SpeaksTls | Outcome::SpeaksPlain | Outcome::Certificate | Outcome::TlsFailed => {
            (Stage::Secure, Stage::Secure)
        }
        Outcome::NotHttp | Outcome::Silent => (Stage::Answer, Stage::Answer),
        // A server may close instead of refusing in words.
        Outcome::Ended => (Stage::Answer, Stage::Accept),
        Outcome::Answered | Outcome::BadHandshake => (Stage::Accept, Stage::Accept),
    };
    // A machine that refuses is there.
    let is_there = outcome == Outcome::Refused && (cause.id == DROPPED.id || cause.id == NO_MACHINE.id);
    let known = STAGES.iter().find(|(known, ..)| known.id == cause.id);
    is_there || known.is_some_and(|(_, first, last)| *last < from || *first > until)
}
