//! One run over several commands: each has a shard, and `sockscope merge` makes one report of all.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use sockscope_host::process::Signal;
use support::call::{Call, Ended};
use support::practice::Practice;
use tempfile::TempDir;

use super::BINARY;
use super::nets::Nets;

/// Seconds until the shards begin: time for all commands to start, and to ask the server for its date.
const AHEAD: u64 = 6;

/// A moment to come, in seconds since 1970.
fn moment(ahead: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    (now.as_secs() + ahead).to_string()
}

/// Six clients say four things each; the thresholds hold of all of them and of no single shard.
fn suite(server: &str) -> Value {
    json!({ "sockscope": 1, "suite": "far", "vars": { "room": "r-{{uuid}}" },
        "thresholds": { "opened": "== 6", "sent": "== 24" },
        "clients": { "crowd": { "url": format!("{server}/echo"), "count": 6 } },
        "checks": [ { "check": "all are heard", "thresholds": { "success": ">= 100%", "matched": "== 24" }, "steps": [
            { "connect": "crowd" },
            { "on": "crowd", "repeat": { "times": 4, "every": "30ms" }, "send": { "room": "{{room}}", "n": "{{i}}" },
              "expect": { "echo": true } } ] } ] })
}

/// The reports of all shards of a suite, each by a command of its own, in a folder.
fn shards(binaries: &[String], text: &Value, more: &[&str]) -> (TempDir, Vec<PathBuf>) {
    let (of, at) = (binaries.len(), moment(AHEAD));
    let running: Vec<_> = binaries
        .iter()
        .enumerate()
        .map(|(index, binary)| {
            let shard = format!("{index}/{of}");
            let arguments = ["OUT/s.json", "--engine", "native", "--shard", &shard, "--start-at", &at];
            let all = [&arguments[..], &["--json", "OUT/r.json"], more].concat();
            Call::of(binary, &all).with_file("s.json", text.to_string()).start()
        })
        .collect();
    let folder = TempDir::new().expect("a folder");
    let mut paths = Vec::new();
    for (index, running) in running.into_iter().enumerate() {
        let ended = running.wait();
        ended.assert_code(0);
        let path = folder.path().join(format!("{index}.json"));
        std::fs::copy(ended.path("r.json"), &path).expect("a copy");
        paths.push(path);
    }
    (folder, paths)
}

fn merge(paths: &[PathBuf], more: &[&str]) -> Ended {
    let names: Vec<&str> = paths.iter().map(|path| path.to_str().expect("a name")).collect();
    Call::of_command(BINARY, "merge", &[&names[..], more].concat()).run()
}

fn read(path: &PathBuf) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).expect("a file")).expect("JSON")
}

/// What of a report does not depend on how long things took.
fn facts(report: &Value) -> Value {
    let count = |name: &str| report["metrics"][name]["count"].clone();
    let lines = |all: &Value| -> Vec<Value> {
        all.as_array()
            .expect("a list")
            .iter()
            .map(|it| json!([it["expr"], it["verdict"], it["value"]]))
            .collect()
    };
    let steps = |check: &Value| -> Vec<Value> {
        let all = check["steps"].as_array().expect("steps").iter();
        all.map(|it| json!([it["path"], it["verdict"], it["on"], it["runs"]])).collect()
    };
    let checks = report["checks"].as_array().expect("checks").iter();
    let checks: Vec<_> = checks
        .map(|it| {
            json!([
                it["name"],
                it["verdict"],
                lines(&it["thresholds"]),
                steps(it),
                it["metrics"]["rtt"]["count"]
            ])
        })
        .collect();
    let parts = report["shards"].as_array().expect("shards").iter();
    let parts: Vec<_> = parts
        .map(|it| json!([it["index"], it["verdict"], it["opened"], it["sent"], it["received"]]))
        .collect();
    let counts = ["opened", "sent", "received", "bytes_sent", "bytes_received", "rtt", "open"].map(count);
    json!({ "suite": report["suite"], "verdict": report["verdict"], "totals": report["totals"], "vars": report["vars"],
        "seed": report["seed"], "thresholds": lines(&report["thresholds"]), "checks": checks, "shards": parts,
        "counts": counts })
}

