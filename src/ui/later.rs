//! What the page downloads after its first picture.
//!
//! Owns which views these are, and whether they are here. A release keeps them in a file of its own (`src/bin/page.rs` says where
//! they come from, docs/development/performance.md how it is built); other builds have them from the start. Those that were waited
//! for are drawn one after the other, each in a task of its own, so that a slow machine takes clicks in between.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;

use leptos::ev::DragEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::bench::front::Dialog;
use super::bench::lanes::Lanes;
use super::bench::link::Link;
use super::bench::rates::{self, Rates};
use super::bench::row_menu::{self, Asked};
use super::bench::store::Store;
use super::bench::{
    columns, detail, highlights, lanes, latency, left_draft, outside, panels, plots, rail, replay,
    saved_filters, sessions, start,
};
use super::bench::{store, timeline};
use super::parts::fields::button;
use super::practice;
use super::shell::{dialogs, toast};
use super::turns::Turns;
use crate::engine::bench::draft::{Draft, DraftError};
use crate::engine::bench::pasted::Pasted;
use crate::wire::bench::{Panel, Variable};

/// The views. Nothing else may name them: what the page names itself is part of the first download.
pub struct Later {
    pub(crate) timeline: fn(Store, Link) -> AnyView,
    pub(crate) dropped: fn(Store, Link, &DragEvent),
    /// What an address names after `#session=`.
    pub(crate) session_link: fn(Store, Link, String),
    /// What an address names after `#follow=`.
    pub(crate) follow_link: fn(Store, Link, String),
    pub(crate) library: fn(Store, Link) -> AnyView,
    pub(crate) status_bar: fn(Store, Link, RwSignal<Rates>) -> AnyView,
    pub(crate) watch_rates: fn(Store, RwSignal<Rates>),
    /// What is wrong with a draft, what a pasted line says, and a draft without the values of secrets.
    pub(crate) mistake: fn(&Draft, &[Variable]) -> Option<DraftError>,
    pub(crate) pasted: fn(&str) -> Result<Pasted, String>,
    /// What of a pasted line goes by the relay: in words, and as it is kept.
    pub(crate) told: fn(&Pasted) -> (String, String),
    pub(crate) without_secrets: fn(Vec<Variable>, Vec<Variable>, &mut Draft),
    pub(crate) dialog: fn(Store, Link, Dialog) -> AnyView,
    pub(crate) detail: fn(Store, Link) -> AnyView,
    pub(crate) panel: fn(Store, Link, Panel) -> AnyView,
    pub(crate) plots: fn(Store, RwSignal<Rates>) -> AnyView,
    pub(crate) practice: fn(Store, Link) -> AnyView,
    pub(crate) type_menu: fn(Store) -> AnyView,
    pub(crate) columns_menu: fn(Store) -> AnyView,
    pub(crate) saved_filters: fn(Store) -> AnyView,
    pub(crate) highlights: fn(Store) -> AnyView,
    pub(crate) row_menu: fn(Store, Link, RwSignal<Option<Asked>>, Asked) -> AnyView,
    /// What the worker says of kept sessions, and the line over the timeline that says which is shown.
    pub(crate) sessions_told: fn(Store, Link, &[u8]),
    pub(crate) sessions_line: fn(Store, Link) -> AnyView,
    /// What the worker says of the folder and of followed recordings, and the line that asks for a decision.
    pub(crate) outside_told: fn(Store, Link, &[u8]),
    pub(crate) outside_line: fn(Store, Link) -> AnyView,
    /// What the worker says of replays.
    pub(crate) replay_told: fn(Store, Link, &[u8]),
    /// What is said for a moment.
    pub(crate) toast: fn(Store) -> AnyView,
    pub(crate) lanes_head: fn(Store, Lanes) -> AnyView,
    pub(crate) lanes_lines: fn(Store, Lanes, Callback<u64, f64>, RwSignal<f64>) -> AnyView,
}

