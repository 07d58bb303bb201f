//! What a person filters by, as plain data.

use serde::{Deserialize, Serialize};

/// How the text of a filter is to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FilterMode {
    /// Somewhere in the content.
    #[default]
    Text,
    /// A regular expression.
    Regex,
    /// A JSON path that selects something, or whose value compares: `$.id`, `$.type == "ping"`, `$.n >= 3`.
    Path,
}

/// What passes. Everything, unless something is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FilterSpec {
    /// What is looked for; empty for nothing.
    pub text: String,
    /// How.
    pub mode: FilterMode,
    /// Whether capitals matter. They do in a JSON path.
    pub match_case: bool,
    /// Messages that we sent.
    pub sent: bool,
    /// Messages that came in.
    pub received: bool,
    /// Opening, closing, failing.
    pub life: bool,
    /// Messages of text.
    pub is_text: bool,
    /// Messages of bytes.
    pub is_binary: bool,
    /// The connections; all when empty.
    pub connections: Vec<u32>,
    /// Bytes of content at least.
    pub least: Option<u64>,
    /// Bytes of content at most.
    pub most: Option<u64>,
}

impl Default for FilterSpec {
    fn default() -> Self {
        Self {
            text: String::new(),
            mode: FilterMode::Text,
            match_case: false,
            sent: true,
            received: true,
            life: true,
            is_text: true,
            is_binary: true,
            connections: Vec::new(),
            least: None,
            most: None,
        }
    }
}

/// What is wrong with a filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Not a regular expression.
    #[error("not a regular expression: {0}")]
    Regex(String),
    /// Not a path.
    #[error("not a JSON path: {0}")]
    Path(String),
    /// Not a JSON value on the right of an operator.
    #[error("{0} is no JSON value; write texts in double quotes, such as $.type == \"ping\"")]
    Value(String),
}
