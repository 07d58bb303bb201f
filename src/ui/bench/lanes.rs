//! The timeline in lanes: time runs down, each connection has a lane, and lines join what belongs together.
//!
//! Owns which lanes there are and the drawing over the rows. The rows are those of the list, each put into its lane by the
//! style sheet. One rule: no frame has an element beside its row; all lines of one kind are one path.

use leptos::html::Div;
use leptos::prelude::*;

use super::super::parts::fields::{icon_toggle, text, when};
use super::super::parts::icons;
use super::row;
use super::store::Store;
use crate::browser::layout;
use crate::engine::bench::filter::FilterSpec;
use crate::model::format;
use crate::model::lanes::{LANE, Lines, Mark, Tone, lines, rails, silence};
use crate::model::viewport::ROW;
use crate::wire::bench::{ConnectionId, Row};

/// The lanes. A copy is the same.
#[derive(Clone, Copy)]
pub(crate) struct Lanes {
    pub is_on: Signal<bool>,
    order: Memo<Vec<ConnectionId>>,
    /// How far the lanes are scrolled to the side.
    left: RwSignal<i32>,
}

impl Lanes {
    pub fn new(store: Store) -> Self {
        let order = Memo::new(move |_| order(store));
        let is_on = when(move || store.layout.with(|layout| layout.lanes));
        // Lanes that came with the frames of a check go when the filter shows other frames again.
        Effect::new(move || {
            let of_check =
                |filter: &FilterSpec| filter.connections.iter().any(|id| ConnectionId(*id).is_of_check());
            let is_over = !store.filter.with(of_check);
            if is_over && store.layout.with_untracked(|layout| layout.lanes_of_check) {
                store.layout.update(|layout| (layout.lanes, layout.lanes_of_check) = (false, false));
            }
        });
        Self { is_on, order, left: RwSignal::new(0) }
    }

    /// The lane of a connection, for the style sheet.
    pub fn place(self, connection: Option<ConnectionId>) -> String {
        if self.is_on.get() { self.of(connection.unwrap_or_default()).to_string() } else { String::new() }
    }

    /// How long nothing happened before a row, where lanes show a break.
    pub fn silence(self, row: &Row) -> Option<String> {
        silence(row.delta).filter(|_| self.is_on.get()).map(format::duration)
    }

    pub fn scrolled(self, left: i32) {
        if self.left.get_untracked() != left {
            self.left.set(left);
        }
    }

    /// How many there are, and how far they are scrolled, for the style sheet.
    pub fn count(self) -> String {
        self.order.with(Vec::len).max(1).to_string()
    }

    pub fn left(self) -> String {
        format!("{}px", self.left.get())
    }

    fn of(self, connection: ConnectionId) -> usize {
        self.order.with(|order| order.iter().position(|it| *it == connection).unwrap_or(order.len()))
    }
}

/// The connections that the filter shows; without one those of the bench as they stand in its list, then those that only
/// frames are left of.
fn order(store: Store) -> Vec<ConnectionId> {
    // A filter that cannot be read narrows nothing.
    let is_wrong = store.list.with(|list| list.hits.as_ref().is_some_and(|hits| hits.wrong.is_some()));
    let (only, excluded) = match store.filter_hides.get() && !is_wrong {
        true => store.filter.with(|it| (it.connections.clone(), it.excluded_connections.clone())),
        false => (Vec::new(), Vec::new()),
    };
    let is_shown = |id: &ConnectionId| !excluded.contains(&id.0);
    if !only.is_empty() {
        return only.into_iter().map(ConnectionId).filter(is_shown).collect();
    }
    let mut order: Vec<_> = store.connections.with(|all| all.iter().map(|it| it.id).collect());
    store.names.with(|names| {
        // An earlier session has no connection of the bench.
        order.retain(|id| names.contains_key(id));
        order.extend(names.keys().filter(|id| !order.contains(id)).collect::<Vec<_>>());
    });
    order.retain(is_shown);
    order
}

/// Turns a list into lanes, and back.
pub(crate) fn turn(store: Store) {
    store.layout.update(|layout| (layout.lanes, layout.lanes_of_check) = (!layout.lanes, false));
}

/// The button for that.
pub(crate) fn button(store: Store) -> AnyView {
    let is_on = when(move || store.layout.with(|layout| layout.lanes));
    let name = text(|| "Lanes: one for each connection, with lines from question to answer (L)".to_owned());
    icon_toggle("lanes", icons::LANES, name, is_on, move || turn(store))
}

