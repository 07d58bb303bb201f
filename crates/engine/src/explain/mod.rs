//! Why a connection will fail, or has failed: as much as can be known of what a browser hides.
//!
//! Owns one table of causes and their order, for the bench and for reports. It refuses to ask a browser: facts come in
//! as [`Surroundings`] and [`Ended`]. Facts and guesses are separate, and a guess never reads like a fact.

mod after;
mod before;
mod cause;
mod code;
pub mod companion;
mod ended;
mod faults;
mod host;
mod logged;
mod opener;
mod probed;
mod refusal;
mod stage;
mod surroundings;
mod warning;

pub use cause::{Cause, Explanation, Likely, UNTOLD, guesses};
pub use ended::{Ended, explain};
pub use faults::Faults;
pub use host::HostKind;
pub use logged::logged;
pub use opener::Opener;
pub use probed::{Outcome, Probed, tell};
pub use refusal::{refused_words, tell_handshake};
pub use surroundings::{Permission, Surroundings};
pub use warning::{Warning, warnings};
