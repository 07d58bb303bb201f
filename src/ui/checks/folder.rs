//! The suites of the library as files of a folder on the disk.
//!
//! The worker of the bench has the folder. This tells it of every change of the library, and takes what has changed on the disk. It
//! refuses to decide: what a person has typed and the disk does not know makes a conflict there.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;

use super::editor;
use super::library::heard;
use super::link::Link;
use super::on_disk::tell;
use super::store::Store;
use crate::browser::{page, picked};
use crate::wire;
use crate::wire::bench::{OutsideRequest, Taken};
use crate::wire::checks::{Answer, Card, OwnSuite, Question};

/// Tells of all own suites once they were read, and takes what changes on the disk from then on.
pub(super) fn follow(store: Store, link: Link) {
    StoredValue::new_local(page::BytesListener::new(picked::SUITE, move |bytes| {
        // Both sides were built from one source.
        if let Ok(Taken::Suite { id, from, to, file }) = wire::decode(&bytes) {
            take(store, link, OwnSuite { id, title: String::new(), text: String::new(), file }, from, to);
        }
    }));
    let is_told = StoredValue::new(false);
    Effect::new(move || {
        // What a browser has lost must not look like what a person has deleted.
        if !store.is_restored.get() || store.keeps_nothing.get() || is_told.get_value() {
            return;
        }
        is_told.set_value(true);
        tell_all(store, link);
    });
}

fn tell_all(store: Store, link: Link) {
    let own: Vec<Card> =
        store.library.with_untracked(|all| all.iter().filter(|card| !card.is_shipped).cloned().collect());
    let count = own.len();
    if count == 0 {
        return tell(&OutsideRequest::Suites(Vec::new()));
    }
    let read: Rc<RefCell<Vec<OwnSuite>>> = Rc::default();
    for card in own {
        let read = read.clone();
        link.ask(Question::Text(card.id.clone()), move |told| {
            let Answer::Text(text) = told else { return };
            read.borrow_mut().push(card.suite(text));
            if read.borrow().len() == count {
                tell(&OutsideRequest::Suites(read.take()));
            }
        });
    }
}

fn take(store: Store, link: Link, suite: OwnSuite, from: Option<String>, to: Option<String>) {
    let id = suite.id.clone();
    let is_selected = store.selected.with_untracked(|selected| *selected == id);
    let is_typing = store.unkept.with_untracked(|unkept| unkept.as_ref().is_some_and(|it| it.id == id));
    let is_here = store.text_of.with_untracked(|of| *of == id);
    let is_other = is_here && from.is_some() && store.text.with_untracked(|text| Some(text) != from.as_ref());
    if is_typing || is_selected && is_other {
        return;
    }
    let Some(text) = to else {
        if is_selected {
            page::go_to("#/checks");
        }
        return link.ask(Question::Forget(id), move |told| heard(store, told));
    };
    let shown = text.clone();
    link.ask(Question::Keep(OwnSuite { text, ..suite }), move |told| heard(store, told));
    if is_selected && is_here {
        store.text.set(shown.clone());
        editor::look(store, link, shown);
    }
}
