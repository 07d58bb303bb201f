//! A program that a run has started: the server under test, or a browser's driver with its browser.
//!
//! Owns its whole process group and the end of its output. The rule a reader would break: whatever happens, dropping a
//! [`Child`] leaves no process of the group behind.

use std::collections::VecDeque;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use process_wrap::tokio::{ChildWrapper, CommandWrap};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;
use tokio::sync::watch;
use tokio::time::timeout;

/// How much of what a program says is kept: the last lines.
const LINES: usize = 400;
/// Of a line.
const LONGEST: usize = 2000;

/// A running program with everything that it starts in turn.
#[derive(Debug)]
pub struct Child {
    group: Box<dyn ChildWrapper>,
    output: Output,
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
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let before = (tail.dropped > 0).then(|| format!("… {} lines before", tail.dropped));
        before.into_iter().chain(tail.lines.iter().cloned()).collect()
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

impl Child {
    /// Starts a program in a group of its own, with nothing to read and its output kept.
    pub fn spawn(mut command: Command) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut command = CommandWrap::from(command);
        #[cfg(unix)]
        command.wrap(process_wrap::tokio::ProcessGroup::leader());
        #[cfg(windows)]
        command.wrap(process_wrap::tokio::JobObject);
        let mut group = command.spawn()?;
        let tail = Arc::new(Mutex::new(Tail::default()));
        let (tell, news) = watch::channel(0);
        let tell = Arc::new(tell);
        if let Some(stdout) = group.stdout().take() {
            tokio::spawn(keep(stdout, tail.clone(), tell.clone()));
        }
        if let Some(stderr) = group.stderr().take() {
            tokio::spawn(keep(stderr, tail.clone(), tell));
        }
        Ok(Self { group, output: Output { tail, news } })
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
        {
            // A group that has ended already cannot be told.
            let _ = self.group.signal(SIGTERM);
            let _ = timeout(patience, self.group.wait()).await;
        }
        let _ = self.group.start_kill();
        // A process in an uninterruptible sleep must not hang the command.
        let _ = timeout(patience, self.group.wait()).await;
    }
}

#[cfg(unix)]
const SIGTERM: i32 = 15;

impl Drop for Child {
    fn drop(&mut self) {
        // Also what is left of a group whose first process has ended.
        let _ = self.group.start_kill();
    }
}

async fn keep(output: impl AsyncRead + Unpin, tail: Arc<Mutex<Tail>>, tell: Arc<watch::Sender<u64>>) {
    let mut lines = BufReader::new(output);
    let mut line = Vec::new();
    loop {
        line.clear();
        match lines.read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        let text: String = text.trim_end_matches(['\n', '\r']).chars().take(LONGEST).collect();
        let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
        if tail.lines.len() == LINES {
            tail.lines.pop_front();
            tail.dropped += 1;
        }
        tail.lines.push_back(text);
        drop(tail);
        tell.send_modify(|count| *count += 1);
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

    /// A program that starts another one which does not listen to anybody.
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
    async fn the_last_lines_are_kept_and_the_rest_is_counted() {
        let child = Child::spawn(shell("i=0; while [ $i -lt 450 ]; do i=$((i+1)); echo $i; done; echo over"))
            .expect("a shell starts");
        child.output().clone().find(|line| (line == "over").then_some(())).await.expect("it gets there");
        let lines = child.output().lines();
        assert_eq!((lines.len(), lines[0].as_str(), lines[1].as_str()), (401, "… 51 lines before", "52"));
    }
}
