//! One WebSocket connection: bytes in, messages out, and back. It answers pings, checks the rules, bounds what it
//! holds, and ends in an orderly way.
//!
//! **Invariant:** above [`HIGH_WATER`] bytes that the peer has not taken, nothing more is read from it, so a client
//! that sends and never reads is stopped by TCP and not kept in memory.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_util::io::poll_read_buf;

use super::budget::{self, Share};
use super::close::{Close, End, Violation, is_receivable};
use super::frame::{Head, Opcode, unmask};
use super::queue::WriteQueue;
use super::traffic::{Tally, Traffic};

/// Unsent bytes at which reading stops.
pub const HIGH_WATER: usize = 1024 * 1024;
/// Unsent bytes that are worth a system call before the received ones are all answered.
const FLUSH_AT: usize = 64 * 1024;
const FIRST_CHUNK: usize = 4 * 1024;
/// What is read at once at most.
pub const LARGEST_CHUNK: usize = 256 * 1024;
/// How long a peer may be silent while we wait for its part of closing.
const LINGER: Duration = Duration::from_secs(2);
/// How long closing may take when the peer goes on sending.
const LONGEST_LINGER: Duration = Duration::from_secs(10);

/// A data message's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8, checked.
    Text,
    /// Any bytes.
    Binary,
}

/// A whole data message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Text or binary.
    pub kind: Kind,
    /// The payload; valid UTF-8 when the kind is text.
    pub payload: Bytes,
}

impl Message {
    /// A text message.
    pub fn text(text: impl Into<String>) -> Self {
        Self { kind: Kind::Text, payload: Bytes::from(text.into()) }
    }
}

/// A server's end of a WebSocket over any transport.
pub struct Socket<S> {
    io: S,
    received: BytesMut,
    /// The parts so far of a message that came in several frames.
    parts: Option<(Kind, BytesMut)>,
    /// Payload bytes still to be thrown away while closing.
    skip: u64,
    unsent: WriteQueue,
    chunk: usize,
    max_message: usize,
    tally: Tally,
    traffic: Arc<Traffic>,
    share: Share,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    /// A socket on a transport whose handshake is done; `early` are bytes that came along with it.
    pub fn new(io: S, early: &[u8], max_message: usize, traffic: Arc<Traffic>, share: Share) -> Self {
        Self {
            io,
            received: BytesMut::from(early),
            parts: None,
            skip: 0,
            unsent: WriteQueue::default(),
            chunk: FIRST_CHUNK,
            max_message,
            tally: Tally::default(),
            traffic,
            share,
        }
    }

    /// The transport.
    pub fn transport(&self) -> &S {
        &self.io
    }

    /// Whether the peer has taken so little that nothing more should be queued.
    pub fn is_full(&self) -> bool {
        self.unsent.pending() >= HIGH_WATER
    }

    /// Bytes that are held for the peer.
    fn held(&self) -> usize {
        self.received.len() + self.parts.as_ref().map_or(0, |(_, parts)| parts.len()) + self.unsent.pending()
    }

    /// Queues a ping, if nothing else is about to show whether the peer is there.
    pub fn probe(&mut self) {
        if self.unsent.pending() == 0 {
            self.unsent.push(Opcode::Ping, &Bytes::new());
        }
    }

    /// Queues a data message. It leaves with the next [`Socket::poll_next`] that finds nothing more to answer.
    pub fn queue(&mut self, kind: Kind, payload: &Bytes) {
        self.tally.messages_out += 1;
        self.tally.bytes_out += payload.len() as u64;
        let opcode = match kind {
            Kind::Text => Opcode::Text,
            Kind::Binary => Opcode::Binary,
        };
        self.unsent.push(opcode, payload);
    }

