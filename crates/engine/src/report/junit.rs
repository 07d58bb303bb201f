//! The report as JUnit XML, in the dialect that Jenkins, GitLab and the reporters of GitHub read.
//!
//! Owns what is a test case: every check and every threshold, so that a reporter is green when and only when the
//! verdict is `pass`. An inconclusive one is an `error` of the type `inconclusive`, never `skipped`: reporters ignore
//! skipped cases, and a job that relies on the reporter would be green although nothing was judged.
//!
//! The strict style uses only what the schema of Jenkins' xUnit plugin (`junit-10.xsd`) and that of Apache Ant both
//! allow.

use std::collections::HashSet;
use std::fmt::{self, Write};

use super::around;
use super::markup::{attribute, body};
use super::words::{self, broken, explain, figures, is_timing};
use super::{CheckReport, Millis, Report, StepReport, ThresholdReport, Verdict};

/// Addresses beyond these are in the JSON alone.
const MOST_TARGETS: usize = 10;

/// Which dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JunitStyle {
    /// With properties and output for each case, which reporters show and schemas do not know.
    Rich,
    /// Only what the schemas of xUnit tools allow.
    Strict,
}

/// Writes the report as JUnit XML.
pub fn write_junit(report: &Report, style: JunitStyle, out: &mut dyn Write) -> fmt::Result {
    write_junit_all(&[report], style, out)
}

/// Writes several reports as one JUnit XML: a `testsuite` for each, in which no case has the name of another.
pub fn write_junit_all(reports: &[&Report], style: JunitStyle, out: &mut dyn Write) -> fmt::Result {
    let mut names = Names::default();
    let document = |report| Document { report, style, cases: cases(report, &mut names) };
    let documents: Vec<_> = reports.iter().copied().map(document).collect();
    out.write_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites")?;
    if style == JunitStyle::Rich {
        match &documents[..] {
            [only] => only.totals(out)?,
            several => totals(several, out)?,
        }
        if let Some(first) = reports.first() {
            attribute(out, "timestamp", &first.started)?;
        }
    }
    out.write_str(">\n")?;
    for (id, document) in documents.iter().enumerate() {
        document.write(id, out)?;
    }
    out.write_str("</testsuites>\n")
}

/// Of all suites together.
fn totals(documents: &[Document<'_>], out: &mut dyn Write) -> fmt::Result {
    let count = |wanted: fn(&Outcome) -> bool| {
        documents.iter().map(|document| document.count(wanted)).sum::<usize>().to_string()
    };
    attribute(out, "name", "sockscope")?;
    attributes_of(count, out)?;
    let took = documents.iter().map(|document| document.report.duration_ms.0).sum();
    attribute(out, "time", &seconds(Millis(took)))
}

fn attributes_of(count: impl Fn(fn(&Outcome) -> bool) -> String, out: &mut dyn Write) -> fmt::Result {
    attribute(out, "tests", &count(|_| true))?;
    attribute(out, "failures", &count(|outcome| matches!(outcome, Outcome::Failure { .. })))?;
    attribute(out, "errors", &count(|outcome| matches!(outcome, Outcome::Error { .. })))?;
    attribute(out, "skipped", &count(|outcome| matches!(outcome, Outcome::Skipped)))
}

/// What a reporter lists.
struct Case<'a> {
    classname: String,
    name: String,
    took: Millis,
    outcome: Outcome,
    /// None for a threshold.
    check: Option<&'a CheckReport>,
}

