//! The traffic of a program that others wrote, in the timeline while it passes through the recording proxy.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::Receiver;

use sockscope_host::process::{Running, lines};
use support::page::{Browser, Practice, eventually, test_page};
use support::servers::PATIENCE;
use support::setting;

/// A client on Node's `ws`.
struct Other {
    running: Running,
    said: Receiver<String>,
}

impl Other {
    fn start(address: &str) -> Self {
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/servers/ws_client.mjs");
        setting("SOCKSCOPE_NODE_MODULES");
        let mut command = Command::new(setting("SOCKSCOPE_NODE"));
        command.arg(file).arg(address).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut running = Running::spawn(&mut command).expect("Node starts");
        let said = lines(running.child.stdout.take().expect("it is piped"));
        let client = Self { running, said };
        assert_eq!(client.hears(), "open");
        client
    }

    fn hears(&self) -> String {
        self.said.recv_timeout(PATIENCE).expect("it says something")
    }

    /// Sends a message, and waits for its echo.
    fn says(&mut self, line: &str) {
        writeln!(self.running.child.stdin.as_mut().expect("it is piped"), "{line}").expect("it listens");
        assert_eq!(self.hears(), line);
    }

    /// Closes its connection.
    fn leaves(&mut self) {
        drop(self.running.child.stdin.take());
    }
}

async fn follow(browser: &Browser) {
    browser.click("sessions").await;
    browser.until_text("recordings", "shop").await;
    browser.click("follow-recording").await;
}

fn through(practice: &Practice) -> String {
    format!("{0}/proxy?to={0}/echo&record=shop", practice.ws)
}

#[test]
fn a_program_that_others_wrote_is_seen_while_it_talks() {
    test_page(async |practice, browser| {
        let mut other = Other::start(&through(practice));
        other.says("text before the page looked");
        browser.open(&practice.page).await;
        follow(browser).await;
        browser
            .until_rows(|rows| rows.iter().filter(|row| row.contains("before the page looked")).count() == 2)
            .await;
        other.says("text while it is looked at");
        other.says("bytes 00ff80fe");
        let rows = browser
            .until_rows(|rows| {
                rows.iter().any(|row| row.contains("while it is looked at")) && rows.len() >= 8
            })
            .await;
        assert!(rows.iter().all(|row| row.contains("shop/c1 (followed)")), "{rows:#?}");
        assert!(rows.iter().any(|row| row.contains("00 ff 80 fe")), "byte for byte: {rows:#?}");
        assert!(rows.iter().any(|row| row.contains("ms") || row.contains("µs")), "round trips: {rows:#?}");
        browser.until_text("rail-followed", "1 open").await;
        // It is not a connection of the bench: nothing can be sent on it.
        let count = browser.run("return document.querySelectorAll('.connection').length").await;
        assert_eq!(count, 1);
        assert_eq!(browser.text("sockets").await.split('/').next(), Some("1"), "the one that tells it");
        other.leaves();
        browser.until_text("rail-followed", "0 open").await;
        browser.until_row("1000").await;
        browser.assert_quiet_console().await;
    });
}

#[test]
fn what_was_followed_is_kept_with_the_session() {
    test_page(async |practice, browser| {
        let mut other = Other::start(&through(practice));
        browser.open(&practice.page).await;
        follow(browser).await;
        other.says("text kept for later");
        browser.until_row("kept for later").await;
        eventually("the frames are kept", async || {
            browser.click("sessions").await;
            let kept = browser.text("session-frames").await;
            browser.click("close-dialog").await;
            (kept.trim() == "4").then_some(())
        })
        .await;
        browser.open("about:blank").await;
        browser.open(&practice.page).await;
        browser.until_text("sessions-notice", "4 frames").await;
        browser.click("sessions-notice-open").await;
        let rows = browser.until_row("kept for later").await;
        assert!(rows.iter().any(|row| row.contains("shop/c1 (followed)")), "{rows:#?}");
    });
}

#[test]
fn the_command_that_records_prints_a_page_that_shows_it() {
    test_page(async |practice, browser| {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new(support::binary());
        command.args([
            "record",
            "--to",
            &format!("{}/echo", practice.ws),
            "--listen",
            "0",
            "--page-port",
            "0",
        ]);
        command.arg("--out").arg(folder.path().join("visit.jsonl")).stderr(Stdio::piped());
        let mut recorder = Running::spawn(&mut command).expect("it starts");
        let said = lines(recorder.child.stderr.take().expect("it is piped"));
        let address = |begins: &str| {
            let line = said.recv_timeout(PATIENCE).expect("it says where it is");
            let word = line.split_whitespace().find(|word| word.starts_with(begins)).expect("an address");
            word.trim_end_matches('.').to_owned()
        };
        let (passes, page) = (address("ws://"), address("http://"));
        let mut other = Other::start(&passes);
        other.says("text before the page looked");
        browser.open(&page).await;
        browser.until_row("before the page looked").await;
        other.says("text while it is looked at");
        let rows = browser.until_row("while it is looked at").await;
        assert!(rows.iter().all(|row| row.contains("visit/c1 (followed)")), "{rows:#?}");
        browser.assert_quiet_console().await;
    });
}
