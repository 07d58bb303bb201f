//! Two runs side by side.
//!
//! Owns what is better and what is worse. A difference that the clock or chance can make is not a difference. A figure is
//! judged only when both runs have enough samples. It is marked when it differs by more than a tenth and three steps of the
//! clock.

use leptos::prelude::*;

use super::link::Link;
use super::store::Store;
use crate::browser::page;
use crate::engine::report::{Metric, Report, Verdict};
use crate::model::format;
use crate::ui::parts::fields::button;
use crate::wire::checks::{Answer, Question};

/// Fetches both and shows them.
pub(super) fn start(store: Store, link: Link, earlier: u64, later: u64) {
    link.ask(Question::Past(earlier), move |told| {
        let Answer::Report(earlier) = told else { return say(store, told) };
        link.ask(Question::Past(later), move |told| match told {
            Answer::Report(later) => store.compared.set(Some((earlier, later))),
            told => say(store, told),
        });
    });
}

fn say(store: Store, told: Answer) {
    if let Answer::Failed(words) = told {
        store.complain(format::sentence(&words));
    }
}

/// One figure of both.
#[derive(Clone, Debug, PartialEq)]
struct Pair {
    name: String,
    before: String,
    after: String,
    /// How many samples each of the two has; empty for what is counted.
    samples: String,
    /// In percent of the earlier one.
    change: Option<f64>,
    /// Whether that is more than chance: worse, better, neither, or too few samples to say.
    mark: &'static str,
}

/// The table of what is different.
pub(super) fn table(store: Store) -> AnyView {
    let body = move || match store.compared.get() {
        None => ().into_any(),
        Some((before, after)) => both(store, &before, &after),
    };
    view! { {body} }.into_any()
}

fn both(store: Store, before: &Report, after: &Report) -> AnyView {
    let rows = pairs(before, after).into_iter().map(|pair| {
        let change = match (pair.change, pair.mark) {
            (_, TOO_FEW) => TOO_FEW.to_owned(),
            (Some(change), "") => signed(change),
            // "16 % faster", without a sign: the word says which way.
            (Some(change), mark @ ("faster" | "slower")) => format!("{} {mark}", format::percent(change.abs())),
            (Some(change), mark) => format!("{} {mark}", signed(change)),
            (None, mark) => mark.to_owned(),
        };
        view! {
            <tr data-testid="compared-figure" data-mark=pair.mark><th scope="row" class="mono">{pair.name}</th><td class="mono">{pair.before}</td><td class="mono">{pair.after}</td>
                <td class="mono">{pair.samples}</td><td class="mono">{change}</td></tr>
        }
        .into_any()
    });
    let rows = rows.collect_view();
    let changed = verdicts(before, after).into_iter().map(|(name, was, is)| {
        view! { <li data-testid="changed-check"><strong>{name}</strong>{format!(": {was}, then {is}")}</li> }.into_any()
    });
    let changed: Vec<_> = changed.collect();
    let same = changed
        .is_empty()
        .then(|| view! { <p class="hint">"Every check in both runs ended the same way."</p> });
    let when = |report: &Report| format!("{} of {}", report.suite, page::local_time(&report.started));
    let head = format!("{} with {}", when(before), when(after));
    let targets = [before, after].map(targets_of);
    let warning = differ(&targets).map(|words| view! { <p class="note" role="alert" data-state="wrong" data-testid="other-target">{words}</p> });
    let [earlier, later] = targets;
    view! {
        <section class="checks-sums" aria-label="Two runs compared" data-testid="compared">
            <div class="suite-line"><h3>{head}</h3><span class="checks-space"></span>{button("quiet", "compare-close", "Close", "", move || store.compared.set(None))}</div>
            <dl class="checks-facts" data-testid="compared-targets">
                <div><dt>"Earlier target"</dt><dd class="mono">{earlier}</dd></div>
                <div><dt>"Later target"</dt><dd class="mono">{later}</dd></div>
            </dl>
            {warning}
            {same}
            <ul>{changed}</ul>
            <div class="checks-wide" tabindex="0" role="group" aria-label="A table that may be wider than the screen"><table class="table">
                <thead><tr><th scope="col">"figure"</th><th scope="col">"earlier"</th><th scope="col">"later"</th><th scope="col">"samples"</th><th scope="col">"change"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
            <p class="hint">{rule()}</p>
        </section>
    }
    .into_any()
}

/// All addresses of a run in a line.
fn targets_of(report: &Report) -> String {
    match report.targets.is_empty() {
        true => "not known: an earlier version wrote this report".to_owned(),
        false => report.targets.iter().map(|target| target.url.as_str()).collect::<Vec<_>>().join(", "),
    }
}

/// A warning when the two runs did not test the same.
fn differ([before, after]: &[String; 2]) -> Option<String> {
    (before != after).then(|| {
        format!(
            "These runs did not test the same address: {before} first, then {after}. A difference may come from that alone."
        )
    })
}

/// Checks that ended differently, or that only one of them has.
fn verdicts(before: &Report, after: &Report) -> Vec<(String, &'static str, &'static str)> {
    let of = |report: &Report, name: &str| {
        report
            .checks
            .iter()
            .find(|check| check.name == name)
            .map_or("not run", |check| verdict(check.verdict))
    };
    let mut names: Vec<&String> =
        before.checks.iter().chain(&after.checks).map(|check| &check.name).collect();
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(*name));
    names
        .into_iter()
        .map(|name| (name.clone(), of(before, name), of(after, name)))
        .filter(|(_, was, is)| was != is)
        .collect()
}

fn verdict(verdict: Verdict) -> &'static str {
    verdict.name()
}

