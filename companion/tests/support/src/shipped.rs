//! A suite that ships, read; and its report in words for the reader of a failed test.

use sockscope_engine::report::{Report, Verdict};
use sockscope_engine::suite::Suite;
use sockscope_engine::suite::shipped::SHIPPED;

/// The suite of that name.
pub fn suite(name: &str) -> Suite {
    let text = SHIPPED.iter().find(|(it, _)| *it == name).unwrap_or_else(|| panic!("no suite {name}")).1;
    Suite::parse(text).unwrap_or_else(|problems| panic!("{name}: {problems:#?}"))
}

/// What a person would read of it.
pub fn story(report: &Report) -> String {
    let mut story = format!("{:?} {:?}\n", report.verdict, report.reasons);
    for check in report.checks.iter().filter(|check| check.verdict != Verdict::Pass) {
        story += &format!("  {:?} {} {:?}\n", check.verdict, check.name, check.reasons);
        for step in check.steps.iter().filter_map(|step| Some((step, step.failure.as_ref()?))) {
            story += &format!("    {} {}: {}\n", step.0.path, step.0.title, step.1.message);
        }
        for threshold in check.thresholds.iter().filter(|it| it.verdict != Verdict::Pass) {
            story += &format!("    {}: {} {:?}\n", threshold.expr, threshold.value, threshold.message);
        }
    }
    story
}

/// The checks that are not green, with how.
pub fn red(report: &Report) -> std::collections::BTreeSet<(String, &'static str)> {
    let bad = |verdict| !matches!(verdict, Verdict::Pass | Verdict::Skipped);
    let bad = report.checks.iter().filter(|check| bad(check.verdict));
    bad.map(|check| (check.name.clone(), check.verdict.name())).collect()
}
