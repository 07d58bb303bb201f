//! A JSONPath with a comparison, as a person types it: `$.type == "ping"`.
//!
//! Owns reading it and when it holds: it selects a value, and with a comparison, one of the selected values fulfils it.
//! A path that selects nothing never holds, `!=` included: a message without a `type` is not one of another type.

use serde_json::Value;

use super::count::Comparison;
use super::json;
use super::query::{Query, QueryError};

/// A path, and what one of the values there must be.
#[derive(Clone, Debug)]
pub struct Condition {
    query: Query,
    test: Option<(Relation, Value)>,
}

#[derive(Clone, Copy, Debug)]
enum Relation {
    Compares(Comparison),
    Contains,
}

const RELATIONS: [(&str, Relation); 7] = [
    ("==", Relation::Compares(Comparison::Eq)),
    ("!=", Relation::Compares(Comparison::Ne)),
    ("<=", Relation::Compares(Comparison::Lte)),
    (">=", Relation::Compares(Comparison::Gte)),
    ("<", Relation::Compares(Comparison::Lt)),
    (">", Relation::Compares(Comparison::Gt)),
    ("contains", Relation::Contains),
];

impl Condition {
    /// Reads `$.a.b` or `$.a.b == 1`.
    ///
    /// ```
    /// # use serde_json::json;
    /// # use sockscope_engine::matcher::Condition;
    /// let condition = Condition::parse("$.price >= 1.50").unwrap();
    /// assert!(condition.holds(&json!({"price": 2})) && !condition.holds(&json!({"cost": 2})));
    /// assert_eq!(Condition::parse("$.a = 1").unwrap_err().to_string(), "expected . or [ or == != < <= > >= contains at character 5");
    /// ```
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let (query, end) = Query::parse_start(text)?;
        let after = text[end..].trim_ascii_start();
        if after.is_empty() {
            return Ok(Self { query, test: None });
        }
        let fail = |rest: &str, what: String| {
            let column = text[..text.len() - rest.len()].chars().count() + 1;
            Err(QueryError { what, column })
        };
        let Some((word, relation)) = RELATIONS.iter().find(|(word, _)| after.starts_with(word)) else {
            return fail(after, "expected . or [ or == != < <= > >= contains".to_owned());
        };
        let literal = after[word.len()..].trim_ascii_start();
        match serde_json::from_str(literal) {
            Ok(value) => Ok(Self { query, test: Some((*relation, value)) }),
            Err(_) => {
                fail(literal, "expected a JSON value such as 1, true or \"text\" in double quotes".to_owned())
            }
        }
    }

    /// Whether it holds for this document. A walk that has no end within bounds holds nothing.
    pub fn holds(&self, root: &Value) -> bool {
        let mut holds = false;
        // A walk that was given up has not found it, which is the answer.
        let _ = self.query.walk(root, &mut |_, value| {
            holds = self.test.as_ref().is_none_or(|(relation, wanted)| relation.holds(value, wanted));
            !holds
        });
        holds
    }

    /// Texts without which it holds for no JSON that has no escapes.
    pub(crate) fn needed(&self) -> impl Iterator<Item = &str> {
        let wanted = match &self.test {
            Some((Relation::Compares(Comparison::Eq), Value::String(text))) => Some(text.as_str()),
            _ => None,
        };
        self.query.needed_name().into_iter().chain(wanted)
    }
}

impl Relation {
    fn holds(self, value: &Value, wanted: &Value) -> bool {
        match self {
            Self::Compares(comparison) => match (json::order(value, wanted), comparison) {
                (Some(order), comparison) => comparison.holds(order),
                (None, Comparison::Eq | Comparison::Gte | Comparison::Lte) => json::equal(value, wanted),
                (None, Comparison::Ne) => !json::equal(value, wanted),
                (None, _) => false,
            },
            Self::Contains => match (value, wanted) {
                (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
                (Value::Array(items), wanted) => items.iter().any(|item| json::equal(item, wanted)),
                _ => false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(condition: &str, document: &str, expected: bool) {
        let condition = Condition::parse(condition).unwrap_or_else(|error| panic!("{condition}: {error}"));
        assert_eq!(condition.holds(&serde_json::from_str(document).unwrap()), expected, "{document}");
    }

    #[track_caller]
    fn check_err(condition: &str, expected: &str) {
        assert_eq!(Condition::parse(condition).unwrap_err().to_string(), expected);
    }

    #[test]
    fn a_path_alone_wants_that_something_is_there() {
        check("$.a.b", r#"{"a":{"b":null}}"#, true);
        check("$.a.b ", r#"{"a":{}}"#, false);
    }

    #[test]
    fn comparisons_are_by_value_and_exact() {
        check("$.n == 1", r#"{"n":1.0}"#, true);
        check("$.n == 1e16", r#"{"n":10000000000000001}"#, false);
        check("$.n>=2", r#"{"n":10}"#, true);
        check("$.n < \"b\"", r#"{"n":"a"}"#, true);
        check("$.n < 2", r#"{"n":"1"}"#, false);
        check("$.n == [1]", r#"{"n":[1.0]}"#, true);
        check("$[?@.id == 3].n != null", r#"[{"id":3,"n":1}]"#, true);
    }

    #[test]
    fn one_of_the_selected_values_is_enough() {
        check("$..id == 2", r#"[{"id":1},{"id":2}]"#, true);
        check("$.type != \"ping\"", r#"{"type":"pong"}"#, true);
        check("$.type != \"ping\"", r#"{"kind":"pong"}"#, false);
    }

    #[test]
    fn contains_looks_into_texts_and_lists() {
        check("$.t contains \"ell\"", r#"{"t":"hello"}"#, true);
        check("$.t contains 2", r#"{"t":[1,2.0]}"#, true);
        check("$.t contains 2", r#"{"t":22}"#, false);
    }

    #[test]
    fn err_says_where() {
        check_err("a", "expected $, with which every path begins, at character 1");
        check_err("$.a[", "expected a selector at character 5");
        check_err(
            "$.é == x",
            "expected a JSON value such as 1, true or \"text\" in double quotes at character 8",
        );
        check_err("$.a is 1", "expected . or [ or == != < <= > >= contains at character 5");
    }
}
