//! One direction of a proxied connection: bytes in on one side, out on the other, and what toxics do between.
//!
//! It owns the bytes under way. It refuses to know the other direction; [`super::run`] decides how a connection ends. Without
//! toxics, bytes leave at once as they came. A toxic acts on messages that begin after it, so a frame that has begun to leave
//! is completed and the stream stays whole.

mod end;

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

pub use self::end::Over;
use self::end::{Closing, Fate};
use super::effect::{ActiveToxics, Effect};
use super::link_table::{Link, LinkHandle, Seeds, Toxics};
use super::parcel::Parcel;
use super::probe::Probe;
use super::slices::Slices;
use super::tap::Tap;
use super::toxic::Direction;
use crate::routes::census::Census;
use crate::routes::dice::Dice;
use crate::routes::faulty_link::{Faults, FaultyLink};
use crate::ws::budget::Share;
use crate::ws::close::Close;
use crate::ws::conn::Conn;
use crate::ws::frame::close_frame;
use crate::ws::outbox::{Order, Outbox};
use crate::ws::queue::WriteQueue;
use crate::ws::splitter::{Splitter, Unit};
use crate::ws::traffic::{Tally, Traffic};

/// Bytes that the receiver has not taken at which nothing more is read for it.
const HIGH_WATER: usize = 256 * 1024;
const FIRST_CHUNK: usize = 4 * 1024;
/// What is read at once at most.
pub const LARGEST_CHUNK: usize = 64 * 1024;
/// How long a sender that is not read from is left in peace between two pings.
const PROBE: Duration = Duration::from_secs(1);

/// One direction.
pub struct Pipe {
    direction: Direction,
    /// Bytes of a message that is waited for.
    most: usize,
    splitter: Splitter,
    line: FaultyLink<Parcel>,
    slices: Slices,
    queue: WriteQueue,
    active: ActiveToxics,
    effect: Effect,
    switched: watch::Receiver<Toxics>,
    /// For masks.
    dice: Dice,
    chunk: usize,
    /// Bytes that have come through the toxics.
    passed: u64,
    /// Whether no more may.
    is_spent: bool,
    /// Whether the message that passes in pieces is to be lost.
    loses_pieces: bool,
    ended: Option<Instant>,
    closing: Closing,
    /// Messages and payload bytes that others know of.
    told: (u64, u64),
    link: Arc<Link>,
    traffic: Arc<Traffic>,
    share: Share,
    /// Whether some of what is on its way may be parts of a message.
    has_pieces: bool,
    probe_at: Instant,
    /// The sender, whom this direction reads from.
    sender: Arc<Probe>,
    /// The receiver, whom this direction writes to.
    receiver: Arc<Probe>,
    /// What reads along.
    tap: Option<Tap>,
}

impl Pipe {
    /// A direction of a connection, with bytes that have been read for it already.
    pub fn new(
        direction: Direction,
        seat: &LinkHandle,
        seeds: Seeds,
        most: usize,
        early: &[u8],
        census: &Census,
        [sender, receiver]: [&Arc<Probe>; 2],
    ) -> Self {
        let mut rolls = Dice::new(seeds.messages);
        if direction == Direction::Downstream {
            rolls.skip(3);
        }
        let line = FaultyLink::new(Faults::default(), Dice::new(rolls.roll()));
        let dice = Dice::new(rolls.roll());
        let mut splitter = Splitter::default();
        splitter.buffer().extend_from_slice(early);
        let mut pipe = Self {
            direction,
            most,
            splitter,
            line,
            slices: Slices::new(Dice::new(rolls.roll())),
            queue: WriteQueue::default(),
            active: ActiveToxics::new(
                direction,
                seat.link.key().to_owned(),
                seeds.toxicity,
                seat.link.own.clone(),
            ),
            effect: Effect::default(),
            switched: seat.watch(),
            dice,
            chunk: FIRST_CHUNK,
            passed: 0,
            is_spent: false,
            loses_pieces: false,
            ended: None,
            closing: Closing::No,
            told: (0, 0),
            link: Arc::clone(&seat.link),
            traffic: Arc::clone(census.traffic()),
            share: census.budget().share(),
            has_pieces: false,
            probe_at: Instant::now(),
            sender: Arc::clone(sender),
            receiver: Arc::clone(receiver),
            tap: None,
        };
        pipe.meet();
        pipe
    }

    /// Has what leaves read along.
    pub fn tap(&mut self, tap: Tap) {
        self.tap = Some(tap);
    }

