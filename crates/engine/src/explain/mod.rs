//! Why a connection will fail, or has failed: what a browser hides, said as far as it can be known.
//!
//! Owns one table of causes and the order in which they are told, for the bench and for reports. It refuses to ask a browser:
//! what is known comes in as [`Surroundings`] and [`Ended`]. The rule a reader would break: facts and guesses are kept
//! apart, and a guess never reads like a fact.

mod after;
mod before;
mod cause;
mod code;
pub mod companion;
mod ended;
mod host;
mod logged;
mod probed;
mod surroundings;
mod warning;

pub use cause::{Cause, Explanation, Likely, UNTOLD, guesses};
pub use ended::{Ended, explain};
pub use host::HostKind;
pub use logged::logged;
pub use probed::{Outcome, Probed, tell};
pub use surroundings::{Permission, Surroundings};
pub use warning::{Warning, warnings};
