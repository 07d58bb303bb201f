//! Mistakes that only show in context: undefined names, values that come too late, metrics that no step measures.
//!
//! Owns which name is visible where and when. It refuses to know JSON. A step that may have run counts as having run,
//! since steps can be conditional; so no suite that could run is refused.

mod constants;
mod known;
mod walk;

use std::collections::{HashMap, HashSet};

use super::model::{Suite, Target};
use super::notes::{BoundNotes, CheckNotes, Inner, Named, StepNotes, SuiteNotes, Use};
use super::parse::timings_of;
use super::problem::Problems;
use super::source::Source;
use crate::base::nearest::nearest;
use crate::base::words::cut;
use crate::metrics::{Threshold, relayed};
use crate::template::{Name, TemplateErrorKind};
use walk::{MOST_VISITS, Walk};

/// Timings that are taken whatever a check does.
const ALWAYS: [&str; 3] = ["close", "open", "open.queued"];

/// Reports what the whole of a suite shows to be wrong.
pub(super) fn check(suite: &Suite, notes: &SuiteNotes, source: &Source<'_>, problems: &mut Problems) {
    let constants = constants::resolve(suite, notes, source, problems);
    // A column that is not known may hide any variable.
    if !notes.checks.iter().any(|check| check.has_unread_rows) {
        constants::fold(notes, &constants, problems);
    }
    let vars: HashSet<&str> = notes.vars.iter().map(String::as_str).collect();
    variables_only(&notes.uses, &vars, problems);
    check_invariants(notes, problems);
    let around = [("setup", &notes.setup), ("teardown", &notes.teardown)].map(|(part, steps)| {
        let apart = |name: String| {
            if ["rtt", "rtt.intended", "http"].contains(&name.as_str()) {
                format!("{part}.{name}")
            } else {
                name
            }
        };
        timings_of(steps).into_iter().map(apart).collect::<Vec<_>>()
    });
    let mut all_timings: HashSet<String> = around.iter().flatten().cloned().collect();
    let mut visits = MOST_VISITS;
    for check in &notes.checks {
        variables_only(&check.row_uses, &vars, problems);
        let mut seen = vars.clone();
        seen.extend(check.columns.iter().map(String::as_str));
        if !check.has_unread_rows {
            variables_only(&check.uses, &seen, problems);
        }
        let mut walk = Walk::new(check, &seen, problems, visits);
        walk.check(notes, check);
        visits = walk.visits_left();
        let mut own = timings_of(&check.steps);
        if check.clients.iter().any(|client| client.is_relayed) {
            let direct = around.iter().flatten().chain(&own).map(String::as_str).chain(ALWAYS);
            let by_relay: Vec<_> = direct.map(relayed).collect();
            own.extend(by_relay);
        }
        let timings: Vec<&str> = around.iter().flatten().chain(&own).map(String::as_str).collect();
        check_bounds(&check.bounds, timings, problems);
        all_timings.extend(own);
    }
    check_bounds(&notes.bounds, all_timings.iter().map(String::as_str).collect(), problems);
}

/// Thresholds on timings of which nothing takes a sample.
fn check_bounds(bounds: &[BoundNotes], mut timings: Vec<&str>, problems: &mut Problems) {
    timings.extend(ALWAYS);
    timings.sort_unstable();
    timings.dedup();
    for bound in bounds {
        if let Some(threshold) = &bound.threshold
            && let Err(error) = Threshold::reach(threshold, timings.iter().copied())
        {
            problems.add(bound.at, error.to_string());
        }
    }
}

/// The most names to search for the nearest.
const MOST_NEAR: usize = 1000;

/// Placeholders where no client acts and no step has run.
fn variables_only(uses: &[Use], vars: &HashSet<&str>, problems: &mut Problems) {
    for Use { at, name, .. } in uses {
        if problems.is_full() {
            return;
        }
        let message = match name {
            Name::Env(_) => continue,
            Name::Variable(name) if vars.contains(name.as_str()) => continue,
            Name::Variable(name) => {
                TemplateErrorKind::unknown_variable(&cut(name, 60), vars.iter().copied().take(MOST_NEAR))
                    .to_string()
            }
            Name::Capture { client, name } => {
                format!(
                    "{{{{{client}.{name}}}}} has no value here; what a client captures is known to steps only"
                )
            }
            Name::Client => "{{client}} has no value here, because no client acts".to_owned(),
            Name::Seq => "{{seq}} has no value here, because no client acts".to_owned(),
            Name::Index => "{{index}} has no value here, because no client acts".to_owned(),
            Name::Iteration => "{{i}} has no value here, because no repeat is around it".to_owned(),
        };
        problems.add(*at, message);
    }
}

