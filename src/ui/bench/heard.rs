//! What the worker says, taken into the store.

use std::time::Duration;

use leptos::prelude::*;

use super::store::{COLORS, Store};
use super::values::OF_CHECK;
use crate::engine::bench::filter::FilterSpec;
use crate::wire::bench::{Changes, ConnectionId, ShownSeen};

impl Store {
    /// Takes in what the worker says.
    pub fn apply(&self, changes: Changes) {
        // While an earlier session is shown, only the state of the connections is of the present one.
        let is_of_now = !self.is_reading.get_untracked();
        self.apply_connections(&changes);
        if is_of_now {
            self.apply_shown(changes);
        }
    }

    fn apply_connections(&self, changes: &Changes) {
        for state in &changes.connections {
            if state.id.is_of_check() {
                continue;
            }
            let known = self.connections.with_untracked(|all| all.iter().copied().find(|c| c.id == state.id));
            if let Some(connection) = known {
                connection.state.set(Some(state.clone()));
            }
        }
        set_if_changed(self.pulse, changes.pulse);
    }

    /// Takes in what is said of what the timeline shows.
    pub fn apply_shown(&self, changes: Changes) {
        set_if_changed(self.totals, changes.totals);
        set_if_changed(self.list, changes.list);
        set_if_some(self.rows, changes.rows);
        set_if_some(self.type_members, changes.type_members);
        set_if_some(self.draft_seen, changes.draft);
        set_if_some(self.repeat_seen, changes.repeat);
        set_if_some(self.pins, changes.pins);
        set_if_some(self.rules_seen, changes.replies);
        if let Some(detail) = changes.detail {
            self.detail.set(Some(*detail));
        }
        if let Some(plot) = changes.plot {
            self.plot.set(Some(*plot));
        }
        if let Some(shown) = changes.shown {
            self.show(shown);
        }
        if !changes.gone.is_empty() {
            self.forget_names(&changes.gone);
        }
    }

    /// Frames of a check have come.
    fn show(&self, shown: ShownSeen) {
        let only: Vec<u32> = shown.names.iter().map(|(id, _)| id.0).collect();
        let colored = (1..).zip(shown.names).map(|(at, (id, name))| (id, (name, at % COLORS)));
        self.names.update(|names| names.extend(colored));
        if !shown.in_lanes {
            return self.go_to.set(Some((shown.frame, true)));
        }
        let (filter, hides) = (self.filter.get_untracked(), self.filter_hides.get_untracked());
        let form = self.layout.with_untracked(|layout| (layout.lanes, layout.lanes_of_check));
        let store = *self;
        self.offer_undo(OF_CHECK, move || {
            store.layout.update(|layout| (layout.lanes, layout.lanes_of_check) = form);
            store.filter_hides.set(hides);
            store.filter.set(filter.clone());
        });
        self.layout.update(|layout| {
            layout.lanes_of_check |= !layout.lanes;
            layout.lanes = true;
        });
        self.filter_hides.set(true);
        self.filter.set(FilterSpec { connections: only, ..FilterSpec::default() });
        // The place of a frame is asked for after the filter, which gives it another one.
        let go_to = self.go_to;
        set_timeout(move || go_to.set(Some((shown.frame, true))), Duration::ZERO);
    }

    /// The last frames of connections that have ended are gone, and with them their names and lanes.
    fn forget_names(&self, gone: &[ConnectionId]) {
        let is_gone = |id: &ConnectionId| {
            gone.contains(id) && !self.connections.with_untracked(|all| all.iter().any(|it| it.id == *id))
        };
        self.names.update(|names| names.retain(|id, _| !is_gone(id)));
        let mut filter = self.filter.get_untracked();
        filter.connections.retain(|id| !is_gone(&ConnectionId(*id)));
        filter.excluded_connections.retain(|id| !is_gone(&ConnectionId(*id)));
        set_if_changed(self.filter, filter);
    }
}

fn set_if_changed<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|old| *old != value) {
        signal.set(value);
    }
}

fn set_if_some<T: Send + Sync + 'static>(signal: RwSignal<T>, value: Option<T>) {
    if let Some(value) = value {
        signal.set(value);
    }
}
