//! A JSON Schema that has been read, and what it says of a value.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::json;
use super::super::mismatch::{Mismatch, Tally};
use super::super::place::Place;
use super::error::{Faults, SchemaError, SchemaErrorKind};
use super::node::{Node, NodeId};
use super::reference::Reader;
use super::walk;

/// A JSON Schema that has been read.
#[derive(Clone, Debug)]
pub struct Schema {
    nodes: Vec<Node>,
    /// For each resource, its dynamic anchors.
    anchors: Vec<BTreeMap<String, NodeId>>,
    expected: String,
}

impl Schema {
    /// Reads a schema, with all mistakes in it at once.
    ///
    /// ```
    /// # use serde_json::json;
    /// # use sockscope_engine::matcher::Schema;
    /// assert!(Schema::compile(&json!({"type": "object", "required": ["id"]})).is_ok());
    /// let mistakes = Schema::compile(&json!({"propertis": {}, "items": {"type": "strin"}})).unwrap_err();
    /// assert_eq!(
    ///     mistakes[0].to_string(),
    ///     r#"$.propertis: unknown keyword "propertis"; did you mean "properties"?"#,
    /// );
    /// assert_eq!(mistakes[1].to_string(), r#"$.items.type: unknown type "strin"; did you mean "string"?"#);
    /// ```
    pub fn compile(spec: &Value) -> Result<Self, Vec<SchemaError>> {
        Self::read(spec, &Place::Root)
    }

    pub(in super::super) fn read(spec: &Value, at: &Place<'_>) -> Result<Self, Vec<SchemaError>> {
        if json::is_too_deep(spec) {
            let mut faults = Faults::default();
            faults.add(at, SchemaErrorKind::TooDeep);
            return Err(faults.0);
        }
        let (nodes, anchors) = Reader::default().document(spec, at)?;
        let expected = match spec.get("title") {
            Some(title @ Value::String(_)) => format!("JSON that fits the schema {}", json::excerpt(title)),
            _ => format!("JSON that fits the schema {}", json::excerpt(spec)),
        };
        Ok(Self { nodes, anchors, expected })
    }

    /// Why the value does not fit.
    ///
    /// ```
    /// # use serde_json::json;
    /// # use sockscope_engine::matcher::Schema;
    /// let schema = json!({"title": "price", "properties": {"eur": {"type": "number", "minimum": 0}}});
    /// let schema = Schema::compile(&schema).unwrap();
    /// assert_eq!(
    ///     schema.check(&json!({"eur": -1})).unwrap_err().to_string(),
    ///     "expected JSON that fits the schema \"price\": $.eur: expected a number that is at least 0, found -1",
    /// );
    /// ```
    pub fn check(&self, value: &Value) -> Result<(), Mismatch> {
        if self.holds(value) {
            return Ok(());
        }
        let mut tally = Tally::full();
        self.judge(value, &mut tally);
        Err(tally.into_mismatch(self.expected()))
    }

    /// Whether the value fits: [`Self::check`] without the reasons.
    pub fn holds(&self, value: &Value) -> bool {
        let mut tally = Tally::brief();
        self.judge(value, &mut tally);
        !tally.has_missed()
    }

    /// What it wants, in a few words.
    pub fn expected(&self) -> String {
        self.expected.clone()
    }

    pub(in super::super) fn judge(&self, value: &Value, tally: &mut Tally) {
        walk::judge(&self.nodes, &self.anchors, value, tally);
    }
}
