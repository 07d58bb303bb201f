//! What the command writes.

use support::call::ALL_FORMS;

use super::native;
use support::suites::{FAILING, LEARNS};

const FILES: [&str; 6] = ["r.json", "r.xml", "strict.xml", "r.html", "r.har", "r.jsonl"];

#[test]
fn a_failing_run_is_in_every_form_without_its_secret() {
    let call = native(&[&["OUT/s.json"], &ALL_FORMS[..]].concat());
    let ended = call.with_file("s.json", FAILING).with_env("TOKEN", "s3cr3t-t0k3n").run();
    ended.assert_code(1);
    let report = ended.json("r.json");
    assert_eq!((&report["suite"], &report["verdict"]), (&"failing".into(), &"fail".into()));
    let step = &report["checks"][0]["steps"][1];
    assert_eq!(step["failure"]["diff"][0]["path"], "$.n");
    let around = step["around"].as_array().expect("the events around the failure");
    assert!(around.iter().any(|it| it["event"] == "sent" && it["after"] != true), "{around:#?}");
    for (file, part) in [
        ("r.xml", "<failure"),
        ("r.xml", "<property name=\"engine\" value=\"native\"/>"),
        ("strict.xml", "<failure"),
        ("r.html", "What did not pass"),
        ("r.har", "_webSocketMessages"),
        ("r.jsonl", "\"event\":\"received\""),
    ] {
        assert!(ended.file(file).contains(part), "{part} in {file}");
    }
    for file in FILES {
        assert!(!ended.file(file).contains("s3cr3t"), "{file}");
    }
    assert!(!format!("{}{}", ended.stdout, ended.stderr).contains("s3cr3t"));
}

#[test]
fn a_secret_that_a_run_has_learnt_is_in_no_output() {
    // The server prints what it is asked for, as servers do.
    let start = format!(
        "{} serve --port {{port}} & while echo asked for ticket=evt-$((0+1)) ticket=evt-$((1+1)); do sleep 0.1; done",
        super::BINARY
    );
    let arguments = [&["OUT/s.json", "--start", &start, "--no-tls"], &ALL_FORMS[..]].concat();
    let ended = native(&arguments).with_file("s.json", LEARNS).run();
    ended.assert_code(1);
    let report = ended.json("r.json");
    let message = report["checks"][0]["steps"][1]["failure"]["message"].as_str().expect("words");
    assert!(message.contains("404"), "{message}");
    assert!(report["server"]["output"].to_string().contains("ticket=***"), "{report:#}");
    for file in FILES {
        assert!(!ended.file(file).contains("ticket=evt-1"), "{file}");
    }
    assert!(!format!("{}{}", ended.stdout, ended.stderr).contains("ticket=evt-1"));
}

#[test]
fn the_shards_of_a_run_are_one_report() {
    let suite = r#"{ "sockscope": 1, "suite": "crowd", "vars": { "ws_url": "{{env.WS_URL}}" },
      "clients": { "crowd": { "url": "{{ws_url}}/echo", "count": 31 }, "one": { "url": "{{ws_url}}/echo" } },
      "checks": [ { "check": "each is answered", "thresholds": { "success": ">= 100%", "opened": "== 31" }, "steps": [
        { "connect": "crowd" },
        { "on": "crowd", "repeat": { "times": 4 }, "send": "{{client}}-{{i}}", "expect": { "echo": true } } ] } ] }"#;
    let ended = native(&["OUT/s.json", "--shards", "3", "--json", "OUT/r.json", "--jsonl", "OUT/r.jsonl"])
        .with_file("s.json", suite)
        .run();
    ended.assert_code(0);
    let report = ended.json("r.json");
    assert_eq!(report["totals"]["matched"], 31 * 4);
    assert_eq!(report["metrics"]["rtt"]["count"], 31 * 4);
    let shards: Vec<_> =
        report["shards"].as_array().expect("shards").iter().map(|shard| shard["opened"].clone()).collect();
    assert_eq!(shards, [11, 10, 10]);
    assert_eq!(ended.file("r.jsonl").matches("\"event\":\"run\"").count(), 3);
}
