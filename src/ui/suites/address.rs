//! What an address of the page asks for: `?suite=…&autorun&var.name=value&env.NAME=value&seed=…&tag=…`.
//!
//! Owns reading it. The rule a reader would break: an address that somebody was sent connects to nothing by itself. What it asks
//! for is shown, and runs when a person presses the button; only a browser that a program drives runs at once.

use leptos::prelude::*;

use super::library;
use super::link::Link;
use super::order;
use super::store::{Store, Tab};
use crate::browser::page;
use crate::wire::checks::Value;

/// What an address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wish {
    pub suite: String,
    pub autorun: bool,
    pub vars: Vec<(String, String)>,
    pub env: Vec<(String, String)>,
    pub seed: String,
    pub tags: Vec<String>,
}

impl Wish {
    /// Of pairs that are decoded already.
    pub fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut wish = Self::default();
        for (name, value) in pairs {
            match name.as_str() {
                "suite" => wish.suite = value,
                "autorun" => wish.autorun = !matches!(value.as_str(), "0" | "false"),
                "seed" => wish.seed = value,
                "tag" => wish.tags.push(value),
                other => {
                    if let Some(name) = other.strip_prefix("var.") {
                        wish.vars.push((name.to_owned(), value));
                    } else if let Some(name) = other.strip_prefix("env.") {
                        wish.env.push((name.to_owned(), value));
                    }
                }
            }
        }
        wish
    }
}

/// Does what the address asks for, once the library is there.
pub(super) fn obey(store: Store, link: Link) {
    let wish = Wish::of(page::query_pairs());
    if wish.suite.is_empty() {
        return;
    }
    let is_done = StoredValue::new(false);
    Effect::new(move || {
        if !store.is_restored.get() || is_done.get_value() {
            return;
        }
        is_done.set_value(true);
        let is_shipped = store.library.with_untracked(|all| all.iter().any(|card| card.id == wish.suite));
        match is_shipped {
            true => {
                page::go_to(&format!("#/checks/{}", wish.suite));
                store.selected.set(wish.suite.clone());
            }
            false => {
                page::go_to("#/checks");
                library::fetch_suite(store, link, wish.suite.clone());
            }
        }
        prepare(store, link, wish.clone());
    });
}

/// Puts the values in as soon as the suite is there, and runs it where that is allowed.
fn prepare(store: Store, link: Link, wish: Wish) {
    let is_done = StoredValue::new(false);
    Effect::new(move || {
        if !store.is_loaded.get() || is_done.get_value() {
            return;
        }
        is_done.set_value(true);
        let id = store.selected.get_untracked();
        store.forms.update(|forms| {
            let values = forms.values.entry(id.clone()).or_default();
            values.extend(wish.vars.iter().cloned());
            let chosen = forms.environment;
            if let Some(environment) = forms.environments.get_mut(chosen) {
                for (name, value) in &wish.env {
                    match environment.values.iter_mut().find(|it| it.name == *name) {
                        Some(known) => known.value = value.clone(),
                        None => environment.values.push(Value {
                            name: name.clone(),
                            value: value.clone(),
                            is_secret: false,
                        }),
                    }
                }
            }
        });
        store.seed.set(wish.seed.clone());
        store.tags.set(wish.tags.iter().cloned().collect());
        if !wish.autorun {
            return;
        }
        match page::is_driven() {
            true => order::run_selected(store, link, Vec::new()),
            false => {
                store.tab.set(Tab::Values);
                store.say("This address asks for a run. Look at the values, then press Run.");
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_suite_values_and_whether_to_run() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let wish = Wish::of([
            pair("suite", "load"),
            pair("autorun", ""),
            pair("var.num_clients", "3"),
            pair("env.WS_URL", "ws://h/ws"),
            pair("seed", "7"),
            pair("tag", "smoke"),
            pair("utm", "x"),
        ]);
        assert_eq!((wish.suite.as_str(), wish.autorun, wish.seed.as_str()), ("load", true, "7"));
        assert_eq!(wish.vars, [pair("num_clients", "3")]);
        assert_eq!(wish.env, [pair("WS_URL", "ws://h/ws")]);
        assert_eq!(wish.tags, ["smoke"]);
        assert!(!Wish::of([pair("autorun", "false")]).autorun);
    }
}
