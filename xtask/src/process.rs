//! Starting programs, reading what they say, and ending them. Each runs in a process group of its own, so that
//! ending it also ends what it started, and Ctrl-C reaches it through us, once, in order.
//!
//! Start nothing that lives longer than a second in any other way, or an interrupt will leave it behind.

use std::collections::VecDeque;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use sockscope_host::process::{self, Group, Signal};

use crate::screen;

/// How long an ended program may take to tidy up.
const GRACE: Duration = Duration::from_secs(8);
/// How often a program that says nothing is reported off a terminal.
const HEARTBEAT: Duration = Duration::from_secs(60);
/// Lines kept to explain a failure.
const TAIL: usize = 40;

static INTERRUPTS: AtomicUsize = AtomicUsize::new(0);
static RUNNING: Mutex<Vec<Group>> = Mutex::new(Vec::new());

fn running() -> std::sync::MutexGuard<'static, Vec<Group>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

pub fn interrupted() -> bool {
    INTERRUPTS.load(Ordering::SeqCst) > 0
}

/// The first Ctrl-C (or SIGTERM) asks everything we started to end; the second does not ask.
pub fn heed_interrupts() -> Result<()> {
    ctrlc::set_handler(|| {
        let before = INTERRUPTS.fetch_add(1, Ordering::SeqCst);
        let asked = if before == 0 { Signal::Terminate } else { Signal::Kill };
        running().iter().for_each(|group| group.signal(asked));
        if before > 0 {
            std::process::exit(130);
        }
        // Work of our own between two programs, such as compressing, does not look for interrupts.
        thread::spawn(|| {
            thread::sleep(GRACE + Duration::from_secs(2));
            running().iter().for_each(|group| group.signal(Signal::Kill));
            std::process::exit(130);
        });
    })
    .context("cannot listen for Ctrl-C")
}

/// A program we started and answer for: dropped, it is ended with its group. An interrupt reaches it.
pub struct Running {
    own: process::Running,
    group: Group,
}

impl Running {
    pub fn spawn(command: &mut Command) -> Result<Self> {
        if interrupted() {
            bail!("interrupted");
        }
        let name = command.get_program().to_string_lossy().into_owned();
        let own =
            process::Running::spawn_in_group(command).with_context(|| format!("cannot start {name}"))?;
        let group = Group(own.id());
        running().push(group);
        if interrupted() {
            group.signal(Signal::Terminate);
        }
        Ok(Self { own, group })
    }

    pub fn child(&mut self) -> &mut Child {
        &mut self.own.child
    }

    pub fn wait(&mut self) -> Result<ExitStatus> {
        Ok(self.own.child.wait()?)
    }

    /// Waits until the program has ended, at most `limit`.
    pub fn ended_within(&mut self, limit: Duration) -> Result<Option<ExitStatus>> {
        Ok(self.own.ended_within(limit)?)
    }

    /// Asks the program to end and insists after a while. An interrupt has asked already, and a second request is less
    /// polite.
    pub fn end(&mut self) {
        if interrupted() {
            self.own.make_end(GRACE)
        } else {
            self.own.end(GRACE)
        };
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
        running().retain(|&group| group != self.group);
    }
}

/// How much of a program's output the user sees as it comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// Everything but cargo's line per crate.
    Lines,
    /// Nothing unless it fails.
    Nothing,
    /// Nothing, even then: there is another way.
    Discard,
}

