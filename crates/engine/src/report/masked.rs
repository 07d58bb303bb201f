//! A report without secrets.
//!
//! Owns the list of places where a text can appear in a report. A new field of the model must be added here: the
//! patterns name every field, so that forgetting one does not compile.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{
    CapacityReport, CheckReport, Difference, Environment, Failure, Instead, Leftover, Metric, NearMiss,
    NearbyEvent, PartReport, Report, ServerReport, ServerStopped, ShardReport, StepReport, TargetReport,
    ThresholdReport, TrialReport, Unmet,
};
use crate::base::mask::Masker;
use crate::explain::Cause;
use crate::suite::Place;

impl Report {
    /// The report with every secret of the masker taken out of every text.
    ///
    /// Figures stay, as they say nothing of a secret; so do units and the start, where they are of the program's own form.
    /// A histogram is dropped in the rare case that its base64 looks like a secret: asterisks in it could not be read.
    #[must_use]
    pub fn masked(self, masker: &Masker) -> Self {
        let Self {
            sockscope,
            format,
            suite,
            about,
            verdict,
            reasons,
            seed,
            started,
            duration_ms,
            environment,
            vars,
            targets,
            totals,
            metrics,
            thresholds,
            checks,
            seconds,
            server,
            server_stopped,
            shards,
            capacity,
            part,
        } = self;
        let Environment { engine, browser, origin, timer_step_us, loop_lag_p99_ms, hidden, generator } =
            environment;
        Self {
            sockscope: text(masker, sockscope),
            format,
            suite: text(masker, suite),
            about: optional(masker, about),
            verdict,
            reasons: texts(masker, reasons),
            seed,
            started: moment(masker, started),
            duration_ms,
            environment: Environment {
                engine,
                browser: text(masker, browser),
                origin: text(masker, origin),
                timer_step_us,
                loop_lag_p99_ms,
                hidden,
                generator,
            },
            vars: vars
                .iter()
                .map(|(name, value)| (masker.mask(name).into_owned(), masker.mask_json(value)))
                .collect(),
            targets: targets.into_iter().map(|one| target(masker, one)).collect(),
            totals,
            metrics: all_metrics(masker, metrics),
            thresholds: thresholds.into_iter().map(|one| threshold(masker, one)).collect(),
            checks: checks.into_iter().map(|one| check(masker, one)).collect(),
            seconds,
            server_stopped: server_stopped.map(|one| ServerStopped {
                address: text(masker, one.address),
                after: text(masker, one.after),
                sent_bytes: one.sent_bytes,
            }),
            server: server.map(|one| ServerReport {
                command: text(masker, one.command),
                ended: optional(masker, one.ended),
                output: texts(masker, one.output),
            }),
            shards: shards.into_iter().map(|one| shard(masker, one)).collect(),
            capacity: capacity.map(|one| self::capacity(masker, one)),
            part: part.map(|one| a_part(masker, one)),
        }
    }
}

fn capacity(masker: &Masker, capacity: CapacityReport) -> CapacityReport {
    let CapacityReport { variable, from, to, held, broke, first, verdict, sentence, trials } = capacity;
    CapacityReport {
        variable: text(masker, variable),
        from,
        to,
        held,
        broke,
        first: optional(masker, first),
        verdict,
        sentence: text(masker, sentence),
        trials: trials.into_iter().map(|one| trial(masker, one)).collect(),
    }
}

fn trial(masker: &Masker, trial: TrialReport) -> TrialReport {
    let TrialReport { value, verdict, first, limits, duration_ms, loop_lag_p99_ms, generator } = trial;
    TrialReport {
        value,
        verdict,
        first: optional(masker, first),
        limits: texts(masker, limits),
        duration_ms,
        loop_lag_p99_ms,
        generator,
    }
}

