//! Pings of the proxy's own to one side, while what it sends is not read.
//!
//! Owns which pongs answer them; those do not pass to the other side. The system of a side that has gone refuses a ping, which
//! is the only way to notice: the side's end comes after all that it has sent.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use tokio::sync::Notify;

/// The pings to one side.
#[derive(Debug, Default)]
pub struct Probe {
    /// Told when a ping is wanted.
    pub wanted: Notify,
    unanswered: AtomicU32,
}

impl Probe {
    /// A ping has gone out.
    pub fn asked(&self) {
        self.unanswered.fetch_add(1, Relaxed);
    }

    /// Whether a pong may come that the other side has not asked for.
    pub fn is_asked(&self) -> bool {
        self.unanswered.load(Relaxed) > 0
    }

    /// Whether this frame answers a ping that has gone out; each ping is answered once.
    pub fn has_answered(&self, frame: &[u8]) -> bool {
        let is_empty_pong = matches!(frame, [0x8a, 0] | [0x8a, 0x80, ..]);
        let take = |due: u32| due.checked_sub(1);
        is_empty_pong && self.unanswered.fetch_update(Relaxed, Relaxed, take).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ping_takes_one_empty_pong_and_no_other_frame() {
        let probe = Probe::default();
        assert!(!probe.has_answered(&[0x8a, 0]));
        probe.asked();
        assert!(!probe.has_answered(&[0x8a, 1, b'x']) && !probe.has_answered(&[0x89, 0]));
        assert!(probe.is_asked() && probe.has_answered(&[0x8a, 0x80, 1, 2, 3, 4]));
        assert!(!probe.is_asked() && !probe.has_answered(&[0x8a, 0]));
    }
}
