//! What a recording proxy keeps.

use std::fs;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use sockscope_engine::session::journal::{Piece, pieces};
use support::client::{server, url};
use support::raw::{Raw, get};
use support::shop::{Shop, shopping};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::{Recorder, run, visited};

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of<'l>(lines: &'l [Value], event: &str) -> Vec<&'l Value> {
    lines.iter().filter(|line| line["event"] == event).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_has_all_that_passed() {
    let (shop, _folder, session) = visited().await;
    let lines = lines(&fs::read_to_string(&session).unwrap());
    assert_eq!(of(&lines, "connecting")[0]["url"], format!("{}/shop?lang=en", shop.url));
    assert_eq!((of(&lines, "sent").len(), of(&lines, "received").len()), (30, 31));
    assert_eq!(of(&lines, "opened").len(), 1);
    let closed = of(&lines, "closed")[0];
    assert_eq!((&closed["code"], &closed["clean"]), (&1005.into(), &true.into()));
    let answers = of(&lines, "received");
    assert!(answers[1]["round_trip_ms"].as_f64().unwrap() > 0.0, "{}", answers[1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_and_bytes_pass_and_are_kept_as_they_are() {
    let echo = server().await;
    let folder = tempfile::tempdir().unwrap();
    let session = folder.path().join("echo.jsonl");
    let recorder = Recorder::start(&url(&echo, "/ws/echo"), &session).await;
    let (mut socket, _) = tokio_tungstenite::connect_async(&recorder.url).await.unwrap();
    let binary: Vec<u8> = (0..100_000_u32).map(|n| (n * 31 % 251) as u8).collect();
    for message in [Message::text("hello"), Message::binary(binary.clone()), Message::text("")] {
        socket.send(message.clone()).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), message);
    }
    socket.close(None).await.unwrap();
    while let Some(Ok(_)) = socket.next().await {}
    recorder.end().await;
    let lines = lines(&fs::read_to_string(&session).unwrap());
    for event in ["sent", "received"] {
        let kept = of(&lines, event);
        assert_eq!((kept[0]["text"].as_str(), kept[1]["bytes"].as_u64()), (Some("hello"), Some(100_000)));
        assert_eq!(kept[2]["text"], "");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_not_there_is_kept_as_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let session = folder.path().join("gone.jsonl");
    // Nothing listens on the discard port.
    let recorder = Recorder::start("ws://127.0.0.1:9", &session).await;
    tokio_tungstenite::connect_async(&recorder.url).await.unwrap_err();
    recorder.end().await;
    let lines = lines(&fs::read_to_string(&session).unwrap());
    assert!(of(&lines, "failed")[0]["message"].as_str().unwrap().contains("cannot be reached"), "{lines:?}");
    assert_eq!(of(&lines, "closed")[0]["code"], 1006);
}

#[tokio::test]
async fn err_a_taken_port_and_a_wrong_address_are_said() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ended = run(&["record", "--to", "ws://localhost:1", "--listen", &port]).await;
    assert_eq!(ended.code, Some(3), "{ended:?}");
    let ended = run(&["record", "--to", "localhost", "--listen", "0"]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_keeps_what_its_proxy_records() {
    let shop = Shop::open().await;
    let server = server().await;
    shopping(&url(&server, &format!("/ws/proxy?to={}&record=visit", shop.url))).await;
    let list = get(&server, "/api/recordings").await.json();
    let one = &list["recordings"][0];
    assert_eq!((&one["name"], &one["sent"], &one["received"]), (&"visit".into(), &30.into(), &31.into()));
    let kept = get(&server, "/api/recordings/visit").await;
    assert_eq!(of(&lines(kept.text()), "sent").len(), 30);
    assert_eq!(get(&server, "/api/recordings/other").await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fragments_are_one_message_and_pings_none() {
    let server = server().await;
    let echo = url(&server, "/ws/echo");
    let mut raw = Raw::connect(&server, &format!("/ws/proxy?to={echo}&record=parts")).await;
    raw.send(0x01, b"hel").await;
    raw.send(0x89, b"ping").await;
    raw.send(0x80, b"lo").await;
    let frames = [raw.frame().await, raw.frame().await];
    assert_eq!(frames, [Some((0x8a, b"ping".to_vec())), Some((0x81, b"hello".to_vec()))]);
    raw.send(0x88, &[0x0f, 0xa1, b'x']).await;
    assert_eq!(raw.closed().await, (4001, "x".to_owned()));
    drop(raw);
    let is_over = async || {
        let kept = get(&server, "/api/recordings/parts").await;
        let lines = lines(kept.text());
        (!of(&lines, "closed").is_empty()).then_some(lines)
    };
    let lines = support::client::eventually("the end of the connection", is_over).await;
    assert_eq!((of(&lines, "sent").len(), of(&lines, "received").len()), (1, 1));
    assert_eq!(
        (&of(&lines, "sent")[0]["text"], &of(&lines, "received")[0]["text"]),
        (&"hello".into(), &"hello".into())
    );
    assert_eq!(
        (&of(&lines, "closing")[0]["code"], &of(&lines, "closed")[0]["code"]),
        (&4001.into(), &4001.into())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_is_told_to_the_page_beside_it_while_it_goes_on() {
    let shop = Shop::open().await;
    let folder = tempfile::tempdir().unwrap();
    let session = folder.path().join("a visit.jsonl");
    let recorder = Recorder::start(&shop.url, &session).await;
    let (page, name) = recorder.page.split_once("#follow=").expect("the page follows it");
    assert_eq!(name, "a%20visit");
    shopping(&format!("{}/shop?lang=en", recorder.url)).await;
    let place = format!("{}ws/recordings?name={name}", page.replacen("http", "ws", 1));
    let (mut follower, _) = tokio_tungstenite::connect_async(place).await.unwrap();
    let mut messages = 0;
    while messages < 61 {
        let Message::Binary(bytes) = follower.next().await.unwrap().unwrap() else { panic!("a piece") };
        pieces(&bytes, |piece| {
            messages += usize::from(matches!(piece, Piece::Frame(it) if it.frame.kind.is_message()));
        })
        .unwrap();
    }
    recorder.end().await;
    // Another page has to be allowed, and with --no-page none is served.
    let quiet =
        ["record", "--to", &shop.url, "--listen", "0", "--no-page", "--out", session.to_str().unwrap()];
    let mut child = super::sockscope(&quiet).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = timeout(super::LONG, lines.next_line()).await.expect("a line in time").unwrap().unwrap();
    assert!(line.starts_with("Recording what passes ws://"), "{line}");
    child.start_kill().unwrap();
    assert_eq!(timeout(super::LONG, lines.next_line()).await.unwrap().unwrap(), None, "it says no more");
    let ended = run(&["record", "--to", &shop.url, "--listen", "0", "--page", "ftp://h/"]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
}
