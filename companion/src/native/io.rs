//! What `tungstenite` reads from and writes to: a transport, seen from within a poll.
//!
//! Owns the translation between `std::io` and polls. It refuses to buffer.

use std::io::{self, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use sockscope_engine::base::close;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::deflate::Inflating;
use crate::ws::conn::Conn;

/// A transport within one poll. What would block wakes the task of `cx` later.
pub(super) struct Io<'a, 'cx> {
    pub conn: &'a mut Conn,
    pub cx: &'a mut Context<'cx>,
    /// Bytes that the network has taken.
    pub written: &'a mut u64,
    /// What `tungstenite` has read last.
    pub last: Option<&'a mut LastBytes>,
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
        let read = match &mut self.inflating {
            None => take(buffer),
            Some(inflating) => inflating.read(buffer, take),
        };
        if let (Some(last), Ok(size)) = (&mut self.last, &read) {
            last.keep(&buffer[..*size]);
        }
        read
    }
}

/// The largest frame that ends a connection: a head of two bytes, and a payload of 125.
const LARGEST_CLOSE: usize = 127;

/// The last bytes that came. `tungstenite` forgets the code of a close frame that no close frame may carry.
pub(super) struct LastBytes {
    bytes: [u8; LARGEST_CLOSE],
    size: u8,
}

impl Default for LastBytes {
    fn default() -> Self {
        Self { bytes: [0; LARGEST_CLOSE], size: 0 }
    }
}

impl LastBytes {
    /// Keeps the end of what was read.
    pub fn keep(&mut self, read: &[u8]) {
        let read = &read[read.len().saturating_sub(LARGEST_CLOSE)..];
        let size = usize::from(self.size);
        let kept = size.min(LARGEST_CLOSE - read.len());
        self.bytes.copy_within(size - kept..size, 0);
        self.bytes[kept..kept + read.len()].copy_from_slice(read);
        self.size = (kept + read.len()) as u8;
    }

    /// The code of the close frame that stands at the end; none where something else came behind it.
    pub fn close_code(&self) -> Option<u16> {
        let bytes = &self.bytes[..usize::from(self.size)];
        (0..bytes.len()).find_map(|at| match &bytes[at..] {
            [0x88, size, high, low, reason @ ..] if usize::from(*size) == reason.len() + 2 => {
                Some(u16::from_be_bytes([*high, *low])).filter(|code| close::is_reserved(*code))
            }
            _ => None,
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(reads: &[&[u8]], code: Option<u16>) {
        let mut last = LastBytes::default();
        reads.iter().for_each(|read| last.keep(read));
        assert_eq!(last.close_code(), code, "{reads:?}");
    }

    #[test]
    fn the_reserved_code_of_a_close_frame_is_found_however_it_came() {
        check(&[&[0x88, 2, 0x03, 0xed]], Some(1005));
        check(&[&[0x81, 1, b'x', 0x88, 2], &[0x03], &[0xed]], Some(1005));
        check(&[&[7; 4000], &[0x88, 4, 0x03, 0xe7, b'n', b'o']], Some(999));
        check(&[&[7; 100], &[7; 60], &[0x88, 2, 0x03, 0xee]], Some(1006));
        check(&[&[0x88, 2, 0x03, 0xe8]], None);
        check(&[&[0x88, 2, 0x03, 0xed, 0x81, 1, b'x']], None);
        check(&[], None);
    }
}
