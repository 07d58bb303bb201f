//! The clients that a step acts on.
//!
//! Owns what `on` means when a step begins. A member in another shard is rightly missing here, and a client that never
//! connected does not belong to `*`.

use std::rc::Rc;

use super::super::connections::means;
use super::super::connections::member::{Member, State};
use super::super::context::step::StepContext;
use super::super::outcome::failure;
use crate::World;
use crate::base::words;
use crate::report::Failure;
use crate::suite::{Client, Field, Step, Target, Verb};

/// Those on whom a step acts.
pub(super) type Members<W> = Vec<Rc<Member<W>>>;

/// Whether all clients of a step are in other shards. A step that takes time or names a moment runs in every shard.
pub(super) fn is_for_others<W: World>(
    context: &StepContext<'_, W>,
    step: &Step,
    targets: Option<&[Rc<Member<W>>]>,
) -> bool {
    let is_shard = !context.run().plan.options.shard.is_whole();
    is_shard && targets.is_some_and(<[_]>::is_empty) && !matches!(step.verb, Verb::Wait(_) | Verb::Mark)
}

/// The clients a step acts on; none when it names no client and none acts.
pub(super) fn targets<W: World>(
    context: &StepContext<'_, W>,
    step: &Step,
) -> Result<Option<Members<W>>, Box<Failure>> {
    let connections = &context.check.connections;
    let clients = &context.check.definition.clients;
    let Some(on) = &step.on else {
        // Blocks run as they are; only the steps in them act on clients.
        if acts_alone(&step.verb) {
            return Ok(None);
        }
        let member = context.member.clone().or_else(|| connections.only_member(clients));
        return Ok(member.map(|member| vec![member]));
    };
    if let Verb::Connect(spec) = &step.verb
        && let Some(count) = &spec.count
    {
        let count = count.get(&mut context.scope());
        return enlist_on(context, on, count.map_err(failure::script)?).map(Some);
    }
    let opens = matches!(&step.verb, Verb::Ramp(ramp) if ramp.opens());
    let is_free = opens || !needs_connection(&step.verb) && !is_block(&step.verb);
    // A definition may connect those who use it.
    let may_connect = matches!(step.verb, Verb::Use(_));
    let is_shard = !context.run().plan.options.shard.is_whole();
    let mut found: Members<W> = Vec::new();
    for target in on {
        let target = read_target(context, target)?;
        let join = |target: &Target| {
            meant(target, clients).for_each(|(place, index)| connections.groups.join(place, index));
        };
        match &step.verb {
            Verb::Connect(_) => join(&target),
            // It opens its members itself.
            Verb::Ramp(_) if opens => join(&target),
            // Where all of them are in other shards, its steps run there only.
            verb if is_shard && is_block(verb) => {
                for_each_connected(step, &mut |connected| match connected {
                    Field::Fixed(connected) => join(connected),
                    // Such as `{{client}}`.
                    Field::Open(_) => join(&target),
                })
            }
            _ => {}
        }
        for member in find(context, &target, is_free, may_connect)? {
            if !found.iter().any(|known| Rc::ptr_eq(known, &member)) {
                found.push(member);
            }
        }
    }
    Ok(Some(found))
}

/// Whose captures decide whether a step runs.
pub(super) enum Decider<W: World> {
    Member(Rc<Member<W>>),
    /// Variables alone decide.
    NoClient,
    /// It is in another shard, where the step acts.
    Elsewhere,
}

/// Those of the client that acts around it decide, or else those of the only one that it names.
pub(super) fn decider<W: World>(
    context: &StepContext<'_, W>,
    step: &Step,
) -> Result<Decider<W>, Box<Failure>> {
    let connections = &context.check.connections;
    let clients = &context.check.definition.clients;
    let only = || connections.only_member(clients).map_or(Decider::NoClient, Decider::Member);
    if let Some(member) = &context.member {
        return Ok(Decider::Member(member.clone()));
    }
    let Some([target]) = step.on.as_deref() else { return Ok(only()) };
    let target = read_target(context, target)?;
    if !names_one(&target, clients) {
        return Ok(only());
    }
    Ok(match find(context, &target, true, false).map(|members| members.into_iter().next()) {
        Ok(Some(member)) => Decider::Member(member),
        Ok(None) => Decider::Elsewhere,
        // That there is no such member is said when it is to act.
        Err(_) => Decider::NoClient,
    })
}

/// In teardown after a failure, a client that never connected is part of that failure and not a new one. None when
/// no client is left.
#[allow(clippy::option_option, reason = "a step that acts on no particular client runs")]
pub(super) fn without_absent<W: World>(
    context: &StepContext<'_, W>,
    step: &Step,
    targets: Option<Members<W>>,
) -> Option<Option<Members<W>>> {
    let Some(members) = targets else { return Some(None) };
    if !context.is_follow_up || !needs_connection(&step.verb) {
        return Some(Some(members));
    }
    let there: Vec<_> = members.into_iter().filter(|member| member.state() != State::Never).collect();
    (!there.is_empty()).then_some(Some(there))
}

/// The clients that steps within this one connect.
fn for_each_connected(step: &Step, found: &mut dyn FnMut(&Field<Target>)) {
    if let Verb::Connect(_) = &step.verb {
        step.on.iter().flatten().for_each(&mut *found);
    }
    step.inner().for_each(|step| for_each_connected(step, found));
}

