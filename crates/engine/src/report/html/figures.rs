//! Figures: thresholds, timings, counters.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::super::words::{self, figures, is_timing};
use super::super::{CheckReport, Metric, ThresholdReport};
use super::{badge, table};

/// A table of thresholds under this heading; nothing when there are none. `checks` are those whose messages a threshold
/// of the suite may have missed: the first ones are listed.
pub(super) fn thresholds(
    thresholds: &[ThresholdReport],
    checks: &[CheckReport],
    heading: Markup,
    title: &str,
) -> Markup {
    let rows = html! {
        @for threshold in thresholds {
            tr data-verdict=(threshold.verdict.name()) {
                th scope="row" { code { (threshold.expr) } }
                td.value { (threshold.value) }
                td {
                    (badge(threshold.verdict))
                    @if let Some(message) = &threshold.message { " " (message) }
                }
            }
        }
    };
    html! {
        @if !thresholds.is_empty() {
            section {
                (heading)
                (table(title, &["Expected", "Measured", "Verdict"], rows))
                @for threshold in thresholds {
                    @for (check, lines) in words::missed_under(threshold, checks) {
                        p.aside { (threshold.expr) ": the first message that did not come, in " (check) ":" }
                        pre.scroll tabindex="0" aria-label="What did not come" { (lines) }
                    }
                }
            }
        }
    }
}

/// Timings with their percentiles.
pub(super) fn timings(metrics: &BTreeMap<String, Metric>) -> Markup {
    const COLUMNS: &[&str] =
        &["Timing", "Samples", "min", "mean", "p50", "p90", "p95", "p99", "p99.9", "max", "stddev"];
    let mut timings = metrics.iter().filter(|(_, metric)| is_timing(metric)).peekable();
    if timings.peek().is_none() {
        return Markup::default();
    }
    let rows = html! {
        @for (name, metric) in timings {
            tr {
                th scope="row" { (name) }
                td.number { (words::count(metric.count)) }
                @for (_, figure) in figures(metric) {
                    @if let Some(figure) = figure { td.number title={ (figure) " µs" } { (words::micros(figure)) } } @else { td.number { "–" } }
                }
            }
        }
    };
    table("Timings", COLUMNS, rows)
}

/// Counters with what they come to in a second. Those that counted nothing say so in one line: there are many.
pub(super) fn counters(metrics: &BTreeMap<String, Metric>) -> Markup {
    let counters = metrics.iter().filter(|(_, metric)| !is_timing(metric));
    let (some, none): (Vec<_>, Vec<_>) = counters.partition(|(_, metric)| metric.count > 0);
    let none: Vec<&str> = none.into_iter().map(|(name, _)| name.as_str()).collect();
    html! {
        @if !some.is_empty() {
            dl.facts {
                @for (name, metric) in some {
                    div {
                        dt { (name) }
                        dd {
                            (words::count(metric.count))
                            @if let Some(rate) = metric.rate {
                                " " span.aside title=(rate) { (words::rate_of(name, rate)) }
                            }
                        }
                    }
                }
            }
        }
        @if !none.is_empty() { p.aside.none { "None: " (none.join(", ")) } }
    }
}
