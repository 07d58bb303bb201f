//! The differences, one line each, with the way to both frames and to a mask.

use leptos::prelude::*;

use super::super::super::parts::fields::text;
use super::super::link::Link;
use super::super::store::Store;
use super::super::timeline::{choose, compare};
use super::{Difference, View, ask};
use crate::model::format;
use crate::wire::bench::{DifferenceLine, DifferenceRequest, DifferenceSeen};

pub(super) fn summary(store: Store, link: Link, it: Difference) -> AnyView {
    let lines = Memo::new(move |_| it.seen.with(|seen| seen.as_ref().map(|it| it.lines.clone())));
    let body = move || {
        let lines = lines.get().unwrap_or_default();
        let is_empty = lines.is_empty();
        let rows = lines.into_iter().map(|line| row(store, link, it, line)).collect_view();
        match is_empty {
            true => view! { <p class="difference-none" data-testid="difference-none">"Nothing differs."</p> }.into_any(),
            false => view! {
                <table class="difference-table" data-testid="difference-table">
                    <thead><tr>
                        <th scope="col">"What"</th><th scope="col">"Message"</th><th scope="col">"Path"</th>
                        <th scope="col">"Was"</th><th scope="col">"Is"</th><th scope="col"><span class="unseen">"Actions"</span></th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            }
            .into_any(),
        }
    };
    let names = text(move || {
        let said = it.seen.with(|seen| seen.as_ref().map(|seen| format::sentence(&seen.summary)));
        format!("{}: {}", it.names(), said.unwrap_or_default())
    });
    let more = move || {
        it.seen.with(|seen| seen.as_ref().and_then(more).map(|words| view! { <p class="hint">{words}</p> }))
    };
    let remarks = move || {
        let remarks = it.seen.with(|seen| seen.as_ref().map(|seen| seen.remarks.clone()).unwrap_or_default());
        let all: Vec<_> = remarks.into_iter().map(|remark| view! { <li>{remark}</li> }).collect();
        (!all.is_empty())
            .then(|| view! { <ul class="difference-remarks" data-testid="difference-remarks">{all}</ul> })
    };
    view! {
        <div class="difference-page" tabindex="0" role="region" aria-label="Summary" data-testid="difference-summary">
            <p class="difference-named" data-testid="difference-names">{names}</p>
            {body}{more}{remarks}
        </div>
    }
    .into_any()
}

fn more(seen: &DifferenceSeen) -> Option<String> {
    let more = seen.differences.saturating_sub(seen.lines.len() as u64);
    (more > 0).then(|| format!("{} more; the exports have all.", format::counted(more, "difference")))
}

/// Shows both frames of a difference, or the one that there is.
pub(super) fn open_frames(store: Store, frames: [Option<u64>; 2]) {
    match frames {
        [Some(before), Some(after)] => {
            store.chosen.set(Some(after));
            // The one that is compared with stands at the left.
            compare(store, after, before);
        }
        [Some(frame), None] | [None, Some(frame)] => choose(store, frame),
        [None, None] => {}
    }
}

fn row(store: Store, link: Link, it: Difference, line: DifferenceLine) -> AnyView {
    let DifferenceLine {
        what,
        client,
        subject,
        is_sent,
        path,
        before,
        after,
        note,
        times,
        frames,
        row,
        mask,
    } = line;
    let way = if is_sent { "sent by" } else { "to" };
    let whose = match times {
        1 => format!("{way} {client}"),
        times => format!("{way} {client}, {}", format::counted(times, "message")),
    };
    let named = format!("{what}, {subject}");
    let (shows, masks) = (format!("Show {named} side by side"), format!("Mask {named}"));
    let show = move |_| {
        if let Some((at, nth)) = row {
            let at = if it.look.with_untracked(|look| look.only_differing) { nth } else { at };
            it.chosen.set(Some(at));
            it.turn_to(store, View::Sides);
        }
        open_frames(store, frames);
    };
    let in_lanes = move |_| {
        it.turn_to(store, View::Lanes);
        if let [_, Some(frame)] | [Some(frame), None] = frames {
            store.go_to.set(Some((frame, false)));
        }
        open_frames(store, frames);
    };
    let has_frame = row.is_some() || frames != [None, None];
    let lanes = format!("Show {named} in lanes");
    let mask = mask.map(|mask| {
        let press = move |_| ask(link, &DifferenceRequest::Mask(mask.clone()));
        view! { <button type="button" class="quiet" data-testid="difference-mask" aria-label=masks title="Do not compare this any more" on:click=press>"Mask"</button> }
    });
    let word = what.clone();
    view! {
        <tr data-testid="difference-line" data-what=what>
            <th scope="row"><span class="difference-what">{word}</span></th>
            <td><code>{subject}</code>" "<span class="difference-whose">{whose}</span></td>
            <td><code>{path}</code>{note}</td>
            <td data-named="Was"><code>{before}</code></td>
            <td data-named="Is"><code>{after}</code></td>
            <td class="difference-deeds">
                <button type="button" class="quiet" data-testid="difference-show" aria-label=shows title="Both frames, side by side" disabled=!has_frame on:click=show>"Show"</button>
                <button type="button" class="quiet" data-testid="difference-in-lanes" aria-label=lanes title="Both frames in lanes" disabled=!has_frame on:click=in_lanes>"Lanes"</button>
                {mask}
            </td>
        </tr>
    }
    .into_any()
}
