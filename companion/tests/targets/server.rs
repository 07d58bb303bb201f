//! A server of `tests/servers`, running for one test on ports that the system chose.
//!
//! Nothing else may start one, for only what is ended by its own id, also when the test panics, is ended whatever happens.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How long a server may take to start or to end. It decides when a test fails, not how fast anything must be.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What the server is written in.
#[allow(dead_code, reason = "each test binary uses its own part")]
#[derive(Clone, Copy)]
pub enum Language {
    /// Run by `SOCKSCOPE_PYTHON`, which has the packages.
    Python,
    /// Run by `SOCKSCOPE_NODE`, with the packages in `SOCKSCOPE_NODE_MODULES`.
    Node,
}

/// A server that can be started.
pub struct Target {
    /// As the guide calls it.
    pub name: &'static str,
    pub language: Language,
    /// In `tests/servers`.
    pub file: &'static str,
    pub arguments: &'static [&'static str],
}

/// A trading feed on `ws`: a token message, `request_id`, a ticker, a heartbeat, and paths that refuse the handshake.
#[allow(dead_code, reason = "each test binary uses its own part")]
pub const TRADING_FEED: Target =
    Target { name: "trading feed", language: Language::Node, file: "trading_feed.mjs", arguments: &[] };

/// The token that [`TRADING_FEED`] knows.
#[allow(dead_code, reason = "each test binary uses its own part")]
pub const FEED_TOKEN: &str = "tr-4f9a1c77e2";

/// A GraphQL server on `graphql-ws`: a mutation, and a subscription that it feeds.
#[allow(dead_code, reason = "each test binary uses its own part")]
pub const GRAPHQL: Target =
    Target { name: "GraphQL", language: Language::Node, file: "graphql_server.mjs", arguments: &[] };

/// A running one.
pub struct Server {
    pub child: Child,
    /// The address with `/ws`, then the one with TLS if there is one.
    pub urls: Vec<String>,
    said: Arc<Mutex<String>>,
}

impl Target {
    /// Starts it, and waits until it says that it is ready.
    pub fn start(&self, more: &[OsString]) -> Server {
        let program = match self.language {
            Language::Python => "SOCKSCOPE_PYTHON",
            Language::Node => "SOCKSCOPE_NODE",
        };
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/servers").join(self.file);
        let mut command = Command::new(setting(program));
        command.arg(file).args(["--port", "0"]).args(self.arguments).args(more);
        if let Language::Node = self.language {
            // A server without its packages says that it found none; this says who was to give them.
            setting("SOCKSCOPE_NODE_MODULES");
        }
        // What a shell of the tester has set is not meant for this server.
        for name in ["WEBSOCKET_PORT", "WEBSOCKET_SSL_PORT", "TOKEN"] {
            command.env_remove(name);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let (output, complaints) = (child.stdout.take(), child.stderr.take());
        let mut server = Server { child, urls: Vec::new(), said: Arc::default() };
        let said = Arc::clone(&server.said);
        let mut complaints = complaints.expect("it is piped");
        // Read to the end, or a talkative server would stop at a full pipe.
        thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(count @ 1..) = complaints.read(&mut part) {
                *said.lock().expect("no thread has panicked") += &String::from_utf8_lossy(&part[..count]);
            }
        });
        let (sender, lines) = std::sync::mpsc::channel();
        let mut output = BufReader::new(output.expect("it is piped"));
        thread::spawn(move || {
            let mut line = String::new();
            let read = output.read_line(&mut line);
            // The receiver is gone once the test has given up.
            let _ = sender.send(read.map(|_| line));
            let _ = std::io::copy(&mut output, &mut std::io::sink());
        });
        let line = lines.recv_timeout(PATIENCE).ok().and_then(Result::ok).unwrap_or_default();
        let urls = line.trim().strip_prefix("ready: ");
        let urls = urls.unwrap_or_else(|| panic!("{} is not ready: {line:?}\n{}", self.name, server.said()));
        server.urls = urls.split(' ').map(str::to_owned).collect();
        server
    }
}

impl Server {
    /// Its complaints, in its own words.
    pub fn said(&self) -> String {
        self.said.lock().expect("no thread has panicked").clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing of a test is kept, so it need not be asked. Already gone is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The value of a variable that the test command sets.
fn setting(name: &str) -> OsString {
    std::env::var_os(name).unwrap_or_else(|| panic!("{name} is not set; `cargo xtask test` sets it"))
}
