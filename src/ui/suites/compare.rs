//! Two runs side by side.
//!
//! Owns what is better and what is worse. The rule a reader would break: a difference within what the clock and chance can
//! make is no difference; only what differs by more than a tenth and three steps of the clock is marked.

use leptos::prelude::*;

use super::link::Link;
use super::store::Store;
use crate::browser::page;
use crate::engine::report::{Metric, Report, Verdict};
use crate::ui::fields::button;
use crate::ui::format;
use crate::wire::checks::{Ask, Told};

/// Fetches both and shows them.
pub(super) fn start(store: Store, link: Link, earlier: u64, later: u64) {
    link.ask(Ask::Past(earlier), move |told| {
        let Told::Report(earlier) = told else { return say(store, told) };
        link.ask(Ask::Past(later), move |told| match told {
            Told::Report(later) => store.compared.set(Some((earlier, later))),
            told => say(store, told),
        });
    });
}

fn say(store: Store, told: Told) {
    if let Told::Failed(words) = told {
        store.complain(format::sentence(&words));
    }
}

/// One figure of both.
#[derive(Clone, Debug, PartialEq)]
struct Pair {
    name: String,
    before: String,
    after: String,
    /// In percent of the earlier one.
    change: Option<f64>,
    /// Whether that is more than chance: worse, better or neither.
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
        let change = pair.change.map(|change| format!("{change:+.1} %"));
        view! {
            <tr data-mark=pair.mark><th scope="row" class="mono">{pair.name}</th><td class="mono">{pair.before}</td><td class="mono">{pair.after}</td>
                <td class="mono">{change}" "{pair.mark}</td></tr>
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
        .then(|| view! { <p class="hint">"Every check that both have ended the same way."</p> });
    let when = |report: &Report| format!("{} of {}", report.suite, page::local_time(&report.started));
    let head = format!("{} with {}", when(before), when(after));
    view! {
        <section class="compared" aria-label="Two runs compared" data-testid="compared">
            <div class="line"><h3>{head}</h3><span class="space"></span>{button("quiet", "compare-close", "Close", "", move || store.compared.set(None))}</div>
            {same}
            <ul>{changed}</ul>
            <div class="wide" tabindex="0" role="group" aria-label="A table that may be wider than the screen"><table class="table">
                <thead><tr><th scope="col">"figure"</th><th scope="col">"earlier"</th><th scope="col">"later"</th><th scope="col">"change"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
        </section>
    }
    .into_any()
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

/// A figure of a timing: its name and where it stands.
type Figure = (&'static str, fn(&Metric) -> Option<f64>);

const FIGURES: [Figure; 4] =
    [("p50", |it| it.p50), ("p95", |it| it.p95), ("p99", |it| it.p99), ("max", |it| it.max)];

fn pairs(before: &Report, after: &Report) -> Vec<Pair> {
    let step = before.environment.timer_step_us.max(after.environment.timer_step_us);
    let mut pairs = Vec::new();
    for (name, was) in &before.metrics {
        let Some(is) = after.metrics.get(name) else { continue };
        if was.unit == "us" {
            for (figure, of) in FIGURES {
                if let (Some(was), Some(is)) = (of(was), of(is)) {
                    pairs.push(timing(format!("{name}.{figure}"), was, is, step));
                }
            }
        } else if was.count != is.count || matches!(name.as_str(), "sent" | "received") {
            pairs.push(counter(name, was.count, is.count));
        }
    }
    pairs
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
    Pair { name, before: words(was), after: words(is), change, mark }
}

fn counter(name: &str, was: u64, is: u64) -> Pair {
    let is_trouble = ["missing", "duplicates", "errors", "refused", "dropped", "late"].contains(&name);
    let mark = match (is_trouble, is.cmp(&was)) {
        (true, std::cmp::Ordering::Greater) => "worse",
        (true, std::cmp::Ordering::Less) => "better",
        _ => "",
    };
    let change = (was > 0).then(|| (is as f64 - was as f64) * 100.0 / was as f64);
    Pair { name: name.to_owned(), before: format::count(was), after: format::count(is), change, mark }
}
