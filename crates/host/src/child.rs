//! A program that a run has started: the server under test, or a browser's driver with its browser.
//!
//! Owns its whole process group and the end of its output. Whatever happens, dropping a [`Child`] leaves no process of the
//! group behind.

use std::collections::VecDeque;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use process_wrap::tokio::{ChildWrapper, CommandWrap};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::watch;
#[cfg(unix)]
use tokio::time::sleep;
use tokio::time::timeout;

use crate::guardian::Ward;
#[cfg(unix)]
use crate::process::LOOK_AGAIN;
use crate::process::{Group, Signal, ends_with_us};

/// How much of what a program says is kept: the last lines.
const LINES: usize = 400;
/// Of a line, in bytes.
const LONGEST: usize = 4000;
/// How long a program that has ended is listened to.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A running program with everything that it starts in turn.
#[derive(Debug)]
pub struct Child {
    group: Box<dyn ChildWrapper>,
    /// By the number of its first process.
    number: Option<Group>,
    output: Output,
    /// Ends the group when we are killed.
    _ward: Option<Ward>,
}

/// What a program said last. A clone hears the same.
#[derive(Clone, Debug)]
pub struct Output {
    tail: Arc<Mutex<Tail>>,
    news: watch::Receiver<u64>,
}

#[derive(Debug, Default)]
struct Tail {
    lines: VecDeque<String>,
    dropped: u64,
}

impl Output {
    /// Its last lines, and first how many there were before them, if any.
    pub fn lines(&self) -> Vec<String> {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner).told()
    }

    /// The same, and they are not told again.
    pub fn take(&self) -> Vec<String> {
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = tail.told();
        *tail = Tail::default();
        lines
    }

    /// Waits until the program has closed its output, but not for long: what it has started may keep it open.
    pub async fn end(&mut self) {
        let closed = async { while self.news.changed().await.is_ok() {} };
        let _ = timeout(LAST_WORDS, closed).await;
    }

    /// Waits for a line of which `look` makes something, those that came already included. None when the program has
    /// closed its output.
    pub async fn find<T>(&mut self, look: impl Fn(&str) -> Option<T>) -> Option<T> {
        loop {
            let found =
                self.tail.lock().unwrap_or_else(PoisonError::into_inner).lines.iter().find_map(|it| look(it));
            if found.is_some() {
                return found;
            }
            self.news.changed().await.ok()?;
        }
    }
}

impl Tail {
    fn told(&self) -> Vec<String> {
        let before = (self.dropped > 0).then(|| format!("… {} lines before", self.dropped));
        before.into_iter().chain(self.lines.iter().cloned()).collect()
    }

    fn add(&mut self, line: String) {
        if self.lines.len() == LINES {
            self.lines.pop_front();
            self.dropped += 1;
        }
        self.lines.push_back(line);
    }
}

impl Child {
    /// Starts a program in a group of its own, with nothing to read and its output kept.
    pub fn spawn(mut command: Command) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A runtime of several threads may retire the one that starts the program; there the guardian has to do.
        if Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread {
            ends_with_us(command.as_std_mut());
        }
        let mut command = CommandWrap::from(command);
        #[cfg(unix)]
        command.wrap(process_wrap::tokio::ProcessGroup::leader());
        #[cfg(windows)]
        command.wrap(process_wrap::tokio::JobObject);
        let mut group = command.spawn()?;
        let ward = group.id().map(Ward::group);
        let tail = Arc::new(Mutex::new(Tail::default()));
        let (tell, news) = watch::channel(0);
        let tell = Arc::new(tell);
        if let Some(stdout) = group.stdout().take() {
            tokio::spawn(keep(stdout, tail.clone(), tell.clone()));
        }
        if let Some(stderr) = group.stderr().take() {
            tokio::spawn(keep(stderr, tail.clone(), tell));
        }
        Ok(Self { number: group.id().map(Group), group, output: Output { tail, news }, _ward: ward })
    }

    /// What it says.
    pub fn output(&self) -> &Output {
        &self.output
    }

    /// How it ended, if it has.
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.group.try_wait().ok().flatten()
    }

    /// Asks the group to end, and makes it after a while.
    pub async fn end(mut self, patience: Duration) {
        #[cfg(unix)]
        if let Some(group) = self.number {
            group.signal(Signal::Terminate);
            let gone = async {
                // The shell ends first; what it has started is given its time as well.
                while group.is_alive() {
                    self.has_ended();
                    sleep(LOOK_AGAIN).await;
                }
            };
            let _ = timeout(patience, gone).await;
        }
        let _ = self.group.start_kill();
        // A process in an uninterruptible sleep must not hang the command.
        let _ = timeout(patience, self.group.wait()).await;
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Also what is left of a group whose first process has ended.
        let _ = self.group.start_kill();
    }
}

