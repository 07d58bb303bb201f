//! Definitions, and the steps that use them.
//!
//! Owns how steps are written once and run in several places. Each use reads the steps of its definition again, with paths
//! of their own, so that a report has a line for each. What that may come to is bounded, since the text may be hostile.

use std::collections::HashSet;
use std::rc::Rc;

use super::reader::{Fields, Reader, excerpt};
use super::step::{Done, Steps};
use crate::base::mask::MASK;
use crate::base::nearest::nearest;
use crate::base::words::cut;
use crate::suite::keys::{BARE, DEFINITION, VERBS};
use crate::suite::model::{Step, UseSpec, Verb};
use crate::suite::names::there_are;
use crate::suite::notes::{Inner, StepNotes};
use crate::suite::origin::{Origin, Place};
use crate::suite::source::{Node, Span};
use crate::suite::title::title;

/// How deep steps may be nested, with the steps of definitions. Without them the depth of the JSON is the bound.
const DEEPEST: usize = 64;
/// How many steps all uses of a suite may make together.
const MOST_STEPS: usize = 20_000;
/// How many bytes of text they may copy together.
const MOST_COPIED: usize = 64 << 20;

/// Steps that have a name.
struct Definition<'t> {
    name: String,
    at: Span,
    /// None when they do not read, so that no use is blamed for it.
    parameters: Option<Vec<String>>,
    /// None when there are none, which is reported.
    steps: Option<&'t Node>,
    is_used: bool,
}

/// The definitions, and how far the uses of them have come.
#[derive(Default)]
pub(super) struct Reuse<'t> {
    all: Vec<Definition<'t>>,
    /// The definitions that are being read, the innermost last.
    open: Vec<usize>,
    /// Where each of them is used.
    places: Vec<Place>,
    origin: Option<Rc<Origin>>,
    depth: usize,
    /// The names of secrets of the suite.
    pub(super) secrets: Vec<String>,
    /// Steps that uses have made, and the bytes of their text.
    made: usize,
    copied: usize,
    /// Whether a bound has been met, so that what is not read yet need not be.
    is_too_much: bool,
}

impl Reuse<'_> {
    pub(super) fn enter(&mut self) {
        self.depth += 1;
        self.made += usize::from(!self.open.is_empty());
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Of a step that is read now.
    pub(super) fn origin(&self) -> Option<Rc<Origin>> {
        self.origin.clone()
    }
}

impl<'t> Reader<'t> {
    /// Notes the definitions of a document; their steps are read where they are used.
    pub(super) fn definitions(&mut self, node: &'t Node) {
        self.is_open |= node.members().is_none();
        let example = "{\"enter\": {\"with\": [\"room\"], \"steps\": [{\"send\": \"{{room}}\"}]}}";
        for member in self.named(node, "definition", example) {
            let example = "{\"with\": [\"room\"], \"steps\": [{\"send\": \"{{room}}\"}]}";
            let (name, at) = (member.key.clone(), member.key_span);
            let Some(fields) = self.fields(&member.value, &DEFINITION, example) else {
                // What does not read has a name all the same, and no use is blamed for it.
                self.reuse.all.push(Definition { name, at, parameters: None, steps: None, is_used: false });
                continue;
            };
            if let Some(about) = fields.get("about") {
                self.plain(about, "a sentence in quotation marks");
            }
            let parameters = match fields.get("with") {
                Some(node) => self.parameters(node),
                None => Some(Vec::new()),
            };
            let steps = fields.get("steps");
            let other = self.reuse.all.iter().find(|other| other.name == name).map(|other| other.at);
            if let Some(other) = other {
                self.clash("definition", &name, at, other);
                continue;
            }
            self.reuse.all.push(Definition { name, at, parameters, steps, is_used: false });
        }
    }

    fn parameters(&mut self, node: &Node) -> Option<Vec<String>> {
        let mut parameters: Vec<String> = Vec::new();
        let nodes = self.items(node, "parameters", "[\"room\"]");
        let mut is_good = !nodes.is_empty();
        for node in nodes {
            let Some(name) = self.variable(node, "\"room\"") else {
                is_good = false;
                continue;
            };
            if BARE.has(&name) || VERBS.iter().any(|verb| verb.name == name) {
                let message = format!(
                    "{name:?} is a key of steps, so a use cannot give it a value; choose another name"
                );
                self.wrong(node.span, message);
            } else if parameters.contains(&name) {
                self.wrong(node.span, format!("{name:?} is named twice"));
            }
            parameters.push(name);
        }
        is_good.then_some(parameters)
    }

