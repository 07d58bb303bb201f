//! Titles of steps with the values of variables that stay constant in a check.
//!
//! Owns the choice of those variables: steps do not change them, and they are not secret, large or from the
//! environment.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::suite::title::with_units;
use crate::suite::{Capture, Check, Expectation, Step, Suite, Verb};
use crate::template::Template;

/// A longer value says less than the name of its variable.
const LONGEST: usize = 40;

/// What is put into the titles of one check.
pub(crate) struct Titles<'a> {
    suite: &'a Suite,
    vars: &'a Map<String, Value>,
    row: &'a Map<String, Value>,
    changing: HashSet<&'a str>,
}

impl<'a> Titles<'a> {
    pub fn new(
        suite: &'a Suite,
        check: &'a Check,
        vars: &'a Map<String, Value>,
        row: &'a Map<String, Value>,
    ) -> Self {
        let mut changing = HashSet::new();
        // What one check keeps, the next one has.
        let steps = suite.setup.iter().chain(&suite.teardown).chain(&check.steps);
        steps
            .chain(suite.checks.iter().flat_map(|check| &check.steps).filter(|step| keeps(step)))
            .for_each(|step| note(step, &mut changing));
        Self { suite, vars, row, changing }
    }

    /// The title with the values that are known.
    pub fn resolve(&self, title: &str) -> String {
        if !title.contains("{{") {
            return title.to_owned();
        }
        let named = |template: Template| template.name_values(&|name| self.value(name));
        if let Ok(template) = Template::parse(title) {
            return with_units(named(template));
        }
        // The message within a title is cut, maybe within a placeholder: that one stays as it is, the others do not.
        let (mut resolved, mut rest) = (String::with_capacity(title.len()), title);
        while let Some((before, after)) = rest.split_once("{{") {
            resolved.push_str(before);
            let place = &rest[before.len()..];
            let end = after.find("}}").map_or(place.len(), |end| end + "{{}}".len());
            let (place, behind) = place.split_at(end);
            resolved.push_str(&Template::parse(place).map_or_else(|_| place.to_owned(), named));
            rest = behind;
        }
        with_units(resolved + rest)
    }

    fn value(&self, name: &str) -> Option<String> {
        if self.changing.contains(name) || self.suite.secrets.iter().any(|secret| secret == name) {
            return None;
        }
        let text = match self.row.get(name).or_else(|| self.vars.get(name))? {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            _ => return None,
        };
        (text.chars().count() <= LONGEST).then_some(text)
    }
}

pub(super) fn inner(step: &Step) -> Vec<&Step> {
    match &step.verb {
        Verb::All(branches) => branches.iter().flatten().collect(),
        Verb::Repeat(repeat) => repeat.steps.iter().collect(),
        Verb::Ramp(ramp) => ramp.steps.iter().collect(),
        Verb::Measure(_, steps) => steps.iter().collect(),
        Verb::Bisect(bisect) => bisect.steps.iter().collect(),
        Verb::Use(used) => used.steps.iter().collect(),
        Verb::Try(tried) => tried.steps.iter().chain(&tried.otherwise).collect(),
        _ => Vec::new(),
    }
}

fn keeps(step: &Step) -> bool {
    matches!(step.verb, Verb::Keep(_)) || inner(step).into_iter().any(keeps)
}

/// The names that a step, or one within it, gives a value.
fn note<'a>(step: &'a Step, names: &mut HashSet<&'a str>) {
    let captured = |captures: &'a [Capture]| captures.iter().map(|capture| capture.name.as_str());
    match &step.verb {
        Verb::Connect(spec) | Verb::Reconnect(spec) => names.extend(captured(&spec.capture)),
        Verb::Send(_, Some(expectation)) => of_expectation(expectation, names),
        Verb::Expect(expectation) => of_expectation(expectation, names),
        Verb::Close(spec) => names.extend(spec.expect.iter().flat_map(|spec| captured(&spec.capture))),
        Verb::Closed(spec) => names.extend(captured(&spec.capture)),
        Verb::Http(spec) => names.extend(captured(&spec.expect.capture)),
        Verb::Set(values) | Verb::Keep(values) => names.extend(values.iter().map(|(name, _)| name.as_str())),
        Verb::Bisect(bisect) => drop(names.insert(&bisect.name)),
        Verb::Try(tried) => names.extend(tried.why.as_deref()),
        _ => {}
    }
    inner(step).into_iter().for_each(|step| note(step, names));
}

fn of_expectation<'a>(expectation: &'a Expectation, names: &mut HashSet<&'a str>) {
    names.extend(expectation.capture.iter().map(|capture| capture.name.as_str()));
    expectation.order.iter().flat_map(|order| &order.items).for_each(|item| of_expectation(item, names));
}
