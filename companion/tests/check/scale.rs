//! One run over several browsers.

use std::thread;
use std::time::Duration;

use support::block_on;
use support::call::Call;
use support::page::Practice;

/// The most connections that a server has counted while `during` went on.
fn peak(server: &Practice, during: thread::JoinHandle<support::call::Ended>) -> (u64, support::call::Ended) {
    let mut most = 0;
    while !during.is_finished() {
        most = most.max(block_on(server.connections()));
        thread::sleep(Duration::from_millis(30));
    }
    (most, during.join().expect("the command was run"))
}

#[track_caller]
fn check(shards: u64, clients: u64) {
    let server = Practice::start();
    let (ws, shards_text, clients_text) =
        (server.url("ws").to_owned(), shards.to_string(), format!("num_clients={clients}"));
    let call = thread::spawn(move || {
        let arguments = [
            "load",
            "--check",
            "an even pace",
            "--shards",
            &shards_text,
            "--var",
            &clients_text,
            "--var",
            "test_duration=2",
            "--var",
            "message_interval=0.2",
            "--var",
            "max_p95=10s",
            "--json",
            "OUT/r.json",
            "--html",
            "OUT/r.html",
        ];
        Call::new(&arguments).with_env("WS_URL", &ws).run()
    });
    let (most, ended) = peak(&server, call);
    ended.assert_code(0);
    assert!(most >= clients, "{most} at once");
    let report = ended.json("r.json");
    let parts = report["shards"].as_array().expect("shards");
    assert_eq!(parts.len() as u64, shards);
    let sum = |name: &str| parts.iter().map(|part| part[name].as_u64().expect("a count")).sum::<u64>();
    assert_eq!((sum("opened"), report["metrics"]["opened"]["count"].as_u64()), (clients, Some(clients)));
    assert_eq!(Some(sum("received")), report["totals"]["received"].as_u64());
    assert!(parts.iter().all(|part| part["opened"].as_u64() < Some(256)), "each browser has its share");
    let samples = |rtt: &serde_json::Value| rtt["count"].as_u64().expect("a count");
    let all: u64 = parts.iter().map(|part| samples(&part["rtt"])).sum();
    assert_eq!(samples(&report["metrics"]["rtt"]), all, "the histograms are added");
    assert!(
        report["checks"][0]["thresholds"]
            .as_array()
            .is_some_and(|all| all.iter().all(|it| it["verdict"] == "pass"))
    );
    ended.assert_says(&["shard 0: ", "shard 1: "]);
}

#[test]
fn two_browsers_hold_more_connections_than_one_can() {
    check(2, 420);
}

#[test]
fn four_browsers_hold_them_together() {
    check(4, 440);
}

/// Two commands, each with a browser and a shard of its own, make one run.
#[test]
fn commands_with_a_browser_each_are_merged() {
    let server = Practice::start();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    // Time for both browsers to open on a machine that others use.
    let at = (now.as_secs() + 40).to_string();
    let suite = serde_json::json!({ "sockscope": 1, "suite": "far", "vars": { "room": "r-{{uuid}}" }, "thresholds": { "opened": "== 6" },
        "clients": { "crowd": { "url": format!("{}/echo", server.url("ws")), "count": 6 } },
        "checks": [ { "check": "all are heard", "steps": [ { "connect": "crowd" },
            { "on": "crowd", "send": "{{room}}", "expect": { "echo": true } } ] } ] });
    let running = [0, 1].map(|index| {
        let shard = format!("{index}/2");
        let arguments = ["OUT/s.json", "--shard", &shard, "--start-at", &at, "--json", "OUT/r.json"];
        Call::new(&arguments).with_file("s.json", suite.to_string()).start()
    });
    let ended = running.map(|running| running.wait());
    let paths = ended.each_ref().map(|ended| ended.path("r.json").display().to_string());
    for ended in &ended {
        ended.assert_code(0);
        let report = ended.json("r.json");
        assert_eq!(report["metrics"]["opened"]["count"], 3);
        assert_eq!(report["environment"]["engine"], "browser");
    }
    let arguments = [paths[0].as_str(), paths[1].as_str(), "--json", "OUT/m.json"];
    let merged = Call::of_command(&support::binary(), "merge", &arguments).run();
    merged.assert_code(0);
    let report = merged.json("m.json");
    assert_eq!(report["totals"]["matched"], 6);
    assert_eq!(report["thresholds"][0]["verdict"], "pass");
    assert!(report["shards"].as_array().is_some_and(|all| all.iter().all(|it| it["late_ms"].is_number())));
}
