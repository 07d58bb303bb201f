//! What every part of the parser uses: objects with known keys, values with placeholders, and the complaints about both.

use std::collections::HashMap;
use std::rc::Rc;

use serde_json::Value;

use super::reuse::Reuse;
use super::unknown::is_misspelt;
use crate::base::words::cut;
use crate::matcher::{Matcher, MatcherErrorKind, Pick, Query};
use crate::metrics::Metrics;
use crate::suite::field::{Field, FromValue};
use crate::suite::files::{Files, path_from};
use crate::suite::keys::{CAPTURED, CAPTURED_BYTES, REST, SUITE, Table};
use crate::suite::model::Correlate;
use crate::suite::notes::{Fold, StepNotes, Use, UseForm};
use crate::suite::problem::Problems;
use crate::suite::source::{Member, Node, Source, Span, Tree};
use crate::template::{Document, Reference, WORDS, is_name};

/// A suite that is being read.
pub(super) struct Reader<'t> {
    pub(super) source: &'t Source<'t>,
    /// The files that it names.
    pub(super) files: &'t Files,
    pub(super) problems: Problems,
    /// The placeholders since the last call that took them.
    pub(super) uses: Vec<Use>,
    pub(super) folds: Vec<Fold>,
    /// Members that nearly all messages have, which titles leave out.
    pub(super) shared: Vec<String>,
    /// The definitions, and what uses of them are under way.
    pub(super) reuse: Reuse<'t>,
    /// What calls send from files, by their path: each once, however many steps send it.
    pub(super) contents: HashMap<String, Rc<[u8]>>,
    /// Whether names may be defined in what could not be read, so that none is reported as unknown.
    pub(super) is_open: bool,
}

#[cfg(test)]
thread_local! {
    /// The keys that the parser has asked for, by the noun of their table: the tables may hold no other.
    pub(super) static ASKED: std::cell::RefCell<std::collections::HashSet<(&'static str, String)>> = Default::default();
}

/// An object whose unknown keys have been reported.
pub(super) struct Fields<'n> {
    pub(super) node: &'n Node,
    members: &'n [Member],
    table: &'static Table,
    /// Where each key of the table is among the members.
    places: Vec<Option<usize>>,
}

impl<'n> Fields<'n> {
    /// The member of this key.
    pub(super) fn member(&self, name: &str) -> Option<&'n Member> {
        let at = self.table.keys.iter().position(|key| key.name == name);
        debug_assert!(at.is_some(), "{name} is in the table of {}", self.table.noun);
        #[cfg(test)]
        ASKED.with_borrow_mut(|asked| asked.insert((self.table.noun, name.to_owned())));
        self.places[at?].map(|at| &self.members[at])
    }

    /// Whether a key in it is unknown, and so perhaps a misspelt one.
    pub(super) fn has_unknown(&self) -> bool {
        let known = self.places.iter().flatten().count() + self.matcher().count();
        known < self.members.len()
    }

    /// The value of this key.
    pub(super) fn get(&self, name: &str) -> Option<&'n Node> {
        self.member(name).map(|member| &member.value)
    }

    /// The members under names of one's own, where they are allowed.
    pub(super) fn rest(&self) -> impl Iterator<Item = &'n Member> {
        debug_assert!(self.member(REST).is_none(), "no name is written like it");
        let table = self.table;
        self.members.iter().filter(move |member| !table.has(&member.key))
    }

    /// The members that are keys of a matcher, when they are allowed here.
    pub(super) fn matcher(&self) -> impl Iterator<Item = &'n Member> {
        let table = self.table;
        self.members.iter().filter(move |member| {
            table.takes_matcher && !table.has(&member.key) && Matcher::keys().any(|key| key == member.key)
        })
    }
}

impl<'t> Reader<'t> {
    pub(super) fn new(source: &'t Source<'t>, files: &'t Files) -> Self {
        let shared = super::shared::members(&source.root);
        let reuse = Reuse::default();
        Self {
            source,
            files,
            problems: Problems::default(),
            uses: Vec::new(),
            folds: Vec::new(),
            shared,
            reuse,
            contents: HashMap::new(),
            is_open: false,
        }
    }

    pub(super) fn wrong(&mut self, at: Span, message: impl Into<String>) {
        self.problems.add(at, message);
    }

    /// `expected a list, found 5; write …`. `what` has its article.
    pub(super) fn mistyped(&mut self, node: &Node, what: &str, example: &str) {
        self.wrong(node.head(), format!("expected {what}, found {}; write {example}", excerpt(node)));
    }

