//! A folder on the disk that the page works on: suites, and what is set up on the bench, as files in a repository.
//!
//! Owns which files of the folder are the page's, how they are read and written, and how a change is noticed. It refuses to know what
//! stands in them. **Invariant:** a file is replaced whole or not at all, and only when it still is what its writer has seen;
//! nothing outside of the folder is read or written.

mod names;
mod watched;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use sockscope_engine::base::shared_folder::{self, OF_BENCH, digest, is_suite};

pub use names::NameError;
use watched::Watched;

/// A larger file is not the page's.
pub const LARGEST: u64 = shared_folder::LARGEST as u64;
/// Files that are listed; more than a person keeps in one folder.
const MOST_FILES: usize = 2000;
/// Entries of the folder that are looked at.
const MOST_ENTRIES: usize = 50_000;
/// Folders in folders.
const DEEPEST: usize = 8;
/// Of a file that is too large, the beginning tells whether it says it is a suite.
const HEAD: u64 = 64 << 10;

/// A file as the page sees it in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Its name within the folder, with slashes.
    pub name: String,
    /// A digest of its content; none when it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// Why it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrong: Option<String>,
}

/// What is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// Grows with each change.
    pub generation: u64,
    /// In the order of their names.
    pub files: Vec<Listed>,
    /// What was not looked at, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut: Option<String>,
}

/// Why something was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// It is not there.
    #[error("there is no file {0}")]
    Missing(String),
    /// It cannot be read.
    #[error("{name} {words}")]
    Wrong {
        /// The file.
        name: String,
        /// A part of a sentence.
        words: String,
    },
    /// It is not what the writer has seen.
    #[error("{0} has changed on the disk meanwhile")]
    Changed(String),
    /// The folder was given as a start for pages.
    #[error("this folder is only a start for pages (--seed), and nothing is written to it")]
    Seed,
    /// More than a file may have.
    #[error("a file may have 4 MiB, this content has more")]
    TooLarge,
    /// The operating system.
    #[error("{name} could not be written: {error}")]
    Io {
        /// The file.
        name: String,
        /// Why.
        error: io::Error,
    },
}

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the folder {folder}: {error}")]
pub struct OpenError {
    folder: String,
    #[source]
    error: io::Error,
}

/// The folder.
pub struct Folder {
    root: PathBuf,
    /// What people call it.
    pub name: String,
    /// Tells it from other folders of this machine.
    pub id: String,
    /// Pages take what is in it once, and write nothing back.
    pub is_seed: bool,
    watched: Watched,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    listing: Listing,
    /// Suites that were there: one that is being written stays listed.
    suites: BTreeSet<String>,
}

impl std::fmt::Debug for Folder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.root.display())
    }
}

impl Folder {
    /// Opens the folder, and makes it unless it is one to start from.
    pub fn open(path: &Path, is_seed: bool) -> Result<Self, OpenError> {
        let failed = |error| OpenError { folder: path.display().to_string(), error };
        if !is_seed {
            fs::create_dir_all(path).map_err(failed)?;
        }
        let root = path.canonicalize().map_err(failed)?;
        if !root.is_dir() {
            return Err(failed(io::Error::new(
                io::ErrorKind::NotADirectory,
                "it is a file, expected a folder",
            )));
        }
        let name =
            root.file_name().map_or_else(|| "/".to_owned(), |name| name.to_string_lossy().into_owned());
        let id = digest(root.as_os_str().as_encoded_bytes());
        let watched = Watched::new(&root);
        Ok(Self { root, name, id, is_seed, watched, state: Mutex::default() })
    }

