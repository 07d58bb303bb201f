//! What toxics do to messages, seen at the other end.

use std::time::{Duration, Instant};

use sockscope_companion::Running;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message;

use support::client::{Seen, server, soon};
use support::proxied::{Target, echo, unmasked};
use support::raw::{Raw, frame};

/// Sends the numbers 0 to `count` through the proxy to an echo and closes: what came back.
async fn pass(server: &Running, query: &str, count: usize) -> Vec<String> {
    let mut client = echo(server, query).await;
    for number in 0..count {
        client.feed(Message::text(number.to_string())).await;
    }
    client.feed(Message::Close(None)).await;
    client.flush().await;
    client.texts_until_closed().await
}

fn all(count: usize) -> Vec<String> {
    (0..count).map(|number| number.to_string()).collect()
}

/// Whichever way it is done, an echo comes back changed.
#[track_caller]
fn check(expected: &[&str], query: &str, count: usize) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    let (expected, query) = (expected.to_vec(), query.to_owned());
    async move {
        let server = server().await;
        for direction in ["upstream", "downstream"] {
            let got = pass(&server, &format!("{query}&direction={direction}"), count).await;
            assert_eq!(got, expected, "{query} {direction}, at {caller}");
        }
    }
}

#[tokio::test]
async fn drop_loses_every_message() {
    check(&[], "drop=1", 20).await;
}

#[tokio::test]
async fn duplicate_sends_every_message_twice() {
    check(&["0", "0", "1", "1", "2", "2"], "duplicate=1", 3).await;
}

#[tokio::test]
async fn reorder_swaps_neighbours() {
    check(&["1", "0", "3", "2", "5", "4"], "reorder=1", 6).await;
}

#[tokio::test]
async fn a_toxic_begins_after_its_messages() {
    check(&["0", "1", "2"], "drop=1&after=3", 20).await;
}

#[tokio::test]
async fn corrupt_changes_one_byte_and_text_stays_text() {
    let server = server().await;
    for direction in ["upstream", "downstream"] {
        let mut client = echo(&server, &format!("corrupt=1&direction={direction}")).await;
        for sent in ["hello", "é", "\u{10ffff}"] {
            client.send(sent).await;
            let got = client.text().await;
            assert_eq!(
                got.bytes().zip(sent.bytes()).filter(|(a, b)| a != b).count(),
                1,
                "{sent:?} became {got:?}"
            );
        }
        client.send_message(Message::binary(vec![0; 100_000])).await;
        assert_eq!(client.message().await.into_data().iter().filter(|byte| **byte != 0).count(), 1);
    }
}

#[tokio::test]
async fn latency_and_jitter_keep_the_order() {
    let server = server().await;
    let begun = Instant::now();
    assert_eq!(pass(&server, "latency=50ms&jitter=20ms&direction=both", 50).await, all(50));
    let took = begun.elapsed();
    // Two ways of 50 ms each; one after the other the messages would take five seconds.
    assert!((Duration::from_millis(100)..Duration::from_secs(4)).contains(&took), "{took:?}");
}

