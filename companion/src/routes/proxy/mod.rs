//! `/ws/proxy`: the user's own server, with a network in front of it that fails on demand.
//!
//! Unlike the other routes it knows frames: it passes the bytes themselves between page and target, so nothing is normalised.
//! Fragments, masks, close codes and protocol errors pass as they are. [`options`] is what a connection asks for, [`kind`] what
//! can go wrong, [`toxic`] where and for whom, [`link_table`] what is switched for all, [`effect`] what that comes to for one
//! direction, [`pipe`] the direction itself, [`tap`] what reads it along for a recording. On its way a message is a [`parcel`] of a `FaultyLink`, and bytes leave in
//! [`slices`]; [`probe`] notices a side that has gone.
//!
//! **Invariant:** the buffer for a side that does not read is bounded; when it is full, the proxy stops reading from the other
//! side.

mod effect;
pub mod kind;
pub mod link_table;
pub mod options;
mod parcel;
mod pipe;
mod probe;
mod slices;
pub mod tap;
pub mod toxic;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, split};
use tokio::time::timeout;

use super::census::Census;
use super::recordings::Line;
use crate::ws::budget;
use crate::ws::conn::Conn;
use crate::ws::frame::close_frame;
use crate::ws::outbox::Outbox;

use link_table::{LinkHandle, Seeds};
use pipe::{Over, Pipe};
use probe::Probe;
use tap::Tap;
use toxic::{Direction, Stream, Toxic};

pub use link_table::LinkTable;
pub use options::Options;
pub(super) use pipe::order;

/// How long one direction may go on after the other has ended.
pub(super) const LINGER: Duration = Duration::from_secs(5);
/// How long a side that learns of the end may take for its own.
const FAREWELL: Duration = Duration::from_secs(2);
/// How long a side may be left in the dark.
const DARKNESS: Duration = Duration::from_secs(600);

/// A transport, and what has been read from it already.
pub struct End {
    /// The transport.
    pub conn: Conn,
    /// What came along with the handshake.
    pub early: Bytes,
}

/// Passes on between page and target until it is over, and ends both.
pub async fn run(
    seat: LinkHandle,
    seeds: Seeds,
    outbox: &Outbox,
    most: usize,
    census: &Census,
    [page, target]: [End; 2],
    line: Option<Arc<Line>>,
) {
    let (to_the_page, to_the_target) = (Arc::<Probe>::default(), Arc::<Probe>::default());
    let pipe =
        |direction, end: &End, probes| Pipe::new(direction, &seat, seeds, most, &end.early, census, probes);
    let mut upstream = pipe(Direction::Upstream, &page, [&to_the_page, &to_the_target]);
    let mut downstream = pipe(Direction::Downstream, &target, [&to_the_target, &to_the_page]);
    if let Some(line) = &line {
        upstream.tap(Tap::new(Arc::clone(line), Direction::Upstream));
        downstream.tap(Tap::new(Arc::clone(line), Direction::Downstream));
    }
    let (mut from_page, mut to_page) = split(page.conn);
    let (mut from_target, mut to_target) = split(target.conn);
    let (direction, over) = {
        let mut up = pin!(upstream.run(&mut from_page, &mut to_target, None));
        let mut down = pin!(downstream.run(&mut from_target, &mut to_page, Some(outbox)));
        let (first, over) = tokio::select! {
            over = &mut up => (Direction::Upstream, over),
            over = &mut down => (Direction::Downstream, over),
        };
        match (first, over) {
            (Direction::Upstream, Over::Ended) => {
                (Direction::Downstream, timeout(LINGER, down).await.unwrap_or(Over::Broken))
            }
            (Direction::Downstream, Over::Ended) => {
                (Direction::Upstream, timeout(LINGER, up).await.unwrap_or(Over::Broken))
            }
            other => other,
        }
    };
    let says_why = over == Over::Full && downstream.is_at_edge();
    drop((upstream, downstream, line));
    let page = from_page.unsplit(to_page);
    let target = from_target.unsplit(to_target);
    match over {
        Over::Ended => {}
        // Who is reset passes it on: the other side would see the same without a proxy.
        Over::Broken => [&page, &target].into_iter().for_each(Conn::reset_on_drop),
        Over::Cut => drop(tokio::join!(leave(page), leave(target))),
        Over::Full => {
            let words = if says_why { close_frame(&budget::close(), None) } else { Bytes::new() };
            tokio::join!(leave_with(page, words), leave(target));
        }
        Over::Reset(Stream::Both) => [&page, &target].into_iter().for_each(Conn::reset_on_drop),
        Over::Reset(Stream::Downstream) => {
            page.reset_on_drop();
            drop(page);
            leave(target).await;
        }
        Over::Reset(Stream::Upstream) => {
            target.reset_on_drop();
            drop(target);
            leave(page).await;
        }
        Over::HalfOpen(longest, toxic) => {
            let (gone, other) = match direction {
                Direction::Upstream => (page, target),
                Direction::Downstream => (target, page),
            };
            gone.reset_on_drop();
            drop(gone);
            seat.link.half_open();
            darken(other, &seat, outbox, longest.unwrap_or(DARKNESS), &toxic).await;
        }
    }
}

/// Ends a side in an orderly way: what it still sends is read, since closing on unread bytes resets the connection and may
/// take with it what was on its way.
pub(super) async fn leave(conn: Conn) {
    leave_with(conn, Bytes::new()).await;
}

/// The same with last words.
async fn leave_with(conn: Conn, words: Bytes) {
    let (mut from, mut to) = split(conn);
    let _ = timeout(FAREWELL, async {
        let _ = to.write_all(&words).await;
        let _ = to.shutdown().await;
        swallow(&mut from).await;
    })
    .await;
}

/// Keeps a side whose other side is gone, and tells it nothing: until it leaves, the time is over, the toxic is taken away,
/// or the server wants it closed.
async fn darken(conn: Conn, seat: &LinkHandle, outbox: &Outbox, longest: Duration, toxic: &Arc<Toxic>) {
    // Without a word, as when a machine is back that has forgotten the connection.
    conn.reset_on_drop();
    let (mut from, _to) = split(conn);
    let mut switched = seat.watch();
    let is_own = seat.link.own.iter().any(|own| Arc::ptr_eq(own, toxic));
    let taken_away =
        switched.wait_for(|toxics| !is_own && !toxics.iter().any(|other| Arc::ptr_eq(other, toxic)));
    tokio::select! {
        _ = timeout(longest, swallow(&mut from)) => {}
        _ = taken_away => {}
        _ = pipe::order(Some(outbox)) => {}
    }
}

async fn swallow(from: &mut ReadHalf<Conn>) {
    let mut bytes = [0; 4096];
    while from.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
}
