//! What is known of all rounds until now, as Prometheus reads it.
//!
//! Owns names and labels of the metrics, which are public. Only figures are kept, and the names of checks are bounded, so that nothing
//! grows with the number of rounds. Latencies are histograms of both kinds: native for a scrape that asks for protobuf, with classic
//! buckets beside them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::{Histogram, NativeHistogramConfig};
use sockscope_engine::metrics::Metrics;
use sockscope_engine::report::{CheckReport, Report, Verdict};
use time::OffsetDateTime;

use super::is_up;
use crate::check::rounds::Ran;

/// Upper bounds of the classic buckets, in seconds.
const BUCKETS: [f64; 15] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// How much wider a native bucket is than the one before, at most.
const GROWTH: f64 = 1.1;
/// Native buckets of a histogram.
const MOST_BUCKETS: usize = 160;
/// Checks of a suite, failures of it and timings of it that have figures of their own.
const MOST_NAMES: usize = 500;
/// What stands for all beyond them.
const OTHERS: &str = "(others)";
/// Every verdict has a series, so that a query finds a zero and not nothing.
const VERDICTS: [Verdict; 5] =
    [Verdict::Pass, Verdict::Fail, Verdict::Error, Verdict::Inconclusive, Verdict::Skipped];

/// The figures, shared between the rounds and those who read them.
#[derive(Default)]
pub struct Figures(Mutex<State>);

#[derive(Default)]
struct State {
    suites: BTreeMap<String, OfSuite>,
    /// Whether a round is under way.
    is_running: bool,
    skipped: u64,
    delivered: u64,
    undelivered: u64,
}

/// What is known of a suite.
#[derive(Default)]
struct OfSuite {
    is_up: Option<bool>,
    last: Option<Last>,
    last_success: Option<OffsetDateTime>,
    runs: BTreeMap<&'static str, u64>,
    /// By check and reason.
    failures: BTreeMap<(String, String), u64>,
    latencies: BTreeMap<String, Histogram>,
    sent: u64,
    received: u64,
}

/// The last run of a suite.
struct Last {
    verdict: Verdict,
    at: OffsetDateTime,
    seen: Instant,
    took: Duration,
    checks: Vec<(String, Verdict, Duration)>,
}

impl Figures {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A suite will run.
    pub fn expect(&self, suite: &str) {
        self.state().suites.entry(suite.to_owned()).or_default();
    }

    /// A round begins.
    pub fn begin(&self) {
        self.state().is_running = true;
    }

    /// It has ended.
    pub fn end(&self) {
        self.state().is_running = false;
    }

    /// This many rounds were left out.
    pub fn skip(&self, count: u64) {
        self.state().skipped += count;
    }

    /// A call to the webhook came through, or was given up.
    pub fn called(&self, is_delivered: bool) {
        let mut state = self.state();
        match is_delivered {
            true => state.delivered += 1,
            false => state.undelivered += 1,
        }
    }

    /// Takes in what came of a suite. Returns how it stood before: up, down, or not known.
    pub fn take(&self, ran: &Ran, at: OffsetDateTime) -> Option<bool> {
        let mut state = self.state();
        let suite = state.suites.entry(ran.report.suite.clone()).or_default();
        let before = suite.is_up;
        suite.take(ran, at);
        before
    }
}

impl OfSuite {
    fn take(&mut self, ran: &Ran, at: OffsetDateTime) {
        let Ran { report, trouble } = ran;
        let state = is_up(ran);
        self.is_up = state.or(self.is_up);
        if state == Some(true) {
            self.last_success = Some(at);
        }
        *self.runs.entry(report.verdict.name()).or_default() += 1;
        self.sent += report.totals.sent;
        self.received += report.totals.received;
        if trouble.is_some() {
            self.fail("", "environment");
        }
        for check in &report.checks {
            if let Some(reason) = reason(check) {
                self.fail(&check.name, &reason);
            }
        }
        let of_suite = report.thresholds.iter().filter(|one| one.verdict == Verdict::Fail).count();
        (0..of_suite).for_each(|_| self.fail("", "threshold"));
        self.measure(report);
        self.last = Some(Last {
            verdict: report.verdict,
            at,
            seen: Instant::now(),
            took: report.duration_ms.into(),
            checks: checks(report),
        });
    }

