//! Bytes that wait for the transport of one connection.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::AsyncWrite;

use super::frame::{Opcode, put_head};

/// A payload from this size on is sent from where it lies; below, copying it is cheaper than a slice of its own.
const SHARE_FROM: usize = 8 * 1024;
/// A buffer that grew beyond this is given back when it is empty.
const KEEP: usize = 256 * 1024;
/// Slices handed to one system call.
const SLICES: usize = 16;

/// Frames in the order they are to be sent. Small ones gather in one buffer, large payloads are shared.
#[derive(Debug, Default)]
pub struct WriteQueue {
    sealed: VecDeque<Bytes>,
    tail: BytesMut,
    pending: usize,
    /// Whether the transport has taken bytes that it may still hold itself, as TLS does.
    is_held: bool,
}

impl WriteQueue {
    /// Bytes that the transport has not taken yet.
    pub fn pending(&self) -> usize {
        self.pending
    }

    /// Whether there is nothing to write and nothing to flush.
    pub fn is_empty(&self) -> bool {
        self.pending == 0 && !self.is_held
    }

    /// Appends one unmasked frame.
    pub fn push(&mut self, opcode: Opcode, payload: &Bytes) {
        let before = self.tail.len();
        put_head(&mut self.tail, opcode, payload.len());
        if payload.len() < SHARE_FROM {
            self.tail.extend_from_slice(payload);
            self.pending += self.tail.len() - before;
            return;
        }
        self.pending += self.tail.len() - before + payload.len();
        self.sealed.push_back(self.tail.split().freeze());
        self.sealed.push_back(payload.clone());
    }

    /// Appends bytes that are frames already, or parts of one.
    pub fn push_bytes(&mut self, bytes: Bytes) {
        self.pending += bytes.len();
        if bytes.len() < SHARE_FROM {
            self.tail.extend_from_slice(&bytes);
        } else {
            if !self.tail.is_empty() {
                self.sealed.push_back(self.tail.split().freeze());
            }
            self.sealed.push_back(bytes);
        }
    }

    /// Writes until everything is out or the transport takes no more.
    pub fn poll_flush<S: AsyncWrite + Unpin>(
        &mut self,
        io: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while self.pending > 0 {
            let written = if self.sealed.is_empty() {
                ready!(Pin::new(&mut *io).poll_write(cx, &self.tail))?
            } else {
                let mut slices = [IoSlice::new(&[]); SLICES];
                let waiting = self.sealed.iter().map(|part| &part[..]).chain([&self.tail[..]]);
                for (slice, part) in slices.iter_mut().zip(waiting) {
                    *slice = IoSlice::new(part);
                }
                ready!(Pin::new(&mut *io).poll_write_vectored(cx, &slices))?
            };
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.is_held = true;
            self.advance(written);
        }
        ready!(Pin::new(io).poll_flush(cx))?;
        self.is_held = false;
        Poll::Ready(Ok(()))
    }

    fn advance(&mut self, mut written: usize) {
        self.pending -= written;
        while let Some(front) = self.sealed.front_mut() {
            if written < front.len() {
                front.advance(written);
                return;
            }
            written -= front.len();
            self.sealed.pop_front();
        }
        if written < self.tail.len() {
            self.tail.advance(written);
        } else if self.tail.capacity() > KEEP {
            self.tail = BytesMut::new();
        } else {
            self.tail.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    #[tokio::test]
    async fn frames_leave_in_order_whatever_their_size() {
        let (mut here, mut there) = tokio::io::duplex(1000);
        let mut queue = WriteQueue::default();
        let sizes = [3, SHARE_FROM, 0, 200, SHARE_FROM * 3, 7];
        let mut expected = BytesMut::new();
        for (at, size) in sizes.into_iter().enumerate() {
            let payload = Bytes::from(vec![at as u8; size]);
            put_head(&mut expected, Opcode::Binary, size);
            expected.extend_from_slice(&payload);
            queue.push(Opcode::Binary, &payload);
        }
        assert_eq!(queue.pending(), expected.len());
        let mut got = vec![0; expected.len()];
        let (flushed, read) = tokio::join!(
            std::future::poll_fn(|cx| queue.poll_flush(&mut here, cx)),
            there.read_exact(&mut got)
        );
        flushed.unwrap();
        read.unwrap();
        assert_eq!(got, expected);
        assert!(queue.is_empty());
    }

    /// Takes everything at once, and passes it on at the second request.
    #[derive(Default)]
    struct Hoarder {
        flushes: usize,
    }

    impl AsyncWrite for Hoarder {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.flushes += 1;
            if self.flushes < 2 { Poll::Pending } else { Poll::Ready(Ok(())) }
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn bytes_that_the_transport_holds_are_not_sent_yet() {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let (mut io, mut queue) = (Hoarder::default(), WriteQueue::default());
        queue.push(Opcode::Text, &Bytes::from_static(b"x"));
        assert!(queue.poll_flush(&mut io, &mut cx).is_pending());
        assert!(queue.pending() == 0 && !queue.is_empty());
        assert!(queue.poll_flush(&mut io, &mut cx).is_ready());
        assert!(queue.is_empty());
    }
}
