//! Checking JSON against a schema.
//!
//! Owns the walk through the schema and the value, side by side. Every look spends a step. After a nested call, check
//! whether the walk is over before using its result.

use std::cell::Cell;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::super::json;
use super::super::mismatch::Tally;
use super::super::place::Place;
use super::node::{Keyword, Members, Node, NodeId};
use super::seen::Seen;
use super::unique::weight_of_text;

/// How many looks one check may take.
const MOST_STEPS: u64 = 5_000_000;

/// How many schemas may be within each other while one value is checked.
const MOST_LEVELS: u32 = 512;

/// Judges a value by the first of these schemas.
pub(super) fn judge(nodes: &[Node], anchors: &[BTreeMap<String, NodeId>], value: &Value, tally: &mut Tally) {
    let walk = Walk { nodes, anchors, steps: Cell::new(0), is_too_deep: Cell::new(false) };
    let scope = Scope { resource: nodes[0].resource, outer: None };
    let spot = Spot { at: &Place::Root, scope: &scope, levels: MOST_LEVELS };
    // A schema of `true` asks for nothing, which holds.
    walk.judge(0, value, spot, tally, None);
    let wanted = || "a value that this schema is done with sooner".into();
    if walk.is_too_deep.get() {
        tally.miss(&Place::Root, wanted, || format!("more than {MOST_LEVELS} schemas within each other"));
    } else if walk.is_over() {
        tally.miss(&Place::Root, wanted, || format!("more than {MOST_STEPS} steps"));
    }
}

/// The resources on the way to a schema, which dynamic references look through.
struct Scope<'a> {
    resource: usize,
    outer: Option<&'a Scope<'a>>,
}

/// Where the walk is, in the value and in the schema.
#[derive(Clone, Copy)]
struct Spot<'a> {
    at: &'a Place<'a>,
    scope: &'a Scope<'a>,
    levels: u32,
}

/// One walk, all branches included.
struct Walk<'s> {
    nodes: &'s [Node],
    anchors: &'s [BTreeMap<String, NodeId>],
    steps: Cell<u64>,
    is_too_deep: Cell<bool>,
}

/// The members and items that a keyword has covered, when another keyword asks for them.
type Note<'n, 'v> = Option<&'n mut Seen<'v>>;

