//! A JSON value whose strings are templates.
//!
//! Owns the walk: strings are expanded, keys are not. The walk is recursive, so reading a document bounds its depth,
//! and later steps never make it deeper.

use serde_json::{Map, Value};

use super::expand::{Budget, ExpandError, ExpandErrorKind, LIMIT, Scope};
use super::parse::{Reference, Template, TemplateError, TemplateErrorKind};

/// How deep a document may be; as deep as what serde_json reads.
const DEEPEST: usize = 128;

/// A JSON value that has been read for placeholders once and can be expanded many times.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    root: Node,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    /// No placeholder in it.
    Plain(Value),
    Text(Template),
    Array(Vec<Node>),
    Object(Vec<(String, Node)>),
}

/// One step of a path to a string.
#[derive(Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Item(usize),
}

/// Expands every string of `value` once. Read a [`Document`] instead when it is expanded again and again.
pub fn expand_json(
    value: &Value,
    scope: &mut dyn Scope,
) -> Result<Result<Value, ExpandError>, Vec<TemplateError>> {
    Document::parse(value).map(|document| document.expand(scope))
}

impl Document {
    /// Reads all strings of a value. All mistakes are reported at once, each with its JSON path.
    pub fn parse(value: &Value) -> Result<Self, Vec<TemplateError>> {
        let mut errors = Vec::new();
        let root = read(value, &mut Vec::new(), &mut errors);
        if errors.is_empty() { Ok(Self { root }) } else { Err(errors) }
    }

    /// A value in which nothing is a placeholder, whatever it looks like.
    pub fn plain(value: Value) -> Self {
        Self { root: Node::Plain(value) }
    }

    /// What its strings refer to, in order, each with its JSON path.
    pub fn names(&self) -> Vec<Reference> {
        let mut names = Vec::new();
        collect(&self.root, &mut Vec::new(), &mut names);
        names
    }

    /// Puts the values in.
    pub fn expand(&self, scope: &mut dyn Scope) -> Result<Value, ExpandError> {
        self.expand_within(&mut Budget::new(LIMIT), scope)
    }

    pub(super) fn expand_within(
        &self,
        budget: &mut Budget,
        scope: &mut dyn Scope,
    ) -> Result<Value, ExpandError> {
        expand(&self.root, &mut Vec::new(), budget, scope)
    }

    /// Whether it is one placeholder and nothing else.
    pub fn is_placeholder(&self) -> bool {
        self.template().is_some_and(Template::is_placeholder)
    }

    /// The text, when it is one text with placeholders.
    pub(super) fn template(&self) -> Option<&Template> {
        match &self.root {
            Node::Text(template) => Some(template),
            _ => None,
        }
    }

    /// The value, when it has no placeholder and so is the same every time.
    pub fn literal(&self) -> Option<&Value> {
        match &self.root {
            Node::Plain(value) => Some(value),
            _ => None,
        }
    }
}

fn read<'a>(value: &'a Value, path: &mut Vec<Step<'a>>, errors: &mut Vec<TemplateError>) -> Node {
    if path.len() > DEEPEST {
        errors.push(TemplateError { path: show(path), at: 0, kind: TemplateErrorKind::TooDeep(DEEPEST) });
        return Node::Plain(Value::Null);
    }
    let node = match value {
        Value::String(text) => match Template::parse(text) {
            Ok(template) => Node::Text(template),
            Err(found) => {
                errors.extend(found.into_iter().map(|error| TemplateError { path: show(path), ..error }));
                return Node::Plain(Value::Null);
            }
        },
        Value::Array(items) => {
            let nodes = items
                .iter()
                .enumerate()
                .map(|(i, item)| within(Step::Item(i), path, |path| read(item, path, errors)));
            Node::Array(nodes.collect())
        }
        Value::Object(entries) => {
            let nodes = entries.iter().map(|(key, entry)| {
                (key.clone(), within(Step::Key(key), path, |path| read(entry, path, errors)))
            });
            Node::Object(nodes.collect())
        }
        other => return Node::Plain(other.clone()),
    };
    settle(node)
}

/// A node without placeholders as the value that it is, so that expanding it is one copy.
fn settle(node: Node) -> Node {
    let plain = |node: &Node| matches!(node, Node::Plain(_));
    let value = |node: Node| if let Node::Plain(value) = node { value } else { Value::Null };
    match node {
        Node::Text(template) => match template.literal().map(str::to_owned) {
            Some(text) => Node::Plain(Value::String(text)),
            None => Node::Text(template),
        },
        Node::Array(nodes) if nodes.iter().all(plain) => {
            Node::Plain(Value::Array(nodes.into_iter().map(value).collect()))
        }
        Node::Object(nodes) if nodes.iter().all(|(_, node)| plain(node)) => {
            Node::Plain(Value::Object(nodes.into_iter().map(|(key, node)| (key, value(node))).collect()))
        }
        other => other,
    }
}

fn collect<'a>(node: &'a Node, path: &mut Vec<Step<'a>>, names: &mut Vec<Reference>) {
    match node {
        Node::Plain(_) => {}
        Node::Text(template) => {
            let path = show(path);
            names.extend(template.names().into_iter().map(|name| Reference { path: path.clone(), ..name }));
        }
        Node::Array(nodes) => {
            for (i, node) in nodes.iter().enumerate() {
                within(Step::Item(i), path, |path| collect(node, path, names));
            }
        }
        Node::Object(nodes) => {
            for (key, node) in nodes {
                within(Step::Key(key), path, |path| collect(node, path, names));
            }
        }
    }
}