#[test]
fn commands_in_networks_of_their_own_make_one_run() {
    let Some(nets) = Nets::of(3) else { return };
    let server = Practice::start_of(&nets.server, &["--host", nets.address()]);
    let text = suite(&server.ws);
    let (_folder, paths) = shards(&nets.clients, &text, &["--seed", "7"]);
    let sum = |name: &str| -> u64 {
        paths.iter().map(|path| read(path)["metrics"][name]["count"].as_u64().expect("a count")).sum()
    };
    assert_eq!((sum("opened"), sum("sent"), sum("rtt")), (6, 24, 24));
    for path in &paths {
        let part = read(path);
        assert_eq!(part["metrics"]["opened"]["count"], 2, "each has its share");
        assert_eq!(part["thresholds"][0]["verdict"], "skipped", "they are judged of all");
        let ahead = part["part"]["clock_ahead_ms"].as_f64().expect("the server gives a date");
        assert!(ahead.abs() < 2000.0, "{ahead} ms on one machine");
    }
    let merged = merge(&paths, &["--json", "OUT/m.json", "--junit", "OUT/m.xml", "--html", "OUT/m.html"]);
    merged.assert_code(0);
    merged.assert_says(&["shard 2: 2 opened, 8 sent", "4 thresholds held"]);
    let report = merged.json("m.json");

    // The same in one command, from inside one of the networks.
    let arguments =
        ["OUT/s.json", "--engine", "native", "--shards", "3", "--seed", "7", "--json", "OUT/r.json"];
    let whole = Call::of(&nets.clients[0], &arguments).with_file("s.json", text.to_string()).run();
    whole.assert_code(0);
    assert_eq!(facts(&report), facts(&whole.json("r.json")));
    assert!(merged.file("m.xml").contains("<testsuite"), "JUnit");
    assert!(merged.file("m.html").contains("Shards"), "HTML");
}

#[test]
fn histograms_are_added_exactly_and_thresholds_are_judged_after() {
    let server = Practice::start_of(BINARY, &[]);
    let binaries = [BINARY.to_owned(), BINARY.to_owned()];
    let mut text = suite(&server.ws);
    text["thresholds"]["opened"] = "== 3".into();
    // In each shard alone it holds.
    let (_folder, paths) = shards(&binaries, &text, &[]);
    let parts: Vec<Value> = paths.iter().map(read).collect();
    assert_eq!(parts[0]["seed"], parts[1]["seed"], "the moment gives both the same one");
    assert_eq!(parts[0]["vars"], parts[1]["vars"], "a random name is one name");
    let merged = merge(&paths, &["--json", "OUT/m.json"]);
    merged.assert_code(1);
    merged.assert_says(&["opened is 6", "expected == 3"]);
    let report = merged.json("m.json");
    let figures = |report: &Value| {
        let rtt = &report["metrics"]["rtt"];
        let bound = |name: &str| rtt[name].as_f64().expect("a figure");
        (rtt["count"].as_u64().expect("a count"), bound("min"), bound("max"))
    };
    let (one, other, both) = (figures(&parts[0]), figures(&parts[1]), figures(&report));
    assert_eq!(both, (one.0 + other.0, one.1.min(other.1), one.2.max(other.2)));
    let late = report["shards"][1]["late_ms"].as_f64().expect("when it began");
    assert!(late.abs() < 1000.0, "{late} ms");
    assert!(report["part"].is_null(), "it is the report of a whole run");

    errors(&paths);
}

