//! The filter of the timeline.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::super::later::{Later, soon};
use super::super::parts::fields::{icon, icon_toggle, text, tick, toggle, when};
use super::super::parts::icons;
use super::front::Toast;
use super::link::Link;
use super::place::Place;
use super::store::Store;
use super::timeline::{keep_place, seek};
use super::tree::Excluded;
use super::values::{HIDDEN, OF_CHECK};
use crate::browser::page;
use crate::engine::base::unit;
use crate::engine::bench::filter::{FilterMode, FilterSpec};
use crate::model::format;
use crate::wire::bench::{ConnectionId, Request, Variable};

#[component]
pub(crate) fn FilterBar(store: Store, link: Link, place: Place) -> impl IntoView {
    let filter = store.filter;
    // Asked for only when it differs; the first is the one that the worker begins with.
    Effect::new(move |before: Option<(FilterSpec, bool)>| {
        let spec = filter.with(FilterSpec::normal);
        let value = |name: &str| store.variables.with(|all| Variable::value_of(all, name));
        let now = (if spec.names_variables() { spec.filled(value) } else { spec }, store.filter_hides.get());
        let begins = before.is_none() && now.0 == FilterSpec::default();
        // What is said of hidden frames ends with what hides them.
        let is_over = |toast: &Option<Toast>| {
            toast.as_ref().is_some_and(|it| it.words == HIDDEN || it.words == OF_CHECK)
        };
        if now.0 == FilterSpec::default() && store.toast.with_untracked(is_over) {
            store.toast.set(None);
        }
        if before.as_ref() != Some(&now) && !begins {
            let change = Request::Filter { spec: now.0.clone(), hides: now.1 };
            let is_hiding = |(spec, hides): &(FilterSpec, bool)| *hides && *spec != FilterSpec::default();
            match (before.as_ref().is_some_and(is_hiding), is_hiding(&now)) {
                // While one narrows the list, the newest hits are wanted.
                (_, true) => {
                    place.follow.set(true);
                    link.send(&change);
                }
                // What one looks at stays in view when others come back around it.
                (true, false) => keep_place(store, link, place, &change),
                // The list is the same, with other marks.
                (false, false) => link.send(&change),
            }
        }
        now
    });
    let nth = RwSignal::new(None::<u64>);
    let is_on = when(move || store.list.with(|list| list.hits.is_some()));
    let hits = text(move || {
        let words = store.list.with(|list| list.hits.as_ref().map(hits_words));
        match (words, nth.get()) {
            (Some(words), Some(nth)) => format!("{} / {words}", format::count(nth)),
            (words, _) => words.unwrap_or_default(),
        }
    });
    let wrong = text(move || {
        store.list.with(|list| list.hits.as_ref().and_then(|hits| hits.wrong.clone())).unwrap_or_default()
    });
    // Until a person chooses how the text is read, its beginning says it.
    let is_by_hand = StoredValue::new(false);
    let clear = move || {
        is_by_hand.set_value(false);
        nth.set(None);
        filter.set(FilterSpec::default());
    };
    let key = move |event: KeyboardEvent| {
        if event.key() == "Enter" {
            event.prevent_default();
            seek(store, link, place, !event.shift_key(), nth);
        }
        if event.key() == "ArrowDown" {
            event.prevent_default();
            page::focus_soon("[data-testid=timeline]");
        }
        if event.key() == "Escape" {
            clear();
        }
    };
    let typed = move |text: String| {
        nth.set(None);
        filter.update(|it| {
            if !is_by_hand.get_value() {
                it.mode = FilterMode::of_typed(&text, it.mode);
            }
            it.text = text;
        });
    };
    let mode = move |mode: FilterMode, label: &'static str, testid: &'static str, hint: &'static str| {
        let is_on = when(move || filter.with(|it| it.mode == mode));
        toggle(testid, label, hint, is_on, move || {
            is_by_hand.set_value(true);
            filter.update(|it| it.mode = mode);
        })
    };
    view! {
        <div class="filter" role="search" aria-label="Filter of the timeline">
            // Hits and their buttons take their room from the field, so that nothing else moves.
            <div class="timeline-search">
                {icons::SEARCH.draw()}
                {narrowed(store)}
                <input class="mono" type="search" placeholder="Filter by text, regex or $.path == value" aria-label="Filter" spellcheck="false"
                    data-testid="filter" prop:value=text(move || filter.with(|it| it.text.clone())) on:keydown=key
                    aria-invalid=text(move || (!wrong.get().is_empty()).to_string()) aria-describedby="filter-note"
                    on:input=move |event| typed(event_target_value(&event))/>
                <span class="filter-hits" data-testid="hits" id="filter-note" title=hits data-state=text(move || if wrong.get().is_empty() { "".to_owned() } else { "wrong".to_owned() })>
                    {hits}{wrong}
                </span>
                <span class="filter-seek" data-empty=text(move || (!is_on.get()).to_string())>
                    {icon("quiet", "previous-hit", "↑", text(|| "Previous match (Shift+Enter)".to_owned()), move || seek(store, link, place, false, nth))}
                    {icon("quiet", "next-hit", "↓", text(|| "Next match (Enter)".to_owned()), move || seek(store, link, place, true, nth))}
                    {icon("quiet", "clear-filter", "×", text(|| "Clear filter (Esc)".to_owned()), clear)}
                </span>
            </div>
            <div class="bench-modes" role="group" aria-label="Filter syntax">
                {mode(FilterMode::Text, "text", "mode-text", "Text anywhere in the content")}
                {mode(FilterMode::Regex, "regex", "mode-regex", "A regular expression")}
                {mode(FilterMode::Path, "$.path", "mode-path", "A JSON path, optionally compared: $.type == \"ping\", $.n >= 3, $.tags contains \"x\"")}
            </div>
            {icon_toggle("hides", icons::FILTER, text(|| "Matches only: hide other frames. When this is off, the matches are marked".to_owned()), store.filter_hides.into(), move || store.filter_hides.update(|it| *it = !*it))}
            <FilterMenu store/>
        </div>
    }
    .into_any()
}

