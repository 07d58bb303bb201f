//! The checks of a run, each with its steps.

use leptos::prelude::*;

use super::super::link::Link;
use super::super::model::{exact_millis, millis};
use super::super::order;
use super::super::store::Store;
use super::limits::threshold;
use super::places::{Place, has_limits, is_broken, same_setup};
use super::{connections, steps};
use crate::engine::report::Verdict;
use crate::model::format;
use crate::model::running::{LiveCheck, LiveRun, Stage};
use crate::ui::parts::fields::{text, when};

/// More checks are not drawn: too many to read, and the report has them all.
const MOST_CHECKS: usize = 500;
/// So few checks show their steps by themselves.
const FEW: usize = 3;

pub(super) fn checks(store: Store, link: Link, run: RwSignal<LiveRun>, failed: Memo<Vec<Place>>) -> AnyView {
    let count = Memo::new(move |_| run.with(|run| run.checks.len()));
    let rows = view! {
        <For each=move || 0..count.get().min(MOST_CHECKS) key=|at| *at let:at>{check(store, link, run, failed, at)}</For>
    };
    let more = text(move || match count.get().saturating_sub(MOST_CHECKS) {
        0 => String::new(),
        more => format!("and {}, listed in the report", format::counted(more as u64, "more check")),
    });
    view! {
        <ol class="run-checks" data-testid="results">{rows}</ol>
        <p class="hint" hidden=when(move || more.with(String::is_empty))>{more}</p>
    }
    .into_any()
}

fn check(store: Store, link: Link, run: RwSignal<LiveRun>, failed: Memo<Vec<Place>>, at: usize) -> AnyView {
    let check = Memo::new(move |_| run.with(|run| run.checks.get(at).cloned()).unwrap_or_default());
    let stage = Memo::new(move |_| check.with(|check| check.stage));
    let same = Memo::new(move |_| {
        // Only what has failed is compared with others.
        let is_bad = matches!(stage.get(), Stage::Ended(Verdict::Fail | Verdict::Error));
        if is_bad { run.with(|run| same_setup(&run.checks, at)) } else { None }
    });
    let is_few = Memo::new(move |_| run.with(|run| run.checks.len() <= FEW));
    // What went wrong is open by itself; what a person opened or closed stays so.
    let by_hand = RwSignal::new(None::<bool>);
    let is_open = Memo::new(move |_| {
        by_hand.get().unwrap_or(match stage.get() {
            Stage::Running => true,
            // What another check before it says already.
            Stage::Ended(_) if same.get().is_some() => false,
            // Of what does not apply there is nothing to see but why, which the certificate and the reasons say.
            Stage::Ended(verdict) => is_few.get() || !matches!(verdict, Verdict::Pass | Verdict::Skipped),
            Stage::Waiting => is_few.get(),
        })
    });
    let card = NodeRef::<leptos::html::Li>::new();
    Effect::new(move || {
        if let (true, Some(card)) = (store.wanted.get() == Some(at), card.get()) {
            by_hand.set(Some(true));
            store.wanted.set(None);
            crate::browser::page::with_next_frame(move || crate::browser::layout::bring_to_top(&card));
        }
    });
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
            _ => {
                format!(
                    "{} sent · {} received",
                    format::count(counters.sent),
                    format::count(counters.received)
                )
            }
        }
    });
    let noted = text(move || match (same.get(), stage.get()) {
        (Some(first), _) => format!("its setup failed as in {first}"),
        (None, Stage::Ended(verdict)) => check.with(|check| noted(check, verdict)),
        _ => String::new(),
    });
    let reasons = Memo::new(move |_| check.with(|check| check.reasons.clone()));
    let only = {
        let name = name.clone();
        move || order::run_selected(store, link, vec![name.clone()])
    };
    let is_running = Memo::new(move |_| stage.get() == Stage::Running);
    let inside = move || {
        let reason = |words: String| view! { <p class="checks-reason">{format::sentence(&words)}</p> };
        is_open.get().then(|| {
            view! {
                <div class="run-inside">
                    {move || reasons.get().into_iter().map(reason).collect_view()}
                    {move || is_running.get().then(|| connections::grid(run))}
                    {steps::steps(store, check)}
                    {thresholds(failed, check, at)}
                </div>
            }
            .into_any()
        })
    };
    let state = text(move || stage.get().name().to_owned());
    view! {
        <li class="run-check" node_ref=card data-testid="check" data-state=state>
            <div class="run-line">
                <button type="button" class="quiet run-open" aria-expanded=text(move || is_open.get().to_string()) on:click=move |_| by_hand.set(Some(!is_open.get_untracked()))>
                    <span class="checks-sign" data-verdict=state role="img" aria-label=state></span>
                    <strong>{name}</strong>
                </button>
                {tags.into_iter().map(|tag| view! { <span class="checks-badge">{tag}</span> }).collect_view()}
                <span class="checks-space"></span>
                <span class="hint" data-testid="noted">{noted}</span>
                <span class="run-side">{figures}</span>
                <span class="checks-took mono" title=text(move || exact_millis(check.with(|check| check.took)))>{took}</span>
                <button type="button" class="quiet" data-testid="run-one" disabled=when(move || store.is_running()) on:click=move |_| only()>"Run only this"</button>
            </div>
            {inside}
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

/// The limits of a check. Those that are broken stand among the failures, and here only where they do not stand there.
fn thresholds(failed: Memo<Vec<Place>>, check: Memo<LiveCheck>, at: usize) -> AnyView {
    let all = Memo::new(move |_| check.with(|check| check.thresholds.clone()));
    let above = Memo::new(move |_| {
        let broken = all.with(|all| all.iter().filter(|it| is_broken(it)).count());
        if broken > 0 && failed.with(|failed| has_limits(failed, at)) { broken } else { 0 }
    });
    let rows = move || {
        let is_above = above.get() > 0;
        let mut rows = all.get();
        rows.retain(|it| !is_above || !is_broken(it));
        rows.into_iter().map(|it| threshold(it, String::new())).collect_view()
    };
    let words =
        text(move || format!("{} broken, listed above", format::counted(above.get() as u64, "limit")));
    view! {
        <ul class="run-limits">
            <li data-testid="limits-above" data-state="fail" hidden=when(move || above.get() == 0)>
                <span class="checks-sign" data-verdict="fail" role="img" aria-label="fail"></span><span class="hint">{words}</span>
            </li>
            {rows}
        </ul>
    }
    .into_any()
}
