//! The line of one step in the results of its check.
//!
//! Owns what is kept of all its rounds and clients. It refuses to know other lines.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use super::causes::{Cause, verdict_of};
use super::unmet::Awaited;
use crate::Instant;
use crate::report::{Failure, FailureKind, Standing, StepReport, Verdict};
use crate::suite::Origin;

/// What is known of a step, over all its rounds and clients.
pub(super) struct StepRecord {
    pub path: String,
    pub position: u32,
    pub origin: Option<Rc<Origin>>,
    /// Whether it opens connections.
    pub is_opening: bool,
    /// Whether it waits for messages.
    pub is_awaiting: bool,
    pub title: String,
    pub note: Option<String>,
    pub on: Vec<String>,
    pub known: BTreeSet<String>,
    pub runs: u64,
    pub failed: u64,
    /// Started and not ended.
    pub running: u64,
    /// Since when at least one run of it is under way.
    pub since: Instant,
    pub took: Duration,
    pub verdict: Verdict,
    pub failure: Option<Failure>,
    /// For whom it failed.
    pub failed_clients: BTreeSet<String>,
    /// What it waits for and what it has found instead so far, where it looks again and again.
    pub lacks: Option<String>,
    /// Why it did not hold, where it may.
    pub forgiven: Option<String>,
    pub awaited: Awaited,
    /// Whether a threshold decides how many of its messages may be missing.
    pub is_borne: bool,
    /// Whether it has changed since it was last reported.
    pub is_news: bool,
    /// Whether it ran after the check had failed, so that it says nothing of the check.
    pub is_follow_up: bool,
    /// Whether it stands where steps may fail.
    pub is_tried: bool,
    /// What an answer or a heartbeat did.
    pub standing: Option<Standing>,
}

impl StepRecord {
    pub fn new(path: &str, position: u32, title: &str, note: Option<String>) -> Self {
        Self {
            path: path.to_owned(),
            position,
            origin: None,
            is_opening: false,
            is_awaiting: false,
            title: title.to_owned(),
            note,
            on: Vec::new(),
            known: BTreeSet::new(),
            runs: 0,
            failed: 0,
            running: 0,
            since: Instant::default(),
            took: Duration::ZERO,
            verdict: Verdict::Skipped,
            failure: None,
            failed_clients: BTreeSet::new(),
            lacks: None,
            forgiven: None,
            awaited: Awaited::default(),
            is_borne: false,
            is_news: true,
            is_follow_up: false,
            is_tried: false,
            standing: None,
        }
    }

    /// The line of the suite that shows it: the step itself, or the use of a definition in another file.
    pub fn in_suite(&self) -> u32 {
        let used =
            self.origin.as_ref().filter(|origin| origin.file.is_some()).and_then(|origin| origin.line());
        used.unwrap_or(self.position)
    }

    /// This many of its runs have ended.
    pub fn pause(&mut self, now: Instant, runs: u64) {
        let was_running = self.running > 0;
        self.running = self.running.saturating_sub(runs);
        if was_running && self.running == 0 {
            self.took += now - self.since;
        }
    }

    /// Why it failed.
    pub fn cause(&self, failure: &Failure) -> Cause {
        match failure.kind {
            FailureKind::Timeout if self.is_opening => Cause::LateOpen,
            FailureKind::Timeout => Cause::Late,
            _ => Cause::Other,
        }
    }

    /// Keeps the first failure, unless a later one says more than that something was late.
    pub fn keep(&mut self, failure: Failure) {
        self.settle(verdict_of(failure.kind));
        self.failed_clients.extend(failure.client.clone());
        let is_late = |failure: &Failure| failure.kind == FailureKind::Timeout;
        if self.failure.as_ref().is_none_or(|known| is_late(known) && !is_late(&failure)) {
            self.failure = Some(failure);
        }
    }

    pub fn settle(&mut self, verdict: Verdict) {
        self.verdict = self.verdict.and(verdict);
    }

    pub fn into_report(self) -> StepReport {
        StepReport {
            path: self.path,
            line: self.position,
            file: self.origin.as_ref().and_then(|origin| origin.file.clone()),
            used_at: self.origin.as_ref().map(|origin| origin.used.clone()).unwrap_or_default(),
            title: self.title,
            note: self.note,
            verdict: self.verdict,
            duration_ms: self.took.into(),
            on: self.on,
            runs: self.runs,
            failed_runs: self.failed,
            failed_clients: self.failed_clients.len() as u64,
            forgiven: self.forgiven,
            unmet: self.awaited.into_report(self.is_borne),
            // Only who hears the run may look there.
            failure: self.failure.map(|failure| Failure { handshake: None, ..failure }),
            standing: self.standing,
            around: Vec::new(),
        }
    }
}