fn hits_words(hits: &crate::wire::bench::HitsState) -> String {
    match (hits.wrong.is_some(), hits.unseen) {
        (true, _) => String::new(),
        (false, 0) => format::counted(hits.count, "hit"),
        (false, unseen) => {
            format!("{}, {} to search", format::counted(hits.count, "hit"), format::count(unseen))
        }
    }
}

/// Direction, kind, connection, size.
#[component]
fn FilterMenu(store: Store) -> impl IntoView {
    let filter = store.filter;
    let part = move |label: &'static str, testid: &'static str, of: fn(&mut FilterSpec) -> &mut bool| {
        let is_on = when(move || filter.with(|it| *of(&mut it.clone())));
        tick(label, testid, is_on, move |on| filter.update(|it| *of(it) = on))
    };
    let size = move |label: &'static str,
                     testid: &'static str,
                     of: fn(&mut FilterSpec) -> &mut Option<u64>| {
        let value =
            text(move || filter.with(|it| *of(&mut it.clone())).map(|it| it.to_string()).unwrap_or_default());
        super::super::parts::fields::parsed(label, testid, "bytes", value, read_size, move |it| {
            filter.update(|spec| *of(spec) = it)
        })
    };
    let connection = move |(id, name): (u32, String)| {
        let is_on = when(move || filter.with(|it| it.connections.contains(&id)));
        view! {
            <label class="tick">
                <input type="checkbox" data-testid="only-connection" prop:checked=is_on on:change=move |event| {
                    let on = event_target_checked(&event);
                    filter.update(|it| {
                        it.connections.retain(|known| *known != id);
                        if on {
                            it.connections.push(id);
                            it.excluded_connections.retain(|known| *known != id);
                        }
                    });
                }/>
                <span>{name}</span>
            </label>
        }
    };
    let names = move || {
        store.names.with(|names| names.iter().map(|(id, (name, _))| (id.0, name.clone())).collect::<Vec<_>>())
    };
    let is_set = when(move || {
        filter.with(|it| FilterSpec { text: String::new(), ..it.clone() }.normal() != FilterSpec::default())
    });
    // What is not needed at first sight is drawn when the menu is first opened.
    let is_drawn = RwSignal::new(false);
    let drawn = move |part: fn(&Later) -> fn(Store) -> AnyView| {
        move || is_drawn.get().then(|| soon(move |all| part(all)(store)))
    };
    view! {
        <details class="menu">
            <summary data-testid="kinds" data-set=text(move || is_set.get().to_string()) on:click=move |_| is_drawn.set(true)>"Filters"</summary>
            <div class="sheet filter-kinds">
                {drawn(|all| all.saved_filters)}
                {tick("Match case", "match-case", when(move || filter.with(|it| it.match_case)), move |on| filter.update(|it| it.match_case = on))}
                {spanned(store)}
                <Excluded store/>
                <fieldset><legend>"Frames"</legend>
                    {part("↑ sent", "kind-sent", |it| &mut it.sent)}
                    {part("↓ received", "kind-received", |it| &mut it.received)}
                    {part("• opening, closing, errors", "kind-life", |it| &mut it.life)}
                </fieldset>
                <fieldset><legend>"Content"</legend>
                    {part("text", "kind-text", |it| &mut it.texts)}
                    {part("binary", "kind-binary", |it| &mut it.binaries)}
                </fieldset>
                <fieldset><legend>"Size"</legend>
                    {size("at least", "least", |it| &mut it.least_size)}
                    {size("at most", "most", |it| &mut it.most_size)}
                </fieldset>
                <fieldset><legend>"Connections (none: all)"</legend>
                    {move || names().into_iter().map(connection).collect_view()}
                </fieldset>
                {drawn(|all| all.highlights)}
            </div>
        </details>
    }
    .into_any()
}

