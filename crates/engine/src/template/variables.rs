//! The variables of a run, worked out once before it starts.
//!
//! Owns the order in which variables that refer to each other get their values, and what an override turns into. It
//! refuses to know who overrides. The resulting values are plain: nothing in them is expanded again.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::document::Document;
use super::expand::{Budget, ExpandError, Scope};
use super::parse::{Name, Part, Say, Template, TemplateErrorKind, WORDS, did_you_mean, is_name};
use crate::base::nearest::nearest;

/// What all variables of a run may hold together, in bytes.
const LIMIT: usize = 16 << 20;

/// What is wrong with a variable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("variable {name:?}: {kind}")]
pub struct VariableError {
    /// Which variable.
    pub name: String,
    /// JSON path within its value, and byte offset within that string.
    pub at: (String, usize),
    /// What is wrong.
    pub kind: VariableErrorKind,
}

/// What can be wrong with a variable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VariableErrorKind {
    /// Overridden, but not there.
    #[error("the suite has no such variable{}", did_you_mean(.nearest))]
    NotDefined {
        /// The nearest variable.
        nearest: Option<String>,
    },
    /// Called like nothing that a placeholder can say.
    #[error("this is not a valid name; a name is a letter or _, then letters, digits, _ and -")]
    NotAName,
    /// Called like a word with a meaning of its own.
    #[error("{{{{{0}}}}} means something else already; choose another name")]
    Taken(String),
    /// A placeholder that does not read, or names no variable.
    #[error(transparent)]
    Template(#[from] TemplateErrorKind),
    /// It needs itself.
    #[error("it refers to itself: {}", .0.join(" → "))]
    Cycle(Vec<String>),
    /// It asks for what only a client has.
    #[error("{{{{{0}}}}} has no value in a variable, which is worked out once, before any client acts")]
    TooEarly(String),
    /// It could not be expanded.
    #[error(transparent)]
    Expand(ExpandError),
}

/// How far a variable is.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Waiting,
    Open,
    Done,
    Failed,
}

struct Variable<'a> {
    name: &'a str,
    document: Document,
    needs: Vec<usize>,
    state: State,
}

/// Gives every variable its value, in the order of definition as far as they do not need each other.
///
/// An override is text; it takes the place of the default and may have placeholders as well. Where the default is a number, a
/// boolean, an object or an array, so is an override that reads as one. Of `scope` only the environment, the clock and the
/// random sequence are asked.
pub fn resolve_variables(
    definitions: &Map<String, Value>,
    overrides: &[(String, String)],
    scope: &mut dyn Scope,
) -> Result<Map<String, Value>, Vec<VariableError>> {
    let mut errors = Vec::new();
    for (name, _) in overrides.iter().filter(|(name, _)| !definitions.contains_key(name)) {
        let nearest = nearest(name, definitions.keys().map(String::as_str)).map(str::to_owned);
        errors.push(whole(name, VariableErrorKind::NotDefined { nearest }));
    }
    let mut variables = Vec::new();
    for (name, default) in definitions {
        if !is_name(name) {
            errors.push(whole(name, VariableErrorKind::NotAName));
        } else if WORDS.contains(&name.as_str()) {
            errors.push(whole(name, VariableErrorKind::Taken(name.clone())));
        }
        // The last override wins, as on every command line.
        let given = overrides.iter().rev().find(|(overridden, _)| overridden == name);
        let value = given.map_or_else(|| default.clone(), |(_, text)| typed_like(default, text));
        match Document::parse(&value) {
            Ok(document) => {
                variables.push(Variable { name, document, needs: Vec::new(), state: State::Waiting })
            }
            Err(found) => errors.extend(found.into_iter().map(|error| VariableError {
                name: name.clone(),
                at: (error.path, error.at),
                kind: error.kind.into(),
            })),
        }
    }
    link(&mut variables, definitions, &mut errors);
    let values = work_out(&mut variables, scope, &mut errors);
    if errors.is_empty() { Ok(in_order(definitions, values)) } else { Err(errors) }
}

fn whole(name: &str, kind: VariableErrorKind) -> VariableError {
    VariableError { name: name.to_owned(), at: ("$".to_owned(), 0), kind }
}

/// An override in the type of the default, if it reads as one.
fn typed_like(default: &Value, text: &str) -> Value {
    let example = match default {
        Value::String(default) => {
            match Template::parse(default).as_ref().map(|template| template.parts.as_slice()) {
                Ok([Part::Place { say: Say::EnvOr(_, default), .. }]) => default.clone(),
                _ => Value::Null,
            }
        }
        other => other.clone(),
    };
    let same = |value: &Value| std::mem::discriminant(value) == std::mem::discriminant(&example);
    match serde_json::from_str(text) {
        Ok(value) if same(&value) && !example.is_null() => value,
        _ => Value::String(text.to_owned()),
    }
}

