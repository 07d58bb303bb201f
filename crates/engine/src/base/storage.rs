//! Where texts are kept under names.
//!
//! Owns what the two workers ask of a store. It refuses to know which one it is. One rule: a store may be missing or full at any
//! time, so nothing here may be lost for a run that goes on without it.

use super::world::LocalFuture;

/// A store of texts.
pub trait KeyValueStore {
    /// What is kept under a name.
    fn get(&self, name: &str) -> LocalFuture<Result<Option<String>, StoreError>>;
    /// Keeps a text in place of what was there.
    fn set(&self, name: &str, text: String) -> LocalFuture<Result<(), StoreError>>;
    /// Forgets what is there; nothing happens when there is nothing.
    fn remove(&self, name: &str) -> LocalFuture<Result<(), StoreError>>;
    /// Copies what is there, whatever it is, to where nothing is written over it, and says where. None when nothing is there.
    fn set_aside(&self, name: &str) -> LocalFuture<Result<Option<String>, StoreError>>;
    /// All names.
    fn names(&self) -> LocalFuture<Result<Vec<String>, StoreError>>;
}

/// Nothing can be kept here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StoreError {
    /// In the browser's words.
    pub message: String,
}
