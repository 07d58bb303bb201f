//! A connection as a route sees it: messages come, messages go, and it ends when the client, the server or the route
//! wants it to.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, sleep_until};

use super::close::{Close, End};
use super::conn::Conn;
use super::outbox::{Order, Outbox};
use super::socket::{Kind, Message, Socket};

/// How often a client that is not read from is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How many looks go by between two pings to it.
const LOOKS_PER_PING: u32 = 10;

/// One open connection, owned by the task of its route.
pub struct Session {
    socket: Socket<Conn>,
    outbox: Arc<Outbox>,
    end: Option<End>,
    /// When a client that is not read from is looked at next.
    look_at: Instant,
    looks: u32,
}

impl Session {
    /// A session on a socket, taking orders from an outbox.
    pub fn new(socket: Socket<Conn>, outbox: Arc<Outbox>) -> Self {
        Self { socket, outbox, end: None, look_at: Instant::now(), looks: 0 }
    }

    /// Where other tasks post to this connection.
    pub fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    /// The next data message; `None` when the connection is over. Safe to cancel.
    pub async fn receive(&mut self) -> Option<Message> {
        poll_fn(|cx| self.poll_receive(cx)).await
    }

    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        if self.end.is_some() {
            return Poll::Ready(None);
        }
        while let Poll::Ready(order) = self.poll_order(cx) {
            match order {
                Order::Send(text) => self.socket.queue(Kind::Text, &text),
                Order::Close(close) => {
                    self.end = Some(End::ByUs(close));
                    return Poll::Ready(None);
                }
            }
        }
        match self.socket.poll_next(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(message)) => Poll::Ready(Some(message)),
            Poll::Ready(Err(end)) => {
                self.end = Some(end);
                Poll::Ready(None)
            }
        }
    }

    fn poll_order(&mut self, cx: &mut Context<'_>) -> Poll<Order> {
        // A full socket wakes this task when it drains, and the outbox bounds what waits meanwhile. Overflow
        // there must still be heard, so that a reader that never reads is let go.
        if self.socket.is_full() { self.outbox.poll_overflow(cx) } else { self.outbox.poll_order(cx) }
    }

    /// Sends what is queued and reads nothing, until the connection is over. Safe to cancel. A client that has gone is
    /// noticed: by its end where that has come, and otherwise by a ping, which the system of a client that has gone refuses.
    pub async fn hold(&mut self) {
        while self.end.is_none() {
            let look_at = self.look_at;
            tokio::select! {
                biased;
                end = poll_fn(|cx| self.poll_hold(cx)) => self.end = Some(end),
                () = sleep_until(look_at) => {
                    self.look_at = Instant::now() + LOOK;
                    self.looks += 1;
                    if self.socket.transport().has_left() {
                        self.end = Some(End::Gone);
                    } else if self.looks.is_multiple_of(LOOKS_PER_PING) {
                        self.socket.probe();
                    }
                }
            }
        }
    }

    fn poll_hold(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        while let Poll::Ready(order) = self.poll_order(cx) {
            match order {
                Order::Send(text) => self.socket.queue(Kind::Text, &text),
                Order::Close(close) => return Poll::Ready(End::ByUs(close)),
            }
        }
        match self.socket.poll_flush(cx) {
            Poll::Ready(Err(end)) => Poll::Ready(end),
            _ => Poll::Pending,
        }
    }

    /// Reads and throws away, and answers nothing, until the client or the server ends it.
    pub async fn swallow(&mut self) {
        let end = poll_fn(|cx| {
            if let Poll::Ready(Order::Close(close)) = self.outbox.poll_order(cx) {
                return Poll::Ready(End::ByUs(close));
            }
            self.socket.poll_swallow(cx).map(|()| End::Gone)
        });
        self.end = Some(end.await);
    }

    /// Queues a message. It is sent when the route asks for the next one.
    pub fn send(&mut self, message: &Message) {
        self.socket.queue(message.kind, &message.payload);
    }

    /// Queues a text message.
    pub fn send_text(&mut self, text: impl Into<String>) {
        self.socket.queue(Kind::Text, &Bytes::from(text.into()));
    }

    /// Whether the client has taken so little that nothing more should be queued.
    pub fn is_full(&self) -> bool {
        self.socket.is_full()
    }

    /// Waits until everything queued is with the operating system.
    pub async fn flush(&mut self) {
        if let Err(end) = poll_fn(|cx| self.socket.poll_flush(cx)).await {
            self.end.get_or_insert(end);
        }
    }

    /// Makes the session end with this close frame.
    pub fn close(&mut self, close: Close) {
        self.end.get_or_insert(End::ByUs(close));
    }

    /// Makes the session end with a TCP reset.
    pub fn abort(&mut self) {
        self.end = Some(End::Abort);
    }

    /// Ends the connection the way it was decided, in bounded time, and says how that was.
    pub async fn finish(mut self) -> End {
        let end = self.end.take().unwrap_or(End::Gone);
        if end == End::Abort {
            self.socket.transport().reset_on_drop();
        }
        self.socket.finish(&end).await;
        end
    }
}
