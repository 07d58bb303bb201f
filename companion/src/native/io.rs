//! What `tungstenite` reads from and writes to: a transport, seen from within a poll.
//!
//! Owns the translation between `std::io` and polls. It refuses to buffer.

use std::io::{self, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::deflate::Inflating;
use crate::ws::conn::Conn;

/// A transport within one poll. What would block wakes the task of `cx` later.
pub(super) struct Io<'a, 'cx> {
    pub conn: &'a mut Conn,
    pub cx: &'a mut Context<'cx>,
    /// Bytes that the network has taken.
    pub written: &'a mut u64,
    /// Where compression was agreed on, and only for reading.
    pub inflating: Option<&'a mut Inflating>,
}

impl Read for Io<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut take = |buffer: &mut [u8]| {
            let mut buffer = ReadBuf::new(buffer);
            match Pin::new(&mut *self.conn).poll_read(self.cx, &mut buffer) {
                Poll::Ready(read) => read.map(|()| buffer.filled().len()),
                Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
            }
        };
        match &mut self.inflating {
            None => take(buffer),
            Some(inflating) => inflating.read(buffer, take),
        }
    }
}

impl Write for Io<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A step may send many messages within one poll; the plain socket is asked without the budget that tokio gives a poll.
        let written = match &mut *self.conn {
            Conn::Plain(tcp) => match tcp.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    // Not until then does the task need to hear of it.
                    match tcp.poll_write_ready(self.cx) {
                        Poll::Ready(ready) => ready.and_then(|()| tcp.try_write(bytes)),
                        Poll::Pending => Err(error),
                    }
                }
                done => done,
            },
            tls @ Conn::Tls(_) => match Pin::new(tls).poll_write(self.cx, bytes) {
                Poll::Ready(written) => written,
                Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
            },
        };
        if let Ok(written) = written {
            *self.written += written as u64;
        }
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut *self.conn {
            Conn::Plain(_) => Ok(()),
            tls @ Conn::Tls(_) => match Pin::new(tls).poll_flush(self.cx) {
                Poll::Ready(flushed) => flushed,
                Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
            },
        }
    }
}
