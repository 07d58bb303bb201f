//! One TCP connection, plain or under TLS, accepted or dialled.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsStream;

/// Silence after which TCP asks whether the peer is still there.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// A transport that HTTP and WebSocket run on. It keeps the TCP stream within reach, which a boxed
/// stream would hide: only that can be reset.
pub enum Conn {
    /// `http:` and `ws:`.
    Plain(TcpStream),
    /// `https:` and `wss:`.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Conn {
    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_ref().0,
        }
    }

    /// The address of the other side.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.tcp().peer_addr().ok()
    }

    /// Sets what every connection here wants of TCP.
    pub fn tune(tcp: &TcpStream) {
        // A message of a few bytes must not wait for the acknowledgement of the one before.
        let _ = tcp.set_nodelay(true);
        // A peer whose network is gone says nothing. Without this it would be counted for ever.
        let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE / 3);
        let _ = SockRef::from(tcp).set_tcp_keepalive(&keepalive);
    }

    /// Whether the peer has ended, also when there is more to read before its end.
    pub fn has_left(&self) -> bool {
        let mut ready = std::pin::pin!(self.tcp().ready(Interest::READABLE));
        match ready.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(found) => found.is_ok_and(|ready| ready.is_read_closed()),
            Poll::Pending => false,
        }
    }

    /// Makes the coming drop send a TCP reset in place of an orderly end.
    pub fn reset_on_drop(&self) {
        // A stream that is already dead cannot be reset, and need not be.
        let _ = SockRef::from(self.tcp()).set_linger(Some(Duration::ZERO));
    }
}

macro_rules! delegate {
    ($self:ident, $stream:ident => $call:expr) => {
        match $self.get_mut() {
            Conn::Plain($stream) => $call,
            Conn::Tls($stream) => $call,
        }
    };
}

impl AsyncRead for Conn {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        delegate!(self, stream => Pin::new(stream).poll_read(cx, buf))
    }
}

impl AsyncWrite for Conn {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        delegate!(self, stream => Pin::new(stream).poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        delegate!(self, stream => Pin::new(stream).poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(tcp) => tcp.is_write_vectored(),
            Self::Tls(tls) => tls.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        delegate!(self, stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        delegate!(self, stream => Pin::new(stream).poll_shutdown(cx))
    }
}
