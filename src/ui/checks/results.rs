//! A run as it happens, and when it is over.
//!
//! Owns the line of the whole, the checks and their steps, and the grid of connections. One rule: what is drawn is redrawn
//! only where it differs, since a run reports four times a second.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::failure;
use super::link::Link;
use super::model::{exact_millis, is_certifiable, millis};
use super::order;
use super::past;
use super::store::{Store, Tab};
use super::target;
use crate::engine::conformance::ClaimState as Judged;
use crate::engine::report::{Instead, Unmet, Verdict, setup_failure};
use crate::model::format;
use crate::model::margin;
use crate::model::running::{LiveCheck, LiveRun, Stage};
use crate::ui::parts::fields::{button, text, when};
use crate::wire::checks::Phase;

/// More checks are not drawn: too many to read, and the report has them all.
const MOST_CHECKS: usize = 500;

/// One run.
pub(super) fn run(store: Store, link: Link, run: RwSignal<LiveRun>) -> AnyView {
    let count = Memo::new(move |_| run.with(|run| run.checks.len()));
    let rows = view! {
        <For each=move || 0..count.get().min(MOST_CHECKS) key=|at| *at let:at>{check(store, link, run, at)}</For>
    };
    let more = text(move || match count.get().saturating_sub(MOST_CHECKS) {
        0 => String::new(),
        more => format!("and {} more checks, listed in the report", format::count(more as u64)),
    });
    view! {
        {whole(store, link, run)}
        {connections(run)}
        <ol class="check-list" data-testid="results">{rows}</ol>
        <p class="hint">{more}</p>
    }
    .into_any()
}

/// The line of the whole: verdict, progress, figures, what can be done with it.
fn whole(store: Store, link: Link, run: RwSignal<LiveRun>) -> AnyView {
    let stage = Memo::new(move |_| run.with(LiveRun::stage));
    let known = Memo::new(move |_| {
        let suite = run.with(|run| run.suite.clone());
        store.known.with(|known| known.get(&suite).cloned())
    });
    let title = text(move || match stage.get() {
        Stage::Ended(verdict) => verdict_words(verdict).to_owned(),
        _ => "Running".to_owned(),
    });
    let counts = text(move || {
        run.with(|run| {
            let (ended, all) = run.progress();
            let passed = run.checks.iter().filter(|check| check.stage == Stage::Ended(Verdict::Pass)).count();
            match &run.report {
                Some(report) => {
                    // What was skipped, or was to run without a server, counts for nothing.
                    let counts = |check: &&LiveCheck| match check.stage {
                        Stage::Ended(verdict) => Judged::of_check(verdict, &check.reasons).applied(),
                        _ => true,
                    };
                    let applied = run.checks.iter().filter(counts).count();
                    let that = if applied < all { " that applied" } else { "" };
                    format!(
                        "{passed} of {}{that} passed in {}",
                        format::counted(applied as u64, "check"),
                        millis(report.duration_ms)
                    )
                }
                None => format!("{ended} of {} done", format::counted(all as u64, "check")),
            }
        })
    });
    let figures = text(move || {
        let counters = run.with(LiveRun::counters);
        let mut words =
            format!("{} sent · {} received", format::count(counters.sent), format::count(counters.received));
        if counters.missing > 0 {
            words.push_str(&format!(" · {} missing", format::count(counters.missing)));
        }
        words
    });
    let share = text(move || run.with(|run| format!("{:.4}", run.share(known.get().as_ref()))));
    let left = text(move || {
        let left = known.get().and_then(|known: BTreeMap<String, f64>| run.with(|run| run.time_left(&known)));
        left.map(|left| format!("about {} left", format::span(left))).unwrap_or_default()
    });
    let reasons = move || {
        let reasons = run.with(|run| run.report.as_ref().map(|it| it.reasons.clone()).unwrap_or_default());
        reasons
            .into_iter()
            .map(|words| view! { <p class="reason">{format::sentence(&words)}</p> })
            .collect_view()
    };
    let is_over = when(move || matches!(stage.get(), Stage::Ended(_)));
    let is_certified = Memo::new(move |_| run.with(is_certifiable));
    let seed = text(move || run.with(|run| run.seed.to_string()));
    let take_seed = move || store.seed.set(run.with_untracked(|run| run.seed.to_string()));
    let id = run.with_untracked(|run| run.run);
    view! {
        <section class="whole" data-testid="outcome" data-state=text(move || stage.get().name().to_owned()) aria-label="The whole run">
            <div class="line">
                <span class="verdict" role="status" data-testid="verdict">{title}</span>
                <span data-testid="counts">{counts}</span>
                <span class="hint">{figures}</span>
                <span class="space"></span>
                <span class="hint">"seed "<button type="button" class="quiet mono" title="Use this seed for the next run" data-testid="take-seed" on:click=move |_| take_seed()>{seed}</button></span>
            </div>
            <div class="line" hidden=is_over>
                <progress max="1" value=share aria-label="Progress of the run"></progress>
                <span class="hint">{left}</span>
            </div>
            {target::of_run(run)}
            {reasons}
            <div class="deeds" hidden=when(move || !is_over.get())>
                {move || past::exports(store, link, id, is_certified.get())}
                {button("quiet", "show-figures", "Figures", "", move || store.tab.set(Tab::Figures))}
                {button("quiet", "show-list", "Back to the list of checks", "", move || store.shown.set(None))}
            </div>
        </section>
    }
    .into_any()
}

