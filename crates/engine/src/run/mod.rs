//! Running a suite: from a plan to a report.
//!
//! Owns the flow of checks and steps, and the words of their failures. It runs on any [`World`](crate::World), reads no
//! clock of its own and opens no socket by itself. Every wait has a bound, and a run that is dropped or stopped leaves
//! no socket open.

mod aftermath;
mod capacity;
mod check;
mod connections;
mod context;
mod gone;
mod inbox;
#[cfg(not(target_arch = "wasm32"))]
#[doc(hidden)]
pub mod inbox_probe;
mod outcome;
mod pacing;
mod plan;
mod progress;
mod runner;
mod shards;
mod standing;
mod steps;

pub use capacity::{CapacitySearch, NO_PORT};
pub use gone::{NOT_JUDGED, STOPPED_ACCEPTING};
pub use plan::options::{Options, Stop};
pub use plan::planning::{Plan, PlanError};
pub use progress::{Listener, PlannedCheck, PlannedStep, Progress};
pub use runner::run;
pub use shards::merge::{MergeError, merge};
pub use shards::shard::Shard;
