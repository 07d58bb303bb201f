//! What `docs/development/conformance-results.md` says of five servers, seen by a real browser. `UPDATE_EXPECT=1` writes its table again;
//! read the difference then, and explain it on that page.
//!
//! What a machine measures (times, rates) is not part of a cell, or the table would differ from run to run.

use std::fs;
use std::sync::{Mutex, PoisonError};

use sockscope_engine::conformance::{Certificate, ClaimState, Row, Weight};
use sockscope_engine::report::read_json;

use support::call::Call;
use support::results::{BEGIN, Columns, END, columns, page, path, word};
use support::subjects::{ALL, Subject};

/// Checks whose remarks are figures.
const MEASURED: [&str; 2] = ["H1", "L3"];

/// Tests run at once, and each has a column of the one file.
static FILE: Mutex<()> = Mutex::new(());

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

/// What the table is to say of a row.
fn cell(row: &Row) -> String {
    // Why a check failed names addresses and times; the text below the table says it in words.
    let has_note = row.verdict == ClaimState::Pass && !row.note.is_empty();
    match has_note && !MEASURED.contains(&row.id.as_str()) {
        true => format!("{}: {}", word(row), row.note),
        false => word(row).to_owned(),
    }
}

/// A check as the first column has it.
fn label(row: &Row) -> String {
    let weight = match row.weight {
        Weight::Must => "must",
        Weight::Should => "should",
        Weight::Info => "info",
    };
    format!("{} {} ({weight})", row.id, row.title)
}

/// Holds the certificate of a server against its column, or writes that again.
#[track_caller]
fn settle(subject: Subject, certificate: &Certificate) {
    let found: Vec<_> = certificate.rows.iter().map(|row| (label(row), cell(row))).collect();
    let _turn = FILE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut columns = columns();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        columns.insert(subject.name(), found);
        return write(&columns);
    }
    let told = columns.remove(subject.name()).unwrap_or_default();
    let differing: Vec<_> = found
        .iter()
        .zip(&certificate.rows)
        .filter(|(found, _)| !told.contains(found))
        .map(|((check, cell), row)| format!("{check}: found {cell:?} ({})", row.note))
        .collect();
    assert!(
        differing.is_empty() && told.len() == found.len(),
        "the column {} of docs/development/conformance-results.md is not as it was; UPDATE_EXPECT=1 writes it again:\n{}",
        subject.name(),
        differing.join("\n")
    );
}

fn write(columns: &Columns) {
    let mut table = "| check |".to_owned();
    ALL.iter().for_each(|subject| table += &format!(" {} |", subject.name()));
    table += &format!("\n|{}\n", " --- |".repeat(ALL.len() + 1));
    let checks = columns.values().max_by_key(|column| column.len()).expect("one was just put in");
    for (check, _) in checks {
        table += &format!("| {check} |");
        for subject in ALL {
            let column = columns.get(subject.name());
            let cell = column.and_then(|column| column.iter().find(|(it, _)| it == check));
            table += &format!(" {} |", cell.map_or("?", |(_, cell)| cell));
        }
        table += "\n";
    }
    let page = page();
    let (before, rest) = page.split_once(BEGIN).expect("the table was read");
    let (_, after) = rest.split_once(END).expect("the table was read");
    fs::write(path(), format!("{before}{BEGIN}{table}{END}{after}")).expect("the page can be written");
}

#[track_caller]
fn check(subject: Subject) {
    for attempt in 1..=TRIES {
        let certificate = certificate(subject);
        let is_open = certificate.rows.iter().any(|row| row.verdict == ClaimState::Inconclusive);
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
