//! `sockscope fmt`: formats suites as the page's *Format* does.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use clap::Args;
use sockscope_engine::suite::assist::format;
use sockscope_engine::suite::shipped::SHIPPED;

use super::Exit;
use crate::suites::{line, name_of, read_all};

/// Format suites, as Format in the page does.
#[derive(Debug, Args)]
#[command(after_help = "\
Files are replaced as a whole, so a failure leaves the old text. With - the result goes to standard output.
Comments, values and the order of keys stay.
Exit codes: 0 when every suite is formatted, 1 with --check when one is not, 2 when one is not JSON or cannot be read,
3 when a file cannot be written.")]
pub struct Flags {
    /// Write nothing, and name the suites that would change
    #[arg(long)]
    check: bool,
    /// Files, folders and patterns of suites; - is standard input
    #[arg(value_name = "SUITE", required = true)]
    suites: Vec<String>,
}

/// What has become of the suites.
#[derive(Default)]
struct Done {
    changed: usize,
    is_wrong: bool,
    is_unwritten: bool,
    /// For standard error.
    told: String,
}

/// Lays each suite out.
pub fn run(flags: Flags) -> Exit {
    let mut done = Done::default();
    let (shipped, named): (Vec<String>, Vec<String>) =
        flags.suites.into_iter().partition(|name| SHIPPED.iter().any(|(known, _)| known == name));
    for name in shipped {
        done.wrong(&format!(
            "{name}: this suite ships with the program and has no file; name a file, such as ./{name}"
        ));
    }
    for named in read_all(&named) {
        match named {
            Err(words) => done.wrong(&words),
            Ok(documents) => {
                documents.iter().for_each(|it| done.lay_out(&it.origin, &it.text, flags.check));
            }
        }
    }
    // A closed pipe changes nothing about the suites.
    let _ = io::stderr().write_all(done.told.as_bytes());
    match (done.is_wrong, done.is_unwritten) {
        (true, _) => Exit::Invalid,
        (_, true) => Exit::Environment,
        _ if flags.check && done.changed > 0 => Exit::Failed,
        _ => Exit::Success,
    }
}

impl Done {
    fn wrong(&mut self, words: &str) {
        self.is_wrong = true;
        self.tell(words);
    }

    fn tell(&mut self, words: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.told, "{words}");
    }

    fn lay_out(&mut self, name: &str, text: &str, is_check: bool) {
        let laid_out = match format(text) {
            Ok(laid_out) => laid_out,
            Err(problems) => {
                problems.iter().for_each(|problem| self.wrong(&line(name, problem)));
                return;
            }
        };
        let is_input = name == name_of(Path::new("-"));
        let is_same = laid_out == text;
        self.changed += usize::from(!is_same);
        match (is_check, is_input) {
            (true, _) if is_same => {}
            (true, _) => self.tell(&format!("{name}: not formatted; run sockscope fmt {name}")),
            (false, true) => {
                let _ = io::stdout().write_all(laid_out.as_bytes());
            }
            (false, false) if is_same => {}
            (false, false) => match replace(Path::new(name), &laid_out) {
                Ok(()) => {
                    let _ = writeln!(io::stdout(), "{name}");
                }
                Err(error) => {
                    self.is_unwritten = true;
                    self.tell(&format!("{name}: cannot be written: {error}"));
                }
            },
        }
    }
}

/// Puts a new text into the place of a file, which keeps its old one where that fails: it is never half written.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    // A link stays a link, and its target is written.
    let file = fs::canonicalize(file)?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut fresh = tempfile::NamedTempFile::new_in(folder)?;
    fresh.write_all(text.as_bytes())?;
    fresh.as_file().set_permissions(fs::metadata(&file)?.permissions())?;
    fresh.as_file().sync_all()?;
    fresh.persist(&file)?;
    Ok(())
}
