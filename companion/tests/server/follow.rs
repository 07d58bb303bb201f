//! A follower gets a recording while it goes on: byte for byte, from any frame on, and with its gaps.

use serde_json::json;
use sockscope_companion::routes::recordings::Recording;
use sockscope_companion::server::Running;
use sockscope_engine::FrameKind;
use sockscope_engine::session::journal::{Piece, pieces};
use support::client::{Client, Seen, eventually, port, server, url};
use support::raw::{Raw, http};
use tokio_tungstenite::tungstenite::Message;

/// What a follower has of a recording.
#[derive(Default)]
struct Copied {
    id: String,
    connections: Vec<(String, bool, bool)>,
    frames: Vec<(u64, FrameKind, Vec<u8>)>,
}

impl Copied {
    fn take(&mut self, bytes: &[u8]) {
        let read = pieces(bytes, |piece| match piece {
            Piece::About(about) => self.id = about.id,
            Piece::Connection(it) => {
                self.connections.retain(|(name, ..)| *name != it.name);
                self.connections.push((it.name.clone(), it.opened.is_some(), it.closed.is_some()));
            }
            Piece::Frame(it) => {
                self.frames.push((it.frame.number, it.frame.kind, it.frame.bytes.to_vec()));
            }
        });
        read.expect("a part of a session");
    }

    /// Takes what comes until it is enough.
    async fn until(&mut self, follower: &mut Client, is: impl Fn(&Self) -> bool) {
        while !is(self) {
            match follower.message().await {
                Message::Binary(bytes) => self.take(&bytes),
                other => panic!("expected a piece, found {other:?}"),
            }
        }
    }

    fn of(&self, kind: FrameKind) -> Vec<Vec<u8>> {
        self.frames.iter().filter(|(_, it, _)| *it == kind).map(|(_, _, bytes)| bytes.clone()).collect()
    }
}