/// A figure of a timing: its name, where it stands, and how many samples both runs need before it is judged; none for one that
/// never is.
type Figure = (&'static str, fn(&Metric) -> Option<f64>, Option<u64>);

/// A percentile rests on the samples beyond it: these counts leave five or more of them. The largest of all rests on one.
const FIGURES: [Figure; 4] = [
    ("p50", |it| it.p50, Some(20)),
    ("p95", |it| it.p95, Some(100)),
    ("p99", |it| it.p99, Some(500)),
    ("max", |it| it.max, None),
];

const TOO_FEW: &str = "too few samples to judge";

/// From how many samples on a figure is judged, in a sentence.
fn rule() -> String {
    let bounds = FIGURES.iter().filter_map(|(name, _, least)| Some(format!("{name} from {} on", (*least)?)));
    format!(
        "A figure is judged when both runs have enough samples: {}. A maximum rests on one sample, so it is shown and not judged.",
        bounds.collect::<Vec<_>>().join(", ")
    )
}

fn pairs(before: &Report, after: &Report) -> Vec<Pair> {
    let step = before.environment.timer_step_us.max(after.environment.timer_step_us);
    let mut pairs = Vec::new();
    for (name, was) in &before.metrics {
        let Some(is) = after.metrics.get(name) else { continue };
        if was.unit == "us" {
            for (figure, of, least) in FIGURES {
                if let (Some(first), Some(second)) = (of(was), of(is)) {
                    let mut pair = timing(format!("{name}.{figure}"), first, second, step);
                    pair.samples = format!("{} / {}", format::count(was.count), format::count(is.count));
                    match least {
                        None => pair.mark = "",
                        Some(least) if was.count.min(is.count) < least => pair.mark = TOO_FEW,
                        Some(_) => {}
                    }
                    pairs.push(pair);
                }
            }
        } else if was.count != is.count || matches!(name.as_str(), "sent" | "received") {
            pairs.push(counter(name, was.count, is.count));
        }
    }
    pairs
}

/// A change with its sign, with three digits.
fn signed(change: f64) -> String {
    let sign = if change < 0.0 { "−" } else { "+" };
    format!("{sign}{}", format::percent(change.abs()))
}

fn timing(name: String, was: f64, is: f64, step: f64) -> Pair {
    let change = (was > 0.0).then(|| (is - was) * 100.0 / was);
    let is_real = (is - was).abs() > 3.0 * step && change.is_some_and(|change| change.abs() > 10.0);
    let mark = match is_real {
        true if is > was => "slower",
        true => "faster",
        false => "",
    };
    let words = |micros: f64| {
        let step = std::time::Duration::from_nanos((step * 1e3) as u64);
        format::figure(std::time::Duration::from_nanos((micros * 1e3) as u64), step)
    };
    Pair { name, before: words(was), after: words(is), samples: String::new(), change, mark }
}

fn counter(name: &str, was: u64, is: u64) -> Pair {
    let is_trouble = ["missing", "duplicates", "errors", "refused", "dropped", "late"].contains(&name);
    let mark = match (is_trouble, is.cmp(&was)) {
        (true, std::cmp::Ordering::Greater) => "worse",
        (true, std::cmp::Ordering::Less) => "better",
        _ => "",
    };
    let change = (was > 0).then(|| (is as f64 - was as f64) * 100.0 / was as f64);
    let (before, after) = (format::count(was), format::count(is));
    Pair { name: name.to_owned(), before, after, samples: String::new(), change, mark }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(count: u64, micros: f64) -> Report {
        let figures = format!(r#""p50": {micros}, "p95": {micros}, "p99": {micros}, "max": {micros}"#);
        let text = format!(
            r#"{{ "sockscope": "0", "format": 1, "suite": "s", "verdict": "pass", "seed": 1, "started": "", "duration_ms": 0,
                 "environment": {{ "browser": "", "origin": "", "timer_step_us": 5, "loop_lag_p99_ms": 0, "hidden": false }},
                 "totals": {{ "checks": 0, "passed": 0, "failed": 0, "errors": 0, "inconclusive": 0, "sent": 0, "received": 0,
                 "expected": 0, "matched": 0, "success": 100 }},
                 "metrics": {{ "rtt": {{ "unit": "us", "count": {count}, {figures} }} }}, "thresholds": [], "checks": [] }}"#
        );
        crate::engine::report::read_json(&text).expect("a report")
    }

    #[track_caller]
    fn check(counts: [u64; 2], marks: [&str; 4]) {
        let pairs = pairs(&run(counts[0], 1000.0), &run(counts[1], 5000.0));
        assert_eq!(pairs.iter().map(|pair| pair.mark).collect::<Vec<_>>(), marks);
        assert!(pairs.iter().all(|pair| pair.samples == format!("{} / {}", counts[0], counts[1])));
    }

    #[test]
    fn a_figure_of_few_samples_is_shown_and_not_judged() {
        check([1, 5], [TOO_FEW, TOO_FEW, TOO_FEW, ""]);
        check([500, 19], [TOO_FEW, TOO_FEW, TOO_FEW, ""]);
        check([20, 99], ["slower", TOO_FEW, TOO_FEW, ""]);
        check([100, 499], ["slower", "slower", TOO_FEW, ""]);
        check([500, 500], ["slower", "slower", "slower", ""]);
    }

    #[test]
    fn two_runs_of_different_addresses_are_kept_apart() {
        let same = [String::from("ws://a/ws"), String::from("ws://a/ws")];
        assert_eq!(differ(&same), None);
        let other = [String::from("ws://a/ws"), String::from("ws://b/ws")];
        assert!(differ(&other).is_some_and(|words| words.contains("ws://a/ws first, then ws://b/ws")));
    }
}