fn verdict_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "Passed",
        Verdict::Fail => "Failed",
        Verdict::Error => "Broken",
        Verdict::Inconclusive => "Inconclusive",
        Verdict::Skipped => "Skipped",
    }
}

/// The connections of the check that runs, by state.
fn connections(run: RwSignal<LiveRun>) -> AnyView {
    let connections = Memo::new(move |_| run.with(|run| run.connections.clone()));
    let cells = move || {
        let cell = |connection: crate::wire::checks::ConnectionRow| {
            let state = match connection.phase {
                Phase::Connecting => "connecting",
                Phase::Open => "open",
                Phase::Closing => "closing",
                Phase::Closed => "closed",
                Phase::Failed => "failed",
            };
            let words = format!(
                "{}: {state}, {} sent, {} received",
                connection.name, connection.sent, connection.received
            );
            view! { <li data-state=state title=words></li> }.into_any()
        };
        connections.get().into_iter().map(cell).collect_view()
    };
    let words = text(move || {
        connections.with(|connections| {
            let of = |phase| connections.iter().filter(|connection| connection.phase == phase).count();
            format!(
                "{}: {} open, {} connecting, {} closing or closed, {} failed",
                format::counted(connections.len() as u64, "connection"),
                of(Phase::Open),
                of(Phase::Connecting),
                of(Phase::Closing) + of(Phase::Closed),
                of(Phase::Failed)
            )
        })
    });
    view! {
        <section class="connection-grid" aria-label="Connections of the running check" hidden=when(move || connections.with(Vec::is_empty))>
            <p class="hint" data-testid="seats">{words}</p>
            <ul aria-hidden="true">{cells}</ul>
        </section>
    }
    .into_any()
}

