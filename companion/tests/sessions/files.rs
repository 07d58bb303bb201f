//! Sessions as files: what `diff` and `convert` make of good ones and of bad ones.

use std::fs;
use std::path::Path;

use sockscope_engine::suite::Suite;

use super::{run, visited};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_written_in_every_form() {
    let (_shop, folder, session) = visited().await;
    let recorded = fs::read_to_string(&session).unwrap();
    let token = recorded.split("\\\"token\\\":\\\"").nth(1).unwrap().split('\\').next().unwrap();
    let form = async |to: &str, more: &[&str]| {
        let ended = run(&[&["convert", text(&session), "--to", to], more].concat()).await;
        assert_eq!(ended.code, Some(0), "{to}: {ended:?}");
        ended.out
    };
    assert_eq!(form("jsonl", &[]).await, recorded);
    for (to, again) in [("har", "a.har"), ("csv", "a.csv")] {
        let other = folder.path().join(again);
        fs::write(&other, form(to, &[]).await).unwrap();
        let ended = run(&["diff", text(&session), text(&other)]).await;
        assert_eq!(ended.code, Some(0), "{to}: {ended:?}");
    }
    let markdown = form("md", &["--only", "2-4"]).await;
    assert!(markdown.starts_with("# visit\n") && markdown.contains("```json\n{"), "{markdown}");
    assert!(!markdown.contains(token) && markdown.contains("***"), "{markdown}");
    assert_eq!(markdown.matches("```json").count(), 3, "{markdown}");
    assert!(form("md", &["--secrets", "keep"]).await.contains(token));
    let html = form("html", &[]).await;
    assert!(html.contains("<table>") && !html.contains(token) && !html.contains("<script"), "{html}");
    assert!(Suite::parse(&form("suite", &[]).await).is_ok());
}

#[tokio::test]
async fn err_bad_files_are_said_with_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let (good, bad, masks) =
        (folder.path().join("a.jsonl"), folder.path().join("b.har"), folder.path().join("m.json"));
    fs::write(&good, "{\"event\":\"received\",\"connection\":1,\"text\":\"x\"}\n").unwrap();
    fs::write(&bad, "{\"log\":{\"entries\":[\n{\"request\":").unwrap();
    fs::write(&masks, "{\"masks\":9}").unwrap();
    let ended = run(&["diff", text(&good), text(&bad)]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.told.contains("b.har: line 2, column 11: the file is cut off"), "{ended:?}");
    assert_eq!(ended.told.matches("cut off").count(), 1, "{ended:?}");
    let ended = run(&["diff", text(&good), "/gone/c.jsonl"]).await;
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert_eq!(ended.told.matches("No such file").count(), 1, "{ended:?}");
    let ended = run(&["diff", text(&good), text(&good), "--masks", text(&masks)]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.told.contains("m.json: line 1, column 1: expected masks of the form 1, found 9"),
        "{ended:?}"
    );
    let ended = run(&["convert", text(&bad), "--to", "csv"]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
}

#[tokio::test]
async fn a_difference_is_told_to_people_and_machines() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (folder.path().join("a.jsonl"), folder.path().join("b.jsonl"));
    let session = |price: u32| {
        format!(
            "{{\"event\":\"received\",\"connection\":1,\"name\":\"c1\",\"text\":\"{{\\\"type\\\":\\\"price\\\",\\\"price\\\":{price}}}\"}}\n"
        )
    };
    fs::write(&one, session(10)).unwrap();
    fs::write(&other, session(11)).unwrap();
    let ended = run(&["diff", text(&one), text(&other)]).await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(
        ended.out.starts_with("changed   {\"type\":\"price\"} to c1: $.price was 10, is 11"),
        "{ended:?}"
    );
    for (format, part) in
        [("json", "\"path\":\"$.price\""), ("html", "<code>$.price</code>"), ("junit", "failures=\"1\"")]
    {
        let ended = run(&["diff", text(&one), text(&other), "--format", format]).await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.out.contains(part), "{format}: {ended:?}");
    }
}
