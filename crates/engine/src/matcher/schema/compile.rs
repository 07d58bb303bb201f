//! Reading a schema.
//!
//! Owns the keywords and the schemas within them. References are resolved after everything is read. An unknown keyword
//! is legal, but one letter away from a known one it is reported: as a typo it would check nothing.

use serde_json::{Map, Value};

use crate::base::nearest::nearest;

use super::super::json;
use super::super::place::Place;
use super::assertion::{self, Assertion, read_count, read_pattern};
use super::error::SchemaErrorKind;
use super::node::{Keyword, Members, Node, NodeId};
use super::reference::{Pending, Reader};

/// Keywords that hold schemas, beside those of [`assertion::NAMES`].
const HOLDING: [&str; 29] = [
    "$id",
    "$schema",
    "$ref",
    "$anchor",
    "$dynamicRef",
    "$dynamicAnchor",
    "$defs",
    "definitions",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependentSchemas",
    "properties",
    "patternProperties",
    "additionalProperties",
    "propertyNames",
    "prefixItems",
    "items",
    "contains",
    "minContains",
    "maxContains",
    "unevaluatedItems",
    "unevaluatedProperties",
    "$vocabulary",
    "$comment",
];

/// Keywords that describe. They are never what a slip was meant to be, so that `example` and the like stay legal.
const DESCRIBING: [&str; 10] = [
    "title",
    "description",
    "default",
    "deprecated",
    "readOnly",
    "writeOnly",
    "examples",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
];

/// What older drafts and OpenAPI 3.0 had, and what says the same today. All of it would check nothing without a word.
const OUTDATED: [(&str, &str); 9] = [
    ("id", "$id"),
    ("additionalItems", "items, beside prefixItems for the first ones"),
    ("dependencies", "dependentRequired or dependentSchemas"),
    ("divisibleBy", "multipleOf"),
    ("extends", "allOf"),
    ("disallow", "not"),
    ("$recursiveRef", "$dynamicRef"),
    ("$recursiveAnchor", "$dynamicAnchor"),
    ("nullable", "\"null\" into the list of type"),
];

/// Schemas that a keyword has brought, to be put together with its neighbours.
#[derive(Default)]
struct Gathered {
    members: Option<Members>,
    prefix: Vec<NodeId>,
    rest: Option<NodeId>,
    contains: Option<(NodeId, String)>,
    least: Option<u64>,
    most: Option<u64>,
    condition: Option<NodeId>,
    then: Option<NodeId>,
    otherwise: Option<NodeId>,
}

impl<'s> Reader<'s> {
    /// Reads the schema that stands there, once.
    pub(super) fn read(&mut self, spec: &'s Value, at: &Place<'_>, resource: usize) -> NodeId {
        if let Some(node) = self.node_of(spec) {
            return node;
        }
        let node = self.add(spec, Node { resource, ..Node::default() });
        let assertion = match spec {
            Value::Object(keywords) => {
                self.read_keywords(node, spec, keywords, at);
                return node;
            }
            Value::Bool(true) => return node,
            Value::Bool(false) => Assertion::Nothing,
            Value::String(text) if json::holds_placeholder(text) => Assertion::Unexpanded(text.clone()),
            _ => {
                self.faults.wrong(at, "a schema: an object, true or false", spec);
                return node;
            }
        };
        self.push(node, Keyword::Assertion(assertion));
        node
    }

    fn read_keywords(
        &mut self,
        node: NodeId,
        spec: &'s Value,
        keywords: &'s Map<String, Value>,
        at: &Place<'_>,
    ) {
        // First of all, since the references beside it are relative to it.
        if let Some(id) = keywords.get("$id") {
            self.enter(node, id, spec, at);
        }
        let mut gathered = Gathered::default();
        for (name, value) in keywords {
            let at = &at.member(name);
            if assertion::NAMES.contains(&name.as_str()) {
                self.read_assertion(node, name, value, at);
            } else if !HOLDING.contains(&name.as_str()) {
                self.suspect(name, at);
            } else if !self.read_core(node, name, value, at) {
                self.read_applicator(node, name, value, at, &mut gathered);
            }
        }
        self.put_together(node, gathered);
    }

    fn read_assertion(&mut self, node: NodeId, name: &str, value: &Value, at: &Place<'_>) {
        let assertion = match value {
            Value::String(text) if name != "const" && json::holds_placeholder(text) => {
                Some(Assertion::Unexpanded(text.clone()))
            }
            _ => Assertion::read(name, value, at, &mut self.faults),
        };
        if let Some(assertion) = assertion {
            self.push(node, Keyword::Assertion(assertion));
        }
    }

    /// A keyword that this draft does not have.
    fn suspect(&mut self, name: &str, at: &Place<'_>) {
        if DESCRIBING.contains(&name) || name.starts_with("x-") {
            return;
        }
        if let Some((_, instead)) = OUTDATED.iter().find(|(old, _)| *old == name) {
            return self.faults.add(at, SchemaErrorKind::Outdated { instead });
        }
        // What is nearest to a describing keyword is let go.
        let checking = HOLDING.iter().chain(&assertion::NAMES).copied();
        let near = nearest(name, checking.clone().chain(DESCRIBING));
        if let Some(near) = near.filter(|near| !DESCRIBING.contains(near)) {
            let (what, name) = ("keyword", json::cut(name.into()));
            self.faults.add(at, SchemaErrorKind::Unknown { what, name, near: Some(near) });
        }
    }