/// Whether a target can mean one member only.
fn names_one(target: &Target, clients: &[Client]) -> bool {
    match target {
        Target::All => false,
        Target::Client(name) => {
            let client = clients.iter().find(|client| client.name == *name);
            client.is_none_or(|client| client.count.is_none())
        }
        Target::Member(..) => true,
    }
}

fn read_target<W: World>(
    context: &StepContext<'_, W>,
    target: &Field<Target>,
) -> Result<Target, Box<Failure>> {
    target.get(&mut context.scope()).map_err(failure::script)
}

fn find<W: World>(
    context: &StepContext<'_, W>,
    target: &Target,
    is_free: bool,
    may_connect: bool,
) -> Result<Members<W>, Box<Failure>> {
    let clients = &context.check.definition.clients;
    let connections = &context.check.connections;
    let groups = &connections.groups;
    let is_meant = |member: &&Rc<Member<W>>| means(target, &clients[member.client].name, member.index);
    let all: Vec<_> = connections.members().iter().filter(is_meant).cloned().collect();
    // A client that has not connected does not belong to `*`, but a named one does.
    let is_named = names_one(target, clients);
    // A member in another shard acts there and not here; that is not a mistake.
    let is_elsewhere = || meant(target, clients).any(|(place, index)| groups.has_elsewhere(place, index));
    if is_free || is_named {
        return match all.is_empty() {
            true if is_elsewhere() => Ok(all),
            true => Err(unknown(context, target)),
            false => Ok(all),
        };
    }
    let connected: Vec<_> = all.iter().filter(|member| member.state() != State::Never).cloned().collect();
    match (connected.is_empty(), all.is_empty()) {
        (false, _) => Ok(connected),
        (true, true) if is_elsewhere() => Ok(all),
        (true, true) => Err(unknown(context, target)),
        (true, false) if may_connect || context.is_follow_up => Ok(all),
        (true, false) if meant(target, clients).any(|(place, _)| groups.is_joined_elsewhere(place)) => {
            Ok(connected)
        }
        (true, false) => Err(failure::script("none of them is connected; connect them first")),
    }
}

/// The clients that a target means, by their place, with the member where it means one.
fn meant(target: &Target, clients: &[Client]) -> impl Iterator<Item = (usize, Option<u64>)> {
    clients.iter().enumerate().filter_map(move |(place, client)| match target {
        Target::All => Some((place, None)),
        Target::Client(name) => (*name == client.name).then_some((place, None)),
        Target::Member(name, index) => (*name == client.name).then_some((place, Some(*index))),
    })
}

fn unknown<W: World>(context: &StepContext<'_, W>, target: &Target) -> Box<Failure> {
    failure::script(match target {
        Target::All => "the suite has no clients".to_owned(),
        Target::Client(name) => format!("no client is called {name}, or its group is empty"),
        Target::Member(name, member) => {
            let place = context.check.definition.clients.iter().position(|client| client.name == *name);
            let count = place.map_or(0, |place| context.check.connections.groups.size(place)) as usize;
            format!(
                "{name} has {}, so {name}[{member}] does not exist",
                words::counted(count as u64, "member")
            )
        }
    })
}

/// The first `count` members of a group, made if there are not that many.
fn enlist_on<W: World>(
    context: &StepContext<'_, W>,
    on: &[Field<Target>],
    count: u64,
) -> Result<Members<W>, Box<Failure>> {
    let connections = &context.check.connections;
    let clients = &context.check.definition.clients;
    let mut found = Vec::new();
    for target in on {
        let Target::Client(name) = read_target(context, target)? else {
            return Err(failure::script("count goes with the name of one group"));
        };
        let Some(place) = clients.iter().position(|client| client.name == name) else {
            return Err(failure::script(format!("no client is called {name}")));
        };
        connections.enlist(place, &clients[place], Some(count))?;
        if count > 0 {
            connections.groups.join(place, None);
        }
        let is_among = |member: &&Rc<Member<W>>| {
            member.client == place && member.index.is_some_and(|index| index < count)
        };
        found.extend(connections.members().iter().filter(is_among).cloned());
    }
    Ok(found)
}

/// Whether a step contains others.
pub(super) fn is_block(verb: &Verb) -> bool {
    matches!(
        verb,
        Verb::All(_)
            | Verb::Repeat(_)
            | Verb::Ramp(_)
            | Verb::Measure(..)
            | Verb::Try(_)
            | Verb::Bisect(_)
            | Verb::Use(_)
    )
}

/// Whether a step without `on` acts on no client, even where one is there.
fn acts_alone(verb: &Verb) -> bool {
    is_block(verb)
        || matches!(
            verb,
            Verb::Wait(_) | Verb::Set(_) | Verb::Keep(_) | Verb::Remark(_) | Verb::Skip(_) | Verb::Mark
        )
}

/// Whether a step does something with a connection that is there.
fn needs_connection(verb: &Verb) -> bool {
    match verb {
        Verb::Send(..)
        | Verb::Expect(_)
        | Verb::Ping(_)
        | Verb::Silence(_)
        | Verb::Close(_)
        | Verb::Closed(_)
        | Verb::Reconnect(_) => true,
        Verb::Connect(_)
        | Verb::Http(_)
        | Verb::Wait(_)
        | Verb::Set(_)
        | Verb::Keep(_)
        | Verb::Assert(_)
        | Verb::Remark(_)
        | Verb::Skip(_)
        | Verb::Try(_)
        | Verb::Bisect(_)
        | Verb::Mark
        | Verb::All(_)
        | Verb::Repeat(_)
        | Verb::Ramp(_)
        | Verb::Use(_)
        | Verb::Measure(..) => false,
    }
}
