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
    assert_eq!(ended.told.matches("no such file").count(), 1, "{ended:?}");
    let ended = run(&["diff", text(&good), text(&good), "--masks", text(&masks)]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended
            .told
            .contains("m.json: line 1, column 1: expected \"masks\": 1, the version of the file; found 9"),
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

/// Two sessions of one connection with one message each.
fn two(folder: &Path, one: &str, other: &str) -> [String; 2] {
    [("one.jsonl", one), ("other.jsonl", other)].map(|(name, message)| {
        let file = folder.join(name);
        let message = serde_json::Value::from(message);
        let line =
            format!("{{\"event\":\"received\",\"connection\":1,\"name\":\"c1\",\"text\":{message}}}\n");
        fs::write(&file, line).unwrap();
        text(&file).to_owned()
    })
}

#[tokio::test]
async fn secrets_that_differ_are_shown_when_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = two(
        folder.path(),
        "{\"type\":\"login\",\"password\":\"hunter2-secret\"}",
        "{\"type\":\"login\",\"password\":\"correct-horse\"}",
    );
    let ended = run(&["diff", &one, &other, "--show-secrets"]).await;
    assert!(ended.out.contains("$.password was \"hunter2-secret\", is \"correct-horse\""), "{ended:?}");
    let ended = run(&["diff", &one, &other]).await;
    assert!(ended.out.contains("$.password differs, and both values are masked"), "{ended:?}");
    for format in ["text", "json", "html", "junit"] {
        let ended = run(&["diff", &one, &other, "--format", format]).await;
        assert!(!ended.out.contains("hunter2") && !ended.out.contains("horse"), "{format}: {ended:?}");
    }
}

#[tokio::test]
async fn learning_says_how_many_masks_were_learnt() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = two(
        folder.path(),
        "{\"type\":\"note\",\"word\":\"red\",\"user\":\"4b5bbb99-ec32-41f6-94d2-4d6bf370682a\"}",
        "{\"type\":\"note\",\"word\":\"blue\",\"user\":\"856abb7d-d0a8-44e0-9832-3bab6e5e34a9\"}",
    );
    let masks = folder.path().join("masks.json");
    let ended = run(&["diff", &one, &other, "--learn", &one, "--masks", text(&masks)]).await;
    assert_eq!(ended.told, "sockscope: 0 masks learnt: both runs are equal\n");
    assert!(!ended.out.to_lowercase().contains("learn"), "{ended:?}");
    let ended = run(&["diff", &one, &other, "--learn", &other, "--masks", text(&masks)]).await;
    assert_eq!((ended.code, ended.told.as_str()), (Some(0), "sockscope: 1 mask learnt\n"));
    let ended = run(&["diff", &one, &other, "--learn", &other, "--masks", text(&masks)]).await;
    let expected = "sockscope: 0 masks learnt: both runs are equal but for ids, times and counters, which are not compared (1 value)\n";
    assert_eq!(ended.told, expected);
    assert_eq!(run(&["diff", &one, &other, "--masks", text(&masks)]).await.code, Some(0));
}

#[tokio::test]
async fn err_a_choice_without_a_frame_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let [one, _] = two(folder.path(), "{}", "{}");
    let out = folder.path().join("out.md");
    let only = async |numbers: &str| {
        run(&["convert", &one, "--to", "md", "--only", numbers, "--out", text(&out)]).await
    };
    let ended = only("5-3").await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.told.contains("expected the smaller number first, found 5-3: write 3-5"), "{ended:?}");
    let ended = only("9999").await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.told.contains("one.jsonl: --only chooses no frame; the session has the frames"),
        "{ended:?}"
    );
    assert!(!out.exists());
    assert_eq!(only("0-9999").await.code, Some(0));
    assert!(out.exists());
}
