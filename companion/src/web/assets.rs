//! The files of the page. They are a trait, so that tests serve a handful of their own.

use std::borrow::Cow;

use bytes::Bytes;
use rust_embed::RustEmbed;

/// Where the files of the page come from.
pub trait Assets: Send + Sync {
    /// The file at a path without a leading slash.
    fn get(&self, path: &str) -> Option<Asset>;
}

/// One file.
#[derive(Debug, Clone)]
pub struct Asset {
    /// What is in it.
    pub content: Bytes,
    /// Its SHA-256.
    pub hash: [u8; 32],
}

/// The built page: inside the binary in a release build, read from `dist` in a debug build.
#[derive(RustEmbed)]
#[folder = "../dist"]
#[allow_missing = true]
struct Dist;

/// [`Assets`] of the built page.
#[derive(Debug, Clone, Copy, Default)]
pub struct Embedded;

impl Assets for Embedded {
    fn get(&self, path: &str) -> Option<Asset> {
        let file = Dist::get(path)?;
        let content = match file.data {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => Bytes::from(bytes),
        };
        Some(Asset { content, hash: file.metadata.sha256_hash() })
    }
}
