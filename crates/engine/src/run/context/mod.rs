//! What a step gets by reference when it runs: the run, the check, and the client that acts.
//!
//! It refuses to know what any step does.

pub(super) mod check;
pub(super) mod run;
pub(super) mod scope;
pub(super) mod step;
pub(super) mod values;
