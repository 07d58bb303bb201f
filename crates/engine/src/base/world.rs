//! What the engine needs from outside: sockets, HTTP, a clock, sleep and randomness.
//!
//! Owns the one small trait between the engine and the rest. The worker implements it with the browser, the command with
//! sockets of its own, [`crate::sim`] with virtual time. Everything is single-threaded: a world lives in one worker, one thread
//! or one test.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Closing, Endpoint, Instant, Payload};

/// A future that stays on its thread.
pub type LocalFuture<T> = Pin<Box<dyn Future<Output = T>>>;

/// Hears every event of one connection, in order, with the moment it was stamped. Nothing comes after [`Event::Closed`].
pub type EventSink = Box<dyn FnMut(Instant, Event)>;

/// What a server answered to an opening handshake.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The status, 101 where the connection opens.
    pub status: u16,
    /// Names in small letters, and values.
    pub headers: Vec<(String, String)>,
}

/// A frame as it is to stand on the wire, however wrong it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawFrame {
    /// Whether it ends its message.
    pub fin: bool,
    /// The three reserved bits, from 0 to 7.
    pub rsv: u8,
    /// From 0 to 15.
    pub opcode: u8,
    /// Whether its payload is masked, as that of every client has to be.
    pub is_masked: bool,
    /// The length that its head says; that of its payload unless given.
    pub length: Option<u64>,
    /// What it holds.
    pub payload: Vec<u8>,
}

impl RawFrame {
    /// A ping.
    pub fn ping(payload: Vec<u8>) -> Self {
        Self { fin: true, rsv: 0, opcode: 9, is_masked: true, length: None, payload }
    }

    /// The bytes on the wire, masked with this key if it is masked.
    pub fn to_bytes(&self, key: [u8; 4]) -> Vec<u8> {
        let length = self.length.unwrap_or(self.payload.len() as u64);
        let mask = u8::from(self.is_masked) << 7;
        let mut bytes = vec![u8::from(self.fin) << 7 | (self.rsv & 7) << 4 | (self.opcode & 15)];
        match (u8::try_from(length), u16::try_from(length)) {
            (Ok(short @ ..126), _) => bytes.push(mask | short),
            (_, Ok(length)) => {
                bytes.push(mask | 126);
                bytes.extend(length.to_be_bytes());
            }
            _ => {
                bytes.push(mask | 127);
                bytes.extend(length.to_be_bytes());
            }
        }
        if !self.is_masked {
            bytes.extend(&self.payload);
            return bytes;
        }
        bytes.extend(key);
        bytes.extend(self.payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
        bytes
    }
}

/// Something that happened to a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The handshake is done.
    Opened {
        /// The subprotocol that the server chose; empty when none.
        protocol: String,
        /// The extensions that were agreed on, such as `permessage-deflate`; empty when none.
        extensions: String,
    },
    /// The server has answered the handshake; it comes before [`Event::Opened`] or [`Event::Failed`]. A browser does not tell.
    Answered(Answer),
    /// A message came.
    Received(Payload),
    /// A pong came, with this in it. A browser does not tell.
    Ponged(Vec<u8>),
    /// The handshake failed, or the connection broke. The browser says no more than that; [`Event::Closed`] follows.
    Failed,
    /// The connection has ended.
    Closed {
        /// The close code; 1006 when no close frame came, 1005 when it had no code.
        code: u16,
        /// The server's reason, possibly empty. Of a connection that never opened: why no handshake was made, where the world knows.
        reason: String,
        /// Whether the closing handshake was completed.
        clean: bool,
    },
}

impl Event {
    /// The end of a connection on which no close frame came.
    pub fn lost() -> Self {
        Self::Closed { code: 1006, reason: String::new(), clean: false }
    }
}

/// The browser refused to even try, in its own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct ConnectError {
    /// What the browser said.
    pub message: String,
}

/// Why a message or a close did not go out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum SendError {
    /// The handshake is not done yet.
    #[error("the connection is not open yet")]
    NotOpenYet,
    /// A close has been asked for or has come.
    #[error("the connection is closed")]
    Closed,
    /// The browser threw, in its own words.
    #[error("{0}")]
    Browser(String),
}

