//! Sessions on the command line: recorded by a proxy, replayed against real servers, compared, and written in other forms.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, and not what they call")]

mod documented;
mod files;
mod login;
mod opened;
mod recorded;
mod replayed;
mod writers;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use support::shop::{Shop, shopping};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

const LONG: Duration = Duration::from_secs(60);

fn sockscope(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sockscope"));
    // A tester may have set it.
    command.env_remove("SOCKSCOPE_LOG");
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// How a command has ended.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    out: String,
    told: String,
}

async fn run(arguments: &[&str]) -> Ended {
    let output = timeout(LONG, sockscope(arguments).output()).await.expect("an end in time").unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), out: text(output.stdout), told: text(output.stderr) }
}

/// A proxy that records, and the address for the application.
struct Recorder {
    child: Child,
    url: String,
    /// Where it is watched.
    page: String,
}

impl Recorder {
    async fn start(to: &str, out: &Path) -> Self {
        let arguments =
            ["record", "--to", to, "--listen", "0", "--page-port", "0", "--out", out.to_str().unwrap()];
        let mut child = sockscope(&arguments).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = async |begins: &str| {
            let line =
                timeout(LONG, lines.next_line()).await.expect("a line in time").unwrap().expect("a line");
            let url = line.split_whitespace().find(|word| word.starts_with(begins)).expect("an address");
            url.trim_end_matches('.').to_owned()
        };
        let (url, page) = (said("ws://").await, said("http://").await);
        Self { url, page, child }
    }

    /// Ends it as Ctrl+C does.
    async fn end(mut self) {
        let kill = format!("kill -s INT {}", self.child.id().expect("it runs"));
        assert!(Command::new("sh").args(["-c", &kill]).status().await.unwrap().success());
        let status = timeout(LONG, self.child.wait()).await.expect("an end in time").unwrap();
        assert!(status.success(), "{status}");
    }
}

/// A shop, and the session of a visit.
async fn visited() -> (Shop, TempDir, PathBuf) {
    let shop = Shop::open().await;
    let folder = tempfile::tempdir().unwrap();
    let session = folder.path().join("visit.jsonl");
    let recorder = Recorder::start(&shop.url, &session).await;
    shopping(&format!("{}/shop?lang=en", recorder.url)).await;
    recorder.end().await;
    (shop, folder, session)
}
