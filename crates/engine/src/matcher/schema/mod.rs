//! JSON Schema, draft 2020-12, written inline.
//!
//! Owns reading a schema, with every mistake in it at once, and checking JSON against it. It refuses to fetch: a
//! reference stays within its document. It is written by hand because the known crates are large: `boon` adds 329 kB
//! and `jsonschema` 500 kB after brotli, this one 31 kB. Both also compare numbers as floats and have no bound on time.
//! A check counts its steps and levels and ends at a bound, because a dynamic reference can lead back to where it came
//! from.

mod assertion;
mod check;
#[cfg(test)]
mod claims;
mod compile;
mod endless;
mod error;
mod format;
mod node;
mod reference;
mod seen;
mod unique;
mod uri;
mod walk;

pub use check::Schema;
pub use error::{SchemaError, SchemaErrorKind};
