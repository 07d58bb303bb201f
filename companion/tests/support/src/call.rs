//! One call of the command, in a folder of its own.
//!
//! Every call is marked by a variable that all its processes inherit, and each test ends with the proof that none of them is
//! left.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use sockscope_host::process::{self, Heard, Signal};
use tempfile::TempDir;

use crate::binary;

/// How long a wait goes on before it is given up. It decides when a test fails, not how fast anything must be.
const PATIENCE: Duration = Duration::from_secs(300);

/// What marks the processes of one call. A browser gets few variables; those of locales are among them.
const MARK: &str = "LC_SOCKSCOPE_TEST_CALL";
static CALLS: AtomicU32 = AtomicU32::new(0);

/// Variables of a tester's shell that would change what is tested.
const FOREIGN: [&str; 12] = [
    "WS_URL",
    "API_URL",
    "PROXY_URL",
    "TOXICS_URL",
    "NUM_CLIENTS",
    "TEST_DURATION",
    "MESSAGE_INTERVAL",
    "NO_COLOR",
    "CLICOLOR_FORCE",
    "WSS_URL",
    "SOCKSCOPE_LOG",
    "SOCKSCOPE_WEBHOOK",
];

/// Every form of a report and of a recording, as files of the call.
pub const ALL_FORMS: [&str; 12] = [
    "--json",
    "OUT/r.json",
    "--junit",
    "OUT/r.xml",
    "--junit-strict",
    "OUT/strict.xml",
    "--html",
    "OUT/r.html",
    "--har",
    "OUT/r.har",
    "--jsonl",
    "OUT/r.jsonl",
];

/// A call that is being put together.
pub struct Call {
    folder: TempDir,
    mark: String,
    command: Command,
}

/// A call that runs.
pub struct Running {
    folder: TempDir,
    family: Family,
    process: process::Running,
    stdout: Heard,
    stderr: Heard,
}

/// A call that has ended.
pub struct Ended {
    folder: TempDir,
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Call {
    /// `sockscope check` with these arguments; `OUT` in one stands for the call's folder.
    pub fn new(arguments: &[&str]) -> Self {
        Self::of(&binary(), arguments)
    }

    /// The same of another build.
    pub fn of(binary: &str, arguments: &[&str]) -> Self {
        Self::of_command(binary, "check", arguments)
    }

    /// Another subcommand than `check`.
    pub fn of_command(binary: &str, subcommand: &str, arguments: &[&str]) -> Self {
        let folder = TempDir::new().expect("a folder");
        let mark = format!("{}-{}", std::process::id(), CALLS.fetch_add(1, Ordering::Relaxed));
        let mut command = Command::new(binary);
        command.arg(subcommand).env(MARK, &mark);
        for name in FOREIGN {
            command.env_remove(name);
        }
        let out = folder.path().display().to_string();
        command.args(arguments.iter().map(|argument| argument.replace("OUT", &out)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { folder, mark, command }
    }

    /// Writes a suite, or what one names, into the folder, where `OUT/NAME` finds it.
    pub fn with_file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("a file");
        self
    }

    /// A file of this size, which is all holes and so takes no room.
    pub fn with_holes(self, name: &str, size: u64) -> Self {
        let file = fs::File::create(self.folder.path().join(name)).expect("a file");
        file.set_len(size).expect("a file with holes");
        self
    }

    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it in a shell that has done something else first, such as `umask 077`.
    pub fn after(mut self, line: &str) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{line}; exec \"$0\" \"$@\"")]).arg(self.command.get_program());
        shell.args(self.command.get_args());
        for (name, value) in self.command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        self.command = shell;
        self
    }

    /// Standard input stays open, as in a terminal.
    pub fn with_open_input(mut self) -> Self {
        self.command.stdin(Stdio::piped());
        self
    }

    pub fn start(mut self) -> Running {
        let mut process = process::Running::spawn(&mut self.command).expect("the binary starts");
        let child = &mut process.child;
        let (stdout, stderr) = (child.stdout.take().expect("ours"), child.stderr.take().expect("ours"));
        Running {
            folder: self.folder,
            family: Family { sign: format!("{MARK}={}", self.mark), groups: BTreeSet::new() },
            stdout: Heard::of(stdout),
            stderr: Heard::of(stderr),
            process,
        }
    }

    pub fn run(self) -> Ended {
        self.start().wait()
    }
}

impl Running {
    /// Every process of this call by its number, with its command line.
    pub fn processes(&mut self) -> BTreeMap<u32, String> {
        self.family.living()
    }

    /// Waits until a process of the call has this in its command line.
    pub fn until_process(&mut self, part: &str) -> u32 {
        until(&format!("a process with {part:?}"), || {
            self.processes().into_iter().find(|(_, line)| line.contains(part)).map(|(pid, _)| pid)
        })
    }

    /// What the command has said until now.
    pub fn said(&self) -> String {
        self.stdout.so_far()
    }

