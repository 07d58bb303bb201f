//! Files of sessions as the command line names them. Owns how one is opened and written, and which files beside a HAR are
//! read: plain files in its own folder. It refuses to know what is in them.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sockscope_engine::base::mask::Masker;
use sockscope_engine::report::write_jsonl;
use sockscope_engine::session::Session;
use sockscope_engine::session::read::{Beside, Chosen, OpenError, Opened, open as read, open_chosen};

use crate::suites::{is_standard_input, name_of};

/// A file of a session, with the name that the page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// Relative to the session's folder.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The machine does not give it.
    #[error("{file}: {why}")]
    Unread {
        /// The file.
        file: String,
        /// Why not, in plain words.
        why: String,
    },
    /// It is not one.
    #[error("{file}")]
    Wrong {
        /// The file.
        file: String,
        /// What is wrong with it.
        source: OpenError,
    },
}

/// The folder of a session.
struct Folder(PathBuf);

/// A folder, and which of its files were asked for.
struct Noting<'a> {
    folder: &'a Folder,
    asked: RefCell<Vec<String>>,
}

impl Beside for Noting<'_> {
    fn open(&self, name: &str) -> io::Result<Box<dyn Read + '_>> {
        let opened = self.folder.open(name)?;
        let mut asked = self.asked.borrow_mut();
        if !asked.iter().any(|known| known == name) {
            asked.push(name.to_owned());
        }
        Ok(opened)
    }
}

/// A file that is read at any place, such as a zip.
struct Places {
    name: String,
    size: u64,
    file: RefCell<File>,
}

impl Chosen for Places {
    fn name(&self) -> &str {
        &self.name
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut file = self.file.borrow_mut();
        file.seek(SeekFrom::Start(offset))?;
        file.read(into)
    }
}

impl Beside for Folder {
    fn open(&self, name: &str) -> io::Result<Box<dyn Read + '_>> {
        // Links are followed, so where it really lies is what counts.
        let path = self.0.join(name).canonicalize()?;
        if !path.starts_with(&self.0) {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "it lies outside of the folder of the HAR",
            ));
        }
        // A pipe or a device has no end.
        if !path.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
        }
        Ok(Box::new(File::open(path)?))
    }
}

fn unread(file: &Path, error: io::Error) -> SessionError {
    SessionError::Unread { file: name_of(file), why: crate::causes::unread(&error) }
}

fn wrong(file: &Path, source: OpenError) -> SessionError {
    match source {
        OpenError::Io(source) => unread(file, source),
        source => SessionError::Wrong { file: name_of(file), source },
    }
}

/// Reads the sessions of a file; `-` is standard input.
pub fn open(file: &Path, budget: usize) -> Result<Opened, SessionError> {
    let unread = |source| unread(file, source);
    if is_standard_input(file) {
        let here = Folder(Path::new(".").canonicalize().map_err(unread)?);
        return read("stdin", io::stdin().lock(), &here, budget).map_err(|error| wrong(file, error));
    }
    let folder = folder_of(file).map_err(unread)?;
    read_file(file, &folder, budget)
}

/// The folder of a file.
fn folder_of(file: &Path) -> io::Result<Folder> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    folder.canonicalize().map(Folder)
}

fn read_file(file: &Path, beside: &dyn Beside, budget: usize) -> Result<Opened, SessionError> {
    let unread = |source| unread(file, source);
    let mut source = File::open(file).map_err(unread)?;
    let mut beginning = Vec::new();
    (&mut source).take(4).read_to_end(&mut beginning).map_err(unread)?;
    if beginning == b"PK\x03\x04" {
        let size = source.metadata().map_err(unread)?.len();
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let places = Places { name, size, file: RefCell::new(source) };
        return open_chosen(&[&places], budget).map_err(|error| wrong(file, error.source));
    }
    let name = file.file_stem().map_or_else(|| "session".into(), |stem| stem.to_string_lossy());
    // A pipe cannot be read once more from its start.
    read(&name, io::Cursor::new(beginning).chain(source), beside, budget).map_err(|error| wrong(file, error))
}