    /// Names and references. Returns whether it was one.
    fn read_core(&mut self, node: NodeId, name: &str, value: &'s Value, at: &Place<'_>) -> bool {
        match (name, value) {
            ("$id" | "$comment" | "$vocabulary", _) => {}
            ("$schema", Value::String(dialect)) => {
                if dialect.trim_end_matches('#') != "https://json-schema.org/draft/2020-12/schema" {
                    let instead = "\"https://json-schema.org/draft/2020-12/schema\", or leave it out";
                    self.faults.add(at, SchemaErrorKind::Outdated { instead });
                }
            }
            ("$ref" | "$dynamicRef", Value::String(text)) if json::holds_placeholder(text) => {
                self.push(node, Keyword::Assertion(Assertion::Unexpanded(text.clone())));
            }
            ("$ref" | "$dynamicRef", Value::String(text)) => {
                let is_dynamic = name == "$dynamicRef";
                self.pending.push(Pending { node, text, is_dynamic, at: at.to_string() });
            }
            ("$anchor" | "$dynamicAnchor", Value::String(anchor)) if is_anchor(anchor) => {
                self.name(node, anchor, name == "$dynamicAnchor", at);
            }
            ("$anchor" | "$dynamicAnchor", _) => {
                self.faults.wrong(at, "a name of letters, digits, _ - and .", value);
            }
            ("$schema" | "$ref" | "$dynamicRef", _) => self.faults.wrong(at, "a URI in a string", value),
            ("$defs" | "definitions", _) => {
                self.read_named(node, value, at);
            }
            _ => return false,
        }
        true
    }

    fn read_applicator(
        &mut self,
        node: NodeId,
        name: &str,
        value: &'s Value,
        at: &Place<'_>,
        gathered: &mut Gathered,
    ) {
        let resource = self.nodes[node].resource;
        match name {
            "allOf" => {
                let list = self.read_list(node, value, at);
                self.push(node, Keyword::AllOf(list));
            }
            "anyOf" => {
                let list = self.read_list(node, value, at);
                self.push(node, Keyword::AnyOf(list));
            }
            "oneOf" => {
                let list = self.read_list(node, value, at);
                self.push(node, Keyword::OneOf(list));
            }
            "dependentSchemas" => {
                let named = self.read_named(node, value, at);
                self.push(node, Keyword::DependentSchemas(named));
            }
            "properties" => {
                let named = self.read_named(node, value, at);
                gathered.members.get_or_insert_default().named = named.into_iter().collect();
            }
            "patternProperties" => {
                for (text, id) in self.read_named(node, value, at) {
                    let pattern = read_pattern(&text, &at.member(&text), &mut self.faults);
                    let members = gathered.members.get_or_insert_default();
                    members.patterns.extend(pattern.map(|pattern| (pattern, id)));
                }
            }
            "prefixItems" => gathered.prefix = self.read_list(node, value, at),
            "items" if value.is_array() => {
                let instead = "prefixItems for a list of schemas by position";
                self.faults.add(at, SchemaErrorKind::Outdated { instead });
            }
            "minContains" => gathered.least = read_count(value, at, &mut self.faults),
            "maxContains" => gathered.most = read_count(value, at, &mut self.faults),
            _ => {
                let id = self.read(value, at, resource);
                match name {
                    "not" => self.push(node, Keyword::Not(id, json::excerpt(value))),
                    "propertyNames" => self.push(node, Keyword::Names(id)),
                    "additionalProperties" => gathered.members.get_or_insert_default().rest = Some(id),
                    "items" => gathered.rest = Some(id),
                    "contains" => gathered.contains = Some((id, json::excerpt(value))),
                    "if" => gathered.condition = Some(id),
                    "then" => gathered.then = Some(id),
                    "else" => gathered.otherwise = Some(id),
                    "unevaluatedItems" => self.nodes[node].unevaluated_items = Some(id),
                    _ => self.nodes[node].unevaluated_members = Some(id),
                }
            }
        }
    }

    fn put_together(&mut self, node: NodeId, gathered: Gathered) {
        let Gathered { members, prefix, rest, contains, least, most, condition, then, otherwise } = gathered;
        if let Some(members) = members {
            self.push(node, Keyword::Members(members));
        }
        if !prefix.is_empty() || rest.is_some() {
            self.push(node, Keyword::Items { prefix, rest });
        }
        if let Some((id, source)) = contains {
            self.push(node, Keyword::Contains { node: id, least: least.unwrap_or(1), most, source });
        }
        if let Some(condition) = condition {
            self.push(node, Keyword::If { condition, then, otherwise });
        }
    }

    /// An object of schemas.
    fn read_named(&mut self, node: NodeId, value: &'s Value, at: &Place<'_>) -> Vec<(String, NodeId)> {
        let resource = self.nodes[node].resource;
        match value {
            Value::Object(named) => {
                let read = |(name, spec): (&String, &'s Value)| {
                    (name.clone(), self.read(spec, &at.member(name), resource))
                };
                named.iter().map(read).collect()
            }
            Value::String(text) if json::holds_placeholder(text) => {
                self.push(node, Keyword::Assertion(Assertion::Unexpanded(text.clone())));
                Vec::new()
            }
            _ => {
                self.faults.wrong(at, "an object of schemas", value);
                Vec::new()
            }
        }
    }

    /// A list of schemas.
    fn read_list(&mut self, node: NodeId, value: &'s Value, at: &Place<'_>) -> Vec<NodeId> {
        let resource = self.nodes[node].resource;
        match value {
            Value::Array(list) if !list.is_empty() => {
                let read = |(i, spec)| self.read(spec, &at.item(i), resource);
                return list.iter().enumerate().map(read).collect();
            }
            Value::String(text) if json::holds_placeholder(text) => {
                self.push(node, Keyword::Assertion(Assertion::Unexpanded(text.clone())));
            }
            _ => self.faults.wrong(at, "a list of schemas, at least one", value),
        }
        Vec::new()
    }
}

/// Whether it can be an anchor. The draft allows ASCII only.
fn is_anchor(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}
