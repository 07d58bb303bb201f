//! What `sockscope monitor` serves, read by the parser of Prometheus' own client for Python.

use std::process::Command;

use serde_json::{Value, json};
use sockscope_host::process::Signal;
use support::call::{Call, Running, until};
use support::practice::Practice;
use support::setting;

const BINARY: &str = env!("CARGO_BIN_EXE_sockscope");

/// Each family with its type, its help and its samples.
const READ: &str = "
import json, sys, urllib.request
from prometheus_client.parser import text_string_to_metric_families as families
text = urllib.request.urlopen(sys.argv[1]).read().decode()
print(json.dumps({ f.name: { 'type': f.type, 'help': f.documentation, 'samples': [[s.name, s.labels, s.value] for s in f.samples] }
    for f in families(text) }))
";

/// As the parser understands a scrape.
fn scraped(address: &str) -> Value {
    let output =
        Command::new(setting("SOCKSCOPE_PYTHON")).args(["-c", READ, address]).output().expect("Python");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// A monitor of a suite, and the address of its metrics.
fn monitor(suite: &Value) -> (Running, String) {
    let arguments = ["OUT/s.json", "--every", "100ms", "--metrics", ":0"];
    let running =
        Call::of_command(BINARY, "monitor", &arguments).with_file("s.json", suite.to_string()).start();
    running.until_says("/metrics");
    let said = running.said();
    let address =
        said.split_whitespace().find(|word| word.starts_with("http://")).expect("an address").to_owned();
    (running, address)
}

#[test]
fn the_parser_of_prometheus_reads_every_family() {
    let server = Practice::start_of(BINARY, &[]);
    // A name that has to be escaped.
    let suite = json!({ "sockscope": 1, "suite": "it \"answers\"\\", "clients": { "a": { "url": format!("{}/echo", server.ws) } },
        "checks": [ { "check": "in\ttime", "steps": [ { "connect": "a" }, { "send": "x", "expect": { "echo": true } } ] } ] });
    let (running, address) = monitor(&suite);
    let name = json!({ "suite": "it \"answers\"\\", "verdict": "pass" });
    let families = until("three runs", || {
        let families = scraped(&address);
        let samples = families["sockscope_runs"]["samples"].as_array().cloned().unwrap_or_default();
        let passed = samples.iter().find(|it| it[1] == name).and_then(|it| it[2].as_f64());
        passed.is_some_and(|it| it >= 3.0).then_some(families)
    });
    for (family, kind) in [
        ("sockscope_up", "gauge"),
        ("sockscope_suite_verdict", "gauge"),
        ("sockscope_check_verdict", "gauge"),
        ("sockscope_check_duration_seconds", "gauge"),
        ("sockscope_run_duration_seconds", "gauge"),
        ("sockscope_last_run_timestamp_seconds", "gauge"),
        ("sockscope_last_run_age_seconds", "gauge"),
        ("sockscope_last_success_timestamp_seconds", "gauge"),
        ("sockscope_running", "gauge"),
        ("sockscope_build_info", "gauge"),
        ("sockscope_runs", "counter"),
        ("sockscope_messages", "counter"),
        ("sockscope_rounds_skipped", "counter"),
        ("sockscope_webhooks", "counter"),
        ("sockscope_latency_seconds", "histogram"),
    ] {
        assert_eq!(families[family]["type"], kind, "{family}");
        assert!(families[family]["help"].as_str().is_some_and(|help| !help.is_empty()), "{family}");
    }
    let samples = families["sockscope_latency_seconds"]["samples"].as_array().expect("samples");
    let of_rtt: Vec<_> = samples.iter().filter(|it| it[1]["metric"] == "rtt").collect();
    let figure = |name: &str| {
        let of_name = of_rtt.iter().filter(|it| it[0] == format!("sockscope_latency_seconds_{name}"));
        of_name.map(|it| it[2].as_f64().expect("a number")).collect::<Vec<_>>()
    };
    let buckets = figure("bucket");
    assert!(buckets.is_sorted() && buckets.last() == figure("count").first(), "{buckets:?}");
    assert!(figure("count")[0] >= 3.0 && figure("sum")[0] > 0.0);
    running.signal(Signal::Terminate);
    running.wait().assert_code(0);
}

/// The table of the guide names every family, and no other.
#[test]
fn the_guide_names_what_is_served() {
    let server = Practice::start_of(BINARY, &[]);
    let suite = json!({ "sockscope": 1, "suite": "s", "clients": { "a": { "url": format!("{}/echo", server.ws) } },
        "checks": [ { "check": "c", "steps": [ { "connect": "a" }, { "send": "x", "expect": { "text": "y", "within": "50ms" } } ] },
            { "check": "d", "steps": [ { "connect": "a" } ] } ] });
    let (running, address) = monitor(&suite);
    let families = until("a failure", || {
        let families = scraped(&address);
        families["sockscope_failures"].is_object().then_some(families)
    });
    let guide = include_str!("../../../docs/guide/monitor.md");
    for (name, family) in families.as_object().expect("families") {
        let ending = if family["type"] == "counter" { "_total" } else { "" };
        assert!(
            guide.contains(&format!("`{name}{ending}`")),
            "docs/guide/monitor.md does not name {name}{ending}"
        );
    }
    running.signal(Signal::Terminate);
    running.wait().assert_code(0);
}