/// Whom invariants name: those of the suite and those of any check.
fn check_invariants(notes: &SuiteNotes, problems: &mut Problems) {
    if notes.invariants.is_empty() {
        return;
    }
    let mut clients: Clients<'_> = HashMap::new();
    for client in notes.checks.iter().flat_map(|check| &check.clients) {
        let count = clients.entry(client.name.as_str()).or_insert(client.count);
        // Among differing sizes, none is wrong for all.
        if *count != client.count {
            *count = Some(None);
        }
    }
    if clients.is_empty() {
        return;
    }
    for Named { at, target } in &notes.invariants {
        if let Some(message) = target.as_ref().and_then(|target| complaint(target, &clients)) {
            problems.add(*at, message);
        }
    }
}

/// Clients by name; `None` for single clients, and no number where a placeholder says how many.
type Clients<'n> = HashMap<&'n str, Option<Option<u64>>>;

/// Why no client has this name.
fn complaint(target: &Target, clients: &Clients<'_>) -> Option<String> {
    let (name, member) = match target {
        Target::All => return clients.is_empty().then(no_clients),
        Target::Client(name) => (name, None),
        Target::Member(name, member) => (name, Some(*member)),
    };
    match (clients.get(name.as_str()), member) {
        (None, _) if clients.is_empty() => Some(no_clients()),
        (None, _) => Some(no_client(name, clients)),
        (Some(None), Some(member)) => {
            Some(format!("`{name}` is a single client, not a group: write `{name}`, not `{name}[{member}]`"))
        }
        (Some(Some(Some(count))), Some(member)) if member >= *count => Some(format!(
            "{name} has {count} members, {name}[0] to {name}[{}]; {name}[{member}] does not exist",
            count.saturating_sub(1)
        )),
        _ => None,
    }
}

fn no_clients() -> String {
    "the suite has no clients; add \"clients\": {\"alice\": {\"url\": \"ws://localhost:9000/ws\"}}".to_owned()
}

fn no_client(name: &str, clients: &Clients<'_>) -> String {
    let mut names: Vec<&str> = clients.keys().copied().collect();
    names.sort_unstable();
    let hint = match nearest(name, names.iter().copied().take(MOST_NEAR)) {
        Some(near) => format!("did you mean {near:?}?"),
        None => there_are(&names),
    };
    format!("no client is called {:?}; {hint}", cut(name, 60))
}

/// A few of many names.
fn several(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(8).map(|name| cut(name, 40)).collect();
    let more = names.len().saturating_sub(shown.len());
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    shown.join(", ") + &rest
}

/// Which names there are, when none of them is near to the wanted one.
pub(super) fn there_are(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(8).map(|name| format!("{:?}", cut(name, 40))).collect();
    match (shown.as_slice(), names.len().saturating_sub(shown.len())) {
        ([one], _) => format!("there is {one}"),
        ([most @ .., last], 0) => format!("there are {} and {last}", most.join(", ")),
        (all, more) => format!("there are {} and {more} more", all.join(", ")),
    }
}

/// Every name that some step or row gives a value, so that it may hide a variable.
fn shadowing(notes: &SuiteNotes) -> HashSet<&str> {
    fn steps<'n>(all: &'n [StepNotes], names: &mut HashSet<&'n str>) {
        for step in all {
            names.extend(step.sets.iter().chain(&step.captures).map(String::as_str));
            if let Inner::Used(_, parameters, _) = &step.inner {
                names.extend(parameters.iter().map(String::as_str));
            }
            step.inner.lists().for_each(|inner| steps(inner, names));
        }
    }
    let mut names = HashSet::new();
    steps(&notes.setup, &mut names);
    steps(&notes.teardown, &mut names);
    for CheckNotes { columns, steps: own, clients, .. } in &notes.checks {
        let dealt = clients.iter().flat_map(|client| &client.columns);
        names.extend(columns.iter().chain(dealt).map(String::as_str));
        steps(own, &mut names);
    }
    names
}