async fn recorded(server: &Running, name: &str) -> Client {
    let echo = url(server, "/ws/echo");
    Client::connect(server, &format!("/ws/proxy?to={echo}&record={name}")).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_passes_is_told_byte_for_byte_as_it_passes() {
    let server = server().await;
    let mut client = recorded(&server, "shop").await;
    client.send("before").await;
    assert_eq!(client.text().await, "before");
    let mut follower = Client::connect(&server, "/ws/recordings?name=shop").await;
    let mut told = Copied::default();
    told.until(&mut follower, |told| told.of(FrameKind::ReceivedText).len() == 1).await;
    let binary: Vec<u8> = (0..100_000_u32).map(|n| (n * 31 % 251) as u8).collect();
    for message in [Message::text(""), Message::text("grüße"), Message::binary(binary.clone())] {
        client.send_message(message.clone()).await;
        assert_eq!(client.message().await, message);
    }
    told.until(&mut follower, |told| told.of(FrameKind::ReceivedBinary).len() == 1).await;
    for kind in [FrameKind::SentText, FrameKind::ReceivedText] {
        assert_eq!(told.of(kind), [b"before".to_vec(), Vec::new(), "grüße".as_bytes().to_vec()]);
    }
    assert_eq!(
        (told.of(FrameKind::SentBinary), told.of(FrameKind::ReceivedBinary)),
        (vec![binary.clone()], vec![binary])
    );
    assert_eq!(told.connections, [("c1".to_owned(), true, false)]);
    client.close(1000, "").await;
    told.until(&mut follower, |told| told.connections == [("c1".to_owned(), true, true)]).await;
    let numbers: Vec<u64> = told.frames.iter().map(|(number, ..)| *number).collect();
    assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_that_comes_back_goes_on_where_it_was() {
    let server = server().await;
    let mut client = recorded(&server, "shop").await;
    client.send("one").await;
    client.text().await;
    let mut told = Copied::default();
    let mut follower = Client::connect(&server, "/ws/recordings?name=shop").await;
    told.until(&mut follower, |told| told.of(FrameKind::ReceivedText).len() == 1).await;
    follower.close(1000, "").await;
    client.send("two").await;
    client.text().await;
    let next = told.frames.len();
    let mut later = Copied::default();
    let mut again =
        Client::connect(&server, &format!("/ws/recordings?name=shop&of={}&from={next}", told.id)).await;
    later.until(&mut again, |told| !told.of(FrameKind::ReceivedText).is_empty()).await;
    assert_eq!(later.frames[0].0, next as u64);
    assert_eq!(later.of(FrameKind::SentText), [b"two".to_vec()]);
    // The numbers of another recording of this name mean nothing here.
    let mut other = Copied::default();
    let mut fresh =
        Client::connect(&server, &format!("/ws/recordings?name=shop&of=0-shop&from={next}")).await;
    other.until(&mut fresh, |told| told.of(FrameKind::ReceivedText).len() == 2).await;
    assert_eq!(other.frames[0].0, 0);
}

#[test]
fn what_the_recording_has_dropped_is_a_gap_between_two_numbers() {
    let recording = std::sync::Arc::new(Recording::new("shop", 1 << 20));
    let line = recording.connect("ws://h/", Vec::new());
    let mut follower = recording.follower(None, 0);
    let mut told = Copied::default();
    told.take(&recording.piece(&mut follower, 1 << 20).expect("the handshake"));
    assert!(recording.piece(&mut follower, 1 << 20).is_none(), "nothing is new");
    let large = vec![b'x'; 100_000];
    (0..100).for_each(|_| line.message(false, true, &large));
    let before = told.frames.len() as u64;
    let mut rounds = 0;
    while let Some(piece) = recording.piece(&mut follower, 200_000) {
        assert!(piece.len() < 400_000, "a piece is bounded");
        told.take(&piece);
        rounds += 1;
    }
    assert!(rounds > 1, "it comes in pieces");
    let numbers: Vec<u64> = told.frames.iter().map(|(number, ..)| *number).collect();
    assert!(numbers[before as usize] > before + 50, "most were dropped: {numbers:?}");
    assert_eq!(numbers.last(), Some(&100), "the last one is there");
    assert!(numbers[before as usize..].windows(2).all(|two| two[0] + 1 == two[1]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_that_goes_ends_its_followers() {
    let server = server().await;
    let mut follower = Client::connect(&server, "/ws/recordings?name=none").await;
    let seen = follower.end().await;
    assert!(matches!(seen, Seen::Close(4004, _)), "{seen:?}");
    let mut client = recorded(&server, "shop").await;
    client.send("x").await;
    client.text().await;
    let mut follower = Client::connect(&server, "/ws/recordings?name=shop").await;
    let mut told = Copied::default();
    told.until(&mut follower, |told| told.of(FrameKind::ReceivedText).len() == 1).await;
    assert_eq!(http(&server, "DELETE", "/api/recordings/shop", &[], "").await.status, 200);
    assert_eq!(follower.end().await, Seen::Close(1000, "the recording was removed".to_owned()));
    let list = eventually("the connection left", || async {
        let list = http(&server, "GET", "/api/recordings", &[], "").await.json();
        (list == json!({ "recordings": [] })).then_some(list)
    });
    list.await;
}

#[tokio::test]
async fn err_a_page_of_another_origin_follows_nothing() {
    let server = server().await;
    for (origin, status) in [
        ("https://evil.test".to_owned(), 403),
        ("null".to_owned(), 403),
        (format!("http://localhost:{}", port(&server)), 101),
    ] {
        let fields = format!("Origin: {origin}\r\n");
        let (_, answer) = Raw::handshake(&server, "/ws/recordings?name=shop", &fields).await;
        assert_eq!(answer.status, status, "{origin}");
    }
    let (_, answer) = Raw::handshake(&server, "/ws/recordings", "").await;
    assert_eq!(answer.status, 400);
}
