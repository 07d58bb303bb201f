//! The merged timeline: only the rows on the screen are drawn, and only they are asked for.

use std::time::Duration;

use leptos::ev::KeyboardEvent;
use leptos::html::Div;
use leptos::prelude::*;

use super::super::later::soon;
use super::super::parts::fields::{button, text, when};
use super::columns;
use super::filter_bar::FilterBar;
use super::lanes::{self, Lanes};
use super::link::Link;
use super::place::Place;
use super::row::TimelineRow;
use super::row_menu::{self, Asked};
use super::sessions::Sessions;
use super::store::Store;
use super::timeline_head::{TimelineHead, times_name};
use crate::browser::{layout, page};
use crate::engine::bench::filter::FilterSpec;
use crate::model::format;
use crate::model::viewport::Viewport;
use crate::wire::bench::{Answer, Inspect, Look, Question, Request, Row};

/// Rows that are made in one task. A slow machine takes clicks between two tasks.
const AT_ONCE: u64 = 6;

/// The list with its head, one for each session that is shown.
pub(crate) fn timeline(store: Store, link: Link) -> AnyView {
    let shown = Memo::new(move |_| Sessions::shown(store));
    let drawn = move || {
        shown.track();
        list(store, link)
    };
    drawn.into_any()
}

fn list(store: Store, link: Link) -> AnyView {
    let lanes = Lanes::new(store);
    let scroller = NodeRef::<Div>::new();
    let strip = NodeRef::<Div>::new();
    let around = NodeRef::<Div>::new();
    let height = RwSignal::new(400.0_f64);
    let start = Memo::new(move |_| store.list.with(|list| list.first));
    let view = Memo::new(move |_| {
        let len = store.list.with(|list| list.end - list.first);
        Viewport { len, height: height.get() }
    });
    let (first, top) = (RwSignal::new(0.0_f64), RwSignal::new(0.0_f64));
    let follow = RwSignal::new(true);
    // Another view is shown. A list without a box is not where it was: what it reports then was not a person's wish.
    let is_away = RwSignal::new(false);
    let place = Place { first, follow, view, start };

    // What the worker should send: asked for only when it differs from the last time.
    let look = Memo::new(move |_| {
        let (view, start) = (view.get(), start.get());
        let from = (!follow.get()).then(|| start + view.first_wanted(first.get() - start as f64));
        Look { from, rows: view.rows() }
    });
    Effect::new(move || link.send(&Request::Look(look.get())));

    Effect::new(move || {
        if let Some((number, opens)) = store.go_to.get() {
            store.go_to.set(None);
            match opens {
                true => go_to(store, link, place, number),
                false => show(store, link, place, number),
            }
        }
    });

    // A row that was chosen stays in sight, so choosing one stops following. A new list may have one chosen already.
    let has_stopped = RwSignal::new(false);
    Effect::new(move |is_first: Option<()>| {
        let is_chosen = store.chosen.get().is_some();
        if is_first.is_some() && is_chosen && follow.get_untracked() {
            follow.set(false);
            has_stopped.set(true);
        }
    });
    Effect::new(move || {
        if follow.get() {
            has_stopped.set(false);
        }
    });

    // Following means to stand at the end after every change; staying means to keep the frame under the eye.
    // How far the list is scrolled and how long the strip is, as far as is known. To ask the browser would have it lay out all rows
    // for the answer, twice for each drawing.
    let (moved_to, strip_is) = (StoredValue::new(None::<i32>), StoredValue::new(None::<f64>));
    Effect::new(move || {
        let (view, start) = (view.get(), start.get() as f64);
        let (Some(scroller), Some(strip)) = (scroller.get(), strip.get()) else { return };
        if is_away.get() {
            return;
        }
        let is_new = strip_is.get_value().is_none();
        // Before scrolling: a browser scrolls no further than the strip is long at that moment.
        if strip_is.get_value() != Some(view.strip()) {
            let is_shorter = strip_is.get_value().is_some_and(|known| known > view.strip());
            strip_is.set_value(Some(view.strip()));
            layout::set_height(&strip, view.strip());
            if is_shorter {
                // A browser scrolls back by itself then.
                moved_to.set_value(None);
            }
        }
        if follow.get() {
            first.set(start + view.last_first());
        }
        let wanted = view.top_of(first.get() - start).round() as i32;
        if moved_to.get_value() == Some(wanted) {
            return;
        }
        // A new list is where it should be. Asking it for its place would lay out the whole page at once.
        if is_new && wanted == 0 {
            return moved_to.set_value(Some(wanted));
        }
        scroller.set_scroll_top(wanted);
        let now = scroller.scroll_top();
        // Where it could not be scrolled to, it is tried again at the next change.
        moved_to.set_value(Some(now));
        if top.get_untracked() != f64::from(now) {
            top.set(now.into());
        }
    });
    let scrolled = move |_| {
        let Some(scroller) = scroller.get_untracked() else { return };
        // The event of our own last move may come when the list is hidden, and that of the browser's moving it back when it
        // is shown again.
        if is_away.get_untracked() || scroller.client_height() == 0 {
            return;
        }
        lanes.scrolled(scroller.scroll_left());
        let now = scroller.scroll_top();
        // Our own scrolling is not a person's wish; and a pixel of a long list is many frames, too coarse to read back.
        if Some(now) == moved_to.get_value() {
            return;
        }
        moved_to.set_value(Some(now));
        // The height of this very moment: a browser scrolls by itself when the list becomes higher, before it tells us.
        let view = Viewport { height: f64::from(scroller.client_height()), ..view.get_untracked() };
        let now = f64::from(now);
        follow.set(view.is_at_end(now));
        first.set(start.get_untracked() as f64 + view.first_at(now));
        top.set(now);
    };
    watch_height(scroller, move |now| {
        if is_away.get_untracked() != (now == 0.0) {
            // A list without a box forgets how far it was scrolled.
            moved_to.set_value(None);
            is_away.set(now == 0.0);
        }
        // A hidden view has no height; keeping the last one saves asking for nothing and back.
        if now > 0.0 {
            let chosen = chosen_position(store).filter(|at| place.offset_of(*at).is_some());
            height.set(now);
            // A list that becomes lower keeps the chosen row in sight.
            if let Some(position) = chosen.filter(|_| !follow.get_untracked()) {
                place.show(position);
            }
        }
        // The heads over the rows end where the rows do, before the scrollbar.
        if let (Some(scroller), Some(heads)) = (scroller.get_untracked(), around.get_untracked()) {
            let gutter = scroller.offset_width() - scroller.client_width();
            layout::set_length(&heads, "--timeline-gutter", gutter.into());
        }
    });

    lanes::follow_chosen(store, lanes, scroller);
    let made = RwSignal::new(AT_ONCE);
    make_more(made, view);
    let slots = Memo::new(move |_| u64::from(view.get().rows()).min(made.get()));
    let shift = move |position: u64| {
        let start = start.get() as f64;
        view.get().place(position as f64 - start, first.get() - start, top.get())
    };
    let asked = RwSignal::new(None::<Asked>);
    let keys = move |event: KeyboardEvent| {
        if event.key() == "ContextMenu" || (event.key() == "F10" && event.shift_key()) {
            event.prevent_default();
            return asked.set(row_menu::of_chosen(store));
        }
        key_pressed(&event, store, place);
    };
    let pointed = move |event: leptos::ev::MouseEvent| {
        if let Some(row) = row_menu::of_pointer(store, &event) {
            event.prevent_default();
            store.chosen.set(Some(row.frame()));
            asked.set(Some(row));
        }
    };
    let place_of = move |position: u64| {
        let (start, len) = (start.get(), view.get().len);
        ((position + 1).saturating_sub(start), len)
    };
    let newer = Memo::new(move |_| {
        let (end, missed) = store.list.with(|list| (list.end, list.paused.unwrap_or(0)));
        let below = if follow.get() { 0 } else { place.below(end) };
        below + missed
    });
    let newer_words = text(move || match (newer.get(), has_stopped.get()) {
        (0, _) => String::new(),
        (count, false) => format!("{} new", format::count(count)),
        (count, true) => format!("{} new · follow", format::count(count)),
    });
    let stopped = text(move || match has_stopped.get() {
        true => "Following has stopped, since a row is chosen. End follows the newest.".to_owned(),
        false => String::new(),
    });
    let to_newest = move |_| {
        go_on(store, link);
        follow.set(true);
        page::focus_soon("[data-testid=timeline]");
    };
    let times = text(move || times_name(store.layout.with(|layout| layout.times)).to_owned());
    let active = text(move || store.chosen.get().map(|number| format!("frame-{number}")).unwrap_or_default());
    let is_fresh = Memo::new(move |_| store.totals.with(|totals| totals.frames == 0));
    // A column that says the same on every row tells nothing.
    let is_alone = when(move || store.names.with(|names| names.len() < 2));
    let has_no_trips =
        when(move || store.rows.with(|rows| rows.rows.iter().all(|row| row.round_trip.is_none())));
    view! {
        <div class="timeline" node_ref=around role="group" aria-label="Timeline"
            data-times=times data-alone=move || is_alone.get().then_some("") data-no-trips=move || has_no_trips.get().then_some("")
            data-lanes=move || lanes.is_on.get().then_some("") style=("--lanes", move || lanes.count()) style=("--lanes-left", move || lanes.left())>
            <h2 class="unseen">"Timeline"</h2>
            <div class="timeline-bar">
                <FilterBar store link place/>
                <TimelineHead store link place/>
            </div>
            <div class="timeline-listing">
                <div class="timeline-empty" hidden=move || !is_empty(store) || is_fresh.get()>
                    <p>{text(move || empty_words(store))}</p>
                    <div hidden=when(move || !has_no_match(store))>{button("", "clear-all-filters", "Clear filter", "", move || store.filter.set(FilterSpec::default()))}</div>
                </div>
                {move || lanes.is_on.get().then(|| soon(move |all| (all.lanes_head)(store, lanes)))}
                {columns::heads(store)}
                <div class="rows" node_ref=scroller on:scroll=scrolled on:keydown=keys on:contextmenu=pointed tabindex="0" data-testid="timeline"
                    role="listbox" aria-label="Frames" aria-activedescendant=active>
                    <div class="timeline-strip" node_ref=strip role="presentation">
                        {move || lanes.is_on.get().then(|| soon(move |all| (all.lanes_lines)(store, lanes, Callback::new(shift), height)))}
                        // One element for each place on the screen, refilled as rows come and go: under a flood, making and
                        // dropping elements would be most of the work. A row stays in its slot while it is scrolled.
                        <For each=move || 0..slots.get() key=|slot| *slot let:slot>
                            <TimelineRow row=slotted(store, slot, slots) store lanes shift place_of/>
                        </For>
                    </div>
                </div>
                <button type="button" class="timeline-newer" data-testid="missed" hidden=when(move || newer.get() == 0)
                    title="Newer frames stand below: go to the newest and follow (End)" on:click=to_newest>{newer_words}</button>
                <p class="unseen" role="status" data-testid="follow-stopped">{stopped}</p>
            </div>
            {move || asked.get().map(|row| soon(move |all| (all.row_menu)(store, link, asked, row.clone())))}
        </div>
    }
    .into_any()
}

