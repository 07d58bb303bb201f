//! What an address of the page asks for: `?suite=…&autorun&var.name=value&env.NAME=value&seed=…&tag=…`.
//!
//! Owns reading it. One rule: an address that a person was sent connects to nothing by itself. What it asks for is shown, and
//! runs when a person presses the button; only a browser that a program drives runs at once.

use leptos::prelude::*;

use super::library;
use super::link::Link;
use super::model::{CONFORMANCE, Given};
use super::order;
use super::server;
use super::store::{Store, Tab};
use crate::browser::page;

/// What an address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wish {
    pub suite: String,
    /// The address of a server to check.
    pub check: String,
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
                "check" => wish.check = value,
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
    if !wish.check.is_empty() {
        return check_server(store, link, wish);
    }
    if wish.suite.is_empty() {
        return;
    }
    let is_done = StoredValue::new(false);
    Effect::new(move || {
        if !store.is_restored.get() || is_done.get_value() {
            return;
        }
        is_done.set_value(true);
        let (name, wish) = (wish.suite.clone(), wish.clone());
        match store.library.with_untracked(|all| all.iter().any(|card| card.id == name)) {
            true => {
                page::go_to(&format!("#/checks/{name}"));
                store.selected.set(name.clone());
                prepare(store, link, name, wish);
            }
            false => {
                page::go_to("#/checks");
                library::fetch_suite(store, link, name, move |id| prepare(store, link, id, wish));
            }
        }
    });
}

/// Puts the server into the form, with what else is given of it; checks it where that is allowed.
fn check_server(store: Store, link: Link, wish: Wish) {
    let is_done = StoredValue::new(false);
    Effect::new(move || {
        if !store.is_restored.get() || is_done.get_value() {
            return;
        }
        is_done.set_value(true);
        let Wish { check, autorun, vars, env, seed, .. } = wish.clone();
        store.server.set(check);
        store.seed.set(seed);
        // The address of the server is the one in the form, which a person can still change.
        let vars = vars.into_iter().filter(|(name, _)| name != "ws_url").collect();
        store.given.set(Given { suite: CONFORMANCE.to_owned(), vars, env });
        page::go_to(server::HREF);
        store.selected.set(server::ID.to_owned());
        if autorun && page::is_driven() {
            server::check(store, link);
        } else {
            store.say("This address asks to check a server. Look at the values, then press Check.");
        }
    });
}

/// Gives the values as soon as this very suite is there, and runs it where that is allowed.
fn prepare(store: Store, link: Link, suite: String, wish: Wish) {
    let is_done = StoredValue::new(false);
    Effect::new(move || {
        let is_there = store.is_loaded.get() && store.selected.with(|selected| *selected == suite);
        if !is_there || is_done.get_value() {
            return;
        }
        is_done.set_value(true);
        let unknown = store.examined.with_untracked(|it| {
            let is_known = |name: &str| it.variables.iter().any(|variable| variable.name == name);
            wish.vars.iter().map(|(name, _)| name.clone()).find(|name| !is_known(name))
        });
        store.given.set(Given { suite: suite.clone(), vars: wish.vars.clone(), env: wish.env.clone() });
        store.seed.set(wish.seed.clone());
        store.tags.set(wish.tags.iter().cloned().collect());
        match (unknown, wish.autorun, page::is_driven()) {
            (Some(name), ..) => store
                .complain(format!("The address gives a value to {name}, which this suite does not have.")),
            (None, true, true) => order::run_selected(store, link, Vec::new()),
            (None, true, false) => {
                store.tab.set(Tab::Values);
                store.say("This address asks for a run. Look at the values, then press Run.");
            }
            (None, false, _) => {}
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
        assert_eq!(Wish::of([pair("check", "ws://h/ws")]).check, "ws://h/ws");
        assert_eq!(wish.vars, [pair("num_clients", "3")]);
        assert_eq!(wish.env, [pair("WS_URL", "ws://h/ws")]);
        assert_eq!(wish.tags, ["smoke"]);
        assert!(!Wish::of([pair("autorun", "false")]).autorun);
    }
}
