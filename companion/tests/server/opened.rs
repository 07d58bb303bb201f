//! `/api/opened`: files that `sockscope open` offers, each once, and to our pages only.

use std::fs;

use serde_json::json;
use sockscope_companion::Running;
use sockscope_companion::sessions::Offered;
use support::client::server;
use support::raw::{get, http};

fn offer(server: &Running, folder: &tempfile::TempDir, files: &[(&str, &str)]) -> String {
    let offered = files.iter().map(|(name, content)| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        Offered { name: (*name).to_owned(), path }
    });
    server.offer(offered.collect())
}

#[tokio::test]
async fn each_file_is_given_once_and_what_was_not_offered_never() {
    let (server, folder) = (server().await, tempfile::tempdir().unwrap());
    let long = "x".repeat(700_000);
    let path = offer(&server, &folder, &[("a.har", "one"), ("b.jsonl", &long)]);
    let list = get(&server, &path).await;
    assert_eq!((list.status, list.json()), (200, json!({ "files": ["a.har", "b.jsonl"] })));
    assert_eq!(list.header("cache-control").as_deref(), Some("no-store"));
    assert_eq!(get(&server, &path).await.status, 404);
    assert_eq!(get(&server, &format!("{path}/1")).await.text(), long);
    assert_eq!(get(&server, &format!("{path}/1")).await.status, 404);
    assert_eq!(get(&server, &format!("{path}/0")).await.text(), "one");
    for path in [&path, &format!("{path}/0"), "/api/opened/00/0", "/api/opened/00"] {
        let answer = get(&server, path).await;
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (404, &json!("not_offered")), "{path}");
    }
    for path in [format!("{path}/-1"), format!("{path}/x"), format!("{path}/0/../a.har")] {
        assert!(get(&server, &path).await.status >= 400, "{path}");
    }
}

#[tokio::test]
async fn a_page_of_another_site_is_refused_also_when_it_knows_the_address() {
    let (server, folder) = (server().await, tempfile::tempdir().unwrap());
    let path = offer(&server, &folder, &[("a.har", "one")]);
    let file = format!("{path}/0");
    for header in [("origin", "https://evil.test"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        for path in [&path, &file] {
            let answer = http(&server, "GET", path, &[header], "").await;
            assert_eq!(
                (answer.status, answer.header("access-control-allow-origin")),
                (403, None),
                "{header:?}"
            );
        }
    }
    let own = server.urls().http.clone();
    assert_eq!(
        http(&server, "GET", &file, &[("origin", &own)], "").await.text(),
        "one",
        "and it is still there"
    );
}
