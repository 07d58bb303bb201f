//! What the two workers run. A worker owns its sockets and answers the page.
//!
//! They refuse to know a browser: the world and the storage come in from outside, so all of it is tested natively with virtual time.

pub mod bench;
pub mod checks;
