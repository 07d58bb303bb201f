//! The report as one HTML file: nothing from elsewhere, no script, for the screen, the printer and a reader's voice.
//!
//! Owns the page and the order of its parts. Every text of the report goes through the one escape, and the file's own
//! Content-Security-Policy would forbid what came through all the same. Folding uses `details`, not a script, so that
//! the file works wherever it is opened, even as a CI artifact.

mod chart;
mod check;
mod figures;
mod shards;

use std::fmt::{self, Write};

use super::markup::{attribute, body};
use super::words::{self, counted};
use super::{Report, Totals, Verdict};

const STYLE: &str = include_str!("style.css");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Writes the report as HTML.
pub fn write_html(report: &Report, out: &mut dyn Write) -> fmt::Result {
    begin_page(&format!("{}: {}", word(report.verdict), report.suite), out)?;
    sections(report, "", out)?;
    end_page(report, out)
}

/// Writes several reports as one page: a list of them with the way to each, then one after the other.
pub fn write_html_all(reports: &[&Report], out: &mut dyn Write) -> fmt::Result {
    let [first, _, ..] = reports else {
        return reports.first().map_or(Ok(()), |only| write_html(only, out));
    };
    let whole = reports.iter().fold(Verdict::Skipped, |whole, report| whole.and(report.verdict));
    begin_page(&format!("{}: {}", word(whole), counted(reports.len() as u64, "run")), out)?;
    write!(out, "<header data-verdict=\"{}\">\n<p class=\"verdict\">", whole.name())?;
    badge(whole, out)?;
    write!(out, "</p>\n<h1>{}</h1>\n</header>\n", counted(reports.len() as u64, "run"))?;
    out.write_str("<nav aria-label=\"Runs\">\n<ul class=\"unhappy\">\n")?;
    for (at, report) in reports.iter().enumerate() {
        out.write_str("<li>")?;
        badge(report.verdict, out)?;
        write!(out, " <span><a href=\"#run-{at}\">")?;
        body(out, &report.suite)?;
        out.write_str("</a><br><span class=\"why\">")?;
        body(out, &sum(report))?;
        if !report.targets.is_empty() {
            body(out, &format!(" · {}", words::target(&report.targets)))?;
        }
        out.write_str("</span></span></li>\n")?;
    }
    out.write_str("</ul>\n</nav>\n")?;
    for (at, report) in reports.iter().enumerate() {
        writeln!(out, "<article id=\"run-{at}\">")?;
        sections(report, &format!("run-{at}-"), out)?;
        out.write_str("</article>\n")?;
    }
    end_page(first, out)
}

fn begin_page(title: &str, out: &mut dyn Write) -> fmt::Result {
    out.write_str("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")?;
    writeln!(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">")?;
    out.write_str(
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
    )?;
    body(out, title)?;
    writeln!(out, "</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>")
}

/// All of one report; `prefix` begins its anchors.
fn sections(report: &Report, prefix: &str, out: &mut dyn Write) -> fmt::Result {
    banner(report, out)?;
    unhappy(report, prefix, out)?;
    figures::thresholds(&report.thresholds, &report.checks, "h2", "Thresholds of the suite", out)?;
    check::checks(&report.checks, prefix, out)?;
    latency(report, out)?;
    chart::over_time(&report.seconds, out)?;
    shards::shards(&report.shards, out)?;
    environment(report, out)?;
    server(report, out)
}

/// What the server under test printed: often it says why.
fn server(report: &Report, out: &mut dyn Write) -> fmt::Result {
    let Some(server) = &report.server else { return Ok(()) };
    out.write_str("<section>\n<h2>The server under test</h2>\n")?;
    let ended = server.ended.as_ref().map(|how| format!(" – ended by itself: {how}")).unwrap_or_default();
    paragraph(out, "about", &format!("{}{ended}", server.command))?;
    let open = if server.ended.is_some() { " open" } else { "" };
    let lines = counted(server.output.len() as u64, "line");
    writeln!(out, "<details class=\"more\"{open}>\n<summary><h3>What it printed ({lines})</h3></summary>")?;
    out.write_str("<pre class=\"scroll\" tabindex=\"0\" aria-label=\"What the server printed\">")?;
    for line in &server.output {
        body(out, line)?;
        out.write_str("\n")?;
    }
    out.write_str("</pre>\n</details>\n</section>\n")
}

