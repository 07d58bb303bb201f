//! The checks of a report, each folded to a line unless something is wrong with it.

use maud::{Markup, html};

use super::super::around::sign;
use super::super::words::{self, causes, counted, happened, heading, untold};
use super::super::{CheckReport, Failure, Leftover, NearbyEvent, StepReport, Verdict};
use super::{badge, figures, table};

/// All checks.
pub(super) fn checks(checks: &[CheckReport], prefix: &str) -> Markup {
    let same = words::same_setups(checks);
    html! {
        section {
            h2 { "Checks" }
            @if checks.is_empty() { p.about { "No check ran." } }
            @for (at, one) in checks.iter().enumerate() {
                (check(at, one, same[at].map(|first| checks[first].name.as_str()), prefix))
            }
        }
    }
}

/// `same_as` is the check whose setup failed in the same way before.
fn check(at: usize, check: &CheckReport, same_as: Option<&str>, prefix: &str) -> Markup {
    let is_open = check.verdict != Verdict::Pass && same_as.is_none();
    html! {
        details.check id={ (prefix) "check-" (at) } data-verdict=(check.verdict.name()) open[is_open] {
            summary {
                (badge(check.verdict)) " "
                h3 { (check.name) @for tag in &check.tags { " " span.tag { (tag) } } }
                @if let Some(noted) = noted(check, same_as) { " " span.aside { (noted) } }
                " " span.took title={ (check.duration_ms.0) " ms" } { (words::millis(check.duration_ms)) }
            }
            @if let Some(about) = &check.about { p.about { (about) } }
            @for reason in &check.reasons { p.reason { (reason) } }
            (steps(&check.steps))
            (figures::thresholds(&check.thresholds, &[], html! { h4 { "Thresholds" } }, "Thresholds"))
            (leftovers(&check.leftovers, check.leftovers_omitted))
            @if !check.metrics.is_empty() {
                details.more {
                    summary { h4 { "Figures" } }
                    (figures::timings(&check.metrics))
                    (figures::counters(&check.metrics))
                }
            }
        }
    }
}

/// What is to be seen of a check that is folded.
fn noted(check: &CheckReport, same_as: Option<&str>) -> Option<String> {
    if let Some(first) = same_as {
        return Some(format!("its setup failed as in {first}"));
    }
    let notes = Some(check.reasons.len()).filter(|notes| *notes > 0 && check.verdict == Verdict::Pass);
    let notes = notes.map(|notes| counted(notes as u64, "note"));
    let all: Vec<String> = notes.into_iter().chain(words::left_over(check)).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

fn steps(steps: &[StepReport]) -> Markup {
    html! {
        @if !steps.is_empty() {
            h4 { "Steps" }
            ol.steps {
                @for one in steps {
                    @if !words::is_of_unused(&one.path, steps.iter().flat_map(|step| &step.on)) { (step(one)) }
                }
            }
        }
    }
}

fn step(step: &StepReport) -> Markup {
    // Steps within another stand below it; a path has a dot for each level.
    let depth = Some(step.path.matches('.').count().min(3)).filter(|depth| *depth > 0);
    html! {
        li data-verdict=(step.verdict.name()) data-depth=[depth] {
            div.step {
                (badge(step.verdict)) " "
                span.title {
                    (heading(step))
                    @if step.runs > 1 { " " span.aside { "× " (words::count(step.runs)) } }
                    " " span.path { code { (step.path) } (words::at(step)) }
                }
                @if step.verdict != Verdict::Skipped {
                    " " span.took title={ (step.duration_ms.0) " ms" } { (words::millis(step.duration_ms)) }
                }
            }
            @if step.note.is_some() { p.aside { (step.title) } }
            @if let Some(forgiven) = &step.forgiven {
                p.aside { "did not hold, which is allowed: " (forgiven) }
            }
            @if let Some(failed) = &step.failure {
                (failure(step, failed))
                (nearby(&step.around))
            }
            @for line in words::unmet(step) { p.aside { (line) } }
            @if let Some(line) = words::standing(step) { p.aside { (line) } }
        }
    }
}

fn failure(step: &StepReport, failure: &Failure) -> Markup {
    let rows = html! {
        @for difference in &failure.diff {
            tr {
                th scope="row" { code { (difference.path) } }
                td.wanted { code { (difference.wanted) } }
                td.got { code { (difference.got) } }
            }
        }
    };
    html! {
        div.failure {
            p.message { strong { (failure.kind.name()) } ": " (failure.message) }
            @if let Some(happened) = happened(step, failure) { p.aside { (happened) } }
            @if let Some(browser) = untold(failure) { p.aside { "The browser says: " (browser) } }
            @for cause in causes(failure) { p.aside { (cause) } }
            @if failure.expected.is_some() || failure.closest.is_some() {
                dl.compared {
                    @if let Some(expected) = &failure.expected {
                        dt { "Expected" } dd { code { (expected) } }
                    }
                    @if let Some(near) = &failure.closest {
                        dt { "Closest" }
                        dd {
                            code { (near.message) } " "
                            span.aside {
                                (near.client) " at " (words::moment_of(near.at_ms))
                                (words::taken(near))
                            }
                        }
                    }
                }
            }
            @if !failure.diff.is_empty() { (table("Where it differs", &["Where", "Expected", "Found"], rows)) }
        }
    }
}

fn nearby(around: &[NearbyEvent]) -> Markup {
    let first_after = around.iter().position(|event| event.after);
    let rows = html! {
        @for (at, event) in around.iter().enumerate() {
            @if first_after == Some(at) { tr { td colspan="5" { strong { "the failure" } } } }
            tr {
                td.number { (words::moment_of(event.at_ms)) }
                th scope="row" { (event.client) }
                td { (sign(&event.event)) " " (event.event) }
                td.number { (words::count(event.bytes)) }
                td { code { (event.message) } }
            }
        }
    };
    html! {
        @if !around.is_empty() {
            details.more open {
                summary { h4 { "Messages around it" } }
                (table("Messages around it", &["At", "Client", "What", "Bytes", "Message"], rows))
            }
        }
    }
}

fn leftovers(leftovers: &[Leftover], omitted: u64) -> Markup {
    let all = leftovers.len() as u64 + omitted;
    let rows = html! {
        @for leftover in leftovers {
            tr {
                th scope="row" { (leftover.client) }
                td.number { (words::moment_of(leftover.at_ms)) }
                td.number { (words::count(leftover.bytes)) }
                td { code { (leftover.message) } }
            }
        }
    };
    html! {
        @if all > 0 {
            details.more {
                summary { h4 { (counted(all, "message")) " that nothing expected" } }
                @if !leftovers.is_empty() {
                    (table("Messages that nothing expected", &["Client", "At", "Bytes", "Message"], rows))
                }
                @if omitted > 0 { p.aside { (words::count(omitted)) " more did not fit into the report." } }
            }
        }
    }
}
