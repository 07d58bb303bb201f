//! Filters that were saved under a name, in the menu of filters.

use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::prelude::*;

use super::super::parts::fields::{icon_button, text, when};
use super::super::parts::icons;
use super::store::Store;
use super::values::with_names;
use crate::browser::page;
use crate::engine::bench::filter::FilterSpec;
use crate::model::saved_filters::{self, Renamed};
use crate::wire::bench::SavedFilter;

/// Sets a saved filter.
pub(crate) fn apply(store: Store, saved: &SavedFilter) {
    store.filter.set(saved.spec.clone());
    store.filter_hides.set(!saved.marks);
}

/// The list, and the field that saves the present one.
pub(crate) fn section(store: Store) -> AnyView {
    let filters = store.filters;
    let filter = store.filter;
    // The name of the one whose name is being written.
    let renamed = RwSignal::new(None::<String>);
    let name = RwSignal::new(String::new());
    let is_empty = when(move || filter.with(|it| it.lasting() == FilterSpec::default()));
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        let (spec, named) = with_names(store, &filter.get_untracked().lasting());
        if spec == FilterSpec::default() {
            return;
        }
        let now = FilterSpec { between: filter.with_untracked(|it| it.between), ..spec.clone() };
        let typed = name.get_untracked();
        let typed = if typed.trim().is_empty() { spec.words() } else { typed.trim().to_owned() };
        let saved = SavedFilter { name: typed.clone(), spec, marks: !store.filter_hides.get_untracked() };
        filters.update(|all| saved_filters::save(all, saved));
        filter.set(now);
        name.set(String::new());
        store.say(format!("The filter {typed} is saved.{named}"));
    };
    let line = move |(at, saved): (usize, SavedFilter)| {
        let (label, shown, title) = (saved.name.clone(), saved.name.clone(), saved.spec.words());
        let own_name = StoredValue::new(saved.name.clone());
        let own = saved.spec.lasting();
        let is_on = when(move || filter.with(|it| it.lasting() == own));
        let is_it = move |name: &str| own_name.with_value(|own| own == name);
        let is_renamed = when(move || renamed.with(|it| it.as_deref().is_some_and(is_it)));
        let field = format!("[data-testid=saved-filters] li:nth-child({}) input", at + 1);
        let button = format!("[data-testid=saved-filters] li:nth-child({}) button", at + 1);
        let back = button.clone();
        let rename = move |event| {
            let typed = event_target_value(&event).trim().to_owned();
            // An emptied field is one that is being written. A field that goes while the list changes is not.
            if typed.is_empty() || !is_renamed.get_untracked() {
                return;
            }
            let mut all = filters.get_untracked();
            match own_name.with_value(|own| saved_filters::rename(&mut all, own, &typed)) {
                Renamed::Done => {
                    renamed.set(None);
                    filters.set(all);
                    page::focus_soon(&button);
                }
                Renamed::IsTaken => {
                    store
                        .complain(format!("Another saved filter has the name {typed}; choose another name."));
                }
                Renamed::IsGone => renamed.set(None),
            }
        };
        let leave = move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                // The menu stays open.
                event.prevent_default();
                event.stop_propagation();
                renamed.set(None);
                page::focus_soon(&back);
            }
        };
        let write = move |_| {
            let opens = !is_renamed.get_untracked();
            renamed.set(opens.then(|| own_name.get_value()));
            if opens {
                page::focus_soon(&field);
            }
        };
        let removed = saved.clone();
        let remove = move || {
            filters.update(|all| all.retain(|it| !is_it(&it.name)));
            let removed = removed.clone();
            let undo = move || filters.update(|all| saved_filters::put_back(all, at, removed.clone()));
            store.offer_undo("The saved filter was removed.", undo);
        };
        view! {
            <li class="filters-line">
                <button type="button" class="quiet filters-name" data-testid="saved-filter" title=title aria-pressed=text(move || is_on.get().to_string())
                    hidden=is_renamed on:click=move |_| apply(store, &saved)>{label}</button>
                <input type="text" aria-label="Name of the saved filter" data-testid="filter-rename" hidden=move || !is_renamed.get() prop:value=shown on:change=rename on:keydown=leave/>
                <button type="button" class="quiet" data-testid="rename-filter" title="Rename" aria-label="Rename" aria-pressed=text(move || is_renamed.get().to_string())
                    on:click=write>{icons::PENCIL.draw()}</button>
                {icon_button("quiet", "remove-filter", icons::CLOSE, text(|| "Remove the saved filter".to_owned()), remove)}
            </li>
        }
        .into_any()
    };
    view! {
        <fieldset><legend>"Saved filters"</legend>
            <ul data-testid="saved-filters" hidden=move || filters.with(Vec::is_empty)>{move || filters.get().into_iter().enumerate().map(line).collect_view()}</ul>
            <form class="filters-line" on:submit=save>
                <input type="text" aria-label="Name for the present filter" data-testid="filter-name" placeholder="Save the present filter as …" disabled=is_empty
                    prop:value=name on:input=move |event| name.set(event_target_value(&event))/>
                <button type="submit" data-testid="save-filter" disabled=is_empty>"Save"</button>
            </form>
        </fieldset>
    }
    .into_any()
}