fn check(store: Store, link: Link, run: RwSignal<LiveRun>, at: usize) -> AnyView {
    let check = Memo::new(move |_| run.with(|run| run.checks.get(at).cloned()).unwrap_or_default());
    let stage = Memo::new(move |_| check.with(|check| check.stage));
    let same = Memo::new(move |_| run.with(|run| same_setup(&run.checks, at)));
    // What went wrong is open by itself; what a person opened or closed stays so.
    let by_hand = RwSignal::new(None::<bool>);
    let is_open = when(move || {
        by_hand.get().unwrap_or(match stage.get() {
            Stage::Running => true,
            // What another check before it says already.
            Stage::Ended(_) if same.get().is_some() => false,
            // Of what does not apply there is nothing to see but why, which the certificate and the reasons say.
            Stage::Ended(verdict) => !matches!(verdict, Verdict::Pass | Verdict::Skipped),
            Stage::Waiting => false,
        })
    });
    let card = NodeRef::<leptos::html::Li>::new();
    Effect::new(move || {
        if let (true, Some(card)) = (store.wanted.get() == Some(at), card.get()) {
            by_hand.set(Some(true));
            store.wanted.set(None);
            crate::browser::page::with_next_frame(move || crate::browser::page::bring_to_top(&card));
        }
    });
    let count = Memo::new(move |_| check.with(|check| check.steps.len()));
    let name = check.with_untracked(|check| check.name.clone());
    let tags = check.with_untracked(|check| check.tags.clone());
    let took = text(move || match stage.get() {
        // A check that did not run took no time.
        Stage::Ended(Verdict::Inconclusive | Verdict::Skipped) if check.with(|check| check.took.0 == 0.0) => {
            String::new()
        }
        Stage::Ended(_) => millis(check.with(|check| check.took)),
        _ => String::new(),
    });
    let figures = text(move || {
        let counters = check.with(|check| check.counters);
        match stage.get() {
            Stage::Waiting => String::new(),
            _ => format!(
                "{} sent · {} received",
                format::count(counters.sent),
                format::count(counters.received)
            ),
        }
    });
    let noted = text(move || match (same.get(), stage.get()) {
        (Some(first), _) => format!("its setup failed as in {first}"),
        (None, Stage::Ended(verdict)) => check.with(|check| noted(check, verdict)),
        _ => String::new(),
    });
    let reasons = move || {
        let reasons = check.with(|check| check.reasons.clone());
        reasons
            .into_iter()
            .map(|words| view! { <p class="reason">{format::sentence(&words)}</p> })
            .collect_view()
    };
    let only = {
        let name = name.clone();
        move || order::run_selected(store, link, vec![name.clone()])
    };
    let steps = move || {
        match is_open.get() {
        true => view! {
            <div class="inside">
                {reasons}
                <ol class="steps"><For each=move || 0..count.get() key=|at| *at let:step>{self::step(store, link, run, check, at, step)}</For></ol>
                {thresholds(check)}
            </div>
        }
        .into_any(),
        false => ().into_any(),
    }
    };
    view! {
        <li class="check-card" node_ref=card data-testid="check" data-state=text(move || stage.get().name().to_owned())>
            <div class="line">
                <button type="button" class="quiet open" aria-expanded=text(move || is_open.get().to_string()) on:click=move |_| by_hand.set(Some(!is_open.get_untracked()))>
                    <span class="sign" data-verdict=text(move || stage.get().name().to_owned()) role="img" aria-label=text(move || stage.get().name().to_owned())></span>
                    <strong>{name}</strong>
                </button>
                {tags.into_iter().map(|tag| view! { <span class="badge">{tag}</span> }).collect_view()}
                <span class="space"></span>
                <span class="hint" data-testid="noted">{noted}</span>
                <span class="hint">{figures}</span>
                <span class="took mono" title=text(move || exact_millis(check.with(|check| check.took)))>{took}</span>
                <button type="button" class="quiet" data-testid="run-one" disabled=when(move || store.is_running()) on:click=move |_| only()>"Run only this"</button>
            </div>
            {steps}
        </li>
    }
    .into_any()
}

/// What there is to say of a check that is folded: its notes, and what was left over.
fn noted(check: &LiveCheck, verdict: Verdict) -> String {
    let notes = if verdict == Verdict::Pass { check.reasons.len() as u64 } else { 0 };
    let notes = (notes > 0).then(|| format::counted(notes, "note"));
    let left = check.counters.leftovers;
    let left = (left > 0).then(|| format!("{} left over", format::count(left)));
    notes.into_iter().chain(left).collect::<Vec<_>>().join(" · ")
}

/// The check before this one whose setup failed in the same way.
fn same_setup(checks: &[LiveCheck], at: usize) -> Option<String> {
    let key = |check: &LiveCheck| {
        let mut failed = check.steps.iter().filter_map(|step| Some((&step.path, step.failure.as_ref()?)));
        let (path, failure) = failed.next()?;
        let key = setup_failure(path, failure)?;
        failed.all(|(path, _)| !path.starts_with("steps")).then_some(key)
    };
    let own = key(checks.get(at)?)?;
    let first = checks[..at].iter().find(|check| key(check).as_ref() == Some(&own))?;
    Some(first.name.clone())
}

