//! Running a suite: from a plan to a report.
//!
//! Owns the flow of checks and steps, and what their failures say. It runs on any [`World`](crate::engine::World), reads no
//! clock of its own and opens no socket by itself. The rule a reader would break: every wait has a bound, and whoever drops
//! or stops a run leaves no socket behind.

mod act;
mod addresses;
mod attempt;
mod bell;
mod breath;
mod check;
mod failure;
mod gate;
mod gone;
mod http;
mod inbox;
mod invariant;
mod judge;
mod lane;
mod ledger;
mod link;
mod member;
mod merge;
mod meter;
mod options;
mod plan;
#[cfg(not(target_arch = "wasm32"))]
#[doc(hidden)]
pub mod probe;
mod progress;
mod repeat;
mod runner;
mod scope;
mod shard;
mod split;
mod step;
mod targets;
mod titles;
mod unmet;
mod waiter;
mod wanted;
mod why;

pub use gone::{NOT_JUDGED, STOPPED_ACCEPTING};
pub use merge::{MergeError, merge};
pub use options::{Options, Stop};
pub use plan::{Plan, PlanError};
pub use progress::{PlannedCheck, PlannedStep, Progress};
pub use runner::{Listener, run};
pub use shard::Shard;