impl Walk<'_> {
    /// Whether this many steps more may be taken.
    fn spend(&self, steps: u64) -> bool {
        self.steps.set(self.steps.get().saturating_add(steps));
        !self.is_over()
    }

    fn is_over(&self) -> bool {
        self.is_too_deep.get() || self.steps.get() > MOST_STEPS
    }

    fn judge<'v>(&self, id: NodeId, value: &'v Value, spot: Spot<'_>, tally: &mut Tally, note: Note<'_, 'v>) {
        if !self.spend(1) || tally.is_decided() {
            return;
        }
        let Some(levels) = spot.levels.checked_sub(1) else { return self.is_too_deep.set(true) };
        let node = &self.nodes[id];
        let entered = Scope { resource: node.resource, outer: Some(spot.scope) };
        let scope = if node.resource == spot.scope.resource { spot.scope } else { &entered };
        let spot = Spot { scope, levels, at: spot.at };
        if node.unevaluated_items.is_none() && node.unevaluated_members.is_none() {
            self.judge_keywords(node, value, spot, tally, note);
        } else {
            self.judge_unevaluated(node, value, spot, tally, note);
        }
    }

    fn judge_keywords<'v>(
        &self,
        node: &Node,
        value: &'v Value,
        spot: Spot<'_>,
        tally: &mut Tally,
        mut note: Note<'_, 'v>,
    ) {
        for keyword in &node.keywords {
            if self.is_over() || tally.is_decided() {
                return;
            }
            let note = note.as_deref_mut();
            match (keyword, value) {
                (Keyword::Assertion(assertion), _) if self.spend(assertion.cost(value)) => {
                    assertion.judge(value, spot.at, tally, &|steps| self.spend(steps));
                }
                (Keyword::Ref(id), _) => self.judge(*id, value, spot, tally, note),
                (Keyword::DynamicRef(id, anchor), _) => {
                    self.judge(self.target(*id, anchor, spot.scope), value, spot, tally, note);
                }
                (Keyword::AllOf(ids), _) => self.judge_all(ids, value, spot, tally, note),
                (Keyword::AnyOf(ids), _) => self.judge_any(ids, false, value, spot, tally, note),
                (Keyword::OneOf(ids), _) => self.judge_any(ids, true, value, spot, tally, note),
                (Keyword::Not(id, source), _) => self.judge_not(*id, source, value, spot, tally),
                (Keyword::If { condition, then, otherwise }, _) => {
                    self.judge_if((*condition, *then, *otherwise), value, spot, tally, note);
                }
                (Keyword::DependentSchemas(all), Value::Object(map)) => {
                    self.judge_dependent(all, map, value, spot, tally, note);
                }
                (Keyword::Members(members), Value::Object(map)) => {
                    self.judge_members(members, map, spot, tally, note);
                }
                (Keyword::Names(id), Value::Object(map)) => self.judge_names(*id, map, spot, tally),
                (Keyword::Items { prefix, rest }, Value::Array(items)) => {
                    self.judge_items(prefix, *rest, items, spot, tally, note);
                }
                (Keyword::Contains { node, least, most, source }, Value::Array(items)) => {
                    self.judge_contains((*node, source), (*least, *most), items, spot, tally, note);
                }
                _ => {}
            }
        }
    }

    /// What is left over is looked at only when all else fits: a value that fails has spoken of nothing.
    fn judge_unevaluated<'v>(
        &self,
        node: &Node,
        value: &'v Value,
        spot: Spot<'_>,
        tally: &mut Tally,
        note: Note<'_, 'v>,
    ) {
        let (mut own, mut seen) = (tally.fresh(), Seen::default());
        self.judge_keywords(node, value, spot, &mut own, Some(&mut seen));
        if !own.has_missed() {
            match (value, node.unevaluated_items, node.unevaluated_members) {
                (Value::Array(items), Some(id), _) => {
                    for (i, item) in items.iter().enumerate() {
                        if self.spend(1) && !seen.has_item(i) {
                            self.judge(id, item, Spot { at: &spot.at.item(i), ..spot }, &mut own, None);
                        }
                    }
                    seen.add_items_upto(items.len());
                }
                (Value::Object(map), _, Some(id)) => {
                    for (name, member) in map {
                        if self.spend(1) && !seen.has_name(name) {
                            self.judge(
                                id,
                                member,
                                Spot { at: &spot.at.member(name), ..spot },
                                &mut own,
                                None,
                            );
                            seen.add_name(name);
                        }
                    }
                }
                _ => {}
            }
        }
        tally.absorb(own);
        self.pass_on(seen, note);
    }

    fn pass_on<'v>(&self, seen: Seen<'v>, note: Note<'_, 'v>) {
        if let Some(note) = note.filter(|_| self.spend(seen.len() as u64)) {
            note.absorb(seen);
        }
    }

    /// The schema that a dynamic reference means here: the outermost one of that name.
    fn target(&self, id: NodeId, anchor: &Option<String>, scope: &Scope<'_>) -> NodeId {
        let Some(anchor) = anchor else { return id };
        let mut target = id;
        let mut scope = Some(scope);
        while let Some(Scope { resource, outer }) = scope {
            self.spend(1);
            target = self.anchors[*resource].get(anchor).copied().unwrap_or(target);
            scope = *outer;
        }
        target
    }

    fn judge_all<'v>(
        &self,
        ids: &[NodeId],
        value: &'v Value,
        spot: Spot<'_>,
        tally: &mut Tally,
        mut note: Note<'_, 'v>,
    ) {
        for id in ids {
            self.judge(*id, value, spot, tally, note.as_deref_mut());
        }
    }

    /// The differences are those of the branch that came nearest, the first of equals.
    fn judge_any<'v>(
        &self,
        ids: &[NodeId],
        only_one: bool,
        value: &'v Value,
        spot: Spot<'_>,
        tally: &mut Tally,
        mut note: Note<'_, 'v>,
    ) {
        let mut holding = Vec::new();
        let mut failing: Vec<Tally> = Vec::new();
        for (i, id) in ids.iter().enumerate() {
            let (mut branch, mut seen) = (tally.fresh(), Seen::default());
            self.judge(*id, value, spot, &mut branch, note.is_some().then_some(&mut seen));
            if self.is_over() {
                return;
            }
            if branch.has_missed() {
                failing.push(branch);
                continue;
            }
            holding.push(i + 1);
            self.pass_on(seen, note.as_deref_mut());
            if holding.len() > usize::from(only_one) && note.is_none() {
                break;
            }
        }
        match &holding[..] {
            [] => {}
            [_, second, ..] if only_one => {
                let wanted = || "a value that fits only one schema of oneOf".into();
                let got = || format!("one that fits number {} and number {second}", holding[0]);
                return tally.miss(spot.at, wanted, got);
            }
            _ => return tally.hold(),
        }
        if let Some(nearest) = nearest(failing) {
            tally.absorb(nearest);
        }
    }

    fn judge_not(&self, id: NodeId, source: &str, value: &Value, spot: Spot<'_>, tally: &mut Tally) {
        let mut branch = Tally::brief();
        self.judge(id, value, spot, &mut branch, None);
        if self.is_over() {
            return;
        }
        match branch.has_missed() {
            true => tally.hold(),
            false => {
                tally.miss_value(
                    spot.at,
                    false,
                    || format!("a value that does not fit {source}"),
                    Some(value),
                );
            }
        }
    }

    fn judge_if<'v>(
        &self,
        (condition, then, otherwise): (NodeId, Option<NodeId>, Option<NodeId>),
        value: &'v Value,
        spot: Spot<'_>,
        tally: &mut Tally,
        mut note: Note<'_, 'v>,
    ) {
        let (mut branch, mut seen) = (Tally::brief(), Seen::default());
        self.judge(condition, value, spot, &mut branch, note.is_some().then_some(&mut seen));
        if self.is_over() {
            return;
        }
        let next = if branch.has_missed() {
            otherwise
        } else {
            self.pass_on(seen, note.as_deref_mut());
            then
        };
        if let Some(next) = next {
            self.judge(next, value, spot, tally, note);
        }
    }

    fn judge_dependent<'v>(
        &self,
        all: &[(String, NodeId)],
        map: &Map<String, Value>,
        value: &'v Value,
        spot: Spot<'_>,
        tally: &mut Tally,
        mut note: Note<'_, 'v>,
    ) {
        for (name, id) in all {
            if self.spend(1) && map.contains_key(name) {
                self.judge(*id, value, spot, tally, note.as_deref_mut());
            }
        }
    }

    fn judge_members<'v>(
        &self,
        members: &Members,
        map: &'v Map<String, Value>,
        spot: Spot<'_>,
        tally: &mut Tally,
        mut note: Note<'_, 'v>,
    ) {
        for (name, member) in map {
            let spot = Spot { at: &spot.at.member(name), ..spot };
            let patterns = members.patterns.len() as u64;
            if !self.spend(1 + patterns * (1 + name.len() as u64 / 8)) || tally.is_decided() {
                return;
            }
            let named = members.named.get(name);
            let matched =
                members.patterns.iter().filter(|(pattern, _)| pattern.is_in(name)).map(|(_, id)| id);
            let mut is_known = false;
            for id in named.into_iter().chain(matched) {
                is_known = true;
                self.judge(*id, member, spot, tally, None);
            }
            if let Some(rest) = members.rest.filter(|_| !is_known) {
                is_known = true;
                self.judge(rest, member, spot, tally, None);
            }
            if let Some(note) = note.as_deref_mut().filter(|_| is_known) {
                note.add_name(name);
            }
        }
    }

    fn judge_names(&self, id: NodeId, map: &Map<String, Value>, spot: Spot<'_>, tally: &mut Tally) {
        for name in map.keys() {
            if !self.spend(weight_of_text(name)) || tally.is_decided() {
                return;
            }
            let spot = Spot { at: &spot.at.member(name), ..spot };
            let text = Value::from(name.as_str());
            let mut branch = tally.fresh();
            self.judge(id, &text, spot, &mut branch, None);
            if self.is_over() {
                return;
            }
            if branch.has_missed() {
                let wanted = || format!("a name that is {}", branch.first_wanted().unwrap_or("another"));
                tally.miss(spot.at, wanted, || json::excerpt(&text));
            } else {
                tally.hold();
            }
        }
    }

    fn judge_items<'v>(
        &self,
        prefix: &[NodeId],
        rest: Option<NodeId>,
        items: &'v [Value],
        spot: Spot<'_>,
        tally: &mut Tally,
        note: Note<'_, 'v>,
    ) {
        let end = if rest.is_some() { items.len() } else { items.len().min(prefix.len()) };
        for (i, item) in items[..end].iter().enumerate() {
            if self.is_over() || tally.is_decided() {
                return;
            }
            if let Some(id) = prefix.get(i).copied().or(rest) {
                self.judge(id, item, Spot { at: &spot.at.item(i), ..spot }, tally, None);
            }
        }
        if let Some(note) = note {
            note.add_items_upto(end);
        }
    }

    fn judge_contains<'v>(
        &self,
        (id, source): (NodeId, &str),
        (least, most): (u64, Option<u64>),
        items: &'v [Value],
        spot: Spot<'_>,
        tally: &mut Tally,
        mut note: Note<'_, 'v>,
    ) {
        let mut count = 0;
        for (i, item) in items.iter().enumerate() {
            let mut branch = Tally::brief();
            self.judge(id, item, Spot { at: &spot.at.item(i), ..spot }, &mut branch, None);
            if self.is_over() {
                return;
            }
            if branch.has_missed() {
                continue;
            }
            count += 1;
            match note.as_deref_mut() {
                Some(note) => note.add_item(i),
                None if count >= least && most.is_none() => break,
                None => {}
            }
        }
        let counted = |count: u64| if count == 1 { "1 item".into() } else { format!("{count} items") };
        let bound = match most {
            _ if count < least => format!("at least {}", counted(least)),
            Some(most) if count > most => format!("at most {}", counted(most)),
            _ => return tally.hold(),
        };
        tally.miss(spot.at, || format!("{bound} fitting {source}"), || counted(count));
    }
}

/// The branch that came nearest. Where each says one thing of the same place, it says them all.
fn nearest(failing: Vec<Tally>) -> Option<Tally> {
    let soles: Vec<_> = failing.iter().filter_map(Tally::sole).collect();
    let is_one_place = soles.len() > 1
        && soles.len() == failing.len()
        && soles.iter().all(|sole| sole.path == soles[0].path && sole.got == soles[0].got);
    let together = is_one_place.then(|| {
        let mut wanted: Vec<_> = soles.iter().map(|sole| sole.wanted.as_str()).collect();
        wanted.dedup();
        wanted.join(" or ")
    });
    let mut nearest = failing.into_iter().rev().max_by_key(Tally::closeness)?;
    if let Some(together) = together {
        nearest.rephrase(together);
    }
    Some(nearest)
}
