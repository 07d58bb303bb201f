//! Sets up, builds, runs and tests Sockscope.
fn main() {}
