//! Servers that others have written, started by the command: the suites that fit pass in a real browser.

use support::call::Call;
use support::setting;

#[track_caller]
fn check(program: &str, file: &str, suites: &[&str]) {
    let servers = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/servers");
    let start = format!("{} {servers}/{file} --port {{port}}", setting(program));
    let mut arguments = suites.to_vec();
    arguments.extend(["--start", &start, "--json", "OUT/r.json"]);
    // Short, and with bounds that a busy machine keeps: what is judged is the protocol.
    for var in [
        "test_duration=1",
        "message_interval=0.05",
        "max_p95=4s",
        "max_mean=2s",
        "min_rate=20/s",
        "every=20ms",
        "accepted_url={{ws_url}}/private?user=guest&token={{token}}",
        "refused_url={{ws_url}}/private?user=guest&token=wrong",
        "limited_url={{ws_url}}/private?user=limited&token={{token}}",
    ] {
        arguments.extend(["--var", var]);
    }
    let ended = Call::new(&arguments).run();
    ended.assert_code(0);
    let report = ended.json("r.json");
    assert_eq!(report["runs"].as_array().map(Vec::len), Some(suites.len()));
}

const ALL: [&str; 9] = [
    "first-contact",
    "integration",
    "load",
    "rooms",
    "ladder",
    "subprotocols",
    "throughput",
    "auth-and-limits",
    "events",
];

#[test]
fn python_websockets() {
    check("SOCKSCOPE_PYTHON", "websockets_server.py", &ALL[..8]);
}

#[test]
fn python_aiohttp() {
    check("SOCKSCOPE_PYTHON", "aiohttp_server.py", &ALL);
}

#[test]
fn python_uvicorn() {
    check("SOCKSCOPE_PYTHON", "uvicorn_server.py", &ALL);
}

#[test]
fn node_ws() {
    check("SOCKSCOPE_NODE", "ws_server.mjs", &ALL);
}
