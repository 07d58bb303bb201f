//! The head of a suite: what it is, what can be done with it, how to run it.

use leptos::prelude::*;
use web_sys::KeyboardEvent;

use super::back;
use super::library;
use super::link::Link;
use super::order;
use super::store::{Store, Tab};
use super::target;
use crate::browser::download::Download;
use crate::browser::page;
use crate::model::format;
use crate::model::route::Route;
use crate::model::running::LiveRun;
use crate::ui::parts::fields::{button, prose, text, when};
use crate::wire::checks::{OwnSuite, Question, Request};

/// The head.
#[component]
pub(super) fn Head(store: Store, link: Link) -> impl IntoView {
    let title = text(move || store.card().map(|card| card.title).unwrap_or_default());
    let about = text(move || store.examined.with(|it| it.about.clone()));
    let is_shipped = when(move || store.card().is_some_and(|card| card.is_shipped));
    let is_running = when(move || store.is_running());
    // Only a look: what was heard of the document may be of an older text, so a press asks the worker anyway.
    let is_doubtful = text(move || {
        let is_wrong = !store.is_loaded.get() || store.examined.with(|it| !it.mistakes.is_empty());
        (is_wrong && !store.is_running()).to_string()
    });
    let failed = Memo::new(move |_| {
        let counts = |run: &LiveRun| (order::failed(run).len(), order::is_all_judged(run));
        store.shown_here().map_or((0, true), |run| run.with(counts))
    });
    let run = move || match store.is_running() {
        true => link.send(&Request::Stop),
        false => order::run_selected(store, link, Vec::new()),
    };
    let run = move || untrack(run);
    let pressed = window_event_listener(leptos::ev::keydown, move |event| {
        if runs(&event) && !untrack(|| store.is_running()) {
            event.prevent_default();
            run();
        }
    });
    on_cleanup(move || pressed.remove());
    let run_label = text(move || {
        let runs_of_many = store.order.with(|order| (order.runs > 1).then_some((order.begun, order.runs)));
        match (is_running.get(), runs_of_many) {
            (false, _) => "Run".to_owned(),
            (true, None) => "Stop".to_owned(),
            (true, Some((begun, runs))) => format!("Stop ({begun} of {runs})"),
        }
    });
    let run_title = format!("Run the suite ({}+Enter)", if page::is_mac() { "⌘" } else { "Ctrl" });
    let rename = move |typed: String| {
        let Some(card) = untrack(|| store.card()) else { return };
        // Two changes of one suite: the newer title must not go with the older text, nor the other way round.
        super::editor::keep_now(store, link);
        order::with_text(store, link, move |text| {
            let suite = OwnSuite { id: card.id, title: typed, text, ..OwnSuite::default() };
            link.ask(Question::Keep(suite), move |told| library::heard(store, told));
        });
    };
    let export = move || {
        let name = untrack(|| store.card()).map(|card| card.title).unwrap_or_default();
        order::with_text(store, link, move |text| {
            let mut download = Download::default();
            download.push(text.as_bytes());
            download.save(&format!("{name}.json"), "application/json");
        });
    };
    let title_view = move || {
        match is_shipped.get() {
        true => view! { <h2 data-testid="suite-title">{title.get()}</h2> }.into_any(),
        false => view! {
            <h2><input class="suite-rename" type="text" aria-label="Name of this suite" data-testid="suite-title" prop:value=title
                on:change=move |event| rename(event_target_value(&event))/></h2>
        }
        .into_any(),
    }
    };
    view! {
        <header class="suite-head">
            <div class="checks-line">
                {back::link()}
                {title_view}
                <p class="checks-about" data-testid="suite-about" title=about>{about}</p>
                {target::planned(store)}
                {environment(store)}
                <button type="button" data-testid="run-failed" hidden=when(move || is_running.get() || failed.get().0 == 0)
                    title="Run only the checks that did not pass" on:click=move |_| order::run_failed(store, link)>
                    {text(move || match failed.get() {
                        (0, _) => "Re-run failed".to_owned(),
                        (count, true) => format!("Re-run failed ({count})"),
                        // Some failed, some were not judged: neither word is true of all.
                        (count, false) => format!("Re-run not passed ({count})"),
                    })}
                </button>
                <button type="button" class="primary checks-run" data-testid="run" data-state=text(move || if is_running.get() { "open" } else { "" }.to_owned())
                    title=move || if is_running.get() { String::new() } else { run_title.clone() } aria-disabled=is_doubtful on:click=move |_| run()>{run_label}</button>
                {options(store)}
                <details class="menu" data-testid="suite-menu">
                    <summary>"Suite"</summary>
                    <div class="sheet">
                        <p class="hint" hidden=when(move || !is_shipped.get())>"This suite ships with Sockscope and is read-only."</p>
                        {button("quiet", "suite-duplicate", "Duplicate to edit", "", move || library::duplicate(store, link))}
                        {button("quiet", "suite-export", "Save as a file", "", export)}
                        <button type="button" class="quiet" data-testid="suite-delete" disabled=is_shipped on:click=move |_| library::delete(store, link)>"Delete"</button>
                    </div>
                </details>
            </div>
            {target::notes(store)}
            {refused(store)}
            <nav class="suite-parts" aria-label="Parts of the suite">{Tab::ALL.map(|tab| part(store, tab))}</nav>
        </header>
    }
    .into_any()
}

