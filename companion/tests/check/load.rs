//! What a load needs beside a single run, in a browser: a ramp, a search for the highest load, and a monitor.

use serde_json::{Value, json};
use sockscope_host::process::Signal;
use support::binary;
use support::call::Call;
use support::monitored::{address, until_series};
use support::page::Practice;

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("a number, found {value}"))
}

#[test]
fn a_ramp_opens_sessions_at_its_rate_in_a_browser() {
    let server = Practice::start_with(&["--allow-origin", "loopback"]);
    let suite = json!({ "sockscope": 1, "suite": "ramp", "clients": { "crowd": { "url": format!("{}/echo", server.url("ws")), "count": 20 } },
        "checks": [ { "check": "sessions", "thresholds": { "unstarted": "== 0", "session.count": ">= 8", "missing": "== 0" }, "steps": [
            { "on": "crowd", "ramp": { "stages": [ { "for": "0s", "sessions": "5/s" }, { "for": "2s" } ] },
              "steps": [ { "send": "x", "expect": { "echo": true } } ] } ] } ] });
    let ended =
        Call::new(&["OUT/s.json", "--json", "OUT/r.json"]).with_file("s.json", suite.to_string()).run();
    let report = ended.json("r.json");
    ended.assert_code(0);
    assert_eq!(report["environment"]["engine"], "browser");
    let metrics = &report["metrics"];
    assert_eq!(number(&metrics["session"]["count"]), number(&metrics["opened"]["count"]), "{metrics:#}");
}

#[test]
fn the_limit_of_a_server_in_connections_is_found_by_a_browser() {
    let server = Practice::start_with(&["--allow-origin", "loopback", "--max-connections", "7"]);
    let suite = json!({ "sockscope": 1, "suite": "crowd", "vars": { "clients": 1 },
        "clients": { "crowd": { "url": format!("{}/echo", server.url("ws")), "count": "{{clients}}" } },
        "checks": [ { "check": "all are served", "steps": [
            { "connect": "crowd" }, { "on": "crowd", "send": "x", "expect": { "echo": true } } ] } ] });
    let arguments = [
        "OUT/s.json",
        "--capacity",
        "clients=2..16",
        "--capacity-within",
        "0%",
        "--json",
        "OUT/r.json",
        "--html",
        "OUT/r.html",
    ];
    let ended = Call::new(&arguments).with_file("s.json", suite.to_string()).run();
    let report = ended.json("r.json");
    let capacity = &report["capacity"];
    assert_eq!((number(&capacity["held"]), number(&capacity["broke"])), (7, 8), "{capacity:#}");
    ended.assert_code(0);
    assert_eq!(report["environment"]["engine"], "browser");
    assert!(ended.file("r.html").contains("Capacity: clients"));
}

#[test]
fn a_monitor_runs_each_round_in_a_browser_of_its_own_and_leaves_none() {
    let server = Practice::start_with(&["--allow-origin", "loopback"]);
    let suite = json!({ "sockscope": 1, "suite": "watched", "clients": { "a": { "url": format!("{}/echo", server.url("ws")),
            "headers": { "X-Tenant": "seven" } } },
        "checks": [ { "check": "it answers", "steps": [ { "connect": "a" }, { "send": "x", "expect": { "echo": true } } ] } ] });
    let arguments =
        ["OUT/s.json", "--engine", "browser", "--every", "1s", "--overlap", "delay", "--metrics", ":0"];
    let running =
        Call::of_command(&binary(), "monitor", &arguments).with_file("s.json", suite.to_string()).start();
    let address = address(&running);
    let all =
        until_series(&address, "sockscope_runs_total{suite=\"watched\",verdict=\"pass\"}", |it| it >= 2.0);
    assert_eq!(all["sockscope_up{suite=\"watched\"}"], 1.0);
    assert!(all.keys().any(|name| name.contains("metric=\"rtt.relay\"")), "{all:#?}");
    running.signal(Signal::Terminate);
    // Who waits finds that no process of the command is left.
    running.wait().assert_code(0);
}
