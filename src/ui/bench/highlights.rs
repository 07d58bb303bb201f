//! Which rows stand out, in the menu of filters.

use leptos::prelude::*;

use super::super::parts::fields::{icon_button, text, when};
use super::super::parts::icons;
use super::store::Store;
use super::values::add_highlight;
use crate::engine::bench::filter::FilterSpec;
use crate::model::saved_filters::put_rule_back;
use crate::wire::bench::{Highlight, HighlightTone};

const TONES: [(HighlightTone, &str, &str); 4] = [
    (HighlightTone::Watch, "watch", "Watch"),
    (HighlightTone::Note, "note", "Note"),
    (HighlightTone::Good, "good", "Good"),
    (HighlightTone::Wrong, "wrong", "Wrong"),
];

/// What a tone is called in the style sheet, and by people.
pub(crate) fn tone_name(tone: HighlightTone) -> (&'static str, &'static str) {
    TONES.iter().find(|(known, ..)| *known == tone).map_or(("", ""), |(_, name, title)| (name, title))
}

/// The tone of the rule at this place, for the style sheet.
pub(crate) fn tone_at(store: Store, place: u8) -> Option<&'static str> {
    store.highlights.with(|all| all.get(usize::from(place)).map(|it| tone_name(it.tone).0))
}

/// What one hears of a row that stands out.
pub(crate) fn words_at(store: Store, place: u8) -> String {
    let words = |it: &Highlight| format!("{}: {}", tone_name(it.tone).1, it.spec.words());
    store.highlights.with(|all| all.get(usize::from(place)).map(words).unwrap_or_default())
}

/// The list, and the button that adds the present filter.
pub(crate) fn section(store: Store) -> AnyView {
    let rules = store.highlights;
    let is_empty = when(move || {
        store.filter.with(|it| it.lasting() == FilterSpec::default())
            || store.list.with(|list| list.hits.as_ref().is_some_and(|hits| hits.wrong.is_some()))
    });
    let add = move |_| add_highlight(store, store.filter.get_untracked().lasting());
    let line = move |(at, rule): (usize, Highlight)| {
        let words = rule.spec.words();
        let title = format!("Filter by it: {words}");
        let spec = rule.spec.clone();
        let (name, _) = tone_name(rule.tone);
        // By what it is, since the list may have changed meanwhile: no two rules are of one filter.
        let own = StoredValue::new(rule.spec.clone());
        let is_it = move |it: &Highlight| own.with_value(|own| *own == it.spec);
        let set_tone = move |event| {
            let chosen = event_target_value(&event);
            let tone = TONES.iter().find(|(_, name, _)| *name == chosen).map(|(tone, ..)| *tone);
            rules.update(|all| {
                if let Some(it) = all.iter_mut().find(|it| is_it(it)) {
                    it.tone = tone.unwrap_or_default();
                }
            });
        };
        let removed = rule.clone();
        let remove = move || {
            rules.update(|all| all.retain(|it| !is_it(it)));
            let removed = removed.clone();
            let undo = move || rules.update(|all| put_rule_back(all, at, removed.clone()));
            store.offer_undo("The highlight was removed.", undo);
        };
        let options = TONES.map(|(_, known, title)| {
            view! { <option value=known selected={known == name}>{title}</option> }.into_any()
        });
        view! {
            <li class="filters-line" data-highlight=name>
                <select aria-label="What it says of a row" data-testid="highlight-tone" on:change=set_tone>{options.into_iter().collect_view()}</select>
                <button type="button" class="quiet filters-name mono" data-testid="highlight" title=title on:click=move |_| store.filter.set(spec.clone())>{words}</button>
                {icon_button("quiet", "remove-highlight", icons::CLOSE, text(|| "Remove the highlight".to_owned()), remove)}
            </li>
        }
        .into_any()
    };
    view! {
        <fieldset><legend>"Highlights"</legend>
            <ul hidden=move || rules.with(Vec::is_empty)>{move || rules.get().into_iter().enumerate().map(line).collect_view()}</ul>
            <button type="button" data-testid="add-highlight" disabled=is_empty on:click=add>"Highlight what the filter finds"</button>
        </fieldset>
    }
    .into_any()
}
