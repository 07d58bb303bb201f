//! A real Selenium Grid: a hub, two nodes, and the shards of one run on both.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use sockscope_host::ports::Lease;
use sockscope_host::process::{Heard, Running};
use support::call::{Call, until};
use support::page::Practice;
use tempfile::TempDir;

/// Java has a second or two of work for each of them.
const PATIENCE: Duration = Duration::from_secs(120);

/// A hub with nodes. Dropped, all of it is ended.
struct Grid {
    url: String,
    // Before the hub: a node says goodbye to it.
    _nodes: Vec<Running>,
    _hub: Running,
    _leases: Vec<Lease>,
    _folder: TempDir,
}

impl Grid {
    /// None, with the reason on standard error, where there is no Java.
    fn start(nodes: usize) -> Option<Self> {
        let setting = |name| std::env::var(name).ok();
        let Some((java, jar)) = setting("SOCKSCOPE_JAVA").zip(setting("SOCKSCOPE_SELENIUM")) else {
            eprintln!("skipped: no Java for a Selenium Grid; `cargo xtask setup` gets it where it may");
            return None;
        };
        let folder = TempDir::new().expect("a folder");
        let leases: Vec<_> = (0..nodes + 3).map(|_| Lease::take(None).expect("a port")).collect();
        let port = |nth: usize| leases[nth].port().to_string();
        let event = |nth: usize| format!("tcp://127.0.0.1:{}", port(nth));
        let (publish, subscribe) = (event(1), event(2));
        let bus = ["--publish-events", &publish, "--subscribe-events", &subscribe];
        let java = |arguments: &[&str]| {
            let mut command = Command::new(&java);
            // As little work as can be before it serves: it lives for half a minute.
            command.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m", "-jar", &jar]);
            command.args(arguments).args(bus).args(["--host", "127.0.0.1", "--log-level", "WARNING"]);
            command.current_dir(folder.path()).stdin(Stdio::null());
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut running = Running::spawn_in_group(&mut command).expect("Java starts");
            // What it says is read, or it would wait for a reader.
            Heard::of(running.child.stdout.take().expect("ours"));
            Heard::of(running.child.stderr.take().expect("ours"));
            running
        };
        let (driver, browser) = (support::setting("CHROMEDRIVER"), support::setting("CHROME"));
        let stereotype = json!({ "browserName": "chrome", "goog:chromeOptions": { "binary": browser } });
        let stereotype = format!("stereotype={stereotype}");
        let executable = format!("webdriver-executable={driver}");
        let hub_url = format!("http://127.0.0.1:{}", port(0));
        let hub = java(&["hub", "--port", &port(0)]);
        let nodes = (0..nodes).map(|nth| {
            let (port, hub_url) = (port(nth + 3), hub_url.clone());
            java(&[
                "node",
                "--port",
                &port,
                "--hub",
                &hub_url,
                "--detect-drivers",
                "false",
                "--max-sessions",
                "2",
                "--override-max-sessions",
                "true",
                "--driver-configuration",
                "display-name=Chrome",
                &stereotype,
                &executable,
                "max-sessions=2",
            ])
        });
        let nodes: Vec<_> = nodes.collect();
        let count = nodes.len();
        let grid = Self { url: hub_url, _nodes: nodes, _hub: hub, _leases: leases, _folder: folder };
        support::until(PATIENCE, "a Grid with all its nodes", || (grid.nodes().len() == count).then_some(()));
        Some(grid)
    }

    /// The nodes that take sessions, as the hub tells them.
    fn nodes(&self) -> Vec<Value> {
        let status = self.status();
        let all = status["value"]["nodes"].as_array().cloned().unwrap_or_default();
        all.into_iter().filter(|node| node["availability"] == "UP").collect()
    }

    /// Nothing while it starts.
    fn status(&self) -> Value {
        let asked = Command::new("curl").args(["-s", "-m", "5", &format!("{}/status", self.url)]).output();
        let body = asked.map(|it| it.stdout).unwrap_or_default();
        serde_json::from_slice(&body).unwrap_or_default()
    }

    /// The sessions that run at this moment: the node and the session of each.
    fn sessions(&self) -> BTreeSet<(String, String)> {
        let name = |id: &Value| id.as_str().map(str::to_owned);
        let mut found = BTreeSet::new();
        for node in self.nodes() {
            let slots = node["slots"].as_array().cloned().unwrap_or_default();
            // The Grid calls a session so before its browser has started.
            let ids = slots
                .iter()
                .filter_map(|slot| name(&slot["session"]["sessionId"]))
                .filter(|id| id != "reserved");
            found.extend(
                name(&node["id"]).into_iter().flat_map(|node| ids.clone().map(move |id| (node.clone(), id))),
            );
        }
        found
    }
}

#[test]
fn three_shards_run_on_the_two_nodes_of_a_grid() {
    let Some(grid) = Grid::start(2) else { return };
    let server = Practice::start();
    let suite = json!({ "sockscope": 1, "suite": "on a grid", "thresholds": { "opened": "== 9", "success": ">= 100%" },
        "clients": { "crowd": { "url": format!("{}/echo", server.url("ws")), "count": 9 } },
        "checks": [ { "check": "all are heard", "steps": [ { "connect": "crowd" },
            { "on": "crowd", "repeat": { "times": 20, "every": "50ms" }, "send": { "n": "{{i}}" }, "expect": { "echo": true } } ] } ] });
    let arguments = [
        "OUT/s.json",
        "--webdriver",
        &grid.url,
        "--shards",
        "3",
        "--browser-arg=--no-sandbox",
        "--json",
        "OUT/r.json",
    ];
    let mut running = Call::new(&arguments).with_file("s.json", suite.to_string()).start();
    let mut seen = BTreeSet::new();
    until("the command to end", || {
        seen.extend(grid.sessions());
        running.has_ended().then_some(())
    });
    let ended = running.wait();
    ended.assert_code(0);
    let nodes: BTreeSet<_> = seen.iter().map(|(node, _)| node).collect();
    assert_eq!((nodes.len(), seen.len()), (2, 3), "both nodes had a browser: {seen:?}");
    let report = ended.json("r.json");
    assert_eq!(report["totals"]["matched"], 180);
    let opened: Vec<_> =
        report["shards"].as_array().expect("shards").iter().map(|it| &it["opened"]).collect();
    assert_eq!(opened, [3, 3, 3]);
    until("the Grid to have no browser left", || grid.sessions().is_empty().then_some(()));
}
