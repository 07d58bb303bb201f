//! Switching toxics, and hearing what is switched.
//!
//! Owns when the API is asked. Two rules. Of one toxic one change is on its way at a time, and after it goes the latest, so a
//! dragged slider ends where it was let go. An answer from before a change does not count after it.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::api::{self, ApiError};
use super::store::{Api, Reach, Row, Store};
use crate::browser::page;
use crate::model::faults::setting::Setting;
use crate::model::format;

/// Changes that come so close together are one.
const SETTLE: Duration = Duration::from_millis(60);
/// How often the API is asked while the view is visible.
const EVERY: Duration = Duration::from_secs(1);
/// And while it does not answer.
const EVERY_IN_VAIN: Duration = Duration::from_secs(3);
/// A target is tried when nothing has been typed for this long.
const TYPED: Duration = Duration::from_millis(500);

/// Changes a toxic, here and on the server.
pub(super) fn change(store: Store, row: Row, how: impl FnOnce(&mut Setting)) {
    row.setting.update(how);
    send(store, row);
}

/// Puts all toxics as they are given.
pub(super) fn put_all(store: Store, settings: Vec<Setting>) {
    for (row, setting) in store.all_rows().into_iter().zip(settings) {
        // One that is off and stays off needs no request, unless it is just being switched.
        let is_news = row.setting.with_untracked(|old| *old != setting && (old.is_on || setting.is_on));
        if is_news || row.is_busy.get_untracked() {
            row.setting.set(setting);
            send(store, row);
        }
    }
}

fn send(store: Store, row: Row) {
    store.changes.update_value(|count| *count += 1);
    row.trouble.set(String::new());
    row.due.set_value(Some((store.key(), row.setting.get_untracked())));
    if row.is_busy.get_untracked() {
        return;
    }
    row.is_busy.set(true);
    spawn_local(async move {
        // None also when the view is gone meanwhile.
        while let Some((key, setting)) = row.due.try_update_value(Option::take).flatten() {
            let done = match setting.is_on {
                true => api::put(row.toxic, &setting, &key).await,
                false => api::remove(&setting.name, &key).await,
            };
            if row.trouble.is_disposed() {
                return;
            }
            heard(store, done.as_ref().err());
            match done {
                Ok(()) => {}
                Err(ApiError::Refused(words)) => row.trouble.set(format::sentence(&words)),
                // Why stands once, above all toxics.
                Err(ApiError::Missing(_)) => {
                    row.trouble.set("Not done: the proxy does not answer.".to_owned())
                }
            }
            // What was asked for meanwhile may be from before.
            store.changes.update_value(|count| *count += 1);
            // After the first change, which must not wait: it counts even when the person leaves at once.
            page::pause(SETTLE).await;
        }
        row.is_busy.try_set(false);
    });
}

/// Takes away a toxic that has no row.
pub(super) fn remove(store: Store, name: String, key: String) {
    spawn_local(async move {
        let done = api::remove(&name, &key).await;
        if !store.api.is_disposed() {
            heard(store, done.as_ref().err());
            refresh(store).await;
        }
    });
}

/// Asks the API while the view is visible, and not otherwise.
pub(super) fn follow(store: Store) {
    Effect::new(move || {
        if !store.is_seen.get() {
            return;
        }
        let looks = RwSignal::new(());
        spawn_local(async move {
            // Looking away and back makes a new one of these; this one ends with the effect that made it.
            while !looks.is_disposed() && store.is_seen.try_get_untracked() == Some(true) {
                // The bench may choose another connection, or come later than this view.
                if !store.is_typed.get_untracked() {
                    store.take_from_bench();
                }
                refresh(store).await;
                let is_missing = |api: &Api| matches!(api, Api::Missing(_));
                let is_in_vain = store.api.try_with_untracked(is_missing).unwrap_or(true);
                page::pause(if is_in_vain { EVERY_IN_VAIN } else { EVERY }).await;
            }
        });
    });
}

/// Asks the API once.
pub(super) async fn refresh(store: Store) {
    let Some(before) = store.changes.try_get_value() else { return };
    let key = store.key();
    let answer = api::proxy_state(&key).await;
    if store.api.is_disposed() {
        return;
    }
    heard(store, answer.as_ref().err());
    let Ok(proxy) = answer else { return };
    if store.key() != key {
        return;
    }
    if store.changes.get_value() == before {
        for (row, there) in store.all_rows().into_iter().zip(&proxy.settings) {
            take_over(row, there.as_ref());
        }
    }
    if store.proxy.with_untracked(|old| *old != proxy) {
        store.proxy.set(proxy);
    }
}

/// A toxic is as the server has it; one that is off keeps its numbers.
fn take_over(row: Row, there: Option<&Setting>) {
    if row.is_busy.get_untracked() {
        return;
    }
    let own = row.setting.get_untracked();
    let new = match there {
        Some(there) => there.clone(),
        None => Setting { is_on: false, name: row.toxic.name.to_owned(), ..own.clone() },
    };
    if new != own {
        row.setting.set(new);
    }
}

fn heard(store: Store, error: Option<&ApiError>) {
    let api = match error {
        Some(ApiError::Missing(words)) => Api::Missing(words.clone()),
        _ => Api::There,
    };
    if store.api.with_untracked(|old| *old != api) {
        store.api.set(api);
    }
}

/// Another link: its toxics are those that the server has for it.
pub(super) fn change_key(store: Store, key: String) {
    store.changes.update_value(|count| *count += 1);
    store.is_typed.set(true);
    store.link.update(|link| link.key = key);
    store.keep();
    for row in store.all_rows() {
        row.trouble.set(String::new());
    }
    spawn_local(refresh(store));
}

/// Tries the target whenever it is another one.
pub(super) fn try_targets(store: Store) {
    let target = Memo::new(move |_| store.link.with(|link| link.target(&page::own_socket_address(""))));
    Effect::new(move || {
        let to = target.get();
        let is_seen = store.is_seen.get();
        store.reach.set(Reach::Unasked);
        // What the bench fills in is not known here.
        if to.is_empty() || to.contains("{{") || !is_seen {
            return;
        }
        spawn_local(async move {
            page::pause(TYPED).await;
            let is_current = || target.try_get_untracked().as_ref() == Some(&to);
            if !is_current() {
                return;
            }
            store.reach.set(Reach::Asking);
            let answer = api::reach(&to).await;
            if is_current() {
                store.reach.set(match answer {
                    Ok(address) => Reach::There(address),
                    Err(ApiError::Refused(words)) => Reach::Wrong(words),
                    // Said elsewhere, for all of the view.
                    Err(ApiError::Missing(_)) => Reach::Unasked,
                });
            }
        });
    });
}
