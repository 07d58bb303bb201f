//! The report as one HTML file: nothing from elsewhere, no script, for the screen, the printer and a reader's voice.
//!
//! Owns the page and the order of its parts. `maud` escapes every text of the report, and the file's own
//! Content-Security-Policy would forbid what came through all the same. Folding uses `details`, not a script, so that
//! the file works wherever it is opened, even as a CI artifact.

mod capacity;
mod chart;
mod check;
mod figures;
mod shards;

use std::fmt::{self, Write};

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::markup::is_allowed;
use super::words::{self, counted};
use super::{Report, Totals, Verdict};

const STYLE: &str = include_str!("style.css");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Writes the report as HTML.
pub fn write_html(report: &Report, out: &mut dyn Write) -> fmt::Result {
    let title = format!("{}: {}", word(report.verdict), report.suite);
    write_page(&title, sections(report, ""), report, out)
}

/// Writes several reports as one page: a list of them with the way to each, then one after the other.
pub fn write_html_all(reports: &[&Report], out: &mut dyn Write) -> fmt::Result {
    let [first, _, ..] = reports else {
        return reports.first().map_or(Ok(()), |only| write_html(only, out));
    };
    let whole = reports.iter().fold(Verdict::Skipped, |whole, report| whole.and(report.verdict));
    let runs = counted(reports.len() as u64, "run");
    let main = html! {
        header data-verdict=(whole.name()) {
            p.verdict { (badge(whole)) }
            h1 { (runs) }
        }
        nav aria-label="Runs" {
            ul.unhappy {
                @for (at, report) in reports.iter().enumerate() {
                    li {
                        (badge(report.verdict)) " "
                        span {
                            a href={ "#run-" (at) } { (report.suite) }
                            br;
                            span.why {
                                (sum(report))
                                @if !report.targets.is_empty() { " · " (words::target(&report.targets)) }
                            }
                        }
                    }
                }
            }
        }
        @for (at, report) in reports.iter().enumerate() {
            article id={ "run-" (at) } { (sections(report, &format!("run-{at}-"))) }
        }
    };
    write_page(&format!("{}: {runs}", word(whole)), main, first, out)
}

fn write_page(title: &str, main: Markup, report: &Report, out: &mut dyn Write) -> fmt::Result {
    let by = html! { "Written by Sockscope " (report.sockscope) ", report format " (report.format) "." };
    page(title, main, by, out)
}

/// A page in the look of the report that is not one.
pub(crate) fn html_page(title: &str, main: Markup, out: &mut dyn Write) -> fmt::Result {
    page(title, main, html! { "Written by Sockscope " (env!("CARGO_PKG_VERSION")) "." }, out)
}

fn page(title: &str, main: Markup, by: Markup, out: &mut dyn Write) -> fmt::Result {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main { (main) }
                footer {
                    p { (by) }
                }
            }
        }
        "\n"
    };
    page.0.split(|c| !is_allowed(c)).try_for_each(|piece| out.write_str(piece))
}

/// All of one report; `prefix` begins its anchors.
fn sections(report: &Report, prefix: &str) -> Markup {
    let title = "Thresholds of the suite";
    html! {
        (banner(report))
        (unhappy(report, prefix))
        (figures::thresholds(&report.thresholds, &report.checks, html! { h2 { (title) } }, title))
        (check::checks(&report.checks, prefix))
        (latency(report))
        (chart::over_time(&report.seconds))
        (capacity::capacity(report.capacity.as_ref()))
        (shards::shards(&report.shards))
        (environment(report))
        (server(report))
    }
}

/// What the server under test printed: often it says why.
fn server(report: &Report) -> Markup {
    let Some(server) = &report.server else { return Markup::default() };
    html! {
        section {
            h2 { "The server under test" }
            p.about {
                (server.command)
                @if let Some(how) = &server.ended { (format_args!(" – ended by itself: {how}")) }
            }
            details.more open[server.ended.is_some()] {
                summary { h3 { "What it printed (" (counted(server.output.len() as u64, "line")) ")" } }
                pre.scroll tabindex="0" aria-label="What the server printed" {
                    @for line in &server.output { (line) "\n" }
                }
            }
        }
    }
}

/// How a verdict reads; `pass` is what machines read.
fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "Passed",
        Verdict::Fail => "Failed",
        Verdict::Error => "Broken",
        Verdict::Inconclusive => "Inconclusive",
        Verdict::Skipped => "Skipped",
    }
}

/// A verdict as a mark with its word: never colour alone.
fn badge(verdict: Verdict) -> Markup {
    let mark = match verdict {
        Verdict::Pass => "✓",
        Verdict::Fail => "✕",
        Verdict::Error => "!",
        Verdict::Inconclusive => "?",
        Verdict::Skipped => "–",
    };
    html! {
        span.badge data-verdict=(verdict.name()) { span aria-hidden="true" { (mark) } " " (word(verdict)) }
    }
}

