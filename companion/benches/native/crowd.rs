//! Ten thousand connections on this machine, both sides, one message a second each.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::{Stage, number};
use support::figures::{Aim, Figure, alone};

const CONNECTIONS: u64 = 10_000;

/// None is lost; how fast they open, and what each takes of memory in the client.
pub fn ten_thousand(stage: &Stage) -> Vec<Figure> {
    let rounds = stage.of(60) as u64;
    let suite = |count: u64, rounds: u64| {
        json!({
            "sockscope": 1, "suite": "crowd", "clients": { "crowd": { "url": stage.echo(), "count": count } },
            "checks": [ { "check": "none is lost", "timeout": "10m", "steps": [
                { "measure": "opening", "steps": [ { "connect": "crowd", "expect": { "within": "60s" } } ] },
                { "on": "crowd", "repeat": { "times": rounds, "every": "1s", "schedule": "open" },
                  "send": { "n": "{{i}}" }, "expect": { "echo": true, "within": "20s" } } ],
              "thresholds": { "missing": "== 0" } } ]
        })
    };
    let (small, _) = run(stage, &suite(10, 2));
    let (large, report) = run(stage, &suite(CONNECTIONS, rounds));
    let lost = (CONNECTIONS * rounds) as f64 - number(&report["totals"]["matched"]);
    let opening = number(&report["metrics"]["opening"]["max"]) / 1e6;
    let each = (large - small) / 1e3 / (CONNECTIONS - 10) as f64;
    vec![
        alone("10 000 connections, a message a second each, messages lost", "", &[lost], Aim::AtMost(0.0)),
        alone("10 000 connections, opens", "/s", &[CONNECTIONS as f64 / opening], Aim::AtLeast(2000.0)),
        alone("10 000 connections, memory of the client for each", "kB", &[each], Aim::AtMost(40.0)),
        alone(
            "10 000 connections, round trip p99",
            "ms",
            &[number(&report["metrics"]["rtt"]["p99"]) / 1e3],
            Aim::None,
        ),
    ]
}

/// The most that the process has held, in bytes, and its report.
fn run(stage: &Stage, suite: &serde_json::Value) -> (f64, serde_json::Value) {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, report) = (folder.path().join("s.json"), folder.path().join("r.json"));
    std::fs::write(&file, suite.to_string()).expect("a file");
    let mut command = Command::new(support::binary());
    command.args(["check", "--engine", "native", "--shards", "cores", "--quiet"]).arg(&file);
    let mut child =
        command.arg("--json").arg(&report).stdout(Stdio::null()).spawn().expect("the binary starts");
    let mut most = 0.0_f64;
    let status = loop {
        most = most.max(held(child.id()).unwrap_or_default());
        if let Some(status) = child.try_wait().expect("it is our child") {
            break status;
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    assert!(status.success(), "the run ended with {status}");
    let report = std::fs::read(&report).expect("a report");
    let _ = stage;
    (most, serde_json::from_slice(&report).expect("JSON"))
}

/// What a process holds, in bytes; only Linux tells.
fn held(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().split(' ').next()?.parse::<f64>().ok()? * 1024.0)
}
