//! How fast the native engine is, against the least that could do the same on the same socket library, and against what people
//! use today, pair by pair on one server.
//!
//! Run by `cargo xtask bench`, which builds what is measured and says where it is. Ends with 1 when something was lost or did
//! not run; an aim that is not met is printed, and does not fail the command.

mod bare;
mod crowd;
mod loops;
mod peers;

use std::process::Command;
use std::time::Instant;

use serde_json::Value;
use support::asked::{self, Asked};
use support::figures::{self, Figure};
use support::practice::Practice;

/// What is measured, in the order of the documentation.
const CASES: &[&str] = &["native-loops", "native-artillery", "native-locust", "native-crowd"];

/// Where the figures are, in the target folder.
const FILE: &str = "bench-native.json";

/// What all cases share.
struct Stage {
    practice: Practice,
    /// Less of everything, to see that it works.
    is_quick: bool,
}

impl Stage {
    fn pairs(&self) -> usize {
        if self.is_quick { 3 } else { 7 }
    }

    /// This many, or a part of it.
    fn of(&self, all: usize) -> usize {
        if self.is_quick { (all / 5).max(1) } else { all }
    }

    /// The address of the echo, by number, so that no one has to look a name up.
    fn echo(&self) -> String {
        format!("{}/echo", self.practice.ws.replace("localhost", "127.0.0.1"))
    }

    /// What the command reports of a suite, run by the native engine.
    fn report(&self, suite: &Value, more: &[&str]) -> Value {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, report) = (folder.path().join("s.json"), folder.path().join("r.json"));
        std::fs::write(&file, suite.to_string()).expect("a file");
        let mut command = Command::new(support::binary());
        command
            .args(["check", "--engine", "native", "--quiet"])
            .arg(&file)
            .arg("--json")
            .arg(&report)
            .args(more);
        let ended = command.output().expect("the binary starts");
        let said =
            String::from_utf8_lossy(&ended.stdout).into_owned() + &String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success(), "{said}");
        serde_json::from_slice(&std::fs::read(&report).expect("a report")).expect("JSON")
    }
}

/// About 64 bytes of JSON, in which `place` stands for the number.
fn payload(place: &str) -> String {
    format!("{{\"n\":\"{place}\",\"type\":\"echo\",\"text\":\"{}\"}}", "x".repeat(23))
}

/// A number of an answer.
#[track_caller]
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is a number"))
}

/// Both halves of a pair, one right after the other; who begins changes from pair to pair.
fn by_turns<A, B>(pair: usize, ours: impl FnOnce() -> A, theirs: impl FnOnce() -> B) -> (A, B) {
    if pair.is_multiple_of(2) {
        let ours = ours();
        (ours, theirs())
    } else {
        let theirs = theirs();
        (ours(), theirs)
    }
}

fn measure(case: &str, stage: &Stage) -> Vec<Figure> {
    match case {
        "native-loops" => loops::against_bare(stage),
        "native-artillery" => peers::artillery(stage),
        "native-locust" => peers::locust(stage),
        "native-crowd" => crowd::ten_thousand(stage),
        other => panic!("no case is called {other}"),
    }
}

fn main() {
    let asked = Asked::of(CASES);
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let practice = Practice::start_with(&["--max-connections", "20000"]);
    let stage = Stage { practice, is_quick: asked.is_quick };
    let mut all = Vec::new();
    for case in asked.cases {
        let began = Instant::now();
        eprintln!("{case}");
        let figures = measure(case, &stage);
        eprintln!("{}      {:.0} s", figures::table(&figures), began.elapsed().as_secs_f64());
        all.extend(figures);
        asked::keep(&all, FILE);
    }
    asked::conclude(&all, FILE);
}
