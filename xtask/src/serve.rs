//! Building and starting `sockscope serve`, and `cargo xtask run`, which stays with it until it ends.

use std::fs::File;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use sockscope_host::desktop;
use sockscope_host::process::lines;

use crate::command_line::RunOptions;
use crate::page::Edition;
use crate::process::{self, Running, Show};
use crate::project::Project;
use crate::screen::{self, Progress};
use crate::{page, setup, sizes};

/// The server's word for "that port is taken".
const PORT_TAKEN: i32 = 3;
const FIRST_PORT: u16 = 9000;

/// A running server; dropped, it is ended.
pub struct Server {
    running: Running,
    urls: Value,
    lines: Receiver<String>,
}

impl Server {
    /// Starts it and waits for its one line of addresses.
    pub fn start(project: &Project, edition: Edition, arguments: &[String], errors: Stdio) -> Result<Self> {
        let mut command = Command::new(project.server(edition));
        command.args(["serve", "--print-urls"]).args(arguments).current_dir(&project.root);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
        let mut running = Running::spawn(&mut command)?;
        let lines = lines(running.child().stdout.take().context("the server has no output")?);
        let first = match lines.recv_timeout(Duration::from_secs(20)) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => bail!("the server printed no addresses within 20 s"),
            Err(RecvTimeoutError::Disconnected) => {
                let status = running.wait()?;
                return Err(StartError { code: status.code() }.into());
            }
        };
        let urls = serde_json::from_str(&first)
            .with_context(|| format!("the server printed {first:?} instead of its addresses"))?;
        Ok(Self { running, urls, lines })
    }

    /// One of `http`, `ws`, `https`, `wss`, `api`, `page`.
    pub fn url(&self, name: &str) -> Option<&str> {
        self.urls[name].as_str()
    }

    /// Stays until the server ends by itself or by an interrupt.
    fn attend(mut self) -> Result<()> {
        loop {
            while let Ok(line) = self.lines.try_recv() {
                screen::line(&line);
            }
            if process::interrupted() {
                screen::line("\nending the server…");
                self.running.end();
                return Ok(());
            }
            if let Some(status) = self.running.ended_within(Duration::from_millis(100))? {
                if !status.success() && !process::interrupted() {
                    bail!("the server ended by itself ({status})");
                }
                return Ok(());
            }
        }
    }
}

/// The server ended before it printed its addresses.
#[derive(Debug)]
struct StartError {
    code: Option<i32>,
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.code {
            Some(PORT_TAKEN) => f.write_str("the port is taken"),
            Some(code) => write!(f, "the server ended at once with exit code {code}"),
            None => f.write_str("the server was ended by a signal at once"),
        }
    }
}

impl std::error::Error for StartError {}

/// `cargo build` of the server: with the page inside, or quickly, and then it reads `dist` where it lies.
pub fn build(project: &Project, edition: Edition) -> Result<()> {
    let started = Instant::now();
    let status = compile(project, edition, Show::Lines)?;
    if !status.success() {
        bail!("the server did not build ({status}); the reason is above");
    }
    screen::note(&format!("done in {}", screen::seconds(started.elapsed())));
    Ok(())
}

fn compile(project: &Project, edition: Edition, show: Show) -> Result<ExitStatus> {
    let mut command = project.cargo();
    command.args(["build", "--locked", "-p", "sockscope-companion"]);
    if edition == Edition::Release {
        command.arg("--release");
    }
    process::run(&mut command, show, |_| ())
}

/// `cargo xtask build`: the page, then the server. `more` stages will follow.
pub fn build_all(project: &Project, edition: Edition, more: usize) -> Result<Progress> {
    let mut progress = Progress::of(setup::PAGE_STAGES + 2 + more);
    let toolbox = setup::page_tools(project, &mut progress)?;
    match edition {
        Edition::Release => progress.stage("building the page in release (about 2 minutes the first time)…"),
        Edition::Quick => progress.stage("building a quick page (about 1 minute the first time)…"),
    }
    thread::scope(|scope| {
        // Nearly all of the server's crates need no page, and linking the page leaves a processor idle. If this fails, the
        // build below says why.
        if !project.server(edition).exists() {
            scope.spawn(|| compile(project, edition, Show::Discard));
        }
        page::build(project, &toolbox, edition)
    })?;
    if edition == Edition::Release {
        sizes::table(&sizes::weigh(&project.dist())?).lines().for_each(screen::note);
        sizes::tell_what_is_missing(&toolbox);
    }
    match edition {
        Edition::Release => {
            progress.stage("building the server in release (about 2 minutes the first time)…")
        }
        Edition::Quick => progress.stage("building a quick server (about 1 minute the first time)…"),
    }
    build(project, edition)?;
    Ok(progress)
}

/// `cargo xtask run`.
pub fn run(project: &Project, options: &RunOptions) -> Result<()> {
    let mut progress = build_all(project, options.edition, 1)?;
    progress.stage("starting the server…");
    let server = Server::start(project, options.edition, &arguments(options), Stdio::inherit())
        .map_err(|error| explain(error, options.port))?;
    let address = server.url("page").or(server.url("http")).context("the server named no page")?.to_owned();
    let rule = "─".repeat(address.len() + 20);
    screen::line(&format!("\n{rule}\n  Sockscope is at   {address}\n{rule}\n\n  Ctrl-C ends it.\n"));
    if options.open {
        open(&address);
    }
    server.attend()
}

fn arguments(options: &RunOptions) -> Vec<String> {
    let named = |name: &str| options.serve_arguments.iter().any(|argument| argument.starts_with(name));
    let port = match options.port {
        Some(port) => vec!["--port".to_owned(), port.to_string()],
        None if named("--port") || named("--start-port") => Vec::new(),
        None => vec!["--start-port".to_owned(), FIRST_PORT.to_string()],
    };
    port.into_iter().chain(options.serve_arguments.iter().cloned()).collect()
}

fn explain(error: anyhow::Error, port: Option<u16>) -> anyhow::Error {
    let taken = error.downcast_ref::<StartError>().is_some_and(|error| error.code == Some(PORT_TAKEN));
    match port {
        Some(port) if taken => error.context(format!(
            "cannot listen on {port}; without --port the first free one from {FIRST_PORT} is taken"
        )),
        _ => error,
    }
}

/// The default browser; a machine without one is not a failure.
fn open(address: &str) {
    if let Err(words) = desktop::show(address) {
        screen::line(&format!("  There is {words}: open the address by hand.\n"));
    }
}

/// A file for what the server says while tests run.
pub fn log_file(project: &Project) -> Result<(File, std::path::PathBuf)> {
    let path = project.scratch()?.join("serve.log");
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok((file, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(port: Option<u16>, given: &[&str], expected: &[&str]) {
        let serve_arguments = given.iter().map(|&word| word.to_owned()).collect();
        assert_eq!(
            arguments(&RunOptions { edition: Edition::Release, open: false, port, serve_arguments }),
            expected
        );
    }

    #[test]
    fn without_a_port_the_first_free_one_is_taken() {
        check(None, &[], &["--start-port", "9000"]);
        check(Some(81), &["--tls"], &["--port", "81", "--tls"]);
        check(None, &["--port", "0"], &["--port", "0"]);
    }

    #[test]
    fn a_taken_port_says_what_to_do() {
        let error = explain(StartError { code: Some(PORT_TAKEN) }.into(), Some(81));
        assert_eq!(
            format!("{error:#}"),
            "cannot listen on 81; without --port the first free one from 9000 is taken: the port is taken"
        );
    }
}
