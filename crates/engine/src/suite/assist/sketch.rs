//! What belongs where in a half-written suite.
//!
//! Owns the way from the root of a text to what the format expects at each piece of it, by the tables of `keys`. A
//! piece gets its place from its parent, so that one pass finds all.

use crate::suite::keys::{BARE, CHECK, Key, SUITE, Shape, Table, VERBS, Verb};
use crate::suite::words::{MATCHER, PART, PAYLOAD};

use super::loose::{Kind, Loose, Range};

/// What the format wants at a place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Slot {
    Known(Shape),
    Step,
    /// A part of what `subset` wants.
    Subset,
    /// A part of `$concat`.
    Part,
    /// Metrics with what they are compared with; of the harness or of a run.
    Bounds {
        are_requirements: bool,
    },
    /// What one metric is compared with.
    Bound,
    /// Anything, or something that has no business there.
    Free,
}

/// A text and what belongs where in it.
pub(super) struct Sketch<'t> {
    pub(super) loose: Loose<'t>,
    slots: Vec<Slot>,
    tables: Vec<Option<&'static Table>>,
    /// The check around each piece, and the step.
    around: Vec<(Option<usize>, Option<usize>)>,
}

impl<'t> Sketch<'t> {
    pub(super) fn read(text: &'t str, offset: usize) -> Self {
        let loose = Loose::read(text, offset);
        let mut sketch = Self { loose, slots: Vec::new(), tables: Vec::new(), around: Vec::new() };
        for id in 0..sketch.loose.pieces.len() {
            let parent = sketch.loose.parent(id);
            let kind = sketch.loose.pieces[id].kind;
            let slot = sketch.child(parent, sketch.loose.key(id), kind);
            let (check, step) = parent.map_or((None, None), |parent| sketch.around[parent]);
            let is_check = matches!(slot, Slot::Known(Shape::Object(table)) if std::ptr::eq(table, &CHECK));
            let is_step = matches!(slot, Slot::Step);
            sketch
                .around
                .push((if is_check { Some(id) } else { check }, if is_step { Some(id) } else { step }));
            sketch.slots.push(slot);
            let is_object = kind == Kind::Object;
            sketch.tables.push(if is_object { table_of(slot, || sketch.loose.keys(id, None)) } else { None });
        }
        sketch
    }

    pub(super) fn slot(&self, id: usize) -> Slot {
        self.slots[id]
    }

    /// The keys that belong into an object.
    pub(super) fn table(&self, id: usize) -> Option<&'static Table> {
        self.tables[id]
    }

    /// The check around a piece.
    pub(super) fn check(&self, id: usize) -> Option<usize> {
        self.around[id].0
    }

    /// The innermost step around a piece.
    pub(super) fn step(&self, id: usize) -> Option<usize> {
        self.around[id].1
    }

    /// What stands, or would stand, in `parent` under this key, when it is of this kind.
    pub(super) fn child(&self, parent: Option<usize>, key: Option<&str>, kind: Kind) -> Slot {
        let Some(parent) = parent else { return Slot::Known(Shape::Object(&SUITE)) };
        let slot = self.slots[parent];
        if self.loose.pieces[parent].kind == Kind::List {
            return match slot {
                Slot::Known(Shape::List(Shape::Payload)) => Slot::Part,
                Slot::Known(Shape::List(items)) => Slot::Known(*items),
                Slot::Known(Shape::Branches) if kind == Kind::List => Slot::Known(Shape::Steps),
                Slot::Known(Shape::Steps | Shape::Branches) => Slot::Step,
                Slot::Known(Shape::Targets) => Slot::Known(Shape::Targets),
                Slot::Known(Shape::Codes) => Slot::Known(Shape::Code),
                Slot::Known(Shape::Rows) => Slot::Known(Shape::Map(&Shape::Any)),
                Slot::Subset => Slot::Subset,
                _ => Slot::Free,
            };
        }
        match slot {
            Slot::Known(Shape::Map(values)) => return Slot::Known(*values),
            Slot::Bounds { .. } => return Slot::Bound,
            Slot::Subset => return Slot::Subset,
            _ => {}
        }
        let key = key.and_then(|key| find(self.tables[parent]?, key));
        if key.is_some_and(|key| key.name == "of" && matches!(key.shape, Shape::List(Shape::Payload))) {
            // A list of parts, or one.
            return if kind == Kind::List { Slot::Known(Shape::List(&Shape::Payload)) } else { Slot::Part };
        }
        match key.map(|key| (key.name, key.shape)) {
            Some(("subset" | "equals", _)) => Slot::Subset,
            Some((name, Shape::Bounds)) => Slot::Bounds { are_requirements: name == "require" },
            Some((_, shape)) => Slot::Known(shape),
            None => Slot::Free,
        }
    }
}

/// The key of this name in an object of this kind.
pub(super) fn find(table: &'static Table, name: &str) -> Option<&'static Key> {
    table.key(name).or_else(|| MATCHER.key(name).filter(|_| table.takes_matcher))
}

/// Which keys belong into an object at this place that has these already.
pub(super) fn table_of<'k, I: Iterator<Item = &'k str>>(
    slot: Slot,
    keys: impl FnOnce() -> I,
) -> Option<&'static Table> {
    match slot {
        Slot::Known(Shape::Object(table) | Shape::Condition(table)) => Some(table),
        Slot::Known(
            Shape::Captured(table)
            | Shape::CapturedOrFalse(table)
            | Shape::Pause(table)
            | Shape::TextOr(table),
        ) => Some(table),
        Slot::Known(Shape::Matcher | Shape::TextOrMatcher | Shape::Path) => Some(&MATCHER),
        Slot::Known(Shape::Payload) => Some(&PAYLOAD),
        Slot::Part => Some(if keys().any(|key| PART.key(key).is_some()) { &PART } else { &PAYLOAD }),
        Slot::Step => Some(verb_of(keys()).map_or(&BARE, |verb| &verb.table)),
        _ => None,
    }
}

/// The verb of a step with these keys, chosen as the parser does. Of several the first.
pub(super) fn verb_of<'k>(keys: impl Iterator<Item = &'k str>) -> Option<&'static Verb> {
    let mut is_there = [false; VERBS.len()];
    for key in keys {
        if let Some(at) = VERBS.iter().position(|verb| verb.name == key) {
            is_there[at] = true;
        }
    }
    let there = || VERBS.iter().zip(is_there).filter(|(_, is_there)| *is_there).map(|(verb, _)| verb);
    let is_owned = |name: &str| {
        ["expect", "send"].contains(&name) && there().any(|verb| verb.name != name && verb.table.has(name))
    };
    there().find(|verb| !is_owned(verb.name)).or_else(|| there().next())
}

/// The key whose value stands at a range, in the object `inside`.
pub(super) fn key_at(sketch: &Sketch<'_>, inside: usize, range: Range) -> Option<&'static Key> {
    find(sketch.table(inside)?, sketch.loose.unquoted(range))
}
