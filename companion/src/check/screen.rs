//! What people see of a run: a bar on a terminal, plain lines elsewhere, and failures at length.
//!
//! Owns every word that the command says while it runs. When a report goes to standard output, everything for people goes to
//! standard error.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sockscope_engine::base::words::{self, counted};
use sockscope_engine::report::{
    CapacityReport, Report, ShardReport, ThresholdReport, TrialReport, Verdict, explain_checks,
    explain_missing, left_over,
};

use super::assignment::{CheckResult, Status};
use crate::log;

const GOOD: Style = AnsiColor::Green.on_default();
const WRONG: Style = AnsiColor::Red.on_default().bold();
const UNSURE: Style = AnsiColor::Yellow.on_default().bold();
const BOLD: Style = Style::new().bold();
const SOFT: Style = Style::new().dimmed();

/// How wide the names of checks are set.
const NAMES: usize = 60;
/// Of the server's output so much is shown beside a failure.
const SERVER_LINES: usize = 20;

/// The bar, and the line of figures below it.
const WITHOUT_FIGURES: &str = "  {bar:24} {pos}/{len}  {elapsed}  {wide_msg}";
const WITH_FIGURES: &str = "  {bar:24} {pos}/{len}  {elapsed}  {wide_msg}\n  {prefix}";

/// How many notes on one check that passed are shown.
const MOST_NOTES: usize = 5;

/// Where a run is shown.
pub struct Screen {
    /// Standard output belongs to a report.
    uses_stderr: bool,
    is_quiet: bool,
    is_plain: bool,
    /// It shows nothing of a run.
    is_hushed: bool,
    bar: Option<ProgressBar>,
    /// Whether the bar has a line of figures below it.
    has_figures: bool,
    /// Checks of the current run that were told.
    told: usize,
    /// Which run it is, until that is printed.
    head: RefCell<Option<String>>,
}

impl Screen {
    /// `uses_stderr` when a report goes to standard output.
    pub fn new(uses_stderr: bool, is_quiet: bool, is_plain: bool) -> Self {
        Self {
            uses_stderr,
            is_quiet,
            is_plain,
            is_hushed: false,
            bar: None,
            has_figures: false,
            told: 0,
            head: RefCell::default(),
        }
    }

    /// From now on it shows trouble only.
    pub fn hush(&mut self) {
        self.is_hushed = true;
    }

    /// A line that `--quiet` leaves out.
    pub fn note(&mut self, line: &str) {
        if !self.is_quiet {
            self.line(&format!("{SOFT}{line}{SOFT:#}"));
        }
    }

    /// Takes what was printed before off a terminal; elsewhere an empty line parts the rounds.
    pub fn clear(&mut self) {
        let is_terminal = match self.uses_stderr {
            true => io::IsTerminal::is_terminal(&io::stderr()),
            false => io::IsTerminal::is_terminal(&io::stdout()),
        };
        self.line(if is_terminal && !log::is_on() { "\u{1b}[2J\u{1b}[3J\u{1b}[H" } else { "" });
    }

