//! Taking what has changed on the disk.
//!
//! One rule: it is taken only while the page has what the worker believes it has. What a person has changed meanwhile makes it a
//! conflict, which the worker sees when it hears of the change. The worker keeps the set-up a moment later; until then the page
//! itself keeps what was taken, so that a reload does not bring back what was before.

use std::time::Duration;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::super::link::Link;
use super::super::store::Store;
use super::ask;
use crate::browser::{clock, page, picked};
use crate::engine::base::mask::Masker;
use crate::wire;
use crate::wire::bench::{OutsideRequest, Request, Setup, Taken};

/// Under which name the page keeps what was taken last.
const NAME: &str = "taken";
/// By then the worker has kept it.
const KEPT_WITHIN: Duration = Duration::from_secs(3);

/// What was taken, and when, in milliseconds since 1970.
#[derive(Serialize, Deserialize)]
struct Latest {
    at: f64,
    taken: Vec<Taken>,
}

/// Keeps it until the worker has. Values of secrets are kept nowhere.
fn keep(store: Store, taken: &Taken) {
    let mut taken = taken.clone();
    if let Taken::Variables { from, to } = &mut taken {
        let secret = from.iter_mut().chain(to).filter(|it| it.is_secret);
        secret.for_each(|it| it.value.clear());
    }
    let mut all = latest().map(|latest| latest.taken).unwrap_or_default();
    all.retain(|it| std::mem::discriminant(it) != std::mem::discriminant(&taken));
    all.push(taken);
    let at = clock::wall();
    let Ok(text) = serde_json::to_string(&Latest { at, taken: all }) else { return };
    let secrets = store.variables.with_untracked(|all| {
        let secret = all.iter().filter(|it| it.is_secret && !it.value.is_empty());
        Masker::new(secret.map(|it| it.value.clone()))
    });
    if secrets.knows(&text) {
        return;
    }
    page::keep(NAME, &text);
    let forgets = move || {
        if latest().is_none_or(|latest| latest.at <= at) {
            page::forget(NAME);
        }
    };
    set_timeout(forgets, KEPT_WITHIN);
}

fn latest() -> Option<Latest> {
    let latest: Latest = serde_json::from_str(&page::kept(NAME)?).ok()?;
    (clock::wall() - latest.at < KEPT_WITHIN.as_secs_f64() * 1e3).then_some(latest)
}

/// Takes what the page before this one had taken, when its worker had no time to keep it.
pub(super) fn take_again(store: Store, link: Link) {
    let latest = latest();
    page::forget(NAME);
    for taken in latest.into_iter().flat_map(|latest| latest.taken) {
        take(store, link, taken);
    }
    // The folder is compared with the set-up, so that comes first.
    link.arrange(store);
}

pub(super) fn take(store: Store, link: Link, taken: Taken) {
    let told = OutsideRequest::Took(Box::new(taken.clone()));
    let is_taken = match taken {
        Taken::Connections { from, to } => {
            let now: Vec<Setup> = store
                .connections
                .with_untracked(|all| all.iter().map(|it| it.setup.get_untracked()).collect());
            let is_taken = now == from && from != to;
            if is_taken {
                connections(store, link, to);
            }
            is_taken
        }
        Taken::Messages { from, to } => swap(store.messages, &from, to),
        Taken::Variables { from, to } => swap(store.variables, &from, to),
        // The checks have the suites; they may not be loaded, and then the worker has none to compare with.
        taken @ Taken::Suite { .. } => {
            page::announce_bytes(picked::SUITE, &wire::encode(&taken));
            false
        }
    };
    if is_taken {
        if let OutsideRequest::Took(taken) = &told {
            keep(store, taken);
        }
        ask(link, &told);
    }
}

/// Says whether it was taken.
fn swap<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, from: &T, to: T) -> bool {
    let is_taken = signal.with_untracked(|now| now == from && *now != to);
    if is_taken {
        signal.set(to);
    }
    is_taken
}

/// Those that stay keep their sockets and their frames. One that the folder does not have is closed and goes.
fn connections(store: Store, link: Link, to: Vec<Setup>) {
    let before = store.connections.get_untracked();
    for gone in before.iter().filter(|it| !to.iter().any(|setup| setup.id == it.id)) {
        link.send(&Request::Forget { connection: gone.id });
        store.targets.update(|targets| targets.retain(|target| *target != gone.id));
    }
    let all: Vec<_> = to
        .into_iter()
        .map(|setup| match before.iter().find(|it| it.id == setup.id) {
            Some(known) => {
                let (name, color) = (setup.name.clone(), setup.color);
                known.setup.set(setup);
                store.rename(*known, name);
                store.recolor(*known, color);
                *known
            }
            // A number is of one connection, also when that one is gone.
            None => {
                let new = store.add_like(setup.clone());
                store.rename(new, setup.name);
                store.recolor(new, setup.color);
                new
            }
        })
        .collect();
    let selected = store.selected.get_untracked();
    let known = all.iter().any(|it| before.iter().any(|old| old.id == it.id) && it.id == selected);
    let next = all.iter().find(|it| before.iter().any(|old| old.id == it.id)).or(all.first()).map(|it| it.id);
    store.connections.set(all);
    if let Some(next) = next.filter(|_| !known) {
        store.selected.set(next);
    }
}
