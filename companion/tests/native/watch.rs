//! `--watch` without a browser: only what has changed runs again.

use sockscope_host::process::Signal;

use super::native;

const WAITING: &str = "Enter runs everything again";

/// Two checks; the first one sends this and hears it again.
fn suite(sent: &str, wanted: &str) -> String {
    format!(
        r#"{{ "sockscope": 1, "suite": "watched", "vars": {{ "ws_url": "{{{{env.WS_URL}}}}" }},
  "clients": {{ "a": {{ "url": "{{{{ws_url}}}}/echo" }} }},
  "checks": [
    {{ "check": "the first", "steps": [ {{ "connect": "a" }},
      {{ "send": "{sent}", "expect": {{ "text": "{wanted}", "within": "300ms" }} }} ] }},
    {{ "check": "the second", "steps": [ {{ "connect": "a" }}, {{ "send": "x", "expect": {{ "echo": true }} }} ] }} ] }}"#
    )
}

#[test]
fn what_has_changed_runs_again() {
    let call = native(&["OUT", "--watch"]).with_file("s.json", &suite("one", "one"));
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
