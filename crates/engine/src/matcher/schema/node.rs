//! A schema that has been read: nodes that name each other by number.
//!
//! Owns the form only. Numbers instead of boxes, because a reference may lead to any node, its own too.

use std::collections::BTreeMap;

use super::super::pattern::Pattern;
use super::assertion::Assertion;

/// Which node; the schema itself is number 0.
pub(super) type NodeId = usize;

/// One schema within the schema.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    /// The document or embedded document that it is in.
    pub(super) resource: usize,
    pub(super) keywords: Vec<Keyword>,
    pub(super) unevaluated_items: Option<NodeId>,
    pub(super) unevaluated_members: Option<NodeId>,
}

/// What a schema asks for. Keywords that speak of each other are one here.
#[derive(Clone, Debug)]
pub(super) enum Keyword {
    Assertion(Assertion),
    Ref(NodeId),
    /// The name is there when the anchor is dynamic; the outermost schema on the way that has it is meant then.
    DynamicRef(NodeId, Option<String>),
    AllOf(Vec<NodeId>),
    AnyOf(Vec<NodeId>),
    OneOf(Vec<NodeId>),
    /// With the schema as it was written.
    Not(NodeId, String),
    If {
        condition: NodeId,
        then: Option<NodeId>,
        otherwise: Option<NodeId>,
    },
    DependentSchemas(Vec<(String, NodeId)>),
    Members(Members),
    Names(NodeId),
    Items {
        prefix: Vec<NodeId>,
        rest: Option<NodeId>,
    },
    Contains {
        node: NodeId,
        least: u64,
        most: Option<u64>,
        source: String,
    },
}

/// `properties`, `patternProperties` and `additionalProperties`.
#[derive(Clone, Debug, Default)]
pub(super) struct Members {
    pub(super) named: BTreeMap<String, NodeId>,
    pub(super) patterns: Vec<(Pattern, NodeId)>,
    pub(super) rest: Option<NodeId>,
}

impl Keyword {
    /// The schemas that the same value must or may fit, where that is known beforehand.
    pub(super) fn in_place(&self) -> Vec<NodeId> {
        match self {
            Self::Ref(node) | Self::DynamicRef(node, None) | Self::Not(node, _) => vec![*node],
            Self::AllOf(nodes) | Self::AnyOf(nodes) | Self::OneOf(nodes) => nodes.clone(),
            Self::If { condition, then, otherwise } => {
                [Some(*condition), *then, *otherwise].into_iter().flatten().collect()
            }
            Self::DependentSchemas(nodes) => nodes.iter().map(|(_, node)| *node).collect(),
            _ => Vec::new(),
        }
    }
}
