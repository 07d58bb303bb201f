//! The part "Edit": the document of the suite.
//!
//! Owns when a change is looked at and kept. One rule: what a person has written is kept as it is, also when it cannot be
//! read; only what ships is read-only.

use std::rc::Rc;
use std::time::Duration;

use leptos::html::Div;
use leptos::prelude::*;

use super::library;
use super::link::Link;
use super::store::{Store, Tab};
use crate::browser::editor::{Editor, Listeners, Underlined};
use crate::engine::suite::assist::Example;
use crate::model::format;
use crate::ui::parts::fields::{prose, text, when};
use crate::wire::checks::{Answer, OwnSuite, Question};

/// A change is looked at when nothing was typed for this long.
const LOOK_AFTER: Duration = Duration::from_millis(150);
/// And kept after this long.
const KEEP_AFTER: Duration = Duration::from_millis(200);

/// Loads the document of the selected suite whenever another one is selected.
pub(super) fn follow(store: Store, link: Link) {
    Effect::new(move |before: Option<String>| {
        let selected = store.selected.get();
        if before.as_ref() == Some(&selected) || !store.is_restored.get() {
            return if store.is_restored.get() { selected } else { String::from("\0") };
        }
        // What was typed into the suite before is kept, however soon another one was selected.
        keep_now(store, link);
        store.is_loaded.set(false);
        store.is_kept.set(true);
        store.tags.set(Default::default());
        if selected.is_empty() || [super::server::ID, super::model::LOAD_FORM].contains(&selected.as_str()) {
            return selected;
        }
        let asked = selected.clone();
        link.ask(Question::Text(selected.clone()), move |told| {
            let Answer::Text(document) = told else {
                store.selected.set(String::new());
                return store.complain(format!("Suite {asked:?} is not in the library."));
            };
            if store.selected.get_untracked() == asked {
                store.text_of.set(asked.clone());
                store.text.set(document.clone());
                look(store, link, document);
            }
        });
        selected
    });
}

/// Asks what is in a document.
pub(super) fn look(store: Store, link: Link, document: String) {
    link.ask(
        Question::Examine { suite: store.text_of.get_untracked(), text: document.clone() },
        move |told| {
            if let Answer::Examined(examined) = told
                && store.text.with_untracked(|now| *now == document)
            {
                store.examined.set(examined);
                store.is_loaded.set(true);
            }
        },
    );
}

/// The document has another text now, by hand or by a command.
fn changed(store: Store, link: Link, typed: StoredValue<u32>, document: String) {
    if store.text.with_untracked(|now| *now == document) {
        return;
    }
    store.text.set(document.clone());
    let mine = typed.get_value() + 1;
    typed.set_value(mine);
    let is_current = move || typed.try_get_value() == Some(mine);
    let looked = document.clone();
    set_timeout(
        move || {
            if is_current() {
                look(store, link, looked);
            }
        },
        LOOK_AFTER,
    );
    let Some(card) = untrack(|| store.card()).filter(|card| !card.is_shipped) else { return };
    store.is_kept.set(false);
    store.unkept.set(Some(OwnSuite { id: card.id, text: document, ..OwnSuite::default() }));
    set_timeout(
        move || {
            if is_current() {
                keep_now(store, link);
            }
        },
        KEEP_AFTER,
    );
}

/// Keeps what was typed and is not kept yet.
pub(super) fn keep_now(store: Store, link: Link) {
    let Some(suite) = store.unkept.try_update(Option::take).flatten() else { return };
    let id = suite.id.clone();
    link.ask(Question::Keep(suite), move |told| {
        let is_all = store.unkept.with_untracked(Option::is_none);
        if matches!(told, Answer::Library(_)) && is_all && store.selected.with_untracked(|now| *now == id) {
            store.is_kept.set(true);
        }
        library::heard(store, told);
    });
}