const NO_FRAMES: &str = "a page sends messages only, and no frames of its own";

/// One connection. Dropping it closes it and silences its sink.
pub trait Socket {
    /// Hands a message to the network; returns the moment just before.
    fn send(&self, payload: &Payload) -> Result<Instant, SendError>;
    /// Starts the closing handshake; returns the moment just before. [`Event::Closed`] follows when the server answers.
    fn close(&self, closing: &Closing) -> Result<Instant, SendError>;
    /// Sends a frame as it is; returns the moment just before. Only the native engine can.
    fn send_frame(&self, _frame: &RawFrame) -> Result<Instant, SendError> {
        Err(SendError::Browser(NO_FRAMES.to_owned()))
    }
    /// Starts the closing handshake with any code, also one that a page may not send. Only the native engine can.
    fn close_raw(&self, _code: u16, _reason: &str) -> Result<Instant, SendError> {
        Err(SendError::Browser(NO_FRAMES.to_owned()))
    }
    /// Bytes accepted by [`Socket::send`] and not yet handed to the network.
    fn buffered(&self) -> u64;
}

/// What becomes of an answer that leads elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redirect {
    /// It is followed.
    #[default]
    Follow,
    /// The call fails.
    Error,
    /// It is the answer. A browser tells a page that it leads elsewhere, and nothing more of it.
    Manual,
}

/// An HTTP call that a check makes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpRequest {
    /// Such as `POST`.
    pub method: String,
    /// Where to.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body; none for `GET`.
    pub body: Option<Payload>,
    /// Whether cookies go along to other origins, too, and are taken from their answers.
    pub cookies: bool,
    /// What becomes of an answer that leads elsewhere.
    pub redirect: Redirect,
}

/// The answer to an [`HttpRequest`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// Names and values that the browser lets a page read.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
    /// Where it came from in the end; empty where that is not told.
    pub url: String,
    /// Whether an answer before it, or this one, led elsewhere.
    pub redirected: bool,
}

/// The call did not come back: refused, blocked by CORS, or no network. A browser does not say which.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct HttpError {
    /// What the browser said.
    pub message: String,
}

/// How a world opens many connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// How many handshakes may be pending at once.
    pub at_once: u64,
    /// The pause after an open before the next one.
    pub gap: Duration,
    /// Whether the world delays more handshakes than this on purpose.
    pub delays_more: bool,
}

impl Opening {
    /// Chromium delays more than six pending handshakes, and bursts.
    pub const OF_BROWSERS: Self = Self { at_once: 6, gap: Duration::from_millis(20), delays_more: true };
}

/// The outside of the engine. A clone is another handle on the same world.
pub trait World: Clone + 'static {
    /// A connection of this world.
    type Socket: Socket + 'static;

    /// The moment on the one clock that also stamps events.
    fn now(&self) -> Instant;
    /// Ends after `wait`.
    fn sleep(&self, wait: Duration) -> LocalFuture<()>;
    /// Ends when `deadline` has passed. A browser's timer may come a little early, and what is stamped with the very moment of a
    /// deadline is in time; so this ends strictly after it.
    fn pass(&self, deadline: Instant) -> LocalFuture<()> {
        let world = self.clone();
        Box::pin(async move {
            loop {
                let now = world.now();
                if now > deadline {
                    return;
                }
                world.sleep(deadline.since(now) + Duration::from_nanos(1)).await;
            }
        })
    }
    /// Yields to other tasks.
    fn breathe(&self) -> LocalFuture<()> {
        self.sleep(Duration::from_millis(1))
    }
    /// How handshakes are paced where a suite does not say it.
    fn opening(&self) -> Opening {
        Opening::OF_BROWSERS
    }
    /// The next number of the run's seeded sequence.
    fn random(&self) -> u64;
    /// Starts a handshake. Everything that happens goes to `sink`, never before this returns. `name` is what people
    /// call the connection, for a log.
    fn connect(&self, name: &str, endpoint: &Endpoint, sink: EventSink)
    -> Result<Self::Socket, ConnectError>;
    /// Makes an HTTP call.
    fn http(&self, request: HttpRequest) -> LocalFuture<Result<HttpResponse, HttpError>>;
}
