//! Reads along what passes in one direction, for a recording.
//!
//! It owns a copy of a message until all of it has passed. It changes no byte and delays none: what it reads has been handed
//! on already. A message that is too large to be held is noted and not kept.

use std::sync::Arc;

use bytes::{Buf, BytesMut};

use super::toxic::Direction;
use crate::routes::recordings::Line;
use crate::ws::frame::{Outline, unmask};

/// A larger message is not kept.
const LARGEST: usize = 16 << 20;

/// One direction of a connection that is recorded.
pub struct Tap {
    line: Arc<Line>,
    is_sent: bool,
    read: BytesMut,
    /// The message so far: whether it is a text, and its payload.
    message: Option<(bool, BytesMut)>,
    /// Bytes of a frame that is too large, still to come.
    skip: u64,
    /// Whether what has begun is too large.
    is_too_large: bool,
}

impl Tap {
    /// Reads this direction along.
    pub fn new(line: Arc<Line>, direction: Direction) -> Self {
        let is_sent = direction == Direction::Upstream;
        Self { line, is_sent, read: BytesMut::new(), message: None, skip: 0, is_too_large: false }
    }

    /// These bytes have passed.
    pub fn passed(&mut self, bytes: &[u8]) {
        let skipped = self.skip.min(bytes.len() as u64);
        self.skip -= skipped;
        self.read.extend_from_slice(&bytes[skipped as usize..]);
        while let Some(head) = Outline::parse(&self.read) {
            let so_far = self.message.as_ref().map_or(0, |(_, parts)| parts.len()) as u64;
            if head.len.saturating_add(so_far) > LARGEST as u64 {
                self.is_too_large = true;
                self.read.advance(head.size);
                let here = head.len.min(self.read.len() as u64);
                self.read.advance(here as usize);
                self.skip = head.len - here;
                self.end_of_frame(head, BytesMut::new());
                if self.skip > 0 {
                    return;
                }
                continue;
            }
            let whole = head.size + head.len as usize;
            if self.read.len() < whole {
                return;
            }
            self.read.advance(head.size);
            let mut payload = self.read.split_to(head.len as usize);
            if let Some(mask) = head.mask {
                unmask(&mut payload, mask);
            }
            self.end_of_frame(head, payload);
        }
    }

    fn end_of_frame(&mut self, head: Outline, payload: BytesMut) {
        if head.is_close() {
            let code = payload.first_chunk::<2>().map_or(1005, |code| u16::from_be_bytes(*code));
            let reason = String::from_utf8_lossy(payload.get(2..).unwrap_or_default());
            return self.line.close(self.is_sent, code, &reason);
        }
        if head.is_control() {
            return;
        }
        match &mut self.message {
            Some((_, parts)) => parts.extend_from_slice(&payload),
            None => self.message = Some((head.is_text(), payload)),
        }
        if head.first & 0x80 == 0 {
            return;
        }
        let Some((is_text, whole)) = self.message.take() else { return };
        if std::mem::take(&mut self.is_too_large) {
            let most = LARGEST >> 20;
            return self
                .line
                .failed(&format!("a message of more than {most} MiB has passed and is not kept"));
        }
        self.line.message(self.is_sent, is_text, &whole);
    }
}
