//! The failures of a run, before all else: what was wanted, what came instead, who and when, and the messages around it.
//!
//! One rule: it says all that is known of each; which they are is worked out by [`super::places`].

use leptos::prelude::*;

use super::super::around;
use super::super::link::Link;
use super::super::model::millis;
use super::super::store::Store;
use super::limits::threshold;
use super::places::{MOST, Place, is_broken};
use super::steps::unmet_list;
use crate::engine::explain::{Cause, guesses};
use crate::engine::report::{Failure, FailureKind, NearMiss, ThresholdReport, Unmet, explain_missing};
use crate::engine::suite::Place as Line;
use crate::model::format;
use crate::model::running::{LiveCheck, LiveRun, LiveStep};
use crate::ui::bench::explanation::causes as listed;
use crate::ui::parts::fields::{button, text, when};
use crate::wire::checks::{Answer, Question, Spot};

/// The list.
pub(super) fn failures(store: Store, link: Link, run: RwSignal<LiveRun>, all: Memo<Vec<Place>>) -> AnyView {
    let more = text(move || match all.with(Vec::len).saturating_sub(MOST) {
        0 => String::new(),
        more => format!("and {}, listed in the report", format::counted(more as u64, "more failure")),
    });
    view! {
        <ul class="run-failures" aria-label="Failures" data-testid="failures" hidden=when(move || all.with(Vec::is_empty))>
            <For each=move || all.get().into_iter().take(MOST) key=|place| *place let:place>{failure(store, link, run, place)}</For>
        </ul>
        <p class="hint" hidden=when(move || more.with(String::is_empty))>{more}</p>
    }
    .into_any()
}

fn failure(store: Store, link: Link, run: RwSignal<LiveRun>, place: Place) -> AnyView {
    match place {
        Place::Step(check, step) => of_step(store, link, run, check, step),
        Place::Limits(at) => run.with_untracked(|run| {
            let Some(check) = run.checks.get(at) else { return ().into_any() };
            let broken = check.thresholds.iter().filter(|it| is_broken(it));
            of_limits(check.name.clone(), broken.map(|it| (it.clone(), String::new())).collect())
        }),
        Place::RunLimits => run.with_untracked(|run| {
            let Some(report) = &run.report else { return ().into_any() };
            let broken = report.thresholds.iter().filter(|it| is_broken(it)).map(|it| {
                let missing = explain_missing(it, &report.checks);
                let missing: Vec<_> =
                    missing.iter().map(|(check, lines)| format!("{check}\n{lines}")).collect();
                (it.clone(), missing.join("\n"))
            });
            of_limits("the whole run".to_owned(), broken.collect())
        }),
    }
}

fn of_limits(whose: String, broken: Vec<(ThresholdReport, String)>) -> AnyView {
    let words = format!("{} broken", format::counted(broken.len() as u64, "limit"));
    let rows: Vec<_> = broken.into_iter().map(|(it, missing)| threshold(it, missing)).collect();
    view! {
        <li class="run-failure" data-testid="broken-limits">
            <div class="run-line">
                <span class="checks-sign" data-verdict="fail" role="img" aria-label="failed"></span>
                <strong>{whose}</strong><span class="run-soft">{words}</span>
            </div>
            <ul class="run-limits">{rows}</ul>
        </li>
    }
    .into_any()
}

fn of_step(store: Store, link: Link, run: RwSignal<LiveRun>, at: usize, number: usize) -> AnyView {
    let step = Memo::new(move |_| {
        run.with(|run| run.checks.get(at).and_then(|check| check.steps.get(number)).cloned())
    });
    let name = run.with_untracked(|run| run.checks.get(at).map(|check| check.name.clone()));
    let spot = Spot { run: run.with_untracked(|run| run.run), check: at, step: number };
    let title = text(move || step.with(|step| step.as_ref().map(|it| it.title.clone()).unwrap_or_default()));
    let is_of_several = when(move || run.with(|run| run.checks.get(at).is_some_and(has_several)));
    let named = move || step.with_untracked(|step| step.as_ref().map(named).unwrap_or_default());
    let places =
        Memo::new(move |_| step.with(|step| step.as_ref().map(|it| it.places.clone()).unwrap_or_default()));
    let places = move || {
        let one = |(words, place)| view! { {words}{link_to(store, link, run, place)} }.into_any();
        places.get().into_iter().map(one).collect_view()
    };
    let lanes = move || around::to_lanes(store, link, spot, named());
    let body = move || {
        step.with(|step| {
            let step = step.as_ref()?;
            let clients = (step.failed_clients, step.on.len() as u64);
            Some(details(step.failure.clone()?, step.unmet.clone(), clients))
        })
    };
    view! {
        <li class="run-failure" data-testid="failure">
            <div class="run-line">
                <span class="checks-sign" data-verdict="fail" role="img" aria-label="failed"></span>
                <strong>{name}</strong><span class="run-soft">{title}</span>
                <span class="run-places">{places}</span>
                <span class="checks-space"></span>
                <span hidden=move || !is_of_several.get()>{button("quiet", "to-lanes", "Lanes", "Open the connections of this check side by side in the bench, what came wrong in red", lanes)}</span>
                {button("quiet", "around", "Messages around it", "What was sent and received before and after", move || around::toggle(store, link, spot))}
                {button("quiet", "to-timeline", "Timeline", "Open the messages of this check in the timeline of the bench, to search and compare them", move || around::to_timeline(store, link, spot))}
            </div>
            {body}
            {around::list(store, spot)}
        </li>
    }
    .into_any()
}

