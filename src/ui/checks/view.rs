//! The frame of the view: the library beside the suite.

use leptos::prelude::*;

use super::back;
use super::certificate;
use super::editor::{self, Edit};
use super::forms;
use super::head::Head;
use super::library::{self, Library};
use super::link::Link;
use super::listing;
use super::load;
use super::model::{LOAD_FORM, LOAD_HREF, is_certifiable};
use super::past;
use super::run;
use super::server;
use super::store::{Store, Tab};
use super::target;
use crate::browser::leaving::{LeaveQuestion, SightListener};
use crate::browser::page;
use crate::ui::parts::fields::{button, text, when};
use crate::ui::parts::toast::{Said, toast};
use crate::wire::checks::Request;

/// The view.
#[component]
pub(super) fn Suites(store: Store, link: Link) -> impl IntoView {
    StoredValue::new_local(page::FragmentListener::new(move |fragment| select(store, &fragment)));
    StoredValue::new_local(SightListener::new(move |is_hidden| link.send(&Request::Hidden(is_hidden))));
    StoredValue::new_local(page::BytesListener::new(page::FAULTS, move |words| {
        store.hear_of_faults(String::from_utf8_lossy(&words).into_owned());
    }));
    // A recording may be what opens this view: what is kept before the browser's storage was read would be kept nowhere.
    let recorded = RwSignal::new(Vec::<String>::new());
    StoredValue::new_local(page::BytesListener::new(page::RECORDING, move |bytes| {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        recorded.update(|all| all.push(text));
    }));
    Effect::new(move || {
        if store.is_restored.get() && recorded.with(|all| !all.is_empty()) {
            let texts = recorded.try_update(std::mem::take).unwrap_or_default();
            untrack(|| {
                texts.into_iter().for_each(|text| library::take_recorded(store, link, text));
            });
        }
    });
    Effect::new(move || {
        if store.is_restored.get() {
            untrack(|| select(store, &page::fragment()));
        }
    });
    editor::follow(store, link);
    target::follow(store, link);
    StoredValue::new_local(LeaveQuestion::new(move || {
        editor::keep_now(store, link);
        !store.is_kept.get_untracked()
    }));
    forms::keep(store, link);
    let is_ready = when(move || store.is_restored.get() && store.broken.with(Option::is_none));
    // Redrawn when another kind of thing is shown, and not whenever the library changes: the editor would start again.
    let has_suite = Memo::new(move |_| {
        store.library.with(|all| store.selected.with(|id| all.iter().any(|card| card.id == *id)))
    });
    let is_server = Memo::new(move |_| store.selected.with(|id| id == server::ID));
    let is_load = Memo::new(move |_| store.selected.with(|id| id == LOAD_FORM));
    let part_shown = Memo::new(move |_| store.part());
    let has_visitor = Memo::new(move |_| !has_suite.get() && store.shown_here().is_some());
    let part = move |tab: Tab, body: AnyView| {
        view! { <div class="suite-body" hidden=when(move || part_shown.get() != tab)>{body}</div> }.into_any()
    };
    view! {
        <div class="suites" data-testid="suites" data-chosen=text(move || (has_visitor.get() || !store.selected.with(String::is_empty)).to_string()) hidden=when(move || !is_ready.get())>
            <Library store link/>
            <section class="suite" aria-label="Suite">
                {move || match (has_suite.get(), has_visitor.get()) {
                    _ if is_server.get() => server::form(store, link),
                    _ if is_load.get() => load::form(store, link),
                    (true, _) => view! {
                        <Head store link/>
                        {part(Tab::Certificate, certificate::certificate(store, link))}
                        {part(Tab::Checks, listing::checks(store, link))}
                        {part(Tab::Edit, view! { <Edit store link/> }.into_any())}
                        {part(Tab::Values, forms::values(store))}
                        {part(Tab::Earlier, past::earlier(store, link))}
                    }.into_any(),
                    (false, true) => visitor(store, link),
                    (false, false) => welcome(store, link),
                }}
            </section>
        </div>
        <p class="start" data-testid="checks-starting" hidden=move || is_ready.get() || store.broken.with(Option::is_some)>"Starting …"</p>
        {broken(store)}
        {notice(store, link)}
    }
    .into_any()
}

/// What an address calls the list of all suites.
const ALL: &str = "all";

/// Selects the suite that an address names.
fn select(store: Store, fragment: &str) {
    let Some(rest) = fragment.trim_start_matches('/').strip_prefix("checks") else { return };
    let id = rest.trim_start_matches('/').split(['/', '?']).next().unwrap_or_default();
    let kept = store.forms.with_untracked(|forms| forms.selected.clone());
    let is_known = |id: &str| store.library.with_untracked(|all| all.iter().any(|card| card.id == id));
    // The way back from a suite to the list, on a narrow screen.
    if id == ALL {
        let left = store.selected.get_untracked();
        store.selected.set(String::new());
        // Back to the entry that one came from; a run of a suite that is not in the library came from none.
        let has_entry = is_known(&left) || [server::ID, LOAD_FORM].contains(&left.as_str());
        let entry = if has_entry { left.as_str() } else { "server" };
        return page::focus_soon(&format!(".library a[href='#/checks/{entry}']"));
    }
    let id = match id {
        "" if store.selected.with_untracked(String::is_empty) && is_known(&kept) => kept,
        "" => return,
        id => id.to_owned(),
    };
    match id.as_str() {
        server::ID => server::begin(store),
        LOAD_FORM => load::begin(store),
        _ => {}
    }
    if store.selected.with_untracked(|selected| *selected != id) {
        store.selected.set(id);
    }
}

