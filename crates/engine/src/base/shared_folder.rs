//! A folder on the disk of a person, which other programs change too.
//!
//! Owns what the bench asks of it. It refuses to know where the folder is and what stands in its files. One rule: a file is
//! replaced only when it still is what its writer has seen.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::storage::StoreError;
use super::world::LocalFuture;

/// A larger file does not belong to the page.
pub const LARGEST: usize = 4 << 20;
/// The files with what is set up on the bench; every other one is a suite.
pub const OF_BENCH: [&str; 3] = ["bench/connections.json", "bench/messages.json", "bench/variables.json"];

/// A folder with text files.
pub trait SharedFolder {
    /// What is there; none when nothing has changed since that generation.
    fn list(&self, after: Option<u64>) -> LocalFuture<Result<Option<FolderList>, StoreError>>;
    /// The text of a file with its digest.
    fn read(&self, name: &str) -> LocalFuture<Result<(String, String), StoreError>>;
    /// Puts a text in the place of a file that still has this digest, or that is not there when there is none.
    fn write(&self, name: &str, text: String, before: Option<String>) -> LocalFuture<Result<(), WriteError>>;
    /// Removes a file that still has this digest.
    fn remove(&self, name: &str, before: String) -> LocalFuture<Result<(), WriteError>>;
}

/// What is in a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderList {
    /// What people call the folder.
    pub name: String,
    /// Tells it from other folders.
    pub id: String,
    /// Pages begin with what is in it, and write nothing back.
    pub is_seed: bool,
    /// Differs after each change.
    pub generation: u64,
    /// The names, each with the digest of its text, or why it cannot be read.
    pub files: Vec<(String, Result<String, String>)>,
    /// What was not looked at, in words.
    pub cut: Option<String>,
}

/// Why a file was not written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// Something else has changed it.
    #[error("it has changed on the disk meanwhile")]
    Changed,
    /// Anything else.
    #[error("{0}")]
    Failed(StoreError),
}

impl From<StoreError> for WriteError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

/// What tells one content from another.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)[..16].iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Whether a text says of itself that it is a suite.
#[must_use]
pub fn is_suite(text: &[u8]) -> bool {
    memchr::memmem::find(text, b"\"sockscope\"").is_some()
}