/// Finds what each variable needs, and says what no variable can have.
fn link(variables: &mut [Variable], definitions: &Map<String, Value>, errors: &mut Vec<VariableError>) {
    let places: std::collections::HashMap<&str, usize> =
        variables.iter().enumerate().map(|(i, variable)| (variable.name, i)).collect();
    for variable in variables {
        for reference in variable.document.names() {
            let kind = match &reference.name {
                Name::Env(_) => continue,
                Name::Variable(name) => match places.get(name.as_str()) {
                    Some(&needed) => {
                        variable.needs.push(needed);
                        continue;
                    }
                    // Its own mistake is reported already.
                    None if definitions.contains_key(name) => {
                        variable.state = State::Failed;
                        continue;
                    }
                    None => TemplateErrorKind::unknown_variable(name, definitions.keys().map(String::as_str))
                        .into(),
                },
                Name::Capture { client, name } => VariableErrorKind::TooEarly(format!("{client}.{name}")),
                Name::Client => VariableErrorKind::TooEarly("client".to_owned()),
                Name::Seq => VariableErrorKind::TooEarly("seq".to_owned()),
                Name::Index => VariableErrorKind::TooEarly("index".to_owned()),
                Name::Iteration => VariableErrorKind::TooEarly("i".to_owned()),
            };
            variable.state = State::Failed;
            errors.push(VariableError {
                name: variable.name.to_owned(),
                at: (reference.path, reference.at),
                kind,
            });
        }
    }
}

/// Depth first with a stack of its own, so that a chain of any length is safe.
fn work_out(
    variables: &mut [Variable],
    scope: &mut dyn Scope,
    errors: &mut Vec<VariableError>,
) -> Map<String, Value> {
    let mut values = Map::new();
    let mut budget = Budget::new(LIMIT);
    for first in 0..variables.len() {
        let mut trail = vec![(first, 0)];
        while let Some((current, looked_at)) = trail.pop() {
            if looked_at == 0 && variables[current].state != State::Waiting {
                continue;
            }
            variables[current].state = State::Open;
            if let Some(&needed) = variables[current].needs.get(looked_at) {
                trail.push((current, looked_at + 1));
                match variables[needed].state {
                    State::Open => {
                        let start = trail.iter().position(|(i, _)| *i == needed).unwrap_or_default();
                        let cycle = trail[start..].iter().map(|(i, _)| *i).chain([needed]);
                        let cycle = cycle.map(|i| variables[i].name.to_owned()).collect();
                        errors.push(whole(variables[needed].name, VariableErrorKind::Cycle(cycle)));
                    }
                    _ => trail.push((needed, 0)),
                }
                continue;
            }
            let ready = variables[current].needs.iter().all(|&i| variables[i].state == State::Done);
            variables[current].state = State::Failed;
            if !ready {
                continue; // The cause is reported where it lies.
            }
            let variable = &variables[current];
            let mut known = BeforeClients { values: &values, outer: scope };
            match variable.document.expand_within(&mut budget, &mut known) {
                Ok(value) => {
                    values.insert(variable.name.to_owned(), value);
                    variables[current].state = State::Done;
                }
                Err(error) => errors.push(VariableError {
                    name: variable.name.to_owned(),
                    at: (error.path.clone(), error.at),
                    kind: VariableErrorKind::Expand(error),
                }),
            }
        }
    }
    values
}

fn in_order(definitions: &Map<String, Value>, mut values: Map<String, Value>) -> Map<String, Value> {
    definitions.keys().filter_map(|name| Some((name.clone(), values.remove(name)?))).collect()
}

/// What can be known before a client acts.
struct BeforeClients<'a> {
    values: &'a Map<String, Value>,
    outer: &'a mut dyn Scope,
}

