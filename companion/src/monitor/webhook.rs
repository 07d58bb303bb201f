//! Tells another service when a suite goes down or comes back.
//!
//! Owns what a call says, in which order, and how many times it is tried. It says what a report may say, without secrets. The
//! address is one itself, so nothing but its host is ever written.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use sockscope_engine::report::Verdict;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use url::Url;

use super::figures::Figures;
use super::{broken, is_up, tell};
use crate::check::rounds::Ran;
use crate::ws::trust::checking;

/// How many times a change is tried before it is given up.
const TRIES: u32 = 6;
/// The pause after the first try; each one after it is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// How long one try may take.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
/// Changes that wait while the service does not answer; suites change seldom.
const MOST_WAITING: usize = 64;
/// How long what waits may take when the monitor ends.
const FAREWELL: Duration = Duration::from_secs(5);
/// Checks that are named.
const MOST_CHECKS: usize = 20;

/// Where changes go.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl(Url);

/// What is wrong with `--webhook`.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("expected an address that begins with http:// or https://")]
pub struct WebhookUrlError;

impl FromStr for WebhookUrl {
    type Err = WebhookUrlError;

    fn from_str(text: &str) -> Result<Self, WebhookUrlError> {
        let url: Option<Url> = text.parse().ok();
        url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .map(Self)
            .ok_or(WebhookUrlError)
    }
}

/// Its host alone: the rest of it often is a key.
impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.host_str().unwrap_or_default())
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookUrl({self})")
    }
}

/// A change to be told.
#[derive(Debug)]
pub struct Change {
    suite: String,
    body: Value,
}

impl Change {
    /// None when nothing has changed: also where a run says nothing of the server, and where the first one passes.
    pub fn of(ran: &Ran, before: Option<bool>) -> Option<Self> {
        let now = is_up(ran)?;
        if before.unwrap_or(true) == now {
            return None;
        }
        let report = &ran.report;
        let word = |is_up: bool| if is_up { "up" } else { "down" };
        let bad = report.checks.iter().filter(|it| matches!(it.verdict, Verdict::Fail | Verdict::Error));
        let checks: Vec<Value> = bad
            .take(MOST_CHECKS)
            .map(|check| {
                let failure = check.steps.iter().find_map(|step| step.failure.as_ref());
                let message = failure.map(|it| it.message.clone()).or(check.reasons.first().cloned());
                json!({ "check": check.name, "verdict": check.verdict, "message": message })
            })
            .collect();
        let body = json!({
            "event": "sockscope.state",
            "suite": report.suite,
            "state": word(now),
            "before": before.map(word),
            "verdict": report.verdict,
            "started": report.started,
            "duration_ms": report.duration_ms,
            "seed": report.seed,
            "targets": report.targets.iter().map(|it| it.url.as_str()).collect::<Vec<_>>(),
            "reasons": report.reasons,
            "thresholds": broken(report).collect::<Vec<_>>(),
            "checks": checks,
        });
        Some(Self { suite: report.suite.clone(), body })
    }
}

/// What tells changes, one after the other.
pub struct Hooks {
    waiting: Sender<Change>,
    telling: JoinHandle<()>,
    figures: Arc<Figures>,
}

impl Hooks {
    /// Begins to listen for changes.
    pub fn start(url: WebhookUrl, figures: Arc<Figures>) -> Self {
        let (waiting, change) = channel(MOST_WAITING);
        let telling = tokio::spawn(tell_all(url, change, Arc::clone(&figures)));
        Self { waiting, telling, figures }
    }

    /// Tells a change, after those before it.
    pub fn send(&self, change: Change) {
        if let Err(error) = self.waiting.try_send(change) {
            let change = error.into_inner();
            self.figures.called(false);
            tell(&format!(
                "webhook: {MOST_WAITING} changes wait already; that of {} is not told",
                change.suite
            ));
        }
    }

    /// Waits a bounded time for what is still to be told.
    pub async fn finish(mut self) {
        drop(self.waiting);
        if timeout(FAREWELL, &mut self.telling).await.is_err() {
            self.telling.abort();
            tell("webhook: a change was not told before the monitor ended");
        }
    }
}

async fn tell_all(url: WebhookUrl, mut change: Receiver<Change>, figures: Arc<Figures>) {
    let client = match client() {
        Ok(client) => client,
        Err(words) => return tell(&format!("webhook: {words}")),
    };
    while let Some(change) = change.recv().await {
        let told = tell_one(&client, &url, &change).await;
        figures.called(told.is_ok());
        if let Err(words) = told {
            tell(&format!("webhook: {url} was not told of {}: {words}", change.suite));
        }
    }
}

fn client() -> Result<Client, String> {
    let trust = checking().ok_or("the certificates that this system trusts cannot be read")?;
    let builder =
        Client::builder().use_preconfigured_tls(Arc::unwrap_or_clone(trust)).redirect(Policy::none());
    builder.timeout(ANSWERS_WITHIN).build().map_err(|error| error.to_string())
}

/// Tries until the service has taken it, or until trying is of no use.
async fn tell_one(client: &Client, url: &WebhookUrl, change: &Change) -> Result<(), String> {
    let mut pause = FIRST_PAUSE;
    let mut words = String::new();
    for attempt in 1..=TRIES {
        let body = change.body.to_string();
        let asked = client.post(url.0.clone()).header("content-type", "application/json").body(body);
        match asked.send().await {
            Ok(answer) if answer.status().is_success() => return Ok(()),
            Ok(answer) if !may_pass(answer.status()) => {
                return Err(format!("it answered {}", answer.status()));
            }
            Ok(answer) => words = format!("it answered {}", answer.status()),
            // Without the address, which has the key in it.
            Err(error) => words = crate::causes::causes(&error.without_url()),
        }
        if attempt < TRIES {
            // From half of it to all of it, so that many monitors do not come back together.
            sleep(pause.mul_f64(0.5 + 0.5 * rand::random::<f64>())).await;
            pause *= 2;
        }
    }
    Err(format!("{words}, in each of {TRIES} tries"))
}

/// Whether an answer may be another one next time.
fn may_pass(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_never_shows_its_key() {
        let url: WebhookUrl =
            "https://hooks.example.com/services/T0/key?token=s3cret".parse().expect("a URL");
        assert_eq!(
            (url.to_string(), format!("{url:?}")),
            ("hooks.example.com".to_owned(), "WebhookUrl(hooks.example.com)".to_owned())
        );
        for text in ["", "hooks", "ftp://host/", "http://"] {
            assert_eq!(text.parse::<WebhookUrl>(), Err(WebhookUrlError), "{text}");
        }
    }

    #[test]
    fn what_no_second_try_mends_is_not_tried_again() {
        let status = |code| StatusCode::from_u16(code).expect("a status");
        for (code, expected) in
            [(500, true), (503, true), (429, true), (404, false), (401, false), (301, false)]
        {
            assert_eq!(may_pass(status(code)), expected, "{code}");
        }
    }
}