/// The file with those beside it that it names, once it is known that it holds a session.
pub fn files_of(file: &Path) -> Result<Vec<Offered>, SessionError> {
    let unread = |source| unread(file, source);
    let folder = folder_of(file).map_err(unread)?;
    let noting = Noting { folder: &folder, asked: RefCell::default() };
    read_file(file, &noting, Session::BUDGET)?;
    let path = file.canonicalize().map_err(unread)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut files = vec![Offered { name, path }];
    for name in noting.asked.take() {
        let path = folder.0.join(&name).canonicalize().map_err(unread)?;
        files.push(Offered { name, path });
    }
    Ok(files)
}

/// Sessions as JSON Lines, one run after the other.
pub fn lines(sessions: &[&Session]) -> String {
    let mut text = String::new();
    for (nth, session) in sessions.iter().enumerate() {
        if nth > 0 {
            text.push_str("{\"event\":\"again\"}\n");
        }
        // What the user recorded is the user's; a copy without its tokens could not be replayed.
        write_jsonl(&session.transcript(), &Masker::default(), &mut text).expect("a string takes all");
    }
    text
}

/// Writes a file as a whole: a failure leaves the old one. `-` is standard output.
pub fn write(file: &Path, text: &str) -> io::Result<()> {
    if is_standard_input(file) {
        let mut out = io::stdout().lock();
        return out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // A device takes text and is not replaced.
    if fs::metadata(file).is_ok_and(|about| !about.is_file()) {
        return fs::write(file, text);
    }
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(text.as_bytes())?;
    new.persist(file).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HAR: &str = r#"{"log":{"entries":[{"startedDateTime":"2026-11-21T03:01:06.123Z","_resourceType":"websocket",
        "request":{"url":"ws://h/ws"},"response":{"status":101,"content":{"_file":"NAME"}}}]}}"#;
    const MESSAGE: &str = r#"{"type":"send","time":1795230066126,"opcode":1,"data":"hi"}"#;

    fn opened(folder: &Path, named: &str) -> Opened {
        let har = folder.join("a.har");
        fs::write(&har, HAR.replace("NAME", named)).expect("a file");
        open(&har, 1 << 20).expect("a session")
    }

    #[test]
    fn an_attached_file_is_read_from_the_folder_of_the_har_and_from_nowhere_else() {
        let outer = tempfile::tempdir().expect("a folder");
        let folder = outer.path().join("har");
        fs::create_dir_all(folder.join("below")).expect("a folder");
        fs::write(outer.path().join("secret.jsonl"), MESSAGE).expect("a file");
        fs::write(folder.join("below/x.jsonl"), MESSAGE).expect("a file");
        assert_eq!(opened(&folder, "below/x.jsonl").sessions[0].messages(), (1, 0));
        for name in ["../secret.jsonl", "below/../../secret.jsonl", "below", "gone.jsonl"] {
            let found = opened(&folder, name);
            assert_eq!(found.sessions[0].messages(), (0, 0), "{name}");
            assert!(found.lost.iter().any(|it| it.contains("opened")), "{name}: {:?}", found.lost);
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("../secret.jsonl", folder.join("link.jsonl")).expect("a link");
            let found = opened(&folder, "link.jsonl");
            assert_eq!(found.sessions[0].messages(), (0, 0));
            assert!(found.lost.iter().any(|it| it.contains("outside of the folder")), "{:?}", found.lost);
        }
    }

    #[test]
    fn err_a_file_that_is_not_there_is_no_mistake_in_it() {
        let error = open(Path::new("/gone/a.har"), 1 << 20).err().expect("it is not there");
        assert!(matches!(error, SessionError::Unread { .. }), "{error}");
    }
}
