//! `--watch` without a browser: only what has changed runs again.

use sockscope_host::process::Signal;
use support::watched::{WAITING, suite};

use super::native;

#[test]
fn what_has_changed_runs_again() {
    let call = native(&["OUT", "--watch"]).with_file("s.json", suite("one", "one"));
    let running = call.with_open_input().start();
    running.until_said(WAITING, 1);
    assert_eq!((running.times_said("pass  the first"), running.times_said("pass  the second")), (1, 1));
    std::fs::write(running.path("s.json"), suite("one", "two")).expect("a file");
    running.until_said(WAITING, 2);
    // A failure is named as its check ends, and again with all that is known.
    assert_eq!((running.times_said("FAIL  the first"), running.times_said("pass  the second")), (2, 1));
    running.signal(Signal::Interrupt);
    running.wait().assert_code(1);
}
