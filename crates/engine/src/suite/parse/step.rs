//! Steps: one verb each.

use super::reader::{Fields, Reader, excerpt};
use crate::base::nearest::nearest;
use crate::base::words::cut;
use crate::suite::field::Field;
use crate::suite::keys::{BARE, VERBS};
use crate::suite::model::{Condition, Step, Target, Verb};
use crate::suite::notes::{Named, StepNotes};
use crate::suite::source::{Member, Node, Tree};
use crate::suite::title::{Actors, title};

/// Steps with what they refer to.
pub(super) type Steps = (Vec<Step>, Vec<StepNotes>);

/// What a verb came to: the model, and the sentence about it.
pub(super) type Done = Option<(Verb, String)>;

impl Reader<'_> {
    /// A list of steps; `path` is that of the list.
    pub(super) fn steps(&mut self, node: &Node, path: &str) -> Steps {
        let example = "[{\"connect\": \"alice\"}]";
        match &node.tree {
            Tree::List(items) if items.is_empty() => {
                self.wrong(node.head(), format!("expected at least one step; write {example}"));
            }
            Tree::List(items) => {
                let read = |(i, item)| self.step(item, format!("{path}[{i}]"));
                return items.iter().enumerate().filter_map(read).unzip();
            }
            _ => self.mistyped(node, "a list of steps", example),
        }
        Steps::default()
    }

    pub(super) fn step(&mut self, node: &Node, path: String) -> Option<(Step, StepNotes)> {
        self.reuse.enter();
        let read = self.read_step(node, path);
        self.reuse.leave();
        read
    }

    fn read_step(&mut self, node: &Node, path: String) -> Option<(Step, StepNotes)> {
        let Some(members) = node.members() else {
            self.mistyped(node, "a step", "an object with one verb, such as {\"connect\": \"alice\"}");
            return None;
        };
        let Some(table) = self.verb_of(node, members)? else {
            let fields = self.known_fields(node, &BARE, "{\"mark\": \"said\"}")?;
            let words = fields.get("note").and_then(Node::text).map(str::to_owned);
            let words = words
                .unwrap_or_else(|| format!("mark {}", fields.get("mark").map(excerpt).unwrap_or_default()));
            return self.dressed(&fields, path, StepNotes::default(), |_, _, _| Some((Verb::Mark, words)));
        };
        let fields = self.fields(node, &table.table, table.example)?;
        let mut notes = StepNotes::default();
        let body = |reader: &mut Self, path: &str, notes: &mut StepNotes| match table.name {
            "connect" | "reconnect" => reader.connect(&fields, table.name, notes),
            "send" => reader.send(&fields, notes),
            "expect" => reader.expect(&fields, notes),
            "ping" => reader.ping(&fields, notes),
            "silence" => {
                let told = reader.silence(fields.get("silence")?, notes)?;
                let hear = Actors::of(fields.get("on")).act("hear");
                Some((Verb::Silence(told.value), format!("{hear} {}", told.words)))
            }
            "close" => reader.close(&fields, notes),
            "closed" => {
                let told = reader.closed(fields.get("closed")?, notes)?;
                let actors = Actors::of(fields.get("on"));
                let words = format!("{} the connection to end {}", actors.act("expect"), told.words);
                Some((Verb::Closed(told.value), words))
            }
            "http" => reader.http(&fields, notes),
            "wait" => reader.wait(&fields),
            "all" => reader.all(&fields, path, notes),
            "repeat" => reader.repeat(&fields, path, notes),
            "ramp" => reader.ramp(&fields, path, notes),
            "set" => reader.set(&fields, notes),
            "measure" => reader.measure(&fields, path, notes),
            "keep" => reader.keep(&fields, notes),
            "try" => reader.attempt(&fields, path, notes),
            "bisect" => reader.bisect(&fields, path, notes),
            "use" => reader.using(&fields, path, notes),
            "assert" => {
                let (comparison, words) = reader.comparison(fields.get("assert")?)?;
                Some((Verb::Assert(Box::new(comparison)), format!("assert that {words}")))
            }
            "remark" | "skip" => {
                let node = fields.get(table.name)?;
                let words = format!("{}: {}", table.name, node.text().unwrap_or_default());
                let text = reader.field(node, "\"a sentence\"")?;
                Some((if table.name == "skip" { Verb::Skip(text) } else { Verb::Remark(text) }, words))
            }
            _ => None,
        };
        notes.needs_client = ["send", "expect", "ping", "silence", "close", "closed"].contains(&table.name);
        notes.needs_group = table.name == "ramp";
        notes.falls_to_only = notes.needs_client || ["http", "assert"].contains(&table.name);
        notes.has_seq = notes.needs_client || ["http", "set", "keep"].contains(&table.name);
        self.dressed(&fields, path, notes, body)
    }

    /// Which verb it is: none when it only names a moment, and nothing when that cannot be said, which is reported.
    fn verb_of(
        &mut self,
        node: &Node,
        members: &[Member],
    ) -> Option<Option<&'static crate::suite::keys::Verb>> {
        let is_there = |name: &str| members.iter().any(|member| member.key == name);
        let mut verbs: Vec<_> = VERBS.iter().filter(|verb| is_there(verb.name)).collect();
        // `expect` belongs to what it follows, and a repeat may have its one inner step beside it.
        if verbs.len() > 1 {
            let owns = |name: &str| verbs.iter().any(|verb| verb.name != name && verb.table.has(name));
            let owned: Vec<&str> = ["expect", "send"].into_iter().filter(|name| owns(name)).collect();
            verbs.retain(|verb| !owned.contains(&verb.name));
        }
        match verbs.as_slice() {
            [one] => return Some(Some(one)),
            [_, _, ..] => {
                let given: Vec<&Member> =
                    members.iter().filter(|m| verbs.iter().any(|verb| verb.name == m.key)).collect();
                let names: Vec<&str> = given.iter().map(|member| member.key.as_str()).collect();
                let names = names.split_last().map(|(last, rest)| format!("{} and {last}", rest.join(", ")));
                let at = given.get(1).map_or(node.head(), |second| second.key_span);
                let count = given.len();
                let message = format!(
                    "this step has {count} verbs, {}; a step does one thing, so make it {count} steps",
                    names.unwrap_or_default()
                );
                self.wrong(at, message);
                return None;
            }
            [] => {}
        }
        let names = || VERBS.iter().map(|verb| verb.name);
        let mut is_misspelt = false;
        for member in members.iter().filter(|member| !BARE.has(&member.key)) {
            is_misspelt = true;
            let hint = match nearest(&member.key, names()) {
                Some(near) => format!("did you mean {near:?}?"),
                None => format!("its verb is one of {}", names().collect::<Vec<_>>().join(", ")),
            };
            self.wrong(member.key_span, format!("{:?} is not a key of a step; {hint}", cut(&member.key, 60)));
        }
        if is_misspelt {
            return None;
        }
        if is_there("mark") || is_there("note") {
            return Some(None);
        }
        let message =
            format!("this step has no verb; write one of {}", names().collect::<Vec<_>>().join(", "));
        self.wrong(node.head(), message);
        None
    }

    /// A step with what every step may have.
    fn dressed(
        &mut self,
        fields: &Fields<'_>,
        path: String,
        mut notes: StepNotes,
        body: impl FnOnce(&mut Self, &str, &mut StepNotes) -> Done,
    ) -> Option<(Step, StepNotes)> {
        let before = self.uses.len();
        notes.at = fields.node.head();
        let mark = fields.get("mark").and_then(|node| self.label(node, "a mark", "\"said\""));
        notes.mark.clone_from(&mark);
        let on = fields.get("on").and_then(|node| self.targets(node));
        let (on, named) = on.unzip();
        notes.on = named;
        notes.naming.extend(self.uses_since(before));
        let condition = fields.get("if").and_then(|node| self.condition(node));
        let exception = fields.get("unless").and_then(|node| self.condition(node));
        notes.deciding.extend(self.uses_since(before));
        let note = fields.get("note").and_then(|node| self.plain(node, "a sentence in quotation marks"));
        let position = self.source.position(fields.node.span);
        let done = body(self, &path, &mut notes);
        let uses = self.uses_since(before);
        match &done {
            Some((Verb::Wait(_), _)) => notes.naming.extend(uses),
            _ => notes.uses.extend(uses),
        }
        // A step with a mistake in it is kept for what it gives to those after it, so that one mistake is reported once.
        let (verb, words) = done.unwrap_or((Verb::Mark, String::new()));
        let on = match &verb {
            Verb::Connect(_) | Verb::Reconnect(_) => None,
            _ => on,
        };
        let (title, origin) = (title(&words), self.reuse.origin());
        let step = Step { path, position, title, note, mark, condition, exception, on, verb, origin };
        Some((self.with_connect_targets(step, fields, &mut notes), notes))
    }

    /// Whom a connect opens stands behind the verb itself.
    fn with_connect_targets(&mut self, step: Step, fields: &Fields<'_>, notes: &mut StepNotes) -> Step {
        let verb = match &step.verb {
            Verb::Connect(_) => "connect",
            Verb::Reconnect(_) => "reconnect",
            _ => return step,
        };
        if let Some(on) = fields.member("on") {
            self.wrong(on.key_span, format!("{verb:?} already names the clients it opens; leave \"on\" out"));
        }
        let before = self.uses.len();
        let targets = fields.get(verb).and_then(|node| self.targets(node));
        let naming = self.uses_since(before);
        notes.naming.extend(naming);
        let (on, named) = targets.unzip();
        notes.on = named;
        Step { on, ..step }
    }

    /// One client, or several.
    pub(super) fn targets(&mut self, node: &Node) -> Option<(Vec<Field<Target>>, Vec<Named>)> {
        let example = "\"alice\", \"crowd[3]\", [\"alice\", \"bob\"] or \"*\"";
        let nodes = match &node.tree {
            Tree::Text(_) => std::slice::from_ref(node),
            Tree::List(items) if !items.is_empty() => items,
            _ => {
                self.wrong(node.head(), format!("{} names no client; write {example}", excerpt(node)));
                return None;
            }
        };
        let (mut fields, mut named) = (Vec::new(), Vec::new());
        for node in nodes {
            let Some(field) = self.field::<Target>(node, example) else { continue };
            let target = field.fixed().cloned();
            if target.is_some() && named.iter().any(|other: &Named| other.target == target) {
                self.wrong(node.span, format!("{} is named twice", excerpt(node)));
            }
            named.push(Named { at: node.span, target });
            fields.push(field);
        }
        (!fields.is_empty()).then_some((fields, named))
    }

    fn condition(&mut self, node: &Node) -> Option<Condition> {
        match &node.tree {
            Tree::Object(_) => {
                self.comparison(node).map(|(comparison, _)| Condition::Compares(Box::new(comparison)))
            }
            Tree::Bool(_) => self.document(node).map(Condition::Truthy),
            Tree::Text(text) if text.contains("{{") => {
                let document = self.document(node)?;
                if document.literal().is_some() {
                    self.wrong(
                        node.span,
                        "a condition without a placeholder never changes; write \"{{slow}}\"",
                    );
                } else if !document.is_placeholder() {
                    // It would be a text, and a text that is not empty counts as yes.
                    self.wrong(
                        node.span,
                        format!(
                            "a condition is one placeholder and nothing around it, because a text does not compare: write \
                             \"{{{{{name}}}}}\" alone, or {{\"var\": {name:?}, \"eq\": 1}}",
                            name = between_braces(text)
                        ),
                    );
                }
                Some(Condition::Truthy(document))
            }
            Tree::Text(text) if crate::template::is_name(text) => {
                self.wrong(node.span, format!("a condition needs a placeholder; write \"{{{{{text}}}}}\""));
                None
            }
            _ => {
                self.mistyped(node, "a condition", "\"{{slow}}\" or {\"var\": \"state\", \"eq\": \"done\"}");
                None
            }
        }
    }
}

/// What the first placeholder of a text says, cut.
fn between_braces(text: &str) -> String {
    let inner = text.split_once("{{").and_then(|(_, rest)| rest.split_once("}}"));
    cut(inner.map_or("slow", |(inner, _)| inner.trim()), 60)
}

/// All timings of which steps and those in them take samples.
pub(in crate::suite) fn timings_of(steps: &[StepNotes]) -> Vec<String> {
    let mut names = Vec::new();
    for step in steps {
        names.extend(step.timings.iter().cloned());
        step.inner.lists().for_each(|steps| names.extend(timings_of(steps)));
    }
    names.sort_unstable();
    names.dedup();
    names
}
