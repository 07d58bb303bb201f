//! `sockscope monitor`: the same suites again and again, for as long as it is left to run.
//!
//! Owns when a round begins, what is said of it, and that it ends when it is asked to. What is kept of a round is figures: nothing
//! grows with the number of rounds.

mod address;
mod figures;
mod schedule;
mod scrape;
mod webhook;

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use sockscope_engine::base::words;
use sockscope_engine::report::{Report, Verdict, explain_checks};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use self::figures::Figures;
use self::webhook::{Change, Hooks};
use crate::causes::causes;
use crate::check::rounds::{Ran, Rounds};
use crate::check::{Job, Outcome};

pub use self::address::{MetricsAddress, MetricsAddressError};
pub use self::schedule::{Overlap, Schedule};
pub use self::webhook::{WebhookUrl, WebhookUrlError};

/// What is asked of a monitor.
#[derive(Clone, Debug)]
pub struct Watch {
    /// What each round runs.
    pub job: Job,
    /// When.
    pub schedule: Schedule,
    /// Where figures are served, if they are.
    pub metrics: Option<MetricsAddress>,
    /// Who hears of a change.
    pub webhook: Option<WebhookUrl>,
}

/// Runs the suites until it is asked to stop, and says how it ended: well, unless it could not begin.
pub async fn monitor(watch: Watch, stop: &CancellationToken) -> Outcome {
    let figures = Arc::new(Figures::default());
    // The port first: a monitor whose figures no one can read is of no use.
    let scrapes = match watch.metrics {
        Some(address) => match scrape::listen(address, Arc::clone(&figures), stop.clone()).await {
            Ok(scrapes) => Some(scrapes),
            Err(error) => {
                tell(&format!("sockscope: {}", causes(&error)));
                return Outcome::Environment;
            }
        },
        None => None,
    };
    if let Some(scrapes) = &scrapes {
        let _ = writeln!(io::stdout(), "metrics on http://{}/metrics", scrapes.address);
    }
    let mut rounds = match Rounds::start(watch.job, stop).await {
        Ok(rounds) => rounds,
        Err(outcome) => return outcome,
    };
    rounds.labels().for_each(|suite| figures.expect(suite));
    let hooks = watch.webhook.map(|url| Hooks::start(url, Arc::clone(&figures)));
    let mut ticks = watch.schedule.begin(Instant::now());
    let mut ended = Outcome::Passed;
    while let Some(at) = next(&mut ticks, &figures, stop).await {
        figures.begin();
        let ran = match rounds.run(stop).await {
            Ok(ran) => ran,
            Err(wrong) => {
                wrong.iter().for_each(|line| tell(&format!("sockscope: {line}")));
                ended = Outcome::Invalid;
                break;
            }
        };
        figures.end();
        // A round that was cut short says nothing of the server.
        if stop.is_cancelled() {
            break;
        }
        for one in &ran {
            let before = figures.take(one, OffsetDateTime::now_utc());
            print(one, before, at);
            if let (Some(hooks), Some(change)) = (&hooks, Change::of(one, before)) {
                hooks.send(change);
            }
        }
    }
    rounds.end().await;
    if let Some(hooks) = hooks {
        hooks.finish().await;
    }
    if let Some(scrapes) = scrapes {
        scrapes.end().await;
    }
    ended
}

/// Waits for the next round; none when the monitor is to stop.
async fn next(
    ticks: &mut schedule::Ticks,
    figures: &Figures,
    stop: &CancellationToken,
) -> Option<OffsetDateTime> {
    let (at, skipped) = ticks.next(Instant::now());
    figures.skip(skipped);
    if skipped > 0 {
        tell(&format!("{} skipped: the one before was still under way", words::counted(skipped, "round")));
    }
    tokio::select! {
        () = sleep_until(at) => {}
        () = stop.cancelled() => return None,
    }
    (!stop.is_cancelled()).then(OffsetDateTime::now_utc)
}

/// One line for each suite, and more where its state has changed for the worse.
fn print(ran: &Ran, before: Option<bool>, at: OffsetDateTime) {
    let Ran { report, trouble } = ran;
    let at = at.replace_millisecond(0).unwrap_or(at).format(&Rfc3339).unwrap_or_default();
    let took = words::duration(Duration::from(report.duration_ms));
    tell(&format!("{at}  {:12}  {}  {took}", report.verdict.name(), report.suite));
    let state = is_up(ran);
    if let Some(trouble) = trouble {
        tell(&format!("    {trouble}"));
    }
    if state == Some(false) && before != Some(false) {
        for (check, text) in explain_checks(&report.checks) {
            tell(&format!("    {}", report.checks[check].name));
            text.lines().for_each(|line| tell(&format!("      {line}")));
        }
        broken(report).for_each(|line| tell(&format!("    {line}")));
    }
}

/// The thresholds of the suite that do not hold.
fn broken(report: &Report) -> impl Iterator<Item = String> {
    let broken = report.thresholds.iter().filter(|one| matches!(one.verdict, Verdict::Fail | Verdict::Error));
    broken.map(|one| one.message.clone().unwrap_or_else(|| format!("{}, measured {}", one.expr, one.value)))
}

/// Whether the server does what the suite wants; none where the round does not say: it was inconclusive, or the environment is to
/// blame.
fn is_up(ran: &Ran) -> Option<bool> {
    match (ran.report.verdict, &ran.trouble) {
        (_, Some(_)) | (Verdict::Inconclusive, _) => None,
        (Verdict::Pass | Verdict::Skipped, None) => Some(true),
        (Verdict::Fail | Verdict::Error, None) => Some(false),
    }
}

/// Says it on standard error, which a service manager keeps.
fn tell(line: &str) {
    // A closed pipe changes nothing about the rounds.
    let _ = writeln!(io::stderr(), "{line}");
}
