//! Which checks are split among shards: those in which a step names members of a group.
//!
//! Owns that question alone. A placeholder without a value yet may name a group, so such a check is split; otherwise no
//! shard would run it.

use crate::suite::{Check, Field, Step, Suite, Target, Verb};
use crate::template::Scope;

/// Whether a step of this check, of setup or of teardown names a group, one of its members, or everybody where there is a
/// group.
pub(super) fn names_group(suite: &Suite, check: &Check, scope: &mut dyn Scope) -> bool {
    let groups = check.clients.iter().filter(|client| client.count.is_some());
    let groups: Vec<&str> = groups.map(|client| client.name.as_str()).collect();
    if groups.is_empty() {
        return false;
    }
    let mut is_group = |target: &Field<Target>| match target.get(scope) {
        Ok(Target::All) | Err(_) => true,
        Ok(Target::Client(name) | Target::Member(name, _)) => groups.contains(&name.as_str()),
    };
    let mut steps = suite.setup.iter().chain(&check.steps).chain(&suite.teardown);
    steps.any(|step| has_target(step, &mut is_group))
}

fn has_target(step: &Step, is_wanted: &mut dyn FnMut(&Field<Target>) -> bool) -> bool {
    if step.on.iter().flatten().any(&mut *is_wanted) {
        return true;
    }
    // A placeholder in a definition may be a parameter, whose value is known where the use is reached.
    let is_used = matches!(step.verb, Verb::Use(_));
    let mut is_wanted =
        |target: &Field<Target>| is_used && matches!(target, Field::Open(_)) || is_wanted(target);
    step.inner().any(|step| has_target(step, &mut is_wanted))
}
