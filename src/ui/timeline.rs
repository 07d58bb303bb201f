//! The timeline: every frame of every connection, of which only the rows in view are drawn.

use leptos::html::Div;
use leptos::prelude::*;

use super::format;
use super::link::Link;
use super::store::Store;
use super::viewport::Viewport;
use crate::browser::page;
use crate::engine::Instant;
use crate::wire::{ConnectionId, Look, Request, Row};

/// The list with its head.
#[component]
pub(super) fn Timeline(store: Store, link: Link) -> impl IntoView {
    let scroller = NodeRef::<Div>::new();
    let strip = NodeRef::<Div>::new();
    let top = RwSignal::new(0.0_f64);
    // The frame at the upper edge, by number and with the part that is above. This is where one looks, whatever the list
    // does meanwhile; `top` only follows from it.
    let first = RwSignal::new(0.0_f64);
    let height = RwSignal::new(400.0_f64);
    let follow = RwSignal::new(true);
    let view = Memo::new(move |_| {
        let totals = store.totals.get();
        Viewport { len: totals.frames - totals.dropped, height: height.get() }
    });
    let dropped = Memo::new(move |_| store.totals.get().dropped);

    // What the worker should send: asked for only when it differs from the last time.
    let look = Memo::new(move |_| {
        let (view, dropped) = (view.get(), dropped.get());
        let from = (!follow.get()).then(|| dropped + view.first_wanted(first.get() - dropped as f64));
        Look { from, rows: view.rows() }
    });
    Effect::new(move || link.ask(&Request::Look(look.get())));

    // Following means to stand at the end after every change; staying means to keep the frame under the eye.
    let moved_to = StoredValue::new(0);
    Effect::new(move || {
        let (view, dropped) = (view.get(), dropped.get() as f64);
        let (Some(scroller), Some(strip)) = (scroller.get(), strip.get()) else { return };
        // Before scrolling: a browser scrolls no further than the strip is long at that moment.
        page::set_height(&strip, view.strip());
        if follow.get() {
            first.set(dropped + view.last_first());
        }
        let wanted = view.top_of(first.get_untracked() - dropped).round() as i32;
        if wanted != scroller.scroll_top() {
            scroller.set_scroll_top(wanted);
        }
        moved_to.set_value(scroller.scroll_top());
        if top.get_untracked() != f64::from(scroller.scroll_top()) {
            top.set(scroller.scroll_top().into());
        }
    });
    let scrolled = move |_| {
        let Some(scroller) = scroller.get_untracked() else { return };
        let now = scroller.scroll_top();
        // Our own moving is no wish of a person; and a pixel of a long list is many frames, too coarse to read back.
        if now == moved_to.get_value() {
            return;
        }
        moved_to.set_value(now);
        let (view, now) = (view.get_untracked(), f64::from(now));
        follow.set(view.is_at_end(now));
        first.set(dropped.get_untracked() as f64 + view.first_at(now));
        top.set(now);
    };
    follow_height(scroller, height);

    let began = Memo::new(move |_| store.totals.with(|totals| totals.began.unwrap_or_default()));
    let slots = Memo::new(move |_| u64::from(view.get().rows()));
    let place = move |number: u64| {
        let dropped = dropped.get() as f64;
        view.get().place(number as f64 - dropped, first.get() - dropped, top.get())
    };
    let is_empty = move || store.totals.get().frames == 0;
    view! {
        <div class="timeline" role="group" aria-label="Timeline">
            <TimelineHead store follow/>
            <div class="rows" node_ref=scroller on:scroll=scrolled tabindex="0" data-testid="timeline">
                <p class="empty" hidden=move || !is_empty()>
                    "Nothing has happened yet. Connect, then send a message: every event shows up here with its time."
                </p>
                <div class="strip" node_ref=strip>
                    // One element for each place on the screen, filled anew as rows come and go: under a flood, making and
                    // dropping elements would be most of the work. A row stays in its slot while it is scrolled.
                    <For each=move || 0..slots.get() key=|slot| *slot let:slot>
                        <TimelineRow row=slotted(store, slot, slots) store began place/>
                    </For>
                </div>
            </div>
        </div>
    }
}