/// The part.
#[component]
pub(super) fn Edit(store: Store, link: Link) -> impl IntoView {
    let host = NodeRef::<Div>::new();
    let editor = StoredValue::new_local(None::<Rc<Editor>>);
    let is_open = RwSignal::new(false);
    let trouble = RwSignal::new(None::<String>);
    let typed = StoredValue::new(0_u32);
    let asked = StoredValue::new(false);
    let is_shipped = Memo::new(move |_| store.card().is_some_and(|card| card.is_shipped));
    // Loaded when it is first looked at, and not before.
    Effect::new(move || {
        let (Some(host), Tab::Edit, true) = (host.get(), store.tab.get(), store.is_loaded.get()) else {
            return;
        };
        if asked.get_value() {
            return;
        }
        asked.set_value(true);
        let text = store.text.get_untracked();
        let is_read_only = is_shipped.get_untracked();
        leptos::task::spawn_local(async move {
            match Editor::open(&host, "Suite", &text, is_read_only, listeners(store, link, typed)).await {
                Ok(opened) => {
                    if editor.try_update_value(|it| *it = Some(Rc::new(opened))).is_some() {
                        is_open.set(true);
                    }
                }
                Err(words) => {
                    asked.set_value(false);
                    trouble.set(Some(words));
                }
            }
        });
    });
    let with_editor = move |act: &dyn Fn(&Editor)| {
        let opened = editor.with_value(Clone::clone);
        if let Some(opened) = opened {
            act(&opened);
        }
    };
    let shown = StoredValue::new(String::new());
    Effect::new(move || {
        let document = store.text.get();
        if !is_open.get() {
            return;
        }
        let selected = store.selected.get_untracked();
        let is_same = shown.with_value(|shown| *shown == selected);
        shown.set_value(selected);
        with_editor(&|editor| match is_same {
            true => editor.replace(&document),
            // Undoing must not bring one suite's text into another.
            false => editor.set_text(&document),
        });
    });
    Effect::new(move || {
        let is_read_only = is_shipped.get();
        if is_open.get() {
            with_editor(&|editor| editor.set_read_only(is_read_only));
        }
    });
    Effect::new(move || {
        let mistakes: Vec<Underlined> = store.examined.with(|it| {
            let underlined = |it: &crate::wire::checks::Mistake| Underlined {
                from: (it.line, it.column),
                to: (it.end_line, it.end_column),
                message: it.message.clone(),
            };
            it.mistakes.iter().map(underlined).collect()
        });
        if is_open.get() {
            with_editor(&|editor| editor.set_mistakes(&mistakes));
        }
    });
    Effect::new(move || {
        // The document of a suite that was just selected is still on its way.
        let is_here = store.text_of.with(|of| store.selected.with(|selected| of == selected));
        let place = store.place.get().filter(|_| is_here);
        if let (Some((line, column)), true, Tab::Edit) = (place, is_open.get(), store.tab.get()) {
            store.place.set(None);
            // The part has to be in sight before anything in it can be.
            crate::browser::page::with_next_frame(move || {
                if let Some(Some(editor)) = editor.try_with_value(Clone::clone) {
                    editor.go_to(line, column);
                }
            });
        }
    });
    let insert = move |example: Example| {
        let Some(opened) = editor.with_value(Clone::clone) else { return };
        let (text, offset) = opened.cursor();
        let suite = store.text_of.get_untracked();
        link.ask(Question::Place { suite, text, offset, example }, move |told| match told {
            Answer::Place { at, text } => opened.insert(&text, at),
            Answer::Failed(words) => store.complain(words),
            _ => {}
        });
    };
    let set_neatly = move || {
        let before = store.text.get_untracked();
        link.ask(Question::Format(before.clone()), move |told| match told {
            Answer::Text(text) if store.text.with_untracked(|now| *now == before) => {
                changed(store, link, typed, text);
            }
            Answer::Mistakes(_) => {
                store.complain("A document with mistakes cannot be formatted: fix them first.")
            }
            _ => {}
        });
    };
    view! {
        <div class="checks-edit">
            <div class="deeds">
                {inserter(store, link, insert)}
                <button type="button" data-testid="format" disabled=is_shipped on:click=move |_| set_neatly()>"Format"</button>
                <button type="button" data-testid="edit-duplicate" hidden=when(move || !is_shipped.get()) on:click=move |_| library::duplicate(store, link)>"Duplicate to edit"</button>
                <span class="hint" data-testid="edit-state">{edit_state(store)}</span>
                <span class="hint">"Ctrl+Enter runs, Ctrl+Space completes, Ctrl+F searches; Escape, then Tab leaves the editor."</span>
            </div>
            {remarks(store)}
            <p class="note" data-state="wrong">{text(move || trouble.get().map(|words| format!("The editor could not be loaded: {words}")).unwrap_or_default())}</p>
            <div class="checks-edit-text" data-testid="editor" node_ref=host></div>
            {mistakes(store)}
        </div>
    }
    .into_any()
}

