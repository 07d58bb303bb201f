//! What a link carries, part by part, so that a person decides on each.
//!
//! Owns the names of the parts and what remains of a set-up when some are left out. It refuses to know what makes a part a suspect.

use serde::{Deserialize, Serialize};

use super::{ConnectionId, Workspace};
use crate::engine::bench::draft::Draft;

/// A part of a set-up that is taken or left out as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Part {
    /// A connection: its name, address and options.
    Connection(ConnectionId),
    /// What looks like a secret in the address and subprotocols of a connection, which is shared without it otherwise.
    Address(ConnectionId),
    /// A message that a connection sends on opening, by its place.
    OnOpen(ConnectionId, u32),
    /// The heartbeat of a connection.
    Heartbeat(ConnectionId),
    /// A saved message, by its place.
    Message(u32),
    /// An auto-reply, by its place.
    Rule(u32),
    /// A variable, by its place.
    Variable(u32),
    /// A saved filter, by its place.
    Filter(u32),
    /// A highlight, by its place.
    Highlight(u32),
    /// What stands in the composer.
    Draft,
    /// How the composer repeats, the memory limit and the layout.
    Settings,
}

impl Part {
    /// The heading it stands under.
    pub fn group(self) -> &'static str {
        match self {
            Self::Connection(_) | Self::Address(_) => "Connections",
            Self::OnOpen(..) => "Messages sent on opening",
            Self::Heartbeat(_) => "Heartbeats",
            Self::Message(_) => "Saved messages",
            Self::Rule(_) => "Auto-replies",
            Self::Variable(_) => "Variables",
            Self::Filter(_) => "Saved filters",
            Self::Highlight(_) => "Highlights",
            Self::Draft => "Draft",
            Self::Settings => "Settings",
        }
    }

    /// The connection without which it means nothing.
    pub fn needs(self) -> Option<ConnectionId> {
        match self {
            Self::Address(id) | Self::OnOpen(id, _) | Self::Heartbeat(id) => Some(id),
            _ => None,
        }
    }
}

/// A part as the dialog shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Which.
    pub part: Part,
    /// What people call it.
    pub name: String,
    /// What it holds, masked and cut.
    pub content: String,
    /// Why it may hold a secret, in sentences without their full stop; none when it is not a suspect.
    pub suspicions: Vec<String>,
    /// Whether it goes along unless a person says otherwise.
    pub is_ticked: bool,
}

/// What a link brings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Offered {
    /// All of it.
    pub workspace: Workspace,
    /// Its parts.
    pub parts: Vec<Listed>,
    /// What its maker left out, in words.
    pub left_out: Vec<String>,
}

impl Workspace {
    /// The set-up with only these parts. What belongs to a connection goes with it.
    pub fn keep_only(mut self, parts: &[Part]) -> Self {
        let has = |part: Part| {
            parts.contains(&part) && part.needs().is_none_or(|id| parts.contains(&Part::Connection(id)))
        };
        fn keep<T>(items: &mut Vec<T>, mut has: impl FnMut(u32) -> bool) {
            let mut nth = 0;
            items.retain(|_| {
                nth += 1;
                has(nth - 1)
            });
        }
        self.connections.retain(|setup| has(Part::Connection(setup.id)));
        for setup in &mut self.connections {
            let id = setup.id;
            keep(&mut setup.on_open, |nth| has(Part::OnOpen(id, nth)));
            if !has(Part::Heartbeat(id)) {
                setup.heartbeat = None;
            }
        }
        keep(&mut self.messages, |nth| has(Part::Message(nth)));
        keep(&mut self.variables, |nth| has(Part::Variable(nth)));
        keep(&mut self.filters, |nth| has(Part::Filter(nth)));
        keep(&mut self.highlights, |nth| has(Part::Highlight(nth)));
        let mut nth = 0;
        let known: Vec<ConnectionId> = self.connections.iter().map(|setup| setup.id).collect();
        self.rules.retain_mut(|rule| {
            nth += 1;
            let was_for_all = rule.connections.is_empty();
            rule.connections.retain(|id| known.contains(id));
            // A rule for one connection must not become a rule for all.
            rule.is_on &= was_for_all || !rule.connections.is_empty();
            has(Part::Rule(nth - 1))
        });
        // One for a connection that is gone takes no row, and must not take all.
        let specs = self.filters.iter_mut().map(|it| &mut it.spec);
        for spec in specs.chain(self.highlights.iter_mut().map(|it| &mut it.spec)) {
            let is_known = |id: &u32| known.contains(&ConnectionId(*id));
            if !spec.connections.iter().all(is_known) {
                spec.connections.retain(is_known);
                if spec.connections.is_empty() {
                    spec.connections.push(0);
                }
            }
        }
        if !has(Part::Draft) {
            self.draft = Draft::default();
        }
        if !has(Part::Settings) {
            let usual = Self::default();
            (self.repeat, self.budget, self.layout) = (usual.repeat, usual.budget, usual.layout);
            (self.type_member, self.columns) = (usual.type_member, usual.columns);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::bench::{Rule, Setup};

    #[test]
    fn what_belongs_to_a_connection_goes_with_it() {
        let setup = |id: u32| Setup {
            id: ConnectionId(id),
            on_open: vec![Draft::plain("a"), Draft::plain("b")],
            ..Setup::default()
        };
        let rule = Rule { is_on: true, connections: vec![ConnectionId(1)], ..Rule::default() };
        let workspace =
            Workspace { connections: vec![setup(1), setup(2)], rules: vec![rule], ..Workspace::default() };
        let (one, two) = (ConnectionId(1), ConnectionId(2));
        let parts = [Part::Connection(two), Part::OnOpen(one, 0), Part::OnOpen(two, 1), Part::Rule(0)];
        let kept = workspace.keep_only(&parts);
        assert_eq!(kept.connections.len(), 1);
        assert_eq!(kept.connections[0].on_open, [Draft::plain("b")]);
        assert!(!kept.rules[0].is_on, "a rule for a connection that is gone does not reply to all others");
    }
}
