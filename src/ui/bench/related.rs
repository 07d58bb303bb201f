//! Questions and answers: what the opened frame belongs to, and the messages that nothing has answered.

use leptos::prelude::*;

use super::super::parts::fields::{text, when};
use super::link::Link;
use super::row;
use super::store::Store;
use crate::model::format;
use crate::wire::bench::{Answer, OpenQuestion, PlotOf, Question, Related, Row};

/// At the foot of the detail. Its place stays, whatever is known.
#[component]
pub(crate) fn RelatedLine(store: Store) -> impl IntoView {
    let related =
        Memo::new(move |_| store.detail.with(|it| it.as_ref().and_then(|it| it.related.as_deref().cloned())));
    let is_message = when(move || {
        store
            .detail
            .with(|it| it.as_ref().and_then(|it| it.row.as_ref()).is_some_and(|it| it.kind.is_message()))
    });
    let line = move || match related.get() {
        Some(related) => found(store, related),
        None => {
            view! { <span class="detail-none">{text(move || none_words(store).to_owned())}</span> }.into_any()
        }
    };
    view! {
        <div class="detail-related" role="group" aria-label="Related" data-testid="related" hidden=move || !is_message.get()>
            <span class="detail-label">"Related"</span>{line}
        </div>
    }
    .into_any()
}

fn none_words(store: Store) -> &'static str {
    let is_sent = store
        .detail
        .with(|it| it.as_ref().and_then(|it| it.row.as_ref()).is_some_and(|it| it.kind.is_sent()));
    if is_sent { "no answer recognised yet" } else { "no question recognised" }
}

/// What a frame is called in one word: the type of a JSON message, or what else it is.
fn named(row: &Row) -> String {
    row::kind(row)
}

fn found(store: Store, related: Related) -> AnyView {
    let number = related.row.number;
    let (mark, name) = (format::mark(related.row.kind).0, named(&related.row));
    let what = if related.is_answer { "answer" } else { "question" };
    let took = format::exact(related.took, store.clock_step());
    view! {
        <button type="button" class="bench-jump" data-testid="related-go" title=format!("Go to the {what}") on:click=move |_| store.go_to.set(Some((number, true)))>
            <i aria-hidden="true">{mark}</i><b>{name}</b><span>{format!("#{number}, the {what}")}</span><span class="detail-took">{took}</span>
        </button>
    }
    .into_any()
}

const LIST: &str = "unanswered-list";

/// How many messages have no answer; it opens into them.
#[component]
pub(crate) fn UnansweredCount(
    store: Store,
    link: Link,
    count: Signal<String>,
    hint: Signal<String>,
) -> impl IntoView {
    let list = RwSignal::new(Vec::<OpenQuestion>::new());
    let ask = move |_| {
        let of =
            untrack(|| if store.plot_all.get() { PlotOf::All } else { PlotOf::One(store.selected.get()) });
        link.ask(Question::Unanswered(of), move |answer| {
            if let Answer::Unanswered(all) = answer {
                list.set(all);
            }
        });
    };
    let line = move |it: OpenQuestion| {
        let number = it.row.number;
        let state = if it.is_pending { "waits" } else { "given up" };
        let time = row::time(store, &it.row);
        view! {
            <li><button type="button" class="bench-jump" popovertarget=LIST popovertargetaction="hide" data-testid="unanswered-go" on:click=move |_| store.go_to.set(Some((number, true)))>
                <i aria-hidden="true">"↑"</i><span>{time}</span><b>{named(&it.row)}</b><span class="bench-asked">{it.row.preview.clone()}</span><span class="detail-took">{state}</span>
            </button></li>
        }
    };
    let is_none = move || list.with(Vec::is_empty);
    view! {
        <button type="button" class="bench-unanswered" data-testid="unanswered" popovertarget=LIST title=hint on:click=ask>{count}</button>
        <section class="bench-explained bench-unanswered-list" popover="auto" id=LIST aria-label="Messages without an answer" data-testid="unanswered-list">
            <h3>"Messages without an answer"</h3>
            <p class="hint" hidden=move || !is_none()>"Every message that could be answered was answered."</p>
            <ul class="bench-questions">{move || list.get().into_iter().rev().map(line).collect_view()}</ul>
        </section>
    }
    .into_any()
}
