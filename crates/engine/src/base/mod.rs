//! The values that all other parts use: addresses, payloads, close codes, numbers, units, moments, masks; and how a task waits
//! for a change.
//!
//! It refuses to know suites, runs and the bench.

pub mod alarm;
pub mod arithmetic;
pub mod canonical;
pub mod close;
pub mod endpoint;
pub mod folders;
pub mod integer;
pub mod json_words;
pub mod mask;
pub mod nearest;
pub mod notify;
pub mod number;
pub mod payload;
pub mod percent;
pub mod random;
pub mod shared_folder;
pub mod sort;
pub mod storage;
pub mod time;
pub mod unit;
pub mod words;
pub mod world;
