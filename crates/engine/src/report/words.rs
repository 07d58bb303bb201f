//! The words for failures and figures, in every format that people read.
//!
//! Owns the sentences, so that HTML and JUnit say the same; numbers are written by [`crate::base::words`]. It refuses to know any
//! markup.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Write;

pub(super) use crate::base::words::{count, counted, exact, micros, percent, rate, size};
use crate::explain::guesses;
use crate::suite::{Place, way};

use super::failure::STOPPED_STEP;
use super::{
    CheckReport, Failure, FailureKind, Instead, Metric, Millis, NearMiss, ShardReport, Standing, StepReport,
    TargetReport, ThresholdReport, TrialReport, Verdict,
};

impl FailureKind {
    /// As the report JSON spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Mismatch => "mismatch",
            Self::Unexpected => "unexpected",
            Self::Closed => "closed",
            Self::Refused => "refused",
            Self::Http => "http",
            Self::Invariant => "invariant",
            Self::Threshold => "threshold",
            Self::Script => "script",
        }
    }
}

/// A duration of the report.
pub(super) fn millis(Millis(millis): Millis) -> String {
    micros(millis * 1e3)
}

/// When something was, with the digits that tell two events apart: `4.000 ms`, `10.096 730 s`.
pub(super) fn moment_of(at: Millis) -> String {
    exact(at.into(), std::time::Duration::from_micros(1))
}

/// How many a second: bytes as sizes, other things as they are.
pub(super) fn rate_of(name: &str, a_second: f64) -> String {
    match name.contains("bytes") {
        true => format!("{}/s", size(a_second.round() as u64)),
        false => format!("{}/s", rate(a_second)),
    }
}

/// Such as `ws://localhost:9000/ws (from WS_URL) + 2 more`.
pub(super) fn target(targets: &[TargetReport]) -> String {
    let Some((first, others)) = targets.split_first() else { return String::new() };
    let more = if others.is_empty() { String::new() } else { format!(" + {} more", others.len()) };
    format!("{}{more}", one_target(first))
}

/// One address with where it comes from, and the proxy between.
pub(super) fn one_target(TargetReport { url, from, via }: &TargetReport) -> String {
    let via = via.as_ref().map(|via| format!(", through the fault proxy {via}")).unwrap_or_default();
    format!("{url} ({from}{via})")
}

/// Whether a metric is a timing.
pub(super) fn is_timing(metric: &Metric) -> bool {
    metric.unit == "us"
}