fn end_page(report: &Report, out: &mut dyn Write) -> fmt::Result {
    out.write_str("</main>\n<footer><p>Written by Sockscope ")?;
    body(out, &report.sockscope)?;
    writeln!(out, ", report format {}.</p></footer>\n</body>\n</html>", report.format)
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
fn badge(verdict: Verdict, out: &mut dyn Write) -> fmt::Result {
    let mark = match verdict {
        Verdict::Pass => "✓",
        Verdict::Fail => "✕",
        Verdict::Error => "!",
        Verdict::Inconclusive => "?",
        Verdict::Skipped => "–",
    };
    write!(
        out,
        "<span class=\"badge\" data-verdict=\"{}\"><span aria-hidden=\"true\">{mark}</span> {}</span>",
        verdict.name(),
        word(verdict)
    )
}

fn banner(report: &Report, out: &mut dyn Write) -> fmt::Result {
    write!(out, "<header data-verdict=\"{}\">\n<p class=\"verdict\">", report.verdict.name())?;
    badge(report.verdict, out)?;
    out.write_str("</p>\n<h1>")?;
    body(out, &report.suite)?;
    out.write_str("</h1>\n")?;
    if let Some(about) = &report.about {
        paragraph(out, "about", about)?;
    }
    if !report.targets.is_empty() {
        paragraph(out, "target", &format!("Target: {}", words::target(&report.targets)))?;
    }
    out.write_str("<p class=\"sum\">")?;
    body(out, &sum(report))?;
    out.write_str("</p>\n")?;
    for reason in &report.reasons {
        paragraph(out, "reason", reason)?;
    }
    totals(&report.totals, out)?;
    out.write_str("</header>\n")
}

/// Such as `3 checks: 2 passed, 1 failed · took 812 ms · seed 42`.
fn sum(report: &Report) -> String {
    let totals = &report.totals;
    let parts: Vec<String> = [
        (totals.passed, "passed"),
        (totals.failed, "failed"),
        (totals.errors, "broken"),
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

fn totals(totals: &Totals, out: &mut dyn Write) -> fmt::Result {
    let of_expected =
        if totals.expected == 0 { "–".to_owned() } else { format!("{} %", words::decimal(totals.success)) };
    let shown = [
        ("Sent", words::count(totals.sent)),
        ("Received", words::count(totals.received)),
        ("Expected", words::count(totals.expected)),
        ("Came as expected", words::count(totals.matched)),
        ("Success", of_expected),
    ];
    out.write_str("<dl class=\"totals\">\n")?;
    for (name, value) in shown {
        writeln!(out, "<div><dt>{name}</dt><dd>{value}</dd></div>")?;
    }
    out.write_str("</dl>\n")
}

/// What did not pass, with links: readers should not have to search 144 checks for two failures.
fn unhappy(report: &Report, prefix: &str, out: &mut dyn Write) -> fmt::Result {
    let mut unhappy =
        report.checks.iter().enumerate().filter(|(_, check)| check.verdict != Verdict::Pass).peekable();
    if unhappy.peek().is_none() {
        return Ok(());
    }
    out.write_str(
        "<nav aria-label=\"What did not pass\">\n<h2>What did not pass</h2>\n<ul class=\"unhappy\">\n",
    )?;
    for (at, check) in unhappy {
        out.write_str("<li>")?;
        badge(check.verdict, out)?;
        write!(out, " <span><a href=\"#{prefix}check-{at}\">")?;
        body(out, &check.name)?;
        out.write_str("</a>")?;
        if let Some(reason) = words::reason(check) {
            out.write_str("<br><span class=\"why\">")?;
            body(out, &reason)?;
            out.write_str("</span>")?;
        }
        out.write_str("</span></li>\n")?;
    }
    out.write_str("</ul>\n</nav>\n")
}

fn latency(report: &Report, out: &mut dyn Write) -> fmt::Result {
    if report.metrics.is_empty() {
        return Ok(());
    }
    out.write_str("<section>\n<h2>Figures of the run</h2>\n")?;
    figures::timings(&report.metrics, out)?;
    for (name, metric) in &report.metrics {
        chart::histogram(name, metric, out)?;
        chart::ladder(name, metric, out)?;
    }
    if report.metrics.values().any(|metric| !words::is_timing(metric)) {
        out.write_str("<h3>Counters</h3>\n")?;
        figures::counters(&report.metrics, out)?;
    }
    out.write_str("</section>\n")
}

fn environment(report: &Report, out: &mut dyn Write) -> fmt::Result {
    let environment = &report.environment;
    let shown = [
        ("Started", report.started.clone()),
        ("Seed", report.seed.to_string()),
        ("Browser", environment.browser.clone()),
        ("Origin", environment.origin.clone()),
        ("Step of the clock", words::micros(environment.timer_step_us)),
        ("Lag of the event loop, p99", words::micros(environment.loop_lag_p99_ms * 1e3)),
        ("Page was hidden", if environment.hidden { "yes" } else { "no" }.to_owned()),
    ];
    out.write_str("<section>\n<h2>Where and how it ran</h2>\n<dl class=\"facts\">\n")?;
    for (name, value) in shown {
        write!(out, "<div><dt>{name}</dt><dd>")?;
        body(out, if value.is_empty() { "not known" } else { &value })?;
        out.write_str("</dd></div>\n")?;
    }
    for target in &report.targets {
        out.write_str("<div><dt>Target</dt><dd>")?;
        body(out, &words::one_target(target))?;
        out.write_str("</dd></div>\n")?;
    }
    out.write_str("</dl>\n")?;
    if !report.vars.is_empty() {
        out.write_str("<h3>Variables</h3>\n")?;
        begin_table(out, "Variables", &["Name", "Value"])?;
        for (name, value) in &report.vars {
            out.write_str("<tr><th scope=\"row\">")?;
            body(out, name)?;
            out.write_str("</th><td><code>")?;
            body(out, &value.to_string())?;
            out.write_str("</code></td></tr>\n")?;
        }
        end_table(out)?;
    }
    out.write_str("</section>\n")
}

fn paragraph(out: &mut dyn Write, class: &str, text: &str) -> fmt::Result {
    write!(out, "<p class=\"{class}\">")?;
    body(out, text)?;
    out.write_str("</p>\n")
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
fn begin_table(out: &mut dyn Write, caption: &str, columns: &[&'static str]) -> fmt::Result {
    // Keyboard users scroll it with the keys, so it must take the focus.
    out.write_str("<div class=\"scroll\" tabindex=\"0\" role=\"group\"")?;
    attribute(out, "aria-label", caption)?;
    out.write_str("><table>\n<thead><tr>")?;
    for column in columns {
        let class = if OF_FIGURES.contains(column) { " class=\"number\"" } else { "" };
        write!(out, "<th scope=\"col\"{class}>{column}</th>")?;
    }
    out.write_str("</tr></thead>\n<tbody>\n")
}

fn end_table(out: &mut dyn Write) -> fmt::Result {
    out.write_str("</tbody>\n</table></div>\n")
}