fn a_part(masker: &Masker, part: PartReport) -> PartReport {
    let PartReport { index, of, suite_sha256, tags, checks, start_at, late_ms, clock_ahead_ms, lost } = part;
    PartReport {
        index,
        of,
        // Of a whole text: nothing in it can be read back.
        suite_sha256,
        tags: texts(masker, tags),
        checks: texts(masker, checks),
        start_at: moment(masker, start_at),
        late_ms,
        clock_ahead_ms,
        lost: optional(masker, lost),
    }
}

fn shard(masker: &Masker, shard: ShardReport) -> ShardReport {
    let ShardReport {
        index,
        verdict,
        reasons,
        browser,
        started,
        late_ms,
        duration_ms,
        loop_lag_p99_ms,
        hidden,
        opened,
        sent,
        received,
        missing,
        rtt,
    } = shard;
    ShardReport {
        index,
        verdict,
        reasons: texts(masker, reasons),
        browser: text(masker, browser),
        started: moment(masker, started),
        late_ms,
        duration_ms,
        loop_lag_p99_ms,
        hidden,
        opened,
        sent,
        received,
        missing,
        rtt: rtt.map(|one| metric(masker, one)),
    }
}

fn target(masker: &Masker, target: TargetReport) -> TargetReport {
    let TargetReport { url, from, via } = target;
    TargetReport { url: text(masker, url), from: text(masker, from), via: optional(masker, via) }
}

impl TargetReport {
    /// The address with every secret taken out.
    #[must_use]
    pub fn masked(self, masker: &Masker) -> Self {
        target(masker, self)
    }
}

fn moment(masker: &Masker, started: String) -> String {
    if is_moment(&started) { started } else { text(masker, started) }
}

fn text(masker: &Masker, text: String) -> String {
    masker.mask(&text).into_owned()
}

fn optional(masker: &Masker, found: Option<String>) -> Option<String> {
    found.map(|found| text(masker, found))
}

fn texts(masker: &Masker, all: Vec<String>) -> Vec<String> {
    all.into_iter().map(|one| text(masker, one)).collect()
}

/// `2026-11-21T03:01:06.123Z`. A year that happens to be a secret would else make the report unreadable.
fn is_moment(text: &str) -> bool {
    text.len() <= 32 && text.bytes().all(|b| b.is_ascii_digit() || b"-:.TZ+".contains(&b))
}

fn all_metrics(masker: &Masker, metrics: BTreeMap<String, Metric>) -> BTreeMap<String, Metric> {
    metrics.into_iter().map(|(name, one)| (text(masker, name), metric(masker, one))).collect()
}

fn metric(masker: &Masker, metric: Metric) -> Metric {
    let Metric { unit, count, rate, min, mean, p50, p90, p95, p99, p999, max, stddev, histogram } = metric;
    let unit = match unit.as_str() {
        "us" | "count" | "bytes" => unit,
        _ => text(masker, unit),
    };
    let histogram = histogram.filter(|base64| masker.mask(base64) == *base64);
    Metric { unit, count, rate, min, mean, p50, p90, p95, p99, p999, max, stddev, histogram }
}

fn threshold(masker: &Masker, threshold: ThresholdReport) -> ThresholdReport {
    let ThresholdReport { expr, value, verdict, message } = threshold;
    ThresholdReport {
        expr: text(masker, expr),
        value: text(masker, value),
        verdict,
        message: optional(masker, message),
    }
}

fn check(masker: &Masker, check: CheckReport) -> CheckReport {
    let CheckReport {
        name,
        about,
        tags,
        verdict,
        reasons,
        offset_ms,
        duration_ms,
        metrics,
        thresholds,
        steps,
        leftovers,
        leftovers_omitted,
        close_code,
        harness,
    } = check;
    CheckReport {
        name: text(masker, name),
        about: optional(masker, about),
        tags: texts(masker, tags),
        verdict,
        reasons: texts(masker, reasons),
        offset_ms,
        duration_ms,
        metrics: all_metrics(masker, metrics),
        thresholds: thresholds.into_iter().map(|one| threshold(masker, one)).collect(),
        steps: steps.into_iter().map(|one| step(masker, one)).collect(),
        leftovers: leftovers.into_iter().map(|one| leftover(masker, one)).collect(),
        leftovers_omitted,
        close_code,
        harness,
    }
}