#[component]
fn TimelineHead(store: Store, follow: RwSignal<bool>) -> impl IntoView {
    let frames = move || format::counted(store.totals.get().frames, "frame");
    let dropped = move || store.totals.get().dropped;
    let memory = move || {
        let totals = store.totals.get();
        format!("{} of {}", format::size(totals.held_bytes), format::size(totals.budget))
    };
    view! {
        <div class="head">
            <h2>"Timeline"</h2>
            <span data-testid="frames">{frames}</span>
            <span class="dropped" hidden=move || dropped() == 0 data-testid="dropped"
                title="The oldest frames went when the memory for the timeline was full">
                {move || format::count(dropped())}" dropped"
            </span>
            <span class="memory" title="Memory of the timeline">{memory}</span>
            <button
                class="quiet toggle"
                aria-pressed=move || follow.get().to_string()
                on:click=move |_| follow.update(|f| *f = !*f)
                title="Keep the newest frame in view"
                data-testid="follow"
            >
                "Follow"
            </button>
        </div>
    }
}

/// The row that stands in a slot: the one whose number leaves the slot as a remainder.
fn slotted(store: Store, slot: u64, slots: Memo<u64>) -> Memo<Option<Row>> {
    Memo::new(move |_| {
        let slots = slots.get();
        store.rows.with(|rows| {
            let offset = (slot + slots - rows.first % slots) % slots;
            rows.rows.get(usize::try_from(offset).ok()?).cloned()
        })
    })
}

#[component]
fn TimelineRow(
    row: Memo<Option<Row>>,
    store: Store,
    began: Memo<Instant>,
    place: impl Fn(u64) -> f64 + Copy + Send + Sync + 'static,
) -> impl IntoView {
    // What a row shows, or nothing while its slot is empty.
    let show = move |what: fn(&Row) -> String| move || row.with(|row| row.as_ref().map(what));
    let name = move || {
        let id = row.with(|row| row.as_ref().map(|row| row.connection))?;
        Some(store.names.with(|names| names.get(&id).cloned().unwrap_or_else(|| "check".to_owned())))
    };
    let time = move || {
        let at = row.with(|row| row.as_ref().map(|row| row.at))?;
        Some(format::moment(at, began.get(), store.clock_step()))
    };
    let round_trip = move || {
        let took = row.with(|row| row.as_ref().and_then(|row| row.round_trip))?;
        Some(format::duration(took, store.clock_step()))
    };
    let shift = move || {
        let number = row.with(|row| row.as_ref().map_or(0, |row| row.number));
        format!("translateY({}px)", place(number))
    };
    let direction = show(|row| format::direction(row.kind).to_owned());
    view! {
        <div class="row" hidden=move || row.with(Option::is_none) data-direction=direction style:transform=shift>
            <span class="time">{time}</span>
            <span class="who">
                <span class="dot" data-color=show(|row| color(row.connection)) aria-hidden="true"></span>
                {name}
            </span>
            <span class="arrow" aria-label=direction>{show(|row| format::mark(row.kind).0.to_owned())}</span>
            <span class="kind">{show(|row| format::mark(row.kind).1.to_owned())}</span>
            <span class="size">{show(size)}</span>
            <span class="preview">{show(|row| row.preview.clone())}</span>
            <span class="trip">{round_trip}</span>
        </div>
    }
}

/// The size of a message; other frames have none worth showing.
fn size(row: &Row) -> String {
    if row.kind.is_sent() || row.kind.is_received() { format::size(row.size) } else { String::new() }
}

fn color(id: ConnectionId) -> String {
    if id.is_of_check() { "check".to_owned() } else { (id.0 % 8).to_string() }
}

/// Keeps the height of an element up to date for as long as the component lives.
fn follow_height(element: NodeRef<Div>, height: RwSignal<f64>) {
    Effect::new(move |_| {
        if let Some(element) = element.get() {
            let observer = page::HeightObserver::new(&element, move |now| {
                // A hidden view has no height; keeping the last one saves asking for nothing and back.
                if now > 0.0 {
                    height.set(now);
                }
            });
            on_cleanup({
                let observer = StoredValue::new_local(observer);
                move || observer.dispose()
            });
        }
    });
}
