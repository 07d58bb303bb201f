//! The lines of an opened frame: parts that fold, a search inside, and what can be done with the value on a line.
//!
//! Owns what is chosen in the lines. It refuses to hold the content: the worker says what a line holds when it is asked.

use leptos::prelude::*;

use super::super::parts::fields::{icon_button, text, when};
use super::super::parts::icons;
use super::export;
use super::link::Link;
use super::store::Store;
use super::values;
use crate::engine::bench::compare::{CompareLine, Side};
use crate::engine::bench::view::{Span, TextLine, Tone};
use crate::model::format;
use crate::model::value_filter::ValueFilter;
use crate::wire::bench::{Answer, ConnectionId, Detail, Question};

/// A value with its path.
#[derive(Clone, PartialEq)]
struct Node {
    path: String,
    value: String,
    is_container: bool,
}

/// What is chosen in the lines, and what is looked for. A copy is the same.
#[derive(Clone, Copy)]
pub(crate) struct Tree {
    store: Store,
    link: Link,
    /// The number of the chosen line.
    chosen: RwSignal<Option<u64>>,
    node: RwSignal<Option<Node>>,
    sought: RwSignal<String>,
    /// Which place is shown, of how many.
    place: RwSignal<Option<(u64, u64)>>,
    /// Brings a position into view.
    show: StoredValue<Box<dyn Fn(u64)>, LocalStorage>,
}

impl Tree {
    pub fn new(store: Store, link: Link, show: impl Fn(u64) + 'static) -> Self {
        Self {
            store,
            link,
            chosen: RwSignal::default(),
            node: RwSignal::default(),
            sought: RwSignal::default(),
            place: RwSignal::default(),
            show: StoredValue::new_local(Box::new(show)),
        }
    }

    /// Another frame, or another view of it, was opened.
    pub fn reset(self) {
        self.chosen.set(None);
        self.node.set(None);
        self.place.set(None);
    }

    fn choose(self, line: u64) {
        self.chosen.set(Some(line));
        self.node.set(None);
        self.link.ask(Question::Node { line }, move |answer| {
            if let (Answer::Node { path, value, is_container }, Some(now)) =
                (answer, self.chosen.get_untracked())
                && now == line
            {
                self.node.set(Some(Node { path, value, is_container }));
            }
        });
    }

    fn fold(self, line: u64, folds: bool) {
        self.store.inspect.update(|it| {
            if let Some(it) = it {
                it.folds.retain(|known| *known != line);
                if folds {
                    it.folds.push(line);
                }
            }
        });
    }

    fn seek(self, nth: i64) {
        let text = self.sought.get_untracked();
        if text.is_empty() {
            return self.place.set(None);
        }
        self.link.ask(Question::Within { text, nth }, move |answer| match answer {
            Answer::Within { count, nth, line, position, unfolds } => {
                unfolds.into_iter().for_each(|line| self.fold(line, false));
                self.place.set(Some((nth, count)));
                self.choose(line);
                self.show.with_value(|show| show(position));
            }
            _ => self.place.set(Some((0, 0))),
        });
    }

    /// Goes on from the place that is shown.
    fn seek_on(self, by: i64) {
        let now = self.place.get_untracked().map_or(-by.max(0), |(nth, _)| nth as i64);
        self.seek(now + by);
    }

    /// The keys in the lines; says whether one did something.
    pub fn pressed(self, key: &str) -> bool {
        let lines: Vec<(u64, Option<bool>)> =
            self.store.detail.with_untracked(|it| it.as_ref().map(|it| it.folds.clone()).unwrap_or_default());
        let from = self.store.detail.with_untracked(|it| it.as_ref().map_or(0, |it| it.of.from));
        let at = lines.iter().position(|(line, _)| Some(*line) == self.chosen.get_untracked());
        let go = |at: usize| {
            if let Some((line, _)) = lines.get(at) {
                self.choose(*line);
                self.show.with_value(|show| show(from + at as u64));
            }
        };
        match (key, at) {
            ("Enter", None) => go(0),
            ("ArrowDown", Some(at)) => go(at + 1),
            ("ArrowUp", Some(at)) => go(at.saturating_sub(1)),
            ("ArrowLeft", Some(at)) if lines[at].1 == Some(false) => self.fold(lines[at].0, true),
            ("ArrowRight", Some(at)) if lines[at].1 == Some(true) => self.fold(lines[at].0, false),
            _ => return false,
        }
        true
    }

    /// The lines that are on the screen.
    pub fn lines(self, detail: &Detail) -> AnyView {
        if detail.with.is_some() || !detail.compared.is_empty() {
            return detail.compared.iter().map(compared_line).collect_view().into_any();
        }
        let lines = detail.shown.iter().zip(&detail.folds);
        lines.map(|(text, (line, fold))| self.line(text, *line, *fold)).collect_view().into_any()
    }

