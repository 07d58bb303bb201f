//! The library: suites that ship, and one's own.
//!
//! Owns finding, choosing, making, importing, renaming and deleting. One rule: nothing that a person wrote is gone at once;
//! what was deleted can be brought back until something else is said.

use leptos::prelude::*;
use web_sys::DragEvent;

use super::certificate;
use super::link::Link;
use super::model::{LOAD_HREF, is_certifiable};
use super::order;
use super::past;
use super::server;
use super::store::{Notice, Store, Tab};
use crate::browser::{files, page};
use crate::engine::conformance::Certificate;
use crate::model::format;
use crate::model::running::LiveRun;
use crate::ui::parts::fields::{button, text, when};
use crate::wire::checks::{Answer, Card, OwnSuite, Question};

/// What a new suite begins with: it runs as it stands.
const NEW: &str = r#"{
  "sockscope": 1, "suite": "my suite",
  "about": "What this suite proves, in a sentence.",
  "vars": { "ws_url": "{{env.WS_URL ?? ws://localhost:9000/ws}}" },
  "clients": { "user": { "url": "{{ws_url}}" } },
  "checks": [
    { "check": "a message is answered", "steps": [
      { "connect": "user" },
      { "send": { "type": "message", "id": "m-{{seq}}", "content": "hello" },
        "expect": { "subset": { "type": "response" }, "correlate": "$.id", "within": "2s" } },
      { "close": { "code": 1000 }, "expect": { "closed": { "clean": true } } } ] } ]
}
"#;

/// The column.
#[component]
pub(super) fn Library(store: Store, link: Link) -> impl IntoView {
    let all_tags = Memo::new(move |_| {
        let mut tags: Vec<String> =
            store.library.with(|library| library.iter().flat_map(|card| card.tags.clone()).collect());
        tags.sort();
        tags.dedup();
        tags
    });
    let listed = Memo::new(move |_| {
        let words = store.search.get().to_lowercase();
        let tag = store.tag.get();
        let fits = |card: &&Card| {
            let is_tagged = tag.as_ref().is_none_or(|tag| card.tags.contains(tag));
            let says = |text: &str| text.to_lowercase().contains(&words);
            is_tagged && (says(&card.title) || says(&card.about) || card.tags.iter().any(|tag| says(tag)))
        };
        store.library.with(|library| library.iter().filter(fits).cloned().collect::<Vec<_>>())
    });
    let group = move |is_shipped: bool| {
        let cards: Vec<_> = listed.get().into_iter().filter(|card| card.is_shipped == is_shipped).collect();
        cards.into_iter().map(|card| entry(store, card)).collect_view()
    };
    let none_own = when(move || store.library.with(|all| all.iter().all(|card| card.is_shipped)));
    let tags = move || {
        let tag = |tag: String| {
            let (mine, chosen) = (tag.clone(), tag.clone());
            let is_on = when(move || store.tag.with(|it| it.as_ref() == Some(&mine)));
            view! {
                <button type="button" class="checks-tag" aria-pressed=text(move || is_on.get().to_string())
                    on:click=move |_| store.tag.update(|it| *it = if it.as_ref() == Some(&chosen) { None } else { Some(chosen.clone()) })>{tag}</button>
            }
            .into_any()
        };
        all_tags.get().into_iter().map(tag).collect_view()
    };
    let no_hits =
        text(move || match listed.with(Vec::is_empty) && store.library.with(|all| !all.is_empty()) {
            true => "No suite matches. Search looks at names, sentences and tags.".to_owned(),
            false => String::new(),
        });
    let ticked = when(move || store.ticked.with(|it| !it.is_empty()));
    let run_ticked = move || {
        let ids = store.library.with_untracked(|library| {
            let chosen =
                library.iter().filter(|card| store.ticked.with_untracked(|it| it.contains(&card.id)));
            chosen.map(|card| card.id.clone()).collect()
        });
        order::run_several(store, link, ids);
    };
    let run_label = text(move || match store.ticked.with(std::collections::BTreeSet::len) {
        0 => match store.tag.get() {
            Some(tag) => format!("Run all tagged {tag}"),
            None => "Run all shipped".to_owned(),
        },
        chosen => format!("Run {} chosen", format::count(chosen as u64)),
    });
    let run_all = move || {
        let ids = store.library.with_untracked(|library| {
            let tag = store.tag.get_untracked();
            let is_meant = |card: &&Card| match &tag {
                Some(tag) => card.tags.contains(tag),
                None => card.is_shipped,
            };
            library.iter().filter(is_meant).map(|card| card.id.clone()).collect()
        });
        order::run_several(store, link, ids);
    };
    view! {
        <aside class="library" aria-label="Suites" on:dragover=|event: DragEvent| event.prevent_default()
            on:drop=move |event: DragEvent| {
                event.prevent_default();
                if files::all_of_drop(&event, move |read| take_file(store, link, read)) == 0 {
                    take_dropped(store, link, files::dropped_text(&event));
                }
            }>
            <a class="button primary" href=server::HREF data-testid="check-server" aria-current=text(move || store.selected.with(|id| id == server::ID).to_string())>"Check a server …"</a>
            <div class="deeds">
                {button("", "suite-new", "New", "Create a suite that runs unchanged", move || create(store, link, "my suite".to_owned(), NEW.to_owned()))}
                <a class="button" href=LOAD_HREF data-testid="new-load" title="A load without JSON: address, clients, rate, limits">"New load"</a>
                {importer(store, link)}
            </div>
            <input type="search" placeholder="Search suites and tags" aria-label="Search suites" data-testid="suite-search"
                prop:value=store.search on:input=move |event| store.search.set(event_target_value(&event))/>
            <details class="library-tags"><summary>"Tags"</summary><div>{tags}</div></details>
            <p class="hint" role="status" data-testid="no-hits">{no_hits}</p>
            <div class="library-lists">
                <h3>"Shipped"</h3>
                <ul data-testid="shipped">{move || group(true)}</ul>
                <h3>"Your own"</h3>
                <ul data-testid="own">{move || group(false)}</ul>
                <p class="hint" hidden=when(move || !none_own.get())>"None yet. Make a new one, duplicate a shipped one, or drop a file here."</p>
            </div>
            <div class="deeds">
                <button type="button" data-testid="run-ticked" disabled=when(move || store.is_running())
                    on:click=move |_| if ticked.get_untracked() { run_ticked() } else { run_all() }>{run_label}</button>
            </div>
        </aside>
    }
    .into_any()
}

