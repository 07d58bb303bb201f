//! The opened frame, or the two that are compared: only the lines on the screen are drawn.

use leptos::html::Div;
use leptos::prelude::*;

use super::super::parts::fields::{icon_button, icon_toggle, text, when};
use super::super::parts::icons;
use super::export;
use super::link::Link;
use super::related::RelatedLine;
use super::row;
use super::store::Store;
use super::timeline::follow_height;
use super::tree::{NodeLine, Tree, TreeSearch};
use crate::browser::download::{self, Download};
use crate::browser::page;
use crate::engine::bench::as_step::has_step;
use crate::model::format;
use crate::wire::bench::{Answer, ContentForm, Inspect, Question, Request, Row};

/// Height of a line in pixels; the style sheet has the same in `--line-height`.
const LINE: f64 = 19.0;
const OVERSCAN: u64 = 20;
/// Larger images are not shown, only saved.
const LARGEST_IMAGE: u64 = 32 << 20;
/// Browsers clamp the height of an element; longer contents are scrolled on a shorter strip.
const LONGEST_STRIP: f64 = 8_000_000.0;

/// The panel beside the timeline.
pub(crate) fn panel(store: Store, link: Link) -> AnyView {
    let scroller = NodeRef::<Div>::new();
    let (top, height) = (RwSignal::new(0.0_f64), RwSignal::new(300.0_f64));
    follow_height(scroller, height);
    let lines = Memo::new(move |_| store.detail.with(|detail| detail.as_ref().map_or(0, |it| it.lines)));
    let strip = Memo::new(move |_| (lines.get() as f64 * LINE).min(LONGEST_STRIP));
    // The first line on the screen; on a strip that is shorter than the content a pixel is several lines.
    let first = Memo::new(move |_| {
        let (whole, strip) = (lines.get() as f64 * LINE, strip.get());
        let scale =
            if strip < whole { (whole - height.get()) / (strip - height.get()).max(1.0) } else { 1.0 };
        (top.get() * scale / LINE) as u64
    });
    let wanted = Memo::new(move |_| {
        let inspect = store.inspect.get()?;
        let from = first.get().saturating_sub(OVERSCAN);
        let count = (height.get() / LINE) as u64 + 2 * OVERSCAN + 2;
        Some(Inspect { from, lines: u16::try_from(count).unwrap_or(u16::MAX), ..inspect })
    });
    Effect::new(move || link.send(&Request::Inspect(wanted.get())));
    // Another frame is read from its beginning.
    let opened = Memo::new(move |_| {
        store.inspect.with(|it| it.as_ref().map(|it| (it.frame, it.with, it.view.clone())))
    });
    // On a strip that is shorter than the content it lands a few lines off, which the chosen line makes up for.
    let tree = Tree::new(store, link, move |position| {
        let Some(scroller) = scroller.get_untracked() else { return };
        let (line, seen) = (position as f64 * LINE, height.get_untracked());
        let (whole, strip) = (lines.get_untracked() as f64 * LINE, strip.get_untracked());
        let is_in_view = line >= top.get_untracked() && line + LINE <= top.get_untracked() + seen;
        if strip < whole {
            scroller
                .set_scroll_top((position as f64 * LINE * (strip - seen).max(1.0) / (whole - seen)) as i32);
        } else if !is_in_view {
            scroller.set_scroll_top((line - seen / 3.0).max(0.0) as i32);
        }
    });
    Effect::new(move || {
        opened.track();
        tree.reset();
        top.set(0.0);
        if let Some(scroller) = scroller.get_untracked() {
            scroller.set_scroll_top(0);
        }
    });
    let scrolled = move |_| {
        if let Some(scroller) = scroller.get_untracked() {
            top.set(scroller.scroll_top().into());
        }
    };
    let shift = text(move || {
        let from = store.detail.with(|detail| detail.as_ref().map_or(0, |it| it.of.from));
        format!(
            "translateY({}px)",
            top.get()
                - (first.get() as f64 - from as f64) * LINE
                - (top.get() % LINE) * f64::from(u8::from(strip.get() == lines.get() as f64 * LINE))
        )
    });
    let key = move |event: leptos::ev::KeyboardEvent| {
        let is_plain = !event.ctrl_key() && !event.alt_key() && !event.meta_key();
        if let ("[" | "]", true) = (event.key().as_str(), is_plain && !page::is_writing(&event)) {
            event.prevent_default();
            beside(store, link, event.key() == "]");
        }
    };
    let body = move || store.detail.with(|detail| detail.as_ref().map(|it| tree.lines(it)));
    let content_key = move |event: leptos::ev::KeyboardEvent| {
        if !event.ctrl_key() && !event.alt_key() && !event.meta_key() && tree.pressed(&event.key()) {
            event.prevent_default();
        }
    };
    let is_comparing = when(move || store.detail.with(|it| it.as_ref().is_some_and(|it| it.with.is_some())));
    let strip_height = text(move || format!("{}px", strip.get()));
    view! {
        <section class="detail" data-comparing=move || is_comparing.get().then_some("") aria-label="Detail" on:keydown=key hidden=when(move || store.inspect.with(Option::is_none)) data-testid="detail">
            <DetailHead store link/>
            <Picture store link/>
            <TreeSearch tree/>
            <div class="detail-content mono" node_ref=scroller on:scroll=scrolled on:keydown=content_key tabindex="0" role="group" aria-label="Content" data-testid="content">
                <div class="timeline-strip" style:height=strip_height>
                    <div class="detail-shown" style:transform=shift>{body}</div>
                </div>
            </div>
            <NodeLine tree/>
            <RelatedLine store/>
        </section>
    }
    .into_any()
}

