//! `sockscope open`: what it offers, and how it ends.

use std::fs;
use std::path::Path;

use support::raw::get_from;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::time::timeout;

use super::{LONG, run, sockscope};

#[tokio::test]
async fn the_files_that_a_har_names_are_offered_with_it() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/sessions/playwright-attach.har");
    let arguments = ["open", golden.to_str().unwrap(), "--port", "0", "--no-browser"];
    let mut child = sockscope(&arguments).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = timeout(LONG, lines.next_line()).await.expect("a line in time").unwrap().expect("a line");
    let (page, offer) = address.split_once("#session=").expect("an address with a session");
    let port = url::Url::parse(page).unwrap().port().expect("a port");
    let list = get_from(port, offer).await.json();
    let names: Vec<&str> = list["files"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert_eq!(names[0], "playwright-attach.har");
    let attached = golden.parent().unwrap().join(names[1]);
    assert_eq!(get_from(port, &format!("{offer}/1")).await.body, fs::read(attached).unwrap());
}

#[tokio::test]
async fn err_what_is_not_a_session_is_not_offered() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    fs::write(&file, "hello").unwrap();
    let ended = run(&["open", "--no-browser", "--port", "0", file.to_str().unwrap()]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.told.contains("expected a session"), "{ended:?}");
    let ended = run(&["open", "--no-browser", "--port", "0", "/gone/a.har"]).await;
    assert_eq!(ended.code, Some(3), "{ended:?}");
    let ended = run(&["open", "--page", "localhost:9000", file.to_str().unwrap()]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
}
