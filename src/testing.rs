//! A suite inside the headless tests of another project: a few lines of `wasm-bindgen-test`.
//!
//! Owns what such a test needs and nothing else: the suite's text becomes a report. A mistake in the text becomes an error
//! that reads well where a test prints it. A report that does not pass becomes a panic that says all of it. It refuses to
//! know pages and workers of ours; it runs in the window or the worker that calls it, on the browser's own sockets. One rule:
//! only a pass passes. A run that could not be judged is not a success.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{Either, select};

use crate::browser::{BrowserWorld, clock, scope};
use crate::engine::World;
use crate::engine::report::{Environment, Report, ThresholdReport, Verdict, explain_check};
use crate::engine::run::{self, Plan, PlanError, Stop};
use crate::engine::suite::{Problem, Suite};
use crate::worker::checks::browser_name;

/// Seeds are drawn below this, so that a person can read one back.
const SEEDS: u64 = 1_000_000_000;

/// What a suite is run with. Without any of it: its own variables, all checks, a random seed.
#[derive(Clone, Default)]
pub struct Options {
    vars: Vec<(String, String)>,
    env: BTreeMap<String, String>,
    tags: Vec<String>,
    names: Vec<String>,
    seed: Option<u64>,
    limit: Option<Duration>,
    stop: Stop,
}

impl Options {
    /// Nothing but what the suite says.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a variable, as `--var` gives it. Where the suite's default is a number, a boolean, an object or an array,
    /// a text that reads as one becomes one.
    pub fn var(mut self, name: &str, value: impl ToString) -> Self {
        self.vars.push((name.to_owned(), value.to_string()));
        self
    }

    /// What `{{env.NAME}}` finds. A browser has no environment, so nothing else is there.
    pub fn env(mut self, name: &str, value: impl ToString) -> Self {
        self.env.insert(name.to_owned(), value.to_string());
        self
    }

    /// Only checks with this tag; of several tags, those with any of them.
    pub fn tag(mut self, tag: &str) -> Self {
        self.tags.push(tag.to_owned());
        self
    }

    /// Only the check of this name; of several names, each of them.
    pub fn check(mut self, name: &str) -> Self {
        self.names.push(name.to_owned());
        self
    }

    /// What all random values come from: the seed of a report repeats its run.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Stops a run that takes longer, which makes it inconclusive. The test runner's own limit ends everything without a
    /// report, so this one should be shorter.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// What stops the run from elsewhere.
    pub fn stop(mut self, stop: Stop) -> Self {
        self.stop = stop;
        self
    }
}

/// Why a suite does not run: every mistake, not only the first.
///
/// `{:?}` says the same as `{}`, since that is what a test prints of an error.
#[derive(thiserror::Error)]
pub enum Mistakes {
    /// In the text.
    #[error("the suite cannot be read:{}", list(.0))]
    Suite(Vec<Problem>),
    /// In the values that it was given, or in the choice of its checks.
    #[error("the suite cannot run with these values:{}", list(.0))]
    Values(Vec<PlanError>),
}

impl fmt::Debug for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A line for each.
fn list(mistakes: &[impl fmt::Display]) -> String {
    mistakes.iter().map(|mistake| format!("\n  {mistake}")).collect()
}

/// Runs a suite here, in this window or worker.
///
/// # Errors When the text is not a suite, when a variable is unknown or cannot have its value, and when no check is left to
/// run. What goes wrong later is in the report.
pub async fn run_suite(text: &str, options: Options) -> Result<Report, Mistakes> {
    let suite = Suite::parse(text).map_err(Mistakes::Suite)?;
    let world = BrowserWorld::new();
    let origin_millis = clock::began().max(0.0) as u64;
    let Options { vars, env, tags, names, seed, limit, stop } = options;
    let options = run::Options {
        overrides: vars,
        env,
        seed: seed.unwrap_or_else(|| world.random() % SEEDS),
        tags,
        names,
        origin_millis,
        environment: Environment {
            browser: browser_name(&scope::user_agent()),
            origin: scope::origin(),
            timer_step_us: clock::step().as_nanos() as f64 / 1e3,
            ..Environment::default()
        },
        ..run::Options::default()
    };
    let now_millis = origin_millis + clock::now().as_nanos() / 1_000_000;
    let plan = Plan::new(Rc::new(suite), options, now_millis).map_err(Mistakes::Values)?;
    let run = Box::pin(run::run(plan, world.clone(), stop.clone(), Box::new(|_| {})));
    let Some(limit) = limit else { return Ok(run.await) };
    Ok(match select(run, world.sleep(limit)).await {
        Either::Left((report, _)) => report,
        Either::Right(((), run)) => {
            stop.stop();
            run.await
        }
    })
}

/// Panics unless the report is a pass, and says everything that did not hold.
#[track_caller]
pub fn assert_passed(report: &Report) {
    assert!(report.verdict == Verdict::Pass, "{}", explain(report));
}

/// All that is known of what did not pass, as lines of plain text; of a pass the first line only.
pub fn explain(report: &Report) -> String {
    let totals = &report.totals;
    let mut text = format!(
        "suite {:?}: {}, {} of {} checks passed (seed {})",
        report.suite,
        report.verdict.name(),
        totals.passed,
        totals.checks,
        report.seed
    );
    // Writing to a string cannot fail.
    for check in report.checks.iter().filter(|check| !is_fine(check.verdict)) {
        let _ = write!(text, "\n{} {}", check.verdict.name(), check.name);
        explain_check(check).lines().for_each(|line| text.extend(["\n    ", line]));
    }
    for threshold in report.thresholds.iter().filter(|one| !is_fine(one.verdict)) {
        let ThresholdReport { expr, value, verdict, message } = threshold;
        let _ = write!(text, "\n{} threshold {expr}, measured {value}", verdict.name());
        message.iter().for_each(|message| text.extend([": ", message]));
    }
    if !is_fine(report.verdict) {
        report.reasons.iter().for_each(|reason| text.extend(["\n", reason]));
    }
    text
}

fn is_fine(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Pass | Verdict::Skipped)
}
