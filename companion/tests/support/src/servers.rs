//! A server of `tests/servers`, running for one test on ports that the system chose.
//!
//! Nothing else may start one, for only what is ended by its own id, also when the test panics, is ended whatever happens.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use sockscope_host::process::{Heard, Running, lines};

use crate::setting;

/// How long a server may take to start or to end. It decides when a test fails, not how fast anything must be.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What the server is written in.
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

/// A GraphQL server on `graphql-ws`: a mutation, and a subscription that it feeds.
pub const GRAPHQL: Target =
    Target { name: "GraphQL", language: Language::Node, file: "graphql_server.mjs", arguments: &[] };

/// A running one.
pub struct Server {
    pub running: Running,
    /// The address with `/ws`, then the one with TLS if there is one.
    pub urls: Vec<String>,
    said: Heard,
}

impl Target {
    /// Starts it, and waits until it says that it is ready.
    pub fn start(&self, more: &[OsString]) -> Server {
        let program = match self.language {
            Language::Python => "SOCKSCOPE_PYTHON",
            Language::Node => "SOCKSCOPE_NODE",
        };
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../tests/servers").join(self.file);
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
        let mut running =
            Running::spawn(&mut command).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let said = Heard::of(running.child.stderr.take().expect("it is piped"));
        let lines = lines(running.child.stdout.take().expect("it is piped"));
        let mut server = Server { running, urls: Vec::new(), said };
        let line = lines.recv_timeout(PATIENCE).unwrap_or_default();
        let urls = line.trim().strip_prefix("ready: ");
        let urls = urls.unwrap_or_else(|| panic!("{} is not ready: {line:?}\n{}", self.name, server.said()));
        server.urls = urls.split(' ').map(str::to_owned).collect();
        server
    }
}

impl Server {
    /// Its complaints, in its own words.
    pub fn said(&self) -> String {
        self.said.so_far()
    }
}
