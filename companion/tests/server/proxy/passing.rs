//! Without a fault the proxy is not there.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use sockscope_companion::Running;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message;

use support::client::{Client, Seen, port, server, server_with, soon};
use support::proxied::{Side, Target, echo, to_own, unmasked};
use support::raw::{Raw, frame};

/// What goes one way: frames of any kind, and the sizes of the writes that they are cut into.
#[derive(Debug, Clone)]
struct Traffic {
    frames: Vec<(u8, Vec<u8>)>,
    writes: Vec<usize>,
}

impl Traffic {
    fn bytes(&self, is_masked: bool) -> Vec<u8> {
        let written = |(first, payload): &(u8, Vec<u8>)| {
            if is_masked { frame(*first, payload) } else { unmasked(*first, payload) }
        };
        self.frames.iter().flat_map(written).collect()
    }

    fn cuts(&self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let (mut cuts, mut rest) = (Vec::new(), bytes);
        for size in self.writes.iter().cycle() {
            let (now, later) = rest.split_at((*size).min(rest.len()));
            cuts.push(now.to_vec());
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        cuts
    }
}

prop_compose! {
    /// A message in one to four frames, with a ping or pong in the middle of some.
    fn message()(
        opcode in 1u8..=2,
        sizes in vec(prop_oneof![0usize..130, 65_000usize..66_000, 0usize..300_000], 1..4),
        control in proptest::option::of((0x89u8..=0x8a, vec(any::<u8>(), 0..20))),
        fill in any::<u8>(),
    ) -> Vec<(u8, Vec<u8>)> {
        let mut frames = Vec::new();
        let last = sizes.len() - 1;
        for (at, size) in sizes.into_iter().enumerate() {
            let opcode = if at == 0 { opcode } else { 0 };
            let is_final = if at == last { 0x80 } else { 0 };
            let payload = (0..size).map(|place| fill.wrapping_add(place as u8) & 0x7f).collect();
            frames.push((opcode | is_final, payload));
            if at == 0 && let Some(control) = &control {
                frames.push(control.clone());
            }
        }
        frames
    }
}

prop_compose! {
    fn traffic()(
        messages in vec(message(), 1..8),
        writes in vec(prop_oneof![1usize..20, 1usize..70_000, Just(usize::MAX)], 1..5),
    ) -> Traffic {
        let writes = if messages.iter().flatten().map(|(_, payload)| payload.len()).sum::<usize>() > 50_000 {
            writes.into_iter().map(|size| size.max(1000)).collect()
        } else {
            writes
        };
        Traffic { frames: messages.concat(), writes }
    }
}

async fn send(stream: &mut (impl AsyncWriteExt + Unpin), traffic: &Traffic, bytes: &[u8]) {
    for cut in traffic.cuts(bytes) {
        stream.write_all(&cut).await.unwrap();
    }
}

async fn receive(stream: &mut (impl AsyncReadExt + Unpin), count: usize) -> Vec<u8> {
    let mut got = vec![0; count];
    soon("all bytes", stream.read_exact(&mut got)).await.unwrap();
    got
}

/// Sends both ways at once, and wants the same bytes at the other ends.
async fn check_identical(server: &Running, target: &Target, query: &str, up: Traffic, down: Traffic) {
    let (page, side) = target.connect(server, query).await;
    let (masked, plain) = (up.bytes(true), down.bytes(false));
    let (mut from_page, mut to_page) = page.stream.into_split();
    let (mut from_side, mut to_side) = side.stream.into_split();
    let ((), (), at_target, at_page) = tokio::join!(
        send(&mut to_page, &up, &masked),
        send(&mut to_side, &down, &plain),
        receive(&mut from_side, masked.len()),
        receive(&mut from_page, plain.len()),
    );
    assert!(at_target == masked, "the target got other bytes than the page sent");
    assert!(at_page == plain, "the page got other bytes than the target sent");
}

/// Bytes that are waited for whole are put in order by messages: pings in the middle of one go first.
fn without_controls_inside(mut traffic: Traffic) -> Traffic {
    traffic.frames.retain(|(first, _)| first & 0x08 == 0);
    traffic
}

fn check_property(query: &str, change: fn(Traffic) -> Traffic) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (server, target) = runtime.block_on(async { (server().await, Target::listen().await) });
    let config = ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let outcome = runner.run(&(traffic(), traffic()), |(up, down)| {
        runtime.block_on(check_identical(&server, &target, query, change(up), change(down)));
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn every_byte_arrives_as_it_was_sent_both_ways() {
    check_property("", |traffic| traffic);
}

#[test]
fn every_byte_arrives_as_it_was_sent_when_messages_wait_for_each_other() {
    check_property("latency=1ms&direction=both", without_controls_inside);
}

#[test]
fn every_byte_arrives_as_it_was_sent_in_slices() {
    check_property("slicer=3000&size_variation=2999&direction=both", |traffic| traffic);
}

/// Puts toxics in and takes them out that delay and cut, and change nothing, for as long as it is let.
async fn switch(server: &Running) {
    loop {
        for toxic in [
            r#"{"name":"late","type":"latency","stream":"both","attributes":{"latency":2,"jitter":1}}"#,
            r#"{"name":"cut","type":"slicer","stream":"both","attributes":{"average_size":5000}}"#,
            r#"{"name":"whole","type":"corrupt","stream":"both","attributes":{"probability":0,"after":2}}"#,
        ] {
            support::raw::post(server, "/api/proxy/toxics", toxic).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        support::raw::http(server, "DELETE", "/api/proxy/toxics", &[], "").await;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_byte_arrives_as_it_was_sent_while_toxics_come_and_go() {
    let (server, target) = (server().await, Target::listen().await);
    let one = |way: u8| Traffic {
        frames: (0..300)
            .map(|at: usize| (0x82, vec![way ^ at as u8; [3, 200, 9000, 70_000][at % 4]]))
            .collect(),
        writes: vec![10, 3000, 65_000, 200_000],
    };
    let checks = async {
        for _ in 0..5 {
            check_identical(&server, &target, "", one(0), one(1)).await;
        }
    };
    tokio::select! {
        () = checks => {}
        () = switch(&server) => {}
    }
}

#[tokio::test]
async fn what_comes_with_the_target_s_answer_is_not_lost() {
    let (server, target) = (server().await, Target::listen().await);
    let accepted = async {
        let mut side = target.accept().await;
        let head = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
        side.stream.write_all(&[&head[..], &unmasked(0x81, b"hello")].concat()).await.unwrap();
        side
    };
    let path = target.path("");
    let (mut page, _side) = tokio::join!(Raw::connect(&server, &path), accepted);
    assert_eq!(page.frame().await, Some((0x81, b"hello".to_vec())));
}

#[tokio::test]
async fn close_codes_and_reasons_pass_from_the_target_and_their_answers_back() {
    let (server, target) = (server().await, Target::listen().await);
    for code in [1000u16, 1001, 1011, 3000, 4999, 999, 1005, 65535] {
        let (mut page, mut side) = target.connect(&server, "").await;
        let body = [&code.to_be_bytes()[..], "grüße".as_bytes()].concat();
        side.stream.write_all(&unmasked(0x88, &body)).await.unwrap();
        assert_eq!(page.closed().await, (code, "grüße".to_owned()));
        let answer = frame(0x88, &body);
        page.stream.write_all(&answer).await.unwrap();
        side.expect(&answer).await;
        drop(side);
        assert_eq!(page.ended().await.unwrap(), 0, "{code}");
    }
}

#[tokio::test]
async fn close_codes_and_reasons_pass_from_the_page() {
    let server = server().await;
    for code in [1000, 3000, 4999] {
        let client = echo(&server, "").await;
        let reason = "ü".repeat(61);
        assert_eq!(client.close(code, &reason).await, Seen::Close(code, reason));
    }
    let mut raw = Raw::connect(&server, &to_own(&server, "/ws/echo", "")).await;
    raw.send(0x88, b"").await;
    assert_eq!(raw.frame().await, Some((0x88, vec![])));
    assert_eq!(raw.ended().await.unwrap(), 0);
    crate::api::no_connections_are_left(&server).await;
}

#[tokio::test]
async fn what_breaks_the_protocol_passes_too() {
    let (server, target) = (server().await, Target::listen().await);
    let (mut page, mut side) = target.connect(&server, "").await;
    let broken = [
        unmasked(0xf1, b"reserved bits"),
        unmasked(0x80, b"continues nothing"),
        unmasked(0x8f, b"unknown"),
        unmasked(0x81, b"\xff"),
        frame(0x82, b"masked"),
        vec![0x82, 126, 0, 1, b'x'],
    ]
    .concat();
    side.stream.write_all(&broken).await.unwrap();
    assert_eq!(receive(&mut page.stream, broken.len()).await, broken);
}

#[tokio::test]
async fn half_a_frame_passes_before_the_other_half_is_there() {
    let (server, target) = (server().await, Target::listen().await);
    let (mut page, mut side) = target.connect(&server, "").await;
    let bytes = unmasked(0x82, &[7; 1000]);
    side.stream.write_all(&bytes[..500]).await.unwrap();
    assert_eq!(receive(&mut page.stream, 500).await, bytes[..500]);
}

/// Writes until the other side takes no more for a second, and says how much it took.
async fn fill(stream: &mut tokio::net::TcpStream, bytes: &[u8]) -> usize {
    let mut sent = 0;
    while sent < 256 << 20 {
        match tokio::time::timeout(Duration::from_secs(1), stream.write_all(bytes)).await {
            Ok(written) => written.unwrap(),
            Err(_) => return sent,
        }
        sent += bytes.len();
    }
    panic!("{sent} bytes were taken");
}

#[tokio::test]
async fn a_side_that_does_not_read_stops_the_other_one() {
    // What is held for all together is not the matter here.
    let server = server_with(|limits| limits.held = 256 << 20).await;
    let target = Target::listen().await;
    for query in ["", "latency=60s&direction=both"] {
        let (mut page, mut side) = target.connect(&server, query).await;
        let down = fill(&mut side.stream, &unmasked(0x82, &[0; 65536])).await;
        let up = fill(&mut page.stream, &frame(0x82, &[0; 65536])).await;
        assert!(down < 64 << 20 && up < 64 << 20, "{query}: {down} down, {up} up");
    }
    let mut other = echo(&server, "").await;
    other.send("unhurt").await;
    assert_eq!(other.text().await, "unhurt");
}

#[tokio::test]
async fn an_end_without_a_close_frame_passes_as_what_it_was() {
    let (server, target) = (server().await, Target::listen().await);
    let (mut page, side) = target.connect(&server, "").await;
    drop(side);
    assert_eq!(page.ended().await.unwrap(), 0);

    let (mut page, side) = target.connect(&server, "").await;
    reset(side);
    assert_eq!(page.ended().await.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);

    let (page, mut side) = target.connect(&server, "").await;
    drop(page);
    assert_eq!(side.ended().await.unwrap(), 0);
    drop(side);
    crate::api::no_connections_are_left(&server).await;
}

fn reset(side: Side) {
    socket2::SockRef::from(&side.stream).set_linger(Some(Duration::ZERO)).unwrap();
}

#[tokio::test]
async fn what_passes_is_counted() {
    let server = server().await;
    let mut client = echo(&server, "key=me").await;
    client.send("12345").await;
    client.send_message(Message::binary(vec![0; 10])).await;
    client.message().await;
    client.message().await;
    let all = support::raw::get(&server, "/api/proxy?key=me").await.json();
    assert_eq!(all["total"], 1);
    let one = &all["connections"][0];
    assert_eq!((&one["key"], &one["state"]), (&"me".into(), &"open".into()));
    assert_eq!(one["to"], format!("ws://127.0.0.1:{}/ws/echo", port(&server)));
    for way in ["upstream", "downstream"] {
        assert_eq!(one[way], serde_json::json!({ "messages": 2, "bytes": 15 }), "{way}");
    }
}

#[tokio::test]
async fn stopping_the_server_closes_both_sides() {
    let (server, target) = (server().await, Target::listen().await);
    let (mut page, mut side) = target.connect(&server, "").await;
    let ends = async {
        assert_eq!(page.closed().await, (1001, "server going away".to_owned()));
        let answer = frame(0x88, &1001u16.to_be_bytes());
        page.stream.write_all(&answer).await.unwrap();
        side.expect(&answer).await;
    };
    tokio::join!(server.shutdown(), ends);
}

/// Round trips of a small message, in order of their length.
async fn round_trips(client: &mut Client, count: usize) -> Vec<Duration> {
    let mut all = Vec::new();
    for _ in 0..count {
        let begun = std::time::Instant::now();
        client.send("0123456789abcdef0123456789abcdef").await;
        client.message().await;
        all.push(begun.elapsed());
    }
    all.sort();
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_way_through_the_proxy_takes_little_longer() {
    let server = server().await;
    let mut direct = Client::connect(&server, "/ws/echo").await;
    let mut through = echo(&server, "").await;
    // Taken by turns and the best of several: others use this machine too.
    let mut added = Vec::new();
    for _ in 0..8 {
        let (direct, through) = (round_trips(&mut direct, 300).await, round_trips(&mut through, 300).await);
        let (direct, through) = (direct[150], through[150]);
        added.push((through.saturating_sub(direct), direct, through));
    }
    added.sort();
    let (added, direct, through) = added[0];
    println!("p50 direct {direct:?}, through the proxy {through:?}, added {added:?}");
    assert!(added < Duration::from_micros(200), "direct {direct:?}, through the proxy {through:?}");
}
