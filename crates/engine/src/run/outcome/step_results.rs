//! The result of each step.
//!
//! Owns one line for each step of the suite's text, whatever the number of its rounds and clients, so that a report of
//! a million rounds is as long as that of one. It refuses to know what a step does.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::causes::Failures;
use super::interrupted::Interrupted;
use super::step_record::StepRecord;
use super::unmet::{self, Awaited};
use crate::Instant;
use crate::report::{Failure, Millis, Standing, StepReport, Verdict};
use crate::suite::{Origin, Step, Verb};

/// The steps of one check.
pub(crate) struct StepResults {
    lines: Vec<StepRecord>,
    places: FxHashMap<String, usize>,
    /// All that failed, not only what is kept of each line.
    failures: Failures,
    /// Whether what fails now only follows from a failure before it.
    is_follow_up: bool,
}

impl StepResults {
    pub fn new<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Self {
        let mut results = Self {
            lines: Vec::new(),
            places: FxHashMap::default(),
            failures: Failures::default(),
            is_follow_up: false,
        };
        for step in steps {
            results.add(step);
        }
        results
    }

    fn add(&mut self, step: &Step) {
        let at = self.line(&step.path, step.position.line, &step.title, step.note.clone());
        self.lines[at].origin.clone_from(&step.origin);
        self.lines[at].is_awaiting = matches!(step.verb, Verb::Send(..) | Verb::Expect(_));
        self.lines[at].is_opening = matches!(step.verb, Verb::Connect(_) | Verb::Reconnect(_));
        match &step.verb {
            Verb::All(branches) => branches.iter().flatten().for_each(|step| self.add(step)),
            Verb::Repeat(repeat) => repeat.steps.iter().for_each(|step| self.add(step)),
            Verb::Ramp(ramp) => ramp.steps.iter().for_each(|step| self.add(step)),
            Verb::Use(used) => used.steps.iter().for_each(|step| self.add(step)),
            Verb::Measure(_, steps) => steps.iter().for_each(|step| self.add(step)),
            Verb::Bisect(bisect) => self.add_tried(&bisect.steps),
            Verb::Try(tried) => {
                self.add_tried(&tried.steps);
                tried.otherwise.iter().for_each(|step| self.add(step));
            }
            _ => {}
        }
    }

    /// Steps that may fail.
    fn add_tried(&mut self, steps: &[Step]) {
        let first = self.lines.len();
        steps.iter().for_each(|step| self.add(step));
        self.lines[first..].iter_mut().for_each(|line| line.is_tried = true);
    }

    /// The line of what stands beside the steps, which may come from another file.
    pub fn line_of(&mut self, path: &str, position: u32, title: &str, origin: Option<&Rc<Origin>>) {
        let at = self.line(path, position, title, None);
        self.lines[at].origin = origin.cloned();
    }

    /// A line of its own, for steps and for what stands beside them.
    pub fn line(&mut self, path: &str, position: u32, title: &str, note: Option<String>) -> usize {
        self.lines.push(StepRecord::new(path, position, title, note));
        self.places.insert(path.to_owned(), self.lines.len() - 1);
        self.lines.len() - 1
    }

    /// Gives every step another title.
    pub fn retitle(&mut self, title: impl Fn(&str) -> String) {
        self.lines.iter_mut().for_each(|line| line.title = title(&line.title));
    }

    pub fn place(&self, path: &str) -> usize {
        self.places.get(path).copied().unwrap_or_default()
    }

    /// What a report or a plan says of each.
    pub fn outline(&self) -> impl Iterator<Item = (&str, u32, &str, Option<&str>)> {
        self.lines
            .iter()
            .map(|line| (line.path.as_str(), line.in_suite(), line.title.as_str(), line.note.as_deref()))
    }

