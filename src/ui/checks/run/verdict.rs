//! The line of the whole: verdict, progress, connections, seed; under it the target and what can be done with the run.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::super::link::Link;
use super::super::model::{is_certifiable, millis};
use super::super::past;
use super::super::store::Store;
use super::super::target;
use super::connections;
use crate::engine::conformance::ClaimState as Judged;
use crate::engine::report::Verdict;
use crate::model::format;
use crate::model::running::{LiveCheck, LiveRun, Stage};
use crate::model::tiles::Tile;
use crate::ui::parts::fields::{button, text, when};

pub(super) fn verdict(store: Store, link: Link, run: RwSignal<LiveRun>, tiles: Memo<Vec<Tile>>) -> AnyView {
    let stage = Memo::new(move |_| run.with(LiveRun::stage));
    let known = Memo::new(move |_| {
        let suite = run.with(|run| run.suite.clone());
        store.known.with(|known| known.get(&suite).cloned())
    });
    let is_failing = Memo::new(move |_| {
        let is_broken = tiles.with(|tiles| tiles.iter().any(|tile| tile.is_broken));
        is_broken || run.with(has_failed)
    });
    let title = text(move || match stage.get() {
        Stage::Ended(verdict) => words(verdict).to_owned(),
        _ if is_failing.get() => "Failing".to_owned(),
        _ => "Running".to_owned(),
    });
    let state = text(move || match stage.get() {
        Stage::Running if is_failing.get() => "failing".to_owned(),
        stage => stage.name().to_owned(),
    });
    let counts = text(move || run.with(counts));
    let share = text(move || match stage.get() {
        Stage::Ended(_) => "1".to_owned(),
        _ => run.with(|run| format!("{:.4}", run.share(known.get().as_ref()))),
    });
    let left = text(move || {
        let left = known.get().and_then(|known: BTreeMap<String, f64>| run.with(|run| run.time_left(&known)));
        match (stage.get(), left) {
            (Stage::Running, Some(left)) => format!("about {} left", format::span(left)),
            _ => String::new(),
        }
    });
    let reasons = Memo::new(move |_| {
        run.with(|run| run.report.as_ref().map(|it| it.reasons.clone()).unwrap_or_default())
    });
    let reasons = move || {
        let row = |words: String| view! { <p class="checks-reason">{format::sentence(&words)}</p> };
        reasons.get().into_iter().map(row).collect_view()
    };
    let is_running = when(move || !matches!(stage.get(), Stage::Ended(_)));
    let is_certified = Memo::new(move |_| run.with(is_certifiable));
    let seed = text(move || run.with(|run| run.seed.to_string()));
    let take_seed = move || store.seed.set(run.with_untracked(|run| run.seed.to_string()));
    let id = run.with_untracked(|run| run.run);
    view! {
        <section class="run-verdict" data-testid="outcome" data-state=state aria-label="The whole run">
            <div class="run-line">
                <span class="run-word" role="status" data-testid="verdict">{title}</span>
                <span class="run-counts" data-testid="counts">{counts}</span>
                <span class="hint" data-testid="seats">{connections::words(run)}</span>
                <progress class="run-bar" max="1" value=share aria-label="Progress of the run"></progress>
                <span class="hint">{left}</span>
                <span class="hint">"seed "<button type="button" class="quiet mono" title="Use this seed for the next run" data-testid="take-seed" on:click=move |_| take_seed()>{seed}</button></span>
                <span class="run-deeds" data-waits=text(move || is_running.get().to_string())>
                    {move || past::exports(store, link, id, is_certified.get())}
                    {button("quiet", "show-list", "Close run", "Back to the list of checks", move || store.shown.set(None))}
                </span>
            </div>
            {target::of_run(store, run)}
            {reasons}
        </section>
    }
    .into_any()
}

/// Something has failed in what goes on.
fn has_failed(run: &LiveRun) -> bool {
    let has_failed = |check: &LiveCheck| {
        matches!(check.stage, Stage::Ended(Verdict::Fail | Verdict::Error))
            || check
                .steps
                .iter()
                .any(|step| step.failure.is_some() && step.stage == Stage::Ended(Verdict::Fail))
    };
    run.report.is_none() && run.checks.iter().any(has_failed)
}

fn counts(run: &LiveRun) -> String {
    let (ended, all) = run.progress();
    let passed = run.checks.iter().filter(|check| check.stage == Stage::Ended(Verdict::Pass)).count();
    match &run.report {
        Some(report) => {
            // What was skipped, or was to run without a server. The tiles and the list of runs count all checks, too.
            let is_apart = |check: &&LiveCheck| match check.stage {
                Stage::Ended(verdict) => !Judged::of_check(verdict, &check.reasons).applied(),
                _ => false,
            };
            let apart = match run.checks.iter().filter(is_apart).count() {
                0 => String::new(),
                apart => format!("; {} did not apply", format::count(apart as u64)),
            };
            let all = format::counted(all as u64, "check");
            format!("{passed} of {all} passed in {}{apart}", millis(report.duration_ms))
        }
        None => format!("{ended} of {} done", format::counted(all as u64, "check")),
    }
}

fn words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "Passed",
        Verdict::Fail => "Failed",
        Verdict::Error => "Broken",
        Verdict::Inconclusive => "Inconclusive",
        Verdict::Skipped => "Skipped",
    }
}