/// How the document stands: with how many mistakes, and whether the browser has it.
fn edit_state(store: Store) -> Signal<String> {
    text(move || {
        let mistakes = match store.examined.with(|it| it.mistakes.len()) {
            0 => "No mistakes.".to_owned(),
            count => format!("{}.", format::counted(count as u64, "mistake")),
        };
        let kept = match (store.is_kept.get(), store.keeps_nothing.get()) {
            (_, true) => "Not saved: this browser stores nothing.",
            (true, false) => "Saved in this browser.",
            (false, false) => "Saving …",
        };
        match store.card() {
            Some(card) if !card.is_shipped => format!("{mistakes} {kept}"),
            _ => mistakes,
        }
    })
}

fn listeners(store: Store, link: Link, typed: StoredValue<u32>) -> Listeners {
    Listeners {
        changed: Rc::new(move |document| changed(store, link, typed, document)),
        complete: Rc::new(move |text, offset, answer| {
            link.ask(Question::Complete { text, offset }, move |told| {
                let Answer::Suggestions(all) = told else { return answer(Vec::new()) };
                answer(all);
            });
        }),
        explain: Rc::new(move |text, offset, answer| {
            link.ask(Question::Explain { text, offset }, move |told| match told {
                Answer::Explained(said) => answer(said),
                _ => answer(None),
            });
        }),
    }
}

/// Ready-made steps, fetched when the menu is first opened.
fn inserter(store: Store, link: Link, insert: impl Fn(Example) + Copy + Send + Sync + 'static) -> AnyView {
    let ready_made = RwSignal::new(Vec::<Example>::new());
    let fetch = move || {
        if ready_made.with_untracked(Vec::is_empty) {
            link.ask(Question::Examples, move |told| {
                if let Answer::Examples(all) = told {
                    ready_made.set(all);
                }
            });
        }
    };
    let is_read_only = when(move || store.card().is_some_and(|card| card.is_shipped));
    let rows = move || {
        let row = |it: Example| {
            let example = it.clone();
            view! {
                <button type="button" class="quiet" data-testid="example" title=it.about disabled=is_read_only on:click=move |_| insert(example.clone())>{it.title}</button>
            }
            .into_any()
        };
        ready_made.get().into_iter().map(row).collect_view()
    };
    view! {
        <details class="menu left" data-testid="insert" on:toggle=move |_| fetch()>
            <summary>"Insert a step"</summary>
            <div class="sheet">{rows}</div>
        </details>
    }
    .into_any()
}

fn remarks(store: Store) -> AnyView {
    let shown = Memo::new(move |_| {
        let (of, remarks) = store.remarks.get();
        if of == store.selected.get() { remarks } else { Vec::new() }
    });
    let rows = move || shown.get().into_iter().map(|words| view! { <li>{prose(&words)}</li> }).collect_view();
    view! {
        <section class="checks-remarks" data-testid="remarks" aria-label="To be looked at" hidden=when(move || shown.with(Vec::is_empty))>
            <p>"Made from a recording. Review this before you rely on it:"</p>
            <ul>{rows}</ul>
            <button type="button" class="quiet" on:click=move |_| store.remarks.set(Default::default())>"Done"</button>
        </section>
    }
    .into_any()
}

/// The mistakes as a list, for people who do not hover.
fn mistakes(store: Store) -> AnyView {
    let rows = move || {
        let row = |it: crate::wire::checks::Mistake| {
            let place = (it.line, it.column);
            view! {
                <li><button type="button" class="quiet" data-testid="mistake" on:click=move |_| store.place.set(Some(place))>
                    <span class="mono">{format!("{}:{}", it.line, it.column)}</span>" "{prose(&it.message)}</button></li>
            }
            .into_any()
        };
        store.examined.with(|it| it.mistakes.clone()).into_iter().map(row).collect_view()
    };
    view! { <ol class="checks-edit-mistakes" aria-label="Mistakes">{rows}</ol> }.into_any()
}
