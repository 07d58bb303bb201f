//! Programs that we start and answer for, by their ids and groups.
//!
//! Owns starting, hearing and ending them without a runtime. Nothing here waits without a bound, and nothing is ended by
//! its name.

use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

/// How often something is looked at that is about to end.
pub const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What a program is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// To stop what it does, as Ctrl-C does.
    Interrupt,
    /// To end.
    Terminate,
    /// Nothing: the system ends it.
    Kill,
    /// Nothing: the system lets it stand still.
    Stop,
}

#[cfg(unix)]
impl From<Signal> for nix::sys::signal::Signal {
    fn from(signal: Signal) -> Self {
        match signal {
            Signal::Interrupt => Self::SIGINT,
            Signal::Terminate => Self::SIGTERM,
            Signal::Kill => Self::SIGKILL,
            Signal::Stop => Self::SIGSTOP,
        }
    }
}

/// Sends a signal to one process. One that has ended gets none.
pub fn signal(process: u32, signal: Signal) {
    #[cfg(unix)]
    {
        let process = nix::unistd::Pid::from_raw(process.cast_signed());
        let _ = nix::sys::signal::kill(process, nix::sys::signal::Signal::from(signal));
    }
    #[cfg(not(unix))]
    {
        let _ = signal;
        end_tree(process);
    }
}

/// Windows has no polite signal for a group without a console; `taskkill` ends the tree.
#[cfg(not(unix))]
fn end_tree(process: u32) {
    use std::process::Stdio;
    let mut command = Command::new("taskkill");
    command.args(["/T", "/F", "/PID", &process.to_string()]);
    let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
}

/// A group of processes, by the number of its first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group(pub u32);

impl Group {
    /// Sends a signal to all of them. A group that has ended gets none.
    pub fn signal(self, signal: Signal) {
        #[cfg(unix)]
        {
            let group = nix::unistd::Pid::from_raw(self.0.cast_signed());
            let _ = nix::sys::signal::killpg(group, nix::sys::signal::Signal::from(signal));
        }
        #[cfg(not(unix))]
        {
            let _ = signal;
            end_tree(self.0);
        }
    }

    /// Whether any process of it is left.
    pub fn is_alive(self) -> bool {
        #[cfg(unix)]
        {
            nix::sys::signal::killpg(nix::unistd::Pid::from_raw(self.0.cast_signed()), None).is_ok()
        }
        #[cfg(not(unix))]
        false
    }
}

/// Asks groups to end, and makes them after a while.
pub fn end_groups(groups: &[Group], patience: Duration) {
    for signal in [Signal::Terminate, Signal::Kill] {
        groups.iter().for_each(|group| group.signal(signal));
        let asked = Instant::now();
        while asked.elapsed() < patience && groups.iter().any(|group| group.is_alive()) {
            sleep(LOOK_AGAIN);
        }
    }
}

/// Lets a program start in a process group of its own, so that ending the group also ends what it started in turn.
pub fn in_own_group(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(not(unix))]
    let _ = command;
}

/// Lets a program end with us, also when we are killed: Linux sends it SIGTERM when the thread that started it has ended.
/// Start it on a thread that lives as long as it is needed, and not on one that a runtime may retire.
pub fn ends_with_us(command: &mut Command) {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::process::CommandExt;
        let parent = nix::unistd::Pid::this();
        let bind = move || {
            nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGTERM)?;
            // We may have ended before the system knew that it should say so.
            let is_alone = nix::unistd::getppid() != parent;
            if is_alone { Err(io::Error::from_raw_os_error(nix::libc::ESRCH)) } else { Ok(()) }
        };
        #[allow(unsafe_code, reason = "the closure makes two system calls and allocates nothing")]
        unsafe {
            command.pre_exec(bind);
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = command;
}

/// A program that we started and answer for: dropped, it is ended.
#[derive(Debug)]
pub struct Running {
    /// The program itself.
    pub child: Child,
    /// When it has a group of its own.
    group: Option<Group>,
}

impl Running {
    /// Starts a program in our own group, where Ctrl-C reaches it as it reaches us. It ends with us.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        ends_with_us(command);
        Ok(Self { child: command.spawn()?, group: None })
    }

    /// Starts a program in a group of its own. It ends with us; what it started in turn, when this is dropped.
    pub fn spawn_in_group(command: &mut Command) -> io::Result<Self> {
        in_own_group(command);
        let mut running = Self::spawn(command)?;
        running.group = Some(Group(running.child.id()));
        Ok(running)
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal to it, and to its group when it has its own.
    pub fn signal(&self, asked: Signal) {
        match self.group {
            Some(group) => group.signal(asked),
            None => signal(self.child.id(), asked),
        }
    }

    /// Waits until the program has ended, at most `limit`.
    pub fn ended_within(&mut self, limit: Duration) -> io::Result<Option<ExitStatus>> {
        let until = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Some(status));
            }
            if Instant::now() >= until {
                return Ok(None);
            }
            sleep(LOOK_AGAIN);
        }
    }

    /// Asks the program to end, and makes it after a while. How it ended, if the system still knows.
    pub fn end(&mut self, patience: Duration) -> Option<ExitStatus> {
        if let Ok(Some(status)) = self.child.try_wait() {
            return Some(status);
        }
        self.signal(Signal::Terminate);
        self.make_end(patience)
    }

    /// Makes a program end that was asked to and does not.
    pub fn make_end(&mut self, patience: Duration) -> Option<ExitStatus> {
        if let Ok(Some(status)) = self.ended_within(patience) {
            return Some(status);
        }
        self.signal(Signal::Kill);
        self.child.wait().ok()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            // Already gone is as good.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        // Whatever it left behind. Only while the group is still ours: the system may give an empty group's number to
        // another one later, not at once.
        if let Some(group) = self.group {
            group.signal(Signal::Terminate);
        }
    }
}

