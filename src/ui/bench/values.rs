//! What can be done with a value, wherever it stands: in a row, in the opened frame.

use leptos::prelude::*;

use super::store::Store;
use crate::engine::bench::filter::FilterSpec;
use crate::engine::bench::summary::name_of;
use crate::engine::secrets::Known;
use crate::model::columns;
use crate::model::value_filter::ValueFilter;
use crate::wire::bench::{Highlight, HighlightTone, MOST_HIGHLIGHTS, Variable, Workspace};

/// Said of excluded values.
pub(crate) const HIDDEN: &str = "Frames with this value are hidden; Filters lists what is excluded.";
/// Said when only frames of a check are shown.
pub(crate) const OF_CHECK: &str = "Only frames of the check are shown, in lanes.";

/// Says why a value stands in no filter.
pub(crate) fn refuse(store: Store) {
    store.complain("A filter cannot hold this value: it is a secret, or longer than 1 KiB.");
}

/// Shows only frames with it.
pub(crate) fn only(store: Store, wanted: &ValueFilter) {
    store.filter.update(|filter| wanted.narrow(filter));
    store.filter_hides.set(true);
}

/// Hides frames with it.
pub(crate) fn exclude(store: Store, wanted: &ValueFilter) {
    let before = store.filter.get_untracked();
    store.filter.update(|filter| wanted.exclude(filter));
    store.filter_hides.set(true);
    store.offer_undo(HIDDEN, move || store.filter.set(before.clone()));
}

/// Lets rows with it stand out.
pub(crate) fn highlight(store: Store, wanted: &ValueFilter) {
    let mut spec = FilterSpec::default();
    wanted.narrow(&mut spec);
    add_highlight(store, spec);
}

/// A filter that is kept, with the names of secrets in place of their values, and what to say of it: the values are kept nowhere.
pub(crate) fn with_names(store: Store, spec: &FilterSpec) -> (FilterSpec, String) {
    let variables = store.variables.get_untracked();
    let mut named = spec.clone();
    let known = Workspace { variables, ..Workspace::default() }.known_secrets(Known::SHORT);
    known.template(&mut named.text);
    named.excludes.iter_mut().for_each(|text| known.template(text));
    if named == *spec {
        return (named, String::new());
    }
    let filled =
        named.filled(|name| store.variables.with_untracked(|variables| Variable::value_of(variables, name)));
    match filled == *spec {
        true => {
            let words = " It has the name of a secret in place of its value. Values of secrets are not kept: type it again after a reload.";
            (named, words.to_owned())
        }
        // The value stands there in another form, which no name can stand for.
        false => (
            spec.clone(),
            " It holds the value of a secret, which is not kept: after a reload it finds nothing.".to_owned(),
        ),
    }
}

/// Lets rows that pass a filter stand out, in the next tone.
pub(crate) fn add_highlight(store: Store, spec: FilterSpec) {
    let (spec, named) = with_names(store, &spec);
    let words = format!("Rows with {} stand out; Filters lists the highlights.{named}", spec.words());
    let before = store.highlights.get_untracked();
    if before.iter().any(|known| known.spec == spec) {
        return store.say(words);
    }
    if before.len() >= MOST_HIGHLIGHTS {
        return store.complain(format!("There can be {MOST_HIGHLIGHTS} highlights at most."));
    }
    let tone = HighlightTone::ALL[before.len() % HighlightTone::ALL.len()];
    store.highlights.update(|all| all.push(Highlight { spec, tone }));
    store.offer_undo(words, move || store.highlights.set(before.clone()));
}

/// Gives a member a column, or takes it away.
pub(crate) fn turn_column(store: Store, path: &str) {
    // What is kept and shared names no secret.
    let holds_secret = store.variables.with_untracked(|all| {
        all.iter().any(|it| it.is_secret && !it.value.is_empty() && path.contains(&it.value))
    });
    if holds_secret || path.contains("{{") {
        return store.complain("The name of this member holds a secret, so it cannot be a column.");
    }
    let before = store.columns.get_untracked();
    let mut now = before.clone();
    let is_shown = columns::turn(&mut now, path);
    if !is_shown && now.len() == before.len() {
        return store.complain(format!("There can be {} columns at most.", columns::MOST));
    }
    store.columns.set(now);
    let end = if is_shown { "has a column now" } else { "has no column any more" };
    store.say(format!("{} {end}.", name_of(path)));
}

/// Whether a member has a column.
pub(crate) fn has_column(store: Store, path: &str) -> bool {
    store.columns.with(|all| all.iter().any(|it| it.path == path))
}
