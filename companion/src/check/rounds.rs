//! Suites that run again and again, with what they need started once.
//!
//! Owns what stays from round to round: the suites as they were read, the server of the page, the driver of a browser. Each round has
//! a seed of its own, and a browser of its own where one takes part.

use tokio_util::sync::CancellationToken;

use sockscope_engine::report::Report;

use super::run::Pool;
use super::screen::Screen;
use super::started::Started;
use super::{Bench, Document, Job, Outcome, choose, draw, invalid};
use crate::suites;

/// Suites with all that their runs need.
pub struct Rounds {
    job: Job,
    documents: Vec<Document>,
    started: Started,
    screen: Screen,
}

/// What came of one suite in a round.
pub struct Ran {
    /// Without secrets.
    pub report: Report,
    /// Why the environment is to blame and not the server.
    pub trouble: Option<String>,
}

impl Rounds {
    /// Reads the suites and starts what they need; what is wrong is said on standard error.
    pub async fn start(job: Job, stop: &CancellationToken) -> Result<Self, Outcome> {
        let mut screen = Screen::new(true, job.is_quiet, job.is_plain);
        let wrong = |screen: &Screen, lines: &[String]| Err(invalid(screen, lines));
        let documents = match suites::find(&job.suites) {
            Ok(found) => Document::all(found),
            Err(lines) => return wrong(&screen, &lines),
        };
        let unknown = job.values.unknown(documents.iter().map(|it| &*it.suite));
        if !unknown.is_empty() {
            return wrong(&screen, &unknown);
        }
        let chosen = match choose(&job, &documents, None, draw()) {
            Ok(chosen) => chosen,
            Err(lines) => return wrong(&screen, &lines),
        };
        let started = Started::start(&job, None, &chosen, &mut screen, stop).await?;
        drop(chosen);
        // The caller says what came of a round.
        screen.hush();
        Ok(Self { job, documents, started, screen })
    }

    /// What the suites are called in reports.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.documents.iter().map(|document| document.label.as_str())
    }

    /// Runs every suite once; or says what keeps one from being planned again.
    pub async fn run(&mut self, stop: &CancellationToken) -> Result<Vec<Ran>, Vec<String>> {
        let seed = self.job.seed.unwrap_or_else(draw);
        let chosen = choose(&self.job, &self.documents, None, seed)?;
        let mut bench = Bench {
            job: &self.job,
            page: &self.started.page,
            runner: &self.started.runner,
            target: None,
            stop,
            pool: Pool::default(),
        };
        let done = bench.all(&chosen, seed, &mut self.screen).await;
        Ok(done.into_iter().map(|it| Ran { report: it.report, trouble: it.trouble }).collect())
    }

    /// Ends what was started.
    pub async fn end(self) {
        self.started.end().await;
    }
}
