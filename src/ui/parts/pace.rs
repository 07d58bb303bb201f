//! How fast a page takes news from a worker.
//!
//! Owns the rest after a frame. Drawing needs the processor that a small machine also needs for its sockets and for the server
//! that is measured. The rule a reader would break: what news cost is known only once they are drawn, which is after the
//! callback that applied them.

use std::time::Duration;

use leptos::prelude::set_timeout;

use crate::browser::{clock, page};

/// How long a page rests after it has drawn.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    /// News that take no longer to draw need no rest.
    pub easy: Duration,
    /// After others it rests so many times as long,
    pub times: u32,
    /// and no longer than this: nobody should see that anything stands still.
    pub longest: Duration,
}

impl Pace {
    fn rest(self, drawn: Duration) -> Duration {
        if drawn <= self.easy { Duration::ZERO } else { (drawn * self.times).min(self.longest) }
    }

    /// Applies news with the next frame, and says how long to rest then.
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