/// Lets more rows be made, in tasks of their own, until the list is full.
fn make_more(made: RwSignal<u64>, view: Memo<Viewport>) {
    set_timeout(
        move || {
            let (Some(now), Some(seen)) = (made.try_get_untracked(), view.try_get_untracked()) else {
                return;
            };
            let is_full = now >= u64::from(seen.rows());
            // A window that becomes higher later is filled at once.
            made.set(if is_full { u64::MAX } else { now + AT_ONCE });
            if !is_full {
                make_more(made, view);
            }
        },
        Duration::ZERO,
    );
}

fn is_empty(store: Store) -> bool {
    store.list.with(|list| list.end == list.first)
}

/// A filter was applied to all frames, and none passes.
fn has_no_match(store: Store) -> bool {
    store.list.with(|list| list.hits.as_ref().is_some_and(|hits| hits.unseen == 0))
}

fn empty_words(store: Store) -> String {
    let held = || store.totals.with(|totals| totals.frames - totals.dropped - totals.cleared);
    match store.list.with(|list| list.hits.as_ref().map(|hits| hits.unseen)) {
        Some(0) => format!("No match among {}.", format::counted(held(), "frame")),
        Some(_) => "Searching …".to_owned(),
        None => "Cleared. New events appear here.".to_owned(),
    }
}

