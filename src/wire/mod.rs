//! The typed messages between the page and its two workers.
//!
//! Owns what either side may say and how it becomes bytes: one buffer a message, transferred, never structured clones.
//! [`bench`] and [`checks`] have the same files: `request`, `update`, `question`, `answer`, and one for each subject of their
//! own. It refuses to know who carries the bytes. One rule: the format has no names in it, so both sides must be built from
//! the same source. [`decode`] checks that by an id of all sources, which `build.rs` works out.

pub mod bench;
#[cfg(test)]
mod build_id;
pub mod checks;
mod envelope;

pub use envelope::{FINGERPRINT, WireError, decode, decode_json, encode, encode_json};