/// A place as a button that shows it in its document: the suite itself, or a file that it imports.
fn link_to(store: Store, link: Link, run: RwSignal<LiveRun>, place: Line) -> AnyView {
    let words = place.to_string();
    let is_own = place.file.is_none();
    let show = move || {
        let line = place.line;
        let Some(path) = place.file.clone() else { return store.show_line(line) };
        let suite = run.with_untracked(|run| run.suite_id.clone());
        link.ask(Question::Find { suite, path: path.clone() }, move |told| match told {
            Answer::Found(Some(id)) => store.show_line_of(id, line),
            _ => store.complain(format!("{path} is not in the library: import it to see its line {line}.")),
        });
    };
    // The document of a suite that came by a script is not in the library.
    let is_missing = when(move || is_own && store.card().is_none());
    view! { <button type="button" class="quiet run-place" data-testid="place" title="Show it in its document" disabled=is_missing on:click=move |_| show()>{words}</button> }
        .into_any()
}

fn has_several(check: &LiveCheck) -> bool {
    let mut clients = check.steps.iter().flat_map(|step| &step.on);
    clients.next().is_some_and(|first| clients.any(|other| other != first))
}

/// The messages that a failure names: the one that must not come, or those that came in place of another.
fn named(step: &LiveStep) -> Vec<NearMiss> {
    let closest = step.failure.iter().filter_map(|it| it.closest.as_ref()).filter(|it| !it.taken);
    let is_late = step.failure.as_ref().is_some_and(|it| it.kind == FailureKind::Timeout);
    let instead = step.unmet.iter().filter(|_| is_late).flat_map(|it| &it.instead).map(|it| &it.first);
    closest.chain(instead).cloned().collect()
}

/// All that is known of a failure.
///
/// `failed` is for how many clients of how many the step failed.
fn details(failure: Failure, unmet: Option<Unmet>, (failed, all): (u64, u64)) -> AnyView {
    let round = failure.round.map(|round| format!("round {round}"));
    let others = (failed > 0 && all > 1).then(|| format!("{failed} of {all} clients failed"));
    let whom = failure.client.into_iter().chain(round).chain(others).collect::<Vec<_>>().join(", ");
    // The sentence often says it already.
    let expected = failure
        .expected
        .filter(|words| !failure.message.contains(words.as_str()))
        .map(|words| view! { <div><dt>"expected"</dt><dd class="mono run-clamped" title=words.clone()>{words.clone()}</dd></div> }.into_any());
    let closest = failure.closest.map(|near| {
        let taken = if near.taken { ", already taken by another expectation" } else { "" };
        let when = format!("{} got it at {}{taken}", near.client, millis(near.at_ms));
        view! { <div><dt>"came closest"</dt><dd class="mono" data-testid="closest">{near.message}<span class="hint">{when}</span></dd></div> }.into_any()
    });
    let rows = failure.diff.into_iter().map(|it| {
        view! { <tr><td class="mono">{it.path}</td><td class="mono run-wanted">{it.wanted}</td><td class="mono run-got">{it.got}</td></tr> }.into_any()
    });
    let rows: Vec<_> = rows.collect();
    let diff = (!rows.is_empty()).then(|| {
        view! {
            <table class="run-diff" data-testid="diff">
                <thead><tr><th scope="col">"where"</th><th scope="col">"expected"</th><th scope="col">"found"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        }
    });
    view! {
        <p class="run-sentence"><span class="run-kind">{kind_words(failure.kind)}</span>" "<span data-testid="failure-message">{failure.message}</span></p>
        {unmet.and_then(unmet_list)}
        <dl class="run-facts">
            {expected}
            {closest}
            {(!whom.is_empty()).then(|| view! { <div><dt>"who"</dt><dd>{whom}</dd></div> })}
        </dl>
        {behind(failure.kind, failure.causes)}
        {diff}
    }
    .into_any()
}

/// What may be behind the end of a connection, as the bench says it; nothing when nothing is known.
fn behind(kind: FailureKind, causes: Vec<Cause>) -> Option<AnyView> {
    let first = causes.first()?;
    let one = || format!("{}: {}", first.likelihood.word(), first.title);
    let summary = (kind == FailureKind::Refused).then(|| guesses(&causes)).flatten().unwrap_or_else(one);
    Some(
        view! { <details class="run-behind" data-testid="causes"><summary>{summary}</summary>{listed(causes)}</details> }
            .into_any(),
    )
}

fn kind_words(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Timeout => "not in time",
        FailureKind::Mismatch => "not as expected",
        FailureKind::Unexpected => "not allowed",
        FailureKind::Closed => "connection ended",
        FailureKind::Refused => "handshake",
        FailureKind::Http => "HTTP",
        FailureKind::Invariant => "always",
        FailureKind::Threshold => "threshold",
        FailureKind::Script => "script",
    }
}