enum Outcome {
    Passed,
    Skipped,
    Failure { kind: &'static str, message: String, body: String },
    Error { kind: &'static str, message: String, body: String },
}

impl Outcome {
    fn of(verdict: Verdict, kind: &'static str, message: String, body: String) -> Self {
        match verdict {
            Verdict::Pass => Self::Passed,
            Verdict::Skipped => Self::Skipped,
            Verdict::Fail => Self::Failure { kind, message, body },
            Verdict::Error => Self::Error { kind, message, body },
            Verdict::Inconclusive => {
                Self::Error { kind: "inconclusive", message: format!("inconclusive: {message}"), body }
            }
        }
    }
}

/// Every check followed by its thresholds, those of the suite, and what went wrong beside all of them.
fn cases<'a>(report: &'a Report, names: &mut Names) -> Vec<Case<'a>> {
    // Jenkins takes what is before the last dot for a package.
    let package = Some(line(&report.suite).replace('.', "_")).filter(|suite| !suite.is_empty());
    let package = package.unwrap_or_else(|| "suite".to_owned());
    let mut cases = Vec::new();
    let same = words::same_setups(&report.checks);
    for (at, check) in report.checks.iter().enumerate() {
        cases.push(Case {
            classname: format!("{package}.checks"),
            name: check.name.clone(),
            took: check.duration_ms,
            outcome: of_check(check, same[at].map(|first| report.checks[first].name.as_str())),
            check: Some(check),
        });
        for threshold in &check.thresholds {
            let name = format!("{}: {}", check.name, threshold.expr);
            cases.push(of_threshold(&package, name, threshold, &[]));
        }
    }
    for threshold in &report.thresholds {
        cases.push(of_threshold(&package, threshold.expr.clone(), threshold, &report.checks));
    }
    if let Some(capacity) = &report.capacity {
        let body: String =
            capacity.trials.iter().map(|trial| words::trial(&capacity.variable, trial) + "\n").collect();
        cases.push(Case {
            classname: format!("{package}.capacity"),
            name: format!("the capacity in {}", capacity.variable),
            took: report.duration_ms,
            outcome: Outcome::of(capacity.verdict, "capacity", capacity.sentence.clone(), body),
            check: None,
        });
    }
    if let Some(outcome) = of_run(report, &cases) {
        cases.push(Case {
            classname: format!("{package}.run"),
            name: "the run itself".to_owned(),
            took: report.duration_ms,
            outcome,
            check: None,
        });
    }
    for case in &mut cases {
        case.name = names.unique(&case.classname, &case.name);
    }
    cases
}

/// `same_as` is the check whose setup failed in the same way before.
fn of_check(check: &CheckReport, same_as: Option<&str>) -> Outcome {
    let first = check.steps.iter().find_map(|step| step.failure.as_ref());
    let kind = match first {
        Some(failure) => failure.kind.name(),
        None if check.thresholds.iter().any(words::is_broken) => "threshold",
        None => check.verdict.name(),
    };
    let text = match same_as {
        Some(first) => format!("its setup failed like that of {first:?}; see there\n"),
        None => explain(check) + &around::lines(check),
    };
    Outcome::of(check.verdict, kind, words::reason(check).unwrap_or_default(), text)
}

/// `checks` are those whose messages a threshold of the suite may have missed.
fn of_threshold<'a>(
    package: &str,
    name: String,
    threshold: &ThresholdReport,
    checks: &[CheckReport],
) -> Case<'a> {
    let message = broken(threshold);
    let mut body = format!("expected: {}\nmeasured: {}\n", threshold.expr, threshold.value);
    for (check, lines) in words::missed_under(threshold, checks) {
        body.push_str(&format!("missing in {check}:\n{lines}"));
    }
    Case {
        classname: format!("{package}.thresholds"),
        name,
        took: Millis(0.0),
        outcome: Outcome::of(threshold.verdict, "threshold", message, body),
        check: None,
    }
}

