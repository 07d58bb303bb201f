//! The page as a program gets it that draws the preview of a shared link.
//!
//! The picture of a preview needs an absolute address, and only the request says by which name its reader knows this server.
//! One rule: a browser that opens the page gets the file as it was built, in its compressed forms.

use axum::http::uri::Authority;
use axum::http::{Extensions, HeaderMap, header};
use sha2::{Digest, Sha256};

use super::assets::Asset;

/// Marks a request that came over TLS.
#[derive(Debug, Clone, Copy)]
pub struct OverTls;

/// What stands before the address of the picture in the page.
const PICTURE: &str = "<meta property=\"og:image\" content=\"";
/// What a browser says of itself when it opens a page, and a program that draws previews does not.
pub const BROWSER: &str = "sec-fetch-dest";

/// Where the reader of an answer has the page from: `https://sockscope.example`.
pub fn origin(headers: &HeaderMap, extensions: &Extensions) -> Option<String> {
    let host: Authority = headers.get(header::HOST)?.to_str().ok()?.parse().ok()?;
    // A proxy in front may speak TLS for this server.
    let is_https = headers
        .get("x-forwarded-proto")
        .map_or(extensions.get::<OverTls>().is_some(), |scheme| scheme == "https");
    let port = host.port().map_or_else(String::new, |port| format!(":{port}"));
    Some(format!("{}://{}{port}", if is_https { "https" } else { "http" }, host.host()))
}

/// The page with the whole address of its picture; none for a browser, and for a page without one.
pub fn with_picture(page: &Asset, headers: &HeaderMap, origin: &str) -> Option<Asset> {
    if headers.contains_key(BROWSER) {
        return None;
    }
    let text = std::str::from_utf8(&page.content).ok()?;
    let (before, rest) = text.split_once(PICTURE)?;
    if rest.starts_with("http") {
        return None;
    }
    let path = rest.trim_start_matches(['.', '/']);
    let content = format!("{before}{PICTURE}{origin}/{path}");
    Some(Asset { hash: Sha256::digest(&content).into(), content: content.into() })
}
