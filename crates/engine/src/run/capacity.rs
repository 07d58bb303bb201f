//! The search for the highest load that holds.
//!
//! Owns which value is tried next, and what the runs show together. It refuses to run anything. The load is doubled until it breaks and halved
//! between what held and what broke; a run that breaks is made once more, so that one hiccup decides nothing.

use crate::base::words;
use crate::report::{CapacityReport, Failure, FailureKind, Report, TrialReport, Verdict};

/// A thread that is busy for this share of a second is at its limit.
const BUSY: f64 = 0.9;
/// A loop that is this late, at its worst one of a hundred, measures itself.
const LATE_MS: f64 = 50.0;
/// This share of the ports leaves none to rely on.
const PORTS: f64 = 0.95;
/// What the native engine says of a connection for which no port was left.
pub const NO_PORT: &str = "no port of this machine is free";

/// What a value has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Held,
    /// The server did not hold it.
    Broke,
    /// It did not hold, and the generator may be why.
    Limited,
}

/// A search in progress.
#[derive(Clone, Debug)]
pub struct CapacitySearch {
    variable: String,
    from: u64,
    to: u64,
    /// How near to each other what held and what broke must be, as a share of what held.
    within: f64,
    held: Option<u64>,
    broke: Option<(u64, End)>,
    /// A value that broke once.
    again: Option<u64>,
    /// A run that was broken itself ends the search.
    is_broken: bool,
    trials: Vec<TrialReport>,
}

impl CapacitySearch {
    /// Between these two values of a variable, both included.
    pub fn new(variable: &str, from: u64, to: u64, within: f64) -> Self {
        Self {
            variable: variable.to_owned(),
            from,
            to,
            within,
            held: None,
            broke: None,
            again: None,
            is_broken: false,
            trials: Vec::new(),
        }
    }

    /// The next value; none when the search is over.
    pub fn next(&self) -> Option<u64> {
        if self.is_broken {
            return None;
        }
        if self.again.is_some() {
            return self.again;
        }
        match (self.held, self.broke) {
            (None, None) => Some(self.from),
            (None, Some(_)) => None,
            (Some(held), None) => (held < self.to).then(|| held.saturating_mul(2).max(held + 1).min(self.to)),
            (Some(held), Some((broke, _))) => {
                let near = (held as f64 * self.within).max(1.0);
                ((broke - held) as f64 > near).then(|| held + (broke - held) / 2)
            }
        }
    }

    /// What the run with this value came to.
    pub fn tell(&mut self, value: u64, report: &Report) {
        let is_again = self.again.take().is_some();
        let held = matches!(report.verdict, Verdict::Pass | Verdict::Skipped);
        let limits = if held || is_said_by_server(report) { Vec::new() } else { limits(report) };
        let end = match (report.verdict, limits.is_empty()) {
            (Verdict::Pass | Verdict::Skipped, _) => End::Held,
            (Verdict::Fail, true) => End::Broke,
            _ => End::Limited,
        };
        self.trials.push(TrialReport {
            value,
            verdict: report.verdict,
            first: if held { None } else { first(report) },
            limits,
            duration_ms: report.duration_ms,
            loop_lag_p99_ms: report.environment.loop_lag_p99_ms,
            generator: report.environment.generator,
        });
        match end {
            _ if report.verdict == Verdict::Error => self.is_broken = true,
            End::Held => self.held = Some(value),
            _ if !is_again => self.again = Some(value),
            end => self.broke = Some((value, end)),
        }
    }

    /// The highest value that has held so far.
    pub fn held(&self) -> Option<u64> {
        self.held
    }

    /// The last run that was told.
    pub fn last(&self) -> Option<&TrialReport> {
        self.trials.last()
    }