    /// Passes on until it is over. Orders to close come from an outbox.
    pub async fn run(
        &mut self,
        from: &mut ReadHalf<Conn>,
        to: &mut WriteHalf<Conn>,
        orders: Option<&Outbox>,
    ) -> Over {
        loop {
            self.sort();
            self.deliver();
            self.tell();
            if !self.share.set(self.held()) {
                return Over::Full;
            }
            if let Some(over) = self.over() {
                if over == Over::Ended {
                    return if to.shutdown().await.is_ok() { over } else { Over::Broken };
                }
                return over;
            }
            let wake = self.wake();
            let reads = self.ended.is_none() && self.has_room() && !self.is_struck();
            let takes_orders = matches!(self.closing, Closing::No);
            let is_held_up = self.ended.is_none() && !self.line.has_room();
            if !is_held_up {
                self.probe_at = Instant::now() + PROBE;
            }
            let (probe_at, may_probe) = (self.probe_at, self.is_at_edge());
            let (sender, receiver) = (Arc::clone(&self.sender), Arc::clone(&self.receiver));
            let Self { queue, switched, splitter, chunk, .. } = &mut *self;
            tokio::select! {
                biased;
                flushed = poll_fn(|cx| queue.poll_flush(to, cx)), if !queue.is_empty() => {
                    if flushed.is_err() {
                        return Over::Broken;
                    }
                }
                // The board outlives every connection.
                _ = switched.changed() => self.meet(),
                close = order(orders), if takes_orders => self.close(close),
                () = async { if let Some(wake) = wake { sleep_until(wake).await } }, if wake.is_some() => {}
                () = receiver.wanted.notified(), if may_probe => self.ping(),
                () = sleep_until(probe_at), if is_held_up => {
                    self.probe_at = Instant::now() + PROBE;
                    sender.wanted.notify_one();
                }
                read = read(from, splitter, chunk), if reads => match read {
                    Ok(0) => self.end(),
                    Ok(_) => {}
                    Err(_) => return Over::Broken,
                },
            }
        }
    }

    /// Looks at the toxics that are there now.
    fn meet(&mut self) {
        let toxics = self.switched.borrow_and_update().clone();
        self.active.meet(&toxics, self.splitter.messages());
        self.feel();
    }

    /// Takes in what the toxics do now.
    fn feel(&mut self) {
        let effect = self.active.effect(self.splitter.messages(), self.passed);
        if effect.faults != self.effect.faults {
            self.line.set(effect.faults.clone());
        }
        self.effect = effect;
    }

    fn has_room(&self) -> bool {
        matches!(self.closing, Closing::Sent(_))
            || self.effect.is_hole
            || (self.line.has_room() && self.queue.pending() < HIGH_WATER)
    }

    /// Bytes that are held for the receiver.
    fn held(&self) -> usize {
        self.splitter.waiting() + self.line.weight() + self.slices.size() + self.queue.pending()
    }

    /// Whether all that has left is whole frames, and nothing is leaving.
    pub fn is_at_edge(&self) -> bool {
        self.is_drained() && !self.has_pieces && self.splitter.is_between_frames()
    }

    /// Sends a ping of the proxy's own.
    fn ping(&mut self) {
        self.receiver.asked();
        // Clients mask, with nothing to mask as well.
        let ping: &[u8] = match self.direction {
            Direction::Upstream => &[0x89, 0x80, 0, 0, 0, 0],
            Direction::Downstream => &[0x89, 0],
        };
        self.queue.push_bytes(Bytes::from_static(ping));
    }

    /// Whether bytes may go as they came.
    fn is_clear(&self) -> bool {
        self.effect.is_plain()
            && matches!(self.closing, Closing::No)
            && !self.sender.is_asked()
            && !self.loses_pieces
            && self.line.is_empty()
            && self.slices.is_empty()
    }

    /// Takes what was read apart, as far as there is room for it.
    fn sort(&mut self) {
        loop {
            match &self.closing {
                Closing::Sent(_) => return self.splitter.buffer().clear(),
                Closing::Wanted(close, deadline) if self.splitter.is_between_frames() => {
                    let mask = (self.direction == Direction::Upstream)
                        .then(|| self.dice.roll().to_ne_bytes())
                        .map(|[a, b, c, d, ..]| [a, b, c, d]);
                    let (wire, deadline) = (close_frame(close, mask), *deadline);
                    self.line.release();
                    self.line.pass(Parcel { wire, is_text: false });
                    self.closing = Closing::Sent(deadline);
                    continue;
                }
                _ => {}
            }
            if !self.has_room() || self.is_spent || self.is_struck() {
                return;
            }
            let before = self.splitter.messages();
            if self.is_clear() {
                let Some(bytes) = self.splitter.pass() else { return };
                self.line.skip(self.splitter.messages() - before);
                self.put(bytes);
                continue;
            }
            let begins = self.splitter.is_between_messages();
            let Some(unit) = self.splitter.next(self.most) else { return };
            self.take(unit, begins, self.splitter.messages() - before);
            if self.effect.waits_for.is_some_and(|message| message <= self.splitter.messages()) {
                self.feel();
            }
        }
    }

