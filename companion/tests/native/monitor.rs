//! `sockscope monitor`: figures that a scraper reads, a webhook that hears of each change once, a clean end.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use prometheus_client::encoding::prometheus_protobuf::prometheus_data_model::MetricFamily;
use prost::Message;
use serde_json::{Value, json};
use sockscope_host::process::Signal;
use support::call::{Call, Ended, Running};
use support::monitored::{address, ask, series, until_series};
use support::practice::Practice;

use super::BINARY;

/// What no one may read who reads metrics, hooks or output.
const SECRET: &str = "tok-s3cret-77";

/// Says something that only a server with an echo gives back, with a secret in it.
fn suite(server: &str, name: &str) -> String {
    let expect = json!({ "text": "hello {{token}}", "within": "2s" });
    json!({ "sockscope": 1, "suite": name, "vars": { "token": "none" }, "secrets": ["token"],
        "clients": { "a": { "url": format!("{server}/echo"), "headers": { "X-Token": "{{token}}" } } },
        "checks": [ { "check": "it answers", "steps": [ { "connect": "a", "expect": { "within": "2s" } },
            { "on": "a", "send": "hello {{token}}", "expect": expect } ] } ] })
    .to_string()
}

fn monitor(arguments: &[&str]) -> Call {
    let secret = format!("token={SECRET}");
    Call::of_command(BINARY, "monitor", &[&["--var", &secret], arguments].concat())
}

/// The series of a scrape, which hold no secret.
fn scrape(address: &str) -> BTreeMap<String, f64> {
    let (_, body) = ask(address, "GET /metrics HTTP/1.1");
    assert!(!String::from_utf8_lossy(&body).contains(SECRET));
    series(address)
}

/// A service that hears of changes; it refuses the first call, as if it were just starting.
fn hook() -> (String, Arc<Mutex<Vec<Value>>>) {
    hook_of(|nth| if nth == 0 { "503 Service Unavailable" } else { "200 OK" })
}