/// What broke the run beside its checks and thresholds. A run of nothing is a case too, since reporters take a file
/// without cases for a broken one.
fn of_run(report: &Report, cases: &[Case<'_>]) -> Option<Outcome> {
    let is_bad = !matches!(report.verdict, Verdict::Pass | Verdict::Skipped);
    let is_told =
        cases.iter().any(|case| matches!(case.outcome, Outcome::Failure { .. } | Outcome::Error { .. }));
    if is_bad && (!report.reasons.is_empty() || !is_told) {
        let first = report.reasons.first().cloned();
        let message =
            first.unwrap_or_else(|| format!("the run ended with the verdict {}", report.verdict.name()));
        let all = report.reasons.join("\n");
        let outcome = match report.verdict {
            // What made a run fail stands in its cases; what is said of the run itself never blames the server.
            Verdict::Fail if is_told => Outcome::Error { kind: "run", message, body: all },
            verdict => Outcome::of(verdict, verdict.name(), message, all),
        };
        return Some(outcome);
    }
    cases.is_empty().then_some(Outcome::Passed)
}

/// Reporters join cases of one name.
#[derive(Default)]
struct Names(HashSet<(String, String)>);

impl Names {
    fn unique(&mut self, classname: &str, name: &str) -> String {
        let name = Some(line(name)).filter(|name| !name.is_empty()).unwrap_or_else(|| "unnamed".to_owned());
        let mut candidate = name.clone();
        let mut nth = 1u32;
        while !self.0.insert((classname.to_owned(), candidate.clone())) {
            nth += 1;
            candidate = format!("{name} ({nth})");
        }
        candidate
    }
}

/// A name on one line. Schemas read names as tokens, in which blanks at the ends and several in a row are nothing, and
/// what XML cannot hold is left out by the escape: names that differ in these alone would be one.
fn line(name: &str) -> String {
    let legal = name.chars().filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}'));
    let blanked: String = legal.map(|c| if c.is_control() { ' ' } else { c }).collect();
    blanked.split_whitespace().collect::<Vec<_>>().join(" ")
}

struct Document<'a> {
    report: &'a Report,
    style: JunitStyle,
    cases: Vec<Case<'a>>,
}

