//! The clients that a step acts on.
//!
//! Owns what `on` means when a step begins. A member in another shard is rightly missing here, and a client that never
//! connected does not belong to `*`.

use std::rc::Rc;

use super::super::check::CheckRun;
use super::super::member::{Member, State};
use super::super::outcome::failure;
use super::execute::{StepContext, is_block};
use crate::World;
use crate::base::words;
use crate::report::Failure;
use crate::suite::{Field, Step, Target, Verb};

/// Those on whom a step acts.
pub(crate) type Members<W> = Vec<Rc<Member<W>>>;

impl<W: World> CheckRun<W> {
    /// Whether all clients of a step are in other shards. A step that takes time or names a moment runs in every shard.
    pub fn is_for_others(&self, step: &Step, targets: Option<&[Rc<Member<W>>]>) -> bool {
        let is_shard = !self.run.plan.options.shard.is_whole();
        is_shard && targets.is_some_and(<[_]>::is_empty) && !matches!(step.verb, Verb::Wait(_) | Verb::Mark)
    }

    /// The clients a step acts on; none when it names no client and none acts.
    pub fn targets(&self, step: &Step, acting: &StepContext<W>) -> Result<Option<Members<W>>, Box<Failure>> {
        let is_free = !needs_connection(&step.verb) && !is_block(&step.verb);
        let Some(on) = &step.on else {
            let member = acting.member.clone().or_else(|| self.only_member());
            let is_alone = matches!(
                step.verb,
                Verb::Wait(_)
                    | Verb::Set(_)
                    | Verb::Keep(_)
                    | Verb::Remark(_)
                    | Verb::Skip(_)
                    | Verb::Try(_)
                    | Verb::Bisect(_)
                    | Verb::Mark
                    | Verb::All(_)
                    | Verb::Repeat(_)
                    | Verb::Measure(..)
            );
            // Blocks run as they are; only the steps in them act on clients.
            return Ok(if is_alone { None } else { member.map(|member| vec![member]) });
        };
        if let Verb::Connect(spec) = &step.verb
            && let Some(count) = &spec.count
        {
            let count = count.get(&mut self.scope(acting.member.as_ref(), acting.round, None));
            return self.enlist_on(on, count.map_err(failure::script)?, acting).map(Some);
        }
        let mut found: Vec<Rc<Member<W>>> = Vec::new();
        for target in on {
            let target = self.read_target(target, acting)?;
            if matches!(step.verb, Verb::Connect(_)) {
                self.meant(&target).for_each(|(place, index)| self.groups.join(place, index));
            }
            for member in self.find(&target, is_free, acting)? {
                if !found.iter().any(|known| Rc::ptr_eq(known, &member)) {
                    found.push(member);
                }
            }
        }
        Ok(Some(found))
    }

    /// In teardown after a failure, a client that never connected is part of that failure and not a new one. None when
    /// no client is left.
    #[allow(clippy::option_option, reason = "a step that acts on no particular client runs")]
    pub fn without_absent(
        &self,
        step: &Step,
        targets: Option<Members<W>>,
        acting: &StepContext<W>,
    ) -> Option<Option<Members<W>>> {
        let Some(members) = targets else { return Some(None) };
        if !acting.is_follow_up || !needs_connection(&step.verb) {
            return Some(Some(members));
        }
        let there: Vec<_> = members.into_iter().filter(|member| member.state() != State::Never).collect();
        (!there.is_empty()).then_some(Some(there))
    }

    fn read_target(&self, target: &Field<Target>, acting: &StepContext<W>) -> Result<Target, Box<Failure>> {
        let mut scope = self.scope(acting.member.as_ref(), acting.round, None);
        target.get(&mut scope).map_err(failure::script)
    }

