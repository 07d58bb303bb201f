//! What our programs and tests ask of the machine: processes, browsers with their drivers, free ports.
//!
//! Owns what the command `sockscope`, the tasks of `cargo xtask` and the tests would otherwise each write for themselves.
//! It refuses to know the page, suites or reports. The modules without a feature have no dependency but the system's own
//! calls, since the tasks are compiled first on a bare machine.

#[cfg(feature = "drive")]
pub mod child;
pub mod desktop;
#[cfg(feature = "drive")]
pub mod driver;
pub mod environment;
#[cfg(feature = "drive")]
pub mod find;
pub mod guardian;
#[cfg(feature = "drive")]
pub mod ports;
pub mod process;
pub mod programs;
#[cfg(feature = "drive")]
mod reserve;
#[cfg(feature = "drive")]
pub mod session;
