//! What people use today, on the same server: each user waits for its answer before it sends again.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::loops::ours;
use crate::{Stage, by_turns, number, payload};
use support::figures::{Aim, Figure, compared};

/// How many connections each of them has.
const CONNECTIONS: [usize; 3] = [1, 10, 1000];

fn setting(name: &str) -> String {
    support::setting(name)
}

fn output(command: &mut Command) -> String {
    let ended = command.output().expect("it starts");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.success(), "{said}");
    String::from_utf8_lossy(&ended.stdout).into_owned()
}

/// Artillery's `ws` engine, in messages a second.
fn of_artillery(stage: &Stage, connections: usize) -> f64 {
    let folder = tempfile::tempdir().expect("a folder");
    let (script, told) = (folder.path().join("load.json"), folder.path().join("told.json"));
    let rounds = (stage.of(50_000) / connections).max(10);
    let load = json!({
        "config": { "target": stage.echo(), "phases": [{ "duration": 1, "arrivalCount": connections }] },
        "scenarios": [{ "engine": "ws", "flow": [{
            "loop": [{ "send": { "payload": payload("{{ $loopCount }}"), "capture": { "json": "$.type", "as": "type" } } }],
            "count": rounds
        }] }]
    });
    std::fs::write(&script, load.to_string()).expect("a file");
    let mut command = Command::new(setting("SOCKSCOPE_NODE"));
    command.arg(setting("SOCKSCOPE_ARTILLERY")).args(["run", "--quiet", "--output"]).arg(&told).arg(&script);
    output(command.env("ARTILLERY_DISABLE_TELEMETRY", "true").current_dir(folder.path()));
    let told: Value = serde_json::from_slice(&std::fs::read(&told).expect("its report")).expect("JSON");
    let all = &told["aggregate"];
    let millis = number(&all["lastCounterAt"]) - number(&all["firstCounterAt"]);
    number(&all["counters"]["websocket.messages_sent"]) / (millis / 1e3)
}

/// A user of Locust with `websocket-client`, as its documentation writes one.
const LOCUSTFILE: &str = r##"
import json, os, time
import websocket
from locust import User, task, constant

PAYLOAD = os.environ["PAYLOAD"]

class Echo(User):
    wait_time = constant(0)

    def on_start(self):
        self.ws = websocket.create_connection(os.environ["URL"])
        self.round = 0

    @task
    def echo(self):
        sent = PAYLOAD.replace("#", str(self.round))
        self.round += 1
        began = time.perf_counter()
        self.ws.send(sent)
        answer = self.ws.recv()
        took = (time.perf_counter() - began) * 1000
        self.environment.events.request.fire(
            request_type="WS", name="echo", response_time=took, response_length=len(answer),
            exception=None if json.loads(answer)["type"] == "echo" else Exception("another answer"), context={})
"##;

/// Locust, in messages a second.
fn of_locust(stage: &Stage, connections: usize, lasting: Duration) -> f64 {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("locustfile.py");
    std::fs::write(&script, LOCUSTFILE).expect("a file");
    let users = connections.to_string();
    let mut command = Command::new(setting("SOCKSCOPE_LOCUST"));
    command.args([
        "-m",
        "locust",
        "--headless",
        "--only-summary",
        "--json",
        "--reset-stats",
        "--loglevel",
        "ERROR",
    ]);
    command.args(["--users", &users, "--spawn-rate", &users, "--host", "ws://unused"]);
    // Its users are there within a second or two, and what came before is not counted.
    command.args(["--run-time", &format!("{}s", lasting.as_secs() + 2)]).arg("--locustfile").arg(&script);
    command.env("URL", stage.echo()).env("PAYLOAD", payload("#"));
    let told = output(command.current_dir(folder.path()));
    let told: Value = serde_json::from_str(&told).unwrap_or_else(|error| panic!("{error}: {told}"));
    let of = &told[0];
    assert_eq!(of["num_failures"], 0, "{of}");
    number(&of["num_requests"]) / (number(&of["last_request_timestamp"]) - number(&of["start_time"]))
}

fn against(stage: &Stage, name: &str, aim: Aim, theirs: impl Fn(usize) -> f64) -> Vec<Figure> {
    let lasting = Duration::from_secs(stage.of(5) as u64);
    let one = |connections: usize| {
        let pairs = (0..stage.pairs().min(3))
            .map(|pair| by_turns(pair, || ours(stage, connections, lasting).rate, || theirs(connections)));
        let pairs: Vec<_> = pairs.collect();
        compared(
            &format!("native, {connections} connections, send and expect against {name}"),
            "/s",
            &pairs,
            aim,
        )
    };
    CONNECTIONS.map(one).into()
}

/// Artillery's `ws` engine.
pub fn artillery(stage: &Stage) -> Vec<Figure> {
    against(stage, "Artillery", Aim::AtLeast(2.5), |connections| of_artillery(stage, connections))
}

/// Locust with `websocket-client`.
pub fn locust(stage: &Stage) -> Vec<Figure> {
    let lasting = Duration::from_secs(stage.of(5) as u64);
    against(stage, "Locust", Aim::AtLeast(10.0), |connections| of_locust(stage, connections, lasting))
}