    /// Waits until the command has said this.
    pub fn until_says(&self, part: &str) {
        until(&format!("{part:?}"), || self.stdout.so_far().contains(part).then_some(()));
    }

    /// A place in the call's folder, which its arguments know as `OUT`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Before that a signal ends the command by the system's own hand.
    pub fn until_it_hears_signals(&self) {
        let folder = PathBuf::from(format!("/proc/{}", self.process.id()));
        until("the command to hear signals", || {
            let status = read(&folder, "status")?;
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
            let interrupt = u64::from_str_radix(caught.trim(), 16).ok()? & 2;
            (interrupt != 0).then_some(())
        });
    }

    /// Types a line; standard input must have been left open.
    pub fn types(&mut self, line: &str) {
        use std::io::Write as _;
        let input = self.process.child.stdin.as_mut().expect("standard input is open");
        writeln!(input, "{line}").expect("the command reads");
    }

    /// How often the command has said this.
    pub fn times_said(&self, part: &str) -> usize {
        self.stdout.so_far().matches(part).count()
    }

    /// Waits until the command has said this as many times.
    pub fn until_said(&self, part: &str, times: usize) {
        until(&format!("{part:?} {times} times"), || (self.times_said(part) >= times).then_some(()));
    }

    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Whether the command itself has ended.
    pub fn has_ended(&mut self) -> bool {
        self.process.child.try_wait().expect("it is our child").is_some()
    }

    pub fn wait(mut self) -> Ended {
        let status = until("the command to end", || {
            self.family.living();
            self.process.child.try_wait().expect("it is our child")
        });
        let (stdout, stderr) = (self.stdout, self.stderr);
        let ended =
            Ended { code: code_of(status), stdout: stdout.all(), stderr: stderr.all(), folder: self.folder };
        // What has ended may still be waiting for its parent.
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let left = self.family.living();
            if left.is_empty() {
                return ended;
            }
            assert!(Instant::now() < deadline, "these are left: {left:#?}\n{}{}", ended.stdout, ended.stderr);
            sleep(Duration::from_millis(20));
        }
    }
}

impl Ended {
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn file(&self, name: &str) -> String {
        let path = self.path(name);
        fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}\n{}{}", path.display(), self.stdout, self.stderr))
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.file(name)).expect("JSON")
    }

    /// Fails with all that was said.
    #[track_caller]
    pub fn assert_code(&self, code: i32) {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
    }

    #[track_caller]
    pub fn assert_says(&self, parts: &[&str]) {
        let all = format!("{}{}", self.stdout, self.stderr);
        for part in parts {
            assert!(all.contains(part), "{part:?} in\n{all}");
        }
    }
}

fn code_of(status: ExitStatus) -> Option<i32> {
    status.code()
}

/// Waits until `probe` has an answer.
pub fn until<T>(what: &str, probe: impl FnMut() -> Option<T>) -> T {
    crate::until(PATIENCE, what, probe)
}

/// The processes of a call: those that carry its mark, and those in a group with one of them, since a browser's own
/// processes write over their environment. Only Linux tells all this.
struct Family {
    sign: String,
    groups: BTreeSet<u32>,
}

impl Family {
    /// Those that have not ended, with their command lines.
    fn living(&mut self) -> BTreeMap<u32, String> {
        let mut found = BTreeMap::new();
        let Ok(entries) = fs::read_dir("/proc") else { return found };
        let processes: Vec<_> = entries.flatten().filter_map(|entry| Process::read(&entry.path())).collect();
        let own = std::process::id();
        for process in processes
            .iter()
            .filter(|it| it.pid != own && it.environment.split('\0').any(|it| it == self.sign))
        {
            self.groups.insert(process.group);
        }
        // The command itself is in the group of the tests.
        let group_of_tests = processes.iter().find(|it| it.pid == own).map_or(0, |it| it.group);
        for process in processes {
            let is_marked = process.environment.split('\0').any(|it| it == self.sign);
            let is_akin = process.group != group_of_tests && self.groups.contains(&process.group);
            if process.pid != own && (is_marked || is_akin) && !process.is_dead {
                found.insert(process.pid, process.line);
            }
        }
        found
    }
}

struct Process {
    pid: u32,
    group: u32,
    is_dead: bool,
    environment: String,
    line: String,
}

impl Process {
    /// None of what is not a process, or has gone meanwhile.
    fn read(folder: &Path) -> Option<Self> {
        let pid = folder.file_name()?.to_str()?.parse().ok()?;
        // After the name in parentheses: state, parent, group.
        let stat = read(folder, "stat")?;
        let mut after = stat.rsplit_once(") ")?.1.split(' ');
        let is_dead = after.next()? == "Z";
        let group = after.nth(1)?.parse().ok()?;
        let environment = read(folder, "environ").unwrap_or_default();
        let line = read(folder, "cmdline").unwrap_or_default().replace('\0', " ");
        Some(Self { pid, group, is_dead, environment, line })
    }
}

fn read(folder: &Path, name: &str) -> Option<String> {
    fs::read(folder.join(name)).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}