    fn take(&mut self, unit: Unit, begins: bool, messages: u64) {
        let is_hole = self.effect.is_hole;
        match unit {
            Unit::Message { .. } if is_hole => self.line.skip(1),
            Unit::Message { wire, is_text } => self.line.take(Parcel { wire, is_text }),
            Unit::Control { .. } if is_hole => {}
            Unit::Control { wire, .. } if self.sender.has_answered(&wire) => {}
            Unit::Control { wire, is_close } => {
                if is_close {
                    self.line.release();
                }
                self.line.pass(Parcel { wire, is_text: false });
            }
            Unit::Piece(wire) => {
                self.has_pieces = true;
                if begins {
                    self.loses_pieces = is_hole;
                }
                self.line.skip(messages);
                if !self.loses_pieces {
                    self.line.pass(Parcel { wire, is_text: false });
                }
                self.loses_pieces &= !self.splitter.is_between_messages();
            }
        }
    }

    /// Puts bytes behind the others that leave, up to the limit.
    fn put(&mut self, mut bytes: Bytes) {
        if let Some(limit) = self.effect.limit {
            let left = limit.saturating_sub(self.passed);
            if bytes.len() as u64 >= left {
                bytes.truncate(left as usize);
                self.is_spent = true;
            }
        }
        self.passed += bytes.len() as u64;
        if let Some(tap) = &mut self.tap {
            tap.passed(&bytes);
        }
        if self.effect.slicer.is_some() || !self.slices.is_empty() {
            self.slices.push(bytes);
        } else {
            self.queue.push_bytes(bytes);
        }
    }

    /// Lets go of what has arrived by now.
    fn deliver(&mut self) {
        while self.slices.is_empty() && !self.is_spent && self.queue.pending() < HIGH_WATER {
            let Some(parcel) = self.line.arrived() else { break };
            self.put(parcel.wire);
        }
        self.has_pieces &= !self.line.is_empty();
        match self.effect.slicer {
            None => self.slices.drain().for_each(|bytes| self.queue.push_bytes(bytes)),
            // Each piece is written alone.
            Some(slicer) if self.queue.is_empty() => {
                if let Some(piece) = self.slices.cut(slicer) {
                    self.queue.push_bytes(piece);
                }
            }
            Some(_) => {}
        }
    }

    /// The sender has ended.
    fn end(&mut self) {
        self.ended = Some(Instant::now());
        let rest = self.splitter.rest();
        let is_wanted = matches!(self.closing, Closing::No) && !self.effect.is_hole && !self.loses_pieces;
        if is_wanted && !rest.is_empty() {
            self.line.pass(Parcel { wire: rest, is_text: false });
        }
        self.line.release();
    }

    fn is_drained(&self) -> bool {
        self.queue.is_empty() && self.slices.is_empty()
    }

    fn is_through(&self) -> bool {
        self.line.is_empty() && self.is_drained()
    }

    /// When there is something to do without anything being read or written.
    fn wake(&self) -> Option<Instant> {
        let takes = self.slices.is_empty() && !self.is_spent && self.queue.pending() < HIGH_WATER;
        let due = self.line.due().filter(|_| takes);
        let cut = self.slices.due().filter(|_| self.queue.is_empty());
        let last = self.last().filter(|_| self.is_through());
        let fated = match self.fate() {
            Fate::None => None,
            // An end that waits is also looked at when something has left.
            Fate::Ahead(at) | Fate::Waits(at) => Some(at),
            // It has come since the last look.
            Fate::Strikes(_) => Some(Instant::now()),
        };
        [due, cut, last, fated, self.deadline()].into_iter().flatten().min()
    }

    /// Tells others how much has come.
    fn tell(&mut self) {
        let now = (self.splitter.messages(), self.splitter.payload());
        if now == self.told {
            return;
        }
        let (messages, bytes) = (now.0 - self.told.0, now.1 - self.told.1);
        self.told = now;
        self.link.count(self.direction, messages, bytes);
        self.traffic.publish(&mut match self.direction {
            Direction::Upstream => Tally { messages_in: messages, bytes_in: bytes, ..Tally::default() },
            Direction::Downstream => Tally { messages_out: messages, bytes_out: bytes, ..Tally::default() },
        });
    }
}

/// The next close that is ordered.
pub async fn order(orders: Option<&Outbox>) -> Close {
    let Some(orders) = orders else { return std::future::pending().await };
    loop {
        // No code posts messages to a proxied connection.
        if let Order::Close(close) = poll_fn(|cx| orders.poll_order(cx)).await {
            return close;
        }
    }
}

/// Reads a chunk. 0 is the end of the stream, also one without TLS's own end, which browsers leave out.
async fn read(from: &mut ReadHalf<Conn>, splitter: &mut Splitter, chunk: &mut usize) -> io::Result<usize> {
    let buffer = splitter.buffer();
    if buffer.is_empty() && buffer.capacity() > 4 * LARGEST_CHUNK {
        *buffer = BytesMut::new();
    }
    // A long message's buffer doubles, so that a head alone cannot claim the whole of its length.
    if buffer.capacity() - buffer.len() < *chunk {
        buffer.reserve((*chunk).max(buffer.len()));
    }
    let read = match from.read_buf(buffer).await {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
        read => read,
    }?;
    if read >= *chunk {
        *chunk = (*chunk * 2).min(LARGEST_CHUNK);
    }
    Ok(read)
}
