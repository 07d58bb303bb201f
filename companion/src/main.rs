//! The native command `sockscope`.
fn main() {}
