//! What is said of broken suites, kept as files: the specification of the messages.
//!
//! `UPDATE_EXPECT=1 cargo test --test suite_errors` rewrites them; look at the difference before you commit it.
#![cfg(not(target_arch = "wasm32"))]

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use sockscope_engine::suite::Suite;

fn suites() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/suite-errors");
    let files = fs::read_dir(folder).expect("the folder of broken suites");
    let mut files: Vec<_> = files.map(|file| file.expect("a readable entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    assert!(files.len() >= 5, "only {} broken suites", files.len());
    files
}

#[test]
fn every_broken_suite_is_reported_as_its_golden_file_says() {
    for file in suites() {
        let text = fs::read_to_string(&file).expect("a readable suite");
        let problems = Suite::parse(&text).expect_err("a broken suite");
        let told: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
        expect_file![file.with_extension("txt")].assert_eq(&told);
    }
}

#[test]
fn a_problem_is_data_for_an_editor() {
    let text = r#"{ "sockscope": 1, "suite": "é", "chekcs": [] }"#;
    let problems = Suite::parse(text).expect_err("a misspelt key");
    assert_eq!(
        serde_json::to_string(&problems).expect("plain data"),
        r#"[{"line":1,"column":33,"end":{"line":1,"column":41},"path":"$.chekcs","message":"\"chekcs\" is not a key of a suite; did you mean \"checks\"?"}]"#,
    );
}
