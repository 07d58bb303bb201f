//! What can be done with a value, wherever it stands: in a row, in the opened frame.

use leptos::prelude::*;

use super::store::Store;
use crate::engine::bench::filter::FilterSpec;
use crate::engine::bench::summary::name_of;
use crate::model::columns;
use crate::model::wanted::Wanted;
use crate::wire::bench::{Highlight, HighlightTone, MOST_HIGHLIGHTS};

/// Says why a value stands in no filter.
pub(crate) fn refuse(store: Store) {
    store.complain("A filter cannot hold this value: it is a secret, or longer than 1 KiB.");
}

/// Shows only frames with it.
pub(crate) fn only(store: Store, wanted: &Wanted) {
    store.filter.update(|filter| wanted.narrow(filter));
    store.filter_hides.set(true);
}

/// Hides frames with it.
pub(crate) fn exclude(store: Store, wanted: &Wanted) {
    let before = store.filter.get_untracked();
    let all = store.names.with_untracked(|names| names.keys().map(|id| id.0).collect::<Vec<_>>());
    store.filter.update(|filter| wanted.exclude(filter, &all));
    store.filter_hides.set(true);
    let words = "Frames with this value are hidden; Filters lists what is excluded.";
    store.offer_undo(words, move || store.filter.set(before.clone()));
}

/// Lets rows with it stand out.
pub(crate) fn highlight(store: Store, wanted: &Wanted) {
    let mut spec = FilterSpec::default();
    wanted.narrow(&mut spec);
    add_highlight(store, spec);
}

/// Lets rows that pass a filter stand out, in the next tone.
pub(crate) fn add_highlight(store: Store, spec: FilterSpec) {
    let words = format!("Rows with {} stand out; Filters lists the highlights.", spec.words());
    let before = store.highlights.get_untracked();
    if before.iter().any(|known| known.spec == spec) {
        return store.say(words);
    }
    if before.len() >= MOST_HIGHLIGHTS {
        return store.complain(format!("{MOST_HIGHLIGHTS} highlights are as many as there can be."));
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
        return store.complain("The name of this member holds a secret, so it can be no column.");
    }
    let before = store.columns.get_untracked();
    let mut now = before.clone();
    let is_shown = columns::turn(&mut now, path);
    if !is_shown && now.len() == before.len() {
        return store.complain(format!("{} columns are as many as there can be.", columns::MOST));
    }
    store.columns.set(now);
    let end = if is_shown { "has a column now" } else { "has no column any more" };
    store.say(format!("{} {end}.", name_of(path)));
}

/// Whether a member has a column.
pub(crate) fn has_column(store: Store, path: &str) -> bool {
    store.columns.with(|all| all.iter().any(|it| it.path == path))
}
