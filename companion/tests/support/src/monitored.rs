//! What `sockscope monitor` serves, as a scraper reads it.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use crate::call::{Running, until};

/// The host and port of the metrics, once they are served.
#[must_use]
pub fn address(running: &Running) -> String {
    running.until_says("/metrics");
    let said = running.said();
    let rest = said.split_once("http://").expect("an address").1;
    rest.split_once("/metrics").expect("a path").0.to_owned()
}

/// The head and the body of an answer.
#[must_use]
pub fn ask(address: &str, request: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let head = format!("{request}\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("it reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let at = answer.windows(4).position(|it| it == b"\r\n\r\n").expect("a head");
    (String::from_utf8_lossy(&answer[..at]).into_owned(), answer[at + 4..].to_vec())
}

/// The series of a scrape as text, by name and labels.
#[must_use]
pub fn series(address: &str) -> BTreeMap<String, f64> {
    let (head, body) = ask(address, "GET /metrics HTTP/1.1");
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("text/plain; version=0.0.4"), "{head}");
    let text = String::from_utf8(body).expect("text");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').expect("a value");
            (name.to_owned(), value.parse().unwrap_or_else(|_| panic!("{line:?} has no number")))
        })
        .collect()
}

/// Waits until a series has a value.
pub fn until_series(address: &str, name: &str, wanted: impl Fn(f64) -> bool) -> BTreeMap<String, f64> {
    until(name, || {
        let all = series(address);
        all.get(name).copied().is_some_and(&wanted).then_some(all)
    })
}