fn banner(report: &Report) -> Markup {
    html! {
        header data-verdict=(report.verdict.name()) {
            p.verdict { (badge(report.verdict)) }
            h1 { (report.suite) }
            @if let Some(about) = &report.about { p.about { (about) } }
            @if !report.targets.is_empty() { p.target { "Target: " (words::target(&report.targets)) } }
            p.sum { (sum(report)) }
            @for reason in &report.reasons { p.reason { (reason) } }
            (totals(&report.totals))
        }
    }
}

/// Such as `3 checks: 2 passed, 1 failed · took 812 ms · seed 42`.
fn sum(report: &Report) -> String {
    let totals = &report.totals;
    let parts: Vec<String> = [
        (totals.passed, "passed"),
        (totals.failed, "failed"),
        (totals.errors, "could not run"),
        (totals.inconclusive, "inconclusive"),
        (totals.skipped, "not applicable"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{} {what}", words::count(count)))
    .collect();
    let checks = counted(totals.checks, "check");
    let checks = if parts.is_empty() { checks } else { format!("{checks}: {}", parts.join(", ")) };
    format!("{checks} · took {} · seed {}", words::millis(report.duration_ms), report.seed)
}

fn totals(totals: &Totals) -> Markup {
    let of_expected = if totals.expected == 0 { "–".to_owned() } else { words::percent(totals.success) };
    let shown = [
        ("Sent", words::count(totals.sent)),
        ("Received", words::count(totals.received)),
        ("Expected", words::count(totals.expected)),
        ("Came as expected", words::count(totals.matched)),
        ("Success", of_expected),
    ];
    html! {
        dl.totals { @for (name, value) in shown { div { dt { (name) } dd { (value) } } } }
    }
}

/// What did not pass, with links: readers should not have to search 144 checks for two failures.
fn unhappy(report: &Report, prefix: &str) -> Markup {
    let mut unhappy =
        report.checks.iter().enumerate().filter(|(_, check)| check.verdict != Verdict::Pass).peekable();
    html! {
        @if unhappy.peek().is_some() {
            nav aria-label="What did not pass" {
                h2 { "What did not pass" }
                ul.unhappy {
                    @for (at, check) in unhappy {
                        li {
                            (badge(check.verdict)) " "
                            span {
                                a href={ "#" (prefix) "check-" (at) } { (check.name) }
                                @if let Some(reason) = words::reason(check) { br; span.why { (reason) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn latency(report: &Report) -> Markup {
    html! {
        @if !report.metrics.is_empty() {
            section {
                h2 { "Figures of the run" }
                (figures::timings(&report.metrics))
                @for (name, metric) in &report.metrics {
                    (chart::histogram(name, metric))
                    (chart::ladder(name, metric))
                }
                @if report.metrics.values().any(|metric| !words::is_timing(metric)) {
                    h3 { "Counters" }
                    (figures::counters(&report.metrics))
                }
            }
        }
    }
}

fn environment(report: &Report) -> Markup {
    let environment = &report.environment;
    let shown = [
        ("Started", report.started.clone()),
        ("Seed", report.seed.to_string()),
        ("Engine", environment.engine.name().to_owned()),
        ("Browser", environment.browser.clone()),
        ("Origin", environment.origin.clone()),
        ("Step of the clock", words::micros(environment.timer_step_us)),
        ("Lag of the event loop, p99", words::micros(environment.loop_lag_p99_ms * 1e3)),
        ("Page was hidden", if environment.hidden { "yes" } else { "no" }.to_owned()),
    ];
    html! {
        section {
            h2 { "Where and how it ran" }
            dl.facts {
                @for (name, value) in shown {
                    div { dt { (name) } dd { @if value.is_empty() { "not known" } @else { (value) } } }
                }
                @for target in &report.targets { div { dt { "Target" } dd { (words::one_target(target)) } } }
            }
            @if !report.vars.is_empty() {
                h3 { "Variables" }
                (table("Variables", &["Name", "Value"], html! {
                    @for (name, value) in &report.vars {
                        tr { th scope="row" { (name) } td { code { (value) } } }
                    }
                }))
            }
        }
    }
}

/// Columns whose heads stand over figures, which stand to the right.
const OF_FIGURES: &[&str] = &[
    "Samples",
    "min",
    "mean",
    "p50",
    "p90",
    "p95",
    "p99",
    "p99.9",
    "max",
    "stddev",
    "Count",
    "A second",
    "At",
    "Bytes",
    "Took",
    "Connections",
    "Sent",
    "Received",
    "Missing",
    "rtt p50",
    "rtt p99",
    "Lag",
];

/// A table that scrolls on its own when it is too wide, so that the page never does.
fn table(caption: &str, columns: &[&str], rows: Markup) -> Markup {
    html! {
        // Keyboard users scroll it with the keys, so it must take the focus.
        div.scroll tabindex="0" role="group" aria-label=(caption) {
            table {
                thead {
                    tr {
                        @for column in columns {
                            @let class = OF_FIGURES.contains(column).then_some("number");
                            th scope="col" class=[class] { (column) }
                        }
                    }
                }
                tbody { (rows) }
            }
        }
    }
}
