//! The native command `sockscope`.

use std::process::ExitCode;

fn main() -> ExitCode {
    sockscope_companion::cli::run()
}