    fn find(
        &self,
        target: &Target,
        is_free: bool,
        acting: &StepContext<W>,
    ) -> Result<Members<W>, Box<Failure>> {
        let clients = &self.definition().clients;
        let members = self.members.borrow();
        let meant = |member: &&Rc<Member<W>>| {
            super::super::check::means(target, &clients[member.client].name, member.index)
        };
        let all: Vec<_> = members.iter().filter(meant).cloned().collect();
        // A client that has not connected does not belong to `*`, but a named one does.
        let is_named = match target {
            Target::All => false,
            Target::Client(name) => {
                let client = clients.iter().find(|client| client.name == *name);
                client.is_none_or(|client| client.count.is_none())
            }
            Target::Member(..) => true,
        };
        // A member in another shard acts there and not here; that is not a mistake.
        let is_elsewhere =
            || self.meant(target).any(|(place, index)| self.groups.has_elsewhere(place, index));
        if is_free || is_named {
            return match all.is_empty() {
                true if is_elsewhere() => Ok(all),
                true => Err(self.unknown(target)),
                false => Ok(all),
            };
        }
        let connected: Vec<_> = all.iter().filter(|member| member.state() != State::Never).cloned().collect();
        match (connected.is_empty(), all.is_empty()) {
            (false, _) => Ok(connected),
            (true, true) if is_elsewhere() => Ok(all),
            (true, true) => Err(self.unknown(target)),
            (true, false) if acting.is_follow_up => Ok(all),
            (true, false) if self.meant(target).any(|(place, _)| self.groups.is_joined_elsewhere(place)) => {
                Ok(connected)
            }
            (true, false) => Err(failure::script("none of them is connected; connect them first")),
        }
    }

    /// The clients that a target means, by their place, with the member where it means one.
    fn meant(&self, target: &Target) -> impl Iterator<Item = (usize, Option<u64>)> {
        let clients = self.definition().clients.iter().enumerate();
        clients.filter_map(move |(place, client)| match target {
            Target::All => Some((place, None)),
            Target::Client(name) => (*name == client.name).then_some((place, None)),
            Target::Member(name, index) => (*name == client.name).then_some((place, Some(*index))),
        })
    }

    fn unknown(&self, target: &Target) -> Box<Failure> {
        failure::script(match target {
            Target::All => "the suite has no clients".to_owned(),
            Target::Client(name) => format!("no client is called {name}, or its group is empty"),
            Target::Member(name, member) => {
                let place = self.definition().clients.iter().position(|client| client.name == *name);
                let count = place.map_or(0, |place| self.groups.size(place)) as usize;
                format!(
                    "{name} has {}, so {name}[{member}] does not exist",
                    words::counted(count as u64, "member")
                )
            }
        })
    }

    /// The first `count` members of a group, made if there are not that many.
    fn enlist_on(
        &self,
        on: &[Field<Target>],
        count: u64,
        acting: &StepContext<W>,
    ) -> Result<Members<W>, Box<Failure>> {
        let mut found = Vec::new();
        for target in on {
            let Target::Client(name) = self.read_target(target, acting)? else {
                return Err(failure::script("count goes with the name of one group"));
            };
            let clients = &self.definition().clients;
            let Some(place) = clients.iter().position(|client| client.name == name) else {
                return Err(failure::script(format!("no client is called {name}")));
            };
            self.enlist(place, &clients[place], Some(count))?;
            if count > 0 {
                self.groups.join(place, None);
            }
            let members = self.members.borrow();
            let is_among = |member: &&Rc<Member<W>>| {
                member.client == place && member.index.is_some_and(|index| index < count)
            };
            found.extend(members.iter().filter(is_among).cloned());
        }
        Ok(found)
    }
}

/// Whether a step does something with a connection that is there.
fn needs_connection(verb: &Verb) -> bool {
    match verb {
        Verb::Send(..)
        | Verb::Expect(_)
        | Verb::Silence(_)
        | Verb::Close(_)
        | Verb::Closed(_)
        | Verb::Reconnect(_) => true,
        Verb::Connect(_)
        | Verb::Http(_)
        | Verb::Wait(_)
        | Verb::Set(_)
        | Verb::Keep(_)
        | Verb::Remark(_)
        | Verb::Skip(_)
        | Verb::Try(_)
        | Verb::Bisect(_)
        | Verb::Mark
        | Verb::All(_)
        | Verb::Repeat(_)
        | Verb::Measure(..) => false,
    }
}
