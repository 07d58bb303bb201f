//! `sockscope validate`: reports mistakes in suites in the format of compilers.

use std::fmt::Write as _;
use std::io::{self, Write};

use clap::Args;
use sockscope_engine::suite::Suite;

use super::Exit;
use crate::suites::{Document, Lines, line, read_all};

/// Check suites without running them.
#[derive(Debug, Args)]
#[command(after_help = "\
Problems go to standard error as file:line:column: message (path).
Exit codes: 0 when every suite is good, 2 when one is not or cannot be read.")]
pub struct Flags {
    /// Files, folders, patterns or names of shipped suites; - is standard input
    #[arg(value_name = "SUITE", required = true)]
    suites: Vec<String>,
}

/// Reads each suite and tells its problems.
pub fn run(flags: Flags) -> Exit {
    let (mut told, mut problems, mut bad) = (Lines::default(), 0, 0);
    let mut all = 0;
    let mut tell = |lines: Vec<String>| {
        all += 1;
        bad += usize::from(!lines.is_empty());
        problems += told.add(lines);
    };
    for named in read_all(&flags.suites) {
        match named {
            Err(words) => tell(vec![words]),
            Ok(documents) => documents.iter().for_each(|Document { origin, text, files, .. }| {
                let problems = Suite::parse_with(text, files).err().unwrap_or_default();
                tell(problems.iter().map(|problem| line(origin, problem)).collect());
            }),
        }
    }
    let suites = |count: usize| if count == 1 { "1 suite".to_owned() } else { format!("{count} suites") };
    if bad == 0 {
        // A closed pipe changes nothing about the suites.
        let _ = writeln!(io::stdout(), "{}, no problem", suites(all));
        return Exit::Success;
    }
    let problems = if problems == 1 { "1 problem".to_owned() } else { format!("{problems} problems") };
    let of = if all > bad { format!("{bad} of {}", suites(all)) } else { suites(all) };
    let mut told = told.all().join("\n");
    // Writing to a string does not fail.
    let _ = writeln!(told, "\n{problems} in {of}");
    let _ = io::stderr().write_all(told.as_bytes());
    Exit::Invalid
}
