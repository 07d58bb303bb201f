//! The guardian ends what a program has started when the program is killed.
//!
//! Owns a process in a group of its own that learns of each program and each folder, and waits for the end of its pipe. The
//! system closes our end however we die; what is on the list then is left over, and the guardian ends it. The pipe is for the
//! guardian alone; a program that inherited it would keep it open.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::environment;
use crate::process::{Group, LOOK_AGAIN, end_groups};

/// What a program calls itself with to become a guardian.
pub const SUBCOMMAND: &str = "guardian";
/// How long what is left over has to end by itself.
const FAREWELL: Duration = Duration::from_secs(2);

static GUARDIAN: Mutex<Option<(Child, ChildStdin)>> = Mutex::new(None);

fn guardian() -> MutexGuard<'static, Option<(Child, ChildStdin)>> {
    GUARDIAN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts the guardian of this process. A machine that does not allow it has none, and everything else works.
pub fn start() {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        // On Linux this finds the program also when its file has been replaced meanwhile.
        let own = Path::new("/proc/self/exe");
        let own = if own.exists() { Ok(own.to_owned()) } else { std::env::current_exe() };
        let Ok(own) = own else { return };
        let mut command = Command::new(own);
        command
            .arg0("sockscope")
            .arg(SUBCOMMAND)
            .process_group(0)
            .env_clear()
            .envs(environment::for_browser());
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Ok(mut child) = command.spawn()
            && let Some(pipe) = child.stdin.take()
        {
            *guardian() = Some((child, pipe));
        }
    }
}

/// Lets the guardian go: it ends what is still on its list, which is nothing when all went well.
pub fn stop() {
    if let Some((mut child, pipe)) = guardian().take() {
        drop(pipe);
        let _ = child.wait();
    }
}

/// Something that must not stay when the command has gone; dropping this takes it off the list.
#[derive(Debug)]
pub struct Ward(String);

impl Ward {
    /// A group of processes, by the number of its first one.
    pub fn group(number: u32) -> Self {
        Self::enter(format!("group {number}"))
    }

    /// A folder with all that is in it.
    pub fn folder(path: &Path) -> Self {
        Self::enter(format!("folder {}", path.display()))
    }

    fn enter(what: String) -> Self {
        tell('+', &what);
        Self(what)
    }
}

impl Drop for Ward {
    fn drop(&mut self) {
        tell('-', &self.0);
    }
}

fn tell(sign: char, what: &str) {
    if let Some((_, pipe)) = &mut *guardian() {
        // A guardian that was killed stops no work.
        let _ = writeln!(pipe, "{sign}{what}");
    }
}

/// What a guardian does: it reads until the command has gone, and then ends what is left over.
pub fn watch() -> io::Result<()> {
    let mut list = BTreeSet::new();
    for line in BufReader::new(io::stdin()).lines() {
        let line = line?;
        match line.split_at_checked(1) {
            Some(("+", what)) => drop(list.insert(what.to_owned())),
            Some(("-", what)) => drop(list.remove(what)),
            _ => {}
        }
    }
    let named = |kind: &str| list.iter().filter_map(move |it| it.strip_prefix(kind)).collect::<Vec<_>>();
    let groups = named("group ");
    let groups: Vec<_> = groups.iter().filter_map(|number| number.parse().ok()).map(Group).collect();
    end_groups(&groups, FAREWELL);
    for folder in named("folder ") {
        remove(&PathBuf::from(folder));
    }
    Ok(())
}

/// A process that is ending may still write there.
fn remove(folder: &Path) {
    let asked = Instant::now();
    while asked.elapsed() < FAREWELL && folder.exists() && std::fs::remove_dir_all(folder).is_err() {
        sleep(LOOK_AGAIN);
    }
}