/// What it is, in which views, and what can be done with it.
#[component]
fn DetailHead(store: Store, link: Link) -> impl IntoView {
    let frame = move || store.inspect.with_untracked(|it| it.as_ref().map(|it| it.frame));
    let with_frame = move |act: fn(Store, Link, u64)| {
        move || {
            if let Some(frame) = frame() {
                act(store, link, frame);
            }
        }
    };
    let pinned = Memo::new(move |_| {
        let frame = store.inspect.with(|it| it.as_ref().map(|it| it.frame));
        store
            .pins
            .with(|pins| pins.iter().find(|pin| Some(pin.row.number) == frame).map(|pin| pin.note.clone()))
    });
    let is_comparing = when(move || store.inspect.with(|it| it.as_ref().is_some_and(|it| it.with.is_some())));
    let pin = move || {
        let Some(frame) = frame() else { return };
        match pinned.get_untracked() {
            Some(_) => link.send(&Request::Unpin { frame }),
            None => link.send(&Request::Pin { frame, note: String::new() }),
        }
    };
    let set_note = move |note: String| {
        if let Some(frame) = frame() {
            link.send(&Request::Pin { frame, note });
        }
    };
    let can_send = when(move || store.can_send());
    // A row of the life of a connection has words about it and no content: there is nothing to send or to edit.
    let (is_message, has_step) = (
        when(move || opened(store, |row| row.kind.is_message())),
        when(move || opened(store, |row| has_step(row.kind, &row.preview))),
    );
    let icon_for = move |testid, icon, name: &'static str, press: Box<dyn Fn()>| {
        icon_button("quiet", testid, icon, text(move || name.to_owned()), press)
    };
    let copied = move |testid, icon, name, form: ContentForm| {
        let copy = move || {
            if let Some(frame) = frame() {
                export::copy(store, link, frame, form);
            }
        };
        icon_for(testid, icon, name, Box::new(copy))
    };
    view! {
        <div class="head">
            <h2 data-testid="detail-title">{text(move || title(store))}</h2>
            {icon_button("quiet", "previous-frame", icons::CHEVRON_UP, text(|| "Previous frame ([)".to_owned()), move || beside(store, link, false))}
            {icon_button("quiet", "next-frame", icons::CHEVRON_DOWN, text(|| "Next frame (])".to_owned()), move || beside(store, link, true))}
            {icon_for("show-in-list", icons::LIST_CHECKS, "Show in list: bring this frame into view in the timeline", Box::new(with_frame(|store, _, frame| store.go_to.set(Some((frame, false))))))}
            {icon_button("quiet", "close-detail", icons::CLOSE, text(|| "Close the detail (Esc)".to_owned()), move || {
                store.inspect.set(None);
                page::focus_soon("[data-testid=timeline]");
            })}
        </div>
        <p class="detail-facts" data-testid="facts" title=text(move || facts(store))>{text(move || facts(store))}</p>
        <div class="detail-looks">
            <div class="bench-views" role="group" aria-label="Views">{move || views(store)}</div>
            <div class="deeds">
                {icon_toggle("pin", icons::PIN, text(|| "Pin: keep this frame, even when memory is full (P)".to_owned()), when(move || pinned.get().is_some()), pin)}
                {copied("copy", icons::COPY, "Copy the content; secret variables appear as {{name}} (Y)", ContentForm::Raw)}
                {copied("copy-readable", icons::BRACES, "Copy formatted: JSON indented, bytes as digits; secrets as {{name}}", ContentForm::Readable)}
                <span hidden=when(move || !has_step.get())>{copied("copy-step", icons::SUITE, "Copy as a step of a suite; secrets as {{name}}", ContentForm::Step)}</span>
                {icon_for("save-content", icons::DOWNLOAD, "Save the content as a file; secrets in text as {{name}}", Box::new(with_frame(save)))}
                <button type="button" class="quiet" data-testid="send-again" hidden=when(move || !is_message.get()) title="Send again: the same bytes, to the composer's target" aria-label="Send again"
                    disabled=when(move || !can_send.get()) on:click=move |_| with_frame(send_again)()>{icons::SEND.draw()}</button>
                <span hidden=when(move || !is_message.get())>{icon_for("edit-again", icons::PENCIL, "Put the content into the composer; secrets as {{name}}", Box::new(with_frame(edit)))}</span>
            </div>
        </div>
        <div class="detail-notes" hidden=when(move || pinned.get().is_none() && store.pins.with(Vec::is_empty))>
            {move || compare_button(store, is_comparing)}
            <label class="field note" hidden=when(move || pinned.get().is_none())>
                <span class="unseen">"Remark"</span>
                <input type="text" data-testid="remark" placeholder="Remark: what about this frame?" prop:value=text(move || pinned.get().unwrap_or_default())
                    on:change=move |event| set_note(event_target_value(&event))/>
            </label>
        </div>
    }
    .into_any()
}

