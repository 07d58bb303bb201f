//! What an editor asks for, checked before the document is touched.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::RequestId;
use crate::routes::error_reply::ErrorReply;

/// The operations, for those who name another one.
const KNOWN: &str = "open, update_content, update_metadata, expand, fail";
/// Children that one expansion may make.
const MOST_CHILDREN: usize = 100;

/// A message of an editor, with every field that some operation has.
#[derive(Debug, Deserialize)]
pub struct Request<'a> {
    /// The operation.
    #[serde(rename = "type")]
    pub kind: String,
    /// What the answer carries.
    #[serde(borrow)]
    pub id: RequestId<'a>,
    fragment: Option<String>,
    base_version: Option<u64>,
    content: Option<Value>,
    metadata: Option<Value>,
    children: Option<Value>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Show the document.
    Open,
    /// Fail on purpose.
    Fail,
    /// Change one fragment.
    Change {
        /// Which.
        fragment: String,
        /// Refuse if the fragment has changed since this version.
        base_version: Option<u64>,
        /// How.
        change: Change,
    },
}

/// A change of one fragment.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Replaces the content.
    Content(String),
    /// Merges keys into the metadata; `null` removes one.
    Metadata(Map<String, Value>),
    /// Appends children with these contents.
    Expand(Vec<String>),
}

impl Edit {
    /// Reads a request.
    pub fn read(request: Request<'_>) -> Result<Self, ErrorReply> {
        match request.kind.as_str() {
            "open" => return Ok(Self::Open),
            "fail" => return Ok(Self::Fail),
            "update_content" | "update_metadata" | "expand" => {}
            other => return Err(ErrorReply::unknown_type(other, KNOWN)),
        }
        let fragment = request.fragment.filter(|fragment| !fragment.is_empty());
        let fragment = fragment.ok_or_else(|| ErrorReply::missing("fragment"))?;
        let change = match request.kind.as_str() {
            "update_content" => match request.content {
                Some(Value::String(content)) => Change::Content(content),
                Some(_) => return Err(ErrorReply::invalid("content", "a string")),
                None => return Err(ErrorReply::missing("content")),
            },
            "update_metadata" => match request.metadata {
                Some(Value::Object(metadata)) => Change::Metadata(metadata),
                Some(_) => return Err(ErrorReply::invalid("metadata", "an object")),
                None => return Err(ErrorReply::missing("metadata")),
            },
            _ => Change::Expand(children(request.children)?),
        };
        Ok(Self::Change { fragment, base_version: request.base_version, change })
    }
}

/// The contents of new children: a list of strings, a count, or two when absent.
fn children(given: Option<Value>) -> Result<Vec<String>, ErrorReply> {
    let expected = || ErrorReply::invalid("children", "a list of strings, or a count, from 1 to 100");
    let contents = match given {
        None => vec![String::new(); 2],
        Some(Value::Number(count)) => {
            let count = count.as_u64().and_then(|count| usize::try_from(count).ok()).ok_or_else(expected)?;
            vec![String::new(); count.min(MOST_CHILDREN + 1)]
        }
        Some(Value::Array(contents)) => contents
            .into_iter()
            .map(|content| match content {
                Value::String(content) => Ok(content),
                _ => Err(expected()),
            })
            .collect::<Result<_, _>>()?,
        Some(_) => return Err(expected()),
    };
    if (1..=MOST_CHILDREN).contains(&contents.len()) { Ok(contents) } else { Err(expected()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<Edit, &str>) {
        let got = Edit::read(serde_json::from_str(text).unwrap());
        assert_eq!(got.map_err(|error_reply| error_reply.code), expected);
    }

    #[test]
    fn a_field_that_an_operation_needs_is_missed() {
        for text in [
            r#"{"type":"update_content","content":"x"}"#,
            r#"{"type":"update_content","fragment":"","content":"x"}"#,
            r#"{"type":"update_content","fragment":"f1"}"#,
            r#"{"type":"update_metadata","fragment":"f1"}"#,
            r#"{"type":"expand"}"#,
        ] {
            check(text, Err("missing_field"));
        }
    }

    #[test]
    fn a_field_of_another_form_is_refused() {
        for text in [
            r#"{"type":"update_content","fragment":"f1","content":7}"#,
            r#"{"type":"update_metadata","fragment":"f1","metadata":[]}"#,
            r#"{"type":"expand","fragment":"f1","children":0}"#,
            r#"{"type":"expand","fragment":"f1","children":101}"#,
            r#"{"type":"expand","fragment":"f1","children":[]}"#,
            r#"{"type":"expand","fragment":"f1","children":[1]}"#,
        ] {
            check(text, Err("invalid_field"));
        }
    }

    #[test]
    fn an_unknown_operation_is_named_with_the_known_ones() {
        check(r#"{"type":"updat_content"}"#, Err("unknown_type"));
    }

    #[test]
    fn an_expansion_without_children_makes_two() {
        let change = Change::Expand(vec![String::new(), String::new()]);
        let edit = Edit::Change { fragment: "f1".to_owned(), base_version: None, change };
        check(r#"{"type":"expand","fragment":"f1"}"#, Ok(edit));
    }
}
