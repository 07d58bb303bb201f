//! What the desktop does for a person. Owns which program shows an address.

use std::process::{Command, Stdio};
use std::thread;

/// Shows an address in the default browser, which outlives us. A machine without one says so.
pub fn show(address: &str) -> Result<(), String> {
    let program = match std::env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ => "xdg-open",
    };
    let mut command = Command::new(program);
    command.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match command.spawn() {
        Ok(mut child) => {
            // Not one of ours to end.
            drop(thread::spawn(move || child.wait()));
            Ok(())
        }
        Err(_) => Err(format!("no {program} on this machine")),
    }
}