/// The names over the lanes. Each row says the name of its connection, so a screen reader passes over these.
pub(crate) fn head(store: Store, lanes: Lanes) -> AnyView {
    let name = move |id: ConnectionId| {
        store.names.with(|names| names.get(&id).map(|(name, _)| name.clone())).unwrap_or_default()
    };
    let one = move |id: ConnectionId| {
        let (name, color) = (text(move || name(id)), text(move || row::color_of(store, id)));
        view! { <span class="lanes-name" title=name><span class="dot" data-color=color></span><b>{name}</b></span> }
    };
    let all = move || lanes.order.get().into_iter().map(one).collect_view();
    view! { <div class="lanes-head" aria-hidden="true" data-testid="lanes-head"><div>{all}</div></div> }
        .into_any()
}

/// Brings the lane of a frame into view once it is chosen and its row is there. Afterwards a person may look elsewhere.
pub(crate) fn follow_chosen(store: Store, lanes: Lanes, list: NodeRef<Div>) {
    /// The times cover this much of the lanes.
    const TIMES: f64 = 130.0;
    let seen = Memo::new(move |_| {
        let chosen = store.chosen.get().filter(|_| lanes.is_on.get())?;
        store.rows.with(|rows| rows.rows.iter().any(|row| row.number == chosen)).then_some(chosen)
    });
    Effect::new(move |before: Option<Option<u64>>| {
        let before = before.flatten();
        let Some(chosen) = seen.get() else { return before };
        if before != Some(chosen) {
            // The row takes its place with this frame of the screen.
            request_animation_frame(move || {
                if let Some(list) = list.get_untracked() {
                    layout::bring_sideways(&list, ".row[aria-selected=true] .row-kind", TIMES);
                }
            });
        }
        Some(chosen)
    });
}

/// The drawing below the rows; `shift` says where on the strip a row stands, and `height` how much of it is seen.
pub(crate) fn drawing(
    store: Store,
    lanes: Lanes,
    shift: Callback<u64, f64>,
    height: RwSignal<f64>,
) -> AnyView {
    let marks = Memo::new(move |_| {
        store.rows.with(|rows| rows.rows.iter().map(|row| mark(lanes, row)).collect::<Vec<_>>())
    });
    let lines = Memo::new(move |_| marks.with(|marks| lines(marks)));
    let high = Memo::new(move |_| height.get().max(marks.with(Vec::len) as f64 * ROW));
    let across = move || lanes.order.with(Vec::len).max(1);
    let path = move |of: fn(&Lines) -> &String| text(move || lines.with(|it| of(it).clone()));
    let moved = text(move || format!("translateY({}px)", shift.run(store.rows.with(|rows| rows.first))));
    view! {
        <svg class="lanes-lines" aria-hidden="true" preserveAspectRatio="none" data-testid="lanes-lines"
            viewBox=text(move || format!("0 0 {} {}", across() as f64 * LANE, high.get()))
            style:height=text(move || format!("{}px", high.get())) style:transform=moved>
            <path class="lanes-bands" d=path(|it| &it.bands)/>
            <path class="lanes-rails" d=text(move || rails(across(), high.get()))/>
            <path class="lanes-answers" d=path(|it| &it.answers)/>
            <path class="lanes-arrivals" d=path(|it| &it.arrivals)/>
            <path class="lanes-wrong" d=path(|it| &it.wrong)/>
            <path class="lanes-marks" data-tone="sent" d=path(|it| &it.marks[Tone::Sent as usize])/>
            <path class="lanes-marks" data-tone="received" d=path(|it| &it.marks[Tone::Received as usize])/>
            <path class="lanes-marks" data-tone="life" d=path(|it| &it.marks[Tone::Life as usize])/>
            <path class="lanes-marks" data-tone="trouble" d=path(|it| &it.marks[Tone::Wrong as usize])/>
        </svg>
    }
    .into_any()
}

fn mark(lanes: Lanes, row: &Row) -> Mark {
    let tone = match row::direction(row) {
        "sent" => Tone::Sent,
        "received" => Tone::Received,
        "trouble" => Tone::Wrong,
        _ => Tone::Life,
    };
    Mark {
        position: row.position,
        lane: lanes.of(row.connection),
        tone,
        origin: row.origin.map(|origin| (origin.position, lanes.of(origin.connection))),
        answer: row.answer,
    }
}
