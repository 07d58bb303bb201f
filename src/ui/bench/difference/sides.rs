//! Both sessions row by row. Only the rows on the screen are drawn, and only they are asked for.

use leptos::ev::KeyboardEvent;
use leptos::html::Div;
use leptos::prelude::*;

use super::super::super::parts::fields::{button, text, tick, when};
use super::super::link::Link;
use super::super::store::Store;
use super::super::timeline::follow_height;
use super::summary::open_frames;
use super::{Difference, ask};
use crate::browser::page;
use crate::model::format;
use crate::model::viewport::{ROW, Viewport};
use crate::wire::bench::{DifferenceCell, DifferenceLook, DifferenceRequest, DifferenceRow};

pub(super) fn sides(store: Store, link: Link, it: Difference) -> AnyView {
    let scroller = NodeRef::<Div>::new();
    let (height, top) = (RwSignal::new(400.0_f64), RwSignal::new(0.0_f64));
    let only = Memo::new(move |_| it.look.with(|look| look.only_differing));
    let len = Memo::new(move |_| {
        let (all, differing) = it.seen.with(|seen| seen.as_ref().map(|seen| seen.rows).unwrap_or_default());
        if only.get() { differing } else { all }
    });
    let view = Memo::new(move |_| Viewport { len: len.get(), height: height.get() });
    let first = Memo::new(move |_| view.get().first_at(top.get()));
    let look = Memo::new(move |_| DifferenceLook {
        from: view.get().first_wanted(first.get()),
        rows: view.get().rows(),
        only_differing: only.get(),
    });
    Effect::new(move || {
        it.look.set(look.get());
        ask(link, &DifferenceRequest::Rows(look.get()));
    });
    follow_height(scroller, height);
    // The chosen row comes into view, in the middle when it was far away.
    Effect::new(move || {
        let (Some(chosen), Some(scroller)) = (it.chosen.get(), scroller.get()) else { return };
        let (view, first) = (view.get_untracked(), first.get_untracked());
        let (rows, chosen) = (view.height / ROW, chosen as f64);
        if chosen < first || chosen + 1.0 > first + rows {
            let is_near = chosen >= first - 2.0 && chosen <= first + rows + 2.0;
            let wanted = match is_near {
                true if chosen < first => chosen,
                true => chosen + 1.0 - rows,
                false => chosen - rows / 2.0,
            };
            let to = view.top_of(wanted);
            scroller.set_scroll_top(to.round() as i32);
            top.set(to);
        }
    });
    let scrolled = move |_| {
        if let Some(scroller) = scroller.get_untracked() {
            top.set(f64::from(scroller.scroll_top()));
        }
    };
    let chosen_row = move || {
        let chosen = it.chosen.get_untracked()?;
        it.rows.with_untracked(|rows| {
            rows.rows.get(usize::try_from(chosen.checked_sub(rows.of.from)?).ok()?).cloned()
        })
    };
    let keys = move |event: KeyboardEvent| {
        if event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        let (last, page) = (len.get_untracked().saturating_sub(1), (height.get_untracked() / ROW) as u64);
        let at = it.chosen.get_untracked();
        let next = match event.key().as_str() {
            "ArrowDown" | "j" => at.map_or(0, |at| at + 1),
            "ArrowUp" | "k" => at.map_or(0, |at| at.saturating_sub(1)),
            "PageDown" => at.map_or(0, |at| at + page),
            "PageUp" => at.map_or(0, |at| at.saturating_sub(page)),
            "Home" => 0,
            "End" => last,
            "Enter" => {
                event.prevent_default();
                if let Some(row) = chosen_row() {
                    open_frames(store, frames(&row));
                }
                return;
            }
            "Escape" => return store.inspect.set(None),
            _ => return,
        };
        event.prevent_default();
        it.chosen.set(Some(next.min(last)));
    };
    // The next row that differs, or the one before; of all rows only those of the lines are known here.
    let seek = move |forward: bool| {
        let places = it.seen.with_untracked(|seen| {
            let lines = seen.as_ref().map(|seen| seen.lines.clone()).unwrap_or_default();
            let only = only.get_untracked();
            let mut places: Vec<u64> = lines
                .iter()
                .filter_map(|line| line.row)
                .map(|(at, nth)| if only { nth } else { at })
                .collect();
            places.sort_unstable();
            places
        });
        let at = it.chosen.get_untracked();
        let next = match forward {
            true => places.iter().find(|place| at.is_none_or(|at| **place > at)).or(places.first()),
            false => places.iter().rev().find(|place| at.is_none_or(|at| **place < at)).or(places.last()),
        };
        if let Some(next) = next {
            it.chosen.set(Some(*next));
            page::focus_soon("[data-testid=difference-rows]");
        }
    };
    let set_only = move |on: bool| {
        it.chosen.set(None);
        top.set(0.0);
        it.look.update(|look| look.only_differing = on);
    };
    let rows = move || {
        let (view, first, top) = (view.get(), first.get(), top.get());
        it.rows.with(|rows| {
            let from = rows.of.from;
            let place = |at: u64| view.place(at as f64, first, top);
            let drawn = rows.rows.iter().zip(from..).map(|(of, at)| row(store, it, of, at, len, place(at)));
            drawn.collect_view()
        })
    };
    let strip = text(move || format!("{}px", view.get().strip()));
    let active = text(move || it.chosen.get().map(|at| format!("difference-row-{at}")).unwrap_or_default());
    let name = move |side: usize| {
        text(move || it.seen.with(|seen| seen.as_ref().map(|it| it.names[side].clone()).unwrap_or_default()))
    };
    let is_empty = when(move || len.get() > 0);
    view! {
        <div class="difference-tools">
            {tick("Only rows that differ", "difference-only", when(move || only.get()), set_only)}
            {button("quiet", "difference-before", "Previous difference", "", move || seek(false))}
            {button("quiet", "difference-next", "Next difference", "", move || seek(true))}
        </div>
        <div class="difference-heads" aria-hidden="true"><b>{name(0)}</b><span></span><b>{name(1)}</b></div>
        <p class="difference-none" hidden=is_empty>"No row differs."</p>
        <div class="difference-rows" node_ref=scroller on:scroll=scrolled on:keydown=keys tabindex="0" data-testid="difference-rows"
            role="listbox" aria-label="Both sessions, row by row" aria-activedescendant=active>
            <div class="difference-strip" role="presentation" style:height=strip>{rows}</div>
        </div>
    }
    .into_any()
}

