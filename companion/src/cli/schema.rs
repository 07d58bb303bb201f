//! `sockscope schema`: the JSON Schema of suites, for editors.

use std::io::{self, Write};

use clap::Args;
use sockscope_engine::suite::schema_text;

use super::{Exit, complain};

/// Print the JSON Schema of suites.
#[derive(Debug, Args)]
#[command(after_help = "\
An editor completes suites with it: save it, and name the file in the suite's \"$schema\".")]
pub struct Flags {}

/// Why it could not be printed.
#[derive(Debug, thiserror::Error)]
#[error("cannot print the schema")]
struct PrintError(#[source] io::Error);

/// Prints it.
pub fn run(_: Flags) -> Exit {
    let mut out = io::stdout().lock();
    match out.write_all(schema_text().as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Exit::Success,
        Err(error) => {
            complain(&PrintError(error));
            Exit::Environment
        }
    }
}
