//! `--watch`: the browser stays, and only what has changed runs again.

use sockscope_host::process::Signal;
use support::call::{Call, Running, until};
use support::watched::{WAITING, suite};

fn write(running: &Running, name: &str, text: &str) {
    std::fs::write(running.path(name), text).expect("a file");
}

/// The number of the browser's first process.
fn browser(running: &mut Running) -> u32 {
    let of_browser = |line: &str| line.contains("--remote-debugging-port") && !line.contains("--type=");
    until("a browser", || {
        running.processes().into_iter().find(|(_, line)| of_browser(line)).map(|(pid, _)| pid)
    })
}

#[test]
fn what_has_changed_runs_again_in_the_same_browser() {
    let other = suite("y", "y").replace("watched", "other");
    let call =
        Call::new(&["OUT", "--watch"]).with_file("s.json", suite("one", "one")).with_file("t.json", &other);
    let mut running = call.with_open_input().start();
    running.until_said(WAITING, 1);
    assert_eq!((running.times_said("pass  the first"), running.times_said("pass  the second")), (2, 2));
    let first = browser(&mut running);

    write(&running, "s.json", &suite("one", "two"));
    running.until_said(WAITING, 2);
    assert_eq!((running.times_said("FAIL  the first"), running.times_said("pass  the second")), (2, 2));

    // What did not pass runs again beside what has changed.
    let changed = suite("one", "two").replace(r#""send": "x""#, r#""send": "z""#);
    write(&running, "s.json", &changed);
    running.until_said(WAITING, 3);
    assert_eq!((running.times_said("FAIL  the first"), running.times_said("pass  the second")), (4, 3));

    write(&running, "t.json", &other.replace(r#""send": "x""#, r#""send": "z""#));
    running.until_said(WAITING, 4);
    running.until_says("still not passed: the first (");

    write(&running, "s.json", &suite("one", "one"));
    running.until_said(WAITING, 5);
    assert_eq!(running.times_said("pass  the first"), 3);

    running.types("");
    running.until_said(WAITING, 6);
    assert_eq!(running.times_said("pass  the first"), 5);
    assert_eq!(browser(&mut running), first, "the browser has stayed");

    running.signal(Signal::Interrupt);
    let ended = running.wait();
    ended.assert_code(0);
}

#[test]
fn what_a_suite_imports_is_watched_where_it_lies() {
    let suite = r#"{ "sockscope": 1, "suite": "importing", "import": ["../common.jsonc"], "vars": { "ws_url": "{{env.WS_URL}}" },
      "clients": { "a": { "url": "{{ws_url}}/echo" } },
      "checks": [ { "check": "the first", "steps": [ { "use": "say", "on": "a" } ] } ] }"#;
    let common = |wanted: &str| {
        format!(
            r#"{{ "sockscope": 1, "suite": "common", "define": {{ "say": {{ "steps": [
              {{ "connect": "{{{{client}}}}" }}, {{ "send": "one", "expect": {{ "text": "{wanted}", "within": "300ms" }} }} ] }} }} }}"#
        )
    };
    // A suite reaches as far up as its repository.
    let call = Call::new(&["OUT/suites", "--watch"])
        .with_file(".git/HEAD", "")
        .with_file("common.jsonc", common("one"));
    let running = call.with_file("suites/s.json", suite).with_open_input().start();
    running.until_said(WAITING, 1);
    assert_eq!(running.times_said("pass  the first"), 1);
    write(&running, "common.jsonc", &common("two"));
    running.until_said(WAITING, 2);
    assert_eq!(running.times_said("FAIL  the first"), 2);
    running.signal(Signal::Interrupt);
    running.wait().assert_code(1);
}

#[test]
fn a_broken_file_says_its_mistakes_and_waits() {
    let call = Call::new(&["OUT/s.json", "--watch", "--json", "OUT/r.json"]);
    let mut running =
        call.with_file("s.json", suite("one", "one").replace("connect", "konnect")).with_open_input().start();
    running.until_says("waiting for the next change");
    assert!(!running.has_ended());
    write(&running, "s.json", &suite("one", "two"));
    running.until_said(WAITING, 1);
    assert_eq!(running.times_said("FAIL  the first"), 2);
    running.signal(Signal::Interrupt);
    let ended = running.wait();
    ended.assert_code(1);
    ended.assert_says(&["did you mean \"connect\"?", "s.json:4:"]);
    assert_eq!(ended.json("r.json")["verdict"], "fail");
}

#[test]
fn a_stop_with_a_broken_file_is_2_and_one_during_a_run_is_5() {
    let running = Call::new(&["OUT/s.json", "--watch"]).with_file("s.json", "{").with_open_input().start();
    running.until_says("waiting for the next change");
    running.signal(Signal::Interrupt);
    running.wait().assert_code(2);
    let long =
        suite("one", "one").replace(r#"{ "connect": "a" },"#, r#"{ "connect": "a" }, { "wait": "60s" },"#);
    let mut running =
        Call::new(&["OUT/s.json", "--watch"]).with_file("s.json", &long).with_open_input().start();
    running.until_process("--remote-debugging-port");
    running.signal(Signal::Interrupt);
    running.wait().assert_code(5);
}

#[test]
fn what_cannot_be_watched_is_2() {
    for (arguments, words) in [
        (&["rooms", "--watch"][..], "suites that ship do not change"),
        (&["-", "--watch"], "cannot read standard input again"),
        (&["rooms", "--watch", "--repeat", "2"], "cannot be used with"),
    ] {
        let ended = Call::new(arguments).run();
        ended.assert_code(2);
        ended.assert_says(&[words]);
    }
}
