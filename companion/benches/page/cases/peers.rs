//! What people use today, on the same server.

use std::process::Command;

use serde_json::{Value, json};

use super::crowd;
use crate::stage::{Stage, number, payload};
use support::figures::{Aim, Figure, compared};

/// Artillery's `ws` engine with ten users, each of which waits for its answer before it sends again.
async fn of_artillery(stage: &Stage) -> f64 {
    let folder = tempfile::tempdir().expect("a folder");
    let (script, told) = (folder.path().join("load.json"), folder.path().join("told.json"));
    let rounds = stage.of(5000);
    let load = json!({
        "config": { "target": stage.echo(), "phases": [{ "duration": 1, "arrivalCount": 10 }] },
        "scenarios": [{ "engine": "ws", "flow": [{
            "loop": [{ "send": { "payload": payload("{{ $loopCount }}"), "capture": { "json": "$.type", "as": "type" } } }],
            "count": rounds
        }] }]
    });
    std::fs::write(&script, load.to_string()).expect("a file");
    let artillery = std::env::var_os("SOCKSCOPE_ARTILLERY").expect("`cargo xtask bench` says where it is");
    let node = std::env::var_os("SOCKSCOPE_NODE").expect("`cargo xtask bench` says where Node is");
    let mut command = Command::new(node);
    command.arg(artillery).args(["run", "--quiet", "--output"]).arg(&told).arg(&script);
    command.env("ARTILLERY_DISABLE_TELEMETRY", "true").current_dir(folder.path());
    let ended = tokio::task::spawn_blocking(move || command.output()).await;
    let ended = ended.expect("it is waited for").expect("Node starts");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let told = std::fs::read(&told).expect("it writes what it was told to");
    let told: Value = serde_json::from_slice(&told).expect("it is JSON");
    let all = &told["aggregate"];
    let count = number(&all["counters"]["websocket.messages_sent"]);
    let millis = number(&all["lastCounterAt"]) - number(&all["firstCounterAt"]);
    count / (millis / 1e3)
}

/// Ten connections through a suite against the same in Artillery.
pub async fn artillery(stage: &Stage) -> Vec<Figure> {
    let mut pairs = Vec::new();
    for _ in 0..stage.pairs().min(3) {
        let ours = crowd::ours(stage).await;
        pairs.push((ours, of_artillery(stage).await));
    }
    vec![compared("10 connections, send and expect, against Artillery", "/s", &pairs, Aim::AtLeast(1.0))]
}
