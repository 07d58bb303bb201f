//! What the command logs: nothing by default, and all of it to standard error.
//!
//! Owns the targets and the filter over them. **Invariant:** no event holds a secret. An address is logged as host and port, a
//! path only where it is one of ours, without its query; a header field, a message and the reason of a close are not logged, nor are the words of other crates.

use std::fmt;
use std::io;
use std::str::FromStr;

use anstream::{AutoStream, ColorChoice};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// The server: its start, its end, and connections that it cannot accept.
pub const SERVER: &str = "server";
/// TCP connections, TLS handshakes, requests.
pub const HTTP: &str = "http";
/// WebSockets: handshakes, and how each ended.
pub const WEBSOCKET: &str = "websocket";
/// The fault proxy's connections to its targets.
pub const PROXY: &str = "proxy";
/// Probes, and each of their stages.
pub const PROBE: &str = "probe";
/// The stages of `sockscope check`: server under test, driver, browsers, runs.
pub const CHECK: &str = "check";

/// Every target, in the order in which a filter holds their levels.
const TARGETS: [&str; 6] = [SERVER, HTTP, WEBSOCKET, PROXY, PROBE, CHECK];

/// Which events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogFilter([LevelFilter; TARGETS.len()]);

/// What is wrong with a filter.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LogFilterError {
    /// A level that there is not.
    #[error("expected off, error, warn, info, debug or trace, found {0:?}")]
    Level(String),
    /// A target that there is not.
    #[error("unknown target {0:?}; known are {known}", known = TARGETS.join(", "))]
    Target(String),
}

impl FromStr for LogFilter {
    type Err = LogFilterError;

    /// Levels for all targets and for single ones, separated by commas; later ones win. An empty text is `off`.
    fn from_str(text: &str) -> Result<Self, LogFilterError> {
        let mut levels = [LevelFilter::OFF; TARGETS.len()];
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let (target, level) = match item.split_once('=') {
                Some((target, level)) => (Some(target), level),
                None => (None, item),
            };
            // `LevelFilter` reads digits and the empty text too.
            let is_word = !level.is_empty() && level.bytes().all(|byte| byte.is_ascii_alphabetic());
            let level = level.parse().ok().filter(|_| is_word);
            let level = level.ok_or_else(|| LogFilterError::Level(item.to_owned()))?;
            match target {
                None => levels.fill(level),
                Some(target) => {
                    let at = TARGETS.iter().position(|known| *known == target);
                    levels[at.ok_or_else(|| LogFilterError::Target(target.to_owned()))?] = level;
                }
            }
        }
        Ok(Self(levels))
    }
}

impl fmt::Display for LogFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = TARGETS.iter().zip(self.0).map(|(target, level)| format!("{target}={level}"));
        f.write_str(&all.collect::<Vec<_>>().join(","))
    }
}

impl LogFilter {
    fn level(&self, target: &str) -> LevelFilter {
        TARGETS.iter().position(|known| *known == target).map_or(LevelFilter::OFF, |at| self.0[at])
    }
}

/// Begins to log, if the filter lets anything through.
pub fn start(filter: LogFilter) {
    let most = filter.0.into_iter().max().unwrap_or(LevelFilter::OFF);
    if most == LevelFilter::OFF {
        return;
    }
    let is_wanted = filter_fn(move |event| filter.level(event.target()) >= *event.level());
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(AutoStream::choice(&io::stderr()) != ColorChoice::Never)
        // A reader of standard error that has gone changes nothing about the run.
        .log_internal_errors(false)
        .with_filter(is_wanted.with_max_level_hint(most));
    // It fails where a program that uses this crate as a library logs in its own way.
    let _ = tracing_subscriber::registry().with(lines).try_init();
}

/// Whether anything is logged.
pub fn is_on() -> bool {
    LevelFilter::current() != LevelFilter::OFF
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(text.parse::<LogFilter>().map(|it| it.to_string()), Ok(expected.to_owned()));
    }

    #[test]
    fn a_level_is_for_all_targets_and_later_items_win() {
        check("", "server=off,http=off,websocket=off,proxy=off,probe=off,check=off");
        check("info", "server=info,http=info,websocket=info,proxy=info,probe=info,check=info");
        check("DEBUG,http=off", "server=debug,http=off,websocket=debug,proxy=debug,probe=debug,check=debug");
        check("probe=trace, http=warn", "server=off,http=warn,websocket=off,proxy=off,probe=trace,check=off");
        check(
            "probe=trace,error",
            "server=error,http=error,websocket=error,proxy=error,probe=error,check=error",
        );
    }

    #[test]
    fn err_an_unknown_level_or_target_is_named_with_the_known_ones() {
        let error = |text: &str| text.parse::<LogFilter>().expect_err("it is wrong").to_string();
        assert_eq!(error("loud"), "expected off, error, warn, info, debug or trace, found \"loud\"");
        assert_eq!(error("5"), "expected off, error, warn, info, debug or trace, found \"5\"");
        assert_eq!(error("probe="), "expected off, error, warn, info, debug or trace, found \"probe=\"");
        let known = "server, http, websocket, proxy, probe, check";
        assert_eq!(error("hyper=debug"), format!("unknown target \"hyper\"; known are {known}"));
    }

    #[test]
    fn other_crates_are_never_logged() {
        let all: LogFilter = "trace".parse().expect("a filter");
        assert_eq!(all.level("hyper_util::client"), LevelFilter::OFF);
        assert_eq!(all.level("http_body"), LevelFilter::OFF);
        assert_eq!(all.level(HTTP), LevelFilter::TRACE);
    }
}