/// Chooses a frame and shows what is in it.
pub(crate) fn choose(store: Store, number: u64) {
    store.chosen.set(Some(number));
    open_detail(store, number);
}

/// Compares two frames.
pub(crate) fn compare(store: Store, frame: u64, with: u64) {
    let view =
        store.inspect.with_untracked(|open| open.as_ref().map(|it| it.view.clone())).unwrap_or_default();
    store.inspect.set(Some(Inspect { frame, with: Some(with), view, from: 0, lines: 0, folds: Vec::new() }));
}

/// Opens a frame, in the view that was chosen last.
pub(crate) fn open_detail(store: Store, number: u64) {
    let view =
        store.inspect.with_untracked(|open| open.as_ref().map(|it| it.view.clone())).unwrap_or_default();
    store.inspect.set(Some(Inspect {
        frame: number,
        with: None,
        view,
        from: 0,
        lines: 0,
        folds: Vec::new(),
    }));
}

/// Goes to a hit.
pub(crate) fn seek(store: Store, link: Link, place: Place, forward: bool, nth: RwSignal<Option<u64>>) {
    let from = store.chosen.get_untracked();
    link.ask(Question::Seek { from, forward }, move |answer| {
        if let Answer::Found { frame, position, nth: found } = answer {
            nth.set(found);
            choose(store, frame);
            place.show(position);
        }
    });
}

/// Goes to a frame by its number, and opens it.
pub(crate) fn go_to(store: Store, link: Link, place: Place, number: u64) {
    choose(store, number);
    show(store, link, place, number);
}

