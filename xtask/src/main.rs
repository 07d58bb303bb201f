//! `cargo xtask`: sets up, builds, runs and tests Sockscope with nothing but Rust to start from.
//!
//! Owns the order of the work and the tools it needs. It speaks to the network only through `curl`, `npm`,
//! `pip`, `cargo`, `rustup` and `apt-get`, and installs nothing outside its own cache folder except the wasm
//! target, the Rust components and, on Debian, the packages of the browser, of Python, of Node and of Java.

mod against;
mod bench;
mod browser;
mod cache;
mod command_line;
mod cpu;
mod debian;
mod fingerprint;
mod firefox;
mod grid;
mod install;
mod lints;
mod page;
mod pictures;
mod process;
mod project;
mod screen;
mod serve;
mod setup;
mod shrink;
mod sizes;
mod split;
mod stages;
mod strip;
mod tally;
mod targets;
mod test_commands;
mod tests_run;
mod tool;
mod version;
mod wasm;

use std::process::ExitCode;

use command_line::Request;

fn main() -> ExitCode {
    if strip::is_standing_in() {
        return conclude(strip::stand_in(std::env::args().skip(1)).map(|()| true));
    }
    if split::is_standing_in() {
        return conclude(split::stand_in(std::env::args().skip(1)).map(|()| true));
    }
    conclude(command_line::parse(lexopt::Parser::from_env()).and_then(perform))
}

/// True when everything asked for went well.
fn perform(request: Request) -> anyhow::Result<bool> {
    if let Request::Help = request {
        print!("{}", command_line::HELP);
        return Ok(true);
    }
    process::heed_interrupts()?;
    let project = project::Project::find()?;
    match request {
        Request::Help => Ok(true),
        Request::Setup => setup::everything(&project).map(|()| true),
        Request::Build(edition) => serve::build_all(&project, edition, 0).map(|_| true),
        Request::Run(options) => serve::run(&project, &options).map(|()| true),
        Request::Bench(options) => bench::run(&project, &options),
        Request::Pictures(edition) => pictures::take(&project, edition).map(|()| true),
        Request::Test(parts) => tests_run::run(&project, parts),
    }
}

fn conclude(outcome: anyhow::Result<bool>) -> ExitCode {
    screen::clear_status();
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Err(_) if process::interrupted() => {
            eprintln!("stopped");
            ExitCode::from(130)
        }
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("\n{error:#}");
            ExitCode::FAILURE
        }
    }
}
