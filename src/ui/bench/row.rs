//! One row of the timeline: a `span` for each column, in the order of `grid-template-columns` in `style/timeline.css`.
//!
//! The guide calls the column `kind` the type. It shows the type of a JSON message, and of other frames what they are:
//! text, binary, open, closed. One rule: every text is empty while the slot has no row.

use std::time::Duration;

use leptos::prelude::*;

use super::super::parts::fields::{text, when};
use super::columns::cells;
use super::highlights::{tone_at, words_at};
use super::lanes::Lanes;
use super::store::Store;
use super::timeline::{choose, compare};
use crate::engine::FrameKind;
use crate::engine::base::close;
use crate::engine::bench::summary::{Member, Summary, ValueKind};
use crate::model::format;
use crate::wire::bench::{ConnectionId, Row, RowContent, Times};

#[component]
pub(crate) fn TimelineRow(
    row: Memo<Option<Row>>,
    store: Store,
    lanes: Lanes,
    shift: impl Fn(u64) -> f64 + Copy + Send + Sync + 'static,
    place_of: impl Fn(u64) -> (u64, u64) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    // What a row shows, or nothing while its slot is empty.
    let show = move |what: fn(&Row) -> String| {
        text(move || row.with(|row| row.as_ref().map(what)).unwrap_or_default())
    };
    let number = move || row.with(|row| row.as_ref().map(|row| row.number));
    let connection = Memo::new(move |_| row.with(|row| row.as_ref().map(|row| row.connection)));
    let name = text(move || {
        let Some(id) = connection.get() else { return String::new() };
        store.names.with(|names| names.get(&id).map_or_else(|| "check".to_owned(), |(name, _)| name.clone()))
    });
    let color = text(move || connection.get().map(|id| color_of(store, id)).unwrap_or_default());
    let time = text(move || row.with(|row| row.as_ref().map(|row| time(store, row))).unwrap_or_default());
    // Written only for the row under the pointer: a flood changes all rows with each frame of the screen.
    let is_hovered = RwSignal::new(false);
    let exactly = move |what: fn(Store, &Row) -> String| {
        text(move || match is_hovered.get() {
            true => row.with(|row| row.as_ref().map(|row| what(store, row))).unwrap_or_default(),
            false => String::new(),
        })
    };
    let took = Memo::new(move |_| row.with(|row| row.as_ref().and_then(took)));
    let trip =
        text(move || took.get().map(|took| format::figure(took, store.clock_step())).unwrap_or_default());
    // Its place in the list, from 1, and how long the list is: the elements stand in the order of their slots.
    let place = Memo::new(move |_| row.with(|row| row.as_ref().map(|row| place_of(row.position))));
    let moved = text(move || {
        let position = row.with(|row| row.as_ref().map_or(0, |row| row.position));
        format!("translateY({}px)", shift(position))
    });
    let gap = Memo::new(move |_| row.with(|row| row.as_ref().map_or(0, gap)));
    let gap = move || gap.get().to_string();
    // Where rows are even is where they stand, and not which slot they are in.
    let is_even = Memo::new(move |_| row.with(|row| row.as_ref().is_some_and(|row| row.position % 2 == 0)));
    let direction = show(|row| direction(row).to_owned());
    let is_as_it_came = when(move || store.layout.with(|layout| layout.rows) == RowContent::Text);
    // Never both: the text stands where no members do.
    let preview = text(move || {
        let shows = |row: &&Row| is_as_it_came.get() || row.summary.is_none();
        row.with(|row| row.as_ref().filter(shows).map(|row| row.preview.clone())).unwrap_or_default()
    });
    let summary = move |what: &dyn Fn(&Summary) -> Option<String>| {
        let of = |row: &Row| row.summary.as_ref().and_then(what);
        row.with(|row| row.as_ref().and_then(of)).unwrap_or_default()
    };
    let member = move |place: usize| {
        let name = text(move || summary(&|it| varying(it, place).map(|it| it.name.clone())));
        let kind = text(move || summary(&|it| varying(it, place).map(|it| tone(it.kind).to_owned())));
        let value = text(move || summary(&|it| varying(it, place).map(|it| it.value.clone())));
        view! { <span class="member" data-of=place.to_string()><i>{name}</i>" "<b data-tone=kind>{value}</b>" "</span> }
    };
    let highlight = Memo::new(move |_| row.with(|row| row.as_ref().and_then(|row| row.highlight)));
    let stands_out = text(move || highlight.get().map(|place| words_at(store, place)).unwrap_or_default());
    let others = text(move || summary(&|it| Some(others(it))));
    let has_error = when(move || {
        row.with(|row| row.as_ref().and_then(|row| row.summary.as_ref()).is_some_and(|it| it.is_error))
    });
    let is_chosen = Memo::new(move |_| number().is_some() && number() == store.chosen.get());
    let marks = show(|row| {
        let mut marks = String::new();
        if row.is_pinned {
            marks.push_str("pinned ");
        }
        if row.is_hit {
            marks.push_str("hit ");
        }
        if row.is_tainted && row.round_trip.is_some() {
            marks.push_str("tainted");
        }
        marks
    });
    let is_tainted = Memo::new(move |_| row.with(|row| row.as_ref().is_some_and(|row| row.is_tainted)));
    // Empty without one: a title counts in the name that a screen reader reads.
    let trip_hint = text(move || {
        let Some(took) = took.get() else { return String::new() };
        let exact = format::exact(took, store.clock_step());
        if row.with(|row| row.as_ref().is_some_and(|row| row.round_trip.is_none())) {
            return format!("Arrived {exact} after it was sent");
        }
        match is_tainted.get() {
            true => format!("Round trip of {exact}, unreliable: the tab was hidden or the page was busy"),
            false => format!("Round trip of {exact}"),
        }
    });
    let pick = move |event: leptos::ev::MouseEvent| {
        let Some(number) = number() else { return };
        let is_second = event.ctrl_key() || event.meta_key();
        match store.chosen.get_untracked().filter(|chosen| is_second && *chosen != number) {
            Some(chosen) => compare(store, chosen, number),
            None => choose(store, number),
        }
    };
    view! {
        <div class="row" role="option" hidden=when(move || row.with(Option::is_none))
            id=text(move || number().map(|number| format!("frame-{number}")).unwrap_or_default())
            aria-selected=text(move || is_chosen.get().to_string())
            aria-posinset=text(move || place.get().unwrap_or_default().0.to_string())
            aria-setsize=text(move || place.get().unwrap_or_default().1.to_string())
            style=("--lane", move || lanes.place(connection.get())) data-silence=move || row.with(|row| row.as_ref().and_then(|row| lanes.silence(row)))
            data-direction=direction data-marks=marks data-even=move || is_even.get().then_some("")
            data-highlight=move || highlight.get().and_then(|place| tone_at(store, place)) style:transform=moved on:click=pick
            on:pointerenter=move |_| is_hovered.set(true) on:pointerleave=move |_| is_hovered.set(false)>
            <span class="time" data-gap=gap title=exactly(wall)>{time}</span>
            <span class="who" data-of="connection"><span class="dot" data-color=color aria-hidden="true"></span><span class="whose">{name}</span></span>
            <span class="arrow" data-of="direction">{show(arrow)}</span>
            <span class="kind" data-of="type" data-error=move || has_error.get().then_some("")>{show(kind)}</span>
            <span class="preview">
                {cells(store, row)}{preview}
                <span class="members" hidden=is_as_it_came>{(0..MEMBERS).map(member).collect_view()}<span class="others">{others}</span></span>
            </span>
            <span class="trip" title=trip_hint>{trip}</span>
            <span class="size" title=exactly(exact_size)>{show(size)}</span>
            <span class="unseen">{stands_out}</span>
        </div>
    }
    .into_any()
}