fn entry(store: Store, card: Card) -> AnyView {
    let id = StoredValue::new(card.id);
    let is_current = text(move || (store.selected.get() == id.get_value()).to_string());
    let is_ticked = when(move || store.ticked.with(|it| it.contains(&id.get_value())));
    let tick = move |on: bool| {
        store.ticked.update(|it| match on {
            true => drop(it.insert(id.get_value())),
            false => drop(it.remove(&id.get_value())),
        });
    };
    // How it ended the last time in this visit.
    let last = text(move || {
        let runs = store.runs.get();
        let last = runs.iter().rev().find(|run| run.with(|run| run.suite_id == id.get_value()));
        last.map_or("not-run", |run| run.with(sign_of_run)).to_owned()
    });
    let count = match card.problems {
        0 => format::counted(card.checks as u64, "check"),
        problems => format::counted(problems as u64, "mistake"),
    };
    let title = card.title.clone();
    let state = if card.problems > 0 { "wrong" } else { "" };
    view! {
        <li data-current=is_current>
            <input type="checkbox" aria-label=format!("Choose {title}") prop:checked=is_ticked on:change=move |event| tick(event_target_checked(&event))/>
            <a href=format!("#/checks/{}", id.get_value()) data-testid="suite" title=card.about aria-current=is_current>
                <span class="library-title">{card.title}</span>
                <span class="library-count" data-state=state>{count}</span>
            </a>
            <span class="checks-sign" data-verdict=last title=last aria-label=last role="img"></span>
        </li>
    }
    .into_any()
}

/// How a run ended; of one that certifies, what its certificate says.
fn sign_of_run(run: &LiveRun) -> &'static str {
    let certificate = run.report.as_ref().filter(|_| is_certifiable(run)).and_then(Certificate::of);
    certificate.map_or_else(|| run.stage().name(), |made| certificate::sign_of(made.word))
}