    /// What is made of a file that the suite names here by its path. Why it cannot be is a mistake at this place.
    pub(super) fn read_beside<T>(
        &mut self,
        node: &Node,
        read: impl FnOnce(&Files, &str) -> Result<T, String>,
    ) -> Option<T> {
        let from = self.source.file_of(node.span).unwrap_or_default();
        let found = path_from(from, node.text()?)
            .and_then(|path| read(self.files, &path).map_err(|why| format!("{path}: {why}")));
        found.map_err(|why| self.wrong(node.span, why)).ok()
    }

    /// An object of this table, with its unknown and missing keys reported.
    pub(super) fn fields<'n>(
        &mut self,
        node: &'n Node,
        table: &'static Table,
        example: &str,
    ) -> Option<Fields<'n>> {
        let fields = self.known_fields(node, table, example)?;
        // A document of definitions may be there for others only.
        let is_import = || self.source.file_of(node.span).is_some();
        let is_excused = |name: &str| {
            std::ptr::eq(table, &SUITE)
                && name == "checks"
                && (node.member("define").is_some() || is_import())
        };
        let missing = table.keys.iter().filter(|key| key.needed && fields.member(key.name).is_none());
        let missing = missing.filter(|key| !is_excused(key.name));
        for key in missing.filter(|key| !is_misspelt(node, table, key.name)) {
            let written = if key.example.is_empty() { "…" } else { key.example };
            self.wrong(node.head(), format!("{} needs \"{}\": {written}", table.noun, key.name));
        }
        Some(fields)
    }

    /// The same without a look at what is missing.
    pub(super) fn known_fields<'n>(
        &mut self,
        node: &'n Node,
        table: &'static Table,
        example: &str,
    ) -> Option<Fields<'n>> {
        let Tree::Object(members) = &node.tree else {
            self.wrong(
                node.head(),
                format!("{} is an object such as {example}, not {}", table.noun, excerpt(node)),
            );
            return None;
        };
        let mut places = vec![None; table.keys.len()];
        for (at, member) in members.iter().enumerate() {
            match table.keys.iter().position(|key| key.name == member.key) {
                Some(place) => places[place] = Some(at),
                None if table.takes_matcher && Matcher::keys().any(|key| key == member.key) => {}
                None if table.takes_rest() => {}
                None => self.unknown_key(member, table),
            }
        }
        Some(Fields { node, members, table, places })
    }

    /// The items of a list, which has at least one.
    pub(super) fn items<'n>(&mut self, node: &'n Node, what: &str, example: &str) -> &'n [Node] {
        match &node.tree {
            Tree::List(items) if !items.is_empty() => return items,
            Tree::List(_) => self.wrong(node.head(), format!("an empty list of {what}; write {example}")),
            _ => self.mistyped(node, &format!("a list of {what}"), example),
        }
        &[]
    }

    /// The members of an object whose keys are names, which must read as names and mean nothing else.
    pub(super) fn named<'n>(&mut self, node: &'n Node, what: &str, example: &str) -> Vec<&'n Member> {
        let Some(members) = node.members() else {
            self.mistyped(node, &format!("an object of {what}s by name"), example);
            return Vec::new();
        };
        for member in members {
            self.check_name(&member.key, member.key_span, what);
        }
        members.iter().collect()
    }

    /// The name of a variable that a step sets.
    pub(super) fn variable(&mut self, node: &Node, example: &str) -> Option<String> {
        let name = self.label(node, "a variable", example)?;
        self.check_name(&name, node.span, "variable");
        Some(name)
    }

    pub(super) fn check_name(&mut self, name: &str, at: Span, what: &str) {
        if !is_name(name) {
            let name = cut(name, 60);
            let rule = "a letter or _, then letters, digits, _ and -";
            self.wrong(at, format!("{name:?} is not a valid {what} name; a name is {rule}"));
        } else if WORDS.contains(&name) {
            self.wrong(
                at,
                format!("{{{{{name}}}}} means something else already; choose another name for the {what}"),
            );
        }
    }

    /// A text in which placeholders mean nothing.
    pub(super) fn plain(&mut self, node: &Node, example: &str) -> Option<String> {
        match &node.tree {
            Tree::Text(text) => Some(text.clone()),
            _ => {
                self.mistyped(node, "a string", example);
                None
            }
        }
    }

    /// A text that others refer to, so it is the same every time.
    pub(super) fn label(&mut self, node: &Node, what: &str, example: &str) -> Option<String> {
        let text = self.plain(node, example)?;
        if text.trim().is_empty() {
            self.wrong(node.span, format!("{what} needs a name; write {example}"));
        } else if text.contains("{{") {
            self.wrong(
                node.span,
                format!("{what} is fixed, so it cannot hold a placeholder; write {example}"),
            );
        } else {
            return Some(text);
        }
        None
    }

    /// A metric's name.
    pub(super) fn metric(&mut self, node: &Node) -> Option<String> {
        let text = self.label(node, "a metric", "\"fanout\"")?;
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        if !text.chars().all(fits) || text.starts_with('.') || text.ends_with('.') {
            let text = cut(&text, 60);
            self.wrong(
                node.span,
                format!("{text:?} is not a valid metric name: letters, digits, _, - and dots within"),
            );
        } else if Metrics::is_reserved(&text) {
            self.wrong(
                node.span,
                format!("{text:?} is a built-in metric and not a timing; choose another name"),
            );
        } else {
            return Some(text);
        }
        None
    }

    /// A flag that is the same every time.
    pub(super) fn flag(&mut self, node: &Node) -> Option<bool> {
        if let Tree::Bool(flag) = node.tree {
            return Some(flag);
        }
        self.wrong(node.head(), format!("{} is neither true nor false", excerpt(node)));
        None
    }

    /// Any value with its placeholders noted.
    pub(super) fn document(&mut self, node: &Node) -> Option<Document> {
        self.document_of(node, &node.to_value())
    }

    /// The same of a value that was made from the node.
    pub(super) fn document_of(&mut self, node: &Node, value: &Value) -> Option<Document> {
        match Document::parse(value) {
            Ok(document) => {
                self.note_uses(node, document.names());
                Some(document)
            }
            Err(errors) => {
                for error in errors {
                    let at = self.source.within_text(node.locate(&error.path).node, error.at);
                    self.wrong(at, error.to_string());
                }
                None
            }
        }
    }

    pub(super) fn note_uses(&mut self, node: &Node, references: Vec<Reference>) {
        for reference in references {
            let at = self.source.within_text(node.locate(&reference.path).node, reference.at);
            self.uses.push(Use { at, name: reference.name, form: UseForm::Placeholder });
        }
    }

    /// A value that may hold placeholders.
    pub(super) fn field<T: FromValue + 'static>(&mut self, node: &Node, example: &str) -> Option<Field<T>> {
        self.field_where(node, example, |_| None)
    }

    /// A value that may hold placeholders, of which not every one is allowed there.
    pub(super) fn field_where<T: FromValue + 'static>(
        &mut self,
        node: &Node,
        example: &str,
        complaint: fn(&T) -> Option<String>,
    ) -> Option<Field<T>> {
        let document = self.document(node)?;
        match document.literal() {
            Some(value) => match T::from_value(value) {
                Ok(value) => {
                    if let Some(message) = complaint(&value) {
                        self.wrong(node.head(), message);
                    }
                    Some(Field::Fixed(value))
                }
                Err(message) => {
                    let is_advice = ["; write", "did you mean"].iter().any(|advice| message.contains(advice));
                    let advice = if is_advice { String::new() } else { format!("; write {example}") };
                    self.wrong(node.head(), message + &advice);
                    None
                }
            },
            None => {
                self.fold(node.head(), &document, move |value| match T::from_expanded(value) {
                    Ok(value) => complaint(&value),
                    Err(message) => Some(message),
                });
                Some(Field::Open(document))
            }
        }
    }

    /// Keeps a value to be tried with the defaults of the variables.
    pub(super) fn fold(
        &mut self,
        at: Span,
        document: &Document,
        complaint: impl Fn(&Value) -> Option<String> + 'static,
    ) {
        self.folds.push(Fold { at, document: document.clone(), complaint: Box::new(complaint) });
    }

    /// How replies are paired: by a value, or not at all.
    pub(super) fn correlate(&mut self, node: &Node) -> Option<Correlate> {
        match node.tree {
            Tree::Bool(false) => Some(Correlate::Off),
            _ => self.picked(node).map(Correlate::By),
        }
    }

    /// A JSONPath.
    pub(super) fn query(&mut self, node: &Node) -> Option<Field<std::rc::Rc<Query>>> {
        let Some(text) = node.text() else {
            self.mistyped(node, "a JSONPath", "\"$.id\"");
            return None;
        };
        if let Some(Err(error)) = (!text.contains("{{")).then(|| Query::parse(text)) {
            let at = text.char_indices().nth(error.column.saturating_sub(1)).map_or(text.len(), |(at, _)| at);
            let at = self.source.within_text(node, at);
            self.wrong(at, format!("{:?} is not a JSONPath: {error}", cut(text, 60)));
            return None;
        }
        self.field(node, "\"$.id\"")
    }

    /// Where a captured value is: a JSONPath, or an object that says how.
    pub(super) fn captured(
        &mut self,
        node: &Node,
        notes: &mut StepNotes,
    ) -> Option<Field<std::rc::Rc<Pick>>> {
        let field = self.picked(node)?;
        for group in field.fixed().into_iter().flat_map(|pick| pick.groups()) {
            self.check_name(group, node.head(), "capture");
            notes.captures.push(group.to_owned());
        }
        Some(field)
    }

    /// Where a value is: a JSONPath, or an object that says how it is found.
    pub(super) fn picked(&mut self, node: &Node) -> Option<Field<std::rc::Rc<Pick>>> {
        let Tree::Object(_) = &node.tree else {
            if let Some(text) = node.text().filter(|text| text.contains(['(', '[']) && !text.starts_with('$'))
            {
                let example = format!("{{\"regex\": {:?}}}", cut(text, 60));
                self.wrong(
                    node.span,
                    format!(
                        "{:?} is not a JSONPath; a regular expression is written as {example}",
                        cut(text, 60)
                    ),
                );
                return None;
            }
            return self.query(node).map(by_path);
        };
        let fields = self.fields(node, &CAPTURED, "{\"regex\": \"id=([0-9]+)\"}")?;
        let mut has_unknown = fields.has_unknown();
        if let Some(bytes) = fields.get("bytes") {
            let bytes = self.fields(bytes, &CAPTURED_BYTES, "{\"at\": 2, \"as\": \"u16\"}")?;
            has_unknown |= bytes.has_unknown();
            // They are read together below.
            ["prefix", "at", "size", "as"].into_iter().for_each(|key| {
                let _ = bytes.member(key);
            });
        }
        fields.member("regex");
        if has_unknown {
            return None;
        }
        if let Some(Err(message)) = literal(node).map(|value| Pick::read(&value)) {
            let at = fields.get("regex").xor(fields.get("bytes")).unwrap_or(node);
            self.wrong(at.head(), message);
            return None;
        }
        self.field(node, "{\"regex\": \"id=([0-9]+)\"}")
    }

    /// Reports what is wrong with a matcher that stands at `node`.
    pub(super) fn matcher_mistakes(&mut self, node: &Node, spec: &Value) -> Option<Matcher> {
        match Matcher::compile(spec) {
            Ok(matcher) => Some(matcher),
            Err(mistakes) => {
                for mistake in mistakes {
                    let found = node.locate(&mistake.at);
                    let at = match (&mistake.kind, found.key) {
                        (MatcherErrorKind::Unknown { what, .. }, Some(key)) if *what != "type" => key,
                        _ => found.node.head(),
                    };
                    self.wrong(at, mistake.kind.to_string());
                }
                None
            }
        }
    }

    /// Takes what has been noted since `before`.
    pub(super) fn uses_since(&mut self, before: usize) -> Vec<Use> {
        self.uses.split_off(before)
    }
}

/// The value of a node in which nothing is to be filled in.
pub(super) fn literal(node: &Node) -> Option<Value> {
    Document::parse(&node.to_value()).ok()?.literal().cloned()
}

/// A value at a path.
pub(super) fn by_path(path: Field<std::rc::Rc<Query>>) -> Field<std::rc::Rc<Pick>> {
    match path {
        Field::Fixed(query) => Field::Fixed(std::rc::Rc::new(Pick::of_path((*query).clone()))),
        Field::Open(document) => Field::Open(document),
    }
}

/// What a value is, as JSON and cut.
pub(super) fn excerpt(node: &Node) -> String {
    match &node.tree {
        Tree::List(items) if items.len() > 8 => "a list".to_owned(),
        Tree::Object(members) if members.len() > 8 => "an object".to_owned(),
        _ => cut(&crate::matcher::excerpt(&node.to_value()), 60),
    }
}