    /// What it came to; `is_stopped` when someone ended it before.
    pub fn report(self, is_stopped: bool) -> CapacityReport {
        let broke = self.broke.map(|(value, _)| value);
        let last = self.trials.last();
        let at = |value: Option<u64>| self.trials.iter().rev().find(|trial| Some(trial.value) == value);
        let trial = if self.is_broken { last } else { at(broke) };
        let first = trial.and_then(|trial| trial.first.clone());
        let name = &self.variable;
        let what = first.as_ref().map(|first| format!(": {first}")).unwrap_or_default();
        let limits = trial.map(|trial| trial.limits.join("; ")).unwrap_or_default();
        let verdict = match (self.held, self.broke) {
            _ if self.is_broken => Verdict::Error,
            _ if is_stopped => Verdict::Inconclusive,
            (_, Some((_, End::Limited))) => Verdict::Inconclusive,
            (Some(_), _) => Verdict::Pass,
            (None, Some(_)) => Verdict::Fail,
            (None, None) => Verdict::Inconclusive,
        };
        let sentence = match (self.held, broke) {
            _ if self.is_broken => {
                let value = last.map_or(self.from, |trial| trial.value);
                format!("the run with {name} = {value} was broken{what}")
            }
            (held, _) if is_stopped => match held {
                Some(held) => format!("stopped before the end of the search; {name} = {held} held"),
                None => "stopped before the end of the search".to_owned(),
            },
            (held, Some(broke)) if verdict == Verdict::Inconclusive => {
                let until = held.map_or_else(String::new, |held| format!("{name} = {held} held; "));
                format!(
                    "{until}at {name} = {broke} the generator was the limit, not the server: {limits}{}",
                    match &first {
                        Some(first) => format!(" ({first})"),
                        None => String::new(),
                    }
                )
            }
            (Some(held), Some(broke)) => format!("{name} = {held} held; at {broke} broke first{what}"),
            (Some(held), None) => {
                format!("{name} = {held} held, which is the end of the range; a higher end shows more")
            }
            (None, Some(broke)) => format!("not even {name} = {broke} held{what}"),
            (None, None) => "nothing was tried".to_owned(),
        };
        CapacityReport {
            variable: self.variable,
            from: self.from,
            to: self.to,
            held: self.held,
            broke,
            first,
            verdict,
            sentence,
            trials: self.trials,
        }
    }
}

/// Why the generator may be to blame for a run that did not hold.
fn limits(report: &Report) -> Vec<String> {
    let environment = &report.environment;
    let mut limits = Vec::new();
    if let Some(generator) = &environment.generator {
        if generator.busy_peak >= BUSY {
            limits
                .push(format!("a thread of it was busy for {:.0}% of a second", generator.busy_peak * 100.0));
        }
        if let (Some(used), Some(ports)) = (generator.ports_used, generator.ports)
            && used as f64 >= ports as f64 * PORTS
        {
            limits.push(format!("{used} of {} were used", words::counted(ports, "port")));
        }
    }
    if environment.loop_lag_p99_ms >= LATE_MS {
        limits
            .push(format!("its event loop was late by {}", words::micros(environment.loop_lag_p99_ms * 1e3)));
    }
    if failures(report).any(|failure| failure.message.contains(NO_PORT)) && limits.is_empty() {
        limits.push(NO_PORT.to_owned());
    }
    if limits.is_empty() && report.verdict == Verdict::Inconclusive {
        let checks = report.checks.iter().flat_map(|check| &check.reasons);
        limits.extend(report.reasons.iter().chain(checks).next().cloned());
    }
    if limits.is_empty() && report.verdict == Verdict::Inconclusive {
        limits.push("the run was inconclusive".to_owned());
    }
    limits
}

/// Whether the server refused or answered something else, which a busy generator does not explain.
fn is_said_by_server(report: &Report) -> bool {
    let is_said = |failure: &Failure| match failure.kind {
        FailureKind::Refused => !failure.message.contains(NO_PORT),
        FailureKind::Mismatch | FailureKind::Unexpected | FailureKind::Invariant => true,
        _ => false,
    };
    report.verdict == Verdict::Fail && failures(report).any(is_said)
}

fn failures(report: &Report) -> impl Iterator<Item = &Failure> {
    let checks = report.checks.iter().filter(|check| check.verdict != Verdict::Pass);
    checks.flat_map(|check| &check.steps).filter_map(|step| step.failure.as_ref())
}

