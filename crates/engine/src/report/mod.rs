//! The result of a run, as data, and the formats in which people and machines read it.
//!
//! Owns the report JSON, which is a public contract, the other formats of a report, and those of a recorded session. It
//! refuses to judge: the runner judges, a report shows the verdict. Every format is written into a
//! [`std::fmt::Write`]; those of a recording are streamed, so that 100 000 events are never in memory twice.

mod around;
mod capacity;
mod failure;
mod format;
mod html;
mod json;
mod junit;
pub(crate) mod markup;
mod masked;
mod model;
mod verdict;
mod words;

pub use crate::recording::csv::write_csv;
pub use crate::recording::har::write_har;
pub use crate::recording::jsonl::{event as event_name, write_jsonl};
pub use crate::recording::notes::{Answer, Answered, Body, Call, Note, Noted, Notes};
pub use crate::recording::transcript::{Broken, Closed, Connection, Opened, Origin, Transcript};
pub use capacity::{CapacityReport, GeneratorReport, TrialReport};
pub use failure::{
    Difference, Failure, FailureKind, Instead, Leftover, NearMiss, NearbyEvent, STOPPED_STEP, Unmet,
};
pub use format::{EventFormat, ReportFormat, UnknownFormat};
pub(crate) use html::html_page;
pub use html::{write_html, write_html_all};
pub use json::{FORMAT, ReportError, read_json, write_json, write_json_all};
pub use junit::{JunitStyle, write_junit, write_junit_all};
pub use model::{
    CheckReport, EngineKind, Environment, HarnessReport, Metric, PartReport, Report, Second, ServerReport,
    ServerStopped, ShardReport, Standing, StepReport, TargetReport, ThresholdReport, Totals,
};
pub use verdict::{Millis, Verdict};
pub use words::{is_of_unused, stands_beside, step_places, trial_figures};

/// The addresses of a run in one line: the first, where it comes from, and how many more there are; empty when none is known.
pub fn target_line(targets: &[TargetReport]) -> String {
    words::target(targets)
}

/// One address with where it comes from.
pub fn words_of_target(target: &TargetReport) -> String {
    words::one_target(target)
}

/// All that is known of the failures of a check, as lines of plain text.
pub fn explain_check(check: &CheckReport) -> String {
    words::explain(check)
}

/// All that is known of the checks that did not pass, each with its place. A failure that several setups share is
/// listed once, with the checks that failed of the same.
pub fn explain_checks(checks: &[CheckReport]) -> Vec<(usize, String)> {
    let same = words::same_setups(checks);
    let told =
        checks.iter().enumerate().filter(|(at, check)| check.verdict != Verdict::Pass && same[*at].is_none());
    told.map(|(at, check)| {
        let mut text = words::explain(check);
        let others: Vec<&str> = (0..checks.len())
            .filter(|other| same[*other] == Some(at))
            .map(|other| checks[other].name.as_str())
            .collect();
        if !others.is_empty() {
            text.push_str(&format!("the same in {}\n", words::counted(others.len() as u64, "more check")));
        }
        (at, text)
    })
    .collect()
}

/// The first messages that did not come, for each check that has one, where this threshold of the suite is broken for lack of
/// messages: the check's name, and lines. Those steps passed, so nothing else tells of them.
pub fn explain_missing<'a>(threshold: &ThresholdReport, checks: &'a [CheckReport]) -> Vec<(&'a str, String)> {
    words::missed_under(threshold, checks)
}

/// What a failed setup has in common with that of other checks; none of a step that is not of a setup.
pub fn setup_failure(path: &str, failure: &Failure) -> Option<String> {
    words::setup_key(path, failure)
}

/// How many messages no step of a check selected, in words; none for zero.
pub fn left_over(check: &CheckReport) -> Option<String> {
    words::left_over(check)
}