    fn line(&self, line: &str) {
        if self.is_hushed {
            return;
        }
        let print = || {
            // A closed pipe changes nothing about the run.
            let _ = match self.uses_stderr {
                true => writeln!(anstream::stderr(), "{line}"),
                false => writeln!(anstream::stdout(), "{line}"),
            };
        };
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// A run begins. `against` is what it tests; with `--quiet` all of this is printed only when something did not pass.
    pub fn begin(&mut self, label: &str, against: &str, seed: u64) {
        self.told = 0;
        let against = if against.is_empty() { String::new() } else { format!(" against {against}") };
        let head = format!("{BOLD}{label}{BOLD:#}{against} {SOFT}· seed {seed}{SOFT:#}");
        self.head.replace(Some(head));
        if !self.is_quiet {
            self.tell_head();
        }
        // A bar would be drawn over the lines of the log.
        let is_off = self.is_quiet || self.is_plain || self.is_hushed || log::is_on();
        if is_off || !io::IsTerminal::is_terminal(&io::stderr()) {
            return;
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_style(style("  {spinner} {elapsed}  {wide_msg}"));
        self.has_figures = false;
        bar.set_message("starting");
        bar.enable_steady_tick(Duration::from_millis(200));
        self.bar = Some(bar);
    }

    /// Says which run it is, unless that is said already.
    fn tell_head(&self) {
        if let Some(head) = self.head.take() {
            self.line(&head);
        }
    }

    /// A run stands so.
    pub fn status(&mut self, status: &Status) {
        for result in status.results.iter().skip(self.told) {
            self.result(result);
        }
        self.told = self.told.max(status.results.len());
        if let Some(bar) = &self.bar {
            let line = status.live.line();
            let is_new = bar.length() != Some(status.checks) && status.checks > 0;
            if is_new || line.is_some() != self.has_figures {
                bar.set_length(status.checks);
                self.has_figures = line.is_some();
                bar.set_style(style(if self.has_figures { WITH_FIGURES } else { WITHOUT_FIGURES }));
            }
            bar.set_prefix(line.unwrap_or_default());
            bar.set_position(status.done);
            let now = [status.check.as_deref(), status.step.as_deref()];
            bar.set_message(now.into_iter().flatten().collect::<Vec<_>>().join(" · "));
        }
    }

    fn result(&self, result: &CheckResult) {
        if self.is_quiet && result.verdict == Verdict::Pass {
            return;
        }
        self.tell_head();
        let took = words::micros(result.duration_ms.0 * 1e3);
        let mark = mark(result.verdict);
        // The longest word takes its excess from the name, so that the times stand below each other.
        let width = if result.verdict == Verdict::Inconclusive { NAMES - 7 } else { NAMES };
        self.line(&format!("  {mark} {:width$} {SOFT}{took:>9}{SOFT:#}", result.name));
    }

    /// A run has ended; what did not pass is printed at length.
    pub fn end(&mut self, report: &Report, trouble: Option<&str>) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        self.rest(report);
        let explained = explain_checks(&report.checks);
        if report.verdict != Verdict::Pass || trouble.is_some() || !explained.is_empty() {
            self.tell_head();
        }
        for (at, text) in explained {
            let check = &report.checks[at];
            self.line(&format!("  {} {BOLD}{}{BOLD:#}", mark(check.verdict), check.name));
            text.lines().for_each(|line| self.line(&format!("        {line}")));
        }
        // What broke in a check stands there already.
        for check in &report.checks {
            self.held(&check.name, &check.thresholds);
        }
        self.held("the suite", &report.thresholds);
        for threshold in &report.thresholds {
            let ThresholdReport { expr, value, verdict, message } = threshold;
            if *verdict != Verdict::Pass {
                let why = message.clone().unwrap_or_else(|| format!("{expr}, measured {value}"));
                self.line(&format!("  {} {why}", mark(*verdict)));
            }
            for (check, lines) in explain_missing(threshold, &report.checks) {
                self.missing(check, &lines);
            }
        }
        self.noted(report);
        self.shards(report);
        if report.verdict != Verdict::Pass {
            for reason in &report.reasons {
                self.line(&format!("  {SOFT}·{SOFT:#} {reason}"));
            }
        }
        if let (Some(server), true) = (&report.server, report.verdict != Verdict::Pass) {
            if let Some(ended) = &server.ended {
                self.line(&format!("  {WRONG}the server under test has ended: {ended}{WRONG:#}"));
            }
            let from = server.output.len().saturating_sub(SERVER_LINES);
            if from < server.output.len() {
                self.line(&format!("  {SOFT}the server's last words:{SOFT:#}"));
            }
            server.output[from..].iter().for_each(|line| self.line(&format!("    {SOFT}│{SOFT:#} {line}")));
        }
        let is_shown = report.reasons.iter().any(|reason| trouble.is_some_and(|it| reason.contains(it)));
        if let (Some(trouble), false) = (trouble, is_shown) {
            self.line(&format!("  {WRONG}{trouble}{WRONG:#}"));
        }
    }

    /// A run of a search has ended; what it showed follows in a line.
    pub fn end_trial(&mut self, report: &Report) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        self.rest(report);
    }

