//! The flag that switches logging on.

use clap::Args;

use crate::log::{self, LogFilter};

/// Which events are written to standard error.
#[derive(Debug, Args)]
pub struct LogFlags {
    /// Log to standard error: a level (error, warn, info, debug, trace), or levels for targets, as in info,probe=trace.
    /// Targets: server, http, websocket, proxy, probe, check. No secret is logged
    #[arg(long, value_name = "LEVEL|FILTER", env = "SOCKSCOPE_LOG", default_value = "off")]
    log: LogFilter,
}

impl LogFlags {
    /// Begins to log.
    pub fn start(&self) {
        log::start(self.log);
    }
}
