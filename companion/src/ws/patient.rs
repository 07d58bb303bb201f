//! A transport with a write timeout.
//!
//! Owns the bound while HTTP is spoken. A WebSocket has bounds of its own, so an upgrade takes the transport out of here. The
//! time starts again with every byte that the peer takes, so a slow line does not count as stalled.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// A transport with a bound for writes.
pub struct Patient<T> {
    io: T,
    patience: Duration,
    /// Runs while the peer takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<T> Patient<T> {
    /// With a peer that may take nothing for this long.
    pub fn new(io: T, patience: Duration) -> Self {
        Self { io, patience, stalled: None }
    }

    /// The transport without the bound.
    pub fn into_inner(self) -> T {
        self.io
    }

    /// What a write came to, or that the peer has taken nothing for too long.
    fn judge<V>(
        stalled: &mut Option<Pin<Box<Sleep>>>,
        patience: Duration,
        cx: &mut Context<'_>,
        written: Poll<io::Result<V>>,
    ) -> Poll<io::Result<V>> {
        if written.is_ready() {
            *stalled = None;
            return written;
        }
        let timer = stalled.get_or_insert_with(|| Box::pin(sleep(patience)));
        match timer.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Patient<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Patient<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let Self { io, patience, stalled } = self.get_mut();
        let written = Pin::new(io).poll_write(cx, buf);
        Self::judge(stalled, *patience, cx, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self { io, patience, stalled } = self.get_mut();
        let written = Pin::new(io).poll_write_vectored(cx, bufs);
        Self::judge(stalled, *patience, cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { io, patience, stalled } = self.get_mut();
        let flushed = Pin::new(io).poll_flush(cx);
        Self::judge(stalled, *patience, cx, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { io, patience, stalled } = self.get_mut();
        let shut = Pin::new(io).poll_shutdown(cx);
        Self::judge(stalled, *patience, cx, shut)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const SHORT: Duration = Duration::from_millis(200);

    #[tokio::test]
    async fn a_peer_that_takes_nothing_ends_the_write() {
        let (near, _far) = duplex(8);
        let written = Patient::new(near, SHORT).write_all(&[0; 9]).await;
        assert_eq!(written.expect_err("the peer does not read").kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_peer_that_takes_a_little_at_a_time_gets_everything() {
        let (near, mut far) = duplex(1);
        let reader = tokio::spawn(async move {
            let mut read = 0;
            while far.read_u8().await.is_ok() {
                read += 1;
                sleep(SHORT / 4).await;
            }
            read
        });
        let mut patient = Patient::new(near, SHORT);
        patient.write_all(&[0; 12]).await.expect("each byte is taken in time");
        drop(patient);
        assert_eq!(reader.await.expect("it reads"), 12);
    }
}
