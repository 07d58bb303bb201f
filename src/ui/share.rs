//! The set-up as a link, and links that bring one.

use leptos::prelude::*;

use super::format;
use super::link::Link;
use super::store::{Dialog, Store};
use crate::browser::page;
use crate::wire::{Answer, Question};

/// Makes a link and shows it.
pub(super) fn make_link(store: Store, link: Link) {
    let mut workspace = untrack(|| store.workspace());
    workspace.draft = store.draft.get_untracked();
    link.question(Question::Share(Box::new(workspace)), move |answer| {
        if let Answer::Link { fragment, left_out } = answer {
            let address = format!("{}#/bench?set={fragment}", page::address_without_fragment());
            store.dialog.set(Some(Dialog::Link { address, left_out }));
        }
    });
}

/// Shows what a link would set up; nothing is done before a click.
pub(super) fn open_link(store: Store, link: Link, fragment: &str) {
    let Some((_, packed)) = fragment.split_once("?set=") else { return };
    link.question(Question::OpenShared(packed.to_owned()), move |answer| match answer {
        Answer::Offer(workspace) => store.dialog.set(Some(Dialog::Offer(workspace))),
        Answer::Failed(words) => store.complain(format::sentence(&words)),
        _ => {}
    });
}