/// A run of a suite that is not in the library: it came by a script or an address.
fn visitor(store: Store, link: Link) -> AnyView {
    let shown = Memo::new(move |_| store.shown_here());
    let is_certified = Memo::new(move |_| shown.get().is_some_and(|run| run.with(is_certifiable)));
    let body = move || shown.get().map(|run| run::run(store, link, run));
    let certified =
        move || shown.get().filter(|_| is_certified.get()).map(|run| certificate::of_run(store, link, run));
    let title =
        text(move || store.shown_here().map(|run| run.with(|run| run.suite.clone())).unwrap_or_default());
    let stop = move || link.send(&Request::Stop);
    view! {
        <header class="suite-head"><div class="suite-line">{back::link()}<h2>{title}</h2><span class="checks-space"></span>
            <button type="button" data-testid="stop" disabled=when(move || !store.is_running()) on:click=move |_| stop()>"Stop"</button></div></header>
        <div class="suite-body"><div class="checks-part">{certified}{body}</div></div>
    }
    .into_any()
}

/// Nothing is chosen: what each suite is for, and a first run by one click.
fn welcome(store: Store, link: Link) -> AnyView {
    let run_first = move || {
        store.selected.set(FIRST.to_owned());
        page::go_to(&format!("#/checks/{FIRST}"));
        super::order::run_whole(store, link, FIRST);
    };
    let cards = move || {
        let card = |card: crate::wire::checks::Card| {
            let id = card.id.clone();
            let run = {
                let id = id.clone();
                move || {
                    page::go_to(&format!("#/checks/{id}"));
                    super::order::run_whole(store, link, &id);
                }
            };
            let label = format!("Run {}", card.title);
            let count = crate::model::format::counted(card.checks as u64, "check");
            view! {
                <li class="checks-first">
                    <a href=format!("#/checks/{id}")><strong>{card.title}</strong></a><span class="run-side">{count}</span>
                    <p>{card.about}</p>
                    <button type="button" data-testid="welcome-run" aria-label=label disabled=when(move || store.is_running()) on:click=move |_| run()>"Run"</button>
                </li>
            }
            .into_any()
        };
        let runnable =
            |card: &crate::wire::checks::Card| card.is_shipped && card.id != super::model::CONFORMANCE;
        let all =
            store.library.with(|all| all.iter().filter(|card| runnable(card)).cloned().collect::<Vec<_>>());
        all.into_iter().map(card).collect_view()
    };
    view! {
        <div class="suite-welcome" data-testid="welcome">
            <h2>"Checks that anyone can run"</h2>
            <p class="suite-about">"A suite is one document: which connections to open, what to send, what must come back, and how fast. These run against the practice server; Values points them at your own."</p>
            <div class="deeds">
                {button("primary", "start-first", "Run first-contact", "Runs the first suite against the practice server", run_first)}
                <a class="button" href=server::HREF>"Check a server …"</a>
                <a class="button" href=LOAD_HREF>"New load"</a>
                {super::run::order(store, link)}
            </div>
            <ul class="checks-firsts">{cards}</ul>
        </div>
    }
    .into_any()
}

/// What a newcomer runs first.
const FIRST: &str = "first-contact";

fn broken(store: Store) -> AnyView {
    let words = move || {
        store.broken.get().map(|words| {
            view! {
                <div class="checks-refused" role="alert" data-testid="checks-broken">
                    <strong>"The checks have stopped"</strong>
                    <p>"Their worker did not start, or has failed: a fault of Sockscope or of what serves it, not of the server under test. The bench still works. Load the page again to run checks; reports of earlier runs are kept."</p>
                    <pre>{words}</pre>
                </div>
            }
        })
    };
    view! { {words} }.into_any()
}

/// What is said for a moment, with a way back where there is one.
fn notice(store: Store, link: Link) -> AnyView {
    let said = Signal::derive(move || {
        store.notice.with(|it| {
            it.as_ref().map(|it| Said {
                words: it.words.clone(),
                is_bad: it.is_bad,
                undo: it.undo.as_ref().map(|_| "Bring it back"),
            })
        })
    });
    let back = move || {
        if let Some(suite) = store.notice.try_update(Option::take).flatten().and_then(|it| it.undo) {
            library::bring_back(store, link, suite);
        }
    };
    toast("notice", said, move || store.notice.set(None), back)
}
