//! `sockscope validate`: what is wrong with suites, said as compilers say it.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use sockscope::engine::suite::{Problem, Suite};

use super::Exit;

/// A larger text is no suite, so it is not read to its end, which it may not have.
const LARGEST: u64 = 16 << 20;

/// Check suites without running them.
#[derive(Debug, Args)]
#[command(after_help = "\
Problems go to standard error as file:line:column: message (path).
Exit codes: 0 when every suite is good, 2 when one is not or cannot be read.")]
pub struct Flags {
    /// Suites to check; - is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

/// Why a suite cannot be read.
#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("is a folder; name the suites in it, such as {0}/*.json")]
    Folder(String),
    #[error("is larger than 16MiB, which no suite is")]
    TooLarge,
    #[error("is no text in UTF-8; byte {0} is none")]
    NotText(usize),
}

/// Reads each suite and tells its problems.
pub fn run(flags: Flags) -> Exit {
    let (mut told, mut problems, mut bad) = (String::new(), 0, 0);
    for file in &flags.files {
        let name = if is_standard_input(file) { "<stdin>".to_owned() } else { file.display().to_string() };
        let lines = match read(file) {
            Ok(text) => {
                Suite::parse(&text).err().unwrap_or_default().iter().map(|p| line(&name, p)).collect()
            }
            Err(error) => vec![format!("{name}: {error}")],
        };
        problems += lines.len();
        bad += usize::from(!lines.is_empty());
        lines.iter().for_each(|line| told.extend([line.as_str(), "\n"]));
    }
    let suites = |count: usize| if count == 1 { "1 suite".to_owned() } else { format!("{count} suites") };
    let all = flags.files.len();
    if bad == 0 {
        // A closed pipe changes nothing about the suites.
        let _ = writeln!(io::stdout(), "{}, no problem", suites(all));
        return Exit::Success;
    }
    let problems = if problems == 1 { "1 problem".to_owned() } else { format!("{problems} problems") };
    let of = if all > bad { format!("{bad} of {}", suites(all)) } else { suites(all) };
    let _ = writeln!(told, "{problems} in {of}");
    let _ = io::stderr().write_all(told.as_bytes());
    Exit::Invalid
}

fn is_standard_input(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// Where and what, and where within the document when that is not all of it.
fn line(name: &str, problem: &Problem) -> String {
    let Problem { line, column, path, message, .. } = problem;
    let path = if path == "$" { String::new() } else { format!(" ({path})") };
    format!("{name}:{line}:{column}: {message}{path}")
}

fn read(file: &Path) -> Result<String, ReadError> {
    let mut bytes = Vec::new();
    if is_standard_input(file) {
        io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes)?;
    } else if file.is_dir() {
        return Err(ReadError::Folder(file.display().to_string()));
    } else {
        File::open(file)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    }
    if bytes.len() as u64 > LARGEST {
        return Err(ReadError::TooLarge);
    }
    String::from_utf8(bytes).map_err(|error| ReadError::NotText(error.utf8_error().valid_up_to()))
}