/// The lines of a pipe as they come. It is read to its end, since a program that finds it full or closed would stop.
pub fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut bytes = Vec::new();
        while reader.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
            let line = String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']).to_owned();
            // The receiver is gone when no code wants the rest.
            let _ = sender.send(line);
            bytes.clear();
        }
    });
    lines
}

/// What came out of a pipe so far.
#[derive(Debug)]
pub struct Heard {
    text: Arc<Mutex<String>>,
    listener: JoinHandle<()>,
}

impl Heard {
    /// Listens to a pipe until it ends.
    pub fn of(mut pipe: impl Read + Send + 'static) -> Self {
        let text = Arc::<Mutex<String>>::default();
        let said = Arc::clone(&text);
        let listener = thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(count @ 1..) = pipe.read(&mut part) {
                let part = String::from_utf8_lossy(&part[..count]);
                said.lock().unwrap_or_else(PoisonError::into_inner).push_str(&part);
            }
        });
        Self { text, listener }
    }

    /// What has come.
    pub fn so_far(&self) -> String {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for the end of the pipe.
    pub fn all(self) -> String {
        // A listener that panicked has heard what it has heard.
        self.listener.join().ok();
        self.text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::process::Stdio;

    const SOON: Duration = Duration::from_secs(10);

    fn shell(line: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", line]).stdin(Stdio::null()).stdout(Stdio::piped());
        command
    }

    #[track_caller]
    fn until(what: &str, mut holds: impl FnMut() -> bool) {
        let began = Instant::now();
        while !holds() {
            assert!(began.elapsed() < SOON, "waited in vain for {what}");
            sleep(Duration::from_millis(5));
        }
    }

    fn is_alive(process: u32) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat"));
        stat.is_ok_and(|stat| !stat.contains(") Z"))
    }

    #[test]
    fn a_dropped_program_is_ended_with_what_it_started() {
        let running = Running::spawn_in_group(&mut shell("sleep 60 & sleep 60")).expect("a shell starts");
        let group = Group(running.id());
        drop(running);
        until("the end of the group", || !group.is_alive());
    }

    #[test]
    fn groups_that_ignore_a_request_are_made_to_end() {
        let mut running =
            Running::spawn_in_group(&mut shell("trap '' TERM; echo up; sleep 60")).expect("a shell starts");
        let lines = lines(running.child.stdout.take().expect("it is piped"));
        assert_eq!(lines.recv_timeout(SOON).as_deref(), Ok("up"));
        let group = Group(running.id());
        // The first process is our child: it stays in its group until it is waited for.
        let waiting = thread::spawn(move || running.child.wait());
        end_groups(&[group], Duration::from_millis(50));
        until("the end of the group", || !group.is_alive());
        assert!(waiting.join().expect("no panic").is_ok());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_program_ends_with_the_thread_that_started_it() {
        let starting = thread::spawn(|| {
            let mut command = shell("exec sleep 60");
            ends_with_us(&mut command);
            command.spawn().expect("a shell starts")
        });
        let mut child = starting.join().expect("no panic");
        until("the end of the program", || !is_alive(child.id()));
        assert!(!child.wait().expect("it is ours").success());
    }

    #[test]
    fn every_line_comes_and_what_is_left_over_is_read_to_its_end() {
        let mut running = Running::spawn(&mut shell("echo one; echo two; head -c 200000 /dev/zero"))
            .expect("a shell starts");
        let lines = lines(running.child.stdout.take().expect("it is piped"));
        let first: Vec<_> = lines.iter().take(2).collect();
        assert_eq!(first, ["one", "two"]);
        drop(lines);
        let status = running.ended_within(SOON).expect("it is ours");
        assert!(status.is_some_and(|it| it.success()), "a closed pipe would have ended it: {status:?}");
    }

    #[test]
    fn a_program_that_is_asked_ends_and_says_how() {
        let mut running =
            Running::spawn(&mut shell("trap 'exit 7' TERM; echo up; while :; do sleep 0.01; done"))
                .expect("a shell starts");
        let heard = Heard::of(running.child.stdout.take().expect("it is piped"));
        until("its word", || heard.so_far() == "up\n");
        assert_eq!(running.end(SOON).and_then(|it| it.code()), Some(7));
        assert_eq!(heard.all(), "up\n");
    }
}