/// Opens the frame beside the opened one, as the list shows them.
fn beside(store: Store, link: Link, forward: bool) {
    let Some(frame) = store.inspect.with_untracked(|it| it.as_ref().map(|it| it.frame)) else { return };
    link.ask(Question::Beside { frame, forward }, move |answer| {
        if let Answer::Found { frame, .. } = answer {
            store.go_to.set(Some((frame, true)));
        }
    });
}

/// Whether something is so of the opened frame.
fn opened(store: Store, is_so: fn(&Row) -> bool) -> bool {
    store.detail.with(|detail| detail.as_ref().and_then(|it| it.row.as_ref()).is_some_and(is_so))
}

fn title(store: Store) -> String {
    store.inspect.with(|it| match it {
        // The older one is the left side, as one reads.
        Some(Inspect { frame, with: Some(with), .. }) => {
            format!("Frame {} → {}", frame.min(with), frame.max(with))
        }
        Some(Inspect { frame, .. }) => format!("Frame {frame}"),
        None => String::new(),
    })
}

fn facts(store: Store) -> String {
    store.detail.with(|detail| {
        let Some(detail) = detail else { return String::new() };
        let Some(row) = &detail.row else { return "This frame is no longer held.".to_owned() };
        let name = store
            .names
            .with(|names| names.get(&row.connection).map(|(name, _)| name.clone()))
            .unwrap_or_default();
        let mut words = format!(
            "{} · {} {} · {}",
            name,
            format::mark(row.kind).0,
            format::mark(row.kind).1,
            row::time(store, row)
        );
        words.push_str(&format!(" · {}", format::size(row.size)));
        if row.by_relay {
            words.push_str(" · by relay");
        }
        if let Some(took) = row.round_trip {
            let tainted = if row.is_tainted { " (tab hidden or worker late: no evidence)" } else { "" };
            words.push_str(&format!(" · round trip {}{tainted}", format::exact(took, store.clock_step())));
        }
        if let Some(media) = &detail.media {
            words.push_str(&format!(" · {}", media.words));
        }
        if detail.is_opening {
            words.push_str(" · opening …");
        } else if detail.with.is_some() {
            let cut = if detail.is_cut { ", compared up to the limits" } else { "" };
            words.push_str(&format!(" · {}{cut}", format::counted(u64::from(detail.changes), "difference")));
        } else {
            words.push_str(&format!(" · {}", format::counted(detail.lines, "line")));
        }
        words
    })
}