fn importer(store: Store, link: Link) -> AnyView {
    let address = RwSignal::new(String::new());
    let pasted = RwSignal::new(String::new());
    let fetch = move || fetch_suite(store, link, address.get_untracked(), |_| {});
    view! {
        <details class="menu" data-testid="import">
            <summary>"Import"</summary>
            <div class="sheet">
                <label class="button"><span class="unseen">"A file"</span>"From a file …"
                    <input class="unseen" type="file" accept=".json,.jsonc,.jsonl,application/json" data-testid="import-file"
                        on:change=move |event| { files::of_input(&event, move |read| take_file(store, link, read)); }/>
                </label>
                <label class="field"><span>"Paste a suite, a report, or JSON Lines of a recording"</span>
                    <textarea class="mono" rows="3" spellcheck="false" data-testid="import-paste" prop:value=pasted on:input=move |event| pasted.set(event_target_value(&event))></textarea>
                </label>
                <button type="button" data-testid="import-pasted" disabled=when(move || pasted.with(|it| it.trim().is_empty()))
                    on:click=move |_| { take(store, link, "pasted".to_owned(), pasted.get_untracked()); pasted.set(String::new()); }>"Add pasted"</button>
                <label class="field"><span>"From an address"</span>
                    <input class="mono" type="url" spellcheck="false" placeholder="https://example.com/suite.json" data-testid="import-url" prop:value=address on:input=move |event| address.set(event_target_value(&event))/>
                </label>
                <button type="button" data-testid="import-fetch" disabled=when(move || address.with(|it| it.trim().is_empty())) on:click=move |_| fetch()>"Load it"</button>
                <p class="hint">"Or drop a file on the list."</p>
            </div>
        </details>
    }
    .into_any()
}

/// Loads a suite from an address into the library; `made` gets its id there.
pub(super) fn fetch_suite(store: Store, link: Link, address: String, made: impl FnOnce(String) + 'static) {
    leptos::task::spawn_local(async move {
        match page::fetch_text(address.trim()).await {
            Ok(text) => {
                let name = address
                    .rsplit('/')
                    .next()
                    .unwrap_or_default()
                    .split(['?', '#'])
                    .next()
                    .unwrap_or_default();
                take_then(store, link, name.to_owned(), text, Box::new(made));
            }
            Err(words) => store.complain(format!("{address} could not be loaded: {words}")),
        }
    });
}

/// The name of a file without the endings of suites and recordings.
fn stem_of(name: &str) -> &str {
    [".jsonl", ".jsonc", ".json"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
}

/// What was taken in, in a sentence: a file by its whole name.
fn named(name: &str) -> String {
    if name.contains('.') { format!("\u{201c}{name}\u{201d}") } else { format!("The {name} text") }
}

/// What was dropped and is not a file: an address, or a document.
fn take_dropped(store: Store, link: Link, text: Option<String>) {
    match text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()) {
        Some(address) if address.starts_with("http") && !address.contains(char::is_whitespace) => {
            fetch_suite(store, link, address, |_| {});
        }
        Some(text) => take(store, link, "dropped".to_owned(), text),
        None => {}
    }
}

fn take_file(store: Store, link: Link, read: Result<files::Content, String>) {
    match read.map(|content| (content.name, String::from_utf8(content.bytes))) {
        Ok((name, Ok(text))) => {
            take(store, link, name, text);
        }
        Ok((name, Err(_))) => {
            store.complain(format!("{name}: expected a text in UTF-8, found other bytes. Save it as UTF-8."))
        }
        Err(words) => store.complain(format!("The file could not be read: {words}")),
    }
}

/// An editor draws no more than this well, and no person writes it.
const LARGEST: usize = 4 << 20;

/// Takes a text in: a recording becomes a suite, anything else is one.
pub(super) fn take(store: Store, link: Link, name: String, text: String) {
    take_then(store, link, name, text, Box::new(|_| {}));
}

/// Takes in a recording of the bench, and tells the bench when it has become a suite.
pub(super) fn take_recorded(store: Store, link: Link, text: String) {
    let made = Box::new(|_| page::announce_bytes(page::DRAFTED, &[]));
    take_then(store, link, "recorded".to_owned(), text, made);
}

fn take_then(store: Store, link: Link, name: String, text: String, made: Box<dyn FnOnce(String)>) {
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        return store.complain(format!("{} is empty.", named(&name)));
    }
    let first = text.trim_start_matches('\u{feff}').trim_start().lines().next().unwrap_or_default();
    let is_recording = first.starts_with("{\"event\":");
    if is_recording {
        link.ask(Question::FromRecording(text.trim_start_matches('\u{feff}').to_owned()), move |told| {
            match told {
                Answer::Drafted { text, remarks, secrets } => {
                    let title = stem_of(&name).to_owned();
                    let id =
                        create_with(store, link, OwnSuite { title, text, ..OwnSuite::default() }, remarks);
                    // As if a person had typed them into Values: for this visit, and kept nowhere.
                    store.secret_values.update(|all| all.entry(id.clone()).or_default().extend(secrets));
                    made(id);
                }
                Answer::Failed(words) => store.complain(format::sentence(&words)),
                _ => {}
            }
        });
        return;
    }
    if is_report(&text) {
        return past::take(store, link, text.trim_start_matches('\u{feff}').to_owned());
    }
    if text.len() > LARGEST {
        let size = format::size(text.len() as u64);
        return store.complain(format!(
            "{} has {size}; the limit for a suite is {}.",
            named(&name),
            format::size(LARGEST as u64)
        ));
    }
    link.ask(Question::Examine { suite: String::new(), text: text.clone() }, move |told| {
        let title = match told {
            Answer::Examined(it) if !it.name.is_empty() => it.name,
            _ => stem_of(&name).to_owned(),
        };
        // What was pasted has no file.
        let file = if stem_of(&name) == name { String::new() } else { name };
        made(create_with(store, link, OwnSuite { title, text, file, ..OwnSuite::default() }, Vec::new()));
    });
}

