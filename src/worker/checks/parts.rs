//! What the worker of the checks downloads after its start.
//!
//! Owns which parts these are and whether they are here: `Runs` follows by itself, as the next thing that a person wants; `Reports`
//! comes when something of a run is read or written, or when a recording becomes a suite. A release keeps each in a file of its own
//! (`src/bin/checks_worker.rs` says where they come from); other builds have them from the start.

use std::time::Duration;

use super::worker::ChecksWorker;
use crate::engine::World;
use crate::engine::base::world::LocalFuture;
use crate::wire::checks::{Answer, Question, RunEvent};
use crate::worker::part::{Download, MISSING, Part};

/// What runs suites is downloaded this long after the start, if nothing asked for it before.
const AFTER: Duration = Duration::from_millis(300);

/// What runs suites, and what helps to write one.
pub struct Runs<W: World> {
    pub(super) work: fn(ChecksWorker<W>) -> LocalFuture<()>,
    pub(super) answer: fn(ChecksWorker<W>, Question) -> LocalFuture<Answer>,
}

impl<W: World> Runs<W> {
    const ALL: Self = Self {
        work: |worker| Box::pin(worker.work()),
        answer: |worker, question| Box::pin(async move { worker.answer_while_writing(question) }),
    };

    /// All of it, for the one function that is downloaded with it.
    #[must_use]
    pub fn all() -> &'static Self {
        &Self::ALL
    }
}

/// What reads and writes reports and recordings.
pub struct Reports<W: World> {
    pub(super) answer: fn(ChecksWorker<W>, Question) -> LocalFuture<Answer>,
}

impl<W: World> Reports<W> {
    const ALL: Self =
        Self { answer: |worker, question| Box::pin(async move { worker.answer_about_runs(question).await }) };

    /// All of it, for the one function that is downloaded with it.
    #[must_use]
    pub fn all() -> &'static Self {
        &Self::ALL
    }
}

impl<W: World> ChecksWorker<W> {
    /// Says that the parts come from there, and downloads what runs suites when the start is over.
    pub fn comes_from(&self, runs: Download<Runs<W>>, reports: Download<Reports<W>>) {
        self.0.runs.comes_from(runs);
        self.0.reporting.comes_from(reports);
        let worker = self.clone();
        (self.0.spawn)(Box::pin(async move {
            worker.0.world.sleep(AFTER).await;
            worker.0.runs.fetch().await;
        }));
    }

    /// Begins to take requests, until none is left.
    pub(super) fn begin_work(&self) {
        let worker = self.clone();
        (self.0.spawn)(Box::pin(async move {
            match worker.0.runs.fetch().await {
                Some(runs) => (runs.work)(worker).await,
                None => worker.refuse_all(),
            }
        }));
    }

    /// Says of each suite that waits that it cannot run.
    fn refuse_all(&self) {
        while let Some(queued) = self.0.queue.take() {
            for suite in &queued.request.suites {
                let reasons = vec![MISSING.to_owned()];
                self.tell(RunEvent::Refused { suite_id: suite.id.clone(), mistakes: Vec::new(), reasons });
            }
        }
        self.tell(RunEvent::Over);
        self.flush();
    }

    /// Answers a question with the part that can.
    pub(super) async fn answer(&self, question: Question) -> Answer {
        let missing = Answer::Failed(MISSING.to_owned());
        match part_of(&question) {
            PartOf::Start => self.answer_at_once(question).await,
            PartOf::Runs => match self.0.runs.fetch().await {
                Some(runs) => (runs.answer)(self.clone(), question).await,
                None => missing,
            },
            PartOf::Reports => match self.0.reporting.fetch().await {
                Some(reports) => (reports.answer)(self.clone(), question).await,
                None => missing,
            },
        }
    }
}

enum PartOf {
    Start,
    Runs,
    Reports,
}

fn part_of(question: &Question) -> PartOf {
    match question {
        Question::Examine { .. }
        | Question::Text(_)
        | Question::Keep(_)
        | Question::Forget(_)
        | Question::KeepForms(_)
        | Question::ForgetPast(_)
        | Question::Mask { .. } => PartOf::Start,
        Question::Complete { .. }
        | Question::Explain { .. }
        | Question::Format(_)
        | Question::Examples
        | Question::Plan(_)
        | Question::Find { .. }
        | Question::Place { .. } => PartOf::Runs,
        _ => PartOf::Reports,
    }
}

#[cfg(not(split))]
pub(super) fn at_start<W: World>() -> (Part<Runs<W>>, Part<Reports<W>>) {
    (Part::new(Some(Runs::all())), Part::new(Some(Reports::all())))
}

#[cfg(split)]
pub(super) fn at_start<W: World>() -> (Part<Runs<W>>, Part<Reports<W>>) {
    (Part::new(None), Part::new(None))
}