/// Everything that is wrong with files is said, and nothing is written.
fn errors(paths: &[PathBuf]) {
    #[track_caller]
    fn check(paths: &[&PathBuf], code: i32, words: &[&str]) {
        let paths: Vec<PathBuf> = paths.iter().map(|path| (*path).clone()).collect();
        let ended = merge(&paths, &["--json", "OUT/m.json"]);
        ended.assert_code(code);
        ended.assert_says(words);
        assert!(!ended.path("m.json").exists(), "nothing is written");
    }
    let folder = TempDir::new().expect("a folder");
    let (first, second) = (&paths[0], &paths[1]);
    let changed = |name: &str, change: &dyn Fn(&mut Value)| {
        let mut report = read(second);
        change(&mut report);
        let path = folder.path().join(name);
        std::fs::write(&path, report.to_string()).expect("a file");
        path
    };
    let text = std::fs::read_to_string(second).expect("a file");
    let written = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path
    };
    check(&[first], 2, &["shard 1 of 2 is missing", "--allow-missing"]);
    check(&[first, second, second], 2, &["are both shard 1 of 2"]);
    check(&[first, &changed("seed.json", &|it| it["seed"] = 8.into())], 2, &["the seed is 8, and in"]);
    check(&[first, &changed("suite.json", &|it| it["suite"] = "near".into())], 2, &["the suite is near"]);
    let other_text = changed("text.json", &|it| it["part"]["suite_sha256"] = "00".into());
    check(&[first, &other_text], 2, &["the suite text (SHA-256) is 00"]);
    let other_version = changed("version.json", &|it| it["sockscope"] = "9.9.9".into());
    check(&[first, &other_version], 2, &["the version of sockscope is 9.9.9"]);
    let other_room = changed("vars.json", &|it| it["vars"]["room"] = "x".into());
    check(&[first, &other_room], 2, &["the variable room is \"x\""]);
    check(
        &[first, &changed("of.json", &|it| it["part"]["of"] = 3.into())],
        2,
        &["the number of shards is 3"],
    );
    check(
        &[first, &changed("no.json", &|it| it["part"]["index"] = 2.into())],
        2,
        &["shard 2 of 2, which there cannot be"],
    );
    check(&[first, &written("cut.json", &text[..text.len() / 2])], 2, &["cut.json: is cut off at line"]);
    check(&[first, &written("empty.json", "\n")], 2, &["empty.json: is empty"]);
    check(&[first, &written("other.json", "{\"a\":1}")], 2, &["other.json: not a report: missing field"]);
    let whole = changed("whole.json", &|it| drop(it.as_object_mut().map(|it| it.remove("part"))));
    check(&[first, &whole], 2, &["whole.json: is the report of a whole run; expected the --json of"]);
    check(&[first, &folder.path().join("absent.json")], 3, &["absent.json: no such file"]);
    check(&[first, &folder.path().join("absent*.json")], 3, &["absent*.json: no file matches"]);
    let late = changed("late.json", &|it| it["started"] = "2040-01-01T00:00:00Z".into());
    check(&[first, &late], 2, &["the shards began", "apart"]);
    let ahead = |path: &PathBuf| read(path)["part"]["clock_ahead_ms"].as_f64().expect("a date");
    let fast = changed("clock.json", &|it| it["part"]["clock_ahead_ms"] = (ahead(first) + 61_000.0).into());
    check(&[first, &fast], 2, &["the clocks of two shards disagree, so they began 61", "set them by NTP"]);

    // What is allowed by name is merged, and says so.
    let ended = merge(std::slice::from_ref(first), &["--allow-missing", "--json", "OUT/m.json"]);
    // A threshold does not hold of what is there, and a failure outweighs what is missing.
    ended.assert_code(1);
    ended.assert_says(&["shard 1 gave no report", "1 shard of 2 missing"]);
    assert_eq!(ended.json("m.json")["verdict"], "error");
    let ended = merge(&[first.clone(), fast], &["--max-skew", "2m"]);
    ended.assert_code(1);
    // A pattern does as well as a shell.
    let pattern = first.with_file_name("*.json");
    merge(&[pattern], &[]).assert_code(1);
}

#[test]
fn what_is_wrong_with_a_shard_is_2_and_nothing_starts() {
    let server = Practice::start_of(BINARY, &[]);
    let soon = moment(60);
    let check = |arguments: &[&str], words: &str| {
        let all = [&["OUT/s.json", "--engine", "native", "--json", "OUT/r.json"], arguments].concat();
        let ended = Call::of(BINARY, &all).with_file("s.json", suite(&server.ws).to_string()).run();
        ended.assert_code(2);
        ended.assert_says(&[words]);
    };
    check(&["--shard", "2/2", "--start-at", &soon], "expected I/N, the number of this shard from 0");
    check(&["--shard", "0/2"], "--start-at");
    check(&["--start-at", &soon], "--shard");
    check(&["--shard", "0/2", "--start-at", "noon"], "expected a moment such as 2026-05-01T12:00:00Z");
    check(&["--shard", "0/2", "--start-at", "1700000000"], "ago, and a shard begins at most 1\u{2009}s late");
    check(&["--shard", "0/2", "--start-at", &format!("{soon}000")], "seconds (not milliseconds) since 1970");
    check(&["--shard", "0/2", "--start-at", &soon, "--shards", "2"], "cannot be used with");
    check(&["first-contact", "--shard", "0/2", "--start-at", &soon], "--shard runs one suite");
    let ended = Call::of(
        BINARY,
        &["load", "--engine", "native", "--shard", "0/2", "--start-at", &soon, "--json", "-"],
    );
    let ended = ended.run();
    ended.assert_code(2);
    ended.assert_says(&["a practice server of its own; name the one server of all shards by WS_URL"]);
}

#[test]
fn a_shard_that_is_stopped_while_it_waits_is_lost_to_the_others() {
    let server = Practice::start_of(BINARY, &[]);
    let at = moment(300);
    let arguments =
        ["OUT/s.json", "--engine", "native", "--shard", "1/2", "--start-at", &at, "--json", "OUT/r.json"];
    let running = Call::of(BINARY, &arguments).with_file("s.json", suite(&server.ws).to_string()).start();
    running.until_says("far");
    running.signal(Signal::Interrupt);
    let ended = running.wait();
    ended.assert_code(5);
    let report = ended.json("r.json");
    assert_eq!(report["part"]["lost"], "stopped before it began");
    assert_eq!(report["verdict"], "inconclusive");
}
