//! Suites as the command line names them: files, folders, patterns, standard input, and those that ship. Owns how a suite is
//! found and read, and how its mistakes are reported. It refuses to run anything.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use glob::Pattern;
use sockscope_engine::base::nearest::nearest;
use sockscope_engine::suite::shipped::SHIPPED;
use sockscope_engine::suite::{Files, Problem, Suite};

use crate::beside::files_of;
use crate::causes::unread;

/// A larger text is not a suite, so it is not read to its end, which it may not have.
pub(crate) const LARGEST: u64 = 16 << 20;

/// What every suite says of itself; it distinguishes a suite from other JSON in the same folder.
const SIGN: &str = "\"sockscope\"";

/// How files of suites end. Comments are allowed in both; editors want the second for them.
const ENDINGS: [&str; 2] = ["json", "jsonc"];

/// Why a suite cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The operating system says why.
    #[error("{}", unread(.0))]
    Io(#[from] io::Error),
    /// More than any suite.
    #[error("is larger than the limit of 16MiB")]
    TooLarge,
    /// Something else than text.
    #[error("expected UTF-8 text, found another byte at {0}")]
    NotText(usize),
}

/// The whole text of a file; `-` is standard input.
pub fn read(file: &Path) -> Result<String, ReadError> {
    let bytes = read_bytes(file)?;
    String::from_utf8(bytes).map_err(|error| ReadError::NotText(error.utf8_error().valid_up_to()))
}

/// The same, whatever is in it.
pub(crate) fn read_bytes(file: &Path) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    if is_standard_input(file) {
        io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes)?;
    } else {
        File::open(file)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    }
    if bytes.len() as u64 > LARGEST {
        return Err(ReadError::TooLarge);
    }
    Ok(bytes)
}

/// As messages call it.
pub fn name_of(file: &Path) -> String {
    if is_standard_input(file) { "<stdin>".to_owned() } else { file.display().to_string() }
}

