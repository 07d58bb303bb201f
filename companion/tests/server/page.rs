//! The files of the page.

use crate::page_files::{Files, PAGE, serve};
use support::raw::{get, http};

const JS: &str = "/web-0123456789abcdef.js";

#[tokio::test]
async fn the_root_is_the_page() {
    let server = serve(PAGE).await;
    let answer = get(&server, "/").await;
    assert_eq!((answer.status, answer.text()), (200, "<!doctype html>"));
    assert_eq!(answer.header("content-type").as_deref(), Some("text/html; charset=utf-8"));
}

#[tokio::test]
async fn files_have_their_types() {
    let server = serve(PAGE).await;
    for (path, media_type) in [
        (JS, "text/javascript; charset=utf-8"),
        ("/web-0123456789abcdef_bg.wasm", "application/wasm"),
        ("/icon.svg", "image/svg+xml"),
    ] {
        assert_eq!(get(&server, path).await.header("content-type").as_deref(), Some(media_type), "{path}");
    }
}

#[tokio::test]
async fn the_best_accepted_encoding_is_sent() {
    let server = serve(PAGE).await;
    for (accepted, encoding, body) in [
        ("gzip, deflate, br", Some("br"), "BR js"),
        ("gzip", Some("gzip"), "GZ js"),
        ("br;q=0, gzip", Some("gzip"), "GZ js"),
        ("identity", None, "js"),
    ] {
        let answer = http(&server, "GET", JS, &[("Accept-Encoding", accepted)], "").await;
        assert_eq!(
            (answer.header("content-encoding").as_deref(), answer.text()),
            (encoding, body),
            "{accepted}"
        );
        assert_eq!(answer.header("content-type").as_deref(), Some("text/javascript; charset=utf-8"));
        assert_eq!(answer.header("vary").as_deref(), Some("accept-encoding"));
    }
}

#[tokio::test]
async fn a_file_without_a_compressed_form_is_sent_as_it_is() {
    let server = serve(PAGE).await;
    let answer = http(&server, "GET", "/worker.js", &[("Accept-Encoding", "br, gzip")], "").await;
    assert_eq!((answer.header("content-encoding"), answer.header("vary")), (None, None));
    assert_eq!(answer.text(), "worker");
}

#[tokio::test]
async fn the_compressed_forms_are_not_files_of_their_own() {
    let server = serve(PAGE).await;
    assert_eq!(get(&server, "/web-0123456789abcdef.js.br").await.status, 404);
    assert_eq!(get(&server, "/web-0123456789abcdef.js.gz").await.status, 404);
}

#[tokio::test]
async fn hidden_files_are_not_served() {
    let server = serve(PAGE).await;
    assert_eq!(get(&server, "/.stage/half.js").await.status, 404);
}

#[tokio::test]
async fn only_hashed_names_are_kept_without_asking() {
    let server = serve(PAGE).await;
    let immutable = "public, max-age=31536000, immutable";
    for (path, cache) in [
        (JS, immutable),
        ("/web-0123456789abcdef_bg.wasm", immutable),
        ("/", "no-cache"),
        ("/index.html", "no-cache"),
        ("/worker.js", "no-cache"),
    ] {
        assert_eq!(get(&server, path).await.header("cache-control").as_deref(), Some(cache), "{path}");
    }
}

#[tokio::test]
async fn a_known_file_is_not_sent_again() {
    let server = serve(PAGE).await;
    let tag = get(&server, "/worker.js").await.header("etag").unwrap();
    for known in [tag.clone(), format!("\"other\", {tag}"), format!("W/{tag}"), "*".to_owned()] {
        let answer = http(&server, "GET", "/worker.js", &[("If-None-Match", &known)], "").await;
        assert_eq!((answer.status, answer.text()), (304, ""), "{known}");
        assert_eq!(answer.header("etag").as_deref(), Some(tag.as_str()));
        assert_eq!(answer.header("cache-control").as_deref(), Some("no-cache"));
    }
    let answer = http(&server, "GET", "/worker.js", &[("If-None-Match", "\"other\"")], "").await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn each_encoding_has_a_tag_of_its_own() {
    let server = serve(PAGE).await;
    let plain = get(&server, JS).await.header("etag");
    let brotli = http(&server, "GET", JS, &[("Accept-Encoding", "br")], "").await.header("etag");
    assert_ne!(plain, brotli);
}

#[tokio::test]
async fn head_has_the_length_and_no_body() {
    let server = serve(PAGE).await;
    let answer = http(&server, "HEAD", "/worker.js", &[], "").await;
    assert_eq!(
        (answer.status, answer.header("content-length").as_deref(), answer.text()),
        (200, Some("6"), "")
    );
}

#[tokio::test]
async fn a_page_that_is_not_built_says_how_to_build_it() {
    let server = serve(Files(&[])).await;
    let answer = get(&server, "/").await;
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("cargo xtask run"), "{}", answer.text());
}

#[tokio::test]
async fn an_unknown_path_is_not_the_page() {
    let server = serve(PAGE).await;
    assert_eq!(get(&server, "/checks").await.status, 404);
}

/// A page with the picture of its preview.
const SHARED: Files = Files(&[
    ("index.html", b"<meta property=\"og:image\" content=\"share.png\"><p>share.png"),
    ("index.html.br", b"BR page"),
]);

#[tokio::test]
async fn a_program_that_previews_a_link_gets_the_whole_address_of_the_picture() {
    let server = serve(SHARED).await;
    let page =
        |origin: &str| format!("<meta property=\"og:image\" content=\"{origin}/share.png\"><p>share.png");
    for (headers, origin) in [
        (&[("Host", "localhost:8123"), ("Accept-Encoding", "br")][..], "http://localhost:8123"),
        (&[("Host", "127.0.0.1")], "http://127.0.0.1"),
        (&[("Host", "localhost"), ("X-Forwarded-Proto", "https")], "https://localhost"),
    ] {
        let answer = http(&server, "GET", "/", headers, "").await;
        assert_eq!((answer.status, answer.text()), (200, &*page(origin)), "{headers:?}");
        assert_eq!(answer.header("content-encoding"), None);
    }
    let tags = [("Host", "localhost:1"), ("Host", "localhost:2")];
    let mut seen = Vec::new();
    for host in tags {
        seen.push(http(&server, "GET", "/", &[host], "").await.header("etag").expect("a tag"));
    }
    assert_ne!(seen[0], seen[1], "each is a text of its own");
}

#[tokio::test]
async fn a_browser_gets_the_page_as_it_was_built() {
    let server = serve(SHARED).await;
    let headers = [("Accept-Encoding", "br"), ("Sec-Fetch-Dest", "document")];
    let answer = http(&server, "GET", "/", &headers, "").await;
    assert_eq!((answer.text(), answer.header("content-encoding").as_deref()), ("BR page", Some("br")));
}