    fn fail(&mut self, check: &str, reason: &str) {
        let mut key = (check.to_owned(), reason.to_owned());
        if self.failures.len() >= MOST_NAMES && !self.failures.contains_key(&key) {
            key.0 = OTHERS.to_owned();
        }
        *self.failures.entry(key).or_default() += 1;
    }

    fn measure(&mut self, report: &Report) {
        // What cannot be read was dropped because it looked like a secret.
        let Ok(metrics) = Metrics::from_report(&report.metrics, report.duration_ms.into()) else { return };
        for (name, timings) in metrics.timings {
            if self.latencies.len() >= MOST_NAMES && !self.latencies.contains_key(&name) {
                continue;
            }
            let histogram = self.latencies.entry(name).or_insert_with(histogram);
            for (took, count) in timings.recorded() {
                (0..count).for_each(|_| histogram.observe(took.as_secs_f64()));
            }
        }
    }
}

fn histogram() -> Histogram {
    Histogram::new_classic_and_native(BUCKETS, NativeHistogramConfig::new(GROWTH).max_buckets(MOST_BUCKETS))
}

/// The checks of a run, at most as many as are bounded.
fn checks(report: &Report) -> Vec<(String, Verdict, Duration)> {
    let mut all: BTreeMap<&str, (Verdict, Duration)> = BTreeMap::new();
    for check in &report.checks {
        let is_known = all.contains_key(check.name.as_str()) || all.len() < MOST_NAMES;
        let name = if is_known { check.name.as_str() } else { OTHERS };
        // Rows may have one name; a series has one value.
        let of_name = all.entry(name).or_insert((check.verdict, Duration::ZERO));
        of_name.0 = of_name.0.and(check.verdict);
        of_name.1 = of_name.1.max(check.duration_ms.into());
    }
    all.into_iter().map(|(name, (verdict, took))| (name.to_owned(), verdict, took)).collect()
}

/// Why a check did not pass, in a word; none when it did.
fn reason(check: &CheckReport) -> Option<String> {
    match check.verdict {
        Verdict::Pass | Verdict::Skipped => return None,
        Verdict::Inconclusive => return Some("inconclusive".to_owned()),
        Verdict::Fail | Verdict::Error => {}
    }
    let failed = check.steps.iter().filter(|step| matches!(step.verdict, Verdict::Fail | Verdict::Error));
    let kind = failed.filter_map(|step| step.failure.as_ref()).map(|failure| failure.kind).next();
    let name = kind.and_then(|kind| Some(serde_json::to_value(kind).ok()?.as_str()?.to_owned()));
    let is_broken = check.thresholds.iter().any(|one| one.verdict == Verdict::Fail);
    Some(name.unwrap_or_else(|| if is_broken { "threshold" } else { "script" }.to_owned()))
}

/// Labels of one series.
type Labels<'a> = Vec<(&'static str, &'a str)>;

/// The series of a gauge.
fn gauge<'a, N: EncodeGaugeValue>(
    encoder: &mut DescriptorEncoder<'_>,
    (name, help): (&str, &str),
    series: impl Iterator<Item = (Labels<'a>, N)>,
) -> fmt::Result {
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for (labels, value) in series {
        ConstGauge::new(value).encode(family.encode_family(&labels)?)?;
    }
    Ok(())
}

/// The series of a counter, whose name ends with `_total` in the end.
fn counter<'a>(
    encoder: &mut DescriptorEncoder<'_>,
    (name, help): (&str, &str),
    series: impl Iterator<Item = (Labels<'a>, u64)>,
) -> fmt::Result {
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (labels, value) in series {
        ConstCounter::new(value).encode(family.encode_family(&labels)?)?;
    }
    Ok(())
}

fn seconds(at: OffsetDateTime) -> f64 {
    at.unix_timestamp_nanos() as f64 / 1e9
}

impl fmt::Debug for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Figures")
    }
}

impl Collector for Figures {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let state = self.state();
        let all = || state.suites.iter().map(|(name, suite)| (name.as_str(), suite));
        let last = || all().filter_map(|(name, suite)| Some((name, suite.last.as_ref()?)));
        let encoder = &mut encoder;

