//! What the user sees of the work: numbered stages, notes, and on a terminal one live line that counts seconds.
//!
//! Off a terminal nothing is ever overwritten, so a CI log reads as plain lines.

use std::cell::RefCell;
use std::io::{IsTerminal, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

static STATUS_SHOWN: AtomicBool = AtomicBool::new(false);

/// True where a line may be overwritten.
pub fn is_live() -> bool {
    static LIVE: OnceLock<bool> = OnceLock::new();
    *LIVE.get_or_init(|| {
        std::io::stdout().is_terminal()
            && std::env::var_os("CI").is_none()
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
    })
}

thread_local! {
    /// What this thread has said while another one has the screen.
    static KEPT: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Does something beside what is on the screen, and says its lines afterwards, in one piece. Of other threads that it starts, the lines
/// are not kept back.
pub fn beside<T>(work: impl FnOnce() -> T) -> (T, Vec<String>) {
    KEPT.set(Some(Vec::new()));
    let done = work();
    (done, KEPT.take().unwrap_or_default())
}

pub fn line(text: &str) {
    let is_kept = KEPT.with_borrow_mut(|kept| kept.as_mut().map(|kept| kept.push(text.to_owned())).is_some());
    if is_kept {
        return;
    }
    clear_status();
    if cfg!(test) {
        // The one way that the test harness can keep to itself.
        println!("{text}");
        return;
    }
    let mut out = std::io::stdout().lock();
    // A closed pipe does not end the work.
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// A line below the current stage's header.
pub fn note(text: &str) {
    line(&format!("      {text}"));
}

/// Replaces the live line; does nothing off a terminal.
pub fn status(text: &str) {
    if !is_live() || KEPT.with_borrow(Option::is_some) {
        return;
    }
    let short: String = text.chars().take(90).collect();
    let mut out = std::io::stdout().lock();
    let _ = write!(out, "\r\x1b[2K      {short}").and_then(|()| out.flush());
    STATUS_SHOWN.store(true, Ordering::Relaxed);
}

pub fn clear_status() {
    if STATUS_SHOWN.swap(false, Ordering::Relaxed) {
        let mut out = std::io::stdout().lock();
        let _ = write!(out, "\r\x1b[2K").and_then(|()| out.flush());
    }
}

/// Numbers the stages of one call: `[2/6] …`.
pub struct Progress {
    at: usize,
    total: usize,
}

impl Progress {
    pub fn of(total: usize) -> Self {
        Self { at: 0, total }
    }

    /// Opens the next stage.
    pub fn stage(&mut self, title: &str) {
        self.at += 1;
        line(&format!("[{}/{}] {title}", self.at, self.total));
    }
}

/// Seconds, with a tenth where it matters.
pub fn seconds(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 10.0 { format!("{seconds:.1} s") } else { format!("{seconds:.0} s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_lose_their_tenth_from_ten() {
        assert_eq!(seconds(Duration::from_millis(940)), "0.9 s");
        assert_eq!(seconds(Duration::from_millis(184_400)), "184 s");
    }
}
