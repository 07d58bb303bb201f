//! What came of a run, as data, and the forms in which people and machines read it.
//!
//! Owns the report JSON, which is a public contract, the other forms of a report, and those of a recorded session. It refuses
//! to judge: the runner has judged, a report says it. The rule a reader would break: every form is written into a
//! [`std::fmt::Write`] as it goes, so that a recording of 100 000 events is never in memory twice.

mod csv;
mod format;
mod har;
mod html;
mod json;
mod jsonl;
mod junit;
mod markup;
mod masked;
mod model;
mod transcript;
mod words;

pub use csv::write_csv;
pub use format::{EventFormat, ReportFormat, UnknownFormat};
pub use har::write_har;
pub use html::{write_html, write_html_all};
pub use json::{FORMAT, ReportError, read_json, write_json, write_json_all};
pub use jsonl::write_jsonl;
pub use junit::{JunitStyle, write_junit, write_junit_all};
pub use model::{
    CheckReport, Difference, Environment, Failure, FailureKind, HarnessReport, Leftover, Metric, Millis,
    NearMiss, Report, Second, ServerReport, ServerStopped, ShardReport, StepReport, ThresholdReport, Totals,
    Verdict,
};
pub use transcript::{Broken, Closed, Connection, Opened, Origin, Transcript};

/// All that is known of the failures of a check, as lines of plain text.
pub fn explain_check(check: &CheckReport) -> String {
    words::explain(check)
}
