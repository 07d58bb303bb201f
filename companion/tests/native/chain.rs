//! The measuring chain: a delay that the network adds on purpose is what a native report says that it measured.
//!
//! The lower bound is strict: an answer cannot be there before it was sent. The upper one leaves room for a timer of the server
//! that counts whole milliseconds and a machine that does other things. A busy moment is tried again, and the best of all tries
//! counts: an engine that measures too much does so each time.

use std::rc::Rc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};

use sockscope_companion::native::NativeWorld;
use sockscope_companion::{Config, Running, Server};
use sockscope_engine::report::{Report, Verdict};
use sockscope_engine::run::{Options, Plan, Stop, run};
use sockscope_engine::suite::Suite;
use support::block_on;
use support::shipped::story;
use tokio::net::TcpListener;
use tokio_tungstenite::accept_async;

/// Milliseconds that the proxy holds back what the server answers; without any, what is left is the way itself.
const INJECTED: [f64; 4] = [0.0, 5.0, 20.0, 100.0];
/// Milliseconds that a timer of the server and a thread that has to be woken may add.
const ROOM: f64 = 3.0;
/// A machine may be busy this many times.
const TRIES: usize = 12;

const SUITE: &str = r#"{ "sockscope": 1, "suite": "chain", "vars": { "url": "ws://localhost:9000/ws/echo" },
  "clients": { "a": { "url": "{{url}}" } },
  "checks": [ { "check": "echoes", "steps": [
    { "connect": "a" },
    { "on": "a", "repeat": { "times": 25 }, "send": "n-{{i}}", "expect": { "echo": true } } ] } ] }"#;

/// Rounds that begin on the clock, whether or not the ones before have their answer.
const STALLED: &str = r#"{ "sockscope": 1, "suite": "stalled", "vars": { "url": "ws://localhost:9000/ws/echo" },
  "clients": { "a": { "url": "{{url}}" } },
  "checks": [ { "check": "echoes", "steps": [
    { "connect": "a" },
    { "on": "a", "repeat": { "times": 40, "every": "10ms", "schedule": "open" },
      "send": "n-{{i}}", "expect": { "echo": true, "within": "5s" } } ] } ] }"#;

async fn report(suite: &str, url: &str) -> Report {
    let suite = Rc::new(Suite::parse(suite).expect("a suite"));
    let overrides = vec![("url".to_owned(), url.to_owned())];
    let plan = Plan::new(suite, Options { overrides, ..Options::default() }, 0).expect("a plan");
    let report = run(plan, NativeWorld::default(), Stop::default(), Box::new(|_| {})).await;
    assert_eq!(report.verdict, Verdict::Pass, "{}", story(&report));
    report
}

/// A figure of the round trips, in milliseconds.
fn millis(report: &Report, figure: fn(&sockscope_engine::report::Metric) -> Option<f64>) -> f64 {
    figure(&report.metrics["rtt"]).expect("a figure") / 1e3
}

fn through_the_proxy(server: &Running, more: &str) -> String {
    let ws = &server.urls().ws;
    format!("{ws}/proxy?to={ws}/echo&{more}")
}

/// What was measured for each delay, as the smallest and the middle figure in milliseconds.
#[track_caller]
fn judge(measured: &[(f64, f64)]) -> Result<(), String> {
    let (_, way) = measured[0];
    for (&delay, &(min, middle)) in INJECTED.iter().zip(measured).skip(1) {
        // A figure has three digits.
        let least = delay * 0.999 - 0.01;
        assert!(min >= least, "{delay} ms were added, and {min} ms measured: {measured:?}");
        if middle > delay + way + ROOM || min > delay + ROOM {
            return Err(format!("{delay} ms were added, and {min} to {middle} ms measured: {measured:?}"));
        }
    }
    Ok(())
}

#[test]
fn a_report_says_the_latency_that_was_added() {
    block_on(async {
        let server = Server::start(Config::default()).await.expect("a free port");
        let (mut told, mut best) = (Ok(()), [(f64::INFINITY, f64::INFINITY); INJECTED.len()]);
        for _ in 0..TRIES {
            for (best, delay) in best.iter_mut().zip(INJECTED) {
                let url = through_the_proxy(&server, &format!("latency={delay}ms"));
                let report = report(SUITE, &url).await;
                assert_eq!(report.metrics["rtt"].count, 25);
                let found = (millis(&report, |it| it.min), millis(&report, |it| it.p50));
                *best = (best.0.min(found.0), best.1.min(found.1));
            }
            told = judge(&best);
            if told.is_ok() {
                return;
            }
        }
        panic!("{}", told.expect_err("no try was good"));
    });
}

#[test]
fn the_judge_sees_what_came_too_early_and_what_came_too_late() {
    let good = [(0.2, 0.4), (5.1, 5.9), (20.2, 21.0), (100.1, 101.0)];
    assert_eq!(judge(&good), Ok(()));
    let mut late = good;
    late[2].1 = 24.0;
    assert!(judge(&late).is_err());
    let mut early = good;
    early[3].0 = 99.0;
    assert!(std::panic::catch_unwind(|| judge(&early)).is_err());
}

/// Echoes, and stands still once for this long, before its fifth answer.
const STALL: Duration = Duration::from_millis(500);

async fn stalling() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("ws://{}/", listener.local_addr().expect("an address"));
    tokio::task::spawn_local(async move {
        let (tcp, _) = listener.accept().await.expect("a client");
        let mut socket = accept_async(tcp).await.expect("a handshake");
        let mut answers = 0;
        while let Some(Ok(message)) = socket.next().await {
            answers += 1;
            if answers == 5 {
                tokio::time::sleep(STALL).await;
            }
            // A client that has gone needs no answer.
            let _ = socket.send(message).await;
        }
    });
    url
}

/// One answer is late, and those behind it are late as well. They are measured from when they were to go out, so all of
/// them show it: of 40 rounds in 400 ms, those after the fourth.
#[test]
fn a_stalled_server_shows_in_the_intended_times() {
    block_on(async {
        let report = report(STALLED, &stalling().await).await;
        let intended = &report.metrics["rtt.intended"];
        assert_eq!(intended.count, 40);
        let (p50, max) = (intended.p50.expect("a figure"), intended.max.expect("a figure"));
        assert!(p50 >= 200_000.0 && max >= STALL.as_micros() as f64, "{intended:?}");
    });
}
