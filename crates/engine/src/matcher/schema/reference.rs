//! Names of schemas, and references to them.
//!
//! Owns finding what `$ref` and `$dynamicRef` mean. A URI is only a name here: nothing is fetched, so a reference
//! outside the document is a mistake. A reference may lead to a place where no keyword holds a schema; that place is
//! then read as one.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::place::Place;
use super::endless;
use super::error::{Faults, SchemaError, SchemaErrorKind};
use super::node::{Keyword, Node, NodeId};
use super::uri;

/// A schema that is being read.
#[derive(Default)]
pub(super) struct Reader<'s> {
    pub(super) nodes: Vec<Node>,
    pub(super) pending: Vec<Pending<'s>>,
    pub(super) faults: Faults,
    resources: Vec<Resource<'s>>,
    /// Values are identified by their address, which stays while the document is borrowed.
    nodes_by_address: BTreeMap<usize, NodeId>,
    resources_by_uri: BTreeMap<String, usize>,
}

/// The document, or a schema within it that has an `$id` and so a URI of its own.
struct Resource<'s> {
    uri: String,
    root: &'s Value,
    at: String,
    anchors: BTreeMap<String, NodeId>,
    dynamic: BTreeMap<String, NodeId>,
}

/// A reference that has been read and not yet followed.
pub(super) struct Pending<'s> {
    pub(super) node: NodeId,
    pub(super) text: &'s str,
    pub(super) is_dynamic: bool,
    pub(super) at: String,
}

/// The nodes of a schema and, for each resource, its dynamic anchors.
pub(super) type Compiled = (Vec<Node>, Vec<BTreeMap<String, NodeId>>);

impl<'s> Reader<'s> {
    /// Reads a whole document.
    pub(super) fn document(mut self, spec: &'s Value, at: &Place<'_>) -> Result<Compiled, Vec<SchemaError>> {
        self.add_resource(String::new(), spec, at);
        self.read(spec, at, 0);
        let mut places = BTreeMap::new();
        // What a reference leads to can hold references.
        while let Some(pending) = self.pending.pop() {
            match self.follow(&pending) {
                Ok(keyword) => self.push(pending.node, keyword),
                Err(kind) => self.faults.add(&Place::Written(&pending.at), kind),
            }
            places.insert(pending.node, pending.at);
        }
        if let Some(node) = endless::circle(&self.nodes) {
            let at = places.get(&node).cloned().unwrap_or_else(|| at.to_string());
            self.faults.add(&Place::Written(&at), SchemaErrorKind::Endless);
        }
        if self.faults.0.is_empty() {
            Ok((self.nodes, self.resources.into_iter().map(|resource| resource.dynamic).collect()))
        } else {
            Err(self.faults.0)
        }
    }

    pub(super) fn add(&mut self, spec: &'s Value, node: Node) -> NodeId {
        self.nodes.push(node);
        self.nodes_by_address.insert(address(spec), self.nodes.len() - 1);
        self.nodes.len() - 1
    }

    pub(super) fn push(&mut self, node: NodeId, keyword: Keyword) {
        self.nodes[node].keywords.push(keyword);
    }

    pub(super) fn node_of(&self, spec: &Value) -> Option<NodeId> {
        self.nodes_by_address.get(&address(spec)).copied()
    }

    /// The node has an `$id`: from here on, references are relative to that.
    pub(super) fn enter(&mut self, node: NodeId, id: &Value, spec: &'s Value, at: &Place<'_>) {
        let here = at.member("$id");
        let outer = self.nodes[node].resource;
        let Some(id) =
            id.as_str().map(|id| id.strip_suffix('#').unwrap_or(id)).filter(|id| !id.contains('#'))
        else {
            return self.faults.wrong(&here, "a URI without a fragment", id);
        };
        let uri = uri::resolve(&self.resources[outer].uri, id);
        if self.resources_by_uri.contains_key(&uri) {
            return self.faults.add(&here, SchemaErrorKind::Taken(uri));
        }
        self.nodes[node].resource = self.add_resource(uri, spec, at);
    }

    fn add_resource(&mut self, uri: String, root: &'s Value, at: &Place<'_>) -> usize {
        // A document whose `$id` is read after this is still what the empty reference means to itself.
        if !uri.is_empty() {
            self.resources_by_uri.insert(uri.clone(), self.resources.len());
        }
        let (at, anchors, dynamic) = (at.to_string(), BTreeMap::new(), BTreeMap::new());
        self.resources.push(Resource { uri, root, at, anchors, dynamic });
        self.resources.len() - 1
    }

    /// The node has an anchor.
    pub(super) fn name(&mut self, node: NodeId, anchor: &str, is_dynamic: bool, at: &Place<'_>) {
        let resource = &mut self.resources[self.nodes[node].resource];
        if is_dynamic {
            resource.dynamic.insert(anchor.to_owned(), node);
        }
        match resource.anchors.insert(anchor.to_owned(), node) {
            Some(other) if other != node => self.faults.add(at, SchemaErrorKind::Taken(anchor.to_owned())),
            _ => {}
        }
    }

    fn follow(&mut self, pending: &Pending<'s>) -> Result<Keyword, SchemaErrorKind> {
        let (reference, fragment) = pending.text.split_once('#').unwrap_or((pending.text, ""));
        let own = self.nodes[pending.node].resource;
        let resource = if reference.is_empty() {
            own
        } else {
            let uri = uri::resolve(&self.resources[own].uri, reference);
            let known = self.resources_by_uri.get(&uri).copied();
            known.ok_or(SchemaErrorKind::Elsewhere(uri))?
        };
        let no_target = || SchemaErrorKind::NoTarget(pending.text.to_owned());
        let fragment = uri::decode(fragment);
        if !fragment.is_empty() && !fragment.starts_with('/') {
            let Resource { anchors, dynamic, .. } = &self.resources[resource];
            let node = anchors.get(&fragment).copied().ok_or_else(no_target)?;
            let is_dynamic = pending.is_dynamic && dynamic.contains_key(&fragment);
            return Ok(match pending.is_dynamic {
                true => Keyword::DynamicRef(node, is_dynamic.then_some(fragment)),
                false => Keyword::Ref(node),
            });
        }
        let Resource { root, at, .. } = &self.resources[resource];
        let (root, at) = (*root, at.clone());
        let steps: Vec<_> =
            fragment.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
        let node = self.descend(root, &steps, &Place::Written(&at), resource).ok_or_else(no_target)?;
        Ok(Keyword::Ref(node))
    }

    /// The schema at the end of a JSON pointer.
    fn descend(
        &mut self,
        value: &'s Value,
        steps: &[String],
        at: &Place<'_>,
        resource: usize,
    ) -> Option<NodeId> {
        // An embedded document on the way is the one that what lies below belongs to.
        let resource = self.node_of(value).map_or(resource, |node| self.nodes[node].resource);
        let Some((step, rest)) = steps.split_first() else {
            return Some(self.read(value, at, resource));
        };
        match value {
            Value::Object(members) => self.descend(members.get(step)?, rest, &at.member(step), resource),
            Value::Array(items) => {
                let index = step.parse().ok().filter(|index: &usize| index.to_string() == *step)?;
                self.descend(items.get(index)?, rest, &at.item(index), resource)
            }
            _ => None,
        }
    }
}

fn address(value: &Value) -> usize {
    std::ptr::from_ref(value).addr()
}
