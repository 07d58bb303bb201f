//! Signals that ask the process to end.

use std::io;

#[cfg(unix)]
use tokio::signal::unix;

/// Handles SIGINT, SIGTERM, SIGQUIT and, unless our parent has set it to be ignored, SIGHUP; elsewhere Ctrl-C.
pub struct Signal {
    #[cfg(unix)]
    interrupt: unix::Signal,
    #[cfg(unix)]
    terminate: unix::Signal,
    #[cfg(unix)]
    quit: unix::Signal,
    #[cfg(unix)]
    hangup: Option<unix::Signal>,
}

#[cfg(unix)]
impl Signal {
    /// From now on signals are heard and end nothing by themselves.
    pub fn listen() -> io::Result<Self> {
        use unix::{SignalKind, signal};
        let hangup = if ignores_hangup() { None } else { Some(signal(SignalKind::hangup())?) };
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            quit: signal(SignalKind::quit())?,
            hangup,
        })
    }

    /// Waits for the next one.
    pub async fn received(&mut self) {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.quit.recv() => {}
            _ = hangup => {}
        }
    }
}

/// Whether this was started by `nohup` or the like, as far as the system tells.
#[cfg(unix)]
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[cfg(not(unix))]
impl Signal {
    /// From now on Ctrl-C is heard.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next one.
    pub async fn received(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
