//! Followed recordings: what the timeline has of them, and how the page learns of it.

use std::time::Duration;

use sockscope::wire;
use sockscope::wire::bench::{FollowedSeen, OutsideRequest, OutsideUpdate, Request};
use sockscope_engine::report::Connection;
use sockscope_engine::session::journal::{self, About, FrameRecord};
use sockscope_engine::sim::{Act, Peer, Server};
use sockscope_engine::{Frame, FrameKind, Instant, Payload};

use super::page::{ALICE, Echo, TICK, with_page};

/// A server that tells a recording in pieces.
struct Telling(Vec<Vec<u8>>);

impl Server for Telling {
    fn accepts_after(&mut self) -> Option<Duration> {
        Some(Duration::from_millis(1))
    }
    fn on_open(&mut self, peer: Peer) {
        for (at, piece) in (1..).zip(std::mem::take(&mut self.0)) {
            peer.after(Duration::from_millis(at), Act::Send(Payload::Binary(piece)));
        }
    }
    fn on_message(&mut self, _: Payload, _: u64) -> Vec<(Duration, Act)> {
        panic!("a follower says nothing")
    }
    fn answers_close_after(&mut self) -> Option<Duration> {
        Some(Duration::from_millis(1))
    }
}

fn piece(
    about: Option<&About>,
    connection: Option<&Connection>,
    frames: &[(u64, FrameKind, &[u8])],
) -> Vec<u8> {
    let mut piece = Vec::new();
    journal::begin(&mut piece);
    about.into_iter().for_each(|about| journal::write_about(&mut piece, about));
    connection.into_iter().for_each(|it| journal::write_connection(&mut piece, it));
    if let Some((first, ..)) = frames.first() {
        journal::write_segment(&mut piece, *first);
        for (number, kind, bytes) in frames {
            let frame = Frame {
                number: *number,
                at: Instant::from_nanos(number * 1_000_000),
                connection: 1,
                kind: *kind,
                bytes,
                round_trip: None,
                is_tainted: false,
            };
            journal::write_frame(&mut piece, FrameRecord { frame, question: None }, *first);
        }
    }
    piece
}

#[test]
fn a_recording_that_is_followed_is_in_the_timeline_with_its_gaps() {
    with_page(Echo::default(), |page| async move {
        let about =
            About { id: "1-shop".into(), name: "shop".into(), origin_us: 5_000_000, ..About::default() };
        let connection = Connection {
            id: 1,
            name: "c1".into(),
            url: "ws://shop/".into(),
            offered: Vec::new(),
            by_relay: false,
            asked: Instant::ORIGIN,
            opened: None,
            closed: None,
        };
        let binary: &[u8] = &[0, 159, 146, 150];
        let first = piece(
            Some(&about),
            Some(&connection),
            &[(0, FrameKind::Connecting, b"ws://shop/"), (1, FrameKind::SentText, b"ping")],
        );
        let second = piece(
            None,
            None,
            &[(2, FrameKind::ReceivedText, b"ping"), (9, FrameKind::ReceivedBinary, binary)],
        );
        let pieces = vec![first, second];
        page.sim.serve("ws://own/ws/recordings", move || Telling(pieces.clone()));
        page.set_up(ALICE, |_| {});
        let follow = OutsideRequest::Follow { name: "shop".into(), server: "ws://own".into() };
        page.ask(Request::Outside(wire::encode(&follow)));
        page.pass(TICK).await;
        let last = || -> FollowedSeen {
            let heard = page.outside.borrow();
            let followed = heard.iter().rev().find_map(|it| match it {
                OutsideUpdate::Followed(all) => all.first().cloned(),
                _ => None,
            });
            followed.expect("it was told")
        };
        page.pass(Duration::from_millis(600)).await;
        let seen = last();
        assert_eq!((seen.frames, seen.missed, seen.is_live), (4, 6, true));
        assert_eq!(seen.connections[0].1, "shop/c1 (followed)");
        let rows = page.rows.borrow().clone();
        let kinds: Vec<_> = rows.iter().map(|row| row.kind).collect();
        assert_eq!(
            kinds,
            [
                FrameKind::Connecting,
                FrameKind::SentText,
                FrameKind::ReceivedText,
                FrameKind::Told,
                FrameKind::ReceivedBinary
            ]
        );
        assert!(rows[3].preview.contains("6 frames"), "{}", rows[3].preview);
        assert!(rows.iter().all(|row| row.connection == seen.connections[0].0));
        assert!(rows[2].round_trip.is_some(), "its round trip is known");
        assert_eq!(page.changes.borrow().totals.messages, 0, "they do not count as messages of this bench");
        page.ask(Request::Outside(wire::encode(&OutsideRequest::Unfollow("shop".into()))));
        page.pass(TICK).await;
        assert!(!last().is_live);
    });
}
