//! The table in `docs/conformance-results.md`: what the suite `conformance` says of each server.
//!
//! Owns the reading and the writing of that table. It refuses to judge: a difference is told, and whoever has looked at it
//! writes it anew with `UPDATE_GOLDEN=1`. The rule a reader would break: what a machine measures (times, rates) is no part of
//! a cell, or the table would differ from run to run.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

use sockscope::engine::conformance::{Certificate, Row, Standing, Weight};

use super::subjects::{ALL, Subject};

const BEGIN: &str = "<!-- The table begins: written by the tests, with UPDATE_GOLDEN=1. -->\n";
const END: &str = "<!-- The table ends. -->\n";

/// Checks whose remarks are figures.
const MEASURED: [&str; 2] = ["H1", "L3"];

/// Tests run at once, and each has a column of the one file.
static FILE: Mutex<()> = Mutex::new(());

/// Cells by the names of checks, for each server; checks are in the order of the suite.
type Columns = BTreeMap<&'static str, Vec<(String, String)>>;

/// The page itself.
pub fn page() -> String {
    fs::read_to_string(path()).unwrap_or_else(|error| panic!("{}: {error}", path().display()))
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/conformance-results.md")
}

/// What the table is to say of a row.
fn cell(row: &Row) -> String {
    let note = if MEASURED.contains(&row.id.as_str()) { "" } else { &row.note };
    match (row.verdict, row.weight, note) {
        (Standing::NotApplicable, ..) => "n.a.".to_owned(),
        // Why it failed names addresses and times; the text below the table says it in words.
        (Standing::Fail, ..) => "**fail**".to_owned(),
        (Standing::Inconclusive, ..) => "inconclusive".to_owned(),
        (Standing::Pass, Weight::Info, "") => "info".to_owned(),
        (Standing::Pass, Weight::Info, note) => format!("info: {note}"),
        (Standing::Pass, _, "") => "pass".to_owned(),
        (Standing::Pass, _, note) => format!("pass: {note}"),
    }
}

/// `pass` of `pass: 1000 comes back`.
pub fn verdict(cell: &str) -> &str {
    cell.split(':').next().unwrap_or_default()
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

/// The table as the page has it.
pub fn columns() -> Columns {
    let page = page();
    let table = page.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END)).map(|(table, _)| table);
    let table = table.unwrap_or_else(|| panic!("{} has no table", path().display()));
    let mut columns = Columns::new();
    for line in table.lines().filter(|line| line.starts_with("| ")).skip(2) {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        for (subject, cell) in ALL.iter().zip(&cells[1..]) {
            let column = columns.entry(subject.name()).or_default();
            column.push((cells[0].to_owned(), (*cell).to_owned()));
        }
    }
    columns
}

/// Holds the certificate of a server against its column, or writes that anew.
#[track_caller]
pub fn settle(subject: Subject, certificate: &Certificate) {
    let found: Vec<_> = certificate.rows.iter().map(|row| (label(row), cell(row))).collect();
    let told = {
        let _turn = FILE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut columns = columns();
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            columns.insert(subject.name(), found);
            return write(&columns);
        }
        columns.remove(subject.name()).unwrap_or_default()
    };
    let notes: Vec<_> = certificate.rows.iter().map(|row| &row.note).collect();
    let differing: Vec<_> = found
        .iter()
        .zip(notes)
        .filter(|(row, _)| !told.contains(row))
        .map(|((check, cell), note)| format!("{check}: found {cell:?} ({note})"))
        .collect();
    assert!(
        differing.is_empty() && told.len() == found.len(),
        "the column {} of docs/conformance-results.md is not as it was; UPDATE_GOLDEN=1 writes it anew:\n{}",
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