/// Members of a message that have an element of their own; the others share one.
const MEMBERS: usize = 5;

/// The type of a message, or what else a frame is.
pub(crate) fn kind(row: &Row) -> String {
    let type_name = row.summary.as_ref().and_then(|summary| summary.type_name.clone());
    type_name.unwrap_or_else(|| format::mark(row.kind).1.to_owned())
}

fn varying(summary: &Summary, place: usize) -> Option<&Member> {
    summary.members.get(place).filter(|member| member.varies)
}

fn others(summary: &Summary) -> String {
    let varying = summary.members.iter().take(MEMBERS).take_while(|member| member.varies).count();
    let rest = summary.members[varying..].iter().take(MEMBERS).map(|it| format!("{} {}", it.name, it.value));
    rest.collect::<Vec<_>>().join("  ")
}

pub(crate) fn tone(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Text => "text",
        ValueKind::Number => "number",
        ValueKind::Word => "word",
        ValueKind::Nested => "faint",
    }
}

/// How long the question of an answer had been out, or what arrives in lanes.
fn took(row: &Row) -> Option<Duration> {
    row.round_trip.or_else(|| row.origin.map(|origin| origin.took))
}

/// Whether a row reports an unexpected end: one without a close frame, or with a code that says what went wrong.
fn is_bad_end(row: &Row) -> bool {
    row.kind == FrameKind::Closed
        && format::closing_code(&row.preview).is_some_and(|it| !close::is_ordinary(it))
}

