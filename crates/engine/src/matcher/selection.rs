//! The matcher `path`: a JSONPath and what its values must be.
//!
//! Owns how one condition meets several values: at least one is selected, and every one of them holds. So
//! `$.items[*].id` with `gt: 0` is about all items. `exists: false` requires that nothing is selected.

use serde_json::Value;

use super::error::Mistakes;
use super::json;
use super::mismatch::Tally;
use super::place::Place;
use super::query::Query;
use super::rule::{PATH, Rules};

/// A JSONPath with operators.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    /// Absent while it holds a placeholder.
    query: Option<Query>,
    text: String,
    rules: Rules,
}

impl Selection {
    /// Reads `{"path": "$.id", "eq": 1}`.
    pub(super) fn read(spec: &Value, at: &Place<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let Value::Object(keys) = spec else {
            mistakes.wrong(at, "a JSONPath or an object with path and an operator", spec);
            return None;
        };
        let Some(path) = keys.get("path") else {
            mistakes.wrong(at, "an object with path", spec);
            return None;
        };
        let operators = keys.iter().filter(|(key, _)| *key != "path");
        Self::compile(path, &at.member("path"), operators, at, mistakes)
    }

    /// A path without an operator wants that something is there.
    pub(super) fn compile<'a>(
        path: &Value,
        at: &Place<'_>,
        operators: impl Iterator<Item = (&'a String, &'a Value)>,
        beside: &Place<'_>,
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let mut operators = operators.peekable();
        let rules = match operators.peek() {
            Some(_) => Rules::compile(operators, &PATH, beside, mistakes),
            None => Rules::present(),
        };
        let Value::String(text) = path else {
            mistakes.wrong(at, "a JSONPath in a string", path);
            return None;
        };
        let query = match Query::parse(text) {
            Ok(query) => Some(query),
            Err(_) if json::holds_placeholder(text) => None,
            Err(error) => {
                mistakes.add(at, error);
                return None;
            }
        };
        Some(Self { query, text: text.clone(), rules })
    }

    pub(super) fn judge(&self, root: &Value, tally: &mut Tally) {
        let Some(query) = &self.query else {
            return tally.miss(&Place::Root, || self.expected(), || json::excerpt(root));
        };
        let mut count = 0;
        let went_through = query.walk(root, &mut |place, value| {
            count += 1;
            self.rules.judge(Some(value), place, tally);
            !tally.is_decided()
        });
        if went_through.is_err() {
            let wanted = || "a path that visits fewer values".into();
            tally.miss(&Place::Root, wanted, || format!("more than {} visits", super::query::MOST_VISITS));
        } else if count == 0 {
            if self.rules.wants_absence() {
                tally.hold();
            } else {
                let wanted = || format!("{} at {}", json::excerpt(self.rules.source()), self.text);
                tally.miss(&Place::Root, wanted, || "nothing".into());
            }
        }
    }

    /// What it says of the whole value; none where it looks into it.
    pub(super) fn of_value(&self) -> Option<String> {
        (self.text == "$").then(|| self.rules.in_words())
    }

    pub(super) fn expected(&self) -> String {
        format!(
            "JSON where {} is {}",
            json::cut(self.text.as_str().into()),
            json::excerpt(self.rules.source())
        )
    }
}