/// Runs a program to its end, handing every line of its output (both streams, in order) to `each`.
///
/// Fails only if the program could not be run; look at the status.
pub fn run(command: &mut Command, show: Show, mut each: impl FnMut(&str)) -> Result<ExitStatus> {
    let label = short_name(command);
    // One pipe for both streams keeps a runner's name before its result.
    let (reader, writer) = std::io::pipe().context("cannot make a pipe")?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    if screen::is_live() && show == Show::Lines {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut running = Running::spawn(command)?;
    // The command holds the writing end; while it lives the pipe never ends.
    command.stdout(Stdio::null()).stderr(Stdio::null());

    let lines = process::lines(reader);
    let started = Instant::now();
    let (mut crates, mut told, mut ended) = (0_usize, Instant::now(), None);
    let mut tail = VecDeque::with_capacity(TAIL);
    loop {
        match lines.recv_timeout(Duration::from_millis(500)) {
            Ok(text) => {
                let plain = without_colours(&text);
                each(&plain);
                if tail.len() == TAIL {
                    tail.pop_front();
                }
                tail.push_back(plain.clone());
                if is_one_crate(&plain) {
                    crates += 1;
                } else if show == Show::Lines {
                    screen::line(if screen::is_live() { &text } else { &plain });
                    told = Instant::now();
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                // A grandchild may hold the pipe open for ever after the program itself has ended.
                if running.child().try_wait()?.is_some()
                    && ended.get_or_insert_with(Instant::now).elapsed() > Duration::from_secs(3)
                {
                    break;
                }
            }
        }
        let so_far = progress_text(&label, started.elapsed(), crates);
        screen::status(&so_far);
        if !screen::is_live() && told.elapsed() > HEARTBEAT {
            screen::note(&format!("still at it: {so_far}"));
            told = Instant::now();
        }
    }
    let status = running.wait()?;
    screen::clear_status();
    if interrupted() {
        bail!("interrupted");
    }
    if !status.success() && show == Show::Nothing {
        tail.iter().for_each(|text| screen::note(&format!("| {text}")));
    }
    Ok(status)
}

/// Runs a program quietly; its failure is an error that names it.
pub fn succeed(command: &mut Command) -> Result<()> {
    let status = run(command, Show::Nothing, |_| ())?;
    if !status.success() {
        bail!("`{}` failed ({status})", short_name(command));
    }
    Ok(())
}

/// What a program prints, if it can be run, succeeds and takes no longer than ten seconds.
pub fn output(command: &mut Command) -> Option<String> {
    let (mut reader, writer) = std::io::pipe().ok()?;
    command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::null());
    let mut running = Running::spawn(command).ok()?;
    command.stdout(Stdio::null());
    let reading = thread::spawn(move || {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut reader, &mut bytes).map(|_| bytes)
    });
    let status = running.ended_within(Duration::from_secs(10)).ok()??;
    let bytes = reading.join().ok()?.ok()?;
    status.success().then(|| String::from_utf8_lossy(&bytes).into_owned())
}

/// The program and its first words, for messages.
fn short_name(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut name = program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    for argument in command.get_args().take(3) {
        name.push(' ');
        name.push_str(&argument.to_string_lossy());
    }
    name
}

fn progress_text(label: &str, elapsed: Duration, crates: usize) -> String {
    let time = screen::seconds(elapsed);
    if crates == 0 { format!("{label}, {time}") } else { format!("{label}, {time}, {crates} crates") }
}

/// Cargo's line for one crate, of which a build has hundreds.
fn is_one_crate(line: &str) -> bool {
    let first = line.trim_start().split(' ').next().unwrap_or_default();
    matches!(
        first,
        "Compiling" | "Checking" | "Downloaded" | "Downloading" | "Adding" | "Locking" | "Blocking"
    )
}

/// The text without terminal colour codes: `ESC [ … letter`, and the `ESC ( B` that rustfmt ends them with.
fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\x1b') {
        plain.push_str(before);
        rest = after.find(|c: char| c.is_ascii_alphabetic()).map_or("", |end| &after[end + 1..]);
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_taken_out() {
        assert_eq!(without_colours("\x1b[1m\x1b[32m  Compiling\x1b[0m x"), "  Compiling x");
        assert_eq!(without_colours("\x1b[31m-old\x1b(B\x1b[m"), "-old");
        assert_eq!(without_colours("plain"), "plain");
    }

    #[test]
    fn a_crate_differs_from_a_warning() {
        assert!(is_one_crate("   Compiling leptos v0.8.23"));
        assert!(!is_one_crate("warning: unused import"));
        assert!(!is_one_crate("    Finished `dev` profile"));
    }

    #[cfg(unix)]
    #[test]
    fn both_streams_arrive_in_order() {
        let mut seen = Vec::new();
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two >&2; echo three; exit 3"]);
        let status = run(&mut command, Show::Lines, |line| seen.push(line.to_owned())).unwrap();
        assert_eq!(seen, ["one", "two", "three"]);
        assert_eq!(status.code(), Some(3));
    }

    #[test]
    fn a_missing_program_has_no_output() {
        assert_eq!(output(&mut Command::new("no-such-program-anywhere")), None);
    }
}