#[tokio::test]
async fn pings_are_late_too() {
    let (server, target) = (server().await, Target::listen().await);
    let (mut page, mut side) = target.connect(&server, "latency=60ms").await;
    let begun = Instant::now();
    side.stream.write_all(&unmasked(0x89, b"?")).await.unwrap();
    assert_eq!(page.frame().await, Some((0x89, b"?".to_vec())));
    assert!(begun.elapsed() >= Duration::from_millis(60), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn bandwidth_limits_the_bytes_a_second() {
    let server = server().await;
    for direction in ["upstream", "downstream"] {
        let mut client = echo(&server, &format!("bandwidth=10&direction={direction}")).await;
        let begun = Instant::now();
        for _ in 0..4 {
            client.send_message(Message::binary(vec![0; 500])).await;
        }
        for _ in 0..4 {
            client.message().await;
        }
        assert!(begun.elapsed() >= Duration::from_millis(200), "{direction} {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn slicer_sends_small_pieces_with_time_between() {
    let (server, target) = (server().await, Target::listen().await);
    let (mut page, mut side) = target.connect(&server, "slicer=10&size_variation=3&delay=10000").await;
    let sent = unmasked(0x82, &[5; 98]);
    let begun = Instant::now();
    side.stream.write_all(&sent).await.unwrap();
    let (mut got, mut sizes) = (Vec::new(), Vec::new());
    while got.len() < sent.len() {
        let mut piece = [0; 200];
        let read = soon("a piece", page.stream.read(&mut piece)).await.unwrap();
        got.extend_from_slice(&piece[..read]);
        sizes.push(read);
    }
    assert_eq!(got, sent);
    assert!(begun.elapsed() >= Duration::from_millis(60), "{:?}", begun.elapsed());
    assert!(sizes.len() > 3 && sizes.iter().any(|size| (7..=13).contains(size)), "{sizes:?}");
}

#[tokio::test]
async fn a_black_hole_passes_nothing_and_the_connection_stays() {
    let (server, target) = (server().await, Target::listen().await);
    let (mut page, mut side) = target.connect(&server, "timeout=0").await;
    side.stream.write_all(&[unmasked(0x81, b"lost"), unmasked(0x89, b"?")].concat()).await.unwrap();
    // The other way all is well.
    page.send(0x81, b"up").await;
    side.expect(&frame(0x81, b"up")).await;
    // Nothing is held back either: the target is read from.
    for _ in 0..64 {
        side.stream.write_all(&unmasked(0x82, &[0; 65536])).await.unwrap();
    }
    let mut byte = [0];
    let read = tokio::time::timeout(Duration::from_millis(50), page.stream.read(&mut byte)).await;
    assert!(read.is_err(), "{read:?}");
}

#[tokio::test]
async fn a_timeout_ends_the_connection_without_a_close_frame() {
    let server = server().await;
    let begun = Instant::now();
    let mut client = echo(&server, "timeout=80ms").await;
    client.send("lost").await;
    assert_eq!(client.end().await, Seen::Dropped);
    assert!(begun.elapsed() >= Duration::from_millis(80), "{:?}", begun.elapsed());
    crate::api::no_connections_are_left(&server).await;
}

#[tokio::test]
async fn limit_data_passes_exactly_its_bytes() {
    let (server, target) = (server().await, Target::listen().await);
    for (query, direction) in [("limit_data=100", "down"), ("upstream.limit_data=100", "up")] {
        let (mut page, mut side) = target.connect(&server, query).await;
        let (from, to) = if direction == "down" {
            (&mut side.stream, &mut page.stream)
        } else {
            (&mut page.stream, &mut side.stream)
        };
        let sent = if direction == "down" { unmasked(0x82, &[1; 300]) } else { frame(0x82, &[1; 300]) };
        from.write_all(&sent).await.unwrap();
        let mut got = Vec::new();
        soon("the end", to.read_to_end(&mut got)).await.unwrap();
        assert_eq!(got, sent[..100], "{direction}");
    }
}

#[tokio::test]
async fn a_message_too_large_to_be_waited_for_passes_whole_and_is_not_lost_in_part() {
    let server = support::client::server_with(|limits| limits.message = 1000).await;
    let target = Target::listen().await;
    let (mut page, mut side) = target.connect(&server, "drop=1").await;
    let large = unmasked(0x82, &[3; 100_000]);
    side.stream.write_all(&[unmasked(0x81, b"lost"), large, unmasked(0x81, b"lost")].concat()).await.unwrap();
    assert_eq!(page.frame().await, Some((0x82, vec![3; 100_000])));
    side.stream.write_all(&unmasked(0x8a, b"!")).await.unwrap();
    assert_eq!(page.frame().await, Some((0x8a, b"!".to_vec())));
}

#[tokio::test]
async fn the_same_seed_makes_the_same_faults() {
    let server = server().await;
    let query = |rest: &str| format!("drop=0.3&duplicate=0.3&jitter=1ms&{rest}");
    let first = pass(&server, &query("seed=7"), 100).await;
    assert_eq!(pass(&server, &query("seed=7"), 100).await, first);
    assert_ne!(pass(&server, &query("seed=8"), 100).await, first);
    // Another fault does not move it.
    let corrupt = pass(&server, &query("seed=7&corrupt=1"), 100).await;
    assert_eq!(corrupt.len(), first.len());
}

#[tokio::test]
async fn each_connection_of_a_key_fares_in_its_own_way_and_all_the_same_after_a_restart_of_the_count() {
    let server = server().await;
    let round = async || {
        let mut all = Vec::new();
        for _ in 0..4 {
            all.push(pass(&server, "drop=0.5&key=me&seed=7", 40).await);
        }
        all
    };
    let first = round().await;
    assert!(first.windows(2).all(|pair| pair[0] != pair[1]));
    support::raw::post(&server, "/api/reset", "").await;
    assert_eq!(round().await, first);
}

#[tokio::test]
async fn toxicity_strikes_some_connections_and_leaves_the_others_whole() {
    let server = server().await;
    let mut struck = 0;
    for _ in 0..40 {
        match pass(&server, "drop=1&toxicity=0.5&key=me", 3).await.len() {
            0 => struck += 1,
            3 => {}
            other => panic!("{other} of 3"),
        }
    }
    assert!((8..=32).contains(&struck), "{struck} of 40");
}

#[tokio::test]
async fn messages_still_under_way_come_before_the_target_s_end() {
    let (server, target) = (server().await, Target::listen().await);
    let (mut page, mut side) = target.connect(&server, "latency=50ms&reorder=1").await;
    side.stream.write_all(&unmasked(0x81, b"last words")).await.unwrap();
    drop(side);
    assert_eq!(page.frame().await, Some((0x81, b"last words".to_vec())));
    assert_eq!(page.ended().await.unwrap(), 0);
}

#[tokio::test]
async fn a_page_that_leaves_with_messages_under_way_leaves_nothing_behind() {
    let server = server().await;
    let mut client = echo(&server, "latency=1s&direction=both").await;
    client.send("never").await;
    drop(client);
    let raw =
        Raw::connect(&server, &support::proxied::to_own(&server, "/ws/fault?silent=true", "timeout=0")).await;
    drop(raw);
    crate::api::no_connections_are_left(&server).await;
}
