//! What a run of the suite `conformance` says about a server: a certificate.
//!
//! Owns the rows, their sums and the overall verdict. It refuses to run anything and to know where a report came from.
//! A check that does not apply counts neither for the server nor against it.

mod autobahn;
mod certificate;
mod format;
mod kind;
mod table;

pub use autobahn::write_autobahn;
pub use certificate::{Certificate, ClaimState, Row, ServerFacts, Sum, Word, note_of};
pub use format::CertificateFormat;
pub use kind::{CHECKS, GROUPS, Kind, Need, Weight};
pub use table::write_table;

/// What a browser cannot test, and who can.
pub const CANNOT: &[&str] = &[
    "pings and pongs, and whether they are answered",
    "reserved bits and opcodes",
    "fragmented messages, and control frames between their parts",
    "text that is not UTF-8, as a client sends it",
    "close codes other than 1000 and 3000 to 4999, as a client sends them",
    "all of that takes a client that may break the protocol: the Autobahn test suite (wstest -m fuzzingclient)",
];
