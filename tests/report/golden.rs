//! What the forms look like. `UPDATE_EXPECT=1` rewrites the files; read the difference.

use std::collections::BTreeMap;
use std::path::Path;

use expect_test::expect_file;
use sockscope_engine::base::mask::Masker;
use sockscope_engine::report::{EventFormat, Report, ReportFormat, Transcript, read_json};

use crate::{exported, fixture, recorded, rendered};

const STYLE: &str = include_str!("../../crates/engine/src/report/html/style.css");

#[track_caller]
fn check(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/report").join(name);
    // A new version of the program does not change the form of a file.
    let version = |quoted: &str| format!("\"version\":\"{quoted}\"");
    let text = text.replace(&version(env!("CARGO_PKG_VERSION")), &version("VERSION"));
    // Nor does its style sheet.
    let text = text.replace(STYLE, "(style.css)");
    // A tag a line, so that a difference shows where it is.
    let text = if name.ends_with(".html") { text.replace("><", ">\n<") } else { text };
    // `expect_file` reads every line end as one of Unix; CSV has others, which show so.
    let text = text.replace("\r\n", "␍\n");
    expect_file![path].assert_eq(&text);
}

fn check_all(name: &str, report: &Report) {
    for format in ReportFormat::ALL {
        let strict = if format == ReportFormat::JunitStrict { ".strict" } else { "" };
        check(&format!("{name}{strict}.{}", format.extension()), &rendered(report, format));
    }
}

#[test]
fn a_report_with_something_of_everything() {
    check_all("everything", &fixture::everything());
}

#[test]
fn a_report_of_a_run_that_passed() {
    check_all("passed", &fixture::passed());
}

#[test]
fn a_report_of_nothing() {
    check_all("nothing", &fixture::nothing());
}

#[test]
fn a_recorded_session() {
    let recording = recorded::session();
    for format in EventFormat::ALL {
        let text = exported(&recording.transcript(), format, &Masker::default());
        check(&format!("session.{}", format.extension()), &text);
    }
}

#[test]
fn a_recorded_run_with_its_calls_and_pinned_frames() {
    let recording = recorded::run();
    let pins = BTreeMap::from([(5, "the \"first\"".to_owned()), (12, String::new())]);
    let session = Transcript { pins: Some(&pins), ..recording.transcript() };
    for format in EventFormat::ALL {
        let text = exported(&session, format, &Masker::default());
        check(&format!("run.{}", format.extension()), &text);
    }
}

#[test]
fn the_json_is_read_back_as_it_was() {
    for report in [fixture::everything(), fixture::passed(), fixture::nothing(), fixture::many(144)] {
        let read = read_json(&rendered(&report, ReportFormat::Json)).expect("a report");
        assert!(read == report, "{}", report.suite);
    }
}
