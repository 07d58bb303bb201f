//! One document: a tree of fragments with a version that grows by one with every change.

use serde_json::{Map, Value, json};

use super::edit::Change;
use crate::routes::error_reply::ErrorReply;

/// The fragments of a new document.
const FIRST: [&str; 3] = ["f1", "f2", "f3"];
/// What a fragment costs beside its content and metadata.
const OVERHEAD: usize = 100;

/// A document.
#[derive(Debug, Clone)]
pub struct Doc {
    version: u64,
    fragments: Vec<Fragment>,
    size: usize,
}

#[derive(Debug, Clone)]
struct Fragment {
    id: String,
    parent: Option<String>,
    content: String,
    metadata: Map<String, Value>,
    children: Vec<String>,
    /// The document's version when this fragment last changed.
    version: u64,
}

impl Default for Doc {
    /// Three fragments, at version 1.
    fn default() -> Self {
        let fragments = FIRST.map(|id| Fragment::new(id.to_owned(), None, format!("Fragment {id}"), 1));
        let size = fragments.iter().map(Fragment::size).sum();
        Self { version: 1, fragments: fragments.into(), size }
    }
}

impl Fragment {
    fn new(id: String, parent: Option<String>, content: String, version: u64) -> Self {
        Self { id, parent, content, metadata: Map::new(), children: Vec::new(), version }
    }

    fn size(&self) -> usize {
        let metadata = serde_json::to_string(&self.metadata).map_or(0, |text| text.len());
        OVERHEAD + self.id.len() + self.content.len() + metadata
    }

    fn state(&self) -> Value {
        json!({
            "id": self.id,
            "parent": self.parent,
            "content": self.content,
            "metadata": self.metadata,
            "children": self.children,
            "version": self.version,
        })
    }
}

impl Doc {
    /// The number of changes so far, and one.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Everything, for those who come late.
    pub fn state(&self) -> Value {
        let fragments: Vec<Value> = self.fragments.iter().map(Fragment::state).collect();
        json!({ "version": self.version, "fragments": fragments })
    }

    /// Changes a fragment. Returns the message for the other editors. Changes nothing when it objects.
    pub fn change(
        &mut self,
        id: &str,
        base_version: Option<u64>,
        change: Change,
        limit: usize,
    ) -> Result<Value, ErrorReply> {
        let at = self.fragments.iter().position(|fragment| fragment.id == id);
        let at =
            at.ok_or_else(|| ErrorReply::new("unknown_fragment", format!("there is no fragment {id:?}")))?;
        let mut fragment = self.fragments[at].clone();
        if base_version.is_some_and(|base| base < fragment.version) {
            let words = format!("fragment {id:?} has changed since; it is at version {}", fragment.version);
            return Err(ErrorReply::new("conflict", words));
        }
        let version = self.version + 1;
        fragment.version = version;
        let mut children = Vec::new();
        let event = match change {
            Change::Content(content) => {
                fragment.content = content;
                json!({ "type": "content_updated", "content": fragment.content })
            }
            Change::Metadata(metadata) => {
                for (key, value) in metadata {
                    if value.is_null() {
                        fragment.metadata.remove(&key);
                    } else {
                        fragment.metadata.insert(key, value);
                    }
                }
                json!({ "type": "metadata_updated", "metadata": fragment.metadata })
            }
            Change::Expand(contents) => {
                for content in contents {
                    let child = format!("{id}.{}", fragment.children.len() + 1);
                    let content = if content.is_empty() { format!("Fragment {child}") } else { content };
                    fragment.children.push(child.clone());
                    children.push(Fragment::new(child, Some(id.to_owned()), content, version));
                }
                let added: Vec<Value> = children.iter().map(Fragment::state).collect();
                json!({ "type": "expanded", "children": added })
            }
        };
        let added: usize = children.iter().map(Fragment::size).sum();
        let size = self.size - self.fragments[at].size() + fragment.size() + added;
        if size > limit {
            return Err(ErrorReply::new(
                "doc_full",
                format!("the document would be larger than {limit} bytes"),
            ));
        }
        self.version = version;
        self.size = size;
        self.fragments[at] = fragment;
        self.fragments.extend(children);
        let mut event = event;
        event["fragment"] = json!(id);
        event["version"] = json!(version);
        Ok(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 10_000;

    #[test]
    fn each_change_raises_the_version_by_one() {
        let mut doc = Doc::default();
        for version in 2..5 {
            let event = doc.change("f1", None, Change::Content("x".to_owned()), LIMIT).unwrap();
            assert_eq!((event["version"].as_u64(), doc.version()), (Some(version), version));
        }
    }

    #[test]
    fn metadata_merges_and_null_removes() {
        let mut doc = Doc::default();
        let change = |text| Change::Metadata(serde_json::from_str(text).unwrap());
        doc.change("f1", None, change(r#"{"a":1,"b":2}"#), LIMIT).unwrap();
        let event = doc.change("f1", None, change(r#"{"a":null,"c":3}"#), LIMIT).unwrap();
        assert_eq!(event["metadata"], json!({ "b": 2, "c": 3 }));
    }

    #[test]
    fn children_can_be_changed_and_expanded_in_turn() {
        let mut doc = Doc::default();
        doc.change("f2", None, Change::Expand(vec!["one".to_owned(), String::new()]), LIMIT).unwrap();
        let event = doc.change("f2.2", None, Change::Expand(vec!["deep".to_owned()]), LIMIT).unwrap();
        assert_eq!(event["children"][0]["id"], "f2.2.1");
        assert_eq!(event["children"][0]["parent"], "f2.2");
    }

    #[test]
    fn a_change_of_something_that_changed_since_is_a_conflict() {
        let mut doc = Doc::default();
        doc.change("f1", Some(1), Change::Content("mine".to_owned()), LIMIT).unwrap();
        let error_reply = doc.change("f1", Some(1), Change::Content("late".to_owned()), LIMIT).unwrap_err();
        assert_eq!(error_reply.code, "conflict");
        assert_eq!(doc.state()["fragments"][0]["content"], "mine");
    }

    #[test]
    fn a_document_does_not_outgrow_its_limit() {
        let mut doc = Doc::default();
        let before = doc.state();
        let error_reply = doc.change("f1", None, Change::Content("x".repeat(LIMIT)), LIMIT).unwrap_err();
        assert_eq!((error_reply.code, doc.state()), ("doc_full", before));
    }
}