    /// Answers how often it has begun, and how often it runs at once.
    pub fn begin<'a>(
        &mut self,
        at: usize,
        on: impl IntoIterator<Item = &'a str>,
        now: Instant,
    ) -> (u64, u64) {
        let line = &mut self.lines[at];
        if line.running == 0 {
            line.since = now;
        }
        line.runs += 1;
        line.running += 1;
        line.is_news = true;
        line.is_follow_up = self.is_follow_up;
        for name in on {
            if !line.known.contains(name) {
                line.known.insert(name.to_owned());
                line.on.push(name.to_owned());
            }
        }
        (line.runs, line.running)
    }

    /// Ends one run of a step. Returns whether this is its first failure, and whether it still runs.
    pub fn end(
        &mut self,
        at: usize,
        now: Instant,
        failures: Vec<Failure>,
        end: Result<(), Interrupted>,
    ) -> (bool, bool) {
        let line = &mut self.lines[at];
        line.pause(now, 1);
        line.is_news = true;
        line.settle(Verdict::Pass);
        if matches!(end, Err(Interrupted::Failed | Interrupted::Missed)) {
            line.failed += 1;
        }
        if end == Err(Interrupted::Failed) && failures.is_empty() {
            // Something within it failed, and says so itself.
            line.settle(Verdict::Fail);
        }
        let is_first = line.failure.is_none() && !failures.is_empty();
        for failure in failures {
            if !line.is_follow_up && !line.is_tried {
                self.failures.add(line.cause(&failure));
            }
            line.keep(failure);
        }
        (is_first, line.running > 0)
    }

    /// Takes back what failed below this path, since that may fail: it stands as a note, and the step as skipped. Returns the
    /// first of these failures; none when nothing failed, or when the script is wrong, which stays an error.
    pub fn forgive(&mut self, path: &str) -> Option<Failure> {
        let is_below =
            |line: &StepRecord| line.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('['));
        if self.lines.iter().any(|line| is_below(line) && line.verdict == Verdict::Error) {
            return None;
        }
        let mut first = None;
        for line in self.lines.iter_mut().filter(|line| is_below(line) && line.verdict == Verdict::Fail) {
            line.verdict = Verdict::Skipped;
            line.is_news = true;
            line.failed = 0;
            let Some(failure) = line.failure.take() else { continue };
            line.forgiven = Some(failure.message.clone());
            line.failed_clients.clear();
            first.get_or_insert(failure);
        }
        first
    }

    /// Whether steps that begin from now on follow a failure, and so do not decide the verdict.
    pub fn follows_up(&mut self, is_follow_up: bool) {
        self.is_follow_up = is_follow_up;
    }

    /// Whether a step waits for messages, so that one of them can be missing.
    pub fn awaits_message(&self, at: usize) -> bool {
        self.lines[at].is_awaiting
    }

    /// Whether a failure of this step is known already; then the details of the next one are not needed.
    pub fn has_failure(&self, at: usize) -> bool {
        self.lines[at].failure.is_some()
    }

    /// Adds the messages expected and those that came.
    pub fn awaited(&mut self, at: usize, expected: u64, met: u64) {
        let awaited = &mut self.lines[at].awaited;
        awaited.expected += expected;
        awaited.met += met;
    }

    /// What came in place of those that a step expects.
    pub fn awaited_by(&mut self, at: usize) -> &mut Awaited {
        &mut self.lines[at].awaited
    }

    /// A message did not come, and a threshold decides whether that is a failure.
    pub fn miss(&mut self, at: usize, failure: Failure) {
        let line = &mut self.lines[at];
        line.failed_clients.extend(failure.client.clone());
        line.is_borne = true;
        line.awaited.first.get_or_insert(failure);
    }

    /// Another client whose message did not come.
    pub fn miss_of(&mut self, at: usize, client: String) {
        self.lines[at].failed_clients.insert(client);
    }

    /// Whether the first message that did not come is known already.
    pub fn has_miss(&self, at: usize) -> bool {
        self.lines[at].awaited.first.is_some()
    }

    /// The thresholds have been judged: what is missing is a failure of its step, or not.
    pub fn settle_missing(&mut self, is_bound_broken: bool, has_failed: bool) {
        let mut failed = Vec::new();
        for line in self.lines.iter_mut().filter(|line| line.awaited.first.is_some()) {
            let Awaited { expected, met, .. } = line.awaited;
            let verdict = unmet::verdict(line.verdict, expected, met, is_bound_broken, has_failed);
            if verdict == line.verdict {
                continue;
            }
            line.verdict = verdict;
            line.is_news = true;
            if verdict == Verdict::Fail {
                line.failure = line.awaited.first.take();
                failed.push(line.path.clone());
            }
        }
        // The blocks around a failed step have failed, too.
        for line in &mut self.lines {
            let is_around =
                |path: &String| path.strip_prefix(&line.path).is_some_and(|rest| rest.starts_with('.'));
            if line.verdict == Verdict::Pass && failed.iter().any(is_around) {
                line.verdict = Verdict::Fail;
                line.is_news = true;
            }
        }
    }

    /// A step that stood outside of everything failed: an invariant, what is left over.
    pub fn fail(&mut self, at: usize, failure: Failure) {
        let line = &mut self.lines[at];
        self.failures.add(line.cause(&failure));
        line.runs = line.runs.max(1);
        line.is_news = true;
        line.failed += 1;
        line.keep(failure);
    }

    /// Whether it held is unknown.
    pub fn doubt(&mut self, at: usize, failure: Failure) {
        let line = &mut self.lines[at];
        line.runs = line.runs.max(1);
        line.is_news = true;
        line.settle(Verdict::Inconclusive);
        line.failure.get_or_insert(failure);
    }

    /// Everything that still runs was broken off. The innermost of them say why.
    pub fn break_off(&mut self, failure: &Failure, verdict: Verdict, now: Instant) {
        let running: Vec<_> = (0..self.lines.len()).filter(|at| self.lines[*at].running > 0).collect();
        for &at in &running {
            let path = self.lines[at].path.clone();
            let is_inside = |other: &usize| {
                let inner = &self.lines[*other].path;
                inner.len() > path.len() && inner.starts_with(&path)
            };
            let is_innermost = !running.iter().any(is_inside);
            let line = &mut self.lines[at];
            line.pause(now, line.running);
            line.is_news = true;
            line.failed += 1;
            line.settle(verdict);
            if is_innermost && !line.is_follow_up {
                self.failures.add(line.cause(failure));
            }
            if is_innermost || line.lacks.is_some() {
                let lacks = line.lacks.take().map(|lacks| format!(": {lacks}")).unwrap_or_default();
                let message = format!("{}{lacks}", failure.message);
                line.failure.get_or_insert_with(|| Failure { message, ..failure.clone() });
            }
        }
    }

    /// A step that looks again and again has not found what it waits for.
    pub fn lacks(&mut self, at: usize, what: String) {
        self.lines[at].lacks = Some(what);
    }

    /// What an answer or a heartbeat did, and on which clients.
    pub fn stood(&mut self, at: usize, did: Standing, on: Vec<String>) {
        let line = &mut self.lines[at];
        line.runs = did.sent;
        line.on = on;
        line.standing = Some(did);
        line.is_news = true;
        if did != Standing::default() {
            line.settle(Verdict::Pass);
        }
    }

    pub fn pass(&mut self, at: usize) {
        self.lines[at].runs = 1;
        self.lines[at].is_news = true;
        self.lines[at].settle(Verdict::Pass);
    }

    /// Steps that have ended and have changed since they were last reported: those within a block, or all.
    pub fn news(&self, within: Option<usize>) -> Vec<usize> {
        let block = within.map(|at| self.lines[at].path.as_str());
        let is_within =
            |path: &str| block.is_none_or(|block| path.len() > block.len() && path.starts_with(block));
        let is_news =
            |line: &StepRecord| line.is_news && line.runs > 0 && line.running == 0 && is_within(&line.path);
        (0..self.lines.len()).filter(|at| is_news(&self.lines[*at])).collect()
    }

    /// The steps to report before the check ends, skipped ones included.
    pub fn untold(&self) -> Vec<usize> {
        (0..self.lines.len()).filter(|at| self.lines[*at].is_news).collect()
    }

    /// The state of a step to report; afterwards it counts as reported.
    pub fn tell(&mut self, at: usize) -> (Verdict, Millis, Option<&Failure>) {
        let line = &mut self.lines[at];
        line.is_news = false;
        (line.verdict, line.took.into(), line.failure.as_ref())
    }

    /// The gravest of all, and what kind of failures there were.
    pub fn verdict(&self) -> (Verdict, Failures) {
        let lines = self.lines.iter().filter(|line| !line.is_follow_up);
        (lines.fold(Verdict::Pass, |all, line| all.and(line.verdict)), self.failures)
    }

    pub fn into_reports(self) -> Vec<StepReport> {
        self.lines.into_iter().map(StepRecord::into_report).collect()
    }
}
