//! Checks of the suite `conformance` that run only when they are asked for, or at their full length only against a real server:
//! in a real browser, against the practice server.

use sockscope_engine::report::{Report, Verdict, read_json};

use support::call::Call;
use support::page::Practice;

/// One check with these values, which passes; `WS` in a value is the server's WebSocket address.
#[track_caller]
fn run(tag: &str, values: &[(&str, &str)]) -> Report {
    let server = Practice::start_with(&["--allow-origin", "loopback"]);
    let ws = server.url("ws").trim_end_matches('/');
    let values: Vec<_> =
        values.iter().map(|(name, value)| format!("{name}={}", value.replace("WS", ws))).collect();
    let mut arguments = vec!["conformance", "--tag", tag, "--json", "OUT/r.json"];
    values.iter().for_each(|value| arguments.extend(["--var", value]));
    let ended = Call::new(&arguments).run();
    ended.assert_code(0);
    let report = read_json(&ended.file("r.json")).expect("a report");
    assert_eq!(report.checks[0].verdict, Verdict::Pass, "{}", ended.stdout);
    report
}

#[track_caller]
fn check(tag: &str, values: &[(&str, &str)], remarks: &[&str]) {
    assert_eq!(run(tag, values).checks[0].reasons, remarks, "{tag} {values:?}");
}

#[test]
fn an_idle_connection_is_looked_at_three_times() {
    check(
        "L1",
        &[
            ("ws_url", "WS/echo"),
            ("slow", "true"),
            ("idle_short", "200ms"),
            ("idle_long", "400ms"),
            ("idle_longest", "800ms"),
        ],
        &["open after 200ms", "open after 400ms", "open after 800ms"],
    );
}

/// Four megabytes each way, of which 50 kilobytes a second come back.
const MUCH: [(&str, &str); 4] =
    [("ws_url", "WS/echo"), ("flood_message", "{{query}}"), ("flood_messages", "500"), ("flood_wait", "2s")];

#[test]
fn a_client_that_reads_slowly_is_kept_or_closed_or_sent_nothing() {
    let thin = "WS/proxy?to=WS/echo&bandwidth=50&direction=downstream";
    check("B2", &[&MUCH[..], &[("slow_url", thin)]].concat(), &["the connection is kept"]);
    let ended = "WS/fault?close_after=100&close_code=1013";
    check("B2", &[&MUCH[..], &[("slow_url", ended)]].concat(), &["closed with 1013"]);
    let silent = "WS/fault?silent=true";
    check(
        "B2",
        &[&MUCH[..], &[("slow_url", silent)]].concat(),
        &["the connection is kept, and nothing has come"],
    );
}

#[test]
fn five_thousand_messages_leave_their_figures() {
    let report = run("O4", &[("ws_url", "WS/echo")]);
    let metrics = &report.checks[0].metrics;
    let metrics = serde_json::to_value(metrics).expect("a report is JSON");
    for timing in ["p50", "p95", "p99"] {
        assert!(metrics["rtt"][timing].as_f64().is_some_and(|figure| figure > 0.0), "{timing}: {metrics}");
    }
    assert_eq!(metrics["rtt"]["count"].as_u64(), Some(5000), "{metrics}");
    assert!(metrics["received"]["rate"].as_f64().is_some_and(|rate| rate > 0.0), "{metrics}");
}