/// The figures of a timing that a table shows, in its order.
pub(super) fn figures(metric: &Metric) -> [(&'static str, Option<f64>); 9] {
    [
        ("min", metric.min),
        ("mean", metric.mean),
        ("p50", metric.p50),
        ("p90", metric.p90),
        ("p95", metric.p95),
        ("p99", metric.p99),
        ("p99.9", metric.p999),
        ("max", metric.max),
        ("stddev", metric.stddev),
    ]
}

/// Why a check ended as it did, in one line; none when it passed.
pub(super) fn reason(check: &CheckReport) -> Option<String> {
    match check.verdict {
        Verdict::Pass => return None,
        Verdict::Skipped => return check.reasons.first().cloned(),
        _ => {}
    }
    let of_steps = |borne: bool| {
        let steps = check.steps.iter().filter(move |step| is_borne(step) == borne);
        steps.filter_map(|step| {
            let failure = step.failure.as_ref()?;
            let met = met(step).map(|met| format!("{met}; ")).unwrap_or_default();
            Some(format!("{}: {met}{}", heading(step), failure.message))
        })
    };
    let of_thresholds = check.thresholds.iter().filter(|one| is_broken(one)).map(broken);
    let all = of_steps(false).chain(of_thresholds).chain(of_steps(true));
    let mut all = all.chain(check.reasons.iter().cloned());
    let first =
        all.next().unwrap_or_else(|| format!("the check ended with the verdict {}", check.verdict.name()));
    match all.count() {
        0 => Some(first),
        more => Some(format!("{first} (and {more} more)")),
    }
}

/// Whether a threshold does not hold. One of a shard is skipped, as it is judged elsewhere.
pub(super) fn is_broken(threshold: &ThresholdReport) -> bool {
    !matches!(threshold.verdict, Verdict::Pass | Verdict::Skipped)
}

/// A threshold that does not hold, in one line.
pub(super) fn broken(threshold: &ThresholdReport) -> String {
    let ThresholdReport { expr, value, message, .. } = threshold;
    match message {
        Some(message) => format!("{expr}, measured {value}: {message}"),
        None => format!("{expr}, measured {value}"),
    }
}

/// Under what a step is read: what its author says of it, else what it does.
pub(super) fn heading(step: &StepReport) -> String {
    let words = step.note.as_deref().map(str::trim).filter(|note| !note.is_empty()).unwrap_or(&step.title);
    let mut line: String =
        words.chars().take(LONGEST_HEADING).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if words.chars().nth(LONGEST_HEADING).is_some() {
        line.push('…');
    }
    line
}

const LONGEST_HEADING: usize = 160;

/// All that is known of the failures of a check, as lines.
pub(super) fn explain(check: &CheckReport) -> String {
    let mut lines = String::new();
    // Why nothing can be said comes first, what is only noted last.
    let is_judged = check.steps.iter().any(|step| step.failure.is_some())
        || check.thresholds.iter().any(is_broken) && check.verdict == Verdict::Fail;
    let reasons = || check.reasons.iter();
    if !is_judged {
        reasons().for_each(|reason| line(&mut lines, reason));
    }
    for step in check.steps.iter().filter(|step| !is_borne(step)) {
        if let Some(failure) = &step.failure {
            explain_step(&mut lines, step, failure);
        }
    }
    for threshold in check.thresholds.iter().filter(|one| is_broken(one)) {
        let _ = writeln!(lines, "threshold {}", broken(threshold));
    }
    for step in check.steps.iter().filter(|step| is_borne(step)) {
        if let Some(failure) = &step.failure {
            explain_step(&mut lines, step, failure);
        }
    }
    if is_judged {
        reasons().for_each(|reason| line(&mut lines, reason));
    }
    if let Some(left) = left_over(check) {
        line(&mut lines, &left);
    }
    lines
}

fn line(lines: &mut String, text: &str) {
    lines.push_str(text);
    lines.push('\n');
}

/// Whether a step failed because a threshold does not hold.
fn is_borne(step: &StepReport) -> bool {
    let is_late = step.failure.as_ref().is_none_or(|failure| failure.kind == FailureKind::Timeout);
    is_late && step.unmet.as_ref().is_some_and(|unmet| unmet.borne)
}

/// The messages that are missing of steps that passed all the same, as lines: a threshold of the suite judges them.
pub(super) fn missed(check: &CheckReport) -> String {
    let mut lines = String::new();
    for step in check.steps.iter().filter(|step| step.failure.is_none()) {
        if let Some(first) = step.unmet.as_ref().and_then(|unmet| unmet.first.as_deref()) {
            explain_step(&mut lines, step, first);
        }
    }
    lines
}

/// The first messages that did not come, for each check that has one, where this threshold of the suite is broken for want
/// of messages.
pub(super) fn missed_under<'a>(
    threshold: &ThresholdReport,
    checks: &'a [CheckReport],
) -> Vec<(&'a str, String)> {
    let is_about_missing = ["missing", "success"].iter().any(|name| threshold.expr.starts_with(name));
    if !is_about_missing || !matches!(threshold.verdict, Verdict::Fail | Verdict::Inconclusive) {
        return Vec::new();
    }
    let told = checks.iter().map(|check| (check.name.as_str(), missed(check)));
    told.filter(|(_, lines)| !lines.is_empty()).collect()
}

/// How many messages no step selected; none for zero.
pub(super) fn left_over(check: &CheckReport) -> Option<String> {
    match check.leftovers.len() as u64 + check.leftovers_omitted {
        0 => None,
        all => Some(format!("{} that no step selected", counted(all, "message"))),
    }
}

/// Where a step stands, and where its definition is used or its file imported: `, line 3, used in line 9`; nothing while that is
/// unknown.
pub(super) fn at(step: &StepReport) -> String {
    if step.line == 0 {
        return String::new();
    }
    format!(", {}", step_place(step))
}

/// The same alone: `line 3, used in line 9`.
fn step_place(step: &StepReport) -> String {
    step_places(step).iter().map(|(words, place)| format!("{words}{place}")).collect()
}

/// The places of which that is made, each behind the words before it.
pub fn step_places(step: &StepReport) -> Vec<(String, Place)> {
    let word = if stands_beside(&step.path) { "imported" } else { "used" };
    let mut places = vec![(String::new(), Place { line: step.line, file: step.file.clone() })];
    places.extend(way(word, &step.used_at));
    if let Some((words, _)) = places.get_mut(1) {
        words.insert_str(0, ", ");
    }
    places
}

/// Whether the line of a report at this path is of something beside the steps, which is in no definition: an answer, a heartbeat or
/// a framing.
pub fn stands_beside(path: &str) -> bool {
    ["clients.", "answers["].iter().any(|start| path.starts_with(start))
}

