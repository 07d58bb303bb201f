//! Where bytes are kept in files that only grow.
//!
//! Owns what a journal asks of a disk. It refuses to know which one it is. One rule: a file that is open for writing is open
//! once, so that two tabs never write to one file, and the file of a dead tab is free.

use super::storage::StoreError;
use super::world::LocalFuture;

/// Folders with files, one level deep.
pub trait Folders {
    /// The names of all folders, in any order.
    fn folders(&self) -> LocalFuture<Result<Vec<String>, StoreError>>;
    /// The files of a folder with their bytes, in any order.
    fn files(&self, folder: &str) -> LocalFuture<Result<Vec<(String, u64)>, StoreError>>;
    /// Opens a file for writing at its end, and makes it and its folder when they do not exist.
    fn open(&self, folder: &str, file: &str) -> LocalFuture<Result<Box<dyn OpenFile>, OpenError>>;
    /// All of a file, also of one that is open.
    fn read(&self, folder: &str, file: &str) -> LocalFuture<Result<Vec<u8>, StoreError>>;
    /// Removes a file; nothing happens when there is none.
    fn remove_file(&self, folder: &str, file: &str) -> LocalFuture<Result<(), StoreError>>;
    /// Removes a folder with all its files; nothing happens when there is none.
    fn remove_folder(&self, folder: &str) -> LocalFuture<Result<(), StoreError>>;
}

/// A file that is open for writing. Dropping it closes it.
pub trait OpenFile {
    /// Writes at the end. When this returns, the bytes survive the end of this program.
    fn append(&mut self, bytes: &[u8]) -> Result<(), StoreError>;
    /// Empties it.
    fn clear(&mut self) -> Result<(), StoreError>;
}

/// A file that could not be opened for writing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It is open elsewhere.
    #[error("it is open elsewhere")]
    InUse,
    /// Anything else.
    #[error("{0}")]
    Failed(StoreError),
}