    fn line(self, text_line: &TextLine, line: u64, fold: Option<bool>) -> AnyView {
        let indent =
            format!("{}ch", u32::from(text_line.indent) * 2 + if text_line.is_continued { 2 } else { 0 } + 2);
        let spans = text_line.spans.iter().map(span).collect_view();
        let is_chosen = when(move || self.chosen.get() == Some(line));
        let turn = fold.map(|is_folded| {
            let name = format!("{} line {}", if is_folded { "Unfold" } else { "Fold" }, line + 1);
            view! {
                <button type="button" class="detail-fold" aria-expanded=(!is_folded).to_string() aria-label=name tabindex="-1"
                    on:click=move |event| { event.stop_propagation(); self.fold(line, !is_folded); }>{icons::CHEVRON_DOWN.draw()}</button>
            }
            .into_any()
        });
        view! {
            <div class="detail-line" data-chosen=move || is_chosen.get().then_some("") style:padding-left=indent on:click=move |_| self.choose(line)>{turn}{spans}</div>
        }
        .into_any()
    }
}

/// The field that searches inside, and what folds everything.
#[component]
pub(crate) fn TreeSearch(tree: Tree) -> impl IntoView {
    let typed = move |event| {
        tree.sought.set(event_target_value(&event));
        tree.seek(0);
    };
    let key = move |event: leptos::ev::KeyboardEvent| match event.key().as_str() {
        "Enter" => {
            event.prevent_default();
            tree.seek_on(if event.shift_key() { -1 } else { 1 });
        }
        "Escape" if !tree.sought.with_untracked(String::is_empty) => {
            event.prevent_default();
            event.stop_propagation();
            tree.sought.set(String::new());
            tree.place.set(None);
        }
        _ => {}
    };
    let count = text(move || match tree.place.get() {
        None => String::new(),
        Some((_, 0)) => "0".to_owned(),
        Some((nth, count)) => format!("{}/{}", format::count(nth + 1), format::count(count)),
    });
    let is_none = when(move || tree.place.with(|place| place.is_none_or(|(_, count)| count == 0)));
    view! {
        <div class="detail-search" role="search" aria-label="Search in this frame">
            {icons::SEARCH.draw()}
            <input class="mono" type="search" placeholder="Search in this frame" aria-label="Search in this frame" spellcheck="false" data-testid="within"
                prop:value=tree.sought on:input=typed on:keydown=key/>
            <span class="detail-places" data-testid="within-count" role="status">{count}</span>
            <span class="detail-seek" data-empty=text(move || is_none.get().to_string())>
                {icon_button("quiet", "within-previous", icons::CHEVRON_UP, text(|| "Previous (Shift+Enter)".to_owned()), move || tree.seek_on(-1))}
                {icon_button("quiet", "within-next", icons::CHEVRON_DOWN, text(|| "Next (Enter)".to_owned()), move || tree.seek_on(1))}
            </span>
        </div>
    }
    .into_any()
}

/// What can be done with the value on the chosen line. Its place stays when none is chosen.
#[component]
pub(crate) fn NodeLine(tree: Tree) -> impl IntoView {
    let store = tree.store;
    let node = tree.node;
    let is_none = when(move || node.with(Option::is_none));
    let wanted = |it: &Node| ValueFilter::member(&it.path, &it.value).filter(|_| !it.is_container);
    let is_filterable = when(move || node.with(|it| it.as_ref().and_then(wanted).is_some()));
    let path = text(move || {
        let words = "Click a line";
        node.with(|it| it.as_ref().map_or_else(|| words.to_owned(), |it| it.path.clone()))
    });
    let copy = move |of: fn(&Node) -> &str| {
        if let Some(node) = node.get_untracked() {
            export::copy_text(store, of(&node));
        }
    };
    let act = move |deed: fn(Store, &ValueFilter)| {
        move |_| {
            if let Some(wanted) = node.with_untracked(|it| it.as_ref().and_then(wanted)) {
                deed(store, &wanted);
            }
        }
    };
    let column = move |_| {
        if let Some(node) = node.get_untracked() {
            values::turn_column(store, &node.path);
        }
    };
    let is_column = text(move || {
        node.with(|it| it.as_ref().is_some_and(|it| values::has_column(store, &it.path))).to_string()
    });
    view! {
        <div class="detail-node" role="group" aria-label="The value on the chosen line">
            <code class="detail-path" data-testid="node-path" data-none=move || is_none.get().then_some("") title=path>{path}</code>
            <button type="button" class="quiet" data-testid="copy-value" title="Copy the value; secrets as {{name}}" disabled=is_none on:click=move |_| copy(|it| &it.value)>"Copy value"</button>
            <button type="button" class="quiet" data-testid="copy-path" title="Copy the JSONPath" disabled=is_none on:click=move |_| copy(|it| &it.path)>"Copy path"</button>
            <button type="button" class="quiet" data-testid="filter-value" title="Filter by this value" aria-label="Filter by this value" disabled=move || !is_filterable.get() on:click=act(values::only)>{icons::FILTER.draw()}</button>
            <button type="button" class="quiet" data-testid="exclude-value" title="Exclude messages with this value" aria-label="Exclude messages with this value" disabled=move || !is_filterable.get() on:click=act(values::exclude)>{icons::EYE_OFF.draw()}</button>
            <button type="button" class="quiet" data-testid="highlight-value" title="Highlight rows with this value" aria-label="Highlight rows with this value" disabled=move || !is_filterable.get() on:click=act(values::highlight)>{icons::HIGHLIGHTER.draw()}</button>
            <button type="button" class="quiet toggle" data-testid="column-value" title="Show as column" aria-label="Show as column" aria-pressed=is_column disabled=is_none on:click=column>{icons::COLUMNS.draw()}</button>
        </div>
    }
    .into_any()
}