/// What broke: the first step that failed for a reason of its own, else the first threshold.
fn first(report: &Report) -> Option<String> {
    let own =
        failures(report).find(|failure| failure.kind != FailureKind::Script).or(failures(report).next());
    if let Some(failure) = own {
        let client = failure.client.as_ref().map(|client| format!("{client}: ")).unwrap_or_default();
        return Some(format!("{client}{}", failure.message));
    }
    let of_checks = report.checks.iter().flat_map(|check| &check.thresholds);
    let mut lines = of_checks.chain(&report.thresholds);
    let broken = lines.find(|line| matches!(line.verdict, Verdict::Fail | Verdict::Inconclusive));
    let broken = broken.map(|line| format!("{}, measured {}", line.expr, line.value));
    broken.or_else(|| report.reasons.first().cloned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{GeneratorReport, ThresholdReport, read_json};

    fn report(verdict: Verdict, busy: f64) -> Report {
        let text = r#"{ "sockscope": "0", "format": 1, "suite": "s", "verdict": "pass", "seed": 1, "started": "", "duration_ms": 1,
             "environment": { "browser": "", "origin": "", "timer_step_us": 5, "loop_lag_p99_ms": 0, "hidden": false },
             "totals": { "checks": 0, "passed": 0, "failed": 0, "errors": 0, "inconclusive": 0, "sent": 0, "received": 0,
             "expected": 0, "matched": 0, "success": 100 }, "metrics": {}, "thresholds": [], "checks": [] }"#;
        let mut report = read_json(text).expect("a report");
        report.verdict = verdict;
        report.environment.generator =
            Some(GeneratorReport { busy_peak: busy, ..GeneratorReport::default() });
        report.thresholds.push(ThresholdReport {
            expr: "rtt.p95 < 10ms".to_owned(),
            value: "31 ms".to_owned(),
            verdict: if verdict == Verdict::Pass { Verdict::Pass } else { Verdict::Fail },
            message: None,
        });
        report
    }

    /// Searches a server that holds up to `limit`, with a generator that holds up to `own`.
    fn search(mut search: CapacitySearch, limit: u64, own: u64) -> CapacityReport {
        for _ in 0..100 {
            let Some(value) = search.next() else { return search.report(false) };
            let verdict = if value <= limit && value <= own { Verdict::Pass } else { Verdict::Fail };
            search.tell(value, &report(verdict, if value > own { 0.97 } else { 0.3 }));
        }
        panic!("the search does not end")
    }

    #[test]
    fn it_doubles_and_then_halves_down_to_the_knee() {
        let found = search(CapacitySearch::new("n", 10, 10_000, 0.0), 137, u64::MAX);
        assert_eq!((found.held, found.broke, found.verdict), (Some(137), Some(138), Verdict::Pass));
        let values: Vec<u64> = found.trials.iter().map(|trial| trial.value).collect();
        assert_eq!(values[..7], [10, 20, 40, 80, 160, 160, 120], "what breaks is tried again");
        assert_eq!(found.sentence, "n = 137 held; at 138 broke first: rtt.p95 < 10ms, measured 31 ms");
    }

    #[test]
    fn a_share_ends_it_sooner() {
        let found = search(CapacitySearch::new("n", 1000, 1_000_000, 0.05), 33_333, u64::MAX);
        let (held, broke) = (found.held.unwrap(), found.broke.unwrap());
        assert!(held <= 33_333 && broke > 33_333 && broke - held <= held / 20, "{held} {broke}");
        assert!(found.trials.len() < 18, "{}", found.trials.len());
    }

    #[test]
    fn the_ends_of_the_range_are_said() {
        let all = search(CapacitySearch::new("n", 1, 100, 0.0), 1000, u64::MAX);
        assert_eq!((all.held, all.broke, all.verdict), (Some(100), None, Verdict::Pass));
        assert!(all.sentence.contains("the end of the range"), "{}", all.sentence);
        let none = search(CapacitySearch::new("n", 5, 100, 0.0), 4, u64::MAX);
        assert_eq!((none.held, none.broke, none.verdict), (None, Some(5), Verdict::Fail));
    }

    #[test]
    fn a_generator_at_its_limit_proves_nothing() {
        let found = search(CapacitySearch::new("n", 10, 1000, 0.0), u64::MAX, 64);
        assert_eq!((found.held, found.broke, found.verdict), (Some(64), Some(65), Verdict::Inconclusive));
        assert!(found.sentence.contains("the generator was the limit"), "{}", found.sentence);
        assert!(found.sentence.contains("97%"), "{}", found.sentence);
        // What breaks below that is the server's.
        let server = search(CapacitySearch::new("n", 10, 1000, 0.0), 50, 70);
        assert_eq!((server.held, server.verdict), (Some(50), Verdict::Pass));
    }

    #[test]
    fn one_hiccup_decides_nothing_and_a_broken_run_ends_it() {
        let mut hiccup = CapacitySearch::new("n", 1, 4, 0.0);
        for verdict in [Verdict::Pass, Verdict::Fail, Verdict::Pass, Verdict::Pass] {
            let value = hiccup.next().expect("it goes on");
            hiccup.tell(value, &report(verdict, 0.1));
        }
        assert_eq!((hiccup.next(), hiccup.report(false).held), (None, Some(4)));
        let mut broken = CapacitySearch::new("n", 1, 4, 0.0);
        broken.tell(1, &report(Verdict::Error, 0.1));
        assert_eq!(broken.next(), None);
        assert_eq!(broken.report(false).verdict, Verdict::Error);
        let mut stopped = CapacitySearch::new("n", 1, 4, 0.0);
        stopped.tell(1, &report(Verdict::Pass, 0.1));
        assert_eq!(stopped.report(true).verdict, Verdict::Inconclusive);
    }
}
