//! Filters that were saved under a name, in the menu of filters.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::super::parts::fields::{icon_button, text, when};
use super::super::parts::icons;
use super::store::Store;
use crate::engine::bench::filter::FilterSpec;
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
    let renamed = RwSignal::new(None::<usize>);
    let name = RwSignal::new(String::new());
    let is_empty = when(move || filter.with(|it| it.lasting() == FilterSpec::default()));
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        let spec = filter.get_untracked().lasting();
        if spec == FilterSpec::default() {
            return;
        }
        let typed = name.get_untracked();
        let typed = if typed.trim().is_empty() { spec.words() } else { typed.trim().to_owned() };
        let saved = SavedFilter { name: typed.clone(), spec, marks: !store.filter_hides.get_untracked() };
        // A name is of one filter.
        filters.update(|all| match all.iter_mut().find(|it| it.name == typed) {
            Some(known) => *known = saved,
            None => all.push(saved),
        });
        name.set(String::new());
        store.say(format!("The filter {typed} is saved."));
    };
    let line = move |(at, saved): (usize, SavedFilter)| {
        let (label, shown, title) = (saved.name.clone(), saved.name.clone(), saved.spec.words());
        let own = saved.spec.lasting();
        let is_on = when(move || filter.with(|it| it.lasting() == own));
        let is_renamed = when(move || renamed.get() == Some(at));
        let rename = move |event| {
            let typed = event_target_value(&event).trim().to_owned();
            // An emptied field is one that is being written.
            if !typed.is_empty() {
                renamed.set(None);
                filters.update(|all| {
                    if let Some(it) = all.get_mut(at) {
                        it.name = typed;
                    }
                });
            }
        };
        let remove = move || {
            let before = filters.get_untracked();
            filters.update(|all| drop(all.remove(at)));
            store.offer_undo("The saved filter was removed.", move || filters.set(before.clone()));
        };
        view! {
            <li class="filters-line">
                <button type="button" class="quiet filters-name" data-testid="saved-filter" title=title aria-pressed=text(move || is_on.get().to_string())
                    hidden=is_renamed on:click=move |_| apply(store, &saved)>{label}</button>
                <input type="text" aria-label="Name of the saved filter" data-testid="filter-rename" hidden=move || !is_renamed.get() prop:value=shown on:change=rename/>
                <button type="button" class="quiet" data-testid="rename-filter" title="Rename" aria-label="Rename" aria-pressed=text(move || is_renamed.get().to_string())
                    on:click=move |_| renamed.update(|it| *it = if *it == Some(at) { None } else { Some(at) })>{icons::PENCIL.draw()}</button>
                {icon_button("quiet", "remove-filter", icons::CLOSE, text(|| "Remove the saved filter".to_owned()), remove)}
            </li>
        }
        .into_any()
    };
    view! {
        <fieldset><legend>"Saved filters"</legend>
            <ul hidden=move || filters.with(Vec::is_empty)>{move || filters.get().into_iter().enumerate().map(line).collect_view()}</ul>
            <form class="filters-line" on:submit=save>
                <input type="text" aria-label="Name for the present filter" data-testid="filter-name" placeholder="Save the present filter as …" disabled=is_empty
                    prop:value=name on:input=move |event| name.set(event_target_value(&event))/>
                <button type="submit" data-testid="save-filter" disabled=is_empty>"Save"</button>
            </form>
        </fieldset>
    }
    .into_any()
}