/// Keeps lines, each up to its bound: what a program prints without an end of line must not fill the memory.
async fn keep(output: impl AsyncRead + Unpin, tail: Arc<Mutex<Tail>>, tell: Arc<watch::Sender<u64>>) {
    let mut output = BufReader::new(output);
    let (mut line, mut is_cut) = (Vec::new(), false);
    let add = |line: &mut Vec<u8>, is_cut: &mut bool| {
        let mut text = String::from_utf8_lossy(line).into_owned();
        // The sign says that it goes on, also to what takes secrets out.
        text.extend(is_cut.then_some('…'));
        tail.lock().unwrap_or_else(PoisonError::into_inner).add(text);
        tell.send_modify(|count| *count += 1);
        line.clear();
        *is_cut = false;
    };
    loop {
        let part = match output.fill_buf().await {
            Ok([]) | Err(_) => break,
            Ok(part) => part,
        };
        let length = part.len();
        for &byte in part {
            match byte {
                // A bar that draws over itself is lines, too.
                b'\n' | b'\r' if line.is_empty() => {}
                b'\n' | b'\r' => add(&mut line, &mut is_cut),
                _ if line.len() == LONGEST => is_cut = true,
                _ => line.push(byte),
            }
        }
        output.consume(length);
    }
    if !line.is_empty() {
        add(&mut line, &mut is_cut);
    }
}

/// A command line of a shell.
pub fn shell(line: &str) -> Command {
    #[cfg(unix)]
    {
        let mut command = Command::new("sh");
        command.args(["-c", line]);
        command
    }
    #[cfg(windows)]
    {
        let mut command = Command::new("cmd");
        command.arg("/C").raw_arg(line);
        command
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// Whether a process is there and not just waiting to be reaped.
    fn is_alive(pid: &str) -> bool {
        std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z"))
    }

    async fn until_gone(pid: &str) {
        let gone = async {
            while is_alive(pid) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(Duration::from_secs(10), gone).await.expect("the process ends");
    }

    /// A program that starts another one which ignores SIGTERM.
    const STUBBORN: &str =
        "trap '' TERM; (trap '' TERM; echo inner $(sh -c 'echo $PPID'); sleep 1000) & wait";

    async fn start() -> (Child, String) {
        let child = Child::spawn(shell(STUBBORN)).expect("a shell starts");
        let mut output = child.output().clone();
        let inner = output.find(|line| line.strip_prefix("inner ").map(str::to_owned)).await;
        (child, inner.expect("it says its number"))
    }

    #[tokio::test]
    async fn nothing_of_a_group_is_left_when_it_is_ended_or_dropped() {
        let (child, inner) = start().await;
        assert!(is_alive(&inner));
        child.end(Duration::from_millis(50)).await;
        until_gone(&inner).await;
        let (child, inner) = start().await;
        drop(child);
        until_gone(&inner).await;
    }

    #[tokio::test]
    async fn what_a_shell_has_started_has_its_time_to_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let sign = folder.path().join("ended");
        // The shell itself dies of the signal at once; the inner one takes a moment.
        let inner = format!(
            "trap 'sleep 0.3; echo x > {}; exit' TERM; echo up; while :; do sleep 0.05; done",
            sign.display()
        );
        let child = Child::spawn(shell(&format!("sh -c \"{inner}\" | cat"))).expect("a shell starts");
        child.output().clone().find(|line| (line == "up").then_some(())).await.expect("it is up");
        child.end(Duration::from_secs(20)).await;
        assert!(sign.exists(), "it was given the time to tidy up");
    }

    #[tokio::test]
    async fn a_line_without_an_end_is_cut() {
        let child =
            Child::spawn(shell("head -c 100000 /dev/zero | tr '\\0' x; echo; echo over")).expect("it starts");
        child.output().clone().find(|line| (line == "over").then_some(())).await.expect("it gets there");
        let lines = child.output().take();
        assert_eq!((lines.len(), lines[0].chars().count()), (2, LONGEST + 1));
        assert!(lines[0].ends_with("x…") && child.output().lines().is_empty());
    }

    #[tokio::test]
    async fn the_last_lines_are_kept_and_the_rest_is_counted() {
        let child = Child::spawn(shell("i=0; while [ $i -lt 450 ]; do i=$((i+1)); echo $i; done; echo over"))
            .expect("a shell starts");
        child.output().clone().find(|line| (line == "over").then_some(())).await.expect("it gets there");
        let lines = child.output().lines();
        assert_eq!((lines.len(), lines[0].as_str(), lines[1].as_str()), (401, "… 51 lines before", "52"));
    }
}