/// What narrows the list beside the text: the span and what is excluded, each with a button that ends it.
fn narrowed(store: Store) -> AnyView {
    let filter = store.filter;
    let excluded = move |text: String| {
        let (taken, hint) = (text.clone(), format!("Show {text} again"));
        let remove = move |_| filter.update(|it| it.excludes.retain(|known| *known != taken));
        view! {
            <button type="button" class="timeline-chip" data-testid="chip-excluded" title=hint.clone() aria-label=hint on:click=remove>
                <span>{format!("not {text}")}</span>{icons::CLOSE.draw()}
            </button>
        }
        .into_any()
    };
    let words = text(move || span_words(store));
    let only = text(move || {
        let chosen = filter.with(|it| it.connections.clone());
        let name =
            |id: u32| store.names.with(|names| names.get(&ConnectionId(id)).map(|(name, _)| name.clone()));
        match chosen[..] {
            [one] => name(one).unwrap_or_else(|| format::counted(1, "connection")),
            _ => format!("only {}", format::counted(chosen.len() as u64, "connection")),
        }
    });
    view! {
        <span class="timeline-chips" hidden=when(move || filter.with(|it| it.between.is_none() && it.excludes.is_empty() && it.connections.is_empty()))>
            <button type="button" class="timeline-chip" data-testid="chip-connections" title="Show all connections again" hidden=when(move || filter.with(|it| it.connections.is_empty()))
                on:click=move |_| filter.update(|it| it.connections.clear())>
                <span>{only}</span>{icons::CLOSE.draw()}
            </button>
            <button type="button" class="timeline-chip" data-testid="chip-span" title="Show all times again" hidden=when(move || filter.with(|it| it.between.is_none()))
                on:click=move |_| filter.update(|it| it.between = None)>
                <span>{words}</span>{icons::CLOSE.draw()}
            </button>
            {move || filter.with(|it| it.excludes.clone()).into_iter().map(excluded).collect_view()}
        </span>
    }
    .into_any()
}

/// The span in words; empty without one.
fn span_words(store: Store) -> String {
    let Some((from, to)) = store.filter.with(|it| it.between) else { return String::new() };
    let began = store.totals.with(|totals| totals.began.unwrap_or_default());
    let step = store.clock_step();
    format!("{} to {}", format::moment(from, began, step), format::moment(to, began, step))
}

/// The span that was dragged over a plot, and the way back to all.
fn spanned(store: Store) -> AnyView {
    let filter = store.filter;
    let words = text(move || span_words(store));
    view! {
        <fieldset hidden=when(move || filter.with(|it| it.between.is_none()))><legend>"Time"</legend>
            <button type="button" class="quiet mono" data-testid="spanned" title="Show all times again" on:click=move |_| filter.update(|it| it.between = None)>
                {icons::CLOSE.draw()}<span>{words}</span>
            </button>
        </fieldset>
    }
    .into_any()
}

fn read_size(typed: &str) -> Option<Option<u64>> {
    match typed.trim() {
        "" => Some(None),
        typed => typed.parse().ok().or_else(|| unit::parse_size(typed).ok()).map(Some),
    }
}