/// The same with these answers, by the number of the call. What it heard is what it has taken, or all where it takes nothing.
fn hook_of(answer: fn(usize) -> &'static str) -> (String, Arc<Mutex<Vec<Value>>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = format!("http://{}/hook/{SECRET}", listener.local_addr().expect("an address"));
    let heard: Arc<Mutex<Vec<Value>>> = Arc::default();
    let hearing = heard.clone();
    thread::spawn(move || {
        for (nth, mut stream) in listener.incoming().flatten().enumerate() {
            let body = body(&mut stream);
            let status = answer(nth);
            if nth > 0 || !answer(1).starts_with('2') {
                hearing.lock().expect("no one panicked").push(serde_json::from_slice(&body).expect("JSON"));
            }
            let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    (address, heard)
}

fn body(stream: &mut TcpStream) -> Vec<u8> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let mut body = vec![0; length.and_then(|it| it.trim().parse().ok()).unwrap_or(0)];
    stream.read_exact(&mut body).expect("a whole body");
    body
}

#[test]
fn a_server_that_dies_and_comes_back_is_told_once_each_way() {
    let server = Practice::start_of(BINARY, &[]);
    let port = server.ws.split(':').nth(2).and_then(|it| it.split('/').next()?.parse().ok()).expect("a port");
    let (url, heard) = hook();
    let arguments = ["OUT/s.json", "--every", "200ms", "--metrics", ":0", "--webhook", &url];
    let running = monitor(&arguments).with_file("s.json", suite(&server.ws, "alive")).start();
    let address = address(&running);
    assert!(address.starts_with("127.0.0.1:"), "{address}");

    let up = "sockscope_up{suite=\"alive\"}";
    let all = until_series(&address, up, |it| it == 1.0);
    assert_eq!(all["sockscope_suite_verdict{suite=\"alive\",verdict=\"pass\"}"], 1.0);
    assert_eq!(all["sockscope_suite_verdict{suite=\"alive\",verdict=\"fail\"}"], 0.0);
    assert_eq!(all["sockscope_check_verdict{suite=\"alive\",check=\"it answers\",verdict=\"pass\"}"], 1.0);
    assert!(all["sockscope_last_run_age_seconds{suite=\"alive\"}"] < 60.0);
    assert!(all["sockscope_run_duration_seconds{suite=\"alive\"}"] > 0.0);
    // Several rounds of one state change nothing.
    let passed = "sockscope_runs_total{suite=\"alive\",verdict=\"pass\"}";
    until_series(&address, passed, |it| it >= 3.0);

    drop(server);
    let all = until_series(&address, up, |it| it == 0.0);
    let refused = "sockscope_failures_total{suite=\"alive\",check=\"it answers\",reason=\"refused\"}";
    assert!(all.get(refused).is_some_and(|it| *it >= 1.0), "{all:#?}");
    until_series(&address, refused, |it| it >= 3.0);

    let _server = Practice::start_on(BINARY, port, &[]);
    until_series(&address, up, |it| it == 1.0);
    let told = "sockscope_webhooks_total{outcome=\"delivered\"}";
    let before = until_series(&address, told, |it| it >= 2.0)[passed];
    until_series(&address, passed, |it| it >= before + 3.0);
    assert_eq!(scrape(&address)[told], 2.0);
    running.signal(Signal::Terminate);
    let ended = running.wait();
    ended.assert_code(0);
    ended.assert_says(&["pass", "fail", "alive"]);
    let all = heard.lock().expect("no one panicked").clone();
    let states: Vec<_> = all.iter().map(|it| (&it["before"], &it["state"], &it["suite"])).collect();
    let (up, down, suite) = (json!("up"), json!("down"), json!("alive"));
    assert_eq!(states, [(&up, &down, &suite), (&down, &up, &suite)]);
    assert_eq!(all[0]["verdict"], "fail");
    assert!(all[0]["checks"][0]["message"].as_str().is_some_and(|it| !it.is_empty()), "{:#}", all[0]);
    for text in [Value::from(all).to_string(), ended.stdout, ended.stderr] {
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[test]
fn a_scraper_that_asks_for_protobuf_gets_native_histograms() {
    let server = Practice::start_of(BINARY, &[]);
    let arguments = ["OUT/s.json", "--every", "100ms", "--metrics", ":0"];
    let running = monitor(&arguments).with_file("s.json", suite(&server.ws, "timed")).start();
    let address = address(&running);
    until_series(&address, "sockscope_runs_total{suite=\"timed\",verdict=\"pass\"}", |it| it >= 5.0);
    let request = "GET /metrics HTTP/1.1\r\nAccept: application/vnd.google.protobuf;\
        proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,text/plain;version=0.0.4;q=0.3";
    let (head, body) = ask(&address, request);
    assert!(head.contains("application/vnd.google.protobuf"), "{head}");
    let mut rest = body.as_slice();
    let mut families = Vec::new();
    while !rest.is_empty() {
        families.push(MetricFamily::decode_length_delimited(&mut rest).expect("a family"));
    }
    let latency = families.iter().find(|it| it.name == "sockscope_latency_seconds").expect("latencies");
    let rtt = latency.metric.iter().find(|it| it.label.iter().any(|label| label.value == "rtt"));
    let histogram = rtt.and_then(|it| it.histogram.as_ref()).expect("round trips");
    assert!(histogram.sample_count >= 5 && histogram.sample_sum > 0.0);
    // Each bucket is at most a tenth wider than the one before.
    assert_eq!(histogram.schema, 3);
    let mut count = 0_i64;
    let native: i64 = histogram
        .positive_delta
        .iter()
        .map(|delta| {
            count += delta;
            count
        })
        .sum();
    assert_eq!(native as u64 + histogram.zero_count, histogram.sample_count);
    assert_eq!(histogram.bucket.last().map(|it| it.cumulative_count), Some(histogram.sample_count));
    running.signal(Signal::Interrupt);
    running.wait().assert_code(0);
}

#[test]
fn a_round_that_takes_too_long_leaves_the_next_ones_out_or_is_stopped() {
    let server = Practice::start_of(BINARY, &[]);
    let slow = json!({ "sockscope": 1, "suite": "slow", "clients": { "a": { "url": format!("{}/echo", server.ws) } },
        "checks": [ { "check": "it waits", "timeout": "1m", "steps": [ { "connect": "a" }, { "wait": "700ms" } ] } ] });
    let start = |overlap: &str| {
        let arguments = ["OUT/s.json", "--every", "200ms", "--overlap", overlap, "--metrics", ":0"];
        let running = Call::of_command(BINARY, "monitor", &arguments).with_file("s.json", slow.to_string());
        let running = running.start();
        let address = address(&running);
        (running, address)
    };
    let end = |running: Running| {
        running.signal(Signal::Terminate);
        running.wait().assert_code(0);
    };
    let (running, address) = start("skip");
    until_series(&address, "sockscope_rounds_skipped_total", |it| it >= 3.0);
    until_series(&address, "sockscope_runs_total{suite=\"slow\",verdict=\"pass\"}", |it| it >= 1.0);
    end(running);
    let (running, address) = start("stop");
    let all = until_series(&address, "sockscope_runs_total{suite=\"slow\",verdict=\"inconclusive\"}", |it| {
        it >= 2.0
    });
    // A run that was stopped says nothing of the server.
    assert!(!all.contains_key("sockscope_up{suite=\"slow\"}"), "{all:#?}");
    end(running);
}

#[test]
fn who_asks_for_something_else_is_told_what_there_is() {
    let server = Practice::start_of(BINARY, &[]);
    let arguments = ["OUT/s.json", "--every", "60m", "--metrics", ":0"];
    let running = monitor(&arguments).with_file("s.json", suite(&server.ws, "asked")).start();
    let address = address(&running);
    let answer = |request: &str| {
        let (head, body) = ask(&address, request);
        format!("{} {}", head.lines().next().unwrap_or_default(), String::from_utf8_lossy(&body).trim())
    };
    assert_eq!(answer("GET /healthz HTTP/1.1"), "HTTP/1.1 200 OK ok");
    assert_eq!(answer("GET /metric HTTP/1.1"), "HTTP/1.1 404 Not Found expected /metrics or /healthz");
    assert_eq!(answer("POST /metrics HTTP/1.1"), "HTTP/1.1 405 Method Not Allowed expected GET");
    // Its port is taken, which another monitor says at once.
    let ended = monitor(&["first-contact", "--metrics", &address]).run();
    ended.assert_code(3);
    ended.assert_says(&["cannot serve metrics on", "name another port by --metrics"]);
    // It ends also between two rounds.
    running.signal(Signal::Terminate);
    running.wait().assert_code(0);
}

/// A monitor of a server that is not there, with a hook that never takes a change: what the hook heard, and how it ended.
fn given_up(answer: fn(usize) -> &'static str) -> (Vec<Value>, Ended) {
    let (url, heard) = hook_of(answer);
    let arguments = ["OUT/s.json", "--every", "100ms", "--metrics", ":0", "--webhook", &url];
    let gone = "ws://127.0.0.1:9";
    let running = monitor(&arguments).with_file("s.json", suite(gone, "gone")).start();
    let address = address(&running);
    let failed = "sockscope_webhooks_total{outcome=\"failed\"}";
    until_series(&address, failed, |it| it == 1.0);
    // The hook hears of a change once: rounds of the same state change nothing.
    let rounds = "sockscope_runs_total{suite=\"gone\",verdict=\"fail\"}";
    let before = scrape(&address)[rounds];
    let all = until_series(&address, rounds, |it| it >= before + 3.0);
    assert_eq!(
        (all[failed], all.get("sockscope_webhooks_total{outcome=\"delivered\"}").copied()),
        (1.0, Some(0.0))
    );
    running.signal(Signal::Terminate);
    let ended = running.wait();
    ended.assert_code(0);
    assert!(!format!("{}{}", ended.stdout, ended.stderr).contains(SECRET), "{}", ended.stderr);
    let heard = heard.lock().expect("no one panicked").clone();
    (heard, ended)
}

#[test]
fn a_hook_that_refuses_for_good_is_asked_once_and_given_up() {
    let (heard, ended) = given_up(|_| "404 Not Found");
    assert_eq!(heard.len(), 1, "{heard:#?}");
    assert_eq!((&heard[0]["state"], &heard[0]["suite"]), (&json!("down"), &json!("gone")));
    ended.assert_says(&["webhook: 127.0.0.1 was not told of gone: it answered 404 Not Found"]);
}

#[test]
fn a_hook_that_is_always_busy_is_tried_six_times_and_given_up() {
    let (heard, ended) = given_up(|_| "503 Service Unavailable");
    assert_eq!(heard.len(), 6, "{heard:#?}");
    assert!(heard.iter().all(|it| it == &heard[0]), "each try says the same");
    let said = "was not told of gone: it answered 503 Service Unavailable, in each of 6 tries";
    ended.assert_says(&[said]);
}

#[test]
fn jitter_begins_rounds_later_and_leaves_none_out() {
    let server = Practice::start_of(BINARY, &[]);
    let arguments = ["OUT/s.json", "--every", "400ms", "--jitter", "390ms", "--metrics", ":0"];
    let running = monitor(&arguments).with_file("s.json", suite(&server.ws, "shifted")).start();
    let address = address(&running);
    let passed = "sockscope_runs_total{suite=\"shifted\",verdict=\"pass\"}";
    let all = until_series(&address, passed, |it| it >= 6.0);
    assert_eq!(all["sockscope_up{suite=\"shifted\"}"], 1.0);
    running.signal(Signal::Terminate);
    running.wait().assert_code(0);
}

#[test]
fn what_is_wrong_with_a_monitor_is_2() {
    for (arguments, words) in [
        (&["nowhere"][..], "nowhere: there is no such file"),
        (&["load", "--every", "0"], "--every 0 leaves no time"),
        (&["load", "--every", "5s", "--jitter", "5s"], "--jitter must be shorter than --every"),
        (&["load", "--metrics", "here"], "expected :PORT for this machine alone"),
        (&["load", "--webhook", "hooks"], "expected an address that begins with http"),
        (&["load", "--headed"], "--headed belongs to --engine browser"),
        (&["load", "--overlap", "never"], "skip"),
    ] {
        let ended = Call::of_command(BINARY, "monitor", arguments).run();
        ended.assert_code(2);
        ended.assert_says(&[words]);
    }
}

/// How many rounds the test of memory makes: thousands by `SOCKSCOPE_ROUNDS`.
fn rounds() -> f64 {
    std::env::var("SOCKSCOPE_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(300.0)
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_rounds() {
    let server = Practice::start_of(BINARY, &[]);
    let arguments = ["OUT/s.json", "--every", "1ms", "--overlap", "delay", "--metrics", ":0"];
    let mut running = monitor(&arguments).with_file("s.json", suite(&server.ws, "many")).start();
    let address = address(&running);
    let passed = "sockscope_runs_total{suite=\"many\",verdict=\"pass\"}";
    let process = running.until_process("monitor");
    let resident = || {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it lives");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size").trim();
        line.trim_end_matches(" kB").trim().parse::<f64>().expect("a number")
    };
    until_series(&address, passed, |it| it >= 100.0);
    let before = resident();
    until_series(&address, passed, |it| it >= 100.0 + rounds());
    let after = resident();
    assert!(
        after < before * 1.5 + 4096.0,
        "{before} kB after 100 rounds, {after} kB after {}",
        rounds() + 100.0
    );
    running.signal(Signal::Terminate);
    running.wait().assert_code(0);
}
