//! Servers that do exactly one thing wrong, for the suite `conformance`, and what the suite gets for them.

mod bytes;
pub mod fault;
pub mod faults;
pub mod given;
pub mod server;
