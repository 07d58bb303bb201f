//! How fast a page takes updates from a worker.
//!
//! Owns the rest after a frame. Drawing needs the processor that a small machine also needs for its sockets and for the
//! server that is measured. One rule: the cost of an update is known only once it is drawn, which is after the callback that
//! applied it.

use std::time::Duration;

use leptos::prelude::set_timeout;

use crate::browser::{clock, page};

/// How long a page rests after it has drawn.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    /// An update that takes no longer to draw needs no rest.
    pub easy: Duration,
    /// After others it rests this many times as long,
    pub times: u32,
    /// and no longer than this: the page must not seem to stand still.
    pub longest: Duration,
}

impl Pace {
    fn rest(self, drawn: Duration) -> Duration {
        if drawn <= self.easy { Duration::ZERO } else { (drawn * self.times).min(self.longest) }
    }

    /// Applies an update with the next frame, and says how long to rest then.
    pub fn draw(self, apply: impl FnOnce() + 'static, drawn: impl FnOnce(Duration) + 'static) {
        page::with_next_frame(move || {
            let began = clock::now();
            apply();
            // A page out of sight draws nothing, and its timers take a second.
            if page::is_hidden() {
                return drawn(Duration::ZERO);
            }
            set_timeout(move || drawn(self.rest(clock::now() - began)), Duration::ZERO);
        });
    }
}