    /// Where it is.
    pub fn path(&self) -> String {
        self.root.display().to_string()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is there now. It reads every file of the page again when something may have changed.
    pub fn list(&self) -> Listing {
        let mut state = self.state();
        if self.watched.may_have_changed() {
            self.look(&mut state);
        }
        state.listing.clone()
    }

    fn look(&self, state: &mut State) {
        let (mut found, mut cut) = (BTreeMap::new(), None);
        self.walk(&self.root, "", 0, &mut 0, &mut found, &mut cut);
        let mut files = Vec::new();
        for (name, path) in found {
            let listed = match self.judge(&name, &path, state.suites.contains(&name)) {
                None => continue,
                Some(Ok(hash)) => Listed { name, hash: Some(hash), wrong: None },
                Some(Err(words)) => Listed { name, hash: None, wrong: Some(words) },
            };
            if files.len() >= MOST_FILES {
                cut = Some(format!(
                    "the folder has more than {MOST_FILES} files of the page; the rest is not shown"
                ));
                break;
            }
            if !OF_BENCH.contains(&listed.name.as_str()) {
                state.suites.insert(listed.name.clone());
            }
            files.push(listed);
        }
        if state.listing.files != files || state.listing.cut != cut || state.listing.generation == 0 {
            let generation = state.listing.generation + 1;
            state.listing = Listing { generation, files, cut };
        }
    }

    /// Finds the files that may be the page's. What is hidden, such as a repository's own folder, is passed over.
    fn walk(
        &self,
        folder: &Path,
        below: &str,
        depth: usize,
        entries: &mut usize,
        found: &mut BTreeMap<String, PathBuf>,
        cut: &mut Option<String>,
    ) {
        let Ok(all) = fs::read_dir(folder) else { return };
        for entry in all.flatten() {
            *entries += 1;
            if *entries > MOST_ENTRIES {
                *cut =
                    Some(format!("the folder has more than {MOST_ENTRIES} entries; the rest is not shown"));
                return;
            }
            let Ok(part) = entry.file_name().into_string() else { continue };
            let name = format!("{below}{part}");
            let Ok(kind) = entry.file_type() else { continue };
            if part.starts_with('.') || kind.is_dir() && part == "node_modules" {
                continue;
            }
            if kind.is_dir() {
                if depth < DEEPEST {
                    self.walk(&entry.path(), &format!("{name}/"), depth + 1, entries, found, cut);
                }
            } else if names::check(&name).is_ok() {
                found.insert(name, entry.path());
            }
        }
    }

    /// The digest of a file of the page, or why it cannot be read; none for a file that is not the page's.
    fn judge(&self, name: &str, path: &Path, was_suite: bool) -> Option<Result<String, String>> {
        let is_of_bench = OF_BENCH.contains(&name);
        let bytes = match self.real(path).and_then(|path| read(&path)) {
            Ok(bytes) => bytes,
            Err(words) => {
                let says_so =
                    || self.real(path).is_ok_and(|path| head(&path).is_some_and(|head| is_suite(&head)));
                return (is_of_bench || was_suite || says_so()).then_some(Err(words));
            }
        };
        if !is_of_bench && !is_suite(&bytes) {
            let words = "has no key \"sockscope\" any more, so it does not read as a suite";
            return was_suite.then(|| Err(words.to_owned()));
        }
        Some(match std::str::from_utf8(&bytes) {
            Ok(_) => Ok(digest(&bytes)),
            Err(error) => Err(format!("is not text in UTF-8: found another byte at {}", error.valid_up_to())),
        })
    }

    /// Where a file really lies, which must be in the folder; or why it may not be read.
    fn real(&self, path: &Path) -> Result<PathBuf, String> {
        let real = path.canonicalize().map_err(|error| format!("cannot be read: {error}"))?;
        if !real.starts_with(&self.root) {
            return Err("is a link that leads out of the folder, so it is not read".to_owned());
        }
        // A pipe or a device has no end.
        if !real.is_file() {
            return Err("is not a file".to_owned());
        }
        Ok(real)
    }

    /// The text of a file with its digest.
    pub fn read(&self, name: &str) -> Result<(String, String), FolderError> {
        names::check(name)?;
        let path = self.root.join(name);
        if fs::symlink_metadata(&path).is_err() {
            return Err(FolderError::Missing(name.to_owned()));
        }
        let wrong = |words| FolderError::Wrong { name: name.to_owned(), words };
        let bytes = self.real(&path).and_then(|path| read(&path)).map_err(wrong)?;
        let hash = digest(&bytes);
        let text = String::from_utf8(bytes).map_err(|_| wrong("is not text in UTF-8".to_owned()))?;
        Ok((text, hash))
    }

    /// Puts a text in the place of a file that still has this digest, or that is not there when there is none. Its new digest.
    pub fn write(&self, name: &str, text: &str, before: Option<&str>) -> Result<String, FolderError> {
        if text.len() as u64 > LARGEST {
            return Err(FolderError::TooLarge);
        }
        // One at a time, so that no other page's write falls between the look and the replacement.
        let state = self.state();
        let path = self.place(name, before)?;
        let failed = |error| FolderError::Io { name: name.to_owned(), error };
        let folder = path.parent().unwrap_or(&self.root);
        let mut builder = tempfile::Builder::new();
        builder.prefix(".sockscope-").suffix(".tmp");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let known = fs::metadata(&path).map(|it| it.permissions());
            // What a new file gets is for the user's mask to say, as for every program.
            builder.permissions(known.unwrap_or_else(|_| fs::Permissions::from_mode(0o666)));
        }
        let mut file = builder.tempfile_in(folder).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        self.watched.has_changed();
        drop(state);
        Ok(digest(text.as_bytes()))
    }

    /// Removes a file that still has this digest.
    pub fn remove(&self, name: &str, before: &str) -> Result<(), FolderError> {
        let mut state = self.state();
        let path = self.place(name, Some(before))?;
        fs::remove_file(&path).map_err(|error| FolderError::Io { name: name.to_owned(), error })?;
        state.suites.remove(name);
        self.watched.has_changed();
        Ok(())
    }

    /// Where a file is written, when it is what its writer has seen.
    fn place(&self, name: &str, before: Option<&str>) -> Result<PathBuf, FolderError> {
        names::check(name)?;
        if self.is_seed {
            return Err(FolderError::Seed);
        }
        let there = match self.read(name) {
            Ok((_, hash)) => Some(hash),
            Err(FolderError::Missing(_)) => None,
            Err(error) => return Err(error),
        };
        if there.as_deref() != before {
            return Err(FolderError::Changed(name.to_owned()));
        }
        let path = self.root.join(name);
        if there.is_some() {
            // A link within the folder stays one: what it leads to is written.
            let wrong = |words| FolderError::Wrong { name: name.to_owned(), words };
            return self.real(&path).map_err(wrong);
        }
        let failed = |error| FolderError::Io { name: name.to_owned(), error };
        let folder = path.parent().unwrap_or(&self.root);
        // The part that is there must not lead out, before the rest is made.
        let known = folder.ancestors().find(|above| above.exists()).unwrap_or(&self.root);
        if !known.canonicalize().map_err(failed)?.starts_with(&self.root) {
            let words = "lies in a folder that is a link out of this one".to_owned();
            return Err(FolderError::Wrong { name: name.to_owned(), words });
        }
        fs::create_dir_all(folder).map_err(failed)?;
        Ok(path)
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| format!("cannot be read: {error}"))?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() as u64 > LARGEST {
        return Err("has more than 4 MiB, so it is not read".to_owned());
    }
    Ok(bytes)
}

fn head(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(HEAD).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests;
