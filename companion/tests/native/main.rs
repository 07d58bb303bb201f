//! `sockscope check --engine native`: the same suites, reports and exit codes as by the page, without a browser.

mod bad_input;
mod beyond;
mod capacity;
mod chain;
mod compressed;
mod crowd;
mod ends;
#[cfg(target_os = "linux")]
mod far;
mod monitor;
#[cfg(target_os = "linux")]
mod nets;
mod reasons;
mod reports;
mod watch;

use support::call::Call;

/// Where the binary under test is.
const BINARY: &str = env!("CARGO_BIN_EXE_sockscope");

/// `sockscope check --engine native` with these arguments.
fn native(arguments: &[&str]) -> Call {
    Call::of(BINARY, &[&["--engine", "native"], arguments].concat())
}
