//! The values that a person types for suites, kept for the next visit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A named set of values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Environment {
    /// What people call it.
    pub name: String,
    /// What `{{env.NAME}}` finds, and values of variables of the same name.
    pub values: Vec<Value>,
}

/// One value of an environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Value {
    /// Such as `WS_URL`.
    pub name: String,
    /// Empty means: not set.
    pub value: String,
    /// Masked in everything that leaves, and kept only when asked.
    pub is_secret: bool,
}

/// What is typed into the forms of the view, kept for the next visit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Forms {
    /// Named sets; the first one is there always.
    pub environments: Vec<Environment>,
    /// Which of them is used.
    pub environment: usize,
    /// Values of variables, by suite and name.
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// The same of secrets; empty unless they are kept.
    pub secrets: BTreeMap<String, BTreeMap<String, String>>,
    /// Whether the values of secrets are kept too.
    pub keeps_secrets: bool,
    /// The suite that was looked at last.
    pub selected: String,
}