    /// Steps that nothing uses are read for their mistakes.
    pub(super) fn unused_definitions(&mut self) {
        for at in 0..self.reuse.all.len() {
            if self.reuse.is_too_much {
                return;
            }
            let Definition { is_used, steps, name, .. } = &self.reuse.all[at];
            let (Some(steps), false, path) = (*steps, *is_used, format!("define.{name}")) else { continue };
            let (uses, folds) = (self.uses.len(), self.folds.len());
            self.reuse.open.push(at);
            self.steps(steps, &path);
            self.reuse.open.pop();
            // What its names mean, a use will say.
            self.uses.truncate(uses);
            self.folds.truncate(folds);
        }
    }

    /// `{"use": "enter", "room": "red"}`.
    pub(super) fn using(&mut self, fields: &Fields<'_>, path: &str, notes: &mut StepNotes) -> Done {
        let node = fields.get("use")?;
        let arguments: Vec<_> = fields
            .rest()
            .filter_map(|member| Some((member.key.clone(), self.document(&member.value)?)))
            .collect();
        let name = self.label(node, "a use", "\"enter\"")?;
        let Some(at) = self.reuse.all.iter().position(|definition| definition.name == name) else {
            self.undefined(node, &name);
            return None;
        };
        self.reuse.all[at].is_used = true;
        let parameters = self.reuse.all[at].parameters.clone();
        if let Some(parameters) = &parameters {
            self.check_arguments(fields, &name, parameters);
        }
        let steps = self.reuse.all[at].steps?;
        if let Some(message) = self.refusal(at) {
            self.wrong(node.span, message);
            return None;
        }
        self.reuse.open.push(at);
        self.reuse.places.push(self.source.place(fields.node.span));
        let used: Vec<Place> = self.reuse.places.iter().rev().cloned().collect();
        let file = self.source.file_of(steps.span).map(str::to_owned);
        let origin = Rc::new(Origin { file, used });
        let around = self.reuse.origin.replace(origin.clone());
        let (mut steps, inner): Steps = self.steps(steps, &format!("{path}.use"));
        self.reuse.origin = around;
        self.reuse.places.pop();
        self.reuse.open.pop();
        // Of a definition whose parameters do not read, what a use gives is what it needs.
        let given = || fields.rest().map(|member| member.key.clone()).collect();
        let parameters = parameters.unwrap_or_else(given);
        self.check_assignments(&inner, &parameters, &name);
        let said: Vec<(String, String)> = fields
            .rest()
            .map(|member| {
                let value = match self.reuse.secrets.contains(&member.key) {
                    // A report shows titles of steps that did not run, too, and the value is not known as a secret then.
                    true => MASK.to_owned(),
                    false => member.value.text().map_or_else(|| excerpt(&member.value), str::to_owned),
                };
                (member.key.clone(), value)
            })
            .collect();
        retitle(&mut steps, &said);
        notes.inner = Inner::Used(inner, parameters, origin);
        let mut words = format!("use {name}");
        let shown = said.iter().map(|(name, value)| format!("{name}: {}", cut(value, 40)));
        let shown = shown.collect::<Vec<_>>().join(", ");
        if !shown.is_empty() {
            words.push_str(&format!(" with {shown}"));
        }
        Some((Verb::Use(UseSpec { arguments, steps }), words))
    }

    fn undefined(&mut self, node: &Node, name: &str) {
        if self.is_open {
            return;
        }
        let names = || self.reuse.all.iter().map(|definition| definition.name.as_str());
        let shown = cut(name, 60);
        let hint = match nearest(name, names()) {
            Some(near) => format!("did you mean {near:?}?"),
            None if names().next().is_none() => {
                format!("add \"define\": {{{shown:?}: {{\"steps\": [{{\"wait\": \"1s\"}}]}}}} to the suite")
            }
            None => there_are(&names().collect::<Vec<_>>()),
        };
        self.wrong(node.span, format!("no definition is called {shown:?}; {hint}"));
    }