/// Whether a key runs the suite that is shown.
fn runs(event: &KeyboardEvent) -> bool {
    let with_command = event.ctrl_key() != event.meta_key() && !event.alt_key() && !event.shift_key();
    let is_meant = with_command && event.key() == "Enter" && !event.repeat() && !event.is_composing();
    is_meant
        && !event.default_prevented()
        && Route::of_fragment(&page::fragment()) == Route::Checks
        && !page::has_dialog()
}

/// Which environment gives its values, where there are several.
fn environment(store: Store) -> AnyView {
    let names = Memo::new(move |_| {
        store.forms.with(|forms| forms.environments.iter().map(|it| it.name.clone()).collect::<Vec<_>>())
    });
    let chosen = Memo::new(move |_| store.forms.with(|forms| forms.environment));
    let options = move || {
        let option = |(at, name): (usize, String)| {
            view! { <option value=at.to_string() selected=when(move || chosen.get() == at)>{name}</option> }
                .into_any()
        };
        names.get().into_iter().enumerate().map(option).collect_view()
    };
    let choose = move |event: web_sys::Event| {
        if let Ok(at) = event_target_value(&event).parse() {
            store.forms.update(|forms| forms.environment = at);
        }
    };
    view! {
        <label class="checks-environment" hidden=when(move || names.with(Vec::len) < 2)>
            <span class="unseen">"Environment"</span>
            <select data-testid="head-environment" title="Environment: which values the suite gets" on:change=choose>{options}</select>
        </label>
    }
    .into_any()
}

fn part(store: Store, tab: Tab) -> AnyView {
    let is_current = text(move || (store.part() == tab).to_string());
    let is_hidden = when(move || tab == Tab::Certificate && !store.is_certifiable());
    let mistakes = text(move || match store.examined.with(|it| it.mistakes.len()) {
        count if tab == Tab::Edit && count > 0 => format!(" ({count})"),
        _ => String::new(),
    });
    let name = tab.name();
    view! {
        <button type="button" class="quiet suite-part" data-testid=format!("part-{name}") aria-pressed=is_current hidden=is_hidden on:click=move |_| store.tab.set(tab)>
            {tab.title()}<span data-state="wrong">{mistakes}</span>
        </button>
    }
    .into_any()
}

fn options(store: Store) -> AnyView {
    let tags = Memo::new(move |_| {
        let mut tags: Vec<String> =
            store.examined.with(|it| it.checks.iter().flat_map(|check| check.tags.clone()).collect());
        tags.sort();
        tags.dedup();
        tags
    });
    let list = move || {
        let tag = |tag: String| {
            let (mine, chosen) = (tag.clone(), tag.clone());
            let is_on = when(move || store.tags.with(|tags| tags.contains(&mine)));
            let press = move || {
                store.tags.update(|tags| {
                    if !tags.remove(&chosen) {
                        tags.insert(chosen.clone());
                    }
                });
            };
            view! { <button type="button" class="checks-tag" aria-pressed=text(move || is_on.get().to_string()) data-testid="only-tag" on:click=move |_| press()>{tag}</button> }.into_any()
        };
        tags.get().into_iter().map(tag).collect_view()
    };
    let chosen = text(move || match store.tags.with(std::collections::BTreeSet::len) {
        0 => "Options".to_owned(),
        count => format!("Options · {}", format::counted(count as u64, "tag")),
    });
    view! {
        <details class="menu" data-testid="run-options">
            <summary>{chosen}</summary>
            <div class="sheet">
                <label class="field"><span>"Times"</span>
                    <input type="text" inputmode="numeric" data-testid="how-often" prop:value=store.times on:input=move |event| store.times.set(event_target_value(&event))/>
                </label>
                <label class="field"><span>"Seed"</span>
                    <input class="mono" type="text" inputmode="numeric" placeholder="a new one each time" data-testid="seed" prop:value=store.seed on:input=move |event| store.seed.set(event_target_value(&event))/>
                </label>
                <p class="hint">"All random values of a run come from its seed. Every report names it."</p>
                <fieldset><legend>"Only checks with a tag"</legend><div class="suite-tag-list">{list}</div></fieldset>
            </div>
        </details>
    }
    .into_any()
}

/// Why suites did not run.
fn refused(store: Store) -> AnyView {
    let list = move || {
        let refused = store.order.with(|order| order.refused.clone());
        let title = |id: &str| {
            let of = |all: &Vec<crate::wire::checks::Card>| {
                all.iter().find(|card| card.id == id).map(|card| card.title.clone())
            };
            store.library.with(of).unwrap_or_else(|| "The suite".to_owned())
        };
        refused
            .into_iter()
            .map(|(id, mistakes, reasons)| {
                let mistakes = mistakes.into_iter().map(|it| format!("line {}: {}", it.line, it.message));
                let words = reasons.into_iter().chain(mistakes).map(|words| view! { <li>{prose(&words)}</li> }).collect_view();
                view! { <div class="checks-refused" role="alert" data-testid="refused"><strong>{format!("{} did not run", title(&id))}</strong><ul>{words}</ul></div> }.into_any()
            })
            .collect_view()
    };
    view! { {list} }.into_any()
}
