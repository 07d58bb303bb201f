//! How the end of the last connection shows in the report.

use crate::idle;
use serde_json::{Value, json};
use support::simulated::{Setting, run_text, suite};

/// The code in the report of a check with these steps.
#[track_caller]
fn check_close_code(steps: &Value, expected: Option<u16>) {
    let report = run_text(&suite("/ws", steps).to_string(), &Setting::default()).report;
    assert_eq!(report.checks[0].close_code, expected, "{steps}");
}

#[test]
fn a_check_says_how_its_last_connection_ended() {
    check_close_code(&idle(), None);
    check_close_code(&json!([{"connect": "a"}]), Some(1000));
    check_close_code(&json!([{"connect": "a"}, {"on": "a", "close": {"code": 3001}}]), Some(3001));
    // An end that a step brought about says more than how the next connection was left.
    let again = json!([{"connect": "a"}, {"on": "a", "close": {"code": 3001}}, {"reconnect": "a"}]);
    check_close_code(&again, Some(3001));
}
