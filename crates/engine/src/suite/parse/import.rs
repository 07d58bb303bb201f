//! What a suite brings in from other documents.
//!
//! Owns which of their keys count and what happens when two documents have the same name. The documents themselves were read
//! with the suite.

use std::collections::HashMap;

use super::client::Written;
use super::reader::{Fields, Reader};
use crate::base::words::cut;
use crate::suite::keys::SUITE;
use crate::suite::source::{Member, Node, Span};

impl<'t> Reader<'t> {
    /// The documents that the suite imports, each with its keys. Of those that are not for others, a run of its own tells
    /// what is wrong.
    pub(super) fn imported(&mut self) -> Vec<Fields<'t>> {
        let source = self.source;
        let mut found = Vec::new();
        for beside in &source.beside {
            let example = "{\"sockscope\": 1, \"suite\": \"common\", \"define\": {}}";
            let Some(fields) = self.fields(&beside.source.root, &SUITE, example) else {
                self.is_open = true;
                continue;
            };
            if let Some(version) = fields.get("sockscope") {
                self.version(version);
            }
            found.push(fields);
        }
        found
    }

    /// Clients of all documents.
    pub(super) fn all_clients<'n>(&mut self, nodes: impl Iterator<Item = &'n Node>) -> Vec<Written> {
        let (mut clients, mut places) = (Vec::new(), HashMap::new());
        for node in nodes {
            self.check_clashes("client", node.members().unwrap_or_default(), &mut places);
            clients.extend(self.clients(node, &[]));
        }
        clients
    }

    /// Names that another document has, too.
    pub(super) fn check_clashes<'n>(
        &mut self,
        what: &str,
        members: &'n [Member],
        places: &mut HashMap<&'n str, Span>,
    ) {
        for member in members {
            match places.get(member.key.as_str()) {
                Some(other) => self.clash(what, &member.key, member.key_span, *other),
                None => drop(places.insert(&member.key, member.key_span)),
            }
        }
    }

    /// One name for two things.
    pub(super) fn clash(&mut self, what: &str, name: &str, at: Span, other: Span) {
        // A key that comes twice in one object is said already.
        if self.source.file_of(at) != self.source.file_of(other) {
            let (name, place) = (cut(name, 60), self.source.place(other));
            self.wrong(at, format!("another {what} is called {name:?} too, in {place}"));
        }
    }
}
