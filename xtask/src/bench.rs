//! `cargo xtask bench`: builds the page and its competitors, and runs the benchmarks.
//!
//! What is measured stands in `companion/benches/page` and `companion/benches/native`. Nothing here decides how fast anything has to be.

use std::process::Command;

use anyhow::{Result, bail};

use crate::command_line::BenchOptions;
use crate::page::Edition;
use crate::process::{self, Show};
use crate::project::Project;
use crate::{against, screen, serve, setup, sizes, targets};

/// True when everything ran; whether an aim is met is printed and not judged.
pub fn run(project: &Project, options: &BenchOptions) -> Result<bool> {
    let mut progress = serve::build_all(
        project,
        Edition::Release,
        setup::BROWSER_STAGES
            + targets::STAGES
            + targets::PEER_STAGES
            + usize::from(options.against.is_some())
            + 1,
    )?;
    let other = match &options.against {
        Some(revision) => {
            progress.stage(&format!("building {revision} (some minutes the first time)…"));
            Some(against::build(project, revision)?)
        }
        None => None,
    };
    let browser = setup::browser(&mut progress)?;
    let servers = targets::set_up(&mut progress)?;
    let peers = targets::set_up_peers(&mut progress)?;
    let length = match (options.quick, &other) {
        (true, None) => "about 3 minutes",
        (false, None) => "about a quarter of an hour",
        (true, Some(_)) => "about 6 minutes",
        (false, Some(_)) => "about an hour",
    };
    progress.stage(&format!("measuring ({length}; leave the machine alone meanwhile)…"));
    let (native, page): (Vec<_>, Vec<_>) = options.cases.iter().partition(|case| case.starts_with(NATIVE));
    let mut files = Vec::new();
    // Two builds of the page are compared; the native engine is compared with other programs.
    if other.is_none() && (page.is_empty() || !native.is_empty()) {
        let mut command = cases(project, options, "native", &native);
        peers.equip(&mut command);
        servers.equip(&mut command);
        measure(&mut command)?;
        files.push("bench-native.json");
    }
    if page.is_empty() && !native.is_empty() {
        screen::note("the figures are in target/bench-native.json");
        return Ok(true);
    }
    let mut command = cases(project, options, "page", &page);
    command.env("CHROMEDRIVER", &browser.driver).env("CHROME", &browser.program);
    peers.equip(&mut command);
    command.env("SOCKSCOPE_FIRST_LOAD", sizes::first_load(&sizes::weigh(&project.dist())?).to_string());
    if let Some(other) = &other {
        command.env("SOCKSCOPE_AGAINST", &other.server);
        command.env("SOCKSCOPE_AGAINST_FIRST_LOAD", other.first_load.to_string());
    }
    servers.equip(&mut command);
    measure(&mut command)?;
    files.push(if other.is_some() { "bench-against.json" } else { "bench.json" });
    screen::note(&format!("the figures are in target/{}", files.join(" and target/")));
    Ok(true)
}

/// How the names of cases begin that need no page.
const NATIVE: &str = "native";

/// A benchmark with these of its cases.
fn cases(project: &Project, options: &BenchOptions, bench: &str, cases: &[&String]) -> Command {
    let mut command = project.cargo();
    command.args(["bench", "--locked", "-p", "sockscope-companion", "--features", "page-tests"]);
    command.args(["--bench", bench, "--"]);
    if options.quick {
        command.arg("--quick");
    }
    command.args(cases).env("SOCKSCOPE_BIN", project.server(Edition::Release));
    command
}

fn measure(command: &mut Command) -> Result<()> {
    if process::run(command, Show::Lines, |_| ())?.success() {
        return Ok(());
    }
    bail!("a case did not run or lost something; which one stands above")
}
