//! What the recipes test, written for pytest: the guide compares the two, so these pass against the same servers, and fail as
//! the recipes do.

use std::process::{Command, Output, Stdio};

use sockscope_companion::{Config, Server as PracticeServer};
use support::feed::TRADING_FEED;
use support::servers::GRAPHQL;
use support::setting;

use super::recipes_binary::PROTOCOLS;

/// Runs a file of `tests/pytest` against the server at these addresses.
fn pytest(file: &str, ws_url: &str, api_url: &str) -> Output {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/pytest");
    Command::new(setting("SOCKSCOPE_PYTHON"))
        .args(["-m", "pytest", "-q", "--color=no", file])
        .current_dir(folder)
        .env("WS_URL", ws_url)
        .env("API_URL", api_url)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .output()
        .expect("Python is there")
}

/// Code 0 says that tests ran and passed, and 1 that one failed.
#[track_caller]
fn check(file: &str, ws_url: &str, api_url: &str, code: i32) {
    let output = pytest(file, ws_url, api_url);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(code), "{file}: {said}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_practice_server_passes() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let practice = runtime.block_on(PracticeServer::start(Config::default())).expect("a free port");
    for file in ["test_two_users.py", "test_load.py", "test_session_cookie.py", "test_job.py", "test_once.py"]
    {
        check(file, &practice.urls().ws, &practice.urls().api, 0);
    }
}

#[test]
fn the_trading_feed_passes() {
    let feed = TRADING_FEED.start(&[]);
    let api_url = feed.urls[0].replace("ws://", "http://");
    check("test_token.py", &feed.urls[0], api_url.trim_end_matches("/v1/feed"), 0);
}

#[test]
fn a_graphql_server_passes_and_one_that_sends_nothing_does_not() {
    check("test_graphql.py", &GRAPHQL.start(&[]).urls[0], "", 0);
    let silent = GRAPHQL.start(&["--drop".into(), "next".into()]);
    check("test_graphql.py", &silent.urls[0], "", 1);
}

#[test]
fn both_protocols_pass_and_their_mistakes_are_found() {
    for (file, fault) in [("test_frames.py", "seq"), ("test_rpc.py", "sum")] {
        check(file, &PROTOCOLS.start(&[]).urls[0], "", 0);
        let wrong = PROTOCOLS.start(&["--fault".into(), fault.into()]);
        check(file, &wrong.urls[0], "", 1);
    }
}
