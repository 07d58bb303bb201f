//! The checks of a report, each folded to a line unless something is wrong with it.

use std::fmt::{self, Write};

use super::super::around::sign;
use super::super::markup::body;
use super::super::words::{self, causes, counted, happened, heading, untold};
use super::super::{CheckReport, Failure, Leftover, NearbyEvent, StepReport, Verdict};
use super::{badge, begin_table, end_table, figures, paragraph};

/// All checks; nothing when there are none.
pub(super) fn checks(checks: &[CheckReport], prefix: &str, out: &mut dyn Write) -> fmt::Result {
    out.write_str("<section>\n<h2>Checks</h2>\n")?;
    if checks.is_empty() {
        paragraph(out, "about", "No check ran.")?;
    }
    let same = words::same_setups(checks);
    for (at, one) in checks.iter().enumerate() {
        check(at, one, same[at].map(|first| checks[first].name.as_str()), prefix, out)?;
    }
    out.write_str("</section>\n")
}

/// `same_as` is the check whose setup failed in the same way before.
fn check(
    at: usize,
    check: &CheckReport,
    same_as: Option<&str>,
    prefix: &str,
    out: &mut dyn Write,
) -> fmt::Result {
    let open = if check.verdict == Verdict::Pass || same_as.is_some() { "" } else { " open" };
    write!(
        out,
        "<details class=\"check\" id=\"{prefix}check-{at}\" data-verdict=\"{}\"{open}>\n<summary>",
        check.verdict.name()
    )?;
    badge(check.verdict, out)?;
    out.write_str(" <h3>")?;
    body(out, &check.name)?;
    for tag in &check.tags {
        out.write_str(" <span class=\"tag\">")?;
        body(out, tag)?;
        out.write_str("</span>")?;
    }
    out.write_str("</h3>")?;
    if let Some(noted) = noted(check, same_as) {
        out.write_str(" <span class=\"aside\">")?;
        body(out, &noted)?;
        out.write_str("</span>")?;
    }
    writeln!(out, " <span class=\"took\">{}</span></summary>", words::millis(check.duration_ms))?;
    if let Some(about) = &check.about {
        paragraph(out, "about", about)?;
    }
    for reason in &check.reasons {
        paragraph(out, "reason", reason)?;
    }
    steps(&check.steps, out)?;
    figures::thresholds(&check.thresholds, &[], "h4", "Thresholds", out)?;
    leftovers(&check.leftovers, check.leftovers_omitted, out)?;
    if !check.metrics.is_empty() {
        out.write_str("<details class=\"more\">\n<summary><h4>Figures</h4></summary>\n")?;
        figures::timings(&check.metrics, out)?;
        figures::counters(&check.metrics, out)?;
        out.write_str("</details>\n")?;
    }
    out.write_str("</details>\n")
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

fn steps(steps: &[StepReport], out: &mut dyn Write) -> fmt::Result {
    if steps.is_empty() {
        return Ok(());
    }
    out.write_str("<h4>Steps</h4>\n<ol class=\"steps\">\n")?;
    for step in steps {
        write!(out, "<li data-verdict=\"{}\"", step.verdict.name())?;
        // Steps within another stand below it; a path has a dot for each level.
        let depth = step.path.matches('.').count().min(3);
        if depth > 0 {
            write!(out, " data-depth=\"{depth}\"")?;
        }
        out.write_str("><div class=\"step\">")?;
        badge(step.verdict, out)?;
        out.write_str(" <span class=\"title\">")?;
        body(out, &heading(step))?;
        if step.runs > 1 {
            write!(out, " <span class=\"aside\">× {}</span>", words::count(step.runs))?;
        }
        out.write_str(" <span class=\"path\"><code>")?;
        body(out, &step.path)?;
        out.write_str("</code>")?;
        if step.line > 0 {
            write!(out, ", line {}", step.line)?;
        }
        out.write_str("</span></span> ")?;
        let took =
            if step.verdict == Verdict::Skipped { String::new() } else { words::millis(step.duration_ms) };
        writeln!(out, "<span class=\"took\">{took}</span></div>")?;
        if step.note.is_some() {
            paragraph(out, "aside", &step.title)?;
        }
        if let Some(forgiven) = &step.forgiven {
            paragraph(out, "aside", &format!("did not hold, which is allowed: {forgiven}"))?;
        }
        if let Some(failed) = &step.failure {
            failure(step, failed, out)?;
            nearby(&step.around, out)?;
        }
        for line in words::unmet(step) {
            paragraph(out, "aside", &line)?;
        }
        out.write_str("</li>\n")?;
    }
    out.write_str("</ol>\n")
}

fn failure(step: &StepReport, failure: &Failure, out: &mut dyn Write) -> fmt::Result {
    write!(out, "<div class=\"failure\">\n<p class=\"message\"><strong>{}</strong>: ", failure.kind.name())?;
    body(out, &failure.message)?;
    out.write_str("</p>\n")?;
    if let Some(happened) = happened(step, failure) {
        paragraph(out, "aside", &happened)?;
    }
    if let Some(browser) = untold(failure) {
        paragraph(out, "aside", &format!("The browser says: {browser}"))?;
    }
    for cause in causes(failure) {
        paragraph(out, "aside", &cause)?;
    }
    if failure.expected.is_some() || failure.closest.is_some() {
        out.write_str("<dl class=\"compared\">\n")?;
        if let Some(expected) = &failure.expected {
            out.write_str("<dt>Expected</dt><dd><code>")?;
            body(out, expected)?;
            out.write_str("</code></dd>\n")?;
        }
        if let Some(near) = &failure.closest {
            out.write_str("<dt>Closest</dt><dd><code>")?;
            body(out, &near.message)?;
            out.write_str("</code> <span class=\"aside\">")?;
            body(out, &format!("{} at {:.3} ms", near.client, near.at_ms.0))?;
            if near.taken {
                out.write_str(", taken by another expectation")?;
            }
            out.write_str("</span></dd>\n")?;
        }
        out.write_str("</dl>\n")?;
    }
    if !failure.diff.is_empty() {
        begin_table(out, "Where it differs", &["Where", "Wanted", "Got"])?;
        for difference in &failure.diff {
            out.write_str("<tr><th scope=\"row\"><code>")?;
            body(out, &difference.path)?;
            out.write_str("</code></th><td class=\"wanted\"><code>")?;
            body(out, &difference.wanted)?;
            out.write_str("</code></td><td class=\"got\"><code>")?;
            body(out, &difference.got)?;
            out.write_str("</code></td></tr>\n")?;
        }
        end_table(out)?;
    }
    out.write_str("</div>\n")
}

fn nearby(around: &[NearbyEvent], out: &mut dyn Write) -> fmt::Result {
    if around.is_empty() {
        return Ok(());
    }
    out.write_str("<details class=\"more\" open>\n<summary><h4>Messages around it</h4></summary>\n")?;
    begin_table(out, "Messages around it", &["At", "Client", "What", "Bytes", "Message"])?;
    let first_after = around.iter().position(|event| event.after);
    for (at, event) in around.iter().enumerate() {
        if first_after == Some(at) {
            out.write_str("<tr><td colspan=\"5\"><strong>the failure</strong></td></tr>\n")?;
        }
        write!(out, "<tr><td class=\"number\">{:.3} ms</td><th scope=\"row\">", event.at_ms.0)?;
        body(out, &event.client)?;
        write!(out, "</th><td>{} ", sign(&event.event))?;
        body(out, &event.event)?;
        write!(out, "</td><td class=\"number\">{}</td><td><code>", words::count(event.bytes))?;
        body(out, &event.message)?;
        out.write_str("</code></td></tr>\n")?;
    }
    end_table(out)?;
    out.write_str("</details>\n")
}

fn leftovers(leftovers: &[Leftover], omitted: u64, out: &mut dyn Write) -> fmt::Result {
    let all = leftovers.len() as u64 + omitted;
    if all == 0 {
        return Ok(());
    }
    writeln!(
        out,
        "<details class=\"more\">\n<summary><h4>{} that nothing expected</h4></summary>",
        counted(all, "message")
    )?;
    if !leftovers.is_empty() {
        begin_table(out, "Messages that nothing expected", &["Client", "At", "Bytes", "Message"])?;
        for leftover in leftovers {
            out.write_str("<tr><th scope=\"row\">")?;
            body(out, &leftover.client)?;
            write!(
                out,
                "</th><td class=\"number\">{:.3} ms</td><td class=\"number\">{}</td><td><code>",
                leftover.at_ms.0,
                words::count(leftover.bytes)
            )?;
            body(out, &leftover.message)?;
            out.write_str("</code></td></tr>\n")?;
        }
        end_table(out)?;
    }
    if omitted > 0 {
        paragraph(out, "aside", &format!("{} more did not fit into the report.", words::count(omitted)))?;
    }
    out.write_str("</details>\n")
}