pub(crate) fn is_standard_input(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// Where and what, and where within the document when that is not all of it.
pub fn line(name: &str, problem: &Problem) -> String {
    let Problem { line, column, path, message, file, .. } = problem;
    let name = &match file {
        Some(file) => {
            let folder = Path::new(name).parent().unwrap_or(Path::new(""));
            joined(folder, &file.name).display().to_string()
        }
        None => name.to_owned(),
    };
    let path = if path == "$" { String::new() } else { format!(" ({path})") };
    format!("{name}:{line}:{column}: {message}{path}")
}

/// The path of a file from where its folder is known, without the way up and down again.
pub(crate) fn joined(folder: &Path, name: &str) -> PathBuf {
    let mut path = folder.to_owned();
    for part in name.split('/') {
        match part {
            ".." if matches!(path.components().next_back(), Some(Component::Normal(_))) => drop(path.pop()),
            part => path.push(part),
        }
    }
    path
}

/// A line for each mistake. Two suites may import the same file, whose mistakes are reported once.
#[derive(Default)]
pub(crate) struct Lines(Vec<String>);

impl Lines {
    /// How many of these are new.
    pub(crate) fn add(&mut self, lines: impl IntoIterator<Item = String>) -> usize {
        let before = self.0.len();
        for line in lines {
            if !self.0.contains(&line) {
                self.0.push(line);
            }
        }
        self.0.len() - before
    }

    pub(crate) fn all(self) -> Vec<String> {
        self.0
    }
}

/// A suite that can run.
#[derive(Debug)]
pub struct Found {
    /// The file, or the name of one that ships.
    pub origin: String,
    /// The document.
    pub text: String,
    /// The files that it names.
    pub files: Files,
    /// What it says.
    pub suite: Suite,
}

/// A document that an argument names.
pub struct Document {
    /// As messages call it.
    pub origin: String,
    /// What is in it.
    pub text: String,
    /// The files that it names.
    pub files: Files,
    /// Whether a person named it, and no pattern or folder.
    is_named: bool,
}

/// What one argument names, or why there is nothing.
pub type Named = Result<Vec<Document>, String>;

/// Reads what the arguments name. A pipe or a terminal may keep it waiting.
pub fn read_all(arguments: &[String]) -> Vec<Named> {
    arguments.iter().map(|argument| documents(argument)).collect()
}

/// All suites that the arguments name, in their order; or a line for everything that is wrong, all of it at once.
pub fn find(arguments: &[String]) -> Result<Vec<Found>, Vec<String>> {
    parse_all(read_all(arguments))
}

/// The same from what was read.
pub fn parse_all(all: Vec<Named>) -> Result<Vec<Found>, Vec<String>> {
    let (mut found, mut wrong) = (Vec::new(), Lines::default());
    for named in all {
        match named {
            Err(words) => drop(wrong.add([words])),
            Ok(documents) => {
                for Document { origin, text, files, is_named } in documents {
                    match Suite::parse_with(&text, &files) {
                        // In a folder it is for the others.
                        Ok(suite) if suite.checks.is_empty() => {
                            let words = format!("{origin}: has no checks; it is there to be imported");
                            wrong.add(is_named.then_some(words));
                        }
                        Ok(suite) => found.push(Found { origin, text, files, suite }),
                        Err(problems) => drop(wrong.add(problems.iter().map(|it| line(&origin, it)))),
                    }
                }
            }
        }
    }
    let mut wrong = wrong.all();
    if wrong.is_empty() && found.is_empty() {
        wrong.push("none of these suites has checks; they are there to be imported".to_owned());
    }
    if wrong.is_empty() { Ok(found) } else { Err(wrong) }
}

fn document(path: &Path, text: String, is_named: bool) -> Document {
    let files = files_of(path, &text);
    Document { origin: name_of(path), text, files, is_named }
}

fn documents(argument: &str) -> Named {
    // First, so that a folder called `load` does not hide the suite; `./load` is the folder.
    if let Some((name, text)) = SHIPPED.iter().find(|(name, _)| *name == argument) {
        let (origin, text) = ((*name).to_owned(), (*text).to_owned());
        return Ok(vec![Document { origin, text, files: Files::default(), is_named: true }]);
    }
    let path = Path::new(argument);
    if path.is_dir() {
        return several(
            &ENDINGS.map(|ending| format!("{}/**/*.{ending}", Pattern::escape(argument))),
            argument,
        );
    }
    if !path.exists() && argument.contains(['*', '?', '[']) {
        return several(&[argument.to_owned()], argument);
    }
    if !path.exists() && !is_standard_input(path) {
        let names = SHIPPED.iter().map(|(name, _)| *name);
        let hint = match nearest(argument, names) {
            Some(near) => format!("; did you mean {near:?}?"),
            None => String::new(),
        };
        return Err(format!("{argument}: there is no such file, folder, or suite that ships{hint}"));
    }
    let text = read(path).map_err(|error| format!("{}: {error}", name_of(path)))?;
    Ok(vec![document(path, text, true)])
}

/// The suites among what these patterns find, in the order of their names.
fn several(patterns: &[String], argument: &str) -> Named {
    let mut paths: Vec<PathBuf> = Vec::new();
    for pattern in patterns {
        let matching =
            glob::glob(pattern).map_err(|error| format!("{argument}: is not a pattern: {error}"))?;
        for path in matching {
            paths.push(path.map_err(|error| format!("{argument}: {error}"))?);
        }
    }
    if patterns.len() > 1 {
        paths.sort();
    }
    let mut found = Vec::new();
    for path in paths {
        if !path.is_file() {
            continue;
        }
        let text = read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        if text.contains(SIGN) {
            found.push(document(&path, text, false));
        }
    }
    if found.is_empty() { Err(format!("{argument}: there is no suite in it")) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(arguments: &[&str]) -> Result<Vec<String>, Vec<String>> {
        let arguments: Vec<_> = arguments.iter().map(|it| (*it).to_owned()).collect();
        find(&arguments).map(|found| found.into_iter().map(|it| it.suite.name).collect())
    }

    #[test]
    fn suites_are_found_by_name_file_folder_and_pattern() {
        let folder = tempfile::tempdir().expect("a folder");
        let inner = folder.path().join("more");
        std::fs::create_dir(&inner).expect("a folder in it");
        for (name, path) in [("b", folder.path().join("b.json")), ("a", inner.join("a.json"))] {
            let text = format!(
                r#"{{ "sockscope": 1, "suite": "{name}", "clients": {{ "c": {{ "url": "ws://h" }} }},
                   "checks": [ {{ "check": "x", "steps": [ {{ "connect": "c" }} ] }} ] }}"#
            );
            std::fs::write(path, text).expect("a file");
        }
        std::fs::write(folder.path().join("other.json"), "{}").expect("a file");
        let commented = std::fs::read_to_string(inner.join("a.json")).expect("it was written");
        let commented = commented.replace("\"a\"", "\"aa\"").replacen('{', "{ // comments are allowed\n", 1);
        std::fs::write(inner.join("aa.jsonc"), commented).expect("a file");
        let at = |part: &str| format!("{}{part}", folder.path().display());
        assert_eq!(found(&["load", "rooms"]), Ok(vec!["load".into(), "rooms".into()]));
        assert_eq!(found(&[&at("/b.json")]), Ok(vec!["b".into()]));
        assert_eq!(found(&[&at("")]), Ok(vec!["b".into(), "a".into(), "aa".into()]));
        assert_eq!(found(&[&at("/*/*.json")]), Ok(vec!["a".into()]));
        assert_eq!(
            found(&[&at("/c*.json")]),
            Err(vec![format!("{}: there is no suite in it", at("/c*.json"))])
        );
    }

    #[test]
    fn err_everything_that_is_wrong_is_said_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("bad.json");
        std::fs::write(&file, "{ \"sockscope\": 1,\n  \"suit\": \"x\" }").expect("a file");
        let wrong = found(&["laod", &file.display().to_string()]).expect_err("both are wrong");
        assert_eq!(
            wrong[0],
            "laod: there is no such file, folder, or suite that ships; did you mean \"load\"?"
        );
        assert!(wrong[1].starts_with(&format!("{}:", file.display())), "{wrong:?}");
        assert!(wrong.iter().any(|line| line.contains(":2:3: ") && line.contains("suite")), "{wrong:?}");
    }
}
