//! The outcome of a run: results of steps, figures, failures in words, the verdict.
//!
//! It refuses to open, send or wait.

pub(super) mod causes;
pub(super) mod check_results;
pub(super) mod conditions;
pub(super) mod failure;
pub(super) mod interrupted;
pub(super) mod judge;
pub(super) mod leftovers;
pub(super) mod meter;
mod step_record;
pub(super) mod step_results;
pub(super) mod unmet;