impl Scope for BeforeClients<'_> {
    fn variable(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.values.get(name).map(Cow::Borrowed)
    }
    fn env(&self, name: &str) -> Option<&str> {
        self.outer.env(name)
    }
    fn now_millis(&self) -> u64 {
        self.outer.now_millis()
    }
    fn derive(&self, name: &str, from: &Value, made: &Value) -> Result<(), String> {
        self.outer.derive(name, from, made)
    }
    fn random(&mut self) -> u64 {
        self.outer.random()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::expand::fixture::Known;
    use super::*;

    fn resolve(definitions: Value, overrides: &[(&str, &str)]) -> Result<Value, Vec<String>> {
        let definitions = definitions.as_object().expect("an object");
        let overrides: Vec<_> = overrides.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        resolve_variables(definitions, &overrides, &mut Known::with_seed(42))
            .map(Value::Object)
            .map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    #[track_caller]
    fn check(definitions: Value, overrides: &[(&str, &str)], expected: Value) {
        assert_eq!(resolve(definitions, overrides), Ok(expected));
    }

    #[track_caller]
    fn check_err(definitions: Value, overrides: &[(&str, &str)], messages: &[&str]) {
        let messages = messages.iter().map(|message| (*message).to_owned()).collect();
        assert_eq!(resolve(definitions, overrides), Err(messages));
    }

    #[test]
    fn ok_plain_values_stay_as_they_are() {
        check(json!({"a": 1, "b": {"c": [true]}}), &[], json!({"a": 1, "b": {"c": [true]}}));
    }

    #[test]
    fn ok_variables_of_variables_in_any_order() {
        check(
            json!({"url": "ws://{{host}}/", "host": "h:{{port}}", "port": 9}),
            &[],
            json!({"url": "ws://h:9/", "host": "h:9", "port": 9}),
        );
    }

    #[test]
    fn ok_a_made_up_value_is_made_up_once() {
        let values =
            resolve(json!({"a": "{{room}}", "room": "r-{{uuid}}", "b": "{{room}}"}), &[]).expect("values");
        assert_eq!(values["a"], values["b"]);
        assert_eq!(values["a"].as_str().map(str::len), Some(38));
    }

    #[test]
    fn ok_an_override_changes_what_is_made_of_it() {
        check(
            json!({"url": "ws://{{host}}/", "host": "a"}),
            &[("host", "x"), ("host", "b")],
            json!({"url": "ws://b/", "host": "b"}),
        );
    }

    #[test]
    fn ok_an_override_has_the_type_of_the_default() {
        check(json!({"n": 5}), &[("n", "7")], json!({"n": 7}));
        check(json!({"n": "5"}), &[("n", "7")], json!({"n": "7"}));
        check(json!({"n": "{{env.NONE ?? 5}}"}), &[("n", "7")], json!({"n": 7}));
        check(json!({"n": 5}), &[("n", "30s")], json!({"n": "30s"}));
        check(json!({"n": [1]}), &[("n", "[2, 3]")], json!({"n": [2, 3]}));
    }

    #[test]
    fn ok_an_override_may_have_placeholders() {
        check(
            json!({"a": "x", "b": "y"}),
            &[("a", "{{b}}{{env.HOST}}")],
            json!({"a": "yexample.com", "b": "y"}),
        );
    }

    #[test]
    fn ok_the_shared_variables() {
        check(
            json!({"ws_url": "{{env.WS_URL ?? ws://localhost:9000/ws}}", "num_clients": "{{env.COUNT ?? 5}}"}),
            &[],
            json!({"ws_url": "ws://localhost:9000/ws", "num_clients": 10}),
        );
    }

    #[test]
    fn err_an_unknown_override_names_the_nearest() {
        check_err(
            json!({"room": 1}),
            &[("rom", "x")],
            &["variable \"rom\": the suite has no such variable; did you mean \"room\"?"],
        );
    }

    #[test]
    fn err_a_cycle_is_named() {
        check_err(
            json!({"x": "{{a}}", "a": "{{b}}", "b": "{{c}}!", "c": "{{a}}"}),
            &[],
            &["variable \"a\": it refers to itself: a → b → c → a"],
        );
        check_err(json!({"a": "{{a}}"}), &[], &["variable \"a\": it refers to itself: a → a"]);
    }

    #[test]
    fn err_an_unknown_name() {
        check_err(
            json!({"room": 1, "a": "{{rooom}}"}),
            &[],
            &["variable \"a\": no variable is called \"rooom\"; did you mean \"room\"?"],
        );
    }

    #[test]
    fn err_what_only_a_client_has() {
        check_err(
            json!({"a": "{{seq}}"}),
            &[],
            &[
                "variable \"a\": {{seq}} has no value in a variable, which is worked out once, before any client acts",
            ],
        );
        check_err(
            json!({"a": "{{bob.sid}}"}),
            &[],
            &[
                "variable \"a\": {{bob.sid}} has no value in a variable, which is worked out once, before any client acts",
            ],
        );
    }

    #[test]
    fn err_all_at_once_and_each_cause_once() {
        check_err(
            json!({"uuid": 1, "a b": 1, "c": "{{", "d": "{{c}}", "e": "{{env.X}}"}),
            &[],
            &[
                "variable \"uuid\": {{uuid}} means something else already; choose another name",
                "variable \"a b\": this is not a valid name; a name is a letter or _, then letters, digits, _ and -",
                "variable \"c\": a placeholder begins here and has no end; close it with }}, or write \\{{ for the two braces themselves",
                "variable \"e\": the environment has no X; set it, or write {{env.X ?? default}}",
            ],
        );
    }

    #[test]
    fn err_doubling_ends_at_the_limit() {
        let mut definitions = json!({"a0": "xxxxxxxxxxxxxxxx"});
        for i in 1..200 {
            definitions[format!("a{i}")] = json!(format!("{{{{a{}}}}}{{{{a{}}}}}", i - 1, i - 1));
        }
        check_err(definitions, &[], &["variable \"a20\": the expanded text is larger than 16777216 bytes"]);
    }

    #[test]
    fn ok_a_long_chain() {
        let mut definitions = json!({"a20000": 1});
        for i in (0..20_000).rev() {
            definitions[format!("a{i}")] = json!(format!("{{{{a{}}}}}", i + 1));
        }
        assert_eq!(resolve(definitions, &[]).expect("values")["a0"], json!(1));
    }
}