        gauge(
            encoder,
            (
                "sockscope_up",
                "Whether the server does what the suite wants, as the last conclusive run saw it",
            ),
            all().filter_map(|(name, it)| Some((vec![("suite", name)], i64::from(it.is_up?)))),
        )?;
        let verdict = ("sockscope_suite_verdict", "1 for the verdict of the last run, 0 for the others");
        let of_suite = last().flat_map(|(name, last)| {
            VERDICTS.map(|it| (vec![("suite", name), ("verdict", it.name())], i64::from(it == last.verdict)))
        });
        gauge(encoder, verdict, of_suite)?;
        let checks = || {
            last().flat_map(|(suite, last)| {
                last.checks.iter().map(move |(check, verdict, took)| (suite, check.as_str(), *verdict, *took))
            })
        };
        let of_checks = checks().flat_map(|(suite, check, verdict, _)| {
            VERDICTS.map(|it| {
                let labels = vec![("suite", suite), ("check", check), ("verdict", it.name())];
                (labels, i64::from(it == verdict))
            })
        });
        let verdict =
            ("sockscope_check_verdict", "1 for the verdict of the check in the last run, 0 for the others");
        gauge(encoder, verdict, of_checks)?;
        gauge(
            encoder,
            ("sockscope_check_duration_seconds", "How long the check took in the last run"),
            checks().map(|(suite, check, _, took)| {
                (vec![("suite", suite), ("check", check)], took.as_secs_f64())
            }),
        )?;
        gauge(
            encoder,
            ("sockscope_run_duration_seconds", "How long the last run took"),
            last().map(|(name, last)| (vec![("suite", name)], last.took.as_secs_f64())),
        )?;
        gauge(
            encoder,
            ("sockscope_last_run_timestamp_seconds", "When the last run ended, in seconds since 1970"),
            last().map(|(name, last)| (vec![("suite", name)], seconds(last.at))),
        )?;
        gauge(
            encoder,
            ("sockscope_last_run_age_seconds", "How long ago the last run ended"),
            last().map(|(name, last)| (vec![("suite", name)], last.seen.elapsed().as_secs_f64())),
        )?;
        gauge(
            encoder,
            (
                "sockscope_last_success_timestamp_seconds",
                "When the last run ended that passed, in seconds since 1970",
            ),
            all().filter_map(|(name, it)| Some((vec![("suite", name)], seconds(it.last_success?)))),
        )?;
        gauge(
            encoder,
            ("sockscope_running", "Whether a round is under way"),
            [(Vec::new(), i64::from(state.is_running))].into_iter(),
        )?;
        gauge(
            encoder,
            ("sockscope_build_info", "The version of the program"),
            [(vec![("version", env!("CARGO_PKG_VERSION"))], 1_i64)].into_iter(),
        )?;
        counter(
            encoder,
            ("sockscope_runs", "Runs by their verdict"),
            all().flat_map(|(name, it)| {
                VERDICTS.map(|verdict| {
                    let count = it.runs.get(verdict.name()).copied().unwrap_or_default();
                    (vec![("suite", name), ("verdict", verdict.name())], count)
                })
            }),
        )?;
        counter(
            encoder,
            (
                "sockscope_failures",
                "Checks that did not pass, by reason; without a check what failed of the suite",
            ),
            all().flat_map(|(name, it)| {
                it.failures.iter().map(move |((check, reason), count)| {
                    (vec![("suite", name), ("check", check.as_str()), ("reason", reason.as_str())], *count)
                })
            }),
        )?;
        counter(
            encoder,
            ("sockscope_messages", "Messages of the suite's clients"),
            all().flat_map(|(name, it)| {
                [("sent", it.sent), ("received", it.received)]
                    .map(|(direction, count)| (vec![("suite", name), ("direction", direction)], count))
            }),
        )?;
        counter(
            encoder,
            ("sockscope_rounds_skipped", "Rounds that were left out because the one before was under way"),
            [(Vec::new(), state.skipped)].into_iter(),
        )?;
        counter(
            encoder,
            ("sockscope_webhooks", "Changes of state that the webhook was told, or could not be told"),
            [("delivered", state.delivered), ("failed", state.undelivered)]
                .map(|(outcome, count)| (vec![("outcome", outcome)], count))
                .into_iter(),
        )?;
        let help = "What the suite has timed, such as open and rtt, of all runs";
        let mut family =
            encoder.encode_descriptor("sockscope_latency_seconds", help, None, MetricType::Histogram)?;
        for (suite, it) in all() {
            for (metric, histogram) in &it.latencies {
                let labels = vec![("suite", suite), ("metric", metric.as_str())];
                histogram.encode(family.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
}
