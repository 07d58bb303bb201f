//! What a message must look like.
//!
//! Owns the matcher table of the suite format: reading a matcher from its JSON, with every mistake in it at once, and
//! checking a message, with the differences and how near it came. It refuses to know expectations, time and
//! connections. Neither a hostile matcher nor a hostile message may cost unbounded stack, time or memory.

mod bytes;
#[cfg(test)]
mod claims;
mod clause;
mod condition;
mod count;
mod error;
mod filter;
mod json;
mod mismatch;
mod near;
mod pattern;
mod pick;
mod place;
mod query;
mod query_text;
mod rule;
mod schema;
mod selection;
mod subject;
mod subset;

pub use clause::Matcher;
pub use condition::Condition;
pub use error::{MatcherError, MatcherErrorKind};
pub(crate) use json::excerpt;
pub use mismatch::{Closeness, Difference, Mismatch};
pub(crate) use near::date;
pub use pick::Pick;
pub use query::{Query, QueryError};
pub use schema::{Schema, SchemaError, SchemaErrorKind};
pub use subject::Subject;