fn views(store: Store) -> AnyView {
    let (names, shown) = store
        .detail
        .with(|detail| detail.as_ref().map(|it| (it.views.clone(), it.view.clone())).unwrap_or_default());
    let choose = move |name: String| {
        store.inspect.update(|it| {
            if let Some(it) = it {
                *it = Inspect { with: None, view: name, from: 0, folds: Vec::new(), ..it.clone() };
            }
        });
    };
    names
        .into_iter()
        .map(|it| {
            let pressed = (it.name == shown).to_string();
            let name = it.name.clone();
            view! {
                <button type="button" class="quiet toggle" aria-pressed=pressed data-view=it.name on:click=move |_| choose(name.clone())>{it.title}</button>
            }
        })
        .collect_view()
        .into_any()
}

/// Compares with a pinned frame; there must be one.
fn compare_button(store: Store, is_comparing: Signal<bool>) -> AnyView {
    let frame = store.inspect.with(|it| it.as_ref().map(|it| it.frame));
    let pinned: Vec<(u64, String)> = store.pins.with(|pins| {
        let others = pins.iter().filter(|pin| Some(pin.row.number) != frame);
        others
            .map(|pin| {
                (
                    pin.row.number,
                    if pin.note.is_empty() {
                        pin.row.preview.chars().take(40).collect()
                    } else {
                        pin.note.clone()
                    },
                )
            })
            .collect()
    });
    let choose = move |chosen: String| {
        store.inspect.update(|it| {
            if let Some(it) = it {
                *it = Inspect { with: chosen.parse().ok(), from: 0, folds: Vec::new(), ..it.clone() };
            }
        });
    };
    if pinned.is_empty() {
        return ().into_any();
    }
    view! {
        <select class="detail-compare" aria-label="Compare with" data-testid="compare" on:change=move |event| choose(event_target_value(&event))>
            <option value="" selected=move || !is_comparing.get()>"Compare with …"</option>
            {pinned.into_iter().map(|(number, words)| view! { <option value=number.to_string()>{format!("#{number} {words}")}</option> }).collect_view()}
        </select>
    }
    .into_any()
}

fn save(store: Store, link: Link, frame: u64) {
    let media = store
        .detail
        .with_untracked(|it| it.as_ref().and_then(|it| it.media.as_ref().map(|m| m.media_type.clone())));
    export::content(store, link, frame, media.unwrap_or_else(|| "application/octet-stream".to_owned()));
}

fn send_again(store: Store, link: Link, frame: u64) {
    let to = untrack(|| store.send_to());
    link.ask(Question::SendAgain { to, frame }, move |answer| {
        if let Answer::Failed(words) = answer {
            store.complain(format!("Not sent: {words}."));
        }
    });
}

fn edit(store: Store, link: Link, frame: u64) {
    link.ask(Question::Content { frame, form: ContentForm::Draft }, move |answer| match answer {
        Answer::Draft(draft) => {
            store.draft.set(draft);
            page::focus_soon("[data-testid=message]");
        }
        Answer::Failed(words) => store.complain(format::sentence(&words)),
        _ => {}
    });
}

/// The image that a binary content is.
#[component]
fn Picture(store: Store, link: Link) -> impl IntoView {
    let address = RwSignal::new(None::<String>);
    let image = Memo::new(move |_| {
        store.detail.with(|detail| {
            let detail = detail.as_ref()?;
            let media = detail.media.as_ref().filter(|media| media.media_type.starts_with("image/"))?;
            let row = detail.row.as_ref().filter(|row| row.size <= LARGEST_IMAGE && detail.with.is_none())?;
            Some((row.number, media.media_type.clone()))
        })
    });
    let release = move || {
        if let Some(old) = address.try_update(Option::take).flatten() {
            download::release(&old);
        }
    };
    Effect::new(move || {
        release();
        let Some((frame, media_type)) = image.get() else { return };
        link.ask(Question::Content { frame, form: ContentForm::Raw }, move |answer| {
            let Answer::Bytes(bytes) = answer else { return };
            if image.get_untracked().is_some_and(|(number, _)| number == frame) {
                let mut file = Download::default();
                file.push(&bytes);
                address.set(file.address(&media_type));
            }
        });
    });
    on_cleanup(release);
    move || {
        address.get().map(|address| {
            view! { <img class="detail-picture" src=address alt="The content of this frame as an image"
            on:error=move |_| release() data-testid="picture"/> }
            .into_any()
        })
    }
}
