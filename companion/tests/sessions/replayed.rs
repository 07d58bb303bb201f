//! What a replay says about a server: nothing when it is the same one, one line for each thing that is wrong.

use std::fs;

use serde_json::Value;
use support::shop::Fault;

use super::{Ended, run, visited};

/// Replays a session and compares it with itself.
async fn replayed(session: &std::path::Path, to: &str, more: &[&str]) -> Ended {
    let arguments = ["replay", session.to_str().unwrap(), "--to", to, "--diff"];
    run(&[&arguments, more].concat()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_server_replayed_twenty_times_is_the_same_each_time() {
    let (shop, _folder, session) = visited().await;
    for nth in 0..20 {
        let speed = ["answers", "original", "3x"][nth % 3];
        let ended = replayed(&session, &shop.url, &["--speed", speed]).await;
        assert_eq!(ended.code, Some(0), "{nth} at {speed}: {ended:?}");
        assert!(ended.out.starts_with("no difference; 61 messages in both"), "{ended:?}");
        let told = "30 values in what was sent came from the server and were replaced by those of now.";
        assert!(ended.told.contains(told), "{ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_of_a_server_is_exactly_one_line() {
    let (shop, _folder, session) = visited().await;
    let faults = [
        (Fault::DropsField(13), "changed   {\"type\":\"price\"} to c1: $.currency was \"EUR\", is nothing"),
        (Fault::Late(18), "slower    {\"type\":\"price\"} to c1: one answer took 5"),
        // It holds up the answer to the question that came with it.
        (Fault::Late(17), "slower    {\"type\":\"price\"} to c1: 2 answers took up to 5"),
        (Fault::Swaps(11), "reordered {\"type\":\"price\"} to c1: other messages came before it"),
        (Fault::Mute(30), "missing   {\"type\":\"price\"} to c1"),
    ];
    for (fault, expected) in faults {
        shop.break_as(fault);
        let ended = replayed(&session, &shop.url, &["--speed", "answers"]).await;
        assert_eq!(ended.code, Some(1), "{fault:?}: {ended:?}");
        let lines: Vec<&str> = ended.out.lines().collect();
        assert!(lines[0].starts_with(expected), "{fault:?}: {ended:?}");
        assert!(lines[1].starts_with("1 difference; "), "{fault:?}: {ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_is_a_session_that_can_be_compared_later() {
    let (shop, folder, session) = visited().await;
    let out = folder.path().join("replay.jsonl");
    let (session, out) = (session.to_str().unwrap(), out.to_str().unwrap());
    let ended =
        run(&["replay", session, "--to", &shop.url, "--speed", "answers", "--times", "2", "--out", out])
            .await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.out, "30 sent, 31 received; the session has 31 received\n".repeat(2));
    assert_eq!(fs::read_to_string(out).unwrap().matches("{\"event\":\"again\"}").count(), 1);
    let ended = run(&["diff", session, out, "--format", "json"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let found: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((&found["diff"], &found["same"], &found["matched"]), (&1.into(), &true.into(), &61.into()));
    // What varies between two runs of one server is learnt, and kept for those who come after.
    let masks = folder.path().join("masks.json");
    let masks = masks.to_str().unwrap();
    let ended = run(&["diff", session, out, "--learn", out, "--masks", masks]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(fs::read_to_string(masks).unwrap().starts_with("{\n  \"masks\": 1,"));
    assert_eq!(run(&["diff", session, out, "--masks", masks]).await.code, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn err_what_cannot_be_replayed_ends_with_its_own_code() {
    let (_shop, folder, session) = visited().await;
    let session = session.to_str().unwrap();
    let ended = run(&["replay", session, "--to", "ws://127.0.0.1:9", "--speed", "answers"]).await;
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.told.contains("no connection could be opened"), "{ended:?}");
    let ended = run(&["replay", session, "--to", "ftp://h"]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    let ended = run(&["replay", session, "--to", "ws://h", "--speed", "fast"]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.told.contains("write original, answers, or a number of times such as 2x"), "{ended:?}");
    let empty = folder.path().join("empty.jsonl");
    fs::write(&empty, "{\"event\":\"received\",\"connection\":1,\"text\":\"x\"}\n").unwrap();
    let ended = run(&["replay", empty.to_str().unwrap(), "--to", "ws://h"]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_without_its_secrets_takes_them_by_name() {
    let echo = support::client::server().await;
    let folder = tempfile::tempdir().unwrap();
    let (session, out) = (folder.path().join("kept.jsonl"), folder.path().join("out.jsonl"));
    let lines = concat!(
        r#"{"event":"connecting","at_ms":0,"connection":1,"name":"a","url":"ws://old/ws/echo","protocols":[]}"#,
        "\n",
        r#"{"event":"sent","at_ms":1,"connection":1,"name":"a","text":"{\"password\":\"***\",\"n\":1}"}"#,
        "\n",
        r#"{"event":"received","at_ms":2,"connection":1,"name":"a","text":"{\"password\":\"***\",\"n\":1}"}"#,
        "\n",
    );
    std::fs::write(&session, lines).unwrap();
    let to = support::client::url(&echo, "");
    let (session, file) = (session.to_str().unwrap(), out.to_str().unwrap());
    let replay = ["replay", session, "--to", &to, "--speed", "answers", "--out", file];
    let ended = run(&replay).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.told.contains("1 frame to be sent has *** in place of a value: frame 1 password"),
        "{ended:?}"
    );
    assert!(ended.told.contains("--var password=…") && ended.told.contains("--send-masks"), "{ended:?}");
    assert!(!out.exists(), "nothing was sent");
    let ended = run(&[&replay[..], &["--var", "password=s3cret-of-today", "--diff"]].concat()).await;
    assert_eq!(ended.code, Some(0), "the echo is the same: {ended:?}");
    let written = std::fs::read_to_string(&out).unwrap();
    assert!(written.contains(r#"\"password\":\"***\""#) && !written.contains("s3cret"), "{written}");
    let ended = run(&[&replay[..], &["--send-masks"]].concat()).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.told.contains("went out as the session has it"), "{ended:?}");
}
