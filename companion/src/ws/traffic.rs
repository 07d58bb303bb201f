//! What went over all connections, counted.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Messages and the bytes of their payloads, in both directions.
#[derive(Debug, Default)]
pub struct Traffic {
    messages_in: AtomicU64,
    messages_out: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
}

/// One connection's share that is not yet in [`Traffic`]. Connections on two cores that both add to one
/// counter for every message would spend their time passing its cache line to and fro.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Data messages received.
    pub messages_in: u64,
    /// Data messages queued for sending.
    pub messages_out: u64,
    /// Payload bytes of the messages received.
    pub bytes_in: u64,
    /// Payload bytes of the messages queued for sending.
    pub bytes_out: u64,
}

impl Traffic {
    /// Adds a tally and empties it.
    pub fn publish(&self, tally: &mut Tally) {
        let Tally { messages_in, messages_out, bytes_in, bytes_out } = std::mem::take(tally);
        for (counter, more) in [
            (&self.messages_in, messages_in),
            (&self.messages_out, messages_out),
            (&self.bytes_in, bytes_in),
            (&self.bytes_out, bytes_out),
        ] {
            if more > 0 {
                counter.fetch_add(more, Relaxed);
            }
        }
    }

    /// Everything published so far.
    pub fn total(&self) -> Tally {
        Tally {
            messages_in: self.messages_in.load(Relaxed),
            messages_out: self.messages_out.load(Relaxed),
            bytes_in: self.bytes_in.load(Relaxed),
            bytes_out: self.bytes_out.load(Relaxed),
        }
    }
}
