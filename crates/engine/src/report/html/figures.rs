//! Figures: thresholds, timings, counters.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use super::super::markup::body;
use super::super::words::{self, figures, is_timing};
use super::super::{CheckReport, Metric, ThresholdReport};
use super::{badge, begin_table, end_table, paragraph};

/// A table of thresholds under a heading of this level; nothing when there are none. `checks` are those whose messages
/// a threshold of the suite may have missed: the first ones are listed.
pub(super) fn thresholds(
    thresholds: &[ThresholdReport],
    checks: &[CheckReport],
    heading: &str,
    title: &str,
    out: &mut dyn Write,
) -> fmt::Result {
    if thresholds.is_empty() {
        return Ok(());
    }
    writeln!(out, "<section>\n<{heading}>{title}</{heading}>")?;
    begin_table(out, title, &["Wanted", "Measured", "Verdict"])?;
    for threshold in thresholds {
        write!(out, "<tr data-verdict=\"{}\"><th scope=\"row\"><code>", threshold.verdict.name())?;
        body(out, &threshold.expr)?;
        out.write_str("</code></th><td class=\"value\">")?;
        body(out, &threshold.value)?;
        out.write_str("</td><td>")?;
        badge(threshold.verdict, out)?;
        if let Some(message) = &threshold.message {
            out.write_str(" ")?;
            body(out, message)?;
        }
        out.write_str("</td></tr>\n")?;
    }
    end_table(out)?;
    for threshold in thresholds {
        for (check, lines) in words::missed_under(threshold, checks) {
            paragraph(
                out,
                "aside",
                &format!("{}: the first message that did not come, in {check}:", threshold.expr),
            )?;
            out.write_str("<pre class=\"scroll\" tabindex=\"0\" aria-label=\"What did not come\">")?;
            body(out, &lines)?;
            out.write_str("</pre>\n")?;
        }
    }
    out.write_str("</section>\n")
}

/// Timings with their percentiles.
pub(super) fn timings(metrics: &BTreeMap<String, Metric>, out: &mut dyn Write) -> fmt::Result {
    let mut timings = metrics.iter().filter(|(_, metric)| is_timing(metric)).peekable();
    if timings.peek().is_none() {
        return Ok(());
    }
    begin_table(
        out,
        "Timings",
        &["Timing", "Samples", "min", "mean", "p50", "p90", "p95", "p99", "p99.9", "max", "stddev"],
    )?;
    for (name, metric) in timings {
        out.write_str("<tr><th scope=\"row\">")?;
        body(out, name)?;
        write!(out, "</th><td class=\"number\">{}</td>", words::count(metric.count))?;
        for (_, figure) in figures(metric) {
            let text = figure.map_or_else(|| "–".to_owned(), words::micros);
            write!(out, "<td class=\"number\">{text}</td>")?;
        }
        out.write_str("</tr>\n")?;
    }
    end_table(out)
}

/// Counters with what they come to in a second. Those that counted nothing say so in one line: there are many.
pub(super) fn counters(metrics: &BTreeMap<String, Metric>, out: &mut dyn Write) -> fmt::Result {
    let counters = || metrics.iter().filter(|(_, metric)| !is_timing(metric));
    if counters().any(|(_, metric)| metric.count > 0) {
        out.write_str("<dl class=\"facts\">\n")?;
        for (name, metric) in counters().filter(|(_, metric)| metric.count > 0) {
            out.write_str("<div><dt>")?;
            body(out, name)?;
            write!(out, "</dt><dd>{}", words::count(metric.count))?;
            if let Some(rate) = metric.rate {
                write!(out, " <span class=\"aside\">{} a second</span>", words::decimal(rate))?;
            }
            out.write_str("</dd></div>\n")?;
        }
        out.write_str("</dl>\n")?;
    }
    let none: Vec<&str> =
        counters().filter(|(_, metric)| metric.count == 0).map(|(name, _)| name.as_str()).collect();
    match none.as_slice() {
        [] => Ok(()),
        none => paragraph(out, "aside none", &format!("None: {}", none.join(", "))),
    }
}