/// Whether a text begins as a report does, which says the version of the program where a suite says that of its format.
fn is_report(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let version = text.strip_prefix('{').and_then(|rest| rest.trim_start().strip_prefix("\"sockscope\":"));
    version.is_some_and(|version| version.trim_start().starts_with('"'))
}

/// Adds a suite of one's own and shows it.
pub(super) fn create(store: Store, link: Link, title: String, text: String) {
    create_with(store, link, OwnSuite { title, text, ..OwnSuite::default() }, Vec::new());
}

/// Its id is new, and its title as well.
fn create_with(store: Store, link: Link, suite: OwnSuite, remarks: Vec<String>) -> String {
    let id = format!("own-{}", page::unique());
    let made = id.clone();
    let suite = OwnSuite { id: id.clone(), title: free_title(store, suite.title), ..suite };
    link.ask(Question::Keep(suite), move |told| {
        heard(store, told);
        page::go_to(&format!("#/checks/{id}"));
        store.remarks.set((id, remarks));
        store.tab.set(Tab::Edit);
    });
    made
}

/// Adds a suite of one's own; `made` gets its id once it is there.
pub(super) fn create_then(
    store: Store,
    link: Link,
    title: String,
    text: String,
    made: impl FnOnce(String) + 'static,
) {
    let id = format!("own-{}", page::unique());
    let suite = OwnSuite { id: id.clone(), title: free_title(store, title), text, ..OwnSuite::default() };
    link.ask(Question::Keep(suite), move |told| {
        heard(store, told);
        page::go_to(&format!("#/checks/{id}"));
        store.selected.set(id.clone());
        made(id);
    });
}

/// The title with a number behind it when another suite has it.
fn free_title(store: Store, title: String) -> String {
    let title = if title.trim().is_empty() { "suite".to_owned() } else { title };
    let is_taken =
        |title: &str| store.library.with_untracked(|library| library.iter().any(|card| card.title == title));
    if !is_taken(&title) {
        return title;
    }
    (2..).map(|number| format!("{title} {number}")).find(|title| !is_taken(title)).unwrap_or(title)
}

/// A copy of the selected suite as one's own.
pub(super) fn duplicate(store: Store, link: Link) {
    let title = untrack(|| store.card()).map(|card| card.title).unwrap_or_default();
    order::with_text(store, link, move |text| create(store, link, format!("{title} copy"), text));
}

/// Deletes the selected suite; it can be brought back.
pub(super) fn delete(store: Store, link: Link) {
    let Some(card) = untrack(|| store.card()).filter(|card| !card.is_shipped) else { return };
    store.unkept.set(None);
    order::with_text(store, link, move |text| delete_with(store, link, card, text));
}

fn delete_with(store: Store, link: Link, card: Card, text: String) {
    let (id, title) = (card.id.clone(), card.title.clone());
    let suite = card.suite(text);
    link.ask(Question::Forget(id), move |told| {
        heard(store, told);
        page::go_to("#/checks");
        store.selected.set(String::new());
        store.forms.update(|forms| {
            forms.selected.clear();
            forms.values.remove(&suite.id);
        });
        let words = format!("{title} was deleted.");
        store.notice.set(Some(Notice { words, is_bad: false, undo: Some(suite) }));
    });
}

/// Brings a deleted suite back.
pub(super) fn bring_back(store: Store, link: Link, suite: OwnSuite) {
    let id = suite.id.clone();
    link.ask(Question::Keep(suite), move |told| {
        heard(store, told);
        page::go_to(&format!("#/checks/{id}"));
    });
}

/// The library after a change, or why it was not kept.
pub(super) fn heard(store: Store, told: Answer) {
    match told {
        // That nothing is kept was said when the view opened.
        Answer::Library(library) | Answer::Unkept { library, .. } => store.library.set(library),
        Answer::Failed(words) => store.complain(format::sentence(&words)),
        _ => {}
    }
}
