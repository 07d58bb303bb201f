//! What the forms look like. `UPDATE_GOLDEN=1` rewrites the files; read the difference.

use std::fs;
use std::path::PathBuf;

use sockscope_engine::base::mask::Masker;
use sockscope_engine::report::{EventFormat, Report, ReportFormat, read_json};

use crate::{exported, fixture, rendered};

#[track_caller]
fn check(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/report").join(name);
    // A new version of the program does not change the form of a file.
    let version = |quoted: &str| format!("\"version\":\"{quoted}\"");
    let text = text.replace(&version(env!("CARGO_PKG_VERSION")), &version("VERSION"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &text).expect("a writable file");
    }
    let expected = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; UPDATE_GOLDEN=1 writes it", path.display()));
    assert!(text == expected, "{name} is not as it was; UPDATE_GOLDEN=1 rewrites it");
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
    let recording = fixture::session();
    for format in EventFormat::ALL {
        let text = exported(&recording.transcript(), format, &Masker::default());
        check(&format!("session.{}", format.extension()), &text);
    }
}

#[test]
fn the_json_is_read_back_as_it_was() {
    for report in [fixture::everything(), fixture::passed(), fixture::nothing(), fixture::many(144)] {
        let read = read_json(&rendered(&report, ReportFormat::Json)).expect("a report");
        assert!(read == report, "{}", report.suite);
    }
}
