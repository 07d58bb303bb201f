//! Serves the files of the page: types, compression, caching.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;

use super::answer::words;
use super::assets::{Asset, Assets};
use super::preview;

/// Answers a request for a file. `origin` is where its reader has the page from, if the request says so.
pub fn serve(
    assets: &dyn Assets,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    origin: Option<&str>,
) -> Response {
    let path = match path.trim_start_matches('/') {
        "" => "index.html",
        path => path,
    };
    if !matches!(*method, Method::GET | Method::HEAD) {
        let mut response = words(StatusCode::METHOD_NOT_ALLOWED, "files can only be read");
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    // The compressed forms are variants of a file and no files of their own; hidden ones are left by an unfinished build.
    let is_file = !path.ends_with(".br")
        && !path.ends_with(".gz")
        && !path.split('/').any(|part| part.starts_with('.'));
    let plain = if is_file { assets.get(path) } else { None };
    let Some(plain) = plain else {
        return if path == "index.html" {
            words(StatusCode::SERVICE_UNAVAILABLE, "The page is not built. Run: cargo xtask run")
        } else {
            words(StatusCode::NOT_FOUND, "There is nothing at this path.")
        };
    };
    let is_page = path == "index.html";
    let previewed =
        origin.filter(|_| is_page).and_then(|origin| preview::with_picture(&plain, headers, origin));
    let variants = Encoding::ALL
        .into_iter()
        .filter_map(|encoding| Some((encoding, assets.get(&format!("{path}.{}", encoding.suffix()))?)));
    let variants: Vec<(Encoding, Asset)> = variants.collect();
    let has_variants = !variants.is_empty();
    let chosen = variants.into_iter().find(|(encoding, _)| accepts(headers, encoding.token()));
    let (encoding, asset) = match (previewed, chosen) {
        (Some(previewed), _) => (None, previewed),
        (None, Some((encoding, asset))) => (Some(encoding), asset),
        (None, None) => (None, plain),
    };
    let tag = tag(&asset, encoding);
    let is_known = headers
        .get_all(header::IF_NONE_MATCH)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| known.trim() == "*" || known.trim().trim_start_matches("W/") == tag);

    let mut response = Response::new(Body::default());
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag.parse().expect("a tag is hexadecimal"));
    let cache = if is_hashed(path) { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if has_variants {
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    if is_page {
        headers.append(header::VARY, HeaderValue::from_static(preview::BROWSER));
    }
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.token()));
    }
    headers.insert(header::CONTENT_LENGTH, asset.content.len().into());
    if method != Method::HEAD {
        *response.body_mut() = Body::from(asset.content);
    }
    response
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Brotli,
    Gzip,
}

impl Encoding {
    /// The one that is smaller first.
    const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gz",
        }
    }

    fn token(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }
}

/// Whether `Accept-Encoding` takes an encoding: named, or by `*`, and not with a weight of zero.
fn accepts(headers: &HeaderMap, token: &str) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
    let mut by_star = false;
    for item in values.flat_map(|value| value.split(',')) {
        let (name, weight) = item.split_once(';').unwrap_or((item, ""));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok()).unwrap_or(1.0);
        match name.trim() {
            name if name.eq_ignore_ascii_case(token) => return weight > 0.0,
            "*" => by_star = weight > 0.0,
            _ => {}
        }
    }
    by_star
}

fn tag(asset: &Asset, encoding: Option<Encoding>) -> String {
    let hash: String = asset.hash[..12].iter().map(|byte| format!("{byte:02x}")).collect();
    match encoding {
        None => format!("\"{hash}\""),
        Some(encoding) => format!("\"{hash}-{}\"", encoding.suffix()),
    }
}

/// Whether Trunk put the content's hash into the name: `page-0123456789abcdef.js`, `page-0123456789abcdef_bg.wasm`,
/// `page-0123456789abcdef_later.wasm`.
/// It writes 64 bits without leading zeros, so a few digits of the sixteen may be missing.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let Some((stem, _)) = name.split_once('.') else { return false };
    stem.rsplit_once('-').is_some_and(|(_, end)| {
        let hash = end.split_once('_').map_or(end, |(hash, _part)| hash);
        (12..=16).contains(&hash.len())
            && hash.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'))
    })
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" | "md" => "text/plain; charset=utf-8",
        "xml" => "application/xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_kept_for_ever() {
        for (path, expected) in [
            ("page-0123456789abcdef.js", true),
            ("page-0123456789abcdef_bg.wasm", true),
            ("page-0123456789abcdef_later.wasm", true),
            ("bench_worker-0123456789abcdef_parts.js", true),
            ("style/page-0123456789abcdef.css", true),
            ("index.html", false),
            ("bench_worker.js", false),
            ("bench_worker_bg.wasm", false),
            ("bench_worker_later.wasm", false),
            ("boot/bench_worker.js", false),
            ("checks-cf07fa9913e04a3.css", true),
            ("page-0123456789a.js", false),
            ("page-0123456789ABCDEF.js", false),
            ("0123456789abcdef.js", false),
        ] {
            assert_eq!(is_hashed(path), expected, "{path}");
        }
    }

    #[test]
    fn an_encoding_is_accepted_by_name_or_star_unless_its_weight_is_zero() {
        for (value, br, gzip) in [
            ("gzip, deflate, br", true, true),
            ("gzip", false, true),
            ("br;q=0, gzip;q=0.5", false, true),
            ("*", true, true),
            ("*;q=0, br", true, false),
            ("identity", false, false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, value.parse().unwrap())]);
            assert_eq!((accepts(&headers, "br"), accepts(&headers, "gzip")), (br, gzip), "{value}");
        }
    }
}
