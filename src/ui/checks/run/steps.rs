//! The steps of a check: setup and teardown folded, then one line for each step.

use leptos::prelude::*;

use super::super::model::{exact_millis, millis};
use super::super::store::Store;
use crate::engine::report::{Instead, Unmet, Verdict, stands_beside};
use crate::model::format;
use crate::model::running::{LiveCheck, Stage};
use crate::ui::parts::fields::{text, when};

/// The parts of a check that are not its steps: how their paths begin, and what they are called.
const AROUND: [(&str, &str); 3] = [("setup", "setup"), ("teardown", "teardown"), ("invariants", "always")];

/// All steps of a check.
pub(super) fn steps(store: Store, check: Memo<LiveCheck>) -> AnyView {
    let count = Memo::new(move |_| check.with(|check| check.steps.len()));
    let rows = move || {
        let parts = check.with_untracked(|check| {
            let part = |path: &str| AROUND.iter().position(|(begin, _)| path.starts_with(begin));
            check.steps.iter().map(|step| part(&step.path)).collect::<Vec<_>>()
        });
        let mut rows = Vec::new();
        let mut at = 0;
        while at < count.get().min(parts.len()) {
            let same = parts[at..].iter().take_while(|part| **part == parts[at]).count();
            match parts[at] {
                Some(part) => rows.push(folded(store, check, AROUND[part].1, at..at + same)),
                None => rows.extend((at..at + same).map(|step| self::step(store, check, step))),
            }
            at += same;
        }
        rows
    };
    view! { <ol class="run-steps">{rows}</ol> }.into_any()
}

/// Steps that are the same for many checks, in one line.
fn folded(
    store: Store,
    check: Memo<LiveCheck>,
    name: &'static str,
    steps: std::ops::Range<usize>,
) -> AnyView {
    let range = steps.clone();
    let state = text(move || {
        let of = |check: &LiveCheck| {
            let all = check.steps.get(range.clone()).unwrap_or_default();
            let ended = all.iter().filter_map(|step| match step.stage {
                Stage::Ended(verdict) => Some(verdict),
                _ => None,
            });
            let ended: Vec<Verdict> = ended.collect();
            if let Some(bad) = ended.iter().find(|it| !matches!(it, Verdict::Pass | Verdict::Skipped)) {
                return bad.name();
            }
            match (ended.len() == all.len(), ended.is_empty()) {
                (true, _) if ended.iter().all(|it| *it == Verdict::Skipped) => Verdict::Skipped.name(),
                (true, _) => Verdict::Pass.name(),
                (false, true) => Stage::Waiting.name(),
                (false, false) => Stage::Running.name(),
            }
        };
        check.with(of).to_owned()
    });
    let range = steps.clone();
    let took = text(move || {
        check.with(|check| {
            let all = check.steps.get(range.clone()).unwrap_or_default();
            let sum: f64 = all.iter().map(|step| step.took.0).sum();
            if sum > 0.0 { millis(crate::engine::report::Millis(sum)) } else { String::new() }
        })
    });
    let words = format::counted(steps.len() as u64, "step");
    let rows: Vec<_> = steps.map(|at| step(store, check, at)).collect();
    view! {
        <li class="run-folded" data-state=state>
            <details>
                <summary class="run-step">
                    <span class="checks-sign" data-verdict=state role="img" aria-label=state></span>
                    <span class="run-title">{name}</span>
                    <span class="run-side">{words}</span>
                    <span class="checks-took mono">{took}</span>
                </summary>
                <ol class="run-steps">{rows}</ol>
            </details>
        </li>
    }
    .into_any()
}

fn step(store: Store, check: Memo<LiveCheck>, number: usize) -> AnyView {
    let step = Memo::new(move |_| check.with(|check| check.steps.get(number).cloned()).unwrap_or_default());
    let stage = text(move || step.with(|step| step.stage.name().to_owned()));
    let is_inner = step.with_untracked(|step| step.path.contains('.') && !stands_beside(&step.path));
    let class = if is_inner { "run-inner" } else { "" };
    let title = text(move || step.with(|step| step.note.clone().unwrap_or_else(|| step.title.clone())));
    let does =
        text(move || step.with(|step| step.note.as_ref().map(|_| step.title.clone()).unwrap_or_default()));
    let took = text(move || {
        step.with(|step| match step.stage {
            Stage::Ended(verdict) if verdict != Verdict::Skipped => millis(step.took),
            _ => String::new(),
        })
    });
    let met = text(move || {
        step.with(|step| {
            let unmet = step.unmet.as_ref().filter(|it| it.expected > 1);
            unmet.map(met_words).unwrap_or_default()
        })
    });
    let is_unused =
        when(move || check.with(|check| check.steps.get(number).is_some_and(|it| check.is_unused(it))));
    let line = step.with_untracked(|step| step.line);
    let show = move || store.show_line(line);
    // Of a failed step the list of failures says it.
    let borne = move || {
        let unmet = step.with(|step| step.unmet.clone().filter(|_| step.failure.is_none()));
        unmet.and_then(unmet_list)
    };
    view! {
        <li class=class data-testid="step" data-state=stage hidden=is_unused>
            <div class="run-step">
                <span class="checks-sign" data-verdict=stage role="img" aria-label=stage></span>
                <span class="run-title" title=does>{title}</span>
                <button type="button" class="quiet run-at" title="Show it in the document" on:click=move |_| show()>{format!("line {line}")}</button>
                <span class="run-side">{met}</span>
                <span class="checks-took mono" title=text(move || exact_millis(step.with(|step| step.took)))>{took}</span>
            </div>
            {borne}
        </li>
    }
    .into_any()
}

/// Such as `835 of 840 met`.
pub(super) fn met_words(it: &Unmet) -> String {
    format!("{} of {} met", format::count(it.met), format::count(it.expected))
}

/// How many of the messages that a step expected came, and what came in their place.
pub(super) fn unmet_list(it: Unmet) -> Option<AnyView> {
    if it.expected < 2 {
        return None;
    }
    let met = met_words(&it);
    let group = |Instead { shape, count, first }: Instead| {
        let whose = format!("{} got it at {}", first.client, millis(first.at_ms));
        view! {
            <li data-testid="instead">
                <strong>{format::count(count)}</strong>" × "<code>{shape}</code>
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
            <div class="run-unmet" data-testid="unmet">
                <p><strong>{met}</strong>" · "{words}</p>
                <ul>{groups}{more}</ul>
            </div>
        }
        .into_any(),
    )
}
