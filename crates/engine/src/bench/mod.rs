//! The parts that only the bench uses: drafts, the filter, the views of a message, pairing, comparing, backoff,
//! sharing.
//!
//! It refuses to know suites, except that a frame can become a step.

pub mod as_step;
pub mod backoff;
pub mod compare;
pub mod draft;
pub mod filter;
pub mod pairing;
pub mod pasted;
pub mod placeholders;
pub mod share;
pub mod summary;
pub mod typed_address;
pub mod view;
