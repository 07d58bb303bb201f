//! What the companion's tests and benchmarks share, each piece once.
//!
//! Owns what a test stands on: the command as a process, the page in a real browser, servers that others wrote, servers that
//! break in one way, a client over real sockets. It refuses to judge: tests do.

pub mod answering;
pub mod asked;
pub mod broken;
mod browser;
pub mod call;
pub mod chain;
pub mod client;
pub mod conformance;
pub mod endings;
pub mod faults;
pub mod feed;
pub mod figures;
pub mod monitored;
pub mod page;
pub mod practice;
pub mod proxied;
pub mod raw;
pub mod results;
pub mod servers;
pub mod shipped;
pub mod shop;
pub mod short;
pub mod subjects;
pub mod suites;
mod tungstenite_echo;
pub mod wanting;
pub mod watched;

use std::thread::sleep;
use std::time::{Duration, Instant};

/// The value of a variable that the test command sets.
pub fn setting(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set; `cargo xtask test` sets it"))
}

/// The binary under test.
pub fn binary() -> String {
    setting("SOCKSCOPE_BIN")
}

/// Runs a future on this thread.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, future)
}

/// Waits until `probe` has an answer, without a runtime.
pub fn until<T>(patience: Duration, what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(answer) = probe() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        sleep(Duration::from_millis(20));
    }
}
