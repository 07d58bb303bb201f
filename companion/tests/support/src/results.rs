//! The table in `docs/development/conformance-results.md`: what the suite `conformance` says of each server.
//!
//! Owns the reading of that table, and the words in it. It refuses to judge: the test that runs the suite compares.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use sockscope_engine::conformance::{ClaimState, Row, Weight};

use crate::subjects::ALL;

/// What stands before the table, and after it.
pub const BEGIN: &str = "<!-- The table begins: written by the tests, with UPDATE_EXPECT=1. -->\n";
pub const END: &str = "<!-- The table ends. -->\n";

/// For each server, checks with their cells, in the order of the suite.
pub type Columns = BTreeMap<&'static str, Vec<(String, String)>>;

/// Where the page is.
pub fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../docs/development/conformance-results.md")
}

/// The page itself.
pub fn page() -> String {
    fs::read_to_string(path()).unwrap_or_else(|error| panic!("{}: {error}", path().display()))
}

/// The table as the page has it.
pub fn columns() -> Columns {
    let page = page();
    let table = page.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END)).map(|(table, _)| table);
    let table = table.unwrap_or_else(|| panic!("{} has no table", path().display()));
    let mut columns = Columns::new();
    // Below the head and the line under it.
    for line in table.lines().skip(2) {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        for (subject, cell) in ALL.iter().zip(&cells[1..]) {
            let column = columns.entry(subject.name()).or_default();
            column.push((cells[0].to_owned(), (*cell).to_owned()));
        }
    }
    columns
}

/// How a check ended, as a cell begins.
pub fn word(row: &Row) -> &'static str {
    match (row.verdict, row.weight) {
        (ClaimState::NotApplicable, _) => "n.a.",
        (ClaimState::NotJudged, _) => "not judged",
        (ClaimState::Fail, _) => "**fail**",
        (ClaimState::Inconclusive, _) => "inconclusive",
        (ClaimState::Pass, Weight::Info) => "info",
        (ClaimState::Pass, _) => "pass",
    }
}
