//! Variables whose values are known before a run, and the fields that are made of them.
//!
//! A field such as `"{{t}}"` is as wrong as what the default of `t` is, and that can be said when the suite is read.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::shadowing;
use crate::matcher::excerpt;
use crate::suite::model::Suite;
use crate::suite::notes::SuiteNotes;
use crate::suite::problem::Problems;
use crate::suite::source::Source;
use crate::template::{Document, ExpandErrorKind, Name, Scope, VariableErrorKind, resolve_variables};

/// How long a value may be, in bytes, to be tried in fields.
const LONGEST: usize = 4096;
/// How many placeholders are tried. Each may cost as much as the longest value.
const MOST: usize = 20_000;

/// A world in which everything that changes from run to run has a made-up value. What comes out the same in two of them is
/// the same in every run.
struct MadeUp<'v> {
    values: &'v Map<String, Value>,
    env: &'static str,
    next: u64,
}

impl<'v> MadeUp<'v> {
    fn two(values: &'v Map<String, Value>) -> [Self; 2] {
        [("made up", 1), ("otherwise", 1 << 63)].map(|(env, next)| Self { values, env, next })
    }
}

impl Scope for MadeUp<'_> {
    fn variable(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.values.get(name).map(Cow::Borrowed)
    }
    fn env(&self, _: &str) -> Option<&str> {
        Some(self.env)
    }
    fn now_millis(&self) -> u64 {
        self.next
    }
    fn random(&mut self) -> u64 {
        self.next = self.next.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.next
    }
}

/// The variables that are the same in every run; what is wrong with any is reported.
pub(super) fn resolve(
    suite: &Suite,
    notes: &SuiteNotes,
    source: &Source<'_>,
    problems: &mut Problems,
) -> Map<String, Value> {
    let nothing = Map::new();
    let [first, second] =
        MadeUp::two(&nothing).map(|mut world| resolve_variables(&suite.vars, &[], &mut world));
    let (first, second) = match (first, second) {
        (Ok(first), Ok(second)) => (first, second),
        (Err(errors), _) | (Ok(_), Err(errors)) => {
            let roots = source.beside.iter().map(|beside| &beside.source.root).chain([&source.root]);
            let vars = roots.filter_map(|root| root.member("vars")?.value.members()).flatten();
            let places: HashMap<&str, _> = vars.map(|member| (member.key.as_str(), member)).collect();
            for error in errors {
                let Some(member) = places.get(error.name.as_str()) else { continue };
                let at = match &error.kind {
                    VariableErrorKind::NotAName | VariableErrorKind::Taken(_) => member.key_span,
                    // What the environment gives is known when the suite runs.
                    VariableErrorKind::Expand(error) if matches!(error.kind, ExpandErrorKind::Env(_)) => {
                        continue;
                    }
                    _ => source.within_text(member.value.locate(&error.at.0).node, error.at.1),
                };
                problems.add(at, error.kind.to_string());
            }
            return Map::new();
        }
    };
    let shadowed = shadowing(notes);
    let is_short = |value: &Value| match value {
        Value::String(text) => text.len() <= LONGEST,
        Value::Array(_) | Value::Object(_) => false,
        _ => true,
    };
    first
        .into_iter()
        .filter(|(name, value)| {
            second.get(name) == Some(value) && !shadowed.contains(name.as_str()) && is_short(value)
        })
        .collect()
}

/// Tries the fields that are made of constants only.
pub(super) fn fold(notes: &SuiteNotes, constants: &Map<String, Value>, problems: &mut Problems) {
    let mut left = MOST;
    for fold in &notes.folds {
        let names = fold.document.names();
        let is_known = |name: &Name| matches!(name, Name::Variable(name) if constants.contains_key(name));
        if names.is_empty() || !names.iter().all(|reference| is_known(&reference.name)) {
            continue;
        }
        let Some(rest) = left.checked_sub(names.len()) else { return };
        left = rest;
        if let Some(value) = constant(&fold.document, constants)
            && let Some(complaint) = (fold.complaint)(&value)
        {
            let mut said = HashSet::new();
            let values: Vec<String> = names
                .iter()
                .filter_map(|reference| match &reference.name {
                    Name::Variable(name) if said.insert(name) => {
                        Some(format!("{name} = {}", excerpt(constants.get(name)?)))
                    }
                    _ => None,
                })
                .take(4)
                .collect();
            problems.add(fold.at, format!("with {}: {complaint}", values.join(", ")));
        }
    }
}

/// The value that comes out in every run.
fn constant(document: &Document, constants: &Map<String, Value>) -> Option<Value> {
    let [first, second] = MadeUp::two(constants).map(|mut world| document.expand(&mut world).ok());
    if first == second { first } else { None }
}