fn step(
    store: Store,
    link: Link,
    run: RwSignal<LiveRun>,
    check: Memo<LiveCheck>,
    at: usize,
    number: usize,
) -> AnyView {
    let step = Memo::new(move |_| check.with(|check| check.steps.get(number).cloned()).unwrap_or_default());
    let stage = text(move || step.with(|step| step.stage.name().to_owned()));
    let depth = step.with_untracked(|step| depth(&step.path));
    let class = if depth > 0 { "step inner" } else { "step" };
    let title = text(move || step.with(|step| step.note.clone().unwrap_or_else(|| step.title.clone())));
    let does =
        text(move || step.with(|step| step.note.as_ref().map(|_| step.title.clone()).unwrap_or_default()));
    let part = step.with_untracked(|step| part_of(&step.path));
    let took = text(move || {
        step.with(|step| match step.stage {
            Stage::Ended(verdict) if verdict != Verdict::Skipped => millis(step.took),
            _ => String::new(),
        })
    });
    let line = step.with_untracked(|step| step.line);
    let show = move || {
        store.place.set(Some((line, 1)));
        store.tab.set(Tab::Edit);
    };
    let failed = Memo::new(move |_| step.with(|step| step.failure.clone()));
    let failure = move || match failed.get() {
        Some(it) => {
            let spot =
                crate::wire::checks::Spot { run: run.with_untracked(|run| run.run), check: at, step: number };
            let clients = step.with(|step| (step.failed_clients, step.on.len() as u64));
            failure::details(store, link, spot, it, clients)
        }
        None => ().into_any(),
    };
    view! {
        <li class=class data-testid="step" data-state=stage data-depth=depth.to_string()>
            <div class="line">
                <span class="sign" data-verdict=stage role="img" aria-label=stage></span>
                {part.map(|part| view! { <span class="badge">{part}</span> })}
                <span class="title" title=does>{title}</span>
                <span class="space"></span>
                <span class="took mono" title=text(move || exact_millis(step.with(|step| step.took)))>{took}</span>
                <button type="button" class="quiet at" title="Show it in the document" on:click=move |_| show()>{format!("line {line}")}</button>
            </div>
            {failure}
            {move || step.with(|step| step.unmet.clone()).and_then(unmet)}
        </li>
    }
    .into_any()
}

/// How many of the messages that a step expected came, and what came in their place.
fn unmet(it: Unmet) -> Option<AnyView> {
    if it.expected < 2 {
        return None;
    }
    let met = format!("{} of {} met", format::count(it.met), format::count(it.expected));
    let group = |Instead { shape, count, first }: Instead| {
        let whose = format!("{} got it at {}", first.client, millis(first.at_ms));
        view! {
            <li data-testid="instead">
                <code>{shape}</code>" ×"<strong>{format::count(count)}</strong>
                <details><summary>"Show one"</summary><code>{first.message}</code><span class="hint">{whose}</span></details>
            </li>
        }
        .into_any()
    };
    let omitted = it.instead_omitted;
    let words = match (it.instead.is_empty(), omitted) {
        (true, 0) => "Nothing else came.".to_owned(),
        (true, _) => format!("{} came instead.", format::counted(omitted, "message")),
        _ => "Came instead:".to_owned(),
    };
    let more = (omitted > 0 && !it.instead.is_empty())
        .then(|| view! { <li>{format!("{} of other shapes", format::counted(omitted, "message"))}</li> });
    let groups: Vec<_> = it.instead.into_iter().map(group).collect();
    Some(
        view! {
            <div class="failure unmet" data-testid="unmet">
                <p><strong>{met}</strong>" · "{words}</p>
                <ul>{groups}{more}</ul>
            </div>
        }
        .into_any(),
    )
}

/// How deep a step stands in others.
fn depth(path: &str) -> usize {
    path.matches('.').count()
}

/// What of a check a step belongs to, where it is not its steps.
fn part_of(path: &str) -> Option<&'static str> {
    [("setup", "setup"), ("teardown", "teardown"), ("invariants", "always")]
        .into_iter()
        .find_map(|(begin, words)| path.starts_with(begin).then_some(words))
}

fn thresholds(check: Memo<LiveCheck>) -> AnyView {
    let rows = move || {
        check
            .with(|check| check.thresholds.clone())
            .into_iter()
            .map(|it| threshold(it, String::new()))
            .collect_view()
    };
    view! { <ul class="thresholds">{rows}</ul> }.into_any()
}

