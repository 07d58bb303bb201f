//! What a socket and its task share: the transport with its frames, and how far the connection is.
//!
//! Owns every call into `tungstenite`. One rule: nothing is borrowed while a listener hears something, since a listener may
//! send, close, or drop the socket at once.

use std::cell::{Cell, RefCell};
use std::io::{self, Write};
use std::task::{Context, Poll, Waker};

use sockscope_engine::Payload;
use tungstenite::error::{CapacityError, Error, ProtocolError};
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::protocol::frame::{CloseFrame, Frame, FrameHeader};
use tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};
use tungstenite::{Bytes, Message};

use super::deflate::{Agreed, Deflate, DeflateError};
use super::io::{Io, LastBytes};
use crate::ws::conn::Conn;

/// What a connection reads at once. Memory of a connection, and a system call for each of these.
const READS: usize = 4096;
/// A masked client's frame has a head of at most this many bytes.
const HEAD: u64 = 14;

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Connecting,
    Open,
    /// A close was asked for, by either side.
    Closing,
    Ended,
}

/// A connection, held by its socket and its task.
pub(super) struct Link {
    pub phase: Cell<Phase>,
    /// Whether no listener is left.
    pub is_dropped: Cell<bool>,
    wire: RefCell<Option<Box<Wire>>>,
    /// The task.
    waker: RefCell<Waker>,
}

struct Wire {
    frames: WebSocketContext,
    conn: Conn,
    deflate: Option<Box<Deflate>>,
    last: LastBytes,
    /// Bytes of messages that were given, and of all that the network has taken.
    given: u64,
    written: u64,
    /// Something waits for the network.
    is_blocked: bool,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            phase: Cell::new(Phase::Connecting),
            is_dropped: Cell::new(false),
            wire: RefCell::new(None),
            waker: RefCell::new(Waker::noop().clone()),
        }
    }
}

impl Link {
    /// The handshake is done; `early` came right after it. `agreed` is what was agreed on of compression.
    pub fn open(&self, conn: Conn, early: &[u8], agreed: Option<Agreed>) {
        let config = WebSocketConfig::default()
            .read_buffer_size(READS)
            .write_buffer_size(0)
            .max_message_size(None)
            .max_frame_size(None);
        let deflate = agreed.map(|agreed| Box::new(Deflate::new(agreed, early)));
        // What is compressed is not for `tungstenite` to read.
        let early = if deflate.is_some() { &[] } else { early };
        let frames = match early.is_empty() {
            true => WebSocketContext::new(Role::Client, Some(config)),
            false => WebSocketContext::from_partially_read(early.to_vec(), Role::Client, Some(config)),
        };
        let mut last = LastBytes::default();
        last.keep(early);
        let wire = Wire { frames, conn, deflate, last, given: 0, written: 0, is_blocked: false };
        *self.wire.borrow_mut() = Some(Box::new(wire));
        self.phase.set(Phase::Open);
    }

    /// The task waits here, so this wakes it.
    pub fn keep_waker(&self, cx: &Context<'_>) {
        let mut waker = self.waker.borrow_mut();
        if !waker.will_wake(cx.waker()) {
            waker.clone_from(cx.waker());
        }
    }

    /// Lets the task look again.
    pub fn wake(&self) {
        self.waker.borrow().wake_by_ref();
    }

    /// Sends a message within this call, as far as the network takes it; the task sends the rest.
    pub fn send(&self, payload: &Payload) {
        let mut wire = self.wire.borrow_mut();
        let deflate = wire.as_deref_mut().and_then(|wire| wire.deflate.as_deref_mut());
        let deflated = deflate.and_then(|deflate| deflate.deflated(payload.as_bytes()));
        drop(wire);
        let message = match (payload, deflated) {
            (Payload::Text(_), Some(deflated)) => compressed(deflated, Data::Text),
            (Payload::Binary(_), Some(deflated)) => compressed(deflated, Data::Binary),
            (Payload::Text(text), None) => Message::text(text.as_str()),
            (Payload::Binary(bytes), None) => Message::Binary(Bytes::copy_from_slice(bytes)),
        };
        let bytes = message.len() as u64 + HEAD;
        self.write(message, bytes);
    }