/// What is excluded, in the menu of filters; a click takes one back.
#[component]
pub(crate) fn Excluded(store: Store) -> impl IntoView {
    let filter = store.filter;
    let item = move |class: &'static str, text: Signal<String>, take_back: Box<dyn Fn()>| {
        view! {
            <li><button type="button" class=class data-testid="excluded" title="No longer exclude" on:click=move |_| take_back()>
                {icons::CLOSE.draw()}<span>{text}</span>
            </button></li>
        }
        .into_any()
    };
    let content = move |it: String| {
        let shown = it.clone();
        let take_back = move || filter.update(|spec| spec.excludes.retain(|known| *known != it));
        item("quiet mono", text(move || shown.clone()), Box::new(take_back))
    };
    let connection = move |id: u32| {
        let name = text(move || {
            let name = store.names.with(|names| names.get(&ConnectionId(id)).map(|(name, _)| name.clone()));
            format!("connection {}", name.unwrap_or_default())
        });
        let take_back = move || filter.update(|spec| spec.excluded_connections.retain(|known| *known != id));
        item("quiet", name, Box::new(take_back))
    };
    let all = move || {
        let (contents, connections) =
            filter.with(|it| (it.excludes.clone(), it.excluded_connections.clone()));
        contents.into_iter().map(content).chain(connections.into_iter().map(connection)).collect_view()
    };
    let is_empty =
        when(move || filter.with(|it| it.excludes.is_empty() && it.excluded_connections.is_empty()));
    view! {
        <fieldset hidden=is_empty><legend>"Excluded"</legend>
            <ul>{all}</ul>
        </fieldset>
    }
    .into_any()
}

/// A line of two frames side by side: what they share stands on both sides, and what has changed as it was and as it is.
fn compared_line(line: &CompareLine) -> AnyView {
    let CompareLine { side, line, after, .. } = line;
    let (sign, before, after) = match side {
        Side::Both => ("same", Some(line), Some(line)),
        Side::Left => ("left", Some(line), None),
        Side::Right => ("right", None, Some(line)),
        Side::Changed => ("changed", Some(line), after.as_ref()),
    };
    let hint = match side {
        Side::Changed => {
            format!("{} → {}", line.text(), after.map(TextLine::text).unwrap_or_default())
        }
        _ => line.text(),
    };
    let cell = |shown: Option<&TextLine>| {
        let indent = format!("{}ch", u32::from(shown.unwrap_or(line).indent) * 2);
        let spans = shown.map(|line| line.spans.iter().map(span).collect_view());
        // A line of one side has the other one for those who see it, and nothing there for those who hear it.
        view! { <span class="detail-side" style:padding-left=indent>{spans}</span> }.into_any()
    };
    view! { <div class="detail-line" data-sign=sign title=hint>{cell(before)}{cell(after)}</div> }.into_any()
}

fn span(span: &Span) -> AnyView {
    let tone = match span.tone {
        Tone::Plain => "plain",
        Tone::Key => "key",
        Tone::Text => "text",
        Tone::Number => "number",
        Tone::Word => "word",
        Tone::Mark => "mark",
        Tone::Faint => "faint",
        Tone::Wrong => "wrong",
    };
    view! { <span data-tone=tone>{span.text.clone()}</span> }.into_any()
}
