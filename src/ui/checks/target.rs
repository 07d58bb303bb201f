//! What a run tests: in the head of a suite before it runs, and beside every run.
//!
//! Owns the line and when it is asked for again. Which addresses those are, and where they come from, is worked out by the plan,
//! so the line says what Run would really do.

use std::time::Duration;

use leptos::prelude::*;

use super::link::Link;
use super::model::Planned;
use super::order;
use super::store::Store;
use crate::engine::report::TargetReport;
use crate::model::format;
use crate::model::running::LiveRun;
use crate::ui::parts::fields::{prose, text, when};
use crate::wire::checks::{Answer, Question};

/// The worker is asked once what a person types has not changed for this long.
const ASK_AFTER: Duration = Duration::from_millis(120);

/// Asks what Run would test, whenever the suite or a value has changed.
pub(super) fn follow(store: Store, link: Link) {
    let asked = StoredValue::new(0_u32);
    Effect::new(move || {
        store.selected.track();
        store.forms.track();
        store.given.track();
        store.secret_values.track();
        store.tags.track();
        let is_ready = store.is_restored.get()
            && store.is_loaded.get()
            && store.examined.with(|it| it.mistakes.is_empty() && !it.checks.is_empty());
        let mine = asked.get_value() + 1;
        asked.set_value(mine);
        if !is_ready {
            return store.planned.set(Planned::Unknown);
        }
        let is_current = move || asked.try_get_value() == Some(mine);
        let ask = move || {
            if !is_current() {
                return;
            }
            let Some(order) = order::of_selected(store) else { return };
            link.ask(Question::Plan(Box::new(order)), move |told| {
                if !is_current() {
                    return;
                }
                match told {
                    Answer::Planned { targets, checks, missing } => {
                        store.planned.set(Planned::Targets(targets, checks, missing));
                    }
                    Answer::Failed(words) => store.planned.set(Planned::Missing(words)),
                    _ => {}
                }
            });
        };
        set_timeout(ask, ASK_AFTER);
    });
}

/// The line in the head of a suite.
pub(super) fn planned(store: Store) -> AnyView {
    let targets = Memo::new(move |_| {
        store.planned.with(|planned| match planned {
            Planned::Targets(targets, ..) => targets.clone(),
            _ => Vec::new(),
        })
    });
    let unknown = text(move || {
        store.planned.with(|planned| match planned {
            Planned::Missing(words) => match words.ends_with('.') {
                true => format!("not known yet. {words}"),
                false => format!("not known yet. {}", format::sentence(words)),
            },
            Planned::Targets(targets, ..) if targets.is_empty() => "none, no step connects".to_owned(),
            _ => String::new(),
        })
    });
    view! {
        <div class="checks-target" data-testid="suite-target" data-waits=text(move || store.planned.with(|it| *it == Planned::Unknown).to_string())>
            <span class="unseen">"Target: "</span>{move || list(&targets.get())}<span class="hint">{move || unknown.with(|words| prose(words))}</span>
        </div>
    }
    .into_any()
}

/// What is missing for a run, and how many checks it will have.
pub(super) fn notes(store: Store) -> AnyView {
    let missing = text(move || {
        store.planned.with(|planned| match planned {
            Planned::Targets(_, _, missing) => missing.join(" "),
            _ => String::new(),
        })
    });
    let rows = text(move || planned_words(store));
    view! {
        <p class="note" data-state="warn" data-testid="missing-values" hidden=when(move || missing.with(String::is_empty))>{move || missing.with(|words| prose(words))}</p>
        <p class="hint" data-testid="planned-checks" hidden=when(move || rows.with(String::is_empty))>{rows}</p>
    }
    .into_any()
}

/// How many checks will run, where rows make them more than are written.
fn planned_words(store: Store) -> String {
    let written = store.examined.with(|it| it.checks.len());
    store.planned.with(|planned| match planned {
        Planned::Targets(_, checks, _) if *checks != written && store.tags.with(|tags| tags.is_empty()) => {
            format!(
                "{} to run: each row of the {} in the suite is one.",
                format::counted(*checks as u64, "check"),
                format::counted(written as u64, "check")
            )
        }
        _ => String::new(),
    })
}

/// The line of a run that goes on or is over.
///
/// It is shown where the head of the suite names another target.
pub(super) fn of_run(store: Store, run: RwSignal<LiveRun>) -> AnyView {
    let targets = Memo::new(move |_| run.with(|run| run.targets.clone()));
    let is_same = Memo::new(move |_| {
        store.planned.with(|planned| match planned {
            Planned::Targets(planned, ..) => targets.with(|targets| targets == planned),
            _ => false,
        })
    });
    view! {
        <div class="checks-target" data-testid="run-target" hidden=when(move || is_same.get() || targets.with(Vec::is_empty))>
            <span class="hint">"Target: "</span>{move || list(&targets.get())}
        </div>
    }
    .into_any()
}

/// The first address with where it comes from; the others behind a click.
fn list(targets: &[TargetReport]) -> AnyView {
    let Some((first, others)) = targets.split_first() else { return ().into_any() };
    let first = one(first);
    if others.is_empty() {
        return first;
    }
    let rows = others.iter().map(|target| view! { <li>{one(target)}</li> }).collect_view();
    view! {
        {first}
        <details class="checks-more-targets"><summary data-testid="more-targets">{format!("+ {} more", others.len())}</summary><ul>{rows}</ul></details>
    }
    .into_any()
}

fn one(target: &TargetReport) -> AnyView {
    let via = target.via.as_ref().map(|via| format!(", through the fault proxy {via}")).unwrap_or_default();
    let from = format!(" ({}{via})", target.from);
    view! { <span class="mono" data-testid="target-url" title=target.url.clone()>{target.url.clone()}</span><span class="hint" data-testid="target-from">{from}</span> }
        .into_any()
}
