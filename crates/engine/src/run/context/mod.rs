//! What a step is told when it runs: by reference, the run, the check and who acts.
//!
//! It refuses to know what any step does.

pub(super) mod check;
pub(super) mod run;
pub(super) mod scope;
pub(super) mod step;
pub(super) mod values;