/// Whether this line is of an answer, a heartbeat or a framing of a client that no step of its check acted on. `on` are the clients
/// of all its lines.
pub fn is_of_unused<'a>(path: &str, mut on: impl Iterator<Item = &'a String>) -> bool {
    let client = path.strip_prefix("clients.").and_then(|rest| rest.rsplit_once('.'));
    client.is_some_and(|(client, _)| {
        // The members of a group are called `crowd[3]`.
        !on.any(|name| name.strip_prefix(client).is_some_and(|rest| rest.is_empty() || rest.starts_with('[')))
    })
}

/// Writing to a string cannot fail.
fn explain_step(lines: &mut String, step: &StepReport, failure: &Failure) {
    let _ = writeln!(lines, "{} ({}{})", heading(step), step.path, at(step));
    if step.note.is_some() {
        let _ = writeln!(lines, "  {}", step.title);
    }
    // What a server said may have several lines, which stand under the first.
    let message = failure.message.trim_end().replace('\n', "\n    ");
    let _ = match failure.message == STOPPED_STEP {
        true => writeln!(lines, "  {message}"),
        false => writeln!(lines, "  {}: {message}", failure.kind.name()),
    };
    if let Some(happened) = happened(step, failure) {
        let _ = writeln!(lines, "  {happened}");
    }
    if let Some(browser) = untold(failure) {
        let _ = writeln!(lines, "  the browser: {browser}");
    }
    for cause in causes(failure) {
        let _ = writeln!(lines, "  {cause}");
    }
    // The sentence often says it already.
    if let Some(expected) =
        failure.expected.as_ref().filter(|words| !failure.message.contains(words.as_str()))
    {
        let _ = writeln!(lines, "  expected: {expected}");
    }
    if let Some(near) = &failure.closest {
        let taken = taken(near);
        let _ =
            writeln!(lines, "  closest: {} ({} at {:.3} ms{taken})", near.message, near.client, near.at_ms.0);
    }
    for difference in &failure.diff {
        let _ = writeln!(
            lines,
            "    {}: expected {}, found {}",
            difference.path, difference.wanted, difference.got
        );
    }
    for unmet in unmet(step) {
        let _ = writeln!(lines, "  {unmet}");
    }
}

/// Who has taken the message that came nearest, if it is gone.
pub(super) fn taken(near: &NearMiss) -> &'static str {
    match (near.answered, near.taken) {
        (true, _) => ", taken by an answer or a heartbeat",
        (false, true) => ", taken by another expectation",
        (false, false) => "",
    }
}

/// What an answer or a heartbeat did: `12 messages taken, 12 sent`.
pub(super) fn standing(step: &StepReport) -> Option<String> {
    let Standing { matched, sent } = step.standing?;
    Some(format!("{} taken, {} sent", counted(matched, "message"), count(sent)))
}

/// How many of the messages that a step expected came: `590 of 600 met`; none when that says nothing new.
pub(super) fn met(step: &StepReport) -> Option<String> {
    let unmet = step.unmet.as_ref().filter(|unmet| step.forgiven.is_none() && unmet.expected > 1)?;
    Some(format!("{} of {} met", count(unmet.met), count(unmet.expected)))
}

/// How many of the messages that a step expected came, and what came in their place, as lines.
pub(super) fn unmet(step: &StepReport) -> Vec<String> {
    let Some(met) = met(step) else { return Vec::new() };
    let unmet = step.unmet.iter();
    let (groups, omitted): (Vec<&Instead>, u64) =
        unmet.fold((Vec::new(), 0), |_, unmet| (unmet.instead.iter().collect(), unmet.instead_omitted));
    let mut lines = vec![met];
    lines.extend(groups.iter().map(|group| format!("came instead: {}", instead(group))));
    if omitted > 0 {
        lines.push(format!("came instead: {} of other shapes", counted(omitted, "message")));
    }
    if groups.is_empty() && omitted == 0 {
        lines.push("nothing came instead".to_owned());
    }
    lines
}

/// Messages of one shape in a line.
fn instead(Instead { shape, count: of, first }: &Instead) -> String {
    let example = if *shape == first.message { String::new() } else { format!(": {}", first.message) };
    format!("{shape} ×{} (first {} at {:.3} ms{example})", count(*of), first.client, first.at_ms.0)
}

/// For each check the first one whose setup failed in the same way, if that is another one.
pub(super) fn same_setups(checks: &[CheckReport]) -> Vec<Option<usize>> {
    let key = |check: &CheckReport| {
        let mut failed =
            check.steps.iter().filter_map(|step| Some((step.path.as_str(), step.failure.as_ref()?)));
        let first = failed.next().and_then(|(path, failure)| setup_key(path, failure))?;
        failed.all(|(path, _)| !path.starts_with("steps")).then_some(first)
    };
    let mut known: HashMap<String, usize> = HashMap::new();
    let first = |(at, check)| match known.entry(key(check)?) {
        Entry::Occupied(first) => Some(*first.get()),
        Entry::Vacant(free) => {
            free.insert(at);
            None
        }
    };
    checks.iter().enumerate().map(first).collect()
}