/// All of them, for the one function that is downloaded with them.
#[must_use]
pub fn later() -> &'static Later {
    static ALL: Later = Later {
        timeline: timeline::timeline,
        dropped: sessions::dropped,
        session_link: sessions::of_link,
        follow_link: outside::follow_link,
        library: rail::library,
        status_bar: latency::status_bar,
        watch_rates: rates::watch,
        mistake: store::mistake,
        pasted: start::checked,
        told: start::told,
        without_secrets: left_draft::without_secrets,
        dialog: dialogs::body,
        detail: detail::panel,
        panel: panels::body,
        plots: plots::plots,
        practice: practice::practice,
        type_menu: columns::type_menu,
        columns_menu: columns::columns_menu,
        saved_filters: saved_filters::section,
        highlights: highlights::section,
        row_menu: row_menu::menu,
        sessions_told: sessions::told,
        sessions_line: sessions::line,
        outside_told: outside::told,
        outside_line: outside::line,
        replay_told: replay::told,
        toast: toast::line,
        lanes_head: lanes::head,
        lanes_lines: lanes::drawing,
    };
    &ALL
}

/// Downloads them; none when that failed.
pub type Download = fn() -> Pin<Box<dyn Future<Output = Option<&'static Later>>>>;

#[derive(Clone, Copy)]
enum State {
    Awaited,
    Here(&'static Later),
    Failed,
}

thread_local! {
    static DOWNLOAD: Cell<Option<Download>> = const { Cell::new(None) };
    static STATE: RefCell<Option<ArcRwSignal<State>>> = const { RefCell::new(None) };
    /// Those that wait for the download.
    static TURNS: Turns = Turns::default();
}

/// Says where they come from; called before the page is drawn.
pub fn comes_from(download: Download) {
    DOWNLOAD.set(Some(download));
}

/// Begins the download, unless it is under way or over.
pub fn fetch() {
    let state = state();
    if matches!(state.get_untracked(), State::Here(_)) {
        return;
    }
    let Some(download) = DOWNLOAD.take() else { return };
    state.set(State::Awaited);
    spawn_local(async move {
        let all = download().await;
        // It can be asked again.
        DOWNLOAD.set(Some(download));
        state.set(all.map_or(State::Failed, State::Here));
        if all.is_some() {
            TURNS.with(Turns::begin);
        }
    });
}

/// All of them when they are here. A signal reports to the caller when they have come.
pub(crate) fn here() -> Option<&'static Later> {
    match state().get() {
        State::Here(all) => Some(all),
        State::Awaited | State::Failed => None,
    }
}

/// Whether the last download has failed.
pub(crate) fn has_failed() -> bool {
    matches!(state().get(), State::Failed)
}

/// Does something with them: now when they are here, else when they have come.
pub(crate) fn then(act: impl FnOnce(&'static Later) + Send + Sync + 'static) {
    if let Some(all) = untrack(here) {
        return act(all);
    }
    fetch();
    let act = StoredValue::new(Some(act));
    Effect::new(move || {
        if let Some(all) = here()
            && let Some(act) = act.try_update_value(Option::take).flatten()
        {
            act(all);
        }
    });
}

/// One of them: now when they are here, else when they have come.
pub(crate) fn soon(draw: impl Fn(&'static Later) -> AnyView + Send + 'static) -> AnyView {
    soon_in(|| ().into_any(), draw)
}

/// The same with something that keeps its place until it has come.
pub(crate) fn soon_in(
    place: fn() -> AnyView,
    draw: impl Fn(&'static Later) -> AnyView + Send + 'static,
) -> AnyView {
    let state = state();
    if let State::Here(all) = state.get_untracked() {
        return draw(all);
    }
    let turn = TURNS.with(Turns::wait);
    fetch();
    let drawn = move || match state.get() {
        State::Here(all) if turn.get() => draw(all),
        State::Here(_) | State::Awaited => place(),
        State::Failed => {
            let again = button("", "later-again", "Try again", "", fetch);
            view! { <p class="note" role="alert" data-state="wrong" data-testid="later-failed">"This part of the page could not be loaded. "{again}</p> }.into_any()
        }
    };
    drawn.into_any()
}

/// True from the first time that it is: a view that was looked at stays.
pub(crate) fn once(is: impl Fn() -> bool + Send + Sync + 'static) -> Memo<bool> {
    Memo::new(move |was: Option<&bool>| was == Some(&true) || is())
}

fn state() -> ArcRwSignal<State> {
    STATE.with_borrow_mut(|state| state.get_or_insert_with(|| ArcRwSignal::new(at_start())).clone())
}

#[cfg(not(split))]
fn at_start() -> State {
    State::Here(later())
}

#[cfg(split)]
fn at_start() -> State {
    State::Awaited
}