fn step(masker: &Masker, step: StepReport) -> StepReport {
    let StepReport {
        path,
        line,
        file,
        used_at,
        title,
        note,
        verdict,
        duration_ms,
        on,
        runs,
        failed_runs,
        failed_clients,
        forgiven,
        failure,
        unmet,
        standing,
        around,
    } = step;
    StepReport {
        path: text(masker, path),
        line,
        file: optional(masker, file),
        used_at: used_at
            .into_iter()
            .map(|Place { line, file }| Place { line, file: optional(masker, file) })
            .collect(),
        title: text(masker, title),
        note: optional(masker, note),
        verdict,
        duration_ms,
        on: texts(masker, on),
        runs,
        failed_runs,
        failed_clients,
        forgiven: optional(masker, forgiven),
        failure: failure.map(|one| failed(masker, one)),
        unmet: unmet.map(|one| missed(masker, one)),
        standing,
        around: around.into_iter().map(|one| nearby(masker, one)).collect(),
    }
}

fn nearby(masker: &Masker, event: NearbyEvent) -> NearbyEvent {
    let NearbyEvent { client, at_ms, event, message, bytes, after } = event;
    NearbyEvent {
        client: text(masker, client),
        at_ms,
        event: text(masker, event),
        message: text(masker, message),
        bytes,
        after,
    }
}

fn missed(masker: &Masker, unmet: Unmet) -> Unmet {
    let Unmet { expected, met, borne, instead, instead_omitted, first } = unmet;
    let group = |Instead { shape, count, first }| Instead {
        shape: text(masker, shape),
        count,
        first: near(masker, first),
    };
    Unmet {
        expected,
        met,
        borne,
        instead: instead.into_iter().map(group).collect(),
        instead_omitted,
        first: first.map(|one| Box::new(failed(masker, *one))),
    }
}

fn near(masker: &Masker, miss: NearMiss) -> NearMiss {
    let NearMiss { client, at_ms, message, taken, answered } = miss;
    NearMiss { client: text(masker, client), at_ms, message: text(masker, message), taken, answered }
}

fn failed(masker: &Masker, failure: Failure) -> Failure {
    let Failure { kind, message, client, round, expected, closest, diff, browser, causes, handshake } =
        failure;
    let difference = |Difference { path, wanted, got }| Difference {
        path: text(masker, path),
        wanted: text(masker, wanted),
        got: text(masker, got),
    };
    Failure {
        kind,
        message: text(masker, message),
        client: optional(masker, client),
        round,
        expected: optional(masker, expected),
        closest: closest.map(|one| near(masker, one)),
        diff: diff.into_iter().map(difference).collect(),
        browser: optional(masker, browser),
        causes: causes.into_iter().map(|one| cause(masker, one)).collect(),
        handshake,
    }
}

fn cause(masker: &Masker, cause: Cause) -> Cause {
    let Cause { id, title, why, next, likelihood } = cause;
    let told = |words: Cow<'static, str>| Cow::Owned(text(masker, words.into_owned()));
    let next = next.into_iter().map(told).collect();
    Cause { id: told(id), title: told(title), why: told(why), next, likelihood }
}

fn leftover(masker: &Masker, leftover: Leftover) -> Leftover {
    let Leftover { client, at_ms, message, bytes } = leftover;
    Leftover { client: text(masker, client), at_ms, message: text(masker, message), bytes }
}

impl Failure {
    /// The failure with every secret taken out.
    #[must_use]
    pub fn masked(self, masker: &Masker) -> Self {
        failed(masker, self)
    }
}