fn expand<'a>(
    node: &'a Node,
    path: &mut Vec<Step<'a>>,
    budget: &mut Budget,
    scope: &mut dyn Scope,
) -> Result<Value, ExpandError> {
    let placed = |path: &[Step], kind: ExpandErrorKind| ExpandError { path: show(path), at: 0, kind };
    match node {
        Node::Plain(value) => {
            budget.spend_value(value).map_err(|kind| placed(path, kind))?;
            Ok(value.clone())
        }
        Node::Text(template) => {
            template.expand_within(budget, scope).map_err(|error| ExpandError { path: show(path), ..error })
        }
        Node::Array(nodes) => {
            let mut items = Vec::with_capacity(nodes.len());
            for (i, node) in nodes.iter().enumerate() {
                items.push(within(Step::Item(i), path, |path| expand(node, path, budget, scope))?);
            }
            Ok(Value::Array(items))
        }
        Node::Object(nodes) => {
            let mut entries = Map::with_capacity(nodes.len());
            for (key, node) in nodes {
                budget.spend(key.len()).map_err(|kind| placed(path, kind))?;
                let value = within(Step::Key(key), path, |path| expand(node, path, budget, scope))?;
                entries.insert(key.clone(), value);
            }
            Ok(Value::Object(entries))
        }
    }
}

fn within<'a, T>(step: Step<'a>, path: &mut Vec<Step<'a>>, walk: impl FnOnce(&mut Vec<Step<'a>>) -> T) -> T {
    path.push(step);
    let result = walk(path);
    path.pop();
    result
}

/// The path in the notation of JSONPath.
fn show(path: &[Step]) -> String {
    let mut shown = "$".to_owned();
    for step in path {
        match step {
            Step::Item(i) => shown.push_str(&format!("[{i}]")),
            Step::Key(key) if !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_') => {
                shown.push('.');
                shown.push_str(key);
            }
            Step::Key(key) => {
                shown.push_str(&format!("['{}']", key.replace('\\', "\\\\").replace('\'', "\\'")));
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::expand::fixture::Known;
    use super::*;

    #[track_caller]
    fn check(value: Value, expected: Value) {
        let document = Document::parse(&value).expect("a good document");
        assert_eq!(document.expand(&mut Known::with_seed(42)), Ok(expected));
    }

    #[test]
    fn ok_strings_are_expanded_and_keys_are_not() {
        check(json!({"{{n}}": ["{{n}}", "a{{n}}", 1.5, null]}), json!({"{{n}}": [5, "a5", 1.5, null]}));
    }

    #[test]
    fn ok_a_value_comes_in_whole() {
        check(json!({"a": {"b": "{{who}}"}}), json!({"a": {"b": {"b": 1, "a": [true, null]}}}));
    }

    #[test]
    fn ok_keys_stay_in_order() {
        let value = json!({"z": "{{n}}", "a": {"y": 1, "b": 2}});
        let expanded =
            expand_json(&value, &mut Known::with_seed(1)).expect("a good document").expect("values");
        assert_eq!(expanded.to_string(), r#"{"z":5,"a":{"y":1,"b":2}}"#);
    }

    #[test]
    fn ok_what_is_plain_is_known_at_once() {
        let plain = Document::parse(&json!({"a": [1, r"\{{b}}"]})).expect("a good document");
        assert_eq!(plain.literal(), Some(&json!({"a": [1, "{{b}}"]})));
    }

    #[test]
    fn err_each_mistake_has_its_path() {
        let errors = Document::parse(&json!({"a": ["{{", {"b c": "x{{}}"}]})).expect_err("two mistakes");
        let places: Vec<_> = errors.iter().map(|error| (error.path.as_str(), error.at)).collect();
        assert_eq!(places, [("$.a[0]", 0), ("$.a[1]['b c']", 1)]);
    }

    #[test]
    fn err_a_missing_value_has_its_path() {
        let document = Document::parse(&json!({"a": ["b", "{{c}}"]})).expect("a good document");
        assert_eq!(document.expand(&mut Known::with_seed(1)).expect_err("no c").path, "$.a[1]");
    }

    #[test]
    fn names_have_their_path() {
        let document = Document::parse(&json!({"a": ["b", "{{c}}"]})).expect("a good document");
        assert_eq!(document.names().first().map(|name| name.path.as_str()), Some("$.a[1]"));
    }

    #[test]
    fn err_nested_without_end() {
        let deep = (0..1000).fold(json!("{{n}}"), |inner, _| json!([inner]));
        let errors = Document::parse(&deep).expect_err("too deep");
        assert_eq!(errors[0].to_string(), "nested deeper than 128 levels");
    }

    #[test]
    fn err_a_large_value_many_times() {
        let mut scope = Known::with_seed(1);
        scope.variables.insert("big".to_owned(), json!("x".repeat(LIMIT / 8)));
        let document = Document::parse(&json!(vec!["{{big}}"; 1000])).expect("a good document");
        assert_eq!(document.expand(&mut scope).expect_err("too much").path, "$[8]");
    }
}