    fn check_arguments(&mut self, fields: &Fields<'_>, name: &str, parameters: &[String]) {
        let mut is_misspelt = false;
        for member in fields.rest() {
            if parameters.contains(&member.key) {
                continue;
            }
            let hint = match nearest(&member.key, parameters.iter().map(String::as_str)) {
                _ if member.key == "with" && !parameters.is_empty() => {
                    is_misspelt = true;
                    format!(
                        "write the values beside \"use\": {{\"use\": {name:?}, {:?}: \"…\"}}",
                        parameters[0]
                    )
                }
                Some(near) => {
                    is_misspelt = true;
                    format!("did you mean {near:?}?")
                }
                None if parameters.is_empty() => "it has none".to_owned(),
                None => format!("it has {}", parameters.join(", ")),
            };
            let shown = cut(&member.key, 60);
            self.wrong(member.key_span, format!("{shown:?} is not a parameter of {name}; {hint}"));
        }
        let missing: Vec<_> =
            parameters.iter().filter(|name| fields.node.member(name).is_none()).cloned().collect();
        if let (Some(first), false) = (missing.first(), is_misspelt) {
            let what = if missing.len() == 1 { "the parameter" } else { "the parameters" };
            let all = missing.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(" and ");
            self.wrong(
                fields.node.head(),
                format!("{name} needs {what} {all}; add {first:?}: \"…\" to this step"),
            );
        }
    }

    /// Why a definition cannot be used here.
    fn refusal(&mut self, at: usize) -> Option<String> {
        let name = |at: &usize| self.reuse.all[*at].name.as_str();
        if let Some(first) = self.reuse.open.iter().position(|open| *open == at) {
            let way: Vec<_> = self.reuse.open[first..].iter().chain([&at]).map(name).collect();
            return Some(match way.as_slice() {
                [one, _] => format!("{one} uses itself, so it would never end"),
                way => format!("{} uses itself: {}", way[0], cut(&way.join(" → "), 200)),
            });
        }
        let span =
            self.reuse.all[at].steps.map_or(0, |steps| steps.span.end.saturating_sub(steps.span.start));
        self.reuse.copied += span as usize;
        let is_copied_too_much = self.reuse.copied > MOST_COPIED;
        self.reuse.is_too_much |=
            self.reuse.depth >= DEEPEST || self.reuse.made > MOST_STEPS || is_copied_too_much;
        if self.reuse.depth >= DEEPEST {
            return Some(format!(
                "steps are nested more than {DEEPEST} levels deep here; each use counts as one level"
            ));
        }
        if is_copied_too_much {
            let most = MOST_COPIED >> 20;
            return Some(format!("the steps of all uses together have more than {most} MiB of text"));
        }
        (self.reuse.made > MOST_STEPS).then(|| {
            format!("all uses together make more than {MOST_STEPS} steps; make it several suites, or use \"repeat\"")
        })
    }

    /// A parameter keeps its value, so steps cannot give it another one.
    fn check_assignments(&mut self, steps: &[StepNotes], parameters: &[String], name: &str) {
        for step in steps {
            let given: HashSet<&String> = step.sets.iter().chain(&step.captures).collect();
            for parameter in parameters.iter().filter(|parameter| given.contains(parameter)) {
                let message = format!(
                    "{parameter:?} is a parameter of {name} and keeps its value; choose another name"
                );
                self.wrong(step.at, message);
            }
            if !matches!(step.inner, Inner::Used(..)) {
                step.inner.lists().for_each(|steps| self.check_assignments(steps, parameters, name));
            }
        }
    }
}

/// Says what a parameter is in the titles of steps.
fn retitle(steps: &mut [Step], said: &[(String, String)]) {
    if said.is_empty() {
        return;
    }
    for step in steps {
        if step.title.contains("{{") {
            let mut words = step.title.clone();
            for (name, value) in said {
                words = words.replace(&format!("{{{{{name}}}}}"), &cut(value, 60));
            }
            step.title = title(&words);
        }
        match &mut step.verb {
            Verb::All(branches) => branches.iter_mut().for_each(|steps| retitle(steps, said)),
            Verb::Repeat(repeat) => retitle(&mut repeat.steps, said),
            Verb::Ramp(ramp) => retitle(&mut ramp.steps, said),
            Verb::Measure(_, steps) => retitle(steps, said),
            Verb::Bisect(bisect) => retitle(&mut bisect.steps, said),
            Verb::Try(tried) => {
                retitle(&mut tried.steps, said);
                retitle(&mut tried.otherwise, said);
            }
            Verb::Use(inner) => retitle(&mut inner.steps, said),
            _ => {}
        }
    }
}