    /// What a run of a search showed.
    pub fn trial(&self, trial: Option<&TrialReport>) {
        let Some(TrialReport { value, verdict, first, limits, .. }) = trial else { return };
        if self.is_quiet {
            return;
        }
        let first = first.as_ref().map(|first| format!(": {first}")).unwrap_or_default();
        self.line(&format!("  {} {value}{SOFT}{first}{SOFT:#}", mark(*verdict)));
        limits
            .iter()
            .for_each(|limit| self.line(&format!("        {UNSURE}the generator:{UNSURE:#} {limit}")));
    }

    /// What a search has found.
    pub fn capacity(&self, found: &CapacityReport) {
        self.tell_head();
        self.line(&format!("  {} {BOLD}{}{BOLD:#}", mark(found.verdict), found.sentence));
    }

    /// Checks that ended after the run was asked last.
    fn rest(&self, report: &Report) {
        for check in report.checks.iter().skip(self.told) {
            let (name, verdict, duration_ms) = (check.name.clone(), check.verdict, check.duration_ms);
            self.result(&CheckResult { name, verdict, duration_ms });
        }
    }

    /// The thresholds that hold, in one line.
    fn held(&self, of: &str, thresholds: &[ThresholdReport]) {
        let held = thresholds.iter().filter(|it| it.verdict == Verdict::Pass);
        let held: Vec<_> = held.map(|it| format!("{} ({})", it.expr, it.value)).collect();
        if !held.is_empty() && !self.is_quiet {
            self.line(&format!("  {GOOD}held{GOOD:#}  {SOFT}{of}: {}{SOFT:#}", held.join(" · ")));
        }
    }

    /// What did not come in a check that passed, under the threshold of the suite that did not hold.
    fn missing(&self, check: &str, text: &str) {
        if text.is_empty() {
            return;
        }
        self.line(&format!("        {BOLD}{check}{BOLD:#}"));
        text.lines().for_each(|line| self.line(&format!("          {line}")));
    }

    /// What there is to say of checks that passed.
    fn noted(&self, report: &Report) {
        if self.is_quiet {
            return;
        }
        let passed = || report.checks.iter().filter(|check| check.verdict == Verdict::Pass);
        for check in passed() {
            for reason in check.reasons.iter().take(MOST_NOTES) {
                self.line(&format!("  {UNSURE}note {UNSURE:#} {}: {reason}", check.name));
            }
            if check.reasons.len() > MOST_NOTES {
                let more = check.reasons.len() - MOST_NOTES;
                self.line(&format!("  {UNSURE}note {UNSURE:#} {}: and {more} more", check.name));
            }
        }
        let left: Vec<_> = passed().filter_map(|check| Some((&check.name, left_over(check)?))).collect();
        for (name, words) in left.iter().take(MOST_NOTES) {
            self.line(&format!("  {SOFT}note  {name}: {words}{SOFT:#}"));
        }
        if left.len() > MOST_NOTES {
            let more = counted((left.len() - MOST_NOTES) as u64, "more check");
            self.line(&format!("  {SOFT}note  {more} with messages that no step selected{SOFT:#}"));
        }
    }

    fn shards(&self, report: &Report) {
        for shard in report.shards.iter().filter(|_| !self.is_quiet) {
            let ShardReport { index, opened, sent, received, missing, .. } = shard;
            let p95 = shard
                .rtt
                .as_ref()
                .and_then(|rtt| rtt.p95)
                .map(|us| format!(", rtt p95 {}", words::micros(us)));
            self.line(&format!(
                "  {SOFT}shard {index}: {opened} opened, {sent} sent, {received} received, {missing} missing{}{SOFT:#}",
                p95.unwrap_or_default()
            ));
        }
    }

