//! Thousands of connections of one process: none is lost, and each message has its answer.

use serde_json::json;
use support::practice::Practice;

use super::{BINARY, native};

/// Connections of the test. `SOCKSCOPE_CROWD` sets another number, such as the 10 000 of the documentation.
fn size() -> u64 {
    std::env::var("SOCKSCOPE_CROWD").ok().and_then(|text| text.parse().ok()).unwrap_or(2000)
}

#[test]
fn a_crowd_speaks_once_a_second_and_none_is_lost() {
    let count = size();
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let server = Practice::start_of(BINARY, &["--max-connections", "20000"]);
    let suite = json!({
        "sockscope": 1, "suite": "crowd", "clients": { "crowd": { "url": format!("{}/echo", server.ws), "count": count } },
        "checks": [ { "check": "none is lost", "timeout": "5m", "thresholds": { "success": ">= 100%", "dropped": "== 0" }, "steps": [
            { "connect": "crowd", "expect": { "within": "30s" } },
            { "on": "crowd", "repeat": { "times": 3, "every": "1s" }, "send": { "from": "{{client}}", "n": "{{i}}" },
              "expect": { "echo": true, "within": "20s" } } ] } ]
    });
    let ended = native(&["OUT/s.json", "--shards", "cores", "--json", "OUT/r.json"])
        .with_file("s.json", suite.to_string())
        .run();
    ended.assert_code(0);
    let report = ended.json("r.json");
    assert_eq!(report["totals"]["matched"], count * 3, "{:#}", report["totals"]);
    assert_eq!(report["metrics"]["opened"]["count"], count);
}

/// A browser opens six at once and rests for 20 ms after each: 200 of them take 640 ms at least.
#[test]
fn opens_are_not_throttled_as_a_browser_throttles_them() {
    let server = Practice::start_of(BINARY, &[]);
    let suite = |gap: Option<&str>| {
        let mut suite = json!({ "sockscope": 1, "suite": "opens",
            "clients": { "crowd": { "url": format!("{}/echo", server.ws), "count": 200 } },
            "checks": [ { "check": "open", "steps": [ { "connect": "crowd" } ] } ] });
        gap.into_iter().for_each(|gap| suite["defaults"] = json!({ "connect_gap": gap }));
        let ended =
            native(&["OUT/s.json", "--json", "OUT/r.json"]).with_file("s.json", suite.to_string()).run();
        ended.assert_code(0);
        ended.json("r.json")["metrics"]["open.queued"]["max"].as_f64().expect("a figure") / 1e3
    };
    // What a suite asks for holds here, too: 64 at once, and 400 ms after each of them.
    let (free, paced) = (suite(None), suite(Some("400ms")));
    assert!(paced >= 1200.0, "{paced} ms in the queue");
    assert!(free < paced, "{free} ms in the queue, and {paced} ms with a pause");
}

#[test]
fn connections_leave_from_the_addresses_that_are_named() {
    let server = Practice::start_of(BINARY, &[]);
    let suite = json!({
        "sockscope": 1, "suite": "sources", "clients": { "crowd": { "url": format!("{}/echo", server.ws.replace("localhost", "127.0.0.1")), "count": 6 } },
        "checks": [ { "check": "open", "steps": [ { "connect": "crowd" }, { "on": "crowd", "send": "x", "expect": { "echo": true } } ] } ]
    });
    let arguments = ["OUT/s.json", "--source-address", "127.0.0.2", "--source-address", "127.0.0.3"];
    native(&arguments).with_file("s.json", suite.to_string()).run().assert_code(0);
    // An address that this machine does not have cannot be left from, so the flag is heard.
    let ended =
        native(&["OUT/s.json", "--source-address", "192.0.2.1"]).with_file("s.json", suite.to_string()).run();
    ended.assert_code(2);
    ended.assert_says(&["--source-address: 192.0.2.1 is not an address of this machine"]);
}

#[test]
fn sessions_of_a_ramp_come_in_every_thread_and_none_is_lost() {
    let server = Practice::start_of(BINARY, &[]);
    let suite = json!({
        "sockscope": 1, "suite": "visitors", "clients": { "crowd": { "url": format!("{}/echo", server.ws), "count": 100 } },
        "checks": [ { "check": "visitors", "thresholds": { "success": ">= 100%", "unstarted": "== 0" }, "steps": [
            { "on": "crowd", "ramp": { "stages": [ { "for": "1s", "sessions": "50/s" }, { "for": "1s" } ] },
              "steps": [ { "send": "{{client}} {{i}}", "expect": { "echo": true } }, { "wait": { "exponential": { "mean": "20ms" } } } ] } ] } ]
    });
    let ended = native(&["OUT/s.json", "--shards", "2", "--json", "OUT/r.json"])
        .with_file("s.json", suite.to_string())
        .run();
    ended.assert_code(0);
    let metrics = &ended.json("r.json")["metrics"];
    for name in ["opened", "session", "close", "matched", "open.intended"] {
        assert_eq!(metrics[name]["count"], 75, "{name}");
    }
}

/// A thread that has much to do begins rounds late; the clients that are to leave meanwhile stay for theirs.
#[test]
fn a_client_that_leaves_a_ramp_still_has_the_rounds_that_were_due() {
    let server = Practice::start_of(BINARY, &[]);
    let suite = json!({
        "sockscope": 1, "suite": "leaving", "clients": { "crowd": { "url": format!("{}/echo", server.ws), "count": 600 } },
        "checks": [ { "check": "many leave", "steps": [
            { "on": "crowd", "ramp": { "stages": [ { "for": "1s", "clients": 600, "rate": "1500/s" }, { "for": "2s", "clients": 0 } ] },
              "send": "{{client}} {{i}}", "expect": { "echo": true, "within": "20s" } } ] } ]
    });
    let ended = native(&["OUT/s.json", "--json", "OUT/r.json"]).with_file("s.json", suite.to_string()).run();
    ended.assert_code(0);
    let metrics = &ended.json("r.json")["metrics"];
    assert_eq!((&metrics["opened"]["count"], &metrics["close"]["count"]), (&600.into(), &600.into()));
    assert_eq!(metrics["matched"]["count"], 750 + 3000);
}