fn frames(row: &DifferenceRow) -> [Option<u64>; 2] {
    row.sides.each_ref().map(|side| side.as_ref().map(|cell| cell.frame))
}

fn row(store: Store, it: Difference, of: &DifferenceRow, at: u64, len: Memo<u64>, place: f64) -> AnyView {
    let words = of.words.join(", ");
    let differs = (!of.words.is_empty()).then(|| of.words[0].clone());
    let [before, after] = of.sides.each_ref().map(|side| cell(store, side.as_ref()));
    let frames = frames(of);
    let choose = move |_| {
        it.chosen.set(Some(at));
        open_frames(store, frames);
    };
    view! {
        <div class="difference-row" role="option" id=format!("difference-row-{at}") data-differs=differs
            aria-selected=move || (it.chosen.get() == Some(at)).to_string() aria-posinset=(at + 1).to_string() aria-setsize=move || len.get().to_string()
            style:transform=format!("translateY({place}px)") data-testid="difference-row" on:click=choose>
            {before}<span class="difference-word">{words}</span>{after}
        </div>
    }
    .into_any()
}

fn cell(store: Store, cell: Option<&DifferenceCell>) -> AnyView {
    let Some(cell) = cell else {
        return view! { <span class="difference-cell" data-none=""><span class="unseen">"nothing"</span></span> }.into_any();
    };
    let DifferenceCell { connection, at, arrow, preview, .. } = cell.clone();
    let color = text(move || super::super::row::color_of(store, connection));
    let name = text(move || {
        store.names.with(|names| names.get(&connection).map(|(name, _)| name.clone())).unwrap_or_default()
    });
    view! {
        <span class="difference-cell">
            <span class="difference-time">{format::duration(at)}</span>
            <span class="dot" data-color=color title=name></span><span class="unseen">{name}</span>
            <span class="difference-arrow">{arrow}</span>
            <span class="difference-said">{preview}</span>
        </span>
    }
    .into_any()
}