/// Brings a frame into view. A filter that hides it marks its hits from then on.
pub(crate) fn show(store: Store, link: Link, place: Place, number: u64) {
    store.chosen.set(Some(number));
    link.ask(Question::Find { frame: number }, move |answer| match answer {
        Answer::Found { position, .. } => {
            if store.list.with_untracked(|list| list.paused.is_some() && position >= list.end) {
                go_on(store, link);
                store.say("This frame is newer than the pause, so the list goes on.");
            }
            place.show(position);
        }
        Answer::Hidden => {
            store.say("The filter hides this frame, so all frames are shown and the matches are marked.");
            store.filter_hides.set(false);
        }
        _ => store.say("This frame is no longer in the list; it is held because it is pinned."),
    });
}

/// Where the chosen frame stands in the list, if it is among the rows that are drawn.
fn chosen_position(store: Store) -> Option<u64> {
    let chosen = store.chosen.get_untracked();
    store.rows.with_untracked(|rows| {
        rows.rows.iter().find(|row| Some(row.number) == chosen).map(|row| row.position)
    })
}

/// Ends a pause.
fn go_on(store: Store, link: Link) {
    if store.list.with_untracked(|list| list.paused.is_some()) {
        link.send(&Request::Pause(false));
    }
}

/// Keeps the chosen frame under the eye when the list becomes another one; else the newest is looked at. Asked before the list
/// changes, and answered after the worker has changed it.
pub(crate) fn keep_place(store: Store, link: Link, place: Place, change: &Request) {
    let chosen = store.chosen.get_untracked();
    let offset = chosen_position(store).and_then(|position| place.offset_of(position));
    link.send(change);
    let Some(frame) = chosen else { return place.follow.set(true) };
    link.ask(Question::Find { frame }, move |answer| {
        match answer {
            Answer::Found { position, .. } => place.put(position, offset),
            _ => place.follow.set(true),
        }
        // A key may have chosen another row meanwhile, by its place in the list that was.
        let now = store.chosen.get_untracked();
        if let Some(frame) = now.filter(|now| *now != frame) {
            link.ask(Question::Find { frame }, move |answer| {
                if let Answer::Found { position, .. } = answer {
                    place.show(position);
                }
            });
        }
    });
}

fn key_pressed(event: &KeyboardEvent, store: Store, place: Place) {
    let step: i64 = match event.key().as_str() {
        "ArrowDown" | "j" => 1,
        "ArrowUp" | "k" => -1,
        "Enter" => {
            event.prevent_default();
            if let Some(number) = store.chosen.get_untracked() {
                open_detail(store, number);
            }
            return;
        }
        "End" => {
            event.prevent_default();
            place.follow.set(true);
            return;
        }
        "Escape" => return store.inspect.set(None),
        _ => return,
    };
    if event.ctrl_key() || event.alt_key() || event.meta_key() {
        return;
    }
    event.prevent_default();
    let next = store.rows.with_untracked(|rows| next_row(&rows.rows, store.chosen.get_untracked(), step));
    if let Some((number, position)) = next {
        store.chosen.set(Some(number));
        if store.inspect.with_untracked(Option::is_some) {
            open_detail(store, number);
        }
        place.show(position);
    }
}

/// The row beside the chosen one; the last one when none is chosen.
fn next_row(rows: &[Row], chosen: Option<u64>, step: i64) -> Option<(u64, u64)> {
    let at = rows.iter().position(|row| Some(row.number) == chosen);
    let next = match at {
        Some(at) => usize::try_from(at as i64 + step).ok().and_then(|at| rows.get(at)),
        None => rows.last(),
    }?;
    Some((next.number, next.position))
}

/// The row that stands in a slot: the one whose position leaves the slot as a remainder.
fn slotted(store: Store, slot: u64, slots: Memo<u64>) -> Memo<Option<Row>> {
    Memo::new(move |_| {
        let slots = slots.get();
        store.rows.with(|rows| {
            let offset = (slot + slots - rows.first % slots) % slots;
            rows.rows.get(usize::try_from(offset).ok()?).cloned()
        })
    })
}

/// Keeps the height of an element up to date for as long as the component lives. A hidden one keeps the last.
pub(crate) fn follow_height(element: NodeRef<Div>, height: RwSignal<f64>) {
    watch_height(element, move |now| {
        if now > 0.0 {
            height.set(now);
        }
    });
}

/// Tells the height of an element, 0 while it is hidden, for as long as the component lives.
fn watch_height(element: NodeRef<Div>, told: impl Fn(f64) + Copy + 'static) {
    Effect::new(move |_| {
        if let Some(element) = element.get() {
            let observer = layout::HeightObserver::new(&element, told);
            on_cleanup({
                let observer = StoredValue::new_local(observer);
                move || observer.dispose()
            });
        }
    });
}