    /// The next data message. Sends what is queued as soon as the received bytes hold no further message.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Message, End>> {
        loop {
            if !self.share.set(self.held()) {
                return Poll::Ready(Err(End::ByUs(budget::close())));
            }
            if self.unsent.pending() >= FLUSH_AT && self.poll_flush(cx)?.is_pending() && self.is_full() {
                return Poll::Pending;
            }
            if let Some(message) = self.take_message()? {
                return Poll::Ready(Ok(message));
            }
            let is_flushed = self.poll_flush(cx)?.is_ready();
            if !is_flushed && self.is_full() {
                return Poll::Pending;
            }
            match self.poll_read(cx) {
                Poll::Ready(0) => return Poll::Ready(Err(End::Gone)),
                Poll::Ready(_) => {}
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Sends what is queued. Ready when all of it is with the operating system.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), End>> {
        self.traffic.publish(&mut self.tally);
        if self.unsent.is_empty() {
            return Poll::Ready(Ok(()));
        }
        self.unsent.poll_flush(&mut self.io, cx).map_err(|_| End::Gone)
    }

    /// Reads and throws away what comes, until nothing more does.
    pub fn poll_swallow(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            self.received.clear();
            match self.poll_read(cx) {
                Poll::Ready(0) => return Poll::Ready(()),
                Poll::Ready(_) => {}
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Reads a chunk; 0 is the end of the stream, orderly or not.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<usize> {
        if self.received.is_empty() && self.received.capacity() > 4 * LARGEST_CHUNK {
            self.received = BytesMut::new();
        }
        if self.received.capacity() - self.received.len() < self.chunk {
            // A long message's buffer doubles, so that a head alone cannot claim the whole of its length; and it does not
            // outgrow the message.
            let wanted = match Head::parse(&self.received) {
                Ok(Some(head)) => {
                    (head.size as u64).saturating_add(head.len).saturating_sub(self.received.len() as u64)
                }
                _ => 0,
            };
            let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
            self.received.reserve(self.chunk.max(self.received.len().min(wanted)));
        }
        let read = poll_read_buf(Pin::new(&mut self.io), cx, &mut self.received);
        read.map(|read| {
            let read = read.unwrap_or(0);
            if read >= self.chunk {
                self.chunk = (self.chunk * 2).min(LARGEST_CHUNK);
            }
            read
        })
    }

    /// A message that is complete in the received bytes. Answers the control frames before it.
    fn take_message(&mut self) -> Result<Option<Message>, End> {
        while let Some(head) = Head::parse(&self.received).map_err(End::Violated)? {
            let so_far = self.parts.as_ref().map_or(0, |(_, parts)| parts.len());
            if !head.opcode.is_control() && head.len > (self.max_message - so_far) as u64 {
                // The head stays: closing reads it again to skip the payload.
                return Err(End::Violated(Violation::TooLarge { limit: self.max_message }));
            }
            let len = head.len as usize;
            if self.received.len() < head.size + len {
                return Ok(None);
            }
            self.received.advance(head.size);
            let mut payload = self.received.split_to(len);
            unmask(&mut payload, head.mask);
            if head.opcode.is_control() {
                self.answer(head.opcode, payload.freeze())?;
            } else if let Some(message) = self.assemble(head, payload).map_err(End::Violated)? {
                self.tally.messages_in += 1;
                self.tally.bytes_in += message.payload.len() as u64;
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    fn assemble(&mut self, head: Head, payload: BytesMut) -> Result<Option<Message>, Violation> {
        let kind = match (head.opcode, &self.parts) {
            (Opcode::Continuation, Some((kind, _))) => *kind,
            (Opcode::Continuation, None) => return Err(Violation::Protocol("a continuation of no message")),
            (_, Some(_)) => return Err(Violation::Protocol("a new message inside another one")),
            (Opcode::Text, None) => Kind::Text,
            (_, None) => Kind::Binary,
        };
        let whole = match self.parts.take() {
            None if head.is_final => payload,
            None => {
                self.parts = Some((kind, payload));
                return Ok(None);
            }
            Some((_, mut parts)) => {
                parts.extend_from_slice(&payload);
                if !head.is_final {
                    self.parts = Some((kind, parts));
                    return Ok(None);
                }
                parts
            }
        };
        if kind == Kind::Text && std::str::from_utf8(&whole).is_err() {
            return Err(Violation::Utf8);
        }
        Ok(Some(Message { kind, payload: whole.freeze() }))
    }

    fn answer(&mut self, opcode: Opcode, body: Bytes) -> Result<(), End> {
        match opcode {
            Opcode::Ping => self.unsent.push(Opcode::Pong, &body),
            Opcode::Close => {
                let code = check_close(&body).map_err(End::Violated)?;
                // Section 5.5.1 asks for the code; the reason comes back too, so that a client can see it arrived.
                self.unsent.push(Opcode::Close, &body);
                return Err(End::ByPeer(code));
            }
            _ => {}
        }
        Ok(())
    }

    /// Ends the connection as `end` says: what is queued goes out first, then the close frame; what the peer still
    /// sends is read and thrown away, since closing on unread bytes makes TCP reset the connection and takes
    /// the close frame with it. Takes a bounded time whatever the peer does.
    pub async fn finish(mut self, end: &End) {
        let close = match end {
            End::Gone | End::Abort => return,
            End::ByPeer(_) => None,
            End::ByUs(close) => Some(close.clone()),
            End::Violated(violation) => Some(violation.close()),
        };
        if let Some(close) = &close {
            self.queue_close(close);
        }
        self.parts = None;
        // More than there is room for is not taken any more; what is let go of counts at once.
        let _ = self.share.set(self.held());
        // After a protocol error the stream of frames has no meaning any more.
        let is_answered = close.is_none() || matches!(end, End::Violated(Violation::Protocol(_)));
        let closing = async {
            // A peer that did nothing for this long is not asked for more.
            if !is_answered && !self.drain(Until::Closed).await || !self.drain(Until::Flushed).await {
                return;
            }
            if let Ok(Ok(())) = timeout(LINGER, self.io.shutdown()).await {
                // The peer's end is still open; what it has not read of ours would be lost if we left now.
                self.drain(Until::Ended).await;
            }
        };
        let _ = timeout(LONGEST_LINGER, closing).await;
    }

    fn queue_close(&mut self, close: &Close) {
        self.unsent.push(Opcode::Close, &Bytes::from(close.body()));
    }

    /// Reads and throws away, and sends what is queued, until the peer has done its part; false when it does nothing
    /// for a while, or is gone.
    async fn drain(&mut self, until: Until) -> bool {
        loop {
            match timeout(LINGER, poll_fn(|cx| self.poll_drain(cx, until))).await {
                Ok(Drained::More) => {}
                Ok(Drained::Done) => return true,
                Ok(Drained::Gone) | Err(_) => return false,
            }
        }
    }

    fn poll_drain(&mut self, cx: &mut Context<'_>, until: Until) -> Poll<Drained> {
        let is_flushed = match self.poll_flush(cx) {
            Poll::Ready(Err(_)) => return Poll::Ready(Drained::Gone),
            flushed => flushed.is_ready(),
        };
        let is_done = match until {
            Until::Closed => self.skip_to_close(),
            Until::Flushed => is_flushed,
            Until::Ended => false,
        };
        if is_done {
            return Poll::Ready(Drained::Done);
        }
        if until != Until::Closed {
            self.received.clear();
        }
        self.poll_read(cx).map(|read| if read > 0 { Drained::More } else { Drained::Gone })
    }

    /// Drops received frames; true once a close frame is among them, or bytes that are not a frame.
    fn skip_to_close(&mut self) -> bool {
        loop {
            let now = self.skip.min(self.received.len() as u64);
            self.received.advance(now as usize);
            self.skip -= now;
            if self.skip > 0 {
                return false;
            }
            match Head::parse(&self.received) {
                Ok(None) => return false,
                Ok(Some(head)) if head.opcode != Opcode::Close => {
                    self.received.advance(head.size);
                    self.skip = head.len;
                }
                _ => return true,
            }
        }
    }
}

/// What draining waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    /// The peer's close frame.
    Closed,
    /// The operating system has all we queued.
    Flushed,
    /// The end of the peer's stream.
    Ended,
}

/// One step of draining.
enum Drained {
    /// The peer sent something.
    More,
    /// What was waited for has happened.
    Done,
    /// The stream has ended.
    Gone,
}

/// A close frame's body is empty, or a code that may be sent and a reason in UTF-8. The code.
fn check_close(body: &[u8]) -> Result<Option<u16>, Violation> {
    match body {
        [] => Ok(None),
        [_] => Err(Violation::Protocol("a close frame with half a code")),
        [a, b, ..] if !is_receivable(u16::from_be_bytes([*a, *b])) => {
            Err(Violation::Protocol("a close code that may not be sent"))
        }
        [a, b, reason @ ..] => match std::str::from_utf8(reason) {
            Ok(_) => Ok(Some(u16::from_be_bytes([*a, *b]))),
            Err(_) => Err(Violation::Utf8),
        },
    }
}
