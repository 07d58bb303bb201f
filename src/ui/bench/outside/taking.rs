//! Taking what has changed on the disk.
//!
//! One rule: it is taken only while the page has what the worker believes it has. What a person has changed meanwhile makes it a
//! conflict, which the worker sees when it hears of the change.

use leptos::prelude::*;

use super::super::link::Link;
use super::super::store::Store;
use super::ask;
use crate::browser::{page, picked};
use crate::wire;
use crate::wire::bench::{OutsideRequest, Request, Setup, Taken};

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