/// What of a failed setup is the same in every check: words with digits are times, ids and names of members.
pub(super) fn setup_key(path: &str, failure: &Failure) -> Option<String> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let mut key = format!("{path} {} ", failure.kind.name());
    let mut word = String::new();
    for c in failure.message.chars().chain([' ']) {
        if is_part(c) {
            word.push(c);
            continue;
        }
        key.push_str(if word.contains(|c: char| c.is_ascii_digit()) { "#" } else { &word });
        word.clear();
        key.push(c);
    }
    path.starts_with("setup").then_some(key)
}

/// One of the browsers that ran a suite together, in one line.
pub(super) fn shard(shard: &ShardReport) -> String {
    let ShardReport { index, verdict, browser, duration_ms, opened, sent, received, missing, .. } = shard;
    let mut line = format!("shard {index}: {}", verdict.name());
    // Of one that gave no report there is nothing to tell but that.
    if !shard.started.is_empty() {
        let (connections, took) = (counted(*opened, "connection"), millis(*duration_ms));
        let _ =
            write!(line, ", {connections} in {took}, {sent} sent, {received} received, {missing} missing");
    }
    if let Some((p50, p99)) = shard.rtt.as_ref().and_then(|rtt| Some((rtt.p50?, rtt.p99?))) {
        let _ = write!(line, ", rtt p50 {}, p99 {}", micros(p50), micros(p99));
    }
    if !browser.is_empty() {
        let _ = write!(line, ", {browser}");
    }
    for reason in &shard.reasons {
        let _ = write!(line, "; {reason}");
    }
    line
}

/// What the browser says, unless the message says it already.
pub(super) fn untold(failure: &Failure) -> Option<&str> {
    failure.browser.as_deref().filter(|browser| !failure.message.contains(browser))
}

/// What may be behind the end of a connection, a line each. The first has what to try; the page `failures.md` has the rest.
///
/// A handshake that failed may have failed for many reasons that look the same: without a certain one they are one line.
pub(super) fn causes(failure: &Failure) -> Vec<String> {
    if let Some(line) = (failure.kind == FailureKind::Refused).then(|| guesses(&failure.causes)).flatten() {
        return vec![line];
    }
    let told = failure.causes.iter().enumerate().map(|(place, cause)| {
        let mut line = format!("{}: {}", cause.likelihood.word(), cause.title);
        if place == 0 {
            line.push('.');
            cause.next.iter().for_each(|next| line.extend([" ", next]));
        }
        line
    });
    told.collect()
}

/// To whom and how often it happened; none when there is nothing to say.
pub(super) fn happened(step: &StepReport, failure: &Failure) -> Option<String> {
    let (failed, all) = (step.failed_clients, step.on.len() as u64);
    let client = failure.client.as_ref().map(|client| match failed.min(all) {
        0 | 1 if all <= 1 => format!("to {client}"),
        0 => format!("to {client}"),
        failed => format!("to {} of {}, first to {client}", count(failed), counted(all, "client")),
    });
    let round = failure.round.map(|round| format!("in the round with i = {round}"));
    let often = (step.failed_runs > 1 || (step.runs > 1 && step.failed_runs > 0))
        .then(|| format!("{} of {} runs failed, this is the first", step.failed_runs, step.runs));
    let parts: Vec<String> = [client, round, often].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// What one run of a search for a capacity took: its time, how late the event loop was, its busiest second, its ports.
pub fn trial_figures(trial: &TrialReport) -> [String; 4] {
    let generator = trial.generator.as_ref();
    let none = || "–".to_owned();
    [
        millis(trial.duration_ms),
        micros(trial.loop_lag_p99_ms * 1e3),
        generator.map_or_else(none, |it| percent(it.busy_peak * 100.0)),
        generator.and_then(|it| it.ports_used).map_or_else(none, count),
    ]
}

/// One run of a search for a capacity, in a line.
pub(super) fn trial(variable: &str, trial: &TrialReport) -> String {
    let first = trial.first.as_ref().map(|first| format!(": {first}")).unwrap_or_default();
    let limits = match trial.limits.as_slice() {
        [] => String::new(),
        limits => format!(" (the generator: {})", limits.join("; ")),
    };
    format!("{variable} = {}: {}{first}{limits}", trial.value, trial.verdict.name())
}
