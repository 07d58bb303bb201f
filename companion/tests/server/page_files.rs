//! A page of a few files.

use bytes::Bytes;
use sha1::{Digest, Sha1};
use sockscope_companion::web::assets::{Asset, Assets};
use sockscope_companion::{Config, Running, Server};

/// Files by path.
pub struct Files(pub &'static [(&'static str, &'static [u8])]);

/// A page as Trunk builds it, with its compressed forms.
pub const PAGE: Files = Files(&[
    ("index.html", b"<!doctype html>"),
    ("index.html.br", b"BR page"),
    ("web-0123456789abcdef.js", b"js"),
    ("web-0123456789abcdef.js.br", b"BR js"),
    ("web-0123456789abcdef.js.gz", b"GZ js"),
    ("web-0123456789abcdef_bg.wasm", b"\0asm"),
    ("worker.js", b"worker"),
    ("icon.svg", b"<svg/>"),
    (".stage/half.js", b"half a build"),
]);

impl Assets for Files {
    fn get(&self, path: &str) -> Option<Asset> {
        let (_, content) = self.0.iter().find(|(known, _)| *known == path)?;
        let mut hash = [0; 32];
        hash[..20].copy_from_slice(&Sha1::digest(content));
        Some(Asset { content: Bytes::from_static(content), hash })
    }
}

/// A server of these files.
pub async fn serve(files: Files) -> Running {
    Server::start_with(Config::default(), Box::new(files)).await.unwrap()
}
