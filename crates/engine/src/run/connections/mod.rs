//! The connections of a check: their sockets, what has come on them, and the rules that their messages must keep.
//!
//! Owns who there is: single clients, and the members of groups as far as they are of this shard. It refuses to know steps.

pub(super) mod invariant;
pub(super) mod life;
pub(super) mod member;
pub(super) mod standing;

use std::cell::{Ref, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::inbox::message::Sequence;
use super::outcome::failure;
use super::shards::shard::{Groups, Shard};
use crate::World;
use crate::report::Failure;
use crate::suite::{Client, Target};
use invariant::{Guard, Law};
use member::{CheckContext, Member};

/// How many members a group may have; browsers stop at a few hundred connections.
const MOST_MEMBERS: u64 = 10_000;

/// An invariant, and the clients that it is about; all when none are named.
pub(super) type BoundLaw = (Law, Option<Vec<Target>>);

/// All connections of a check.
pub(super) struct Connections<W: World> {
    /// Those of this shard.
    members: RefCell<Vec<Rc<Member<W>>>>,
    pub groups: Groups,
    /// The order of their messages.
    pub sequence: Sequence,
    pub context: Rc<CheckContext>,
    laws: Vec<BoundLaw>,
    shard: Shard,
    /// By the place of a client: what its members get, one row each.
    rows: RefCell<BTreeMap<usize, Vec<Map<String, Value>>>>,
}

impl<W: World> Connections<W> {
    /// None yet, of this many clients.
    pub fn new(shard: Shard, clients: usize, laws: Vec<BoundLaw>, context: CheckContext) -> Self {
        Self {
            members: RefCell::default(),
            groups: Groups::new(shard, clients),
            sequence: Sequence::default(),
            context: Rc::new(context),
            laws,
            shard,
            rows: RefCell::default(),
        }
    }

    pub fn members(&self) -> Ref<'_, Vec<Rc<Member<W>>>> {
        self.members.borrow()
    }

    /// The member of this name.
    pub fn member(&self, name: &str) -> Option<Rc<Member<W>>> {
        self.members().iter().find(|member| member.name == name).cloned()
    }

    /// The client that a step acts on when neither it nor a step around it has `on`.
    pub fn only_member(&self, clients: &[Client]) -> Option<Rc<Member<W>>> {
        match (clients, self.members().as_slice()) {
            ([client], [member]) if client.count.is_none() => Some(member.clone()),
            _ => None,
        }
    }

    /// The rows that the members of a client will get.
    pub fn deal(&self, place: usize, rows: Vec<Map<String, Value>>) {
        if !rows.is_empty() {
            self.rows.borrow_mut().insert(place, rows);
        }
    }

    /// The row of a member.
    fn row(&self, place: usize, index: Option<u64>) -> Option<Ref<'_, Map<String, Value>>> {
        let index = index?;
        Ref::filter_map(self.rows.borrow(), |rows| {
            rows.get(&place).map(|rows| &rows[index as usize % rows.len()])
        })
        .ok()
    }

    /// Begins a session of a member: it knows its row, and nothing of the session before.
    pub fn renew(&self, member: &Member<W>) {
        let row = self.row(member.client, member.index);
        member.renew(self.sequence.next(), row.as_deref());
    }

    /// Makes members of a client, as far as there are not that many and they are of this shard.
    pub fn enlist(&self, place: usize, client: &Client, count: Option<u64>) -> Result<(), Box<Failure>> {
        if let Some(count) = count.filter(|count| *count > MOST_MEMBERS) {
            let name = &client.name;
            return Err(failure::script(format!(
                "{name} would have {count} members; {MOST_MEMBERS} is the most"
            )));
        }
        let mut members = self.members.borrow_mut();
        let names: Vec<(String, Option<u64>)> = match count {
            None => {
                self.groups.add_single(place);
                vec![(client.name.clone(), None)]
            }
            Some(count) => {
                let ours = self.groups.grow(place, count).filter(|i| self.shard.holds(*i));
                ours.map(|i| (format!("{}[{i}]", client.name), Some(i))).collect()
            }
        };
        for (name, index) in names {
            let guards = self.laws.iter().enumerate().filter(|(_, (_, on))| {
                on.as_ref().is_none_or(|on| on.iter().any(|target| means(target, &client.name, index)))
            });
            let guards = guards.map(|(number, (law, _))| Guard::new(number, law.clone())).collect();
            let (sequence, context) = (self.sequence.clone(), self.context.clone());
            let number = members.len();
            let member = Member::new(name, number, place, index, sequence, guards, context);
            if let Some(row) = self.row(place, index) {
                member.captures.borrow_mut().extend(row.clone());
            }
            members.push(member);
        }
        Ok(())
    }
}

/// Whether a target means this client.
pub(super) fn means(target: &Target, client: &str, index: Option<u64>) -> bool {
    match target {
        Target::All => true,
        Target::Client(name) => name == client,
        Target::Member(name, member) => name == client && index == Some(*member),
    }
}