/// What stands in the column of the direction.
fn arrow(row: &Row) -> String {
    if direction(row) == "trouble" { "✕".to_owned() } else { format::mark(row.kind).0.to_owned() }
}

pub(super) fn direction(row: &Row) -> &'static str {
    if row.is_wrong || is_bad_end(row) { "trouble" } else { format::direction(row.kind) }
}

/// How long after the row above it stands, in steps from 0 to 10: 1 is from 1 ms on, and each step is some three times the one before.
fn gap(row: &Row) -> u8 {
    const FROM: [u64; 10] = [1, 3, 6, 15, 40, 125, 350, 1000, 5000, 30_000];
    let millis = row.delta.map_or(0, |delta| delta.as_millis() as u64);
    FROM.iter().filter(|from| millis >= **from).count() as u8
}

/// The size of a message; other frames have none worth showing.
fn size(row: &Row) -> String {
    if row.kind.is_sent() || row.kind.is_received() { format::size(row.size) } else { String::new() }
}

/// The same in bytes.
fn exact_size(_: Store, row: &Row) -> String {
    if row.size < 1024 { String::new() } else { format::exact_size(row.size) }
}

/// When a row happened by the clock on the wall, with every digit that the clock has.
fn wall(store: Store, row: &Row) -> String {
    format::time_of_day_exact(row.at, clock_began(store), crate::browser::clock::offset(), store.clock_step())
}

fn clock_began(store: Store) -> f64 {
    store.ready.with(|ready| ready.as_ref().map_or(0.0, |ready| ready.clock_began))
}

/// When a row happened, in the chosen form.
pub(crate) fn time(store: Store, row: &Row) -> String {
    let step = store.clock_step();
    let began = store.totals.with(|totals| totals.began.unwrap_or_default());
    match store.layout.with(|layout| layout.times) {
        Times::Relative => format::moment(row.at, began, step),
        Times::Absolute => format::time_of_day(row.at, clock_began(store), crate::browser::clock::offset()),
        Times::Delta => row.delta.map_or_else(
            || "–".to_owned(),
            |delta| {
                format::moment(crate::engine::Instant::ORIGIN + delta, crate::engine::Instant::ORIGIN, step)
            },
        ),
    }
}

/// The colour of a connection's dot.
pub(crate) fn color_of(store: Store, id: ConnectionId) -> String {
    store.names.with(|names| names.get(&id).map_or(0, |(_, color)| *color).to_string())
}