impl Document<'_> {
    fn write(&self, id: usize, out: &mut dyn Write) -> fmt::Result {
        let report = self.report;
        out.write_str("  <testsuite")?;
        self.totals(out)?;
        if self.style == JunitStyle::Rich {
            attribute(out, "timestamp", &report.started)?;
        } else {
            attribute(out, "timestamp", &to_the_second(&report.started))?;
            write!(out, " hostname=\"localhost\" id=\"{id}\"")?;
            attribute(out, "package", &self.name())?;
        }
        out.write_str(">\n")?;
        properties(out, "    ", &self.suite_properties())?;
        for case in &self.cases {
            self.case(case, out)?;
        }
        element(out, "    ", "system-out", &self.output())?;
        let printed = report.server.as_ref().map(|server| server.output.join("\n")).unwrap_or_default();
        if self.style == JunitStyle::Strict || !printed.is_empty() {
            element(out, "    ", "system-err", &printed)?;
        }
        out.write_str("  </testsuite>\n")
    }

    fn name(&self) -> String {
        Some(line(&self.report.suite)).filter(|name| !name.is_empty()).unwrap_or_else(|| "suite".to_owned())
    }

    fn count(&self, wanted: fn(&Outcome) -> bool) -> usize {
        self.cases.iter().filter(|case| wanted(&case.outcome)).count()
    }

    fn totals(&self, out: &mut dyn Write) -> fmt::Result {
        attribute(out, "name", &self.name())?;
        attributes_of(|wanted| self.count(wanted).to_string(), out)?;
        attribute(out, "time", &seconds(self.report.duration_ms))
    }

    fn suite_properties(&self) -> Vec<(String, String)> {
        let report = self.report;
        let environment = &report.environment;
        let mut all = vec![
            ("sockscope".to_owned(), report.sockscope.clone()),
            ("verdict".to_owned(), report.verdict.name().to_owned()),
            ("seed".to_owned(), report.seed.to_string()),
            ("engine".to_owned(), environment.engine.name().to_owned()),
            ("browser".to_owned(), environment.browser.clone()),
            ("origin".to_owned(), environment.origin.clone()),
            ("timer_step_us".to_owned(), environment.timer_step_us.to_string()),
            ("loop_lag_p99_ms".to_owned(), environment.loop_lag_p99_ms.to_string()),
            ("hidden".to_owned(), environment.hidden.to_string()),
        ];
        // Readers take properties by their names, so each has one of its own.
        all.extend(report.targets.iter().take(MOST_TARGETS).enumerate().map(|(nth, target)| {
            let name = if nth == 0 { "target".to_owned() } else { format!("target.{}", nth + 1) };
            (name, words::one_target(target))
        }));
        all.extend(report.vars.iter().map(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (format!("var.{name}"), text)
        }));
        all
    }

    fn case(&self, case: &Case<'_>, out: &mut dyn Write) -> fmt::Result {
        out.write_str("    <testcase")?;
        attribute(out, "classname", &case.classname)?;
        attribute(out, "name", &case.name)?;
        attribute(out, "time", &seconds(case.took))?;
        let mut inner = String::new();
        let rich_check = case.check.filter(|_| self.style == JunitStyle::Rich);
        if let Some(check) = rich_check {
            properties(&mut inner, "      ", &case_properties(check))?;
        }
        match &case.outcome {
            Outcome::Passed => {}
            Outcome::Skipped => {
                inner.push_str("      <skipped");
                if let Some(reason) = rich_check.and_then(words::reason) {
                    attribute(&mut inner, "message", &reason)?;
                }
                inner.push_str("/>\n");
            }
            Outcome::Failure { kind, message, body } => problem(&mut inner, "failure", kind, message, body)?,
            Outcome::Error { kind, message, body } => problem(&mut inner, "error", kind, message, body)?,
        }
        let steps = rich_check.map(steps).unwrap_or_default();
        if !steps.is_empty() {
            element(&mut inner, "      ", "system-out", &steps)?;
        }
        if inner.is_empty() {
            return out.write_str("/>\n");
        }
        write!(out, ">\n{inner}    </testcase>\n")
    }

    /// The figures of the run; in the strict style the steps of every check too, whose cases have no output there.
    fn output(&self) -> String {
        let report = self.report;
        let totals = &report.totals;
        let mut text = format!(
            "{}: {} of {} checks passed, {} of {} expected messages came\n",
            report.verdict.name(),
            totals.passed,
            totals.checks,
            totals.matched,
            totals.expected
        );
        for (name, metric) in &report.metrics {
            if is_timing(metric) {
                let _ = write!(text, "{name}: {} samples", metric.count);
                for (figure, value) in figures(metric) {
                    if let Some(value) = value {
                        let _ = write!(text, ", {figure} {}", words::micros(value));
                    }
                }
                text.push('\n');
            }
        }
        for shard in &report.shards {
            let _ = writeln!(text, "{}", words::shard(shard));
        }
        if self.style == JunitStyle::Strict {
            for check in &report.checks {
                let _ = write!(text, "\n{}\n{}", line(&check.name), steps(check));
            }
        }
        text
    }
}

fn case_properties(check: &CheckReport) -> Vec<(String, String)> {
    let about = check.about.iter().map(|about| ("about".to_owned(), about.clone()));
    let tags = check.tags.iter().map(|tag| ("tag".to_owned(), tag.clone()));
    let figures = check.metrics.iter().filter(|(_, metric)| is_timing(metric)).flat_map(|(name, metric)| {
        [("p50", metric.p50), ("p95", metric.p95), ("max", metric.max)]
            .into_iter()
            .filter_map(move |(figure, value)| Some((format!("{name}.{figure}"), words::micros(value?))))
    });
    about.chain(tags).chain(figures).collect()
}

