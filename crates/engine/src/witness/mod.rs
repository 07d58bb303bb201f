//! What is noted beside a run by who drives it: where in the recording a failure is, and what a refused handshake met.
//!
//! The worker of the checks and the native engine of the command drive runs. Both keep the same notes, so their reports say the same.

pub mod looks;
pub mod marks;
