//! What `docs/conformance-results.md` says of five servers, seen by a real browser.

use sockscope::engine::conformance::{Certificate, Standing};
use sockscope::engine::report::read_json;

use super::command::Call;
use super::results::settle;
use super::subjects::Subject;

/// Runs of which one has to be conclusive.
const TRIES: usize = 3;

/// The suite in full length, against a server of its own.
fn certificate(subject: Subject) -> Certificate {
    let server = subject.start();
    let given: Vec<_> = server.given.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut arguments = vec!["conformance", "--insecure", "--seed", "7", "--json", "OUT/r.json"];
    given.iter().for_each(|value| arguments.extend(["--var", value]));
    let ended = Call::new(&arguments).run();
    assert!(matches!(ended.code, Some(0 | 1 | 5)), "stdout:\n{}\nstderr:\n{}", ended.stdout, ended.stderr);
    let report = read_json(&ended.file("r.json")).expect("a report");
    Certificate::of(&report).expect("a report of that suite")
}

#[track_caller]
fn check(subject: Subject) {
    for attempt in 1..=TRIES {
        let certificate = certificate(subject);
        let is_open = certificate.rows.iter().any(|row| row.verdict == Standing::Inconclusive);
        if !is_open || attempt == TRIES {
            return settle(subject, &certificate);
        }
    }
}

#[test]
fn practice_server() {
    check(Subject::Practice);
}

#[test]
fn node_ws() {
    check(Subject::Ws);
}

#[test]
fn python_websockets() {
    check(Subject::Websockets);
}

#[test]
fn python_aiohttp() {
    check(Subject::Aiohttp);
}

#[test]
fn rust_tungstenite() {
    check(Subject::Tungstenite);
}