/// The steps of a check as lines, such as `pass  steps[0]  alice connects  1.2 ms`.
fn steps(check: &CheckReport) -> String {
    let mut text = String::new();
    for step in &check.steps {
        let StepReport { path, title, verdict, duration_ms, runs, note, forgiven, .. } = step;
        let often = if *runs > 1 { format!(" × {runs}") } else { String::new() };
        let heading = words::heading(step);
        let _ =
            write!(text, "{:12} {path}  {heading}{often}  {}", verdict.name(), words::millis(*duration_ms));
        if note.is_some() {
            let _ = write!(text, "  ({title})");
        }
        if let Some(forgiven) = forgiven {
            let _ = write!(text, "  (did not hold, which is allowed: {forgiven})");
        }
        if let Some(met) = words::met(step) {
            let _ = write!(text, "  ({met})");
        }
        if let Some(did) = words::standing(step) {
            let _ = write!(text, "  ({did})");
        }
        text.push('\n');
    }
    if check.verdict == Verdict::Pass {
        check.reasons.iter().for_each(|reason| {
            let _ = writeln!(text, "noted: {reason}");
        });
    }
    let leftovers = check.leftovers.len() as u64 + check.leftovers_omitted;
    if leftovers > 0 {
        let _ = writeln!(text, "{leftovers} messages that nothing expected");
        for leftover in &check.leftovers {
            let _ =
                writeln!(text, "  {} at {:.3} ms: {}", leftover.client, leftover.at_ms.0, leftover.message);
        }
    }
    text
}

/// Ant's schema wants the element of a suite also when it is empty, and one of ours never is.
fn properties(out: &mut dyn Write, indent: &str, all: &[(String, String)]) -> fmt::Result {
    if all.is_empty() {
        return Ok(());
    }
    writeln!(out, "{indent}<properties>")?;
    for (name, value) in all {
        write!(out, "{indent}  <property")?;
        attribute(out, "name", name)?;
        attribute(out, "value", value)?;
        out.write_str("/>\n")?;
    }
    writeln!(out, "{indent}</properties>")
}

fn problem(out: &mut dyn Write, element: &str, kind: &str, message: &str, text: &str) -> fmt::Result {
    write!(out, "      <{element}")?;
    attribute(out, "type", kind)?;
    attribute(out, "message", message)?;
    out.write_char('>')?;
    // A reporter that shows only the body shows what happened all the same.
    body(out, if text.trim().is_empty() { message } else { text })?;
    writeln!(out, "</{element}>")
}

fn element(out: &mut dyn Write, indent: &str, name: &str, text: &str) -> fmt::Result {
    write!(out, "{indent}<{name}>")?;
    body(out, text)?;
    writeln!(out, "</{name}>")
}

/// Seconds as readers want them: a plain decimal, never below zero.
fn seconds(Millis(millis): Millis) -> String {
    // A sum of nothing is -0.0.
    let seconds = if millis.is_finite() && millis > 0.0 { millis / 1e3 } else { 0.0 };
    format!("{seconds:.6}")
}

/// `2026-11-21T03:01:06`: Ant's schema allows neither fractions nor a zone.
fn to_the_second(moment: &str) -> String {
    let wanted = b"dddd-dd-ddTdd:dd:dd";
    let fits = moment.len() >= wanted.len()
        && moment
            .bytes()
            .zip(wanted)
            .all(|(byte, want)| if *want == b'd' { byte.is_ascii_digit() } else { byte == *want });
    if fits { moment[..wanted.len()].to_owned() } else { "1970-01-01T00:00:00".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_also_when_one_looks_numbered() {
        let mut names = Names::default();
        let unique: Vec<_> =
            ["a", "a (2)", "a", " a\u{0}", "", "a\u{fffe}"].map(|name| names.unique("c", name)).into();
        assert_eq!(unique, ["a", "a (2)", "a (3)", "a (4)", "unnamed", "a (5)"]);
        assert_eq!(names.unique("d", "a"), "a");
    }

    #[test]
    fn a_moment_is_cut_to_the_second() {
        assert_eq!(to_the_second("2026-11-21T03:01:06.123Z"), "2026-11-21T03:01:06");
        assert_eq!(to_the_second("yesterday"), "1970-01-01T00:00:00");
    }

    #[test]
    fn seconds_are_plain_decimals() {
        assert_eq!(
            [812.4, -1.0, -0.0, f64::NAN].map(|millis| seconds(Millis(millis))),
            ["0.812400", "0.000000", "0.000000", "0.000000"]
        );
    }
}