    fn write(&self, message: Message, bytes: u64) {
        let waker = self.waker.borrow();
        let mut cx = Context::from_waker(&waker);
        let mut wire = self.wire.borrow_mut();
        let Some(wire) = wire.as_deref_mut() else { return };
        if wire.given <= wire.written {
            (wire.given, wire.written) = (0, 0);
        }
        wire.given += bytes;
        let Wire { frames, conn, written, .. } = wire;
        let mut io = Io { conn, cx: &mut cx, written, last: None, inflating: None };
        // What is written is flushed only where a layer in between may hold it.
        let done = frames.write(&mut io, message).and_then(|()| match io.conn {
            Conn::Plain(_) => Ok(()),
            Conn::Tls(_) => frames.flush(&mut io),
        });
        match done {
            Ok(()) => wire.given = wire.written,
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => wire.is_blocked = true,
            // How it ended is heard by the task, which reads next.
            Err(_) => waker.wake_by_ref(),
        }
    }

    /// Starts the closing handshake.
    pub fn close(&self, frame: Option<CloseFrame>) {
        self.write(Message::Close(frame), 0);
    }

    /// Writes bytes between two messages; false where the network does not take them at once.
    pub fn send_raw(&self, bytes: &[u8]) -> bool {
        let waker = self.waker.borrow();
        let mut cx = Context::from_waker(&waker);
        let mut wire = self.wire.borrow_mut();
        let Some(Wire { frames, conn, written, .. }) = wire.as_deref_mut() else { return false };
        let mut io = Io { conn, cx: &mut cx, written, last: None, inflating: None };
        let mut rest = bytes;
        if frames.flush(&mut io).is_err() {
            return false;
        }
        while !rest.is_empty() {
            match io.write(rest) {
                Ok(taken) if taken > 0 => rest = &rest[taken..],
                _ => return false,
            }
        }
        io.flush().is_ok()
    }

    /// Bytes that were given and that the network has not taken.
    pub fn buffered(&self) -> u64 {
        let wire = self.wire.borrow();
        wire.as_deref().map_or(0, |wire| wire.given.saturating_sub(wire.written))
    }

    /// The next message, after what waits for the network has been tried again.
    pub fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Result<Message, Error>> {
        self.keep_waker(cx);
        let mut wire = self.wire.borrow_mut();
        let Some(wire) = wire.as_deref_mut() else { return Poll::Ready(Err(Error::ConnectionClosed)) };
        let Wire { frames, conn, written, .. } = wire;
        let mut io = Io { conn, cx, written, last: None, inflating: None };
        if wire.is_blocked {
            match frames.flush(&mut io) {
                Ok(()) => {
                    wire.is_blocked = false;
                    wire.given = wire.written;
                }
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {}
                // What the other side has sent before is read first.
                Err(_) => wire.is_blocked = false,
            }
        }
        let Wire { frames, conn, written, deflate, last, .. } = wire;
        let inflating = deflate.as_deref_mut().map(|deflate| &mut deflate.inflating);
        match frames.read(&mut Io { conn, cx, written, last: Some(last), inflating }) {
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
            found => Poll::Ready(found),
        }
    }

    /// The other side broke the protocol: tells it so, if that goes out at once, and lets go.
    pub fn fail(&self, error: &Error) {
        let of_deflate = if let Error::Io(error) = error { DeflateError::of(error) } else { None };
        let code = match error {
            Error::Utf8(_) => 1007,
            _ if of_deflate == Some(&DeflateError::TooLarge) => 1009,
            _ if of_deflate.is_some() => 1002,
            Error::Capacity(CapacityError::MessageTooLong { .. }) => 1009,
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) | Error::Io(_) => {
                return self.let_go();
            }
            _ => 1002,
        };
        self.close(Some(CloseFrame { code: u16::into(code), reason: "".into() }));
        self.let_go();
    }

    /// The code of a close frame that came last and that no close frame may carry.
    pub fn reserved_code(&self) -> Option<u16> {
        self.wire.borrow().as_deref().and_then(|wire| wire.last.close_code())
    }

    /// Ends the transport.
    pub fn let_go(&self) {
        drop(self.wire.borrow_mut().take());
        self.phase.set(Phase::Ended);
    }
}

/// A message whose only frame says that it is compressed.
fn compressed(payload: Vec<u8>, kind: Data) -> Message {
    let header = FrameHeader { rsv1: true, opcode: OpCode::Data(kind), ..FrameHeader::default() };
    Message::Frame(Frame::from_payload(header, payload.into()))
}
