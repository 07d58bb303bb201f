//! Reservations of ports: one port, one run.
//!
//! Owns how runs on one machine learn of each other. No other user can put anything into the place that we would open, follow
//! or wait for; the folder for temporary files is not such a place.

use std::io;

/// What could not be reserved, and where.
pub type Refusal = (String, io::Error);

#[cfg(all(unix, any(test, not(target_os = "linux"))))]
mod folder;
#[cfg(target_os = "linux")]
mod name;
#[cfg(windows)]
mod temporary;

#[cfg(all(unix, not(target_os = "linux")))]
pub use folder::{Held, reserve};
#[cfg(target_os = "linux")]
pub use name::{Held, reserve};
#[cfg(windows)]
pub use temporary::{Held, reserve};
