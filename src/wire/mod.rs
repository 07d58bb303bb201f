//! The typed messages between the page and its two workers.
//!
//! Owns what either side may say and how it becomes bytes: one buffer a message, transferred, never structured clones.
//! [`mod@bench`] and [`checks`] are split by subject into files, which their `mod.rs` re-exports. It refuses to know who
//! carries the bytes. One rule: the format has no names in it, so both sides must be built from the same source. [`decode`]
//! checks that by an id of all sources, which `build.rs` works out.

pub mod bench;
#[cfg(test)]
mod build_id;
pub mod checks;
mod envelope;
mod protocol;

pub use envelope::{FINGERPRINT, WireError, decode, decode_json, encode, encode_json};
pub use protocol::{Bench, Checks, Protocol};
