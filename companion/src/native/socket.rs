//! The socket that the engine holds.

use std::rc::Rc;

use sockscope_engine::base::world::RawFrame;
use sockscope_engine::{Closing, Instant, Payload, SendError, Socket};
use tokio::task::AbortHandle;
use tungstenite::protocol::frame::CloseFrame;

use super::clock::Clock;
use super::link::{Link, Phase};

/// A connection of this process.
pub struct NativeSocket {
    pub(super) link: Rc<Link>,
    pub(super) clock: Clock,
    pub(super) task: AbortHandle,
}

impl Socket for NativeSocket {
    fn send(&self, payload: &Payload) -> Result<Instant, SendError> {
        match self.link.phase.get() {
            Phase::Connecting => return Err(SendError::NotOpenYet),
            Phase::Closing | Phase::Ended => return Err(SendError::Closed),
            Phase::Open => {}
        }
        let at = self.clock.now();
        self.link.send(payload);
        Ok(at)
    }

    fn close(&self, closing: &Closing) -> Result<Instant, SendError> {
        let at = self.clock.now();
        match self.link.phase.get() {
            Phase::Closing | Phase::Ended => return Err(SendError::Closed),
            // The task hears of it and gives the handshake up.
            Phase::Connecting => {
                self.link.phase.set(Phase::Closing);
                self.link.wake();
            }
            Phase::Open => {
                self.link.phase.set(Phase::Closing);
                let (code, reason) = (closing.code.get().into(), closing.reason.as_str().into());
                self.link.close(Some(CloseFrame { code, reason }));
                self.link.wake();
            }
        }
        Ok(at)
    }

    fn send_frame(&self, frame: &RawFrame) -> Result<Instant, SendError> {
        match self.link.phase.get() {
            Phase::Connecting => return Err(SendError::NotOpenYet),
            Phase::Ended => return Err(SendError::Closed),
            // What comes after a close frame is one of the faults that a suite may want to make.
            Phase::Open | Phase::Closing => {}
        }
        let at = self.clock.now();
        match self.link.send_raw(&frame.to_bytes(rand::random())) {
            true => Ok(at),
            false => Err(SendError::Browser("the network has not taken what was sent before".to_owned())),
        }
    }

    fn close_raw(&self, code: u16, reason: &str) -> Result<Instant, SendError> {
        if self.link.phase.get() != Phase::Open {
            return Err(SendError::Closed);
        }
        let at = self.clock.now();
        self.link.phase.set(Phase::Closing);
        self.link.close(Some(CloseFrame { code: code.into(), reason: reason.into() }));
        self.link.wake();
        Ok(at)
    }

    fn buffered(&self) -> u64 {
        self.link.buffered()
    }
}

impl Drop for NativeSocket {
    fn drop(&mut self) {
        self.link.is_dropped.set(true);
        match self.link.phase.get() {
            Phase::Connecting => self.task.abort(),
            // The task waits for the other side's end, for a while; its listener hears nothing any more.
            Phase::Open => {
                self.link.phase.set(Phase::Closing);
                self.link.close(None);
                self.link.wake();
            }
            Phase::Closing => self.link.wake(),
            Phase::Ended => {}
        }
    }
}
