//! The names that a half-written suite defines.
//!
//! Owns which of them can be meant at the cursor: those of the suite and those of the check around it. It refuses to
//! know in which order things happen: the parser reports a name that comes too late.

use std::collections::HashSet;

use crate::suite::keys::{DEFINITION, Shape};

use super::loose::Kind;
use super::sketch::{Sketch, Slot};

/// How many of one kind are offered.
const MOST: usize = 200;

/// Names, each once, in the order of the text.
#[derive(Default)]
pub(super) struct Names<'t> {
    list: Vec<&'t str>,
    seen: HashSet<&'t str>,
}

impl<'t> Names<'t> {
    fn add(&mut self, name: &'t str) {
        if !name.is_empty() && self.list.len() < MOST && self.seen.insert(name) {
            self.list.push(name);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &'t str> + '_ {
        self.list.iter().copied()
    }
}

/// All names.
#[derive(Default)]
pub(super) struct Known<'t> {
    pub(super) vars: Names<'t>,
    /// What checks set and rows give.
    pub(super) sets: Names<'t>,
    pub(super) captures: Names<'t>,
    /// Captures with the client that made them, where that is one client.
    pub(super) owned: Vec<(&'t str, &'t str)>,
    pub(super) clients: Names<'t>,
    pub(super) groups: HashSet<&'t str>,
    pub(super) marks: Names<'t>,
    pub(super) metrics: Names<'t>,
    pub(super) tags: Names<'t>,
    pub(super) definitions: Names<'t>,
    /// Each with the definition that it belongs to.
    pub(super) parameters: Vec<(&'t str, &'t str)>,
    /// The definition that the cursor is in.
    pub(super) defining: Option<&'t str>,
}

/// What a document brings in that has names. What the steps of its definitions set and capture is known after a use.
const BROUGHT: [&str; 3] = ["define", "clients", "vars"];

impl<'t> Known<'t> {
    pub(super) fn of(sketch: &Sketch<'t>) -> Self {
        let mut known = Self::default();
        known.read(sketch, false);
        known
    }

    /// Adds the names that a document brings in which the suite imports.
    pub(super) fn bring(&mut self, sketch: &Sketch<'t>) {
        self.read(sketch, true);
    }

    /// Adds the columns of rows that stand in files.
    pub(super) fn bring_columns(&mut self, names: &'t [String]) {
        names.iter().for_each(|name| self.sets.add(name));
    }

    fn read(&mut self, sketch: &Sketch<'t>, is_imported: bool) {
        let loose = &sketch.loose;
        let here = loose.cursor.inside.and_then(|id| sketch.check(id));
        let known = self;
        let mut comes: Vec<bool> = Vec::new();
        for (id, piece) in loose.pieces.iter().enumerate() {
            let (above, key) = (loose.parent(id), loose.key(id));
            let is_of_root = above.is_some_and(|above| loose.parent(above).is_none());
            comes.push(match above {
                Some(_) if is_of_root && is_imported => key.is_some_and(|key| BROUGHT.contains(&key)),
                Some(above) => comes[above],
                None => !is_imported,
            });
            let Some(parent) = above.filter(|_| comes[id]) else { continue };
            // What the cursor is in is being typed, and no name yet.
            if loose.cursor.token == Some(loose.range(id))
                || loose.cursor.token == loose.key_range(id) && key.is_some()
            {
                continue;
            }
            if let (Slot::Known(Shape::Map(Shape::Object(table))), Some(name)) = (sketch.slot(parent), key)
                && std::ptr::eq(*table, &DEFINITION)
            {
                known.definitions.add(name);
                let (start, end) = loose.range(id);
                let cursor = loose.cursor.inside.map(|inside| loose.range(inside));
                if cursor.is_some_and(|(from, to)| start <= from && to <= end) {
                    known.defining = Some(name);
                }
            }
            let is_near = sketch.check(id).is_none_or(|check| here == Some(check));
            let text = loose.words(id).unwrap_or_default();
            let above = loose.key(parent);
            match (sketch.slot(id), key) {
                (Slot::Known(Shape::Label), Some("mark")) if is_near => known.marks.add(text),
                (Slot::Known(Shape::Label), Some("metric" | "measure")) => known.metrics.add(text),
                (Slot::Known(Shape::Label), Some("bisect" | "why")) if is_near => known.sets.add(text),
                (Slot::Known(Shape::Label), None) if above == Some("with") => {
                    let definition = loose.parent(parent).and_then(|definition| loose.key(definition));
                    if known.parameters.len() < MOST && !text.is_empty() {
                        known.parameters.extend(definition.map(|definition| (definition, text)));
                    }
                }
                (Slot::Known(Shape::Label), None) if above == Some("tags") => known.tags.add(text),
                _ => {}
            }
            let Some(key) = key.filter(|_| is_near) else { continue };
            match (sketch.slot(parent), above) {
                (Slot::Known(Shape::Map(Shape::Any)), Some("vars")) => known.vars.add(key),
                (Slot::Known(Shape::Map(Shape::Any)), Some("set" | "keep")) => known.sets.add(key),
                (Slot::Known(Shape::Map(Shape::Any)), None) if is_row(sketch, parent) => known.sets.add(key),
                (Slot::Known(Shape::Rows), _) if key == "file" && piece.kind == Kind::Text => {}
                (Slot::Known(Shape::Rows), _) => known.sets.add(key),
                (Slot::Known(Shape::Map(Shape::Object(_))), Some("clients")) => {
                    known.clients.add(key);
                    if piece.kind == Kind::Object
                        && loose.keys(id, None).any(|key| matches!(key, "count" | "each"))
                    {
                        known.groups.insert(key);
                    }
                }
                (Slot::Known(Shape::Map(Shape::Path | Shape::Captured(_))), _) => {
                    known.capture(sketch, id, key)
                }
                (Slot::Known(Shape::Captured(_)), _) if key == "regex" => {
                    groups(text).for_each(|name| known.capture(sketch, id, name));
                }
                _ => {}
            }
        }
    }

    /// The parameters of a definition.
    pub(super) fn parameters_of<'k>(&'k self, definition: &'k str) -> impl Iterator<Item = &'t str> + 'k {
        self.parameters.iter().filter(move |(owner, _)| *owner == definition).map(|(_, name)| *name)
    }

    fn capture(&mut self, sketch: &Sketch<'t>, id: usize, name: &'t str) {
        self.captures.add(name);
        let step = sketch.step(id);
        let on = step.and_then(|step| {
            sketch.loose.children(step).take(8).find(|id| sketch.loose.key(*id) == Some("on"))
        });
        if let Some(client) = on.and_then(|on| sketch.loose.words(on)).filter(|on| *on != "*")
            && self.owned.len() < MOST
        {
            self.owned.push((client.split('[').next().unwrap_or_default(), name));
        }
    }
}

/// The names that a regular expression gives to its groups.
fn groups(pattern: &str) -> impl Iterator<Item = &str> {
    let named = pattern.split("(?").skip(1).filter_map(|rest| {
        let rest = rest.strip_prefix('P').unwrap_or(rest).strip_prefix('<')?;
        rest.split_once('>').map(|(name, _)| name)
    });
    named.filter(|name| crate::template::is_name(name))
}

/// Whether an object is a row of `each`.
fn is_row(sketch: &Sketch<'_>, id: usize) -> bool {
    sketch.loose.parent(id).is_some_and(|list| matches!(sketch.slot(list), Slot::Known(Shape::Rows)))
}
