//! The command line: subcommands, their flags, exit codes.
//!
//! Each subcommand is one file with its flags and a `run` that returns an [`Exit`].

pub mod check;
mod choice;
pub mod convert;
pub mod diff;
pub mod duration;
pub mod fmt;
mod log;
pub mod lsp;
pub mod merge;
pub mod monitor;
pub mod open;
pub mod record;
pub mod replay;
mod reports;
pub mod schema;
pub mod serve;
mod serving;
mod signal;
pub mod size;
pub mod validate;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sockscope_engine::session::replay::Target;
use sockscope_host::guardian;
use tokio::runtime::Builder;

use crate::causes::causes;

/// A WebSocket test bench: the page, a practice server, and checks.
#[derive(Debug, Parser)]
#[command(name = "sockscope", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(Box<check::Flags>),
    Merge(merge::Flags),
    Monitor(Box<monitor::Flags>),
    Serve(Box<serve::Flags>),
    Record(Box<record::Flags>),
    Replay(Box<replay::Flags>),
    Diff(Box<diff::Flags>),
    Convert(convert::Flags),
    Open(open::Flags),
    Validate(validate::Flags),
    Fmt(fmt::Flags),
    Lsp(lsp::Flags),
    Schema(schema::Flags),
    /// What `check` starts for itself, in case it is killed
    #[command(hide = true, name = guardian::SUBCOMMAND)]
    Guardian,
}

/// The exit code when something could not be judged.
const INCONCLUSIVE: u8 = 5;

/// How a command ends. A wrong command line ends with 2, by clap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All went well.
    Success,
    /// A check or a threshold failed.
    Failed,
    /// A suite is wrong, as a command line may be.
    Invalid,
    /// The machine does not allow what was asked: a port is taken, a file cannot be read.
    Environment,
    /// Something could not be judged.
    Inconclusive,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Success => Self::SUCCESS,
            Exit::Failed => Self::from(1),
            Exit::Invalid => Self::from(2),
            Exit::Environment => Self::from(3),
            Exit::Inconclusive => Self::from(INCONCLUSIVE),
        }
    }
}

/// Runs the command that the process was called with.
pub fn run() -> ExitCode {
    let exit = match Cli::parse().command {
        Command::Check(flags) => check::run(*flags),
        Command::Merge(flags) => merge::run(flags),
        Command::Monitor(flags) => monitor::run(*flags),
        Command::Serve(flags) => serve::run(*flags),
        Command::Record(flags) => record::run(*flags),
        Command::Replay(flags) => replay::run(&flags),
        Command::Diff(flags) => diff::run(&flags),
        Command::Convert(flags) => convert::run(&flags),
        Command::Open(flags) => open::run(flags),
        Command::Validate(flags) => validate::run(flags),
        Command::Fmt(flags) => fmt::run(flags),
        Command::Lsp(flags) => lsp::run(flags),
        Command::Schema(flags) => schema::run(flags),
        Command::Guardian => match guardian::watch() {
            Ok(()) => Exit::Success,
            Err(_) => Exit::Environment,
        },
    };
    exit.into()
}

/// Runs a future on all cores.
fn on_all_cores<E>(failed: fn(io::Error) -> E, future: impl Future<Output = Result<(), E>>) -> Result<(), E> {
    let runtime = Builder::new_multi_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(future)
}

/// Prints a text at once. Not `println!`: a closed pipe is an error to report and no panic.
fn print(mut out: impl Write, text: &str) -> io::Result<()> {
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// A server as `--to` names it.
fn target(text: &str) -> Result<Target, String> {
    Target::parse(text).map_err(|error| error.to_string())
}

/// Tells the user what went wrong, with every cause.
fn complain(error: &dyn std::error::Error) {
    eprintln!("sockscope: {}", causes(error));
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