    /// All runs have ended.
    pub fn summary(&mut self, reports: &[&Report], took: Duration, files: &[PathBuf]) {
        let sum = |of: fn(&Report) -> u64| reports.iter().map(|report| of(report)).sum::<u64>();
        let thresholds = |verdict: fn(Verdict) -> bool| {
            let own = reports.iter().flat_map(|it| &it.thresholds);
            let of_checks =
                reports.iter().flat_map(|it| it.checks.iter().flat_map(|check| &check.thresholds));
            own.chain(of_checks).filter(|it| verdict(it.verdict)).count()
        };
        let mut text = match reports.len() {
            1 => String::new(),
            runs => format!("{runs} runs: "),
        };
        let passed = sum(|it| it.totals.passed);
        let _ = write!(text, "{} passed", counted(passed, "check"));
        for (style, count, what) in [
            (WRONG, sum(|it| it.totals.failed), "failed"),
            (WRONG, sum(|it| it.totals.errors), "could not run"),
            (UNSURE, sum(|it| it.totals.inconclusive), "inconclusive"),
        ] {
            if count > 0 {
                let _ = write!(text, ", {style}{count} {what}{style:#}");
            }
        }
        // Those of a shard are judged when all shards are merged.
        let is_judged = |it| it != Verdict::Skipped;
        match (thresholds(is_judged), thresholds(|it| !matches!(it, Verdict::Pass | Verdict::Skipped))) {
            (0, _) => {}
            (all, 0) => {
                let _ = write!(text, " · {} held", counted(all as u64, "threshold"));
            }
            (all, broken) => {
                let _ = write!(
                    text,
                    " · {WRONG}{broken} of {} broken{WRONG:#}",
                    counted(all as u64, "threshold")
                );
            }
        }
        let (sent, received) = (sum(|it| it.totals.sent), sum(|it| it.totals.received));
        let _ = write!(text, " · {sent} sent, {received} received · {}", words::duration(took));
        self.line(&text);
        for file in files {
            self.note(&format!("written: {}", file.display()));
        }
    }

    /// How often each check did not pass, where all ran several times: the flaky ones.
    pub fn tally(&mut self, reports: &[&Report]) {
        let mut names: Vec<(&str, &str)> = Vec::new();
        for report in reports {
            for check in &report.checks {
                if !names.contains(&(&report.suite, &check.name)) {
                    names.push((&report.suite, &check.name));
                }
            }
        }
        for (suite, name) in names {
            let all = reports.iter().filter(|it| it.suite == suite);
            let all: Vec<_> =
                all.flat_map(|it| it.checks.iter().filter(|check| check.name == name)).collect();
            let passed = all.iter().filter(|it| it.verdict == Verdict::Pass).count();
            if passed < all.len() {
                let what = if passed == 0 { "never passed" } else { "flaky" };
                self.line(&format!(
                    "  {UNSURE}{what}{UNSURE:#} {suite}: {name}, passed {passed} of {} times",
                    all.len()
                ));
            }
        }
    }

    /// Something that is wrong with what was asked for or with the machine.
    pub fn trouble(&self, words: &str) {
        let _ = writeln!(anstream::stderr(), "{WRONG}sockscope:{WRONG:#} {words}");
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is sound")
}

fn mark(verdict: Verdict) -> String {
    let (style, word) = match verdict {
        Verdict::Pass => (GOOD, "pass"),
        Verdict::Fail => (WRONG, "FAIL"),
        Verdict::Error => (WRONG, "ERROR"),
        Verdict::Inconclusive => (UNSURE, "INCONCLUSIVE"),
        Verdict::Skipped => (SOFT, "skipped"),
    };
    format!("{style}{word:5}{style:#}")
}
