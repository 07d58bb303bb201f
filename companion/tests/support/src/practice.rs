//! The command under test, serving on a free port.

use std::process::{Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use sockscope_host::process::{Running, Signal, lines};

use crate::binary;
use crate::page::eventually;

/// How long it may take to print its addresses. It decides when a test fails, not how fast anything must be.
const STARTS_WITHIN: Duration = Duration::from_secs(30);

/// A running `sockscope serve`.
pub struct Practice {
    running: Running,
    urls: Value,
    /// Where the page is.
    pub page: String,
    /// The WebSocket address, with `/ws`.
    pub ws: String,
}

impl Practice {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with more arguments.
    pub fn start_with(more: &[&str]) -> Self {
        Self::start_of(&binary(), more)
    }

    /// The same of another build.
    pub fn start_of(binary: &str, more: &[&str]) -> Self {
        Self::start_on(binary, 0, more)
    }

    /// The same on a port where one was before.
    pub fn start_on(binary: &str, port: u16, more: &[&str]) -> Self {
        let mut command = Command::new(binary);
        command
            .args(["serve", "--port", &port.to_string(), "--print-urls"])
            .args(more)
            .stdout(Stdio::piped());
        let mut running = Running::spawn(&mut command).expect("the binary starts");
        let lines = lines(running.child.stdout.take().expect("its output is ours"));
        let line = lines.recv_timeout(STARTS_WITHIN).expect("it prints its addresses");
        let urls: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no addresses but {line:?}"));
        let url = |name: &str| urls[name].as_str().unwrap_or_else(|| panic!("{name} in {line}")).to_owned();
        Self { page: url("page"), ws: url("ws"), running, urls }
    }

    /// One of its addresses, as it printed them.
    pub fn url(&self, name: &str) -> &str {
        self.urls[name].as_str().expect("an address")
    }

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.running.id()
    }

    /// Asks it to stop, as an operating system does.
    pub fn stop(&self) {
        self.running.signal(Signal::Terminate);
    }

    /// Waits until this many WebSockets are open, as the server counts them.
    pub async fn until_connections(&self, count: u64) {
        eventually(&format!("{count} connections on the server"), async || {
            (self.connections().await == count).then_some(())
        })
        .await;
    }

    /// How many WebSockets are open, as the server counts them.
    pub async fn connections(&self) -> u64 {
        // By number, since a bare container may know no name.
        let address = format!("{}/stats", self.url("api").replace("localhost", "127.0.0.1"));
        let request = Request::get(address).body(Full::default()).expect("a request");
        let stats = answer(request).await;
        stats["connections"]["total"].as_u64().expect("a count")
    }

    /// What the API answers to this body.
    pub async fn post(&self, path: &str, body: &Value) -> Value {
        let address = format!("{}{path}", self.url("api").replace("localhost", "127.0.0.1"));
        answer(Request::post(address).body(Full::from(body.to_string())).expect("a request")).await
    }
}

async fn answer(request: Request<Full<Bytes>>) -> Value {
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.request(request).await.expect("the server answers");
    let body = answer.into_body().collect().await.expect("a whole answer").to_bytes();
    serde_json::from_slice(&body).expect("JSON")
}
