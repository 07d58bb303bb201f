//! What a run of the suite `conformance` says of a server: a certificate.
//!
//! Owns the rows, their sums and the word for the whole. It refuses to run anything and to know where a report came from. The
//! rule a reader would break: a check that does not apply says nothing for the server and nothing against it.

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