/// One bound, what was measured, and how far that is from the bound; `missing` says what did not come first and what came.
pub(super) fn threshold(it: crate::engine::report::ThresholdReport, missing: String) -> AnyView {
    let missing = (!missing.is_empty())
        .then(|| view! { <pre class="missing mono" data-testid="missing">{missing}</pre> }.into_any());
    let margin = margin::words(&it.expr, &it.value);
    view! {
        <li data-testid="threshold" data-state=it.verdict.name()>
            <span class="sign" data-verdict=it.verdict.name() role="img" aria-label=it.verdict.name()></span>
            <span class="mono">{it.expr}</span><span>"measured "<strong class="mono">{it.value}</strong></span><span class="hint">{margin}</span>
            <span class="hint">{it.message}</span>
            {missing}
        </li>
    }
    .into_any()
}

/// Several runs of one request: a chip for each, and how steady each check was.
pub(super) fn order(store: Store, link: Link) -> AnyView {
    let runs = Memo::new(move |_| {
        let begun = store.order.with(|order| if order.runs > 1 { order.begun as usize } else { 0 });
        store.runs.with(|runs| runs[runs.len().saturating_sub(begun)..].to_vec())
    });
    let chips = move || {
        let chip = |run: RwSignal<LiveRun>| {
            let (id, round) = run.with_untracked(|run| (run.suite_id.clone(), run.round));
            let stage = text(move || run.with(|run| run.stage().name().to_owned()));
            let label = text(move || match store.order.with(|order| order.suites.len()) {
                1 => (round + 1).to_string(),
                _ => run.with(|run| run.suite.clone()),
            });
            let is_current = text(move || (store.shown.get() == Some(run)).to_string());
            let show = move || {
                crate::browser::page::go_to(&format!("#/checks/{id}"));
                store.selected.set(id.clone());
                store.shown.set(Some(run));
            };
            view! {
                <button type="button" class="chip" data-testid="order-run" data-verdict=stage aria-pressed=is_current on:click=move |_| show()>
                    <span class="sign" data-verdict=stage role="img" aria-label=stage></span>{label}
                </button>
            }
            .into_any()
        };
        runs.get().into_iter().map(chip).collect_view()
    };
    let failed = Memo::new(move |_| {
        runs.with(|runs| runs.iter().any(|run| run.with(|run| !order::failed(run).is_empty())))
    });
    let again = move || order::run_all_failed(store, link, &runs.get_untracked());
    let run_all_failed = view! {
        <button type="button" data-testid="run-all-failed" hidden=when(move || !failed.get() || store.is_running()) on:click=move |_| again()>"Re-run failed"</button>
    };
    view! {
        <section class="order" aria-label="Runs of this request" hidden=when(move || runs.with(Vec::is_empty))>
            <div class="chips">{chips}</div>
            {steadiness(store)}
            {run_all_failed}
        </section>
    }
    .into_any()
}

/// Which checks passed only now and then.
fn steadiness(store: Store) -> AnyView {
    let seen = Memo::new(move |_| {
        store.order.with(|order| if order.suites.len() == 1 { order.tally.clone() } else { BTreeMap::new() })
    });
    let rows = move || {
        let row = |(name, (passed, all)): (String, (u32, u32))| {
            view! { <li data-testid="unsteady"><strong>{name}</strong>{format!(" passed {passed} of {all} times")}</li> }
                .into_any()
        };
        seen.get().into_iter().filter(|(_, (passed, all))| passed != all).map(row).collect_view()
    };
    let words = text(move || {
        seen.with(|seen| {
            let unsteady = seen.values().filter(|(passed, all)| passed != all).count();
            match (seen.len(), unsteady) {
                (0, _) => String::new(),
                (all, 0) => format!("{} passed every time so far.", format::counted(all as u64, "check")),
                (_, unsteady) => {
                    format!("{} did not pass every time:", format::counted(unsteady as u64, "check"))
                }
            }
        })
    });
    view! { <p class="hint" data-testid="steadiness">{words}</p><ul class="unsteady">{rows}</ul> }.into_any()
}
