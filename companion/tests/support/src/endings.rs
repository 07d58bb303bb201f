//! Ends of `sockscope check` that are the same by the page and by the native engine.
//!
//! Each function gets what makes a call of the engine under test, and answers how the call ended.

use crate::call::{Call, Ended};
use crate::suites::{FAILING, SLOW, UNMET};

/// Two suites that ship pass.
pub fn all_passed_is_0(call: impl Fn(&[&str]) -> Call) -> Ended {
    let ended = call(&["first-contact", "rooms", "--json", "OUT/r.json"]).run();
    ended.assert_code(0);
    ended.assert_says(&["first-contact", "pass", "2 runs: ", "checks passed"]);
    assert!(!ended.stdout.contains('\u{1b}'), "no colour but on a terminal");
    ended
}

/// A check fails beside one that passes.
pub fn a_failed_check_is_1_and_explained(call: impl Fn(&[&str]) -> Call) -> Ended {
    let ended = call(&["OUT/s.json"]).with_file("s.json", FAILING).run();
    ended.assert_code(1);
    ended.assert_says(&[
        "FAIL  bob hears two",
        "pass  bob hears himself",
        "$.n: expected 2, found 1",
        "1 check passed, 2 failed",
    ]);
    ended
}

/// Nothing fails but a bound.
pub fn a_failed_threshold_is_1(call: impl Fn(&[&str]) -> Call) -> Ended {
    let ended = call(&["OUT/s.json"]).with_file("s.json", SLOW).run();
    ended.assert_code(1);
    ended.assert_says(&["rtt.p95 is", "expected < 20ms", "1 of 1 threshold broken"]);
    ended
}

/// What came in place of what was expected, and what is noted of a check that passes.
pub fn what_came_instead_stands_on_the_terminal(call: impl Fn(&[&str]) -> Call) -> Ended {
    let ended = call(&["OUT/s.json"]).with_file("s.json", UNMET).run();
    ended.assert_code(1);
    ended.assert_says(&[
        "threshold success >= 99%",
        "(steps[1].send, line 7)",
        "to 3 of 3 clients, first to crowd[0]",
        "0 of 12 met",
        "came instead: {\"type\":\"error\",\"code\":\"UNAUTHENTICATED\",\"request_id\":…} ×12",
        "note  noted: nothing was asked",
        "note  noted: 3 messages that no step selected",
    ]);
    ended
}

/// The suite after the one that fails does not begin.
pub fn fail_fast_stops_with_the_first_failure(call: impl Fn(&[&str]) -> Call) -> Ended {
    let ended = call(&["OUT/s.json", "first-contact", "--fail-fast", "--json", "OUT/r.json"])
        .with_file("s.json", FAILING)
        .run();
    ended.assert_code(1);
    let report = ended.json("r.json");
    assert_eq!(report["suite"], "failing", "the other suite has not run");
    assert_eq!(report["checks"][0]["verdict"], "fail");
    ended
}
