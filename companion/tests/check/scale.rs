//! One run over several browsers.

use std::thread;
use std::time::Duration;

use super::command::Call;
use super::tested::Beside;

/// The most connections that a server has counted while `during` went on.
fn peak(server: &Beside, during: thread::JoinHandle<super::command::Ended>) -> (u64, super::command::Ended) {
    let api = server.url("api").replace("localhost", "127.0.0.1");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut most = 0;
    while !during.is_finished() {
        most = most.max(runtime.block_on(connections(&api)));
        thread::sleep(Duration::from_millis(30));
    }
    (most, during.join().expect("the command was run"))
}

async fn connections(api: &str) -> u64 {
    use http_body_util::{BodyExt, Empty};
    use hyper_util::client::legacy::Client;
    use hyper_util::rt::TokioExecutor;
    let client: Client<_, Empty<bytes::Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.get(format!("{api}/stats").parse().expect("an address")).await.expect("an answer");
    let body = answer.into_body().collect().await.expect("a whole answer").to_bytes();
    let stats: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    stats["connections"]["total"].as_u64().expect("a count")
}

#[track_caller]
fn check(shards: u64, clients: u64) {
    let server = Beside::start(&[]);
    let (ws, shards_text, clients_text) =
        (server.url("ws").to_owned(), shards.to_string(), format!("num_clients={clients}"));
    let call = thread::spawn(move || {
        let arguments = [
            "load",
            "--check",
            "an even pace",
            "--shards",
            &shards_text,
            "--var",
            &clients_text,
            "--var",
            "test_duration=2",
            "--var",
            "message_interval=0.2",
            "--var",
            "max_p95=10s",
            "--json",
            "OUT/r.json",
            "--html",
            "OUT/r.html",
        ];
        Call::new(&arguments).with_env("WS_URL", &ws).run()
    });
    let (most, ended) = peak(&server, call);
    ended.assert_code(0);
    assert!(most >= clients, "{most} at once");
    let report = ended.json("r.json");
    let parts = report["shards"].as_array().expect("shards");
    assert_eq!(parts.len() as u64, shards);
    let sum = |name: &str| parts.iter().map(|part| part[name].as_u64().expect("a count")).sum::<u64>();
    assert_eq!((sum("opened"), report["metrics"]["opened"]["count"].as_u64()), (clients, Some(clients)));
    assert_eq!(Some(sum("received")), report["totals"]["received"].as_u64());
    assert!(parts.iter().all(|part| part["opened"].as_u64() < Some(256)), "each browser has its share");
    let samples = |rtt: &serde_json::Value| rtt["count"].as_u64().expect("a count");
    let all: u64 = parts.iter().map(|part| samples(&part["rtt"])).sum();
    assert_eq!(samples(&report["metrics"]["rtt"]), all, "the histograms are added");
    assert!(
        report["checks"][0]["thresholds"]
            .as_array()
            .is_some_and(|all| all.iter().all(|it| it["verdict"] == "pass"))
    );
    ended.assert_says(&["shard 0: ", "shard 1: "]);
}

#[test]
fn two_browsers_hold_more_connections_than_one_can() {
    check(2, 420);
}

#[test]
fn four_browsers_hold_them_together() {
    check(4, 440);
}
