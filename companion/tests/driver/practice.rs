//! The command under test, serving on a free port.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use super::{eventually, setting};

/// A running `sockscope serve`.
pub struct Practice {
    child: Child,
    /// Where the page is.
    pub page: String,
    /// The WebSocket address, with `/ws`.
    pub ws: String,
    /// By number, since a bare container may know no name.
    api: String,
}

impl Practice {
    pub fn start() -> Self {
        let mut child = Command::new(setting("SOCKSCOPE_BIN"))
            .args(["serve", "--port", "0", "--print-urls"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut line = String::new();
        let output = child.stdout.take().expect("its output is ours");
        BufReader::new(output).read_line(&mut line).expect("it prints its addresses");
        let urls: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no addresses but {line:?}"));
        let url = |name: &str| urls[name].as_str().unwrap_or_else(|| panic!("{name} in {line}")).to_owned();
        Self { child, page: url("page"), ws: url("ws"), api: url("api").replace("localhost", "127.0.0.1") }
    }

    /// Asks it to stop, as Ctrl-C does.
    pub fn stop(&self) {
        // The shell's own `kill`: a bare container has no other.
        let stopped = Command::new("sh").args(["-c", &format!("kill -s TERM {}", self.child.id())]).status();
        assert!(stopped.is_ok_and(|status| status.success()), "it is there to be stopped");
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
        let address = format!("{}/stats", self.api).parse().expect("an address");
        let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        let answer = client.get(address).await.expect("the server answers");
        let body = answer.into_body().collect().await.expect("a whole answer").to_bytes();
        let stats: Value = serde_json::from_slice(&body).expect("JSON");
        stats["connections"]["total"].as_u64().expect("a count")
    }
}

impl Drop for Practice {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
